// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/protocol/peer_session.hpp"

#include "tests/support/limpet_fakes.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace limpet;
using namespace limpet::test;
using namespace std::chrono_literals;

namespace {

const limpet_identity ours{"lab", 0x11, 3, "alpha"};
const limpet_identity theirs{"lab", 0x22, 5, "beta"};

struct kept_events : peer_session::events {
    std::optional<remote_error> admit(const limpet_identity&) override { return refuse; }
    void opened(const limpet_identity& peer) override { peers.push_back(peer); }
    command_outcome command(const Json::Value& body) override {
        commands.push_back(body);
        return outcome;
    }
    std::optional<remote_error> refuse;
    command_outcome outcome;
    std::vector<limpet_identity> peers;
    std::vector<Json::Value> commands;
};

std::string hello_text(const limpet_identity& who, const char* type = "1") {
    Json::Value body = to_hello(who);
    body["_command"] = "hello";
    body["_id"] = "h";
    body["_type"] = std::stoi(type);
    return to_text(body);
}

std::string answer_text(const limpet_identity& who) {
    Json::Value body = to_hello(who);
    body["_id"] = "hello";
    body["_type"] = 2;
    return to_text(body);
}

struct fixture {
    kept_output out;
    kept_events events;
    peer_session accepter{ours, out, events, 1s, epoch};

    kept_output opener_out;
    kept_events opener_events;
    peer_session opener{ours, "autobus.limpet", opener_out, opener_events, 1s, epoch};

    void open() {
        accepter.receive(line(hello_text(theirs)), epoch);
        (void)out.take_one();
        BOOST_REQUIRE(accepter.open());
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(peer_sessions, fixture)

BOOST_AUTO_TEST_CASE(who_opens_binds_and_says_hello) {
    const auto lines = opener_out.take();
    BOOST_REQUIRE(lines.size() == 2u);
    BOOST_TEST(lines[0].command == "bind");
    BOOST_TEST(lines[0].body["service"].asString() == "autobus.limpet");
    BOOST_TEST(lines[1].command == "hello");
    const auto identity = parse_identity(lines[1].body);
    BOOST_REQUIRE(identity);
    BOOST_TEST(identity->bus == ours.bus);
    BOOST_TEST(identity->network == "lab");
}

BOOST_AUTO_TEST_CASE(it_opens_when_the_other_says_hello_too) {
    opener.receive(line(R"({"_type":2,"_id":"bind","service":"autobus.limpet"})"), epoch);
    BOOST_TEST(!opener.open());
    opener.receive(line(answer_text(theirs)), epoch);
    BOOST_TEST(opener.open());
    BOOST_REQUIRE(opener_events.peers.size() == 1u);
    BOOST_TEST(opener_events.peers[0].bus == theirs.bus);
    BOOST_TEST(opener_events.peers[0].endpoint == theirs.endpoint);
}

BOOST_AUTO_TEST_CASE(a_hello_is_answered_and_opens) {
    accepter.receive(line(hello_text(theirs)), epoch);
    const auto identity = parse_identity(out.take_one().body);
    BOOST_REQUIRE(identity);
    BOOST_TEST(identity->bus == ours.bus);
    BOOST_TEST(events.peers.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_hello_as_a_notice_opens_without_an_answer) {
    accepter.receive(line(hello_text(theirs, "3")), epoch);
    BOOST_TEST(out.quiet());
    BOOST_TEST(accepter.open());
}

BOOST_AUTO_TEST_CASE(what_speaks_against_a_peer_is_told_to_it) {
    limpet_identity other_network = theirs;
    other_network.network = "home";
    limpet_identity same_bus = theirs;
    same_bus.bus = ours.bus;
    Json::Value version = to_hello(theirs);
    version["version"] = 2;
    version["_command"] = "hello";
    version["_id"] = 1;
    struct row {
        std::string hello;
        std::string type;
        std::string word;
    };
    for (const row& one : {row{hello_text(other_network), "other_network", "home"},
                           row{hello_text(same_bus), "same_bus", "very bus"},
                           row{to_text(version), "bad_hello", "version 2"},
                           row{R"({"_id":1,"_command":"hello"})", "bad_hello", "version"}}) {
        kept_output refused_out;
        kept_events refused_events;
        peer_session refused{ours, refused_out, refused_events, 1s, epoch};
        refused.receive(line(one.hello), epoch);
        const auto error = error_of(refused_out.take_one());
        BOOST_REQUIRE(error);
        BOOST_TEST(error->type == one.type);
        BOOST_TEST(error->text.find(one.word) != std::string::npos, error->text);
        BOOST_TEST(bool(refused_out.ended()));
        BOOST_TEST(refused_events.peers.empty());
    }
}

BOOST_AUTO_TEST_CASE(each_wrong_field_of_a_hello_is_named) {
    const auto with = [](const char* key, const Json::Value& value) {
        Json::Value body = to_hello(theirs);
        body[key] = value;
        return parse_identity(body);
    };
    BOOST_TEST(bool(with("hostname", "x")));
    const std::vector<std::pair<const char*, Json::Value>> bad{{"version", "1"},
                                                               {"version", Json::nullValue},
                                                               {"network", 0},
                                                               {"network", ""},
                                                               {"network", "a b"},
                                                               {"network", std::string(65, 'n')},
                                                               {"bus", 34},
                                                               {"bus", "22"},
                                                               {"bus", "0000000000000000"},
                                                               {"bus", "00000000000000FF"},
                                                               {"endpoint", 5},
                                                               {"endpoint", "0"},
                                                               {"endpoint", "-1"},
                                                               {"hostname", 5},
                                                               {"hostname", "two\nlines"},
                                                               {"hostname", std::string(256, 'h')},
                                                               {"hostname", Json::nullValue}};
    for (const auto& [key, value] : bad) {
        const auto identity = with(key, value);
        BOOST_REQUIRE_MESSAGE(!identity, key << " " << value);
        BOOST_TEST(identity.why().find(key) != std::string::npos, identity.why());
    }
}

BOOST_AUTO_TEST_CASE(an_info_object_may_leave_the_hostname_out) {
    Json::Value info = to_info(theirs);
    info.removeMember("hostname");
    BOOST_TEST(bool(parse_identity(info)));
}

BOOST_AUTO_TEST_CASE(the_owner_may_refuse) {
    events.refuse = remote_error{"there is one already", "duplicate"};
    accepter.receive(line(hello_text(theirs)), epoch);
    BOOST_TEST(error_of(out.take_one())->type == "duplicate");
    BOOST_TEST(bool(out.ended()));
    BOOST_TEST(events.peers.empty());

    (void)opener_out.take();
    opener_events.refuse = events.refuse;
    opener.receive(line(answer_text(theirs)), epoch);
    BOOST_TEST(opener_out.take_one().command == "goodbye");
    BOOST_TEST(bool(opener_out.ended()));
}

BOOST_AUTO_TEST_CASE(a_refusal_ends_it_with_its_reason) {
    opener.receive(
        line(
            R"({"_type":2,"_id":"bind","_error":{"text":"no such\nservice","type":"no_such_service"}})"),
        epoch);
    BOOST_REQUIRE(opener_out.ended());
    BOOST_TEST(opener_out.ended()->find("no such service") != std::string::npos);
    BOOST_TEST(opener.refused_as() == "no_such_service");
    opener.receive(line(answer_text(theirs)), epoch); // heard no more
    BOOST_TEST(!opener.open());
}

BOOST_AUTO_TEST_CASE(a_greeting_that_takes_too_long_is_given_up) {
    BOOST_TEST((opener.next() == epoch + 10s));
    opener.tick(epoch + 10s);
    BOOST_REQUIRE(opener_out.ended());
    BOOST_TEST(opener_out.ended()->find("hello") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(commands_before_the_hello_end_it) {
    accepter.receive(line(R"({"_type":3,"_command":"announce"})"), epoch);
    BOOST_TEST(bool(out.ended()));
    BOOST_TEST(events.commands.empty());
    (void)opener_out.take();
    opener.receive(line(R"({"_type":3,"_command":"announce"})"), epoch);
    BOOST_TEST(bool(opener_out.ended()));
    BOOST_TEST(opener_events.commands.empty());
}

BOOST_AUTO_TEST_CASE(commands_go_to_the_owner_and_out_as_notices) {
    open();
    accepter.receive(line(R"({"_type":3,"_command":"announce","name":"$.A"})"), epoch);
    BOOST_REQUIRE(events.commands.size() == 1u);
    BOOST_TEST(events.commands[0]["name"].asString() == "$.A");
    BOOST_TEST(out.quiet());
    Json::Value command{Json::objectValue};
    command["_command"] = "interest";
    accepter.send(command);
    const envelope sent = out.take_one();
    BOOST_TEST((sent.type == envelope::kind::notice));
    BOOST_TEST(sent.command == "interest");
}

BOOST_AUTO_TEST_CASE(an_unknown_command_gets_one_error_and_an_unknown_notice_none) {
    open();
    events.outcome = {command_outcome::kind::unknown, ""};
    accepter.receive(line(R"({"_type":1,"_id":9,"_command":"fly"})"), epoch);
    BOOST_TEST(error_of(out.take_one())->type == "no_such_command");
    accepter.receive(line(R"({"_type":3,"_command":"fly"})"), epoch);
    BOOST_TEST(out.quiet());
    accepter.receive(line(R"({"_type":1,"_id":9,"_command":"bind","service":"x"})"), epoch);
    BOOST_TEST(error_of(out.take_one())->type == "bound_already");
    BOOST_TEST(!out.ended());
}

BOOST_AUTO_TEST_CASE(a_violation_is_told_and_ends_it) {
    open();
    events.outcome = {command_outcome::kind::violation, "number isn't a number"};
    accepter.receive(line(R"({"_type":3,"_command":"announce"})"), epoch);
    const envelope last = out.take_one();
    BOOST_TEST(last.command == "goodbye");
    BOOST_TEST(last.body["reason"].asString() == "number isn't a number");
    BOOST_TEST(*out.ended() == "number isn't a number");
}

BOOST_AUTO_TEST_CASE(a_ping_is_answered_and_one_is_sent_each_interval) {
    open();
    accepter.receive(line(R"({"_type":1,"_id":"p","_command":"ping"})"), epoch);
    BOOST_TEST(out.take_one().id.asString() == "p");
    BOOST_TEST((accepter.next() == epoch + 1s));
    accepter.tick(epoch + 999ms);
    BOOST_TEST(out.quiet());
    accepter.tick(epoch + 1s);
    BOOST_TEST(out.take_one().command == "ping");
    BOOST_TEST((accepter.next() == epoch + 2s));
}

BOOST_AUTO_TEST_CASE(silence_of_three_and_a_half_intervals_is_the_end) {
    open();
    for (auto now = 1s; now <= 3s; now += 1s) {
        accepter.tick(epoch + now);
    }
    BOOST_TEST(!out.ended());
    BOOST_TEST((accepter.next() == epoch + 3500ms));
    accepter.tick(epoch + 3500ms);
    BOOST_REQUIRE(out.ended());
    BOOST_TEST(out.ended()->find("nothing was heard") != std::string::npos);
    BOOST_TEST(!accepter.next());
}

BOOST_AUTO_TEST_CASE(any_bytes_are_a_sign_of_life) {
    open();
    accepter.heard(epoch + 3s);
    accepter.tick(epoch + 4s);
    BOOST_TEST(!out.ended());
    accepter.tick(epoch + 6500ms);
    BOOST_TEST(bool(out.ended()));
}

BOOST_AUTO_TEST_CASE(a_goodbye_ends_it_with_its_reason) {
    open();
    accepter.receive(line(R"({"_type":3,"_command":"goodbye","reason":"it stops"})"), epoch);
    BOOST_TEST(out.ended()->find("it stops") != std::string::npos);
    BOOST_TEST(out.quiet());
}

BOOST_AUTO_TEST_CASE(leaving_tells_the_other_once) {
    open();
    accepter.leave("enough");
    accepter.leave("more than enough");
    BOOST_TEST(out.take_one().body["reason"].asString() == "enough");
    Json::Value command{Json::objectValue};
    command["_command"] = "announce";
    accepter.send(command); // goes nowhere
    accepter.receive(line(R"({"_type":3,"_command":"announce"})"), epoch);
    BOOST_TEST(events.commands.empty());
}

BOOST_AUTO_TEST_SUITE_END()
