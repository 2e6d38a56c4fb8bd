// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// The bridge's inside; bridge.hpp has the contract. Its functions are in three files:
//   bridge.cpp    the doors: records, peers, commands, time
//   topology.cpp  who is where: routes, interest, membership of streams
//   traffic.cpp   announcements, losses, requests, answers
//
// What holds between two inputs:
//   - members of a bus's stream are at one peer each; the peer that the stream comes from is a
//     parent, the others with members are children
//   - what is bound on our bus (mirror) is what the members of our stream listen to and what the
//     buses within reach reply to
//   - a peer has been told all that we know of each bus's interest, and of its route after that

#include "limpet/bridge/bridge.hpp"
#include "limpet/bridge/census.hpp"
#include "limpet/bridge/mirror.hpp"
#include "limpet/bridge/request.hpp"
#include "limpet/bridge/stream.hpp"
#include "limpet/bridge/translate.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace limpet {

class bridge::implementation {
public:
    implementation(const bridge_identity& self, const bridge_limits& limits, bus_port& bus,
                   peer_port& peers);

    autobus::result<void> start();
    void on_record(const autobus::message_view& record);
    void peer_up(peer_id peer, const peer_hello& hello);
    verdict on_peer_command(peer_id peer, const Json::Value& command);
    void peer_down(peer_id peer);
    void tick(instant now);
    [[nodiscard]] Json::Value state() const;

    bridge_counters counters;

private:
    // Announcements that a full buffer kept from a peer.
    struct backlog {
        std::uint64_t number = 0; // of the last
        std::uint64_t count = 0;
    };

    struct child {
        std::map<bus_id, trail> members; // each with its way to us
        std::uint64_t told = 0;          // the highest number that it was told
        backlog dropped;
    };

    // What is known of a bus, ours too.
    struct bus_state {
        std::uint64_t endpoint = 0; // the highest known
        bool interest_known = false;
        std::uint64_t version = 0; // of its interest
        bool reborn = false;       // its limpet restarted, and its new stream hasn't begun here
        bool served = false;       // was a member of our stream once, maybe by an earlier limpet
        std::uint64_t interruptions = 0; // of that, since then
        limpet::stream stream;     // not of ours
        std::map<peer_id, child> children;
        std::uint64_t turn = 0; // in which its parent was chosen
        // Earlier parents that think that this member's way goes through them: told when it has
        // joined anew, not before, so that the origin knows it all the time.
        std::map<bus_id, std::set<peer_id>> to_leave;
        std::optional<instant> unreachable; // since when
    };

    struct peer_state {
        peer_hello hello;
        bool leaving = false;                     // hung up on
        std::set<bus_id> routes;                  // that it was told
        std::map<bus_id, std::vector<wish>> full; // interest of which more is to come
    };

    template <class Command>
    using handler = verdict (implementation::*)(peer_id, Command);

    // bridge.cpp
    autobus::result<void> count_anew();
    void take_changes(const std::vector<census::change>& changes);
    void on_notice(const autobus::message_view& record);
    void send(peer_id peer, const Json::Value& command);
    [[nodiscard]] bool has_room(peer_id peer) const;
    [[nodiscard]] bool is_up(peer_id peer) const;
    void hang_up(peer_id peer, const std::string& reason);
    template <class Command>
    verdict handle(peer_id peer, parsed<Command> command, handler<Command> take);

    // topology.cpp
    verdict on_route(peer_id peer, route_command command);
    verdict on_interest(peer_id peer, interest_command command);
    verdict on_full_interest(peer_id peer, interest_command command);
    verdict on_stream(peer_id peer, stream_command command);
    void on_join(peer_id peer, const stream_command& command);
    void on_leave(peer_id peer, const stream_command& command);
    void on_joined(peer_id peer, const stream_command& command);
    void on_rejoin(peer_id peer, const stream_command& command);
    [[nodiscard]] bool is_current(const incarnation& of) const;
    verdict meet(const incarnation& of); // learns of a bus, or of a later incarnation
    void forget_lost_buses(instant now);
    void begin_anew(bus_id bus, std::uint64_t endpoint);
    [[nodiscard]] bool apply(bus_id bus, const wish& wanted, bool added);
    void flood(peer_id except, const interest_command& command);
    void route_changed(bus_id bus);
    void change_parent(bus_id bus, peer_id old_parent, peer_id parent);
    void tell_route(peer_id peer, bus_id bus);
    void tell_interest(peer_id peer, bus_id bus);
    void send_join(bus_id bus, trail way);
    void send_leaves(bus_id bus, bus_id member);
    void send_leave(bus_id bus, bus_id member, peer_id to);
    void note_membership(bus_id member);
    void take_from(bus_id bus, peer_id parent);
    void unsettle_children(bus_id bus);
    void drop_child(bus_id bus, peer_id peer);
    void set_mirror(bus_id bus, autobus::role as, bool wanted);
    [[nodiscard]] bool is_mirrored(bus_id bus, autobus::role as) const;
    [[nodiscard]] incarnation incarnation_of(bus_id bus) const;

    // traffic.cpp
    void export_record(const autobus::message_view& record);
    void export_loss(std::uint64_t count);
    using takers = std::map<peer_id, std::vector<bus_id>>;
    [[nodiscard]] takers takers_of(bus_id bus, const std::vector<bus_id>& wanted_by) const;
    void relay(const takers& taken_by, const announce_command& command);
    void relay_loss(bus_id bus, std::uint64_t number, std::uint64_t count);
    void tell_dropped(bus_id bus, peer_id peer, child& to);
    void advance(bus_id bus, bus_state& state);
    void tell_lost(bus_id bus, std::uint64_t count);
    verdict on_announce(peer_id peer, announce_command command);
    verdict on_lost(peer_id peer, lost_command command);
    void count_intake(intake result);
    void ask_elsewhere(const autobus::message_view& record);
    void pass_on(const asker& from, request_command command);
    void deliver(const asker& from, const request_command& command);
    verdict on_request(peer_id peer, request_command command);
    verdict on_answer(peer_id peer, answer_command command);
    void on_answer_here(const autobus::message_view& record);
    void answer(const asker& to, answer_command command);
    void answer_here(std::uint64_t serial, const answer_command& command);
    void refuse(const asker& to, int code);
    void unreachable(const asker& to, autobus::reach reached);

    bridge_identity self_;
    bridge_limits limits_;
    bus_port& bus_;
    peer_port& port_;
    census census_;
    interest_table interest_;
    route_table routes_;
    mirror mirror_;
    request_table requests_;
    std::uint64_t number_ = 0; // of our last export
    std::uint64_t turn_ = 0;
    std::set<bus_id> members_; // of our stream
    bool count_again_ = false; // notices were lost during a count
    std::map<bus_id, bus_state> buses_;
    std::map<peer_id, peer_state> peers_;
};

} // namespace limpet
