// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// Routes
//
// Problem     The way to each other bus, by what the peers say, without ever going in a circle for
//             good.
// What it is  Path vectors: each peer says for each bus the whole way it would take, itself first,
//             that bus last. A way that names our own bus is refused.
// Guarantees  1. best() is the shortest way; of equals the one through the lowest bus id.
//             2. best() never names our own bus.
// Limits      A way has at most path_max buses.
// Ownership   Values only. One thread.

#include "limpet/bridge/interest.hpp"
#include "limpet/bridge/ports.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace limpet {

constexpr std::size_t path_max = 64;

using path = std::vector<bus_id>;

[[nodiscard]] bool names(const path& way, bus_id bus) noexcept;

struct route {
    peer_id via = 0;
    path way; // from the peer's bus to the destination, both included
    friend bool operator==(const route&, const route&) = default;
};

class route_table {
public:
    explicit route_table(bus_id self) : self_{self} {}

    // What a peer says of its way to a bus; an empty way means that it has none. True if best(bus)
    // has changed.
    bool set(peer_id peer, bus_id bus, const path& way);
    // The peer is gone. The buses whose best() has changed.
    std::vector<bus_id> drop(peer_id peer);
    // All that was said of a bus is void. True if there was a way.
    bool forget(bus_id bus);

    // Null if there is no way.
    [[nodiscard]] const route* best(bus_id bus) const;
    [[nodiscard]] bool reaches(bus_id bus) const { return best(bus) != nullptr; }
    // Every bus with a way, ascending.
    [[nodiscard]] std::vector<bus_id> buses() const;

private:
    struct destination {
        std::map<peer_id, path> said;
        std::optional<route> best;
    };

    bool choose(destination& to) const;

    bus_id self_;
    std::map<bus_id, destination> destinations_;
};

} // namespace limpet
