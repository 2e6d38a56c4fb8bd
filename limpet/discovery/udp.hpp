// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/fd.hpp"
#include "limpet/loop.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct nl_sock;

namespace limpet {

// The socket of discovery: broadcasts on each interface and on loopback, and hears what others
// broadcast. Shares its port with every other Autobus program of the host. What can't be sent,
// can't be sent: a network that is down is no error, it comes back.
//
// Where to send is asked of the kernel anew whenever it reports that interfaces or addresses have
// changed. One thread.
class beacon_socket {
public:
    struct settings {
        std::uint16_t port = 52722;
        // Only these interfaces, and loopback; empty: all there are.
        std::vector<std::string> interfaces;
        // Hosts that broadcasts don't reach: numeric addresses, each gets a copy.
        std::vector<std::string> also;
    };
    // `host`: the source address. The datagram is whatever came, up to 64 KiB.
    using on_datagram = std::function<void(std::string_view datagram, const std::string& host)>;
    using on_change = std::function<void()>;

    // Throws std::system_error if there can be no such socket.
    beacon_socket(loop& loop, settings settings, on_datagram heard, on_change changed);
    ~beacon_socket();
    beacon_socket(const beacon_socket&) = delete;
    beacon_socket& operator=(const beacon_socket&) = delete;

    void send(const std::string& datagram);

    // Adds to settings.also.
    void send_also_to(const std::string& host);

    // Where broadcasts go now: "192.168.1.255", ...
    const std::vector<std::string>& broadcasts() const { return broadcasts_; }

private:
    void receive();
    bool is_wanted(int interface_index) const;
    std::vector<std::string> find_broadcasts() const;
    void watch_network();
    void network_changed();

    loop& loop_;
    settings settings_;
    on_datagram heard_;
    on_change changed_;
    owned_fd socket_;
    std::vector<std::string> broadcasts_;
    nl_sock* netlink_ = nullptr;
    std::unique_ptr<loop::watch> socket_watch_;
    std::unique_ptr<loop::watch> netlink_watch_;
    std::unique_ptr<loop::timer> settle_;
};

} // namespace limpet
