// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/bridge/bridge.hpp"

#include "limpet/bridge/implementation.hpp"
#include "limpet/protocol/json.hpp"

#include <utility>

namespace limpet {

using autobus::message_type;
using autobus::role;

namespace {

// Both are needed: '*' is one word or more, and a pattern of wildcards alone has no literal words.
constexpr autobus::pattern_view bound_patterns[] = {"$.Autobus.Bound", "$.Autobus.Bound.*"};
constexpr autobus::pattern_view unbound_patterns[] = {"$.Autobus.Unbound", "$.Autobus.Unbound.*"};

} // namespace

bridge::implementation::implementation(const bridge_identity& self, const bridge_limits& limits,
                                       bus_port& bus, peer_port& peers)
    : self_{self}, limits_{limits}, bus_{bus}, port_{peers}, census_{self.endpoint},
      routes_{self.bus}, mirror_{bus}, turn_{self.endpoint << 32} {
    bus_state& own = buses_[self.bus];
    own.endpoint = self.endpoint;
    own.interest_known = true;
}

// ---- Our bus

autobus::result<void> bridge::implementation::start() {
    for (const auto& pattern : unbound_patterns) {
        if (const auto done = bus_.bind(pattern, role::listener, {}); !done) {
            return done.error();
        }
    }
    return count_anew();
}

autobus::result<void> bridge::implementation::count_anew() {
    autobus::bind_options options;
    options.values = true;
    census_.count_anew(std::size(bound_patterns));
    for (const auto& pattern : bound_patterns) {
        (void)bus_.unbind(pattern, role::listener, false);
        if (const auto done = bus_.bind(pattern, role::listener, options); !done) {
            return done.error();
        }
    }
    return {};
}

void bridge::implementation::take_changes(const std::vector<census::change>& changes) {
    bus_state& own = buses_[self_.bus];
    for (const auto& [added, what] : changes) {
        (void)apply(self_.bus, what, added);
        interest_command command{incarnation_of(self_.bus), ++own.version, false, false, {}, {}};
        (added ? command.added : command.removed).push_back(what);
        flood(0, command);
    }
}

void bridge::implementation::on_notice(const autobus::message_view& record) {
    if (const auto info = autobus::bound_info_of(record)) {
        take_changes(census_.notice(info.value()));
    }
}

void bridge::implementation::on_record(const autobus::message_view& record) {
    const bool ours = record.from() == self_.endpoint || record.is_remote();
    if (record.lost() > 0) {
        // Notices may have been among them.
        export_loss(record.lost());
        count_again_ = true;
    }
    switch (record.type()) {
    case message_type::announcement:
        if (!ours) {
            export_record(record);
        }
        break;
    case message_type::request:
        if (!ours) {
            export_record(record);
        }
        if (record.is_owed()) {
            ask_elsewhere(record);
        }
        break;
    case message_type::reply:
    case message_type::status:
        if (record.is_answer()) {
            on_answer_here(record);
        } else if (!ours && record.type() == message_type::reply) {
            export_record(record);
        }
        break;
    case message_type::notice:
        on_notice(record);
        break;
    case message_type::mark:
        if (record.name() == autobus::name_view("$.Autobus.Synced")) {
            take_changes(census_.synced());
        }
        break;
    case message_type::direct:
        break; // not carried in this version of the protocol
    }
    if (count_again_ && census_.complete()) {
        count_again_ = !count_anew().has_value();
    }
}

// ---- Peers

bool bridge::implementation::is_up(peer_id peer) const {
    const auto found = peers_.find(peer);
    return found != peers_.end() && !found->second.leaving;
}

void bridge::implementation::hang_up(peer_id peer, const std::string& reason) {
    peers_.at(peer).leaving = true;
    port_.hang_up(peer, reason);
}

void bridge::implementation::send(peer_id peer, const Json::Value& command) {
    if (!is_up(peer)) {
        return;
    }
    port_.send(peer, command);
    if (port_.queued(peer) > limits_.queued_hard) {
        hang_up(peer, "it hasn't read for too long: " + std::to_string(port_.queued(peer)) +
                          " bytes wait for it");
    }
}

bool bridge::implementation::has_room(peer_id peer) const {
    return port_.queued(peer) < limits_.queued_soft;
}

void bridge::implementation::peer_up(peer_id peer, const peer_hello& hello) {
    const incarnation of{hello.bus, hello.endpoint};
    peers_[peer].hello = hello;
    if (const verdict met = meet(of); met.what != verdict::done) {
        hang_up(peer, met.text);
        return;
    }
    if (!is_current(of)) {
        hang_up(peer, "a later limpet of bus " + to_hex(hello.bus) + " is known");
        return;
    }
    for (const auto& [bus, state] : buses_) {
        tell_route(peer, bus);
        if (!peers_[peer].routes.contains(bus)) {
            tell_interest(peer, bus); // it may hear of changes by other ways
        }
    }
}

void bridge::implementation::peer_down(peer_id peer) {
    if (peers_.erase(peer) == 0) {
        return;
    }
    for (const asker& from : requests_.drop(peer)) {
        unreachable(from, autobus::reach::unknown);
    }
    for (auto& [bus, state] : buses_) {
        drop_child(bus, peer);
    }
    for (const bus_id bus : routes_.drop(peer)) {
        route_changed(bus);
    }
}

template <class Command>
verdict bridge::implementation::handle(peer_id peer, parsed<Command> command,
                                       handler<Command> take) {
    if (!command) {
        return {verdict::violation, command.why()};
    }
    return (this->*take)(peer, std::move(*command));
}

verdict bridge::implementation::on_peer_command(peer_id peer, const Json::Value& command) {
    if (!is_up(peer)) {
        return {};
    }
    const std::string word = string_in(command, "_command").value_or("");
    if (word == "announce") {
        return handle(peer, announce_from(command, limits_.data), &implementation::on_announce);
    }
    if (word == "request") {
        return handle(peer, request_from(command, limits_.data), &implementation::on_request);
    }
    if (word == "answer") {
        return handle(peer, answer_from(command, limits_.data), &implementation::on_answer);
    }
    if (word == "lost") {
        return handle(peer, lost_from(command), &implementation::on_lost);
    }
    if (word == "interest") {
        return handle(peer, interest_from(command), &implementation::on_interest);
    }
    if (word == "route") {
        return handle(peer, route_from(command), &implementation::on_route);
    }
    if (word == "join" || word == "leave" || word == "joined" || word == "rejoin" || word == "at") {
        return handle(peer, stream_from(command), &implementation::on_stream);
    }
    return {verdict::unknown, "there is no command \"" + word + "\""};
}

void bridge::implementation::tick(instant now) {
    mirror_.retry();
    for (auto& [bus, state] : buses_) {
        advance(bus, state);
    }
    forget_lost_buses(now);
}

Json::Value bridge::implementation::state() const {
    Json::Value buses{Json::arrayValue};
    for (const auto& [bus, known] : buses_) {
        Json::Value item{Json::objectValue};
        item["bus"] = to_hex(bus);
        item["endpoint"] = to_decimal(known.endpoint);
        item["path"] = Json::Value{Json::arrayValue};
        if (const route* best = routes_.best(bus)) {
            for (const bus_id each : best->way) {
                item["path"].append(to_hex(each));
            }
        }
        item["reachable"] = bus == self_.bus || routes_.reaches(bus);
        item["listen"] = Json::Value{Json::arrayValue};
        item["reply"] = Json::Value{Json::arrayValue};
        for (const auto& [as, pattern] : interest_.of(bus)) {
            item[as == role::listener ? "listen" : "reply"].append(pattern);
        }
        item["number"] = to_decimal(bus == self_.bus ? number_ : known.stream.last());
        item["settled"] = bus == self_.bus || known.stream.settled();
        buses.append(std::move(item));
    }
    Json::Value peers{Json::arrayValue};
    for (const auto& [peer, known] : peers_) {
        Json::Value item{Json::objectValue};
        item["bus"] = to_hex(known.hello.bus);
        item["endpoint"] = to_decimal(known.hello.endpoint);
        item["queued"] = Json::UInt64{port_.queued(peer)};
        item["requests_sent"] = Json::UInt64{requests_.sent(peer)};
        item["requests_received"] = Json::UInt64{requests_.received(peer)};
        peers.append(std::move(item));
    }
    Json::Value all{Json::objectValue};
    all["bus"] = to_hex(self_.bus);
    all["endpoint"] = to_decimal(self_.endpoint);
    all["buses"] = std::move(buses);
    all["peers"] = std::move(peers);
    all["unbound"] = Json::UInt64{mirror_.missing()};
    return all;
}

// ---- The shell

bridge::bridge(const bridge_identity& self, const bridge_limits& limits, bus_port& bus,
               peer_port& peers)
    : self_{std::make_unique<implementation>(self, limits, bus, peers)} {}

bridge::~bridge() = default;

autobus::result<void> bridge::start(instant) {
    return self_->start();
}

void bridge::on_record(const autobus::message_view& record, instant) {
    self_->on_record(record);
}

void bridge::peer_up(peer_id peer, const peer_hello& hello, instant) {
    self_->peer_up(peer, hello);
}

verdict bridge::on_peer_command(peer_id peer, const Json::Value& command, instant) {
    return self_->on_peer_command(peer, command);
}

void bridge::peer_down(peer_id peer, instant) {
    self_->peer_down(peer);
}

void bridge::tick(instant now) {
    self_->tick(now);
}

const bridge_counters& bridge::counters() const noexcept {
    return self_->counters;
}

Json::Value bridge::state() const {
    return self_->state();
}

link_choice choose_link(bus_id ours, bus_id theirs, const link_facts& old,
                        const link_facts& fresh) noexcept {
    if (fresh.peer_endpoint != old.peer_endpoint) {
        return fresh.peer_endpoint > old.peer_endpoint ? link_choice::keep_new
                                                       : link_choice::keep_old;
    }
    if (old.opened_here == fresh.opened_here) {
        return link_choice::keep_new;
    }
    const bool lower_opened = fresh.opened_here == (ours < theirs);
    return lower_opened ? link_choice::keep_new : link_choice::keep_old;
}

} // namespace limpet
