// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/discovery/udp.hpp"

#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace limpet {

using namespace std::chrono_literals;

namespace {

constexpr const char* loopback_broadcast = "127.255.255.255";
constexpr std::size_t receive_size = 65536;
constexpr int datagrams_per_turn = 64;  // so that a flood leaves time for everything else
constexpr duration settle_time = 200ms; // several changes of the network often come together

[[noreturn]] void fail(const char* what) {
    throw std::system_error{errno, std::generic_category(), what};
}

void set_option(int fd, int level, int option, const char* what) {
    const int on = 1;
    if (::setsockopt(fd, level, option, &on, sizeof(on)) != 0) {
        fail(what);
    }
}

owned_fd open_socket(std::uint16_t port) {
    owned_fd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!fd) {
        fail("socket");
    }
    set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR");
    set_option(fd.get(), SOL_SOCKET, SO_BROADCAST, "SO_BROADCAST");
    set_option(fd.get(), IPPROTO_IP, IP_PKTINFO, "IP_PKTINFO");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        fail("bind of the discovery port");
    }
    return fd;
}

std::string text_of(const in_addr& address) {
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, &address, text.data(), text.size());
    return text.data();
}

bool contains(const std::vector<std::string>& list, const std::string& text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

// Receives one datagram. Its size, or -1 and errno; the interface that it came in by.
ssize_t receive_one(int fd, char* buffer, std::size_t size, sockaddr_in& source, int& interface) {
    alignas(cmsghdr) std::array<char, 256> control;
    iovec piece{buffer, size};
    msghdr header{};
    header.msg_name = &source;
    header.msg_namelen = sizeof(source);
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(fd, &header, 0);
    interface = 0;
    if (got >= 0) {
        for (cmsghdr* one = CMSG_FIRSTHDR(&header); one != nullptr;
             one = CMSG_NXTHDR(&header, one)) {
            if (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_PKTINFO) {
                in_pktinfo info;
                std::memcpy(&info, CMSG_DATA(one), sizeof(info));
                interface = info.ipi_ifindex;
            }
        }
    }
    return got;
}

} // namespace

beacon_socket::beacon_socket(loop& loop, settings settings, on_datagram heard, on_change changed)
    : loop_{loop}, settings_{std::move(settings)}, heard_{std::move(heard)},
      changed_{std::move(changed)}, socket_{open_socket(settings_.port)}, broadcasts_{
                                                                              find_broadcasts()} {
    socket_watch_ = loop_.add_watch(socket_.get(), [this](bool, bool) { receive(); });
    socket_watch_->want(true, false);
    settle_ = loop_.add_timer([this] { network_changed(); });
    watch_network();
}

beacon_socket::~beacon_socket() {
    netlink_watch_.reset();
    nl_socket_free(netlink_);
}

void beacon_socket::send(const std::string& datagram) {
    const auto send_to = [&](const std::string& host) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(settings_.port);
        if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
            return;
        }
        // A network that is down now is announced on when it comes back.
        (void)::sendto(socket_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL,
                       reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    };
    std::for_each(broadcasts_.begin(), broadcasts_.end(), send_to);
    std::for_each(settings_.also.begin(), settings_.also.end(), send_to);
}

void beacon_socket::send_also_to(const std::string& host) {
    if (!contains(settings_.also, host)) {
        settings_.also.push_back(host);
    }
}

void beacon_socket::receive() {
    std::array<char, receive_size> buffer;
    for (int i = 0; i < datagrams_per_turn; i++) {
        sockaddr_in source{};
        int interface = 0;
        const ssize_t size =
            receive_one(socket_.get(), buffer.data(), buffer.size(), source, interface);
        if (size < 0) {
            if (errno == EAGAIN) {
                return;
            }
            continue; // an ICMP error of an earlier datagram
        }
        if (is_wanted(interface)) {
            heard_({buffer.data(), static_cast<std::size_t>(size)}, text_of(source.sin_addr));
        }
    }
}

bool beacon_socket::is_wanted(int interface_index) const {
    if (settings_.interfaces.empty()) {
        return true;
    }
    std::array<char, IF_NAMESIZE> name{};
    if (::if_indextoname(static_cast<unsigned>(interface_index), name.data()) == nullptr) {
        return false;
    }
    return std::string_view{name.data()} == "lo" || contains(settings_.interfaces, name.data());
}

// Each network is a place to broadcast to; a network that has no broadcast address has nobody on it
// but the host itself or one other, whom a static peer reaches.
std::vector<std::string> beacon_socket::find_broadcasts() const {
    std::vector<std::string> found{loopback_broadcast};
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) {
        return found;
    }
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
        constexpr unsigned wanted = IFF_UP | IFF_BROADCAST;
        if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET ||
            (one->ifa_flags & wanted) != wanted || one->ifa_netmask == nullptr ||
            (!settings_.interfaces.empty() && !contains(settings_.interfaces, one->ifa_name))) {
            continue;
        }
        // Not ifa_broadaddr: an address that was given without it has the same one by its network.
        const auto* own = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
        const auto* mask = reinterpret_cast<const sockaddr_in*>(one->ifa_netmask);
        if (one->ifa_netmask->sa_family != AF_INET || ntohl(mask->sin_addr.s_addr) >= 0xfffffffe) {
            continue;
        }
        const in_addr broadcast{own->sin_addr.s_addr | ~mask->sin_addr.s_addr};
        const std::string text = text_of(broadcast);
        if (!contains(found, text)) {
            found.push_back(text);
        }
    }
    ::freeifaddrs(all);
    return found;
}

// Without these reports (a container may forbid them) the limpet keeps to the networks that there
// were at its start.
void beacon_socket::watch_network() {
    netlink_ = nl_socket_alloc();
    if (netlink_ == nullptr) {
        throw std::bad_alloc{};
    }
    nl_socket_disable_seq_check(netlink_);
    if (nl_connect(netlink_, NETLINK_ROUTE) != 0 ||
        nl_socket_add_memberships(netlink_, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, 0) != 0 ||
        nl_socket_set_nonblocking(netlink_) != 0) {
        return;
    }
    const auto noted = [](nl_msg*, void*) -> int { return NL_OK; };
    nl_socket_modify_cb(netlink_, NL_CB_VALID, NL_CB_CUSTOM, noted, nullptr);
    netlink_watch_ = loop_.add_watch(nl_socket_get_fd(netlink_), [this](bool, bool) {
        // What exactly has changed doesn't matter, also not if reports were lost: all is read anew.
        nl_recvmsgs_default(netlink_);
        settle_->set(loop_.now() + settle_time);
    });
    netlink_watch_->want(true, false);
}

void beacon_socket::network_changed() {
    std::vector<std::string> now = find_broadcasts();
    if (now != broadcasts_) {
        broadcasts_ = std::move(now);
        changed_();
    }
}

} // namespace limpet
