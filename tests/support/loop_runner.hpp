// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/loop.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

namespace limpet::test {

// How long a test waits for what must happen before it's taken for hung. Not a measure of speed.
constexpr duration hang_limit = std::chrono::seconds{60};

// Runs the loop until something holds.
template <class Loop>
void run_until(Loop& loop, const std::function<bool()>& holds, const char* what) {
    const instant end = std::chrono::steady_clock::now() + hang_limit;
    while (!holds()) {
        BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < end, "never came: " << what);
        loop.run_once(std::chrono::milliseconds{20});
    }
}

// Lets everything happen that is about to.
template <class Loop>
void settle(Loop& loop, duration length = std::chrono::milliseconds{60}) {
    const instant end = std::chrono::steady_clock::now() + length;
    while (std::chrono::steady_clock::now() < end) {
        loop.run_once(std::chrono::milliseconds{5});
    }
}

} // namespace limpet::test
