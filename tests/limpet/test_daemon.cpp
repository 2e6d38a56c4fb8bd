// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/daemon.hpp"

#include "tests/support/free_port.hpp"
#include "tests/support/limpet_fakes.hpp"
#include "tests/support/loop_runner.hpp"
#include "tests/support/plain_client.hpp"

#include "autobus/in_process.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace limpet;
using namespace limpet::test;
using namespace std::chrono_literals;

namespace {

// A host: a bus inside the process, and a whole limpet on it.
struct host {
    host(epoll_loop& loop, std::uint16_t discovery_port, options chosen = {})
        : bus{autobus::in_process_bus::create().value()}, loop_{loop} {
        chosen.network = chosen.network.empty() ? "test" : chosen.network;
        chosen.open = true;
        chosen.interfaces = {"lo"};
        chosen.discovery_port = discovery_port;
        options_ = chosen;
        start();
    }

    void start() {
        stopped.reset();
        autobus::open_options how;
        how.nonblocking = true;
        auto device = bus->open(how, autobus::in_process_opener{{1, 0, 0}, true}).value();
        limpet = std::make_unique<limpet::daemon>(
            loop_, log, options_, std::move(device),
            [this](const std::string& reason) { stopped = reason; });
        const auto started = limpet->start();
        BOOST_REQUIRE_MESSAGE(started, (started ? "" : started.error().message()));
    }

    autobus::device open() {
        autobus::open_options how;
        how.nonblocking = true;
        return bus->open(how, autobus::in_process_opener{{7, 1000, 1000}, false}).value();
    }

    std::unique_ptr<autobus::in_process_bus> bus;
    kept_log log;
    std::optional<std::string> stopped;
    std::unique_ptr<limpet::daemon> limpet;

private:
    epoll_loop& loop_;
    options options_;
};

struct fixture {
    epoll_loop loop;
    std::uint16_t discovery_port = free_udp_port();

    void run(const std::function<bool()>& holds, const char* what) { run_until(loop, holds, what); }

    void link(host& a, host& b) {
        run([&] { return a.limpet->link_count() == 1 && b.limpet->link_count() == 1; }, "a link");
    }

    // The next record that an endpoint reads.
    autobus::message next(autobus::device& endpoint, const char* what) {
        std::optional<autobus::message> found;
        run(
            [&] {
                auto message = endpoint.receive(autobus::no_wait);
                if (message) {
                    found = *message;
                }
                return found.has_value();
            },
            what);
        return *found;
    }

    // Asks again and again until somebody is there to answer.
    std::uint64_t request(autobus::device& endpoint, autobus::name_view name,
                          std::string_view data) {
        std::uint64_t serial = 0;
        run(
            [&] {
                const auto sent = endpoint.request(name, data);
                serial = sent.value_or(0);
                return sent.has_value();
            },
            "a replier");
        return serial;
    }

    // What a program prints, while the loop goes on.
    std::string output_of(const std::string& command) {
        std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
        BOOST_REQUIRE(pipe != nullptr);
        std::string text;
        bool done = false;
        const auto watch = loop.add_watch(::fileno(pipe), [&](bool, bool) {
            char buffer[4096];
            const ssize_t size = ::read(::fileno(pipe), buffer, sizeof(buffer));
            if (size > 0) {
                text.append(buffer, static_cast<std::size_t>(size));
            } else {
                done = true;
            }
        });
        watch->want(true, false);
        run([&] { return done; }, "the program's end");
        ::pclose(pipe);
        return text;
    }

    void send_datagram(const std::string& datagram) {
        beacon_socket socket{loop, {discovery_port, {"lo"}, {}}, [](auto, auto&) {}, [] {}};
        socket.send(datagram);
    }
};

options named(const std::vector<std::string>& patterns) {
    options result;
    for (const std::string& text : patterns) {
        result.open_names.push_back(autobus::pattern::parse(text).value());
    }
    return result;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(daemons, fixture)

BOOST_AUTO_TEST_CASE(two_limpets_find_each_other) {
    host a{loop, discovery_port};
    host b{loop, discovery_port};
    link(a, b);
    settle(loop, 1500ms); // past the head start of the second attempt
    BOOST_TEST(a.limpet->link_count() == 1u);
    BOOST_TEST(b.limpet->link_count() == 1u);
    BOOST_TEST(a.log.has("linked with"));
    BOOST_TEST(a.log.has("in clear"));
}

BOOST_AUTO_TEST_CASE(a_request_crosses_and_its_reply_comes_back) {
    host a{loop, discovery_port};
    host b{loop, discovery_port};
    link(a, b);
    autobus::device replier = a.open();
    BOOST_REQUIRE(replier.bind("$.Kitchen.Lamp", autobus::role::replier));
    autobus::device asker = b.open();
    const std::uint64_t serial = request(asker, "$.Kitchen.Lamp", "on?");
    const autobus::message asked = next(replier, "the request");
    BOOST_TEST(asked.data() == "on?");
    BOOST_TEST(asked.is_remote());
    BOOST_REQUIRE(replier.reply(asked, "yes"));
    const autobus::message reply = next(asker, "the reply");
    BOOST_TEST(reply.in_reply_to() == serial);
    BOOST_TEST(reply.data() == "yes");
    BOOST_TEST((reply.type() == autobus::message_type::reply));
}

BOOST_AUTO_TEST_CASE(announcements_cross_to_who_listens) {
    host a{loop, discovery_port};
    host b{loop, discovery_port};
    autobus::device listener = b.open();
    BOOST_REQUIRE(listener.bind("$.Weather.*", autobus::role::listener));
    link(a, b);
    autobus::device sender = a.open();
    std::optional<autobus::message> heard;
    run(
        [&] {
            (void)sender.announce("$.Weather.Wind", "7");
            auto message = listener.receive(autobus::no_wait);
            if (message) {
                heard = *message;
            }
            return heard.has_value();
        },
        "the announcement");
    BOOST_TEST(heard->data() == "7");
    BOOST_TEST(heard->is_remote());
}

BOOST_AUTO_TEST_CASE(named_peers_link_without_discovery) {
    host a{loop, discovery_port};
    options chosen;
    chosen.peers = {{"localhost", a.limpet->port()}};
    host b{loop, free_udp_port(), chosen};
    link(a, b);
    // Named on both sides and found on one: still one link.
    settle(loop, 300ms);
    BOOST_TEST(a.limpet->link_count() == 1u);
}

BOOST_AUTO_TEST_CASE(a_peer_without_a_port_is_told_of_us_and_connects) {
    host a{loop, discovery_port};
    options chosen;
    chosen.peers = {{"127.0.0.1", std::nullopt}};
    host b{loop, discovery_port, chosen};
    link(a, b);
}

BOOST_AUTO_TEST_CASE(other_networks_do_not_meet) {
    options chosen;
    chosen.network = "home";
    host a{loop, discovery_port};
    host b{loop, discovery_port, chosen};
    settle(loop, 1200ms);
    BOOST_TEST(a.limpet->link_count() == 0u);
    BOOST_TEST(b.limpet->link_count() == 0u);
}

BOOST_AUTO_TEST_CASE(one_bus_has_one_limpet) {
    host a{loop, discovery_port};
    autobus::open_options how;
    how.nonblocking = true;
    kept_log log;
    options chosen;
    chosen.network = "test";
    limpet::daemon second{loop, log, chosen,
                          a.bus->open(how, autobus::in_process_opener{{1, 0, 0}, true}).value(),
                          [](const std::string&) {}};
    const auto started = second.start();
    BOOST_REQUIRE(!started);
    BOOST_TEST(started.error().code() == EBUSY);
    BOOST_TEST(started.error().message().size() > 20u);
}

BOOST_AUTO_TEST_CASE(a_program_without_rights_makes_no_limpet) {
    host a{loop, discovery_port};
    auto other = autobus::in_process_bus::create().value();
    kept_log log;
    options chosen;
    chosen.network = "test";
    limpet::daemon weak{loop, log, chosen,
                        other->open({}, autobus::in_process_opener{{1, 5, 5}, false}).value(),
                        [](const std::string&) {}};
    const auto started = weak.start();
    BOOST_REQUIRE(!started);
    BOOST_TEST(started.error().code() == EPERM);
}

BOOST_AUTO_TEST_CASE(a_stop_says_goodbye_and_the_next_start_links_again) {
    host a{loop, discovery_port};
    host b{loop, discovery_port};
    link(a, b);
    b.limpet->stop("a test");
    run([&] { return a.limpet->link_count() == 0; }, "the end of the link");
    BOOST_TEST(a.log.has("this limpet stops"));
    run([&] { return b.stopped.has_value(); }, "the stop");
    b.limpet.reset();
    b.start();
    link(a, b);
}

BOOST_AUTO_TEST_CASE(a_limpet_that_vanishes_with_a_request_open_makes_it_unreachable) {
    host a{loop, discovery_port};
    host b{loop, discovery_port};
    link(a, b);
    autobus::device replier = a.open();
    BOOST_REQUIRE(replier.bind("$.Kitchen.Lamp", autobus::role::replier));
    autobus::device asker = b.open();
    const std::uint64_t serial = request(asker, "$.Kitchen.Lamp", "on?");
    (void)next(replier, "the request");
    a.limpet.reset(); // without a word
    const autobus::message answer = next(asker, "the status");
    BOOST_TEST(answer.in_reply_to() == serial);
    BOOST_TEST((autobus::status_of(answer) == autobus::status_kind::unreachable));
    BOOST_TEST((answer.reached() == autobus::reach::unknown));
}

BOOST_AUTO_TEST_CASE(junk_on_the_discovery_port_harms_nobody) {
    host a{loop, discovery_port};
    host b{loop, discovery_port};
    for (const std::string junk :
         {"", "junk", "{}", "{\"command\":\"add\"}", "\xff\xfe", "[[[[[[[[", "{\"command\":5}"}) {
        for (int i = 0; i < 100; i++) {
            send_datagram(junk);
        }
    }
    send_datagram(std::string(60'000, '['));
    link(a, b);
    run([&] { return a.log.has("ignored a datagram from 127.0.0.1"); }, "a word about it");
    std::size_t words = 0;
    for (const std::string& sentence : a.log.said) {
        words += sentence.find("ignored a datagram") != std::string::npos ? 1 : 0;
    }
    BOOST_TEST(words <= 2u); // not one for each
}

BOOST_AUTO_TEST_CASE(forged_datagrams_cost_attempts_in_bounds_and_no_link) {
    host a{loop, discovery_port};
    host b{loop, discovery_port};
    link(a, b);
    for (std::uint64_t bus = 1; bus <= 200; bus++) {
        const limpet_identity forged{"test", bus, 1, "forged"};
        send_datagram(to_datagram({beacon::kind::add, forged.service(), 9, to_info(forged)}));
    }
    send_datagram(
        to_datagram({beacon::kind::remove, b.limpet->identity().service(), b.limpet->port(), {}}));
    settle(loop, 500ms);
    BOOST_TEST(a.limpet->link_count() == 1u);
    BOOST_TEST(b.limpet->link_count() == 1u);
}

BOOST_AUTO_TEST_CASE(a_plain_program_calls_what_is_open_to_it) {
    host a{loop, discovery_port, named({"$.Kitchen.*"})};
    autobus::device replier = a.open();
    BOOST_REQUIRE(replier.bind("$.Kitchen.Lamp", autobus::role::replier));
    autobus::device listener = a.open();
    BOOST_REQUIRE(listener.bind("$.Kitchen.Door", autobus::role::listener));
    const auto fd = replier.fd().value();
    const auto watch = loop.add_watch(fd, [&](bool, bool) {
        if (const auto asked = replier.receive(autobus::no_wait); asked && asked->is_owed()) {
            BOOST_TEST(asked->is_remote());
            BOOST_TEST(!asked->claimed());
            (void)replier.reply(*asked, "you said " + std::string{asked->data()});
        }
    });
    watch->want(true, false);
    const std::string program = "tests/support/plain_client.py " + std::to_string(discovery_port);
    BOOST_TEST(output_of(program + " autobus.limpet request '$.Kitchen.Lamp' hello") ==
               "\"you said hello\"\n");
    BOOST_TEST(output_of(program + " autobus.limpet send '$.Kitchen.Door' open") == "null\n");
    const autobus::message heard = next(listener, "the announcement");
    BOOST_TEST(heard.data() == "open");
    BOOST_TEST(heard.is_remote());
    BOOST_TEST(output_of(program + " autobus.limpet request '$.Cellar.Safe' x")
                   .starts_with("error not_allowed: "));
    BOOST_TEST(output_of(program + " autobus.limpet request '$.Kitchen.Nobody' x")
                   .starts_with("error no_replier: "));
    BOOST_TEST(output_of(program + " autobus.details get_details").find("\"request\"") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_plain_program_is_told_when_its_replier_dies) {
    host a{loop, discovery_port, named({"$.Kitchen.*"})};
    auto replier = std::make_unique<autobus::device>(a.open());
    BOOST_REQUIRE(replier->bind("$.Kitchen.Lamp", autobus::role::replier));
    plain_client program{loop, a.limpet->port()};
    program.bind("autobus.limpet");
    program.line(R"({"_id":1,"_command":"call","name":"request","args":["$.Kitchen.Lamp","?"]})");
    program.line(R"({"_id":2,"_command":"call","name":"request","args":["$.Kitchen.Lamp","?"]})");
    (void)next(*replier, "the first request");
    replier.reset();
    run([&] { return program.response(1) && program.response(2); }, "both errors");
    BOOST_TEST(error_of(*program.response(1))->type == "ignored");
    BOOST_TEST(error_of(*program.response(2))->type == "gone_away");
}

BOOST_AUTO_TEST_CASE(a_plain_program_reaches_repliers_of_other_hosts) {
    host a{loop, discovery_port, named({"$.Kitchen.*"})};
    host b{loop, discovery_port};
    autobus::device replier = b.open();
    BOOST_REQUIRE(replier.bind("$.Kitchen.Lamp", autobus::role::replier));
    link(a, b);
    autobus::device watcher = a.open();
    run(
        [&] {
            const auto who = watcher.who("$.Kitchen.Lamp");
            return who && who->has_value();
        },
        "the replier known at a");
    plain_client program{loop, a.limpet->port()};
    program.bind("autobus.limpet");
    program.line(R"({"_id":1,"_command":"call","name":"request","args":["$.Kitchen.Lamp","?"]})");
    const autobus::message asked = next(replier, "the request");
    BOOST_TEST(asked.is_remote());
    BOOST_TEST((asked.claimed() == autobus::credentials{0, 0xffffffff, 0xffffffff}));
    BOOST_REQUIRE(replier.reply(asked, "from afar"));
    run([&] { return program.response(1) != nullptr; }, "the reply");
    BOOST_TEST(program.response(1)->body["result"].asString() == "from afar");
}

BOOST_AUTO_TEST_CASE(a_plain_program_is_heard_on_other_hosts) {
    host a{loop, discovery_port, named({"$.Kitchen.*"})};
    host b{loop, discovery_port};
    autobus::device listener = b.open();
    BOOST_REQUIRE(listener.bind("$.Kitchen.Door", autobus::role::listener));
    link(a, b);
    plain_client program{loop, a.limpet->port()};
    program.bind("autobus.limpet");
    std::optional<autobus::message> heard;
    instant next_try{};
    run(
        [&] {
            if (loop.now() >= next_try) {
                program.line(R"({"_type":3,"_command":"call","name":"send",)"
                             R"("args":["$.Kitchen.Door","open"]})");
                next_try = loop.now() + 100ms;
            }
            if (auto message = listener.receive(autobus::no_wait)) {
                heard = *message;
            }
            return heard.has_value();
        },
        "the announcement");
    BOOST_TEST(heard->data() == "open");
    BOOST_TEST(heard->is_remote());
    BOOST_TEST((heard->claimed() == autobus::credentials{0, 0xffffffff, 0xffffffff}));
    settle(loop);
    BOOST_TEST(a.limpet->link_count() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
