// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "actors.hpp"
#include "bus.hpp"
#include "shared.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <unistd.h>

namespace kill_test {

namespace {

struct held_request {
    uint64_t serial;
    std::string data;
};

class replier {
public:
    replier(const char* path, unsigned which, uint64_t seed)
        : self_(shared->replier[which]), random_(seed), bus_(path), name_(replier_name(which)) {}

    [[noreturn]] void run() {
        if (random_.one_in(3)) {
            check(bus_.limit_records(4 + random_.below(12)), "LIMITS");
        }
        if (random_.one_in(8)) {
            check(bus_.claim(AUTOBUS_CLAIM_OPENER), "CLAIM");
            leave_a_sleeper();
        }
        bind();
        self_.endpoint = bus_.info().endpoint;
        for (;;) {
            die_if(self_, order::die_reading);
            take();
            if (!held_.empty()) {
                die_if(self_, order::die_read);
            }
            dawdle(random_);
            if (self_.told == order::unbind) {
                unbind_for_a_while();
            }
            if (!held_.empty()) {
                answer();
            }
        }
    }

private:
    static void check(int r, const char* what) {
        if (r < 0) {
            fail("replier: %s: %s", what, strerror(-r));
        }
    }

    // EADDRINUSE here would mean that the one before us isn't gone, though its process is.
    void bind() { check(bus_.bind(name_, AUTOBUS_REPLIER), "BIND"); }

    // Reads some; waits only if nobody waits for us.
    void take() {
        int r = bus_.read(buffer_, random_.below(5), held_.empty());
        if (r == -EAGAIN) {
            return;
        }
        check(r, "read");
        keep(buffer_);
    }

    void keep(const std::string& records) {
        for (const incoming& one : parse(records)) {
            if (one.head.type != AUTOBUS_REQUEST || !(one.head.flags & AUTOBUS_OWED)) {
                fail("replier: a record of type %u, flags %x", one.head.type, one.head.flags);
            }
            uint8_t& handed = entry(one.head.serial).handed;
            if (handed != 0) {
                fail("replier: request %llu was handed out before",
                     static_cast<unsigned long long>(one.head.serial));
            }
            handed = 1;
            held_.push_back({one.head.serial, std::string(one.data)});
        }
    }

    // The one nearest to the end is answered next: any order will do.
    void answer() {
        for (size_t i = held_.size(); i > 1; i--) {
            std::swap(held_[i - 1], held_[random_.below(i)]);
        }
        size_t left = random_.one_in(3) ? random_.below(held_.size()) : 0;
        while (held_.size() > left) {
            answer_some(1 + random_.below(held_.size() - left));
            if (!held_.empty()) {
                die_if(self_, order::die_answering);
            }
        }
        die_if(self_, order::die_answered);
    }

    // Answers the last `count` with one write.
    void answer_some(size_t count) {
        std::string records;
        for (size_t i = 0; i < count; i++) {
            const held_request& one = held_[held_.size() - 1 - i];
            append(records, {.type = AUTOBUS_REPLY, .data = one.data, .in_reply_to = one.serial});
        }
        int r = bus_.write(records);
        if (r < 0) {
            if (r != -ECONNREFUSED) {
                fail("replier: the answer to %llu: %s",
                     static_cast<unsigned long long>(held_.back().serial), strerror(-r));
            }
            entry(held_.back().serial).reply = ledger_entry::refused;
            held_.pop_back();
            return;
        }
        records.resize(r);
        for (size_t i = parse(records).size(); i > 0; i--) {
            entry(held_.back().serial).reply = ledger_entry::replied;
            held_.pop_back();
        }
    }

    // What it was handed stays its own; what it has not read is answered by the kernel, or stays
    // its own too.
    void unbind_for_a_while() {
        bool drain = random_.one_in(4);
        check(bus_.unbind(name_, AUTOBUS_REPLIER, drain ? AUTOBUS_UNBIND_DRAIN : 0), "UNBIND");
        shared->drained += drain;
        self_.told = order::none;
        if (!held_.empty() && random_.one_in(2)) {
            answer();
        }
        dawdle(random_);
        bind();
    }

    // A child that holds the file, waits until its endpoint ends, and sleeps on.
    void leave_a_sleeper() {
        if (fork_anyway() == 0) {
            sleep_on();
        }
    }

    [[noreturn]] void sleep_on() {
        uint32_t number = shared->sleepers++ % sleepers_most;
        sleeper& me = shared->sleeping[number];
        if (me.pid != 0) {
            fail("sleeper: there are too many of us");
        }
        me.opener_gone = 0;
        me.pid = getpid();
        pollfd wanted = {bus_.fd(), 0, 0};
        while (poll(&wanted, 1, -1) < 1 || !(wanted.revents & POLLHUP)) {
        }
        std::string record;
        append(record, {.type = AUTOBUS_ANNOUNCEMENT, .name = name_});
        int read = bus_.read(buffer_, 1, true);
        int written = bus_.write(record);
        if (read != -ESHUTDOWN || written != -ESHUTDOWN) {
            fail("sleeper: its endpoint has ended, but it reads %d and writes %d", read, written);
        }
        me.opener_gone = 1;
        for (;;) {
            pause();
        }
    }

    actor& self_;
    random_source random_;
    bus bus_;
    std::string name_;
    std::string buffer_;
    std::vector<held_request> held_;
};

} // namespace

std::string replier_name(unsigned which) {
    return "$.Kill.Replier" + std::to_string(which);
}

void run_replier(const char* path, unsigned which, uint64_t seed) {
    replier(path, which, seed).run();
}

} // namespace kill_test
