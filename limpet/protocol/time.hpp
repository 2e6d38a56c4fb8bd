// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include <chrono>
#include <string>

namespace limpet {

// Monotonic time. Whoever calls a part that needs to know the time brings it along; only the loop
// reads a clock, and none reads a wall clock, because an appliance may well start in 1970.
using instant = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

// "3.5 s"
inline std::string seconds_text(duration length) {
    const auto tenths = std::chrono::round<std::chrono::duration<long, std::deci>>(length).count();
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

} // namespace limpet
