// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/autobusctl/exec.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>

using autobus::ctl::run_command;

BOOST_AUTO_TEST_SUITE(commands_that_are_run)

BOOST_AUTO_TEST_CASE(a_command_gets_its_input_and_its_output_is_gathered) {
    const auto ran = run_command({"tr", "a-z", "A-Z"}, {}, "hello").value();
    BOOST_TEST(ran.output == "HELLO");
    BOOST_TEST(ran.failure.empty());
}

BOOST_AUTO_TEST_CASE(large_and_binary_input_comes_back_as_it_was) {
    std::string input;
    for (int i = 0; i < 3000000; ++i) {
        input += static_cast<char>(i * 7);
    }
    BOOST_TEST((run_command({"cat"}, {}, input)->output == input));
}

BOOST_AUTO_TEST_CASE(a_command_that_does_not_read_its_input_is_fine) {
    BOOST_TEST(run_command({"echo", "x"}, {}, std::string(1000000, 'y'))->output == "x\n");
}

BOOST_AUTO_TEST_CASE(a_command_gets_the_variables_beside_our_own) {
    const auto ran = run_command({"sh", "-c", "echo $AUTOBUS_NAME; test -n \"$PATH\" && echo path"},
                                 {"AUTOBUS_NAME=$.A"}, "");
    BOOST_TEST(ran->output == "$.A\npath\n");
}

BOOST_AUTO_TEST_CASE(a_failing_command_says_how_it_failed_and_keeps_its_output) {
    const auto exits = run_command({"sh", "-c", "echo some; exit 3"}, {}, "").value();
    BOOST_TEST(exits.failure == "exit status 3");
    BOOST_TEST(exits.output == "some\n");
    BOOST_TEST(run_command({"sh", "-c", "kill -9 $$"}, {}, "")->failure == "killed by signal 9");
}

BOOST_AUTO_TEST_CASE(a_command_that_is_not_there_is_an_error) {
    const auto ran = run_command({"no-such-command-here"}, {}, "");
    BOOST_REQUIRE(!ran);
    BOOST_TEST(ran.error().code() == ENOENT);
    BOOST_TEST(ran.error().context() == "run no-such-command-here");
}

BOOST_AUTO_TEST_SUITE_END()
