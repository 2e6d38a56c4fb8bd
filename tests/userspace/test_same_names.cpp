// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// The library's idea of names is its own code, so that programs need no bus to check one. Here it's
// held against the bus's: the same texts are names, and the same patterns match.

#include "autobus/name.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>

// Last: it gives short names to lists.
extern "C" {
#include "core/name.h"
}

BOOST_AUTO_TEST_SUITE(names_in_the_library_and_on_the_bus)

namespace {

constexpr unsigned seed = 20240229;
constexpr int rounds = 200000;

// Texts that are nearly always nearly names.
class maker {
public:
    std::string text(bool odd) {
        static constexpr const char* words[] = {"a", "b", "Autobus", "c-1", "%",   "%", "*",
                                                "a", "",  "a*",      "%%",  "x y", "$", "\xc3\xa4"};
        const std::size_t known = odd ? std::size(words) : 8;
        std::string made = odd && chance(50) ? "" : "$";
        for (unsigned left = 1 + random_() % (odd && chance(5) ? 20 : 4); left > 0; --left) {
            made += std::string(".") + words[random_() % known];
        }
        if (odd && chance(100)) {
            made += '.' + std::string(900 + random_() % 200, 'z');
        }
        return made;
    }

private:
    bool chance(unsigned one_in) { return random_() % one_in == 0; }

    std::mt19937 random_{seed};
};

bool core_takes(const std::string& text, bool pattern, ab_name& parsed) {
    return ab_name_parse(&parsed, text.data(), text.size(), pattern) == 0;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_same_texts_are_names_and_patterns) {
    maker make;
    int names = 0;
    int patterns = 0;
    for (int i = 0; i < rounds; ++i) {
        const std::string text = make.text(true);
        ab_name parsed;
        const bool name = autobus::name::parse(text).has_value();
        const bool pattern = autobus::pattern::parse(text).has_value();
        BOOST_REQUIRE_MESSAGE(name == core_takes(text, false, parsed), text);
        BOOST_REQUIRE_MESSAGE(pattern == core_takes(text, true, parsed), text);
        names += name;
        patterns += pattern;
    }
    BOOST_TEST(names > rounds / 20);
    BOOST_TEST(patterns > names);
    BOOST_TEST(patterns < rounds);
}

BOOST_AUTO_TEST_CASE(the_same_patterns_match_the_same_names) {
    maker make;
    int compared = 0;
    int matched = 0;
    for (int i = 0; i < rounds; ++i) {
        const std::string pattern_text = make.text(false);
        const std::string name_text = make.text(false);
        ab_name core_pattern;
        ab_name core_name;
        if (!core_takes(pattern_text, true, core_pattern) ||
            !core_takes(name_text, false, core_name)) {
            continue;
        }
        const bool matches = autobus::pattern_view::parse(pattern_text)
                                 ->matches(autobus::name_view::parse(name_text).value());
        BOOST_REQUIRE_MESSAGE(matches == ab_name_matches(&core_pattern, &core_name),
                              pattern_text << " and " << name_text);
        ++compared;
        matched += matches;
    }
    BOOST_TEST(matched > 100);
    BOOST_TEST(matched < compared);
}

BOOST_AUTO_TEST_SUITE_END()
