// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// G4: only the asked may answer, once.

#include "tests/conformance/support.hpp"

using namespace conformance;

namespace {

struct asked_fixture : bus_fixture {
    endpoint asker = open();
    endpoint replier = open();

    asked_fixture() { replier.serve("$.Lamp"); }

    // A request that the replier has read.
    u64 ask(u32 flags = 0)
    {
        const u64 asked = asker.must_send(request("$.Lamp", "question", flags));
        replier.must_receive();
        return asked;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(G4, asked_fixture)

BOOST_AUTO_TEST_CASE(a_second_reply_is_refused)
{
    const u64 asked = ask();
    replier.must_send(reply(asked, "first"));
    BOOST_TEST(replier.send(reply(asked, "second")) == -ECONNREFUSED);
    BOOST_TEST(asker.must_receive().data == "first");
    BOOST_TEST(!asker.receive());
}

BOOST_AUTO_TEST_CASE(a_foreign_reply_is_refused)
{
    endpoint stranger = open();
    const u64 asked = ask();
    BOOST_TEST(stranger.send(reply(asked, "forged", "$.Lamp")) == -ECONNREFUSED);
    BOOST_TEST(asker.send(reply(asked, "my own")) == -ECONNREFUSED);
    BOOST_TEST(!asker.receive());
    replier.must_send(reply(asked, "real"));
    BOOST_TEST(asker.must_receive().data == "real");
}

BOOST_AUTO_TEST_CASE(a_reply_before_the_request_was_read_is_refused)
{
    const u64 asked = asker.must_send(request("$.Lamp"));
    BOOST_TEST(replier.send(reply(asked)) == -ECONNREFUSED);
    replier.must_receive();
    replier.must_send(reply(asked));
}

BOOST_AUTO_TEST_CASE(a_listener_of_the_request_cannot_answer_it)
{
    endpoint listener = open();
    listener.listen("$.Lamp");
    const u64 asked = asker.must_send(request("$.Lamp"));
    const incoming copy = listener.must_receive();
    BOOST_TEST(copy.head.serial == asked);
    BOOST_TEST(copy.head.flags == 0u);
    BOOST_TEST(listener.send(reply(asked)) == -ECONNREFUSED);
}

BOOST_AUTO_TEST_CASE(a_later_replier_cannot_answer_for_an_earlier_one)
{
    const u64 asked = ask();
    BOOST_REQUIRE_EQUAL(replier.unbind(AUTOBUS_REPLIER, "$.Lamp"), 0);
    endpoint later = open();
    later.serve("$.Lamp");
    BOOST_TEST(later.send(reply(asked)) == -ECONNREFUSED);
    replier.must_send(reply(asked));
}

BOOST_AUTO_TEST_CASE(a_reply_to_what_was_no_request_is_refused)
{
    endpoint listener = open();
    listener.listen("$.News");
    const u64 news = asker.must_send(announcement("$.News"));
    BOOST_TEST(listener.send(reply(news)) == -ECONNREFUSED);
    BOOST_TEST(listener.send(reply(~u64{0})) == -ECONNREFUSED);
}

BOOST_AUTO_TEST_CASE(a_reply_addressed_to_a_closed_requester_is_eaddrnotavail)
{
    const u64 asked = ask();
    outgoing addressed = reply(asked);
    addressed.head.to.endpoint = asker.number();
    asker.close();
    BOOST_TEST(replier.send(addressed) == -EADDRNOTAVAIL);
    BOOST_TEST(replier.send(reply(asked)) == -ECONNREFUSED);
}

BOOST_AUTO_TEST_CASE(a_reply_may_name_its_requester_but_not_another)
{
    const u64 asked = ask();
    outgoing addressed = reply(asked, "to you");
    addressed.head.to = {0, replier.number()};
    BOOST_TEST(replier.send(addressed) == -ECONNREFUSED);
    addressed.head.to = {far_bus, asker.number()};
    BOOST_TEST(replier.send(addressed) == -ECONNREFUSED);
    addressed.head.to = {asker.bus(), asker.number()};
    replier.must_send(addressed);
    BOOST_TEST(asker.must_receive().data == "to you");
}

BOOST_AUTO_TEST_CASE(an_empty_name_means_the_requests)
{
    endpoint listener = open();
    replier.serve("$.Long.*");
    const std::string name = "$.Long." + std::string(300, 'n');
    const u64 asked = asker.must_send(request(name));
    replier.must_receive();
    listener.listen(name);
    replier.must_send(reply(asked, "data"));
    const incoming answer = asker.must_receive();
    BOOST_TEST(answer.name == name);
    BOOST_TEST(answer.data == "data");
    const incoming copy = listener.must_receive();
    BOOST_TEST(copy.name == name);
    BOOST_TEST(copy.data == "data");
}

BOOST_AUTO_TEST_CASE(another_name_is_refused_and_the_same_is_taken)
{
    const u64 asked = ask();
    BOOST_TEST(replier.send(reply(asked, "", "$.Door")) == -ECONNREFUSED);
    BOOST_TEST(replier.send(reply(asked, "", "$.Lamp.A")) == -ECONNREFUSED);
    BOOST_TEST(replier.send(reply(asked, "", "lamp")) == -EBADMSG);
    BOOST_TEST(replier.send(reply(asked, "", "$.Autobus.A")) == -EPERM);
    BOOST_TEST(!asker.receive());
    replier.must_send(reply(asked, "", "$.Lamp"));
    BOOST_TEST(name_of(asker.receive()) == "$.Lamp");
}

BOOST_AUTO_TEST_CASE(listeners_of_the_name_hear_the_reply)
{
    endpoint listener = open();
    listener.listen("$.%", 0, 7);
    const u64 asked = ask();
    listener.must_receive();
    replier.must_send(reply(asked, "answer"));
    const incoming copy = listener.must_receive();
    BOOST_TEST(copy.head.type == static_cast<u32>(AUTOBUS_REPLY));
    BOOST_TEST(copy.data == "answer");
    BOOST_TEST(copy.head.flags == 0u);
    BOOST_TEST(copy.head.cookie == 7u);
    BOOST_TEST(copy.head.in_reply_to == asked);
}

BOOST_AUTO_TEST_CASE(a_requester_that_listens_gets_its_reply_once)
{
    asker.listen("$.Lamp");
    const u64 asked = ask();
    BOOST_TEST(asker.must_receive().data == "question");
    replier.must_send(reply(asked, "answer"));
    BOOST_TEST(asker.must_receive().head.flags == AUTOBUS_ANSWER);
    BOOST_TEST(!asker.receive());
}

BOOST_AUTO_TEST_CASE(a_full_listener_misses_the_reply_like_anything_else)
{
    endpoint listener = open();
    listener.make_queue(1);
    fill(listener, asker, 1);
    listener.listen("$.Lamp");
    const u64 asked = ask();
    replier.must_send(reply(asked));
    BOOST_TEST(name_of(asker.receive()) == "$.Lamp");
    listener.must_receive();
    BOOST_TEST(listener.must_receive().head.lost == 2u);
}

BOOST_AUTO_TEST_CASE(a_private_request_and_its_answer_are_seen_by_nobody_else)
{
    endpoint listener = open();
    listener.listen("$.*");
    replier.listen("$.Lamp");
    const u64 asked = asker.must_send(request("$.Lamp", "secret", AUTOBUS_PRIVATE));
    const incoming got = replier.must_receive();
    BOOST_TEST(got.head.flags == (AUTOBUS_PRIVATE | AUTOBUS_OWED));
    BOOST_TEST(!replier.receive());
    replier.must_send(reply(asked, "secret too"));
    BOOST_TEST(asker.must_receive().data == "secret too");
    BOOST_TEST(!listener.receive());
    BOOST_TEST(!replier.receive());
}

BOOST_AUTO_TEST_CASE(a_private_request_waits_for_no_listener)
{
    endpoint listener = open();
    listener.make_queue(1);
    fill(listener, asker, 1);
    listener.listen("$.Lamp");
    const u64 lost = listener.info().lost;
    BOOST_TEST(asker.send(request("$.Lamp", "", AUTOBUS_PRIVATE | AUTOBUS_FAIL)) > 0);
    BOOST_TEST(listener.info().lost == lost);
}

BOOST_AUTO_TEST_CASE(a_replier_that_listens_gets_the_request_once)
{
    replier.listen("$.Lamp");
    replier.listen("$.*");
    asker.must_send(request("$.Lamp"));
    BOOST_TEST(replier.must_receive().head.flags == AUTOBUS_OWED);
    BOOST_TEST(!replier.receive());
}

BOOST_AUTO_TEST_CASE(a_replier_that_listens_for_each_gets_copies_that_it_need_not_answer)
{
    replier.listen("$.Lamp", AUTOBUS_BIND_EACH, 5);
    const u64 asked = asker.must_send(request("$.Lamp"));
    const auto got = replier.receive_all();
    BOOST_REQUIRE_EQUAL(got.size(), 2u);
    BOOST_TEST(got[0].head.flags == AUTOBUS_OWED);
    BOOST_TEST(got[1].head.flags == 0u);
    BOOST_TEST(got[1].head.cookie == 5u);
    replier.must_send(reply(asked));
    BOOST_TEST(replier.send(reply(asked)) == -ECONNREFUSED);
}

BOOST_AUTO_TEST_SUITE_END()
