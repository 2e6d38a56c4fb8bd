// SPDX-License-Identifier: MIT
// Copyright autobus contributors
//
// Makes every allocation, or every copy from or to the caller, fail once. A scenario runs again and
// again; in run n the n-th one within its armed part fails, until a run ends without a failure.
//
//     auto n = for_each_failure(failure_kind::allocation, [](auto&& armed) {
//         ... make what is needed ...
//         int r;
//         if (armed([&] { r = call(); })) {
//             ... it failed within: r says so, and nothing else shows it ...
//         }
//     });
//
// After each run as many allocations must live as before it. Throws std::runtime_error otherwise.
// Not thread-safe: nobody else may use a bus meanwhile.
#pragma once

#include "faults.h"

#include <stdexcept>
#include <string>

namespace test {

enum class failure_kind { allocation, copy };

/// Counts, and fails the one that is due.
class failure {
public:
    failure(failure_kind kind, long nth) : door_(kind == failure_kind::copy ? &ab_copy_fails
                                                                           : &ab_alloc_fails) {
        left_ = nth;
        happened_ = false;
        seen_ = 0;
        *door_ = ask;
    }
    ~failure() { *door_ = nullptr; }
    failure(const failure&) = delete;
    failure& operator=(const failure&) = delete;

    bool happened() const { return happened_; }
    /// How many were asked for.
    long seen() const { return seen_; }

private:
    static int ask() {
        seen_++;
        if (left_-- != 0) {
            return 0;
        }
        happened_ = true;
        return 1;
    }
    static inline long left_ = 0;
    static inline long seen_ = 0;
    static inline bool happened_ = false;
    int (**door_)(void);
};

/// Returns how many failures there were.
template <typename Scenario> long for_each_failure(failure_kind kind, Scenario&& scenario) {
    for (long nth = 0;; nth++) {
        const long live = ab_alloc_live();
        bool happened = false;
        scenario([&](auto&& call) {
            failure armed(kind, nth);
            call();
            happened = armed.happened();
            return happened;
        });
        if (ab_alloc_live() != live) {
            throw std::runtime_error("failure " + std::to_string(nth) + " left " +
                                     std::to_string(ab_alloc_live() - live) + " allocations");
        }
        if (!happened) {
            return nth;
        }
    }
}

/// How many allocations (or copies) a call makes.
template <typename Call> long count_of(failure_kind kind, Call&& call) {
    failure none(kind, -1);
    call();
    return none.seen();
}

} // namespace test
