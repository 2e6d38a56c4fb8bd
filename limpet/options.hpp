// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/protocol/parsed.hpp"

#include "autobus/name.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace limpet {

// A peer that the user names. Without a port it's told of us by discovery's datagrams, and
// connects; with one we connect.
struct static_peer {
    std::string host;
    std::optional<std::uint16_t> port;
    friend bool operator==(const static_peer&, const static_peer&) = default;
};

// What the command line says.
struct options {
    std::string bus = "/dev/autobus0";
    std::string network; // never empty after parse_options()
    bool open = false;
    std::vector<autobus::pattern> open_names;
    std::vector<static_peer> peers;
    std::vector<std::string> interfaces; // empty: all
    std::uint16_t port = 0;              // any that is free
    std::uint16_t discovery_port = 52722;
    bool verbose = false;
    bool help = false;
};

// `arguments` without the program's name. What is wrong comes in a sentence that says what to do.
parsed<options> parse_options(const std::vector<std::string>& arguments);

// "HOST", "HOST:PORT", "[IPv6]:PORT".
parsed<static_peer> parse_peer(const std::string& text);

// "/dev/autobus3" is network "3".
std::string default_network(const std::string& bus);

const char* help_text();

// Why a limpet without keys doesn't start without --open, and what to do.
const char* closed_text();

} // namespace limpet
