// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "actors.hpp"
#include "bus.hpp"
#include "shared.hpp"

#include <cstring>

namespace kill_test {

void run_listener(const char* path, uint64_t seed) {
    random_source random(seed);
    bus ear(path);
    int r = ear.bind("$.Kill.*", AUTOBUS_LISTENER);
    if (r == 0) {
        r = ear.bind("$.Autobus.Bound.Kill.%", AUTOBUS_LISTENER, AUTOBUS_BIND_VALUES);
    }
    if (r == 0) {
        r = ear.bind("$.Autobus.Unbound.Kill.%", AUTOBUS_LISTENER);
    }
    uint64_t last = 0;
    std::string buffer;
    while (r == 0) {
        r = ear.read(buffer, random.below(8), true);
        for (const incoming& one : parse(buffer)) {
            if (one.head.flags & (AUTOBUS_OWED | AUTOBUS_ANSWER)) {
                fail("listener: a record of type %u, flags %x", one.head.type, one.head.flags);
            }
            if (one.head.serial == 0 || one.head.flags & (AUTOBUS_URGENT | AUTOBUS_CURRENT)) {
                continue;
            }
            if (one.head.serial <= last) {
                fail("listener: serial %llu after %llu",
                     static_cast<unsigned long long>(one.head.serial),
                     static_cast<unsigned long long>(last));
            }
            last = one.head.serial;
        }
        dawdle(random);
    }
    fail("listener: %s", strerror(-r));
}

} // namespace kill_test
