// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// What a device is made of. Sending uses the port only, which is thread-safe; the rest belongs to
// the one thread that receives.

#include "autobus/device.hpp"
#include "userspace/device/explain.hpp"
#include "userspace/device/port.hpp"

#include <linux/autobus.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace autobus {

// A descriptor that closes itself; -1 is none.
class owned_fd {
public:
    owned_fd() = default;
    explicit owned_fd(int fd) : fd_(fd) {}
    owned_fd(const owned_fd&) = delete;
    owned_fd& operator=(const owned_fd&) = delete;
    ~owned_fd();

    int get() const { return fd_; }
    void swap(owned_fd& other) { std::swap(fd_, other.fd_); }

private:
    int fd_ = -1;
};

// When a wait that begins now ends, and how much of it is left.
class deadline {
public:
    explicit deadline(wait_limit limit);
    wait_limit left() const;

    // The errno for who waits till then: at the end of a wait the last try doesn't wait any more,
    // and its EAGAIN means ETIMEDOUT.
    int errno_of(int failed) const;

private:
    bool waits_;
    bool unlimited_;
    std::chrono::steady_clock::time_point end_;
};

struct device::state {
    std::unique_ptr<port> file;
    std::string where;
    bool nonblocking = false;

    // Records that came while call() waited for another one, oldest first.
    std::deque<std::string> aside;
    // Requests whose call() gave up: their answers are thrown away.
    std::unordered_set<std::uint64_t> abandoned;
    // Room of receive() and call().
    std::vector<std::uint64_t> room;

    // Readable when the file is, or something is aside. Made by the first fd().
    owned_fd ready;
    owned_fd aside_event;
    bool aside_signalled = false;

    wait_limit effective(wait_limit limit) const { return nonblocking ? no_wait : limit; }

    result<int> make_ready_fd();
    void signal_aside();

    // True, and forgets it, if the message is the answer of a call that gave up.
    bool drop_abandoned(const message_view& message);

    // Sets all records of `bytes` aside but the answer to `serial`, which it gives.
    result<std::optional<message>> sort_in(std::string_view bytes, std::uint64_t serial);

    // Waits for records and puts them into `into`, which grows when the first needs that. Gives
    // how many bytes. A positive errno with `failed`.
    std::size_t fill(std::vector<std::uint64_t>& into, wait_limit limit, std::uint32_t most,
                     int& failed);

    // Puts records that were set aside into `into`: the first, and what else fits. Gives how many
    // bytes. Only if some are aside.
    std::size_t take_aside(std::vector<std::uint64_t>& into, std::uint32_t most);

    // CALL: sends, and receives what comes first. 0 or a positive errno.
    int start_call(const std::string& record, wait_limit limit, autobus_transfer& transfer);
    // Waits for the answer to a request that was sent; gives it up at an error.
    result<message> await(std::uint64_t serial, const deadline& end, const std::string& context);
};

// The fields of a transfer that say how to wait.
void set_wait(autobus_transfer& transfer, wait_limit limit);

template <class Pointer>
std::uint64_t as_number(Pointer* pointer) {
    return reinterpret_cast<std::uintptr_t>(pointer);
}

inline std::string_view as_text(const std::vector<std::uint64_t>& room, std::size_t bytes) {
    return {reinterpret_cast<const char*>(room.data()), bytes};
}

} // namespace autobus
