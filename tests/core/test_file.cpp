// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"

namespace {

using namespace test;

std::uint64_t at(const void* where) {
    return reinterpret_cast<std::uintptr_t>(where);
}

struct files {
    test::bus bus;
    client a{bus}, b{bus};
    ~files() { bus.check(); }

    autobus_transfer transfer() {
        autobus_transfer argument{};
        argument.size = sizeof(argument);
        return argument;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(file_, files)

BOOST_AUTO_TEST_CASE(an_argument_may_be_longer_if_the_rest_is_zero) {
    struct {
        autobus_info info;
        std::uint64_t later[2];
    } longer{};
    const auto cmd = _IOC(_IOC_READ | _IOC_WRITE, AUTOBUS_IOC_TYPE, 1, sizeof(longer));
    longer.info.size = sizeof(longer);
    BOOST_CHECK_EQUAL(a.ioctl(cmd, &longer), 0);
    BOOST_CHECK_EQUAL(longer.info.endpoint, a.number());
    longer = {};
    longer.info.size = sizeof(longer);
    longer.later[1] = 1;
    BOOST_CHECK_EQUAL(a.ioctl(cmd, &longer), -E2BIG);
    longer.later[1] = 0;
    BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_INFO, &longer), -EINVAL);
    longer.info.size = sizeof(autobus_info) - 8;
    BOOST_CHECK_EQUAL(a.ioctl(_IOC(3u, AUTOBUS_IOC_TYPE, 1, sizeof(autobus_info) - 8), &longer),
                      -EINVAL);
}

BOOST_AUTO_TEST_CASE(unknown_numbers_and_bad_pointers_are_refused) {
    autobus_info info{};
    info.size = sizeof(info);
    BOOST_CHECK_EQUAL(a.ioctl(_IOWR(AUTOBUS_IOC_TYPE, 0, autobus_info), &info), -ENOTTY);
    BOOST_CHECK_EQUAL(a.ioctl(_IOWR(AUTOBUS_IOC_TYPE, 13, autobus_info), &info), -ENOTTY);
    BOOST_CHECK_EQUAL(a.ioctl(_IOWR(AUTOBUS_IOC_TYPE, 255, autobus_info), &info), -ENOTTY);
    BOOST_CHECK_EQUAL(a.ioctl(_IOWR(0xBE, 1, autobus_info), &info), -ENOTTY);
    BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_INFO, nullptr), -EFAULT);
    BOOST_CHECK_EQUAL(ab_file_ioctl(a.file(), AB_FIONREAD, 0, 0), -EFAULT);
}

BOOST_AUTO_TEST_CASE(what_only_the_kernel_sets_must_be_zero) {
    autobus_info info{};
    info.size = sizeof(info);
    info.lost = 1;
    BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_INFO, &info), -EINVAL);
    autobus_bind bind{};
    bind.size = sizeof(bind);
    bind.pattern = at("$.A");
    bind.pattern_size = 3;
    bind.role = AUTOBUS_LISTENER;
    bind.binding = 1;
    BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_BIND, &bind), -EINVAL);
    autobus_limits limits{};
    limits.size = sizeof(limits);
    limits.message = 1;
    BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_LIMITS, &limits), -EINVAL);
    for (auto field : {&autobus_transfer::sent, &autobus_transfer::received,
                       &autobus_transfer::reserved}) {
        auto argument = transfer();
        argument.*field = 1;
        BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_RECEIVE, &argument), -EINVAL);
    }
    for (auto field : {&autobus_transfer::in_done, &autobus_transfer::out_done,
                       &autobus_transfer::serial}) {
        auto argument = transfer();
        argument.*field = 1;
        BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_SEND, &argument), -EINVAL);
    }
}

BOOST_AUTO_TEST_CASE(what_isnt_built_yet_says_so) {
    auto argument = transfer();
    argument.flags = AUTOBUS_TRANSFER_PEEK;
    BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_RECEIVE, &argument), -EOPNOTSUPP);
    argument.flags = AUTOBUS_TRANSFER_DISCARD;
    BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_RECEIVE, &argument), -EOPNOTSUPP);
    argument.flags = 8;
    BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_RECEIVE, &argument), -EINVAL);
    autobus_values values{};
    values.size = sizeof(values);
    BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_VALUES, &values), -EINVAL);
    values.flags = AUTOBUS_VALUES_READ;
    BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_VALUES, &values), -EOPNOTSUPP);
    autobus_capture capture{};
    capture.size = sizeof(capture);
    BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_CAPTURE, &capture), -EINVAL);
    capture.flags = AUTOBUS_CAPTURE_START;
    BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_CAPTURE, &capture), -EOPNOTSUPP);
}

BOOST_AUTO_TEST_CASE(limits_have_ceilings_and_floors) {
    client root(bus, {true, true, true, 0});
    BOOST_CHECK_EQUAL(a.limit(64 * AUTOBUS_DEFAULT_RECORDS), 0);
    BOOST_CHECK_EQUAL(a.limit(64 * AUTOBUS_DEFAULT_RECORDS + 1), -EPERM);
    BOOST_CHECK_EQUAL(a.limit(0, 1ull << 40), -EPERM);
    BOOST_CHECK_EQUAL(a.limit(0, 0, 1ull << 40), -EPERM);
    BOOST_CHECK_EQUAL(root.limit(0, 1ull << 40, 1 << 20), 0);
    BOOST_CHECK_EQUAL(root.limit(1 << 21), -EPERM);
    BOOST_REQUIRE_GT(b.send(direct(a.number(), "$.D", "12345")), 0);
    BOOST_REQUIRE_GT(b.send(direct(a.number(), "$.D", "12345")), 0);
    BOOST_CHECK_EQUAL(a.limit(1), -EBUSY);
    BOOST_CHECK_EQUAL(a.limit(0, 15), -EBUSY);
    BOOST_CHECK_EQUAL(a.limit(2, 16), 0);
    autobus_limits limits{};
    limits.size = sizeof(limits);
    BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_LIMITS, &limits), 0);
    BOOST_CHECK_EQUAL(limits.records, 2);
    BOOST_CHECK_EQUAL(limits.bytes, 16);
    BOOST_CHECK_EQUAL(limits.bindings, AUTOBUS_DEFAULT_BINDINGS);
    BOOST_CHECK_EQUAL(limits.message, AUTOBUS_DEFAULT_MESSAGE);
    BOOST_CHECK_EQUAL(limits.endpoints, AUTOBUS_DEFAULT_ENDPOINTS);
}

BOOST_AUTO_TEST_CASE(a_batch_ends_at_its_first_failure_and_tells_how_far_it_came) {
    BOOST_REQUIRE_EQUAL(b.listen("$.A"), 0);
    const auto good = announcement("$.A", "x").encode();
    auto batch = good + good + announcement("$.Autobus.A").encode() + good;
    std::uint64_t serials[4] = {};
    auto argument = transfer();
    argument.in = at(batch.data());
    argument.in_size = batch.size();
    argument.out = at(serials);
    argument.out_size = sizeof(serials);
    BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_SEND, &argument), 0);
    BOOST_CHECK_EQUAL(argument.sent, 2);
    BOOST_CHECK_EQUAL(argument.in_done, 2 * good.size());
    BOOST_CHECK_EQUAL(argument.out_done, 16);
    BOOST_CHECK_EQUAL(serials[1], argument.serial);
    const auto got = b.read_all();
    BOOST_REQUIRE_EQUAL(got.size(), 2);
    BOOST_CHECK_EQUAL(got[0].head.serial, serials[0]);
    ab_io io{batch.data() + 2 * good.size(), batch.size() - 2 * good.size()};
    BOOST_CHECK_EQUAL(ab_file_write(a.file(), &io, AB_NONBLOCK), -EPERM);
    io = {batch.data(), batch.size()};
    BOOST_CHECK_EQUAL(ab_file_write(a.file(), &io, AB_NONBLOCK), 2 * good.size());
    io = {batch.data(), 0};
    BOOST_CHECK_EQUAL(ab_file_write(a.file(), &io, AB_NONBLOCK), -EINVAL);
}

BOOST_AUTO_TEST_CASE(the_serials_that_are_given_belong_to_the_first_records) {
    const auto good = announcement("$.A").encode();
    const auto batch = good + good + good;
    std::uint64_t serials[3] = {};
    auto argument = transfer();
    argument.in = at(batch.data());
    argument.in_size = batch.size();
    argument.out = at(serials);
    argument.out_size = sizeof(serials);
    /* Three copies for the argument, two for each record, and one for its serial. */
    static int n;
    n = 0;
    ab_copy_fails = [] { return ++n == 6 ? 1 : 0; };
    const int r = a.ioctl(AUTOBUS_IOC_SEND, &argument);
    ab_copy_fails = nullptr;
    BOOST_CHECK_EQUAL(r, 0);
    BOOST_CHECK_EQUAL(argument.sent, 1);
    BOOST_CHECK_EQUAL(argument.out_done, 0);
    BOOST_CHECK_EQUAL(bus.serial(), 1);
}

BOOST_AUTO_TEST_CASE(padding_must_be_zero_and_records_whole) {
    auto bytes = announcement("$.A", "x").encode();
    bytes[sizeof(autobus_record) + 5] = 1;
    BOOST_CHECK_EQUAL(a.send_raw(bytes), -EINVAL);
    bytes = announcement("$.A", "x").encode();
    bytes.back() = 1;
    BOOST_CHECK_EQUAL(a.send_raw(bytes), -EINVAL);
    bytes = announcement("$.A", "x").encode();
    for (auto size : {std::size_t{1}, sizeof(autobus_record) - 1, sizeof(autobus_record),
                      bytes.size() - 8, bytes.size() - 1}) {
        BOOST_CHECK_EQUAL(a.send_raw(bytes.substr(0, size)), -EINVAL);
    }
    BOOST_CHECK_EQUAL(bus.serial(), 0);
}

BOOST_AUTO_TEST_CASE(a_call_sends_and_receives) {
    std::thread replier([&] {
        std::string room(1024, '\0');
        ab_io io{room.data(), room.size()};
        if (ab_file_read(b.file(), &io, 0) > 0) {
            record asked;
            std::memcpy(&asked.head, room.data(), sizeof(asked.head));
            b.send(reply_to(asked, "answer"));
        }
    });
    while (b.serve("$.Q")) {
    }
    const auto bytes = request("$.Q").encode();
    std::string room(1024, '\0');
    auto argument = transfer();
    argument.in = at(bytes.data());
    argument.in_size = bytes.size();
    argument.out = at(room.data());
    argument.out_size = room.size();
    BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_CALL, &argument, 0), 0);
    replier.join();
    BOOST_CHECK_EQUAL(argument.sent, 1);
    BOOST_CHECK_EQUAL(argument.received, 1);
    BOOST_CHECK_EQUAL(decode(room.substr(0, argument.out_done)).at(0).data, "answer");
}

BOOST_AUTO_TEST_CASE(a_call_that_is_interrupted_says_what_was_sent) {
    const auto bytes = announcement("$.A").encode();
    std::string room(1024, '\0');
    auto argument = transfer();
    argument.in = at(bytes.data());
    argument.in_size = bytes.size();
    argument.out = at(room.data());
    argument.out_size = room.size();
    std::atomic<int> result{1};
    std::thread caller([&] { result = a.ioctl(AUTOBUS_IOC_CALL, &argument, 0); });
    while (result == 1) {
        ab_waiters_interrupt(&a.file()->waiters);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    caller.join();
    BOOST_CHECK_EQUAL(result, -EINTR);
    BOOST_CHECK_EQUAL(argument.sent, 1);
    BOOST_CHECK_EQUAL(argument.serial, 1);
    argument = transfer();
    argument.in = at(bytes.data());
    argument.in_size = bytes.size();
    argument.out = at(room.data());
    argument.out_size = room.size();
    BOOST_CHECK_EQUAL(a.ioctl(AUTOBUS_IOC_CALL, &argument), -EAGAIN);
    BOOST_CHECK_EQUAL(argument.sent, 1);
}

BOOST_AUTO_TEST_CASE(sending_needs_a_file_open_for_it) {
    client reader(bus, {true, false, false, 1});
    client writer(bus, {false, true, false, 1});
    BOOST_CHECK_EQUAL(reader.send(announcement("$.A")), -EBADF);
    BOOST_CHECK_GT(writer.send(announcement("$.A")), 0);
    BOOST_CHECK_EQUAL(writer.send(request("$.A")), -EBADF);
}

BOOST_AUTO_TEST_SUITE_END()
