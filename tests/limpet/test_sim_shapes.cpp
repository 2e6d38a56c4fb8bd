// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// Bridges over real buses, joined by simulated links: networks of several shapes, full buffers, and
// peers that don't keep to the rules.

#include "limpet/bridge/translate.hpp"
#include "tests/support/sim.hpp"
#include "tests/support/sim_checks.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <map>

using namespace sim;
using autobus::message_type;
using autobus::status_kind;

BOOST_AUTO_TEST_SUITE(sim_limpets)

// ---- Shapes

namespace {

std::vector<host*> add_hosts(world& net, int count, const limpet::bridge_limits& limits = {}) {
    std::vector<host*> all;
    for (int i = 0; i < count; ++i) {
        all.push_back(&net.add_host(std::string(1, static_cast<char>('a' + i)), limits));
    }
    return all;
}

// Everybody announces and asks; everybody hears each announcement once, in each speaker's order,
// and each question has one answer.
void check_everybody_hears_everybody(world& net, const std::vector<host*>& hosts) {
    constexpr int rounds = 20;
    std::vector<program*> speakers;
    std::vector<program*> listeners;
    for (host* each : hosts) {
        listeners.push_back(&each->start("listener"));
        listeners.back()->listen("$.News.*");
        speakers.push_back(&each->start("speaker"));
        speakers.back()->reply_to("$.Ask." + each->name());
        echo(*speakers.back());
    }
    net.run(5s);
    std::map<program*, std::vector<std::uint64_t>> questions;
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < hosts.size(); ++i) {
            BOOST_TEST(speakers[i]->announce("$.News." + hosts[i]->name(), std::to_string(round)) ==
                       0);
            for (host* each : hosts) {
                questions[listeners[i]].push_back(
                    listeners[i]->request("$.Ask." + each->name(), "?"));
            }
        }
        net.run(20ms);
    }
    net.run(5s);
    for (program* listener : listeners) {
        for (host* each : hosts) {
            std::vector<std::string> heard;
            for (const autobus::message& message : listener->log) {
                if (message.name().str() == "$.News." + each->name()) {
                    heard.emplace_back(message.data());
                    BOOST_TEST(message.origin().bus == each->bus());
                }
            }
            std::vector<std::string> said;
            for (int round = 0; round < rounds; ++round) {
                said.push_back(std::to_string(round));
            }
            BOOST_TEST(heard == said, listener->home().name() << " of " << each->name());
        }
        for (const std::uint64_t serial : questions[listener]) {
            const auto all = answers(*listener, serial);
            BOOST_TEST(all.size() == 1u);
            BOOST_TEST((all.at(0).type() == message_type::reply));
        }
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(in_a_chain_everybody_hears_everybody_once) {
    world net;
    const auto hosts = add_hosts(net, 3);
    net.connect(*hosts[0], *hosts[1], {1ms, 5ms});
    net.connect(*hosts[1], *hosts[2], {1ms, 5ms});
    check_everybody_hears_everybody(net, hosts);
    check_clean(net);
}

BOOST_AUTO_TEST_CASE(in_a_triangle_everybody_hears_everybody_once) {
    world net;
    const auto hosts = add_hosts(net, 3);
    for (int i = 0; i < 3; ++i) {
        net.connect(*hosts[i], *hosts[(i + 1) % 3], {1ms, 5ms});
    }
    check_everybody_hears_everybody(net, hosts);
    check_clean(net);
}

BOOST_AUTO_TEST_CASE(in_a_ring_of_four_everybody_hears_everybody_once) {
    world net;
    const auto hosts = add_hosts(net, 4);
    for (int i = 0; i < 4; ++i) {
        net.connect(*hosts[i], *hosts[(i + 1) % 4], {1ms, 5ms});
    }
    check_everybody_hears_everybody(net, hosts);
    check_clean(net);
}

BOOST_AUTO_TEST_CASE(in_a_mesh_of_six_everybody_hears_everybody_once) {
    world net;
    const auto hosts = add_hosts(net, 6);
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            net.connect(*hosts[i], *hosts[k], {1ms, 5ms});
        }
    }
    check_everybody_hears_everybody(net, hosts);
    check_clean(net);
}

BOOST_AUTO_TEST_CASE(a_quiet_change_of_ways_looks_like_no_loss) {
    world net;
    const auto hosts = add_hosts(net, 3);
    net.connect(*hosts[0], *hosts[1]);
    net.connect(*hosts[1], *hosts[2]);
    program& hears = hosts[2]->start("hears");
    hears.listen("$.News");
    program& others = hosts[1]->start("others");
    others.listen("$.Else");
    net.run(3s);
    program& says = hosts[0]->start("says");
    says.announce("$.News", "1");
    says.announce("$.Else", "not for c");
    net.run(3s);
    net.connect(*hosts[0], *hosts[2]); // a shorter way
    net.run(3s);
    says.announce("$.News", "2");
    net.run(3s);
    BOOST_TEST((texts(hears) == std::vector<std::string>{"1", "2"}));
    check_clean(net);
}

BOOST_AUTO_TEST_CASE(when_a_ring_is_cut_the_other_way_is_taken_and_a_loss_is_told) {
    world net;
    const auto hosts = add_hosts(net, 4);
    for (int i = 0; i < 4; ++i) {
        net.connect(*hosts[i], *hosts[(i + 1) % 4]);
    }
    program& hears = hosts[1]->start("hears");
    hears.listen("$.News");
    net.run(3s);
    program& says = hosts[0]->start("says");
    says.announce("$.News", "1");
    net.run(100ms);
    net.cut(*net.link_between(*hosts[0], *hosts[1]));
    says.announce("$.News", "lost"); // both ends still believe in the link
    net.run(8s);
    says.announce("$.News", "2");
    net.run(3s);
    BOOST_TEST((texts(hears) == std::vector<std::string>{"1", "2"}));
    std::uint32_t lost = 0;
    for (const autobus::message& each : hears.log) {
        lost += each.lost();
        BOOST_TEST((each.data() != "2" || lost > 0u), "the loss is told before what follows it");
    }
    BOOST_TEST(lost > 0u);
    check_settled(net);
}

// ---- Flow

BOOST_AUTO_TEST_CASE(a_peer_that_does_not_read_loses_announcements_and_stops_nobody) {
    world net;
    limpet::bridge_limits limits;
    limits.queued_soft = 4096;
    limits.queued_hard = 1 << 20;
    const auto hosts = add_hosts(net, 3, limits);
    cable& stuck = net.connect(*hosts[0], *hosts[1]);
    net.connect(*hosts[0], *hosts[2]);
    program& slow = hosts[1]->start("slow");
    slow.listen("$.News");
    slow.reply_to("$.Slow");
    echo(slow);
    program& quick = hosts[2]->start("quick");
    quick.listen("$.News");
    net.run(3s);
    program& says = hosts[0]->start("says");
    net.set_deaf(stuck, 1, true);
    for (int i = 0; i < 100; ++i) {
        says.announce("$.News", std::to_string(i));
        net.run(2ms);
    }
    BOOST_TEST(texts(quick).size() == 100u);
    const std::uint64_t refused = says.request("$.Slow", "?");
    BOOST_TEST(says.last_error == 0);
    net.run(100ms);
    check_status(says, refused, status_kind::refused);
    BOOST_TEST(answers(says, refused)[0].code() == unsigned{EBUSY});
    net.set_deaf(stuck, 1, false);
    net.run(3s);
    says.announce("$.News", "end");
    net.run(3s);
    const std::size_t heard = texts(slow).size();
    BOOST_TEST(heard > 1u);
    BOOST_TEST(heard < 101u);
    BOOST_TEST(texts(slow).back() == "end");
    std::uint32_t lost = 0;
    for (const autobus::message& each : slow.log) {
        lost += each.lost();
    }
    BOOST_TEST(lost == 101u - heard);
    BOOST_TEST(texts(quick).size() == 101u);
    check_settled(net);
}

BOOST_AUTO_TEST_CASE(answers_find_room_in_a_full_buffer) {
    world net;
    limpet::bridge_limits limits;
    limits.queued_soft = 4096;
    limits.queued_hard = 1 << 20;
    const auto hosts = add_hosts(net, 2, limits);
    cable& stuck = net.connect(*hosts[0], *hosts[1]);
    program& replies = hosts[0]->start("replies");
    replies.reply_to("$.Ask");
    echo(replies);
    program& asks = hosts[1]->start("asks");
    asks.listen("$.News");
    net.run(3s);
    std::vector<std::uint64_t> serials;
    net.set_deaf(stuck, 1, true);
    for (int i = 0; i < 60; ++i) {
        serials.push_back(asks.request("$.Ask", std::string(100, 'x')));
        replies.announce("$.News", std::string(100, 'y'));
        net.run(2ms);
    }
    net.set_deaf(stuck, 1, false);
    net.run(3s);
    for (const std::uint64_t serial : serials) {
        BOOST_TEST(answers(asks, serial).size() == 1u);
        BOOST_TEST((answers(asks, serial).at(0).type() == message_type::reply));
    }
    check_settled(net);
}

BOOST_AUTO_TEST_CASE(a_peer_that_never_reads_again_is_hung_up_on) {
    world net;
    limpet::bridge_limits limits;
    limits.queued_soft = 4096;
    limits.queued_hard = 16384;
    const auto hosts = add_hosts(net, 2, limits);
    cable& stuck = net.connect(*hosts[0], *hosts[1]);
    program& replies = hosts[0]->start("replies");
    replies.reply_to("$.Ask");
    replies.on_message = [&](const autobus::message& message) {
        replies.reply(message.serial(), std::string(1000, 'z'));
    };
    program& asks = hosts[1]->start("asks");
    net.run(3s);
    net.set_deaf(stuck, 1, true);
    std::vector<std::uint64_t> serials;
    for (int i = 0; i < 40; ++i) {
        serials.push_back(asks.request("$.Ask", "?"));
        net.run(2ms);
    }
    net.run(8s);
    BOOST_TEST(net.faults().size() == 1u);
    for (const std::uint64_t serial : serials) {
        if (serial != 0) {
            BOOST_TEST(answers(asks, serial).size() == 1u);
        }
    }
    BOOST_TEST(hosts[0]->open_requests() == 0u);
    BOOST_TEST(hosts[1]->open_requests() == 0u);
}

BOOST_AUTO_TEST_CASE(a_limpet_whose_own_queue_overflows_tells_the_loss_and_counts_anew) {
    world net;
    const auto hosts = add_hosts(net, 2);
    net.connect(*hosts[0], *hosts[1]);
    program& hears = hosts[1]->start("hears");
    hears.listen("$.News");
    net.run(3s);
    program& says = hosts[0]->start("says");
    // No time passes: the router can't read.
    for (int i = 0; i < 6000; ++i) {
        BOOST_TEST(says.announce("$.News", std::to_string(i)) == 0);
    }
    program& late = hosts[0]->start("late");
    late.reply_to("$.Late"); // its notice is lost too
    echo(late);
    net.run(20s);
    program& asks = hosts[1]->start("asks");
    const std::uint64_t serial = asks.request("$.Late", "?");
    BOOST_TEST(serial != 0u);
    net.run(3s);
    BOOST_TEST(answers(asks, serial).size() == 1u);
    std::uint64_t lost = 0;
    for (const autobus::message& each : hears.log) {
        lost += each.lost();
    }
    BOOST_TEST(texts(hears).size() < 6000u);
    BOOST_TEST(texts(hears).size() + lost >= 6000u);
    check_settled(net);
}

// ---- Strangers

BOOST_AUTO_TEST_CASE(an_announcement_from_a_peer_that_is_not_its_origins_parent_is_refused) {
    // b has a's stream from a itself. c, which hears it too, passes it on to b unasked, and faster.
    world net;
    const auto hosts = add_hosts(net, 3);
    host& a = *hosts[0];
    host& b = *hosts[1];
    host& c = *hosts[2];
    cable& ab = net.connect(a, b);
    net.connect(a, c);
    net.connect(b, c);
    program& hears = b.start("hears");
    hears.listen("$.News");
    program& also = c.start("also");
    also.listen("$.News");
    net.run(3s);
    program& says = a.start("says");
    net.set_deaf(ab, ab.ends[0] == &b ? 0 : 1, true);
    for (int i = 1; i <= 3; ++i) {
        says.announce("$.News", std::to_string(i));
        net.run(10ms);
    }
    BOOST_REQUIRE(texts(also).size() == 3u);
    limpet::announce_command third;
    third.of = {a.bus(), a.router()};
    third.number = 3;
    third.content.name = "$.News";
    third.content.data = "3";
    third.content.origin = also.log.at(2).origin();
    BOOST_TEST((net.inject(b, c, limpet::to_json(third)).what == limpet::verdict::done));
    net.run(10ms);
    BOOST_TEST(texts(hears).empty());
    net.set_deaf(ab, ab.ends[0] == &b ? 0 : 1, false);
    net.run(3s);
    BOOST_TEST((texts(hears) == std::vector<std::string>{"1", "2", "3"}));
    BOOST_TEST(b.bridge().counters().refused_parent == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
