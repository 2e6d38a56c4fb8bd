// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "tests/userspace/support.hpp"
#include "userspace/device/port.hpp"
#include "userspace/host/inproc.h"

#include <linux/autobus.h>

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <thread>

using namespace autobus;
using autobus::test::bus_fixture;
using autobus::test::is_readable;
using autobus::test::patience;

BOOST_AUTO_TEST_SUITE(calls)

namespace {

// A port whose n-th use of one ioctl (from 1) fails, as a signal or a lack of memory would make it.
class failing_port final : public port {
public:
    failing_port(std::unique_ptr<port> inner, unsigned long command, int nth, int code)
        : inner_(std::move(inner)), command_(command), left_(nth), code_(code) {}

    ssize_t read(void* bytes, std::size_t size) override { return inner_->read(bytes, size); }
    ssize_t write(const void* bytes, std::size_t size) override {
        return inner_->write(bytes, size);
    }
    int ioctl(unsigned long command, void* argument) override {
        return command == command_ && --left_ == 0 ? -code_ : inner_->ioctl(command, argument);
    }
    int poll() override { return inner_->poll(); }
    int fd() const override { return inner_->fd(); }

private:
    std::unique_ptr<port> inner_;
    unsigned long command_;
    int left_;
    int code_;
};

// A bus whose ports a test can wrap.
struct raw_bus {
    ab_inproc_bus* handle = ab_inproc_bus_new();

    ~raw_bus() { ab_inproc_bus_free(handle); }

    std::unique_ptr<port> open_port() {
        std::unique_ptr<port> opened;
        BOOST_REQUIRE(open_in_process_port(handle, O_RDWR, nullptr, opened) == 0);
        return opened;
    }

    device open() { return make_device(open_port(), "a test's bus", {}).value(); }

    result<device> open_failing(unsigned long command, int nth, int code) {
        return make_device(std::make_unique<failing_port>(open_port(), command, nth, code),
                           "a test's bus", {});
    }
};

// Answers one request, in a thread of its own.
class one_answer {
public:
    one_answer(
        device& bus, std::string data, std::function<void()> before = [] {})
        : thread_([&bus, data = std::move(data), before = std::move(before)] {
              const message request = bus.receive(patience).value();
              before();
              bus.reply(request, data).value();
          }) {}
    one_answer(const one_answer&) = delete;
    one_answer& operator=(const one_answer&) = delete;
    ~one_answer() { thread_.join(); }

private:
    std::thread thread_;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_call_gives_the_reply_to_its_request, bus_fixture) {
    device asked = replier("$.A");
    device asker = open();
    const one_answer answer(asked, "42");
    const message reply = asker.call("$.A", "?", patience).value();
    BOOST_TEST((reply.type() == message_type::reply));
    BOOST_TEST(reply.data() == "42");
}

BOOST_FIXTURE_TEST_CASE(a_call_gives_the_status_when_no_reply_can_come, bus_fixture) {
    std::optional<device> asked = replier("$.A");
    device asker = open();
    std::thread dies([&] {
        asked->receive(patience).value();
        asked.reset();
    });
    BOOST_TEST((status_of(*asker.call("$.A", "?", patience)) == status_kind::ignored));
    dies.join();
}

BOOST_FIXTURE_TEST_CASE(a_call_that_cannot_be_sent_fails_like_a_request, bus_fixture) {
    device asker = open();
    const auto answer = asker.call("$.A", "?");
    BOOST_REQUIRE(!answer);
    BOOST_TEST(answer.error().code() == EADDRNOTAVAIL);
    draft announcement;
    announcement.name = "$.A";
    BOOST_TEST(asker.call(announcement).error().code() == EINVAL);
}

BOOST_FIXTURE_TEST_CASE(what_comes_during_a_call_is_received_later_in_order, bus_fixture) {
    device asked = replier("$.A");
    device asker = listener("$.News");
    device mouth = open();
    const int fd = asker.fd().value();
    mouth.announce("$.News", "1").value();
    {
        const one_answer answer(asked, "42", [&] { mouth.announce("$.News", "2").value(); });
        BOOST_TEST(asker.call("$.A", "?", patience)->data() == "42");
    }
    BOOST_TEST(is_readable(fd));
    mouth.announce("$.News", "3").value();
    for (const char* expected : {"1", "2", "3"}) {
        BOOST_TEST(asker.receive(no_wait)->data() == expected);
    }
    BOOST_TEST(!is_readable(fd));
}

BOOST_FIXTURE_TEST_CASE(what_a_call_set_aside_can_be_received_many_at_a_time, bus_fixture) {
    device asked = replier("$.A");
    device asker = listener("$.News");
    device mouth = open();
    for (int i = 0; i < 5; ++i) {
        mouth.announce("$.News", std::string(100, static_cast<char>('a' + i))).value();
    }
    {
        const one_answer answer(asked, "42");
        asker.call("$.A", "?", patience).value();
    }
    receive_buffer buffer(1); // grows for the first, and takes what fits then
    std::string order;
    while (asker.receive_many(buffer, no_wait, 2)) {
        for (const message_view& message : buffer) {
            order += message.data()[0];
        }
    }
    BOOST_TEST(order == "abcde");
}

BOOST_FIXTURE_TEST_CASE(an_answer_larger_than_the_room_of_a_call_is_received, bus_fixture) {
    device asked = replier("$.A");
    device asker = open();
    const std::string large(500000, 'x');
    const one_answer answer(asked, large);
    BOOST_TEST(asker.call("$.A", "?", patience)->data() == large);
}

BOOST_FIXTURE_TEST_CASE(an_endpoint_that_is_full_of_news_can_still_call, bus_fixture) {
    device asked = replier("$.A");
    device asker = listener("$.News");
    device mouth = open();
    const std::string news(30000, 'n');
    for (int i = 0; i < 20; ++i) {
        mouth.announce("$.News", news).value();
    }
    const one_answer answer(asked, "42");
    BOOST_TEST(asker.call("$.A", "?", patience)->data() == "42");
    for (int i = 0; i < 20; ++i) {
        BOOST_TEST(asker.receive(no_wait)->data() == news);
    }
}

BOOST_FIXTURE_TEST_CASE(the_answer_to_a_call_that_gave_up_is_thrown_away, bus_fixture) {
    device asked = replier("$.A");
    device asker = open();
    const auto gave_up = asker.call("$.A", "?", std::chrono::milliseconds(1));
    BOOST_REQUIRE(!gave_up);
    BOOST_TEST(gave_up.error().code() == ETIMEDOUT);
    asked.reply(*asked.receive(no_wait), "late").value();
    BOOST_TEST(asker.receive(no_wait).error().code() == EAGAIN);
    const one_answer answer(asked, "in time");
    BOOST_TEST(asker.call("$.A", "?", patience)->data() == "in time");
}

BOOST_FIXTURE_TEST_CASE(a_late_answer_is_not_taken_for_the_next_call_s, bus_fixture) {
    device asked = replier("$.A");
    device asker = open();
    const int fd = asker.fd().value();
    BOOST_TEST(asker.call("$.A", "1", std::chrono::milliseconds(1)).error().code() == ETIMEDOUT);
    std::thread answers([&] {
        const message first = asked.receive(patience).value();
        const message second = asked.receive(patience).value();
        asked.reply(first, "to the first").value();
        asked.reply(second, "to the second").value();
    });
    BOOST_TEST(asker.call("$.A", "2", patience)->data() == "to the second");
    answers.join();
    BOOST_TEST(!is_readable(fd), "the late answer was set aside");
    receive_buffer buffer;
    BOOST_TEST(asker.receive_many(buffer, no_wait).error().code() == EAGAIN);
}

BOOST_AUTO_TEST_CASE(a_call_that_is_interrupted_while_it_waits_gives_up) {
    raw_bus bus;
    device asked = bus.open();
    asked.bind("$.A", role::replier).value();
    device news = bus.open();
    // The call's own receiving gives it the news; the next receive is interrupted.
    device asker = bus.open_failing(AUTOBUS_IOC_RECEIVE, 1, EINTR).value();
    asker.bind("$.News", role::listener).value();
    news.announce("$.News", "n").value();
    BOOST_TEST(asker.call("$.A", "?", patience).error().code() == EINTR);
    asked.reply(*asked.receive(no_wait), "late").value();
    BOOST_TEST(asker.receive(no_wait)->data() == "n");
    BOOST_TEST(asker.receive(no_wait).error().code() == EAGAIN);
}

BOOST_AUTO_TEST_CASE(a_call_whose_system_call_fails_before_sending_has_sent_nothing) {
    raw_bus bus;
    device asked = bus.open();
    asked.bind("$.A", role::replier).value();
    device asker = bus.open_failing(AUTOBUS_IOC_CALL, 1, ENOMEM).value();
    BOOST_TEST(asker.call("$.A", "?", patience).error().code() == ENOMEM);
    BOOST_TEST(asked.receive(no_wait).error().code() == EAGAIN);
}

BOOST_AUTO_TEST_CASE(each_system_call_that_fails_gives_its_error_and_closes_nothing) {
    raw_bus bus;
    BOOST_TEST(bus.open_failing(AUTOBUS_IOC_INFO, 1, ENODEV).error().code() == ENODEV);
    BOOST_TEST(bus.open_failing(AUTOBUS_IOC_CLAIM, 1, EOPNOTSUPP).error().code() == EOPNOTSUPP);
    BOOST_TEST(bus.open_failing(AUTOBUS_IOC_INFO, 2, ENODEV)->info().error().code() == ENODEV);
    BOOST_TEST(bus.open_failing(AUTOBUS_IOC_LIST, 1, ENOMEM)->list_bindings().error().code() ==
               ENOMEM);
    device sends = bus.open_failing(AUTOBUS_IOC_SEND, 1, ENOMEM).value();
    BOOST_TEST(sends.announce("$.A", "").error().code() == ENOMEM);
    BOOST_TEST(sends.announce("$.A", "").has_value());
    device receives = bus.open_failing(AUTOBUS_IOC_RECEIVE, 1, ESHUTDOWN).value();
    BOOST_TEST(receives.receive(patience).error().code() == ESHUTDOWN);
}

BOOST_AUTO_TEST_CASE(a_port_reads_and_writes_whole_records_and_can_be_polled) {
    raw_bus bus;
    device ear = bus.open();
    ear.bind("$.A", role::listener).value();
    const auto file = bus.open_port();
    BOOST_TEST((file->poll() & (POLLIN | POLLOUT)) == POLLOUT);
    draft one;
    one.name = "$.A";
    one.data = "x";
    std::string bytes;
    encode(one, bytes).value();
    BOOST_TEST(file->write(bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    BOOST_TEST(file->write(bytes.data(), bytes.size() - 1) == -EINVAL);
    BOOST_TEST(ear.receive(no_wait)->data() == "x");
}

BOOST_AUTO_TEST_SUITE_END()
