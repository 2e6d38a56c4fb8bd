// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/link/links.hpp"

#include "tests/support/limpet_fakes.hpp"
#include "tests/support/links_host.hpp"
#include "tests/support/loop_runner.hpp"
#include "tests/support/plain_client.hpp"

#include <boost/test/unit_test.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

using namespace limpet;
using namespace limpet::test;
using namespace std::chrono_literals;

namespace {

Json::Value command(const char* name) {
    Json::Value body{Json::objectValue};
    body["_command"] = name;
    return body;
}

struct fixture {
    epoll_loop loop;
    links_host a{loop, 0xa, 1};
    links_host b{loop, 0xb, 1};

    void run(const std::function<bool()>& holds, const char* what) { run_until(loop, holds, what); }
    void link() {
        a.seek(b);
        run([&] { return a.linked() && b.linked(); }, "a link");
    }
    plain_client client() { return plain_client{loop, a.all->port()}; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(many_links, fixture)

BOOST_AUTO_TEST_CASE(two_limpets_link_and_talk_both_ways) {
    link();
    BOOST_TEST(a.ups[0].second == 0xbu);
    BOOST_TEST(b.ups[0].second == 0xau);
    a.all->send(a.link(), command("to b"));
    b.all->send(b.link(), command("to a"));
    run([&] { return a.commands.size() == 1 && b.commands.size() == 1; }, "commands");
    BOOST_TEST(b.commands[0]["_command"].asString() == "to b");
    BOOST_TEST(a.all->linked_with(b.self.service()));
    BOOST_TEST(a.log.has("linked with host11"));
}

BOOST_AUTO_TEST_CASE(both_sides_seeking_at_once_end_with_one_link) {
    for (int round = 0; round < 5; round++) {
        epoll_loop other_loop;
        links_host low{other_loop, 0xa, 1};
        links_host high{other_loop, 0xb, 1};
        low.seek(high);
        high.seek(low);
        run_until(
            other_loop, [&] { return low.linked() && high.linked(); }, "a link");
        settle(other_loop);
        BOOST_TEST(low.ups.size() - low.downs.size() == 1u);
        BOOST_TEST(high.ups.size() - high.downs.size() == 1u);
        low.all->send(low.link(), command("hello there"));
        run_until(
            other_loop, [&] { return !high.commands.empty(); }, "the command");
    }
}

BOOST_AUTO_TEST_CASE(a_peer_that_is_named_needs_no_id) {
    a.all->seek("b:1", {limpet_alias, {b.place()}, {}});
    run([&] { return a.linked() && b.linked(); }, "a link");
}

BOOST_AUTO_TEST_CASE(a_peer_that_is_named_and_discovered_is_linked_once) {
    a.seek(b);
    a.all->seek("b:1", {limpet_alias, {b.place()}, {}});
    run([&] { return a.linked() && b.linked(); }, "a link");
    settle(loop, 200ms);
    BOOST_TEST(a.ups.size() == 1u);
    BOOST_TEST(b.ups.size() == 1u);
}

BOOST_AUTO_TEST_CASE(other_networks_are_refused_with_the_reason_on_both_sides) {
    links_host other{loop, 0xc, 1, "home"};
    a.seek(other);
    run([&] { return a.log.has("network"); }, "the refusal");
    BOOST_TEST(a.ups.empty());
    BOOST_TEST(other.ups.empty());
    BOOST_TEST(a.log.has("next in"));
}

BOOST_AUTO_TEST_CASE(ones_own_bus_is_not_linked_with) {
    a.all->seek("myself", {limpet_alias, {a.place()}, {}});
    run([&] { return a.log.has("own bus"); }, "the refusal");
    BOOST_TEST(a.ups.empty());
}

BOOST_AUTO_TEST_CASE(who_is_not_there_any_more_is_reported_gone) {
    a.all->seek("limpet-of-before", {"limpet-of-before", {b.place()}, {}});
    run([&] { return !a.gone.empty(); }, "the report");
    BOOST_TEST(a.gone[0] == "limpet-of-before");
}

BOOST_AUTO_TEST_CASE(a_port_that_nobody_listens_on_is_tried_again_and_said) {
    const location nobody = [&] {
        links_host closed{loop, 0xc, 1};
        return closed.place();
    }();
    a.all->seek("c", {"c", {nobody}, {}});
    run([&] { return a.log.has("attempt 2"); }, "a second attempt");
    BOOST_TEST(a.log.has("Connection refused; attempt 1, next in 2.0 s"));
}

BOOST_AUTO_TEST_CASE(a_link_that_ends_is_down_on_both_sides_and_made_again) {
    link();
    b.all->hang_up(b.link(), "for a test");
    run([&] { return !a.linked() && !b.linked(); }, "the end");
    BOOST_TEST(a.downs[0] == a.ups[0].first);
    BOOST_TEST(a.log.has("for a test"));
    BOOST_TEST(a.log.has("trying again in 2.0 s"));
    run([&] { return a.linked() && b.linked(); }, "a new link");
}

BOOST_AUTO_TEST_CASE(the_owner_may_hang_up_from_within_a_command) {
    link();
    a.all->send(a.link(), command("drop me"));
    a.all->send(a.link(), command("after that"));
    run([&] { return !a.linked() && !b.linked(); }, "the end");
    BOOST_TEST(b.commands.size() == 1u);
    BOOST_TEST(a.log.has("as you like"));
}

BOOST_AUTO_TEST_CASE(a_violation_costs_the_peer_its_link_and_tells_it) {
    link();
    a.all->send(a.link(), command("spoil"));
    run([&] { return !a.linked() && !b.linked(); }, "the end");
    BOOST_TEST(a.log.has("spoilt"));
}

BOOST_AUTO_TEST_CASE(a_restarted_limpet_takes_the_place_of_its_old_link) {
    link();
    // The same bus, a later endpoint: the old one hasn't been noticed to be gone.
    links_host again{loop, 0xb, 2};
    again.seek(a);
    run([&] { return again.linked(); }, "the new link");
    run([&] { return a.ups.size() == 2 && a.downs.size() == 1; }, "the change");
    BOOST_TEST(a.downs[0] == a.ups[0].first);
    // And an earlier endpoint doesn't get in.
    links_host stale{loop, 0xb, 1};
    stale.seek(a);
    settle(loop, 200ms);
    BOOST_TEST(stale.ups.empty());
    BOOST_TEST(a.downs.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_shut_down_says_goodbye_and_takes_links_down_at_once) {
    link();
    b.all->shut_down("this limpet stops");
    BOOST_TEST(!b.linked());
    run([&] { return !a.linked() && b.all->quiet(); }, "the end");
    BOOST_TEST(a.log.has("this limpet stops"));
}

BOOST_AUTO_TEST_CASE(a_plain_client_calls_functions) {
    plain_client one = client();
    one.bind(a.self.service());
    one.line(R"({"_id":1,"_command":"call","name":"echo","args":["x"]})");
    run([&] { return one.response(1) != nullptr; }, "the response");
    BOOST_TEST(one.response(1)->body["result"][0].asString() == "x");
    one.close();
    run([&] { return a.clients_ended == 1; }, "the client's end");
}

BOOST_AUTO_TEST_CASE(a_bind_to_nothing_gets_its_error_before_the_end_also_with_more_behind_it) {
    plain_client one = client();
    one.bind("nope");
    one.line(R"({"_id":1,"_command":"call","name":"echo","args":[]})");
    run([&] { return one.ended(); }, "the end");
    BOOST_REQUIRE(one.response("bind") != nullptr);
    BOOST_TEST(error_of(*one.response("bind"))->type == "no_such_service");
    BOOST_TEST(a.calls == 0);
}

BOOST_AUTO_TEST_CASE(binds_to_nothing_become_slower) {
    plain_client first = client();
    first.bind("nope");
    run([&] { return first.ended(); }, "the first end");
    const instant begun = loop.now();
    plain_client second = client();
    second.bind("nope");
    run([&] { return second.ended(); }, "the second end");
    BOOST_TEST((loop.now() - begun >= links::tar_pit));
}

BOOST_AUTO_TEST_CASE(bad_lines_cost_the_client_its_connection_with_a_reason) {
    link();
    const std::string deep(100, '[');
    for (const std::string& bad :
         {std::string{"junk"}, std::string{"[]"}, std::string{"{\"a\":\"\xff\"}"},
          "{\"a\":" + deep + std::string(100, ']') + "}", std::string{R"({"_type":"1"})"},
          std::string{R"({"_type":1,"_command":[]})"}, std::string(100'000, 'x')}) {
        plain_client one = client();
        one.line(bad);
        run([&] { return one.ended(); }, "the end");
        BOOST_REQUIRE(!one.lines.empty());
        BOOST_TEST(error_of(one.lines.back())->type == "bad_line");
        BOOST_TEST(error_of(one.lines.back())->text.size() > 20u);
    }
    BOOST_TEST(a.linked()); // nobody else was harmed
    BOOST_TEST(a.downs.empty());
}

BOOST_AUTO_TEST_CASE(a_line_without_end_is_cut_off_while_it_comes) {
    plain_client one = client();
    const std::string piece(16 * 1024, 'x');
    for (int i = 0; i < 64 && !one.ended(); i++) {
        one.send(piece);
        loop.run_once(1ms);
    }
    run([&] { return one.ended(); }, "the end");
}

BOOST_AUTO_TEST_CASE(a_bound_client_may_send_long_lines_and_not_endless_ones) {
    plain_client one = client();
    one.bind(a.self.service());
    one.line(R"({"_id":1,"_command":"call","name":"echo","args":[")" + std::string(1u << 20, 'x') +
             "\"]}");
    run([&] { return one.response(1) != nullptr; }, "the long answer");
    const std::string piece(256 * 1024, 'x');
    for (int i = 0; i < 12; i++) {
        one.send(piece);
    }
    run([&] { return one.ended(); }, "the end");
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_is_cut_off) {
    plain_client one = client();
    one.bind(a.self.service());
    run([&] { return one.response("bind") != nullptr; }, "the bind");
    // A second client of the same loop that never reads: a socket nobody watches.
    owned_fd deaf{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(a.all->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)::connect(deaf.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
    settle(loop);
    std::string flood = R"({"_command":"bind","service":"autobus.limpet"})"
                        "\n";
    const std::string call = R"({"_id":1,"_command":"call","name":"echo","args":[")" +
                             std::string(60'000, 'x') + "\"]}\n";
    for (int i = 0; i < 20; i++) {
        flood += call;
    }
    const int calls_before = a.calls;
    bool broken = false;
    std::size_t sent = 0;
    run(
        [&] {
            const ssize_t size = ::send(deaf.get(), flood.data() + sent, flood.size() - sent,
                                        MSG_NOSIGNAL | MSG_DONTWAIT);
            if (size > 0) {
                sent += static_cast<std::size_t>(size);
                if (sent == flood.size()) {
                    sent = flood.find('\n') + 1; // the calls again
                }
            } else if (size < 0 && errno != EAGAIN) {
                broken = true;
            }
            return broken;
        },
        "the end of the one that doesn't read");
    BOOST_TEST(a.calls > calls_before);
    one.line(R"({"_id":2,"_command":"call","name":"echo","args":[]})");
    run([&] { return one.response(2) != nullptr; }, "the other client's answer");
}

BOOST_AUTO_TEST_CASE(half_open_connections_are_bounded_per_source) {
    std::vector<std::unique_ptr<plain_client>> many;
    for (std::size_t i = 0; i < links::per_source_max + 10; i++) {
        many.push_back(std::make_unique<plain_client>(loop, a.all->port()));
    }
    run(
        [&] {
            return std::count_if(many.begin(), many.end(),
                                 [](const auto& one) { return one->ended(); }) == 10;
        },
        "the refusal of ten");
    BOOST_TEST(a.log.has("as many open as there may be"));
    // They go, and there is room again.
    many.clear();
    settle(loop);
    plain_client one = client();
    one.bind(a.self.service());
    run([&] { return one.response("bind") != nullptr; }, "the bind");
}

BOOST_AUTO_TEST_CASE(a_peer_that_sends_junk_loses_its_link_only) {
    link();
    plain_client fake = client();
    Json::Value hello = to_hello({"lab", 0xf, 1, "fake"});
    hello["_command"] = "hello";
    hello["_id"] = 1;
    fake.bind("autobus.limpet");
    fake.line(to_text(hello));
    run([&] { return a.ups.size() == 2; }, "the fake peer's link");
    fake.line("{\"deep\":" + std::string(65, '[') + std::string(65, ']') + "}");
    run([&] { return fake.ended() && a.downs.size() == 1; }, "its end");
    BOOST_TEST(fake.lines.back().command == "goodbye");
    BOOST_TEST(a.linked());
    BOOST_TEST(a.downs[0] == a.ups[1].first);
}

BOOST_AUTO_TEST_CASE(a_slow_trickle_of_a_hello_works_all_the_same) {
    plain_client fake = client();
    Json::Value hello = to_hello({"lab", 0xf, 1, "fake"});
    hello["_command"] = "hello";
    hello["_id"] = 1;
    std::string bytes = R"({"_id":0,"_command":"bind","service":"autobus.limpet"})"
                        "\n" +
                        to_text(hello) + "\n";
    for (const char byte : bytes) {
        fake.send({&byte, 1});
        loop.run_once(1ms);
    }
    run([&] { return a.ups.size() == 1; }, "the link");
}

BOOST_AUTO_TEST_CASE(hello_to_another_service_is_no_hello) {
    plain_client fake = client();
    fake.line(R"({"_id":1,"_command":"hello"})");
    run([&] { return fake.response(1) != nullptr; }, "the error");
    BOOST_TEST(error_of(*fake.response(1))->type == "not_bound");
}

BOOST_AUTO_TEST_SUITE_END()
