// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/options.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace limpet;

namespace {

using strings = std::vector<std::string>;

options good(const strings& arguments) {
    const auto result = parse_options(arguments);
    BOOST_REQUIRE_MESSAGE(result, result.why());
    return *result;
}

std::string why(const strings& arguments) {
    const auto result = parse_options(arguments);
    BOOST_REQUIRE(!result);
    return result.why();
}

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(limpet_options)

BOOST_AUTO_TEST_CASE(without_options_it_is_the_first_bus_closed) {
    const options result = good({});
    BOOST_TEST(result.bus == "/dev/autobus0");
    BOOST_TEST(result.network == "0");
    BOOST_TEST(!result.open);
    BOOST_TEST(result.port == 0);
    BOOST_TEST(result.discovery_port == 52722);
    BOOST_TEST(result.open_names.empty());
}

BOOST_AUTO_TEST_CASE(all_options_are_taken) {
    const options result =
        good({"--bus", "3", "--network=lab", "--open", "--open-names", "$.Kitchen.*,$.Door",
              "--peer", "a:1", "--peer", "b", "--interface", "eth0", "--port", "4000",
              "--discovery-port", "4001", "--verbose"});
    BOOST_TEST(result.bus == "3");
    BOOST_TEST(result.network == "lab");
    BOOST_TEST(result.open);
    BOOST_REQUIRE(result.open_names.size() == 2u);
    BOOST_TEST(result.open_names[0].str() == "$.Kitchen.*");
    BOOST_TEST(result.open_names[1].str() == "$.Door");
    BOOST_REQUIRE(result.peers.size() == 2u);
    BOOST_TEST((result.peers[0] == static_peer{"a", 1}));
    BOOST_TEST((result.peers[1] == static_peer{"b", std::nullopt}));
    BOOST_TEST(result.interfaces == strings{"eth0"}, boost::test_tools::per_element());
    BOOST_TEST(result.port == 4000);
    BOOST_TEST(result.discovery_port == 4001);
    BOOST_TEST(result.verbose);
    BOOST_TEST(good({"--help"}).help);
}

BOOST_AUTO_TEST_CASE(a_bus_names_its_network) {
    BOOST_TEST(good({"--bus", "/dev/autobus12"}).network == "12");
    BOOST_TEST(default_network("7") == "7");
    BOOST_TEST(default_network("unix:/run/autobus/4.sock") == "4");
    BOOST_TEST(default_network("somewhere") == "0");
    BOOST_TEST(default_network("/dev/autobus" + std::string(100, '1')).size() == 64u);
}

BOOST_AUTO_TEST_CASE(peers_have_many_forms) {
    BOOST_TEST((*parse_peer("host.example:65535") == static_peer{"host.example", 65535}));
    BOOST_TEST((*parse_peer("[fe80::1%eth0]:5") == static_peer{"fe80::1%eth0", 5}));
    BOOST_TEST((*parse_peer("[::1]") == static_peer{"::1", std::nullopt}));
    for (const char* bad :
         {"", ":5", "[]:5", "a:", "a:0", "a:65536", "a:x", "a:5x", "fe80::1", "[::1", "[::1]5"}) {
        BOOST_TEST(!parse_peer(bad), bad);
    }
}

BOOST_AUTO_TEST_CASE(each_mistake_is_told_in_words_that_help) {
    BOOST_TEST(says(why({"--fly"}), "--fly"));
    BOOST_TEST(says(why({"--fly"}), "--help"));
    BOOST_TEST(says(why({"--bus"}), "needs a value"));
    BOOST_TEST(says(why({"kitchen"}), "kitchen"));
    BOOST_TEST(says(why({"--port", "70000"}), "65535"));
    BOOST_TEST(says(why({"--discovery-port", "0"}), "1 to 65535"));
    BOOST_TEST(says(why({"--network", "a b"}), "without spaces"));
    BOOST_TEST(says(why({"--network", ""}), "1 to 64"));
    BOOST_TEST(says(why({"--peer", "a:b"}), "--peer a:b"));
    BOOST_TEST(says(why({"--open", "--open-names", "$.A,,$.B"}), "--open-names"));
    BOOST_TEST(says(why({"--open", "--open-names", "Kitchen"}), "$.Kitchen.*"));
    BOOST_TEST(says(why({"--open-names", "$.A"}), "--open too"));
}

BOOST_AUTO_TEST_CASE(the_help_shows_every_option) {
    for (const char* option :
         {"--bus", "--network", "--open", "--open-names", "--peer", "--interface", "--port",
          "--discovery-port", "--verbose", "--help"}) {
        BOOST_TEST(says(help_text(), option), option);
    }
    BOOST_TEST(says(closed_text(), "--open"));
}

BOOST_AUTO_TEST_SUITE_END()
