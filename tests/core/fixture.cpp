// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"

namespace test {

namespace {

std::size_t padded(std::size_t size) {
    return (size + 7) / 8 * 8;
}

template <typename T> T sized() {
    T argument{};
    argument.size = sizeof(argument);
    return argument;
}

std::uint64_t address_of(const void* at) {
    return reinterpret_cast<std::uintptr_t>(at);
}

} // namespace

std::string message::encode() const {
    autobus_record full = head;
    full.header_size = sizeof(full);
    full.name_size = name.size();
    full.data_size = data.size();
    full.size = sizeof(full) + padded(name.size()) + padded(data.size());
    std::string bytes(full.size, '\0');
    std::memcpy(bytes.data(), &full, sizeof(full));
    name.copy(bytes.data() + sizeof(full), name.size());
    data.copy(bytes.data() + sizeof(full) + padded(name.size()), data.size());
    return bytes;
}

message announcement(std::string name, std::string data, std::uint32_t flags) {
    message made{{}, std::move(name), std::move(data)};
    made.head.type = AUTOBUS_ANNOUNCEMENT;
    made.head.flags = flags;
    return made;
}

message request(std::string name, std::string data, std::uint32_t flags) {
    auto made = announcement(std::move(name), std::move(data), flags);
    made.head.type = AUTOBUS_REQUEST;
    return made;
}

message direct(std::uint64_t to, std::string name, std::string data) {
    auto made = announcement(std::move(name), std::move(data));
    made.head.type = AUTOBUS_DIRECT;
    made.head.to.endpoint = to;
    return made;
}

message reply_to(const record& asked, std::string data, std::uint32_t flags) {
    auto made = announcement("", std::move(data), flags);
    made.head.type = AUTOBUS_REPLY;
    made.head.in_reply_to = asked.head.serial;
    return made;
}

bool record::is_status(std::string_view text) const {
    return head.type == AUTOBUS_STATUS && (head.flags & AUTOBUS_ANSWER) && !head.from &&
           head.sender.tgid == 0 && data.empty() && name == text;
}

bool record::is_lost_mark() const {
    return head.type == AUTOBUS_MARK && name == AUTOBUS_NAME_LOST && !head.serial;
}

autobus_bound record::bound() const {
    autobus_bound bound{};
    BOOST_REQUIRE_EQUAL(head.type, AUTOBUS_NOTICE);
    BOOST_REQUIRE_GE(data.size(), sizeof(bound));
    std::memcpy(&bound, data.data(), sizeof(bound));
    return bound;
}

std::string record::pattern() const {
    return data.substr(sizeof(autobus_bound));
}

autobus_address record::address() const {
    autobus_address address{};
    BOOST_REQUIRE_EQUAL(head.code, AUTOBUS_NOTICE_CLOSED);
    BOOST_REQUIRE_EQUAL(data.size(), sizeof(address));
    std::memcpy(&address, data.data(), sizeof(address));
    return address;
}

bus::bus() : live_(ab_alloc_live()) {
    ab_bus_init(&bus_, 0x1122334455667788);
    ab_lock_init(&bus_.lock);
}

bus::~bus() {
    ab_bus_deinit(&bus_);
    BOOST_CHECK_EQUAL(ab_alloc_live(), live_);
}

void bus::check() {
    ab_lock_take(&bus_.lock);
    const char* wrong = ab_bus_check(&bus_);
    ab_lock_release(&bus_.lock);
    BOOST_REQUIRE_MESSAGE(!wrong, "the bus is inconsistent, broken: " << wrong);
}

void bus::locked(const std::function<void(ab_effects*)>& work) {
    ab_effects fx;
    ab_effects_init(&fx);
    ab_lock_take(&bus_.lock);
    work(&fx);
    ab_lock_release(&bus_.lock);
    ab_file_finish(&bus_, &fx);
}

client::client(test::bus& bus, open_mode mode) : bus_(bus) {
    auto* creds = ab_creds_new(4711, mode.uid, mode.uid);
    BOOST_REQUIRE(creds);
    BOOST_REQUIRE_EQUAL(ab_file_open(&bus.core(), creds, mode.may_read, mode.may_write,
                                     mode.privileged, &file_),
                        0);
    number_ = file_->endpoint.number;
}

client::~client() {
    close();
}

void client::close() {
    if (file_) {
        ab_file_close(file_);
    }
    file_ = nullptr;
}

int client::ioctl(unsigned int cmd, void* argument, int flags) {
    return ab_file_ioctl(file_, cmd, address_of(argument), flags);
}

int client::bind(std::string_view pattern, std::uint32_t role, std::uint32_t flags,
                 std::uint64_t cookie, std::uint64_t* id) {
    auto argument = sized<autobus_bind>();
    argument.flags = flags;
    argument.pattern = address_of(pattern.data());
    argument.pattern_size = pattern.size();
    argument.role = role;
    argument.cookie = cookie;
    int r = ioctl(AUTOBUS_IOC_BIND, &argument);
    if (id) {
        *id = argument.binding;
    }
    return r;
}

int client::listen(std::string_view pattern, std::uint32_t flags, std::uint64_t cookie) {
    return bind(pattern, AUTOBUS_LISTENER, flags, cookie);
}

int client::serve(std::string_view pattern, std::uint32_t flags, std::uint64_t cookie) {
    return bind(pattern, AUTOBUS_REPLIER, flags, cookie);
}

int client::unbind(std::string_view pattern, std::uint32_t role, std::uint32_t flags) {
    auto argument = sized<autobus_unbind>();
    argument.flags = flags;
    argument.pattern = address_of(pattern.data());
    argument.pattern_size = pattern.size();
    argument.role = role;
    return ioctl(AUTOBUS_IOC_UNBIND, &argument);
}

int client::watch(std::uint64_t endpoint, std::uint64_t cookie, std::uint32_t flags,
                  std::uint64_t bus) {
    auto argument = sized<autobus_watch>();
    argument.flags = flags;
    argument.endpoint = {bus, endpoint};
    argument.cookie = cookie;
    return ioctl(AUTOBUS_IOC_WATCH, &argument);
}

int client::claim(std::uint32_t what) {
    auto argument = sized<autobus_claim>();
    argument.flags = what;
    return ioctl(AUTOBUS_IOC_CLAIM, &argument);
}

int client::limit(std::uint64_t records, std::uint64_t bytes, std::uint64_t bindings) {
    auto argument = sized<autobus_limits>();
    argument.records = records;
    argument.bytes = bytes;
    argument.bindings = bindings;
    return ioctl(AUTOBUS_IOC_LIMITS, &argument);
}

autobus_info client::info() {
    auto argument = sized<autobus_info>();
    BOOST_REQUIRE_EQUAL(ioctl(AUTOBUS_IOC_INFO, &argument), 0);
    return argument;
}

std::int64_t client::send(const message& what, int flags, std::uint64_t timeout) {
    return send_raw(what.encode(), flags, timeout);
}

std::int64_t client::send_raw(const std::string& bytes, int flags, std::uint64_t timeout) {
    auto argument = sized<autobus_transfer>();
    argument.in = address_of(bytes.data());
    argument.in_size = bytes.size();
    argument.timeout = timeout;
    int r = ioctl(AUTOBUS_IOC_SEND, &argument, flags);
    return r ? r : static_cast<std::int64_t>(argument.serial);
}

std::vector<record> decode(std::string_view bytes) {
    std::vector<record> records;
    while (!bytes.empty()) {
        record one;
        BOOST_REQUIRE_GE(bytes.size(), sizeof(one.head));
        std::memcpy(&one.head, bytes.data(), sizeof(one.head));
        BOOST_REQUIRE_EQUAL(one.head.header_size, sizeof(one.head));
        BOOST_REQUIRE_LE(one.head.size, bytes.size());
        const auto data_at = sizeof(one.head) + padded(one.head.name_size);
        BOOST_REQUIRE_EQUAL(one.head.size, data_at + padded(one.head.data_size));
        one.name = bytes.substr(sizeof(one.head), one.head.name_size);
        one.data = bytes.substr(data_at, one.head.data_size);
        for (auto i = sizeof(one.head) + one.name.size(); i < data_at; i++) {
            BOOST_REQUIRE_EQUAL(bytes[i], '\0');
        }
        for (auto i = data_at + one.data.size(); i < one.head.size; i++) {
            BOOST_REQUIRE_EQUAL(bytes[i], '\0');
        }
        records.push_back(std::move(one));
        bytes.remove_prefix(records.back().head.size);
    }
    return records;
}

std::optional<record> client::read(int flags) {
    auto room = std::make_unique<char[]>(4096);
    auto argument = sized<autobus_transfer>();
    argument.out = address_of(room.get());
    argument.out_size = 4096;
    argument.most = 1;
    int r = ioctl(AUTOBUS_IOC_RECEIVE, &argument, flags);
    if (r == -EMSGSIZE) {
        argument = sized<autobus_transfer>();
        argument.out_size = next_size();
        argument.most = 1;
        room = std::make_unique<char[]>(argument.out_size);
        argument.out = address_of(room.get());
        r = ioctl(AUTOBUS_IOC_RECEIVE, &argument, flags);
    }
    if (r == -EAGAIN) {
        return std::nullopt;
    }
    BOOST_REQUIRE_EQUAL(r, 0);
    BOOST_REQUIRE_EQUAL(argument.received, 1);
    return decode({room.get(), argument.out_done}).at(0);
}

int client::read_error(std::size_t room) {
    std::string bytes(room + 1, '\0');
    ab_io io{bytes.data(), room};
    return static_cast<int>(ab_file_read(file_, &io, AB_NONBLOCK));
}

std::vector<record> client::read_all() {
    std::vector<record> all;
    while (auto one = read()) {
        all.push_back(std::move(*one));
    }
    return all;
}

record client::read_only() {
    auto all = read_all();
    BOOST_REQUIRE_EQUAL(all.size(), 1);
    return all.front();
}

int client::next_size() {
    int size = -1;
    BOOST_REQUIRE_EQUAL(ab_file_ioctl(file_, AB_FIONREAD, address_of(&size), 0), 0);
    return size;
}

namespace {

std::string list_one(client& who, std::uint32_t what) {
    std::ostringstream text;
    auto room = std::make_unique_for_overwrite<std::uint64_t[]>(1 << 14);
    auto list = sized<autobus_list>();
    list.what = what;
    list.out = address_of(room.get());
    list.out_size = 8 << 14;
    BOOST_REQUIRE_EQUAL(who.ioctl(AUTOBUS_IOC_LIST, &list), 0);
    BOOST_REQUIRE_EQUAL(list.next_endpoint, 0);
    const char* at = reinterpret_cast<const char*>(room.get());
    const char* end = at + list.out_done;
    while (at < end) {
        autobus_item item;
        std::memcpy(&item, at, sizeof(item));
        text << what << " flags " << item.flags << " endpoint " << item.endpoint << " id "
             << item.id << " requester " << item.requester << " bytes " << item.bytes << "/"
             << item.bytes_limit << " lost " << item.lost << " records " << item.records << "+"
             << item.reserved_records << "/" << item.records_limit << " bindings "
             << item.bindings << " asked " << item.asked << " owed " << item.owed << " role "
             << item.role << " uid " << item.opener.uid << " "
             << std::string_view(at + sizeof(item), item.name_size) << "\n";
        at += item.size;
    }
    return text.str();
}

} // namespace

std::string listed(client& who) {
    return list_one(who, AUTOBUS_LIST_ENDPOINTS) + list_one(who, AUTOBUS_LIST_BINDINGS) +
           list_one(who, AUTOBUS_LIST_REQUESTS);
}

std::string bus::state() {
    // An endpoint of its own would be seen: the first open one is asked.
    if (list_empty(&bus_.in_order)) {
        return "empty\n";
    }
    auto* endpoint = list_first_entry(&bus_.in_order, ab_endpoint, link);
    auto* file = ab_container_of(endpoint, ab_file, endpoint);
    std::ostringstream text;
    auto info = sized<autobus_info>();
    BOOST_REQUIRE_EQUAL(
        ab_file_ioctl(file, AUTOBUS_IOC_INFO, address_of(&info), AB_NONBLOCK), 0);
    text << "endpoints " << info.endpoints << " bindings " << info.bindings << " requests "
         << info.requests << " serial " << info.serial << " router " << info.router << " lost "
         << info.lost << "\n";
    return text.str();
}

std::string describe(const record& what) {
    std::ostringstream text;
    const auto& head = what.head;
    text << "type " << head.type << " flags " << head.flags << " serial " << head.serial
         << " origin " << head.origin.bus << ":" << head.origin.endpoint << ":"
         << head.origin.serial << " from " << head.from << " to " << head.to.bus << ":"
         << head.to.endpoint << " in_reply_to " << head.in_reply_to << " cookie " << head.cookie
         << " code " << head.code << " reached " << head.reached << " lost " << head.lost
         << " sender " << head.sender.uid << " name " << what.name << " data ";
    for (unsigned char c : what.data) {
        if (c >= ' ' && c < 127) {
            text << c;
        } else {
            text << '<' << static_cast<int>(c) << '>';
        }
    }
    return text.str();
}

} // namespace test
