// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"

namespace {

using namespace test;

constexpr std::uint64_t far_bus = 77;

struct routed {
    test::bus bus;
    client router{bus, {true, true, true, 0}};
    client a{bus}, b{bus};

    routed() { BOOST_REQUIRE_EQUAL(router.claim(AUTOBUS_CLAIM_ROUTER), 0); }
    ~routed() { bus.check(); }

    static message far(message what, std::uint32_t flags = 0) {
        what.head.flags |= AUTOBUS_REMOTE | flags;
        what.head.origin = {far_bus, 3, 8};
        return what;
    }
    message status(std::uint64_t serial, const char* name) {
        message what;
        what.head.type = AUTOBUS_STATUS;
        what.head.in_reply_to = serial;
        what.name = name;
        return what;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(deliver_, routed)

BOOST_AUTO_TEST_CASE(everybody_gets_everything_in_the_same_order_the_sender_too) {
    BOOST_REQUIRE_EQUAL(a.listen("$.*"), 0);
    BOOST_REQUIRE_EQUAL(b.listen("$.*"), 0);
    BOOST_REQUIRE_GT(a.send(announcement("$.A", "1")), 0);
    BOOST_REQUIRE_GT(b.send(announcement("$.B", "2")), 0);
    const auto at_a = a.read_all(), at_b = b.read_all();
    BOOST_REQUIRE_EQUAL(at_a.size(), 2);
    BOOST_REQUIRE_EQUAL(at_b.size(), 2);
    for (int i = 0; i < 2; i++) {
        BOOST_CHECK_EQUAL(describe(at_a[i]), describe(at_b[i]));
    }
    BOOST_CHECK_LT(at_a[0].head.serial, at_a[1].head.serial);
}

BOOST_AUTO_TEST_CASE(the_sender_is_attested) {
    client someone(bus, {true, true, false, 4321});
    BOOST_REQUIRE_EQUAL(a.listen("$.A"), 0);
    BOOST_REQUIRE_GT(someone.send(announcement("$.A")), 0);
    const auto got = a.read_only();
    BOOST_CHECK_EQUAL(got.head.sender.uid, 4321);
    BOOST_CHECK_EQUAL(got.head.sender.gid, 4321);
    BOOST_CHECK_EQUAL(got.head.sender.tgid, 4711);
    BOOST_CHECK_EQUAL(got.head.origin.bus, bus.id());
    BOOST_CHECK_EQUAL(got.head.origin.endpoint, someone.number());
    BOOST_CHECK_EQUAL(got.head.origin.serial, got.head.serial);
}

BOOST_AUTO_TEST_CASE(the_kernels_names_cant_be_sent) {
    for (const char* name : {"$.Autobus", "$.Autobus.Bound.A", "$.Autobus.Replier.Unbound"}) {
        BOOST_CHECK_EQUAL(a.send(announcement(name)), -EPERM);
        BOOST_CHECK_EQUAL(a.send(request(name)), -EPERM);
        BOOST_CHECK_EQUAL(a.send(direct(b.number(), name)), -EPERM);
        BOOST_CHECK_EQUAL(router.send(announcement(name)), -EPERM);
    }
    BOOST_CHECK_EQUAL(a.send(announcement("")), -EBADMSG);
    BOOST_CHECK_EQUAL(a.send(request("$.%")), -EBADMSG);
    BOOST_CHECK_EQUAL(a.send(announcement("$." + std::string(1000, 'x'))), -ENAMETOOLONG);
    BOOST_CHECK_EQUAL(bus.serial(), 0);
}

BOOST_AUTO_TEST_CASE(a_direct_message_is_seen_by_one_endpoint_alone) {
    BOOST_REQUIRE_EQUAL(a.listen("$.*"), 0);
    BOOST_REQUIRE_GT(a.send(direct(b.number(), "$.D", "psst")), 0);
    const auto got = b.read_only();
    BOOST_CHECK_EQUAL(got.data, "psst");
    BOOST_CHECK_EQUAL(got.head.to.endpoint, b.number());
    BOOST_CHECK_EQUAL(got.head.to.bus, bus.id());
    BOOST_CHECK_EQUAL(a.read_all().size(), 0);
    client writer(bus, {false, true, false, 1});
    BOOST_CHECK_EQUAL(a.send(direct(writer.number(), "$.D")), -ENXIO);
    BOOST_CHECK_EQUAL(a.send(direct(99, "$.D")), -ENXIO);
}

BOOST_AUTO_TEST_CASE(what_goes_to_another_bus_goes_to_the_router) {
    auto what = direct(5, "$.D");
    what.head.to.bus = far_bus;
    BOOST_CHECK_GT(a.send(what), 0);
    BOOST_CHECK_EQUAL(router.read_only().head.to.bus, far_bus);
    BOOST_CHECK_EQUAL(router.send(what), -EHOSTUNREACH);
    auto asked = request("$.Q");
    asked.head.to = {far_bus, 5};
    const auto serial = a.send(asked);
    BOOST_CHECK_GT(serial, 0);
    BOOST_CHECK_EQUAL(router.read_only().head.flags, AUTOBUS_OWED);
    BOOST_CHECK_EQUAL(router.send(asked), -EHOSTUNREACH);
    router.close();
    BOOST_CHECK(a.read_only().is_status("$.Autobus.Replier.Unreachable"));
    BOOST_CHECK_EQUAL(a.send(what), -EHOSTUNREACH);
    BOOST_CHECK_EQUAL(a.send(asked), -EHOSTUNREACH);
}

BOOST_AUTO_TEST_CASE(there_is_one_router_and_it_needs_the_right) {
    client second(bus, {true, true, true, 0});
    BOOST_CHECK_EQUAL(a.claim(AUTOBUS_CLAIM_ROUTER), -EPERM);
    BOOST_CHECK_EQUAL(second.claim(AUTOBUS_CLAIM_ROUTER), -EBUSY);
    BOOST_CHECK_EQUAL(second.claim(0), -EINVAL);
    BOOST_CHECK_EQUAL(second.claim(4), -EINVAL);
    BOOST_CHECK_EQUAL(a.info().router, router.number());
    router.close();
    client reader(bus, {true, false, true, 0});
    BOOST_CHECK_EQUAL(reader.claim(AUTOBUS_CLAIM_ROUTER), -EBADF);
    BOOST_CHECK_EQUAL(second.claim(AUTOBUS_CLAIM_ROUTER), 0);
}

BOOST_AUTO_TEST_CASE(what_a_router_brings_has_its_origin_and_never_comes_back_to_it) {
    BOOST_REQUIRE_EQUAL(router.listen("$.*"), 0);
    BOOST_REQUIRE_EQUAL(a.listen("$.*"), 0);
    auto what = far(announcement("$.A", "hello"), AUTOBUS_CLAIMED);
    what.head.claimed = {1, 2, 3};
    BOOST_CHECK_GT(router.send(what), 0);
    const auto got = a.read_only();
    BOOST_CHECK_EQUAL(got.head.origin.bus, far_bus);
    BOOST_CHECK_EQUAL(got.head.origin.endpoint, 3);
    BOOST_CHECK_EQUAL(got.head.origin.serial, 8);
    BOOST_CHECK_EQUAL(got.head.claimed.uid, 2);
    BOOST_CHECK_EQUAL(got.head.sender.uid, 0);
    BOOST_CHECK_EQUAL(got.head.from, router.number());
    BOOST_CHECK_EQUAL(router.read_all().size(), 0);
    BOOST_CHECK_EQUAL(a.send(what), -EPERM);
}

BOOST_AUTO_TEST_CASE(alone_a_request_goes_to_its_replier_but_never_to_the_router) {
    BOOST_REQUIRE_EQUAL(a.listen("$.Q"), 0);
    BOOST_REQUIRE_EQUAL(router.serve("$.Q", AUTOBUS_BIND_YIELDING), 0);
    BOOST_CHECK_EQUAL(router.send(far(request("$.Q"), AUTOBUS_ALONE)), -EADDRNOTAVAIL);
    BOOST_REQUIRE_EQUAL(b.serve("$.Q"), 0);
    BOOST_CHECK_GT(router.send(far(request("$.Q"), AUTOBUS_ALONE)), 0);
    const auto asked = b.read_only();
    BOOST_CHECK_EQUAL(a.read_all().size(), 0);
    BOOST_CHECK_GT(b.send(reply_to(asked, "r")), 0);
    BOOST_CHECK_EQUAL(a.read_only().data, "r");
    BOOST_CHECK_EQUAL(router.read_only().head.flags, AUTOBUS_ANSWER);
}

BOOST_AUTO_TEST_CASE(alone_a_reply_goes_to_its_requester) {
    BOOST_REQUIRE_EQUAL(b.listen("$.Q"), 0);
    BOOST_REQUIRE_EQUAL(router.serve("$.Q", AUTOBUS_BIND_YIELDING), 0);
    BOOST_CHECK_GT(a.send(request("$.Q", "", AUTOBUS_PRIVATE)), 0);
    BOOST_CHECK_GT(a.send(request("$.Q")), 0);
    BOOST_CHECK_EQUAL(b.read_all().size(), 1);
    router.read();
    const auto asked = router.read_only();
    BOOST_CHECK_GT(router.send(far(reply_to(asked), AUTOBUS_ALONE)), 0);
    BOOST_CHECK_EQUAL(b.read_all().size(), 0);
    BOOST_CHECK_EQUAL(a.read_only().head.origin.bus, far_bus);
}

BOOST_AUTO_TEST_CASE(copies_go_to_listeners_and_are_answered_by_nobody) {
    BOOST_REQUIRE_EQUAL(a.listen("$.Q"), 0);
    BOOST_REQUIRE_EQUAL(b.serve("$.Q"), 0);
    const auto serial = router.send(far(request("$.Q"), AUTOBUS_COPY));
    BOOST_CHECK_GT(serial, 0);
    const auto copy = a.read_only();
    BOOST_CHECK(!(copy.head.flags & AUTOBUS_OWED));
    BOOST_CHECK_EQUAL(b.read_all().size(), 0);
    BOOST_CHECK_EQUAL(b.send(reply_to(copy)), -ECONNREFUSED);
    auto reply = far(reply_to(copy), AUTOBUS_COPY);
    reply.head.in_reply_to = 12345;
    BOOST_CHECK_EQUAL(router.send(reply), -EBADMSG);
    reply.name = "$.Q";
    BOOST_CHECK_GT(router.send(reply), 0);
    BOOST_CHECK_EQUAL(a.read_only().head.in_reply_to, 12345);
}

BOOST_AUTO_TEST_CASE(a_router_may_answer_with_a_status_what_it_was_handed) {
    BOOST_REQUIRE_EQUAL(router.serve("$.Q", AUTOBUS_BIND_YIELDING), 0);
    const auto serial = a.send(request("$.Q"));
    auto refused = status(serial, "$.Autobus.Replier.Refused");
    refused.head.code = ENOLCK;
    BOOST_CHECK_EQUAL(router.send(refused), -ECONNREFUSED);
    router.read_only();
    BOOST_CHECK_EQUAL(router.send(status(serial, "$.Autobus.Replier.Nonsense")), -EBADMSG);
    BOOST_CHECK_GE(router.send(refused), 0);
    const auto got = a.read_only();
    BOOST_CHECK(got.is_status("$.Autobus.Replier.Refused"));
    BOOST_CHECK_EQUAL(got.head.code, ENOLCK);
    BOOST_CHECK_EQUAL(got.head.in_reply_to, serial);
    BOOST_CHECK_EQUAL(router.send(refused), -ECONNREFUSED);
    BOOST_CHECK_EQUAL(a.send(refused), -EPERM);
}

BOOST_AUTO_TEST_CASE(what_a_closing_router_owes_is_unreachable) {
    BOOST_REQUIRE_EQUAL(router.serve("$.Q", AUTOBUS_BIND_YIELDING), 0);
    BOOST_REQUIRE_GT(a.send(request("$.Q")), 0);
    router.read_only();
    BOOST_REQUIRE_GT(a.send(request("$.Q")), 0);
    router.close();
    const auto all = a.read_all();
    BOOST_REQUIRE_EQUAL(all.size(), 2);
    BOOST_CHECK(all[0].is_status("$.Autobus.Replier.Unreachable"));
    BOOST_CHECK_EQUAL(all[0].head.reached, AUTOBUS_REACHED_UNKNOWN);
    BOOST_CHECK(all[1].is_status("$.Autobus.Replier.Unreachable"));
    BOOST_CHECK_EQUAL(all[1].head.reached, AUTOBUS_REACHED_NO);
}

BOOST_AUTO_TEST_CASE(a_routers_lost_mark_is_told_to_all_listeners) {
    BOOST_REQUIRE_EQUAL(a.listen("$.A"), 0);
    message lost;
    lost.head.type = AUTOBUS_MARK;
    lost.head.lost = 7;
    lost.name = "$.Autobus.Lost";
    BOOST_CHECK_GE(router.send(far(lost)), 0);
    const auto mark = a.read_only();
    BOOST_CHECK(mark.is_lost_mark());
    BOOST_CHECK_EQUAL(mark.head.lost, 7);
    BOOST_CHECK_EQUAL(b.read_all().size(), 0);
    BOOST_CHECK_EQUAL(router.read_all().size(), 0);
    BOOST_CHECK_EQUAL(a.info().lost, 7);
    lost.name = "$.A";
    BOOST_CHECK_EQUAL(router.send(far(lost)), -EBADMSG);
}

BOOST_AUTO_TEST_CASE(a_routers_cleared_notice_goes_to_listeners_of_its_name) {
    BOOST_REQUIRE_EQUAL(a.listen("$.A"), 0);
    message cleared;
    cleared.head.type = AUTOBUS_NOTICE;
    cleared.head.code = AUTOBUS_NOTICE_CLEARED;
    cleared.name = "$.A";
    BOOST_CHECK_GT(router.send(far(cleared)), 0);
    BOOST_CHECK_EQUAL(a.read_only().head.code, AUTOBUS_NOTICE_CLEARED);
    cleared.head.code = AUTOBUS_NOTICE_CLOSED;
    BOOST_CHECK_EQUAL(router.send(far(cleared)), -EBADMSG);
}

BOOST_AUTO_TEST_CASE(urgent_records_go_ahead) {
    BOOST_REQUIRE_EQUAL(a.listen("$.A"), 0);
    for (const char* data : {"1", "2"}) {
        BOOST_REQUIRE_GT(b.send(announcement("$.A", data)), 0);
        BOOST_REQUIRE_GT(b.send(announcement("$.A", std::string("u") + data, AUTOBUS_URGENT)), 0);
    }
    for (const char* data : {"u1", "u2", "1", "2"}) {
        BOOST_CHECK_EQUAL(a.read()->data, data);
    }
}

BOOST_AUTO_TEST_SUITE_END()
