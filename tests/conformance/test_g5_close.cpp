// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// G5: close is a message.

#include "tests/conformance/support.hpp"

using namespace conformance;

BOOST_FIXTURE_TEST_SUITE(G5, bus_fixture)

BOOST_AUTO_TEST_CASE(a_watcher_gets_exactly_one_closed_notice)
{
    endpoint watcher = open(), target = open();
    const u64 number = target.number();
    BOOST_REQUIRE_EQUAL(watcher.watch(number, 42), 0);
    BOOST_TEST(!watcher.receive());
    target.close();
    const incoming notice = watcher.must_receive();
    BOOST_TEST(notice.name == AUTOBUS_NAME_CLOSED);
    BOOST_TEST(notice.head.type == static_cast<u32>(AUTOBUS_NOTICE));
    BOOST_TEST(notice.head.code == static_cast<u32>(AUTOBUS_NOTICE_CLOSED));
    BOOST_TEST(notice.head.cookie == 42u);
    BOOST_TEST(notice.head.from == 0u);
    BOOST_TEST(notice.head.reached == 0u);
    BOOST_REQUIRE_EQUAL(notice.data.size(), sizeof(autobus_address));
    autobus_address address;
    std::memcpy(&address, notice.data.data(), sizeof(address));
    BOOST_TEST(address.bus == watcher.bus());
    BOOST_TEST(address.endpoint == number);
    BOOST_TEST(!watcher.receive());
}

BOOST_AUTO_TEST_CASE(the_notice_comes_after_the_last_message_of_the_closed_one)
{
    endpoint watcher = open(), target = open();
    BOOST_REQUIRE_EQUAL(watcher.watch(target.number()), 0);
    watcher.listen("$.A");
    for (int i = 0; i < 5; i++) {
        target.must_send(announcement("$.A", std::to_string(i)));
    }
    target.close();
    const auto heard = watcher.receive_all();
    BOOST_REQUIRE_EQUAL(heard.size(), 6u);
    BOOST_TEST(heard[5].name == AUTOBUS_NAME_CLOSED);
    BOOST_TEST(heard[5].head.serial > heard[4].head.serial);
}

BOOST_AUTO_TEST_CASE(each_of_several_watchers_is_told)
{
    std::vector<endpoint> watchers;
    endpoint target = open();
    for (int i = 0; i < 20; i++) {
        watchers.push_back(open());
        BOOST_REQUIRE_EQUAL(watchers.back().watch(target.number(), i), 0);
    }
    target.close();
    for (int i = 0; i < 20; i++) {
        const incoming notice = watchers[i].must_receive();
        BOOST_TEST(notice.name == AUTOBUS_NAME_CLOSED);
        BOOST_TEST(notice.head.cookie == static_cast<u64>(i));
        BOOST_TEST(!watchers[i].receive());
    }
}

BOOST_AUTO_TEST_CASE(one_watcher_watches_many)
{
    endpoint watcher = open();
    std::vector<endpoint> targets;
    for (int i = 0; i < 20; i++) {
        targets.push_back(open());
        BOOST_REQUIRE_EQUAL(watcher.watch(targets.back().number(), i), 0);
    }
    targets[7].close();
    BOOST_TEST(watcher.must_receive().head.cookie == 7u);
    targets[3].close();
    BOOST_TEST(watcher.must_receive().head.cookie == 3u);
    BOOST_TEST(!watcher.receive());
}

BOOST_AUTO_TEST_CASE(what_is_not_open_cannot_be_watched)
{
    endpoint watcher = open(), target = open();
    const u64 number = target.number();
    target.close();
    BOOST_TEST(watcher.watch(number) == -ENXIO);
    BOOST_TEST(watcher.watch(number + 1000) == -ENXIO);
    BOOST_TEST(watcher.watch(0) == -EINVAL);
}

BOOST_AUTO_TEST_CASE(a_second_watch_of_the_same_is_eexist)
{
    endpoint watcher = open(), target = open();
    BOOST_TEST(watcher.watch(target.number()) == 0);
    BOOST_TEST(watcher.watch(target.number()) == -EEXIST);
    BOOST_TEST(watcher.watch(target.number(), 0, watcher.bus()) == -EEXIST);
}

BOOST_AUTO_TEST_CASE(a_removed_watch_tells_nothing)
{
    endpoint watcher = open(), target = open();
    BOOST_REQUIRE_EQUAL(watcher.watch(target.number()), 0);
    BOOST_TEST(watcher.unwatch(target.number()) == 0);
    BOOST_TEST(watcher.unwatch(target.number()) == -ENOENT);
    target.close();
    BOOST_TEST(!watcher.receive());
}

BOOST_AUTO_TEST_CASE(watching_reserves_the_notices_slot)
{
    endpoint watcher = open(), target = open(), other = open();
    watcher.make_queue(2);
    BOOST_REQUIRE_EQUAL(watcher.watch(target.number()), 0);
    watcher.listen("$.A");
    for (int i = 0; i < 5; i++) {
        other.must_send(announcement("$.A"));
    }
    target.close();
    BOOST_TEST(name_of(watcher.receive()) == "$.A");
    const incoming notice = watcher.must_receive();
    BOOST_TEST(notice.name == AUTOBUS_NAME_CLOSED);
    BOOST_TEST(notice.head.lost == 4u);
}

BOOST_AUTO_TEST_CASE(no_room_for_the_notice_is_enolck)
{
    endpoint watcher = open(), one = open(), two = open(), three = open();
    watcher.make_queue(2);
    BOOST_TEST(watcher.watch(one.number()) == 0);
    BOOST_TEST(watcher.watch(two.number()) == 0);
    BOOST_TEST(watcher.watch(three.number()) == -ENOLCK);
    BOOST_TEST(watcher.unwatch(one.number()) == 0);
    BOOST_TEST(watcher.watch(three.number()) == 0);
    three.close();
    BOOST_TEST(watcher.watch(one.number()) == -ENOLCK);
    watcher.must_receive();
    BOOST_TEST(watcher.watch(one.number()) == 0);
}

BOOST_AUTO_TEST_CASE(a_watcher_that_closes_first_harms_nobody)
{
    endpoint watcher = open(), target = open(), other = open();
    BOOST_REQUIRE_EQUAL(watcher.watch(target.number()), 0);
    BOOST_REQUIRE_EQUAL(target.watch(watcher.number()), 0);
    watcher.close();
    BOOST_TEST(name_of(target.receive()) == AUTOBUS_NAME_CLOSED);
    target.close();
    BOOST_TEST(other.info().endpoints == 1u);
}

BOOST_AUTO_TEST_CASE(one_may_watch_oneself_and_nothing_comes_of_it)
{
    endpoint one = open(), eye = open();
    BOOST_TEST(one.watch(one.number()) == 0);
    one.close();
    BOOST_TEST(eye.info().endpoints == 1u);
}

BOOST_AUTO_TEST_CASE(at_a_close_statuses_come_first_then_unbound_then_closed)
{
    endpoint one = open(), replier = open();
    replier.serve("$.Lamp");
    replier.listen("$.News");
    one.listen("$.Autobus.Unbound.*");
    BOOST_REQUIRE_EQUAL(one.watch(replier.number()), 0);
    const u64 first = one.must_send(request("$.Lamp"));
    const u64 second = one.must_send(request("$.Lamp"));
    replier.must_receive();
    replier.close();
    const auto heard = one.receive_all();
    BOOST_REQUIRE_EQUAL(heard.size(), 5u);
    BOOST_TEST(heard[0].name == AUTOBUS_NAME_IGNORED);
    BOOST_TEST(heard[0].head.in_reply_to == first);
    BOOST_TEST(heard[1].name == AUTOBUS_NAME_GONE_AWAY);
    BOOST_TEST(heard[1].head.in_reply_to == second);
    BOOST_TEST(heard[2].name == "$.Autobus.Unbound.Lamp");
    BOOST_TEST(heard[3].name == "$.Autobus.Unbound.News");
    BOOST_TEST(heard[4].name == AUTOBUS_NAME_CLOSED);
    for (int i = 1; i < 5; i++) {
        BOOST_TEST(heard[i].head.serial > heard[i - 1].head.serial);
    }
}

BOOST_AUTO_TEST_CASE(a_closed_endpoint_is_no_recipient_and_no_replier)
{
    endpoint sender = open(), other = open();
    other.listen("$.A");
    other.serve("$.Lamp");
    const u64 number = other.number();
    other.close();
    BOOST_TEST(sender.send(announcement("$.A", "", AUTOBUS_FAIL)) > 0);
    BOOST_TEST(sender.send(request("$.Lamp")) == -EADDRNOTAVAIL);
    BOOST_TEST(sender.send(direct(number, "$.D")) == -ENXIO);
    BOOST_TEST(sender.info().bindings == 0u);
    BOOST_TEST(sender.info().endpoints == 1u);
}

BOOST_AUTO_TEST_CASE(a_pattern_is_free_again_after_its_replier_closed)
{
    endpoint one = open(), two = open();
    one.serve("$.Lamp");
    BOOST_TEST(two.bind(AUTOBUS_REPLIER, "$.Lamp") == -EADDRINUSE);
    one.close();
    BOOST_TEST(two.bind(AUTOBUS_REPLIER, "$.Lamp") == 0);
}

BOOST_AUTO_TEST_CASE(endpoint_numbers_are_never_used_twice)
{
    endpoint eye = open();
    u64 last = eye.number();
    for (int i = 0; i < 50; i++) {
        endpoint next = open();
        BOOST_TEST(next.number() > last);
        last = next.number();
    }
}

BOOST_AUTO_TEST_CASE(closing_with_much_to_do_leaves_nothing)
{
    endpoint eye = open(), asker = open(), busy = open();
    busy.set_limits(1000, 0, 0);
    asker.set_limits(1000, 0, 0);
    for (int i = 0; i < 200; i++) {
        busy.serve("$.Busy.R" + std::to_string(i));
        busy.listen("$.Busy.L" + std::to_string(i), AUTOBUS_BIND_EACH);
        asker.must_send(request("$.Busy.R" + std::to_string(i)));
        asker.must_send(announcement("$.Busy.L" + std::to_string(i)));
    }
    BOOST_REQUIRE_EQUAL(busy.watch(asker.number()), 0);
    asker.serve("$.Asker");
    for (int i = 0; i < 100; i++) {
        busy.must_send(request("$.Asker"));
    }
    busy.close();
    u64 gone = 0;
    for (const incoming& record : asker.receive_all()) {
        gone += record.name == AUTOBUS_NAME_GONE_AWAY;
    }
    BOOST_TEST(gone == 200u);
    const autobus_info info = eye.info();
    BOOST_TEST(info.requests == 0u);
    BOOST_TEST(info.bindings == 1u);
    BOOST_TEST(info.endpoints == 2u);
}

BOOST_AUTO_TEST_CASE(closing_with_a_cursor_unread_leaves_nothing)
{
    endpoint eye = open(), reader = open();
    eye.serve("$.A");
    reader.listen("$.Autobus.Bound.*", AUTOBUS_BIND_VALUES);
    reader.close();
    BOOST_TEST(eye.info().endpoints == 1u);
    BOOST_TEST(eye.info().bindings == 1u);
}

BOOST_AUTO_TEST_CASE(unbinding_makes_a_notice_that_listeners_may_miss)
{
    endpoint listener = open(), other = open();
    listener.make_queue(1);
    listener.listen("$.Autobus.*");
    BOOST_TEST(other.bind(AUTOBUS_LISTENER, "$.A") == 0);
    BOOST_TEST(other.bind(AUTOBUS_LISTENER, "$.B") == 0);
    BOOST_TEST(other.unbind(AUTOBUS_LISTENER, "$.B") == 0);
    BOOST_TEST(name_of(listener.receive()) == "$.Autobus.Bound.A");
    BOOST_TEST(listener.must_receive().head.lost == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
