// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/bridge/bridge.hpp"
#include "limpet/device_port.hpp"
#include "limpet/discovery/announcer.hpp"
#include "limpet/discovery/directory.hpp"
#include "limpet/discovery/udp.hpp"
#include "limpet/door.hpp"
#include "limpet/link/links.hpp"
#include "limpet/link/resolver.hpp"
#include "limpet/log.hpp"
#include "limpet/loop.hpp"
#include "limpet/options.hpp"

#include "autobus/device.hpp"
#include "autobus/result.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace limpet {

// A limpet: one bus on one side, the network on the other. Owns all parts and tells each what it
// has to know; what is to be decided, they decide.
//
// States: made -- start() --> running -- stop() --> stopping --> stopped, which is told. One
// thread.
class daemon : private links::events,
               private directory::events,
               private peer_port,
               private door::port {
public:
    // Told once when nothing is left to do: after stop(), or because the bus is gone.
    using on_stopped = std::function<void(const std::string& reason)>;

    daemon(loop& loop, log& log, options options, autobus::device device, on_stopped stopped);
    ~daemon() override;
    daemon(const daemon&) = delete;
    daemon& operator=(const daemon&) = delete;

    // Claims the bus and begins. An error says what to do.
    autobus::result<void> start();

    // Says goodbye to everybody, and then is stopped.
    void stop(const std::string& reason);

    // Valid after start().
    const limpet_identity& identity() const { return self_; }
    std::uint16_t port() const { return links_->port(); }
    std::size_t link_count() const { return linked_; }
    const bridge& bridge_part() const { return *bridge_; }

private:
    // A peer of the command line. Its address is looked up again and again, as it may change.
    struct named_peer {
        static_peer what;
        std::unique_ptr<resolver> lookup;
        std::unique_ptr<loop::timer> again;
    };

    // An announcement that a plain program has made, and that the bridge doesn't know of yet.
    struct announced {
        std::uint64_t serial = 0;
        autobus::name name;
        std::string data;
    };

    void link_up(std::uint64_t link, const limpet_identity& peer) override;
    command_outcome link_command(std::uint64_t link, const Json::Value& body) override;
    void link_down(std::uint64_t link) override;
    void service_gone(const std::string& service, const location& where) override;
    void client_ends(server_session& session) override { door_->client_ends(session); }

    void service_found(const directory::service& what) override;
    void service_changed(const directory::service& what) override;
    void service_lost(const std::string& id) override;
    void probe(const std::string& id, const location& where) override;

    void send(peer_id peer, const Json::Value& command) override { links_->send(peer, command); }
    std::size_t queued(peer_id peer) const override { return links_->pending(peer); }
    void hang_up(peer_id peer, const std::string& reason) override {
        links_->hang_up(peer, reason);
    }

    autobus::result<std::uint64_t> send_from_door(const autobus::draft& draft) override;

    autobus::result<void> claim();
    autobus::result<void> start_parts();
    void start_network();
    void start_peers();
    void resolve(named_peer& peer);
    void resolved(named_peer& peer, const std::string& address, const std::string& error);
    void read_bus();
    void export_from_door(std::uint64_t before);
    autobus::message_view by_nobody(autobus::message_header header, autobus::name_view name,
                                    std::string_view data) const;
    void heard(std::string_view datagram, const std::string& host);
    void tick();
    void plan_discovery();
    void discover();
    void continue_stopping();
    void finish(const std::string& reason);
    double draw() { return std::uniform_real_distribution<double>{0, 1}(random_); }

    enum class state { made, running, stopping, stopped };

    loop& loop_;
    log& log_;
    options options_;
    autobus::device device_;
    on_stopped stopped_;
    state state_ = state::made;
    std::string stop_reason_;
    std::mt19937_64 random_;
    rate_limited strangers_;
    limpet_identity self_;
    device_port bus_port_;
    autobus::receive_buffer records_;
    std::deque<announced> from_door_; // in the order of their serials
    std::size_t linked_ = 0;
    int goodbyes_ = 0;
    instant stop_due_{};

    directory directory_;
    announcer announcer_;
    std::unique_ptr<door> door_;
    std::unique_ptr<bridge> bridge_;
    std::unique_ptr<links> links_;
    std::unique_ptr<beacon_socket> beacons_;
    std::vector<std::unique_ptr<named_peer>> named_;
    std::unique_ptr<loop::watch> bus_watch_;
    std::unique_ptr<loop::timer> door_timer_;
    std::unique_ptr<loop::timer> tick_timer_;
    std::unique_ptr<loop::timer> discovery_timer_;
    std::unique_ptr<loop::timer> stop_timer_;
};

} // namespace limpet
