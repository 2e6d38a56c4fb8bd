// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/link/resolver.hpp"

#include <netdb.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <thread>
#include <utility>

namespace limpet {

// Written by the thread before it makes the descriptor readable, read by the loop after.
struct resolver::answer {
    owned_fd done{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    std::string address;
    std::string error;
};

namespace {

void resolve(const std::string& host, resolver::answer& result) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (error != 0) {
        result.error = ::gai_strerror(error);
    } else {
        std::array<char, NI_MAXHOST> text{};
        if (::getnameinfo(found->ai_addr, found->ai_addrlen, text.data(), text.size(), nullptr, 0,
                          NI_NUMERICHOST) == 0) {
            result.address = text.data();
        } else {
            result.error = "its address makes no sense";
        }
        ::freeaddrinfo(found);
    }
    const std::uint64_t one = 1;
    // Can't fail: the descriptor is fresh.
    [[maybe_unused]] const auto written = ::write(result.done.get(), &one, sizeof(one));
}

} // namespace

resolver::resolver(loop& loop, const std::string& host, on_address call)
    : answer_{std::make_shared<answer>()}, call_{std::move(call)} {
    if (!answer_->done) {
        throw std::system_error{errno, std::generic_category(), "eventfd"};
    }
    watch_ = loop.add_watch(answer_->done.get(), [this](bool, bool) {
        watch_.reset();
        // The callback may destroy this.
        const auto result = answer_;
        const on_address call = std::move(call_);
        call(result->address, result->error);
    });
    watch_->want(true, false);
    std::thread{[host, result = answer_] { resolve(host, *result); }}.detach();
}

resolver::~resolver() = default;

} // namespace limpet
