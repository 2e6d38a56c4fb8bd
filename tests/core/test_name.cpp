// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"
#include "naive.hpp"

#include <regex>

namespace {

int parse(const std::string& text, bool pattern = false) {
    ab_name name;
    return ab_name_parse(&name, text.data(), text.size(), pattern);
}

bool matches(const std::string& pattern, const std::string& name) {
    ab_name left, right;
    BOOST_REQUIRE_EQUAL(ab_name_parse(&left, pattern.data(), pattern.size(), true), 0);
    BOOST_REQUIRE_EQUAL(ab_name_parse(&right, name.data(), name.size(), false), 0);
    return ab_name_matches(&left, &right);
}

std::string words(std::size_t n, const std::string& first = "w") {
    std::string text = "$." + first;
    for (std::size_t i = 1; i < n; i++) {
        text += ".w";
    }
    return text;
}

/* The grammar, said by a regular expression and counts. */
bool naive_accepts(const std::string& text, bool pattern) {
    static const std::regex name(R"(\$(\.[A-Za-z0-9_-]+)+)");
    static const std::regex with_wildcards(R"(\$(\.([A-Za-z0-9_-]+|%))*(\.([A-Za-z0-9_-]+|%|\*)))");
    if (!std::regex_match(text, pattern ? with_wildcards : name)) {
        return false;
    }
    const auto all = test::split(text);
    const bool kernel = all[0] == "Autobus";
    return std::count(all.begin(), all.end(), "%") <= 2 && all.size() <= (kernel ? 18 : 16) &&
           text.size() <= (kernel ? 1024 : 1000);
}

} // namespace

BOOST_AUTO_TEST_SUITE(name)

BOOST_AUTO_TEST_CASE(a_name_is_a_dollar_and_words_after_dots) {
    for (const char* good : {"$.A", "$.a.B.0", "$._-.x", "$.Autobus", "$.Kitchen.Lamp-2_x"}) {
        BOOST_CHECK_MESSAGE(parse(good) == 0, good);
    }
    for (const char* bad : {"", "$", "$.", "$A", ".A", "A.B", "$.A.", "$..A", "$.A..B", "$.A B",
                            "$.\xc3\xa4", "$.A/", "$$.A", "$.A$", "$.%", "$.A.*", "$.*"}) {
        BOOST_CHECK_MESSAGE(parse(bad) == -EBADMSG, bad);
    }
    BOOST_CHECK_EQUAL(parse(std::string("$.A\0B", 5)), -EBADMSG);
}

BOOST_AUTO_TEST_CASE(a_pattern_may_hold_two_percents_and_end_in_a_star) {
    for (const char* good : {"$.A", "$.%", "$.*", "$.%.*", "$.%.A.%", "$.%.%.*", "$.A.%.B"}) {
        BOOST_CHECK_MESSAGE(parse(good, true) == 0, good);
    }
    for (const char* bad : {"$.%.%.%", "$.*.A", "$.*.*", "$.A*", "$.*A", "$.%A", "$.A%", "$.%%",
                            "$.%.%.%.*", "$.**"}) {
        BOOST_CHECK_MESSAGE(parse(bad, true) == -EBADMSG, bad);
    }
}

BOOST_AUTO_TEST_CASE(names_have_at_most_16_words_and_1000_bytes) {
    BOOST_CHECK_EQUAL(parse(words(16)), 0);
    BOOST_CHECK_EQUAL(parse(words(17)), -ENAMETOOLONG);
    BOOST_CHECK_EQUAL(parse(words(15) + ".*", true), 0);
    BOOST_CHECK_EQUAL(parse(words(16) + ".*", true), -ENAMETOOLONG);
    BOOST_CHECK_EQUAL(parse("$." + std::string(998, 'x')), 0);
    BOOST_CHECK_EQUAL(parse("$." + std::string(999, 'x')), -ENAMETOOLONG);
}

BOOST_AUTO_TEST_CASE(the_kernels_names_have_at_most_18_words_and_1024_bytes) {
    BOOST_CHECK_EQUAL(parse(words(18, "Autobus")), 0);
    BOOST_CHECK_EQUAL(parse(words(19, "Autobus")), -ENAMETOOLONG);
    BOOST_CHECK_EQUAL(parse(words(17, "Autobus") + ".*", true), 0);
    BOOST_CHECK_EQUAL(parse(words(18, "Autobus") + ".*", true), -ENAMETOOLONG);
    BOOST_CHECK_EQUAL(parse("$.Autobus." + std::string(1014, 'x')), 0);
    BOOST_CHECK_EQUAL(parse("$.Autobus." + std::string(1015, 'x')), -ENAMETOOLONG);
    BOOST_CHECK_EQUAL(parse("$.Autobuses." + std::string(1000, 'x')), -ENAMETOOLONG);
}

BOOST_AUTO_TEST_CASE(no_wildcard_stands_for_the_first_word_autobus) {
    BOOST_CHECK(!matches("$.*", "$.Autobus.Bound"));
    BOOST_CHECK(!matches("$.%.Bound", "$.Autobus.Bound"));
    BOOST_CHECK(matches("$.Autobus.*", "$.Autobus.Bound"));
    BOOST_CHECK(matches("$.Autobus.%", "$.Autobus.Bound"));
    BOOST_CHECK(matches("$.A.*", "$.A.Autobus"));
    BOOST_CHECK(matches("$.*", "$.Autobuses"));
}

BOOST_AUTO_TEST_CASE(a_star_stands_for_one_word_at_least) {
    BOOST_CHECK(!matches("$.A.*", "$.A"));
    BOOST_CHECK(matches("$.A.*", "$.A.B"));
    BOOST_CHECK(matches("$.A.*", "$.A.B.C"));
    BOOST_CHECK(!matches("$.A.%", "$.A.B.C"));
}

BOOST_AUTO_TEST_CASE(patterns_match_as_a_naive_matcher_says) {
    std::mt19937_64 random(1);
    int hits = 0;
    for (int i = 0; i < 20000; i++) {
        auto name = test::random_name(random, 4);
        auto pattern = test::random_pattern(random, 4);
        if (i % 8 == 0) {
            name.insert(1, ".Autobus");
            pattern.insert(1, i % 16 ? ".Autobus" : "");
        }
        const bool expected = test::naive_matches(pattern, name);
        hits += expected;
        BOOST_REQUIRE_MESSAGE(matches(pattern, name) == expected, pattern << " " << name);
    }
    BOOST_CHECK_GT(hits, 1000);
}

BOOST_AUTO_TEST_CASE(a_text_is_accepted_exactly_when_the_grammar_has_it) {
    std::mt19937_64 random(2);
    const std::string bytes = "$..%*AZaz09_-\x01 /@[`{\x7f";
    int good = 0;
    for (int i = 0; i < 40000; i++) {
        const bool pattern = i % 2;
        auto text = pattern ? test::random_pattern(random, 20) : test::random_name(random, 20);
        for (auto n = random() % 3; n > 0; n--) {
            text[random() % text.size()] = bytes[random() % bytes.size()];
        }
        const bool expected = naive_accepts(text, pattern);
        good += expected;
        BOOST_REQUIRE_MESSAGE((parse(text, pattern) == 0) == expected, text);
    }
    BOOST_CHECK_GT(good, 1000);
}

BOOST_AUTO_TEST_SUITE_END()
