// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// Announcements, losses, requests and answers.

#include "limpet/bridge/implementation.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

namespace limpet {

using autobus::message_type;
using autobus::reach;
using autobus::status_kind;

// ---- Streams

// The children of a bus's stream that have some of these members, and which.
bridge::implementation::takers
bridge::implementation::takers_of(bus_id bus, const std::vector<bus_id>& wanted_by) const {
    takers found;
    for (const auto& [peer, state] : buses_.at(bus).children) {
        for (const bus_id member : wanted_by) {
            if (state.members.contains(member)) {
                found[peer].push_back(member);
            }
        }
    }
    return found;
}

// An announcement of our bus, or its copy of a request or a reply.
void bridge::implementation::export_record(const autobus::message_view& record) {
    const bool hidden = (record.header().flags & autobus::message_flags::private_) != 0;
    if (hidden || !crosses(record.name().str())) {
        return;
    }
    const takers to = takers_of(self_.bus, interest_.listeners(record.name().str()));
    if (to.empty()) {
        return;
    }
    if (record.data().size() > limits_.data) {
        export_loss(1);
        return;
    }
    announce_command command{
        incarnation_of(self_.bus), ++number_, {}, record.type(), content_of(record)};
    // The stream is our bus's: also a reply to somebody far away began here.
    ++counters.exported;
    relay(to, command);
}

void bridge::implementation::export_loss(std::uint64_t count) {
    relay_loss(self_.bus, ++number_, count);
}

// The origin says whom it's for: it may know of an interest by a shorter way than the limpets
// in between.
void bridge::implementation::relay(const takers& taken_by, const announce_command& command) {
    Json::Value json = to_json(command);
    const bus_id bus = command.of.bus;
    for (const auto& [peer, members] : taken_by) {
        child& to = buses_.at(bus).children.at(peer);
        tell_dropped(bus, peer, to);
        if (to.dropped.count > 0 || !has_room(peer)) {
            to.dropped.number = command.number;
            ++to.dropped.count;
            ++counters.dropped_full;
            continue;
        }
        to.told = command.number;
        put_members(json, members, peers_.at(peer).hello.bus);
        send(peer, json);
        counters.relayed += bus != self_.bus ? 1 : 0;
    }
}

void bridge::implementation::relay_loss(bus_id bus, std::uint64_t number, std::uint64_t count) {
    for (auto& [peer, to] : buses_.at(bus).children) {
        to.dropped.number = number;
        to.dropped.count += count;
        tell_dropped(bus, peer, to);
    }
}

void bridge::implementation::tell_dropped(bus_id bus, peer_id peer, child& to) {
    if (to.dropped.count == 0 || !has_room(peer)) {
        return;
    }
    const auto count = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(to.dropped.count, std::numeric_limits<std::uint32_t>::max()));
    to.told = to.dropped.number;
    send(peer, to_json(lost_command{incarnation_of(bus), to.dropped.number, count}));
    to.dropped = {};
}

// Tells each child that it has all there is for it, so that a change of ways later doesn't look
// like a loss.
void bridge::implementation::advance(bus_id bus, bus_state& state) {
    const bool own = bus == self_.bus;
    const std::uint64_t last = own ? number_ : state.stream.last();
    for (auto& [peer, to] : state.children) {
        tell_dropped(bus, peer, to);
        if (to.told < last && to.dropped.count == 0 && (own || state.stream.settled())) {
            to.told = last;
            send(peer, to_json(stream_command{
                           stream_command::what::at, incarnation_of(bus), 0, {}, last, 0}));
        }
    }
}

void bridge::implementation::tell_lost(bus_id bus, std::uint64_t count) {
    if (count == 0) {
        return;
    }
    autobus::draft mark;
    mark.type = message_type::mark;
    mark.name = "$.Autobus.Lost";
    mark.origin = autobus::origin{bus, buses_.at(bus).endpoint, 0};
    mark.lost = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(count, std::numeric_limits<std::uint32_t>::max()));
    ++counters.told_lost;
    if (!bus_.send(mark)) {
        ++counters.bus_errors;
    }
}

void bridge::implementation::count_intake(intake result) {
    counters.refused_parent += result == intake::wrong_parent ? 1 : 0;
    counters.refused_number += result == intake::old_number ? 1 : 0;
    counters.refused_early += result == intake::not_settled ? 1 : 0;
}

verdict bridge::implementation::on_announce(peer_id peer, announce_command command) {
    const bus_id bus = command.of.bus;
    if (bus == self_.bus || !is_current(command.of)) {
        ++counters.refused_parent;
        return {};
    }
    const intake result = buses_[bus].stream.take(peer, command.number);
    if (result != intake::taken) {
        count_intake(result);
        return {};
    }
    if (interest_.listens(self_.bus, command.content.name)) {
        ++counters.imported;
        if (!bus_.send(draft_for_listeners(command.content, command.type))) {
            ++counters.bus_errors;
            tell_lost(bus, 1);
        }
    }
    if (!command.members.empty()) {
        relay(takers_of(bus, command.members), command);
    }
    return {};
}

verdict bridge::implementation::on_lost(peer_id peer, lost_command command) {
    const bus_id bus = command.of.bus;
    if (bus == self_.bus || !is_current(command.of)) {
        ++counters.refused_parent;
        return {};
    }
    const intake result = buses_[bus].stream.take(peer, command.number);
    if (result != intake::taken) {
        count_intake(result);
        return {};
    }
    tell_lost(bus, command.count);
    relay_loss(bus, command.number, command.count);
    return {};
}

// ---- Requests

// A request of our bus that we were handed, because its best replier is elsewhere, or because it's
// addressed there.
void bridge::implementation::ask_elsewhere(const autobus::message_view& record) {
    const asker from{0, record.serial(),
                     (record.header().flags & autobus::message_flags::private_) != 0};
    const std::string_view name = record.name().str();
    request_command command;
    command.hidden = from.hidden;
    if (!crosses(name)) {
        return refuse(from, EADDRNOTAVAIL);
    }
    if (record.data().size() > limits_.data) {
        return refuse(from, EMSGSIZE);
    }
    if (record.to().bus != 0 && record.to().bus != self_.bus) {
        command.target = record.to().bus;
        command.to = record.to().endpoint;
    } else {
        const auto other = [this](bus_id bus) { return bus != self_.bus; };
        const auto near = [this](bus_id bus) { return routes_.reaches(bus); };
        const auto best = interest_.best_replier(name, near);
        if (!best) {
            // It went while the request waited for us: its way, or the replier itself?
            return interest_.best_replier(name, other) ? unreachable(from, reach::no)
                                                       : refuse(from, EADDRNOTAVAIL);
        }
        command.target = *best;
    }
    command.content = content_of(record);
    ++counters.requests_out;
    pass_on(from, std::move(command));
}

void bridge::implementation::pass_on(const asker& from, request_command command) {
    const route* best = routes_.best(command.target);
    command.way.push_back(self_.bus);
    if (best == nullptr || names(command.way, best->way.front()) ||
        command.way.size() >= path_max) {
        return unreachable(from, reach::no);
    }
    if (!has_room(best->via) || requests_.sent(best->via) >= limits_.requests) {
        return refuse(from, EBUSY);
    }
    command.id = requests_.send(best->via, from);
    send(best->via, to_json(command));
}

verdict bridge::implementation::on_request(peer_id peer, request_command command) {
    if (command.way.back() != peers_.at(peer).hello.bus) {
        return {verdict::violation, "request: \"path\" must end with the sender's bus"};
    }
    if (!requests_.receive(peer, command.id)) {
        return {verdict::violation, "request: \"id\" isn't above those before"};
    }
    const asker from{peer, command.id, command.hidden};
    if (requests_.received(peer) > limits_.requests) {
        refuse(from, EBUSY);
    } else if (names(command.way, self_.bus)) {
        unreachable(from, reach::no);
    } else if (command.target == self_.bus) {
        deliver(from, command);
    } else {
        pass_on(from, std::move(command));
    }
    return {};
}

void bridge::implementation::deliver(const asker& from, const request_command& command) {
    autobus::draft draft = draft_of_request(command.content);
    draft.private_ = command.hidden;
    draft.to.endpoint = command.to;
    const auto serial = bus_.send(draft);
    if (!serial) {
        return refuse(from, serial.error().code());
    }
    ++counters.requests_in;
    requests_.deliver(serial.value(), from);
}

// ---- Answers

verdict bridge::implementation::on_answer(peer_id peer, answer_command command) {
    const auto from = requests_.finish_sent(peer, command.id);
    if (!from) {
        return {verdict::violation, "answer: no request \"id\" waits for one"};
    }
    answer(*from, std::move(command));
    return {};
}

// Our bus answers a request that we brought.
void bridge::implementation::on_answer_here(const autobus::message_view& record) {
    const auto from = requests_.finish_delivered(record.in_reply_to());
    if (!from) {
        return;
    }
    answer_command command;
    command.status = autobus::status_of(record);
    command.code = record.code();
    command.reached = record.reached();
    if (record.type() == message_type::reply) {
        if (!from->hidden) {
            export_record(record);
        }
        if (record.data().size() > limits_.data) {
            return refuse(*from, EMSGSIZE);
        }
        command.content = content_of(record);
    }
    answer(*from, std::move(command));
}

void bridge::implementation::answer(const asker& to, answer_command command) {
    if (to.peer == 0) {
        return answer_here(to.number, command);
    }
    if (!requests_.finish_received(to.peer, to.number)) {
        ++counters.answers_late;
        return;
    }
    command.id = to.number;
    send(to.peer, to_json(command));
}

void bridge::implementation::answer_here(std::uint64_t serial, const answer_command& command) {
    autobus::draft draft;
    if (command.status) {
        draft.type = message_type::status;
        draft.name = autobus::status_name(*command.status);
        draft.in_reply_to = serial;
        draft.code = command.code;
        draft.reached = command.reached;
    } else {
        draft = draft_of_reply(command.content, serial);
    }
    const auto done = bus_.send(draft);
    if (done) {
        return;
    }
    const int code = done.error().code();
    const bool gone = code == ECONNREFUSED || code == ETIMEDOUT || code == EADDRNOTAVAIL;
    if (gone || command.status) {
        // The requester closed, or its own bus has answered it.
        ++counters.bus_errors;
        return;
    }
    refuse({0, serial, false}, code); // the reply can't be given here, so that is the answer
}

void bridge::implementation::refuse(const asker& to, int code) {
    answer_command command;
    command.status = status_kind::refused;
    command.code = static_cast<std::uint32_t>(code);
    answer(to, std::move(command));
}

void bridge::implementation::unreachable(const asker& to, reach reached) {
    answer_command command;
    command.status = status_kind::unreachable;
    command.reached = reached;
    answer(to, std::move(command));
}

} // namespace limpet
