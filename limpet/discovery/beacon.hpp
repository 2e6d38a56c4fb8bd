// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/protocol/json.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace limpet {

// The datagrams of Autobus 2's discovery, one JSON object each. A datagram doesn't say where it
// comes from: a service's host is the source address of its `add`.
struct beacon {
    enum class kind { query, add, remove };

    kind type = kind::query;
    std::string service;    // its id; add and remove
    std::uint16_t port = 0; // TCP; add and remove
    Json::Value info;       // an object; add
};

// Fits an Ethernet frame, so that it isn't cut into fragments on the way.
constexpr std::size_t datagram_max = 1472;

// Reads a datagram of a stranger.
parsed<beacon> parse_beacon(std::string_view datagram);

// May come out longer than datagram_max: it's for who makes ids and infos to keep them short.
std::string to_datagram(const beacon& what);

} // namespace limpet
