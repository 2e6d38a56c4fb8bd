// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// Messages
// ========
//
// What is read from a bus and written to it is a record: one message with its header, or one of the
// kernel's marks. Four types:
//   message_view  a record that was read, in somebody else's buffer
//   message       a record that was read, with its own bytes; immutable
//   draft         what is to be sent; refers to its name and data, doesn't own them
//   batch         drafts turned into records, to be sent with one call
//
// The codec underneath is pure: bytes in, messages out and back; it never does I/O. It believes
// nothing: a record whose sizes, padding or name don't hold together is refused with EPROTO.
//
// Data are bytes of any kind, up to 1 MiB by default (device::get_limits() tells), carried in
// std::string_view and std::string because most of it is text; never NUL-terminated by the bus.
// Times are relative, in nanoseconds. All types are values: not thread-safe while one is changed.

#include "autobus/name.hpp"
#include "autobus/result.hpp"

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace autobus {

// An endpoint: bus 0 stands for the bus that one speaks to, endpoint 0 is the kernel. Endpoint
// numbers count from 1 on each bus and are never used twice; bus ids are random.
struct address {
    std::uint64_t bus = 0;
    std::uint64_t endpoint = 0;
    friend auto operator<=>(const address&, const address&) = default;
};

// "0011223344556677:12"; "12" if bus is 0.
std::string to_string(const address& address);

// The reverse. EINVAL for anything else.
result<address> parse_address(std::string_view text);

// 16 hex digits, as bus ids are written everywhere.
std::string bus_id_to_string(std::uint64_t bus);

// Where a message began: its sender, and its serial on the sender's bus.
struct origin {
    std::uint64_t bus = 0;
    std::uint64_t endpoint = 0;
    std::uint64_t serial = 0;
    friend auto operator<=>(const origin&, const origin&) = default;
};

// A process and whose it is, seen from the namespaces of this process; an id without equivalent
// here is uid or gid 4294967295, tgid 0.
struct credentials {
    std::uint32_t tgid = 0;
    std::uint32_t uid = 0; // effective, when the bus was opened
    std::uint32_t gid = 0;
    friend auto operator<=>(const credentials&, const credentials&) = default;
};

enum class message_type : std::uint32_t {
    announcement = 1, // to all listeners of its name
    request = 2,      // to the replier; listeners get copies
    reply = 3,        // the replier's answer
    status = 4,       // the kernel's answer; its name says why
    direct = 5,       // to one endpoint, seen by nobody else
    notice = 6,       // the kernel's news
    mark = 7,         // $.Autobus.Lost, $.Autobus.Synced
};

// "announcement", ...
std::string_view to_string(message_type type);

enum class role : std::uint32_t { listener = 1, replier = 2 };

// "listener", "replier"
std::string_view to_string(role role);

// Did a request that went to another host get there?
enum class reach : std::uint32_t {
    not_said = 0,
    no = 1,
    unknown = 2,
};

enum class notice_kind : std::uint32_t {
    bound = 1,   // somebody bound; bound_info_of() tells what
    unbound = 2, // ... and unbound
    cleared = 3, // a value is gone; the name is the value's
    closed = 4,  // a watched endpoint closed; closed_endpoint_of() tells which
};

// What a status says of its request. Each is a name below $.Autobus.Replier.
enum class status_kind {
    unbound,     // the replier unbound before it read the request
    gone_away,   // ... closed before it read it
    ignored,     // ... read it, and closed without an answer
    timed_out,   // no answer in time
    unreachable, // the way to the replier's host broke: reached() tells more
    refused,     // the replier's bus refused it: code() is the errno
};

// "$.Autobus.Replier.Unbound", ...
name_view status_name(status_kind kind);

// The fields of a record's header.
struct message_header {
    message_type type = message_type::announcement;
    std::uint32_t flags = 0;  // message_flags::...
    std::uint64_t serial = 0; // place in the order of its bus, from 1; 0 for marks
    autobus::origin origin;   // where it began; this bus and serial unless it's remote
    std::uint64_t from = 0;   // endpoint of this bus that sent it; 0 is the kernel
    // Request: the only endpoint that may answer, or zeros. Direct: the recipient. Reply and
    // status: the requester.
    address to;
    std::uint64_t in_reply_to = 0; // reply and status: the request's serial on this bus
    std::chrono::nanoseconds timeout{0};
    std::uint64_t cookie = 0; // as given with the binding or the watch through which it came
    std::uint32_t code = 0;   // status refused: an errno; notice: notice_kind
    autobus::reach reached = reach::not_said;
    // Messages that this endpoint missed just before this record because its queue was full.
    std::uint32_t lost = 0;
    credentials sender;  // attested by this kernel
    credentials claimed; // only with message_flags::claimed: what a router says
};

namespace message_flags {
inline constexpr std::uint32_t urgent = 1u << 0;
inline constexpr std::uint32_t fail = 1u << 1;
inline constexpr std::uint32_t wait = 1u << 2;
inline constexpr std::uint32_t private_ = 1u << 3;
inline constexpr std::uint32_t retained = 1u << 4;
inline constexpr std::uint32_t clear = 1u << 5;
inline constexpr std::uint32_t remote = 1u << 8;
inline constexpr std::uint32_t claimed = 1u << 9;
inline constexpr std::uint32_t alone = 1u << 10;
inline constexpr std::uint32_t copy = 1u << 11;
inline constexpr std::uint32_t owed = 1u << 16;
inline constexpr std::uint32_t answer = 1u << 17;
inline constexpr std::uint32_t current = 1u << 18;
} // namespace message_flags

// What message and message_view have in common.
class message_fields {
public:
    const message_header& header() const noexcept { return header_; }
    message_type type() const noexcept { return header_.type; }
    std::uint64_t serial() const noexcept { return header_.serial; }
    const autobus::origin& origin() const noexcept { return header_.origin; }
    std::uint64_t from() const noexcept { return header_.from; }
    const address& to() const noexcept { return header_.to; }
    std::uint64_t in_reply_to() const noexcept { return header_.in_reply_to; }
    std::uint64_t cookie() const noexcept { return header_.cookie; }
    std::uint32_t code() const noexcept { return header_.code; }
    autobus::reach reached() const noexcept { return header_.reached; }
    std::uint32_t lost() const noexcept { return header_.lost; }
    const credentials& sender() const noexcept { return header_.sender; }

    // What the router says of the sender on another bus, if it says it.
    std::optional<credentials> claimed() const {
        return has(message_flags::claimed) ? std::optional(header_.claimed) : std::nullopt;
    }

    bool is_urgent() const noexcept { return has(message_flags::urgent); }
    bool is_remote() const noexcept { return has(message_flags::remote); } // began on another bus
    bool is_owed() const noexcept { return has(message_flags::owed); } // request: you must answer
    bool is_copy() const noexcept { return has(message_flags::copy); } // its original is elsewhere
    bool is_answer() const noexcept { return has(message_flags::answer); }   // ... to your request
    bool is_current() const noexcept { return has(message_flags::current); } // was there before

protected:
    message_fields() = default;
    explicit message_fields(const message_header& header) : header_(header) {}
    bool has(std::uint32_t flag) const noexcept { return (header_.flags & flag) != 0; }

    message_header header_;
};

// A record that was read, in somebody else's buffer: valid as long as the buffer isn't changed.
class message_view : public message_fields {
public:
    message_view(const message_header& header, name_view name, std::string_view data)
        : message_fields(header), name_(name), data_(data) {}

    name_view name() const noexcept { return name_; }
    std::string_view data() const noexcept { return data_; }

private:
    name_view name_;
    std::string_view data_;
};

// A record that was read, with its own bytes. Immutable; copies share the bytes.
class message : public message_fields {
public:
    explicit message(const message_view& view);

    // Valid as long as this message or a copy of it lives.
    name_view name() const noexcept { return name_; }
    std::string_view data() const noexcept { return data_; }
    message_view view() const { return message_view(header_, name_, data_); }
    operator message_view() const { return view(); }

private:
    std::shared_ptr<const std::string> bytes_; // name and data
    name_view name_;
    std::string_view data_;
};

// ---- What statuses and notices say

// The status that the message is; nothing if it's no status.
std::optional<status_kind> status_of(const message_view& message);

// One sentence about a status for people: what happened to the request, and what that means.
std::string explain_status(const message_view& status);

// Data of a bound or unbound notice.
struct bound_info {
    notice_kind kind;           // bound or unbound
    std::uint64_t endpoint = 0; // of this bus
    std::uint64_t binding = 0;  // its id: the serial of its bound notice
    autobus::role role = role::listener;
    bool yielding = false;
    autobus::pattern pattern;
};

// EINVAL if the message is no such notice, EPROTO if its data don't hold together.
result<bound_info> bound_info_of(const message_view& notice);

// Which endpoint a closed notice is about. Errors as above.
result<address> closed_endpoint_of(const message_view& notice);

// ---- Sending

// What a full recipient means. A replier that is full never misses a request: it is always EBUSY,
// or waited for.
enum class when_full {
    drop, // a full listener misses the message, and is told how many it missed
    fail, // EBUSY, and nobody gets it
    wait, // wait until all recipients have room
};

// Something to send. Refers to its name, and data: both must live until it's sent or in a batch.
// What a type doesn't use must be left as it is; the bus refuses the rest with EINVAL. Functions of
// `device` make the usual ones.
struct draft {
    message_type type = message_type::announcement;
    name_view name;        // may be empty for a reply: the request's name
    std::string_view data; // none for a status, notice or mark
    bool urgent = false;   // goes ahead of ordinary records
    autobus::when_full when_full = when_full::drop;
    bool private_ = false; // request: nobody else sees it, nor its answer
    bool retained = false; // announcement: sets this endpoint's value of the name
    bool clear = false;    // with retained: clears the value
    address to{};          // request: the endpoint that must be the replier; direct: the recipient
    std::uint64_t in_reply_to = 0;       // reply and status: serial of the request
    std::chrono::nanoseconds timeout{0}; // request: until the kernel answers TimedOut; 0 is never

    // For routers only (device::claim_router()):
    std::optional<autobus::origin> origin;    // began on another bus
    std::optional<credentials> claimed;       // its sender, as the other bus says
    bool alone = false;                       // request, reply: to no listener
    bool copy = false;                        // request, reply: to listeners alone
    std::uint32_t code = 0;                   // status refused: an errno; notice: notice_kind
    autobus::reach reached = reach::not_said; // status unreachable, notice closed
    std::uint32_t lost = 0;                   // mark lost: how many
};

// Records in a row, ready to be sent.
class batch {
public:
    // EMSGSIZE if name or data is 4 GiB or more; then nothing was added.
    result<void> add(const draft& draft);
    void clear() noexcept;

    std::size_t count() const noexcept { return count_; }
    bool empty() const noexcept { return count_ == 0; }
    std::string_view bytes() const noexcept { return bytes_; } // native-endian, 8-byte multiples

private:
    std::string bytes_;
    std::size_t count_ = 0;
};

// ---- The codec

// Bytes that the record of this draft will have.
std::size_t encoded_size(const draft& draft);

// Appends the record. EMSGSIZE as for batch::add().
result<void> encode(const draft& draft, std::string& bytes);

// Takes the first record off `bytes` (which must not be empty), and advances `bytes` behind it. The
// view refers to the same memory. EPROTO if it's not a whole, valid record; `bytes` stays then.
result<message_view> decode(std::string_view& bytes);

} // namespace autobus
