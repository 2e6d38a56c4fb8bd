// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/protocol/envelope.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace limpet {

// The version of the protocol between limpets.
constexpr int protocol_version = 1;

// A service of this name is always bound to the limpet that listens on a port, so that a peer whose
// address is known needs no discovery.
constexpr const char* limpet_alias = "autobus.limpet";

// What a limpet says of itself: in the info object of its service, and to a peer in `hello`.
struct limpet_identity {
    std::string network;
    std::uint64_t bus = 0;
    std::uint64_t endpoint = 0; // the router's
    std::string hostname;

    // The id of its service: another one for each bus and each start of the limpet.
    std::string service() const;
    // "kitchen (bus 0011223344556677)"
    std::string text() const;
};

constexpr std::size_t network_name_max = 64; // bytes

// A network name goes into lines and logs: 1 to 64 printable ASCII characters without spaces.
bool valid_network_name(std::string_view name);

Json::Value to_hello(const limpet_identity& self);
Json::Value to_info(const limpet_identity& self);

// Reads what to_hello() and to_info() make. Says in a sentence what is wrong with it.
parsed<limpet_identity> parse_identity(const Json::Value& object);

// Why the two can't be peers, if they can't: another network, the same bus.
std::optional<remote_error> objection(const limpet_identity& ours, const limpet_identity& theirs);

} // namespace limpet
