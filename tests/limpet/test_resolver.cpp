// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/link/resolver.hpp"

#include "tests/support/loop_runner.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

using namespace limpet;
using namespace limpet::test;

namespace {

std::pair<std::string, std::string> resolve(const std::string& host) {
    epoll_loop loop;
    std::optional<std::pair<std::string, std::string>> result;
    const resolver one{loop, host, [&](const std::string& address, const std::string& error) {
                           result = {address, error};
                       }};
    run_until(
        loop, [&] { return result.has_value(); }, "an answer");
    return *result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(resolvers)

BOOST_AUTO_TEST_CASE(an_address_is_its_own_answer) {
    BOOST_TEST(resolve("192.0.2.7").first == "192.0.2.7");
    BOOST_TEST(resolve("2001:db8::7").first == "2001:db8::7");
}

BOOST_AUTO_TEST_CASE(a_host_that_nobody_knows_gives_a_reason) {
    const auto [address, error] = resolve("no such host");
    BOOST_TEST(address.empty());
    BOOST_TEST(!error.empty());
}

BOOST_AUTO_TEST_CASE(who_is_destroyed_before_is_not_called) {
    epoll_loop loop;
    auto one =
        std::make_unique<resolver>(loop, "192.0.2.7", [](auto&, auto&) { BOOST_ERROR("called"); });
    one.reset();
    settle(loop);
}

BOOST_AUTO_TEST_CASE(it_may_be_destroyed_from_its_answer) {
    epoll_loop loop;
    std::unique_ptr<resolver> one;
    one = std::make_unique<resolver>(loop, "192.0.2.7", [&](auto&, auto&) { one.reset(); });
    run_until(
        loop, [&] { return !one; }, "an answer");
}

BOOST_AUTO_TEST_SUITE_END()
