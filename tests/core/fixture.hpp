// SPDX-License-Identifier: MIT
// Copyright autobus contributors
//
// A bus and its clients, as tests use them: the files of kmod/file on the in-process host, with
// the core behind them in reach. Calls don't wait unless they are asked to.
#pragma once

#include "core.hpp"

namespace test {

/// A message to send; sizes are filled in. `head` holds whatever else a test wants to set.
struct message {
    autobus_record head{};
    std::string name;
    std::string data;

    std::string encode() const;
};

message announcement(std::string name, std::string data = "", std::uint32_t flags = 0);
message request(std::string name, std::string data = "", std::uint32_t flags = 0);
message direct(std::uint64_t to, std::string name, std::string data = "");

/// A record as it was read.
struct record {
    autobus_record head{};
    std::string name;
    std::string data;

    bool is_status(std::string_view text) const;
    bool is_lost_mark() const;
    /// The data of a bound or unbound notice, and its pattern.
    autobus_bound bound() const;
    std::string pattern() const;
    /// The data of a closed notice.
    autobus_address address() const;
};

message reply_to(const record& asked, std::string data = "", std::uint32_t flags = 0);

class bus {
public:
    bus();
    /// Closing all clients must leave nothing: that's checked.
    ~bus();
    bus(const bus&) = delete;
    bus& operator=(const bus&) = delete;

    ab_bus& core() { return bus_; }
    /// Fails the test if the bus is inconsistent.
    void check();
    /// Everything that clients can see of it: lists and counters.
    std::string state();
    std::uint64_t id() const { return bus_.id; }
    std::uint64_t serial() const { return bus_.serial; }

    /// Under the lock, with effects finished behind it.
    void locked(const std::function<void(ab_effects*)>& work);

private:
    friend class client;
    ab_bus bus_{};
    long live_;
};

struct open_mode {
    bool may_read = true;
    bool may_write = true;
    bool privileged = false;
    std::uint32_t uid = 1000;
};

class client {
public:
    explicit client(test::bus& bus, open_mode mode = {});
    ~client();
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    void close();
    bool is_closed() const { return !file_; }
    std::uint64_t number() const { return number_; }
    ab_file* file() { return file_; }
    ab_endpoint& core() { return file_->endpoint; }

    /// 0 or a negative errno.
    int bind(std::string_view pattern, std::uint32_t role, std::uint32_t flags = 0,
             std::uint64_t cookie = 0, std::uint64_t* id = nullptr);
    int listen(std::string_view pattern, std::uint32_t flags = 0, std::uint64_t cookie = 0);
    int serve(std::string_view pattern, std::uint32_t flags = 0, std::uint64_t cookie = 0);
    int unbind(std::string_view pattern, std::uint32_t role, std::uint32_t flags = 0);
    int watch(std::uint64_t endpoint, std::uint64_t cookie = 0, std::uint32_t flags = 0,
              std::uint64_t bus = 0);
    int claim(std::uint32_t what);
    /// Sets limits; 0 leaves one as it is.
    int limit(std::uint64_t records, std::uint64_t bytes = 0, std::uint64_t bindings = 0);
    autobus_info info();

    /// The serial, or a negative errno. timeout in ns; without flags it doesn't wait.
    std::int64_t send(const message& what, int flags = AB_NONBLOCK, std::uint64_t timeout = 0);
    std::int64_t send_raw(const std::string& bytes, int flags = AB_NONBLOCK,
                          std::uint64_t timeout = 0);
    /// The next record; none if there is nothing to read.
    std::optional<record> read(int flags = AB_NONBLOCK);
    /// As read(), but the error.
    int read_error(std::size_t room);
    std::vector<record> read_all();
    /// Must be there, and be all: fails the test otherwise.
    record read_only();
    int ioctl(unsigned int cmd, void* argument, int flags = AB_NONBLOCK);
    /// FIONREAD.
    int next_size();
    std::uint32_t poll() { return ab_file_poll(file_); }

    std::uint32_t queued() { return core().queue.queued; }
    std::uint32_t reserved() { return core().queue.reserved; }

private:
    test::bus& bus_;
    ab_file* file_ = nullptr;
    std::uint64_t number_ = 0;
};

/// Endpoints, bindings, requests as LIST gives them to a client, in text.
std::string listed(client& who);

std::vector<record> decode(std::string_view bytes);

/// "announcement $.A \"data\"": for messages of failed tests.
std::string describe(const record& what);

} // namespace test
