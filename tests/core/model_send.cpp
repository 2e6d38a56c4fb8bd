// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "model.hpp"

#include "naive.hpp"

namespace test {

int model::refuse(std::uint64_t number, std::uint64_t full, const message& what) {
    if (!(what.head.flags & AUTOBUS_WAIT)) {
        return -EBUSY;
    }
    if (full == number) {
        return -EDEADLK;
    }
    endpoints_.at(number).refused_by = full;
    return -EAGAIN;
}

/// The sender's policy for full listeners. A request also has a slot at its replier, and one for
/// its answer.
int model::check(std::uint64_t number, const message& what, found& all, std::uint64_t bytes,
                 std::uint64_t replier) {
    if (!(what.head.flags & (AUTOBUS_WAIT | AUTOBUS_FAIL))) {
        return 0;
    }
    std::map<std::uint64_t, std::uint64_t> copies;
    for (const auto& one : all.copies) {
        copies[one.number]++;
    }
    for (const auto& one : all.copies) {
        const auto more = replier ? (one.number == number) + (one.number == replier) : 0u;
        if (!has_room(one.number, bytes, copies[one.number], more)) {
            return refuse(number, one.number, what);
        }
    }
    all.sure = true;
    return 0;
}

std::int64_t model::send_to_listeners(std::uint64_t number, const message& what) {
    auto all = look_up(what.name, true, what.head.flags & AUTOBUS_REMOTE ? router_ : 0, 0, 0);
    if (int r = check(number, what, all, what.name.size() + what.data.size())) {
        return r;
    }
    auto accepted = made(what);
    stamp(accepted, number, endpoints_.at(number).mode.uid);
    push_copies(all, accepted);
    return accepted.head.serial;
}

int model::far_or_near(std::uint64_t number, const message& what, const found& all,
                       std::uint64_t& target) const {
    const auto& to = what.head.to;
    if (to.bus && to.bus != bus_) {
        target = router_;
        return !router_ || router_ == number ? -EHOSTUNREACH : 0;
    }
    if (!all.replier) {
        return -EADDRNOTAVAIL;
    }
    target = all.replier->number;
    return to.endpoint && to.endpoint != target ? -EPIPE : 0;
}

std::int64_t model::send_request(std::uint64_t number, const message& what) {
    const auto flags = what.head.flags;
    const auto bytes = what.name.size() + what.data.size();
    const bool listeners = !(flags & (AUTOBUS_PRIVATE | AUTOBUS_ALONE));
    const auto not_listener = flags & AUTOBUS_REMOTE ? router_ : 0;
    const auto not_replier = flags & AUTOBUS_ALONE ? router_ : 0;
    auto& at = endpoints_.at(number);
    if (!has_slots(number, 1) || at.bytes() > at.bytes_limit) {
        return -ENOLCK;
    }
    std::uint64_t target = 0;
    auto all = look_up(what.name, listeners, not_listener, not_replier, 0);
    if (int r = far_or_near(number, what, all, target)) {
        return r;
    }
    all = look_up(what.name, listeners, not_listener, not_replier, target);
    if (!has_room(target, bytes, 1, target == number)) {
        return refuse(number, target, what);
    }
    if (int r = check(number, what, all, bytes, target)) {
        return r;
    }
    auto accepted = made(what);
    if (accepted.head.to.endpoint && !accepted.head.to.bus) {
        accepted.head.to.bus = bus_;
    }
    stamp(accepted, number, at.mode.uid);
    const auto serial = accepted.head.serial;
    const auto* through = all.replier && all.replier->number == target ? all.replier : nullptr;
    push(target, accepted, AUTOBUS_OWED, through ? through->cookie : 0, serial);
    asked_[serial] = {number, target, through ? through->id : 0, false, accepted};
    push_copies(all, accepted);
    return serial;
}

/// The open request's serial, or the error.
std::int64_t model::find_asked(std::uint64_t number, const message& what) const {
    const auto& to = what.head.to;
    const auto it = asked_.find(what.head.in_reply_to);
    if (it == asked_.end()) {
        return to.endpoint && !endpoints_.count(to.endpoint) ? -EADDRNOTAVAIL : -ECONNREFUSED;
    }
    const auto& one = it->second;
    if (one.replier != number || !one.handed ||
        (to.endpoint && (to.endpoint != one.requester || (to.bus && to.bus != bus_)))) {
        return -ECONNREFUSED;
    }
    return it->first;
}

std::int64_t model::send_reply(std::uint64_t number, const message& what) {
    const auto asked_serial = find_asked(number, what);
    if (asked_serial < 0) {
        return asked_serial;
    }
    const auto one = asked_.at(asked_serial);
    if (!what.name.empty() && what.name != one.what.name) {
        return -ECONNREFUSED;
    }
    auto accepted = made(what);
    accepted.name = one.what.name;
    const bool listeners =
        !(what.head.flags & AUTOBUS_ALONE) && !(one.what.head.flags & AUTOBUS_PRIVATE);
    auto all = look_up(accepted.name, listeners, what.head.flags & AUTOBUS_REMOTE ? router_ : 0,
                       0, one.requester);
    if (int r = check(number, what, all, accepted.name.size() + accepted.data.size())) {
        return r;
    }
    accepted.head.to = {bus_, one.requester};
    stamp(accepted, number, endpoints_.at(number).mode.uid);
    asked_.erase(asked_serial);
    push(one.requester, accepted, AUTOBUS_ANSWER, 0);
    push_copies(all, accepted);
    return accepted.head.serial;
}

std::int64_t model::send_status(std::uint64_t number, const message& what) {
    const auto asked_serial = find_asked(number, what);
    if (asked_serial < 0) {
        return asked_serial;
    }
    end_request(asked_serial, what.name.c_str(), what.head.code, what.head.reached);
    return serial_;
}

std::int64_t model::send_direct(std::uint64_t number, const message& what) {
    const auto& to = what.head.to;
    const bool far = to.bus && to.bus != bus_;
    const auto target = far ? router_ : to.endpoint;
    if (far && (!router_ || router_ == number)) {
        return -EHOSTUNREACH;
    }
    if (!endpoints_.count(target) || !endpoints_.at(target).mode.may_read) {
        return -ENXIO;
    }
    if (!has_room(target, what.name.size() + what.data.size())) {
        return refuse(number, target, what);
    }
    auto accepted = made(what);
    accepted.head.to.bus = far ? to.bus : bus_;
    stamp(accepted, number, endpoints_.at(number).mode.uid);
    push(target, accepted, 0, 0);
    return accepted.head.serial;
}

std::int64_t model::send_lost(std::uint64_t number, const message& what) {
    std::set<std::uint64_t> listeners;
    for (const auto& [id, one] : bindings_) {
        if (one.role == AUTOBUS_LISTENER && one.number != number) {
            listeners.insert(one.number);
        }
    }
    for (auto one : listeners) {
        lose(one, what.head.lost);
    }
    return serial_;
}

std::int64_t model::send(std::uint64_t number, const message& what) {
    auto& at = endpoints_.at(number);
    const auto& head = what.head;
    const bool copy = head.flags & AUTOBUS_COPY;
    const bool of_router = head.origin.bus || (head.flags & AUTOBUS_FLAGS_ROUTER) ||
                           head.type == AUTOBUS_STATUS || head.type == AUTOBUS_NOTICE ||
                           head.type == AUTOBUS_MARK;
    if (!at.mode.may_write) {
        return -EBADF;
    }
    if (of_router && router_ != number) {
        return -EPERM;
    }
    if (!of_router && !what.name.empty() && split(what.name)[0] == "Autobus") {
        return -EPERM;
    }
    if (head.type == AUTOBUS_REQUEST && !copy && !at.mode.may_read) {
        return -EBADF;
    }
    at.refused_by = 0;
    if (copy) {
        return send_to_listeners(number, what);
    }
    switch (head.type) {
    case AUTOBUS_REQUEST:
        return send_request(number, what);
    case AUTOBUS_REPLY:
        return send_reply(number, what);
    case AUTOBUS_STATUS:
        return send_status(number, what);
    case AUTOBUS_DIRECT:
        return send_direct(number, what);
    case AUTOBUS_MARK:
        return send_lost(number, what);
    case AUTOBUS_NOTICE:
        if (head.code == AUTOBUS_NOTICE_CLOSED) {
            fire_all({head.origin.bus, head.origin.endpoint}, head.reached);
            return serial_;
        }
        [[fallthrough]];
    default:
        return send_to_listeners(number, what);
    }
}

} // namespace test
