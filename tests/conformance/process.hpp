// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// Other processes, for tests of what a thread can't show.

#include "tests/conformance/support.hpp"

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace conformance {

// A pipe: tell() in one process ends wait() in another, once each. The end of every process that
// could tell ends it too: wait() is then false.
class bell {
public:
    bell()
    {
        BOOST_REQUIRE_EQUAL(::pipe2(ends_, O_CLOEXEC), 0);
    }
    bell(const bell&) = delete;
    bell& operator=(const bell&) = delete;
    ~bell()
    {
        ::close(ends_[0]);
        if (ends_[1] >= 0) {
            ::close(ends_[1]);
        }
    }

    void tell(int what = 0) const
    {
        if (::write(ends_[1], &what, sizeof(what)) != sizeof(what)) {
            ::_exit(98);
        }
    }

    // What was told, or -1.
    int wait() const
    {
        int what = -1;
        ssize_t size;
        do {
            size = ::read(ends_[0], &what, sizeof(what));
        } while (size < 0 && errno == EINTR);
        return size == sizeof(what) ? what : -1;
    }

    // This process won't tell anything.
    void be_silent()
    {
        ::close(ends_[1]);
        ends_[1] = -1;
    }

private:
    int ends_[2];
};

// Another process, killed at the end of its test if it still runs.
class process {
public:
    // Runs the function, whose result is the exit status. No check of Boost.Test in there.
    explicit process(const std::function<int()>& run) : pid_(::fork())
    {
        if (!pid_) {
            ::alarm(300);
            ::_exit(run());
        }
        BOOST_REQUIRE_GT(pid_, 0);
    }
    process(const process&) = delete;
    process& operator=(const process&) = delete;
    ~process()
    {
        if (pid_) {
            kill();
        }
    }

    [[nodiscard]] pid_t pid() const { return pid_; }

    void kill(int signal = SIGKILL)
    {
        ::kill(pid_, signal);
        wait();
    }

    // The exit status, or 256 and the signal.
    int wait()
    {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
    }

private:
    pid_t pid_;
};

// The bus as file descriptors, for processes. -errno if a call fails.
namespace raw {

int open(int flags = O_RDWR, unsigned bus = 0);
int bind(int fd, u32 role, std::string_view pattern, u32 flags = 0);
int claim(int fd, u32 flags);
autobus_info info(int fd);
ssize_t send(int fd, const outgoing& record);
// The next record, waited for; without one its head.type is 0.
incoming receive(int fd);

} // namespace raw

} // namespace conformance
