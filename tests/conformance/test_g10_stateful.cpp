// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// G10: stateful requests, which only one endpoint may answer.

#include "tests/conformance/support.hpp"

using namespace conformance;

namespace {

struct stateful_fixture : bus_fixture {
    endpoint asker = open();
    endpoint replier = open();

    stateful_fixture() { replier.serve("$.Lamp"); }

    s64 ask(u64 endpoint, u64 bus = 0)
    {
        outgoing record = request("$.Lamp");
        record.head.to = {bus, endpoint};
        return asker.send(record);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(G10, stateful_fixture)

BOOST_AUTO_TEST_CASE(it_is_accepted_if_that_endpoint_is_the_replier)
{
    const s64 asked = ask(replier.number());
    BOOST_TEST(asked > 0);
    const incoming got = replier.must_receive();
    BOOST_TEST(got.head.to.endpoint == replier.number());
    BOOST_TEST(got.head.to.bus == replier.bus());
    replier.must_send(reply(asked));
    BOOST_TEST(name_of(asker.receive()) == "$.Lamp");
}

BOOST_AUTO_TEST_CASE(the_buses_own_id_stands_for_this_bus)
{
    BOOST_TEST(ask(replier.number(), replier.bus()) > 0);
    BOOST_TEST(ask(asker.number(), replier.bus()) == -EPIPE);
}

BOOST_AUTO_TEST_CASE(another_endpoint_is_epipe)
{
    endpoint other = open();
    other.serve("$.Other");
    BOOST_TEST(ask(other.number()) == -EPIPE);
    BOOST_TEST(ask(999'999'999) == -EPIPE);
    BOOST_TEST(!other.receive());
    BOOST_TEST(!replier.receive());
}

BOOST_AUTO_TEST_CASE(after_the_replier_changed_it_is_epipe)
{
    const u64 old = replier.number();
    replier.close();
    endpoint next = open();
    next.serve("$.Lamp");
    BOOST_TEST(ask(old) == -EPIPE);
    BOOST_TEST(ask(next.number()) > 0);
}

BOOST_AUTO_TEST_CASE(after_a_more_specific_replier_came_it_is_epipe)
{
    endpoint general = open(), special = open();
    general.serve("$.Door.*");
    outgoing record = request("$.Door.Front");
    record.head.to.endpoint = general.number();
    BOOST_TEST(asker.send(record) > 0);
    special.serve("$.Door.Front");
    BOOST_TEST(asker.send(record) == -EPIPE);
}

BOOST_AUTO_TEST_CASE(without_any_replier_it_is_eaddrnotavail)
{
    replier.close();
    BOOST_TEST(ask(asker.number()) == -EADDRNOTAVAIL);
}

BOOST_AUTO_TEST_CASE(it_gets_its_status_like_any_request)
{
    const s64 asked = ask(replier.number());
    replier.close();
    const incoming status = asker.must_receive();
    BOOST_TEST(status.name == AUTOBUS_NAME_GONE_AWAY);
    BOOST_TEST(status.head.in_reply_to == static_cast<u64>(asked));
}

BOOST_AUTO_TEST_CASE(another_bus_without_a_router_is_ehostunreach)
{
    BOOST_TEST(ask(1, far_bus) == -EHOSTUNREACH);
    outgoing record = direct(1, "$.D");
    record.head.to.bus = far_bus;
    BOOST_TEST(asker.send(record) == -EHOSTUNREACH);
    BOOST_TEST(asker.watch(1, 0, far_bus) == -EHOSTUNREACH);
}

BOOST_AUTO_TEST_CASE(another_bus_with_a_router_goes_to_the_router)
{
    endpoint router = open_router();
    const s64 asked = ask(far_endpoint, far_bus);
    BOOST_TEST(asked > 0);
    const incoming got = router.must_receive();
    BOOST_TEST(got.head.flags == AUTOBUS_OWED);
    BOOST_TEST(got.head.to.bus == far_bus);
    BOOST_TEST(got.head.to.endpoint == far_endpoint);
    BOOST_TEST(!replier.receive());
    router.must_send(reply(asked, "from afar"));
    BOOST_TEST(asker.must_receive().data == "from afar");
}

BOOST_AUTO_TEST_CASE(a_direct_message_is_seen_by_its_recipient_only)
{
    endpoint listener = open();
    listener.listen("$.*");
    asker.must_send(direct(replier.number(), "$.D", "for you"));
    const incoming got = replier.must_receive();
    BOOST_TEST(got.head.type == static_cast<u32>(AUTOBUS_DIRECT));
    BOOST_TEST(got.data == "for you");
    BOOST_TEST(got.head.to.endpoint == replier.number());
    BOOST_TEST(got.head.to.bus == replier.bus());
    BOOST_TEST(got.head.from == asker.number());
    BOOST_TEST(!listener.receive());
}

BOOST_AUTO_TEST_CASE(a_direct_message_to_nobody_is_enxio)
{
    endpoint gone = open();
    const u64 number = gone.number();
    gone.close();
    BOOST_TEST(asker.send(direct(number, "$.D")) == -ENXIO);
    BOOST_TEST(asker.send(direct(0, "$.D")) == -EINVAL);
}

BOOST_AUTO_TEST_CASE(a_direct_message_to_one_who_cannot_read_is_enxio)
{
    endpoint writer = open(O_WRONLY);
    BOOST_TEST(asker.send(direct(writer.number(), "$.D")) == -ENXIO);
}

BOOST_AUTO_TEST_CASE(a_direct_message_to_a_full_queue_is_ebusy)
{
    endpoint full = open();
    full.make_queue(1);
    asker.must_send(direct(full.number(), "$.D"));
    BOOST_TEST(asker.send(direct(full.number(), "$.D")) == -EBUSY);
    full.must_receive();
    BOOST_TEST(!full.receive());
}

BOOST_AUTO_TEST_SUITE_END()
