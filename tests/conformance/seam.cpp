// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "tests/conformance/seam.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace conformance {

namespace {

template <typename Result>
Result or_errno(Result result)
{
    return result < 0 ? -errno : result;
}

class device_file : public raw_file {
public:
    explicit device_file(int fd) : fd_(fd) {}
    ~device_file() override { ::close(fd_); }

    ssize_t read(void* to, std::size_t size) override { return or_errno(::read(fd_, to, size)); }

    ssize_t write(const void* from, std::size_t size) override
    {
        return or_errno(::write(fd_, from, size));
    }

    int ioctl(unsigned long command, void* argument) override
    {
        return or_errno(::ioctl(fd_, command, argument));
    }

    int poll() override
    {
        pollfd entry{fd_, POLLIN | POLLOUT, 0};
        ::poll(&entry, 1, 0);
        return entry.revents;
    }

    bool wait_readable(int milliseconds) override
    {
        pollfd entry{fd_, POLLIN, 0};
        return ::poll(&entry, 1, milliseconds) == 1;
    }

    void set_nonblock(bool on) override
    {
        const int flags = ::fcntl(fd_, F_GETFL);
        ::fcntl(fd_, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
    }

    void interrupt(pthread_t thread) override { ::pthread_kill(thread, SIGUSR1); }

private:
    int fd_;
};

// Opens as somebody else, for whom the node must be open.
int open_as(const char* path, int flags, const opener& who)
{
    const gid_t gid = ::getegid();
    const uid_t uid = ::geteuid();
    if (::setegid(who.gid) || ::seteuid(who.uid)) {
        return -EPERM;
    }
    const int fd = or_errno(::open(path, flags));
    if (::seteuid(uid) || ::setegid(gid)) {
        std::perror("conformance: cannot become myself again");
        std::abort();
    }
    return fd;
}

class device_host : public bus_host {
public:
    // path: that of bus 0, which ends in 0.
    explicit device_host(std::string path) : path_(std::move(path))
    {
        struct sigaction nothing = {};
        nothing.sa_handler = [](int) {};
        ::sigaction(SIGUSR1, &nothing, nullptr);
    }

    opened open(unsigned bus, int flags, const opener* who) override
    {
        std::string path = path_;
        path.back() = static_cast<char>('0' + bus);
        const bool plain = !who || who->uid == ::geteuid();
        const int fd = plain ? or_errno(::open(path.c_str(), flags | O_CLOEXEC))
                             : open_as(path.c_str(), flags | O_CLOEXEC, *who);
        if (fd < 0) {
            return {nullptr, fd};
        }
        return {std::make_unique<device_file>(fd), 0};
    }

private:
    std::string path_;
};

} // namespace

std::unique_ptr<bus_host> make_device_host(const std::string& path)
{
    return std::make_unique<device_host>(path);
}

const std::string& host_name()
{
    static const std::string name = [] {
        const char* value = std::getenv("AUTOBUS_HOST");
        return std::string(value && *value ? value : "inproc");
    }();
    return name;
}

bool host_is_device()
{
    return host_name() != "inproc";
}

std::unique_ptr<bus_host> make_host()
{
    return host_is_device() ? make_device_host(host_name()) : make_inproc_host();
}

} // namespace conformance
