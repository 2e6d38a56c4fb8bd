// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// read, write, poll, FIONREAD, SEND, RECEIVE and CALL.

#include "tests/conformance/support.hpp"

using namespace conformance;

namespace {

struct calls_fixture : bus_fixture {
    endpoint sender = open();
    endpoint reader = open();
    bytes room = bytes(8192);

    calls_fixture() { reader.listen("$.A"); }

    ssize_t read() { return reader.file().read(room.data(), room.size()); }
};

// A CALL that asks $.Lamp.
struct call_of_lamp {
    bytes image = to_bytes(request("$.Lamp", "question"));
    bytes room = bytes(4096);
    autobus_transfer transfer = {};

    explicit call_of_lamp(u64 timeout = long_time, u32 flags = 0)
    {
        transfer.size = sizeof(transfer);
        transfer.flags = flags;
        transfer.in = reinterpret_cast<std::uintptr_t>(image.data());
        transfer.in_size = image.size();
        transfer.out = reinterpret_cast<std::uintptr_t>(room.data());
        transfer.out_size = room.size();
        transfer.timeout = timeout;
    }

    int operator()(endpoint& asker) { return asker.ioctl(AUTOBUS_IOC_CALL, &transfer); }
    std::vector<incoming> records() { return parse_records(room.data(), transfer.out_done); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(Calls, calls_fixture)

BOOST_AUTO_TEST_CASE(a_write_and_a_read_carry_a_record)
{
    const bytes image = to_bytes(announcement("$.A", "data"));
    BOOST_TEST(sender.file().write(image.data(), image.size())
               == static_cast<ssize_t>(image.size()));
    const ssize_t size = read();
    BOOST_TEST(size == static_cast<ssize_t>(image.size()));
    const auto records = parse_records(room.data(), size);
    BOOST_REQUIRE_EQUAL(records.size(), 1u);
    BOOST_TEST(records[0].name == "$.A");
    BOOST_TEST(records[0].data == "data");
}

BOOST_AUTO_TEST_CASE(data_of_each_length_arrives_byte_for_byte)
{
    for (std::size_t size = 0; size < 600; size++) {
        std::string data(size, '\0');
        for (std::size_t i = 0; i < size; i++) {
            data[i] = static_cast<char>(i * 7 + size);
        }
        sender.must_send(announcement("$.A", data));
        BOOST_REQUIRE(reader.must_receive().data == data);
    }
}

BOOST_AUTO_TEST_CASE(a_read_takes_several_records_each_whole)
{
    for (int i = 0; i < 5; i++) {
        sender.must_send(announcement("$.A", std::to_string(i)));
    }
    const std::size_t one = reader.next_size();
    room.resize(3 * one + one / 2);
    BOOST_TEST(read() == static_cast<ssize_t>(3 * one));
    BOOST_TEST(parse_records(room.data(), 3 * one).back().data == "2");
    BOOST_TEST(read() == static_cast<ssize_t>(2 * one));
}

BOOST_AUTO_TEST_CASE(a_record_that_does_not_fit_is_emsgsize_and_stays)
{
    sender.must_send(announcement("$.A", std::string(100, 'x')));
    const int size = reader.next_size();
    for (const int less : {0, 1, 8, 100, size - 1}) {
        BOOST_TEST(reader.file().read(room.data(), less) == -EMSGSIZE);
    }
    BOOST_TEST(reader.readable());
    BOOST_TEST(reader.file().read(room.data(), size) == size);
    BOOST_TEST(!reader.readable());
}

BOOST_AUTO_TEST_CASE(receive_takes_at_most_as_many_as_asked)
{
    for (int i = 0; i < 5; i++) {
        sender.must_send(announcement("$.A"));
    }
    autobus_transfer transfer = {};
    transfer.most = 2;
    BOOST_TEST(reader.receive_into(room, transfer) == 0);
    BOOST_TEST(transfer.received == 2u);
    transfer = {};
    BOOST_TEST(reader.receive_into(room, transfer) == 0);
    BOOST_TEST(transfer.received == 3u);
    BOOST_TEST(parse_records(room.data(), transfer.out_done).size() == 3u);
}

BOOST_AUTO_TEST_CASE(fionread_tells_the_size_of_the_next_record)
{
    BOOST_TEST(reader.next_size() == 0);
    sender.must_send(announcement("$.A", "12345678"));
    sender.must_send(announcement("$.A", std::string(500, 'x')));
    BOOST_TEST(reader.next_size() == static_cast<int>(sizeof(autobus_record) + 8 + 8));
    reader.must_receive();
    BOOST_TEST(reader.next_size() == static_cast<int>(sizeof(autobus_record) + 8 + 504));
    sender.must_send(announcement("$.A", "", AUTOBUS_URGENT));
    BOOST_TEST(reader.next_size() == static_cast<int>(sizeof(autobus_record) + 8));
}

BOOST_AUTO_TEST_CASE(an_empty_queue_is_eagain_without_waiting)
{
    reader.file().set_nonblock(true);
    BOOST_TEST(read() == -EAGAIN);
    autobus_transfer transfer = {};
    BOOST_TEST(reader.receive_into(room, transfer) == -EAGAIN);
    reader.file().set_nonblock(false);
    transfer = {};
    transfer.flags = AUTOBUS_TRANSFER_DONTWAIT;
    BOOST_TEST(reader.receive_into(room, transfer) == -EAGAIN);
}

BOOST_AUTO_TEST_CASE(a_file_may_be_opened_nonblocking)
{
    endpoint other = open(O_RDWR | O_NONBLOCK);
    BOOST_TEST(other.file().read(room.data(), room.size()) == -EAGAIN);
}

BOOST_AUTO_TEST_CASE(a_blocking_read_is_woken_by_a_record)
{
    auto waits = meanwhile([&] { return read(); });
    BOOST_TEST(!waits.is_done());
    sender.must_send(announcement("$.A", "woken"));
    BOOST_TEST(parse_records(room.data(), waits.get()).front().data == "woken");
}

BOOST_AUTO_TEST_CASE(a_blocking_read_is_woken_by_a_status_a_notice_and_a_direct)
{
    endpoint other = open();
    other.serve("$.Lamp");
    reader.must_send(request("$.Lamp"));
    BOOST_REQUIRE_EQUAL(reader.watch(other.number()), 0);
    auto waits = meanwhile([&] { return read(); });
    sender.must_send(direct(reader.number(), "$.D"));
    BOOST_TEST(parse_records(room.data(), waits.get()).front().name == "$.D");
    auto again = meanwhile([&] { return read(); });
    other.close();
    BOOST_TEST(parse_records(room.data(), again.get()).front().name == AUTOBUS_NAME_GONE_AWAY);
}

BOOST_AUTO_TEST_CASE(a_read_that_waits_is_interrupted_by_a_signal)
{
    auto waits = meanwhile([&] { return read(); });
    while (!waits.is_done(short_time)) {
        reader.file().interrupt(waits.handle());
    }
    BOOST_TEST(waits.get() == -EINTR);
}

BOOST_AUTO_TEST_CASE(two_readers_of_one_file_get_a_record_each)
{
    bytes other_room(4096);
    auto one = meanwhile([&] { return read(); });
    auto two = meanwhile([&] {
        autobus_transfer transfer = {};
        transfer.most = 1;
        const int error = reader.receive_into(other_room, transfer);
        return error ? error : static_cast<int>(transfer.received);
    });
    sender.must_send(announcement("$.A"));
    while (!one.is_done(short_time) && !two.is_done(short_time)) {
    }
    sender.must_send(announcement("$.A"));
    BOOST_TEST(one.get() > 0);
    BOOST_TEST(two.get() == 1);
}

BOOST_AUTO_TEST_CASE(a_receive_takes_a_time_limit)
{
    autobus_transfer transfer = {};
    transfer.timeout = short_time;
    BOOST_TEST(reader.receive_into(room, transfer) == -ETIMEDOUT);
    sender.must_send(announcement("$.A"));
    transfer = {};
    transfer.timeout = short_time;
    BOOST_TEST(reader.receive_into(room, transfer) == 0);
    transfer = {};
    transfer.timeout = ~u64{0};
    auto waits = meanwhile([&] { return reader.receive_into(room, transfer); });
    BOOST_TEST(!waits.is_done());
    sender.must_send(announcement("$.A"));
    BOOST_TEST(waits.get() == 0);
}

BOOST_AUTO_TEST_CASE(poll_says_what_can_be_done)
{
    BOOST_TEST(reader.file().poll() == POLLOUT);
    sender.must_send(announcement("$.A"));
    BOOST_TEST(reader.file().poll() == (POLLIN | POLLOUT));
    BOOST_TEST(reader.file().poll() == (POLLIN | POLLOUT));
    reader.must_receive();
    BOOST_TEST(reader.file().poll() == POLLOUT);
}

BOOST_AUTO_TEST_CASE(a_poll_that_waits_is_woken)
{
    BOOST_TEST(!reader.file().wait_readable(0));
    auto waits = meanwhile([&] { return reader.file().wait_readable(60'000); });
    BOOST_TEST(!waits.is_done());
    sender.must_send(announcement("$.A"));
    BOOST_TEST(waits.get());
    reader.must_receive();
    BOOST_TEST(!reader.file().wait_readable(0));
}

BOOST_AUTO_TEST_CASE(a_poll_is_woken_by_a_lost_mark_alone)
{
    endpoint router = open_router();
    auto waits = meanwhile([&] { return reader.file().wait_readable(60'000); });
    outgoing lost{{}, AUTOBUS_NAME_LOST, ""};
    lost.head.type = AUTOBUS_MARK;
    lost.head.lost = 1;
    router.must_send(from_afar(lost));
    BOOST_TEST(waits.get());
    BOOST_TEST(reader.must_receive().name == AUTOBUS_NAME_LOST);
}

BOOST_AUTO_TEST_CASE(a_call_is_a_round_trip)
{
    endpoint replier = open();
    replier.serve("$.Lamp");
    call_of_lamp call;
    auto waits = meanwhile([&] { return call(sender); });
    replier.must_send(reply(replier.must_receive().head.serial, "answer"));
    BOOST_TEST(waits.get() == 0);
    BOOST_TEST(call.transfer.sent == 1u);
    BOOST_TEST(call.transfer.received == 1u);
    BOOST_TEST(call.transfer.in_done == call.image.size());
    const incoming answer = call.records().front();
    BOOST_TEST(answer.data == "answer");
    BOOST_TEST(answer.head.in_reply_to == call.transfer.serial);
}

BOOST_AUTO_TEST_CASE(a_call_gives_the_next_records_whatever_they_are)
{
    endpoint replier = open();
    replier.serve("$.Lamp");
    sender.listen("$.News");
    replier.must_send(announcement("$.News", "was there before"));
    call_of_lamp call;
    BOOST_TEST(call(sender) == 0);
    BOOST_TEST(call.records().front().data == "was there before");
    replier.must_send(reply(replier.must_receive().head.serial));
    BOOST_TEST(name_of(sender.receive()) == "$.Lamp");
}

BOOST_AUTO_TEST_CASE(a_call_that_cannot_send_does_not_receive)
{
    sender.listen("$.News");
    reader.must_send(announcement("$.News"));
    call_of_lamp call;
    BOOST_TEST(call(sender) == -EADDRNOTAVAIL);
    BOOST_TEST(call.transfer.sent == 0u);
    BOOST_TEST(name_of(sender.receive()) == "$.News");
}

BOOST_AUTO_TEST_CASE(a_call_that_sent_a_part_does_not_wait)
{
    endpoint replier = open();
    replier.serve("$.Lamp");
    call_of_lamp call;
    call.image = to_bytes({request("$.Lamp"), request("$.Nobody")});
    call.transfer.in = reinterpret_cast<std::uintptr_t>(call.image.data());
    call.transfer.in_size = call.image.size();
    BOOST_TEST(call(sender) == 0);
    BOOST_TEST(call.transfer.sent == 1u);
    BOOST_TEST(call.transfer.received == 0u);
    BOOST_TEST(replier.receive_all().size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_a_call_sent_is_written_back_if_its_wait_ends_badly)
{
    endpoint replier = open();
    replier.serve("$.Lamp");
    call_of_lamp late(short_time);
    BOOST_TEST(late(sender) == -ETIMEDOUT);
    BOOST_TEST(late.transfer.sent == 1u);
    BOOST_TEST(late.transfer.in_done == late.image.size());
    BOOST_TEST(late.transfer.serial == replier.must_receive().head.serial);
    call_of_lamp without_wait(0, AUTOBUS_TRANSFER_DONTWAIT);
    BOOST_TEST(without_wait(sender) == -EAGAIN);
    BOOST_TEST(without_wait.transfer.sent == 1u);
    BOOST_TEST(replier.receive_all().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_call_that_is_interrupted_has_sent_once)
{
    endpoint replier = open();
    replier.serve("$.Lamp");
    call_of_lamp call;
    auto waits = meanwhile([&] { return call(sender); });
    while (!waits.is_done(short_time)) {
        sender.file().interrupt(waits.handle());
    }
    BOOST_TEST(waits.get() == -EINTR);
    BOOST_TEST(call.transfer.sent == 1u);
    const u64 asked = replier.must_receive().head.serial;
    BOOST_TEST(call.transfer.serial == asked);
    BOOST_TEST(!replier.receive());
    replier.must_send(reply(asked, "still"));
    BOOST_TEST(sender.must_receive().data == "still");
}

BOOST_AUTO_TEST_CASE(a_call_on_a_full_queue_of_answers_fails_before_it_sends)
{
    endpoint replier = open();
    replier.serve("$.Lamp");
    sender.make_queue(1);
    sender.must_send(direct(sender.number(), "$.D"));
    call_of_lamp call;
    BOOST_TEST(call(sender) == -ENOLCK);
    BOOST_TEST(!replier.receive());
}

BOOST_AUTO_TEST_CASE(a_call_with_too_little_room_has_sent_and_says_emsgsize)
{
    endpoint replier = open();
    replier.serve("$.Lamp");
    replier.close();
    endpoint other = open();
    other.serve("$.Lamp");
    other.must_send(direct(sender.number(), "$.D", std::string(5000, 'x')));
    call_of_lamp call;
    BOOST_TEST(call(sender) == -EMSGSIZE);
    BOOST_TEST(call.transfer.sent == 1u);
    BOOST_TEST(sender.must_receive().data.size() == 5000u);
}

BOOST_AUTO_TEST_SUITE_END()
