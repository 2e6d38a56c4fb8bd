// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/link/dial_plan.hpp"

#include <algorithm>
#include <utility>

namespace limpet {

using namespace std::chrono_literals;

void dial_plan::add(const std::string& key, const target& what, instant now) {
    const auto at = targets_.find(key);
    if (at != targets_.end()) {
        at->second.what.locations = what.locations;
        return;
    }
    entry fresh;
    fresh.what = what;
    fresh.due = now + what.head_start;
    fresh.delay = back_off{scope_of(what.locations.front().host)};
    targets_.emplace(key, std::move(fresh));
}

void dial_plan::remove(const std::string& key) {
    targets_.erase(key);
}

std::optional<std::string> dial_plan::service_at(const location& where) const {
    for (const auto& [key, one] : targets_) {
        const auto& places = one.what.locations;
        if (key == one.what.service &&
            std::find(places.begin(), places.end(), where) != places.end()) {
            return key;
        }
    }
    return std::nullopt;
}

std::vector<dial_plan::attempt> dial_plan::take(instant now) {
    if (now - rate_window_ >= 1s) {
        rate_window_ = now;
        begun_ = 0;
    }
    std::vector<std::pair<instant, const std::string*>> waiting;
    std::map<std::string, std::size_t> busy_hosts;
    std::size_t busy = 0;
    for (const auto& [key, one] : targets_) {
        if (one.now == state::waiting && one.due <= now) {
            waiting.emplace_back(one.due, &key);
        } else if (one.now == state::dialling) {
            busy++;
            busy_hosts[one.place().host]++;
        }
    }
    std::sort(waiting.begin(), waiting.end()); // who has waited longest comes first

    std::vector<attempt> result;
    for (const auto& [due, key] : waiting) {
        entry& one = targets_.at(*key);
        if (busy >= dials_max || begun_ >= rate) {
            break;
        }
        if (busy_hosts[one.place().host] >= dials_per_host) {
            one.due = now + 1s;
            continue;
        }
        one.now = state::dialling;
        busy++;
        busy_hosts[one.place().host]++;
        begun_++;
        result.push_back({*key, one.what.service, one.place()});
    }
    return result;
}

std::optional<instant> dial_plan::next() const {
    if (dialling() >= dials_max) {
        return std::nullopt; // when one of them ends
    }
    std::optional<instant> soonest;
    for (const auto& [key, one] : targets_) {
        if (one.now == state::waiting && (!soonest || one.due < *soonest)) {
            soonest = one.due;
        }
    }
    if (soonest && begun_ >= rate) {
        soonest = std::max(*soonest, rate_window_ + 1s);
    }
    return soonest;
}

dial_plan::failure dial_plan::failed(const std::string& key, instant now) {
    const auto at = targets_.find(key);
    if (at == targets_.end()) {
        return {};
    }
    entry& one = at->second;
    one.now = state::waiting;
    one.turn++;
    const duration wait = one.delay.failed(draw_);
    one.due = now + wait;
    return {one.delay.failures(), wait};
}

void dial_plan::linked(const std::string& key) {
    const auto at = targets_.find(key);
    if (at != targets_.end()) {
        at->second.now = state::linked;
        at->second.delay.succeeded();
    }
}

void dial_plan::retry(const std::string& key, instant when) {
    const auto at = targets_.find(key);
    if (at != targets_.end()) {
        at->second.now = state::waiting;
        at->second.due = when;
    }
}

std::size_t dial_plan::dialling() const {
    return static_cast<std::size_t>(
        std::count_if(targets_.begin(), targets_.end(),
                      [](const auto& pair) { return pair.second.now == state::dialling; }));
}

} // namespace limpet
