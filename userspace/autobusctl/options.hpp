// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// The command line of a command, taken apart.

#include "autobus/message.hpp"
#include "autobus/result.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace autobus::ctl {

struct options {
    // General ones
    std::string bus = "/dev/autobus0";
    bool json = false;
    bool help = false;

    // Each with the key that command::takes has for it
    std::uint64_t count = 0;                         // n: end after so many; 0 is never
    std::optional<std::chrono::nanoseconds> timeout; // t: how long to wait
    std::optional<address> to;                       // a: an endpoint
    bool values = false;                             // v: current values first
    bool raw = false;                                // r: nothing but the data
    bool urgent = false;                             // u
    autobus::when_full when_full = when_full::drop;  // w, f: wait, fail
    bool private_ = false;                           // p
    std::vector<std::string> exec;                   // x: a command and its arguments

    std::vector<std::string> words; // what isn't an option
};

// arguments: after the command's name. allowed: keys of the options that the command takes.
// environment_bus: $AUTOBUS_BUS or null. EINVAL with a sentence about what is wrong.
result<options> parse_options(const std::vector<std::string>& arguments, std::string_view allowed,
                              const char* environment_bus);

// "1.5" is one and a half second. EINVAL if it's no number above 0, or more than ten years.
result<std::chrono::nanoseconds> parse_seconds(std::string_view text);

} // namespace autobus::ctl
