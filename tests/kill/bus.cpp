// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "bus.hpp"

#include "shared.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace kill_test {

namespace {

constexpr size_t read_room = 64 * 1024;

size_t padded(size_t size) {
    return (size + 7) & ~size_t{7};
}

uint64_t pointer(const void* at) {
    return reinterpret_cast<uintptr_t>(at);
}

// A system call, made again as long as there is no memory for it: what fails has no effect, so it
// can always be repeated. Where allocations are made to fail, this is a test by itself.
template <typename Call>
long repeated(Call call) {
    for (;;) {
        long r = call();
        if (r >= 0 || errno != ENOMEM) {
            return r < 0 ? -errno : r;
        }
        shared->no_memory++;
    }
}

template <typename Argument>
int control(int fd, unsigned long command, Argument& argument) {
    argument.size = sizeof(argument);
    return static_cast<int>(repeated([&] { return ioctl(fd, command, &argument); }));
}

} // namespace

bus::bus(const char* path)
    : fd_(static_cast<int>(repeated([&] { return open(path, O_RDWR | O_CLOEXEC); }))) {
    if (fd_ < 0) {
        fail("cannot open %s: %s", path, strerror(-fd_));
    }
}

bus::~bus() {
    close(fd_);
}

autobus_info bus::info() {
    autobus_info info = {};
    int r = control(fd_, AUTOBUS_IOC_INFO, info);
    if (r < 0) {
        fail("INFO: %s", strerror(-r));
    }
    return info;
}

int bus::bind(std::string_view pattern, uint32_t role, uint32_t flags) {
    autobus_bind argument = {};
    argument.pattern = pointer(pattern.data());
    argument.pattern_size = pattern.size();
    argument.role = role;
    argument.flags = flags;
    return control(fd_, AUTOBUS_IOC_BIND, argument);
}

int bus::unbind(std::string_view pattern, uint32_t role, uint32_t flags) {
    autobus_unbind argument = {};
    argument.pattern = pointer(pattern.data());
    argument.pattern_size = pattern.size();
    argument.role = role;
    argument.flags = flags;
    return control(fd_, AUTOBUS_IOC_UNBIND, argument);
}

int bus::claim(uint32_t flags) {
    autobus_claim argument = {};
    argument.flags = flags;
    return control(fd_, AUTOBUS_IOC_CLAIM, argument);
}

int bus::watch(uint64_t endpoint) {
    autobus_watch argument = {};
    argument.endpoint.endpoint = endpoint;
    return control(fd_, AUTOBUS_IOC_WATCH, argument);
}

int bus::limit_records(uint64_t records) {
    autobus_limits argument = {};
    argument.records = records;
    return control(fd_, AUTOBUS_IOC_LIMITS, argument);
}

int bus::send(const std::string& records, std::vector<uint64_t>& serials) {
    uint64_t room[64];
    autobus_transfer transfer = {};
    transfer.in = pointer(records.data());
    transfer.in_size = records.size();
    transfer.out = pointer(room);
    transfer.out_size = sizeof(room);
    int r = control(fd_, AUTOBUS_IOC_SEND, transfer);
    if (r < 0) {
        return r;
    }
    serials.insert(serials.end(), room, room + transfer.sent);
    return static_cast<int>(transfer.sent);
}

int bus::call(const std::string& record, uint64_t& serial, std::string& received) {
    received.resize(read_room);
    autobus_transfer transfer = {};
    transfer.in = pointer(record.data());
    transfer.in_size = record.size();
    transfer.out = pointer(received.data());
    transfer.out_size = received.size();
    int r = control(fd_, AUTOBUS_IOC_CALL, transfer);
    received.resize(transfer.out_done);
    serial = transfer.serial;
    return r < 0 ? r : static_cast<int>(transfer.sent);
}

int bus::write(const std::string& records) {
    return static_cast<int>(repeated([&] { return ::write(fd_, records.data(), records.size()); }));
}

int bus::read(std::string& received, uint32_t most, bool wait) {
    received.resize(read_room);
    autobus_transfer transfer = {};
    transfer.out = pointer(received.data());
    transfer.out_size = received.size();
    transfer.most = most;
    transfer.flags = wait ? 0 : AUTOBUS_TRANSFER_DONTWAIT;
    int r = 0;
    if (wait && most == 0) {
        long n = repeated([&] { return ::read(fd_, received.data(), received.size()); });
        r = n < 0 ? static_cast<int>(n) : 0;
        transfer.out_done = n < 0 ? 0 : n;
    } else {
        r = control(fd_, AUTOBUS_IOC_RECEIVE, transfer);
    }
    received.resize(r < 0 ? 0 : transfer.out_done);
    return r;
}

void append(std::string& records, const outgoing& record) {
    autobus_record head = {};
    head.header_size = sizeof(head);
    head.type = record.type;
    head.flags = record.flags;
    head.to.endpoint = record.to;
    head.in_reply_to = record.in_reply_to;
    head.name_size = record.name.size();
    head.data_size = record.data.size();
    head.size = sizeof(head) + padded(head.name_size) + padded(head.data_size);
    size_t start = records.size();
    records.resize(start + head.size);
    char* at = records.data() + start;
    memcpy(at, &head, sizeof(head));
    memcpy(at + sizeof(head), record.name.data(), record.name.size());
    memcpy(at + sizeof(head) + padded(head.name_size), record.data.data(), record.data.size());
}

std::vector<incoming> parse(const std::string& records) {
    std::vector<incoming> found;
    std::string_view rest = records;
    while (!rest.empty()) {
        incoming one;
        if (rest.size() < sizeof(one.head)) {
            fail("%zu bytes are left behind the last record", rest.size());
        }
        memcpy(&one.head, rest.data(), sizeof(one.head));
        if (one.head.size > rest.size() || one.head.header_size < sizeof(one.head) ||
            one.head.header_size + padded(one.head.name_size) + padded(one.head.data_size) !=
                one.head.size) {
            fail("a record whose sizes make no sense: %u of %zu", one.head.size, rest.size());
        }
        one.name = rest.substr(one.head.header_size, one.head.name_size);
        one.data =
            rest.substr(one.head.header_size + padded(one.head.name_size), one.head.data_size);
        found.push_back(one);
        rest.remove_prefix(one.head.size);
    }
    return found;
}

} // namespace kill_test
