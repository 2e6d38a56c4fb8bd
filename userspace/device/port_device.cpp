// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/device/port.hpp"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace autobus {
namespace {

class device_port final : public port {
public:
    explicit device_port(int fd) : fd_(fd) {}
    device_port(const device_port&) = delete;
    device_port& operator=(const device_port&) = delete;
    ~device_port() override { ::close(fd_); }

    ssize_t read(void* bytes, std::size_t size) override {
        const ssize_t done = ::read(fd_, bytes, size);
        return done < 0 ? -errno : done;
    }

    ssize_t write(const void* bytes, std::size_t size) override {
        const ssize_t done = ::write(fd_, bytes, size);
        return done < 0 ? -errno : done;
    }

    int ioctl(unsigned long command, void* argument) override {
        return ::ioctl(fd_, command, argument) < 0 ? -errno : 0;
    }

    int poll() override {
        pollfd wanted{fd_, POLLIN | POLLOUT, 0};
        return ::poll(&wanted, 1, 0) < 0 ? -errno : wanted.revents;
    }

    int fd() const override { return fd_; }

private:
    int fd_;
};

} // namespace

int open_device_port(const std::string& path, int flags, std::unique_ptr<port>& opened) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return -errno;
    }
    opened = std::make_unique<device_port>(fd);
    return 0;
}

} // namespace autobus
