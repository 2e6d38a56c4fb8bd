// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "tests/conformance/process.hpp"

#include <sys/ioctl.h>

namespace conformance::raw {

int open(int flags, unsigned bus)
{
    std::string path = host_name();
    path.back() = static_cast<char>('0' + bus);
    const int fd = ::open(path.c_str(), flags);
    return fd < 0 ? -errno : fd;
}

int bind(int fd, u32 role, std::string_view pattern, u32 flags)
{
    autobus_bind argument = {};
    argument.size = sizeof(argument);
    argument.flags = flags;
    argument.pattern = reinterpret_cast<std::uintptr_t>(pattern.data());
    argument.pattern_size = pattern.size();
    argument.role = role;
    return ::ioctl(fd, AUTOBUS_IOC_BIND, &argument) ? -errno : 0;
}

int claim(int fd, u32 flags)
{
    autobus_claim argument = {};
    argument.size = sizeof(argument);
    argument.flags = flags;
    return ::ioctl(fd, AUTOBUS_IOC_CLAIM, &argument) ? -errno : 0;
}

autobus_info info(int fd)
{
    autobus_info argument = {};
    argument.size = sizeof(argument);
    if (::ioctl(fd, AUTOBUS_IOC_INFO, &argument)) {
        argument = {};
    }
    return argument;
}

ssize_t send(int fd, const outgoing& record)
{
    const bytes image = to_bytes(record);
    const ssize_t size = ::write(fd, image.data(), image.size());
    return size < 0 ? -errno : size;
}

incoming receive(int fd)
{
    bytes room(8192);
    autobus_transfer transfer = {};
    transfer.size = sizeof(transfer);
    transfer.out = reinterpret_cast<std::uintptr_t>(room.data());
    transfer.out_size = room.size();
    transfer.most = 1;
    incoming record;
    if (::ioctl(fd, AUTOBUS_IOC_RECEIVE, &transfer)) {
        return record;
    }
    std::memcpy(&record.head, room.data(), sizeof(record.head));
    const char* name = room.data() + sizeof(record.head);
    record.name.assign(name, record.head.name_size);
    record.data.assign(name + (record.head.name_size + 7) / 8 * 8, record.head.data_size);
    return record;
}

} // namespace conformance::raw
