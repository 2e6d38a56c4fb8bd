// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// What the bridge believes of what peers say, and of two links which one it keeps.

#include "limpet/bridge/bridge.hpp"
#include "limpet/bridge/translate.hpp"
#include "limpet/protocol/json.hpp"
#include "tests/support/sim.hpp"
#include "tests/support/sim_checks.hpp"

#include <boost/test/unit_test.hpp>

using namespace limpet;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(bridge_)

// ---- Two links

BOOST_AUTO_TEST_CASE(both_ends_keep_the_same_of_two_links) {
    constexpr bus_id low = 5;
    constexpr bus_id high = 9;
    for (const bool old_by_low : {false, true}) {
        for (const bool fresh_by_low : {false, true}) {
            for (const std::uint64_t endpoint : {3u, 4u}) {
                const auto at_low =
                    choose_link(low, high, {old_by_low, 3}, {fresh_by_low, endpoint});
                const auto at_high =
                    choose_link(high, low, {!old_by_low, 3}, {!fresh_by_low, endpoint});
                BOOST_TEST((at_low == at_high));
            }
        }
    }
    BOOST_TEST((choose_link(low, high, {true, 3}, {false, 3}) == link_choice::keep_old));
    BOOST_TEST((choose_link(low, high, {false, 3}, {true, 3}) == link_choice::keep_new));
    BOOST_TEST((choose_link(low, high, {true, 3}, {true, 3}) == link_choice::keep_new));
    BOOST_TEST((choose_link(low, high, {true, 3}, {false, 4}) == link_choice::keep_new));
    BOOST_TEST((choose_link(low, high, {false, 4}, {true, 3}) == link_choice::keep_old));
}

// ---- Commands, there and back

namespace {

content some_content() {
    content said;
    said.name = "$.Kitchen.Lamp";
    said.data = std::string("\0\xff\n", 3);
    said.origin = {0xfedcba9876543210, 12, 18446744073709551615u};
    said.urgent = true;
    said.claimed = autobus::credentials{1, 4294967295u, 0};
    return said;
}

// What a peer would read.
template <class Command>
Json::Value line(const Command& command) {
    return *parse_object(to_text(to_json(command)));
}

void check_same(const content& one, const content& other) {
    BOOST_TEST(one.name == other.name);
    BOOST_TEST(one.data == other.data);
    BOOST_TEST((one.origin == other.origin));
    BOOST_TEST(one.urgent == other.urgent);
    BOOST_TEST((one.claimed == other.claimed));
}

} // namespace

BOOST_AUTO_TEST_CASE(an_announcement_comes_out_as_it_went_in) {
    announce_command sent;
    sent.of = {0xfedcba9876543210, 3};
    sent.number = 9007199254740993; // a JSON number would lose its last digit
    sent.members = {4, 5};
    sent.type = autobus::message_type::reply;
    sent.content = some_content();
    const auto got = announce_from(line(sent), 100);
    BOOST_REQUIRE(got);
    BOOST_TEST((got->of == sent.of));
    BOOST_TEST(got->number == sent.number);
    BOOST_TEST((got->members == sent.members));
    BOOST_TEST((got->type == sent.type));
    check_same(got->content, sent.content);
}

BOOST_AUTO_TEST_CASE(a_request_and_its_answers_come_out_as_they_went_in) {
    request_command sent;
    sent.id = 7;
    sent.target = 0x11;
    sent.to = 4;
    sent.way = {0xfedcba9876543210, 0x22};
    sent.hidden = true;
    sent.content = some_content();
    const auto got = request_from(line(sent), 100);
    BOOST_REQUIRE(got);
    BOOST_TEST(got->id == 7u);
    BOOST_TEST(got->target == 0x11u);
    BOOST_TEST(got->to == 4u);
    BOOST_TEST((got->way == sent.way));
    BOOST_TEST(got->hidden);
    check_same(got->content, sent.content);

    answer_command reply;
    reply.id = 7;
    reply.content = some_content();
    const auto replied = answer_from(line(reply), 100);
    BOOST_REQUIRE(replied);
    BOOST_TEST(!replied->status);
    check_same(replied->content, reply.content);

    using autobus::status_kind;
    for (const auto kind :
         {status_kind::unbound, status_kind::gone_away, status_kind::ignored,
          status_kind::timed_out, status_kind::unreachable, status_kind::refused}) {
        answer_command status;
        status.id = 8;
        status.status = kind;
        status.reached =
            kind == status_kind::unreachable ? autobus::reach::no : autobus::reach::not_said;
        status.code = kind == status_kind::refused ? 16 : 0;
        const auto told = answer_from(line(status), 100);
        BOOST_REQUIRE(told);
        BOOST_TEST((told->status == status.status));
        BOOST_TEST((told->reached == status.reached));
        BOOST_TEST(told->code == status.code);
    }
}

BOOST_AUTO_TEST_CASE(what_is_said_of_ways_and_streams_comes_out_as_it_went_in) {
    const auto way = route_from(line(route_command{{9, 3}, {2, 5, 9}}));
    BOOST_REQUIRE(way);
    BOOST_TEST((way->of == incarnation{9, 3}));
    BOOST_TEST((way->way == path{2, 5, 9}));
    BOOST_TEST(route_from(line(route_command{{9, 3}, {}}))->way.empty());

    using what = stream_command::what;
    const stream_command joined{what::joined, {9, 3}, 0, {{2, 8}, {5, 6}}, 77, 2};
    const auto got = stream_from(line(joined));
    BOOST_REQUIRE(got);
    BOOST_TEST((got->is == what::joined));
    BOOST_TEST((got->way == joined.way));
    BOOST_TEST(got->number == 77u);
    BOOST_TEST(got->interruptions == 2u);
    BOOST_TEST(stream_from(line(stream_command{what::leave, {9, 3}, 4, {}, 0, 0}))->member ==
               4u);
    BOOST_TEST(stream_from(line(stream_command{what::at, {9, 3}, 0, {}, 5, 0}))->number == 5u);
    BOOST_TEST(lost_from(line(lost_command{{9, 3}, 4, 4294967295u}))->count == 4294967295u);
}

BOOST_AUTO_TEST_CASE(a_large_interest_goes_in_several_lines) {
    wishes all;
    for (int i = 0; i < 1000; ++i) {
        all.emplace(i % 2 == 0 ? autobus::role::listener : autobus::role::replier,
                    "$.A.W" + std::to_string(i));
    }
    const auto parts = all_interest({9, 3}, 12, all);
    BOOST_TEST(parts.size() == 4u);
    wishes got;
    for (const auto& part : parts) {
        const auto read = interest_from(line(part));
        BOOST_REQUIRE(read);
        BOOST_TEST(read->full);
        BOOST_TEST(read->version == 12u);
        BOOST_TEST(read->more == (&part != &parts.back()));
        got.insert(read->added.begin(), read->added.end());
    }
    BOOST_TEST((got == all));
    BOOST_TEST(all_interest({9, 3}, 0, {}).size() == 1u);
}

BOOST_AUTO_TEST_CASE(of_two_trails_the_later_one_is_known_by_the_first_bus_that_turned) {
    const trail before{{2, 8}, {5, 6}};
    BOOST_TEST(later(trail{{2, 9}}, before));
    BOOST_TEST(later(trail{{2, 8}, {5, 7}, {6, 1}}, before));
    BOOST_TEST(!later(trail{{2, 8}, {5, 5}}, before));
    BOOST_TEST(!later(before, before));
}

// ---- Strangers

namespace {

const char* const good_announce =
    R"({"_command":"announce","bus":"00000000000000aa","endpoint":"3","number":"4","name":"$.A",)"
    R"("data":"x","origin":{"bus":"00000000000000aa","endpoint":"5","serial":"6"}})";

struct change {
    const char* key;
    const char* value; // JSON; null: the key is taken away
};

Json::Value with(const char* text, const std::string& key, const char* value) {
    Json::Value object = *parse_object(text);
    Json::Value* at = &object;
    std::string last = key;
    if (const auto dot = key.find('/'); dot != std::string::npos) {
        at = &object[key.substr(0, dot)];
        last = key.substr(dot + 1);
    }
    if (value == nullptr) {
        at->removeMember(last);
    } else {
        (*at)[last] = (*parse_object(std::string("{\"v\":") + value + "}"))["v"];
    }
    return object;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_field_of_an_announcement_is_checked) {
    BOOST_TEST(bool(announce_from(*parse_object(good_announce), 10)));
    const change bad[] = {
        {"bus", nullptr},
        {"bus", "1"},
        {"bus", "\"aa\""},
        {"bus", "\"00000000000000AA\""},
        {"bus", "\"0000000000000000\""},
        {"bus", "null"},
        {"endpoint", "3"},
        {"endpoint", "\"0\""},
        {"endpoint", "\"-1\""},
        {"endpoint", "\"18446744073709551616\""},
        {"number", "\"0\""},
        {"number", "\"x\""},
        {"number", "[]"},
        {"name", nullptr},
        {"name", "\"A\""},
        {"name", "\"$.A.*\""},
        {"name", "\"$.%\""},
        {"name", "\"$.Autobus.Lost\""},
        {"name", "\"$.Limpet.X\""},
        {"name", "{}"},
        {"data", nullptr},
        {"data", "7"},
        {"data", "\"01234567890\""},
        {"data64", "\"AA==\""},
        {"origin", nullptr},
        {"origin", "\"x\""},
        {"origin/bus", "\"00000000000000bb\""},
        {"origin/serial", "\"0\""},
        {"origin/endpoint", nullptr},
        {"urgent", "1"},
        {"copy", "\"status\""},
        {"copy", "true"},
        {"members", "\"00000000000000aa\""},
        {"members", "[1]"},
        {"claimed", "[]"},
        {"claimed", "{\"uid\":1,\"gid\":1}"},
        {"claimed", "{\"uid\":-1,\"gid\":1,\"tgid\":1}"},
        {"claimed", "{\"uid\":4294967296,\"gid\":1,\"tgid\":1}"},
    };
    for (const auto& [key, value] : bad) {
        const auto result = announce_from(with(good_announce, key, value), 10);
        BOOST_TEST(!result, key << " = " << (value == nullptr ? "nothing" : value));
        BOOST_TEST(result.why().starts_with("announce: "));
    }
    Json::Value base64 = with(good_announce, "data", nullptr);
    for (const char* wrong : {"A", "AA=", "AA==\n", "A*==", "AA==AA==", "AAAAAAAAAAAAAAAA"}) {
        base64["data64"] = wrong;
        BOOST_TEST(!announce_from(base64, 10), wrong);
    }
    base64["data64"] = "AAE=";
    BOOST_TEST(announce_from(base64, 10)->content.data == std::string("\0\1", 2));
}

BOOST_AUTO_TEST_CASE(every_field_of_the_other_commands_is_checked) {
    const std::string ids = R"("bus":"00000000000000aa","endpoint":"3")";
    const std::string origin = R"("origin":{"bus":"00000000000000aa","endpoint":"5","serial":"6"})";
    const std::string long_path = [] {
        std::string text = "[";
        for (unsigned i = 1; i <= path_max + 1; ++i) {
            text += (i > 1 ? ",\"" : "\"") + to_hex(i) + "\"";
        }
        return text + "]";
    }();
    const std::string bad[] = {
        R"({"_command":"route",)" + ids + "}",
        R"({"_command":"route",)" + ids + R"(,"path":["00000000000000bb"]})",
        R"({"_command":"route",)" + ids + R"(,"path":["00000000000000aa","00000000000000aa"]})",
        R"({"_command":"route",)" + ids + R"(,"path":[1]})",
        R"({"_command":"route",)" + ids + R"(,"path":)" + long_path + "}",
        R"({"_command":"interest",)" + ids + "}",
        R"({"_command":"interest",)" + ids + R"(,"version":"1","listen":"$.A"})",
        R"({"_command":"interest",)" + ids + R"(,"version":"1","listen":[5]})",
        R"({"_command":"interest",)" + ids + R"(,"version":"1","listen":["$.A.%.%.%"]})",
        R"({"_command":"interest",)" + ids + R"(,"version":"1","reply":["$.Autobus.A"]})",
        R"({"_command":"interest",)" + ids + R"(,"version":"1","more":true})",
        R"({"_command":"interest",)" + ids + R"(,"version":"1","full":true,"unlisten":["$.A"]})",
        R"({"_command":"join",)" + ids + "}",
        R"({"_command":"join",)" + ids + R"(,"path":[],"turns":[]})",
        R"({"_command":"join",)" + ids + R"(,"path":["00000000000000bb"],"turns":["1","2"]})",
        R"({"_command":"join",)" + ids + R"(,"path":["00000000000000bb"],"turns":[1]})",
        R"({"_command":"join",)" + ids + R"(,"path":["00000000000000aa"],"turns":["1"]})",
        R"({"_command":"joined",)" + ids + R"(,"path":["00000000000000bb"],"turns":["1"]})",
        R"({"_command":"leave",)" + ids + "}",
        R"({"_command":"at",)" + ids + "}",
        R"({"_command":"lost",)" + ids + R"(,"number":"1","count":0})",
        R"({"_command":"lost",)" + ids + R"(,"number":"1","count":"1"})",
        R"({"_command":"request","id":"0","target":"00000000000000aa","name":"$.A","data":"",)" +
            origin + R"(,"path":["00000000000000aa"]})",
        R"({"_command":"request","id":"1","target":"00000000000000aa","name":"$.A","data":"",)" +
            origin + R"(,"path":["00000000000000bb"]})",
        R"({"_command":"request","id":"1","target":"x","name":"$.A","data":"",)" + origin +
            R"(,"path":["00000000000000aa"]})",
        R"({"_command":"answer","id":"1"})",
        R"({"_command":"answer","id":"1","status":"Fine"})",
        R"({"_command":"answer","id":"1","status":"Unreachable"})",
        R"({"_command":"answer","id":"1","status":"Unreachable","reached":"yes"})",
        R"({"_command":"answer","id":"1","status":"Refused"})",
        R"({"_command":"answer","id":"1","status":"Refused","code":0})",
        R"({"_command":"answer","id":"1","status":"Refused","code":1e9})",
    };
    for (const std::string& text : bad) {
        sim::world net;
        sim::host& a = net.add_host("a");
        sim::host& b = net.add_host("b");
        net.connect(a, b);
        net.run(1s);
        const verdict result = net.inject(a, b, *parse_object(text));
        BOOST_TEST((result.what == verdict::violation), text);
        BOOST_TEST(result.text.find(": ") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_command_that_does_not_exist_is_unknown_and_harms_nothing) {
    sim::world net;
    sim::host& a = net.add_host("a");
    sim::host& b = net.add_host("b");
    net.connect(a, b);
    net.run(1s);
    BOOST_TEST(
        (net.inject(a, b, *parse_object(R"({"_command":"resume"})")).what == verdict::unknown));
    BOOST_TEST(
        (net.inject(a, b, *parse_object(R"({"_command":"value"})")).what == verdict::unknown));
    sim::check_clean(net);
}

BOOST_AUTO_TEST_CASE(what_a_peer_may_not_say_of_others_is_a_violation_or_means_nothing) {
    sim::world net;
    sim::host& a = net.add_host("a");
    sim::host& b = net.add_host("b");
    net.connect(a, b);
    sim::program& hears = a.start("hears");
    hears.listen("$.A");
    net.run(2s);
    const incarnation of_b{b.bus(), b.router()};
    const auto injected = [&](const Json::Value& command) { return net.inject(a, b, command); };
    // A way that doesn't begin with the sender.
    BOOST_TEST((injected(to_json(route_command{{77, 1}, {66, 77}})).what == verdict::violation));
    // Another incarnation of itself than it said hello as.
    BOOST_TEST((injected(to_json(route_command{{b.bus(), b.router() + 1}, {b.bus()}})).what ==
                verdict::violation));
    // A way to us.
    BOOST_TEST((injected(to_json(route_command{{a.bus(), a.router()}, {b.bus(), a.bus()}})).what ==
                verdict::done));
    // An answer to nothing.
    answer_command answer;
    answer.id = 1;
    answer.status = autobus::status_kind::ignored;
    BOOST_TEST((injected(to_json(answer)).what == verdict::violation));
    // Our own stream, come back.
    announce_command ours;
    ours.of = {a.bus(), a.router()};
    ours.number = 1000;
    ours.content = some_content();
    ours.content.name = "$.A";
    ours.content.origin.bus = a.bus();
    BOOST_TEST((injected(to_json(ours)).what == verdict::done));
    // An interest that leaves out a change.
    interest_command interest{of_b, 50, false, false, {}, {}};
    BOOST_TEST((injected(to_json(interest)).what == verdict::violation));
    net.run(1s);
    BOOST_TEST(hears.log.empty());
    BOOST_TEST(a.bridge().counters().refused_parent == 1u);
}

BOOST_AUTO_TEST_CASE(what_a_peer_can_make_us_remember_is_bounded) {
    sim::world net;
    bridge_limits limits;
    limits.buses = 10;
    limits.patterns = 100;
    sim::host& a = net.add_host("a", limits);
    sim::host& b = net.add_host("b");
    net.connect(a, b);
    net.run(2s);
    verdict last;
    for (bus_id bus = 100; bus < 120 && last.what == verdict::done; ++bus) {
        last = net.inject(a, b, to_json(route_command{{bus, 1}, {b.bus(), bus}}));
    }
    BOOST_TEST((last.what == verdict::violation));
    BOOST_TEST(a.bridge().state()["buses"].size() == 10u);
    wishes all;
    for (int i = 0; i < 200; ++i) {
        all.emplace(autobus::role::listener, "$.W" + std::to_string(i));
    }
    BOOST_TEST((net.inject(a, b, to_json(all_interest({b.bus(), b.router()}, 9, all)[0])).what ==
                verdict::violation));
}

BOOST_AUTO_TEST_CASE(a_request_that_has_been_here_is_not_passed_on_again) {
    sim::world net;
    sim::host& a = net.add_host("a");
    sim::host& b = net.add_host("b");
    sim::host& c = net.add_host("c");
    net.connect(a, b);
    net.connect(a, c);
    sim::program& replies = c.start("replies");
    replies.reply_to("$.A");
    net.run(2s);
    request_command looped;
    looped.id = 1;
    looped.target = c.bus();
    looped.content = some_content();
    looped.content.name = "$.A";
    looped.content.origin.bus = 0x77;
    looped.way = {0x77, a.bus(), b.bus()};
    BOOST_TEST((net.inject(a, b, to_json(looped)).what == verdict::done));
    net.run(1s);
    BOOST_TEST(replies.log.empty());
    BOOST_TEST(net.faults().size() == 1u); // b gets an answer that it hasn't asked for
    BOOST_TEST(c.bridge().counters().requests_in == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
