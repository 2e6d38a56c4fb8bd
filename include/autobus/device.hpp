// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// The device layer
// ================
//
// A `device` is one open file of a bus: one endpoint. It binds to names, sends, and receives. It is
// the kernel's interface with C++ types, nothing more: no thread of its own, no event loop, no
// state beyond what call() sets aside. The same program runs on a kernel's bus and on one inside
// its own process (autobus/in_process.hpp), for unit tests.
//
//     auto bus = autobus::device::open("/dev/autobus0");
//     if (!bus) { std::cerr << bus.error().message() << '\n'; return 1; }
//     auto sent = bus->announce("$.Kitchen.Lamp", "on");
//
// Ownership: a device closes its file when it's destroyed; then the kernel answers what it owes,
// and tells its watchers. It can be moved, not copied; a moved-from device may only be assigned or
// destroyed. The file is close-on-exec, and the endpoint ends when the process that opened it
// exits, even if a forked child still holds the file (open_options::close_with_opener).
//
// Threads: any thread may send, bind and list at any time. Only one at a time may use what
// receives: receive(), call(), fd(). Nothing may run while the device is moved or destroyed.
//
// Waiting: what may wait takes a wait_limit: wait_forever, no_wait, or a duration. Signals
// interrupt a wait with EINTR. Errors common to all: ESHUTDOWN (the process that opened it has
// exited), ENODEV (the bus was removed), ENOMEM, EOPNOTSUPP (this kernel's module hasn't got it),
// EBADF (not open for that). Each error says in words what to do about it.

#include "autobus/message.hpp"
#include "autobus/name.hpp"
#include "autobus/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace autobus {

// How long to wait; nothing means for ever. A wait that reaches its limit gives ETIMEDOUT, no_wait
// gives EAGAIN.
using wait_limit = std::optional<std::chrono::nanoseconds>;
inline constexpr wait_limit wait_forever = std::nullopt;
inline constexpr wait_limit no_wait = std::chrono::nanoseconds(0);

enum class access { read_only, write_only, read_write };

struct open_options {
    // Listening and watching need reading, sending needs writing, replying needs both.
    autobus::access access = access::read_write;
    // Calls never wait, whatever their wait_limit says.
    bool nonblocking = false;
    // The endpoint ends with the process that opens it (AUTOBUS_CLAIM_OPENER). Turn it off to hand
    // the open file to another process that lives longer.
    bool close_with_opener = true;
};

struct bind_options {
    // Listener: the current values of the matching names come first, ended by a mark
    // $.Autobus.Synced. For patterns below $.Autobus.Bound: the bindings that exist.
    bool values = false;
    // Listener: a copy for this binding, even if the endpoint gets another one.
    bool each = false;
    // Replier, router only: gives way to an ordinary replier of the same pattern.
    bool yielding = false;
    // Any number; comes with the records that come through this binding.
    std::uint64_t cookie = 0;
};

struct send_options {
    bool urgent = false; // goes ahead of ordinary records
    autobus::when_full when_full = when_full::drop;
    bool private_ = false; // request: nobody else sees it, nor its answer
    bool retained = false; // announcement: sets this endpoint's value of the name
    bool clear = false;    // with retained: clears the value
    address to{};          // request: fail with EPIPE unless this endpoint is the replier
    std::chrono::nanoseconds deadline{0}; // request: the kernel answers TimedOut then; 0: never
    wait_limit limit = wait_forever;      // with when_full::wait: for how long
};

// What device::send_batch() did.
struct batch_result {
    std::vector<std::uint64_t> serials; // of the records that were accepted, in order
    // Nothing was refused. Otherwise the record behind the accepted ones was: sending it alone
    // tells why.
    bool complete = false;
};

struct bus_info {
    std::uint32_t abi_version = 0;
    std::uint64_t features = 0;  // AUTOBUS_FEATURE_* of linux/autobus.h
    std::uint64_t bus = 0;       // the bus's id
    std::uint64_t endpoint = 0;  // this endpoint's number
    std::uint64_t router = 0;    // the router's number, 0 if there is none
    std::uint64_t serial = 0;    // the last that was given
    std::uint64_t endpoints = 0; // open now
    std::uint64_t bindings = 0;
    std::uint64_t requests = 0; // not yet answered
    std::uint64_t lost = 0;     // messages that listeners missed
};

// An endpoint's limits. set_limits() changes those that aren't 0.
struct endpoint_limits {
    std::uint64_t records = 0; // queued, and reserved for answers
    std::uint64_t bytes = 0;   // queued
    std::uint64_t bindings = 0;
};

struct bus_limits {
    endpoint_limits now;
    endpoint_limits ceiling;     // how high they may be set
    std::uint64_t endpoints = 0; // of the bus
    std::uint64_t message = 0;   // bytes of data of a message
};

struct endpoint_item {
    std::uint64_t endpoint = 0;
    bool router = false;
    std::uint32_t records = 0; // queued
    std::uint32_t reserved_records = 0;
    std::uint32_t records_limit = 0;
    std::uint64_t bytes = 0; // queued
    std::uint64_t bytes_limit = 0;
    std::uint64_t lost = 0; // missed since it opened
    std::uint32_t bindings = 0;
    std::uint32_t asked = 0; // its requests that aren't answered
    std::uint32_t owed = 0;  // answers that it owes
    credentials opener;
};

struct binding_item {
    std::uint64_t endpoint = 0;
    std::uint64_t id = 0;
    autobus::role role = role::listener;
    bool values = false;
    bool each = false;
    bool yielding = false;
    autobus::pattern pattern;
    credentials opener;
};

struct request_item {
    std::uint64_t serial = 0;
    std::uint64_t requester = 0; // endpoint that asked
    std::uint64_t replier = 0;   // endpoint that is to answer
    bool handed = false;         // the replier has read it
    autobus::name name;
};

// What there is. If the serials differ the bus changed while the list was made, and it may mix old
// and new.
template <class Item>
struct listing {
    std::vector<Item> items;
    std::uint64_t serial_first = 0;
    std::uint64_t serial_last = 0;
};

class port;

// Room for records, used again and again: receiving into it allocates only while it grows.
class receive_buffer {
public:
    // bytes: room to begin with. It grows when a record needs more.
    explicit receive_buffer(std::size_t bytes = 64 * 1024);

    // The messages of the last receive_many(), valid until the next one into this buffer.
    const std::vector<message_view>& messages() const noexcept { return messages_; }
    auto begin() const noexcept { return messages_.begin(); }
    auto end() const noexcept { return messages_.end(); }
    std::size_t size() const noexcept { return messages_.size(); }
    bool empty() const noexcept { return messages_.empty(); }

private:
    friend class device;
    std::vector<std::uint64_t> room_; // 64-bit words: records are aligned
    std::vector<message_view> messages_;
};

class device {
public:
    // Opens a bus. address: "/dev/autobus0", or "0" for short; "unix:/path" is reserved for a bus
    // that a daemon serves, and gives EOPNOTSUPP. Errors: ENOENT (no such device: is the module
    // loaded?), EACCES (may not open it), ENFILE (the bus has all the endpoints it may have),
    // EMFILE, ENOTTY (that's no bus).
    static result<device> open(std::string_view address, const open_options& options = {});

    device(device&&) noexcept;
    device& operator=(device&&) noexcept;
    device(const device&) = delete;
    device& operator=(const device&) = delete;
    ~device();

    // Where it was opened, for messages to people.
    const std::string& where() const noexcept;

    // For poll(), select(), epoll: readable while receive() has something, or the bus is gone. To
    // be polled only, owned by the device, the same for its whole life. Made at the first call,
    // which may give EMFILE, ENFILE or ENOMEM; later calls can't fail.
    result<int> fd();

    // ---- Names

    // Listens to a pattern, or becomes the replier of it. Gives the binding's id. Errors:
    // EADDRINUSE (another endpoint is the replier of this very pattern), EEXIST (bound already),
    // EPERM (replying below $.Autobus; yielding without being the router), EDQUOT (as many bindings
    // as it may have), ENOLCK (values are wanted, and the queue has no room for them).
    result<std::uint64_t> bind(pattern_view pattern, role role, const bind_options& options = {});

    // EINVAL: not bound. Requests that a replier hasn't read yet are answered Unbound; with drain
    // they stay its own.
    result<void> unbind(pattern_view pattern, role role, bool drain = false);

    // ---- Sending. All give the message's serial. Errors besides the common ones: EBUSY (a full
    // recipient, see when_full), EDEADLK (it waits for its own full queue), EMSGSIZE (too much
    // data), EPERM (names below $.Autobus are the kernel's), EDQUOT, EAGAIN and ETIMEDOUT (a wait's
    // end). A call that fails has no effect.

    result<std::uint64_t> announce(name_view name, std::string_view data,
                                   const send_options& options = {});

    // The answer, a reply or a status, comes through receive(), with in_reply_to() as given here.
    // EADDRNOTAVAIL (nobody replies to this name), ENOLCK (this endpoint's queue has no room for
    // the answer), EPIPE (send_options::to isn't the replier), EHOSTUNREACH (to on another bus, and
    // no router).
    result<std::uint64_t> request(name_view name, std::string_view data,
                                  const send_options& options = {});

    // Answers a request that this endpoint was handed (is_owed()). ECONNREFUSED (not yours to
    // answer, or no more), ETIMEDOUT (its deadline has passed).
    result<std::uint64_t> reply(const message_view& request, std::string_view data,
                                const send_options& options = {});
    result<std::uint64_t> reply(std::uint64_t request_serial, std::string_view data,
                                const send_options& options = {});

    // To one endpoint, seen by nobody else. ENXIO (not open), EHOSTUNREACH as above.
    result<std::uint64_t> send_direct(const address& to, name_view name, std::string_view data,
                                      const send_options& options = {});

    // Anything.
    result<std::uint64_t> send(const draft& draft, wait_limit limit = wait_forever);

    // One call for many; each is accepted or refused for itself, and the first that is refused ends
    // it. An error if that was the first record, otherwise what was done.
    result<batch_result> send_batch(const batch& batch, wait_limit limit = wait_forever);

    // ---- Receiving

    // The next record. A message that says lost() > 0 stands behind a gap of so many. Errors:
    // EAGAIN, ETIMEDOUT, EINTR; EPROTO (the record made no sense; it's gone).
    result<message> receive(wait_limit limit = wait_forever);

    // At least one record, as many as fit into the buffer, at most `most` (0: no limit) with one
    // call. Gives how many.
    result<std::size_t> receive_many(receive_buffer& buffer, wait_limit limit = wait_forever,
                                     std::uint32_t most = 0);

    // Sends a request, and waits for its answer: a reply or a status. One system call when nothing
    // else is in the queue. Other records that come meanwhile are set aside and come from receive()
    // later, in order. Errors: those of request(); ETIMEDOUT, EAGAIN and EINTR while it waits:
    // then the call has given up, and its answer is thrown away when it comes. A nonblocking device
    // can't wait: use request() and receive() there.
    result<message> call(const draft& request, wait_limit limit = wait_forever);
    result<message> call(name_view name, std::string_view data, wait_limit limit = wait_forever);

    // ---- Other endpoints

    // One closed notice will come when that endpoint closes, after its last message. ENXIO (it
    // isn't open), EEXIST (watched already), ENOLCK (this queue has no room for the notice).
    result<void> watch(const address& endpoint, std::uint64_t cookie = 0);
    result<void> unwatch(const address& endpoint); // ENOENT: wasn't watched

    // ---- The bus

    result<bus_info> info() const;
    result<bus_limits> get_limits() const;
    // EPERM: above the ceiling, for who opened the bus without CAP_SYS_ADMIN. EBUSY: below what is
    // in use.
    result<bus_limits> set_limits(const endpoint_limits& wanted);

    result<listing<endpoint_item>> list_endpoints() const;
    result<listing<binding_item>> list_bindings() const;
    result<listing<request_item>> list_requests() const;

    // The binding that a request of this name would go to now; nothing if nobody would get it.
    result<std::optional<binding_item>> who(name_view name) const;

    // ---- The router: speaks for other buses (see AUTOBUS_CLAIM_ROUTER in linux/autobus.h)

    // EPERM (needs CAP_SYS_ADMIN when it was opened), EBUSY (there's another router).
    result<void> claim_router();

    // Answers a request that it was handed in the kernel's words. code: an errno, for refused.
    result<std::uint64_t> send_status(std::uint64_t request_serial, status_kind kind,
                                      std::uint32_t code = 0, reach reached = reach::not_said);
    // An endpoint of another bus has closed, as far as is known.
    result<std::uint64_t> send_closed(const origin& remote, reach reached = reach::not_said);
    // So many messages from there were lost on the way.
    result<std::uint64_t> send_lost(const origin& remote, std::uint32_t lost);

private:
    struct state;
    friend result<device> make_device(std::unique_ptr<port>, std::string, const open_options&);
    friend class in_process_bus;
    explicit device(std::unique_ptr<state> state);

    std::unique_ptr<state> state_;
};

} // namespace autobus
