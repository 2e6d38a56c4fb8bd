// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// A stream
//
// Problem     What another bus exports must arrive here once each, in its order, and what doesn't
//             arrive must be known to be missing, although ways change.
// What it is  The receiver's end of one origin's numbered stream: from whom it is taken, up to
//             which number it came, and whether a gap may be open.
// States      closed   no `joined` yet: nothing is taken.
//             settled  all that concerns us up to last() has come, or was told as lost.
//             open     the way has changed, and what is sent meanwhile may go another: nothing is
//                      taken until the next `joined` tells how much that was at most. So a loss is
//                      told where it is, before what follows it.
// Guarantees  1. Nothing is taken except from the one parent.
//             2. No number is taken twice, none after a higher one.
//             3. Every number up to last() was taken, told as lost, or is counted in what settle()
//                has returned, if it concerned us.
// Ownership   A value. One thread.

#include "limpet/bridge/ports.hpp"

#include <cstdint>

namespace limpet {

enum class intake { taken, wrong_parent, old_number, not_settled };

class stream {
public:
    // From whom it is taken from now on (0: nobody). Unsettles it.
    void set_parent(peer_id parent);
    [[nodiscard]] peer_id parent() const noexcept { return parent_; }

    // Somewhere on the way somebody's parent has changed.
    void unsettle();

    // The origin has heard of us when its number was this one: what it sends after that will come.
    // interruptions: how often it has ceased to send for this bus. How many may be missing.
    std::uint64_t settle(std::uint64_t number, std::uint64_t interruptions);

    intake take(peer_id from, std::uint64_t number);
    // Everything that concerns us up to this number has been sent.
    void advance(peer_id from, std::uint64_t number);

    [[nodiscard]] bool begun() const noexcept { return state_ != state::closed; }
    [[nodiscard]] bool settled() const noexcept { return state_ == state::settled; }
    [[nodiscard]] std::uint64_t last() const noexcept { return last_; }

private:
    enum class state { closed, settled, open };

    peer_id parent_ = 0;
    state state_ = state::closed;
    std::uint64_t last_ = 0;
    std::uint64_t interruptions_ = 0; // that we know of
};

} // namespace limpet
