// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/discovery/directory.hpp"

#include "tests/support/limpet_fakes.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace limpet;
using limpet::test::epoch;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

struct kept_events : directory::events {
    void service_found(const directory::service& what) override {
        told.push_back("found " + what.id + " " + what.info["v"].asString());
    }
    void service_changed(const directory::service& what) override {
        std::string text = "changed " + what.id;
        for (const location& where : what.locations) {
            text += " " + where.text();
        }
        told.push_back(text);
    }
    void service_lost(const std::string& id) override { told.push_back("lost " + id); }
    void probe(const std::string& id, const location& where) override {
        told.push_back("probe " + id + " " + where.text());
    }
    strings told;
};

beacon add(const std::string& id, const char* version = "1", std::uint16_t port = 5) {
    beacon result{beacon::kind::add, id, port, Json::objectValue};
    result.info["v"] = version;
    return result;
}

struct fixture {
    kept_events events;
    directory known{[](const std::string&, const Json::Value& info) { return info["v"] != "no"; },
                    events};

    strings told() { return std::exchange(events.told, {}); }
    void expect(const strings& expected) {
        BOOST_TEST(told() == expected, boost::test_tools::per_element());
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(directories, fixture)

BOOST_AUTO_TEST_CASE(the_first_info_stays) {
    known.heard(add("s", "1"), "10.0.0.1", epoch);
    known.heard(add("s", "2"), "10.0.0.1", epoch);
    expect({"found s 1"});
    BOOST_TEST(known.find("s")->info["v"].asString() == "1");
}

BOOST_AUTO_TEST_CASE(what_nobody_wants_is_not_kept) {
    known.heard(add("s", "no"), "10.0.0.1", epoch);
    expect({});
    BOOST_TEST(known.size() == 0u);
    BOOST_TEST(!known.next());
}

BOOST_AUTO_TEST_CASE(locations_add_up_in_the_order_heard_of) {
    known.heard(add("s"), "127.0.0.1", epoch);
    known.heard(add("s"), "10.0.0.1", epoch);
    expect({"found s 1", "changed s 127.0.0.1:5 10.0.0.1:5"});
    known.heard({beacon::kind::remove, "s", 5, {}}, "127.0.0.1", epoch);
    expect({"changed s 10.0.0.1:5"});
    known.heard({beacon::kind::remove, "s", 6, {}}, "10.0.0.1", epoch); // another port
    known.heard({beacon::kind::remove, "t", 5, {}}, "10.0.0.1", epoch);
    expect({});
    known.heard({beacon::kind::remove, "s", 5, {}}, "10.0.0.1", epoch);
    expect({"lost s"});
}

BOOST_AUTO_TEST_CASE(silence_is_asked_about_and_no_answer_is_the_end) {
    known.heard(add("s"), "10.0.0.1", epoch);
    (void)told();
    BOOST_TEST((known.next() == epoch + 30s));
    known.tick(epoch + 29s);
    expect({});
    known.tick(epoch + 30s);
    expect({"probe s 10.0.0.1:5"});
    known.tick(epoch + 31s);
    expect({}); // one at a time
    known.probed("s", {"10.0.0.1", 5}, true, epoch + 31s);
    known.tick(epoch + 43s);
    expect({"probe s 10.0.0.1:5"});
    known.probed("s", {"10.0.0.1", 5}, false, epoch + 44s);
    expect({"lost s"});
    BOOST_TEST(!known.next());
}

BOOST_AUTO_TEST_CASE(a_probe_that_nobody_answers_is_the_end_too) {
    known.heard(add("s"), "10.0.0.1", epoch);
    known.heard(add("s"), "10.0.0.2", epoch + 20s);
    known.tick(epoch + 30s);
    (void)told();
    known.tick(epoch + 45s);
    expect({"changed s 10.0.0.2:5"});
    known.tick(epoch + 50s);
    expect({"probe s 10.0.0.2:5"});
    known.tick(epoch + 65s);
    expect({"lost s"});
}

BOOST_AUTO_TEST_CASE(an_add_in_between_settles_a_probe) {
    known.heard(add("s"), "10.0.0.1", epoch);
    known.tick(epoch + 30s);
    known.heard(add("s"), "10.0.0.1", epoch + 31s);
    (void)told();
    known.probed("s", {"10.0.0.1", 5}, false, epoch + 32s); // of before
    known.tick(epoch + 60s);
    expect({});
    known.tick(epoch + 61s);
    expect({"probe s 10.0.0.1:5"});
}

BOOST_AUTO_TEST_CASE(a_probe_may_be_answered_from_within) {
    struct answering : kept_events {
        void probe(const std::string& id, const location& where) override {
            known->probed(id, where, id == "alive", epoch + 30s);
        }
        directory* known = nullptr;
    } answering;
    directory asks{[](const auto&, const auto&) { return true; }, answering};
    answering.known = &asks;
    asks.heard(add("alive"), "10.0.0.1", epoch);
    asks.heard(add("dead"), "10.0.0.1", epoch);
    asks.tick(epoch + 30s);
    BOOST_TEST(asks.size() == 1u);
    BOOST_TEST(asks.find("alive") != nullptr);
    BOOST_TEST((asks.next() == epoch + 42s));
}

BOOST_AUTO_TEST_CASE(a_flood_of_one_source_leaves_room_for_others) {
    for (int i = 0; i < 10000; i++) {
        known.heard(add("flood" + std::to_string(i)), "10.0.0.66", epoch);
    }
    BOOST_TEST(known.size() == directory::per_source_max);
    BOOST_TEST(known.refused() == 10000 - directory::per_source_max);
    known.heard(add("honest"), "10.0.0.1", epoch);
    BOOST_TEST(known.find("honest") != nullptr);
}

BOOST_AUTO_TEST_CASE(a_flood_of_many_sources_is_bounded) {
    for (int i = 0; i < 10000; i++) {
        known.heard(add("flood" + std::to_string(i)),
                    "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250), epoch);
    }
    BOOST_TEST(known.size() == directory::services_max);
    known.tick(epoch + 30s); // all are asked about
    known.tick(epoch + 45s); // and nobody answers
    BOOST_TEST(known.size() == 0u);
    known.heard(add("honest"), "10.0.0.1", epoch + 45s);
    BOOST_TEST(known.size() == 1u);
}

BOOST_AUTO_TEST_CASE(locations_of_one_service_are_bounded) {
    for (int i = 0; i < 100; i++) {
        known.heard(add("s"), "10.0.0." + std::to_string(i), epoch);
    }
    BOOST_TEST(known.find("s")->locations.size() == directory::locations_max);
}

BOOST_AUTO_TEST_SUITE_END()
