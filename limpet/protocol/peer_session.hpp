// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/protocol/envelope.hpp"
#include "limpet/protocol/hello.hpp"
#include "limpet/protocol/output.hpp"
#include "limpet/protocol/time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace limpet {

// What became of a command of a peer.
struct command_outcome {
    enum class kind {
        done,
        unknown,   // there is no such command
        violation, // `text` says which rule it broke; that ends the connection
    };
    kind what = kind::done;
    std::string text;
};

// A connection between two limpets.
//
// States      greeting -- both hellos are known and nobody objects --> open
//             any -- error, silence, leave() --> finished
// Who opens sends `bind` and `hello` at once; the other's answers end the greeting. Then both send
// commands. Silence is no news and no life: each side asks `ping` when its interval has passed, and
// gives the other up after 3.5 intervals in which nothing came.
//
// Guarantees  opened() is told at most once, and before the first command. After finish() was asked
//             of the output nothing more is told.
//
// Knows neither sockets nor clocks. One thread.
class peer_session {
public:
    static constexpr duration greeting_limit = std::chrono::seconds{10};

    // Told from within receive(). May call leave(), and not destroy the session.
    struct events {
        virtual ~events() = default;
        // The peer said hello, and nothing speaks against it so far. An error refuses it.
        virtual std::optional<remote_error> admit(const limpet_identity& peer) = 0;
        virtual void opened(const limpet_identity& peer) = 0;
        virtual command_outcome command(const Json::Value& body) = 0;
    };

    // For who has connected: sends bind and hello to a service.
    peer_session(const limpet_identity& self, const std::string& service, session_output& output,
                 events& told, duration keep_alive, instant now);
    // For who was connected to: the peer has bound to the limpet's service, its hello comes next.
    peer_session(const limpet_identity& self, session_output& output, events& told,
                 duration keep_alive, instant now);
    peer_session(const peer_session&) = delete;
    peer_session& operator=(const peer_session&) = delete;

    void receive(const envelope& line, instant now);

    // Bytes came, if only a part of a line: the peer lives.
    void heard(instant now) { last_heard_ = now; }

    void tick(instant now);
    std::optional<instant> next() const;

    // Sends a command that isn't answered. Only while open().
    void send(const Json::Value& command);

    // Tells the peer why, and finishes.
    void leave(const std::string& reason);

    bool open() const { return state_ == state::open; }
    bool finished() const { return state_ == state::finished; }
    // Known from admit() on.
    const std::optional<limpet_identity>& peer() const { return peer_; }
    // The peer's word for why it refused us ("duplicate", "other_network", ...); empty if it
    // didn't.
    const std::string& refused_as() const { return refused_as_; }

private:
    enum class state { greeting, open, finished };

    void receive_hello(const envelope& hello, instant now);
    void receive_answer(const envelope& line, instant now);
    void receive_command(const envelope& line);
    std::optional<remote_error> consider(const Json::Value& hello);
    void become_open(instant now);
    void finish(std::string reason);

    const limpet_identity& self_;
    session_output& output_;
    events& told_;
    duration keep_alive_;
    bool accepts_;
    state state_ = state::greeting;
    std::optional<limpet_identity> peer_;
    std::string refused_as_;
    instant greeting_due_;
    instant last_heard_;
    instant next_ping_;
    std::uint64_t next_id_ = 1;
};

} // namespace limpet
