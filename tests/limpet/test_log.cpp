// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/log.hpp"

#include "tests/support/limpet_fakes.hpp"

#include <boost/test/unit_test.hpp>

using namespace limpet;
using namespace limpet::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(logs)

BOOST_AUTO_TEST_CASE(of_each_kind_one_is_said_in_10_s_and_the_next_tells_the_count) {
    kept_log log;
    rate_limited limited{log};
    limited.say("a", "first", epoch);
    limited.say("a", "second", epoch + 1s);
    limited.say("a", "third", epoch + 9s);
    limited.say("b", "other", epoch + 9s);
    limited.say("a", "fourth", epoch + 10s);
    limited.say("a", "fifth", epoch + 20s);
    BOOST_TEST(log.said == (std::vector<std::string>{"first", "other",
                                                     "fourth (and 2 more of this kind)", "fifth"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(lengths_of_time_are_told_in_tenths) {
    BOOST_TEST(seconds_text(3500ms) == "3.5 s");
    BOOST_TEST(seconds_text(64s) == "64.0 s");
    BOOST_TEST(seconds_text(40ms) == "0.0 s");
}

BOOST_AUTO_TEST_SUITE_END()
