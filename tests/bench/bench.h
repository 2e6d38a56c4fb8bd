// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#ifndef BENCH_H
#define BENCH_H

/*
 * What is measured: two processes pinned to one CPU, the one that measures (the requester, the
 * sender) and its child (the replier, the receiver). A peer is a way for them to exchange messages.
 * Each message is a struct payload with its sequence number, and each is checked where it arrives.
 */

#include <stdint.h>
#include <stdnoreturn.h>

#define BENCH_PAYLOAD 128
#define BENCH_BATCH_MOST 64
#define BENCH_DEPTH 128 // messages that may wait unread, where a peer lets one choose

struct payload {
    uint64_t sequence;
    uint64_t fill[BENCH_PAYLOAD / sizeof(uint64_t) - 2];
    uint64_t again; // the sequence number: what is cut short or mixed up shows
};

_Static_assert(sizeof(struct payload) == BENCH_PAYLOAD, "the size that the figures are for");

// What a receiver saw.
struct tally {
    uint64_t next;  // the sequence number that is due
    uint64_t lost;  // numbers that didn't come
    uint64_t told;  // how many were lost, by what the peer itself says
    uint64_t wrong; // messages out of order, twice, or damaged
};

// What both ends of a peer need. Made before the fork, so each has its copy.
struct link {
    const char *device;  // path of the bus
    unsigned int batch;  // records per call, one way
    int a;               // the parent's file
    int b;               // the child's
    struct tally *tally; // of the process itself
};

struct peer {
    const char *name;
    unsigned int batch;
    // Before the fork; in the child; in the parent when the child is ready. Each may be NULL.
    void (*open)(struct link *link);
    void (*open_child)(struct link *link);
    void (*open_parent)(struct link *link);
    void (*close)(struct link *link);
    // Round trip: the parent asks, with the numbers from first on, and checks the answers.
    void (*ask)(struct link *link, uint64_t first, uint64_t count);
    void (*answer)(struct link *link, uint64_t count);
    // One way: the parent sends, the child receives till the number before `end` has come.
    void (*send)(struct link *link, uint64_t first, uint64_t count);
    void (*receive)(struct link *link, uint64_t end);
};

extern const struct peer unix_peer, unix_batch_peer;
extern const struct peer mqueue_peer;
extern const struct peer device_rw_peer, device_call_peer;
extern const struct peer device_flow_peer, device_batch_peer, device_losing_peer;

static inline void payload_set(struct payload *payload, uint64_t sequence)
{
    payload->sequence = sequence;
    payload->again = sequence;
}

static inline void tally_check(struct tally *tally, const struct payload *payload)
{
    if (payload->sequence == tally->next && payload->again == tally->next) {
        tally->next++;
        return;
    }
    if (payload->sequence != payload->again || payload->sequence < tally->next) {
        tally->wrong++;
        return;
    }
    tally->lost += payload->sequence - tally->next;
    tally->next = payload->sequence + 1;
}

// Ends the program with "WHAT: the reason" of errno, or of a short transfer.
noreturn void die(const char *what);

#endif
