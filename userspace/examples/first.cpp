// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// A first program: listens, says something, and hears it.

#include "autobus/device.hpp"

#include <iostream>

int main() {
    auto bus = autobus::device::open("/dev/autobus0").value();
    bus.bind("$.Kitchen.*", autobus::role::listener).value();
    bus.announce("$.Kitchen.Lamp", "on").value();
    const auto message = bus.receive().value();
    std::cout << message.name().str() << ": " << message.data() << '\n';
}
