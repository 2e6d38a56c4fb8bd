// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// G7: bounded. The default limits, and what each refusal is called.

#include "tests/conformance/support.hpp"

#ifdef __linux__
#include <sys/resource.h>
#endif

using namespace conformance;

BOOST_FIXTURE_TEST_SUITE(G7, bus_fixture)

BOOST_AUTO_TEST_CASE(an_endpoint_has_the_default_limits)
{
    const autobus_limits limits = open().limits();
    BOOST_TEST(limits.records == AUTOBUS_DEFAULT_RECORDS);
    BOOST_TEST(limits.bytes == AUTOBUS_DEFAULT_BYTES);
    BOOST_TEST(limits.bindings == AUTOBUS_DEFAULT_BINDINGS);
    BOOST_TEST(limits.endpoints == AUTOBUS_DEFAULT_ENDPOINTS);
    BOOST_TEST(limits.message == AUTOBUS_DEFAULT_MESSAGE);
    BOOST_TEST(limits.records_ceiling >= limits.records);
    BOOST_TEST(limits.bytes_ceiling >= limits.bytes);
    BOOST_TEST(limits.bindings_ceiling >= limits.bindings);
}

BOOST_AUTO_TEST_CASE(a_queue_holds_as_many_records_as_its_limit)
{
    endpoint sender = open(), listener = open();
    fill(listener, sender, AUTOBUS_DEFAULT_RECORDS);
    BOOST_TEST(sender.send(announcement("$.Fill", "", AUTOBUS_FAIL)) == -EBUSY);
    BOOST_TEST(listener.receive_all().size() == AUTOBUS_DEFAULT_RECORDS);
}

BOOST_AUTO_TEST_CASE(a_queue_holds_as_many_bytes_as_its_limit)
{
    endpoint sender = open(), listener = open();
    listener.listen("$.A");
    const outgoing big = announcement("$.A", std::string(AUTOBUS_DEFAULT_MESSAGE - 3, 'x'),
                                      AUTOBUS_FAIL);
    for (u64 i = 0; i < AUTOBUS_DEFAULT_BYTES / AUTOBUS_DEFAULT_MESSAGE; i++) {
        BOOST_REQUIRE_GT(sender.send(big), 0);
    }
    BOOST_TEST(sender.send(announcement("$.A", "", AUTOBUS_FAIL)) == -EBUSY);
    listener.must_receive();
    BOOST_TEST(sender.send(big) > 0);
}

BOOST_AUTO_TEST_CASE(an_empty_queue_takes_a_record_of_any_size)
{
    endpoint sender = open(), listener = open();
    BOOST_REQUIRE_EQUAL(listener.set_limits(0, 10, 0), 0);
    listener.listen("$.A");
    BOOST_TEST(sender.send(announcement("$.A", std::string(1000, 'x'), AUTOBUS_FAIL)) > 0);
    BOOST_TEST(listener.must_receive().data.size() == 1000u);
}

BOOST_AUTO_TEST_CASE(a_message_has_at_most_so_much_data)
{
    endpoint sender = open(), listener = open();
    listener.listen("$.A");
    const std::string most(AUTOBUS_DEFAULT_MESSAGE, 'x');
    BOOST_TEST(sender.send(announcement("$.A", most)) > 0);
    BOOST_TEST(listener.must_receive().data == most);
    BOOST_TEST(sender.send(announcement("$.A", most + "x")) == -EMSGSIZE);
    BOOST_TEST(!listener.receive());
}

BOOST_AUTO_TEST_CASE(limits_can_be_set_and_told)
{
    endpoint one = open();
    BOOST_TEST(one.set_limits(7, 700, 70) == 0);
    const autobus_limits limits = one.limits();
    BOOST_TEST(limits.records == 7u);
    BOOST_TEST(limits.bytes == 700u);
    BOOST_TEST(limits.bindings == 70u);
    BOOST_TEST(one.set_limits(1000, 0, 0) == 0);
    BOOST_TEST(one.limits().records == 1000u);
    BOOST_TEST(one.limits().bytes == 700u);
}

BOOST_AUTO_TEST_CASE(limits_are_an_endpoints_own)
{
    endpoint one = open(), two = open();
    one.make_queue(7);
    BOOST_TEST(two.limits().records == AUTOBUS_DEFAULT_RECORDS);
}

BOOST_AUTO_TEST_CASE(raising_the_limit_keeps_what_is_queued_in_order)
{
    endpoint sender = open(), listener = open();
    listener.make_queue(3);
    fill(listener, sender, 3);
    listener.make_queue(1000);
    for (int i = 3; i < 1000; i++) {
        BOOST_REQUIRE_GT(sender.send(announcement("$.Fill", std::to_string(i), AUTOBUS_FAIL)), 0);
    }
    BOOST_TEST(sender.send(announcement("$.Fill", "", AUTOBUS_FAIL)) == -EBUSY);
    const auto heard = listener.receive_all();
    BOOST_REQUIRE_EQUAL(heard.size(), 1000u);
    for (int i = 0; i < 1000; i++) {
        BOOST_REQUIRE_EQUAL(heard[i].data, std::to_string(i));
    }
}

BOOST_AUTO_TEST_CASE(below_what_is_in_use_is_ebusy)
{
    endpoint sender = open(), one = open(), target = open();
    fill(one, sender, 3);
    BOOST_REQUIRE_EQUAL(one.watch(target.number()), 0);
    BOOST_TEST(one.set_limits(3, 0, 0) == -EBUSY);
    BOOST_TEST(one.set_limits(4, 0, 0) == 0);
    BOOST_TEST(one.set_limits(0, 5, 0) == -EBUSY);
    one.listen("$.B");
    BOOST_TEST(one.set_limits(0, 0, 1) == -EBUSY);
    BOOST_TEST(one.set_limits(0, 0, 2) == 0);
}

BOOST_AUTO_TEST_CASE(above_the_ceiling_is_eperm_for_an_ordinary_user)
{
    endpoint plain = open_unprivileged();
    const autobus_limits limits = plain.limits();
    BOOST_TEST(plain.set_limits(limits.records_ceiling + 1, 0, 0) == -EPERM);
    BOOST_TEST(plain.set_limits(0, limits.bytes_ceiling + 1, 0) == -EPERM);
    BOOST_TEST(plain.set_limits(0, 0, limits.bindings_ceiling + 1) == -EPERM);
    BOOST_TEST(plain.set_limits(limits.records_ceiling, limits.bytes_ceiling,
                                limits.bindings_ceiling) == 0);
    BOOST_TEST(open().set_limits(0, limits.bytes_ceiling + 1, 0) == 0);
}

BOOST_AUTO_TEST_CASE(what_limits_only_tells_cannot_be_set)
{
    endpoint one = open();
    for (u64 autobus_limits::* field :
         {&autobus_limits::records_ceiling, &autobus_limits::bytes_ceiling,
          &autobus_limits::bindings_ceiling, &autobus_limits::endpoints,
          &autobus_limits::message}) {
        autobus_limits argument = {};
        argument.size = sizeof(argument);
        argument.*field = 1;
        BOOST_TEST(one.ioctl(AUTOBUS_IOC_LIMITS, &argument) == -EINVAL);
    }
}

BOOST_AUTO_TEST_CASE(too_many_bindings_are_edquot)
{
    endpoint one = open();
    for (u64 i = 0; i < AUTOBUS_DEFAULT_BINDINGS; i++) {
        BOOST_REQUIRE_EQUAL(one.bind(AUTOBUS_LISTENER, "$.B" + std::to_string(i)), 0);
    }
    BOOST_TEST(one.bind(AUTOBUS_LISTENER, "$.More") == -EDQUOT);
    BOOST_TEST(one.bind(AUTOBUS_REPLIER, "$.More") == -EDQUOT);
    BOOST_TEST(one.unbind(AUTOBUS_LISTENER, "$.B5") == 0);
    BOOST_TEST(one.bind(AUTOBUS_REPLIER, "$.More") == 0);
    BOOST_TEST(open().bind(AUTOBUS_LISTENER, "$.More") == 0);
}

BOOST_AUTO_TEST_CASE(too_many_endpoints_are_enfile)
{
    rlimit files;
    ::getrlimit(RLIMIT_NOFILE, &files);
    const rlimit many = {std::max<rlim_t>(files.rlim_cur, 2 * AUTOBUS_DEFAULT_ENDPOINTS),
                         std::max<rlim_t>(files.rlim_max, 2 * AUTOBUS_DEFAULT_ENDPOINTS)};
    BOOST_REQUIRE_EQUAL(::setrlimit(RLIMIT_NOFILE, &many), 0);
    std::vector<std::unique_ptr<raw_file>> files_of_bus;
    int error = 0;
    while (!error && files_of_bus.size() <= AUTOBUS_DEFAULT_ENDPOINTS) {
        opened next = host->open(0, O_RDWR, nullptr);
        error = next.error;
        if (next.file) {
            files_of_bus.push_back(std::move(next.file));
        }
    }
    BOOST_TEST(error == -ENFILE);
    BOOST_TEST(files_of_bus.size() == AUTOBUS_DEFAULT_ENDPOINTS);
    // Other buses have their own.
    BOOST_TEST(host->open(1, O_RDWR, nullptr).error == 0);
    files_of_bus.pop_back();
    BOOST_TEST(host->open(0, O_RDWR, nullptr).error == 0);
    files_of_bus.clear();
    ::setrlimit(RLIMIT_NOFILE, &files);
}

BOOST_AUTO_TEST_CASE(the_list_of_endpoints_tells_what_each_uses)
{
    endpoint sender = open(), one = open(), target = open();
    one.make_queue(9);
    fill(one, sender, 3);
    BOOST_REQUIRE_EQUAL(one.watch(target.number()), 0);
    const auto all = sender.list(AUTOBUS_LIST_ENDPOINTS);
    BOOST_REQUIRE_EQUAL(all.size(), 3u);
    const autobus_item& item = all[1].head;
    BOOST_TEST(item.endpoint == one.number());
    BOOST_TEST(item.records == 3u);
    BOOST_TEST(item.reserved_records == 1u);
    BOOST_TEST(item.records_limit == 9u);
    BOOST_TEST(item.bytes == 3 * (std::strlen("$.Fill") + 1));
    BOOST_TEST(item.bytes_limit == AUTOBUS_DEFAULT_BYTES);
    BOOST_TEST(item.bindings == 1u);
    BOOST_TEST(item.lost == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
