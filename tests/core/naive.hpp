// SPDX-License-Identifier: MIT
// Copyright autobus contributors
//
// Names and patterns as slowly and simply as can be, to compare with.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace test {

using words = std::vector<std::string>;

/// "$.A.B" gives A, B.
words split(std::string_view name);

/// The words of a pattern against those of a name, one at a time.
bool naive_matches(const words& pattern, const words& name, std::size_t at = 0);
bool naive_matches(std::string_view pattern, std::string_view name);

/// Of two patterns that match one name: is `a` the more specific?
bool naive_precedes(std::string_view a, std::string_view b);

/// Few words and little depth, so that much collides.
std::string random_name(std::mt19937_64& random, std::size_t depth = 3);
std::string random_pattern(std::mt19937_64& random, std::size_t depth = 3);

} // namespace test
