// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include <string>

namespace limpet {

// What a session has done by whoever carries its bytes. Neither calls back.
class session_output {
public:
    virtual ~session_output() = default;

    // Lines, whole, in this order.
    virtual void write(std::string lines) = 0;

    // The session is over: nothing more is read, what was written is sent, and the connection
    // closed. `reason` is a sentence for the log without a full stop.
    virtual void finish(std::string reason) = 0;
};

} // namespace limpet
