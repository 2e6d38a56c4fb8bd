// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/link/scope.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace limpet {

using namespace std::chrono_literals;

namespace {

bool within(std::uint32_t address, std::uint32_t network, int bits) {
    return (address ^ network) >> (32 - bits) == 0;
}

scope scope_of_v4(std::uint32_t address) {
    if (within(address, 0x7f000000, 8)) {
        return scope::loopback;
    }
    struct network {
        std::uint32_t address;
        int bits;
    };
    constexpr std::array<network, 5> local{{{0x0a000000, 8},    // private
                                            {0xac100000, 12},   // private
                                            {0xc0a80000, 16},   // private
                                            {0xa9fe0000, 16},   // link-local
                                            {0x64400000, 10}}}; // shared
    const bool is_local = std::any_of(local.begin(), local.end(), [&](const network& one) {
        return within(address, one.address, one.bits);
    });
    return is_local ? scope::local : scope::beyond;
}

scope scope_of_v6(const in6_addr& address) {
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
        const auto* bytes = address.s6_addr;
        return scope_of_v4(std::uint32_t{bytes[12]} << 24 | std::uint32_t{bytes[13]} << 16 |
                           std::uint32_t{bytes[14]} << 8 | bytes[15]);
    }
    if (IN6_IS_ADDR_LOOPBACK(&address)) {
        return scope::loopback;
    }
    const bool unique_local = (address.s6_addr[0] & 0xfe) == 0xfc;
    return unique_local || IN6_IS_ADDR_LINKLOCAL(&address) ? scope::local : scope::beyond;
}

} // namespace

scope scope_of(std::string_view host) {
    const std::string text{host.substr(0, host.find('%'))};
    in_addr v4{};
    if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) {
        return scope_of_v4(ntohl(v4.s_addr));
    }
    in6_addr v6{};
    if (::inet_pton(AF_INET6, text.c_str(), &v6) == 1) {
        return scope_of_v6(v6);
    }
    return scope::beyond;
}

duration keep_alive_of(scope where) {
    return where == scope::beyond ? 10s : 1s;
}

duration back_off::failed(const random& draw) {
    // ansar-connect's steps: base plus up to half of it, in quarters of a second.
    constexpr std::size_t steps[] = {3, 3, 4};
    const auto index = static_cast<std::size_t>(where_);
    const std::size_t step = std::min(failures_, steps[index] - 1);
    failures_++;
    const std::chrono::seconds base{2u << index << step};
    const auto quarters = static_cast<int>(draw() * static_cast<double>(base.count() * 2 + 1));
    return base + quarters * 250ms;
}

} // namespace limpet
