// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// G3: each accepted request gets exactly one reply or status.

#include "tests/conformance/support.hpp"

using namespace conformance;

namespace {

// An asker and a replier of $.Lamp.
struct answers_fixture : bus_fixture {
    endpoint asker = open();
    endpoint replier = open();

    answers_fixture() { replier.serve("$.Lamp"); }
};

// The next record is that status, in each of its fields, and there is no second one.
void check_status(endpoint& asker, u64 asked, const char* name, u32 reached = 0, u32 code = 0)
{
    const incoming status = asker.must_receive();
    BOOST_TEST(status.name == name);
    BOOST_TEST(status.head.type == static_cast<u32>(AUTOBUS_STATUS));
    BOOST_TEST(status.head.flags == AUTOBUS_ANSWER);
    BOOST_TEST(status.head.in_reply_to == asked);
    BOOST_TEST(status.head.serial > asked);
    BOOST_TEST(status.head.from == 0u);
    BOOST_TEST(status.head.origin.bus == asker.bus());
    BOOST_TEST(status.head.origin.endpoint == 0u);
    BOOST_TEST(status.head.to.bus == asker.bus());
    BOOST_TEST(status.head.to.endpoint == asker.number());
    BOOST_TEST(status.head.reached == reached);
    BOOST_TEST(status.head.code == code);
    BOOST_TEST(status.head.cookie == 0u);
    BOOST_TEST(status.data == "");
    BOOST_TEST(!asker.receive());
    BOOST_TEST(asker.info().requests == 0u);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(G3, answers_fixture)

BOOST_AUTO_TEST_CASE(a_request_is_answered_by_its_reply)
{
    const u64 asked = asker.must_send(request("$.Lamp", "on?"));
    const incoming got = replier.must_receive();
    BOOST_TEST(got.data == "on?");
    BOOST_TEST(got.head.serial == asked);
    BOOST_TEST(got.head.flags == AUTOBUS_OWED);
    const u64 answered = replier.must_send(reply(asked, "yes"));
    const incoming answer = asker.must_receive();
    BOOST_TEST(answer.head.type == static_cast<u32>(AUTOBUS_REPLY));
    BOOST_TEST(answer.head.flags == AUTOBUS_ANSWER);
    BOOST_TEST(answer.head.serial == answered);
    BOOST_TEST(answer.head.in_reply_to == asked);
    BOOST_TEST(answer.head.from == replier.number());
    BOOST_TEST(answer.head.to.endpoint == asker.number());
    BOOST_TEST(answer.data == "yes");
    BOOST_TEST(answer.name == "$.Lamp");
    BOOST_TEST(asker.info().requests == 0u);
}

BOOST_AUTO_TEST_CASE(unbound_before_it_was_read)
{
    const u64 asked = asker.must_send(request("$.Lamp"));
    BOOST_REQUIRE_EQUAL(replier.unbind(AUTOBUS_REPLIER, "$.Lamp"), 0);
    check_status(asker, asked, AUTOBUS_NAME_UNBOUND_REPLIER);
    BOOST_TEST(!replier.receive());
}

BOOST_AUTO_TEST_CASE(gone_away_is_closed_before_it_was_read)
{
    const u64 asked = asker.must_send(request("$.Lamp"));
    replier.close();
    check_status(asker, asked, AUTOBUS_NAME_GONE_AWAY);
}

BOOST_AUTO_TEST_CASE(ignored_is_closed_after_it_was_read)
{
    const u64 asked = asker.must_send(request("$.Lamp"));
    replier.must_receive();
    replier.close();
    check_status(asker, asked, AUTOBUS_NAME_IGNORED);
}

BOOST_AUTO_TEST_CASE(unreachable_is_a_router_that_closed)
{
    endpoint router = open_router();
    outgoing far = request("$.Far");
    far.head.to = {far_bus, far_endpoint};
    const u64 unread = asker.must_send(far);
    router.close();
    check_status(asker, unread, AUTOBUS_NAME_UNREACHABLE, AUTOBUS_REACHED_NO);
    endpoint next = open_router();
    const u64 read = asker.must_send(far);
    next.must_receive();
    next.close();
    check_status(asker, read, AUTOBUS_NAME_UNREACHABLE, AUTOBUS_REACHED_UNKNOWN);
}

BOOST_AUTO_TEST_CASE(refused_carries_the_errno_of_the_repliers_bus)
{
    endpoint router = open_router();
    outgoing far = request("$.Far");
    far.head.to = {far_bus, far_endpoint};
    const u64 asked = asker.must_send(far);
    router.must_receive();
    outgoing refused{{}, AUTOBUS_NAME_REFUSED, ""};
    refused.head.type = AUTOBUS_STATUS;
    refused.head.in_reply_to = asked;
    refused.head.code = EADDRNOTAVAIL;
    router.must_send(refused);
    check_status(asker, asked, AUTOBUS_NAME_REFUSED, 0, EADDRNOTAVAIL);
}

BOOST_AUTO_TEST_CASE(a_deadline_is_not_built_yet_and_says_so)
{
    outgoing record = request("$.Lamp");
    record.head.timeout = seconds;
    BOOST_TEST(asker.send(record) == -EOPNOTSUPP);
    BOOST_TEST(!(asker.info().features & AUTOBUS_FEATURE_DEADLINES));
}

BOOST_AUTO_TEST_CASE(a_status_goes_to_the_requester_only)
{
    endpoint listener = open();
    listener.listen("$.*");
    listener.listen("$.Autobus.Replier.*");
    asker.must_send(request("$.Lamp", "", AUTOBUS_PRIVATE));
    replier.close();
    BOOST_TEST(name_of(asker.receive()) == AUTOBUS_NAME_GONE_AWAY);
    BOOST_TEST(!listener.receive());
}

BOOST_AUTO_TEST_CASE(statuses_come_oldest_request_first)
{
    std::vector<u64> asked;
    for (int i = 0; i < 4; i++) {
        asked.push_back(asker.must_send(request("$.Lamp")));
    }
    replier.must_receive();
    replier.must_receive();
    replier.close();
    for (int i = 0; i < 4; i++) {
        const incoming status = asker.must_receive();
        BOOST_TEST(status.head.in_reply_to == asked[i]);
        BOOST_TEST(status.name == (i < 2 ? AUTOBUS_NAME_IGNORED : AUTOBUS_NAME_GONE_AWAY));
    }
    BOOST_TEST(!asker.receive());
}

BOOST_AUTO_TEST_CASE(after_its_reply_no_status_comes)
{
    const u64 asked = asker.must_send(request("$.Lamp"));
    replier.must_receive();
    replier.must_send(reply(asked));
    replier.close();
    BOOST_TEST(name_of(asker.receive()) == "$.Lamp");
    BOOST_TEST(!asker.receive());
}

BOOST_AUTO_TEST_CASE(after_its_status_no_reply_comes)
{
    const u64 asked = asker.must_send(request("$.Lamp"));
    BOOST_REQUIRE_EQUAL(replier.unbind(AUTOBUS_REPLIER, "$.Lamp"), 0);
    BOOST_TEST(replier.send(reply(asked)) == -ECONNREFUSED);
    check_status(asker, asked, AUTOBUS_NAME_UNBOUND_REPLIER);
}

BOOST_AUTO_TEST_CASE(a_request_that_was_read_outlives_the_binding)
{
    const u64 asked = asker.must_send(request("$.Lamp"));
    replier.must_receive();
    BOOST_REQUIRE_EQUAL(replier.unbind(AUTOBUS_REPLIER, "$.Lamp"), 0);
    BOOST_TEST(!asker.receive());
    replier.must_send(reply(asked, "late but here"));
    BOOST_TEST(asker.must_receive().data == "late but here");
}

BOOST_AUTO_TEST_CASE(unbinding_with_drain_leaves_unread_requests_to_the_replier)
{
    const u64 asked = asker.must_send(request("$.Lamp"));
    BOOST_REQUIRE_EQUAL(replier.unbind(AUTOBUS_REPLIER, "$.Lamp", AUTOBUS_UNBIND_DRAIN), 0);
    BOOST_TEST(!asker.receive());
    BOOST_TEST(asker.send(request("$.Lamp")) == -EADDRNOTAVAIL);
    BOOST_TEST(replier.must_receive().head.serial == asked);
    replier.must_send(reply(asked, "drained"));
    BOOST_TEST(asker.must_receive().data == "drained");
}

BOOST_AUTO_TEST_CASE(a_drained_request_is_still_answered_when_its_replier_closes)
{
    const u64 asked = asker.must_send(request("$.Lamp"));
    BOOST_REQUIRE_EQUAL(replier.unbind(AUTOBUS_REPLIER, "$.Lamp", AUTOBUS_UNBIND_DRAIN), 0);
    replier.close();
    check_status(asker, asked, AUTOBUS_NAME_GONE_AWAY);
}

BOOST_AUTO_TEST_CASE(unbinding_answers_only_what_came_through_that_binding)
{
    replier.serve("$.Door");
    const u64 lamp = asker.must_send(request("$.Lamp"));
    const u64 door = asker.must_send(request("$.Door"));
    BOOST_REQUIRE_EQUAL(replier.unbind(AUTOBUS_REPLIER, "$.Lamp"), 0);
    BOOST_TEST(asker.must_receive().head.in_reply_to == lamp);
    BOOST_TEST(!asker.receive());
    BOOST_TEST(replier.must_receive().head.serial == door);
    replier.must_send(reply(door));
    BOOST_TEST(asker.must_receive().head.in_reply_to == door);
}

BOOST_AUTO_TEST_CASE(an_own_request_can_be_answered_by_oneself)
{
    asker.serve("$.Self");
    const u64 asked = asker.must_send(request("$.Self", "hello"));
    BOOST_TEST(asker.must_receive().data == "hello");
    asker.must_send(reply(asked, "you"));
    const incoming answer = asker.must_receive();
    BOOST_TEST(answer.data == "you");
    BOOST_TEST(answer.head.flags == AUTOBUS_ANSWER);
}

BOOST_AUTO_TEST_CASE(a_request_that_nobody_would_answer_is_refused)
{
    BOOST_TEST(asker.send(request("$.Nobody")) == -EADDRNOTAVAIL);
}

BOOST_AUTO_TEST_CASE(answers_have_reserved_slots_and_no_room_for_one_is_enolck)
{
    asker.make_queue(3);
    std::vector<u64> asked;
    for (int i = 0; i < 3; i++) {
        asked.push_back(asker.must_send(request("$.Lamp")));
    }
    const u64 serial = asker.info().serial;
    BOOST_TEST(asker.send(request("$.Lamp")) == -ENOLCK);
    BOOST_TEST(asker.info().serial == serial);
    BOOST_TEST(replier.receive_all().size() == 3u);
    replier.must_send(reply(asked[0]));
    BOOST_TEST(asker.send(request("$.Lamp")) == -ENOLCK);
    asker.must_receive();
    asker.must_send(request("$.Lamp"));
}

BOOST_AUTO_TEST_CASE(a_queue_full_of_other_records_is_enolck_too)
{
    asker.make_queue(2);
    fill(asker, replier, 2);
    BOOST_TEST(asker.send(request("$.Lamp")) == -ENOLCK);
    BOOST_TEST(!replier.receive());
    asker.must_receive();
    asker.must_send(request("$.Lamp"));
}

BOOST_AUTO_TEST_CASE(a_reserved_slot_cannot_be_taken_by_other_records)
{
    asker.make_queue(2);
    asker.listen("$.News");
    const u64 asked = asker.must_send(request("$.Lamp"));
    for (int i = 0; i < 5; i++) {
        replier.must_send(announcement("$.News"));
    }
    replier.close();
    BOOST_TEST(name_of(asker.receive()) == "$.News");
    const incoming status = asker.must_receive();
    BOOST_TEST(status.head.in_reply_to == asked);
    BOOST_TEST(status.head.lost == 4u);
}

BOOST_AUTO_TEST_CASE(a_reply_is_never_refused_because_of_the_requesters_limits)
{
    BOOST_REQUIRE_EQUAL(asker.set_limits(0, 64, 0), 0);
    asker.listen("$.News");
    const u64 first = asker.must_send(request("$.Lamp"));
    const u64 second = asker.must_send(request("$.Lamp"));
    replier.receive_all();
    replier.must_send(announcement("$.News", std::string(40, 'x')));
    replier.must_send(reply(first, std::string(5000, 'a')));
    replier.must_send(reply(second, std::string(5000, 'b')));
    BOOST_TEST(asker.send(request("$.Lamp")) == -ENOLCK);
    BOOST_TEST(!replier.receive());
    asker.must_receive();
    BOOST_TEST(asker.must_receive().data == std::string(5000, 'a'));
    BOOST_TEST(asker.send(request("$.Lamp")) == -ENOLCK);
    BOOST_TEST(asker.must_receive().data == std::string(5000, 'b'));
    asker.must_send(request("$.Lamp"));
}

BOOST_AUTO_TEST_CASE(a_full_replier_is_ebusy)
{
    replier.make_queue(2);
    asker.must_send(request("$.Lamp"));
    asker.must_send(request("$.Lamp"));
    BOOST_TEST(asker.send(request("$.Lamp")) == -EBUSY);
    BOOST_TEST(asker.info().requests == 2u);
    replier.must_receive();
    asker.must_send(request("$.Lamp"));
}

BOOST_AUTO_TEST_CASE(an_unread_request_is_withdrawn_when_its_requester_closes)
{
    endpoint other = open();
    asker.must_send(request("$.Lamp", "withdrawn"));
    other.must_send(request("$.Lamp", "stays"));
    asker.must_send(request("$.Lamp", "withdrawn too"));
    asker.close();
    BOOST_TEST(other.info().requests == 1u);
    BOOST_TEST(replier.must_receive().data == "stays");
    BOOST_TEST(!replier.receive());
    BOOST_TEST(!replier.readable());
}

BOOST_AUTO_TEST_CASE(withdrawing_makes_room_for_others)
{
    endpoint other = open();
    replier.make_queue(1);
    asker.must_send(request("$.Lamp"));
    auto waits = meanwhile([&] { return other.send(request("$.Lamp", "other", AUTOBUS_WAIT)); });
    BOOST_TEST(!waits.is_done());
    asker.close();
    BOOST_TEST(waits.get() > 0);
    BOOST_TEST(replier.must_receive().data == "other");
}

BOOST_AUTO_TEST_CASE(a_request_that_was_read_is_forgotten_when_its_requester_closes)
{
    const u64 asked = asker.must_send(request("$.Lamp"));
    replier.must_receive();
    asker.close();
    BOOST_TEST(replier.info().requests == 0u);
    BOOST_TEST(replier.send(reply(asked)) == -ECONNREFUSED);
}

BOOST_AUTO_TEST_CASE(listeners_keep_their_copy_of_a_withdrawn_request)
{
    endpoint listener = open();
    listener.listen("$.Lamp");
    asker.must_send(request("$.Lamp", "seen"));
    asker.close();
    BOOST_TEST(listener.must_receive().data == "seen");
}

BOOST_AUTO_TEST_CASE(the_list_of_requests_tells_who_owes_whom_what)
{
    const u64 unread = asker.must_send(request("$.Lamp"));
    auto requests = asker.list(AUTOBUS_LIST_REQUESTS);
    BOOST_REQUIRE_EQUAL(requests.size(), 1u);
    BOOST_TEST(requests[0].head.id == unread);
    BOOST_TEST(requests[0].head.endpoint == replier.number());
    BOOST_TEST(requests[0].head.requester == asker.number());
    BOOST_TEST(requests[0].name == "$.Lamp");
    BOOST_TEST(requests[0].head.flags == 0u);
    replier.must_receive();
    requests = asker.list(AUTOBUS_LIST_REQUESTS);
    BOOST_REQUIRE_EQUAL(requests.size(), 1u);
    BOOST_TEST(requests[0].head.flags == AUTOBUS_ITEM_HANDED);
    replier.must_send(reply(unread));
    BOOST_TEST(asker.list(AUTOBUS_LIST_REQUESTS).empty());
}

BOOST_AUTO_TEST_SUITE_END()
