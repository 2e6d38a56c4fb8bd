// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// Verbs in which the tests are written. A verb of `endpoint` that returns a number returns what
// the call did, or a negative errno; must_* ends the test if that is an error.

#include "tests/conformance/seam.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <future>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace conformance {

using u32 = __u32;
using u64 = __u64;
using s64 = __s64;
using bytes = std::vector<char>;

constexpr u64 seconds = 1'000'000'000;
// Ends a wait that a test doesn't expect to end by itself.
constexpr u64 short_time = seconds / 100;
// Long enough for any machine; only a hang lasts as long. A call that takes it as its limit ends
// before we give up waiting for the call.
constexpr u64 long_time = 60 * seconds;
constexpr u64 hang_time = 90 * seconds;
constexpr u32 name_size_max = AUTOBUS_NAME_MAX;

// A record to write: its header's fields, name and data. to_bytes() gives the sizes.
struct outgoing {
    autobus_record head = {};
    std::string name;
    std::string data;
};

outgoing announcement(std::string name, std::string data = "", u32 flags = 0);
outgoing request(std::string name, std::string data = "", u32 flags = 0);
// Answers that request; an empty name stands for its name.
outgoing reply(u64 in_reply_to, std::string data = "", std::string name = "");
outgoing direct(u64 endpoint, std::string name, std::string data = "", u32 flags = 0);
// As a router sends it: beginning at an endpoint of another bus.
outgoing from_afar(outgoing record, u64 serial = 1);
constexpr u64 far_bus = 0xfa40000000000001;
constexpr u64 far_endpoint = 77;

bytes to_bytes(const outgoing& record);
bytes to_bytes(const std::vector<outgoing>& records);

// A record that was read.
struct incoming {
    autobus_record head = {};
    std::string name;
    std::string data;
};

// What LIST gave.
struct listed {
    autobus_item head = {};
    std::string name;
};

// Takes records apart, and fails the test if their form isn't as the ABI says.
std::vector<incoming> parse_records(const char* at, std::size_t size);

// The name of the status or other message, for short comparisons.
std::string name_of(const std::optional<incoming>& record);

class endpoint {
public:
    explicit endpoint(std::unique_ptr<raw_file> file);

    raw_file& file() { return *file_; }
    int ioctl(unsigned long command, void* argument) { return file_->ioctl(command, argument); }
    [[nodiscard]] u64 number() const { return number_; }
    [[nodiscard]] u64 bus() const { return bus_; }
    // Closes; later calls crash.
    void close() { file_.reset(); }

    autobus_info info();
    autobus_limits limits();
    int set_limits(u64 records, u64 bytes, u64 bindings);
    // A queue of so many records, for tests of full ones.
    void make_queue(u64 records);

    int bind(u32 role, std::string_view pattern, u32 flags = 0, u64 cookie = 0);
    int unbind(u32 role, std::string_view pattern, u32 flags = 0);
    void listen(std::string_view pattern, u32 flags = 0, u64 cookie = 0);
    void serve(std::string_view pattern, u32 flags = 0, u64 cookie = 0);
    u64 last_binding() const { return last_binding_; }
    int watch(u64 endpoint, u64 cookie = 0, u64 bus = 0);
    int unwatch(u64 endpoint, u64 bus = 0);
    int claim(u32 flags);

    // The serial. Waits as its flags say; `timeout` limits the wait.
    s64 send(const outgoing& record, u64 timeout = long_time);
    // The same, without waiting.
    s64 try_send(const outgoing& record);
    u64 must_send(const outgoing& record);
    // Sends a batch with one call, whose argument it gives back. Returns 0 or an errno.
    int send_all(const std::vector<outgoing>& records, autobus_transfer& transfer);

    // The next record, if there is one now.
    std::optional<incoming> receive();
    // The next record, which must be there.
    incoming must_receive();
    // All that is there now.
    std::vector<incoming> receive_all();
    // Waits for one record; for threads.
    ssize_t blocking_read(bytes& room) { return file_->read(room.data(), room.size()); }
    // RECEIVE as it is: 0 or an errno.
    int receive_into(bytes& room, autobus_transfer& transfer);

    std::vector<listed> list(u32 what);
    // The endpoint that would get a request of that name, or a negative errno.
    s64 who(std::string_view name);

    // The size of the next record (FIONREAD).
    int next_size();
    bool readable() { return file_->poll() & POLLIN; }
    bool writable() { return file_->poll() & POLLOUT; }

private:
    std::unique_ptr<raw_file> file_;
    u64 number_ = 0;
    u64 bus_ = 0;
    u64 last_binding_ = 0;
    bytes room_;
};

// A host with its buses, empty at the start. On a device that is checked.
struct bus_fixture {
    std::unique_ptr<bus_host> host = make_host();

    endpoint open(int flags = O_RDWR, unsigned bus = 0);
    // As an ordinary user.
    endpoint open_unprivileged(int flags = O_RDWR);
    endpoint open_router();
    // A call that runs in another thread meanwhile, and is asleep on return, or done.
    template <typename Function>
    auto meanwhile(Function function);
};

// A thread's future result. get() ends the test program if it takes too long.
template <typename Result>
class pending {
public:
    pending(std::future<Result> future, std::thread thread, int tid)
        : future_(std::move(future)), thread_(std::move(thread)), tid_(tid)
    {
    }
    pending(pending&&) = default;

    ~pending()
    {
        if (thread_.joinable()) {
            give_up_unless(is_done(hang_time));
            thread_.join();
        }
    }

    [[nodiscard]] bool is_done(u64 within = 0) const
    {
        return future_.wait_for(std::chrono::nanoseconds(within)) == std::future_status::ready;
    }

    [[nodiscard]] pthread_t handle() { return thread_.native_handle(); }

    Result get()
    {
        give_up_unless(is_done(hang_time));
        thread_.join();
        return future_.get();
    }

private:
    static void give_up_unless(bool done);

    std::future<Result> future_;
    std::thread thread_;
    int tid_;
};

void give_up(const char* why);
int thread_id();
// Returns when the thread sleeps or has ended.
void wait_until_asleep(int tid);

template <typename Result>
void pending<Result>::give_up_unless(bool done)
{
    if (!done) {
        give_up("a call never returned");
    }
}

template <typename Function>
auto bus_fixture::meanwhile(Function function)
{
    using result = std::invoke_result_t<Function>;
    std::promise<int> started;
    std::packaged_task<result()> task(std::move(function));
    std::future<result> future = task.get_future();
    std::thread thread([&started, task = std::move(task)]() mutable {
        started.set_value(thread_id());
        task();
    });
    const int tid = started.get_future().get();
    wait_until_asleep(tid);
    return pending<result>(std::move(future), std::move(thread), tid);
}

// Fills an endpoint's queue with announcements that it hears from `sender`.
void fill(endpoint& listener, endpoint& sender, u64 records);

// Everything about a bus that a call may change, as text. `eye` is on it.
std::string state_of(endpoint& eye);

// Data of notices.
struct bound_news {
    autobus_bound head = {};
    std::string pattern;
};
bound_news bound_of(const incoming& notice);

} // namespace conformance
