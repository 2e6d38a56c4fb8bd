// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// What limpets say to each other, as values and as JSON
//
// docs/limpet-protocol.md has the meaning of each command and field. to_json() makes an object with
// _command; the functions *_from() read one that a peer sent and believe nothing: types, ranges,
// names, sizes and what belongs together are all checked, and what is wrong is said in one
// sentence.
//
// Values only. Pure.

#include "limpet/bridge/route.hpp"
#include "limpet/protocol/parsed.hpp"

#include "autobus/message.hpp"

#include <json/json.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace limpet {

// Every command about a bus names it by the pair: its id, and its router's endpoint number, which
// is higher after each restart of its limpet.
struct incarnation {
    bus_id bus = 0;
    std::uint64_t endpoint = 0;
    friend auto operator<=>(const incarnation&, const incarnation&) = default;
};

struct route_command {
    incarnation of;
    path way; // from the sender to the bus; empty: none any more
};

struct interest_command {
    incarnation of;
    std::uint64_t version = 0;
    bool full = false; // all there is at this version; otherwise what changed since the last
    bool more = false; // full only: goes on in the next one
    std::vector<wish> added;
    std::vector<wish> removed;
};

// One step of a member's way to the bus whose stream it wants: a bus, and the turn in which it
// chose the next one. A bus's turns grow with each choice, and over restarts.
struct hop {
    bus_id bus = 0;
    std::uint64_t turn = 0;
    friend auto operator<=>(const hop&, const hop&) = default;
};

using trail = std::vector<hop>; // from the member, which is first

// Of two trails of one member, was the first made later? Decided by the first bus that has turned
// since.
[[nodiscard]] bool later(const trail& left, const trail& right) noexcept;
[[nodiscard]] bool names(const trail& way, bus_id bus) noexcept;

// join, leave, joined, rejoin, at: about the stream of one bus.
struct stream_command {
    enum class what { join, leave, joined, rejoin, at };
    what is = what::join;
    incarnation of;
    bus_id member = 0;        // leave
    trail way;                // join: from the member to the sender; joined: that of the join
    std::uint64_t number = 0; // joined, at
    std::uint64_t interruptions = 0; // joined: how often the member's bus has ceased to be one
};

struct lost_command {
    incarnation of;
    std::uint64_t number = 0;
    std::uint32_t count = 0;
};

// What an announcement, a request and a reply have in common.
struct content {
    std::string name;
    std::string data;
    autobus::origin origin;
    bool urgent = false;
    std::optional<autobus::credentials> claimed;
};

struct announce_command {
    incarnation of; // of.bus is content.origin.bus
    std::uint64_t number = 0;
    std::vector<bus_id> members; // whom it's for, at the receiver and beyond; none: it alone
    autobus::message_type type = autobus::message_type::announcement; // or a copy of request, reply
    limpet::content content;
};

struct request_command {
    std::uint64_t id = 0; // on this connection
    bus_id target = 0;
    std::uint64_t to = 0; // stateful: that endpoint, 0: whoever replies
    path way;             // buses crossed, the requester's first, the sender's last
    bool hidden = false;  // private
    limpet::content content;
};

struct answer_command {
    std::uint64_t id = 0;
    std::optional<autobus::status_kind> status; // otherwise a reply
    autobus::reach reached = autobus::reach::not_said;
    std::uint32_t code = 0;
    limpet::content content; // of a reply
};

[[nodiscard]] Json::Value to_json(const route_command& command);
[[nodiscard]] Json::Value to_json(const interest_command& command);
[[nodiscard]] Json::Value to_json(const stream_command& command);
[[nodiscard]] Json::Value to_json(const lost_command& command);
[[nodiscard]] Json::Value to_json(const announce_command& command);
[[nodiscard]] Json::Value to_json(const request_command& command);
[[nodiscard]] Json::Value to_json(const answer_command& command);

// Of an announcement as JSON: for these members, at and behind the receiver.
void put_members(Json::Value& announcement, const std::vector<bus_id>& members, bus_id receiver);

// A full interest, in as many commands as lines of a sensible length need.
[[nodiscard]] std::vector<interest_command> all_interest(const incarnation& of,
                                                         std::uint64_t version, const wishes& all);

// data_max: bytes of a message's data.
parsed<route_command> route_from(const Json::Value& command);
parsed<interest_command> interest_from(const Json::Value& command);
parsed<stream_command> stream_from(const Json::Value& command);
parsed<lost_command> lost_from(const Json::Value& command);
parsed<announce_command> announce_from(const Json::Value& command, std::size_t data_max);
parsed<request_command> request_from(const Json::Value& command, std::size_t data_max);
parsed<answer_command> answer_from(const Json::Value& command, std::size_t data_max);

// What a record that was read here says, for others.
[[nodiscard]] content content_of(const autobus::message_view& record);
// The drafts that give it to our bus; they refer to the content. An announcement, or a copy of a
// request or a reply, to listeners; a request or a reply to whom it's for, and to nobody else.
[[nodiscard]] autobus::draft draft_for_listeners(const content& said, autobus::message_type type);
[[nodiscard]] autobus::draft draft_of_request(const content& said);
[[nodiscard]] autobus::draft draft_of_reply(const content& said, std::uint64_t in_reply_to);

} // namespace limpet
