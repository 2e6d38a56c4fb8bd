// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"

#include "support/for_each_failure.hpp"

namespace {

struct in_process {
    ab_inproc_bus* bus = ab_inproc_bus_new();
    ab_inproc_file* a = open(O_RDWR | O_NONBLOCK);
    ab_inproc_file* b = open(O_RDWR | O_NONBLOCK);
    ~in_process() {
        ab_inproc_close(a);
        ab_inproc_close(b);
        ab_inproc_bus_free(bus);
    }
    ab_inproc_file* open(int flags) {
        ab_inproc_file* file = nullptr;
        BOOST_REQUIRE_EQUAL(ab_inproc_open(bus, flags, nullptr, &file), 0);
        return file;
    }
    int listen(ab_inproc_file* file) {
        autobus_bind bind{};
        bind.size = sizeof(bind);
        bind.pattern = reinterpret_cast<std::uintptr_t>("$.A");
        bind.pattern_size = 3;
        bind.role = AUTOBUS_LISTENER;
        return ab_inproc_ioctl(file, AUTOBUS_IOC_BIND, &bind);
    }
    long send(ab_inproc_file* file) {
        const auto bytes = test::announcement("$.A").encode();
        return ab_inproc_write(file, bytes.data(), bytes.size());
    }
    static bool is_ready(int fd) {
        pollfd poll_fd{fd, POLLIN, 0};
        return ::poll(&poll_fd, 1, 0) == 1;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(inproc, in_process)

BOOST_AUTO_TEST_CASE(its_descriptor_is_readable_while_there_is_something_to_read) {
    BOOST_REQUIRE_EQUAL(listen(b), 0);
    const int fd = ab_inproc_fd(b);
    BOOST_CHECK(!is_ready(fd));
    BOOST_CHECK_GT(send(a), 0);
    BOOST_CHECK(is_ready(fd));
    BOOST_CHECK(is_ready(fd));
    BOOST_CHECK_EQUAL(ab_inproc_poll(b), POLLIN | POLLOUT);
    char room[1024];
    BOOST_CHECK_GT(ab_inproc_read(b, room, sizeof(room)), 0);
    BOOST_CHECK(!is_ready(fd));
    BOOST_CHECK_EQUAL(ab_inproc_read(b, room, sizeof(room)), -EAGAIN);
    BOOST_CHECK_EQUAL(ab_inproc_poll(b), POLLOUT);
}

BOOST_AUTO_TEST_CASE(its_descriptor_tells_of_a_loss_when_all_slots_are_reserved) {
    BOOST_REQUIRE_EQUAL(listen(b), 0);
    autobus_limits limits{};
    limits.size = sizeof(limits);
    limits.records = 1;
    BOOST_REQUIRE_EQUAL(ab_inproc_ioctl(b, AUTOBUS_IOC_LIMITS, &limits), 0);
    autobus_watch watch{};
    watch.size = sizeof(watch);
    watch.endpoint.endpoint = 1;
    BOOST_REQUIRE_EQUAL(ab_inproc_ioctl(b, AUTOBUS_IOC_WATCH, &watch), 0);
    const int fd = ab_inproc_fd(b);
    BOOST_CHECK(!is_ready(fd));
    BOOST_CHECK_GT(send(a), 0);
    BOOST_CHECK(is_ready(fd));
}

BOOST_AUTO_TEST_CASE(its_descriptor_is_readable_when_the_endpoint_closed_with_its_opener) {
    autobus_claim claim{};
    claim.size = sizeof(claim);
    claim.flags = AUTOBUS_CLAIM_OPENER;
    const int fd = ab_inproc_fd(b);
    ab_inproc_opener_exits(b);
    BOOST_CHECK(!is_ready(fd));
    BOOST_REQUIRE_EQUAL(ab_inproc_ioctl(b, AUTOBUS_IOC_CLAIM, &claim), 0);
    ab_inproc_opener_exits(b);
    BOOST_CHECK(is_ready(fd));
    BOOST_CHECK(ab_inproc_poll(b) & POLLHUP);
    char room[1024];
    BOOST_CHECK_EQUAL(ab_inproc_read(b, room, sizeof(room)), -ESHUTDOWN);
}

BOOST_AUTO_TEST_CASE(blocking_can_be_switched_and_interrupted) {
    ab_inproc_set_nonblock(b, 0);
    std::atomic<long> result{1};
    std::thread reader([&] {
        char room[1024];
        result = ab_inproc_read(b, room, sizeof(room));
    });
    while (result == 1) {
        ab_inproc_interrupt(b);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    reader.join();
    BOOST_CHECK_EQUAL(result, -EINTR);
}

BOOST_AUTO_TEST_CASE(modes_are_those_of_open) {
    auto* reader = open(O_RDONLY | O_NONBLOCK);
    auto* writer = open(O_WRONLY | O_NONBLOCK);
    BOOST_CHECK_EQUAL(send(reader), -EBADF);
    BOOST_CHECK_GT(send(writer), 0);
    BOOST_CHECK_EQUAL(listen(writer), -EBADF);
    BOOST_CHECK_EQUAL(listen(reader), 0);
    ab_inproc_close(reader);
    ab_inproc_close(writer);
}

BOOST_AUTO_TEST_CASE(the_opener_is_this_process_or_who_is_named) {
    ab_inproc_opener other{1, 2, 3, 0};
    ab_inproc_file* c = nullptr;
    BOOST_REQUIRE_EQUAL(ab_inproc_open(bus, O_RDWR | O_NONBLOCK, &other, &c), 0);
    BOOST_REQUIRE_EQUAL(listen(b), 0);
    send(a);
    send(c);
    std::string room(4096, '\0');
    const auto n = ab_inproc_read(b, room.data(), room.size());
    BOOST_REQUIRE_GT(n, 0);
    const auto all = test::decode(room.substr(0, n));
    BOOST_REQUIRE_EQUAL(all.size(), 2);
    BOOST_CHECK_EQUAL(all[0].head.sender.tgid, getpid());
    BOOST_CHECK_EQUAL(all[0].head.sender.uid, geteuid());
    BOOST_CHECK_EQUAL(all[1].head.sender.tgid, 1);
    BOOST_CHECK_EQUAL(all[1].head.sender.uid, 2);
    BOOST_CHECK_EQUAL(all[1].head.sender.gid, 3);
    ab_inproc_close(c);
}

BOOST_AUTO_TEST_CASE(nothing_can_be_closed_and_freed) {
    BOOST_CHECK(!ab_inproc_close(nullptr));
    BOOST_CHECK(!ab_inproc_bus_free(nullptr));
}

BOOST_AUTO_TEST_CASE(opening_without_memory_leaves_nothing) {
    const auto n = test::for_each_failure(test::failure_kind::allocation, [&](auto&& armed) {
        ab_inproc_file* file = nullptr;
        int r = 0;
        if (armed([&] { r = ab_inproc_open(bus, O_RDWR, nullptr, &file); })) {
            BOOST_CHECK_EQUAL(r, -ENOMEM);
        } else {
            BOOST_CHECK_EQUAL(r, 0);
            ab_inproc_close(file);
        }
    });
    BOOST_CHECK_EQUAL(n, 3);
}

BOOST_AUTO_TEST_SUITE_END()
