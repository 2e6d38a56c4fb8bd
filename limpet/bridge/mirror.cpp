// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/bridge/mirror.hpp"

#include "autobus/name.hpp"

#include <cerrno>

namespace limpet {

void mirror::bind(const wish& wanted, state& now) {
    const auto pattern = autobus::pattern_view::parse(wanted.second);
    autobus::bind_options options;
    options.yielding = wanted.first == autobus::role::replier;
    now.bound = pattern && bus_.bind(pattern.value(), wanted.first, options).has_value();
    if (!now.bound) {
        ++missing_;
    }
}

void mirror::add(const wish& wanted) {
    state& now = states_[wanted];
    if (++now.uses == 1) {
        bind(wanted, now);
    }
}

void mirror::remove(const wish& wanted) {
    const auto found = states_.find(wanted);
    if (found == states_.end() || --found->second.uses > 0) {
        return;
    }
    if (!found->second.bound) {
        --missing_;
    } else {
        // Requests that wait in our queue stay ours: we tell their senders more than the bus could.
        const auto pattern = autobus::pattern_view::parse(wanted.second).value();
        const bool drain = wanted.first == autobus::role::replier;
        const auto done = bus_.unbind(pattern, wanted.first, drain);
        if (!done && drain && done.error().code() == EOPNOTSUPP) {
            (void)bus_.unbind(pattern, wanted.first, false);
        }
    }
    states_.erase(found);
}

void mirror::retry() {
    if (missing_ == 0) {
        return;
    }
    for (auto& [wanted, now] : states_) {
        if (!now.bound) {
            --missing_;
            bind(wanted, now);
        }
    }
}

} // namespace limpet
