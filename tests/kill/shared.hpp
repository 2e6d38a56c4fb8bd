// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// What the processes of the kill test share: a mapping that survives whoever dies.
//
// Its heart is the ledger, one entry per serial of the bus. Requesters and repliers write down what
// happened to them as soon as a system call has told it; nobody else interprets that until all is
// over (check.cpp). Each byte has one writer: what a requester knows, only the requester of that
// request writes; what a replier knows, only the one that was handed it.

#include <atomic>
#include <cstdint>
#include <sys/types.h>

namespace kill_test {

constexpr unsigned repliers = 3;
constexpr unsigned requesters = 4;
constexpr unsigned sleepers_most = 64;
constexpr uint32_t lives_most = 200'000;
constexpr uint64_t serials_most = 12'000'000;
// For hangs only: no test waits on time.
constexpr unsigned hang_seconds = 300;

enum class end : uint8_t { none, reply, unbound, gone_away, ignored, other };
constexpr unsigned ends = 6;

struct ledger_entry {
    uint32_t life;   // requester's: which life asked; 0 if none did
    uint8_t answers; // requester's: how many came
    end how;         // requester's: the last one's kind
    uint8_t handed;  // replier's: it was read
    enum : uint8_t { no_reply, replied, refused } reply; // replier's: what became of its answer
};

// One life of a requester, from open to exit.
enum class life_end : uint8_t { killed, survived };

// What a replier or requester is told by the driver.
enum class order : uint32_t {
    none,
    unbind,        // replier
    die_sending,   // requester: before it sends
    die_sent,      // requester: just after
    die_waiting,   // requester: with answers read, and others still to come
    die_reading,   // replier: before it reads
    die_read,      // replier: having read, before it answers
    die_answering, // replier: with one answered, and others not
    die_answered,  // replier: just after
};

constexpr unsigned orders = 9;

struct actor {
    std::atomic<order> told;
    std::atomic<uint64_t> endpoint; // 0: it has none yet
};

// A child of a replier that holds on to its file.
struct sleeper {
    std::atomic<pid_t> pid;
    std::atomic<uint32_t> opener_gone; // it saw its endpoint end
};

struct shared_state {
    std::atomic<bool> stop; // requesters: finish what is open, and exit
    std::atomic<uint32_t> sleepers;
    std::atomic<uint32_t> drained;   // unbinds that kept what was queued
    std::atomic<uint32_t> waited;    // requests sent with leave to wait for room
    std::atomic<uint32_t> no_memory; // calls that were made again for lack of memory
    actor replier[repliers];
    actor requester[requesters];
    sleeper sleeping[sleepers_most];
    life_end lives[lives_most];
    ledger_entry ledger[serials_most];
};

extern shared_state* shared;

// Maps it. Before any fork.
void make_shared();

// The entry of a serial.
ledger_entry& entry(uint64_t serial);

// Tells what went wrong and ends this process; the driver notices.
[[noreturn]] void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));

// Forks, if need be after some tries.
pid_t fork_anyway();

// Dies here if the actor was told to: by the same signal as from outside, but at this very place.
void die_if(actor& self, order where);

// Randomness of one process.
class random_source {
public:
    explicit random_source(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
    // 0 to n - 1
    uint32_t below(uint32_t n);
    bool one_in(uint32_t n) { return below(n) == 0; }

private:
    uint64_t state_;
};

// Lets others run: a moment, a while, or not at all.
void dawdle(random_source& random);

} // namespace kill_test
