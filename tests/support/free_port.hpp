// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/fd.hpp"

#include <boost/test/unit_test.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

namespace limpet::test {

// A UDP port that nobody has now: tests share it among their own sockets and with nobody else.
inline std::uint16_t free_udp_port() {
    const owned_fd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    socklen_t size = sizeof(address);
    BOOST_REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    BOOST_REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    return ntohs(address.sin_port);
}

} // namespace limpet::test
