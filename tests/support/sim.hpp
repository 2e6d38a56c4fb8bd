// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// A network of hosts in one process, in virtual time
//
// Each host has a real bus (the same code as the kernel's), programs on it, and a real bridge as
// its router. Links between hosts are simulated: what one bridge sends reaches the other as text
// after a delay, in order on each link, in any order between links; a link can be slow, deaf or
// cut, and its two ends learn of a cut at different times. Nothing here waits: time goes from event
// to event. A world is made by its seed, and goes the same way each time. (Bus ids are random, but
// how those of a world's hosts compare isn't.)
//
// What a world finds wrong by itself (a command that the receiver calls a violation) is in
// faults().

#include "limpet/bridge/bridge.hpp"
#include "limpet/device_port.hpp"

#include "autobus/device.hpp"
#include "autobus/in_process.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <vector>

namespace sim {

using limpet::duration;
using limpet::instant;
using namespace std::chrono_literals;

class host;
class world;

// A process on a host, with one endpoint. What it hears is in its log, and may be acted on by
// on_message.
class program {
public:
    program(host& home, std::string name);
    ~program();

    void listen(const std::string& pattern);
    void reply_to(const std::string& pattern);
    // Gives the errno of the refusal, or 0.
    int stop_listening(const std::string& pattern);
    int stop_replying(const std::string& pattern);
    int announce(const std::string& name, const std::string& data);
    // 0 if it was refused, else its serial.
    std::uint64_t request(const std::string& name, const std::string& data);
    std::uint64_t request_of(const autobus::address& to, const std::string& name,
                             const std::string& data);
    int reply(std::uint64_t serial, const std::string& data);
    // As SIGKILL would: the endpoint closes. The log stays.
    void kill();

    [[nodiscard]] bool alive() const { return device_.has_value(); }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] host& home() { return home_; }
    [[nodiscard]] std::uint64_t endpoint() const { return endpoint_; }
    [[nodiscard]] autobus::device& device() { return *device_; }

    std::vector<autobus::message> log;
    std::function<void(const autobus::message&)> on_message;
    int last_error = 0; // of request()

    // Reads what is there, at most so much. True if there was something.
    bool pump(std::size_t most);

private:
    std::uint64_t request_with(const autobus::send_options& options, const std::string& name,
                               const std::string& data);

    host& home_;
    std::string name_;
    std::optional<autobus::device> device_;
    std::uint64_t endpoint_ = 0;
};

// One direction of a link: first in, first out.
struct wire {
    host* to = nullptr;
    limpet::peer_id peer = 0; // the link's number at the receiver
    instant last{};           // delivery of the latest
    std::size_t queued = 0;   // bytes sent and not delivered
    bool deaf = false;        // the receiver takes nothing; what is sent waits
    std::deque<std::string> waiting;
    bool delivering = false;
};

struct cable {
    host* ends[2] = {};
    wire wires[2];     // [i]: to ends[i]
    bool up[2] = {};   // ends[i] has been told
    bool alive = true; // not cut
    duration delay{};
    duration jitter{};
};

struct link_options {
    duration delay = 1ms;
    duration jitter = 0ms;
};

class host : public limpet::peer_port {
public:
    host(world& world, std::string name, std::unique_ptr<autobus::in_process_bus> bus,
         const limpet::bridge_limits& limits);
    ~host() override;

    program& start(const std::string& name);
    // The limpet dies and comes back, with its links gone.
    void restart_limpet();

    [[nodiscard]] limpet::bus_id bus() const { return bus_id_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] world& home() { return world_; }
    [[nodiscard]] limpet::bridge& bridge() { return *bridge_; }
    [[nodiscard]] autobus::in_process_bus& device_factory() { return *bus_; }
    // Requests that the bus hasn't answered.
    [[nodiscard]] std::size_t open_requests();
    [[nodiscard]] std::uint64_t router() const { return router_endpoint_; }

    // Somebody did something on the bus: who reads is to read soon.
    void touch();

    void send(limpet::peer_id peer, const Json::Value& command) override;
    [[nodiscard]] std::size_t queued(limpet::peer_id peer) const override;
    void hang_up(limpet::peer_id peer, const std::string& reason) override;

private:
    friend class world;
    void start_limpet();
    void read();
    bool read_router(std::size_t most);

    world& world_;
    std::string name_;
    limpet::bridge_limits limits_;
    std::unique_ptr<autobus::in_process_bus> bus_;
    limpet::bus_id bus_id_ = 0;
    std::optional<autobus::device> router_;
    std::uint64_t router_endpoint_ = 0;
    std::optional<limpet::device_port> port_;
    std::unique_ptr<limpet::bridge> bridge_;
    std::map<limpet::peer_id, std::pair<cable*, int>> links_; // and which end of it this host is
    std::vector<std::unique_ptr<program>> programs_;
    bool reading_ = false;
};

class world {
public:
    static constexpr std::size_t hosts_max = 8;

    explicit world(std::uint64_t seed = 1);

    host& add_host(const std::string& name, const limpet::bridge_limits& limits = {});
    cable& connect(host& a, host& b, const link_options& options = {});
    void cut(cable& which);
    // The receiver at ends[to] takes nothing more / takes what waited.
    void set_deaf(cable& which, int to, bool deaf);

    [[nodiscard]] instant now() const { return now_; }
    void at(duration later, std::function<void()> what);
    void run(duration length);
    // A command as if the peer at the other end of the link had sent it.
    limpet::verdict inject(host& to, host& from, const Json::Value& command);

    std::uint64_t random(std::uint64_t below) { return random_() % below; }
    [[nodiscard]] cable* link_between(const host& a, const host& b);
    [[nodiscard]] std::vector<host*> hosts();
    [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }
    [[nodiscard]] std::uint64_t lines() const { return lines_; }
    // A line for each command that arrives, on standard error.
    bool trace = false;

private:
    friend class host;
    struct event {
        instant when;
        std::uint64_t order;
        std::function<void()> what;
        bool operator>(const event& other) const {
            return when != other.when ? when > other.when : order > other.order;
        }
    };

    void transmit(cable& on, int to, std::string line);
    void deliver(cable& on, int to);
    void deliver_line(cable& on, int to, const std::string& line);
    void cut_all(const host& of); // as it stops: it isn't told
    void end(cable& on, int end);
    void tick(host& which);

    instant now_{};
    std::uint64_t order_ = 0;
    limpet::peer_id next_peer_ = 1;
    std::uint64_t lines_ = 0;
    std::mt19937_64 random_;
    std::priority_queue<event, std::vector<event>, std::greater<>> events_;
    std::vector<std::unique_ptr<autobus::in_process_bus>> buses_; // for hosts to come
    std::vector<std::unique_ptr<cable>> links_;
    std::vector<std::unique_ptr<host>> hosts_;
    std::vector<std::string> faults_;
};

} // namespace sim
