// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// What only processes on a device can show: they are killed, fork, exec, share descriptors, get
// signals, and live in namespaces.

#include "tests/conformance/process.hpp"

#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

using namespace conformance;

namespace {

// A process that serves $.Lamp, reads so many requests, and sleeps.
int serve_and_sleep(const bell& ready, int reads)
{
    const int fd = raw::open();
    if (fd < 0 || raw::bind(fd, AUTOBUS_REPLIER, "$.Lamp")) {
        return 1;
    }
    ready.tell();
    while (reads--) {
        raw::receive(fd);
        ready.tell();
    }
    ::pause();
    return 0;
}

// Waits for a record without blocking for ever.
incoming next(endpoint& one)
{
    BOOST_REQUIRE_MESSAGE(one.file().wait_readable(60'000), "nothing came");
    return one.must_receive();
}

// A process that opens a bus, claims its end with the opener or not, and forks a child that
// lives on with the descriptor until `last_word` is told. `ready` gets the endpoint's number.
int open_and_leave_a_child(const bell& ready, bell& last_word, bool with_opener,
                           const std::function<void(int fd)>& child)
{
    const int fd = raw::open();
    if (with_opener && raw::claim(fd, AUTOBUS_CLAIM_OPENER)) {
        return 1;
    }
    last_word.be_silent();
    if (!::fork()) {
        ::alarm(300);
        child(fd);
        last_word.wait();
        ::_exit(0);
    }
    ready.tell(static_cast<int>(raw::info(fd).endpoint));
    ::pause();
    return 0;
}

void on_signal(bool restart)
{
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    action.sa_flags = restart ? SA_RESTART : 0;
    ::sigaction(SIGUSR1, &action, nullptr);
}

struct restarting_signals {
    restarting_signals() { on_signal(true); }
    ~restarting_signals() { on_signal(false); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(Processes)

BOOST_FIXTURE_TEST_SUITE(Killed, bus_fixture)

BOOST_AUTO_TEST_CASE(a_replier_that_is_killed_before_it_read_has_gone_away)
{
    endpoint asker = open();
    bell ready;
    process replier([&] { return serve_and_sleep(ready, 0); });
    BOOST_REQUIRE_EQUAL(ready.wait(), 0);
    const u64 asked = asker.must_send(request("$.Lamp"));
    replier.kill();
    const incoming status = next(asker);
    BOOST_TEST(status.name == AUTOBUS_NAME_GONE_AWAY);
    BOOST_TEST(status.head.in_reply_to == asked);
    BOOST_TEST(asker.info().endpoints == 1u);
}

BOOST_AUTO_TEST_CASE(a_replier_that_is_killed_after_it_read_has_ignored)
{
    endpoint asker = open();
    bell ready;
    process replier([&] { return serve_and_sleep(ready, 1); });
    BOOST_REQUIRE_EQUAL(ready.wait(), 0);
    asker.must_send(request("$.Lamp"));
    BOOST_REQUIRE_EQUAL(ready.wait(), 0);
    replier.kill();
    BOOST_TEST(next(asker).name == AUTOBUS_NAME_IGNORED);
}

BOOST_AUTO_TEST_CASE(a_waiting_caller_learns_of_the_kill)
{
    endpoint asker = open();
    bell ready;
    process replier([&] { return serve_and_sleep(ready, 0); });
    BOOST_REQUIRE_EQUAL(ready.wait(), 0);
    bytes image = to_bytes(request("$.Lamp"));
    bytes room(4096);
    autobus_transfer transfer = {};
    transfer.size = sizeof(transfer);
    transfer.in = reinterpret_cast<std::uintptr_t>(image.data());
    transfer.in_size = image.size();
    transfer.out = reinterpret_cast<std::uintptr_t>(room.data());
    transfer.out_size = room.size();
    auto waits = meanwhile([&] { return asker.ioctl(AUTOBUS_IOC_CALL, &transfer); });
    replier.kill();
    BOOST_TEST(waits.get() == 0);
    const auto got = parse_records(room.data(), transfer.out_done);
    BOOST_REQUIRE_EQUAL(got.size(), 1u);
    BOOST_TEST(got[0].name == AUTOBUS_NAME_GONE_AWAY);
}

BOOST_AUTO_TEST_CASE(a_killed_requesters_unread_request_is_withdrawn)
{
    endpoint replier = open();
    replier.serve("$.Lamp");
    bell ready;
    process asker([&] {
        const int fd = raw::open();
        ready.tell(raw::send(fd, request("$.Lamp")) > 0 ? 0 : 1);
        return ::pause();
    });
    BOOST_REQUIRE_EQUAL(ready.wait(), 0);
    BOOST_TEST(replier.readable());
    asker.kill();
    BOOST_TEST(!replier.receive());
    BOOST_TEST(replier.info().requests == 0u);
}

BOOST_AUTO_TEST_CASE(a_watcher_learns_of_a_kill_and_of_an_exit)
{
    endpoint watcher = open();
    for (const bool killed : {true, false}) {
        bell ready, leave;
        process target([&] {
            const int fd = raw::open();
            ready.tell(static_cast<int>(raw::info(fd).endpoint));
            leave.wait();
            return 0;
        });
        BOOST_REQUIRE_EQUAL(watcher.watch(ready.wait()), 0);
        if (killed) {
            target.kill();
        } else {
            leave.tell();
        }
        BOOST_TEST(next(watcher).name == AUTOBUS_NAME_CLOSED);
        BOOST_TEST(!watcher.receive());
    }
}

BOOST_AUTO_TEST_CASE(a_sender_that_is_killed_while_it_waits_has_sent_nothing)
{
    endpoint full = open(), filler = open();
    full.make_queue(1);
    fill(full, filler, 1);
    bell ready;
    process waiter([&] {
        const int fd = raw::open();
        ready.tell();
        raw::send(fd, announcement("$.Fill", "late", AUTOBUS_WAIT));
        return 0;
    });
    ready.wait();
    ::usleep(50'000);
    waiter.kill();
    full.must_receive();
    BOOST_TEST(!full.receive());
    BOOST_TEST(full.info().endpoints == 2u);
}

BOOST_AUTO_TEST_CASE(what_waited_for_a_killed_listener_goes_on)
{
    endpoint sender = open();
    bell ready;
    process listener([&] {
        const int fd = raw::open();
        raw::bind(fd, AUTOBUS_LISTENER, "$.A");
        ready.tell();
        return ::pause();
    });
    ready.wait();
    for (u32 i = 0; i < AUTOBUS_DEFAULT_RECORDS; i++) {
        sender.must_send(announcement("$.A", "", AUTOBUS_FAIL));
    }
    auto waits = meanwhile([&] { return sender.send(announcement("$.A", "", AUTOBUS_WAIT)); });
    BOOST_TEST(!waits.is_done());
    listener.kill();
    BOOST_TEST(waits.get() > 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(Shared, bus_fixture)

BOOST_AUTO_TEST_CASE(a_forked_child_shares_the_endpoint)
{
    endpoint sender = open();
    const int fd = raw::open();
    raw::bind(fd, AUTOBUS_LISTENER, "$.A");
    sender.must_send(announcement("$.A", "for either"));
    process child([&] { return raw::receive(fd).data == "for either" ? 0 : 1; });
    BOOST_TEST(child.wait() == 0);
    BOOST_TEST(sender.info().endpoints == 2u);
    BOOST_TEST(sender.info().bindings == 1u);
    ::close(fd);
    BOOST_TEST(sender.info().endpoints == 1u);
}

BOOST_AUTO_TEST_CASE(a_duplicate_keeps_the_endpoint_open)
{
    endpoint eye = open();
    const int fd = raw::open();
    raw::claim(fd, AUTOBUS_CLAIM_OPENER);
    const int again = ::dup(fd);
    BOOST_TEST(raw::info(fd).endpoint == raw::info(again).endpoint);
    ::close(fd);
    BOOST_TEST(eye.info().endpoints == 2u);
    BOOST_TEST(raw::bind(again, AUTOBUS_LISTENER, "$.A") == 0);
    ::close(again);
    BOOST_TEST(eye.info().endpoints == 1u);
}

BOOST_AUTO_TEST_CASE(without_the_claim_a_child_that_sleeps_on_keeps_it_alive)
{
    endpoint watcher = open();
    bell ready, last_word;
    {
        process parent([&] {
            return open_and_leave_a_child(ready, last_word, false, [](int) {});
        });
        BOOST_REQUIRE_EQUAL(watcher.watch(ready.wait()), 0);
        parent.kill();
    }
    BOOST_TEST(!watcher.receive());
    BOOST_TEST(watcher.info().endpoints == 2u);
    last_word.tell();
    BOOST_TEST(next(watcher).name == AUTOBUS_NAME_CLOSED);
}

BOOST_AUTO_TEST_CASE(with_the_claim_it_closes_with_its_opener)
{
    endpoint watcher = open();
    bell ready, last_word, result;
    process parent([&] {
        return open_and_leave_a_child(ready, last_word, true, [&](int fd) {
            last_word.wait();
            pollfd entry{fd, POLLIN, 0};
            ::poll(&entry, 1, 60'000);
            const bool shut = entry.revents & POLLHUP;
            result.tell(shut && raw::bind(fd, AUTOBUS_LISTENER, "$.A") == -ESHUTDOWN &&
                        raw::send(fd, announcement("$.A")) == -ESHUTDOWN ? 0 : 1);
        });
    });
    BOOST_REQUIRE_EQUAL(watcher.watch(ready.wait()), 0);
    BOOST_TEST(!watcher.receive());
    parent.kill();
    BOOST_TEST(next(watcher).name == AUTOBUS_NAME_CLOSED);
    BOOST_TEST(watcher.info().endpoints == 1u);
    last_word.tell();
    BOOST_TEST(result.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_read_that_waits_ends_with_eshutdown_when_the_opener_exits)
{
    endpoint watcher = open();
    bell ready, last_word, result;
    process parent([&] {
        return open_and_leave_a_child(ready, last_word, true, [&](int fd) {
            char room[512];
            result.tell(::read(fd, room, sizeof(room)) < 0 ? errno : 0);
        });
    });
    BOOST_REQUIRE_EQUAL(watcher.watch(ready.wait()), 0);
    ::usleep(50'000);
    parent.kill();
    BOOST_TEST(result.wait() == ESHUTDOWN);
    BOOST_TEST(next(watcher).name == AUTOBUS_NAME_CLOSED);
}

BOOST_AUTO_TEST_CASE(a_send_that_waits_ends_with_eshutdown_when_the_opener_exits)
{
    endpoint watcher = open(), full = open(), filler = open();
    full.make_queue(1);
    fill(full, filler, 1);
    bell ready, last_word, result;
    process parent([&] {
        return open_and_leave_a_child(ready, last_word, true, [&](int fd) {
            result.tell(-static_cast<int>(raw::send(fd, announcement("$.Fill", "late",
                                                                     AUTOBUS_WAIT))));
        });
    });
    BOOST_REQUIRE_EQUAL(watcher.watch(ready.wait()), 0);
    ::usleep(50'000);
    parent.kill();
    BOOST_TEST(result.wait() == ESHUTDOWN);
    BOOST_TEST(next(watcher).name == AUTOBUS_NAME_CLOSED);
    full.must_receive();
    BOOST_TEST(!full.receive());
}

BOOST_AUTO_TEST_CASE(with_the_claim_a_request_is_answered_though_a_child_lives_on)
{
    endpoint asker = open();
    bell ready, last_word;
    process parent([&] {
        return open_and_leave_a_child(ready, last_word, true, [](int fd) {
            raw::bind(fd, AUTOBUS_REPLIER, "$.Lamp");
        });
    });
    ready.wait();
    while (asker.who("$.Lamp") < 0) {
        ::usleep(1000);
    }
    asker.must_send(request("$.Lamp"));
    parent.kill();
    BOOST_TEST(next(asker).name == AUTOBUS_NAME_GONE_AWAY);
}

BOOST_AUTO_TEST_CASE(a_childs_exit_does_not_end_it)
{
    const int fd = raw::open();
    raw::claim(fd, AUTOBUS_CLAIM_OPENER);
    process child([] { return 0; });
    BOOST_TEST(child.wait() == 0);
    BOOST_TEST(raw::bind(fd, AUTOBUS_LISTENER, "$.A") == 0);
    ::close(fd);
}

BOOST_AUTO_TEST_CASE(the_end_of_the_thread_that_opened_it_does_not_end_it)
{
    int fd = -1;
    std::thread([&] {
        fd = raw::open();
        raw::claim(fd, AUTOBUS_CLAIM_OPENER);
    }).join();
    BOOST_TEST(raw::bind(fd, AUTOBUS_LISTENER, "$.A") == 0);
    ::close(fd);
}

BOOST_AUTO_TEST_CASE(exec_does_not_end_it_unless_the_descriptor_says_so)
{
    endpoint watcher = open();
    for (const int cloexec : {0, O_CLOEXEC}) {
        bell ready;
        bell go;
        process target([&] {
            const int fd = raw::open(O_RDWR | cloexec);
            raw::claim(fd, AUTOBUS_CLAIM_OPENER);
            ready.tell(static_cast<int>(raw::info(fd).endpoint));
            go.wait();
            ::execl("/bin/sleep", "sleep", "1000", nullptr);
            return 1;
        });
        BOOST_REQUIRE_EQUAL(watcher.watch(ready.wait()), 0);
        ready.be_silent();
        go.tell();
        // The bell closes at exec: then nobody can tell any more.
        BOOST_TEST(ready.wait() == -1);
        if (!cloexec) {
            ::usleep(20'000);
            BOOST_TEST(!watcher.receive());
            target.kill();
        }
        BOOST_TEST(next(watcher).name == AUTOBUS_NAME_CLOSED);
    }
}

BOOST_AUTO_TEST_CASE(another_process_may_wait_in_epoll)
{
    endpoint sender = open();
    const int fd = raw::open();
    raw::bind(fd, AUTOBUS_LISTENER, "$.A");
    bell ready;
    process child([&] {
        const int epoll = ::epoll_create1(0);
        epoll_event event = {EPOLLIN, {}};
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        ready.tell();
        // Level-triggered: once more while it is there, and not any more when it's read.
        if (::epoll_wait(epoll, &event, 1, 60'000) != 1 || !(event.events & EPOLLIN) ||
            ::epoll_wait(epoll, &event, 1, 0) != 1) {
            return 1;
        }
        raw::receive(fd);
        return ::epoll_wait(epoll, &event, 1, 0) == 0 ? 0 : 2;
    });
    ready.wait();
    sender.must_send(announcement("$.A"));
    BOOST_TEST(child.wait() == 0);
    ::close(fd);
}

BOOST_AUTO_TEST_CASE(epoll_tells_when_a_refused_sender_may_try_again)
{
    endpoint full = open(), filler = open();
    full.make_queue(1);
    fill(full, filler, 1);
    const int fd = raw::open(O_RDWR | O_NONBLOCK);
    BOOST_TEST(raw::send(fd, announcement("$.Fill", "", AUTOBUS_WAIT)) == -EAGAIN);
    auto waits = meanwhile([&] {
        pollfd entry{fd, POLLOUT, 0};
        return ::poll(&entry, 1, 60'000);
    });
    BOOST_TEST(!waits.is_done());
    full.must_receive();
    BOOST_TEST(waits.get() == 1);
    BOOST_TEST(raw::send(fd, announcement("$.Fill", "", AUTOBUS_WAIT)) > 0);
    ::close(fd);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(Signals, bus_fixture)

BOOST_AUTO_TEST_CASE(a_read_restarts_when_the_handler_asks_for_that)
{
    restarting_signals restarting;
    endpoint sender = open(), reader = open();
    reader.listen("$.A");
    bytes room(4096);
    auto waits = meanwhile([&] { return reader.blocking_read(room); });
    for (int i = 0; i < 5; i++) {
        reader.file().interrupt(waits.handle());
        ::usleep(2000);
    }
    BOOST_TEST(!waits.is_done());
    sender.must_send(announcement("$.A"));
    BOOST_TEST(waits.get() > 0);
}

BOOST_AUTO_TEST_CASE(a_call_that_sent_never_restarts)
{
    restarting_signals restarting;
    endpoint asker = open(), replier = open();
    replier.serve("$.Lamp");
    bytes image = to_bytes(request("$.Lamp"));
    bytes room(4096);
    autobus_transfer transfer = {};
    transfer.size = sizeof(transfer);
    transfer.in = reinterpret_cast<std::uintptr_t>(image.data());
    transfer.in_size = image.size();
    transfer.out = reinterpret_cast<std::uintptr_t>(room.data());
    transfer.out_size = room.size();
    auto waits = meanwhile([&] { return asker.ioctl(AUTOBUS_IOC_CALL, &transfer); });
    while (!waits.is_done(short_time)) {
        asker.file().interrupt(waits.handle());
    }
    BOOST_TEST(waits.get() == -EINTR);
    BOOST_TEST(transfer.sent == 1u);
    BOOST_TEST(replier.receive_all().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_wait_with_a_limit_does_not_begin_anew)
{
    restarting_signals restarting;
    endpoint reader = open(), full = open(), filler = open();
    bytes room(4096);
    autobus_transfer transfer = {};
    transfer.timeout = long_time;
    auto reads = meanwhile([&] { return reader.receive_into(room, transfer); });
    while (!reads.is_done(short_time)) {
        reader.file().interrupt(reads.handle());
    }
    BOOST_TEST(reads.get() == -EINTR);
    full.make_queue(1);
    fill(full, filler, 1);
    auto sends = meanwhile([&] { return reader.send(announcement("$.Fill", "", AUTOBUS_WAIT)); });
    while (!sends.is_done(short_time)) {
        reader.file().interrupt(sends.handle());
    }
    BOOST_TEST(sends.get() == -EINTR);
}

BOOST_AUTO_TEST_CASE(a_call_with_a_limit_that_waits_to_send_does_not_begin_anew)
{
    restarting_signals restarting;
    endpoint asker = open(), full = open(), filler = open();
    full.make_queue(1);
    fill(full, filler, 1);
    full.serve("$.Lamp");
    bytes image = to_bytes(request("$.Lamp", "", AUTOBUS_WAIT));
    bytes room(4096);
    autobus_transfer transfer = {};
    transfer.size = sizeof(transfer);
    transfer.in = reinterpret_cast<std::uintptr_t>(image.data());
    transfer.in_size = image.size();
    transfer.out = reinterpret_cast<std::uintptr_t>(room.data());
    transfer.out_size = room.size();
    transfer.timeout = 20 * seconds;
    auto waits = meanwhile([&] { return asker.ioctl(AUTOBUS_IOC_CALL, &transfer); });
    for (int i = 0; i < 500 && !waits.is_done(short_time); i++) {
        asker.file().interrupt(waits.handle());
    }
    BOOST_TEST(waits.is_done());
    full.must_receive();
    BOOST_TEST(!full.receive());
    full.close();
    BOOST_TEST(waits.get() == -EINTR);
    BOOST_TEST(transfer.sent == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(Namespaces, bus_fixture)

BOOST_AUTO_TEST_CASE(a_message_names_the_opener_whoever_writes_it)
{
    endpoint listener = open();
    listener.listen("$.A");
    const int fd = raw::open();
    process child([&] {
        if (::setgid(1001) || ::setuid(1000)) {
            return 1;
        }
        return raw::send(fd, announcement("$.A")) > 0 ? 0 : 2;
    });
    BOOST_REQUIRE_EQUAL(child.wait(), 0);
    const autobus_record head = listener.must_receive().head;
    BOOST_TEST(head.sender.tgid == static_cast<u32>(::getpid()));
    BOOST_TEST(head.sender.uid == 0u);
    ::close(fd);
}

BOOST_AUTO_TEST_CASE(another_processes_message_names_that_process)
{
    endpoint listener = open();
    listener.listen("$.A");
    process child([&] {
        if (::setgid(1001) || ::setuid(1000)) {
            return 1;
        }
        return raw::send(raw::open(), announcement("$.A")) > 0 ? 0 : 2;
    });
    const pid_t pid = child.pid();
    BOOST_REQUIRE_EQUAL(child.wait(), 0);
    const autobus_record head = listener.must_receive().head;
    // It's gone, and there is no process any more that the number would be true of.
    BOOST_TEST((head.sender.tgid == static_cast<u32>(pid) || head.sender.tgid == 0u));
    BOOST_TEST(head.sender.uid == 1000u);
    BOOST_TEST(head.sender.gid == 1001u);
}

BOOST_AUTO_TEST_CASE(in_a_user_namespace_unknown_ids_read_as_minus_one)
{
    endpoint sender = open();
    bell ready, result;
    process child([&] {
        if (::unshare(CLONE_NEWUSER)) {
            return 1;
        }
        // The node's owner is nobody here, but it's open to all.
        const int fd = raw::open();
        if (fd < 0 || raw::bind(fd, AUTOBUS_LISTENER, "$.A")) {
            return 2;
        }
        ready.tell();
        const incoming record = raw::receive(fd);
        if (record.head.sender.tgid != static_cast<u32>(::getppid())) {
            return 3;
        }
        return record.head.sender.uid == ~0u && record.head.sender.gid == ~0u ? 0 : 4;
    });
    BOOST_REQUIRE_EQUAL(ready.wait(), 0);
    sender.must_send(announcement("$.A"));
    BOOST_TEST(child.wait() == 0);
}

BOOST_AUTO_TEST_CASE(in_a_pid_namespace_a_process_outside_reads_as_zero)
{
    endpoint sender = open(), listener = open();
    listener.listen("$.Inside");
    bell ready;
    process child([&] {
        if (::unshare(CLONE_NEWPID)) {
            return 1;
        }
        const pid_t inner = ::fork();
        if (!inner) {
            const int fd = raw::open();
            raw::bind(fd, AUTOBUS_LISTENER, "$.A");
            raw::send(fd, announcement("$.Inside"));
            ready.tell();
            const incoming outside = raw::receive(fd);
            raw::send(fd, announcement("$.A"));
            const incoming own = raw::receive(fd);
            ::_exit(outside.head.type && outside.head.sender.tgid == 0 &&
                    own.head.sender.tgid == 1 && own.head.sender.uid == 0 ? 0 : 3);
        }
        int status = 1;
        ::waitpid(inner, &status, 0);
        return WEXITSTATUS(status);
    });
    BOOST_REQUIRE_EQUAL(ready.wait(), 0);
    // Seen from here the process has its number of here, which is neither 1 nor its parent's.
    const u32 tgid = listener.must_receive().head.sender.tgid;
    BOOST_TEST(tgid > static_cast<u32>(child.pid()));
    sender.must_send(announcement("$.A"));
    BOOST_TEST(child.wait() == 0);
}

BOOST_AUTO_TEST_CASE(in_a_user_namespace_its_root_has_no_right_to_route)
{
    process child([&] {
        if (::unshare(CLONE_NEWUSER)) {
            return 1;
        }
        return raw::claim(raw::open(), AUTOBUS_CLAIM_ROUTER) == -EPERM ? 0 : 2;
    });
    BOOST_TEST(child.wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
