// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// The processes of the kill test. Each runs until it is killed, or told to stop; none returns.

#include <cstdint>
#include <string>

namespace kill_test {

// The name that replier number `which` answers.
std::string replier_name(unsigned which);

// Reads requests and answers them, some at once, some later, in any order.
[[noreturn]] void run_replier(const char* path, unsigned which, uint64_t seed);

// Asks repliers, plain and by endpoint, and writes each accepted request and each answer into the
// ledger. Exits, a survivor, once all is answered: after some time, or when told to stop.
[[noreturn]] void run_requester(const char* path, unsigned which, uint32_t life, uint64_t seed);

// Hears everything, so that messages are shared with somebody else who may die.
[[noreturn]] void run_listener(const char* path, uint64_t seed);

} // namespace kill_test
