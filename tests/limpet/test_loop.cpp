// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/loop.hpp"

#include "limpet/fd.hpp"

#include <sys/eventfd.h>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <memory>
#include <vector>

using namespace limpet;
using namespace std::chrono_literals;

namespace {

owned_fd readable_fd() {
    return owned_fd{::eventfd(1, EFD_NONBLOCK)};
}

} // namespace

BOOST_AUTO_TEST_SUITE(loops)

BOOST_AUTO_TEST_CASE(timers_call_in_order_of_their_times_and_once) {
    epoll_loop loop;
    std::vector<int> called;
    const auto late = loop.add_timer([&] {
        called.push_back(2);
        loop.stop();
    });
    const auto soon = loop.add_timer([&] { called.push_back(1); });
    late->set(loop.now() + 2ms);
    soon->set(loop.now() + 1ms);
    loop.run();
    loop.run_once(0ms);
    BOOST_TEST(called == (std::vector<int>{1, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_timer_is_not_early) {
    epoll_loop loop;
    instant called{};
    const instant wanted = loop.now() + 3ms;
    const auto timer = loop.add_timer([&] {
        called = loop.now();
        loop.stop();
    });
    timer->set(wanted);
    loop.run();
    BOOST_TEST((called >= wanted));
}

BOOST_AUTO_TEST_CASE(a_cleared_or_destroyed_timer_does_not_call) {
    epoll_loop loop;
    int calls = 0;
    const auto cleared = loop.add_timer([&] { calls++; });
    auto destroyed = loop.add_timer([&] { calls++; });
    cleared->set(loop.now());
    destroyed->set(loop.now());
    cleared->clear();
    destroyed.reset();
    loop.run_once(1ms);
    BOOST_TEST(calls == 0);
}

BOOST_AUTO_TEST_CASE(setting_a_timer_again_moves_it) {
    epoll_loop loop;
    int calls = 0;
    const auto timer = loop.add_timer([&] { calls++; });
    timer->set(loop.now() + 1h);
    timer->set(loop.now());
    loop.run_once(1s);
    loop.run_once(0ms);
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(a_timer_may_destroy_itself_and_others_of_the_same_time) {
    epoll_loop loop;
    int calls = 0;
    std::unique_ptr<loop::timer> first;
    std::unique_ptr<loop::timer> second;
    const auto destroy_both = [&] {
        calls++;
        first.reset();
        second.reset();
    };
    first = loop.add_timer(destroy_both);
    second = loop.add_timer(destroy_both);
    first->set(loop.now());
    second->set(loop.now());
    loop.run_once(1ms);
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(a_timer_that_sets_itself_at_once_keeps_no_descriptor_waiting) {
    epoll_loop loop;
    const owned_fd fd = readable_fd();
    std::unique_ptr<loop::timer> timer = loop.add_timer([&] { timer->set(loop.now()); });
    timer->set(loop.now());
    const auto watch = loop.add_watch(fd.get(), [&](bool, bool) { loop.stop(); });
    watch->want(true, false);
    loop.run(); // ends
}

BOOST_AUTO_TEST_CASE(a_watch_may_destroy_others_whose_events_are_fetched_already) {
    epoll_loop loop;
    const owned_fd a = readable_fd();
    const owned_fd b = readable_fd();
    int calls = 0;
    std::unique_ptr<loop::watch> first;
    std::unique_ptr<loop::watch> second;
    const auto destroy_both = [&](bool, bool) {
        calls++;
        first.reset();
        second.reset();
    };
    first = loop.add_watch(a.get(), destroy_both);
    second = loop.add_watch(b.get(), destroy_both);
    first->want(true, false);
    second->want(true, false);
    loop.run_once(1s);
    loop.run_once(0ms);
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(what_is_not_wanted_is_not_told) {
    epoll_loop loop;
    const owned_fd fd = readable_fd();
    bool told_readable = false;
    bool told_writable = false;
    const auto watch = loop.add_watch(fd.get(), [&](bool readable, bool writable) {
        told_readable = told_readable || readable;
        told_writable = told_writable || writable;
    });
    watch->want(false, true);
    loop.run_once(1s);
    BOOST_TEST(told_writable);
    BOOST_TEST(!told_readable);
}

BOOST_AUTO_TEST_CASE(a_watch_may_outlive_its_loop) {
    const owned_fd fd = readable_fd();
    std::unique_ptr<loop::watch> watch;
    std::unique_ptr<loop::timer> timer;
    {
        epoll_loop loop;
        watch = loop.add_watch(fd.get(), [](bool, bool) {});
        timer = loop.add_timer([] {});
    }
    timer->set(instant{});
}

BOOST_AUTO_TEST_SUITE_END()
