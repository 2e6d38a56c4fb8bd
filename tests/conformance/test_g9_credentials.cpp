// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// G9: each message carries its sender's attested credentials.

#include "tests/conformance/support.hpp"

#include <unistd.h>

using namespace conformance;

namespace {

void check(const autobus_credentials& shown, u32 tgid, u32 uid, u32 gid)
{
    BOOST_TEST(shown.tgid == tgid);
    BOOST_TEST(shown.uid == uid);
    BOOST_TEST(shown.gid == gid);
}

void check_self(const autobus_credentials& shown)
{
    check(shown, ::getpid(), ::geteuid(), ::getegid());
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(G9, bus_fixture)

BOOST_AUTO_TEST_CASE(a_message_carries_who_opened_its_senders_endpoint)
{
    endpoint sender = open(), listener = open();
    listener.listen("$.A");
    sender.must_send(announcement("$.A"));
    const autobus_record head = listener.must_receive().head;
    check_self(head.sender);
    check(head.claimed, 0, 0, 0);
}

BOOST_AUTO_TEST_CASE(another_user_reads_as_another_user)
{
    endpoint sender = open_unprivileged(), listener = open();
    listener.listen("$.A");
    sender.must_send(announcement("$.A"));
    check(listener.must_receive().head.sender, ::getpid(), 1000, 1001);
}

BOOST_AUTO_TEST_CASE(requests_replies_and_directs_carry_them_too)
{
    endpoint asker = open_unprivileged(), replier = open();
    replier.serve("$.Lamp");
    const u64 asked = asker.must_send(request("$.Lamp"));
    check(replier.must_receive().head.sender, ::getpid(), 1000, 1001);
    replier.must_send(reply(asked));
    check_self(asker.must_receive().head.sender);
    asker.must_send(direct(replier.number(), "$.D"));
    check(replier.must_receive().head.sender, ::getpid(), 1000, 1001);
}

BOOST_AUTO_TEST_CASE(they_outlive_their_sender)
{
    endpoint listener = open();
    listener.listen("$.A");
    {
        endpoint sender = open_unprivileged();
        sender.must_send(announcement("$.A"));
    }
    check(listener.must_receive().head.sender, ::getpid(), 1000, 1001);
}

BOOST_AUTO_TEST_CASE(nobody_can_write_them)
{
    endpoint sender = open();
    for (u32 autobus_credentials::* field :
         {&autobus_credentials::tgid, &autobus_credentials::uid, &autobus_credentials::gid}) {
        outgoing record = announcement("$.A");
        record.head.sender.*field = 1;
        BOOST_TEST(sender.send(record) == -EINVAL);
        record = announcement("$.A");
        record.head.claimed.*field = 1;
        BOOST_TEST(sender.send(record) == -EPERM);
    }
    BOOST_TEST(sender.send(announcement("$.A", "", AUTOBUS_CLAIMED)) == -EPERM);
}

BOOST_AUTO_TEST_CASE(the_kernels_own_records_come_from_endpoint_zero)
{
    endpoint watcher = open();
    endpoint target = open_unprivileged();
    BOOST_REQUIRE_EQUAL(watcher.watch(target.number()), 0);
    target.close();
    BOOST_TEST(watcher.must_receive().head.from == 0u);
}

BOOST_AUTO_TEST_CASE(the_list_tells_who_opened_each_endpoint)
{
    endpoint self = open();
    endpoint plain = open_unprivileged();
    const auto all = self.list(AUTOBUS_LIST_ENDPOINTS);
    BOOST_REQUIRE_EQUAL(all.size(), 2u);
    check_self(all[0].head.opener);
    check(all[1].head.opener, ::getpid(), 1000, 1001);
}

BOOST_AUTO_TEST_SUITE_END()
