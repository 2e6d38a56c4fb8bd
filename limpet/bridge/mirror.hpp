// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// The mirror
//
// Problem     Our bus must see what the other buses want and offer.
// What it is  Our own bindings on our bus: a listener for each pattern that a bus within reach
//             listens to, a yielding replier for each that one replies to. Whoever waits on our bus
//             for a replier to appear sees the far one appear.
// Guarantees  Bound while at least one bus wants it, once. What the bus refuses is tried again at
//             retry().
// Ownership   The port must outlive it. One thread.

#include "limpet/bridge/interest.hpp"
#include "limpet/bridge/ports.hpp"

#include <cstddef>
#include <map>

namespace limpet {

class mirror {
public:
    explicit mirror(bus_port& bus) : bus_{bus} {}

    void add(const wish& wanted);
    void remove(const wish& wanted);
    void retry();

    // Wanted, but refused by the bus.
    [[nodiscard]] std::size_t missing() const noexcept { return missing_; }

private:
    struct state {
        std::size_t uses = 0;
        bool bound = false;
    };

    void bind(const wish& wanted, state& now);

    bus_port& bus_;
    std::map<wish, state> states_;
    std::size_t missing_ = 0;
};

} // namespace limpet
