// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "tests/conformance/support.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace conformance {

namespace {

constexpr std::size_t pad(std::size_t size)
{
    return (size + 7) / 8 * 8;
}

outgoing make(u32 type, std::string name, std::string data, u32 flags)
{
    outgoing record{{}, std::move(name), std::move(data)};
    record.head.type = type;
    record.head.flags = flags;
    return record;
}

bool all_zero(const char* at, std::size_t size)
{
    return std::all_of(at, at + size, [](char c) { return c == 0; });
}

incoming parse_record(const char* at, std::size_t left)
{
    incoming record;
    BOOST_REQUIRE(left >= sizeof(record.head));
    std::memcpy(&record.head, at, sizeof(record.head));
    const autobus_record& head = record.head;
    BOOST_REQUIRE(head.header_size == sizeof(head));
    const std::size_t data_at = head.header_size + pad(head.name_size);
    BOOST_REQUIRE(head.size == data_at + pad(head.data_size));
    BOOST_REQUIRE(head.size <= left);
    record.name.assign(at + head.header_size, head.name_size);
    record.data.assign(at + data_at, head.data_size);
    BOOST_TEST(all_zero(at + head.header_size + head.name_size,
                        pad(head.name_size) - head.name_size));
    BOOST_TEST(all_zero(at + data_at + head.data_size, pad(head.data_size) - head.data_size));
    BOOST_TEST(head.reserved == 0u);
    return record;
}

} // namespace

outgoing announcement(std::string name, std::string data, u32 flags)
{
    return make(AUTOBUS_ANNOUNCEMENT, std::move(name), std::move(data), flags);
}

outgoing request(std::string name, std::string data, u32 flags)
{
    return make(AUTOBUS_REQUEST, std::move(name), std::move(data), flags);
}

outgoing reply(u64 in_reply_to, std::string data, std::string name)
{
    outgoing record = make(AUTOBUS_REPLY, std::move(name), std::move(data), 0);
    record.head.in_reply_to = in_reply_to;
    return record;
}

outgoing direct(u64 endpoint, std::string name, std::string data, u32 flags)
{
    outgoing record = make(AUTOBUS_DIRECT, std::move(name), std::move(data), flags);
    record.head.to.endpoint = endpoint;
    return record;
}

outgoing from_afar(outgoing record, u64 serial)
{
    record.head.flags |= AUTOBUS_REMOTE;
    record.head.origin = {far_bus, far_endpoint, serial};
    return record;
}

bytes to_bytes(const outgoing& record)
{
    autobus_record head = record.head;
    head.header_size = sizeof(head);
    head.name_size = record.name.size();
    head.data_size = record.data.size();
    head.size = sizeof(head) + pad(head.name_size) + pad(head.data_size);
    bytes result(head.size);
    std::memcpy(result.data(), &head, sizeof(head));
    std::copy(record.name.begin(), record.name.end(), result.begin() + sizeof(head));
    std::copy(record.data.begin(), record.data.end(),
              result.begin() + sizeof(head) + pad(head.name_size));
    return result;
}

bytes to_bytes(const std::vector<outgoing>& records)
{
    bytes result;
    for (const outgoing& record : records) {
        const bytes one = to_bytes(record);
        result.insert(result.end(), one.begin(), one.end());
    }
    return result;
}

std::vector<incoming> parse_records(const char* at, std::size_t size)
{
    std::vector<incoming> records;
    while (size) {
        records.push_back(parse_record(at, size));
        at += records.back().head.size;
        size -= records.back().head.size;
    }
    return records;
}

std::string name_of(const std::optional<incoming>& record)
{
    return record ? record->name : "(nothing)";
}

endpoint::endpoint(std::unique_ptr<raw_file> file) : file_(std::move(file))
{
    const autobus_info about = info();
    number_ = about.endpoint;
    bus_ = about.bus;
}

autobus_info endpoint::info()
{
    autobus_info argument = {};
    argument.size = sizeof(argument);
    BOOST_REQUIRE_EQUAL(file_->ioctl(AUTOBUS_IOC_INFO, &argument), 0);
    return argument;
}

autobus_limits endpoint::limits()
{
    autobus_limits argument = {};
    argument.size = sizeof(argument);
    BOOST_REQUIRE_EQUAL(file_->ioctl(AUTOBUS_IOC_LIMITS, &argument), 0);
    return argument;
}

int endpoint::set_limits(u64 records, u64 bytes, u64 bindings)
{
    autobus_limits argument = {};
    argument.size = sizeof(argument);
    argument.records = records;
    argument.bytes = bytes;
    argument.bindings = bindings;
    return file_->ioctl(AUTOBUS_IOC_LIMITS, &argument);
}

void endpoint::make_queue(u64 records)
{
    BOOST_REQUIRE_EQUAL(set_limits(records, 0, 0), 0);
}

int endpoint::bind(u32 role, std::string_view pattern, u32 flags, u64 cookie)
{
    autobus_bind argument = {};
    argument.size = sizeof(argument);
    argument.flags = flags;
    argument.pattern = reinterpret_cast<std::uintptr_t>(pattern.data());
    argument.pattern_size = pattern.size();
    argument.role = role;
    argument.cookie = cookie;
    const int result = file_->ioctl(AUTOBUS_IOC_BIND, &argument);
    last_binding_ = argument.binding;
    return result;
}

int endpoint::unbind(u32 role, std::string_view pattern, u32 flags)
{
    autobus_unbind argument = {};
    argument.size = sizeof(argument);
    argument.flags = flags;
    argument.pattern = reinterpret_cast<std::uintptr_t>(pattern.data());
    argument.pattern_size = pattern.size();
    argument.role = role;
    return file_->ioctl(AUTOBUS_IOC_UNBIND, &argument);
}

void endpoint::listen(std::string_view pattern, u32 flags, u64 cookie)
{
    BOOST_REQUIRE_EQUAL(bind(AUTOBUS_LISTENER, pattern, flags, cookie), 0);
}

void endpoint::serve(std::string_view pattern, u32 flags, u64 cookie)
{
    BOOST_REQUIRE_EQUAL(bind(AUTOBUS_REPLIER, pattern, flags, cookie), 0);
}

int endpoint::watch(u64 endpoint, u64 cookie, u64 bus)
{
    autobus_watch argument = {};
    argument.size = sizeof(argument);
    argument.endpoint = {bus, endpoint};
    argument.cookie = cookie;
    return file_->ioctl(AUTOBUS_IOC_WATCH, &argument);
}

int endpoint::unwatch(u64 endpoint, u64 bus)
{
    autobus_watch argument = {};
    argument.size = sizeof(argument);
    argument.flags = AUTOBUS_WATCH_REMOVE;
    argument.endpoint = {bus, endpoint};
    return file_->ioctl(AUTOBUS_IOC_WATCH, &argument);
}

int endpoint::claim(u32 flags)
{
    autobus_claim argument = {};
    argument.size = sizeof(argument);
    argument.flags = flags;
    return file_->ioctl(AUTOBUS_IOC_CLAIM, &argument);
}

namespace {

s64 send_one(raw_file& file, const outgoing& record, u64 timeout, u32 flags)
{
    bytes image = to_bytes(record);
    autobus_transfer transfer = {};
    transfer.size = sizeof(transfer);
    transfer.flags = flags;
    transfer.in = reinterpret_cast<std::uintptr_t>(image.data());
    transfer.in_size = image.size();
    transfer.timeout = timeout;
    const int error = file.ioctl(AUTOBUS_IOC_SEND, &transfer);
    return error ? error : static_cast<s64>(transfer.serial);
}

} // namespace

s64 endpoint::send(const outgoing& record, u64 timeout)
{
    return send_one(*file_, record, timeout, 0);
}

s64 endpoint::try_send(const outgoing& record)
{
    return send_one(*file_, record, 0, AUTOBUS_TRANSFER_DONTWAIT);
}

u64 endpoint::must_send(const outgoing& record)
{
    const s64 serial = send(record);
    BOOST_REQUIRE_GE(serial, 0);
    return serial;
}

int endpoint::send_all(const std::vector<outgoing>& records, autobus_transfer& transfer)
{
    bytes image = to_bytes(records);
    transfer.size = sizeof(transfer);
    transfer.in = reinterpret_cast<std::uintptr_t>(image.data());
    transfer.in_size = image.size();
    return file_->ioctl(AUTOBUS_IOC_SEND, &transfer);
}

int endpoint::receive_into(bytes& room, autobus_transfer& transfer)
{
    transfer.size = sizeof(transfer);
    transfer.out = reinterpret_cast<std::uintptr_t>(room.data());
    transfer.out_size = room.size();
    return file_->ioctl(AUTOBUS_IOC_RECEIVE, &transfer);
}

std::optional<incoming> endpoint::receive()
{
    const int size = next_size();
    BOOST_REQUIRE_GE(size, 0);
    if (room_.size() < static_cast<std::size_t>(size)) {
        room_.resize(size);
    }
    autobus_transfer transfer = {};
    transfer.flags = AUTOBUS_TRANSFER_DONTWAIT;
    transfer.most = 1;
    const int error = receive_into(room_, transfer);
    if (error == -EAGAIN) {
        return std::nullopt;
    }
    BOOST_REQUIRE_EQUAL(error, 0);
    BOOST_REQUIRE_EQUAL(transfer.received, 1u);
    BOOST_TEST(transfer.out_done == static_cast<u64>(size));
    return parse_records(room_.data(), transfer.out_done).front();
}

incoming endpoint::must_receive()
{
    std::optional<incoming> record = receive();
    BOOST_REQUIRE_MESSAGE(record, "there is nothing to read");
    return *record;
}

std::vector<incoming> endpoint::receive_all()
{
    std::vector<incoming> records;
    while (std::optional<incoming> record = receive()) {
        records.push_back(*record);
    }
    return records;
}

namespace {

// One LIST call; false after the last one.
bool list_more(endpoint& asker, autobus_list& argument, bytes& room, std::vector<listed>& items)
{
    argument.size = sizeof(argument);
    argument.out = reinterpret_cast<std::uintptr_t>(room.data());
    argument.out_size = room.size();
    argument.out_done = argument.count = argument.serial_first = argument.serial_last = 0;
    BOOST_REQUIRE_EQUAL(asker.ioctl(AUTOBUS_IOC_LIST, &argument), 0);
    const std::size_t before = items.size();
    for (u64 at = 0; at < argument.out_done;) {
        listed item;
        std::memcpy(&item.head, room.data() + at, sizeof(item.head));
        BOOST_REQUIRE_EQUAL(item.head.header_size, sizeof(item.head));
        BOOST_REQUIRE_EQUAL(item.head.size, sizeof(item.head) + pad(item.head.name_size));
        item.name.assign(room.data() + at + sizeof(item.head), item.head.name_size);
        at += item.head.size;
        items.push_back(item);
    }
    BOOST_TEST(items.size() - before == argument.count);
    return argument.next_endpoint || argument.next_id;
}

} // namespace

std::vector<listed> endpoint::list(u32 what)
{
    std::vector<listed> items;
    bytes room(4096);
    autobus_list argument = {};
    argument.what = what;
    while (list_more(*this, argument, room, items)) {
    }
    return items;
}

s64 endpoint::who(std::string_view name)
{
    bytes room(4096);
    autobus_list argument = {};
    argument.size = sizeof(argument);
    argument.what = AUTOBUS_LIST_REPLIER;
    argument.name = reinterpret_cast<std::uintptr_t>(name.data());
    argument.name_size = name.size();
    argument.out = reinterpret_cast<std::uintptr_t>(room.data());
    argument.out_size = room.size();
    const int error = file_->ioctl(AUTOBUS_IOC_LIST, &argument);
    if (error) {
        return error;
    }
    autobus_item item;
    std::memcpy(&item, room.data(), sizeof(item));
    return item.endpoint;
}

int endpoint::next_size()
{
    int size = -1;
    const int error = file_->ioctl(FIONREAD, &size);
    return error ? error : size;
}

endpoint bus_fixture::open(int flags, unsigned bus)
{
    opened result = host->open(bus, flags, nullptr);
    BOOST_REQUIRE_MESSAGE(result.file, "open: " << std::strerror(-result.error));
    return endpoint(std::move(result.file));
}

endpoint bus_fixture::open_unprivileged(int flags)
{
    const opener who{false, 1000, 1001};
    opened result = host->open(0, flags, &who);
    BOOST_REQUIRE_MESSAGE(result.file, "open: " << std::strerror(-result.error));
    return endpoint(std::move(result.file));
}

endpoint bus_fixture::open_router()
{
    endpoint router = open();
    BOOST_REQUIRE_EQUAL(router.claim(AUTOBUS_CLAIM_ROUTER), 0);
    return router;
}

void give_up(const char* why)
{
    std::fprintf(stderr, "conformance: %s; giving up\n", why);
    std::_Exit(99);
}

int thread_id()
{
    return static_cast<int>(::syscall(SYS_gettid));
}

namespace {

// 'S' asleep, 'R' running, ...; 0 when it's gone.
char thread_state(int tid)
{
    std::ifstream stat("/proc/self/task/" + std::to_string(tid) + "/stat");
    std::string text;
    std::getline(stat, text);
    const auto end = text.rfind(')');
    return end == std::string::npos || end + 2 >= text.size() ? '\0' : text[end + 2];
}

} // namespace

void wait_until_asleep(int tid)
{
    // Twice in a row: a lock that is held for a moment looks the same.
    for (int asleep = 0; asleep < 3;) {
        const char state = thread_state(tid);
        if (!state || state == 'Z' || state == 'X') {
            return;
        }
        asleep = state == 'S' ? asleep + 1 : 0;
        ::usleep(1000);
    }
}

void fill(endpoint& listener, endpoint& sender, u64 records)
{
    listener.listen("$.Fill");
    for (u64 i = 0; i < records; i++) {
        sender.must_send(announcement("$.Fill", std::to_string(i), AUTOBUS_FAIL));
    }
}

std::string state_of(endpoint& eye)
{
    const autobus_info info = eye.info();
    std::ostringstream text;
    text << "serial " << info.serial << " endpoints " << info.endpoints << " bindings "
         << info.bindings << " requests " << info.requests << " lost " << info.lost << " router "
         << info.router << "\n";
    for (const u32 what : {AUTOBUS_LIST_ENDPOINTS, AUTOBUS_LIST_BINDINGS, AUTOBUS_LIST_REQUESTS}) {
        for (const auto& [head, name] : eye.list(what)) {
            text << what << ": endpoint " << head.endpoint << " id " << head.id << " flags "
                 << head.flags << " requester " << head.requester << " bytes " << head.bytes << "/"
                 << head.bytes_limit << " lost " << head.lost << " records " << head.records << "+"
                 << head.reserved_records << "/" << head.records_limit << " bindings "
                 << head.bindings << " asked " << head.asked << " owed " << head.owed << " role "
                 << head.role << " " << name << "\n";
        }
    }
    return text.str();
}

bound_news bound_of(const incoming& notice)
{
    bound_news news;
    BOOST_REQUIRE_GE(notice.data.size(), sizeof(news.head));
    std::memcpy(&news.head, notice.data.data(), sizeof(news.head));
    news.pattern = notice.data.substr(sizeof(news.head));
    BOOST_TEST(news.head.pattern_size == news.pattern.size());
    BOOST_TEST(news.head.reserved == 0u);
    return news;
}

} // namespace conformance
