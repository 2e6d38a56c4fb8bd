// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/bridge/request.hpp"

namespace limpet {

std::uint64_t request_table::send(peer_id to, const asker& from) {
    connection& at = connections_[to];
    at.sent.emplace(++at.last_sent, from);
    return at.last_sent;
}

bool request_table::receive(peer_id from, std::uint64_t number) {
    connection& at = connections_[from];
    if (number <= at.last_received) {
        return false;
    }
    at.last_received = number;
    at.received.insert(number);
    return true;
}

void request_table::deliver(std::uint64_t serial, const asker& from) {
    delivered_.emplace(serial, from);
}

std::optional<asker> request_table::finish_sent(peer_id to, std::uint64_t number) {
    const auto at = connections_.find(to);
    if (at == connections_.end()) {
        return std::nullopt;
    }
    const auto found = at->second.sent.extract(number);
    return found.empty() ? std::nullopt : std::optional(found.mapped());
}

std::optional<asker> request_table::finish_delivered(std::uint64_t serial) {
    const auto found = delivered_.extract(serial);
    return found.empty() ? std::nullopt : std::optional(found.mapped());
}

bool request_table::finish_received(peer_id from, std::uint64_t number) {
    const auto at = connections_.find(from);
    return at != connections_.end() && at->second.received.erase(number) != 0;
}

std::vector<asker> request_table::drop(peer_id peer) {
    std::vector<asker> askers;
    if (const auto at = connections_.extract(peer)) {
        for (const auto& [number, from] : at.mapped().sent) {
            askers.push_back(from);
        }
    }
    return askers;
}

std::size_t request_table::sent(peer_id to) const {
    const auto at = connections_.find(to);
    return at == connections_.end() ? 0 : at->second.sent.size();
}

std::size_t request_table::received(peer_id from) const {
    const auto at = connections_.find(from);
    return at == connections_.end() ? 0 : at->second.received.size();
}

} // namespace limpet
