// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/autobusctl/options.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>

using namespace std::chrono_literals;
using autobus::ctl::options;
using autobus::ctl::parse_options;
using autobus::ctl::parse_seconds;

BOOST_AUTO_TEST_SUITE(command_line)

namespace {

constexpr std::string_view all = "ntavruwfpx";

options good(const std::vector<std::string>& arguments, std::string_view allowed = all) {
    return parse_options(arguments, allowed, nullptr).value();
}

std::string fault(const std::vector<std::string>& arguments, std::string_view allowed = all) {
    const auto parsed = parse_options(arguments, allowed, nullptr);
    BOOST_REQUIRE(!parsed);
    return parsed.error().reason();
}

} // namespace

BOOST_AUTO_TEST_CASE(options_may_stand_before_between_and_behind_the_words) {
    const options given = good({"--json", "$.A", "-n", "3", "data", "--bus=1"});
    BOOST_TEST(given.json);
    BOOST_TEST(given.count == 3);
    BOOST_TEST(given.bus == "1");
    const std::vector<std::string> words{"$.A", "data"};
    BOOST_TEST(given.words == words, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(words_behind_two_dashes_are_no_options) {
    const options given = good({"$.A", "--", "--json", "-5"});
    BOOST_TEST(!given.json);
    BOOST_TEST(given.words.size() == 3u);
    BOOST_TEST(given.words[2] == "-5");
}

BOOST_AUTO_TEST_CASE(a_single_dash_is_a_word) {
    BOOST_TEST(good({"$.A", "-"}).words.back() == "-");
}

BOOST_AUTO_TEST_CASE(all_that_follows_exec_belongs_to_the_command) {
    const options given = good({"$.A", "--exec", "ls", "--json", "--", "-n"});
    BOOST_TEST(!given.json);
    const std::vector<std::string> command{"ls", "--json", "--", "-n"};
    BOOST_TEST(given.exec == command, boost::test_tools::per_element());
    BOOST_TEST(given.words.size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_bus_is_the_environment_s_unless_an_option_names_one) {
    BOOST_TEST(parse_options({}, "", nullptr)->bus == "/dev/autobus0");
    BOOST_TEST(parse_options({}, "", "")->bus == "/dev/autobus0");
    BOOST_TEST(parse_options({}, "", "/dev/autobus7")->bus == "/dev/autobus7");
    BOOST_TEST(parse_options({"-b", "2"}, "", "/dev/autobus7")->bus == "2");
}

BOOST_AUTO_TEST_CASE(each_option_sets_what_it_names) {
    const options given = good({"--values", "--raw", "--urgent", "--private", "--to",
                                "00000000000000aa:5", "--timeout", "1.5", "--wait"});
    BOOST_TEST((given.values && given.raw && given.urgent && given.private_));
    BOOST_TEST((given.to == autobus::address{0xaa, 5}));
    BOOST_TEST((given.timeout == 1500ms));
    BOOST_TEST((given.when_full == autobus::when_full::wait));
    BOOST_TEST((good({"--fail"}).when_full == autobus::when_full::fail));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said_by_its_name) {
    BOOST_TEST(fault({"--bogus"}) == "unknown option --bogus");
    BOOST_TEST(fault({"-z"}) == "unknown option -z");
    BOOST_TEST(fault({"--count"}) == "option --count needs a value");
    BOOST_TEST(fault({"--json=yes"}) == "option --json takes no value");
    BOOST_TEST(fault({"--count", "3"}, "v") == "option --count does not belong to this command");
    BOOST_TEST(fault({"$.A", "--exec"}) == "--exec needs a command behind it");
    BOOST_TEST(fault({"$.A", "--exec", "ls"}, "n") == "unknown option --exec");
}

BOOST_AUTO_TEST_CASE(counts_that_are_none_are_refused) {
    for (const char* bad : {"0", "-1", "x", "", "1x", "99999999999999999999"}) {
        BOOST_TEST(fault({"--count", bad}).find("--count takes a number") == 0u, bad);
    }
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_is_none_is_refused_with_an_example) {
    BOOST_TEST(fault({"--to", "kitchen"}).find("0123456789abcdef:12") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(seconds_are_positive_numbers_with_or_without_a_fraction) {
    BOOST_TEST((parse_seconds("2").value() == 2s));
    BOOST_TEST((parse_seconds("0.001").value() == 1ms));
    BOOST_TEST((parse_seconds("1e-12").value() == 1ns));
    for (const char* bad : {"", "0", "-1", "x", "1s", "nan", "inf", "1e300", " 1"}) {
        BOOST_TEST(!parse_seconds(bad), bad);
    }
}

BOOST_AUTO_TEST_CASE(an_empty_command_line_is_fine) {
    BOOST_TEST(good({}).words.empty());
}

BOOST_AUTO_TEST_SUITE_END()
