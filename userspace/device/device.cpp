// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/device/device_state.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>

namespace autobus {
namespace {

bool is_number(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// An ioctl argument with its size filled in.
template <class Argument>
Argument sized() {
    Argument argument{};
    argument.size = sizeof(argument);
    return argument;
}

operation operation_of(message_type type) {
    switch (type) {
    case message_type::request:
        return operation::request;
    case message_type::reply:
    case message_type::status:
        return operation::reply;
    case message_type::direct:
        return operation::direct;
    default:
        return operation::announce;
    }
}

bus_limits limits_of(const autobus_limits& raw) {
    return bus_limits{{raw.records, raw.bytes, raw.bindings},
                      {raw.records_ceiling, raw.bytes_ceiling, raw.bindings_ceiling},
                      raw.endpoints,
                      raw.message};
}

draft with_options(const send_options& options) {
    draft made;
    made.urgent = options.urgent;
    made.when_full = options.when_full;
    made.private_ = options.private_;
    made.retained = options.retained;
    made.clear = options.clear;
    made.to = options.to;
    made.timeout = options.deadline;
    return made;
}

std::string describe(const draft& draft) {
    const std::string name(draft.name.str());
    switch (draft.type) {
    case message_type::announcement:
        return "announce " + name;
    case message_type::request:
        return "request " + name;
    case message_type::reply:
        return "reply to request " + std::to_string(draft.in_reply_to);
    case message_type::status:
        return "answer request " + std::to_string(draft.in_reply_to) + " with " + name;
    case message_type::direct:
        return "send " + name + " to endpoint " + to_string(draft.to);
    default:
        return "send " + name;
    }
}

} // namespace

int open_flags(const open_options& options) {
    int flags = options.access == access::read_only    ? O_RDONLY
                : options.access == access::write_only ? O_WRONLY
                                                       : O_RDWR;
    return flags | (options.nonblocking ? O_NONBLOCK : 0);
}

result<device> device::open(std::string_view address, const open_options& options) {
    const std::string context = "open " + std::string(address);
    if (address.starts_with("unix:")) {
        return error(EOPNOTSUPP, context,
                     "buses that a daemon serves on a socket are not built yet; "
                     "open a device such as /dev/autobus0");
    }
    const std::string path =
        is_number(address) ? "/dev/autobus" + std::string(address) : std::string(address);
    if (path.find('/') == std::string::npos) {
        return error(EINVAL, context,
                     "a bus is given by its device, such as /dev/autobus0, or by its number");
    }
    std::unique_ptr<port> opened;
    const int failed = open_device_port(path, open_flags(options), opened);
    if (failed != 0) {
        return explain(operation::open, -failed, "open " + path);
    }
    return make_device(std::move(opened), path, options);
}

result<device> make_device(std::unique_ptr<port> opened, std::string where,
                           const open_options& options) {
    auto info = sized<autobus_info>();
    if (const int failed = opened->ioctl(AUTOBUS_IOC_INFO, &info); failed != 0) {
        return explain(operation::open, -failed, "open " + where);
    }
    if (options.close_with_opener) {
        auto claim = sized<autobus_claim>();
        claim.flags = AUTOBUS_CLAIM_OPENER;
        if (const int failed = opened->ioctl(AUTOBUS_IOC_CLAIM, &claim); failed != 0) {
            return explain(operation::claim, -failed,
                           "open " + where + " to close with its opener");
        }
    }
    auto state = std::make_unique<device::state>();
    state->file = std::move(opened);
    state->where = std::move(where);
    state->nonblocking = options.nonblocking;
    return device(std::move(state));
}

device::device(std::unique_ptr<state> state) : state_(std::move(state)) {}
device::device(device&&) noexcept = default;
device& device::operator=(device&&) noexcept = default;
device::~device() = default;

const std::string& device::where() const noexcept {
    return state_->where;
}

// ---- Names

result<std::uint64_t> device::bind(pattern_view pattern, role role, const bind_options& options) {
    auto argument = sized<autobus_bind>();
    argument.flags = (options.values ? AUTOBUS_BIND_VALUES : 0) |
                     (options.each ? AUTOBUS_BIND_EACH : 0) |
                     (options.yielding ? AUTOBUS_BIND_YIELDING : 0);
    argument.pattern = as_number(pattern.str().data());
    argument.pattern_size = static_cast<std::uint32_t>(pattern.str().size());
    argument.role = static_cast<std::uint32_t>(role);
    argument.cookie = options.cookie;
    if (const int failed = state_->file->ioctl(AUTOBUS_IOC_BIND, &argument); failed != 0) {
        return explain(operation::bind, -failed,
                       "bind as " + std::string(to_string(role)) + " to " +
                           std::string(pattern.str()));
    }
    return argument.binding;
}

result<void> device::unbind(pattern_view pattern, role role, bool drain) {
    auto argument = sized<autobus_unbind>();
    argument.flags = drain ? AUTOBUS_UNBIND_DRAIN : 0;
    argument.pattern = as_number(pattern.str().data());
    argument.pattern_size = static_cast<std::uint32_t>(pattern.str().size());
    argument.role = static_cast<std::uint32_t>(role);
    if (const int failed = state_->file->ioctl(AUTOBUS_IOC_UNBIND, &argument); failed != 0) {
        return explain(operation::unbind, -failed,
                       "unbind as " + std::string(to_string(role)) + " from " +
                           std::string(pattern.str()));
    }
    return {};
}

// ---- Sending

result<std::uint64_t> device::send(const draft& draft, wait_limit limit) {
    std::string record;
    if (auto encoded = encode(draft, record); !encoded) {
        return encoded.error();
    }
    auto transfer = sized<autobus_transfer>();
    set_wait(transfer, limit);
    transfer.in = as_number(record.data());
    transfer.in_size = record.size();
    if (const int failed = state_->file->ioctl(AUTOBUS_IOC_SEND, &transfer); failed != 0) {
        return explain(operation_of(draft.type), -failed, describe(draft));
    }
    return transfer.serial;
}

result<batch_result> device::send_batch(const batch& batch, wait_limit limit) {
    batch_result done;
    done.serials.resize(batch.count());
    auto transfer = sized<autobus_transfer>();
    set_wait(transfer, limit);
    transfer.in = as_number(batch.bytes().data());
    transfer.in_size = batch.bytes().size();
    transfer.out = as_number(done.serials.data());
    transfer.out_size = done.serials.size() * sizeof(std::uint64_t);
    if (batch.empty()) {
        done.complete = true;
        return done;
    }
    if (const int failed = state_->file->ioctl(AUTOBUS_IOC_SEND, &transfer); failed != 0) {
        return explain(operation::announce, -failed, "send a batch");
    }
    done.complete = transfer.sent == batch.count();
    done.serials.resize(transfer.sent);
    return done;
}

result<std::uint64_t> device::announce(name_view name, std::string_view data,
                                       const send_options& options) {
    draft made = with_options(options);
    made.type = message_type::announcement;
    made.name = name;
    made.data = data;
    return send(made, options.limit);
}

result<std::uint64_t> device::request(name_view name, std::string_view data,
                                      const send_options& options) {
    draft made = with_options(options);
    made.type = message_type::request;
    made.name = name;
    made.data = data;
    return send(made, options.limit);
}

result<std::uint64_t> device::reply(const message_view& request, std::string_view data,
                                    const send_options& options) {
    return reply(request.serial(), data, options);
}

result<std::uint64_t> device::reply(std::uint64_t request_serial, std::string_view data,
                                    const send_options& options) {
    draft made = with_options(options);
    made.type = message_type::reply;
    made.in_reply_to = request_serial;
    made.data = data;
    return send(made, options.limit);
}

result<std::uint64_t> device::send_direct(const address& to, name_view name, std::string_view data,
                                          const send_options& options) {
    draft made = with_options(options);
    made.type = message_type::direct;
    made.to = to;
    made.name = name;
    made.data = data;
    return send(made, options.limit);
}

// ---- Other endpoints

namespace {

autobus_watch watch_argument(const address& endpoint, std::uint32_t flags, std::uint64_t cookie) {
    auto argument = sized<autobus_watch>();
    argument.flags = flags;
    argument.endpoint = {endpoint.bus, endpoint.endpoint};
    argument.cookie = cookie;
    return argument;
}

} // namespace

result<void> device::watch(const address& endpoint, std::uint64_t cookie) {
    auto argument = watch_argument(endpoint, 0, cookie);
    if (const int failed = state_->file->ioctl(AUTOBUS_IOC_WATCH, &argument); failed != 0) {
        return explain(operation::watch, -failed, "watch endpoint " + to_string(endpoint));
    }
    return {};
}

result<void> device::unwatch(const address& endpoint) {
    auto argument = watch_argument(endpoint, AUTOBUS_WATCH_REMOVE, 0);
    if (const int failed = state_->file->ioctl(AUTOBUS_IOC_WATCH, &argument); failed != 0) {
        return explain(operation::unwatch, -failed, "unwatch endpoint " + to_string(endpoint));
    }
    return {};
}

// ---- The bus

result<bus_info> device::info() const {
    auto raw = sized<autobus_info>();
    if (const int failed = state_->file->ioctl(AUTOBUS_IOC_INFO, &raw); failed != 0) {
        return explain(operation::describe, -failed, "ask " + state_->where + " about itself");
    }
    return bus_info{raw.abi_version, raw.features,  raw.bus,      raw.endpoint, raw.router,
                    raw.serial,      raw.endpoints, raw.bindings, raw.requests, raw.lost};
}

result<bus_limits> device::get_limits() const {
    auto raw = sized<autobus_limits>();
    if (const int failed = state_->file->ioctl(AUTOBUS_IOC_LIMITS, &raw); failed != 0) {
        return explain(operation::describe, -failed, "ask " + state_->where + " for its limits");
    }
    return limits_of(raw);
}

result<bus_limits> device::set_limits(const endpoint_limits& wanted) {
    auto raw = sized<autobus_limits>();
    raw.records = wanted.records;
    raw.bytes = wanted.bytes;
    raw.bindings = wanted.bindings;
    if (const int failed = state_->file->ioctl(AUTOBUS_IOC_LIMITS, &raw); failed != 0) {
        return explain(operation::limit, -failed, "set limits on " + state_->where);
    }
    return limits_of(raw);
}

// ---- The router

result<void> device::claim_router() {
    auto claim = sized<autobus_claim>();
    claim.flags = AUTOBUS_CLAIM_ROUTER;
    if (const int failed = state_->file->ioctl(AUTOBUS_IOC_CLAIM, &claim); failed != 0) {
        return explain(operation::claim, -failed, "become the router of " + state_->where);
    }
    return {};
}

result<std::uint64_t> device::send_status(std::uint64_t request_serial, status_kind kind,
                                          std::uint32_t code, reach reached) {
    draft made;
    made.type = message_type::status;
    made.name = status_name(kind);
    made.in_reply_to = request_serial;
    made.code = code;
    made.reached = reached;
    return send(made);
}

result<std::uint64_t> device::send_closed(const origin& remote, reach reached) {
    draft made;
    made.type = message_type::notice;
    made.name = AUTOBUS_NAME_CLOSED;
    made.code = static_cast<std::uint32_t>(notice_kind::closed);
    made.origin = remote;
    made.reached = reached;
    return send(made);
}

result<std::uint64_t> device::send_lost(const origin& remote, std::uint32_t lost) {
    draft made;
    made.type = message_type::mark;
    made.name = AUTOBUS_NAME_LOST;
    made.origin = remote;
    made.lost = lost;
    return send(made);
}

} // namespace autobus
