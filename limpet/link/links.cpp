// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/link/links.hpp"

#include "limpet/bridge/bridge.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace limpet {

using namespace std::chrono_literals;

namespace {

constexpr int accepts_per_turn = 16;
constexpr std::size_t refusals_max = 1024; // hosts remembered
constexpr duration refusals_kept = 60s;
constexpr std::size_t attempts_said = 4; // after these, only every power of two is

bool worth_saying(std::size_t attempts) {
    return attempts <= attempts_said || (attempts & (attempts - 1)) == 0;
}

} // namespace

links::links(loop& loop, const limpet_identity& self, service_book& book, events& told, log& log,
             std::uint16_t port, dial_plan::random draw)
    : loop_{loop}, self_{self}, book_{book}, told_{told}, log_{log},
      strangers_{log}, listener_{listen_on(port)}, plan_{std::move(draw)} {
    listener_watch_ = loop_.add_watch(listener_.socket.get(), [this](bool, bool) { accept(); });
    listener_watch_->want(true, false);
    accept_again_ = loop_.add_timer([this] { listener_watch_->want(true, false); });
    dial_timer_ = loop_.add_timer([this] { dial(); });
}

links::~links() = default;

// ---- Opening

void links::seek(const std::string& key, const dial_plan::target& what) {
    plan_.add(key, what, loop_.now());
    if (linked_with(key)) {
        plan_.linked(key);
    }
    plan();
}

void links::forget(const std::string& key) {
    plan_.remove(key);
    plan();
}

// The service that a target means: its key, or what was found where the user said.
const std::string& links::service_of(const std::string& key) const {
    const auto at = named_.find(key);
    return at == named_.end() ? key : at->second;
}

void links::dial() {
    for (const auto& attempt : plan_.take(loop_.now())) {
        // One that the user has named may have been discovered too.
        const auto known = plan_.service_at(attempt.where);
        if (known && attempt.service == limpet_alias) {
            named_[attempt.key] = *known;
        }
        const std::string service = service_of(attempt.key);
        if (linked_with(service)) {
            plan_.linked(attempt.key);
            continue;
        }
        if (service != attempt.key && plan_.contains(service)) {
            plan_.retry(attempt.key, loop_.now() + 2s); // the other target sees to it
            continue;
        }
        const std::uint64_t id = next_id_++;
        const connection::place where{attempt.where.host, attempt.where.port};
        log_.detail("connecting to " + where.text());
        auto one =
            std::make_unique<connection>(id, loop_, owner(), self_, book_, where, attempt.service);
        connections_.emplace(id, entry{std::move(one), attempt.key});
    }
    plan();
}

void links::plan() {
    if (const auto next = plan_.next()) {
        dial_timer_->set(*next);
    } else {
        dial_timer_->clear();
    }
}

// ---- Accepting

void links::accept() {
    for (int i = 0; i < accepts_per_turn; i++) {
        int error = 0;
        auto socket = accept_on(listener_.socket, error);
        if (socket) {
            accept_one(std::move(*socket));
        } else if (error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS) {
            strangers_.say("descriptors",
                           std::string{"can't accept connections now: "} + std::strerror(error),
                           loop_.now());
            listener_watch_->want(false, false);
            accept_again_->set(loop_.now() + 1s);
            return;
        } else if (error == 0) {
            return;
        }
    }
}

void links::accept_one(accepted_socket socket) {
    if (connections_.size() >= connections_max || clients_of(socket.host) >= per_source_max) {
        strangers_.say("too many",
                       "refused a connection from " + socket.host +
                           ": there are as many open as there may be",
                       loop_.now());
        return; // which closes it
    }
    const std::uint64_t id = next_id_++;
    const duration patience = patience_with(socket.host);
    connections_.emplace(id, entry{std::make_unique<connection>(id, loop_, owner(), self_, book_,
                                                                std::move(socket), patience),
                                   ""});
}

std::size_t links::clients_of(const std::string& host) const {
    return static_cast<std::size_t>(
        std::count_if(connections_.begin(), connections_.end(), [&](const auto& pair) {
            const connection& one = *pair.second.one;
            return !one.opened_here() && !one.linked() && one.where().host == host;
        }));
}

duration links::patience_with(const std::string& host) {
    const auto at = refused_.find(host);
    if (at == refused_.end()) {
        return {};
    }
    if (loop_.now() - at->second.last > refusals_kept) {
        refused_.erase(at);
        return {};
    }
    return tar_pit;
}

void links::note_refusal(const connection& one) {
    if (refused_.size() >= refusals_max) {
        std::erase_if(refused_, [&](const auto& pair) {
            return loop_.now() - pair.second.last > refusals_kept;
        });
    }
    if (refused_.size() < refusals_max || refused_.contains(one.where().host)) {
        refusals& host = refused_[one.where().host];
        host.count++;
        host.last = loop_.now();
    }
}

// ---- Links

links::entry* links::link_to(std::uint64_t bus) {
    const auto at = std::find_if(connections_.begin(), connections_.end(), [&](const auto& pair) {
        return pair.second.now == phase::up && pair.second.one->peer()->peer()->bus == bus;
    });
    return at == connections_.end() ? nullptr : &at->second;
}

bool links::linked_with(const std::string& service) const {
    return std::any_of(connections_.begin(), connections_.end(), [&](const auto& pair) {
        return pair.second.now == phase::up &&
               pair.second.one->peer()->peer()->service() == service;
    });
}

std::optional<remote_error> links::admit(connection& one, const limpet_identity& peer) {
    const entry* old = link_to(peer.bus);
    if (old == nullptr) {
        return std::nullopt;
    }
    const link_facts old_facts{old->one->opened_here(), old->one->peer()->peer()->endpoint};
    const link_facts new_facts{one.opened_here(), peer.endpoint};
    if (choose_link(self_.bus, peer.bus, old_facts, new_facts) == link_choice::keep_new) {
        return std::nullopt;
    }
    return remote_error{"there is a link between these two already", "duplicate"};
}

void links::opened(connection& one, const limpet_identity& peer) {
    entry& fresh = connections_.at(one.id());
    const std::string service = peer.service();
    if (!fresh.key.empty() && fresh.key != service) {
        named_[fresh.key] = service;
    }
    if (entry* old = link_to(peer.bus)) {
        replace(*old, service);
    }
    fresh.now = phase::up;
    for (const std::string& key : keys_of(fresh)) {
        plan_.linked(key);
    }
    plan();
    log_.say("linked with " + peer.text() + " at " + one.where().text() +
             (one.opened_here() ? "" : ", which connected to us"));
    told_.link_up(one.id(), peer);
}

// A limpet that was started anew has another service: who sought the old one seeks the new one.
void links::replace(entry& old, const std::string& service) {
    const std::string old_service = old.one->peer()->peer()->service();
    take_down(old);
    old.one->leave("another connection takes its place");
    if (old_service == service) {
        return;
    }
    for (auto& [key, found] : named_) {
        if (found == old_service) {
            found = service;
        }
    }
    plan_.failed(old_service, loop_.now());
}

command_outcome links::command(connection& one, const Json::Value& body) {
    return told_.link_command(one.id(), body);
}

void links::take_down(entry& which) {
    which.now = phase::down;
    told_.link_down(which.one->id());
}

void links::over(connection& one, const std::string& reason) {
    entry& which = connections_.at(one.id());
    if (which.now == phase::up) {
        take_down(which);
        link_ended(which, reason);
    } else if (which.now == phase::down) {
        log_.detail("closed a connection with " + one.where().text() + ": " + reason);
    } else if (one.opened_here()) {
        which.now = phase::down;
        attempt_failed(which, reason);
    } else {
        if (one.client() != nullptr && one.client()->refused()) {
            note_refusal(one);
        }
        if (one.client() == nullptr || one.client()->service().empty()) {
            strangers_.say("stranger",
                           "a connection from " + one.where().text() + " ends: " + reason,
                           loop_.now());
        } else {
            log_.detail("a program at " + one.where().text() + " has gone: " + reason);
        }
    }
    plan();
}

void links::gone(connection& one) {
    connections_.erase(one.id());
}

// The targets that a link fulfils: the one that it was opened for, the peer's service, and those of
// the user that turned out to be the same.
std::set<std::string> links::keys_of(const entry& which) const {
    std::set<std::string> keys;
    const std::string service = which.one->peer()->peer()->service();
    keys.insert(service);
    if (!which.key.empty()) {
        keys.insert(which.key);
    }
    for (const auto& [key, found] : named_) {
        if (found == service) {
            keys.insert(key);
        }
    }
    return keys;
}

void links::link_ended(entry& which, const std::string& reason) {
    const limpet_identity& peer = *which.one->peer()->peer();
    std::optional<duration> wait;
    for (const std::string& key : keys_of(which)) {
        if (plan_.contains(key)) {
            const auto failure = plan_.failed(key, loop_.now());
            wait = wait ? std::min(*wait, failure.wait) : failure.wait;
        }
    }
    log_.say("lost the link with " + peer.text() + " at " + which.one->where().text() + ": " +
             reason + (wait ? "; trying again in " + seconds_text(*wait) : ""));
}

void links::attempt_failed(entry& which, const std::string& reason) {
    const connection& one = *which.one;
    const std::string refused_as = one.peer() ? one.peer()->refused_as() : "";
    const std::string where = one.where().text();
    if (!plan_.contains(which.key)) {
        log_.detail("no link with " + where + ": " + reason);
        return;
    }
    if (linked_with(service_of(which.key))) {
        log_.detail("a second connection with " + where + " ends: " + reason);
        plan_.linked(which.key);
        return;
    }
    if (refused_as == "no_such_service" && !named_.contains(which.key)) {
        log_.detail("no link with " + where + ": " + reason);
        plan_.failed(which.key, loop_.now());
        told_.service_gone(which.key, {one.where().host, one.where().port});
        return;
    }
    const bool is_self = one.peer() && one.peer()->peer() && one.peer()->peer()->bus == self_.bus;
    if (refused_as == "same_bus" || is_self) {
        log_.say("no link with " + where + ": that is this limpet's own bus");
        plan_.remove(which.key);
        return;
    }
    const auto failure = plan_.failed(which.key, loop_.now());
    const std::string sentence = "no link with " + where + ": " + reason + "; attempt " +
                                 std::to_string(failure.attempts) + ", next in " +
                                 seconds_text(failure.wait);
    if (worth_saying(failure.attempts) && refused_as != "duplicate") {
        log_.say(sentence);
    } else {
        log_.detail(sentence);
    }
}

// ---- For the bridge

void links::send(std::uint64_t link, const Json::Value& command) {
    const auto at = connections_.find(link);
    if (at != connections_.end() && at->second.one->linked()) {
        at->second.one->send(command);
    }
}

std::size_t links::pending(std::uint64_t link) const {
    const auto at = connections_.find(link);
    return at == connections_.end() ? 0 : at->second.one->pending();
}

void links::hang_up(std::uint64_t link, const std::string& reason) {
    const auto at = connections_.find(link);
    if (at != connections_.end()) {
        at->second.one->leave(reason);
    }
}

void links::shut_down(const std::string& reason) {
    listener_watch_.reset();
    accept_again_->clear();
    dial_timer_->clear();
    plan_ = dial_plan{[] { return 0.0; }};
    for (auto& [id, which] : connections_) {
        if (which.now == phase::up) {
            take_down(which);
        }
        which.now = phase::down;
        which.one->leave(reason);
    }
}

} // namespace limpet
