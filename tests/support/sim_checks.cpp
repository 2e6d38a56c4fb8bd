// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "tests/support/sim_checks.hpp"

#include <boost/test/unit_test.hpp>

namespace sim {

std::vector<std::string> texts(const program& who) {
    std::vector<std::string> all;
    for (const autobus::message& each : who.log) {
        const auto type = each.type();
        if (type != autobus::message_type::status && type != autobus::message_type::notice &&
            type != autobus::message_type::mark) {
            all.emplace_back(each.data());
        }
    }
    return all;
}

void echo(program& replier) {
    replier.on_message = [&replier](const autobus::message& message) {
        if (message.is_owed()) {
            replier.reply(message.serial(), "re: " + std::string(message.data()));
        }
    };
}

std::vector<autobus::message> answers(const program& requester, std::uint64_t serial) {
    std::vector<autobus::message> all;
    for (const autobus::message& each : requester.log) {
        if (each.is_answer() && each.in_reply_to() == serial) {
            all.push_back(each);
        }
    }
    return all;
}

std::vector<autobus::status_kind> statuses(const program& requester) {
    std::vector<autobus::status_kind> all;
    for (const autobus::message& each : requester.log) {
        if (const auto kind = autobus::status_of(each)) {
            all.push_back(*kind);
        }
    }
    return all;
}

void check_status(const program& requester, std::uint64_t serial, autobus::status_kind kind) {
    const auto all = answers(requester, serial);
    BOOST_REQUIRE(all.size() == 1u);
    BOOST_REQUIRE(autobus::status_of(all[0]).has_value());
    BOOST_TEST(autobus::status_name(*autobus::status_of(all[0])).str() ==
               autobus::status_name(kind).str());
    BOOST_TEST(all[0].from() == 0u);
}

void check_settled(world& net) {
    for (const std::string& fault : net.faults()) {
        BOOST_ERROR(fault);
    }
    for (host* each : net.hosts()) {
        BOOST_TEST(each->open_requests() == 0u, each->name() << " has open requests");
        const Json::Value state = each->bridge().state();
        BOOST_TEST(state["unbound"].asUInt64() == 0u);
        for (const Json::Value& peer : state["peers"]) {
            BOOST_TEST(peer["requests_sent"].asUInt64() == 0u);
            BOOST_TEST(peer["requests_received"].asUInt64() == 0u);
        }
    }
}

void check_clean(world& net) {
    check_settled(net);
    for (host* each : net.hosts()) {
        const limpet::bridge_counters& counters = each->bridge().counters();
        BOOST_TEST(counters.refused_parent == 0u);
        BOOST_TEST(counters.refused_number == 0u);
        BOOST_TEST(counters.told_lost == 0u);
        BOOST_TEST(counters.bus_errors == 0u);
    }
}

} // namespace sim
