// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// The one seam between userspace and a bus
// ========================================
//
// A port is an open file of a bus, with the system calls that a bus understands. Each call returns
// what the system call of that name returns, but a negative errno where that sets errno.
//
// Thread-safe like a file descriptor: any thread may call anything; nothing may run while or after
// it is destroyed, which closes the file.

#include "autobus/device.hpp"
#include "autobus/in_process.hpp"
#include "autobus/result.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <sys/types.h>

struct ab_inproc_bus;
struct ab_inproc_opener;

namespace autobus {

class port {
public:
    virtual ~port() = default;

    virtual ssize_t read(void* bytes, std::size_t size) = 0;
    virtual ssize_t write(const void* bytes, std::size_t size) = 0;
    virtual int ioctl(unsigned long command, void* argument) = 0;

    // POLLIN, POLLOUT, POLLHUP as they are now.
    virtual int poll() = 0;

    // For poll(): POLLIN and POLLHUP; a device's own also has POLLOUT. Owned by the port.
    virtual int fd() const = 0;
};

// Opens /dev/autobusN. flags: O_RDONLY, O_WRONLY or O_RDWR, O_NONBLOCK; O_CLOEXEC is added. Gives 0
// and the port, or a negative errno.
int open_device_port(const std::string& path, int flags, std::unique_ptr<port>& opened);

// Opens a bus of this process. flags as above. opener may be null: this process. The bus must
// outlive the port.
int open_in_process_port(ab_inproc_bus* bus, int flags, const ab_inproc_opener* opener,
                         std::unique_ptr<port>& opened);

// O_RDONLY, ... for the options.
int open_flags(const open_options& options);

// A device on an open port: asks it whether it's a bus, and claims what the options say. where: for
// messages to people.
result<device> make_device(std::unique_ptr<port> opened, std::string where,
                           const open_options& options);

} // namespace autobus
