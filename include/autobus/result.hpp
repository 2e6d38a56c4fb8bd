// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// Results
// =======
//
// What can go wrong in normal life (a name that nobody replies to, a full queue, a signal) is an
// outcome and comes back as a result<T>: a T, or an error. Nothing of the library throws for an
// outcome. Running out of memory for the library's own small objects throws std::bad_alloc, as
// everywhere in C++.
//
// Values; may be copied and moved. Thread-safe like any value: not while somebody changes it.

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace autobus {

// Why something didn't work: an errno, what failed, and why in words that say what to do.
class error {
public:
    // code: a positive errno. context: what failed, on what ("request $.Monitor.Uptime"). reason:
    // a sentence without a final dot; empty means the system's text for the code.
    error(int code, std::string context, std::string reason = {});

    int code() const noexcept { return code_; }
    const std::string& context() const noexcept { return context_; }
    const std::string& reason() const noexcept { return reason_; }

    // "EBUSY"; "errno 1234" for a code without a name.
    std::string symbol() const;

    // All of it on one line: "request $.A: nobody replies to this name (EADDRNOTAVAIL)".
    std::string message() const;

private:
    int code_;
    std::string context_;
    std::string reason_;
};

namespace detail {
// Prints the error to standard error and aborts: somebody took a value that isn't there.
[[noreturn]] void no_value(const error& why);
} // namespace detail

// A T or an error. Look first (operator bool), then take: taking the value of a failed result is a
// mistake in the program; it prints the error and aborts. So value() is also the way to say "this
// can't fail here".
template <class T>
class [[nodiscard]] result {
public:
    using value_type = T;

    result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    result(autobus::error why) : state_(std::in_place_index<1>, std::move(why)) {}

    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    T& value() & {
        check();
        return *std::get_if<0>(&state_);
    }
    const T& value() const& {
        check();
        return *std::get_if<0>(&state_);
    }
    T&& value() && {
        check();
        return std::move(*std::get_if<0>(&state_));
    }

    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    template <class U>
    T value_or(U&& other) const& {
        return has_value() ? *std::get_if<0>(&state_) : static_cast<T>(std::forward<U>(other));
    }

    // Only if !has_value().
    const autobus::error& error() const { return std::get<1>(state_); }

private:
    void check() const {
        if (!has_value()) {
            detail::no_value(*std::get_if<1>(&state_));
        }
    }

    std::variant<T, autobus::error> state_;
};

// Done, or an error.
template <>
class [[nodiscard]] result<void> {
public:
    using value_type = void;

    result() = default;
    result(autobus::error why) : state_(std::in_place_index<1>, std::move(why)) {}

    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    // Prints and aborts if it failed, as for other results.
    void value() const {
        if (!has_value()) {
            detail::no_value(*std::get_if<1>(&state_));
        }
    }

    // Only if !has_value().
    const autobus::error& error() const { return std::get<1>(state_); }

private:
    std::variant<std::monostate, autobus::error> state_;
};

} // namespace autobus
