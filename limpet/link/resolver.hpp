// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/fd.hpp"
#include "limpet/loop.hpp"

#include <functional>
#include <memory>
#include <string>

namespace limpet {

// Finds the numeric address of a host without making the loop wait: the system's resolver works in
// a thread of its own, which nobody waits for either. One thread, but for that.
class resolver {
public:
    // The first address, or empty: then `error` is the system's sentence.
    using on_address = std::function<void(const std::string& address, const std::string& error)>;

    // Calls back once, from the loop, unless it's destroyed before.
    resolver(loop& loop, const std::string& host, on_address call);
    ~resolver();
    resolver(const resolver&) = delete;
    resolver& operator=(const resolver&) = delete;

    struct answer;

private:
    std::shared_ptr<answer> answer_;
    on_address call_;
    std::unique_ptr<loop::watch> watch_;
};

} // namespace limpet
