// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// G6: no silent loss. Full listeners, and senders that wait.

#include "tests/conformance/support.hpp"

using namespace conformance;

namespace {

// A listener of $.Fill whose queue of `size` records is full.
struct loss_fixture : bus_fixture {
    endpoint sender = open();
    endpoint full = open();

    void fill_up(u64 size)
    {
        full.make_queue(size);
        fill(full, sender, size);
    }
};

const outgoing waiting = announcement("$.Fill", "waited", AUTOBUS_WAIT);

void check_mark(const incoming& mark, u32 lost)
{
    BOOST_TEST(mark.name == AUTOBUS_NAME_LOST);
    BOOST_TEST(mark.head.type == static_cast<u32>(AUTOBUS_MARK));
    BOOST_TEST(mark.head.lost == lost);
    BOOST_TEST(mark.head.serial == 0u);
    BOOST_TEST(mark.head.from == 0u);
    BOOST_TEST(mark.data == "");
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(G6, loss_fixture)

BOOST_AUTO_TEST_CASE(the_next_record_after_a_gap_tells_how_many_were_lost)
{
    fill_up(2);
    for (int i = 0; i < 3; i++) {
        BOOST_TEST(sender.send(announcement("$.Fill", "lost")) > 0);
    }
    BOOST_TEST(full.must_receive().head.lost == 0u);
    sender.must_send(announcement("$.Fill", "after"));
    BOOST_TEST(full.must_receive().head.lost == 0u);
    const incoming after = full.must_receive();
    BOOST_TEST(after.data == "after");
    BOOST_TEST(after.head.lost == 3u);
    BOOST_TEST(!full.receive());
}

BOOST_AUTO_TEST_CASE(without_a_next_record_a_mark_tells_it)
{
    fill_up(2);
    for (int i = 0; i < 3; i++) {
        sender.must_send(announcement("$.Fill", "lost"));
    }
    full.must_receive();
    full.must_receive();
    BOOST_TEST(full.readable());
    BOOST_TEST(full.next_size() == static_cast<int>(sizeof(autobus_record) + 16));
    BOOST_TEST(full.readable());
    check_mark(full.must_receive(), 3);
    BOOST_TEST(!full.receive());
    BOOST_TEST(!full.readable());
}

BOOST_AUTO_TEST_CASE(after_the_mark_the_next_record_tells_of_no_loss)
{
    fill_up(1);
    sender.must_send(announcement("$.Fill"));
    full.must_receive();
    check_mark(full.must_receive(), 1);
    sender.must_send(announcement("$.Fill"));
    BOOST_TEST(full.must_receive().head.lost == 0u);
}

BOOST_AUTO_TEST_CASE(each_gap_is_told_where_it_is)
{
    fill_up(2);
    sender.must_send(announcement("$.Fill", "lost"));
    full.must_receive();
    sender.must_send(announcement("$.Fill", "after one"));
    sender.must_send(announcement("$.Fill", "lost"));
    sender.must_send(announcement("$.Fill", "lost"));
    full.must_receive();
    sender.must_send(announcement("$.Fill", "after two"));
    BOOST_TEST(full.must_receive().head.lost == 1u);
    BOOST_TEST(full.must_receive().head.lost == 2u);
    BOOST_TEST(!full.receive());
}

BOOST_AUTO_TEST_CASE(an_urgent_record_does_not_tell_of_a_gap)
{
    fill_up(2);
    sender.must_send(announcement("$.Fill", "lost"));
    full.must_receive();
    sender.must_send(announcement("$.Fill", "urgent", AUTOBUS_URGENT));
    const incoming urgent = full.must_receive();
    BOOST_TEST(urgent.data == "urgent");
    BOOST_TEST(urgent.head.lost == 0u);
    full.must_receive();
    check_mark(full.must_receive(), 1);
}

BOOST_AUTO_TEST_CASE(a_withdrawn_request_hands_its_count_on)
{
    endpoint asker = open();
    fill_up(2);
    full.serve("$.Lamp");
    sender.must_send(announcement("$.Fill", "lost"));
    full.must_receive();
    asker.must_send(request("$.Lamp"));
    asker.close();
    full.must_receive();
    check_mark(full.must_receive(), 1);
    BOOST_TEST(!full.receive());
}

BOOST_AUTO_TEST_CASE(losses_are_counted_in_list_and_info)
{
    const u64 before = sender.info().lost;
    fill_up(1);
    sender.must_send(announcement("$.Fill"));
    sender.must_send(announcement("$.Fill"));
    BOOST_TEST(sender.info().lost == before + 2);
    for (const listed& item : sender.list(AUTOBUS_LIST_ENDPOINTS)) {
        BOOST_TEST(item.head.lost == (item.head.endpoint == full.number() ? 2u : 0u));
    }
}

BOOST_AUTO_TEST_CASE(dropping_for_one_listener_leaves_the_others_copies)
{
    endpoint roomy = open();
    fill_up(1);
    roomy.listen("$.Fill");
    sender.must_send(announcement("$.Fill", "heard"));
    BOOST_TEST(roomy.must_receive().data == "heard");
}

BOOST_AUTO_TEST_CASE(fail_is_ebusy_and_nobody_gets_it)
{
    endpoint roomy = open();
    fill_up(1);
    roomy.listen("$.Fill");
    BOOST_TEST(sender.send(announcement("$.Fill", "", AUTOBUS_FAIL)) == -EBUSY);
    BOOST_TEST(!roomy.receive());
    full.must_receive();
    BOOST_TEST(!full.receive());
    BOOST_TEST(sender.send(announcement("$.Fill", "", AUTOBUS_FAIL)) > 0);
}

BOOST_AUTO_TEST_CASE(an_announcement_that_nobody_hears_is_accepted)
{
    BOOST_TEST(sender.send(announcement("$.Nobody", "", AUTOBUS_FAIL)) > 0);
    BOOST_TEST(sender.send(announcement("$.Nobody", "", AUTOBUS_WAIT)) > 0);
}

BOOST_AUTO_TEST_CASE(wait_waits_until_there_is_room)
{
    fill_up(1);
    auto waits = meanwhile([&] { return sender.send(waiting); });
    BOOST_TEST(!waits.is_done());
    BOOST_TEST(full.must_receive().data == "0");
    BOOST_TEST(waits.get() > 0);
    const incoming record = full.must_receive();
    BOOST_TEST(record.data == "waited");
    BOOST_TEST(record.head.lost == 0u);
}

BOOST_AUTO_TEST_CASE(a_waiting_message_reserves_nothing)
{
    endpoint roomy = open();
    fill_up(1);
    roomy.make_queue(1);
    roomy.listen("$.Fill");
    auto waits = meanwhile([&] { return sender.send(waiting); });
    endpoint other = open();
    BOOST_TEST(other.send(direct(roomy.number(), "$.D")) > 0);
    full.must_receive();
    roomy.must_receive();
    BOOST_TEST(waits.get() > 0);
    BOOST_TEST(roomy.must_receive().data == "waited");
    BOOST_TEST(full.must_receive().data == "waited");
}

BOOST_AUTO_TEST_CASE(recipients_of_a_waiting_message_are_looked_up_anew)
{
    endpoint late = open();
    fill_up(1);
    auto waits = meanwhile([&] { return sender.send(waiting); });
    late.listen("$.Fill");
    full.must_receive();
    BOOST_TEST(waits.get() > 0);
    BOOST_TEST(late.must_receive().data == "waited");
}

BOOST_AUTO_TEST_CASE(a_wait_ends_when_the_full_listener_unbinds)
{
    fill_up(1);
    auto waits = meanwhile([&] { return sender.send(waiting); });
    BOOST_REQUIRE_EQUAL(full.unbind(AUTOBUS_LISTENER, "$.Fill"), 0);
    BOOST_TEST(waits.get() > 0);
    BOOST_TEST(full.receive_all().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_wait_ends_when_the_full_listener_closes)
{
    fill_up(1);
    auto waits = meanwhile([&] { return sender.send(waiting); });
    full.close();
    BOOST_TEST(waits.get() > 0);
}

BOOST_AUTO_TEST_CASE(a_wait_ends_when_the_full_listener_raises_its_limit)
{
    fill_up(1);
    auto waits = meanwhile([&] { return sender.send(waiting); });
    full.make_queue(2);
    BOOST_TEST(waits.get() > 0);
    BOOST_TEST(full.receive_all().size() == 2u);
}

BOOST_AUTO_TEST_CASE(who_waited_longest_is_served_first)
{
    fill_up(1);
    std::vector<endpoint> senders;
    for (int i = 0; i < 5; i++) {
        senders.push_back(open());
    }
    std::vector<pending<s64>> waits;
    for (int i = 0; i < 5; i++) {
        waits.push_back(meanwhile([&sender = senders[i], i] {
            return sender.send(announcement("$.Fill", "waiter " + std::to_string(i),
                                            AUTOBUS_WAIT));
        }));
    }
    full.must_receive();
    for (int i = 0; i < 5; i++) {
        BOOST_TEST(waits[i].get() > 0);
        BOOST_TEST(full.must_receive().data == "waiter " + std::to_string(i));
    }
}

BOOST_AUTO_TEST_CASE(several_waiters_go_in_order_when_much_room_comes_at_once)
{
    fill_up(1);
    std::vector<endpoint> senders;
    std::vector<pending<s64>> waits;
    for (int i = 0; i < 4; i++) {
        senders.push_back(open());
    }
    for (int i = 0; i < 4; i++) {
        waits.push_back(meanwhile([&sender = senders[i], i] {
            return sender.send(announcement("$.Fill", std::to_string(i), AUTOBUS_WAIT));
        }));
    }
    full.make_queue(10);
    s64 last = 0;
    for (int i = 0; i < 4; i++) {
        const s64 serial = waits[i].get();
        BOOST_TEST(serial > last);
        last = serial;
    }
}

BOOST_AUTO_TEST_CASE(a_waiter_for_two_full_listeners_needs_both)
{
    endpoint second = open();
    fill_up(1);
    second.make_queue(1);
    second.listen("$.Fill");
    sender.must_send(direct(second.number(), "$.D"));
    auto waits = meanwhile([&] { return sender.send(waiting); });
    full.must_receive();
    BOOST_TEST(!waits.is_done());
    BOOST_TEST(!full.receive());
    second.must_receive();
    BOOST_TEST(waits.get() > 0);
    BOOST_TEST(full.must_receive().data == "waited");
    BOOST_TEST(second.must_receive().data == "waited");
}

BOOST_AUTO_TEST_CASE(a_request_waits_for_a_full_replier)
{
    fill_up(1);
    full.serve("$.Lamp");
    auto waits = meanwhile([&] { return sender.send(request("$.Lamp", "", AUTOBUS_WAIT)); });
    full.must_receive();
    BOOST_TEST(waits.get() > 0);
    BOOST_TEST(full.must_receive().head.flags == (AUTOBUS_WAIT | AUTOBUS_OWED));
}

BOOST_AUTO_TEST_CASE(a_waiting_request_is_refused_when_its_replier_unbinds)
{
    fill_up(1);
    full.serve("$.Lamp");
    auto waits = meanwhile([&] { return sender.send(request("$.Lamp", "", AUTOBUS_WAIT)); });
    BOOST_REQUIRE_EQUAL(full.unbind(AUTOBUS_REPLIER, "$.Lamp"), 0);
    BOOST_TEST(waits.get() == -EADDRNOTAVAIL);
}

BOOST_AUTO_TEST_CASE(a_waiting_request_goes_to_the_replier_that_is_there_then)
{
    endpoint next = open();
    fill_up(1);
    full.serve("$.Lamp.*");
    auto waits = meanwhile([&] { return sender.send(request("$.Lamp.A", "q", AUTOBUS_WAIT)); });
    next.serve("$.Lamp.A");
    full.must_receive();
    BOOST_TEST(waits.get() > 0);
    BOOST_TEST(next.must_receive().data == "q");
}

BOOST_AUTO_TEST_CASE(a_waiting_direct_message_is_refused_when_its_recipient_closes)
{
    fill_up(1);
    auto waits = meanwhile([&] {
        return sender.send(direct(full.number(), "$.D", "", AUTOBUS_WAIT));
    });
    full.close();
    BOOST_TEST(waits.get() == -ENXIO);
}

BOOST_AUTO_TEST_CASE(ones_own_full_queue_is_edeadlk)
{
    fill_up(1);
    BOOST_TEST(full.send(waiting) == -EDEADLK);
    BOOST_TEST(full.try_send(waiting) == -EDEADLK);
    BOOST_TEST(full.send(direct(full.number(), "$.D", "", AUTOBUS_WAIT)) == -EDEADLK);
    BOOST_TEST(full.send(announcement("$.Fill", "", AUTOBUS_FAIL)) == -EBUSY);
    BOOST_TEST(full.send(announcement("$.Fill")) > 0);
}

BOOST_AUTO_TEST_CASE(a_request_to_oneself_needs_room_for_itself_and_its_answer)
{
    full.make_queue(2);
    full.serve("$.Self");
    full.must_send(request("$.Self"));
    BOOST_TEST(full.send(request("$.Self")) == -ENOLCK);
    full.make_queue(3);
    BOOST_TEST(full.send(request("$.Self", "", AUTOBUS_WAIT)) == -EDEADLK);
    BOOST_TEST(full.send(request("$.Self")) == -EBUSY);
}

BOOST_AUTO_TEST_CASE(a_wait_takes_a_time_limit)
{
    fill_up(1);
    BOOST_TEST(sender.send(waiting, short_time) == -ETIMEDOUT);
    full.must_receive();
    BOOST_TEST(!full.receive());
}

BOOST_AUTO_TEST_CASE(a_wait_is_interrupted_by_a_signal)
{
    fill_up(1);
    auto waits = meanwhile([&] { return sender.send(waiting); });
    while (!waits.is_done(short_time)) {
        sender.file().interrupt(waits.handle());
    }
    BOOST_TEST(waits.get() == -EINTR);
    full.must_receive();
    BOOST_TEST(!full.receive());
}

BOOST_AUTO_TEST_CASE(without_waiting_it_is_eagain_and_pollout_is_off_until_there_is_room)
{
    fill_up(1);
    BOOST_TEST(sender.writable());
    BOOST_TEST(sender.try_send(waiting) == -EAGAIN);
    BOOST_TEST(!sender.writable());
    full.must_receive();
    BOOST_TEST(sender.writable());
    BOOST_TEST(sender.try_send(waiting) > 0);
}

BOOST_AUTO_TEST_CASE(a_nonblocking_write_does_the_same)
{
    fill_up(1);
    sender.file().set_nonblock(true);
    const bytes image = to_bytes(waiting);
    BOOST_TEST(sender.file().write(image.data(), image.size()) == -EAGAIN);
    BOOST_TEST(!sender.writable());
    full.must_receive();
    BOOST_TEST(sender.writable());
    BOOST_TEST(sender.file().write(image.data(), image.size())
               == static_cast<ssize_t>(image.size()));
}

BOOST_AUTO_TEST_CASE(pollout_comes_back_when_the_full_one_unbinds)
{
    fill_up(1);
    BOOST_TEST(sender.try_send(waiting) == -EAGAIN);
    BOOST_REQUIRE_EQUAL(full.unbind(AUTOBUS_LISTENER, "$.Fill"), 0);
    BOOST_TEST(sender.writable());
}

BOOST_AUTO_TEST_CASE(pollout_comes_back_when_the_full_one_closes)
{
    fill_up(1);
    BOOST_TEST(sender.try_send(waiting) == -EAGAIN);
    full.close();
    BOOST_TEST(sender.writable());
}

BOOST_AUTO_TEST_CASE(ebusy_leaves_pollout_on)
{
    fill_up(1);
    BOOST_TEST(sender.try_send(announcement("$.Fill", "", AUTOBUS_FAIL)) == -EBUSY);
    BOOST_TEST(sender.writable());
}

BOOST_AUTO_TEST_CASE(pollout_comes_back_to_each_of_several_refused_senders)
{
    endpoint other = open();
    fill_up(1);
    BOOST_TEST(sender.try_send(waiting) == -EAGAIN);
    BOOST_TEST(other.try_send(waiting) == -EAGAIN);
    full.must_receive();
    BOOST_TEST(sender.writable());
    BOOST_TEST(other.writable());
}

BOOST_AUTO_TEST_CASE(a_full_byte_limit_counts_as_a_full_queue)
{
    BOOST_REQUIRE_EQUAL(full.set_limits(0, 100, 0), 0);
    full.listen("$.Fill");
    sender.must_send(announcement("$.Fill", std::string(60, 'x')));
    BOOST_TEST(sender.send(announcement("$.Fill", std::string(60, 'y'), AUTOBUS_FAIL)) == -EBUSY);
    BOOST_TEST(sender.send(announcement("$.Fill", std::string(60, 'y'))) > 0);
    full.must_receive();
    check_mark(full.must_receive(), 1);
}

BOOST_AUTO_TEST_CASE(for_each_copies_need_room_for_all_of_them)
{
    full.make_queue(2);
    full.listen("$.Fill", AUTOBUS_BIND_EACH);
    full.listen("$.*", AUTOBUS_BIND_EACH);
    sender.must_send(direct(full.number(), "$.D"));
    BOOST_TEST(sender.send(announcement("$.Fill", "", AUTOBUS_FAIL)) == -EBUSY);
    BOOST_TEST(sender.send(announcement("$.Fill")) > 0);
    full.must_receive();
    BOOST_TEST(name_of(full.receive()) == "$.Fill");
    check_mark(full.must_receive(), 1);
}

BOOST_AUTO_TEST_SUITE_END()
