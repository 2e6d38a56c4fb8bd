// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// The census
//
// Problem     What our own bus's endpoints want and offer must be known as it changes, in order
//             with their messages, and known again after notices of it were lost.
// What it is  Made of bound and unbound notices, read with current values. Each pattern and role
//             counts once, however many endpoints have it.
// States      counting  since a bind for current values until its Synced marks have come. What
//                       hasn't been seen by then is gone.
//             complete
// Limits      Our own bindings (those are for others), and patterns that don't cross, don't count.
// Ownership   Values only. One thread.

#include "limpet/bridge/interest.hpp"

#include "autobus/message.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace limpet {

class census {
public:
    struct change {
        bool added = false;
        wish what;
    };

    explicit census(std::uint64_t own_endpoint) : own_{own_endpoint} {}

    // So many Synced marks will come; those of earlier counts may still come before.
    void count_anew(std::size_t marks);
    // A bound or unbound notice.
    [[nodiscard]] std::vector<change> notice(const autobus::bound_info& info);
    // A Synced mark.
    [[nodiscard]] std::vector<change> synced();

    [[nodiscard]] bool complete() const noexcept { return marks_ == 0; }

private:
    struct binding {
        wish what;
        std::uint64_t seen = 0; // the count it was last seen in
    };

    void end(std::map<std::uint64_t, binding>::iterator which, std::vector<change>& changes);

    std::uint64_t own_;
    std::uint64_t count_ = 0;
    std::size_t marks_ = 0;
    std::map<std::uint64_t, binding> bindings_; // by id
    std::map<wish, std::size_t> uses_;
};

} // namespace limpet
