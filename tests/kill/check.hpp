// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// What the ledger says once everybody has gone: each rule is counted over all of it.

#include "shared.hpp"

#include <cstdint>

namespace kill_test {

struct verdict {
    uint64_t survivors = 0;      // requesters that were not killed
    uint64_t requests = 0;       // theirs
    uint64_t by_end[ends] = {};  // how those ended
    uint64_t of_killed = 0;      // requests of killed requesters
    uint64_t unanswered = 0;     // survivors': no answer
    uint64_t answered_again = 0; // anybody's: more than one
    uint64_t read_after_all = 0; // told Unbound or GoneAway, but its replier had read it
    uint64_t reply_lost = 0;     // its replier's answer was accepted, but it was told otherwise
    uint64_t reply_refused = 0;  // its replier's answer was refused, though it was there
    uint64_t reply_unasked = 0;  // a reply, though nobody had read the request
};

verdict check_ledger(uint64_t last_serial, uint32_t last_life);

// Prints the verdict and whether each rule was kept, in TAP. False if one wasn't.
bool report(const verdict& found, uint64_t at_least);

// Prints one line of TAP, and returns the condition.
bool expect(bool condition, const char* format, ...) __attribute__((format(printf, 2, 3)));

} // namespace kill_test
