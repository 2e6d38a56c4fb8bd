// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// The bus: requests and replies, and announcements to one listener. Records are laid out once and
// only what changes is written anew, as a program that cares would do it.

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/autobus.h>

#include "bench.h"

#define NAME "$.Bench.Echo"
#define NAME_ROOM ((sizeof(NAME) - 1 + 7) / 8 * 8)

// A record with its name, and one without: a reply's name may be left out.
struct named {
    struct autobus_record head;
    char name[NAME_ROOM];
    struct payload payload;
};

struct nameless {
    struct autobus_record head;
    struct payload payload;
};

_Static_assert(sizeof(struct named) == sizeof(struct autobus_record) + NAME_ROOM + BENCH_PAYLOAD,
               "no holes");

static void named_init(struct named *record, uint32_t type, uint32_t flags)
{
    *record = (struct named){
        .head.size = sizeof(*record),
        .head.header_size = sizeof(record->head),
        .head.type = type,
        .head.flags = flags,
        .head.name_size = sizeof(NAME) - 1,
        .head.data_size = sizeof(record->payload),
    };
    memcpy(record->name, NAME, sizeof(NAME) - 1);
}

static void reply_init(struct nameless *record)
{
    *record = (struct nameless){
        .head.size = sizeof(*record),
        .head.header_size = sizeof(record->head),
        .head.type = AUTOBUS_REPLY,
        .head.data_size = sizeof(record->payload),
    };
}

static int open_bus(const struct link *link)
{
    int file = open(link->device, O_RDWR | O_CLOEXEC);

    if (file < 0) {
        die(link->device);
    }
    return file;
}

static void bind_name(int file, uint32_t role)
{
    struct autobus_bind bind = {
        .size = sizeof(bind),
        .pattern = (uintptr_t)NAME,
        .pattern_size = sizeof(NAME) - 1,
        .role = role,
    };

    if (ioctl(file, AUTOBUS_IOC_BIND, &bind)) {
        die("AUTOBUS_IOC_BIND");
    }
}

static void open_replier(struct link *link)
{
    link->b = open_bus(link);
    bind_name(link->b, AUTOBUS_REPLIER);
}

static void open_listener(struct link *link)
{
    link->b = open_bus(link);
    bind_name(link->b, AUTOBUS_LISTENER);
}

static void open_sender(struct link *link)
{
    link->a = open_bus(link);
}

static void device_close(struct link *link)
{
    close(link->a); // the child's file went with the child
}

static void put(int file, const void *record, size_t size)
{
    if (write(file, record, size) != (ssize_t)size) {
        die("device write");
    }
}

static void get(int file, struct named *record)
{
    if (read(file, record, sizeof(*record)) != sizeof(*record)) {
        die("device read");
    }
}

static void check(struct tally *tally, const struct named *record, uint32_t type)
{
    if (record->head.type != type) {
        tally->wrong++;
    }
    tally->told += record->head.lost;
    tally_check(tally, &record->payload);
}

static void device_ask(struct link *link, uint64_t first, uint64_t count)
{
    struct named question, answer;

    named_init(&question, AUTOBUS_REQUEST, 0);
    for (uint64_t i = first; i < first + count; i++) {
        payload_set(&question.payload, i);
        put(link->a, &question, sizeof(question));
        get(link->a, &answer);
        check(link->tally, &answer, AUTOBUS_REPLY);
    }
}

static void device_answer(struct link *link, uint64_t count)
{
    struct named question;
    struct nameless reply;

    reply_init(&reply);
    for (uint64_t i = 0; i < count; i++) {
        get(link->b, &question);
        check(link->tally, &question, AUTOBUS_REQUEST);
        reply.head.in_reply_to = question.head.serial;
        reply.payload = question.payload;
        put(link->b, &reply, sizeof(reply));
    }
}

static void call(int file, const void *in, size_t in_size, struct named *out)
{
    struct autobus_transfer transfer = {
        .size = sizeof(transfer),
        .in = (uintptr_t)in,
        .in_size = in_size,
        .out = (uintptr_t)out,
        .out_size = sizeof(*out),
        .most = 1,
    };

    if (ioctl(file, AUTOBUS_IOC_CALL, &transfer)) {
        die("AUTOBUS_IOC_CALL");
    }
    if (transfer.sent != 1 || transfer.received != 1) {
        die("AUTOBUS_IOC_CALL did less");
    }
}

static void device_ask_call(struct link *link, uint64_t first, uint64_t count)
{
    struct named question, answer;

    named_init(&question, AUTOBUS_REQUEST, 0);
    for (uint64_t i = first; i < first + count; i++) {
        payload_set(&question.payload, i);
        call(link->a, &question, sizeof(question), &answer);
        check(link->tally, &answer, AUTOBUS_REPLY);
    }
}

// Replies, and gets the next request by the same call.
static void device_answer_call(struct link *link, uint64_t count)
{
    struct named question;
    struct nameless reply;

    reply_init(&reply);
    get(link->b, &question);
    for (uint64_t i = 1;; i++) {
        check(link->tally, &question, AUTOBUS_REQUEST);
        reply.head.in_reply_to = question.head.serial;
        reply.payload = question.payload;
        if (i == count) {
            break;
        }
        call(link->b, &reply, sizeof(reply), &question);
    }
    put(link->b, &reply, sizeof(reply));
}

static void send_records(struct link *link, uint64_t first, uint64_t count, uint32_t flags)
{
    static struct named records[BENCH_BATCH_MOST];
    uint64_t end = first + count;

    for (unsigned int i = 0; i < link->batch; i++) {
        named_init(&records[i], AUTOBUS_ANNOUNCEMENT, flags);
    }
    while (first < end) {
        uint64_t n = end - first < link->batch ? end - first : link->batch;

        for (uint64_t i = 0; i < n; i++) {
            payload_set(&records[i].payload, first + i);
        }
        put(link->a, records, n * sizeof(records[0]));
        first += n;
    }
}

static void device_send(struct link *link, uint64_t first, uint64_t count)
{
    send_records(link, first, count, AUTOBUS_WAIT);
}

// What finds the queue full is missed; but for the last, for which the receiver waits.
static void device_send_losing(struct link *link, uint64_t first, uint64_t count)
{
    send_records(link, first, count - 1, 0);
    send_records(link, first + count - 1, 1, AUTOBUS_WAIT);
}

// A record that was read: an announcement, or the mark that tells of lost ones.
static void take(struct tally *tally, const struct named *record)
{
    if (record->head.type == AUTOBUS_MARK) {
        tally->told += record->head.lost;
    } else {
        check(tally, record, AUTOBUS_ANNOUNCEMENT);
    }
}

static void device_receive(struct link *link, uint64_t end)
{
    static struct named room[BENCH_BATCH_MOST];
    const char *at = (const char *)room;

    while (link->tally->next < end) {
        ssize_t got = read(link->b, room, link->batch * sizeof(room[0]));

        if (got <= 0) {
            die("device read");
        }
        for (ssize_t done = 0; done < got;) {
            const struct named *record = (const void *)(at + done);

            take(link->tally, record);
            done += record->head.size;
        }
    }
}

const struct peer device_rw_peer = {
    .name = "device, write and read",
    .batch = 1,
    .open_child = open_replier,
    .open_parent = open_sender,
    .close = device_close,
    .ask = device_ask,
    .answer = device_answer,
};

const struct peer device_call_peer = {
    .name = "device, CALL",
    .batch = 1,
    .open_child = open_replier,
    .open_parent = open_sender,
    .close = device_close,
    .ask = device_ask_call,
    .answer = device_answer_call,
};

const struct peer device_flow_peer = {
    .name = "device, write and read",
    .batch = 1,
    .open_child = open_listener,
    .open_parent = open_sender,
    .close = device_close,
    .send = device_send,
    .receive = device_receive,
};

const struct peer device_batch_peer = {
    .name = "device, 32 records a call",
    .batch = 32,
    .open_child = open_listener,
    .open_parent = open_sender,
    .close = device_close,
    .send = device_send,
    .receive = device_receive,
};

const struct peer device_losing_peer = {
    .name = "device, without WAIT",
    .batch = 1,
    .open_child = open_listener,
    .open_parent = open_sender,
    .close = device_close,
    .send = device_send_losing,
    .receive = device_receive,
};
