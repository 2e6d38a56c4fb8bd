// SPDX-License-Identifier: MIT
// Copyright autobus contributors
//
// The kill test: is each request answered exactly once, whoever is killed, and wherever?
//
// Requesters, repliers and a listener are processes on one bus. A round is one blow of the driver
// to one of them: SIGKILL at any moment, SIGKILL at a place that the victim is told beforehand, or
// an unbind. Then the victim is replaced. What each process saw stands in shared memory
// (shared.hpp) and is judged at the end (check.cpp). Repliers that end with their opener leave a
// child behind that holds their file open.
//
// Usage: kill [ROUNDS [SEED [DEVICE]]]     10000, by the clock, /dev/autobus0
//
// Prints TAP; exits with 0 if every line is ok.
#include "actors.hpp"
#include "bus.hpp"
#include "check.hpp"
#include "shared.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <functional>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kill_test {

namespace {

// Between two blows, in microseconds: some of them come quickly one after the other.
constexpr uint32_t pause_most = 1500;

enum class role { replier, requester, listener };

struct child {
    role what;
    unsigned which = 0;
    pid_t pid = 0;
    uint32_t life = 0;
    bool doomed = false; // may die of SIGKILL
    int status = -1;     // once it's dead

    bool killed() const { return status >= 0 && WIFSIGNALED(status); }
};

enum blow { kill_replier, kill_requester, kill_listener, unbind, blows };

// Were we started in such a way that allocations fail on purpose?
bool starved() {
    char word = '0';
    int file = open("/proc/self/make-it-fail", O_RDONLY | O_CLOEXEC);
    bool there = file >= 0 && read(file, &word, 1) == 1;
    close(file);
    return there && word == '1';
}

class driver {
public:
    driver(const char* path, uint64_t seed) : path_(path), seed_(seed), random_(seed), bus_(path) {
        for (unsigned i = 0; i < repliers; i++) {
            children_.push_back({role::replier, i});
        }
        for (unsigned i = 0; i < requesters; i++) {
            children_.push_back({role::requester, i});
        }
        children_.push_back({role::listener});
    }

    bool run(unsigned rounds) {
        for (child& one : children_) {
            start(one);
        }
        for (unsigned done = 0; done < rounds;) {
            usleep(random_.below(pause_most));
            bool hit = round();
            done += hit;
            if (hit && done % 1000 == 0) {
                printf("# %u of %u rounds\n", done, rounds);
            }
            wake_sleepers(false);
        }
        end_all();
        return judge(rounds);
    }

private:
    actor& actor_of(const child& one) {
        return one.what == role::replier ? shared->replier[one.which]
                                         : shared->requester[one.which];
    }

    void start(child& one) {
        if (one.what != role::listener) {
            actor_of(one).told = order::none;
            actor_of(one).endpoint = 0;
        }
        if (one.what == role::requester) {
            one.life = ++lives_;
            if (lives_ >= lives_most) {
                give_up("there were too many requesters");
            }
        }
        one.doomed = false;
        one.status = -1;
        uint64_t seed = seed_ + ++started_;
        one.pid = fork_anyway();
        if (one.pid == 0) {
            become(one, seed);
        }
    }

    [[noreturn]] void become(const child& one, uint64_t seed) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(bus_.fd());
        switch (one.what) {
        case role::replier:
            run_replier(path_, one.which, seed);
        case role::requester:
            run_requester(path_, one.which, one.life, seed);
        case role::listener:
            run_listener(path_, seed);
        }
        abort();
    }

    // One blow. False if its victim came to its end before.
    bool round() {
        uint32_t chance = random_.below(100);
        if (chance < 20) {
            return make_unbind(pick(role::replier));
        }
        if (chance < 62) {
            return strike(pick(role::replier), kill_replier, order::die_reading, 4);
        }
        if (chance < 96) {
            return strike(pick(role::requester), kill_requester, order::die_sending, 3);
        }
        return strike(children_.back(), kill_listener, order::none, 0);
    }

    child& pick(role what) {
        return what == role::replier ? children_[random_.below(repliers)]
                                     : children_[repliers + random_.below(requesters)];
    }

    // Kills it: now, or where it's told to die, one of `places` from `first` on.
    bool strike(child& victim, blow kind, order first, uint32_t places) {
        uint64_t watched = watch(victim);
        victim.doomed = true;
        order where = order::none;
        if (places > 0 && random_.one_in(2)) {
            where = static_cast<order>(static_cast<uint32_t>(first) + random_.below(places));
            actor_of(victim).told = where;
        } else {
            kill(victim.pid, SIGKILL);
        }
        wait_until([&] { return victim.status >= 0; }, "a killed process doesn't end");
        bool hit = victim.killed();
        blows_[kind] += hit;
        places_[static_cast<unsigned>(where)] += hit;
        hear_of(watched);
        start(victim);
        return hit;
    }

    bool make_unbind(child& victim) {
        actor& told = actor_of(victim);
        told.told = order::unbind;
        wait_until([&] { return told.told == order::none; }, "a replier doesn't unbind");
        blows_[unbind]++;
        return true;
    }

    // Watches the endpoint of a process. 0 if it has none yet, or none any more.
    uint64_t watch(const child& one) {
        uint64_t endpoint = one.what == role::listener ? 0 : actor_of(one).endpoint.load();
        if (endpoint == 0) {
            return 0;
        }
        int r = bus_.watch(endpoint);
        if (r < 0 && (r != -ENXIO || one.what == role::replier)) {
            give_up(std::string("WATCH: ") + strerror(-r));
        }
        return r < 0 ? 0 : endpoint;
    }

    // A process that has ended has closed: there is one notice of it, and nothing else.
    void hear_of(uint64_t endpoint) {
        std::string records;
        int r = bus_.read(records, 0, false);
        std::vector<incoming> found = parse(records);
        if (endpoint == 0 && r == -EAGAIN) {
            return;
        }
        autobus_address closed = {};
        if (r == 0 && found.size() == 1 && found[0].data.size() == sizeof(closed)) {
            memcpy(&closed, found[0].data.data(), sizeof(closed));
        }
        if (closed.endpoint != endpoint || found[0].head.type != AUTOBUS_NOTICE ||
            found[0].head.code != AUTOBUS_NOTICE_CLOSED) {
            give_up("endpoint " + std::to_string(endpoint) + " has closed, and its watcher read " +
                    std::to_string(found.size()) + " records (" + std::to_string(r) + ")");
        }
        notices_++;
    }

    // Takes note of who has died, and replaces requesters that had done all they wanted.
    void reap() {
        int status = 0;
        pid_t pid;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
            took(pid, status);
        }
    }

    void took(pid_t pid, int status) {
        bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        for (child& one : children_) {
            if (one.pid != pid) {
                continue;
            }
            bool finished =
                one.what == role::requester && WIFEXITED(status) && WEXITSTATUS(status) == 0;
            one.status = status;
            one.pid = 0;
            if (!finished && !(killed && one.doomed)) {
                give_up("process " + std::to_string(pid) + " failed, status " +
                        std::to_string(status));
            }
            if (finished && !one.doomed && !shared->stop) {
                start(one);
            }
            return;
        }
        for (sleeper& one : shared->sleeping) {
            if (one.pid == pid && killed) {
                one.pid = 0;
                return;
            }
        }
        if (!killed) {
            give_up("a sleeper failed, status " + std::to_string(status));
        }
    }

    // Ends sleepers that have seen their endpoint end: now and then, or whoever is ready.
    void wake_sleepers(bool all) {
        for (sleeper& one : shared->sleeping) {
            pid_t pid = one.pid;
            if (pid != 0 && one.opener_gone == 1 && (all || random_.one_in(20))) {
                one.opener_gone = 2;
                outslept_++;
                kill(pid, SIGKILL);
            }
        }
        reap();
    }

    void wait_until(const std::function<bool()>& met, const char* otherwise) {
        timespec start;
        timespec now;
        clock_gettime(CLOCK_MONOTONIC, &start);
        for (reap(); !met(); reap()) {
            clock_gettime(CLOCK_MONOTONIC, &now);
            if (now.tv_sec - start.tv_sec > hang_seconds) {
                give_up(otherwise);
            }
            usleep(200);
        }
    }

    // Requesters first, so that those alive are survivors: they have all their answers.
    void end_all() {
        shared->stop = true;
        for (child& one : children_) {
            if (one.what == role::requester) {
                wait_until([&] { return one.pid == 0; }, "a requester has open requests for ever");
            }
        }
        for (child& one : children_) {
            if (one.pid != 0) {
                one.doomed = true;
                kill(one.pid, SIGKILL);
                wait_until([&] { return one.pid == 0; }, "a killed process doesn't end");
            }
        }
        wait_until(
            [&] {
                wake_sleepers(true);
                siginfo_t somebody;
                return waitid(P_ALL, 0, &somebody, WEXITED | WNOHANG | WNOWAIT) < 0;
            },
            "a file that somebody holds did not end with its opener");
        hear_of(0);
    }

    bool judge(unsigned rounds) {
        autobus_info info = bus_.info();
        printf("# seed %llu, %u rounds: %u repliers, %u requesters and %u listeners killed,"
               " %u unbinds (%u of them keep what's queued)\n",
               static_cast<unsigned long long>(seed_), rounds, blows_[kill_replier],
               blows_[kill_requester], blows_[kill_listener], blows_[unbind],
               shared->drained.load());
        auto at = [&](order where) { return places_[static_cast<unsigned>(where)]; };
        printf("# killed at any moment: %u; requesters about to send: %u, having sent: %u, between"
               " answers: %u; repliers about to read: %u, having read: %u, between answers: %u,"
               " having answered: %u\n",
               at(order::none), at(order::die_sending), at(order::die_sent), at(order::die_waiting),
               at(order::die_reading), at(order::die_read), at(order::die_answering),
               at(order::die_answered));
        printf("# %u closed notices, %llu serials, %u requests with leave to wait\n", notices_,
               static_cast<unsigned long long>(info.serial), shared->waited.load());
        verdict found = check_ledger(info.serial, lives_);
        uint64_t at_least = rounds < 50 ? 1 : uint64_t{200} * rounds / 10000;
        bool good = report(found, at_least);
        if (starved()) {
            good &= expect(shared->no_memory > 0, "allocations failed: %u calls were repeated",
                           shared->no_memory.load());
        }
        good &= expect(outslept_ > 0 || rounds < 200,
                       "%u endpoints ended with their opener, though a child held on", outslept_);
        good &= expect(info.endpoints == 1 && info.bindings == 0 && info.requests == 0,
                       "left on the bus: %llu endpoint, %llu bindings, %llu requests",
                       static_cast<unsigned long long>(info.endpoints),
                       static_cast<unsigned long long>(info.bindings),
                       static_cast<unsigned long long>(info.requests));
        return good;
    }

    [[noreturn]] void give_up(const std::string& why) {
        for (const child& one : children_) {
            if (one.pid > 0) {
                kill(one.pid, SIGKILL);
            }
        }
        for (const sleeper& one : shared->sleeping) {
            if (one.pid > 0) {
                kill(one.pid, SIGKILL);
            }
        }
        printf("not ok - %s (seed %llu)\n", why.c_str(), static_cast<unsigned long long>(seed_));
        fflush(stdout);
        _exit(1);
    }

    const char* path_;
    uint64_t seed_;
    random_source random_;
    bus bus_;
    std::vector<child> children_;
    uint32_t lives_ = 0;
    uint64_t started_ = 0;
    unsigned blows_[blows] = {};
    unsigned places_[orders] = {}; // where the killed ones died; order::none: anywhere
    unsigned notices_ = 0;
    unsigned outslept_ = 0;
};

} // namespace

} // namespace kill_test

int main(int argc, char** argv) {
    unsigned rounds = argc > 1 ? strtoul(argv[1], nullptr, 10) : 10000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], nullptr, 10) : time(nullptr);
    const char* path = argc > 3 ? argv[3] : "/dev/autobus0";
    if (rounds == 0 || argc > 4) {
        fprintf(stderr, "usage: kill [ROUNDS [SEED [DEVICE]]]\n");
        return 2;
    }
    setvbuf(stdout, nullptr, _IOLBF, 0);
    kill_test::make_shared();
    // Children of killed repliers become ours.
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    return kill_test::driver(path, seed).run(rounds) ? 0 : 1;
}
