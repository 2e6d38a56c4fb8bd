// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/bridge/ports.hpp"

#include "autobus/device.hpp"

namespace limpet {

// The bridge's door to the bus: the device that has claimed it. The device must outlive it. One
// thread.
class device_port : public bus_port {
public:
    explicit device_port(autobus::device& device) : device_{device} {}

    autobus::result<std::uint64_t> bind(autobus::pattern_view pattern, autobus::role role,
                                        const autobus::bind_options& options) override {
        return device_.bind(pattern, role, options);
    }
    autobus::result<void> unbind(autobus::pattern_view pattern, autobus::role role,
                                 bool drain) override {
        return device_.unbind(pattern, role, drain);
    }
    autobus::result<std::uint64_t> send(const autobus::draft& draft) override {
        return device_.send(draft, autobus::no_wait);
    }

private:
    autobus::device& device_;
};

} // namespace limpet
