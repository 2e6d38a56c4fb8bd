// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "autobus/message.hpp"

#include <linux/autobus.h>

#include <cerrno>
#include <cstring>
#include <limits>

namespace autobus {
namespace {

static_assert(name_max == AUTOBUS_NAME_MAX);
static_assert(words_max == AUTOBUS_WORDS_MAX);
static_assert(kernel_name_max == AUTOBUS_KERNEL_NAME_MAX);
static_assert(kernel_words_max == AUTOBUS_KERNEL_WORDS_MAX);
static_assert(percent_max == AUTOBUS_PERCENT_MAX);
static_assert(static_cast<int>(message_type::announcement) == AUTOBUS_ANNOUNCEMENT);
static_assert(static_cast<int>(message_type::request) == AUTOBUS_REQUEST);
static_assert(static_cast<int>(message_type::reply) == AUTOBUS_REPLY);
static_assert(static_cast<int>(message_type::status) == AUTOBUS_STATUS);
static_assert(static_cast<int>(message_type::direct) == AUTOBUS_DIRECT);
static_assert(static_cast<int>(message_type::notice) == AUTOBUS_NOTICE);
static_assert(static_cast<int>(message_type::mark) == AUTOBUS_MARK);
static_assert(static_cast<int>(role::listener) == AUTOBUS_LISTENER);
static_assert(static_cast<int>(role::replier) == AUTOBUS_REPLIER);
static_assert(static_cast<int>(reach::no) == AUTOBUS_REACHED_NO);
static_assert(static_cast<int>(reach::unknown) == AUTOBUS_REACHED_UNKNOWN);
static_assert(static_cast<int>(notice_kind::bound) == AUTOBUS_NOTICE_BOUND);
static_assert(static_cast<int>(notice_kind::unbound) == AUTOBUS_NOTICE_UNBOUND);
static_assert(static_cast<int>(notice_kind::cleared) == AUTOBUS_NOTICE_CLEARED);
static_assert(static_cast<int>(notice_kind::closed) == AUTOBUS_NOTICE_CLOSED);
static_assert(message_flags::urgent == AUTOBUS_URGENT);
static_assert(message_flags::fail == AUTOBUS_FAIL);
static_assert(message_flags::wait == AUTOBUS_WAIT);
static_assert(message_flags::private_ == AUTOBUS_PRIVATE);
static_assert(message_flags::retained == AUTOBUS_RETAINED);
static_assert(message_flags::clear == AUTOBUS_CLEAR);
static_assert(message_flags::remote == AUTOBUS_REMOTE);
static_assert(message_flags::claimed == AUTOBUS_CLAIMED);
static_assert(message_flags::alone == AUTOBUS_ALONE);
static_assert(message_flags::copy == AUTOBUS_COPY);
static_assert(message_flags::owed == AUTOBUS_OWED);
static_assert(message_flags::answer == AUTOBUS_ANSWER);
static_assert(message_flags::current == AUTOBUS_CURRENT);

constexpr std::uint64_t rounded(std::uint64_t size) {
    return (size + 7) & ~std::uint64_t{7};
}

std::uint32_t flags_of(const draft& draft) {
    std::uint32_t flags = 0;
    flags |= draft.urgent ? AUTOBUS_URGENT : 0;
    flags |= draft.when_full == when_full::fail ? AUTOBUS_FAIL : 0;
    flags |= draft.when_full == when_full::wait ? AUTOBUS_WAIT : 0;
    flags |= draft.private_ ? AUTOBUS_PRIVATE : 0;
    flags |= draft.retained ? AUTOBUS_RETAINED : 0;
    flags |= draft.clear ? AUTOBUS_CLEAR : 0;
    flags |= draft.origin ? AUTOBUS_REMOTE : 0;
    flags |= draft.claimed ? AUTOBUS_CLAIMED : 0;
    flags |= draft.alone ? AUTOBUS_ALONE : 0;
    flags |= draft.copy ? AUTOBUS_COPY : 0;
    return flags;
}

autobus_record record_of(const draft& draft) {
    autobus_record record{};
    record.header_size = sizeof(record);
    record.type = static_cast<std::uint32_t>(draft.type);
    record.flags = flags_of(draft);
    if (draft.origin) {
        record.origin = {draft.origin->bus, draft.origin->endpoint, draft.origin->serial};
    }
    record.to = {draft.to.bus, draft.to.endpoint};
    record.in_reply_to = draft.in_reply_to;
    record.timeout = static_cast<std::uint64_t>(draft.timeout.count());
    record.code = draft.code;
    record.reached = static_cast<std::uint32_t>(draft.reached);
    record.lost = draft.lost;
    record.name_size = static_cast<std::uint32_t>(draft.name.str().size());
    record.data_size = static_cast<std::uint32_t>(draft.data.size());
    if (draft.claimed) {
        record.claimed = {draft.claimed->tgid, draft.claimed->uid, draft.claimed->gid};
    }
    return record;
}

credentials credentials_of(const autobus_credentials& raw) {
    return {raw.tgid, raw.uid, raw.gid};
}

message_header header_of(const autobus_record& record) {
    message_header header;
    header.type = static_cast<message_type>(record.type);
    header.flags = record.flags;
    header.serial = record.serial;
    header.origin = {record.origin.bus, record.origin.endpoint, record.origin.serial};
    header.from = record.from;
    header.to = {record.to.bus, record.to.endpoint};
    header.in_reply_to = record.in_reply_to;
    header.timeout = std::chrono::nanoseconds(record.timeout);
    header.cookie = record.cookie;
    header.code = record.code;
    header.reached = static_cast<reach>(record.reached);
    header.lost = record.lost;
    header.sender = credentials_of(record.sender);
    header.claimed = credentials_of(record.claimed);
    return header;
}

error bad_record(const char* why) {
    return error(EPROTO, "understand a record", why);
}

bool is_zero(std::string_view bytes) {
    return bytes.find_first_not_of('\0') == std::string_view::npos;
}

void append_padded(std::string& bytes, std::string_view part) {
    bytes.append(part);
    bytes.append(rounded(part.size()) - part.size(), '\0');
}

// Nothing if the sizes of a record hold together and lie within `available`.
const char* fault_of_sizes(const autobus_record& record, std::uint64_t available) {
    if (record.header_size < sizeof(record) || record.header_size % 8 != 0) {
        return "its header size is wrong";
    }
    if (record.size > available) {
        return "it is cut off";
    }
    if (record.size !=
        std::uint64_t{record.header_size} + rounded(record.name_size) + rounded(record.data_size)) {
        return "its sizes contradict each other";
    }
    return nullptr;
}

} // namespace

std::size_t encoded_size(const draft& draft) {
    return sizeof(autobus_record) + rounded(draft.name.str().size()) + rounded(draft.data.size());
}

result<void> encode(const draft& draft, std::string& bytes) {
    const std::size_t size = encoded_size(draft);
    if (size > std::numeric_limits<std::uint32_t>::max()) {
        return error(EMSGSIZE, "send " + std::string(draft.name.str()),
                     "no message can have 4 GiB of data");
    }
    autobus_record record = record_of(draft);
    record.size = static_cast<std::uint32_t>(size);
    bytes.reserve(bytes.size() + size);
    bytes.append(reinterpret_cast<const char*>(&record), sizeof(record));
    append_padded(bytes, draft.name.str());
    append_padded(bytes, draft.data);
    return {};
}

result<message_view> decode(std::string_view& bytes) {
    autobus_record record;
    if (bytes.size() < sizeof(record)) {
        return bad_record("it is shorter than a header");
    }
    std::memcpy(&record, bytes.data(), sizeof(record));
    if (const char* fault = fault_of_sizes(record, bytes.size())) {
        return bad_record(fault);
    }
    if (record.type < AUTOBUS_ANNOUNCEMENT || record.type > AUTOBUS_MARK) {
        return bad_record("its type is unknown");
    }
    const std::string_view name_part = bytes.substr(record.header_size, rounded(record.name_size));
    const std::string_view data_part =
        bytes.substr(record.header_size + name_part.size(), rounded(record.data_size));
    if (!is_zero(name_part.substr(record.name_size)) ||
        !is_zero(data_part.substr(record.data_size))) {
        return bad_record("its padding is not zero");
    }
    const auto name = name_view::parse(name_part.substr(0, record.name_size));
    if (!name) {
        return bad_record("its name is none");
    }
    bytes.remove_prefix(record.size);
    return message_view(header_of(record), *name, data_part.substr(0, record.data_size));
}

result<void> batch::add(const draft& draft) {
    auto added = encode(draft, bytes_);
    if (added) {
        ++count_;
    }
    return added;
}

void batch::clear() noexcept {
    bytes_.clear();
    count_ = 0;
}

} // namespace autobus
