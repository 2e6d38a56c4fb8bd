// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// Who is where: routes, interest, and who is in which stream.

#include "limpet/bridge/implementation.hpp"

#include "limpet/protocol/json.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace limpet {

using autobus::role;

namespace {

// A bus without a way is remembered for so long, with its interest and its number: so nothing of it
// arrives twice when it comes back.
constexpr duration memory_of_buses = std::chrono::minutes{10};

} // namespace

incarnation bridge::implementation::incarnation_of(bus_id bus) const {
    return {bus, buses_.at(bus).endpoint};
}

bool bridge::implementation::is_current(const incarnation& of) const {
    const auto found = buses_.find(of.bus);
    return found != buses_.end() && found->second.endpoint == of.endpoint;
}

verdict bridge::implementation::meet(const incarnation& of) {
    const auto found = buses_.find(of.bus);
    if (found == buses_.end()) {
        if (buses_.size() >= limits_.buses) {
            return {verdict::violation,
                    "more than " + std::to_string(limits_.buses) + " buses are known"};
        }
        buses_[of.bus].endpoint = of.endpoint;
    } else if (of.bus != self_.bus && of.endpoint > found->second.endpoint) {
        begin_anew(of.bus, of.endpoint);
    }
    return {};
}

void bridge::implementation::begin_anew(bus_id bus, std::uint64_t endpoint) {
    if (routes_.forget(bus)) {
        route_changed(bus);
    }
    for (auto& [other, state] : buses_) {
        for (auto& [peer, to] : state.children) {
            to.members.erase(bus);
        }
    }
    note_membership(bus);
    interest_.forget(bus);
    bus_state anew;
    anew.endpoint = endpoint;
    anew.served = buses_[bus].served;
    anew.interruptions = buses_[bus].interruptions;
    anew.reborn = buses_[bus].reborn || buses_[bus].stream.begun();
    buses_[bus] = std::move(anew);
    for (auto& [peer, state] : peers_) {
        state.full.erase(bus);
    }
}

void bridge::implementation::forget_lost_buses(instant now) {
    for (auto each = buses_.begin(); each != buses_.end();) {
        auto& [bus, state] = *each;
        if (bus == self_.bus || routes_.reaches(bus) || members_.contains(bus)) {
            state.unreachable.reset();
        } else if (!state.unreachable) {
            state.unreachable = now;
        } else if (now - *state.unreachable > memory_of_buses) {
            interest_.forget(bus);
            each = buses_.erase(each);
            continue;
        }
        ++each;
    }
}

// ---- Routes

verdict bridge::implementation::on_route(peer_id peer, route_command command) {
    const peer_hello& hello = peers_.at(peer).hello;
    if (!command.way.empty() && command.way.front() != hello.bus) {
        return {verdict::violation, "route: \"path\" must begin with the sender's bus"};
    }
    if (command.way.size() == 1 && command.of.endpoint != hello.endpoint) {
        return {verdict::violation, "route: \"endpoint\" isn't that of the hello"};
    }
    const bus_id bus = command.of.bus;
    if (bus == self_.bus) {
        return {};
    }
    if (const verdict met = meet(command.of); met.what != verdict::done) {
        return met;
    }
    if (!is_current(command.of)) {
        command.way.clear(); // of an earlier incarnation, which is gone
    }
    if (routes_.set(peer, bus, command.way)) {
        route_changed(bus);
    }
    return {};
}

// The parent of the stream is the peer of the best route.
void bridge::implementation::route_changed(bus_id bus) {
    const route* best = routes_.best(bus);
    const peer_id parent = best != nullptr ? best->via : 0;
    const peer_id old_parent = buses_[bus].stream.parent();
    if ((parent != 0) != (old_parent != 0)) {
        set_mirror(bus, role::replier, parent != 0);
    }
    for (const auto& [peer, state] : peers_) {
        tell_route(peer, bus);
    }
    if (parent != old_parent) {
        change_parent(bus, old_parent, parent);
    }
}

bool bridge::implementation::is_mirrored(bus_id bus, role as) const {
    return as == role::listener ? members_.contains(bus) : routes_.reaches(bus);
}

void bridge::implementation::set_mirror(bus_id bus, role as, bool wanted) {
    for (const wish& each : interest_.of(bus)) {
        if (each.first != as) {
            continue;
        }
        if (wanted) {
            mirror_.add(each);
        } else {
            mirror_.remove(each);
        }
    }
}

// A peer is told only of ways that it isn't on itself.
void bridge::implementation::tell_route(peer_id peer, bus_id bus) {
    peer_state& to = peers_.at(peer);
    route_command command{incarnation_of(bus), {}};
    const route* best = routes_.best(bus);
    if (bus == self_.bus) {
        command.way = {bus};
    } else if (best != nullptr && best->way.size() < path_max && !names(best->way, to.hello.bus)) {
        command.way = best->way;
        command.way.insert(command.way.begin(), self_.bus);
    }
    if (command.way.empty()) {
        if (to.routes.erase(bus) != 0) {
            send(peer, to_json(command));
        }
        return;
    }
    if (to.routes.insert(bus).second) {
        tell_interest(peer, bus);
    }
    send(peer, to_json(command));
}

// ---- Interest

bool bridge::implementation::apply(bus_id bus, const wish& wanted, bool added) {
    const bool changed = added ? interest_.add(bus, wanted) : interest_.remove(bus, wanted);
    if (changed && bus != self_.bus && is_mirrored(bus, wanted.first)) {
        if (added) {
            mirror_.add(wanted);
        } else {
            mirror_.remove(wanted);
        }
    }
    return changed;
}

void bridge::implementation::tell_interest(peer_id peer, bus_id bus) {
    const bus_state& known = buses_.at(bus);
    if (known.interest_known) {
        for (const auto& part :
             all_interest(incarnation_of(bus), known.version, interest_.of(bus))) {
            send(peer, to_json(part));
        }
    }
}

void bridge::implementation::flood(peer_id except, const interest_command& command) {
    const Json::Value json = to_json(command);
    for (const auto& [peer, state] : peers_) {
        if (peer != except && state.hello.bus != command.of.bus) {
            send(peer, json);
        }
    }
}

verdict bridge::implementation::on_interest(peer_id peer, interest_command command) {
    const bus_id bus = command.of.bus;
    if (bus == self_.bus) {
        return {};
    }
    if (const verdict met = meet(command.of); met.what != verdict::done) {
        return met;
    }
    if (!is_current(command.of)) {
        return {};
    }
    if (command.full) {
        return on_full_interest(peer, std::move(command));
    }
    bus_state& known = buses_[bus];
    if (!known.interest_known || command.version <= known.version) {
        return {};
    }
    if (command.version != known.version + 1) {
        return {verdict::violation, "interest: version " + to_decimal(command.version) +
                                        " after version " + to_decimal(known.version)};
    }
    if (interest_.of(bus).size() + command.added.size() > limits_.patterns) {
        return {verdict::violation, "interest: too many patterns"};
    }
    known.version = command.version;
    flood(peer, command);
    for (const wish& wanted : command.removed) {
        (void)apply(bus, wanted, false);
    }
    for (const wish& wanted : command.added) {
        (void)apply(bus, wanted, true);
    }
    return {};
}

verdict bridge::implementation::on_full_interest(peer_id peer, interest_command command) {
    const bus_id bus = command.of.bus;
    auto& collected = peers_.at(peer).full;
    std::vector<wish>& parts = collected[bus];
    parts.insert(parts.end(), command.added.begin(), command.added.end());
    if (parts.size() > limits_.patterns) {
        return {verdict::violation, "interest: too many patterns"};
    }
    if (command.more) {
        return {};
    }
    const wishes all(parts.begin(), parts.end());
    collected.erase(bus);
    bus_state& known = buses_[bus];
    if (known.interest_known && command.version <= known.version) {
        return {};
    }
    known.interest_known = true;
    known.version = command.version;
    for (const auto& part : all_interest(command.of, command.version, all)) {
        flood(peer, part);
    }
    const wishes before = interest_.of(bus);
    for (const wish& wanted : before) {
        if (!all.contains(wanted)) {
            (void)apply(bus, wanted, false);
        }
    }
    for (const wish& wanted : all) {
        (void)apply(bus, wanted, true);
    }
    return {};
}

// ---- Membership

verdict bridge::implementation::on_stream(peer_id peer, stream_command command) {
    using what = stream_command::what;
    if (!is_current(command.of)) {
        return {}; // of an incarnation that is gone, or that we have forgotten
    }
    if (command.is == what::join && command.way.back().bus != peers_.at(peer).hello.bus) {
        return {verdict::violation, "join: \"path\" must end with the sender's bus"};
    }
    switch (command.is) {
    case what::join:
        on_join(peer, command);
        break;
    case what::leave:
        on_leave(peer, command);
        break;
    case what::joined:
        on_joined(peer, command);
        break;
    case what::rejoin:
        on_rejoin(peer, command);
        break;
    case what::at:
        if (command.of.bus != self_.bus) {
            buses_[command.of.bus].stream.advance(peer, command.number);
        }
        break;
    }
    return {};
}

void bridge::implementation::on_join(peer_id peer, const stream_command& command) {
    const bus_id bus = command.of.bus;
    const bus_id member = command.way.front().bus;
    bus_state& known = buses_[bus];
    if (names(command.way, self_.bus)) {
        return; // it has gone in a circle while ways changed; who changes its way will join anew
    }
    for (const auto& [other, state] : known.children) {
        const auto before = state.members.find(member);
        if (before != state.members.end() && later(before->second, command.way)) {
            return;
        }
    }
    for (auto& [other, state] : known.children) {
        state.members.erase(member);
    }
    std::erase_if(known.children, [peer](const auto& each) {
        return each.first != peer && each.second.members.empty();
    });
    child& to = known.children[peer];
    to.members[member] = command.way;
    if (bus != self_.bus) {
        if (known.stream.parent() != peer) {
            send_join(bus, command.way);
        }
        return;
    }
    bus_state& asking = buses_[member];
    if (!members_.contains(member) && std::exchange(asking.served, true)) {
        ++asking.interruptions;
    }
    note_membership(member);
    to.told = number_;
    send(peer, to_json(stream_command{stream_command::what::joined, command.of, 0, command.way,
                                      number_, asking.interruptions}));
}

// Our bus is to hear what the members of its stream listen to.
void bridge::implementation::note_membership(bus_id member) {
    const auto& children = buses_.at(self_.bus).children;
    const bool is = std::any_of(children.begin(), children.end(), [member](const auto& each) {
        return each.second.members.contains(member);
    });
    if (is ? members_.insert(member).second : members_.erase(member) != 0) {
        set_mirror(member, role::listener, is);
    }
}

void bridge::implementation::send_join(bus_id bus, trail way) {
    const bus_state& known = buses_.at(bus);
    if (way.size() < path_max) {
        way.push_back({self_.bus, known.turn});
        send(known.stream.parent(),
             to_json(stream_command{stream_command::what::join, incarnation_of(bus), 0,
                                    std::move(way), 0, 0}));
    }
}

void bridge::implementation::send_leave(bus_id bus, bus_id member, peer_id to) {
    send(to, to_json(stream_command{
                 stream_command::what::leave, incarnation_of(bus), member, {}, 0, 0}));
}

void bridge::implementation::send_leaves(bus_id bus, bus_id member) {
    const auto gone = buses_[bus].to_leave.extract(member);
    if (!gone.empty()) {
        for (const peer_id peer : gone.mapped()) {
            send_leave(bus, member, peer);
        }
    }
}

void bridge::implementation::on_leave(peer_id peer, const stream_command& command) {
    const bus_id bus = command.of.bus;
    bus_state& known = buses_[bus];
    const auto found = known.children.find(peer);
    if (found == known.children.end() || found->second.members.erase(command.member) == 0) {
        return;
    }
    if (found->second.members.empty()) {
        known.children.erase(found);
    }
    if (bus == self_.bus) {
        note_membership(command.member);
        return;
    }
    send_leave(bus, command.member, known.stream.parent());
    send_leaves(bus, command.member);
}

// Comes back the way that the join went: each hop but the first passes it to the one before, if it
// hasn't turned since.
void bridge::implementation::on_joined(peer_id peer, const stream_command& command) {
    const bus_id bus = command.of.bus;
    bus_state& known = buses_[bus];
    const auto here = std::find(command.way.begin(), command.way.end(), hop{self_.bus, known.turn});
    if (bus == self_.bus || peer != known.stream.parent() || here == command.way.end()) {
        return;
    }
    const bus_id member = command.way.front().bus;
    send_leaves(bus, member);
    if (here == command.way.begin()) {
        std::uint64_t missing = known.stream.settle(command.number, command.interruptions);
        if (std::exchange(known.reborn, false)) {
            // What was sent while its limpet was away can't be counted; what it numbered, can.
            missing = std::max<std::uint64_t>(command.number, 1);
        }
        tell_lost(bus, missing);
        return;
    }
    for (auto& [to, state] : known.children) {
        if (state.members.contains(member)) {
            state.told = std::max(state.told, command.number);
            send(to, to_json(command));
        }
    }
}

void bridge::implementation::on_rejoin(peer_id peer, const stream_command& command) {
    bus_state& known = buses_[command.of.bus];
    if (command.of.bus != self_.bus && peer == known.stream.parent()) {
        known.stream.unsettle();
        unsettle_children(command.of.bus);
    }
}

void bridge::implementation::unsettle_children(bus_id bus) {
    for (const auto& [peer, state] : buses_.at(bus).children) {
        send(peer, to_json(stream_command{
                       stream_command::what::rejoin, incarnation_of(bus), 0, {}, 0, 0}));
    }
}

void bridge::implementation::take_from(bus_id bus, peer_id parent) {
    buses_.at(bus).stream.set_parent(parent);
    unsettle_children(bus);
}

void bridge::implementation::change_parent(bus_id bus, peer_id old_parent, peer_id parent) {
    bus_state& known = buses_[bus];
    known.turn = ++turn_;
    take_from(bus, parent);
    const auto move = [&](bus_id member, const trail& way, peer_id through) {
        std::set<peer_id>& leave = known.to_leave[member];
        if (is_up(old_parent)) {
            leave.insert(old_parent);
        }
        leave.erase(parent);
        if (parent != 0 && parent != through) {
            send_join(bus, way);
        }
    };
    move(self_.bus, {}, 0);
    for (const auto& [peer, state] : known.children) {
        for (const auto& [member, way] : state.members) {
            move(member, way, peer);
        }
    }
}

void bridge::implementation::drop_child(bus_id bus, peer_id peer) {
    bus_state& known = buses_[bus];
    const auto gone = known.children.extract(peer);
    if (gone.empty()) {
        return;
    }
    for (const auto& [member, way] : gone.mapped().members) {
        if (bus == self_.bus) {
            note_membership(member);
        } else {
            send_leave(bus, member, known.stream.parent());
            send_leaves(bus, member);
        }
    }
}

} // namespace limpet
