// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "autobus/name.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <unordered_set>

using autobus::name;
using autobus::name_fault;
using autobus::name_view;
using autobus::pattern;
using autobus::pattern_view;

BOOST_AUTO_TEST_SUITE(names)

namespace {

std::string words_in_a_row(std::size_t count, const std::string& word = "a") {
    std::string text = "$";
    for (std::size_t i = 0; i < count; ++i) {
        text += '.' + word;
    }
    return text;
}

std::string bytes_long(std::size_t size, std::string text = "$.") {
    text.append(size - text.size(), 'a');
    return text;
}

bool matches(const std::string& wanted, const std::string& given) {
    return pattern_view::parse(wanted).value().matches(name_view::parse(given).value());
}

bool more_specific(const std::string& a, const std::string& b) {
    return pattern_view::parse(a).value().more_specific_than(pattern_view::parse(b).value());
}

} // namespace

BOOST_AUTO_TEST_CASE(a_name_is_a_dollar_and_words_behind_dots) {
    for (const char* good : {"$.a", "$.Kitchen.Lamp", "$.A-b_9.0", "$.-._"}) {
        BOOST_TEST(name::parse(good).has_value(), good);
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_a_name_is_refused_with_its_fault) {
    const std::pair<std::string, name_fault> bad[] = {
        {"", name_fault::empty},
        {"Kitchen", name_fault::no_dollar},
        {"$", name_fault::no_dollar},
        {"$Kitchen", name_fault::no_dollar},
        {".$.a", name_fault::no_dollar},
        {"$.", name_fault::empty_word},
        {"$..a", name_fault::empty_word},
        {"$.a.", name_fault::empty_word},
        {"$.a..b", name_fault::empty_word},
        {"$.a b", name_fault::bad_character},
        {"$.a/b", name_fault::bad_character},
        {"$.a$", name_fault::bad_character},
        {std::string("$.a\0b", 5), name_fault::bad_character},
        {"$.\xc3\xa4", name_fault::bad_character},
        {"$.a\n", name_fault::bad_character},
        {"$.*", name_fault::wildcard},
        {"$.%.a", name_fault::wildcard},
        {"$.a*", name_fault::wildcard},
    };
    for (const auto& [text, fault] : bad) {
        BOOST_TEST((autobus::check_name(text) == fault), text);
        const auto parsed = name::parse(text);
        BOOST_REQUIRE(!parsed);
        BOOST_TEST(parsed.error().code() == EBADMSG);
        BOOST_TEST(parsed.error().reason() == std::string(autobus::describe(fault)));
    }
}

BOOST_AUTO_TEST_CASE(a_name_has_at_most_1000_bytes_and_16_words) {
    BOOST_TEST(name::parse(bytes_long(1000)).has_value());
    BOOST_TEST(name::parse(bytes_long(1001)).error().code() == ENAMETOOLONG);
    BOOST_TEST(name::parse(words_in_a_row(16)).has_value());
    BOOST_TEST(name::parse(words_in_a_row(17)).error().code() == ENAMETOOLONG);
}

BOOST_AUTO_TEST_CASE(a_kernels_name_has_at_most_1024_bytes_and_18_words) {
    const std::string root = "$.Autobus.";
    BOOST_TEST(name::parse(bytes_long(1024, root)).has_value());
    BOOST_TEST(name::parse(bytes_long(1025, root)).error().code() == ENAMETOOLONG);
    BOOST_TEST(name::parse("$.Autobus" + words_in_a_row(17).substr(1)).has_value());
    BOOST_TEST(name::parse("$.Autobus" + words_in_a_row(18).substr(1)).error().code() ==
               ENAMETOOLONG);
}

BOOST_AUTO_TEST_CASE(only_the_word_autobus_itself_makes_a_name_the_kernels) {
    BOOST_TEST(name::parse("$.Autobus")->is_kernels());
    BOOST_TEST(name::parse("$.Autobus.Lost")->is_kernels());
    BOOST_TEST(!name::parse("$.Autobus2.Lost")->is_kernels());
    BOOST_TEST(!name::parse("$.autobus")->is_kernels());
    BOOST_TEST(!name::parse("$.A.Autobus")->is_kernels());
}

BOOST_AUTO_TEST_CASE(a_pattern_may_have_wildcards_where_the_grammar_allows) {
    for (const char* good : {"$.*", "$.%", "$.a.*", "$.%.a.%", "$.%.%.*", "$.a.b"}) {
        BOOST_TEST(pattern::parse(good).has_value(), good);
    }
    const std::pair<const char*, name_fault> bad[] = {
        {"$.*.a", name_fault::star_not_last}, {"$.*.*", name_fault::star_not_last},
        {"$.a*", name_fault::mixed_wildcard}, {"$.%%", name_fault::mixed_wildcard},
        {"$.%a", name_fault::mixed_wildcard}, {"$.%.%.%", name_fault::too_many_percent},
        {"*", name_fault::no_dollar},         {"$*", name_fault::no_dollar},
    };
    for (const auto& [text, fault] : bad) {
        BOOST_TEST((autobus::check_pattern(text) == fault), text);
        BOOST_TEST(!pattern::parse(text), text);
    }
}

BOOST_AUTO_TEST_CASE(the_star_of_a_pattern_counts_as_a_word) {
    BOOST_TEST(pattern::parse(words_in_a_row(15) + ".*").has_value());
    BOOST_TEST(!pattern::parse(words_in_a_row(16) + ".*"));
}

BOOST_AUTO_TEST_CASE(the_error_of_a_long_or_unprintable_name_is_short_and_printable) {
    const auto parsed = name::parse("\x1b[2J" + std::string(5000, 'x'));
    BOOST_REQUIRE(!parsed);
    BOOST_TEST(parsed.error().message().size() < 300u);
    BOOST_TEST(parsed.error().message().find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_literal_is_checked_when_the_program_is_compiled) {
    constexpr name_view lamp{"$.Kitchen.Lamp"};
    constexpr pattern_view kitchen{"$.Kitchen.*"};
    static_assert(lamp.str().size() == 14);
    static_assert(kitchen.has_wildcards());
    BOOST_TEST(kitchen.matches(lamp));
}

BOOST_AUTO_TEST_CASE(a_percent_stands_for_exactly_one_word) {
    BOOST_TEST(matches("$.a.%.c", "$.a.b.c"));
    BOOST_TEST(!matches("$.a.%.c", "$.a.c"));
    BOOST_TEST(!matches("$.a.%.c", "$.a.b.b.c"));
    BOOST_TEST(!matches("$.%", "$.a.b"));
}

BOOST_AUTO_TEST_CASE(a_star_stands_for_one_or_more_words) {
    BOOST_TEST(matches("$.a.*", "$.a.b"));
    BOOST_TEST(matches("$.a.*", "$.a.b.c"));
    BOOST_TEST(!matches("$.a.*", "$.a"));
    BOOST_TEST(matches("$.*", "$.a"));
}

BOOST_AUTO_TEST_CASE(a_pattern_without_wildcards_matches_itself_only) {
    BOOST_TEST(matches("$.a.b", "$.a.b"));
    BOOST_TEST(!matches("$.a.b", "$.a"));
    BOOST_TEST(!matches("$.a.b", "$.a.b.c"));
    BOOST_TEST(!matches("$.a.b", "$.a.B"));
    BOOST_TEST(!matches("$.a.b", "$.a.bb"));
}

BOOST_AUTO_TEST_CASE(no_wildcard_stands_for_the_first_word_autobus) {
    BOOST_TEST(!matches("$.*", "$.Autobus.Lost"));
    BOOST_TEST(!matches("$.%.Lost", "$.Autobus.Lost"));
    BOOST_TEST(!matches("$.%", "$.Autobus"));
    BOOST_TEST(matches("$.Autobus.*", "$.Autobus.Lost"));
    BOOST_TEST(matches("$.*", "$.Autobus2.Lost"));
}

BOOST_AUTO_TEST_CASE(the_first_word_that_differs_decides_which_pattern_is_more_specific) {
    const char* in_order[] = {"$.a.b", "$.a.%", "$.a.*", "$.%.b", "$.%.%", "$.%.*", "$.*"};
    for (std::size_t i = 0; i < std::size(in_order); ++i) {
        for (std::size_t j = 0; j < std::size(in_order); ++j) {
            BOOST_TEST(more_specific(in_order[i], in_order[j]) == (i < j),
                       in_order[i] << " and " << in_order[j]);
        }
    }
}

BOOST_AUTO_TEST_CASE(names_compare_and_hash_by_their_text) {
    const name a = name::parse("$.a").value();
    const name b = name::parse("$.b").value();
    BOOST_TEST((a == name::parse("$.a").value()));
    BOOST_TEST((a < b));
    const std::unordered_set<name> set{a, b, a};
    BOOST_TEST(set.size() == 2u);
    const std::unordered_set<pattern> patterns{pattern(a), pattern::parse("$.*").value()};
    BOOST_TEST(patterns.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_name_gives_its_words) {
    const name given = name::parse("$.Kitchen.Lamp.2").value();
    const std::vector<std::string_view> words{"Kitchen", "Lamp", "2"};
    BOOST_TEST(given.words() == words, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
