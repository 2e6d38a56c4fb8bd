// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/link/dial_plan.hpp"

#include "tests/support/limpet_fakes.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace limpet;
using limpet::test::epoch;
using namespace std::chrono_literals;

namespace {

const location here{"127.0.0.1", 5};
const location there{"10.0.0.1", 5};

location host(int number) {
    return {"10.0." + std::to_string(number / 250) + "." + std::to_string(number % 250), 5};
}

struct fixture {
    dial_plan plan{[] { return 0.0; }};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(dial_plans, fixture)

BOOST_AUTO_TEST_CASE(a_new_target_is_tried_at_once_and_only_once_at_a_time) {
    plan.add("s", {"s", {here}, {}}, epoch);
    BOOST_TEST((plan.next() == epoch));
    const auto attempts = plan.take(epoch);
    BOOST_REQUIRE(attempts.size() == 1u);
    BOOST_TEST(attempts[0].service == "s");
    BOOST_TEST((attempts[0].where == here));
    BOOST_TEST(plan.take(epoch + 1h).empty());
}

BOOST_AUTO_TEST_CASE(a_head_start_lets_the_other_side_come_first) {
    plan.add("s", {"s", {here}, 1s}, epoch);
    BOOST_TEST(plan.take(epoch + 999ms).empty());
    plan.linked("s");
    BOOST_TEST(plan.take(epoch + 1s).empty());
    BOOST_TEST(!plan.next());
}

BOOST_AUTO_TEST_CASE(failures_wait_longer_and_take_the_next_location) {
    plan.add("s", {"s", {here, there}, {}}, epoch);
    (void)plan.take(epoch);
    auto failure = plan.failed("s", epoch);
    BOOST_TEST(failure.attempts == 1u);
    BOOST_TEST((failure.wait == 2s));
    BOOST_TEST((plan.next() == epoch + 2s));
    const auto second = plan.take(epoch + 2s);
    BOOST_REQUIRE(second.size() == 1u);
    BOOST_TEST((second[0].where == there));
    BOOST_TEST((plan.failed("s", epoch + 2s).wait == 4s));
    const auto third = plan.take(epoch + 6s);
    BOOST_REQUIRE(third.size() == 1u);
    BOOST_TEST((third[0].where == here));
}

BOOST_AUTO_TEST_CASE(a_link_begins_the_count_anew) {
    plan.add("s", {"s", {here}, {}}, epoch);
    (void)plan.take(epoch);
    plan.failed("s", epoch);
    plan.linked("s");
    BOOST_TEST(plan.failed("s", epoch).attempts == 1u);
}

BOOST_AUTO_TEST_CASE(a_target_that_is_removed_is_forgotten) {
    plan.add("s", {"s", {here}, {}}, epoch);
    plan.remove("s");
    BOOST_TEST(plan.take(epoch).empty());
    BOOST_TEST(plan.failed("s", epoch).attempts == 0u);
    BOOST_TEST(!plan.next());
}

BOOST_AUTO_TEST_CASE(hearing_of_it_again_hurries_nothing) {
    plan.add("s", {"s", {here}, {}}, epoch);
    (void)plan.take(epoch);
    plan.failed("s", epoch);
    for (int i = 0; i < 100; i++) {
        plan.add("s", {"s", {here}, {}}, epoch + 1s);
    }
    BOOST_TEST(plan.take(epoch + 1999ms).empty());
}

BOOST_AUTO_TEST_CASE(a_flood_of_targets_is_dialled_in_bounds) {
    for (int i = 0; i < 1000; i++) {
        plan.add("s" + std::to_string(i), {"s", {host(i)}, {}}, epoch);
    }
    std::size_t dialled = 0;
    auto now = epoch;
    for (; now < epoch + 10s; now += 10ms) {
        const auto attempts = plan.take(now);
        BOOST_REQUIRE(attempts.size() <= dial_plan::dials_max);
        dialled += attempts.size();
        for (const auto& attempt : attempts) {
            plan.failed(attempt.key, now);
        }
    }
    BOOST_TEST(dialled <= 10u * dial_plan::rate);
    BOOST_TEST(dialled >= 9u * dial_plan::rate);
}

BOOST_AUTO_TEST_CASE(hosts_that_do_not_answer_keep_only_so_many_attempts_busy) {
    for (int i = 0; i < 100; i++) {
        plan.add("s" + std::to_string(i), {"s", {host(i)}, {}}, epoch);
    }
    std::size_t dialled = 0;
    for (auto now = epoch; now < epoch + 10s; now += 100ms) {
        dialled += plan.take(now).size();
    }
    BOOST_TEST(dialled == dial_plan::dials_max);
    BOOST_TEST(!plan.next());
}

BOOST_AUTO_TEST_CASE(one_host_with_many_names_does_not_keep_others_waiting) {
    for (int i = 0; i < 100; i++) {
        plan.add("a" + std::to_string(i), {"a", {there}, {}}, epoch);
    }
    plan.add("z", {"z", {here}, {}}, epoch);
    const auto attempts = plan.take(epoch);
    BOOST_TEST(attempts.size() == dial_plan::dials_per_host + 1);
    BOOST_TEST(attempts.back().key == "z");
}

BOOST_AUTO_TEST_CASE(a_place_leads_to_the_service_discovered_there) {
    plan.add("peer:5", {"autobus.limpet", {here}, {}}, epoch);
    BOOST_TEST(!plan.service_at(here));
    plan.add("s", {"s", {there, here}, {}}, epoch);
    BOOST_TEST((plan.service_at(here) == "s"));
}

BOOST_AUTO_TEST_SUITE_END()
