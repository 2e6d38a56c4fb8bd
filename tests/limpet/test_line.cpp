// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/protocol/line.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using limpet::line_reader;

namespace {

std::vector<std::string> all_of(line_reader& reader) {
    std::vector<std::string> lines;
    while (const auto line = reader.next()) {
        lines.emplace_back(*line);
    }
    return lines;
}

using strings = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(line)

BOOST_AUTO_TEST_CASE(lines_end_with_lf_and_lose_one_cr) {
    line_reader reader{100};
    reader.add("one\ntwo\r\nthree\r\r\n");
    BOOST_TEST(all_of(reader) == (strings{"one", "two", "three\r"}),
               boost::test_tools::per_element());
    BOOST_TEST(reader.unfinished() == 0u);
}

BOOST_AUTO_TEST_CASE(blank_lines_are_left_out) {
    line_reader reader{100};
    reader.add("\n\r\n  \t \nword\n \r\n");
    BOOST_TEST(all_of(reader) == strings{"word"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_line_may_come_byte_by_byte) {
    line_reader reader{100};
    strings lines;
    for (const char byte : std::string{"ab\r\ncd\n"}) {
        reader.add({&byte, 1});
        for (std::string& line : all_of(reader)) {
            lines.push_back(std::move(line));
        }
    }
    BOOST_TEST(lines == (strings{"ab", "cd"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_unfinished_line_is_kept_and_counted) {
    line_reader reader{100};
    reader.add("done\npart");
    BOOST_TEST(all_of(reader) == strings{"done"}, boost::test_tools::per_element());
    BOOST_TEST(reader.unfinished() == 4u);
    reader.add("ial\n");
    BOOST_TEST(all_of(reader) == strings{"partial"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_line_of_exactly_the_limit_passes_with_either_end) {
    line_reader reader{5};
    reader.add("12345\n12345\r\n");
    BOOST_TEST(all_of(reader) == (strings{"12345", "12345"}), boost::test_tools::per_element());
    BOOST_TEST(!reader.failed());
}

BOOST_AUTO_TEST_CASE(a_longer_line_fails_for_good) {
    line_reader reader{5};
    reader.add("123456\nok\n");
    BOOST_TEST(all_of(reader).empty());
    BOOST_TEST(reader.failed());
    reader.add("more\n");
    BOOST_TEST(all_of(reader).empty());
}

BOOST_AUTO_TEST_CASE(a_line_without_end_fails_before_it_ends_and_frees_its_memory) {
    line_reader reader{1000};
    for (int i = 0; i < 100 && !reader.failed(); i++) {
        reader.add(std::string(100, 'x'));
        BOOST_TEST(all_of(reader).empty());
    }
    BOOST_TEST(reader.failed());
    BOOST_TEST(reader.unfinished() == 0u);
}

BOOST_AUTO_TEST_CASE(a_limit_that_is_raised_holds_for_what_came_before) {
    line_reader reader{4};
    reader.add("bind\n123456789\n");
    BOOST_TEST((reader.next() == std::optional<std::string_view>{"bind"}));
    reader.set_limit(9);
    BOOST_TEST((reader.next() == std::optional<std::string_view>{"123456789"}));
}

BOOST_AUTO_TEST_CASE(a_long_line_in_small_pieces_costs_time_in_proportion) {
    // 8 MiB in pieces of 512 bytes: were each piece to scan from the beginning, this would look at
    // 64 GiB and not end while anybody waits.
    constexpr std::size_t size = 8u << 20;
    line_reader reader{size};
    const std::string piece(512, 'x');
    for (std::size_t sent = 0; sent < size; sent += piece.size()) {
        reader.add(piece);
        BOOST_REQUIRE(!reader.next());
    }
    reader.add("\n");
    const auto line = reader.next();
    BOOST_REQUIRE(line);
    BOOST_TEST(line->size() == size);
}

BOOST_AUTO_TEST_SUITE_END()
