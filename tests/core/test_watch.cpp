// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"

#include "support/for_each_failure.hpp"

namespace {

using namespace test;

struct watching {
    test::bus bus;
    client watcher{bus};
    client target{bus};
    ~watching() { bus.check(); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(watch_, watching)

BOOST_AUTO_TEST_CASE(one_closed_notice_comes_after_the_last_message) {
    const auto number = target.number();
    BOOST_CHECK_EQUAL(watcher.watch(number, 42), 0);
    BOOST_CHECK_EQUAL(watcher.listen("$.A"), 0);
    BOOST_CHECK_EQUAL(watcher.listen("$.Autobus.Unbound.*"), 0);
    BOOST_CHECK_EQUAL(target.listen("$.B"), 0);
    BOOST_CHECK_GT(target.send(announcement("$.A", "last")), 0);
    target.close();
    const auto all = watcher.read_all();
    BOOST_REQUIRE_EQUAL(all.size(), 3);
    BOOST_CHECK_EQUAL(all[0].data, "last");
    BOOST_CHECK_EQUAL(all[1].name, "$.Autobus.Unbound.B");
    BOOST_CHECK_EQUAL(all[2].name, "$.Autobus.Closed");
    BOOST_CHECK_EQUAL(all[2].head.type, AUTOBUS_NOTICE);
    BOOST_CHECK_EQUAL(all[2].head.cookie, 42);
    BOOST_CHECK_EQUAL(all[2].address().endpoint, number);
    BOOST_CHECK_EQUAL(all[2].address().bus, bus.id());
    BOOST_CHECK_EQUAL(watcher.reserved(), 0);
}

BOOST_AUTO_TEST_CASE(its_slot_is_reserved) {
    BOOST_CHECK_EQUAL(watcher.limit(1), 0);
    BOOST_CHECK_EQUAL(watcher.watch(target.number()), 0);
    BOOST_CHECK_EQUAL(watcher.reserved(), 1);
    BOOST_CHECK_EQUAL(target.send(direct(watcher.number(), "$.D")), -EBUSY);
    client other(bus);
    BOOST_CHECK_EQUAL(watcher.watch(other.number()), -ENOLCK);
    target.close();
    BOOST_CHECK_EQUAL(watcher.read_only().head.code, AUTOBUS_NOTICE_CLOSED);
}

BOOST_AUTO_TEST_CASE(closing_needs_no_memory_for_it) {
    watcher.watch(target.number());
    BOOST_CHECK_EQUAL(count_of(failure_kind::allocation, [&] { target.close(); }), 0);
    BOOST_CHECK_EQUAL(watcher.read_all().size(), 1);
}

BOOST_AUTO_TEST_CASE(a_watch_can_be_removed_and_made_once) {
    BOOST_CHECK_EQUAL(watcher.watch(target.number()), 0);
    BOOST_CHECK_EQUAL(watcher.watch(target.number()), -EEXIST);
    BOOST_CHECK_EQUAL(watcher.watch(target.number(), 0, 0, bus.id()), -EEXIST);
    BOOST_CHECK_EQUAL(watcher.watch(target.number(), 0, AUTOBUS_WATCH_REMOVE), 0);
    BOOST_CHECK_EQUAL(watcher.watch(target.number(), 0, AUTOBUS_WATCH_REMOVE), -ENOENT);
    BOOST_CHECK_EQUAL(watcher.reserved(), 0);
    target.close();
    BOOST_CHECK_EQUAL(watcher.read_all().size(), 0);
}

BOOST_AUTO_TEST_CASE(who_is_not_there_cant_be_watched) {
    const auto number = target.number();
    target.close();
    BOOST_CHECK_EQUAL(watcher.watch(number), -ENXIO);
    BOOST_CHECK_EQUAL(watcher.watch(99), -ENXIO);
    BOOST_CHECK_EQUAL(watcher.watch(0), -EINVAL);
    BOOST_CHECK_EQUAL(watcher.watch(1, 0, 2), -EINVAL);
    BOOST_CHECK_EQUAL(watcher.watch(5, 0, 0, 77), -EHOSTUNREACH);
    client writer(bus, {false, true, false, 1});
    BOOST_CHECK_EQUAL(writer.watch(watcher.number()), -EBADF);
}

BOOST_AUTO_TEST_CASE(a_watcher_that_closes_leaves_no_watch) {
    BOOST_CHECK_EQUAL(watcher.watch(target.number()), 0);
    BOOST_CHECK_EQUAL(watcher.watch(watcher.number()), 0);
    watcher.close();
    bus.check();
    BOOST_CHECK(list_empty(&target.core().watchers));
}

BOOST_AUTO_TEST_CASE(the_end_of_a_far_endpoint_is_what_the_router_says) {
    client router(bus, {true, true, true, 0});
    BOOST_REQUIRE_EQUAL(router.claim(AUTOBUS_CLAIM_ROUTER), 0);
    BOOST_CHECK_EQUAL(watcher.watch(5, 1, 0, 77), 0);
    BOOST_CHECK_EQUAL(watcher.watch(6, 2, 0, 77), 0);
    message closed;
    closed.head.type = AUTOBUS_NOTICE;
    closed.head.code = AUTOBUS_NOTICE_CLOSED;
    closed.head.flags = AUTOBUS_REMOTE;
    closed.head.origin = {77, 5, 1};
    closed.head.reached = AUTOBUS_REACHED_NO;
    closed.name = "$.Autobus.Closed";
    BOOST_CHECK_GE(router.send(closed), 0);
    auto notice = watcher.read_only();
    BOOST_CHECK_EQUAL(notice.head.cookie, 1);
    BOOST_CHECK_EQUAL(notice.head.reached, AUTOBUS_REACHED_NO);
    BOOST_CHECK_EQUAL(notice.address().bus, 77);
    BOOST_CHECK_EQUAL(notice.address().endpoint, 5);
    router.close();
    notice = watcher.read_only();
    BOOST_CHECK_EQUAL(notice.head.cookie, 2);
    BOOST_CHECK_EQUAL(notice.head.reached, AUTOBUS_REACHED_UNKNOWN);
}

BOOST_AUTO_TEST_SUITE_END()
