// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// A bus inside the process
// ========================
//
// The same code that makes the kernel module's bus, run by this process for itself: for unit tests
// of programs that use a bus. No device, no rights, nothing left behind.
//
//     auto bus = autobus::in_process_bus::create().value();
//     auto lamp = bus->open().value();
//     auto hand = bus->open().value();
//
// A program that uses it links libautobus-host.a too.
//
// Thread-safe. The bus itself lives until it and all devices opened on it are destroyed.

#include "autobus/device.hpp"
#include "autobus/result.hpp"

#include <memory>
#include <optional>

namespace autobus {

// Whom messages are attested to come from.
struct in_process_opener {
    credentials who;
    bool privileged = false; // may claim to be the router
};

class in_process_bus {
public:
    // ENOMEM.
    static result<std::unique_ptr<in_process_bus>> create();

    in_process_bus(const in_process_bus&) = delete;
    in_process_bus& operator=(const in_process_bus&) = delete;
    ~in_process_bus();

    // One more endpoint. opener: who pretends to open it; nothing means this process, without
    // privileges unless it has them. Errors: ENOMEM, ENFILE (as many endpoints as it may have),
    // EMFILE.
    result<device> open(const open_options& options = {},
                        const std::optional<in_process_opener>& opener = std::nullopt);

private:
    struct bus;
    explicit in_process_bus(std::shared_ptr<bus> bus);
    std::shared_ptr<bus> bus_;
};

} // namespace autobus
