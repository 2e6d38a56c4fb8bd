// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/daemon.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

namespace limpet {

using namespace std::chrono_literals;

namespace {

// A router is asked for everything that leaves and told everything that comes: its queue is the
// only place where that can wait while it's busy.
constexpr autobus::endpoint_limits wanted_limits{65536, 256u << 20, 1u << 20};

constexpr int reads_per_turn = 8;
constexpr duration tick_gap = 500ms;
constexpr duration goodbye_gap = 50ms;
constexpr duration stop_limit = 2500ms;
constexpr duration look_up_again = 60s;

// For the limpet with the higher bus id: the other one's link would win, so it may come first.
constexpr duration head_start = 1s;

std::string host_name() {
    std::array<char, 256> text{};
    if (::gethostname(text.data(), text.size() - 1) != 0 || text[0] == '\0') {
        return "unnamed";
    }
    return text.data();
}

std::mt19937_64 seeded() {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64{seed};
}

} // namespace

daemon::daemon(loop& loop, log& log, options options, autobus::device device, on_stopped stopped)
    : loop_{loop}, log_{log}, options_{std::move(options)}, device_{std::move(device)},
      stopped_{std::move(stopped)}, random_{seeded()}, strangers_{log}, bus_port_{device_},
      directory_{[this](const std::string&, const Json::Value& info) {
                     const auto identity = parse_identity(info);
                     return identity && !objection(self_, *identity);
                 },
                 *this},
      announcer_{[this](const std::string& datagram) { beacons_->send(datagram); },
                 [this] { return draw(); }} {}

daemon::~daemon() = default;

// ---- Starting

autobus::result<void> daemon::start() {
    if (auto claimed = claim(); !claimed) {
        return claimed;
    }
    if (auto started = start_parts(); !started) {
        return started;
    }
    start_peers();
    state_ = state::running;
    log_.say("speaks for " + device_.where() + " (bus " + to_hex(self_.bus) + ") in network \"" +
             self_.network + "\", on TCP port " + std::to_string(links_->port()) +
             "; everything goes in clear, to and from anybody who asks (--open)");
    for (const autobus::pattern& open : options_.open_names) {
        log_.say("programs of Autobus 2 may use " + open.str());
    }
    return {};
}

autobus::result<void> daemon::claim() {
    if (auto claimed = device_.claim_router(); !claimed) {
        return claimed;
    }
    const auto info = device_.info();
    if (!info) {
        return info.error();
    }
    self_ = {options_.network, info->bus, info->endpoint, host_name()};
    const auto limits = device_.get_limits();
    if (!limits) {
        return limits.error();
    }
    const auto within = [](std::uint64_t wanted, std::uint64_t now, std::uint64_t ceiling) {
        return std::max(now, std::min(wanted, ceiling));
    };
    const auto set = device_.set_limits(
        {within(wanted_limits.records, limits->now.records, limits->ceiling.records),
         within(wanted_limits.bytes, limits->now.bytes, limits->ceiling.bytes),
         within(wanted_limits.bindings, limits->now.bindings, limits->ceiling.bindings)});
    if (!set) {
        return set.error();
    }
    return {};
}

autobus::result<void> daemon::start_parts() {
    door_ = std::make_unique<door>(self_, random_() | 1, options_.open_names,
                                   static_cast<door::port&>(*this), ::getpid());
    bridge_ = std::make_unique<bridge>(bridge_identity{self_.bus, self_.endpoint}, bridge_limits{},
                                       bus_port_, static_cast<peer_port&>(*this));
    try {
        start_network();
    } catch (const std::system_error& error) {
        return autobus::error{error.code().value(), "the network", error.what()};
    }
    if (auto started = bridge_->start(loop_.now()); !started) {
        return started;
    }
    const auto fd = device_.fd();
    if (!fd) {
        return fd.error();
    }
    bus_watch_ = loop_.add_watch(*fd, [this](bool, bool) { read_bus(); });
    bus_watch_->want(true, false);
    door_timer_ = loop_.add_timer([this] { read_bus(); });
    tick_timer_ = loop_.add_timer([this] { tick(); });
    tick();
    announcer_.start(loop_.now());
    plan_discovery();
    return {};
}

void daemon::start_network() {
    links_ = std::make_unique<links>(loop_, self_, *door_, static_cast<links::events&>(*this), log_,
                                     options_.port, [this] { return draw(); });
    beacons_ = std::make_unique<beacon_socket>(
        loop_, beacon_socket::settings{options_.discovery_port, options_.interfaces, {}},
        [this](std::string_view datagram, const std::string& host) { heard(datagram, host); },
        [this] {
            log_.say("the network has changed; announcing anew");
            announcer_.network_changed(loop_.now());
            plan_discovery();
        });
    discovery_timer_ = loop_.add_timer([this] { discover(); });
    for (const door::offer& one : door_->offers()) {
        if (!announcer_.offer({beacon::kind::add, one.service, links_->port(), one.info})) {
            throw std::system_error{EMSGSIZE, std::generic_category(), "the host's name"};
        }
    }
}

// ---- Named peers

void daemon::start_peers() {
    for (const static_peer& peer : options_.peers) {
        named_.push_back(std::make_unique<named_peer>(named_peer{peer, nullptr, nullptr}));
        named_peer& fresh = *named_.back();
        fresh.again = loop_.add_timer([this, &fresh] { resolve(fresh); });
        resolve(fresh);
    }
}

void daemon::resolve(named_peer& peer) {
    peer.lookup = std::make_unique<resolver>(
        loop_, peer.what.host, [this, &peer](const std::string& address, const std::string& error) {
            resolved(peer, address, error);
        });
}

void daemon::resolved(named_peer& peer, const std::string& address, const std::string& error) {
    if (state_ != state::running) {
        return;
    }
    peer.again->set(loop_.now() + look_up_again);
    if (address.empty()) {
        log_.say("can't find the address of the peer " + peer.what.host + ": " + error +
                 "; looking again in " + seconds_text(look_up_again));
    } else if (peer.what.port) {
        const std::string key = peer.what.host + ":" + std::to_string(*peer.what.port);
        links_->seek(key, {limpet_alias, {{address, *peer.what.port}}, {}});
    } else if (address.find(':') != std::string::npos) {
        log_.say("the peer " + peer.what.host +
                 " has an IPv6 address, which discovery doesn't "
                 "know; name its port too: --peer [" +
                 address + "]:PORT");
    } else {
        beacons_->send_also_to(address);
    }
}

// ---- The bus

void daemon::read_bus() {
    for (int i = 0; i < reads_per_turn && state_ == state::running; i++) {
        const auto count = device_.receive_many(records_, autobus::no_wait);
        if (!count) {
            const int code = count.error().code();
            if (code == EAGAIN) {
                export_from_door(std::numeric_limits<std::uint64_t>::max());
            } else if (code == EPROTO) {
                strangers_.say("bus", "the bus gave a record that makes no sense", loop_.now());
            } else if (code != EINTR) {
                finish("the bus can't be read any more: " + count.error().message());
            }
            return;
        }
        for (const autobus::message_view& record : records_) {
            export_from_door(record.serial());
            if (door_->on_answer(record)) {
                continue;
            }
            const bool from_door =
                record.from() == self_.endpoint && record.origin().bus == door_->bus();
            bridge_->on_record(from_door ? by_nobody(record.header(), record.name(), record.data())
                                         : record,
                               loop_.now());
        }
    }
}

autobus::result<std::uint64_t> daemon::send_from_door(const autobus::draft& draft) {
    auto sent = device_.send(draft, autobus::no_wait);
    if (sent && draft.type == autobus::message_type::announcement) {
        // A router doesn't hear its own announcements from elsewhere.
        from_door_.push_back({*sent, autobus::name{draft.name}, std::string{draft.data}});
        door_timer_->set(loop_.now());
    }
    return sent;
}

// Shows the bridge what was announced through the door, at its place in the order of the bus.
void daemon::export_from_door(std::uint64_t before) {
    while (!from_door_.empty() && from_door_.front().serial < before) {
        const announced one = std::move(from_door_.front());
        from_door_.pop_front();
        autobus::message_header header;
        header.serial = one.serial;
        bridge_->on_record(by_nobody(header, one.name, one.data), loop_.now());
    }
}

// What entered through the door is to the bridge, and so to other hosts, a message of our bus, sent
// by the limpet's endpoint on behalf of nobody that is known.
autobus::message_view daemon::by_nobody(autobus::message_header header, autobus::name_view name,
                                        std::string_view data) const {
    constexpr auto unknown = static_cast<std::uint32_t>(-1);
    header.flags &= ~autobus::message_flags::remote;
    header.from = 0;
    header.origin = {self_.bus, self_.endpoint, header.serial};
    header.sender = {0, unknown, unknown};
    return {header, name, data};
}

void daemon::tick() {
    bridge_->tick(loop_.now());
    tick_timer_->set(loop_.now() + tick_gap);
}

// ---- Links

void daemon::link_up(std::uint64_t link, const limpet_identity& peer) {
    linked_++;
    bridge_->peer_up(link, {peer.bus, peer.endpoint}, loop_.now());
}

command_outcome daemon::link_command(std::uint64_t link, const Json::Value& body) {
    const verdict result = bridge_->on_peer_command(link, body, loop_.now());
    switch (result.what) {
    case verdict::done:
        return {command_outcome::kind::done, ""};
    case verdict::unknown:
        return {command_outcome::kind::unknown, ""};
    case verdict::violation:
        break;
    }
    return {command_outcome::kind::violation, result.text};
}

void daemon::link_down(std::uint64_t link) {
    linked_--;
    bridge_->peer_down(link, loop_.now());
}

void daemon::service_gone(const std::string& service, const location& where) {
    directory_.heard({beacon::kind::remove, service, where.port, {}}, where.host, loop_.now());
    links_->forget(service);
    plan_discovery();
}

// ---- Discovery

void daemon::heard(std::string_view datagram, const std::string& host) {
    const auto beacon = parse_beacon(datagram);
    if (!beacon) {
        strangers_.say("datagram", "ignored a datagram from " + host + ": " + beacon.why(),
                       loop_.now());
        return;
    }
    if (beacon->type == beacon::kind::query) {
        announcer_.query_heard(loop_.now());
    } else {
        directory_.heard(*beacon, host, loop_.now());
    }
    plan_discovery();
}

void daemon::discover() {
    announcer_.tick(loop_.now());
    directory_.tick(loop_.now());
    plan_discovery();
}

void daemon::plan_discovery() {
    const auto announcement = announcer_.next();
    const auto expiry = directory_.next();
    if (announcement || expiry) {
        discovery_timer_->set(
            std::min(announcement.value_or(instant::max()), expiry.value_or(instant::max())));
    } else {
        discovery_timer_->clear();
    }
}

void daemon::service_found(const directory::service& what) {
    const auto peer = parse_identity(what.info);
    log_.detail("discovered " + peer->text() + " at " + what.locations.front().text());
    const duration wait = peer->bus < self_.bus ? head_start : duration{};
    links_->seek(what.id, {what.id, what.locations, wait});
}

void daemon::service_changed(const directory::service& what) {
    links_->seek(what.id, {what.id, what.locations, {}});
}

void daemon::service_lost(const std::string& id) {
    log_.detail("the limpet " + id + " isn't announced any more");
    links_->forget(id);
}

// A limpet that is silent for long either has a link with us, or is being connected to all the
// time, in vain.
void daemon::probe(const std::string& id, const location& where) {
    directory_.probed(id, where, links_->linked_with(id), loop_.now());
}

// ---- Stopping

void daemon::stop(const std::string& reason) {
    if (state_ != state::running) {
        return;
    }
    state_ = state::stopping;
    stop_reason_ = reason;
    log_.say("stops: " + reason);
    discovery_timer_->clear();
    tick_timer_->clear();
    door_timer_->clear();
    links_->shut_down("this limpet stops");
    bus_watch_.reset();
    stop_due_ = loop_.now() + stop_limit;
    stop_timer_ = loop_.add_timer([this] { continue_stopping(); });
    continue_stopping();
}

void daemon::continue_stopping() {
    if (goodbyes_ < announcer::goodbyes) {
        announcer_.say_goodbye();
        goodbyes_++;
    } else if (links_->quiet() || stop_due_ <= loop_.now()) {
        finish(stop_reason_);
        return;
    }
    stop_timer_->set(loop_.now() + goodbye_gap);
}

void daemon::finish(const std::string& reason) {
    if (state_ == state::stopped) {
        return;
    }
    state_ = state::stopped;
    bus_watch_.reset();
    tick_timer_->clear();
    discovery_timer_->clear();
    stopped_(reason);
}

} // namespace limpet
