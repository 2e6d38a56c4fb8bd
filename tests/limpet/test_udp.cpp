// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/discovery/udp.hpp"

#include "tests/support/free_port.hpp"
#include "tests/support/loop_runner.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace limpet;
using namespace limpet::test;

namespace {

struct receiver {
    receiver(epoll_loop& loop, beacon_socket::settings settings)
        : socket{loop, std::move(settings),
                 [this](std::string_view datagram, const std::string& host) {
                     heard.emplace_back(datagram, host);
                 },
                 [] {}} {}
    std::vector<std::pair<std::string, std::string>> heard;
    beacon_socket socket;

    bool has(const std::string& datagram) const {
        return std::any_of(heard.begin(), heard.end(),
                           [&](const auto& one) { return one.first == datagram; });
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(beacon_sockets)

BOOST_AUTO_TEST_CASE(all_who_share_the_port_hear_a_broadcast_and_its_source) {
    epoll_loop loop;
    const std::uint16_t port = free_udp_port();
    receiver a{loop, {port, {"lo"}, {}}};
    receiver b{loop, {port, {"lo"}, {}}};
    a.socket.send("hello");
    run_until(
        loop, [&] { return a.has("hello") && b.has("hello"); }, "the datagram");
    BOOST_TEST(b.heard[0].second == "127.0.0.1");
    BOOST_TEST(a.socket.broadcasts() == std::vector<std::string>{"127.255.255.255"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(named_hosts_get_a_copy_and_nonsense_is_no_host) {
    epoll_loop loop;
    receiver a{loop, {free_udp_port(), {"lo"}, {"nonsense"}}};
    a.socket.send_also_to("127.0.0.1");
    a.socket.send_also_to("127.0.0.1");
    a.socket.send("hello");
    run_until(
        loop, [&] { return a.heard.size() == 2; }, "broadcast and copy");
}

BOOST_AUTO_TEST_CASE(large_and_empty_datagrams_arrive_as_they_are) {
    epoll_loop loop;
    receiver a{loop, {free_udp_port(), {"lo"}, {}}};
    const std::string large(30'000, 'x');
    a.socket.send(large);
    a.socket.send("");
    run_until(
        loop, [&] { return a.has(large) && a.has(""); }, "both");
}

BOOST_AUTO_TEST_SUITE_END()
