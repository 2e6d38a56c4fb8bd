// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "naive.hpp"

namespace test {

words split(std::string_view name) {
    words all;
    for (std::size_t at = 1; at < name.size();) {
        auto end = name.find('.', at + 1);
        end = end == name.npos ? name.size() : end;
        all.emplace_back(name.substr(at + 1, end - at - 1));
        at = end;
    }
    return all;
}

bool naive_matches(const words& pattern, const words& name, std::size_t at) {
    if (at == pattern.size() || at == name.size()) {
        return at == pattern.size() && at == name.size();
    }
    const bool wild = pattern[at] == "*" || pattern[at] == "%";
    if (wild && at == 0 && name[0] == "Autobus") {
        return false;
    }
    if (pattern[at] == "*") {
        return true;
    }
    return (wild || pattern[at] == name[at]) && naive_matches(pattern, name, at + 1);
}

bool naive_matches(std::string_view pattern, std::string_view name) {
    return naive_matches(split(pattern), split(name));
}

bool naive_precedes(std::string_view a, std::string_view b) {
    const auto rank = [](const words& pattern, std::size_t at) {
        if (at >= pattern.size()) {
            return 0;
        }
        return pattern[at] == "*" ? 2 : pattern[at] == "%" ? 1 : 0;
    };
    const auto left = split(a);
    const auto right = split(b);
    for (std::size_t at = 0; at < left.size() || at < right.size(); at++) {
        if (rank(left, at) != rank(right, at)) {
            return rank(left, at) < rank(right, at);
        }
    }
    return false;
}

std::string random_name(std::mt19937_64& random, std::size_t depth) {
    static const char* const some[] = {"A", "B", "Long-word_0123456789-0123456789-0123456789"};
    std::string name = "$";
    for (auto n = 1 + random() % depth; n > 0; n--) {
        name += std::string(".") + some[random() % 8 ? random() % 2 : 2];
    }
    return name;
}

std::string random_pattern(std::mt19937_64& random, std::size_t depth) {
    auto all = split(random_name(random, depth));
    if (random() % 3 == 0) {
        all[random() % all.size()] = "%";
    }
    if (random() % 6 == 0) {
        all[random() % all.size()] = "%";
    }
    if (random() % 4 == 0) {
        all.back() = "*";
    }
    std::string pattern = "$";
    for (const auto& word : all) {
        pattern += "." + word;
    }
    return pattern;
}

} // namespace test
