// SPDX-License-Identifier: MIT
// Copyright autobus contributors

/*
 * Measures how long messages take between two processes, beside other ways of the same kernel.
 * Runs where the bus is (in a guest), and prints lines of fields separated by tabs:
 *
 *     fact    NAME VALUE
 *     sample  ROUND SCENARIO PEER NS MESSAGES LOST WRONG
 *
 * A round measures all peers of a scenario, and AF_UNIX SEQPACKET first and last.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <gnu/libc-version.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define HANG_SECONDS 600 // a case that takes longer has hung

struct scenario {
    const char *name;
    bool one_way;
    uint64_t warm_up;  // messages before the clock starts
    uint64_t messages; // while it runs
    const struct peer *peers[8]; // the first is the one that the others are compared with
};

static struct scenario scenarios[] = {
    {
        .name = "round trip",
        .warm_up = 200,
        .messages = 2000,
        .peers = {&unix_peer, &device_rw_peer, &device_call_peer, &mqueue_peer},
    },
    {
        .name = "one way",
        .one_way = true,
        .warm_up = 1000,
        .messages = 5000,
        .peers = {&unix_peer, &unix_batch_peer, &device_flow_peer, &device_batch_peer,
                  &mqueue_peer},
    },
};

#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

struct options {
    const char *device;
    const char *only; // a peer's name, beside the first; NULL: all
    int rounds;
    int scale; // messages, in hundredths
    size_t policy; // of policies
};

static const struct {
    const char *name;
    int policy;
} policies[] = {{"batch", SCHED_BATCH}, {"other", SCHED_OTHER}, {"fifo", SCHED_FIFO}};

noreturn void die(const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", what, errno ? strerror(errno) : "short");
    exit(1);
}

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/*
 * All runs on the last CPU: the first has the machine's interrupts. Under SCHED_BATCH nobody is
 * preempted by the one whom it wakes. Under SCHED_OTHER that depends on how long each of them has
 * run before, and with it whether a message needs one more wake-up: a tenth of a round trip.
 */
static void pin(int policy)
{
    struct sched_param parameter = {.sched_priority = policy == SCHED_FIFO};
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)sysconf(_SC_NPROCESSORS_ONLN) - 1, &set);
    if (sched_setaffinity(0, sizeof(set), &set)) {
        die("sched_setaffinity");
    }
    if (sched_setscheduler(0, policy, &parameter)) {
        die("sched_setscheduler");
    }
    if (mlockall(MCL_CURRENT | MCL_FUTURE)) {
        die("mlockall");
    }
}

static void tell(int control, const struct tally *tally)
{
    if (write(control, tally, sizeof(*tally)) != sizeof(*tally)) {
        die("control");
    }
}

static void hear(int control, struct tally *tally)
{
    if (read(control, tally, sizeof(*tally)) != sizeof(*tally)) {
        errno = 0;
        die("the other process ended");
    }
}

// The child: tells when it's ready, and after each part what it received.
noreturn static void serve(const struct scenario *scenario, const struct peer *peer,
                           struct link *link, int control)
{
    uint64_t all = scenario->warm_up + scenario->messages;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(HANG_SECONDS);
    if (peer->open_child) {
        peer->open_child(link);
    }
    tell(control, link->tally);
    if (!scenario->one_way) {
        peer->answer(link, all);
        tell(control, link->tally);
    } else {
        peer->receive(link, scenario->warm_up);
        tell(control, link->tally);
        peer->receive(link, all);
        tell(control, link->tally);
    }
    exit(0);
}

// Runs one part; *other: what the child received so far, if it tells it.
static void part(const struct scenario *scenario, const struct peer *peer, struct link *link,
                 int control, uint64_t first, uint64_t count, struct tally *other)
{
    if (!scenario->one_way) {
        peer->ask(link, first, count);
        return;
    }
    peer->send(link, first, count);
    hear(control, other);
}

static uint64_t measure(const struct scenario *scenario, const struct peer *peer,
                        struct link *link, int control, struct tally *other)
{
    uint64_t start, end;

    hear(control, other);
    if (peer->open_parent) {
        peer->open_parent(link);
    }
    part(scenario, peer, link, control, 0, scenario->warm_up, other);
    start = now();
    part(scenario, peer, link, control, scenario->warm_up, scenario->messages, other);
    end = now();
    if (!scenario->one_way) {
        hear(control, other);
    }
    return end - start;
}

static void run_peer(const struct options *options, const struct scenario *scenario,
                     const struct peer *peer, int round)
{
    struct tally own = {0}, other = {0};
    struct link link = {.device = options->device, .batch = peer->batch, .tally = &own};
    int control[2], status;
    uint64_t ns;
    pid_t child;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control)) {
        die("socketpair");
    }
    if (peer->open) {
        peer->open(&link);
    }
    fflush(stdout);
    child = fork();
    if (child < 0) {
        die("fork");
    }
    if (!child) {
        close(control[0]);
        serve(scenario, peer, &link, control[1]);
    }
    close(control[1]);
    alarm(HANG_SECONDS);
    ns = measure(scenario, peer, &link, control[0], &other);
    alarm(0);
    if (waitpid(child, &status, 0) != child || status) {
        errno = 0;
        die("the other process failed");
    }
    peer->close(&link);
    close(control[0]);
    // Of those that tell what was lost, it must be true.
    if (other.told && other.told != other.lost) {
        other.wrong++;
    }
    printf("sample\t%d\t%s\t%s\t%llu\t%llu\t%llu\t%llu\n", round, scenario->name, peer->name,
           (unsigned long long)ns, (unsigned long long)scenario->messages,
           (unsigned long long)(own.lost + other.lost),
           (unsigned long long)(own.wrong + other.wrong));
    fflush(stdout);
}

static void run_round(const struct options *options, const struct scenario *scenario, int round)
{
    const struct peer *const *peer = scenario->peers;

    run_peer(options, scenario, *peer, round);
    while (*++peer) {
        if (!options->only || !strcmp(options->only, (*peer)->name)) {
            run_peer(options, scenario, *peer, round);
        }
    }
    run_peer(options, scenario, scenario->peers[0], round);
}

static void print_facts(const char *policy)
{
    struct utsname name;

    uname(&name);
    printf("fact\tguest kernel\t%s %s\n", name.release, name.version);
    printf("fact\tscheduler\t%s\n", policy);
    printf("fact\tguest CPUs\t%ld\n", sysconf(_SC_NPROCESSORS_ONLN));
    printf("fact\tlibc\tglibc %s\n", gnu_get_libc_version());
    printf("fact\tmessage bytes\t%d\n", BENCH_PAYLOAD);
    printf("fact\tmqueue depth\t%d\n", BENCH_DEPTH);
}

static void add_losing_peer(void)
{
    const struct peer **peer = scenarios[1].peers;

    while (*peer) {
        peer++;
    }
    *peer = &device_losing_peer;
}

noreturn static void usage(int status)
{
    fprintf(status ? stderr : stdout,
            "Usage: bench [-d DEVICE] [-r ROUNDS] [-s PERCENT] [-o PEER] [-p POLICY] [-l]\n"
            "  -d DEVICE   the bus; default /dev/autobus0\n"
            "  -r ROUNDS   default 5\n"
            "  -s PERCENT  how many of the usual messages to send; default 100\n"
            "  -o PEER     only this one, beside AF_UNIX SEQPACKET\n"
            "  -p POLICY   the scheduler's: batch (default), other, fifo\n"
            "  -l          also a peer that loses messages, to see that it shows\n");
    exit(status);
}

static size_t policy_named(const char *name)
{
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        if (!strcmp(policies[i].name, name)) {
            return i;
        }
    }
    usage(2);
}

int main(int argc, char **argv)
{
    struct options options = {.device = "/dev/autobus0", .rounds = 5, .scale = 100};
    int option;

    while ((option = getopt(argc, argv, "d:r:s:o:p:lh")) != -1) {
        switch (option) {
        case 'd':
            options.device = optarg;
            break;
        case 'r':
            options.rounds = atoi(optarg);
            break;
        case 's':
            options.scale = atoi(optarg);
            break;
        case 'o':
            options.only = optarg;
            break;
        case 'p':
            options.policy = policy_named(optarg);
            break;
        case 'l':
            add_losing_peer();
            break;
        default:
            usage(option == 'h' ? 0 : 2);
        }
    }
    if (optind != argc || options.rounds < 1 || options.scale < 1) {
        usage(2);
    }
    pin(policies[options.policy].policy);
    print_facts(policies[options.policy].name);
    for (size_t i = 0; i < SCENARIOS; i++) {
        scenarios[i].messages = scenarios[i].messages * (uint64_t)options.scale / 100;
    }
    for (int round = 0; round < options.rounds; round++) {
        for (size_t i = 0; i < SCENARIOS; i++) {
            run_round(&options, &scenarios[i], round);
        }
    }
    return 0;
}
