// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "actors.hpp"
#include "bus.hpp"
#include "shared.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sched.h>
#include <unistd.h>

namespace kill_test {

namespace {

constexpr size_t open_most = 16;

struct open_request {
    uint64_t serial;
    unsigned replier;
    std::string data;
};

struct prepared {
    std::string record;
    open_request request;
};

end kind_of(const incoming& answer) {
    if (answer.head.type == AUTOBUS_REPLY) {
        return end::reply;
    }
    if (answer.name == AUTOBUS_NAME_UNBOUND_REPLIER) {
        return end::unbound;
    }
    if (answer.name == AUTOBUS_NAME_GONE_AWAY) {
        return end::gone_away;
    }
    return answer.name == AUTOBUS_NAME_IGNORED ? end::ignored : end::other;
}

class requester {
public:
    requester(const char* path, unsigned which, uint32_t life, uint64_t seed)
        : self_(shared->requester[which]), life_(life), random_(seed), bus_(path) {}

    [[noreturn]] void run() {
        self_.endpoint = bus_.info().endpoint;
        unsigned left = 20 + random_.below(300);
        while ((left > 0 && !shared->stop) || !open_.empty()) {
            bool more = left > 0 && !shared->stop && open_.size() < open_most;
            if (more && (open_.empty() || !random_.one_in(3))) {
                die_if(self_, order::die_sending);
                left -= ask(std::min<size_t>(left, open_most - open_.size()));
                if (!open_.empty()) {
                    die_if(self_, order::die_sent);
                }
                dawdle(random_);
            } else {
                hear();
                if (!open_.empty()) {
                    die_if(self_, order::die_waiting);
                }
            }
        }
        finish();
    }

private:
    static void check(int r, const char* what) {
        if (r < 0) {
            fail("requester: %s: %s", what, strerror(-r));
        }
    }

    // Everything is answered, so nothing else may be there: no second answer.
    [[noreturn]] void finish() {
        int r = bus_.read(buffer_, 1, false);
        if (r != -EAGAIN) {
            fail("requester: after its last answer it reads %d", r);
        }
        shared->lives[life_] = life_end::survived;
        _exit(0);
    }

    prepared prepare() {
        prepared one;
        open_request& request = one.request;
        request.replier = random_.below(repliers);
        request.data = std::to_string(life_) + "." + std::to_string(++asked_);
        request.data.resize(random_.one_in(16) ? 6000 : 16 + random_.below(300), '.');
        outgoing record;
        std::string name = replier_name(request.replier);
        record.name = name;
        record.data = request.data;
        if (random_.one_in(2)) {
            record.to = known_[request.replier];
        }
        if (random_.one_in(3)) {
            record.flags |= AUTOBUS_WAIT;
            shared->waited++;
        }
        record.flags |= random_.one_in(8) ? AUTOBUS_PRIVATE : 0;
        record.flags |= random_.one_in(8) ? AUTOBUS_URGENT : 0;
        append(one.record, record);
        return one;
    }

    void accepted(open_request request, uint64_t serial) {
        ledger_entry& mine = entry(serial);
        if (mine.life != 0) {
            fail("requester: serial %llu was given before",
                 static_cast<unsigned long long>(serial));
        }
        mine.life = life_;
        request.serial = serial;
        open_.push_back(std::move(request));
    }

    // No replier now, not the one we knew, or no room in its queue: then nothing was sent.
    void refused(int r, unsigned replier) {
        if (r != -EADDRNOTAVAIL && r != -EPIPE && r != -EBUSY) {
            fail("requester: a request: %s", strerror(-r));
        }
        if (r == -EPIPE) {
            known_[replier] = 0;
        }
        sched_yield();
    }

    // Sends at most this many; how many were accepted.
    size_t ask(size_t most) {
        if (random_.one_in(4)) {
            return ask_and_hear();
        }
        std::vector<prepared> batch;
        std::string records;
        for (size_t n = 1 + random_.below(std::min<size_t>(most, 4)); n > 0; n--) {
            batch.push_back(prepare());
            records += batch.back().record;
        }
        std::vector<uint64_t> serials;
        int r = bus_.send(records, serials);
        if (r < 0) {
            refused(r, batch.front().request.replier);
            return 0;
        }
        for (size_t i = 0; i < serials.size(); i++) {
            accepted(std::move(batch[i].request), serials[i]);
        }
        return serials.size();
    }

    // The call that sends and receives.
    size_t ask_and_hear() {
        prepared one = prepare();
        uint64_t serial = 0;
        int r = bus_.call(one.record, serial, buffer_);
        if (r < 0) {
            refused(r, one.request.replier);
            return 0;
        }
        accepted(std::move(one.request), serial);
        take(buffer_);
        return 1;
    }

    void hear() {
        check(bus_.read(buffer_, random_.below(4), true), "read");
        take(buffer_);
    }

    void take(const std::string& records) {
        for (const incoming& answer : parse(records)) {
            take(answer);
        }
    }

    void take(const incoming& answer) {
        const autobus_record& head = answer.head;
        auto asked = std::find_if(open_.begin(), open_.end(), [&](const open_request& one) {
            return one.serial == head.in_reply_to;
        });
        if ((head.type != AUTOBUS_REPLY && head.type != AUTOBUS_STATUS) ||
            !(head.flags & AUTOBUS_ANSWER) || asked == open_.end()) {
            fail("requester: a record of type %u, flags %x, in reply to %llu", head.type,
                 head.flags, static_cast<unsigned long long>(head.in_reply_to));
        }
        ledger_entry& mine = entry(head.in_reply_to);
        mine.how = kind_of(answer);
        mine.answers++;
        if (mine.how == end::reply) {
            if (answer.data != asked->data) {
                fail("requester: the answer to %llu is not that to what was asked",
                     static_cast<unsigned long long>(head.in_reply_to));
            }
            known_[asked->replier] = head.from;
        } else if (mine.how == end::other) {
            fail("requester: the status %.*s", static_cast<int>(answer.name.size()),
                 answer.name.data());
        }
        open_.erase(asked);
    }

    actor& self_;
    uint32_t life_;
    random_source random_;
    bus bus_;
    unsigned asked_ = 0;
    uint64_t known_[repliers] = {}; // the endpoint that answered last
    std::string buffer_;
    std::vector<open_request> open_;
};

} // namespace

void run_requester(const char* path, unsigned which, uint32_t life, uint64_t seed) {
    requester(path, which, life, seed).run();
}

} // namespace kill_test
