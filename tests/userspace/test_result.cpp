// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "autobus/result.hpp"
#include "userspace/device/explain.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <memory>
#include <sys/wait.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(result)

namespace {

// How a process ends that does this.
int status_of(void (*action)()) {
    const pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        action();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_result_with_a_value_gives_the_value) {
    const autobus::result<int> good(7);
    BOOST_TEST(good.has_value());
    BOOST_TEST(static_cast<bool>(good));
    BOOST_TEST(good.value() == 7);
    BOOST_TEST(*good == 7);
    BOOST_TEST(good.value_or(1) == 7);
}

BOOST_AUTO_TEST_CASE(a_failed_result_gives_the_error) {
    const autobus::result<int> bad(autobus::error(EBUSY, "send $.A"));
    BOOST_TEST(!bad);
    BOOST_TEST(bad.error().code() == EBUSY);
    BOOST_TEST(bad.value_or(1) == 1);
}

BOOST_AUTO_TEST_CASE(a_result_can_hold_what_can_only_be_moved) {
    autobus::result<std::unique_ptr<int>> good(std::make_unique<int>(3));
    const std::unique_ptr<int> taken = *std::move(good);
    BOOST_TEST(*taken == 3);
}

BOOST_AUTO_TEST_CASE(a_result_of_nothing_is_good_or_an_error) {
    const autobus::result<void> good;
    const autobus::result<void> bad(autobus::error(EPERM, "bind"));
    BOOST_TEST(good.has_value());
    BOOST_TEST(!bad.has_value());
    BOOST_TEST(bad.error().code() == EPERM);
}

BOOST_AUTO_TEST_CASE(taking_a_value_that_is_not_there_aborts) {
    const int status = status_of([] {
        const autobus::result<int> bad(autobus::error(EBUSY, "send"));
        static_cast<void>(bad.value());
    });
    BOOST_TEST(WIFSIGNALED(status));
    BOOST_TEST(WTERMSIG(status) == SIGABRT);
    const int nothing = status_of([] { autobus::result<void>(autobus::error(1, "x")).value(); });
    BOOST_TEST(WIFSIGNALED(nothing));
}

BOOST_AUTO_TEST_CASE(an_error_says_what_failed_why_and_its_symbol) {
    const autobus::error why(EADDRNOTAVAIL, "request $.A", "nobody replies");
    BOOST_TEST(why.message() == "request $.A: nobody replies (EADDRNOTAVAIL)");
    BOOST_TEST(why.context() == "request $.A");
    BOOST_TEST(why.reason() == "nobody replies");
}

BOOST_AUTO_TEST_CASE(an_error_without_reason_has_the_systems_words) {
    const autobus::error why(ENOENT, "open x");
    BOOST_TEST(why.message() == "open x: No such file or directory (ENOENT)");
}

BOOST_AUTO_TEST_CASE(an_error_of_unknown_number_still_has_a_symbol) {
    BOOST_TEST(autobus::error(54321, "x").symbol() == "errno 54321");
}

BOOST_AUTO_TEST_CASE(the_same_errno_means_different_things_for_different_operations) {
    using autobus::operation;
    const auto bind = autobus::explain(operation::bind, EEXIST, "bind");
    const auto watch = autobus::explain(operation::watch, EEXIST, "watch");
    BOOST_TEST(bind.reason().find("pattern") != std::string::npos);
    BOOST_TEST(watch.reason().find("watched") != std::string::npos);
    const auto late = autobus::explain(operation::reply, ETIMEDOUT, "reply");
    const auto slow = autobus::explain(operation::receive, ETIMEDOUT, "receive");
    BOOST_TEST(late.reason() != slow.reason());
}

BOOST_AUTO_TEST_CASE(an_errno_that_the_bus_never_gives_has_the_systems_words) {
    const auto why = autobus::explain(autobus::operation::bind, EXDEV, "bind");
    BOOST_TEST(why.reason() == "Invalid cross-device link");
}

BOOST_AUTO_TEST_CASE(each_errno_of_the_bus_is_explained_for_the_operation_that_gives_it) {
    using autobus::operation;
    const std::pair<operation, int> known[] = {
        {operation::open, ENOENT},        {operation::open, EACCES},
        {operation::open, ENFILE},        {operation::open, ENOTTY},
        {operation::bind, EADDRINUSE},    {operation::bind, EEXIST},
        {operation::bind, EPERM},         {operation::bind, EDQUOT},
        {operation::bind, ENOLCK},        {operation::bind, EBADF},
        {operation::bind, EBADMSG},       {operation::bind, ENAMETOOLONG},
        {operation::unbind, EINVAL},      {operation::announce, EBUSY},
        {operation::announce, EDEADLK},   {operation::announce, EAGAIN},
        {operation::announce, ETIMEDOUT}, {operation::announce, EMSGSIZE},
        {operation::announce, EPERM},     {operation::request, EADDRNOTAVAIL},
        {operation::request, EPIPE},      {operation::request, ENOLCK},
        {operation::request, EBUSY},      {operation::request, EHOSTUNREACH},
        {operation::reply, ECONNREFUSED}, {operation::reply, ETIMEDOUT},
        {operation::direct, ENXIO},       {operation::watch, ENXIO},
        {operation::watch, ENOLCK},       {operation::unwatch, ENOENT},
        {operation::claim, EBUSY},        {operation::claim, EPERM},
        {operation::limit, EPERM},        {operation::limit, EBUSY},
        {operation::receive, EAGAIN},     {operation::receive, ESHUTDOWN},
        {operation::receive, ENODEV},     {operation::receive, EOPNOTSUPP},
    };
    for (const auto& [tried, code] : known) {
        const auto why = autobus::explain(tried, code, "x");
        const autobus::error plain(code, "x");
        BOOST_TEST(why.reason() != plain.reason(), plain.symbol() << " has no words of its own");
        BOOST_TEST(!why.reason().ends_with('.'));
    }
}

BOOST_AUTO_TEST_SUITE_END()
