// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/bridge/route.hpp"

#include <algorithm>

namespace limpet {

bool names(const path& way, bus_id bus) noexcept {
    return std::find(way.begin(), way.end(), bus) != way.end();
}

bool route_table::choose(destination& to) const {
    std::optional<route> best;
    for (const auto& [peer, way] : to.said) {
        const auto worse = [&way = way](const route& other) {
            return way.size() != other.way.size() ? way.size() < other.way.size() : way < other.way;
        };
        if (!best || worse(*best)) {
            best = route{peer, way};
        }
    }
    const bool changed = best != to.best;
    to.best = std::move(best);
    return changed;
}

bool route_table::set(peer_id peer, bus_id bus, const path& way) {
    const bool usable = !way.empty() && !names(way, self_) && bus != self_;
    const auto found = destinations_.find(bus);
    if (!usable && found == destinations_.end()) {
        return false;
    }
    destination& to = destinations_[bus];
    if (usable) {
        to.said[peer] = way;
    } else {
        to.said.erase(peer);
    }
    const bool changed = choose(to);
    if (to.said.empty()) {
        destinations_.erase(bus);
    }
    return changed;
}

std::vector<bus_id> route_table::drop(peer_id peer) {
    std::vector<bus_id> said;
    for (const auto& [bus, to] : destinations_) {
        if (to.said.contains(peer)) {
            said.push_back(bus);
        }
    }
    std::erase_if(said, [&](bus_id bus) { return !set(peer, bus, {}); });
    return said;
}

bool route_table::forget(bus_id bus) {
    return destinations_.erase(bus) != 0;
}

const route* route_table::best(bus_id bus) const {
    const auto found = destinations_.find(bus);
    return found == destinations_.end() ? nullptr : &*found->second.best;
}

std::vector<bus_id> route_table::buses() const {
    std::vector<bus_id> all;
    for (const auto& [bus, to] : destinations_) {
        all.push_back(bus);
    }
    return all;
}

} // namespace limpet
