// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// G1: one order of messages for everyone on the bus.

#include "tests/conformance/support.hpp"

using namespace conformance;

namespace {

std::vector<u64> serials_of(const std::vector<incoming>& records)
{
    std::vector<u64> serials;
    for (const incoming& record : records) {
        serials.push_back(record.head.serial);
    }
    return serials;
}

std::vector<std::string> data_of(const std::vector<incoming>& records)
{
    std::vector<std::string> data;
    for (const incoming& record : records) {
        data.push_back(record.data);
    }
    return data;
}

using texts = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(G1, bus_fixture)

BOOST_AUTO_TEST_CASE(each_accepted_message_gets_a_higher_serial)
{
    endpoint sender = open();
    u64 last = sender.info().serial;
    for (int i = 0; i < 10; i++) {
        const u64 serial = sender.must_send(announcement("$.A"));
        BOOST_TEST(serial > last);
        last = serial;
    }
    BOOST_TEST(sender.info().serial == last);
}

BOOST_AUTO_TEST_CASE(a_refused_message_uses_no_serial)
{
    endpoint sender = open();
    const u64 before = sender.must_send(announcement("$.A"));
    BOOST_TEST(sender.send(request("$.Nobody")) == -EADDRNOTAVAIL);
    BOOST_TEST(sender.must_send(announcement("$.A")) == before + 1);
}

BOOST_AUTO_TEST_CASE(all_recipients_get_messages_in_one_order)
{
    endpoint a = open(), b = open(), one = open(), two = open();
    one.listen("$.*");
    two.listen("$.%");
    for (int i = 0; i < 20; i++) {
        (i % 2 ? a : b).must_send(announcement("$.A", std::to_string(i)));
    }
    const auto heard = one.receive_all();
    BOOST_TEST(heard.size() == 20u);
    BOOST_TEST(serials_of(heard) == serials_of(two.receive_all()), boost::test_tools::per_element());
    for (int i = 0; i < 20; i++) {
        BOOST_TEST(heard[i].data == std::to_string(i));
    }
}

BOOST_AUTO_TEST_CASE(the_senders_own_copy_stands_in_order)
{
    endpoint sender = open(), other = open();
    sender.listen("$.A");
    sender.must_send(announcement("$.A", "1"));
    other.must_send(announcement("$.A", "2"));
    sender.must_send(announcement("$.A", "3"));
    BOOST_TEST(data_of(sender.receive_all()) == (texts{"1", "2", "3"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(notices_stand_in_order_with_messages)
{
    endpoint listener = open(), other = open();
    listener.listen("$.A");
    listener.listen("$.Autobus.*");
    other.must_send(announcement("$.A"));
    other.serve("$.Lamp");
    other.must_send(announcement("$.A"));
    BOOST_REQUIRE_EQUAL(other.unbind(AUTOBUS_REPLIER, "$.Lamp"), 0);
    other.must_send(announcement("$.A"));
    const auto heard = listener.receive_all();
    BOOST_REQUIRE_EQUAL(heard.size(), 5u);
    const texts names = {"$.A", "$.Autobus.Bound.Lamp", "$.A", "$.Autobus.Unbound.Lamp", "$.A"};
    for (int i = 0; i < 5; i++) {
        BOOST_TEST(heard[i].name == names[i]);
        BOOST_TEST((!i || heard[i].head.serial > heard[i - 1].head.serial));
    }
}

BOOST_AUTO_TEST_CASE(a_status_stands_in_order_with_messages)
{
    endpoint asker = open(), replier = open(), other = open();
    asker.listen("$.A");
    replier.serve("$.Lamp");
    asker.must_send(request("$.Lamp"));
    other.must_send(announcement("$.A"));
    replier.close();
    other.must_send(announcement("$.A"));
    const auto heard = asker.receive_all();
    BOOST_REQUIRE_EQUAL(heard.size(), 3u);
    BOOST_TEST(heard[1].name == AUTOBUS_NAME_GONE_AWAY);
    BOOST_TEST(heard[0].head.serial < heard[1].head.serial);
    BOOST_TEST(heard[1].head.serial < heard[2].head.serial);
}

BOOST_AUTO_TEST_CASE(a_reply_stands_in_order_with_messages)
{
    endpoint asker = open(), replier = open();
    asker.listen("$.A");
    replier.serve("$.Lamp");
    const u64 asked = asker.must_send(request("$.Lamp"));
    replier.must_receive();
    replier.must_send(announcement("$.A", "before"));
    replier.must_send(reply(asked, "answer"));
    replier.must_send(announcement("$.A", "after"));
    BOOST_TEST(data_of(asker.receive_all()) == (texts{"before", "answer", "after"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(requests_and_announcements_share_the_order)
{
    endpoint asker = open(), replier = open();
    replier.serve("$.Lamp");
    replier.listen("$.A");
    asker.must_send(request("$.Lamp", "1"));
    asker.must_send(announcement("$.A", "2"));
    asker.must_send(request("$.Lamp", "3"));
    BOOST_TEST(data_of(replier.receive_all()) == (texts{"1", "2", "3"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(urgent_records_go_ahead_in_order_among_themselves)
{
    endpoint sender = open(), listener = open();
    listener.listen("$.A");
    sender.must_send(announcement("$.A", "ordinary 1"));
    const u64 first = sender.must_send(announcement("$.A", "urgent 1", AUTOBUS_URGENT));
    sender.must_send(announcement("$.A", "ordinary 2"));
    const u64 second = sender.must_send(announcement("$.A", "urgent 2", AUTOBUS_URGENT));
    const auto heard = listener.receive_all();
    BOOST_TEST(data_of(heard) == (texts{"urgent 1", "urgent 2", "ordinary 1", "ordinary 2"}),
               boost::test_tools::per_element());
    BOOST_TEST(heard[0].head.serial == first);
    BOOST_TEST(heard[1].head.serial == second);
    BOOST_TEST(heard[0].head.flags == AUTOBUS_URGENT);
}

BOOST_AUTO_TEST_CASE(urgent_goes_for_requests_replies_and_directs_too)
{
    endpoint asker = open(), replier = open();
    replier.serve("$.Lamp");
    asker.must_send(request("$.Lamp", "ordinary"));
    asker.must_send(direct(replier.number(), "$.D", "direct", AUTOBUS_URGENT));
    asker.must_send(request("$.Lamp", "request", AUTOBUS_URGENT));
    const auto heard = replier.receive_all();
    BOOST_TEST(data_of(heard) == (texts{"direct", "request", "ordinary"}),
               boost::test_tools::per_element());
    replier.must_send(reply(heard[2].head.serial, "first"));
    outgoing urgent = reply(heard[1].head.serial, "second");
    urgent.head.flags = AUTOBUS_URGENT;
    replier.must_send(urgent);
    BOOST_TEST(data_of(asker.receive_all()) == (texts{"second", "first"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_record_says_where_it_began)
{
    endpoint sender = open(), listener = open();
    listener.listen("$.A");
    const u64 serial = sender.must_send(announcement("$.A", "data"));
    const autobus_record head = listener.must_receive().head;
    BOOST_TEST(head.type == static_cast<u32>(AUTOBUS_ANNOUNCEMENT));
    BOOST_TEST(head.serial == serial);
    BOOST_TEST(head.from == sender.number());
    BOOST_TEST(head.origin.bus == sender.bus());
    BOOST_TEST(head.origin.endpoint == sender.number());
    BOOST_TEST(head.origin.serial == serial);
    BOOST_TEST(head.flags == 0u);
    BOOST_TEST(head.in_reply_to == 0u);
    BOOST_TEST(head.lost == 0u);
}

BOOST_AUTO_TEST_CASE(a_batch_is_in_order_and_its_serials_come_back)
{
    endpoint sender = open(), listener = open();
    listener.listen("$.A");
    u64 serials[3] = {};
    autobus_transfer transfer = {};
    transfer.out = reinterpret_cast<std::uintptr_t>(serials);
    transfer.out_size = sizeof(serials);
    BOOST_REQUIRE_EQUAL(sender.send_all({announcement("$.A", "1"), announcement("$.A", "2"),
                                         announcement("$.A", "3")}, transfer), 0);
    BOOST_TEST(transfer.sent == 3u);
    BOOST_TEST(transfer.in_done == transfer.in_size);
    BOOST_TEST(transfer.out_done == sizeof(serials));
    BOOST_TEST(transfer.serial == serials[2]);
    const auto heard = listener.receive_all();
    BOOST_TEST(serials_of(heard) == std::vector<u64>(serials, serials + 3),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
