// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/protocol/time.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace limpet {

// Where a limpet says what happens to it: plain sentences, each on a line of its own.
class log {
public:
    virtual ~log() = default;
    virtual void say(const std::string& sentence) = 0;
    // Only for who wants to know everything.
    virtual void detail(const std::string& sentence) = 0;
};

// To standard error, where systemd and people expect it. One thread.
class stderr_log : public log {
public:
    explicit stderr_log(bool verbose) : verbose_{verbose} {}
    void say(const std::string& sentence) override;
    void detail(const std::string& sentence) override;

private:
    bool verbose_;
};

// Keeps strangers from filling the log: of each kind of sentence one in 10 s is said, and the next
// one tells how many weren't.
class rate_limited {
public:
    explicit rate_limited(log& log) : log_{log} {}
    void say(const std::string& kind, const std::string& sentence, instant now);

private:
    struct kind_state {
        instant next{};
        std::uint64_t unsaid = 0;
    };
    log& log_;
    std::map<std::string, kind_state> kinds_;
};

} // namespace limpet
