// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// What tests over simulated networks ask again and again.

#include "tests/support/sim.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sim {

// Data of all that it heard that isn't a status, a notice or a mark.
std::vector<std::string> texts(const program& who);

// It answers each request at once with "re: " and what was asked.
void echo(program& replier);

// The statuses and replies to a request: there must be one.
std::vector<autobus::message> answers(const program& requester, std::uint64_t serial);

// The kinds of status it got, in order.
std::vector<autobus::status_kind> statuses(const program& requester);

// The request has one answer, and it's this status, from the requester's own kernel.
void check_status(const program& requester, std::uint64_t serial, autobus::status_kind kind);

// Nothing was a violation of the protocol, no request is left, and nothing came back or twice.
void check_clean(world& net);
// The same, except that things may have come by ways that are no longer the way.
void check_settled(world& net);

} // namespace sim
