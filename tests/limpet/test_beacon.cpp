// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/discovery/beacon.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>

using namespace limpet;

namespace {

bool is_query(const std::string& datagram) {
    const auto read = parse_beacon(datagram);
    return read && read->type == beacon::kind::query;
}

} // namespace

BOOST_AUTO_TEST_SUITE(beacons)

BOOST_AUTO_TEST_CASE(datagrams_of_the_reference_are_read) {
    const auto add = parse_beacon(
        R"({"info": {"pid": 7982, "hostname": "alpha.example", "type": "autobus.details"}, )"
        R"("command": "add", "port": 50201, "service": "1795165878.77-1-alpha.example-0.27"})");
    BOOST_REQUIRE(add);
    BOOST_TEST((add->type == beacon::kind::add));
    BOOST_TEST(add->port == 50201);
    BOOST_TEST(add->service == "1795165878.77-1-alpha.example-0.27");
    BOOST_TEST(add->info["pid"].asInt() == 7982);

    const auto remove =
        parse_beacon(R"({"command": "remove", "port": 50201, "service": "1795165878.78-2"})");
    BOOST_REQUIRE(remove);
    BOOST_TEST((remove->type == beacon::kind::remove));
    BOOST_TEST(is_query(R"({"command": "query"})"));
}

BOOST_AUTO_TEST_CASE(compact_json_raw_utf8_and_unknown_keys_are_fine) {
    BOOST_TEST(is_query(R"({"later":[1,{}],"command":"query"})"));
    const auto add = parse_beacon(
        "{\"command\":\"add\",\"port\":1,\"service\":\"s\",\"info\":{\"n\":\"\xc3\xa9\"}}");
    BOOST_REQUIRE(add);
    BOOST_TEST(add->info["n"].asString() == "\xc3\xa9");
}

BOOST_AUTO_TEST_CASE(junk_is_refused_with_a_reason) {
    for (const std::string datagram : {"",
                                       "junk",
                                       "{",
                                       "[]",
                                       "{}",
                                       R"({"command":5})",
                                       R"({"command":"fly"})",
                                       R"({"command":"add"})",
                                       R"({"command":"add","service":"s","port":1})",
                                       R"({"command":"add","service":"s","port":1,"info":[]})",
                                       R"({"command":"add","service":"s","port":0,"info":{}})",
                                       R"({"command":"add","service":"s","port":65536,"info":{}})",
                                       R"({"command":"add","service":"s","port":-1,"info":{}})",
                                       R"({"command":"add","service":"s","port":"1","info":{}})",
                                       R"({"command":"add","service":"s","port":1.5,"info":{}})",
                                       R"({"command":"add","service":"","port":1,"info":{}})",
                                       R"({"command":"add","service":5,"port":1,"info":{}})",
                                       R"({"command":"remove","service":"s"})",
                                       R"({"command":"remove","port":1})",
                                       "{\"command\":\"query\xff\"}"}) {
        const auto read = parse_beacon(datagram);
        BOOST_REQUIRE_MESSAGE(!read, datagram);
        BOOST_TEST(!read.why().empty());
    }
    const std::string long_id(257, 's');
    BOOST_TEST(!parse_beacon(R"({"command":"remove","port":1,"service":")" + long_id + "\"}"));
}

BOOST_AUTO_TEST_CASE(a_datagram_cut_anywhere_is_junk) {
    const std::string whole = R"({"command":"add","service":"s","port":1,"info":{"a":"\u00e9"}})";
    BOOST_REQUIRE(parse_beacon(whole));
    for (std::size_t size = 0; size < whole.size(); size++) {
        BOOST_TEST(!parse_beacon(whole.substr(0, size)));
    }
}

BOOST_AUTO_TEST_CASE(random_bytes_harm_nobody) {
    std::mt19937 random{1};
    const std::string seed = R"({"command":"add","service":"s","port":1,"info":{"a":[1,"x"]}})";
    for (int round = 0; round < 20000; round++) {
        std::string datagram = seed;
        for (unsigned change = random() % 6 + 1; change > 0; change--) {
            datagram[random() % datagram.size()] = static_cast<char>(random());
        }
        const auto read = parse_beacon(datagram);
        BOOST_REQUIRE(bool(read) != !read.why().empty());
    }
}

BOOST_AUTO_TEST_CASE(what_is_written_is_ascii_and_can_be_read) {
    beacon add{beacon::kind::add, "id", 4711, Json::objectValue};
    add.info["hostname"] = "caf\xc3\xa9";
    const std::string datagram = to_datagram(add);
    for (const char byte : datagram) {
        BOOST_TEST(static_cast<unsigned char>(byte) < 0x80);
    }
    const auto read = parse_beacon(datagram);
    BOOST_REQUIRE(read);
    BOOST_TEST(read->service == "id");
    BOOST_TEST(read->port == 4711);
    BOOST_TEST((read->info == add.info));
    BOOST_TEST(to_datagram(beacon{}) == R"({"command":"query"})");
    BOOST_TEST((parse_beacon(to_datagram({beacon::kind::remove, "id", 1, {}}))->type ==
                beacon::kind::remove));
}

BOOST_AUTO_TEST_SUITE_END()
