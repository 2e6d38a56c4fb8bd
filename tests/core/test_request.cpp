// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"

#include "support/for_each_failure.hpp"

namespace {

using namespace test;

struct asking {
    test::bus bus;
    client requester{bus};
    client replier{bus};
    client other{bus};

    asking() { BOOST_REQUIRE_EQUAL(replier.serve("$.Q", 0, 77), 0); }
    ~asking() { bus.check(); }

    record ask(const message& what = request("$.Q", "?")) {
        BOOST_REQUIRE_GT(requester.send(what), 0);
        return replier.read_only();
    }
    void check_nothing_open() {
        BOOST_CHECK_EQUAL(requester.reserved(), 0);
        BOOST_CHECK_EQUAL(bus.core().requests.entries, 0);
        BOOST_CHECK_EQUAL(requester.core().n_asked, 0);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(request_, asking)

BOOST_AUTO_TEST_CASE(a_request_is_handed_to_its_replier_who_owes_the_answer) {
    const auto serial = requester.send(request("$.Q", "what"));
    BOOST_REQUIRE_GT(serial, 0);
    const auto got = replier.read_only();
    BOOST_CHECK_EQUAL(got.head.serial, serial);
    BOOST_CHECK_EQUAL(got.head.flags, AUTOBUS_OWED);
    BOOST_CHECK_EQUAL(got.head.from, requester.number());
    BOOST_CHECK_EQUAL(got.head.cookie, 77);
    BOOST_CHECK_EQUAL(got.data, "what");
    BOOST_CHECK_EQUAL(requester.reserved(), 1);
}

BOOST_AUTO_TEST_CASE(a_reply_is_the_answer_and_there_is_no_second_one) {
    const auto asked = ask();
    const auto serial = replier.send(reply_to(asked, "yes"));
    BOOST_REQUIRE_GT(serial, 0);
    const auto answer = requester.read_only();
    BOOST_CHECK_EQUAL(answer.head.serial, serial);
    BOOST_CHECK_EQUAL(answer.head.type, AUTOBUS_REPLY);
    BOOST_CHECK_EQUAL(answer.head.flags, AUTOBUS_ANSWER);
    BOOST_CHECK_EQUAL(answer.head.in_reply_to, asked.head.serial);
    BOOST_CHECK_EQUAL(answer.head.to.endpoint, requester.number());
    BOOST_CHECK_EQUAL(answer.name, "$.Q");
    BOOST_CHECK_EQUAL(answer.data, "yes");
    check_nothing_open();
    BOOST_CHECK_EQUAL(replier.send(reply_to(asked, "no")), -ECONNREFUSED);
    replier.close();
    BOOST_CHECK_EQUAL(requester.read_all().size(), 0);
}

BOOST_AUTO_TEST_CASE(only_the_asked_may_answer_and_only_after_reading) {
    BOOST_REQUIRE_EQUAL(other.listen("$.Q"), 0);
    const auto serial = requester.send(request("$.Q"));
    BOOST_REQUIRE_GT(serial, 0);
    record asked;
    asked.head.serial = serial;
    BOOST_CHECK_EQUAL(replier.send(reply_to(asked)), -ECONNREFUSED);
    BOOST_CHECK_EQUAL(other.read_only().head.flags, 0);
    BOOST_CHECK_EQUAL(other.send(reply_to(asked)), -ECONNREFUSED);
    BOOST_CHECK_EQUAL(requester.send(reply_to(asked)), -ECONNREFUSED);
    replier.read_only();
    BOOST_CHECK_EQUAL(other.send(reply_to(asked)), -ECONNREFUSED);
    BOOST_CHECK_GT(replier.send(reply_to(asked)), 0);
}

BOOST_AUTO_TEST_CASE(a_reply_names_the_request_or_nothing) {
    const auto asked = ask();
    auto reply = reply_to(asked);
    reply.name = "$.R";
    BOOST_CHECK_EQUAL(replier.send(reply), -ECONNREFUSED);
    reply.name = "$.Q";
    reply.head.to.endpoint = other.number();
    BOOST_CHECK_EQUAL(replier.send(reply), -ECONNREFUSED);
    reply.head.to = {bus.id() + 1, requester.number()};
    BOOST_CHECK_EQUAL(replier.send(reply), -ECONNREFUSED);
    reply.head.to = {bus.id(), requester.number()};
    BOOST_CHECK_GT(replier.send(reply), 0);
}

BOOST_AUTO_TEST_CASE(unread_when_the_replier_unbinds_it_is_answered_unbound) {
    requester.send(request("$.Q"));
    BOOST_CHECK_EQUAL(replier.unbind("$.Q", AUTOBUS_REPLIER), 0);
    const auto answer = requester.read_only();
    BOOST_CHECK(answer.is_status("$.Autobus.Replier.Unbound"));
    BOOST_CHECK_EQUAL(replier.read_all().size(), 0);
    check_nothing_open();
}

BOOST_AUTO_TEST_CASE(unread_when_the_replier_drains_it_stays_its_own) {
    const auto serial = requester.send(request("$.Q"));
    BOOST_CHECK_EQUAL(replier.unbind("$.Q", AUTOBUS_REPLIER, AUTOBUS_UNBIND_DRAIN), 0);
    BOOST_CHECK_EQUAL(requester.read_all().size(), 0);
    const auto asked = replier.read_only();
    BOOST_CHECK_EQUAL(asked.head.serial, serial);
    BOOST_CHECK_GT(replier.send(reply_to(asked)), 0);
    BOOST_CHECK_EQUAL(requester.read_only().head.type, AUTOBUS_REPLY);
}

BOOST_AUTO_TEST_CASE(unread_when_the_replier_closes_it_is_answered_gone_away) {
    const auto serial = requester.send(request("$.Q"));
    replier.close();
    const auto answer = requester.read_only();
    BOOST_CHECK(answer.is_status("$.Autobus.Replier.GoneAway"));
    BOOST_CHECK_EQUAL(answer.head.in_reply_to, serial);
    check_nothing_open();
}

BOOST_AUTO_TEST_CASE(read_when_the_replier_closes_it_is_answered_ignored) {
    ask();
    replier.close();
    BOOST_CHECK(requester.read_only().is_status("$.Autobus.Replier.Ignored"));
    check_nothing_open();
}

BOOST_AUTO_TEST_CASE(read_when_the_replier_unbinds_it_is_still_to_be_answered) {
    const auto asked = ask();
    BOOST_CHECK_EQUAL(replier.unbind("$.Q", AUTOBUS_REPLIER), 0);
    BOOST_CHECK_EQUAL(requester.read_all().size(), 0);
    BOOST_CHECK_GT(replier.send(reply_to(asked)), 0);
    BOOST_CHECK_EQUAL(requester.read_only().head.type, AUTOBUS_REPLY);
}

BOOST_AUTO_TEST_CASE(a_stateful_request_gets_its_status_like_any_other) {
    auto what = request("$.Q");
    what.head.to.endpoint = replier.number();
    BOOST_REQUIRE_GT(requester.send(what), 0);
    BOOST_CHECK_EQUAL(replier.read_only().head.to.bus, bus.id());
    BOOST_REQUIRE_GT(requester.send(what), 0);
    replier.close();
    const auto answers = requester.read_all();
    BOOST_REQUIRE_EQUAL(answers.size(), 2);
    BOOST_CHECK(answers[0].is_status("$.Autobus.Replier.Ignored"));
    BOOST_CHECK(answers[1].is_status("$.Autobus.Replier.GoneAway"));
    check_nothing_open();
}

BOOST_AUTO_TEST_CASE(a_stateful_request_is_accepted_only_by_the_replier_of_now) {
    auto what = request("$.Q");
    what.head.to.endpoint = other.number();
    BOOST_CHECK_EQUAL(requester.send(what), -EPIPE);
    what.head.to = {bus.id() + 1, replier.number()};
    BOOST_CHECK_EQUAL(requester.send(what), -EHOSTUNREACH);
    check_nothing_open();
}

BOOST_AUTO_TEST_CASE(unread_when_the_requester_closes_it_is_withdrawn) {
    requester.send(request("$.Q"));
    BOOST_CHECK_EQUAL(replier.queued(), 1);
    requester.close();
    BOOST_CHECK_EQUAL(replier.queued(), 0);
    BOOST_CHECK_EQUAL(replier.read_all().size(), 0);
    BOOST_CHECK_EQUAL(bus.core().requests.entries, 0);
}

BOOST_AUTO_TEST_CASE(read_when_the_requester_closes_it_is_forgotten) {
    const auto asked = ask();
    const auto number = requester.number();
    requester.close();
    auto reply = reply_to(asked);
    BOOST_CHECK_EQUAL(replier.send(reply), -ECONNREFUSED);
    reply.head.to.endpoint = number;
    BOOST_CHECK_EQUAL(replier.send(reply), -EADDRNOTAVAIL);
    BOOST_CHECK_EQUAL(bus.core().requests.entries, 0);
}

BOOST_AUTO_TEST_CASE(without_a_slot_for_its_answer_it_is_refused_and_nothing_was_sent) {
    BOOST_REQUIRE_EQUAL(requester.limit(2), 0);
    BOOST_CHECK_GT(requester.send(request("$.Q")), 0);
    BOOST_CHECK_GT(requester.send(request("$.Q")), 0);
    const auto serial = bus.serial();
    BOOST_CHECK_EQUAL(requester.send(request("$.Q")), -ENOLCK);
    BOOST_CHECK_EQUAL(bus.serial(), serial);
    BOOST_CHECK_EQUAL(replier.queued(), 2);
    replier.close();
    BOOST_CHECK_EQUAL(requester.read_all().size(), 2);
}

BOOST_AUTO_TEST_CASE(the_slot_of_an_answer_is_kept_from_everybody_else) {
    BOOST_REQUIRE_EQUAL(requester.limit(2), 0);
    BOOST_REQUIRE_EQUAL(requester.listen("$.News"), 0);
    ask();
    for (int i = 0; i < 5; i++) {
        other.send(announcement("$.News"));
    }
    BOOST_CHECK_EQUAL(other.send(direct(requester.number(), "$.D")), -EBUSY);
    BOOST_CHECK_EQUAL(requester.queued(), 1);
    replier.close();
    const auto all = requester.read_all();
    BOOST_REQUIRE_EQUAL(all.size(), 2);
    BOOST_CHECK(all[1].is_status("$.Autobus.Replier.Ignored"));
    BOOST_CHECK_EQUAL(all[1].head.lost, 4);
}

BOOST_AUTO_TEST_CASE(a_full_replier_is_busy_and_never_misses_an_accepted_request) {
    BOOST_REQUIRE_EQUAL(replier.limit(1), 0);
    BOOST_CHECK_GT(requester.send(request("$.Q")), 0);
    BOOST_CHECK_EQUAL(requester.send(request("$.Q")), -EBUSY);
    BOOST_CHECK_EQUAL(requester.reserved(), 1);
    replier.read_only();
    BOOST_CHECK_GT(requester.send(request("$.Q")), 0);
}

BOOST_AUTO_TEST_CASE(a_reply_is_charged_beyond_the_requesters_bytes_who_must_read_then) {
    BOOST_REQUIRE_EQUAL(requester.limit(0, 100), 0);
    const auto asked = ask();
    BOOST_CHECK_GT(replier.send(reply_to(asked, std::string(5000, 'r'))), 0);
    BOOST_CHECK_EQUAL(requester.send(request("$.Q")), -ENOLCK);
    BOOST_CHECK_EQUAL(requester.read_only().data.size(), 5000);
    BOOST_CHECK_GT(requester.send(request("$.Q")), 0);
}

BOOST_AUTO_TEST_CASE(one_may_ask_oneself) {
    BOOST_REQUIRE_GT(replier.send(request("$.Q")), 0);
    const auto asked = replier.read_only();
    BOOST_REQUIRE_GT(replier.send(reply_to(asked)), 0);
    BOOST_CHECK_EQUAL(replier.read_only().head.flags, AUTOBUS_ANSWER);
    BOOST_REQUIRE_GT(replier.send(request("$.Q")), 0);
    replier.close();
    BOOST_CHECK_EQUAL(bus.core().requests.entries, 0);
}

BOOST_AUTO_TEST_CASE(a_request_without_replier_is_refused) {
    BOOST_CHECK_EQUAL(requester.send(request("$.Nobody")), -EADDRNOTAVAIL);
    check_nothing_open();
}

BOOST_AUTO_TEST_CASE(a_private_request_and_its_answer_are_seen_by_nobody_else) {
    BOOST_REQUIRE_EQUAL(other.listen("$.Q"), 0);
    const auto asked = ask(request("$.Q", "secret", AUTOBUS_PRIVATE));
    BOOST_CHECK_GT(replier.send(reply_to(asked, "secret too")), 0);
    BOOST_CHECK_EQUAL(other.read_all().size(), 0);
    BOOST_CHECK_EQUAL(requester.read_only().data, "secret too");
    const auto open = ask();
    BOOST_CHECK_GT(replier.send(reply_to(open, "open")), 0);
    BOOST_CHECK_EQUAL(other.read_all().size(), 2);
}

BOOST_AUTO_TEST_CASE(replying_and_closing_need_no_memory_for_what_they_owe) {
    const auto asked = ask();
    ask();
    requester.send(request("$.Q"));
    requester.watch(replier.number());
    const auto n = count_of(failure_kind::allocation, [&] { replier.close(); });
    BOOST_CHECK_EQUAL(n, 0);
    BOOST_CHECK_EQUAL(requester.read_all().size(), 4);
    BOOST_CHECK(!bus.core().requests.entries);
    BOOST_CHECK_EQUAL(asked.head.flags, AUTOBUS_OWED);
}

BOOST_AUTO_TEST_CASE(each_status_has_its_name) {
    const std::pair<const char*, ab_answer> all[] = {
        {"$.Autobus.Replier.Unbound", AB_ANSWER_UNBOUND},
        {"$.Autobus.Replier.GoneAway", AB_ANSWER_GONE_AWAY},
        {"$.Autobus.Replier.Ignored", AB_ANSWER_IGNORED},
        {"$.Autobus.Replier.TimedOut", AB_ANSWER_TIMED_OUT},
        {"$.Autobus.Replier.Unreachable", AB_ANSWER_UNREACHABLE},
        {"$.Autobus.Replier.Refused", AB_ANSWER_REFUSED},
    };
    for (const auto& [name, answer] : all) {
        BOOST_CHECK_EQUAL(ab_answer_of_name(name, std::strlen(name)), answer);
        BOOST_CHECK_EQUAL(ab_answer_of_name(name, std::strlen(name) - 1), AB_ANSWERS);
    }
}

BOOST_AUTO_TEST_SUITE_END()
