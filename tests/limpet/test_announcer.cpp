// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/discovery/announcer.hpp"

#include "tests/support/limpet_fakes.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace limpet;
using limpet::test::epoch;
using namespace std::chrono_literals;

namespace {

// Runs an announcer through its time and keeps when it said what.
struct fixture {
    struct entry {
        duration at;
        beacon::kind type;
    };
    std::vector<entry> said;
    instant now = epoch;
    double drawn = 0.5;
    announcer one{[this](const std::string& datagram) {
                      said.push_back({now - epoch, parse_beacon(datagram)->type});
                  },
                  [this] { return drawn; }};

    fixture() { BOOST_REQUIRE(one.offer({beacon::kind::add, "s", 5, Json::objectValue})); }

    void run_until(duration end) {
        while (one.next() && *one.next() <= epoch + end) {
            now = *one.next();
            one.tick(now);
        }
        now = epoch + end;
    }
    std::vector<double> times(beacon::kind type) const {
        std::vector<double> result;
        for (const entry& one : said) {
            if (one.type == type) {
                result.push_back(std::chrono::duration<double>{one.at}.count());
            }
        }
        return result;
    }
};

using numbers = std::vector<double>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(announcers, fixture)

BOOST_AUTO_TEST_CASE(services_are_announced_at_once_often_and_then_now_and_then) {
    one.start(now);
    run_until(40s);
    BOOST_TEST(times(beacon::kind::add) == (numbers{0, 0.5, 1.5, 3.5, 16, 28.5}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(queries_are_asked_at_the_times_of_the_reference) {
    one.start(now);
    run_until(100s);
    BOOST_TEST(times(beacon::kind::query) == (numbers{0.1, 0.6, 1.6, 3.6, 7.6, 14.6}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(settled_announcements_are_10_to_15_s_apart) {
    for (const double draw : {0.0, 0.999}) {
        fixture other;
        other.drawn = draw;
        other.one.start(other.now);
        other.run_until(100s);
        const numbers all = other.times(beacon::kind::add);
        for (std::size_t i = 4; i < all.size(); i++) {
            BOOST_TEST(all[i] - all[i - 1] >= 10);
            BOOST_TEST(all[i] - all[i - 1] <= 15);
        }
    }
}

BOOST_AUTO_TEST_CASE(queries_are_answered_soon_and_many_by_one_answer) {
    one.start(now);
    run_until(5s);
    said.clear();
    for (int i = 0; i < 1000; i++) {
        one.query_heard(now);
    }
    run_until(6s);
    BOOST_TEST(times(beacon::kind::add) == numbers{5.1}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_flood_of_queries_makes_no_flood_of_answers) {
    one.start(now);
    run_until(5s);
    said.clear();
    for (auto at = 5s; at < 15s; at += 1s) {
        for (int i = 0; i < 100; i++) {
            one.query_heard(now);
            run_until(at + i * 10ms);
        }
    }
    BOOST_TEST(times(beacon::kind::add).size() <= 101u); // 10 s, one each 0.1 s
}

BOOST_AUTO_TEST_CASE(a_changed_network_is_told_everything_anew) {
    one.start(now);
    run_until(60s);
    said.clear();
    one.network_changed(now);
    run_until(64s);
    BOOST_TEST(times(beacon::kind::add) == (numbers{60, 60.5, 61.5, 63.5}),
               boost::test_tools::per_element());
    BOOST_TEST(times(beacon::kind::query).size() == 4u);
}

BOOST_AUTO_TEST_CASE(after_a_goodbye_there_is_silence) {
    one.start(now);
    run_until(5s);
    said.clear();
    one.say_goodbye();
    one.query_heard(now);
    one.network_changed(now);
    BOOST_TEST(!one.next());
    BOOST_TEST(times(beacon::kind::remove).size() == 1u);
    BOOST_TEST(said.size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_offer_too_long_for_a_datagram_is_refused) {
    beacon add{beacon::kind::add, "s", 5, Json::objectValue};
    add.info["x"] = std::string(datagram_max, 'x');
    BOOST_TEST(!one.offer(add));
}

BOOST_AUTO_TEST_SUITE_END()
