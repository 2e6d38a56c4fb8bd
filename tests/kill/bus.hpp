// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// The raw device, as any program sees it: system calls and <linux/autobus.h>, no library, so that
// nothing of ours stands between the test and the kernel. Functions return 0 or more if it worked,
// otherwise a negative errno.

#include <linux/autobus.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kill_test {

struct outgoing {
    uint32_t type = AUTOBUS_REQUEST;
    uint32_t flags = 0;
    std::string_view name = {};
    std::string_view data = {};
    uint64_t to = 0;          // request: the endpoint, 0 for whoever is the replier
    uint64_t in_reply_to = 0; // reply: the request's serial
};

class bus {
public:
    explicit bus(const char* path);
    ~bus();
    bus(const bus&) = delete;
    bus& operator=(const bus&) = delete;

    int fd() const { return fd_; }
    autobus_info info();
    int bind(std::string_view pattern, uint32_t role, uint32_t flags = 0);
    int unbind(std::string_view pattern, uint32_t role, uint32_t flags = 0);
    int claim(uint32_t flags);
    int watch(uint64_t endpoint);
    int limit_records(uint64_t records);
    // How many were accepted; their serials are appended.
    int send(const std::string& records, std::vector<uint64_t>& serials);
    // Sends one record, then receives. 1 if it was accepted; its serial, and what came.
    int call(const std::string& record, uint64_t& serial, std::string& received);
    int write(const std::string& records);
    int read(std::string& received, uint32_t most, bool wait);

private:
    int fd_;
};

// Appends a record to a buffer of records.
void append(std::string& records, const outgoing& record);

// A record in a buffer.
struct incoming {
    autobus_record head;
    std::string_view name;
    std::string_view data;
};

std::vector<incoming> parse(const std::string& records);

} // namespace kill_test
