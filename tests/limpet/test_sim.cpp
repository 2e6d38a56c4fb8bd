// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// Bridges over real buses, joined by simulated links: what programs on the hosts see.

#include "tests/support/sim.hpp"
#include "tests/support/sim_checks.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>

using namespace sim;
using autobus::message_type;
using autobus::reach;
using autobus::status_kind;

BOOST_AUTO_TEST_SUITE(sim_limpets)

// ---- Two hosts:   a --- b

BOOST_AUTO_TEST_CASE(an_announcement_is_heard_on_the_other_host_once) {
    world net;
    host& a = net.add_host("a");
    host& b = net.add_host("b");
    net.connect(a, b);
    program& hears = b.start("hears");
    program& also = a.start("also");
    hears.listen("$.Kitchen.*");
    also.listen("$.Kitchen.Lamp");
    net.run(2s);
    program& says = a.start("says");
    BOOST_TEST(says.announce("$.Kitchen.Lamp", "on") == 0);
    BOOST_TEST(says.announce("$.Bath.Lamp", "on") == 0);
    net.run(2s);
    BOOST_TEST(texts(hears) == std::vector<std::string>{"on"});
    BOOST_TEST(texts(also) == std::vector<std::string>{"on"});
    const autobus::message& heard = hears.log.at(0);
    BOOST_TEST(heard.is_remote());
    BOOST_TEST(heard.origin().bus == a.bus());
    BOOST_TEST(heard.origin().endpoint == says.endpoint());
    BOOST_TEST(heard.from() == b.router());
    BOOST_TEST(a.bridge().counters().exported == 1u);
    BOOST_TEST(b.bridge().counters().exported == 0u);
    check_clean(net);
}

BOOST_AUTO_TEST_CASE(a_request_is_answered_by_a_replier_on_the_other_host) {
    world net;
    host& a = net.add_host("a");
    host& b = net.add_host("b");
    net.connect(a, b);
    program& replies = b.start("replies");
    replies.reply_to("$.Monitor.Uptime");
    echo(replies);
    net.run(2s);
    program& asks = a.start("asks");
    const std::uint64_t serial = asks.request("$.Monitor.Uptime", "now?");
    BOOST_TEST(serial != 0u);
    net.run(2s);
    BOOST_REQUIRE(asks.log.size() == 1u);
    BOOST_TEST((asks.log[0].type() == message_type::reply));
    BOOST_TEST(asks.log[0].in_reply_to() == serial);
    BOOST_TEST(asks.log[0].data() == "re: now?");
    BOOST_TEST(asks.log[0].is_answer());
    BOOST_TEST(asks.log[0].origin().bus == b.bus());
    BOOST_TEST(asks.log[0].origin().endpoint == replies.endpoint());
    BOOST_REQUIRE(replies.log.size() == 1u);
    BOOST_TEST(replies.log[0].origin().bus == a.bus());
    BOOST_TEST(replies.log[0].origin().serial == serial);
    check_clean(net);
}

BOOST_AUTO_TEST_CASE(bytes_of_any_kind_cross_unchanged) {
    world net;
    host& a = net.add_host("a");
    host& b = net.add_host("b");
    net.connect(a, b);
    program& hears = b.start("hears");
    hears.listen("$.Data");
    net.run(2s);
    program& says = a.start("says");
    std::string every;
    for (int byte = 0; byte < 256; ++byte) {
        every.push_back(static_cast<char>(byte));
    }
    const std::vector<std::string> all{"",
                                       every,
                                       std::string(100, '\0'),
                                       std::string(1000, '\1'),
                                       "{\"json\": [1, \"\\u0000\"]}",
                                       "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80",
                                       "\xed\xa0\x80",
                                       std::string(1 << 20, '\xff'),
                                       std::string(1 << 20, '"')};
    for (const std::string& each : all) {
        BOOST_TEST(says.announce("$.Data", each) == 0);
    }
    net.run(2s);
    BOOST_TEST((texts(hears) == all));
    check_clean(net);
}

BOOST_AUTO_TEST_CASE(a_listener_gets_copies_of_requests_and_replies_on_other_hosts) {
    world net;
    host& a = net.add_host("a");
    host& b = net.add_host("b");
    host& c = net.add_host("c");
    net.connect(a, b);
    net.connect(b, c);
    program& replies = b.start("replies");
    replies.reply_to("$.Lamp");
    echo(replies);
    program& at_a = a.start("at_a");
    at_a.listen("$.Lamp");
    program& at_b = b.start("at_b");
    at_b.listen("$.Lamp");
    program& at_c = c.start("at_c");
    at_c.listen("$.Lamp");
    net.run(2s);
    program& asks = a.start("asks");
    const std::uint64_t serial = asks.request("$.Lamp", "on?");
    net.run(2s);
    for (const program* each : {&at_a, &at_b, &at_c}) {
        BOOST_TEST_CONTEXT(each->name()) {
            BOOST_TEST((texts(*each) == std::vector<std::string>{"on?", "re: on?"}));
            BOOST_REQUIRE(each->log.size() == 2u);
            BOOST_TEST((each->log[0].type() == message_type::request));
            BOOST_TEST((each->log[1].type() == message_type::reply));
            BOOST_TEST(!each->log[0].is_owed());
            BOOST_TEST(!each->log[1].is_answer());
            BOOST_TEST(each->log[0].origin().bus == a.bus());
            BOOST_TEST(each->log[1].origin().bus == b.bus());
        }
    }
    BOOST_TEST(answers(asks, serial).size() == 1u);
    BOOST_TEST(replies.log.size() == 1u);
    check_clean(net);
}

BOOST_AUTO_TEST_CASE(a_request_among_programs_of_one_host_never_becomes_one_elsewhere) {
    world net;
    host& a = net.add_host("a");
    host& b = net.add_host("b");
    net.connect(a, b);
    program& here = a.start("here");
    here.reply_to("$.Lamp");
    echo(here);
    program& there = b.start("there");
    there.reply_to("$.Lamp");
    there.listen("$.Lamp");
    echo(there);
    net.run(2s);
    program& asks = a.start("asks");
    const std::uint64_t serial = asks.request("$.Lamp", "on?");
    net.run(2s);
    BOOST_TEST(answers(asks, serial).size() == 1u);
    BOOST_TEST(here.log.size() == 1u);
    BOOST_REQUIRE(there.log.size() == 2u); // copies
    BOOST_TEST(!there.log[0].is_owed());
    check_clean(net);
}

BOOST_AUTO_TEST_CASE(a_private_request_is_seen_by_nobody_else_on_any_host) {
    world net;
    host& a = net.add_host("a");
    host& b = net.add_host("b");
    net.connect(a, b);
    program& replies = b.start("replies");
    replies.reply_to("$.Safe.Open");
    echo(replies);
    program& spy_here = a.start("spy_here");
    spy_here.listen("$.*");
    program& spy_there = b.start("spy_there");
    spy_there.listen("$.*");
    net.run(2s);
    program& asks = a.start("asks");
    autobus::send_options options;
    options.private_ = true;
    const std::uint64_t serial = asks.device().request("$.Safe.Open", "1234", options).value();
    a.touch();
    net.run(2s);
    BOOST_REQUIRE(answers(asks, serial).size() == 1u);
    BOOST_TEST(answers(asks, serial)[0].data() == "re: 1234");
    BOOST_TEST(texts(spy_here).empty());
    BOOST_TEST(texts(spy_there).empty());
    check_clean(net);
}

BOOST_AUTO_TEST_CASE(the_most_specific_replier_is_asked_then_the_local_one_then_the_lowest_bus) {
    world net;
    host& a = net.add_host("a");
    host& b = net.add_host("b");
    host& c = net.add_host("c");
    net.connect(a, b);
    net.connect(a, c);
    program& all_here = a.start("all_here");
    all_here.reply_to("$.Lamp.*");
    program& exact_b = b.start("exact_b");
    exact_b.reply_to("$.Lamp.Desk");
    program& exact_c = c.start("exact_c");
    exact_c.reply_to("$.Lamp.Desk");
    program& all_there = b.start("all_there");
    all_there.reply_to("$.Lamp.*");
    for (program* each : {&all_here, &exact_b, &exact_c, &all_there}) {
        echo(*each);
    }
    net.run(2s);
    program& asks = a.start("asks");
    asks.request("$.Lamp.Desk", "1");
    asks.request("$.Lamp.Door", "2");
    net.run(2s);
    program& low = b.bus() < c.bus() ? exact_b : exact_c;
    program& high = b.bus() < c.bus() ? exact_c : exact_b;
    BOOST_TEST(texts(low) == std::vector<std::string>{"1"});
    BOOST_TEST(high.log.empty());
    BOOST_TEST(texts(all_here) == std::vector<std::string>{"2"});
    BOOST_TEST(all_there.log.empty());
    low.kill();
    net.run(2s);
    asks.request("$.Lamp.Desk", "3");
    net.run(2s);
    BOOST_TEST(texts(high) == std::vector<std::string>{"3"});
    program& local = a.start("local");
    local.reply_to("$.Lamp.Desk");
    echo(local);
    asks.request("$.Lamp.Desk", "4");
    net.run(2s);
    BOOST_TEST(texts(local) == std::vector<std::string>{"4"});
    check_clean(net);
}

BOOST_AUTO_TEST_CASE(who_waits_for_a_replier_sees_one_appear_on_another_host) {
    world net;
    host& a = net.add_host("a");
    host& b = net.add_host("b");
    net.connect(a, b);
    program& waits = a.start("waits");
    waits.listen("$.Autobus.Bound.Lamp");
    program& asks = a.start("asks");
    net.run(2s);
    BOOST_TEST(asks.request("$.Lamp", "?") == 0u);
    BOOST_TEST(asks.last_error == EADDRNOTAVAIL);
    BOOST_TEST(waits.log.empty());
    program& replies = b.start("replies");
    replies.reply_to("$.Lamp");
    echo(replies);
    net.run(2s);
    BOOST_REQUIRE(waits.log.size() == 1u);
    BOOST_TEST(autobus::bound_info_of(waits.log[0]).value().yielding);
    const std::uint64_t serial = asks.request("$.Lamp", "?");
    net.run(2s);
    BOOST_TEST(answers(asks, serial).size() == 1u);
    replies.kill();
    net.run(2s);
    BOOST_TEST(asks.request("$.Lamp", "?") == 0u);
    check_clean(net);
}

BOOST_AUTO_TEST_CASE(who_binds_and_then_asks_is_heard_and_hears) {
    // The replier announces while it answers; the asker has bound to that just before it asked. In
    // a ring the request may go one way round and the announcement the other.
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        world net{seed};
        std::vector<host*> hosts;
        for (int i = 0; i < 6; ++i) {
            hosts.push_back(&net.add_host(std::string(1, static_cast<char>('a' + i))));
        }
        for (std::size_t i = 0; i < hosts.size(); ++i) {
            net.connect(*hosts[i], *hosts[(i + 1) % hosts.size()], {1ms, 20ms});
        }
        program& replies = hosts[3]->start("replies");
        replies.reply_to("$.Start");
        replies.on_message = [&](const autobus::message& message) {
            if (message.is_owed()) {
                replies.announce("$.Started." + std::string(message.data()), "now");
                replies.reply(message.serial(), "done");
            }
        };
        net.run(5s);
        for (int round = 0; round < 20; ++round) {
            program& asks = hosts[0]->start("asks");
            asks.listen("$.Started.Job" + std::to_string(round));
            BOOST_TEST(asks.request("$.Start", "Job" + std::to_string(round)) != 0u);
            net.run(500ms);
            BOOST_TEST((texts(asks) == std::vector<std::string>{"now", "done"} ||
                        texts(asks) == std::vector<std::string>{"done", "now"}),
                       "seed " << seed << ", round " << round);
            asks.kill();
        }
        check_settled(net);
    }
}

BOOST_AUTO_TEST_CASE(a_stateful_request_is_judged_on_the_other_host) {
    world net;
    host& a = net.add_host("a");
    host& b = net.add_host("b");
    net.connect(a, b);
    program& replies = b.start("replies");
    replies.reply_to("$.Lamp");
    echo(replies);
    program& other = b.start("other");
    net.run(2s);
    program& asks = a.start("asks");
    const std::uint64_t good = asks.request_of({b.bus(), replies.endpoint()}, "$.Lamp", "you");
    const std::uint64_t bad = asks.request_of({b.bus(), other.endpoint()}, "$.Lamp", "not you");
    const std::uint64_t nowhere = asks.request_of({0x1234, 5}, "$.Lamp", "no such bus");
    net.run(2s);
    BOOST_REQUIRE(answers(asks, good).size() == 1u);
    BOOST_TEST(answers(asks, good)[0].data() == "re: you");
    BOOST_REQUIRE(answers(asks, bad).size() == 1u);
    BOOST_TEST((autobus::status_of(answers(asks, bad)[0]) == status_kind::refused));
    BOOST_TEST(answers(asks, bad)[0].code() == unsigned{EPIPE});
    BOOST_REQUIRE(answers(asks, nowhere).size() == 1u);
    BOOST_TEST((autobus::status_of(answers(asks, nowhere)[0]) == status_kind::unreachable));
    BOOST_TEST((answers(asks, nowhere)[0].reached() == reach::no));
    check_clean(net);
}

BOOST_AUTO_TEST_CASE(names_of_the_kernel_and_of_the_limpet_stay_on_their_host) {
    world net;
    host& a = net.add_host("a");
    host& b = net.add_host("b");
    net.connect(a, b);
    program& hears = b.start("hears");
    hears.listen("$.*");
    hears.listen("$.%.State");
    hears.listen("$.Limpet.State");
    program& replies = b.start("replies");
    replies.reply_to("$.%.Get");
    replies.reply_to("$.Limpet.Get");
    net.run(2s);
    program& says = a.start("says");
    says.listen("$.Autobus.Bound.*");
    says.announce("$.Limpet.State", "private");
    const std::uint64_t serial = says.request("$.Limpet.Get", "?");
    net.run(2s);
    BOOST_TEST(texts(hears).empty());
    BOOST_TEST(replies.log.empty());
    BOOST_REQUIRE(answers(says, serial).size() == 1u);
    BOOST_TEST((autobus::status_of(answers(says, serial)[0]) == status_kind::refused));
    for (const autobus::message& each : says.log) {
        if (const auto info = autobus::bound_info_of(each)) {
            BOOST_TEST(!info.value().pattern.str().starts_with("$.Limpet"));
        }
    }
    check_clean(net);
}

// ---- Statuses, across   a --- b --- c

namespace {

struct chain_of_three {
    world net;
    host& a = net.add_host("a");
    host& b = net.add_host("b");
    host& c = net.add_host("c");
    cable& ab = net.connect(a, b);
    cable& bc = net.connect(b, c);
    program& replies = c.start("replies");
    program& asks = a.start("asks");

    chain_of_three() {
        replies.reply_to("$.Lamp");
        net.run(3s);
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_far_replier_that_is_gone_when_the_request_arrives_makes_it_refused,
                        chain_of_three) {
    net.set_deaf(bc, 1, true);
    const std::uint64_t serial = asks.request("$.Lamp", "?");
    net.run(100ms);
    BOOST_TEST(serial != 0u);
    BOOST_TEST(replies.stop_replying("$.Lamp") == 0);
    net.set_deaf(bc, 1, false);
    net.run(2s);
    check_status(asks, serial, status_kind::refused);
    BOOST_TEST(answers(asks, serial)[0].code() == unsigned{EADDRNOTAVAIL});
    check_clean(net);
}

BOOST_FIXTURE_TEST_CASE(a_far_replier_that_dies_with_the_request_read_has_ignored_it,
                        chain_of_three) {
    replies.on_message = [this](const autobus::message&) { replies.kill(); };
    const std::uint64_t serial = asks.request("$.Lamp", "?");
    net.run(2s);
    check_status(asks, serial, status_kind::ignored);
    check_clean(net);
}

BOOST_AUTO_TEST_CASE(a_far_replier_that_dies_or_unbinds_with_the_request_unread_says_so) {
    int gone_away = 0;
    int unbound = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        world net{seed};
        host& a = net.add_host("a");
        host& b = net.add_host("b");
        net.connect(a, b);
        program& replies = b.start("replies");
        replies.reply_to("$.Lamp");
        program& asks = a.start("asks");
        net.run(3s);
        const std::uint64_t serial = asks.request("$.Lamp", "?");
        // The bridge has given it to the bus, the program hasn't had its turn yet.
        bool given = false;
        const auto ends = [&] {
            if (seed % 2 == 0) {
                replies.kill();
            } else {
                replies.stop_replying("$.Lamp");
            }
        };
        std::function<void()> look = [&] {
            if (given) {
                return;
            }
            if (b.bridge().counters().requests_in > 0) {
                given = true;
                if (replies.log.empty()) {
                    ends();
                }
            } else {
                net.at(5us, look);
            }
        };
        look();
        net.run(2s);
        const auto all = answers(asks, serial);
        if (!replies.log.empty()) {
            continue; // it was faster
        }
        BOOST_REQUIRE(all.size() == 1u);
        const auto kind = autobus::status_of(all[0]);
        BOOST_REQUIRE(kind.has_value());
        gone_away += *kind == status_kind::gone_away ? 1 : 0;
        unbound += *kind == status_kind::unbound ? 1 : 0;
        check_clean(net);
    }
    BOOST_TEST(gone_away > 5);
    BOOST_TEST(unbound > 5);
}

BOOST_FIXTURE_TEST_CASE(
    a_request_whose_connection_breaks_is_unreachable_and_the_late_answer_is_dropped,
    chain_of_three) {
    std::uint64_t asked = 0;
    replies.on_message = [&](const autobus::message& message) { asked = message.serial(); };
    const std::uint64_t serial = asks.request("$.Lamp", "?");
    net.run(100ms);
    BOOST_REQUIRE(asked != 0u);
    net.cut(bc);
    net.run(4s);
    check_status(asks, serial, status_kind::unreachable);
    BOOST_TEST((answers(asks, serial)[0].reached() == reach::unknown));
    BOOST_TEST(replies.reply(asked, "late") == 0);
    net.run(4s);
    BOOST_TEST(answers(asks, serial).size() == 1u);
    BOOST_TEST(c.bridge().counters().answers_late == 1u);
    // Nobody replies any more, as far as a knows; when the link is back, somebody does.
    BOOST_TEST(asks.request("$.Lamp", "?") == 0u);
    net.connect(c, b);
    net.run(2s);
    echo(replies);
    const std::uint64_t again = asks.request("$.Lamp", "again");
    net.run(2s);
    BOOST_TEST(answers(asks, again).size() == 1u);
    check_settled(net);
}

BOOST_AUTO_TEST_CASE(wherever_and_whenever_a_link_is_cut_each_request_has_one_answer) {
    int replied = 0;
    int unreachable = 0;
    for (int which = 0; which < 2; ++which) {
        for (int step = 0; step < 60; ++step) {
            chain_of_three chain;
            std::vector<std::string> done;
            chain.replies.on_message = [&](const autobus::message& message) {
                done.emplace_back(message.data());
                chain.replies.reply(message.serial(), "re");
            };
            const std::uint64_t serial = chain.asks.request("$.Lamp", "x");
            chain.net.at(step * 100us, [&] { chain.net.cut(which == 0 ? chain.ab : chain.bc); });
            chain.net.run(10s);
            const auto all = answers(chain.asks, serial);
            BOOST_REQUIRE_MESSAGE(all.size() == 1u, "link " << which << ", step " << step << ": "
                                                            << all.size() << " answers");
            BOOST_TEST(done.size() <= 1u);
            if (all[0].type() == message_type::reply) {
                ++replied;
                BOOST_TEST(done.size() == 1u);
            } else {
                ++unreachable;
                BOOST_TEST((autobus::status_of(all[0]) == status_kind::unreachable));
                BOOST_TEST((all[0].reached() == reach::unknown || done.empty()));
            }
            check_settled(chain.net);
        }
    }
    BOOST_TEST(replied > 10);
    BOOST_TEST(unreachable > 10);
}

BOOST_FIXTURE_TEST_CASE(a_limpet_that_dies_has_its_requests_answered_unreachable, chain_of_three) {
    std::uint64_t asked = 0;
    replies.on_message = [&](const autobus::message& message) { asked = message.serial(); };
    const std::uint64_t serial = asks.request("$.Lamp", "?");
    net.run(100ms);
    BOOST_REQUIRE(asked != 0u);
    b.restart_limpet();
    net.run(4s);
    check_status(asks, serial, status_kind::unreachable);
    BOOST_TEST(replies.reply(asked, "late") == 0);
    net.connect(a, b);
    net.connect(b, c);
    net.run(2s);
    echo(replies);
    const std::uint64_t again = asks.request("$.Lamp", "again");
    const std::uint64_t own = asks.request("$.Lamp", "own");
    a.restart_limpet();
    net.run(4s);
    BOOST_TEST(answers(asks, again).size() == 1u);
    check_status(asks, own, status_kind::unreachable);
    check_settled(net);
}

BOOST_AUTO_TEST_SUITE_END()
