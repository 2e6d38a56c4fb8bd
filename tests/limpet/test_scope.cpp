// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/link/scope.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace limpet;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(scopes)

BOOST_AUTO_TEST_CASE(addresses_are_near_or_far) {
    for (const char* host : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"}) {
        BOOST_TEST((scope_of(host) == scope::loopback), host);
    }
    for (const char* host :
         {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.7.1", "169.254.1.1", "100.64.0.1",
          "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1"}) {
        BOOST_TEST((scope_of(host) == scope::local), host);
    }
    for (const char* host : {"172.32.0.1", "11.0.0.1", "192.169.0.1", "8.8.8.8", "100.128.0.1",
                             "2001:db8::1", "nonsense", ""}) {
        BOOST_TEST((scope_of(host) == scope::beyond), host);
    }
}

BOOST_AUTO_TEST_CASE(far_hosts_are_asked_less_often) {
    BOOST_TEST((keep_alive_of(scope::loopback) == 1s));
    BOOST_TEST((keep_alive_of(scope::local) == 1s));
    BOOST_TEST((keep_alive_of(scope::beyond) == 10s));
}

BOOST_AUTO_TEST_CASE(waits_grow_by_scope_up_to_a_bound) {
    const auto waits = [](scope where, double draw) {
        back_off delay{where};
        std::vector<double> result;
        for (int i = 0; i < 5; i++) {
            const duration wait = delay.failed([&] { return draw; });
            result.push_back(std::chrono::duration<double>{wait}.count());
        }
        return result;
    };
    using list = std::vector<double>;
    BOOST_TEST(waits(scope::loopback, 0) == (list{2, 4, 8, 8, 8}),
               boost::test_tools::per_element());
    BOOST_TEST(waits(scope::local, 0) == (list{4, 8, 16, 16, 16}),
               boost::test_tools::per_element());
    BOOST_TEST(waits(scope::beyond, 0) == (list{8, 16, 32, 64, 64}),
               boost::test_tools::per_element());
    // The random part is at most half of it.
    BOOST_TEST(waits(scope::loopback, 0.9999) == (list{3, 6, 12, 12, 12}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(success_begins_anew) {
    back_off delay{scope::loopback};
    const auto lowest = [] { return 0.0; };
    (void)delay.failed(lowest);
    (void)delay.failed(lowest);
    BOOST_TEST(delay.failures() == 2u);
    delay.succeeded();
    BOOST_TEST((delay.failed(lowest) == 2s));
}

BOOST_AUTO_TEST_SUITE_END()
