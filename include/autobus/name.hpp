// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// Names and patterns
// ==================
//
// A name is '$' and one or more words, each after a '.': $.Kitchen.Lamp. A word is one or more of
// A-Z a-z 0-9 _ and -. At most 1,000 bytes and 16 words; below $.Autobus, which belongs to the
// kernel, 1,024 bytes and 18 words.
//
// A pattern is a name in which '%' may stand for exactly one word (any place, at most twice) and
// whose last word may be '*', for one or more words. Neither matches the first word Autobus. Every
// name is a pattern too.
//
// Four types, so that a string that nobody has checked can't be taken for a name:
//   name, pattern            own their text; made by parse()
//   name_view, pattern_view  refer to text that somebody else owns; made from a name or pattern,
//                            by parse(), or from a string literal, which is checked when the
//                            program is compiled:  bus->announce("$.Kitchen.Lamp", "on")
// Parameters are views, members are owners. All are values; immutable once made.
//
// Errors of parse(): EBADMSG (not a name), ENAMETOOLONG (too many bytes or words). The error quotes
// the text and says what is wrong with it.

#include "autobus/result.hpp"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace autobus {

inline constexpr std::size_t name_max = 1000; // bytes
inline constexpr std::size_t words_max = 16;
inline constexpr std::size_t kernel_name_max = 1024; // bytes, below $.Autobus
inline constexpr std::size_t kernel_words_max = 18;  // below $.Autobus
inline constexpr std::size_t percent_max = 2;        // '%' in a pattern

// What is wrong with a text that should be a name or a pattern.
enum class name_fault {
    none,
    empty,
    no_dollar,  // doesn't begin with "$."
    empty_word, // "$.", "$.A..B", "$.A."
    bad_character,
    wildcard, // a wildcard in a name
    star_not_last,
    mixed_wildcard, // '%' or '*' beside other characters of a word
    too_many_percent,
    too_long,
    too_many_words,
};

// One sentence about it, without a final dot.
std::string_view describe(name_fault fault);

namespace detail {

constexpr bool is_word_character(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

constexpr bool is_below_kernel(std::string_view text) {
    constexpr std::string_view root = "$.Autobus";
    return text.starts_with(root) && (text.size() == root.size() || text[root.size()] == '.');
}

constexpr name_fault check_word(std::string_view word, bool wildcards) {
    if (word.empty()) {
        return name_fault::empty_word;
    }
    for (char c : word) {
        if (c == '%' || c == '*') {
            if (!wildcards) {
                return name_fault::wildcard;
            }
            if (word.size() != 1) {
                return name_fault::mixed_wildcard;
            }
        } else if (!is_word_character(c)) {
            return name_fault::bad_character;
        }
    }
    return name_fault::none;
}

constexpr name_fault check(std::string_view text, bool wildcards) {
    if (text.empty()) {
        return name_fault::empty;
    }
    if (!text.starts_with("$.")) {
        return name_fault::no_dollar;
    }
    const bool kernel = is_below_kernel(text);
    if (text.size() > (kernel ? kernel_name_max : name_max)) {
        return name_fault::too_long;
    }
    std::size_t words = 0;
    std::size_t percents = 0;
    for (std::size_t at = 1; at < text.size();) {
        const std::size_t end = std::min(text.find('.', at + 1), text.size());
        const std::string_view word = text.substr(at + 1, end - at - 1);
        const name_fault fault = check_word(word, wildcards);
        if (fault != name_fault::none) {
            return fault;
        }
        if (word == "*" && end != text.size()) {
            return name_fault::star_not_last;
        }
        percents += word == "%" ? 1 : 0;
        ++words;
        at = end;
    }
    if (percents > percent_max) {
        return name_fault::too_many_percent;
    }
    return words > (kernel ? kernel_words_max : words_max) ? name_fault::too_many_words
                                                           : name_fault::none;
}

// Not constexpr: calling one while compiling shows its name in the compiler's message.
void this_is_not_an_autobus_name();
void this_is_not_an_autobus_pattern();

} // namespace detail

constexpr name_fault check_name(std::string_view text) {
    return detail::check(text, false);
}
constexpr name_fault check_pattern(std::string_view text) {
    return detail::check(text, true);
}

class name;
class pattern;

// A checked name that somebody else owns; empty() only when made by name_view().
class name_view {
public:
    constexpr name_view() = default;
    name_view(const name& owner) noexcept;

    template <std::size_t Size>
    consteval name_view(const char (&literal)[Size]) : text_(literal, Size - 1) {
        if (check_name(text_) != name_fault::none) {
            detail::this_is_not_an_autobus_name();
        }
    }

    static result<name_view> parse(std::string_view text);

    constexpr std::string_view str() const noexcept { return text_; }
    constexpr bool empty() const noexcept { return text_.empty(); }

    // $.Autobus or below it.
    constexpr bool is_kernels() const noexcept { return detail::is_below_kernel(text_); }

    friend constexpr bool operator==(name_view, name_view) = default;
    friend constexpr auto operator<=>(name_view, name_view) = default;

private:
    friend class message;
    friend class pattern_view;
    std::string_view text_;
};

// A checked pattern that somebody else owns.
class pattern_view {
public:
    pattern_view(const pattern& owner) noexcept;
    pattern_view(const name& owner) noexcept;
    constexpr pattern_view(name_view name) noexcept : text_(name.text_) {}

    template <std::size_t Size>
    consteval pattern_view(const char (&literal)[Size]) : text_(literal, Size - 1) {
        if (check_pattern(text_) != name_fault::none) {
            detail::this_is_not_an_autobus_pattern();
        }
    }

    static result<pattern_view> parse(std::string_view text);

    constexpr std::string_view str() const noexcept { return text_; }

    // '%' or '*' somewhere.
    constexpr bool has_wildcards() const noexcept {
        return text_.find_first_of("%*") != std::string_view::npos;
    }
    constexpr bool is_kernels() const noexcept { return detail::is_below_kernel(text_); }

    // Does a message of this name come through a binding of this pattern?
    bool matches(name_view name) const noexcept;

    // A name without wildcards before any pattern; between patterns the first word that differs
    // decides, a literal before '%' before '*'. For patterns that match a common name it says which
    // one gets a request: the more specific one. Equal patterns: false.
    bool more_specific_than(pattern_view other) const noexcept;

    friend constexpr bool operator==(pattern_view, pattern_view) = default;
    friend constexpr auto operator<=>(pattern_view, pattern_view) = default;

private:
    constexpr pattern_view() = default;
    std::string_view text_;
};

// A name that owns its text. A moved-from name may only be assigned or destroyed.
class name {
public:
    explicit name(name_view checked) : text_(checked.str()) {}
    static result<name> parse(std::string_view text);

    const std::string& str() const noexcept { return text_; }
    bool is_kernels() const noexcept { return detail::is_below_kernel(text_); }

    // The words without '$' and the dots; they refer to this name.
    std::vector<std::string_view> words() const;

    friend bool operator==(const name&, const name&) = default;
    friend auto operator<=>(const name&, const name&) = default;

private:
    std::string text_;
};

// A pattern that owns its text. A moved-from pattern may only be assigned or destroyed.
class pattern {
public:
    explicit pattern(pattern_view checked) : text_(checked.str()) {}
    static result<pattern> parse(std::string_view text);

    const std::string& str() const noexcept { return text_; }
    bool has_wildcards() const noexcept { return pattern_view(*this).has_wildcards(); }
    bool is_kernels() const noexcept { return detail::is_below_kernel(text_); }
    bool matches(name_view name) const noexcept { return pattern_view(*this).matches(name); }
    bool more_specific_than(pattern_view other) const noexcept {
        return pattern_view(*this).more_specific_than(other);
    }

    friend bool operator==(const pattern&, const pattern&) = default;
    friend auto operator<=>(const pattern&, const pattern&) = default;

private:
    friend class pattern_view;
    std::string text_;
};

} // namespace autobus

template <>
struct std::hash<autobus::name> {
    std::size_t operator()(const autobus::name& name) const noexcept {
        return std::hash<std::string>()(name.str());
    }
};

template <>
struct std::hash<autobus::pattern> {
    std::size_t operator()(const autobus::pattern& pattern) const noexcept {
        return std::hash<std::string>()(pattern.str());
    }
};
