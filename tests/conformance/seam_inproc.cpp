// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "tests/conformance/seam.hpp"

#ifdef CONFORMANCE_WITHOUT_INPROC

#include <cstdio>
#include <cstdlib>

namespace conformance {

std::unique_ptr<bus_host> make_inproc_host()
{
    std::fprintf(stderr, "This program has no bus of its own. Set AUTOBUS_HOST=/dev/autobus0.\n");
    std::exit(2);
}

} // namespace conformance

#else

#include "userspace/host/inproc.h"

#include <array>
#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace conformance {

namespace {

class inproc_file : public raw_file {
public:
    explicit inproc_file(ab_inproc_file* file) : file_(file) {}
    ~inproc_file() override { ab_inproc_close(file_); }

    ssize_t read(void* to, std::size_t size) override { return ab_inproc_read(file_, to, size); }

    ssize_t write(const void* from, std::size_t size) override
    {
        return ab_inproc_write(file_, from, size);
    }

    int ioctl(unsigned long command, void* argument) override
    {
        return ab_inproc_ioctl(file_, command, argument);
    }

    int poll() override { return ab_inproc_poll(file_); }

    bool wait_readable(int milliseconds) override
    {
        pollfd entry{ab_inproc_fd(file_), POLLIN, 0};
        return ::poll(&entry, 1, milliseconds) == 1;
    }

    void set_nonblock(bool on) override { ab_inproc_set_nonblock(file_, on); }
    void interrupt(pthread_t) override { ab_inproc_interrupt(file_); }

private:
    ab_inproc_file* file_;
};

class inproc_host : public bus_host {
public:
    inproc_host() : buses_{ab_inproc_bus_new(), ab_inproc_bus_new()} {}

    ~inproc_host() override
    {
        for (ab_inproc_bus* bus : buses_) {
            ab_inproc_bus_free(bus);
        }
    }

    opened open(unsigned bus, int flags, const opener* who) override
    {
        ab_inproc_opener as{static_cast<std::uint32_t>(::getpid()), ::geteuid(), ::getegid(), 1};
        if (who) {
            as.uid = who->uid;
            as.gid = who->gid;
            as.privileged = who->privileged;
        }
        ab_inproc_file* file = nullptr;
        const int error = ab_inproc_open(buses_.at(bus), flags, &as, &file);
        if (error) {
            return {nullptr, error};
        }
        return {std::make_unique<inproc_file>(file), 0};
    }

private:
    std::array<ab_inproc_bus*, 2> buses_;
};

} // namespace

std::unique_ptr<bus_host> make_inproc_host()
{
    return std::make_unique<inproc_host>();
}

} // namespace conformance

#endif
