// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"

#include "support/for_each_failure.hpp"

namespace {

using namespace test;

} // namespace

BOOST_AUTO_TEST_SUITE(endpoint_)

BOOST_AUTO_TEST_CASE(numbers_count_from_1_and_are_never_used_twice) {
    test::bus bus;
    {
        client first(bus), second(bus);
        BOOST_CHECK_EQUAL(first.number(), 1);
        BOOST_CHECK_EQUAL(second.number(), 2);
    }
    client third(bus);
    BOOST_CHECK_EQUAL(third.number(), 3);
    BOOST_CHECK(!ab_endpoint_find(&bus.core(), 2));
    BOOST_CHECK(ab_endpoint_find(&bus.core(), 3) == &third.core());
}

BOOST_AUTO_TEST_CASE(a_bus_has_a_limit_of_endpoints) {
    test::bus bus;
    bus.core().limits.endpoints = 2;
    client first(bus);
    auto second = std::make_unique<client>(bus);
    ab_file* file = nullptr;
    BOOST_CHECK_EQUAL(ab_file_open(&bus.core(), ab_creds_new(1, 1, 1), true, true, false, &file),
                      -ENFILE);
    second.reset();
    client third(bus);
    BOOST_CHECK_EQUAL(third.number(), 3);
}

BOOST_AUTO_TEST_CASE(closing_goes_in_steps_of_one_thing_each_and_in_order) {
    test::bus bus;
    client closing(bus), other(bus);
    BOOST_REQUIRE_EQUAL(closing.serve("$.Q"), 0);
    BOOST_REQUIRE_EQUAL(closing.listen("$.L"), 0);
    BOOST_REQUIRE_EQUAL(other.serve("$.O"), 0);
    BOOST_REQUIRE_EQUAL(other.listen("$.Autobus.Unbound.*"), 0);
    BOOST_REQUIRE_EQUAL(other.watch(closing.number()), 0);
    BOOST_REQUIRE_EQUAL(closing.watch(other.number()), 0);
    const auto handed = other.send(request("$.Q"));
    BOOST_REQUIRE(closing.read());
    const auto unread = other.send(request("$.Q"));
    BOOST_REQUIRE_GT(closing.send(request("$.O")), 0);
    BOOST_REQUIRE_GT(other.send(announcement("$.L")), 0);
    int steps = 0;
    bool more = true;
    failure no_memory(failure_kind::allocation, 0);
    bus.locked([&](ab_effects* fx) {
        BOOST_CHECK(ab_endpoint_close(&closing.core(), fx));
        BOOST_CHECK(!ab_endpoint_close(&closing.core(), fx));
    });
    while (more) {
        bus.check();
        bus.locked([&](ab_effects* fx) {
            more = ab_endpoint_close_step(&closing.core(), fx);
        });
        steps++;
    }
    BOOST_CHECK_EQUAL(no_memory.seen(), 0);
    // One request of its own, two that it owes, two bindings, a watcher, a watch, the record that
    // is still queued (the unread request went with its status), the end.
    BOOST_CHECK_EQUAL(steps, 1 + 2 + 2 + 1 + 1 + 1 + 1);
    const auto all = other.read_all();
    BOOST_REQUIRE_EQUAL(all.size(), 5);
    BOOST_CHECK(all[0].is_status("$.Autobus.Replier.Ignored"));
    BOOST_CHECK_EQUAL(all[0].head.in_reply_to, handed);
    BOOST_CHECK(all[1].is_status("$.Autobus.Replier.GoneAway"));
    BOOST_CHECK_EQUAL(all[1].head.in_reply_to, unread);
    BOOST_CHECK_EQUAL(all[2].name, "$.Autobus.Unbound.Q");
    BOOST_CHECK_EQUAL(all[3].name, "$.Autobus.Unbound.L");
    BOOST_CHECK_EQUAL(all[4].head.code, AUTOBUS_NOTICE_CLOSED);
    for (std::size_t i = 1; i < all.size(); i++) {
        BOOST_CHECK_LT(all[i - 1].head.serial, all[i].head.serial);
    }
}

BOOST_AUTO_TEST_CASE(from_its_first_step_it_is_no_recipient_and_no_replier) {
    test::bus bus;
    client closing(bus), other(bus);
    BOOST_REQUIRE_EQUAL(closing.serve("$.Q"), 0);
    BOOST_REQUIRE_EQUAL(closing.listen("$.L"), 0);
    const auto number = closing.number();
    bus.locked([&](ab_effects* fx) { ab_endpoint_close(&closing.core(), fx); });
    BOOST_CHECK_EQUAL(other.send(request("$.Q")), -EADDRNOTAVAIL);
    BOOST_CHECK_GT(other.send(announcement("$.L")), 0);
    BOOST_CHECK_EQUAL(other.send(direct(number, "$.D")), -ENXIO);
    BOOST_CHECK_EQUAL(other.watch(number), -ENXIO);
    BOOST_CHECK_EQUAL(closing.queued(), 0);
    BOOST_CHECK_EQUAL(other.serve("$.Q"), 0);
    bus.check();
}

BOOST_AUTO_TEST_CASE(calls_on_a_closed_one_fail) {
    test::bus bus;
    client closing(bus), other(bus);
    BOOST_REQUIRE_EQUAL(closing.claim(AUTOBUS_CLAIM_OPENER), 0);
    ab_file_opener_exits(other.file());
    BOOST_CHECK(other.poll() & AB_POLLOUT);
    ab_file_opener_exits(closing.file());
    BOOST_CHECK_EQUAL(closing.poll(), AB_POLLIN | AB_POLLOUT | AB_POLLHUP);
    BOOST_CHECK_EQUAL(closing.send(announcement("$.A")), -ESHUTDOWN);
    BOOST_CHECK_EQUAL(closing.listen("$.A"), -ESHUTDOWN);
    BOOST_CHECK_EQUAL(closing.unbind("$.A", AUTOBUS_LISTENER), -ESHUTDOWN);
    BOOST_CHECK_EQUAL(closing.watch(other.number()), -ESHUTDOWN);
    BOOST_CHECK_EQUAL(closing.claim(AUTOBUS_CLAIM_OPENER), -ESHUTDOWN);
    BOOST_CHECK_EQUAL(closing.limit(5), -ESHUTDOWN);
    BOOST_CHECK_EQUAL(closing.read_error(1000), -ESHUTDOWN);
}

BOOST_AUTO_TEST_CASE(many_watchers_are_all_woken_and_told) {
    test::bus bus;
    client closing(bus);
    std::vector<std::unique_ptr<client>> watchers;
    for (int i = 0; i < 5 * AB_WAKE_BATCH; i++) {
        watchers.push_back(std::make_unique<client>(bus));
        BOOST_REQUIRE_EQUAL(watchers.back()->listen("$.A"), 0);
        BOOST_REQUIRE_EQUAL(watchers.back()->watch(closing.number()), 0);
    }
    BOOST_CHECK_GT(closing.send(announcement("$.A")), 0);
    closing.close();
    bus.check();
    for (auto& one : watchers) {
        BOOST_CHECK_EQUAL(one->read_all().size(), 2);
    }
}

BOOST_AUTO_TEST_CASE(opening_without_memory_leaves_nothing) {
    test::bus bus;
    const auto n = for_each_failure(failure_kind::allocation, [&](auto&& armed) {
        ab_file* file = nullptr;
        int r = -1;
        auto* creds = ab_creds_new(1, 1, 1);
        if (armed([&] { r = ab_file_open(&bus.core(), creds, true, true, false, &file); })) {
            BOOST_CHECK_EQUAL(r, -ENOMEM);
        } else {
            BOOST_REQUIRE_EQUAL(r, 0);
            ab_file_close(file);
        }
    });
    BOOST_CHECK_EQUAL(n, 2);
}

BOOST_AUTO_TEST_SUITE_END()
