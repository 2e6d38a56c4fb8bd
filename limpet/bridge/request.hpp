// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// Requests on their way
//
// Problem     Each request that crosses here has one answer to come, from the peer it was sent to;
//             that peer may go, and so may the one that asked.
// States      sent       we passed it to a peer: the next answer from there, or that peer's end,
//                        ends it.
//             received   a peer passed it to us: our answer ends it; so does that peer's end, and
//                        then the answer has nobody to go to.
//             delivered  our bus accepted it: our bus's answer ends it.
// Guarantees  1. finish_*() gives each request once.
//             2. A peer's end ends all that was sent to it and received from it.
// Ownership   Values only. One thread.

#include "limpet/bridge/ports.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace limpet {

// Who waits for the answer: an endpoint of our bus (serial of its request there), or a peer (its
// number for the request).
struct asker {
    peer_id peer = 0; // 0: our bus
    std::uint64_t number = 0;
    bool hidden = false; // private
};

class request_table {
public:
    // Gives the number that the request has on that connection, from 1.
    std::uint64_t send(peer_id to, const asker& from);
    // False if the number isn't above all earlier ones of that connection.
    bool receive(peer_id from, std::uint64_t number);
    void deliver(std::uint64_t serial, const asker& from);

    std::optional<asker> finish_sent(peer_id to, std::uint64_t number);
    std::optional<asker> finish_delivered(std::uint64_t serial);
    // False if the connection it came from has ended.
    bool finish_received(peer_id from, std::uint64_t number);

    // The askers of all that was sent to the peer, oldest first.
    std::vector<asker> drop(peer_id peer);

    [[nodiscard]] std::size_t sent(peer_id to) const;
    [[nodiscard]] std::size_t received(peer_id from) const;
    [[nodiscard]] std::size_t delivered() const noexcept { return delivered_.size(); }

private:
    struct connection {
        std::uint64_t last_sent = 0;
        std::uint64_t last_received = 0;
        std::map<std::uint64_t, asker> sent;
        std::set<std::uint64_t> received;
    };

    std::map<peer_id, connection> connections_;
    std::map<std::uint64_t, asker> delivered_; // by our bus's serial
};

} // namespace limpet
