// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "tests/userspace/support.hpp"
#include "userspace/autobusctl/format.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <unistd.h>

using namespace autobus;
using autobus::test::bus_fixture;

BOOST_FIXTURE_TEST_SUITE(formats, bus_fixture)

namespace {

Json::Value parsed(const std::string& line) {
    Json::Value value;
    BOOST_TEST(line.find('\n') == std::string::npos);
    BOOST_REQUIRE(Json::Reader().parse(line, value));
    return value;
}

} // namespace

BOOST_AUTO_TEST_CASE(text_that_is_utf8_is_known_from_bytes_that_are_not) {
    for (const char* good : {"", "plain", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                             "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"}) {
        BOOST_TEST(ctl::is_utf8(good), good);
    }
    for (const char* bad : {"\xff", "\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80",
                            "\xed\xa0\x80", "\xe2\x82", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
                            "\xf5\x80\x80\x80", "a\xc3(", "\xf0\x9f\x98"}) {
        BOOST_TEST(!ctl::is_utf8(bad));
    }
    BOOST_TEST(ctl::is_utf8(std::string_view("\0", 1)));
}

BOOST_AUTO_TEST_CASE(nothing_that_is_printed_can_control_a_terminal) {
    BOOST_TEST(ctl::printable("a\nb\tc\r") == "a\\nb\\tc\\r");
    BOOST_TEST(ctl::printable("\x1b[2J") == "\\x1b[2J");
    BOOST_TEST(ctl::printable("\xc2\x9b") == "\\xc2\\x9b");
    BOOST_TEST(ctl::printable("\xc3\xa4") == "\xc3\xa4");
    BOOST_TEST(ctl::printable(std::string_view("\0\x7f", 2)) == "\\x00\\x7f");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_are_shown_in_base64) {
    BOOST_TEST(ctl::printable("\xff\xfe\xfd") == "(base64) //79");
    Json::Value object;
    ctl::put_data(object, "\xff\xfe\xfd");
    BOOST_TEST(object["data64"].asString() == "//79");
    BOOST_TEST(!object.isMember("data"));
}

BOOST_AUTO_TEST_CASE(data_that_is_text_is_the_same_after_json) {
    const std::string text("quote \" slash \\ nul \0 newline \n \xc3\xa4", 34);
    Json::Value object;
    ctl::put_data(object, text);
    BOOST_TEST(parsed(ctl::to_line(object))["data"].asString() == text);
}

BOOST_AUTO_TEST_CASE(numbers_that_json_would_round_are_strings) {
    BOOST_TEST(ctl::number(std::numeric_limits<std::uint64_t>::max()).asString() ==
               "18446744073709551615");
}

BOOST_AUTO_TEST_CASE(an_announcement_shows_its_serial_name_sender_and_data) {
    device ear = listener("$.A");
    device mouth = open_as({812, 5, 6});
    const std::uint64_t serial = mouth.announce("$.A", "on").value();
    const message heard = ear.receive(no_wait).value();
    const std::string number = std::to_string(mouth.info()->endpoint);
    BOOST_TEST(ctl::as_text(heard) ==
               "announcement " + std::to_string(serial) + " $.A from " + number + " (pid 812): on");
    const Json::Value object = parsed(ctl::to_line(ctl::as_json(heard)));
    BOOST_TEST(object["type"].asString() == "announcement");
    BOOST_TEST(object["name"].asString() == "$.A");
    BOOST_TEST(object["serial"].asString() == std::to_string(serial));
    BOOST_TEST(object["from"].asString() == number);
    BOOST_TEST(object["data"].asString() == "on");
    BOOST_TEST(object["sender"]["pid"].asUInt() == 812u);
    BOOST_TEST(object["sender"]["uid"].asUInt() == 5u);
    BOOST_TEST(!object.isMember("origin"));
    BOOST_TEST(!object.isMember("in_reply_to"));
}

BOOST_AUTO_TEST_CASE(a_reply_says_which_request_it_answers) {
    device asked = replier("$.A");
    device asker = open();
    const std::uint64_t serial = asker.request("$.A", "").value();
    asked.reply(*asked.receive(no_wait), "yes").value();
    const message reply = asker.receive(no_wait).value();
    BOOST_TEST(ctl::as_text(reply).find("to request " + std::to_string(serial) + ": yes") !=
               std::string::npos);
    BOOST_TEST(ctl::as_json(reply)["in_reply_to"].asString() == std::to_string(serial));
}

BOOST_AUTO_TEST_CASE(a_status_is_explained) {
    device asker = open();
    {
        device asked = replier("$.A");
        asker.request("$.A", "").value();
    }
    const message status = asker.receive(no_wait).value();
    BOOST_TEST(ctl::as_text(status).find("from the kernel") != std::string::npos);
    BOOST_TEST(ctl::as_text(status).find("nothing was done") != std::string::npos);
    BOOST_TEST(ctl::as_json(status)["name"].asString() == "$.Autobus.Replier.GoneAway");
    BOOST_TEST(ctl::as_json(status)["status"].asString().find("nothing was done") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(notices_are_told_in_words) {
    device ear = listener("$.Autobus.*");
    device asked = replier("$.A");
    const std::string number = std::to_string(asked.info()->endpoint);
    const message bound = ear.receive(no_wait).value();
    BOOST_TEST(ctl::as_text(bound).find("endpoint " + number + " replies to $.A") !=
               std::string::npos);
    const Json::Value object = ctl::as_json(bound);
    BOOST_TEST(object["notice"].asString() == "bound");
    BOOST_TEST(object["role"].asString() == "replier");
    BOOST_TEST(object["pattern"].asString() == "$.A");
    asked.unbind("$.A", role::replier).value();
    BOOST_TEST(ctl::as_text(*ear.receive(no_wait)).find("no longer replies to $.A") !=
               std::string::npos);
    ear.watch({0, asked.info()->endpoint}).value();
    asked = open();
    const message closed = ear.receive(no_wait).value();
    BOOST_TEST(ctl::as_text(closed).find("endpoint " + number + " has closed") !=
               std::string::npos);
    BOOST_TEST(ctl::as_json(closed)["closed"]["endpoint"].asString() == number);
}

BOOST_AUTO_TEST_CASE(what_was_missed_is_told_at_its_place) {
    device ear = listener("$.A");
    device mouth = open();
    ear.set_limits({.records = 1}).value();
    for (int i = 0; i < 3; ++i) {
        mouth.announce("$.A", "").value();
    }
    ear.receive(no_wait).value();
    const message mark = ear.receive(no_wait).value();
    BOOST_TEST(ctl::as_text(mark) ==
               "lost         2 messages were missed here: the queue was full");
    BOOST_TEST(ctl::as_json(mark)["lost"].asUInt() == 2u);
}

BOOST_AUTO_TEST_CASE(a_message_from_another_bus_shows_where_it_began) {
    device router = open_as({1, 0, 0}, true);
    router.claim_router().value();
    device ear = listener("$.A");
    draft brought;
    brought.name = "$.A";
    brought.origin = origin{0xabc, 8, 9};
    brought.claimed = credentials{4, 5, 6};
    router.send(brought).value();
    const message heard = ear.receive(no_wait).value();
    BOOST_TEST(ctl::as_text(heard).find("from 0000000000000abc:8") != std::string::npos);
    const Json::Value object = ctl::as_json(heard);
    BOOST_TEST(object["origin"]["bus"].asString() == "0000000000000abc");
    BOOST_TEST(object["origin"]["serial"].asString() == "9");
    BOOST_TEST(object["claimed"]["uid"].asUInt() == 5u);
}

BOOST_AUTO_TEST_CASE(the_columns_of_a_table_are_aligned) {
    ctl::table shown({"NAME", "N"});
    shown.add({"long name", "1"});
    shown.add({"x", "22"});
    BOOST_TEST(shown.text() == "NAME       N\nlong name  1\nx          22\n");
}

BOOST_AUTO_TEST_CASE(a_program_is_known_by_its_pid_as_long_as_it_lives) {
    BOOST_TEST(!ctl::program_of(static_cast<std::uint32_t>(getpid())).empty());
    BOOST_TEST(ctl::program_of(0).empty());
}

BOOST_AUTO_TEST_SUITE_END()
