// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "tests/support/sim.hpp"

#include "limpet/protocol/json.hpp"

#include <algorithm>
#include <iostream>
#include <utility>

namespace sim {

namespace {

// Both ends of a connection notice its end within this time.
constexpr std::uint64_t notice_us = 3'500'000;

duration microseconds(std::uint64_t count) {
    return std::chrono::microseconds(count);
}

} // namespace

// ---- Programs

program::program(host& home, std::string name) : home_{home}, name_{std::move(name)} {
    autobus::open_options options;
    options.nonblocking = true;
    options.close_with_opener = false;
    device_.emplace(home.device_factory().open(options).value());
    endpoint_ = device_->info().value().endpoint;
}

program::~program() = default;

void program::listen(const std::string& pattern) {
    device_->bind(autobus::pattern_view::parse(pattern).value(), autobus::role::listener).value();
    home_.touch();
}

void program::reply_to(const std::string& pattern) {
    device_->bind(autobus::pattern_view::parse(pattern).value(), autobus::role::replier).value();
    home_.touch();
}

int program::stop_listening(const std::string& pattern) {
    const auto done =
        device_->unbind(autobus::pattern_view::parse(pattern).value(), autobus::role::listener);
    home_.touch();
    return done ? 0 : done.error().code();
}

int program::stop_replying(const std::string& pattern) {
    const auto done =
        device_->unbind(autobus::pattern_view::parse(pattern).value(), autobus::role::replier);
    home_.touch();
    return done ? 0 : done.error().code();
}

int program::announce(const std::string& name, const std::string& data) {
    const auto done = device_->announce(autobus::name_view::parse(name).value(), data);
    home_.touch();
    return done ? 0 : done.error().code();
}

std::uint64_t program::request_with(const autobus::send_options& options, const std::string& name,
                                    const std::string& data) {
    const auto done = device_->request(autobus::name_view::parse(name).value(), data, options);
    last_error = done ? 0 : done.error().code();
    home_.touch();
    return done ? done.value() : 0;
}

std::uint64_t program::request(const std::string& name, const std::string& data) {
    return request_with({}, name, data);
}

std::uint64_t program::request_of(const autobus::address& to, const std::string& name,
                                  const std::string& data) {
    autobus::send_options options;
    options.to = to;
    return request_with(options, name, data);
}

int program::reply(std::uint64_t serial, const std::string& data) {
    const auto done = device_->reply(serial, data);
    home_.touch();
    return done ? 0 : done.error().code();
}

void program::kill() {
    device_.reset();
    home_.touch();
}

bool program::pump(std::size_t most) {
    for (std::size_t i = 0; i < most; ++i) {
        if (!device_) {
            return i > 0;
        }
        auto message = device_->receive(autobus::no_wait);
        if (!message) {
            return i > 0;
        }
        log.push_back(message.value());
        if (on_message) {
            on_message(message.value());
        }
    }
    return true;
}

// ---- Hosts

host::host(world& world, std::string name, std::unique_ptr<autobus::in_process_bus> bus,
           const limpet::bridge_limits& limits)
    : world_{world}, name_{std::move(name)}, limits_{limits}, bus_{std::move(bus)} {
    start_limpet();
}

host::~host() = default;

void host::start_limpet() {
    autobus::open_options options;
    options.nonblocking = true;
    options.close_with_opener = false;
    autobus::in_process_opener opener;
    opener.who = {1, 0, 0};
    opener.privileged = true;
    router_.emplace(bus_->open(options, opener).value());
    router_->claim_router().value();
    const autobus::bus_limits limits = router_->get_limits().value();
    autobus::endpoint_limits wanted;
    wanted.records = std::min<std::uint64_t>(limits.ceiling.records, 4096);
    wanted.bindings = std::min<std::uint64_t>(limits.ceiling.bindings, 16384);
    router_->set_limits(wanted).value();
    const autobus::bus_info info = router_->info().value();
    bus_id_ = info.bus;
    router_endpoint_ = info.endpoint;
    port_.emplace(*router_);
    bridge_ = std::make_unique<limpet::bridge>(limpet::bridge_identity{info.bus, info.endpoint},
                                               limits_, *port_, *this);
    bridge_->start(world_.now()).value();
    touch();
}

void host::restart_limpet() {
    bridge_.reset();
    port_.reset();
    router_.reset();
    links_.clear();
    world_.cut_all(*this);
    touch();
    start_limpet();
}

program& host::start(const std::string& name) {
    programs_.push_back(std::make_unique<program>(*this, name));
    return *programs_.back();
}

std::size_t host::open_requests() {
    return router_->list_requests().value().items.size();
}

void host::touch() {
    if (!std::exchange(reading_, true)) {
        world_.at(microseconds(10 + world_.random(200)), [this] { read(); });
    }
}

bool host::read_router(std::size_t most) {
    for (std::size_t i = 0; i < most; ++i) {
        auto message = router_->receive(autobus::no_wait);
        if (!message) {
            return i > 0;
        }
        bridge_->on_record(message.value(), world_.now());
    }
    return true;
}

// The router and the programs take turns in no fixed order; what any of them does makes another
// round necessary.
void host::read() {
    reading_ = false;
    bool again = false;
    std::vector<std::size_t> turns(programs_.size() + 1);
    for (std::size_t i = 0; i < turns.size(); ++i) {
        turns[i] = i;
    }
    for (std::size_t i = turns.size(); i > 1; --i) {
        std::swap(turns[i - 1], turns[world_.random(i)]);
    }
    for (const std::size_t turn : turns) {
        const std::size_t most = 1 + world_.random(8);
        again |= turn == programs_.size() ? read_router(most) : programs_[turn]->pump(most);
    }
    if (again) {
        touch();
    }
}

void host::send(limpet::peer_id peer, const Json::Value& command) {
    const auto found = links_.find(peer);
    if (found != links_.end()) {
        world_.transmit(*found->second.first, 1 - found->second.second, limpet::to_text(command));
    }
}

std::size_t host::queued(limpet::peer_id peer) const {
    const auto found = links_.find(peer);
    return found == links_.end() ? 0 : found->second.first->wires[1 - found->second.second].queued;
}

void host::hang_up(limpet::peer_id peer, const std::string& reason) {
    cable* which = links_.at(peer).first;
    world_.faults_.push_back(name_ + " hangs up: " + reason);
    world_.at(0ms, [this, which] { world_.cut(*which); });
}

// ---- The world

world::world(std::uint64_t seed) : random_{seed} {
    std::map<limpet::bus_id, std::unique_ptr<autobus::in_process_bus>> by_id;
    while (by_id.size() < hosts_max) {
        auto bus = autobus::in_process_bus::create().value();
        const limpet::bus_id id = bus->open().value().info().value().bus;
        by_id[id] = std::move(bus);
    }
    for (auto& [id, bus] : by_id) {
        buses_.push_back(std::move(bus));
    }
    for (std::size_t i = buses_.size(); i > 1; --i) {
        std::swap(buses_[i - 1], buses_[random(i)]);
    }
}

host& world::add_host(const std::string& name, const limpet::bridge_limits& limits) {
    hosts_.push_back(std::make_unique<host>(*this, name, std::move(buses_.back()), limits));
    buses_.pop_back();
    host& made = *hosts_.back();
    at(microseconds(random(1'000'000)), [this, &made] { tick(made); });
    return made;
}

void world::tick(host& which) {
    which.bridge().tick(now_);
    at(1s, [this, &which] { tick(which); });
}

void world::at(duration later, std::function<void()> what) {
    events_.push({now_ + later, order_++, std::move(what)});
}

void world::run(duration length) {
    const instant until = now_ + length;
    while (!events_.empty() && events_.top().when <= until) {
        const std::function<void()> what = events_.top().what;
        now_ = events_.top().when;
        events_.pop();
        what();
    }
    now_ = until;
}

// ends[0] connects: it says hello, and is up when the answer has come.
cable& world::connect(host& a, host& b, const link_options& options) {
    links_.push_back(std::make_unique<cable>());
    cable& made = *links_.back();
    made.delay = options.delay;
    made.jitter = options.jitter;
    made.ends[0] = &a;
    made.ends[1] = &b;
    for (int end = 0; end < 2; ++end) {
        made.wires[end].to = made.ends[end];
        made.wires[end].peer = next_peer_++;
    }
    transmit(made, 1, "hello");
    return made;
}

cable* world::link_between(const host& a, const host& b) {
    for (auto each = links_.rbegin(); each != links_.rend(); ++each) {
        cable& which = **each;
        const bool joins = (which.ends[0] == &a && which.ends[1] == &b) ||
                           (which.ends[0] == &b && which.ends[1] == &a);
        if (joins && which.alive) {
            return &which;
        }
    }
    return nullptr;
}

std::vector<host*> world::hosts() {
    std::vector<host*> all;
    for (const auto& each : hosts_) {
        all.push_back(each.get());
    }
    return all;
}

void world::cut(cable& which) {
    if (!std::exchange(which.alive, false)) {
        return;
    }
    for (int end = 0; end < 2; ++end) {
        which.wires[end].waiting.clear();
        at(microseconds(random(notice_us)), [this, &which, end] { this->end(which, end); });
    }
}

void world::cut_all(const host& of) {
    for (const auto& each : links_) {
        for (int end = 0; end < 2; ++end) {
            if (each->ends[end] == &of) {
                each->up[end] = false;
                cut(*each);
            }
        }
    }
}

void world::end(cable& on, int end) {
    if (std::exchange(on.up[end], false)) {
        if (trace) {
            std::cerr << now_.time_since_epoch() / 1us << " " << on.ends[end]->name()
                      << " has lost " << on.ends[1 - end]->name() << "\n";
        }
        host& here = *on.ends[end];
        here.links_.erase(on.wires[end].peer);
        here.bridge().peer_down(on.wires[end].peer, now_);
        here.touch();
    }
}

void world::set_deaf(cable& which, int to, bool deaf) {
    which.wires[to].deaf = deaf;
    if (!deaf && which.alive && !which.wires[to].delivering && !which.wires[to].waiting.empty()) {
        which.wires[to].delivering = true;
        at(0ms, [this, &which, to] { deliver(which, to); });
    }
}

void world::transmit(cable& on, int to, std::string line) {
    wire& way = on.wires[to];
    way.queued += line.size();
    if (!on.alive) {
        return; // until this end learns of it, what it sends is lost
    }
    way.waiting.push_back(std::move(line));
    if (!std::exchange(way.delivering, true)) {
        at(on.delay + microseconds(random(1 + on.jitter / 1us)),
           [this, &on, to] { deliver(on, to); });
    }
}

// All that has been sent so far arrives, in order; what is sent later takes its own time.
void world::deliver(cable& on, int to) {
    wire& way = on.wires[to];
    way.delivering = false;
    std::size_t count = way.waiting.size();
    while (on.alive && !way.deaf && count-- > 0 && !way.waiting.empty()) {
        const std::string line = std::move(way.waiting.front());
        way.waiting.pop_front();
        way.queued -= line.size();
        deliver_line(on, to, line);
    }
    if (on.alive && !way.deaf && !way.waiting.empty() && !std::exchange(way.delivering, true)) {
        at(on.delay + microseconds(random(1 + on.jitter / 1us)),
           [this, &on, to] { deliver(on, to); });
    }
}

void world::deliver_line(cable& on, int to, const std::string& line) {
    host& here = *on.ends[to];
    host& there = *on.ends[1 - to];
    const limpet::peer_id peer = on.wires[to].peer;
    ++lines_;
    if (trace) {
        std::cerr << now_.time_since_epoch() / 1us << " " << there.name() << " -> " << here.name()
                  << " " << line << "\n";
    }
    if (line == "hello") {
        on.up[to] = true;
        here.links_[peer] = {&on, to};
        if (to == 1) {
            transmit(on, 0, "hello");
        }
        here.bridge().peer_up(peer, {there.bus(), there.router()}, now_);
        here.touch();
        return;
    }
    if (!on.up[to]) {
        return;
    }
    const auto command = limpet::parse_object(line);
    const limpet::verdict result = here.bridge().on_peer_command(peer, *command, now_);
    if (result.what != limpet::verdict::done) {
        faults_.push_back(there.name() + " -> " + here.name() + ": " + result.text + ": " + line);
        cut(on);
    }
    here.touch();
}

limpet::verdict world::inject(host& to, host& from, const Json::Value& command) {
    cable& on = *link_between(to, from);
    const int end = on.ends[0] == &to ? 0 : 1;
    const auto result = to.bridge().on_peer_command(on.wires[end].peer, command, now_);
    to.touch();
    return result;
}

} // namespace sim
