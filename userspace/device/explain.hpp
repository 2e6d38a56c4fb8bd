// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// What an errno of the bus means for what was tried, and what to do about it.

#include "autobus/result.hpp"

#include <string>

namespace autobus {

enum class operation {
    open,
    describe, // info, list, limits
    bind,
    unbind,
    announce,
    request,
    reply, // and status
    direct,
    receive,
    answer, // waiting for the answer to a request
    watch,
    unwatch,
    claim,
    limit,
};

// An error with the words for it. code: a positive errno. context: what was tried, on what.
error explain(operation tried, int code, std::string context);

} // namespace autobus
