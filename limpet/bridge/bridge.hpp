// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// The bridge
//
// Problem     One bus must act as one with the buses of other hosts: what somebody
//             elsewhere listens to has to leave, what comes has to be given to whom it
//             is for, and each request that was accepted here is answered exactly once,
//             whatever happens on the way.
// What it is  The router of one bus as a machine without I/O. It is told what was read
//             from the bus, what peers said, who came and went, and what time it is; it
//             acts through bus_port and peer_port.
// States      fresh -- start() --> running. A peer is known between peer_up() and
//             peer_down().
// Guarantees  docs/limpet-protocol.md states them and argues for them: no announcement
//             arrives twice, none goes in a circle, each origin's order holds, each
//             loss is told, each request has one answer.
// Ownership   One thread. The ports must outlive the bridge. No call waits, none throws
//             except std::bad_alloc.

#include "limpet/bridge/ports.hpp"
#include "limpet/bridge/route.hpp"
#include "limpet/protocol/time.hpp"

#include <json/json.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace limpet {

// Who this limpet is: ids as device::info() gives them.
struct bridge_identity {
    bus_id bus = 0;
    std::uint64_t endpoint = 0; // the router's own
};

struct bridge_limits {
    std::size_t queued_soft = 4u << 20;  // per peer: then no announcements, no requests
    std::size_t queued_hard = 32u << 20; // per peer: then it is stuck, and is hung up on
    std::size_t requests = 4096;         // per peer and direction, not yet answered
    std::size_t buses = 256;             // known at one time
    std::size_t patterns = 65536;        // per bus, listeners and repliers
    std::size_t data = 1u << 20;         // bytes of a message's data
};

// What a peer said of itself in its hello, already checked by the session: version and
// network are right, and bus is neither 0 nor our own.
struct peer_hello {
    bus_id bus = 0;
    std::uint64_t endpoint = 0;
};

// What became of a peer's command.
struct verdict {
    enum kind {
        done,
        unknown,  // no such command: the session answers a _type 1 with one error,
                  // ignores a notice
        violation // the session sends text as an error, then ends this connection
    };
    kind what = done;
    std::string text;
};

// For the log, `$.Limpet.*` and tests.
struct bridge_counters {
    std::uint64_t exported = 0;       // announcements and copies that left in our stream
    std::uint64_t imported = 0;       // given to our bus
    std::uint64_t relayed = 0;        // passed on for other buses, per peer
    std::uint64_t refused_parent = 0; // came from a peer that isn't the origin's parent
    std::uint64_t refused_number = 0; // number not above the last
    std::uint64_t refused_early = 0;  // the way has changed, and isn't joined yet
    std::uint64_t dropped_full = 0;   // peer's buffer was full
    std::uint64_t told_lost = 0;      // lost marks given to our bus
    std::uint64_t requests_out = 0;   // of our bus, sent on
    std::uint64_t requests_in = 0;    // given to our bus
    std::uint64_t answers_late = 0;   // dropped: its connection had ended
    std::uint64_t bus_errors = 0;     // bus_port calls that failed where nobody is to be told
};

class bridge {
public:
    bridge(const bridge_identity& self, const bridge_limits& limits, bus_port& bus,
           peer_port& peers);
    ~bridge();
    bridge(const bridge&) = delete;
    bridge& operator=(const bridge&) = delete;

    // Binds to the bus's own notices. Call once, after the claim and before records are
    // read. After an error the bridge is of no use.
    autobus::result<void> start(instant now);

    // Each record that was read from the bus, in order, all of them.
    void on_record(const autobus::message_view& record, instant now);

    // A connection is ready: both hellos were exchanged. If there is already one to the
    // same bus, the caller has decided with choose_link() and has called peer_down() for
    // the one that goes.
    void peer_up(peer_id peer, const peer_hello& hello, instant now);

    // A command of ours (not bind, ping or hello: those are the session's), with all its
    // keys. Any JSON value may be given: everything in it is checked here, except
    // that it is an object and that _command is a string.
    [[nodiscard]] verdict on_peer_command(peer_id peer, const Json::Value& command, instant now);

    // The connection is gone, for whatever reason, keep-alive included (keep-alive is the
    // session's: any line received is a sign of life). Everything that depended on it is
    // settled before this returns.
    void peer_down(peer_id peer, instant now);

    // At least once a second.
    void tick(instant now);

    [[nodiscard]] const bridge_counters& counters() const noexcept;

    // What is known, as JSON: buses, paths, interest, streams, requests on their way.
    [[nodiscard]] Json::Value state() const;

private:
    class implementation;
    std::unique_ptr<implementation> self_;
};

// Of two connections between the same two limpets one stays. Both ends decide alike.
struct link_facts {
    bool opened_here = false;        // we connected, they accepted
    std::uint64_t peer_endpoint = 0; // from the peer's hello
};

enum class link_choice { keep_old, keep_new };

// Old is the one that is up, fresh the one whose hellos are just complete.
// A higher endpoint number is a restarted limpet: its link stays. Otherwise the one
// opened by the lower bus id stays; of two opened by the same side, the newer, because
// who opens again has given up the first.
[[nodiscard]] link_choice choose_link(bus_id ours, bus_id theirs, const link_facts& old,
                                      const link_facts& fresh) noexcept;

} // namespace limpet
