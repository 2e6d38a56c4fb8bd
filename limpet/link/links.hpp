// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/link/connection.hpp"
#include "limpet/link/dial_plan.hpp"
#include "limpet/log.hpp"
#include "limpet/loop.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace limpet {

// All connections of a limpet: those that others open, those that it opens, and which of them are
// its links. Between two buses there is one link at most.
//
// Bounded: so many connections of all, so many of one source, so many attempts at a time. One
// thread.
class links : private connection::owner {
public:
    // Told from the loop, never from within a call of this class except shut_down().
    struct events {
        virtual ~events() = default;
        virtual void link_up(std::uint64_t link, const limpet_identity& peer) = 0;
        virtual command_outcome link_command(std::uint64_t link, const Json::Value& body) = 0;
        virtual void link_down(std::uint64_t link) = 0;
        // Nobody has this service any more, says who lives where it was.
        virtual void service_gone(const std::string& service, const location& where) = 0;
        virtual void client_ends(server_session& session) = 0;
    };

    static constexpr std::size_t connections_max = 512;
    static constexpr std::size_t per_source_max = 32; // accepted, and no links
    static constexpr duration tar_pit = std::chrono::seconds{1};

    // Throws std::system_error if it can't listen. port 0: any that is free.
    links(loop& loop, const limpet_identity& self, service_book& book, events& told, log& log,
          std::uint16_t port, dial_plan::random draw);
    ~links() override;
    links(const links&) = delete;
    links& operator=(const links&) = delete;

    std::uint16_t port() const { return listener_.port; }

    // A peer to keep a link with. The key is its service id, or for one that the user has named and
    // whose id isn't known, anything else.
    void seek(const std::string& key, const dial_plan::target& what);
    void forget(const std::string& key);

    // There is a link with the limpet of this service.
    bool linked_with(const std::string& service) const;

    void send(std::uint64_t link, const Json::Value& command);
    std::size_t pending(std::uint64_t link) const;
    void hang_up(std::uint64_t link, const std::string& reason);

    // Tells all peers, and accepts and opens nothing more. The links are down when it returns.
    void shut_down(const std::string& reason);
    // Nothing is left to send to anybody.
    bool quiet() const { return connections_.empty(); }

private:
    enum class phase {
        fresh,
        up,   // link_up() was told, link_down() wasn't
        down, // it only has to be sent what is pending
    };
    struct entry {
        std::unique_ptr<connection> one;
        std::string key; // of its target, if it was opened here
        phase now = phase::fresh;
    };
    struct refusals {
        std::size_t count = 0;
        instant last{};
    };

    std::optional<remote_error> admit(connection& one, const limpet_identity& peer) override;
    void opened(connection& one, const limpet_identity& peer) override;
    command_outcome command(connection& one, const Json::Value& body) override;
    void over(connection& one, const std::string& reason) override;
    void gone(connection& one) override;
    void client_ends(server_session& session) override { told_.client_ends(session); }

    connection::owner& owner() { return *this; }
    void accept();
    void accept_one(accepted_socket socket);
    void dial();
    void plan();
    void take_down(entry& which);
    void link_ended(entry& which, const std::string& reason);
    void attempt_failed(entry& which, const std::string& reason);
    entry* link_to(std::uint64_t bus);
    void replace(entry& old, const std::string& service);
    const std::string& service_of(const std::string& key) const;
    std::set<std::string> keys_of(const entry& which) const;
    std::size_t clients_of(const std::string& host) const;
    duration patience_with(const std::string& host);
    void note_refusal(const connection& one);

    loop& loop_;
    const limpet_identity& self_;
    service_book& book_;
    events& told_;
    log& log_;
    rate_limited strangers_;
    listening_socket listener_;
    dial_plan plan_;
    std::map<std::uint64_t, entry> connections_;
    std::map<std::string, std::string> named_; // key of a user's target -> the service found there
    std::map<std::string, refusals> refused_;  // host -> binds to services that aren't here
    std::uint64_t next_id_ = 1;
    std::unique_ptr<loop::watch> listener_watch_;
    std::unique_ptr<loop::timer> accept_again_;
    std::unique_ptr<loop::timer> dial_timer_;
};

} // namespace limpet
