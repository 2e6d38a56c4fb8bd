// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/link/tcp.hpp"
#include "limpet/loop.hpp"
#include "limpet/protocol/line.hpp"
#include "limpet/protocol/peer_session.hpp"
#include "limpet/protocol/server_session.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace limpet {

// One TCP connection with what is spoken on it: a stream, its lines, and a session. An accepted one
// is a client's until it says hello, which makes it a peer's.
//
// Bounded: how long a line may be, how long an unfinished one may take, how much may wait to be
// sent. Whoever goes beyond loses the connection, and nobody else anything. One thread.
class connection : private session_output,
                   private tcp_stream::events,
                   private peer_session::events {
public:
    struct place {
        std::string host;
        std::uint16_t port = 0;
        std::string text() const;
    };

    // Told from the loop. over() comes once, then gone() once; gone() may destroy the connection,
    // the others may not.
    struct owner {
        virtual ~owner() = default;
        virtual std::optional<remote_error> admit(connection& one, const limpet_identity& peer) = 0;
        virtual void opened(connection& one, const limpet_identity& peer) = 0;
        virtual command_outcome command(connection& one, const Json::Value& body) = 0;
        // Nothing more will be told of its session.
        virtual void over(connection& one, const std::string& reason) = 0;
        virtual void gone(connection& one) = 0;
        // A session of a client ends: calls that it made need no answer any more.
        virtual void client_ends(server_session& session) = 0;
    };

    static constexpr std::size_t unbound_line_max = 64u << 10;
    static constexpr std::size_t client_line_max = 2u << 20;
    static constexpr std::size_t peer_line_max = 8u << 20;
    static constexpr std::size_t client_pending_max = 4u << 20;
    static constexpr std::size_t peer_pending_max = 64u << 20; // the bridge hangs up before
    static constexpr duration connect_time = std::chrono::seconds{5};
    static constexpr duration client_line_time = std::chrono::seconds{60};
    static constexpr duration close_time = std::chrono::seconds{2};

    // Accepted: serves what is in the book.
    connection(std::uint64_t id, loop& loop, owner& owner, const limpet_identity& self,
               service_book& book, accepted_socket socket, duration patience);
    // Opens: to the limpet that has this service.
    connection(std::uint64_t id, loop& loop, owner& owner, const limpet_identity& self,
               service_book& book, const place& where, std::string service);
    ~connection() override;
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    std::uint64_t id() const { return id_; }
    const place& where() const { return where_; }
    bool opened_here() const { return opened_here_; }

    // The peer's session is open.
    bool linked() const { return peer_ && peer_->open(); }
    const peer_session* peer() const { return peer_ ? &*peer_ : nullptr; }
    const server_session* client() const { return client_ ? &*client_ : nullptr; }

    // For a linked one.
    void send(const Json::Value& command) { peer_->send(command); }
    std::size_t pending() const { return stream_->pending(); }

    // Ends it in order: tells a peer why, and closes when all is sent.
    void leave(const std::string& reason);

private:
    void write(std::string lines) override;
    void finish(std::string reason) override;
    void connected() override;
    void received(std::string_view bytes) override;
    void ended(const std::string& reason) override;
    std::optional<remote_error> admit(const limpet_identity& peer) override;
    void opened(const limpet_identity& peer) override;
    command_outcome command(const Json::Value& body) override;

    session_output& output() { return *this; }
    peer_session::events& session_events() { return *this; }
    tcp_stream::events& stream_events() { return *this; }
    void reject(const std::string& why);
    void take(const envelope& line);
    void become_peer(const envelope& hello);
    void drop_client();
    void tick();
    void plan();
    bool finished() const { return finished_.has_value(); }

    std::uint64_t id_;
    loop& loop_;
    owner& owner_;
    const limpet_identity& self_;
    service_book& book_;
    place where_;
    std::string service_;
    bool opened_here_;
    std::unique_ptr<tcp_stream> stream_;
    line_reader lines_;
    std::optional<server_session> client_;
    std::optional<peer_session> peer_;
    std::optional<instant> line_due_;
    std::optional<std::string> finished_; // why
    bool over_told_ = false;
    std::optional<instant> planned_;
    std::unique_ptr<loop::timer> timer_;
    std::unique_ptr<loop::timer> over_timer_;
};

} // namespace limpet
