// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/log.hpp"

#include <iostream>

namespace limpet {

using namespace std::chrono_literals;

void stderr_log::say(const std::string& sentence) {
    // One write, so that lines of several programs don't mix.
    std::cerr << "limpet: " + sentence + "\n" << std::flush;
}

void stderr_log::detail(const std::string& sentence) {
    if (verbose_) {
        say(sentence);
    }
}

void rate_limited::say(const std::string& kind, const std::string& sentence, instant now) {
    kind_state& state = kinds_[kind];
    if (now < state.next) {
        state.unsaid++;
        return;
    }
    std::string text = sentence;
    if (state.unsaid > 0) {
        text += " (and " + std::to_string(state.unsaid) + " more of this kind)";
    }
    log_.say(text);
    state = {now + 10s, 0};
}

} // namespace limpet
