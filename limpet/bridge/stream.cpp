// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/bridge/stream.hpp"

#include <algorithm>

namespace limpet {

void stream::set_parent(peer_id parent) {
    parent_ = parent;
    unsettle();
}

void stream::unsettle() {
    if (state_ == state::settled) {
        state_ = state::open;
        base_ = last_;
        got_ = 0;
    }
}

std::uint64_t stream::settle(std::uint64_t number, bool fresh) {
    const state before = state_;
    state_ = state::settled;
    if (before == state::closed) {
        last_ = number;
        return 0;
    }
    const std::uint64_t accounted = before == state::open ? base_ + got_ : last_;
    last_ = std::max(last_, number);
    const std::uint64_t missing = number > accounted ? number - accounted : 0;
    // What it didn't send for us it may not even have numbered.
    return fresh ? std::max<std::uint64_t>(missing, 1) : missing;
}

intake stream::check(peer_id from, std::uint64_t number) const {
    if (from != parent_) {
        return intake::wrong_parent;
    }
    if (state_ == state::closed) {
        return intake::closed;
    }
    return number > last_ ? intake::taken : intake::old_number;
}

intake stream::take(peer_id from, std::uint64_t number) {
    const intake result = check(from, number);
    if (result == intake::taken) {
        last_ = number;
        ++got_;
    }
    return result;
}

intake stream::take_lost(peer_id from, std::uint64_t number, std::uint64_t count) {
    const intake result = check(from, number);
    if (result == intake::taken) {
        // More can't have been lost than there are numbers in between.
        got_ += std::min(count, number - last_);
        last_ = number;
    }
    return result;
}

void stream::advance(peer_id from, std::uint64_t number) {
    if (from == parent_ && settled()) {
        last_ = std::max(last_, number);
    }
}

} // namespace limpet
