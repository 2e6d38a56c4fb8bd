// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// G13: the router, the door for limpets.

#include "tests/conformance/support.hpp"

using namespace conformance;

namespace {

struct router_fixture : bus_fixture {
    endpoint router = open_router();
    endpoint asker = open();
    endpoint listener = open();

    router_fixture() { listener.listen("$.*"); }

    // A request to an endpoint of another bus.
    u64 ask_afar()
    {
        outgoing record = request("$.Far");
        record.head.to = {far_bus, far_endpoint};
        return asker.must_send(record);
    }
};

outgoing status(const char* name, u64 asked, u32 code = 0, u32 reached = 0)
{
    outgoing record{{}, name, ""};
    record.head.type = AUTOBUS_STATUS;
    record.head.in_reply_to = asked;
    record.head.code = code;
    record.head.reached = reached;
    return record;
}

outgoing far_notice(u32 code, std::string name, u32 reached = 0)
{
    outgoing record{{}, std::move(name), ""};
    record.head.type = AUTOBUS_NOTICE;
    record.head.code = code;
    record.head.reached = reached;
    return from_afar(record);
}

outgoing far_loss(u32 lost)
{
    outgoing record{{}, AUTOBUS_NAME_LOST, ""};
    record.head.type = AUTOBUS_MARK;
    record.head.lost = lost;
    return from_afar(record);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(G13, router_fixture)

BOOST_AUTO_TEST_CASE(there_is_one_router_at_a_time)
{
    endpoint other = open();
    BOOST_TEST(asker.info().router == router.number());
    BOOST_TEST(other.claim(AUTOBUS_CLAIM_ROUTER) == -EBUSY);
    BOOST_TEST(router.claim(AUTOBUS_CLAIM_ROUTER) == -EBUSY);
    router.close();
    BOOST_TEST(asker.info().router == 0u);
    BOOST_TEST(other.claim(AUTOBUS_CLAIM_ROUTER) == 0);
    BOOST_TEST(asker.info().router == other.number());
}

BOOST_AUTO_TEST_CASE(claiming_needs_the_right_and_both_directions)
{
    router.close();
    endpoint plain = open_unprivileged();
    BOOST_TEST(plain.claim(AUTOBUS_CLAIM_ROUTER) == -EPERM);
    BOOST_TEST(open(O_RDONLY).claim(AUTOBUS_CLAIM_ROUTER) == -EBADF);
    BOOST_TEST(open(O_WRONLY).claim(AUTOBUS_CLAIM_ROUTER) == -EBADF);
    BOOST_TEST(asker.info().router == 0u);
}

BOOST_AUTO_TEST_CASE(the_list_marks_the_router)
{
    for (const listed& item : asker.list(AUTOBUS_LIST_ENDPOINTS)) {
        BOOST_TEST(!!(item.head.flags & AUTOBUS_ITEM_ROUTER)
                   == (item.head.endpoint == router.number()));
    }
}

BOOST_AUTO_TEST_CASE(only_the_router_may_write_a_routers_fields)
{
    BOOST_TEST(asker.send(from_afar(announcement("$.A"))) == -EPERM);
    BOOST_TEST(asker.send(status(AUTOBUS_NAME_REFUSED, 1)) == -EPERM);
    BOOST_TEST(asker.send(far_loss(1)) == -EPERM);
    BOOST_TEST(asker.send(far_notice(AUTOBUS_NOTICE_CLOSED, AUTOBUS_NAME_CLOSED)) == -EPERM);
    for (const u32 flag : {AUTOBUS_REMOTE, AUTOBUS_CLAIMED, AUTOBUS_ALONE, AUTOBUS_COPY}) {
        BOOST_TEST(asker.send(request("$.A", "", flag)) == -EPERM);
    }
    outgoing record = announcement("$.A");
    record.head.origin.serial = 1;
    BOOST_TEST(asker.send(record) == -EPERM);
    BOOST_TEST(asker.bind(AUTOBUS_REPLIER, "$.A", AUTOBUS_BIND_YIELDING) == -EPERM);
}

BOOST_AUTO_TEST_CASE(a_remote_message_keeps_its_origin_beside_the_routers_own_name)
{
    outgoing record = from_afar(announcement("$.A", "far"), 4711);
    record.head.flags |= AUTOBUS_CLAIMED;
    record.head.claimed = {11, 22, 33};
    const u64 serial = router.must_send(record);
    const autobus_record head = listener.must_receive().head;
    BOOST_TEST(head.flags == (AUTOBUS_REMOTE | AUTOBUS_CLAIMED));
    BOOST_TEST(head.serial == serial);
    BOOST_TEST(head.from == router.number());
    BOOST_TEST(head.origin.bus == far_bus);
    BOOST_TEST(head.origin.endpoint == far_endpoint);
    BOOST_TEST(head.origin.serial == 4711u);
    BOOST_TEST(head.claimed.tgid == 11u);
    BOOST_TEST(head.claimed.uid == 22u);
    BOOST_TEST(head.claimed.gid == 33u);
}

BOOST_AUTO_TEST_CASE(what_is_remote_never_comes_back_to_the_router)
{
    router.listen("$.*", AUTOBUS_BIND_EACH);
    router.must_send(from_afar(announcement("$.A")));
    BOOST_TEST(!router.receive());
    router.must_send(announcement("$.A", "my own"));
    BOOST_TEST(router.must_receive().data == "my own");
    BOOST_TEST(listener.receive_all().size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_routers_fields_must_fit_each_other)
{
    const auto refused = [&](outgoing record) { return router.send(record) == -EINVAL; };
    BOOST_TEST(refused(announcement("$.A", "", AUTOBUS_REMOTE)));
    outgoing record = from_afar(announcement("$.A"));
    record.head.flags = 0;
    BOOST_TEST(refused(record));
    record = from_afar(announcement("$.A"));
    record.head.origin.bus = router.bus();
    BOOST_TEST(refused(record));
    BOOST_TEST(refused(announcement("$.A", "", AUTOBUS_CLAIMED)));
    record = from_afar(announcement("$.A"));
    record.head.claimed.uid = 1;
    BOOST_TEST(refused(record));
    BOOST_TEST(refused(from_afar(announcement("$.A", "", AUTOBUS_ALONE))));
    BOOST_TEST(refused(from_afar(announcement("$.A", "", AUTOBUS_COPY))));
    BOOST_TEST(refused(from_afar(request("$.A", "", AUTOBUS_COPY | AUTOBUS_ALONE))));
    BOOST_TEST(refused(request("$.A", "", AUTOBUS_COPY)));
    record = from_afar(announcement("$.A"));
    record.head.code = 1;
    BOOST_TEST(refused(record));
    record.head.code = 0;
    record.head.reached = 1;
    BOOST_TEST(refused(record));
    record.head.reached = 0;
    record.head.lost = 1;
    BOOST_TEST(refused(record));
    BOOST_TEST(refused(far_notice(AUTOBUS_NOTICE_BOUND, "$.A")));
    BOOST_TEST(refused(far_notice(77, "$.A")));
    BOOST_TEST(refused(far_notice(AUTOBUS_NOTICE_CLOSED, AUTOBUS_NAME_CLOSED, 3)));
    BOOST_TEST(refused(far_loss(0)));
    record = far_loss(1);
    record.data = "data";
    BOOST_TEST(refused(record));
    BOOST_TEST(!listener.receive());
}

BOOST_AUTO_TEST_CASE(a_status_answers_a_request_that_the_router_was_handed)
{
    const u64 asked = ask_afar();
    BOOST_TEST(router.send(status(AUTOBUS_NAME_REFUSED, asked, EBUSY)) == -ECONNREFUSED);
    router.must_receive();
    router.must_send(status(AUTOBUS_NAME_REFUSED, asked, EBUSY));
    const incoming answer = asker.must_receive();
    BOOST_TEST(answer.name == AUTOBUS_NAME_REFUSED);
    BOOST_TEST(answer.head.type == static_cast<u32>(AUTOBUS_STATUS));
    BOOST_TEST(answer.head.code == static_cast<u32>(EBUSY));
    BOOST_TEST(answer.head.flags == AUTOBUS_ANSWER);
    BOOST_TEST(answer.head.from == 0u);
    BOOST_TEST(answer.head.in_reply_to == asked);
    BOOST_TEST(router.send(status(AUTOBUS_NAME_REFUSED, asked)) == -ECONNREFUSED);
}

BOOST_AUTO_TEST_CASE(each_status_can_be_given)
{
    for (const char* name : {AUTOBUS_NAME_UNBOUND_REPLIER, AUTOBUS_NAME_GONE_AWAY,
                             AUTOBUS_NAME_IGNORED, AUTOBUS_NAME_TIMED_OUT,
                             AUTOBUS_NAME_REFUSED}) {
        const u64 asked = ask_afar();
        router.must_receive();
        router.must_send(status(name, asked));
        BOOST_TEST(name_of(asker.receive()) == name);
    }
    const u64 asked = ask_afar();
    router.must_receive();
    router.must_send(status(AUTOBUS_NAME_UNREACHABLE, asked, 0, AUTOBUS_REACHED_UNKNOWN));
    BOOST_TEST(asker.must_receive().head.reached == static_cast<u32>(AUTOBUS_REACHED_UNKNOWN));
    BOOST_TEST(router.send(status("$.Autobus.Replier.Other", asked)) == -EBADMSG);
    BOOST_TEST(router.send(status("$.A", asked)) == -EBADMSG);
}

BOOST_AUTO_TEST_CASE(what_a_router_owes_when_it_closes_is_unreachable)
{
    router.serve("$.Near");
    const u64 near = asker.must_send(request("$.Near"));
    const u64 far = ask_afar();
    BOOST_TEST(router.must_receive().head.serial == near);
    router.close();
    incoming answer = asker.must_receive();
    BOOST_TEST(answer.name == AUTOBUS_NAME_UNREACHABLE);
    BOOST_TEST(answer.head.in_reply_to == near);
    BOOST_TEST(answer.head.reached == static_cast<u32>(AUTOBUS_REACHED_UNKNOWN));
    answer = asker.must_receive();
    BOOST_TEST(answer.name == AUTOBUS_NAME_UNREACHABLE);
    BOOST_TEST(answer.head.in_reply_to == far);
    BOOST_TEST(answer.head.reached == static_cast<u32>(AUTOBUS_REACHED_NO));
    BOOST_TEST(asker.send(direct(1, "$.D")) == -ENXIO);
}

BOOST_AUTO_TEST_CASE(directs_to_another_bus_go_to_the_router)
{
    outgoing record = direct(far_endpoint, "$.D", "far");
    record.head.to.bus = far_bus;
    asker.must_send(record);
    const incoming got = router.must_receive();
    BOOST_TEST(got.head.to.bus == far_bus);
    BOOST_TEST(got.data == "far");
    BOOST_TEST(router.send(record) == -EHOSTUNREACH);
}

BOOST_AUTO_TEST_CASE(a_far_endpoint_can_be_watched_and_its_end_told)
{
    BOOST_REQUIRE_EQUAL(asker.watch(far_endpoint, 5, far_bus), 0);
    BOOST_REQUIRE_EQUAL(asker.watch(far_endpoint + 1, 6, far_bus), 0);
    BOOST_TEST(asker.watch(far_endpoint, 5, far_bus) == -EEXIST);
    router.must_send(far_notice(AUTOBUS_NOTICE_CLOSED, AUTOBUS_NAME_CLOSED));
    const incoming notice = asker.must_receive();
    BOOST_TEST(notice.name == AUTOBUS_NAME_CLOSED);
    BOOST_TEST(notice.head.cookie == 5u);
    BOOST_TEST(notice.head.reached == 0u);
    autobus_address address;
    BOOST_REQUIRE_EQUAL(notice.data.size(), sizeof(address));
    std::memcpy(&address, notice.data.data(), sizeof(address));
    BOOST_TEST(address.bus == far_bus);
    BOOST_TEST(address.endpoint == far_endpoint);
    router.must_send(far_notice(AUTOBUS_NOTICE_CLOSED, AUTOBUS_NAME_CLOSED));
    BOOST_TEST(!asker.receive());
    BOOST_TEST(asker.unwatch(far_endpoint + 1, far_bus) == 0);
}

BOOST_AUTO_TEST_CASE(far_watches_end_as_unreachable_with_the_router)
{
    BOOST_REQUIRE_EQUAL(asker.watch(far_endpoint, 5, far_bus), 0);
    router.close();
    const incoming notice = asker.must_receive();
    BOOST_TEST(notice.name == AUTOBUS_NAME_CLOSED);
    BOOST_TEST(notice.head.cookie == 5u);
    BOOST_TEST(notice.head.reached == static_cast<u32>(AUTOBUS_REACHED_UNKNOWN));
}

BOOST_AUTO_TEST_CASE(a_cleared_notice_goes_to_listeners_of_the_name)
{
    router.must_send(far_notice(AUTOBUS_NOTICE_CLEARED, "$.Value"));
    const incoming notice = listener.must_receive();
    BOOST_TEST(notice.name == "$.Value");
    BOOST_TEST(notice.head.code == static_cast<u32>(AUTOBUS_NOTICE_CLEARED));
    BOOST_TEST(notice.head.origin.bus == far_bus);
    BOOST_TEST(router.send(far_notice(AUTOBUS_NOTICE_CLEARED, "$.Autobus.Bound.A")) == -EPERM);
}

BOOST_AUTO_TEST_CASE(messages_lost_on_the_way_are_told_to_all_listeners)
{
    endpoint deaf = open();
    router.must_send(far_loss(7));
    const incoming mark = listener.must_receive();
    BOOST_TEST(mark.name == AUTOBUS_NAME_LOST);
    BOOST_TEST(mark.head.lost == 7u);
    router.must_send(far_loss(5));
    asker.must_send(announcement("$.A"));
    BOOST_TEST(listener.must_receive().head.lost == 5u);
    BOOST_TEST(!deaf.receive());
    BOOST_TEST(!router.receive());
}

BOOST_AUTO_TEST_CASE(a_request_alone_goes_to_its_replier_and_no_listener)
{
    endpoint replier = open();
    replier.serve("$.Lamp");
    replier.listen("$.Lamp");
    const u64 asked = router.must_send(from_afar(request("$.Lamp", "", AUTOBUS_ALONE)));
    BOOST_TEST(replier.must_receive().head.flags
               == (AUTOBUS_REMOTE | AUTOBUS_ALONE | AUTOBUS_OWED));
    BOOST_TEST(!replier.receive());
    BOOST_TEST(!listener.receive());
    replier.must_send(reply(asked));
    BOOST_TEST(router.must_receive().head.flags == AUTOBUS_ANSWER);
}

BOOST_AUTO_TEST_CASE(a_request_alone_never_goes_to_the_router_itself)
{
    router.serve("$.Lamp", AUTOBUS_BIND_YIELDING);
    BOOST_TEST(router.send(from_afar(request("$.Lamp", "", AUTOBUS_ALONE))) == -EADDRNOTAVAIL);
    endpoint replier = open();
    replier.serve("$.*");
    BOOST_TEST(router.send(from_afar(request("$.Lamp", "", AUTOBUS_ALONE))) > 0);
    BOOST_TEST(replier.receive_all().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_reply_alone_goes_to_its_requester_and_no_listener)
{
    const u64 asked = ask_afar();
    router.must_receive();
    listener.receive_all();
    outgoing answer = from_afar(reply(asked, "far"));
    answer.head.flags |= AUTOBUS_ALONE;
    router.must_send(answer);
    BOOST_TEST(asker.must_receive().data == "far");
    BOOST_TEST(!listener.receive());
}

BOOST_AUTO_TEST_CASE(a_copy_of_a_request_goes_to_listeners_and_nobody_may_answer_it)
{
    endpoint replier = open();
    replier.serve("$.Lamp");
    const u64 copied = router.must_send(from_afar(request("$.Lamp", "copy", AUTOBUS_COPY)));
    BOOST_TEST(listener.must_receive().data == "copy");
    BOOST_TEST(!replier.receive());
    BOOST_TEST(replier.send(reply(copied)) == -ECONNREFUSED);
    BOOST_TEST(asker.info().requests == 0u);
}

BOOST_AUTO_TEST_CASE(a_copy_of_a_reply_goes_to_listeners_without_a_request)
{
    outgoing copy = from_afar(reply(12345, "copy", "$.Lamp"));
    copy.head.flags |= AUTOBUS_COPY;
    router.must_send(copy);
    const incoming heard = listener.must_receive();
    BOOST_TEST(heard.data == "copy");
    BOOST_TEST(heard.head.in_reply_to == 12345u);
}

BOOST_AUTO_TEST_CASE(a_yielding_replier_gives_way_to_an_ordinary_one)
{
    endpoint ordinary = open();
    router.serve("$.Lamp", AUTOBUS_BIND_YIELDING);
    BOOST_TEST(asker.who("$.Lamp") == static_cast<s64>(router.number()));
    BOOST_TEST(ordinary.bind(AUTOBUS_REPLIER, "$.Lamp") == 0);
    BOOST_TEST(asker.who("$.Lamp") == static_cast<s64>(ordinary.number()));
    endpoint third = open();
    BOOST_TEST(third.bind(AUTOBUS_REPLIER, "$.Lamp") == -EADDRINUSE);
    ordinary.close();
    BOOST_TEST(asker.who("$.Lamp") == static_cast<s64>(router.number()));
}

BOOST_AUTO_TEST_CASE(a_yielding_replier_never_meets_eaddrinuse)
{
    endpoint ordinary = open();
    ordinary.serve("$.Lamp");
    BOOST_TEST(router.bind(AUTOBUS_REPLIER, "$.Lamp", AUTOBUS_BIND_YIELDING) == 0);
    BOOST_TEST(router.bind(AUTOBUS_REPLIER, "$.Lamp", AUTOBUS_BIND_YIELDING) == -EEXIST);
    BOOST_TEST(asker.who("$.Lamp") == static_cast<s64>(ordinary.number()));
}

BOOST_AUTO_TEST_CASE(between_repliers_specificity_decides_before_yielding)
{
    endpoint ordinary = open();
    ordinary.serve("$.Lamp.*");
    router.serve("$.Lamp.Kitchen", AUTOBUS_BIND_YIELDING);
    BOOST_TEST(asker.who("$.Lamp.Kitchen") == static_cast<s64>(router.number()));
    BOOST_TEST(asker.who("$.Lamp.Hall") == static_cast<s64>(ordinary.number()));
}

BOOST_AUTO_TEST_CASE(the_router_reads_the_bindings_that_are_there_and_their_changes)
{
    endpoint other = open();
    other.serve("$.Lamp");
    router.listen("$.Autobus.Bound.*", AUTOBUS_BIND_VALUES);
    router.listen("$.Autobus.Unbound.*");
    const incoming there = router.must_receive();
    BOOST_TEST(bound_of(there).pattern == "$.Lamp");
    BOOST_TEST(there.head.flags == AUTOBUS_CURRENT);
    BOOST_TEST(name_of(router.receive()) == AUTOBUS_NAME_SYNCED);
    router.serve("$.Far", AUTOBUS_BIND_YIELDING);
    other.close();
    const bound_news far = bound_of(router.must_receive());
    BOOST_TEST(far.head.binding == router.last_binding());
    BOOST_TEST(far.head.flags == AUTOBUS_BIND_YIELDING);
    BOOST_TEST(far.head.endpoint == router.number());
    BOOST_TEST(name_of(router.receive()) == "$.Autobus.Unbound.Lamp");
    BOOST_TEST(!router.receive());
}

BOOST_AUTO_TEST_SUITE_END()
