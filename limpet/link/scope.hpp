// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/protocol/time.hpp"

#include <cstddef>
#include <functional>
#include <string_view>

namespace limpet {

// How far away a numeric address is.
enum class scope { loopback, local, beyond };

scope scope_of(std::string_view host);

// How often a peer there is asked whether it lives.
duration keep_alive_of(scope where);

// How long to wait before the next attempt to reach a host: longer after each failure, longer for
// far hosts, and partly random, so that many who lost the same host don't come back together.
class back_off {
public:
    using random = std::function<double()>; // uniform, at least 0, below 1

    explicit back_off(scope where) : where_{where} {}

    duration failed(const random& draw);
    void succeeded() { failures_ = 0; }
    std::size_t failures() const { return failures_; }

private:
    scope where_;
    std::size_t failures_ = 0;
};

} // namespace limpet
