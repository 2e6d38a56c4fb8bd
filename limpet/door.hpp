// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/protocol/hello.hpp"
#include "limpet/protocol/server_session.hpp"

#include "autobus/message.hpp"
#include "autobus/name.hpp"
#include "autobus/result.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace limpet {

// The door for plain programs of Autobus 2. To them the limpet is a service with two functions,
//
//     request(name, data)   asks the replier of a name, and gives its reply's data
//     send(name, data)      announces, and gives null
//
// for the names that the user has opened. Data is a string; bytes that aren't UTF-8 are an object
// {"base64": "..."}, both ways. A request that no replier answers is an error whose type says why:
// "unbound", "gone_away", "ignored", "timed_out", "unreachable", "refused", or "no_replier".
//
// A second service, of type autobus.details, lists both, as Autobus 2's own programs expect.
//
// What enters here comes from nobody knows whom, and says so: it's marked as remote, with an origin
// on a bus that exists only for this (`bus()`), one endpoint for each connection.
//
// Does no I/O. One thread.
class door : public service_book {
public:
    // The bus, as far as the door needs it: sends, never waits, and gives the serial.
    struct port {
        virtual ~port() = default;
        virtual autobus::result<std::uint64_t> send_from_door(const autobus::draft& draft) = 0;
    };

    static constexpr std::size_t waiting_max = 4096; // requests of all clients, gone ones too

    // bus: random, not zero.
    door(const limpet_identity& self, std::uint64_t bus, std::vector<autobus::pattern> open_names,
         port& port, std::int64_t pid);

    std::uint64_t bus() const { return bus_; }

    // What discovery announces.
    struct offer {
        std::string service;
        Json::Value info;
    };
    std::vector<offer> offers() const;

    // A reply or status to a request of ours was read from the bus. False if the request isn't from
    // here.
    bool on_answer(const autobus::message_view& answer);

    // A client is gone; answers to it go nowhere.
    void client_ends(server_session& session);

    std::size_t waiting() const { return waiting_.size(); }

    std::optional<std::string> service_of(const std::string& bound) const override;
    Json::Value object_value(const std::string& service, const std::string& object) const override;
    void call(server_session& session, const function_call& call) override;

private:
    struct waiting_call {
        server_session* session;
        std::uint64_t ticket;
    };
    struct message_args {
        autobus::name name;
        std::string data;
    };

    // An error of a call, instead of its result.
    using refusal = std::optional<remote_error>;

    refusal read_args(const Json::Value& args, std::optional<message_args>& result) const;
    refusal pass(server_session& session, const function_call& call, autobus::message_type type);
    autobus::origin origin_of(server_session& session);
    Json::Value details() const;
    Json::Value details_2012(const std::string& service) const;

    const limpet_identity& self_;
    std::uint64_t bus_;
    std::vector<autobus::pattern> open_names_;
    port& port_;
    std::string details_service_;
    std::int64_t pid_;
    std::map<std::uint64_t, waiting_call> waiting_;           // by our bus's serial
    std::map<server_session*, std::uint64_t> client_numbers_; // its endpoint, for origins
    std::uint64_t next_client_ = 1;
    std::uint64_t next_serial_ = 1;
};

} // namespace limpet
