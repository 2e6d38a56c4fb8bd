// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// What time does to a connection. What bytes do is in test_links.cpp.

#define BOOST_TEST_DYN_LINK
#include "limpet/link/connection.hpp"

#include "tests/support/fake_loop.hpp"
#include "tests/support/limpet_fakes.hpp"
#include "tests/support/links_host.hpp"
#include "tests/support/loop_runner.hpp"
#include "tests/support/plain_client.hpp"

#include <boost/test/unit_test.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <string>

using namespace limpet;
using namespace limpet::test;
using namespace std::chrono_literals;

namespace {

// A port whose connections nobody ever takes, nor refuses: its queue is full.
struct black_hole {
    black_hole() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        BOOST_REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
        BOOST_REQUIRE(::listen(listener.get(), 0) == 0);
        BOOST_REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) ==
                      0);
        port = ntohs(address.sin_port);
        for (owned_fd& one : fillers) {
            one = owned_fd{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
            (void)::connect(one.get(), reinterpret_cast<sockaddr*>(&address), size);
        }
    }
    owned_fd listener{::socket(AF_INET, SOCK_STREAM, 0)};
    owned_fd fillers[3];
    std::uint16_t port = 0;
};

struct fixture {
    fake_loop loop;
    links_host a{loop, 0xa, 1};

    void run(const std::function<bool()>& holds, const char* what) { run_until(loop, holds, what); }
    std::string hello() {
        Json::Value hello = to_hello({"lab", 0xf, 1, "fake"});
        hello["_command"] = "hello";
        hello["_id"] = 1;
        return to_text(hello);
    }
    bool detailed(const std::string& part) const {
        for (const std::string& sentence : a.log.details) {
            if (sentence.find(part) != std::string::npos) {
                return true;
            }
        }
        return false;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(connections, fixture)

BOOST_AUTO_TEST_CASE(a_connection_that_never_binds_is_closed) {
    plain_client silent{loop, a.all->port()};
    settle(loop);
    loop.advance(9s);
    settle(loop);
    BOOST_TEST(!silent.ended());
    loop.advance(1s);
    run([&] { return silent.ended(); }, "the end");
    BOOST_TEST(a.log.has("didn't bind"));
}

BOOST_AUTO_TEST_CASE(a_trickle_that_never_binds_is_closed_too) {
    plain_client slow{loop, a.all->port()};
    settle(loop);
    for (int i = 0; i < 11 && !slow.ended(); i++) {
        slow.send(" ");
        loop.advance(1s);
        settle(loop, 5ms);
    }
    run([&] { return slow.ended(); }, "the end");
}

BOOST_AUTO_TEST_CASE(a_bound_client_may_be_idle_for_ever_but_not_within_a_line) {
    plain_client one{loop, a.all->port()};
    one.bind(a.self.service());
    run([&] { return one.response("bind") != nullptr; }, "the bind");
    loop.advance(24h);
    one.line(R"({"_id":1,"_command":"ping"})");
    run([&] { return one.response(1) != nullptr; }, "the ping's answer");
    one.send("{\"_id\":");
    settle(loop);
    loop.advance(59s);
    settle(loop);
    BOOST_TEST(!one.ended());
    one.send("2");
    settle(loop);
    loop.advance(1s); // a trickle gains no time
    run([&] { return one.ended(); }, "the end");
    BOOST_TEST(detailed("didn't finish a line"));
}

BOOST_AUTO_TEST_CASE(a_peer_that_falls_silent_is_lost_after_three_and_a_half_intervals) {
    plain_client peer{loop, a.all->port()};
    peer.bind("autobus.limpet");
    peer.line(hello());
    run([&] { return a.ups.size() == 1; }, "the link");
    loop.advance(3400ms);
    settle(loop);
    BOOST_TEST(a.downs.empty());
    loop.advance(100ms);
    run([&] { return a.downs.size() == 1; }, "the loss");
    BOOST_TEST(a.log.has("nothing was heard of it for 3.5 s"));
}

BOOST_AUTO_TEST_CASE(a_peer_that_does_not_read_is_down_at_once_when_it_is_given_up) {
    plain_client peer{loop, a.all->port()};
    peer.bind("autobus.limpet");
    peer.line(hello());
    run([&] { return a.ups.size() == 1; }, "the link");
    // Much is pending; the link doesn't stay up until it's sent.
    Json::Value big{Json::objectValue};
    big["_command"] = "big";
    big["x"] = std::string(1u << 20, 'x');
    for (int i = 0; i < 16; i++) {
        a.all->send(a.link(), big);
    }
    BOOST_TEST(a.all->pending(a.link()) > (15u << 20));
    a.all->hang_up(a.link(), "for a test");
    loop.advance(0ms);
    BOOST_TEST(a.downs.size() == 1u);
}

BOOST_AUTO_TEST_CASE(two_limpets_keep_a_quiet_link_alive) {
    links_host b{loop, 0xb, 1};
    a.seek(b);
    run([&] { return a.linked() && b.linked(); }, "a link");
    for (int i = 0; i < 60; i++) {
        loop.advance(1s);
        settle(loop, 5ms); // real time for the bytes to go over
    }
    BOOST_TEST(a.downs.empty());
    BOOST_TEST(b.downs.empty());
}

BOOST_AUTO_TEST_CASE(a_host_that_takes_no_connection_is_given_up_and_tried_later) {
    black_hole hole;
    a.all->seek("c", {"c", {{"127.0.0.1", hole.port}}, {}});
    loop.advance(0s);
    settle(loop);
    loop.advance(connection::connect_time);
    run([&] { return a.log.has("attempt 1"); }, "the first failure");
    BOOST_TEST(a.log.has("didn't take the connection within 5.0 s"));
}

BOOST_AUTO_TEST_CASE(a_host_that_takes_it_and_says_nothing_is_given_up_too) {
    int error = 0;
    const listening_socket mute = listen_on(0);
    a.all->seek("c", {"c", {{"127.0.0.1", mute.port}}, {}});
    std::optional<accepted_socket> taken;
    run(
        [&] {
            taken = accept_on(mute.socket, error);
            return taken.has_value();
        },
        "the connection");
    settle(loop);
    loop.advance(peer_session::greeting_limit);
    run([&] { return a.log.has("attempt 1"); }, "the first failure");
    BOOST_TEST(a.log.has("didn't answer our hello"));
}

BOOST_AUTO_TEST_CASE(who_is_linked_is_not_connected_to_again) {
    links_host b{loop, 0xb, 1};
    a.seek(b);
    b.seek(a);
    a.all->seek("b:1", {limpet_alias, {b.place()}, {}});
    run([&] { return a.linked() && b.linked(); }, "a link");
    settle(loop);
    for (int i = 0; i < 20; i++) { // what the race left behind comes to rest
        loop.advance(1s);
        settle(loop, 5ms);
    }
    const std::size_t ups = a.ups.size();
    const std::size_t attempts = a.log.details.size() + b.log.details.size();
    for (int i = 0; i < 100; i++) {
        loop.advance(1s);
        settle(loop, 5ms);
    }
    BOOST_TEST(a.ups.size() == ups);
    BOOST_TEST(a.log.details.size() + b.log.details.size() == attempts);
}

BOOST_AUTO_TEST_CASE(a_named_peer_that_was_replaced_and_lost_is_connected_to_again) {
    auto b = std::make_unique<links_host>(loop, 0xb, 1);
    a.all->seek("b:1", {limpet_alias, {b->place()}, {}});
    run([&] { return a.linked(); }, "a link");
    // Started anew before anybody noticed that it was gone, and it's the one that connects.
    links_host again{loop, 0xb, 2};
    again.seek(a);
    run([&] { return a.ups.size() == 2 && a.downs.size() == 1 && again.linked(); }, "the change");
    b.reset();
    again.all->forget(a.self.service());
    again.all->hang_up(again.link(), "for a test");
    run([&] { return a.downs.size() == 2; }, "the loss");
    loop.advance(4s);
    run([&] { return a.log.has("attempt 1") || a.log.has("attempt 2"); }, "an attempt");
}

BOOST_AUTO_TEST_SUITE_END()
