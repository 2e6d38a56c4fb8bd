// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/discovery/directory.hpp"

#include <algorithm>
#include <utility>

namespace limpet {

using namespace std::chrono_literals;

namespace {

// The reference implementation's times; the last is its connect's time limit and some.
constexpr duration silence_max = 30s;
constexpr duration probe_again = 12s;
constexpr duration probe_patience = 15s;

std::size_t index_of(const directory::service& what, const location& where) {
    const auto at = std::find(what.locations.begin(), what.locations.end(), where);
    return static_cast<std::size_t>(at - what.locations.begin());
}

} // namespace

void directory::heard(const beacon& what, const std::string& host, instant now) {
    const location where{host, what.port};
    if (what.type == beacon::kind::add) {
        add(what, where, now);
    } else if (what.type == beacon::kind::remove) {
        const auto at = services_.find(what.service);
        if (at != services_.end()) {
            const std::size_t which = index_of(at->second.what, where);
            if (which < at->second.what.locations.size()) {
                remove(at, which);
            }
        }
    }
}

void directory::add(const beacon& what, const location& where, instant now) {
    auto at = services_.find(what.service);
    const bool first = at == services_.end();
    if (first) {
        if (!wanted_(what.service, what.info)) {
            return;
        }
        if (services_.size() >= services_max || !room_for(where)) {
            refused_++;
            return;
        }
        at = services_.emplace(what.service, entry{{what.service, what.info, {}}, {}}).first;
    }
    entry& known = at->second;
    const std::size_t which = index_of(known.what, where);
    const age fresh{now + silence_max};
    if (which < known.ages.size()) {
        known.ages[which] = fresh;
        return;
    }
    if (!first && (known.ages.size() >= locations_max || !room_for(where))) {
        refused_++;
        return;
    }
    known.what.locations.push_back(where);
    known.ages.push_back(fresh);
    sources_[where.host]++;
    if (first) {
        told_.service_found(known.what);
    } else {
        told_.service_changed(known.what);
    }
}

bool directory::room_for(const location& where) {
    const auto at = sources_.find(where.host);
    return at == sources_.end() || at->second < per_source_max;
}

void directory::probed(const std::string& id, const location& where, bool alive, instant now) {
    const auto at = services_.find(id);
    if (at == services_.end()) {
        return;
    }
    const std::size_t which = index_of(at->second.what, where);
    if (which >= at->second.ages.size() || !at->second.ages[which].probing) {
        return; // heard of meanwhile, or removed
    }
    if (alive) {
        at->second.ages[which] = age{now + probe_again};
    } else {
        remove(at, which);
    }
}

void directory::remove(entries::iterator at, std::size_t which) {
    entry& known = at->second;
    const auto offset = static_cast<std::ptrdiff_t>(which);
    const auto source = sources_.find(known.what.locations[which].host);
    if (--source->second == 0) {
        sources_.erase(source);
    }
    known.what.locations.erase(known.what.locations.begin() + offset);
    known.ages.erase(known.ages.begin() + offset);
    if (known.ages.empty()) {
        const std::string id = at->first;
        services_.erase(at);
        told_.service_lost(id);
    } else {
        told_.service_changed(known.what);
    }
}

void directory::tick(instant now) {
    std::vector<std::pair<std::string, location>> to_probe;
    for (auto at = services_.begin(); at != services_.end();) {
        const auto current = at++; // remove() may erase it
        for (std::size_t which = current->second.ages.size(); which-- > 0;) {
            age& one = current->second.ages[which];
            if (one.due > now) {
                continue;
            }
            if (!one.probing) {
                one = age{now + probe_patience, true};
                to_probe.emplace_back(current->first, current->second.what.locations[which]);
                continue;
            }
            const bool last = current->second.ages.size() == 1;
            remove(current, which);
            if (last) {
                break;
            }
        }
    }
    for (const auto& [id, where] : to_probe) {
        told_.probe(id, where);
    }
}

std::optional<instant> directory::next() const {
    std::optional<instant> soonest;
    for (const auto& [id, known] : services_) {
        for (const age& one : known.ages) {
            soonest = soonest ? std::min(*soonest, one.due) : one.due;
        }
    }
    return soonest;
}

const directory::service* directory::find(const std::string& id) const {
    const auto at = services_.find(id);
    return at == services_.end() ? nullptr : &at->second.what;
}

} // namespace limpet
