// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// What only the bus inside a process can show: something happens exactly while a record is
// copied, each copy fails once, an opener exits.

#include "tests/conformance/support.hpp"

#ifndef CONFORMANCE_WITHOUT_INPROC

#include "userspace/host/faults.h"
#include "userspace/host/inproc.h"

#include <utility>

using namespace conformance;

namespace {

// Runs at the next copies: what it returns decides whether the copy fails.
std::function<bool()> at_copy;

int on_copy()
{
    return at_copy() ? 1 : 0;
}

struct copy_hook {
    explicit copy_hook(std::function<bool()> hook)
    {
        at_copy = std::move(hook);
        ab_copy_fails = on_copy;
    }
    ~copy_hook() { ab_copy_fails = nullptr; }
};

// Does something in the middle of the next copy, once.
struct during_copy : copy_hook {
    explicit during_copy(std::function<void()> act)
        : copy_hook([this, act = std::move(act)] {
              if (!std::exchange(done, true)) {
                  act();
              }
              return false;
          })
    {
    }
    bool done = false;
};

// Fails the n-th copy of the calls made while it lives.
struct failing_copy : copy_hook {
    explicit failing_copy(int nth) : copy_hook([this] { return ++count == fails; }), fails(nth) {}
    [[nodiscard]] bool reached() const { return count >= fails; }
    int count = 0;
    int fails;
};

struct inproc_fixture : bus_fixture {
    endpoint asker = open();
    endpoint replier = open();
    bytes room = bytes(4096);

    inproc_fixture() { replier.serve("$.Lamp"); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(InProcess, inproc_fixture)

BOOST_AUTO_TEST_CASE(a_request_withdrawn_while_it_is_read_is_not_read)
{
    asker.must_send(request("$.Lamp"));
    replier.file().set_nonblock(true);
    ssize_t size = 0;
    {
        during_copy hook([&] { asker.close(); });
        size = replier.file().read(room.data(), room.size());
    }
    BOOST_TEST(size == -EAGAIN);
}

BOOST_AUTO_TEST_CASE(a_request_unbound_while_it_is_read_is_not_read)
{
    const u64 asked = asker.must_send(request("$.Lamp"));
    asker.must_send(direct(replier.number(), "$.D"));
    ssize_t size = 0;
    {
        during_copy hook([&] {
            BOOST_TEST(replier.unbind(AUTOBUS_REPLIER, "$.Lamp") == 0);
        });
        size = replier.file().read(room.data(), room.size());
    }
    BOOST_REQUIRE_GT(size, 0);
    const auto records = parse_records(room.data(), size);
    BOOST_REQUIRE_EQUAL(records.size(), 1u);
    BOOST_TEST(records[0].name == "$.D");
    const incoming status = asker.must_receive();
    BOOST_TEST(status.name == AUTOBUS_NAME_UNBOUND_REPLIER);
    BOOST_TEST(status.head.in_reply_to == asked);
}

BOOST_AUTO_TEST_CASE(each_copy_of_a_send_may_fail_and_sends_nothing)
{
    const outgoing record = announcement("$.A", "data");
    endpoint listener = open();
    listener.listen("$.A");
    const u64 serial = asker.info().serial;
    for (int nth = 1;; nth++) {
        s64 result;
        {
            failing_copy fault(nth);
            result = asker.send(record);
            if (!fault.reached()) {
                break;
            }
        }
        // The last copy gives results back: what was sent stays sent.
        if (result == -EFAULT && !listener.receive()) {
            BOOST_TEST(asker.info().serial == serial);
        }
    }
    BOOST_TEST(listener.receive().has_value());
}

BOOST_AUTO_TEST_CASE(each_copy_of_a_receive_may_fail_and_the_record_stays)
{
    endpoint listener = open();
    listener.listen("$.A");
    asker.must_send(announcement("$.A", std::string(1000, 'x')));
    int nth = 1;
    for (;; nth++) {
        failing_copy fault(nth);
        const ssize_t size = listener.file().read(room.data(), room.size());
        if (!fault.reached()) {
            BOOST_TEST(parse_records(room.data(), size).front().data.size() == 1000u);
            break;
        }
        BOOST_TEST(size == -EFAULT);
    }
    BOOST_TEST(nth > 1);
    BOOST_TEST(!listener.receive());
}

BOOST_AUTO_TEST_CASE(a_fault_in_the_second_record_leaves_the_first_received)
{
    endpoint listener = open();
    listener.listen("$.A");
    asker.must_send(announcement("$.A", "1"));
    asker.must_send(announcement("$.A", "2"));
    ssize_t size;
    {
        failing_copy fault(3);
        size = listener.file().read(room.data(), room.size());
        BOOST_REQUIRE(fault.reached());
    }
    const auto records = parse_records(room.data(), size);
    BOOST_REQUIRE_EQUAL(records.size(), 1u);
    BOOST_TEST(records[0].data == "1");
    BOOST_TEST(listener.must_receive().data == "2");
}

BOOST_AUTO_TEST_CASE(serials_stay_with_their_records_when_one_cannot_be_copied)
{
    endpoint listener = open();
    listener.listen("$.A");
    u64 serials[3] = {};
    for (int nth = 1;; nth++) {
        autobus_transfer transfer = {};
        std::fill(serials, serials + 3, 0);
        transfer.out = reinterpret_cast<std::uintptr_t>(serials);
        transfer.out_size = sizeof(serials);
        bool reached;
        int error;
        {
            failing_copy fault(nth);
            error = asker.send_all({announcement("$.A", "1"), announcement("$.A", "2"),
                                    announcement("$.A", "3")}, transfer);
            reached = fault.reached();
        }
        const auto heard = listener.receive_all();
        for (u64 i = 0; i < transfer.out_done / sizeof(u64); i++) {
            BOOST_TEST(heard.at(i).head.serial == serials[i]);
        }
        if (!error) {
            BOOST_TEST(heard.size() == transfer.sent);
        }
        if (!reached) {
            break;
        }
    }
}

BOOST_AUTO_TEST_CASE(a_fault_in_a_value_leaves_the_cursor_where_it_was)
{
    endpoint reader = open();
    reader.listen("$.Autobus.Bound.*", AUTOBUS_BIND_VALUES);
    for (int nth = 1; nth <= 2; nth++) {
        failing_copy fault(nth);
        BOOST_TEST(reader.file().read(room.data(), room.size()) == -EFAULT);
    }
    BOOST_TEST(name_of(reader.receive()) == "$.Autobus.Bound.Lamp");
    BOOST_TEST(name_of(reader.receive()) == AUTOBUS_NAME_SYNCED);
}

BOOST_AUTO_TEST_SUITE_END()


#endif
