// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/discovery/announcer.hpp"

#include <algorithm>
#include <utility>

namespace limpet {

using namespace std::chrono_literals;

namespace {

using seconds = std::chrono::duration<double>;

constexpr std::array<duration, 3> first_gaps{500ms, 1s, 2s};
constexpr std::array<duration, 6> query_gaps{100ms, 500ms, 1s, 2s, 4s, 7s};
constexpr duration settled_gap = 10s;
constexpr double settled_jitter = 5;  // seconds
constexpr double answer_within = 0.2; // seconds

duration as_duration(double count) {
    return std::chrono::duration_cast<duration>(seconds{count});
}

} // namespace

bool announcer::offer(beacon add) {
    if (to_datagram(add).size() > datagram_max) {
        return false;
    }
    offers_.push_back(std::move(add));
    return true;
}

void announcer::start(instant now) {
    announced_ = 0;
    queried_ = 0;
    next_announcement_ = now;
    next_query_ = now + query_gaps[0];
    next_answer_.reset();
    tick(now);
}

void announcer::query_heard(instant now) {
    if (next_announcement_ && !next_answer_) {
        next_answer_ = now + as_duration(draw_() * answer_within);
    }
}

void announcer::network_changed(instant now) {
    if (next_announcement_) {
        start(now);
    }
}

void announcer::tick(instant now) {
    if (due(next_announcement_, now)) {
        announce();
        const duration gap = announced_ < first_gaps.size()
                                 ? first_gaps[announced_]
                                 : settled_gap + as_duration(draw_() * settled_jitter);
        announced_++;
        next_announcement_ = now + gap;
        next_answer_.reset();
    } else if (due(next_answer_, now)) {
        announce();
        next_answer_.reset();
    }
    if (due(next_query_, now)) {
        out_(to_datagram(beacon{}));
        queried_++;
        if (queried_ < query_gaps.size()) {
            next_query_ = now + query_gaps[queried_];
        } else {
            next_query_.reset();
        }
    }
}

std::optional<instant> announcer::next() const {
    std::optional<instant> soonest;
    for (const auto& when : {next_announcement_, next_query_, next_answer_}) {
        if (when && (!soonest || *when < *soonest)) {
            soonest = when;
        }
    }
    return soonest;
}

void announcer::announce() {
    for (const beacon& one : offers_) {
        out_(to_datagram(one));
    }
}

void announcer::say_goodbye() {
    next_announcement_.reset();
    next_query_.reset();
    next_answer_.reset();
    for (const beacon& one : offers_) {
        out_(to_datagram(beacon{beacon::kind::remove, one.service, one.port, {}}));
    }
}

} // namespace limpet
