// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// Many threads on one bus for a while, then an offline look at what everybody saw: one order for
// all, no loss that wasn't announced, one answer to each request.

#include "tests/conformance/support.hpp"

#include <map>
#include <random>
#include <set>

using namespace conformance;

namespace {

constexpr int n_workers = 6;
constexpr int n_rounds = 400;
constexpr int n_names = 4;

// What one worker did and saw. Only its thread touches it until all have joined.
struct logbook {
    std::map<u64, std::string> announced; // serial -> data
    std::set<u64> asked;                  // serials of accepted requests
    std::vector<u64> answered;            // in_reply_to of what came
    std::vector<std::pair<u64, std::string>> heard; // announcements
    u64 lost = 0;
    int disorder = 0; // ordinary records whose serial isn't above the last one's
    int errors = 0;   // errnos that nobody expects here
};

class worker {
public:
    worker(endpoint own, int number) : own_(std::move(own)), number_(number) {}

    // Serves its own name and hears all announcements from the very start.
    bool begin()
    {
        return !own_.set_limits(64, 0, 0) && !own_.bind(AUTOBUS_LISTENER, "$.News.*") &&
               !own_.bind(AUTOBUS_REPLIER, name());
    }

    void run()
    {
        std::mt19937 random(number_ + 1);
        for (int round = 0; round < n_rounds; round++) {
            act(random);
            read_all();
        }
    }

    // The rest, once nobody sends any more.
    void read_all()
    {
        while (read_one()) {
        }
    }

    // Unbinds with its requests unread or not.
    void stop_serving() { log_.errors += own_.unbind(AUTOBUS_REPLIER, name()) != 0; }

    [[nodiscard]] const logbook& log() const { return log_; }
    endpoint& own() { return own_; }

private:
    [[nodiscard]] std::string name(int of = -1) const
    {
        return "$.Worker.W" + std::to_string(of < 0 ? number_ : of);
    }

    void act(std::mt19937& random)
    {
        static const u32 policies[] = {0, AUTOBUS_FAIL, AUTOBUS_WAIT};
        const unsigned dice = random();
        const u32 policy = policies[dice % 3];
        if (dice / 4 % 2) {
            announce(random() % n_names, policy);
        } else {
            ask(random() % n_workers, policy);
        }
        if (dice / 64 % 16 == 0) {
            log_.errors += own_.unbind(AUTOBUS_REPLIER, name()) != 0;
            log_.errors += own_.bind(AUTOBUS_REPLIER, name()) != 0;
        }
    }

    void announce(unsigned which, u32 policy)
    {
        const std::string data = std::to_string(number_) + "/" + std::to_string(count_++);
        const s64 serial = own_.send(announcement("$.News.N" + std::to_string(which), data,
                                                  policy), short_time);
        if (serial > 0) {
            log_.announced.emplace(serial, data);
        } else if (serial != -EBUSY && serial != -ETIMEDOUT && serial != -EDEADLK) {
            log_.errors++;
        }
    }

    void ask(int whom, u32 policy)
    {
        const s64 serial = own_.send(request(name(whom), "", policy), short_time);
        if (serial > 0) {
            log_.asked.insert(serial);
        } else if (serial != -EBUSY && serial != -ETIMEDOUT && serial != -EDEADLK &&
                   serial != -ENOLCK && serial != -EADDRNOTAVAIL) {
            log_.errors++;
        }
    }

    bool read_one()
    {
        autobus_transfer transfer = {};
        transfer.flags = AUTOBUS_TRANSFER_DONTWAIT;
        transfer.most = 1;
        const int error = own_.receive_into(room_, transfer);
        log_.errors += error && error != -EAGAIN;
        if (error) {
            return false;
        }
        autobus_record head;
        std::memcpy(&head, room_.data(), sizeof(head));
        note(head);
        return true;
    }

    void note(const autobus_record& head)
    {
        log_.lost += head.lost;
        if (head.serial) {
            log_.disorder += head.serial <= last_;
            last_ = head.serial;
        }
        if (head.flags & AUTOBUS_ANSWER) {
            log_.answered.push_back(head.in_reply_to);
        } else if (head.flags & AUTOBUS_OWED) {
            log_.errors += own_.send(reply(head.serial)) <= 0;
        } else if (head.type == AUTOBUS_ANNOUNCEMENT) {
            const char* data = room_.data() + sizeof(head) + (head.name_size + 7) / 8 * 8;
            log_.heard.emplace_back(head.serial, std::string(data, head.data_size));
        }
    }

    endpoint own_;
    int number_;
    int count_ = 0;
    u64 last_ = 0;
    bytes room_ = bytes(4096);
    logbook log_;
};

// The announcements that a worker heard are those that were sent, but for as many as it was
// told that it missed.
void check_heard(const logbook& log, const std::map<u64, std::string>& announced)
{
    std::size_t known = 0;
    for (const auto& [serial, data] : log.heard) {
        const auto found = announced.find(serial);
        known += found != announced.end() && found->second == data;
    }
    BOOST_TEST(known == log.heard.size());
    BOOST_TEST(log.heard.size() + log.lost == announced.size());
    BOOST_TEST(log.disorder == 0);
}

void check_answers(const logbook& log)
{
    const std::set<u64> answered(log.answered.begin(), log.answered.end());
    BOOST_TEST(answered.size() == log.answered.size());
    BOOST_TEST((answered == log.asked));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(Stress, bus_fixture)

BOOST_AUTO_TEST_CASE(many_threads_see_one_order_and_get_one_answer_each)
{
    std::vector<worker> workers;
    for (int i = 0; i < n_workers; i++) {
        workers.emplace_back(open(), i);
        BOOST_REQUIRE(workers.back().begin());
    }
    std::vector<std::thread> threads;
    for (worker& one : workers) {
        threads.emplace_back([&one] { one.run(); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (worker& one : workers) {
        one.stop_serving();
    }
    for (int i = 0; i < 2; i++) {
        for (worker& one : workers) {
            one.read_all();
        }
    }
    std::map<u64, std::string> announced;
    std::size_t asked = 0;
    for (worker& one : workers) {
        announced.insert(one.log().announced.begin(), one.log().announced.end());
        asked += one.log().asked.size();
    }
    BOOST_TEST(announced.size() > 100u);
    BOOST_TEST(asked > 100u);
    for (worker& one : workers) {
        BOOST_TEST(one.log().errors == 0);
        check_heard(one.log(), announced);
        check_answers(one.log());
    }
    BOOST_TEST(workers.front().own().info().requests == 0u);
}

// Repliers and requesters come and go while others ask them; each accepted request of those who
// stay is answered once.
BOOST_AUTO_TEST_CASE(requests_are_answered_once_while_repliers_come_and_go)
{
    endpoint eye = open();
    std::atomic<bool> stop = false;
    std::atomic<int> errors = 0;
    const auto come_and_go = [&](int number) {
        std::mt19937 random(number);
        bytes room(4096);
        while (!stop) {
            opened mine = host->open(0, O_RDWR, nullptr);
            if (!mine.file) {
                errors++;
                return;
            }
            const std::string name = "$.Replier";
            autobus_bind bind = {};
            bind.size = sizeof(bind);
            bind.pattern = reinterpret_cast<std::uintptr_t>(name.data());
            bind.pattern_size = name.size();
            bind.role = AUTOBUS_REPLIER;
            const int bound = mine.file->ioctl(AUTOBUS_IOC_BIND, &bind);
            errors += bound && bound != -EADDRINUSE;
            mine.file->set_nonblock(true);
            for (unsigned i = random() % 8; i--;) {
                const ssize_t size = mine.file->read(room.data(), sizeof(autobus_record) + 16);
                if (size <= 0) {
                    std::this_thread::yield();
                    continue;
                }
                autobus_record head;
                std::memcpy(&head, room.data(), sizeof(head));
                const bytes answer = to_bytes(reply(head.serial));
                if (random() % 2) {
                    errors += mine.file->write(answer.data(), answer.size()) <= 0;
                }
            }
        }
    };
    struct asker {
        endpoint own;
        std::set<u64> asked = {};
        std::vector<u64> answered = {};
        std::map<std::string, int> ways = {};
    };
    std::vector<asker> askers;
    for (int i = 0; i < 3; i++) {
        askers.push_back({open()});
    }
    std::vector<std::thread> repliers, threads;
    for (int i = 0; i < 2; i++) {
        repliers.emplace_back(come_and_go, i + 10);
    }
    for (asker& one : askers) {
        threads.emplace_back([&one, &errors] {
            bytes room(4096);
            for (int round = 0; round < 1500; round++) {
                const s64 serial = one.own.send(request("$.Replier", "", AUTOBUS_WAIT), short_time);
                if (serial <= 0) {
                    errors += serial != -EADDRNOTAVAIL && serial != -ETIMEDOUT;
                    std::this_thread::yield();
                    continue;
                }
                one.asked.insert(serial);
                autobus_transfer transfer = {};
                transfer.timeout = long_time;
                transfer.most = 1;
                errors += one.own.receive_into(room, transfer) != 0;
                autobus_record head;
                std::memcpy(&head, room.data(), sizeof(head));
                one.answered.push_back(head.in_reply_to);
                one.ways[std::string(room.data() + sizeof(head), head.name_size)]++;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    stop = true;
    for (std::thread& thread : repliers) {
        thread.join();
    }
    BOOST_TEST(errors == 0);
    for (asker& one : askers) {
        BOOST_TEST(!one.own.receive());
        BOOST_TEST((std::set<u64>(one.answered.begin(), one.answered.end()) == one.asked));
        BOOST_TEST(one.answered.size() == one.asked.size());
        for (const auto& [way, count] : one.ways) {
            BOOST_TEST_MESSAGE(way << ": " << count);
        }
    }
    BOOST_TEST(eye.info().requests == 0u);
    BOOST_TEST(eye.info().bindings == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
