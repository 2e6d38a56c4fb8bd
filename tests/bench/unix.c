// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// AF_UNIX SEQPACKET: a connected pair of sockets with the system's default buffers.

#define _GNU_SOURCE
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

static void unix_open(struct link *link)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
        die("socketpair");
    }
    link->a = pair[0];
    link->b = pair[1];
}

static void unix_close(struct link *link)
{
    close(link->a);
    close(link->b);
}

static void put(int file, const struct payload *payload)
{
    if (send(file, payload, sizeof(*payload), 0) != sizeof(*payload)) {
        die("AF_UNIX send");
    }
}

static void get(int file, struct payload *payload)
{
    if (recv(file, payload, sizeof(*payload), 0) != sizeof(*payload)) {
        die("AF_UNIX recv");
    }
}

static void unix_ask(struct link *link, uint64_t first, uint64_t count)
{
    struct payload question = {0};
    struct payload answer;

    for (uint64_t i = first; i < first + count; i++) {
        payload_set(&question, i);
        put(link->a, &question);
        get(link->a, &answer);
        tally_check(link->tally, &answer);
    }
}

static void unix_answer(struct link *link, uint64_t count)
{
    struct payload payload;

    for (uint64_t i = 0; i < count; i++) {
        get(link->b, &payload);
        tally_check(link->tally, &payload);
        put(link->b, &payload);
    }
}

static void unix_send(struct link *link, uint64_t first, uint64_t count)
{
    struct payload payload = {0};

    for (uint64_t i = first; i < first + count; i++) {
        payload_set(&payload, i);
        put(link->a, &payload);
    }
}

static void unix_receive(struct link *link, uint64_t end)
{
    struct payload payload;

    while (link->tally->next < end) {
        get(link->b, &payload);
        tally_check(link->tally, &payload);
    }
}

// Many messages per system call, as sendmmsg() and recvmmsg() have it.
struct batch {
    struct payload payload[BENCH_BATCH_MOST];
    struct iovec part[BENCH_BATCH_MOST];
    struct mmsghdr message[BENCH_BATCH_MOST];
};

static void batch_init(struct batch *batch)
{
    *batch = (struct batch){0};
    for (int i = 0; i < BENCH_BATCH_MOST; i++) {
        batch->part[i].iov_base = &batch->payload[i];
        batch->part[i].iov_len = sizeof(batch->payload[i]);
        batch->message[i].msg_hdr.msg_iov = &batch->part[i];
        batch->message[i].msg_hdr.msg_iovlen = 1;
    }
}

static void unix_send_batch(struct link *link, uint64_t first, uint64_t count)
{
    static struct batch batch;
    uint64_t end = first + count;

    batch_init(&batch);
    while (first < end) {
        unsigned int n = end - first < link->batch ? (unsigned int)(end - first) : link->batch;
        int sent;

        for (unsigned int i = 0; i < n; i++) {
            payload_set(&batch.payload[i], first + i);
        }
        sent = sendmmsg(link->a, batch.message, n, 0);
        if (sent <= 0) {
            die("AF_UNIX sendmmsg");
        }
        first += (uint64_t)sent;
    }
}

static void unix_receive_batch(struct link *link, uint64_t end)
{
    static struct batch batch;

    batch_init(&batch);
    while (link->tally->next < end) {
        int got = recvmmsg(link->b, batch.message, link->batch, MSG_WAITFORONE, NULL);

        if (got <= 0) {
            die("AF_UNIX recvmmsg");
        }
        for (int i = 0; i < got; i++) {
            if (batch.message[i].msg_len != sizeof(struct payload)) {
                link->tally->wrong++;
            }
            tally_check(link->tally, &batch.payload[i]);
        }
    }
}

const struct peer unix_peer = {
    .name = "AF_UNIX SEQPACKET",
    .batch = 1,
    .open = unix_open,
    .close = unix_close,
    .ask = unix_ask,
    .answer = unix_answer,
    .send = unix_send,
    .receive = unix_receive,
};

const struct peer unix_batch_peer = {
    .name = "AF_UNIX SEQPACKET, 32 a call",
    .batch = 32,
    .open = unix_open,
    .close = unix_close,
    .send = unix_send_batch,
    .receive = unix_receive_batch,
};
