// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "autobus/result.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string.h>
#include <system_error>

namespace autobus {

error::error(int code, std::string context, std::string reason)
    : code_(code), context_(std::move(context)), reason_(std::move(reason)) {
    if (reason_.empty()) {
        reason_ = std::generic_category().message(code);
    }
}

std::string error::symbol() const {
    const char* known = strerrorname_np(code_);
    return known != nullptr ? known : "errno " + std::to_string(code_);
}

std::string error::message() const {
    std::string text = context_;
    if (!text.empty()) {
        text += ": ";
    }
    return text + reason_ + " (" + symbol() + ")";
}

namespace detail {

void no_value(const error& why) {
    std::fprintf(stderr, "autobus: %s\n", why.message().c_str());
    std::abort();
}

} // namespace detail

} // namespace autobus
