// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// G8: buses are apart.

#include "tests/conformance/support.hpp"

using namespace conformance;

BOOST_FIXTURE_TEST_SUITE(G8, bus_fixture)

BOOST_AUTO_TEST_CASE(each_bus_has_its_own_id)
{
    endpoint here = open(O_RDWR, 0), there = open(O_RDWR, 1), again = open(O_RDWR, 0);
    BOOST_TEST(here.bus() != there.bus());
    BOOST_TEST(here.bus() == again.bus());
    BOOST_TEST(here.bus() != 0u);
    BOOST_TEST(there.bus() != 0u);
}

BOOST_AUTO_TEST_CASE(no_message_crosses)
{
    endpoint here = open(O_RDWR, 0), there = open(O_RDWR, 1);
    there.serve("$.Lamp");
    there.listen("$.*");
    there.listen("$.Autobus.*");
    here.must_send(announcement("$.A"));
    here.listen("$.B");
    BOOST_TEST(here.send(request("$.Lamp")) == -EADDRNOTAVAIL);
    BOOST_TEST(!there.receive());
}

BOOST_AUTO_TEST_CASE(serials_and_patterns_are_each_buses_own)
{
    endpoint here = open(O_RDWR, 0), there = open(O_RDWR, 1);
    const u64 serial = there.info().serial;
    here.must_send(announcement("$.A"));
    BOOST_TEST(there.info().serial == serial);
    BOOST_TEST(here.bind(AUTOBUS_REPLIER, "$.Lamp") == 0);
    BOOST_TEST(there.bind(AUTOBUS_REPLIER, "$.Lamp") == 0);
}

BOOST_AUTO_TEST_CASE(an_endpoint_of_another_bus_is_not_reached_by_its_number)
{
    endpoint one = open(O_RDWR, 0), two = open(O_RDWR, 1);
    if (one.number() == two.number()) {
        one = open(O_RDWR, 0);
    }
    endpoint& here = one.number() < two.number() ? one : two;
    endpoint& there = one.number() < two.number() ? two : one;
    BOOST_TEST(here.send(direct(there.number(), "$.D")) == -ENXIO);
    BOOST_TEST(here.watch(there.number()) == -ENXIO);
    outgoing record = direct(there.number(), "$.D");
    record.head.to.bus = there.bus();
    BOOST_TEST(here.send(record) == -EHOSTUNREACH);
    BOOST_TEST(!there.receive());
}

BOOST_AUTO_TEST_CASE(a_request_cannot_be_answered_from_another_bus)
{
    endpoint asker = open(O_RDWR, 0), replier = open(O_RDWR, 0), there = open(O_RDWR, 1);
    replier.serve("$.Lamp");
    const u64 asked = asker.must_send(request("$.Lamp"));
    replier.must_receive();
    BOOST_TEST(there.send(reply(asked)) == -ECONNREFUSED);
}

BOOST_AUTO_TEST_CASE(each_bus_has_its_own_router)
{
    endpoint here = open_router(), there = open(O_RDWR, 1);
    BOOST_TEST(there.claim(AUTOBUS_CLAIM_ROUTER) == 0);
    BOOST_TEST(there.info().router == there.number());
    BOOST_TEST(here.info().router == here.number());
}

BOOST_AUTO_TEST_CASE(a_list_shows_its_own_bus_only)
{
    endpoint here = open(O_RDWR, 0), there = open(O_RDWR, 1), also = open(O_RDWR, 1);
    there.listen("$.A");
    BOOST_TEST(here.list(AUTOBUS_LIST_ENDPOINTS).size() == 1u);
    BOOST_TEST(here.list(AUTOBUS_LIST_BINDINGS).empty());
    BOOST_TEST(there.list(AUTOBUS_LIST_ENDPOINTS).size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
