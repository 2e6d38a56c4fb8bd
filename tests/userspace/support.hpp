// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// What the tests of the device layer and of autobusctl share: a bus in this process.

#include "autobus/device.hpp"
#include "autobus/in_process.hpp"

#include <chrono>
#include <memory>

namespace autobus::test {

// Only to end a test that hangs; nothing is ever expected to take this long.
inline constexpr wait_limit patience = std::chrono::seconds(60);

struct bus_fixture {
    std::unique_ptr<in_process_bus> bus = in_process_bus::create().value();

    device open(const open_options& options = {}) { return bus->open(options).value(); }

    device open_as(const credentials& who, bool privileged = false) {
        return bus->open({}, in_process_opener{who, privileged}).value();
    }

    device listener(pattern_view pattern, const bind_options& options = {}) {
        device made = open();
        made.bind(pattern, role::listener, options).value();
        return made;
    }

    device replier(pattern_view pattern) {
        device made = open();
        made.bind(pattern, role::replier).value();
        return made;
    }
};

// Is the descriptor readable now?
bool is_readable(int fd);

} // namespace autobus::test
