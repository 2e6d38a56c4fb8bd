// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/protocol/server_session.hpp"

#include "tests/support/limpet_fakes.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace limpet;
using namespace limpet::test;
using namespace std::chrono_literals;

namespace {

// Two services; `echo` answers at once, `later` is kept.
struct book : service_book {
    std::optional<std::string> service_of(const std::string& bound) const override {
        if (bound == "alias") {
            return "real";
        }
        return bound == "real" || bound == "other" ? std::optional{bound} : std::nullopt;
    }
    Json::Value object_value(const std::string& service, const std::string& object) const override {
        return object == "answer" && service == "real" ? Json::Value{42} : Json::Value{};
    }
    void call(server_session& session, const function_call& call) override {
        if (call.function == "echo") {
            session.answer(call.ticket, call.args);
        } else if (call.function == "later") {
            kept.push_back(call);
        } else {
            session.fail(call.ticket, {"No such function.", "no_such_function"});
        }
    }
    std::vector<function_call> kept;
};

struct fixture {
    book services;
    kept_output out;
    server_session session{services, out, epoch};

    void send(const std::string& text, instant now = epoch) { session.receive(line(text), now); }
    void bind() {
        send(R"({"_type":1,"_id":"b","_command":"bind","service":"real"})");
        (void)out.take_one();
    }
    // The type of the one error that was written.
    std::string error() {
        const envelope response = out.take_one();
        BOOST_TEST((response.type == envelope::kind::response));
        const auto error = error_of(response);
        BOOST_REQUIRE(error);
        BOOST_TEST(!error->text.empty());
        return error->type;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(server_sessions, fixture)

BOOST_AUTO_TEST_CASE(a_bind_is_answered_with_the_service_as_it_was_asked_for) {
    send(R"({"_type":1,"_id":"b","_command":"bind","service":"alias","extra":[1]})");
    const envelope response = out.take_one();
    BOOST_TEST(response.id.asString() == "b");
    BOOST_TEST(response.body["service"].asString() == "alias");
    BOOST_TEST(session.service() == "real");
    BOOST_TEST(!session.next()); // no time limit any more
}

BOOST_AUTO_TEST_CASE(a_bind_may_be_a_notice) {
    send(R"({"_type":3,"_id":"b","_command":"bind","service":"real"})");
    BOOST_TEST(out.quiet());
    BOOST_TEST(session.service() == "real");
}

BOOST_AUTO_TEST_CASE(a_bind_to_nothing_gets_its_error_and_then_the_end) {
    for (const char* service : {"\"nope\"", "null", "5", "[]"}) {
        kept_output end;
        server_session other{services, end, epoch};
        other.receive(
            line(std::string{R"({"_id":"b","_command":"bind","service":)"} + service + "}"), epoch);
        const envelope response = end.take_one();
        BOOST_TEST(error_of(response)->type == "no_such_service");
        BOOST_TEST(bool(end.ended()));
        BOOST_TEST(other.refused());
    }
}

BOOST_AUTO_TEST_CASE(a_repeated_bind_to_nothing_waits_for_its_error) {
    server_session patient{services, out, epoch, 1s};
    patient.receive(line(R"({"_id":null,"_command":"bind","service":"nope"})"), epoch);
    BOOST_TEST(out.quiet());
    patient.receive(line(R"({"_id":2,"_command":"ping"})"), epoch); // heard no more
    patient.tick(epoch + 999ms);
    BOOST_TEST(out.quiet());
    BOOST_TEST((patient.next() == epoch + 1s));
    patient.tick(epoch + 1s);
    BOOST_TEST(error() == "no_such_service");
    BOOST_TEST(bool(out.ended()));
}

BOOST_AUTO_TEST_CASE(whoever_does_not_bind_is_let_go) {
    session.tick(epoch + 9s);
    BOOST_TEST(!out.ended());
    BOOST_TEST((session.next() == epoch + 10s));
    session.tick(epoch + 10s);
    BOOST_REQUIRE(out.ended());
    BOOST_TEST(out.ended()->find("didn't bind") != std::string::npos);
    BOOST_TEST(!session.next());
}

BOOST_AUTO_TEST_CASE(before_the_bind_nothing_else_works_but_it_may_still_come) {
    send(R"({"_id":1,"_command":"call","name":"echo","args":[]})");
    BOOST_TEST(error() == "not_bound");
    bind();
    BOOST_TEST(session.service() == "real");
}

BOOST_AUTO_TEST_CASE(many_commands_without_a_bind_end_it) {
    for (int i = 0; i < server_session::mistakes_max; i++) {
        BOOST_REQUIRE(!out.ended());
        send(R"({"_type":3,"_command":"ping"})");
    }
    BOOST_TEST(bool(out.ended()));
}

BOOST_AUTO_TEST_CASE(a_second_bind_is_one_error) {
    bind();
    send(R"({"_id":1,"_command":"bind","service":"other"})");
    BOOST_TEST(error() == "bound_already");
    BOOST_TEST(session.service() == "real");
}

BOOST_AUTO_TEST_CASE(ping_and_call_are_answered) {
    bind();
    send(R"({"_id":1,"_command":"ping"})");
    BOOST_TEST(!error_of(out.take_one()));
    send(R"({"_id":2,"_command":"call","name":"echo","args":["a",1]})");
    const envelope response = out.take_one();
    BOOST_TEST(response.id.asInt() == 2);
    BOOST_TEST(response.body["result"][0].asString() == "a");
    send(R"({"_id":3,"_command":"call","name":"nope","args":[]})");
    BOOST_TEST(error() == "no_such_function");
    send(R"({"_id":4,"_command":"call","name":"_echo","args":[]})");
    BOOST_TEST(error() == "no_such_function");
}

BOOST_AUTO_TEST_CASE(answers_may_come_later_in_any_order_and_once) {
    bind();
    send(R"({"_id":"one","_command":"call","name":"later","args":[]})");
    send(R"({"_id":null,"_command":"call","name":"later","args":[]})");
    send(R"({"_type":3,"_id":"three","_command":"call","name":"later","args":[]})");
    BOOST_TEST(session.calls() == 3u);
    BOOST_REQUIRE(services.kept.size() == 3u);
    session.answer(services.kept[1].ticket, "second");
    const envelope second = out.take_one();
    BOOST_TEST(second.id.isNull());
    BOOST_TEST(second.body.isMember("_id"));
    session.answer(services.kept[2].ticket, "nobody waits for it");
    BOOST_TEST(out.quiet());
    session.fail(services.kept[0].ticket, {"No.", "no"});
    session.answer(services.kept[0].ticket, "again");
    BOOST_TEST(out.take_one().id.asString() == "one");
    BOOST_TEST(session.calls() == 0u);
}

BOOST_AUTO_TEST_CASE(a_result_of_nothing_is_there_and_null) {
    bind();
    send(R"({"_id":1,"_command":"call","name":"later","args":[]})");
    session.answer(services.kept[0].ticket, Json::nullValue);
    const envelope response = out.take_one();
    BOOST_TEST(response.body.isMember("result"));
    BOOST_TEST(response.body["result"].isNull());
}

BOOST_AUTO_TEST_CASE(calls_that_wait_are_bounded) {
    bind();
    for (std::size_t i = 0; i < server_session::calls_max; i++) {
        send(R"({"_id":1,"_command":"call","name":"later","args":[]})");
    }
    BOOST_TEST(out.quiet());
    send(R"({"_id":2,"_command":"call","name":"later","args":[]})");
    BOOST_TEST(error() == "busy");
    BOOST_TEST(services.kept.size() == server_session::calls_max);
}

BOOST_AUTO_TEST_CASE(a_watch_gives_the_value_twice) {
    bind();
    send(R"({"_id":1,"_command":"watch","name":"answer"})");
    const auto lines = out.take();
    BOOST_REQUIRE(lines.size() == 2u);
    BOOST_TEST((lines[0].type == envelope::kind::response));
    BOOST_TEST(lines[0].body["name"].asString() == "answer");
    BOOST_TEST(lines[0].body["value"].asInt() == 42);
    BOOST_TEST((lines[1].type == envelope::kind::notice));
    BOOST_TEST(lines[1].command == "changed");
    BOOST_TEST(lines[1].body["value"].asInt() == 42);
    send(R"({"_id":2,"_command":"watch","name":"answer"})");
    BOOST_TEST(error() == "already");
}

BOOST_AUTO_TEST_CASE(a_watch_by_notice_gives_the_value_once_and_of_nothing_null) {
    bind();
    send(R"({"_type":3,"_command":"watch","name":"nothing"})");
    const envelope changed = out.take_one();
    BOOST_TEST(changed.command == "changed");
    BOOST_TEST(changed.body.isMember("value"));
    BOOST_TEST(changed.body["value"].isNull());
}

BOOST_AUTO_TEST_CASE(an_unwatch_gives_null_twice) {
    bind();
    send(R"({"_id":1,"_command":"unwatch","name":"answer"})");
    BOOST_TEST(error() == "not_watched");
    send(R"({"_id":2,"_command":"watch","name":"answer"})");
    (void)out.take();
    send(R"({"_id":3,"_command":"unwatch","name":"answer"})");
    const auto lines = out.take();
    BOOST_REQUIRE(lines.size() == 2u);
    BOOST_TEST(lines[0].body.isMember("value"));
    BOOST_TEST(lines[1].body.isMember("value"));
    BOOST_TEST(lines[1].body["value"].isNull());
}

BOOST_AUTO_TEST_CASE(listen_and_unlisten_are_answered) {
    bind();
    send(R"({"_id":1,"_command":"listen","name":"evt"})");
    BOOST_TEST(out.take_one().body["name"].asString() == "evt");
    send(R"({"_id":2,"_command":"listen","name":"evt"})");
    BOOST_TEST(error() == "already");
    send(R"({"_id":3,"_command":"unlisten","name":"evt"})");
    BOOST_TEST(out.take_one().body["name"].asString() == "evt");
    send(R"({"_id":4,"_command":"unlisten","name":"evt"})");
    BOOST_TEST(error() == "not_listened");
}

BOOST_AUTO_TEST_CASE(wrong_types_are_one_error_each_and_the_connection_lives) {
    bind();
    for (const char* text :
         {R"({"_id":1,"_command":"call","name":5,"args":[]})",
          R"({"_id":1,"_command":"call","name":"echo","args":{}})",
          R"({"_id":1,"_command":"call","name":"echo"})", R"({"_id":1,"_command":"call"})",
          R"({"_id":1,"_command":"watch"})", R"({"_id":1,"_command":"watch","name":[]})",
          R"({"_id":1,"_command":"listen","name":{}})",
          R"({"_id":1,"_command":"unwatch","name":1})", R"({"_id":1,"_command":"unlisten"})"}) {
        send(text);
        BOOST_TEST(error() == "bad_command");
    }
    send(R"({"_id":1,"_command":"watch","name":")" + std::string(257, 'n') + "\"}");
    BOOST_TEST(error() == "bad_command");
    BOOST_TEST(!out.ended());
}

BOOST_AUTO_TEST_CASE(names_that_are_watched_are_bounded) {
    bind();
    for (std::size_t i = 0; i < server_session::names_max; i++) {
        send(R"({"_id":1,"_command":"watch","name":"n)" + std::to_string(i) + "\"}");
    }
    (void)out.take();
    send(R"({"_id":1,"_command":"watch","name":"one more"})");
    BOOST_TEST(error() == "busy");
}

BOOST_AUTO_TEST_CASE(an_unknown_command_is_one_error_and_an_unknown_notice_none) {
    bind();
    send(R"({"_id":"u","_command":"fly"})");
    BOOST_TEST(error() == "no_such_command");
    send(R"({"_type":3,"_id":"u","_command":"fly"})");
    send(R"({"_type":2,"_id":"u"})");
    send(R"({"_type":3,"_command":"call","name":5})");
    BOOST_TEST(out.quiet());
}

BOOST_AUTO_TEST_SUITE_END()
