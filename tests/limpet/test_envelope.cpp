// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/protocol/envelope.hpp"

#include <boost/test/unit_test.hpp>

using namespace limpet;

BOOST_AUTO_TEST_SUITE(envelopes)

BOOST_AUTO_TEST_CASE(a_command_without_type_is_a_command) {
    const auto line = parse_envelope(R"({"_id":7,"_command":"ping"})");
    BOOST_REQUIRE(line);
    BOOST_TEST((line->type == envelope::kind::command));
    BOOST_TEST(line->command == "ping");
    BOOST_TEST(line->wants_response());
}

BOOST_AUTO_TEST_CASE(notices_and_commands_without_id_want_no_response) {
    BOOST_TEST(!parse_envelope(R"({"_type":3,"_id":7,"_command":"ping"})")->wants_response());
    BOOST_TEST(!parse_envelope(R"({"_type":1,"_command":"ping"})")->wants_response());
    BOOST_TEST(parse_envelope(R"({"_type":1,"_id":null,"_command":"ping"})")->wants_response());
}

BOOST_AUTO_TEST_CASE(wrong_types_are_refused_in_words) {
    for (const std::string line :
         {R"({"_type":0,"_command":"x"})", R"({"_type":4,"_command":"x"})",
          R"({"_type":"1","_command":"x"})", R"({"_type":null,"_command":"x"})", R"({"_type":1})",
          R"({"_type":1,"_command":5})", R"({"_type":3,"_command":null})",
          R"({"_type":1,"_id":[],"_command":"x"})", R"({"_type":1,"_id":{},"_command":"x"})", "{}",
          "[]", "nonsense"}) {
        const auto read = parse_envelope(line);
        BOOST_REQUIRE_MESSAGE(!read, line);
        BOOST_TEST(read.why().starts_with("a line"), read.why());
    }
    const std::string long_id(257, 'i');
    BOOST_TEST(!parse_envelope(R"({"_type":1,"_command":"x","_id":")" + long_id + "\"}"));
}

BOOST_AUTO_TEST_CASE(what_is_written_can_be_read) {
    Json::Value body{Json::objectValue};
    body["name"] = "hi";
    const auto strip = [](std::string line) {
        BOOST_TEST(line.ends_with("\r\n"));
        return line.substr(0, line.size() - 2);
    };
    const auto command = parse_envelope(strip(command_line("c1", "call", body)));
    BOOST_REQUIRE(command);
    BOOST_TEST(command->id.asString() == "c1");
    BOOST_TEST(command->body["name"].asString() == "hi");

    const auto notice = parse_envelope(strip(notice_line("changed", body)));
    BOOST_REQUIRE(notice);
    BOOST_TEST((notice->type == envelope::kind::notice));

    const auto response = parse_envelope(strip(response_line(5, {})));
    BOOST_REQUIRE(response);
    BOOST_TEST((response->type == envelope::kind::response));
    BOOST_TEST(response->id.asInt() == 5);
    BOOST_TEST(!error_of(*response));

    const auto failure = parse_envelope(strip(error_line("e", {"No.", "why"})));
    BOOST_REQUIRE(failure);
    BOOST_TEST(error_of(*failure)->text == "No.");
    BOOST_TEST(error_of(*failure)->type == "why");
}

BOOST_AUTO_TEST_CASE(an_error_of_any_form_is_an_error) {
    for (const char* line : {R"({"_type":2,"_error":null})", R"({"_type":2,"_error":"text"})",
                             R"({"_type":2,"_error":{"text":5}})", R"({"_type":2,"_error":{}})"}) {
        const auto read = parse_envelope(line);
        BOOST_REQUIRE(read);
        BOOST_REQUIRE(error_of(*read));
        BOOST_TEST(!error_of(*read)->text.empty());
    }
}

BOOST_AUTO_TEST_SUITE_END()
