// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/link/tcp.hpp"

#include "tests/support/loop_runner.hpp"

#include <boost/test/unit_test.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <system_error>

using namespace limpet;
using namespace limpet::test;
using namespace std::chrono_literals;

namespace {

struct end_point : tcp_stream::events {
    void connected() override { is_connected = true; }
    void received(std::string_view bytes) override { got.append(bytes); }
    void ended(const std::string& reason) override {
        BOOST_TEST(!end); // once
        end = reason;
        if (drop_at_end) {
            stream.reset();
        }
    }
    bool is_connected = false;
    bool drop_at_end = false;
    std::string got;
    std::optional<std::string> end;
    std::unique_ptr<tcp_stream> stream;
};

struct fixture {
    epoll_loop loop;
    listening_socket listener = listen_on(0);
    end_point client;
    end_point server;
    accepted_socket accepted;

    void run(const std::function<bool()>& holds, const char* what) { run_until(loop, holds, what); }
    void connect(const std::string& host = "127.0.0.1") {
        client.stream = tcp_stream::connect(loop, client, host, listener.port);
        int error = 0;
        run(
            [&] {
                auto socket = accept_on(listener.socket, error);
                if (socket) {
                    accepted = std::move(*socket);
                }
                return bool(accepted.socket);
            },
            "the connection");
        server.stream = std::make_unique<tcp_stream>(loop, server, std::move(accepted.socket));
        run([&] { return client.is_connected; }, "the client's side of it");
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(tcp_streams, fixture)

BOOST_AUTO_TEST_CASE(bytes_go_both_ways) {
    connect();
    BOOST_TEST(accepted.host == "127.0.0.1");
    client.stream->write("ping");
    server.stream->write("po");
    server.stream->write("ng");
    run([&] { return client.got == "pong" && server.got == "ping"; }, "both");
}

BOOST_AUTO_TEST_CASE(ipv6_works_where_there_is_any) {
    const owned_fd probe{::socket(AF_INET6, SOCK_STREAM, 0)};
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    if (!probe ||
        ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        BOOST_TEST_MESSAGE("this host has no IPv6");
        return;
    }
    connect("::1");
    BOOST_TEST(accepted.host == "::1");
}

BOOST_AUTO_TEST_CASE(what_is_written_before_the_connection_stands_is_sent_after) {
    client.stream = tcp_stream::connect(loop, client, "127.0.0.1", listener.port);
    client.stream->write("early");
    int error = 0;
    std::optional<accepted_socket> socket;
    run(
        [&] {
            socket = accept_on(listener.socket, error);
            return socket.has_value();
        },
        "the connection");
    server.stream = std::make_unique<tcp_stream>(loop, server, std::move(socket->socket));
    run([&] { return server.got == "early"; }, "the bytes");
}

BOOST_AUTO_TEST_CASE(large_amounts_arrive_whole_and_pending_says_what_waits) {
    connect();
    std::string large;
    for (int i = 0; large.size() < (8u << 20); i++) {
        large += std::to_string(i) + ",";
    }
    client.stream->write(large);
    BOOST_TEST(client.stream->pending() == large.size());
    run([&] { return server.got.size() >= large.size(); }, "all of it");
    BOOST_TEST((server.got == large));
    BOOST_TEST(client.stream->pending() == 0u);
}

BOOST_AUTO_TEST_CASE(nobody_there_comes_as_the_end_and_not_from_within) {
    const std::uint16_t port = listener.port;
    listener.socket.reset();
    client.stream = tcp_stream::connect(loop, client, "127.0.0.1", port);
    BOOST_TEST(!client.end);
    run([&] { return client.end.has_value(); }, "the end");
    BOOST_TEST(client.end->find("can't be reached") != std::string::npos);
    BOOST_TEST(!client.is_connected);
}

BOOST_AUTO_TEST_CASE(nonsense_for_an_address_comes_as_the_end) {
    client.stream = tcp_stream::connect(loop, client, "nonsense", 5);
    run([&] { return client.end.has_value(); }, "the end");
}

BOOST_AUTO_TEST_CASE(the_others_close_is_told_once) {
    connect();
    server.stream.reset();
    run([&] { return client.end.has_value(); }, "the end");
    BOOST_TEST(*client.end == "it closed the connection");
    client.stream->write("into the void");
    settle(loop);
}

BOOST_AUTO_TEST_CASE(closing_sends_everything_first_even_if_the_other_still_sends) {
    connect();
    const std::string large(4u << 20, 'x');
    client.stream->write("bytes that nobody will read");
    server.stream->write(large);
    server.stream->send_and_close("enough", 30s);
    server.stream->write("not sent any more");
    run([&] { return client.end.has_value(); }, "the end at the client");
    BOOST_TEST(client.got.size() == large.size());
    client.stream.reset();
    run([&] { return server.end.has_value(); }, "the end at the server");
    BOOST_TEST(*server.end == "enough");
    BOOST_TEST(server.got.empty());
}

BOOST_AUTO_TEST_CASE(closing_waits_for_a_slow_one_only_so_long) {
    connect();
    server.stream->write(std::string(16u << 20, 'x'));
    server.drop_at_end = true;
    server.stream->send_and_close("enough", 20ms);
    run([&] { return server.end.has_value(); }, "the end");
    BOOST_TEST(*server.end == "enough");
}

BOOST_AUTO_TEST_CASE(a_stream_may_be_destroyed_from_its_end) {
    connect();
    client.drop_at_end = true;
    server.stream.reset();
    run([&] { return client.end.has_value(); }, "the end");
    BOOST_TEST(!client.stream);
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_an_error) {
    BOOST_CHECK_THROW(listen_on(listener.port), std::system_error);
}

BOOST_AUTO_TEST_SUITE_END()
