// SPDX-License-Identifier: MIT
// Copyright autobus contributors
//
// What a bus does, said once more in plain containers, without any thought of speed or memory.
// Each call returns what the bus must return: 0, a serial, or a negative errno. Not in it: values
// and deadlines, waits (a send that would wait gives EAGAIN), and credentials' translation.
#pragma once

#include "fixture.hpp"

namespace test {

class model {
public:
    explicit model(std::uint64_t bus) : bus_(bus) {}

    void open(std::uint64_t number, open_mode mode);
    void close(std::uint64_t number);
    int bind(std::uint64_t number, const std::string& pattern, std::uint32_t role,
             std::uint32_t flags, std::uint64_t cookie);
    int unbind(std::uint64_t number, const std::string& pattern, std::uint32_t role, bool drain);
    std::int64_t send(std::uint64_t number, const message& what);
    std::optional<record> read(std::uint64_t number);
    int watch(std::uint64_t number, autobus_address target, std::uint64_t cookie);
    int unwatch(std::uint64_t number, autobus_address target);
    int claim_router(std::uint64_t number);
    int limit(std::uint64_t number, std::uint64_t records, std::uint64_t bytes,
              std::uint64_t bindings);

    bool can_write(std::uint64_t number) const;
    bool can_read(std::uint64_t number) const;
    std::uint64_t serial() const { return serial_; }
    /// As test::listed() gives it.
    std::string listed() const;

private:
    struct binding {
        std::uint64_t id, number;
        std::string pattern;
        std::uint32_t role, flags;
        std::uint64_t cookie;
        record bound;       // as its notice said
    };
    struct entry {
        record what;        // complete but for `lost`
        std::uint32_t lost = 0;
        std::uint64_t owed = 0;  // an unread request's serial
        bool is_cursor = false;
        std::string pattern;     // a cursor's
        std::uint64_t after = 0, last = 0, cookie = 0;
        std::uint64_t bytes() const { return what.name.size() + what.data.size(); }
    };
    struct watch_of {
        autobus_address target;
        std::uint64_t cookie;
        std::uint64_t age;
    };
    struct endpoint {
        open_mode mode;
        std::deque<entry> urgent, ordinary;
        std::uint64_t limit = AUTOBUS_DEFAULT_RECORDS;
        std::uint64_t bytes_limit = AUTOBUS_DEFAULT_BYTES;
        std::uint64_t bindings_limit = AUTOBUS_DEFAULT_BINDINGS;
        std::uint32_t lost = 0;
        std::uint64_t lost_total = 0;
        std::vector<watch_of> watches;
        std::uint64_t refused_by = 0;  // POLLOUT is off until that one has room
        std::uint64_t bytes() const;
        std::uint64_t queued() const { return urgent.size() + ordinary.size(); }
    };
    struct asked {
        std::uint64_t requester, replier;
        std::uint64_t binding;  // 0: none, or drained
        bool handed = false;
        record what;
    };
    struct copy {
        std::uint64_t number, cookie;
    };
    struct found {
        std::vector<copy> copies;
        const binding* replier = nullptr;
        bool sure = false;      // checked: nobody misses it
    };

    found look_up(const std::string& name, bool listeners, std::uint64_t not_listener,
                  std::uint64_t not_replier, std::uint64_t has_it) const;
    std::uint64_t reserved(std::uint64_t number) const;
    bool has_slots(std::uint64_t number, std::uint64_t n, std::uint64_t more = 0) const;
    bool has_room(std::uint64_t number, std::uint64_t bytes, std::uint64_t n = 1,
                  std::uint64_t more = 0) const;
    void room_made(std::uint64_t number);
    void push(std::uint64_t number, record what, std::uint32_t flags, std::uint64_t cookie,
              std::uint64_t owed = 0);
    void push_copies(const found& all, const record& what);
    void lose(std::uint64_t number, std::uint32_t n);
    void take_out(std::uint64_t number, std::uint64_t owed);
    void end_request(std::uint64_t serial, const char* status, std::uint32_t code,
                     std::uint32_t reached);
    void end_binding(std::uint64_t id);
    void fire(std::uint64_t number, const watch_of& watch, std::uint32_t reached);
    void fire_all(autobus_address target, std::uint32_t reached);
    record notice(const char* stem, std::uint32_t code, const binding& of);
    void stamp(record& what, std::uint64_t from, std::uint32_t uid);
    record made(const message& what) const;

    int refuse(std::uint64_t number, std::uint64_t full, const message& what);
    int check(std::uint64_t number, const message& what, found& all, std::uint64_t bytes,
              std::uint64_t replier = 0);
    int far_or_near(std::uint64_t number, const message& what, const found& all,
                    std::uint64_t& target) const;
    std::int64_t send_to_listeners(std::uint64_t number, const message& what);
    std::int64_t send_request(std::uint64_t number, const message& what);
    std::int64_t find_asked(std::uint64_t number, const message& what) const;
    std::int64_t send_reply(std::uint64_t number, const message& what);
    std::int64_t send_status(std::uint64_t number, const message& what);
    std::int64_t send_direct(std::uint64_t number, const message& what);
    std::int64_t send_lost(std::uint64_t number, const message& what);

    std::uint64_t bus_;
    std::uint64_t serial_ = 0;
    std::uint64_t router_ = 0;
    std::uint64_t watches_ = 0;
    std::map<std::uint64_t, endpoint> endpoints_;
    std::map<std::uint64_t, binding> bindings_;  // by id
    std::map<std::uint64_t, asked> asked_;       // by serial
};

} // namespace test
