// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// The bridge's doors
//
// The bridge opens no file and no socket and reads no clock. What it needs of the
// world is in the two interfaces of this file; what it is told, in bridge.hpp.
// Both are implemented outside: by the daemon over the device and the links, by
// the tests over an in-process bus and simulated links.

#include "autobus/device.hpp"
#include "autobus/message.hpp"
#include "autobus/name.hpp"
#include "autobus/result.hpp"

#include <json/json.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace limpet {

// The limpet's own bus: the calls of autobus::device with the same names, on the endpoint that
// has claimed the bus (device::claim_router()). No call may wait: send() is send(draft, no_wait).
class bus_port {
public:
    virtual ~bus_port() = default;

    virtual autobus::result<std::uint64_t> bind(autobus::pattern_view pattern, autobus::role role,
                                                const autobus::bind_options& options) = 0;
    virtual autobus::result<void> unbind(autobus::pattern_view pattern, autobus::role role,
                                         bool drain) = 0;
    virtual autobus::result<std::uint64_t> send(const autobus::draft& draft) = 0;
};

// A connection to another limpet whose hello was accepted. Never used twice.
using peer_id = std::uint64_t;

// The links. The bridge calls these from within its own inputs; the implementation
// must not call the bridge back from within them.
class peer_port {
public:
    virtual ~peer_port() = default;

    // Sends one of our commands, an object with _command and its own fields, as a
    // notice: the session adds _type 3 and _id. Never fails and never waits: what the
    // network doesn't take yet stays queued. The order of calls is the order on the wire.
    virtual void send(peer_id peer, const Json::Value& command) = 0;

    // Bytes that were sent and that the network hasn't taken. The bridge keeps it
    // bounded: it sends announcements and requests only while this is below
    // bridge_limits::queued_soft, and hangs up beyond queued_hard.
    [[nodiscard]] virtual std::size_t queued(peer_id peer) const = 0;

    // Asks for the end of the connection; reason is one line for the log, and is told to
    // the peer. bridge::peer_down must follow later, not from within. Commands that
    // still arrive from this peer are not to be passed on.
    virtual void hang_up(peer_id peer, const std::string& reason) = 0;
};

} // namespace limpet
