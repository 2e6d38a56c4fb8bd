// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "autobus/name.hpp"

#include <cerrno>

namespace autobus {
namespace {

// As much of a text as fits into an error, with what isn't printable shown as '?'.
std::string quoted(std::string_view text) {
    constexpr std::size_t most = 80;
    std::string shown(text.substr(0, most));
    for (char& c : shown) {
        if (c < ' ' || c > '~') {
            c = '?';
        }
    }
    return '"' + shown + (text.size() > most ? "...\"" : "\"");
}

int code_of(name_fault fault) {
    return fault == name_fault::too_long || fault == name_fault::too_many_words ? ENAMETOOLONG
                                                                                : EBADMSG;
}

error faulty(name_fault fault, std::string_view what, std::string_view text) {
    return error(code_of(fault), quoted(text) + " is not a " + std::string(what),
                 std::string(describe(fault)));
}

// Walks the words of a valid name or pattern.
class word_walk {
public:
    explicit word_walk(std::string_view text) : rest_(text.substr(1)) {}

    bool at_end() const { return rest_.empty(); }

    // Only if !at_end().
    std::string_view next() {
        rest_.remove_prefix(1);
        const std::size_t end = std::min(rest_.find('.'), rest_.size());
        const std::string_view word = rest_.substr(0, end);
        rest_.remove_prefix(end);
        return word;
    }

private:
    std::string_view rest_;
};

// Smaller is more specific.
int rank(std::string_view word) {
    return word == "*" ? 2 : word == "%" ? 1 : 0;
}

} // namespace

namespace detail {
void this_is_not_an_autobus_name() {}
void this_is_not_an_autobus_pattern() {}
} // namespace detail

std::string_view describe(name_fault fault) {
    switch (fault) {
    case name_fault::none:
        return "nothing is wrong with it";
    case name_fault::empty:
        return "it is empty; names look like $.Kitchen.Lamp";
    case name_fault::no_dollar:
        return "it must begin with \"$.\", as in $.Kitchen.Lamp";
    case name_fault::empty_word:
        return "a word between the dots is missing";
    case name_fault::bad_character:
        return "words consist of A-Z, a-z, 0-9, _ and -";
    case name_fault::wildcard:
        return "% and * belong into patterns; this must be a plain name";
    case name_fault::star_not_last:
        return "* can only be the last word";
    case name_fault::mixed_wildcard:
        return "% and * stand for whole words and must be words of their own";
    case name_fault::too_many_percent:
        return "at most two words may be %";
    case name_fault::too_long:
        return "it is longer than 1000 bytes";
    case name_fault::too_many_words:
        return "it has more than 16 words";
    }
    return "it is malformed";
}

name_view::name_view(const name& owner) noexcept : text_(owner.str()) {}

result<name_view> name_view::parse(std::string_view text) {
    const name_fault fault = check_name(text);
    if (fault != name_fault::none) {
        return faulty(fault, "name", text);
    }
    name_view made;
    made.text_ = text;
    return made;
}

pattern_view::pattern_view(const pattern& owner) noexcept : text_(owner.str()) {}
pattern_view::pattern_view(const name& owner) noexcept : text_(owner.str()) {}

result<pattern_view> pattern_view::parse(std::string_view text) {
    const name_fault fault = check_pattern(text);
    if (fault != name_fault::none) {
        return faulty(fault, "pattern", text);
    }
    pattern_view made;
    made.text_ = text;
    return made;
}

bool pattern_view::matches(name_view name) const noexcept {
    if (name.is_kernels() && !is_kernels()) {
        return false;
    }
    word_walk mine(text_);
    word_walk its(name.str());
    while (!mine.at_end() && !its.at_end()) {
        const std::string_view want = mine.next();
        const std::string_view have = its.next();
        if (want == "*") {
            return true;
        }
        if (want != "%" && want != have) {
            return false;
        }
    }
    return mine.at_end() && its.at_end();
}

bool pattern_view::more_specific_than(pattern_view other) const noexcept {
    if (has_wildcards() != other.has_wildcards()) {
        return !has_wildcards();
    }
    word_walk mine(text_);
    word_walk its(other.text_);
    while (!mine.at_end() && !its.at_end()) {
        const int my_rank = rank(mine.next());
        const int its_rank = rank(its.next());
        if (my_rank != its_rank) {
            return my_rank < its_rank;
        }
    }
    return false;
}

result<name> name::parse(std::string_view text) {
    const auto checked = name_view::parse(text);
    if (!checked) {
        return checked.error();
    }
    return name(*checked);
}

std::vector<std::string_view> name::words() const {
    std::vector<std::string_view> words;
    for (word_walk walk(text_); !walk.at_end();) {
        words.push_back(walk.next());
    }
    return words;
}

result<pattern> pattern::parse(std::string_view text) {
    const auto checked = pattern_view::parse(text);
    if (!checked) {
        return checked.error();
    }
    return pattern(*checked);
}

} // namespace autobus
