// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// The raw system calls on a bus, over a device or over the bus inside this process. Nothing
// here knows what a record is: the suite speaks the ABI by itself.

#include <linux/autobus.h>

#include <cstdint>
#include <memory>
#include <pthread.h>
#include <string>
#include <sys/types.h>

namespace conformance {

// Each call returns what the system call does, or a negative errno. Any thread may call
// anything, but nothing while or after the file is destroyed (which closes it).
class raw_file {
public:
    virtual ~raw_file() = default;
    virtual ssize_t read(void* to, std::size_t size) = 0;
    virtual ssize_t write(const void* from, std::size_t size) = 0;
    virtual int ioctl(unsigned long command, void* argument) = 0;
    // POLLIN, POLLOUT, POLLHUP as they are now.
    virtual int poll() = 0;
    // Waits until there is something to read: true, or false after the milliseconds.
    virtual bool wait_readable(int milliseconds) = 0;
    virtual void set_nonblock(bool on) = 0;
    // Does to a call that `thread` waits in on this file what a signal would.
    virtual void interrupt(pthread_t thread) = 0;
};

// Who opens. Without privilege: no CAP_SYS_ADMIN.
struct opener {
    bool privileged = true;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

struct opened {
    std::unique_ptr<raw_file> file;
    int error = 0; // a negative errno; then there is no file
};

class bus_host {
public:
    virtual ~bus_host() = default;
    // flags as for open(2). bus: 0, 1, ...
    virtual opened open(unsigned bus, int flags, const opener* who) = 0;
};

// A host for one test: /dev/autobusN, or buses made for it.
std::unique_ptr<bus_host> make_host();

// What AUTOBUS_HOST says: "inproc" or "/dev/autobus0".
const std::string& host_name();
bool host_is_device();

// The two kinds.
std::unique_ptr<bus_host> make_device_host(const std::string& path);
std::unique_ptr<bus_host> make_inproc_host();

} // namespace conformance
