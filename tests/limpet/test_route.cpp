// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// The bridge's tables: routes, interest, streams, requests, the census, the mirror.

#include "limpet/bridge/census.hpp"
#include "limpet/bridge/interest.hpp"
#include "limpet/bridge/mirror.hpp"
#include "limpet/bridge/request.hpp"
#include "limpet/bridge/route.hpp"
#include "limpet/bridge/stream.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <random>

using namespace limpet;
using autobus::role;

namespace {

constexpr bus_id self = 1;
const auto anyone = [](bus_id) { return true; };

wish listens(const std::string& pattern) {
    return {role::listener, pattern};
}
wish replies(const std::string& pattern) {
    return {role::replier, pattern};
}

} // namespace

// ---- Routes

BOOST_AUTO_TEST_SUITE(route_)

BOOST_AUTO_TEST_CASE(the_shortest_way_is_best_then_the_one_through_the_lowest_bus) {
    route_table table{self};
    BOOST_TEST(table.set(30, 9, {3, 4, 9}));
    BOOST_TEST(table.set(20, 9, {2, 9}));
    BOOST_TEST((table.best(9)->way == path{2, 9}));
    BOOST_TEST(!table.set(50, 9, {5, 9}));
    BOOST_TEST(table.best(9)->via == 20u);
    BOOST_TEST(table.set(20, 9, {}));
    BOOST_TEST(table.best(9)->via == 50u);
}

BOOST_AUTO_TEST_CASE(a_way_that_names_our_own_bus_is_refused) {
    route_table table{self};
    BOOST_TEST(!table.set(20, 9, {2, self, 9}));
    BOOST_TEST(!table.reaches(9));
    BOOST_TEST(!table.set(20, self, {2, self}));
    BOOST_TEST(!table.reaches(self));
    BOOST_TEST(table.set(20, 9, {2, 9}));
    BOOST_TEST(table.set(20, 9, {2, self, 9})); // it takes the earlier one back
    BOOST_TEST(!table.reaches(9));
}

BOOST_AUTO_TEST_CASE(with_a_peer_go_its_ways) {
    route_table table{self};
    table.set(20, 2, {2});
    table.set(20, 9, {2, 9});
    table.set(30, 3, {3});
    table.set(30, 9, {3, 9});
    BOOST_TEST((table.drop(30) == std::vector<bus_id>{3}));
    BOOST_TEST((table.drop(20) == std::vector<bus_id>{2, 9}));
    BOOST_TEST(table.buses().empty());
    BOOST_TEST(table.drop(20).empty());
}

BOOST_AUTO_TEST_SUITE_END()

// ---- Interest

BOOST_AUTO_TEST_SUITE(route_interest)

BOOST_AUTO_TEST_CASE(the_kernels_and_the_limpets_names_do_not_cross) {
    for (const char* each : {"$.A", "$.*", "$.%.State", "$.Autobuses", "$.LimpetX.A"}) {
        BOOST_TEST(crosses(each), each);
    }
    for (const char* each : {"$.Autobus", "$.Autobus.Bound.*", "$.Limpet", "$.Limpet.Peers"}) {
        BOOST_TEST(!crosses(each), each);
    }
}

BOOST_AUTO_TEST_CASE(the_listeners_of_a_name_are_found_through_every_kind_of_pattern) {
    interest_table table;
    table.add(1, listens("$.A.B"));
    table.add(2, listens("$.A.%"));
    table.add(3, listens("$.*"));
    table.add(4, listens("$.%.B"));
    table.add(5, listens("$.A.B.*"));
    table.add(6, replies("$.A.B"));
    table.add(1, listens("$.%.%"));
    BOOST_TEST((table.listeners("$.A.B") == std::vector<bus_id>{1, 2, 3, 4}));
    BOOST_TEST((table.listeners("$.A") == std::vector<bus_id>{3}));
    BOOST_TEST((table.listeners("$.A.B.C") == std::vector<bus_id>{3, 5}));
    BOOST_TEST(table.listens(2, "$.A.X"));
    BOOST_TEST(!table.listens(6, "$.A.B"));
}

BOOST_AUTO_TEST_CASE(the_best_replier_is_the_most_specific_one_then_the_lowest_bus) {
    interest_table table;
    table.add(1, replies("$.*"));
    table.add(2, replies("$.%.B"));
    table.add(3, replies("$.A.*"));
    table.add(5, replies("$.A.B"));
    table.add(4, replies("$.A.B"));
    BOOST_TEST(*table.best_replier("$.A.B", anyone) == 4u);
    BOOST_TEST(*table.best_replier("$.A.B", [](bus_id bus) { return bus < 4; }) == 3u);
    BOOST_TEST(*table.best_replier("$.C.B", anyone) == 2u);
    BOOST_TEST(*table.best_replier("$.C", anyone) == 1u);
    table.forget(1);
    BOOST_TEST(!table.best_replier("$.C", anyone));
}

BOOST_AUTO_TEST_CASE(adding_and_removing_say_whether_they_changed_anything) {
    interest_table table;
    BOOST_TEST(table.add(1, listens("$.A.%.C")));
    BOOST_TEST(!table.add(1, listens("$.A.%.C")));
    BOOST_TEST(table.add(1, replies("$.A.%.C")));
    BOOST_TEST(table.remove(1, listens("$.A.%.C")));
    BOOST_TEST(!table.remove(1, listens("$.A.%.C")));
    BOOST_TEST(!table.remove(7, listens("$.X")));
    BOOST_TEST((table.of(1) == wishes{replies("$.A.%.C")}));
}

// Against the library's own matching, which knows nothing of trees.
BOOST_AUTO_TEST_CASE(it_finds_what_a_walk_over_all_patterns_finds) {
    std::mt19937 random{11};
    const auto word = [&](bool wild) {
        const char* words[] = {"A", "B", "C", "%"};
        return std::string(words[random() % (wild ? 4 : 3)]);
    };
    for (int round = 0; round < 200; ++round) {
        interest_table table;
        std::map<bus_id, wishes> all;
        for (int i = 0; i < 30; ++i) {
            std::string pattern = "$";
            for (unsigned words = 1 + random() % 4; words > 0; --words) {
                pattern += "." + word(true);
            }
            pattern += random() % 3 == 0 ? ".*" : "";
            if (autobus::check_pattern(pattern) != autobus::name_fault::none) {
                continue;
            }
            const bus_id bus = 1 + random() % 5;
            const wish wanted{random() % 2 == 0 ? role::listener : role::replier, pattern};
            if (random() % 4 == 0) {
                BOOST_TEST(table.remove(bus, wanted) == (all[bus].erase(wanted) != 0));
            } else {
                BOOST_TEST(table.add(bus, wanted) == all[bus].insert(wanted).second);
            }
        }
        std::string name = "$";
        for (unsigned words = 1 + random() % 4; words > 0; --words) {
            name += "." + word(false);
        }
        const auto checked = autobus::name_view::parse(name).value();
        std::vector<bus_id> listeners;
        std::optional<bus_id> best;
        std::optional<autobus::pattern_view> by;
        for (const auto& [bus, wanted] : all) {
            bool listening = false;
            for (const auto& [as, text] : wanted) {
                const auto pattern = autobus::pattern_view::parse(text).value();
                if (!pattern.matches(checked)) {
                    continue;
                }
                listening |= as == role::listener;
                if (as == role::replier && (!by || pattern.more_specific_than(*by))) {
                    by = pattern;
                    best = bus;
                }
            }
            if (listening) {
                listeners.push_back(bus);
            }
        }
        BOOST_TEST((table.listeners(name) == listeners), name);
        BOOST_TEST((table.best_replier(name, anyone) == best), name);
    }
}

BOOST_AUTO_TEST_SUITE_END()

// ---- Streams

BOOST_AUTO_TEST_SUITE(route_stream)

BOOST_AUTO_TEST_CASE(nothing_is_taken_before_it_is_joined) {
    stream from;
    from.set_parent(7);
    BOOST_TEST((from.take(7, 5) == intake::not_settled));
    BOOST_TEST(from.settle(9, 0) == 0u);
    BOOST_TEST((from.take(7, 9) == intake::old_number));
    BOOST_TEST((from.take(7, 10) == intake::taken));
}

BOOST_AUTO_TEST_CASE(a_number_is_taken_once_in_order_and_from_the_parent_alone) {
    stream from;
    from.set_parent(7);
    (void)from.settle(0, 0);
    BOOST_TEST((from.take(7, 2) == intake::taken)); // 1 was for others
    BOOST_TEST((from.take(7, 2) == intake::old_number));
    BOOST_TEST((from.take(7, 1) == intake::old_number));
    BOOST_TEST((from.take(8, 3) == intake::wrong_parent));
    BOOST_TEST((from.take(7, 3) == intake::taken));
}

BOOST_AUTO_TEST_CASE(after_a_change_of_ways_what_may_be_missing_is_counted) {
    stream from;
    from.set_parent(7);
    (void)from.settle(0, 0);
    (void)from.take(7, 4);
    from.advance(7, 6);  // 5 and 6 were for others
    from.advance(8, 99); // says somebody who has no say
    from.set_parent(8);
    BOOST_TEST((from.take(8, 7) == intake::not_settled));
    BOOST_TEST(from.settle(8, 0) == 2u);
    BOOST_TEST((from.take(8, 9) == intake::taken));
    from.unsettle();
    BOOST_TEST(from.settle(9, 0) == 0u);
    from.unsettle();
    BOOST_TEST(from.settle(9, 1) == 1u); // it didn't even number for us
    from.unsettle();
    BOOST_TEST(from.settle(5, 1) == 0u); // a parent that is behind
    BOOST_TEST(from.last() == 9u);
}

BOOST_AUTO_TEST_SUITE_END()

// ---- Requests

BOOST_AUTO_TEST_SUITE(route_request)

BOOST_AUTO_TEST_CASE(each_request_is_finished_once) {
    request_table table;
    BOOST_TEST(table.send(7, {0, 100, false}) == 1u);
    BOOST_TEST(table.send(7, {9, 4, true}) == 2u);
    BOOST_TEST(table.send(8, {0, 101, false}) == 1u);
    BOOST_TEST(table.finish_sent(7, 2)->peer == 9u);
    BOOST_TEST(!table.finish_sent(7, 2));
    BOOST_TEST(!table.finish_sent(7, 3));
    BOOST_TEST(!table.finish_sent(5, 1));
    table.deliver(50, {7, 1, false});
    BOOST_TEST(table.finish_delivered(50)->number == 1u);
    BOOST_TEST(!table.finish_delivered(50));
}

BOOST_AUTO_TEST_CASE(with_a_peer_end_what_was_sent_to_it_and_what_came_from_it) {
    request_table table;
    table.send(7, {0, 100, false});
    table.send(7, {9, 4, false});
    BOOST_TEST(table.receive(7, 1));
    BOOST_TEST(table.receive(9, 4));
    const auto askers = table.drop(7);
    BOOST_REQUIRE(askers.size() == 2u);
    BOOST_TEST(askers[0].number == 100u);
    BOOST_TEST(askers[1].peer == 9u);
    BOOST_TEST(!table.finish_received(7, 1));
    BOOST_TEST(table.finish_received(9, 4));
    BOOST_TEST(!table.finish_received(9, 4));
    BOOST_TEST(!table.finish_sent(7, 1));
}

BOOST_AUTO_TEST_CASE(a_connections_numbers_must_grow) {
    request_table table;
    BOOST_TEST(table.receive(7, 3));
    BOOST_TEST(table.finish_received(7, 3));
    BOOST_TEST(!table.receive(7, 3));
    BOOST_TEST(!table.receive(7, 2));
    BOOST_TEST(table.receive(7, 4));
    BOOST_TEST(table.received(7) == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

// ---- The census

BOOST_AUTO_TEST_SUITE(route_census)

namespace {

constexpr std::uint64_t router = 3;

autobus::bound_info notice(autobus::notice_kind kind, std::uint64_t binding,
                           const std::string& pattern, std::uint64_t endpoint = 5) {
    return {kind,           endpoint, binding,
            role::listener, false,    autobus::pattern::parse(pattern).value()};
}

constexpr auto bound = autobus::notice_kind::bound;
constexpr auto unbound = autobus::notice_kind::unbound;

} // namespace

BOOST_AUTO_TEST_CASE(only_the_first_and_the_last_of_equal_bindings_make_a_change) {
    census count{router};
    BOOST_TEST(count.notice(notice(bound, 1, "$.A")).size() == 1u);
    BOOST_TEST(count.notice(notice(bound, 2, "$.A", 6)).empty());
    BOOST_TEST(count.notice(notice(bound, 2, "$.A", 6)).empty());
    BOOST_TEST(count.notice(notice(unbound, 1, "$.A")).empty());
    const auto last = count.notice(notice(unbound, 2, "$.A", 6));
    BOOST_REQUIRE(last.size() == 1u);
    BOOST_TEST(!last[0].added);
    BOOST_TEST(count.notice(notice(unbound, 2, "$.A", 6)).empty());
}

BOOST_AUTO_TEST_CASE(our_own_bindings_and_what_does_not_cross_do_not_count) {
    census count{router};
    BOOST_TEST(count.notice(notice(bound, 1, "$.A", router)).empty());
    BOOST_TEST(count.notice(notice(bound, 2, "$.Limpet.Peers")).empty());
}

BOOST_AUTO_TEST_CASE(what_a_new_count_does_not_see_is_gone) {
    census count{router};
    count.count_anew(2);
    (void)count.notice(notice(bound, 1, "$.A"));
    (void)count.notice(notice(bound, 2, "$.B"));
    BOOST_TEST(count.synced().empty());
    BOOST_TEST(!count.complete());
    BOOST_TEST(count.synced().empty());
    BOOST_TEST(count.complete());
    count.count_anew(2); // the end of $.A was missed
    (void)count.notice(notice(bound, 2, "$.B"));
    (void)count.synced();
    const auto gone = count.synced();
    BOOST_REQUIRE(gone.size() == 1u);
    BOOST_TEST(gone[0].what.second == "$.A");
}

BOOST_AUTO_TEST_CASE(marks_of_an_earlier_count_do_not_end_a_later_one) {
    census count{router};
    count.count_anew(2);
    (void)count.notice(notice(bound, 1, "$.A"));
    count.count_anew(2);
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(count.synced().empty());
    }
    (void)count.notice(notice(bound, 1, "$.A"));
    BOOST_TEST(count.synced().empty());
    BOOST_TEST(count.complete());
}

BOOST_AUTO_TEST_SUITE_END()

// ---- The mirror

BOOST_AUTO_TEST_SUITE(route_mirror)

namespace {

struct noted_bus : bus_port {
    autobus::result<std::uint64_t> bind(autobus::pattern_view pattern, role as,
                                        const autobus::bind_options& options) override {
        if (refuse) {
            return autobus::error(EDQUOT, "bind");
        }
        calls.push_back("bind " + std::string(pattern.str()) + " " +
                        std::string(autobus::to_string(as)) +
                        (options.yielding ? " yielding" : ""));
        return 1;
    }
    autobus::result<void> unbind(autobus::pattern_view pattern, role as, bool drain) override {
        calls.push_back("unbind " + std::string(pattern.str()) + " " +
                        std::string(autobus::to_string(as)) + (drain ? " drain" : ""));
        return {};
    }
    autobus::result<std::uint64_t> send(const autobus::draft&) override { return 1; }

    bool refuse = false;
    std::vector<std::string> calls;
};

} // namespace

BOOST_AUTO_TEST_CASE(what_several_want_is_bound_once) {
    noted_bus bus;
    mirror all{bus};
    all.add(listens("$.A"));
    all.add(listens("$.A"));
    all.add(replies("$.A"));
    all.remove(listens("$.A"));
    all.remove(replies("$.A"));
    all.remove(listens("$.A"));
    all.remove(listens("$.A"));
    BOOST_TEST(
        (bus.calls == std::vector<std::string>{"bind $.A listener", "bind $.A replier yielding",
                                               "unbind $.A replier drain", "unbind $.A listener"}));
}

BOOST_AUTO_TEST_CASE(what_the_bus_refuses_is_tried_again) {
    noted_bus bus;
    mirror all{bus};
    bus.refuse = true;
    all.add(listens("$.A"));
    all.add(listens("$.B"));
    BOOST_TEST(all.missing() == 2u);
    all.remove(listens("$.B"));
    BOOST_TEST(all.missing() == 1u);
    all.retry();
    BOOST_TEST(all.missing() == 1u);
    bus.refuse = false;
    all.retry();
    BOOST_TEST(all.missing() == 0u);
    all.retry();
    BOOST_TEST((bus.calls == std::vector<std::string>{"bind $.A listener"}));
}

BOOST_AUTO_TEST_SUITE_END()
