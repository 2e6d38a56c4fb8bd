// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/process.hpp"

#include "tests/support/limpet_fakes.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>

using namespace limpet;
using namespace limpet::test;

BOOST_AUTO_TEST_SUITE(processes)

BOOST_AUTO_TEST_CASE(a_bus_that_is_not_there_ends_it_with_advice) {
    kept_log log;
    options chosen;
    chosen.bus = "/dev/autobus-that-is-not-there0";
    chosen.open = true;
    BOOST_TEST(run_process(chosen, log) == EXIT_FAILURE);
    BOOST_TEST(log.has("/dev/autobus-that-is-not-there0"));
    BOOST_TEST(log.has("ENOENT"));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_bus_ends_it_too) {
    kept_log log;
    options chosen;
    chosen.bus = "/dev/null";
    chosen.open = true;
    BOOST_TEST(run_process(chosen, log) == EXIT_FAILURE);
    BOOST_TEST(log.has("ENOTTY"));
}

BOOST_AUTO_TEST_SUITE_END()
