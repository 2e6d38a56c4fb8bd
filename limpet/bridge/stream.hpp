// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// A stream
//
// Problem     What another bus exports must arrive here once each, in its order, and what doesn't
//             arrive must be known to be missing, although ways change.
// What it is  The receiver's end of one origin's numbered stream: from whom it is taken, up to which
//             number it came, and whether a gap may be open.
// States      closed   no `joined` yet: nothing is taken.
//             settled  all that concerns us up to last() has come, or was told as lost.
//             open     the way changed; what was sent meanwhile may be missing. The next `joined`
//                      tells how much at most.
// Guarantees  1. Nothing is taken except from the one parent.
//             2. No number is taken twice, none after a higher one.
//             3. Every number that settle() gives was either taken, told as lost, or is counted in
//                what settle() returns, since the last settle().
// Ownership   A value. One thread.

#include "limpet/bridge/ports.hpp"

#include <cstdint>

namespace limpet {

enum class intake { taken, wrong_parent, old_number, closed };

class stream {
public:
    // The parent has changed (0: there is none).
    void set_parent(peer_id parent);
    [[nodiscard]] peer_id parent() const noexcept { return parent_; }

    // Somewhere on the way the parent has changed.
    void unsettle();

    // The origin has heard of us when its number was this one: what it sends after that will come.
    // fresh: it had not been sending for us just before. How many may be missing.
    std::uint64_t settle(std::uint64_t number, bool fresh);

    intake take(peer_id from, std::uint64_t number);
    // A loss that somebody on the way tells of, up to this number.
    intake take_lost(peer_id from, std::uint64_t number, std::uint64_t count);
    // Everything that concerns us up to this number has been sent.
    void advance(peer_id from, std::uint64_t number);

    [[nodiscard]] bool settled() const noexcept { return state_ == state::settled; }
    [[nodiscard]] std::uint64_t last() const noexcept { return last_; }

private:
    enum class state { closed, settled, open };
    [[nodiscard]] intake check(peer_id from, std::uint64_t number) const;

    peer_id parent_ = 0;
    state state_ = state::closed;
    std::uint64_t last_ = 0;
    std::uint64_t base_ = 0; // last_ when it became open
    std::uint64_t got_ = 0;  // taken or told as lost since
};

} // namespace limpet
