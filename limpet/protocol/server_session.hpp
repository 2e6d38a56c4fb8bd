// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/protocol/envelope.hpp"
#include "limpet/protocol/output.hpp"
#include "limpet/protocol/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace limpet {

class server_session;

// A call that a client has made and that is owed one answer.
struct function_call {
    std::uint64_t ticket = 0; // of its session
    std::string service;
    std::string function;
    Json::Value args; // an array
};

// What clients of Autobus 2 can bind to here.
class service_book {
public:
    virtual ~service_book() = default;

    // The id of the service that a bind's `service` means, or nothing. (It may be an alias.)
    virtual std::optional<std::string> service_of(const std::string& bound) const = 0;

    // The value of an object, null if there is none.
    virtual Json::Value object_value(const std::string& service,
                                     const std::string& object) const = 0;

    // Answer by server_session::answer() or fail(), from within or later.
    virtual void call(server_session& session, const function_call& call) = 0;
};

// The accepting side of a connection, as Autobus 2 has it. The client binds to a service, then
// calls its functions and watches its objects.
//
// States      unbound -- bind --> bound -- too many mistakes, or a wrong bind --> finished
// Guarantees  A command gets one response, a notice none. A bind to a service that isn't there gets
//             its error first and the end after it, later and later if `patience` says so. Values
//             come twice after a watch, as response and as `changed`, because one kind of client
//             reads only the one, the other only the other.
// Limits      `hello` isn't handled here: who wants to be a limpet's peer is no client.
//
// Knows neither sockets nor clocks. One thread.
class server_session {
public:
    static constexpr duration bind_limit = std::chrono::seconds{10};
    static constexpr std::size_t calls_max = 256; // not yet answered
    static constexpr std::size_t names_max = 256; // watched or listened to
    static constexpr int mistakes_max = 16;       // before the bind

    // patience: how long a bind to a service that isn't there waits for its error.
    server_session(service_book& book, session_output& output, instant now, duration patience = {});
    server_session(const server_session&) = delete;
    server_session& operator=(const server_session&) = delete;

    void receive(const envelope& line, instant now);
    void tick(instant now);
    std::optional<instant> next() const;

    void answer(std::uint64_t ticket, Json::Value result);
    void fail(std::uint64_t ticket, const remote_error& error);

    // The id of the service that the client is bound to; empty before.
    const std::string& service() const { return service_; }
    bool finished() const { return finished_; }
    // The last bind was to a service that isn't there.
    bool refused() const { return refusal_.has_value(); }
    std::size_t calls() const { return calls_.size(); }

private:
    void receive_unbound(const envelope& line, instant now);
    void bind(const envelope& line, instant now);
    void call(const envelope& line);
    void watch(const envelope& line);
    void unwatch(const envelope& line);
    void listen(const envelope& line);
    void unlisten(const envelope& line);
    bool add_name(std::set<std::string>& names, const envelope& line, const char* already);
    std::optional<std::string> name_of(const envelope& line);
    void respond(const envelope& line, Json::Value body);
    void complain(const envelope& line, std::string text, std::string type);
    void send_changed(const std::string& name, const Json::Value& value);
    void finish(std::string reason);

    struct refusal {
        std::optional<Json::Value> id; // nothing if nobody waits for the error
        instant due;
    };

    service_book& book_;
    session_output& output_;
    instant bind_due_;
    duration patience_;
    std::string service_;
    std::optional<refusal> refusal_;
    std::map<std::uint64_t, std::optional<Json::Value>> calls_; // ticket -> _id
    std::uint64_t next_ticket_ = 1;
    std::uint64_t next_notice_ = 1;
    std::set<std::string> watched_;
    std::set<std::string> listened_;
    int mistakes_ = 0;
    bool finished_ = false;
};

} // namespace limpet
