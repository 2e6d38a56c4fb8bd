// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/discovery/beacon.hpp"
#include "limpet/protocol/time.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace limpet {

// Says when which datagrams go out: what we offer, and questions for what others offer.
//
// Our services are announced at once, again after 0.5, 1.5 and 3.5 s, and then every 10 to 15 s.
// Queries go out 0.1, 0.6, 1.6, 3.6, 7.6 and 14.6 s after the start. A query of somebody is
// answered after 0 to 0.2 s, all that come meanwhile by one answer. What was said when the network
// changed is said again from the start, and a goodbye three times, because datagrams get lost.
//
// Knows neither sockets nor clocks. One thread.
class announcer {
public:
    using send = std::function<void(const std::string& datagram)>;
    using random = std::function<double()>; // uniform, at least 0, below 1

    static constexpr int goodbyes = 3;

    announcer(send out, random draw) : out_{std::move(out)}, draw_{std::move(draw)} {}

    // To be called before start(). False if its datagram would be too long.
    bool offer(beacon add);

    void start(instant now);
    void query_heard(instant now);
    void network_changed(instant now);

    // Does what is due; call it at next() or later.
    void tick(instant now);
    std::optional<instant> next() const;

    // Says that our services go, once, and falls silent. Call it `goodbyes` times, with some time
    // in between.
    void say_goodbye();

private:
    void announce();
    bool due(std::optional<instant> when, instant now) const { return when && *when <= now; }

    send out_;
    random draw_;
    std::vector<beacon> offers_;
    std::optional<instant> next_announcement_;
    std::optional<instant> next_query_;
    std::optional<instant> next_answer_;
    std::size_t announced_ = 0; // since the start
    std::size_t queried_ = 0;
};

} // namespace limpet
