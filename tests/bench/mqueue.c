// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// POSIX message queues: one there, one back.

#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <unistd.h>

#include "bench.h"

static mqd_t queue_new(void)
{
    struct mq_attr attributes = {.mq_maxmsg = BENCH_DEPTH, .mq_msgsize = BENCH_PAYLOAD};
    char name[64];
    mqd_t queue;

    snprintf(name, sizeof(name), "/autobus-bench-%ld", (long)getpid());
    queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attributes);
    if (queue < 0) {
        die("mq_open");
    }
    mq_unlink(name);
    return queue;
}

static void mqueue_open(struct link *link)
{
    link->a = queue_new();
    link->b = queue_new();
}

static void mqueue_close(struct link *link)
{
    mq_close(link->a);
    mq_close(link->b);
}

static void put(mqd_t queue, const struct payload *payload)
{
    if (mq_send(queue, (const char *)payload, sizeof(*payload), 0)) {
        die("mq_send");
    }
}

static void get(mqd_t queue, struct payload *payload)
{
    if (mq_receive(queue, (char *)payload, sizeof(*payload), NULL) != sizeof(*payload)) {
        die("mq_receive");
    }
}

static void mqueue_ask(struct link *link, uint64_t first, uint64_t count)
{
    struct payload question = {0};
    struct payload answer;

    for (uint64_t i = first; i < first + count; i++) {
        payload_set(&question, i);
        put(link->a, &question);
        get(link->b, &answer);
        tally_check(link->tally, &answer);
    }
}

static void mqueue_answer(struct link *link, uint64_t count)
{
    struct payload payload;

    for (uint64_t i = 0; i < count; i++) {
        get(link->a, &payload);
        tally_check(link->tally, &payload);
        put(link->b, &payload);
    }
}

static void mqueue_send(struct link *link, uint64_t first, uint64_t count)
{
    struct payload payload = {0};

    for (uint64_t i = first; i < first + count; i++) {
        payload_set(&payload, i);
        put(link->a, &payload);
    }
}

static void mqueue_receive(struct link *link, uint64_t end)
{
    struct payload payload;

    while (link->tally->next < end) {
        get(link->a, &payload);
        tally_check(link->tally, &payload);
    }
}

const struct peer mqueue_peer = {
    .name = "POSIX mqueue",
    .batch = 1,
    .open = mqueue_open,
    .close = mqueue_close,
    .ask = mqueue_ask,
    .answer = mqueue_answer,
    .send = mqueue_send,
    .receive = mqueue_receive,
};
