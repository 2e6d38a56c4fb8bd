// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/bridge/stream.hpp"

#include <algorithm>
#include <utility>

namespace limpet {

void stream::set_parent(peer_id parent) {
    parent_ = parent;
    unsettle();
}

void stream::unsettle() {
    if (state_ == state::settled) {
        state_ = state::open;
    }
}

std::uint64_t stream::settle(std::uint64_t number, std::uint64_t interruptions) {
    const std::uint64_t missing = begun() && number > last_ ? number - last_ : 0;
    state_ = state::settled;
    last_ = std::max(last_, number);
    // What it didn't send for us it may not even have numbered.
    const bool interrupted = std::exchange(interruptions_, interruptions) != interruptions;
    return interrupted ? std::max<std::uint64_t>(missing, 1) : missing;
}

intake stream::take(peer_id from, std::uint64_t number) {
    if (from != parent_) {
        return intake::wrong_parent;
    }
    if (!settled()) {
        return intake::not_settled;
    }
    if (number <= last_) {
        return intake::old_number;
    }
    last_ = number;
    return intake::taken;
}

void stream::advance(peer_id from, std::uint64_t number) {
    if (from == parent_ && settled()) {
        last_ = std::max(last_, number);
    }
}

} // namespace limpet
