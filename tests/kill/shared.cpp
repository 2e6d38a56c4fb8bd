// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "shared.hpp"

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

namespace kill_test {

shared_state* shared;

void make_shared() {
    void* at = mmap(nullptr, sizeof(shared_state), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) {
        fail("mmap: %s", strerror(errno));
    }
    shared = static_cast<shared_state*>(at);
}

ledger_entry& entry(uint64_t serial) {
    if (serial == 0 || serial >= serials_most) {
        fail("serial %llu: the ledger has %llu entries; ask for fewer rounds",
             static_cast<unsigned long long>(serial),
             static_cast<unsigned long long>(serials_most));
    }
    return shared->ledger[serial];
}

void fail(const char* format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    // One write, so that lines of several processes don't mix.
    dprintf(STDOUT_FILENO, "# process %d: %s\n", getpid(), text);
    _exit(1);
}

pid_t fork_anyway() {
    for (;;) {
        pid_t pid = fork();
        if (pid >= 0) {
            return pid;
        }
        if (errno != ENOMEM) {
            fail("fork: %s", strerror(errno));
        }
    }
}

void die_if(actor& self, order where) {
    if (self.told.load() == where) {
        kill(getpid(), SIGKILL);
    }
}

uint32_t random_source::below(uint32_t n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<uint32_t>((state_ >> 32) % n);
}

void dawdle(random_source& random) {
    switch (random.below(4)) {
    case 0:
        usleep(random.below(400));
        break;
    case 1:
        sched_yield();
        break;
    default:
        break;
    }
}

} // namespace kill_test
