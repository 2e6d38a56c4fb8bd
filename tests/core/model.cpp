// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "model.hpp"

#include "naive.hpp"

namespace test {

std::uint64_t model::endpoint::bytes() const {
    std::uint64_t sum = 0;
    for (const auto* line : {&urgent, &ordinary}) {
        for (const auto& one : *line) {
            sum += one.bytes();
        }
    }
    return sum;
}

std::uint64_t model::reserved(std::uint64_t number) const {
    std::uint64_t n = endpoints_.at(number).watches.size();
    for (const auto& [serial, one] : asked_) {
        n += one.requester == number;
    }
    return n;
}

bool model::has_slots(std::uint64_t number, std::uint64_t n, std::uint64_t more) const {
    const auto& at = endpoints_.at(number);
    return at.queued() + reserved(number) + more + n <= at.limit;
}

bool model::has_room(std::uint64_t number, std::uint64_t bytes, std::uint64_t n,
                     std::uint64_t more) const {
    const auto& at = endpoints_.at(number);
    return has_slots(number, n, more) &&
           (!at.bytes() || at.bytes() + n * bytes <= at.bytes_limit);
}

void model::room_made(std::uint64_t number) {
    for (auto& [other, at] : endpoints_) {
        if (at.refused_by == number) {
            at.refused_by = 0;
        }
    }
}

void model::stamp(record& what, std::uint64_t from, std::uint32_t uid) {
    what.head.serial = ++serial_;
    what.head.from = from;
    what.head.sender.uid = uid;
    if (!(what.head.flags & AUTOBUS_REMOTE)) {
        what.head.origin = {bus_, from, serial_};
    }
}

record model::made(const message& what) const {
    return {what.head, what.name, what.data};
}

void model::push(std::uint64_t number, record what, std::uint32_t flags, std::uint64_t cookie,
                 std::uint64_t owed) {
    auto& at = endpoints_.at(number);
    const bool urgent = what.head.flags & AUTOBUS_URGENT;
    what.head.flags |= flags;
    what.head.cookie = cookie;
    entry one{std::move(what), 0, owed, false, "", 0, 0, 0};
    if (!urgent) {
        std::swap(one.lost, at.lost);
    }
    (urgent ? at.urgent : at.ordinary).push_back(std::move(one));
}

void model::lose(std::uint64_t number, std::uint32_t n) {
    endpoints_.at(number).lost += n;
    endpoints_.at(number).lost_total += n;
}

void model::push_copies(const found& all, const record& what) {
    const auto bytes = what.name.size() + what.data.size();
    for (const auto& one : all.copies) {
        if (all.sure || has_room(one.number, bytes)) {
            push(one.number, what, 0, one.cookie);
        } else {
            lose(one.number, 1);
        }
    }
}

model::found model::look_up(const std::string& name, bool listeners, std::uint64_t not_listener,
                            std::uint64_t not_replier, std::uint64_t has_it) const {
    found all;
    std::set<std::uint64_t> seen{has_it};
    std::vector<const binding*> matching;
    for (const auto& [id, one] : bindings_) {
        if (endpoints_.count(one.number) && naive_matches(one.pattern, name)) {
            matching.push_back(&one);
        }
    }
    std::stable_sort(matching.begin(), matching.end(), [](const auto* a, const auto* b) {
        if (a->pattern == b->pattern) {
            return (a->flags & AUTOBUS_BIND_YIELDING) < (b->flags & AUTOBUS_BIND_YIELDING);
        }
        return naive_precedes(a->pattern, b->pattern);
    });
    for (const auto* one : matching) {
        if (one->role == AUTOBUS_REPLIER) {
            if (!all.replier && one->number != not_replier) {
                all.replier = one;
            }
        } else if (listeners && one->number != not_listener &&
                   (!seen.count(one->number) || (one->flags & AUTOBUS_BIND_EACH))) {
            all.copies.push_back({one->number, one->cookie});
            seen.insert(one->number);
        }
    }
    return all;
}

void model::take_out(std::uint64_t number, std::uint64_t owed) {
    auto& at = endpoints_.at(number);
    const auto it_is = [owed](const entry& one) { return one.owed == owed; };
    std::erase_if(at.urgent, it_is);
    auto it = std::find_if(at.ordinary.begin(), at.ordinary.end(), it_is);
    if (it != at.ordinary.end()) {
        auto lost = it->lost;
        it = at.ordinary.erase(it);
        (it == at.ordinary.end() ? at.lost : it->lost) += lost;
    }
    room_made(number);
}

void model::end_request(std::uint64_t serial, const char* status, std::uint32_t code,
                        std::uint32_t reached) {
    const auto one = asked_.at(serial);
    record what;
    what.name = status;
    what.head.type = AUTOBUS_STATUS;
    what.head.code = code;
    what.head.reached = reached;
    what.head.in_reply_to = serial;
    what.head.to = {bus_, one.requester};
    stamp(what, 0, 0);
    asked_.erase(serial);
    if (!one.handed) {
        take_out(one.replier, serial);
    }
    push(one.requester, what, AUTOBUS_ANSWER, 0);
}

record model::notice(const char* stem, std::uint32_t code, const binding& of) {
    record what;
    what.head.type = AUTOBUS_NOTICE;
    what.head.code = code;
    what.name = stem;
    for (const auto& word : split(of.pattern)) {
        if (word != "%" && word != "*") {
            what.name += "." + word;
        }
    }
    autobus_bound data{};
    data.endpoint = of.number;
    data.binding = of.id;
    data.role = of.role;
    data.flags = of.flags & AUTOBUS_BIND_YIELDING;
    data.pattern_size = of.pattern.size();
    what.data = std::string(reinterpret_cast<const char*>(&data), sizeof(data)) + of.pattern;
    return what;
}

void model::end_binding(std::uint64_t id) {
    const auto ended = bindings_.at(id);
    bindings_.erase(id);
    if (split(ended.pattern)[0] != "Autobus") {
        auto what = notice(AUTOBUS_NAME_UNBOUND, AUTOBUS_NOTICE_UNBOUND, ended);
        stamp(what, 0, 0);
        push_copies(look_up(what.name, true, 0, 0, 0), what);
    }
    room_made(ended.number);
}

void model::fire(std::uint64_t number, const watch_of& watch, std::uint32_t reached) {
    record what;
    what.head.type = AUTOBUS_NOTICE;
    what.head.code = AUTOBUS_NOTICE_CLOSED;
    what.head.reached = reached;
    what.name = AUTOBUS_NAME_CLOSED;
    what.data = std::string(reinterpret_cast<const char*>(&watch.target), sizeof(watch.target));
    stamp(what, 0, 0);
    push(number, what, 0, watch.cookie);
}

/// {target.bus, 0}: of all buses but this one.
void model::fire_all(autobus_address target, std::uint32_t reached) {
    std::map<std::uint64_t, std::pair<std::uint64_t, watch_of>> by_age;
    for (auto& [number, at] : endpoints_) {
        std::erase_if(at.watches, [&, number = number](const watch_of& one) {
            const bool it_is = target.endpoint ? one.target.bus == target.bus &&
                                                     one.target.endpoint == target.endpoint
                                               : one.target.bus != bus_;
            if (it_is) {
                by_age.emplace(one.age, std::pair{number, one});
            }
            return it_is;
        });
    }
    for (const auto& [age, one] : by_age) {
        fire(one.first, one.second, reached);
    }
}

void model::open(std::uint64_t number, open_mode mode) {
    endpoints_[number].mode = mode;
}

void model::close(std::uint64_t number) {
    const bool was_router = router_ == number;
    room_made(number);
    for (const auto& [serial, one] : std::map(asked_)) {
        if (one.requester == number) {
            asked_.erase(serial);
            if (!one.handed) {
                take_out(one.replier, serial);
            }
        }
    }
    for (const auto& [serial, one] : std::map(asked_)) {
        if (one.replier != number) {
            continue;
        }
        if (was_router) {
            end_request(serial, AUTOBUS_NAME_UNREACHABLE, 0,
                        one.handed ? AUTOBUS_REACHED_UNKNOWN : AUTOBUS_REACHED_NO);
        } else {
            end_request(serial, one.handed ? AUTOBUS_NAME_IGNORED : AUTOBUS_NAME_GONE_AWAY, 0, 0);
        }
    }
    endpoints_.erase(number);
    for (const auto& [id, one] : std::map(bindings_)) {
        if (one.number == number) {
            end_binding(id);
        }
    }
    fire_all({bus_, number}, 0);
    if (was_router) {
        fire_all({0, 0}, AUTOBUS_REACHED_UNKNOWN);
        router_ = 0;
    }
}

int model::bind(std::uint64_t number, const std::string& pattern, std::uint32_t role,
                std::uint32_t flags, std::uint64_t cookie) {
    auto& at = endpoints_.at(number);
    const bool kernel = split(pattern)[0] == "Autobus";
    const bool replier = role == AUTOBUS_REPLIER;
    const bool yielding = flags & AUTOBUS_BIND_YIELDING;
    std::uint64_t own = 0;
    bool mine = false, taken = false;
    for (const auto& [id, one] : bindings_) {
        own += one.number == number;
        if (one.pattern == pattern && one.role == role) {
            mine |= one.number == number;
            taken |= !(one.flags & AUTOBUS_BIND_YIELDING);
        }
    }
    if (!at.mode.may_read || (replier && !at.mode.may_write)) {
        return -EBADF;
    }
    if ((replier && kernel) || (yielding && router_ != number)) {
        return -EPERM;
    }
    if (mine) {
        return -EEXIST;
    }
    if (replier && !yielding && taken) {
        return -EADDRINUSE;
    }
    if (own >= at.bindings_limit) {
        return -EDQUOT;
    }
    if ((flags & AUTOBUS_BIND_VALUES) && !has_slots(number, 1)) {
        return -ENOLCK;
    }
    binding made{serial_ + 1, number, pattern, role, flags, cookie, {}};
    if (kernel) {
        ++serial_;
    } else {
        made.bound = notice(AUTOBUS_NAME_BOUND, AUTOBUS_NOTICE_BOUND, made);
        stamp(made.bound, 0, 0);
    }
    bindings_.emplace(made.id, made);
    if (!kernel) {
        push_copies(look_up(made.bound.name, true, 0, 0, 0), made.bound);
    }
    if (flags & AUTOBUS_BIND_VALUES) {
        entry cursor{{}, 0, 0, true, pattern, 0, serial_, cookie};
        std::swap(cursor.lost, at.lost);
        at.ordinary.push_back(cursor);
    }
    return 0;
}

int model::unbind(std::uint64_t number, const std::string& pattern, std::uint32_t role,
                  bool drain) {
    for (const auto& [id, one] : bindings_) {
        if (one.number != number || one.pattern != pattern || one.role != role) {
            continue;
        }
        for (auto& [serial, asked] : std::map(asked_)) {
            if (asked.binding == id && drain) {
                asked_.at(serial).binding = 0;
            } else if (asked.binding == id) {
                end_request(serial, AUTOBUS_NAME_UNBOUND_REPLIER, 0, 0);
            }
        }
        end_binding(id);
        return 0;
    }
    return -EINVAL;
}

std::optional<record> model::read(std::uint64_t number) {
    auto& at = endpoints_.at(number);
    auto& line = at.urgent.empty() ? at.ordinary : at.urgent;
    record what;
    if (line.empty()) {
        if (!at.lost) {
            return std::nullopt;
        }
        what.head.type = AUTOBUS_MARK;
        what.name = AUTOBUS_NAME_LOST;
        std::swap(what.head.lost, at.lost);
        return what;
    }
    auto& first = line.front();
    const auto lost = std::exchange(first.lost, 0);
    if (first.is_cursor) {
        what.head.type = AUTOBUS_MARK;
        what.name = AUTOBUS_NAME_SYNCED;
        for (const auto& [id, one] : bindings_) {
            if (id > first.after && id <= first.last && !one.bound.name.empty() &&
                naive_matches(first.pattern, one.bound.name)) {
                first.after = id;
                what = one.bound;
                what.head.flags |= AUTOBUS_CURRENT;
                break;
            }
        }
        what.head.cookie = first.cookie;
    } else {
        what = first.what;
    }
    what.head.lost = lost;
    if (first.owed) {
        asked_.at(first.owed).handed = true;
        asked_.at(first.owed).binding = 0;
    }
    if (!(what.head.flags & AUTOBUS_CURRENT)) {
        line.pop_front();
    }
    room_made(number);
    return what;
}

int model::watch(std::uint64_t number, autobus_address target, std::uint64_t cookie) {
    auto& at = endpoints_.at(number);
    target.bus = target.bus ? target.bus : bus_;
    if (target.bus == bus_ ? !endpoints_.count(target.endpoint) : !router_) {
        return target.bus == bus_ ? -ENXIO : -EHOSTUNREACH;
    }
    for (const auto& one : at.watches) {
        if (one.target.bus == target.bus && one.target.endpoint == target.endpoint) {
            return -EEXIST;
        }
    }
    if (!has_slots(number, 1)) {
        return -ENOLCK;
    }
    at.watches.push_back({target, cookie, ++watches_});
    return 0;
}

int model::unwatch(std::uint64_t number, autobus_address target) {
    target.bus = target.bus ? target.bus : bus_;
    const auto n = std::erase_if(endpoints_.at(number).watches, [&](const watch_of& one) {
        return one.target.bus == target.bus && one.target.endpoint == target.endpoint;
    });
    if (n) {
        room_made(number);
    }
    return n ? 0 : -ENOENT;
}

int model::claim_router(std::uint64_t number) {
    const auto& mode = endpoints_.at(number).mode;
    if (!mode.privileged) {
        return -EPERM;
    }
    if (!mode.may_read || !mode.may_write) {
        return -EBADF;
    }
    if (router_) {
        return -EBUSY;
    }
    router_ = number;
    return 0;
}

int model::limit(std::uint64_t number, std::uint64_t records, std::uint64_t bytes,
                 std::uint64_t bindings) {
    auto& at = endpoints_.at(number);
    std::uint64_t own = 0;
    for (const auto& [id, one] : bindings_) {
        own += one.number == number;
    }
    if ((bindings && bindings < own) || (bytes && bytes < at.bytes()) ||
        (records && records < at.queued() + reserved(number))) {
        return -EBUSY;
    }
    at.limit = records ? records : at.limit;
    at.bytes_limit = bytes ? bytes : at.bytes_limit;
    at.bindings_limit = bindings ? bindings : at.bindings_limit;
    room_made(number);
    return 0;
}

bool model::can_write(std::uint64_t number) const {
    const auto& at = endpoints_.at(number);
    return at.mode.may_write && !at.refused_by;
}

bool model::can_read(std::uint64_t number) const {
    const auto& at = endpoints_.at(number);
    return at.mode.may_read && (at.queued() || at.lost);
}

std::string model::listed() const {
    std::ostringstream endpoints, bindings, requests;
    for (const auto& [number, at] : endpoints_) {
        std::uint64_t own = 0, asked = 0, owed = 0;
        const auto uid = at.mode.uid;
        for (const auto& [id, one] : bindings_) {
            if (one.number != number) {
                continue;
            }
            own++;
            bindings << "2 flags " << (one.flags & (AUTOBUS_BIND_YIELDING | AUTOBUS_BIND_EACH))
                     << " endpoint " << number << " id " << id
                     << " requester 0 bytes 0/0 lost 0 records 0+0/0 bindings 0 asked 0 owed 0 role "
                     << one.role << " uid " << uid << " " << one.pattern << "\n";
        }
        for (const auto& [serial, one] : asked_) {
            asked += one.requester == number;
            if (one.replier != number) {
                continue;
            }
            owed++;
            requests << "3 flags " << (one.handed ? AUTOBUS_ITEM_HANDED : 0) << " endpoint "
                     << number << " id " << serial << " requester " << one.requester
                     << " bytes 0/0 lost 0 records 0+0/0 bindings 0 asked 0 owed 0 role 0 uid "
                     << uid << " " << one.what.name << "\n";
        }
        endpoints << "1 flags " << (router_ == number ? AUTOBUS_ITEM_ROUTER : 0) << " endpoint "
                  << number << " id 0 requester 0 bytes " << at.bytes() << "/" << at.bytes_limit
                  << " lost " << at.lost_total << " records " << at.queued() << "+"
                  << reserved(number) << "/" << at.limit << " bindings " << own << " asked "
                  << asked << " owed " << owed << " role 0 uid " << uid << " \n";
    }
    return endpoints.str() + bindings.str() + requests.str();
}

} // namespace test
