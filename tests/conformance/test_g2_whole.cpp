// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// G2: a call that fails has no effect; a batch is a row of calls, each whole.

#include "tests/conformance/support.hpp"

using namespace conformance;

namespace {

const auto nowhere = reinterpret_cast<void*>(16);

// The call fails in that way and changes nothing.
template <typename Call>
void check_no_effect(endpoint& eye, int error, Call call)
{
    const std::string before = state_of(eye);
    BOOST_TEST(call() == error);
    BOOST_TEST(state_of(eye) == before);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(G2, bus_fixture)

BOOST_AUTO_TEST_CASE(a_send_that_fails_leaves_no_trace)
{
    endpoint eye = open(), sender = open(), full = open(), roomy = open();
    full.make_queue(2);
    fill(full, sender, 2);
    roomy.listen("$.Fill");
    full.serve("$.Full");
    roomy.listen("$.Full");
    roomy.serve("$.Roomy");
    const auto attempt = [&](outgoing record) {
        return [&sender, record] { return sender.try_send(record); };
    };
    const auto busy = [&](outgoing record, u32 flags) {
        record.head.flags = flags;
        return attempt(record);
    };
    check_no_effect(eye, -EBUSY, busy(announcement("$.Fill"), AUTOBUS_FAIL));
    check_no_effect(eye, -EAGAIN, busy(announcement("$.Fill"), AUTOBUS_WAIT));
    check_no_effect(eye, -EBUSY, attempt(request("$.Full")));
    check_no_effect(eye, -EAGAIN, busy(request("$.Full"), AUTOBUS_WAIT));
    check_no_effect(eye, -EBUSY, attempt(direct(full.number(), "$.D")));
    check_no_effect(eye, -EADDRNOTAVAIL, attempt(request("$.Nobody")));
    check_no_effect(eye, -ENXIO, attempt(direct(999'999'999, "$.D")));
    check_no_effect(eye, -EBADMSG, attempt(announcement("$.Fill.")));
    check_no_effect(eye, -EPERM, attempt(announcement("$.Autobus.Bound.A")));
    check_no_effect(eye, -ECONNREFUSED, attempt(reply(999'999'999)));
    outgoing stateful = request("$.Roomy");
    stateful.head.to.endpoint = eye.number();
    check_no_effect(eye, -EPIPE, attempt(stateful));
    BOOST_TEST(!roomy.receive());
}

BOOST_AUTO_TEST_CASE(a_request_that_fails_for_a_full_listener_leaves_no_trace)
{
    endpoint eye = open(), asker = open(), replier = open(), full = open();
    replier.serve("$.Lamp");
    full.make_queue(1);
    fill(full, asker, 1);
    full.listen("$.Lamp");
    check_no_effect(eye, -EBUSY,
                    [&] { return asker.try_send(request("$.Lamp", "", AUTOBUS_FAIL)); });
    check_no_effect(eye, -EAGAIN,
                    [&] { return asker.try_send(request("$.Lamp", "", AUTOBUS_WAIT)); });
    BOOST_TEST(!replier.receive());
}

BOOST_AUTO_TEST_CASE(a_reply_that_fails_for_a_full_listener_leaves_the_request_open)
{
    endpoint eye = open(), asker = open(), replier = open(), full = open();
    replier.serve("$.Lamp");
    const u64 asked = asker.must_send(request("$.Lamp"));
    replier.must_receive();
    full.make_queue(1);
    fill(full, asker, 1);
    full.listen("$.Lamp");
    outgoing answer = reply(asked);
    answer.head.flags = AUTOBUS_FAIL;
    check_no_effect(eye, -EBUSY, [&] { return replier.try_send(answer); });
    BOOST_TEST(!asker.receive());
    replier.must_send(reply(asked, "now"));
    BOOST_TEST(asker.must_receive().data == "now");
}

BOOST_AUTO_TEST_CASE(a_bind_that_fails_leaves_no_trace)
{
    endpoint eye = open(), one = open(), two = open();
    one.serve("$.A");
    one.listen("$.A");
    BOOST_REQUIRE_EQUAL(two.set_limits(0, 0, 1), 0);
    two.listen("$.B");
    check_no_effect(eye, -EADDRINUSE, [&] { return eye.bind(AUTOBUS_REPLIER, "$.A"); });
    check_no_effect(eye, -EEXIST, [&] { return one.bind(AUTOBUS_REPLIER, "$.A"); });
    check_no_effect(eye, -EEXIST, [&] { return one.bind(AUTOBUS_LISTENER, "$.A"); });
    check_no_effect(eye, -EDQUOT, [&] { return two.bind(AUTOBUS_LISTENER, "$.C"); });
    check_no_effect(eye, -EPERM, [&] { return two.bind(AUTOBUS_REPLIER, "$.Autobus.C"); });
    check_no_effect(eye, -EBADMSG, [&] { return two.bind(AUTOBUS_LISTENER, "$.*.C"); });
    check_no_effect(eye, -EINVAL, [&] { return two.unbind(AUTOBUS_LISTENER, "$.C"); });
}

BOOST_AUTO_TEST_CASE(a_watch_or_claim_that_fails_leaves_no_trace)
{
    endpoint eye = open(), watcher = open(), target = open();
    BOOST_REQUIRE_EQUAL(watcher.watch(target.number()), 0);
    check_no_effect(eye, -EEXIST, [&] { return watcher.watch(target.number()); });
    check_no_effect(eye, -ENXIO, [&] { return watcher.watch(999'999'999); });
    check_no_effect(eye, -ENOENT, [&] { return eye.unwatch(target.number()); });
    check_no_effect(eye, -EHOSTUNREACH, [&] { return watcher.watch(1, 0, far_bus); });
    endpoint plain = open_unprivileged();
    check_no_effect(eye, -EPERM, [&] { return plain.claim(AUTOBUS_CLAIM_ROUTER); });
}

BOOST_AUTO_TEST_CASE(a_change_of_limits_that_fails_changes_none_of_them)
{
    endpoint eye = open(), other = open();
    fill(other, eye, 5);
    check_no_effect(eye, -EBUSY, [&] { return other.set_limits(4, 1 << 20, 10); });
    check_no_effect(eye, -EBUSY, [&] { return other.set_limits(500, 1, 10); });
    other.listen("$.B");
    check_no_effect(eye, -EBUSY, [&] { return other.set_limits(500, 1 << 20, 1); });
}

BOOST_AUTO_TEST_CASE(a_batch_ends_at_the_first_failure_and_tells_what_was_done)
{
    endpoint sender = open(), listener = open();
    listener.listen("$.A");
    autobus_transfer transfer = {};
    BOOST_TEST(sender.send_all({announcement("$.A", "1"), announcement("$.A", "2"),
                                request("$.Nobody"), announcement("$.A", "3")}, transfer) == 0);
    BOOST_TEST(transfer.sent == 2u);
    BOOST_TEST(transfer.in_done == to_bytes({announcement("$.A", "1"),
                                             announcement("$.A", "2")}).size());
    BOOST_TEST(listener.must_receive().data == "1");
    const incoming last = listener.must_receive();
    BOOST_TEST(last.data == "2");
    BOOST_TEST(transfer.serial == last.head.serial);
    BOOST_TEST(!listener.receive());
}

BOOST_AUTO_TEST_CASE(the_error_of_a_batch_shows_if_its_first_record_fails)
{
    endpoint sender = open(), listener = open();
    listener.listen("$.A");
    autobus_transfer transfer = {};
    BOOST_TEST(sender.send_all({request("$.Nobody"), announcement("$.A")}, transfer)
               == -EADDRNOTAVAIL);
    BOOST_TEST(transfer.sent == 0u);
    BOOST_TEST(!listener.receive());
}

BOOST_AUTO_TEST_CASE(a_write_of_several_records_does_the_same)
{
    endpoint sender = open(), listener = open();
    listener.listen("$.A");
    const bytes good = to_bytes(announcement("$.A", "good"));
    const bytes batch = to_bytes({announcement("$.A", "good"), request("$.Nobody"),
                                  announcement("$.A", "never")});
    BOOST_TEST(sender.file().write(batch.data(), batch.size())
               == static_cast<ssize_t>(good.size()));
    BOOST_TEST(listener.must_receive().data == "good");
    BOOST_TEST(!listener.receive());
    const std::size_t rest = batch.size() - good.size();
    BOOST_TEST(sender.file().write(batch.data() + good.size(), rest) == -EADDRNOTAVAIL);
}

BOOST_AUTO_TEST_CASE(a_batch_whose_end_is_cut_off_is_accepted_up_to_there)
{
    endpoint sender = open(), listener = open();
    listener.listen("$.A");
    const bytes good = to_bytes(announcement("$.A", "good"));
    bytes batch = to_bytes({announcement("$.A", "good"), announcement("$.A", "cut")});
    batch.resize(batch.size() - 8);
    BOOST_TEST(sender.file().write(batch.data(), batch.size())
               == static_cast<ssize_t>(good.size()));
    BOOST_TEST(listener.receive_all().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_full_queue_in_the_middle_of_a_batch_ends_it)
{
    endpoint sender = open(), listener = open();
    listener.make_queue(2);
    listener.listen("$.A");
    const outgoing record = announcement("$.A", "", AUTOBUS_FAIL);
    autobus_transfer transfer = {};
    BOOST_TEST(sender.send_all({record, record, record}, transfer) == 0);
    BOOST_TEST(transfer.sent == 2u);
    BOOST_TEST(sender.send(record) == -EBUSY);
    BOOST_TEST(listener.receive_all().size() == 2u);
}

BOOST_AUTO_TEST_CASE(serials_that_have_no_room_end_the_batch)
{
    endpoint sender = open(), listener = open();
    listener.listen("$.A");
    u64 serials[2] = {};
    autobus_transfer transfer = {};
    transfer.out = reinterpret_cast<std::uintptr_t>(serials);
    transfer.out_size = sizeof(u64) + 4;
    BOOST_TEST(sender.send_all({announcement("$.A"), announcement("$.A")}, transfer) == 0);
    BOOST_TEST(transfer.sent == 1u);
    BOOST_TEST(transfer.out_done == sizeof(u64));
    transfer = {};
    transfer.out = reinterpret_cast<std::uintptr_t>(serials);
    transfer.out_size = 4;
    BOOST_TEST(sender.send_all({announcement("$.A")}, transfer) == -EMSGSIZE);
    BOOST_TEST(listener.receive_all().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_fault_while_serials_are_copied_out_undoes_nothing)
{
    endpoint sender = open(), listener = open();
    listener.listen("$.A");
    autobus_transfer transfer = {};
    transfer.out = reinterpret_cast<std::uintptr_t>(nowhere);
    transfer.out_size = 64;
    BOOST_TEST(sender.send_all({announcement("$.A", "1"), announcement("$.A", "2")}, transfer)
               == 0);
    BOOST_TEST(transfer.sent >= 1u);
    BOOST_TEST(transfer.out_done == 0u);
    BOOST_TEST(listener.receive_all().size() == transfer.sent);
}

BOOST_AUTO_TEST_CASE(a_receive_that_faults_leaves_the_record_where_it_was)
{
    endpoint sender = open(), listener = open();
    listener.listen("$.A");
    sender.must_send(announcement("$.A", "1"));
    sender.must_send(announcement("$.A", "2"));
    BOOST_TEST(listener.file().read(nowhere, 4096) == -EFAULT);
    autobus_transfer transfer = {};
    transfer.size = sizeof(transfer);
    transfer.out = reinterpret_cast<std::uintptr_t>(nowhere);
    transfer.out_size = 4096;
    BOOST_TEST(listener.ioctl(AUTOBUS_IOC_RECEIVE, &transfer) == -EFAULT);
    BOOST_TEST(transfer.received == 0u);
    BOOST_TEST(listener.must_receive().data == "1");
    BOOST_TEST(listener.must_receive().data == "2");
}

BOOST_AUTO_TEST_CASE(a_request_counts_as_read_only_once_its_copy_succeeded)
{
    endpoint asker = open(), replier = open();
    replier.serve("$.Lamp");
    const u64 asked = asker.must_send(request("$.Lamp"));
    BOOST_TEST(replier.file().read(nowhere, 4096) == -EFAULT);
    bytes small(sizeof(autobus_record));
    BOOST_TEST(replier.file().read(small.data(), small.size()) == -EMSGSIZE);
    BOOST_TEST(replier.send(reply(asked)) == -ECONNREFUSED);
    replier.close();
    BOOST_TEST(name_of(asker.receive()) == AUTOBUS_NAME_GONE_AWAY);
}

BOOST_AUTO_TEST_CASE(a_lost_mark_that_faults_is_told_again)
{
    endpoint sender = open(), listener = open();
    listener.make_queue(1);
    fill(listener, sender, 1);
    sender.must_send(announcement("$.Fill"));
    listener.must_receive();
    BOOST_TEST(listener.file().read(nowhere, 4096) == -EFAULT);
    const incoming mark = listener.must_receive();
    BOOST_TEST(mark.name == AUTOBUS_NAME_LOST);
    BOOST_TEST(mark.head.lost == 1u);
    BOOST_TEST(!listener.receive());
}

BOOST_AUTO_TEST_CASE(a_bad_pointer_to_what_is_sent_is_told_and_sends_nothing)
{
    endpoint eye = open(), sender = open();
    check_no_effect(eye, -EFAULT, [&] { return sender.file().write(nowhere, 4096); });
    autobus_transfer transfer = {};
    transfer.size = sizeof(transfer);
    transfer.in = reinterpret_cast<std::uintptr_t>(nowhere);
    transfer.in_size = 4096;
    check_no_effect(eye, -EFAULT, [&] { return sender.ioctl(AUTOBUS_IOC_SEND, &transfer); });
    check_no_effect(eye, -EFAULT, [&] { return sender.ioctl(AUTOBUS_IOC_SEND, nowhere); });
    check_no_effect(eye, -EFAULT, [&] {
        return sender.bind(AUTOBUS_LISTENER, std::string_view(static_cast<char*>(nowhere), 3));
    });
}

BOOST_AUTO_TEST_SUITE_END()
