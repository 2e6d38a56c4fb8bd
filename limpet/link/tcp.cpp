// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/link/tcp.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace limpet {

namespace {

constexpr std::size_t read_size = 64 * 1024;
constexpr int backlog = 100;

std::string text_of_error(int error) {
    return std::generic_category().message(error);
}

void set_no_delay(int fd) {
    const int on = 1;
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

// "fe80::1%eth0" works too, which inet_pton() doesn't know.
int resolve_numeric(const std::string& host, std::uint16_t port, sockaddr_storage& address,
                    socklen_t& size) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
        return EINVAL;
    }
    std::memcpy(&address, found->ai_addr, found->ai_addrlen);
    size = found->ai_addrlen;
    ::freeaddrinfo(found);
    return 0;
}

} // namespace

std::unique_ptr<tcp_stream> tcp_stream::connect(loop& loop, events& told, const std::string& host,
                                                std::uint16_t port) {
    sockaddr_storage address{};
    socklen_t size = 0;
    int error = resolve_numeric(host, port, address, size);
    owned_fd socket;
    if (error == 0) {
        socket =
            owned_fd{::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        error = socket ? 0 : errno;
    }
    if (error == 0 &&
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 &&
        errno != EINPROGRESS) {
        error = errno;
    }
    if (error != 0) {
        socket = owned_fd{};
    }
    auto stream = std::make_unique<tcp_stream>(loop, told, std::move(socket));
    if (error != 0) {
        stream->end_soon("it can't be reached: " + text_of_error(error));
    } else {
        stream->state_ = state::connecting;
        stream->want();
    }
    return stream;
}

tcp_stream::tcp_stream(loop& loop, events& told, owned_fd socket)
    : loop_{loop}, told_{told}, socket_{std::move(socket)} {
    flush_timer_ = loop_.add_timer([this] {
        flush_planned_ = false;
        flush();
    });
    close_timer_ = loop_.add_timer([this] { end(std::exchange(closing_reason_, {})); });
    if (socket_) {
        set_no_delay(socket_.get());
        watch_ = loop_.add_watch(
            socket_.get(), [this](bool readable, bool writable) { ready(readable, writable); });
        want();
    }
}

tcp_stream::~tcp_stream() {
    watch_.reset();
}

void tcp_stream::write(std::string_view bytes) {
    if (state_ == state::closing || state_ == state::ended) {
        return;
    }
    if (sent_ > out_.size() / 2) {
        out_.erase(0, sent_);
        sent_ = 0;
    }
    const bool idle = out_.empty();
    out_.append(bytes);
    if (idle && state_ == state::open && !flush_planned_) {
        flush_planned_ = true;
        flush_timer_->set(loop_.now());
    }
}

void tcp_stream::send_and_close(std::string reason, duration most) {
    if (state_ == state::closing || state_ == state::ended) {
        return;
    }
    if (state_ == state::connecting) {
        end_soon(reason);
        return;
    }
    state_ = state::closing;
    closing_reason_ = std::move(reason);
    close_timer_->set(loop_.now() + most);
    if (!flush_planned_) {
        flush_planned_ = true;
        flush_timer_->set(loop_.now());
    }
}

void tcp_stream::ready(bool readable, bool writable) {
    if (state_ == state::connecting) {
        if (writable) {
            finish_connecting();
        }
        return;
    }
    if (writable && pending() > 0) {
        // It may end the stream, and that may destroy it. What came is read in the next turn.
        flush();
        return;
    }
    if (readable) {
        read();
    }
}

void tcp_stream::finish_connecting() {
    int error = 0;
    socklen_t size = sizeof(error);
    if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
    }
    if (error != 0) {
        end("it can't be reached: " + text_of_error(error));
        return;
    }
    state_ = state::open;
    want();
    told_.connected();
}

void tcp_stream::read() {
    std::array<char, read_size> buffer;
    // One read for each call: its event may end the stream's life. The loop is level-triggered.
    const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (size > 0) {
        if (state_ == state::open) {
            told_.received({buffer.data(), static_cast<std::size_t>(size)});
        }
    } else if (size == 0) {
        end(state_ == state::closing ? std::exchange(closing_reason_, {})
                                     : "it closed the connection");
    } else if (errno != EAGAIN && errno != EINTR) {
        end("the connection broke: " + text_of_error(errno));
    }
}

void tcp_stream::flush() {
    while (pending() > 0) {
        const ssize_t size =
            ::send(socket_.get(), out_.data() + sent_, pending(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size < 0) {
            if (errno == EINTR) {
                continue;
            }
            if (errno == EAGAIN) {
                break;
            }
            end("the connection broke: " + text_of_error(errno));
            return;
        }
        sent_ += static_cast<std::size_t>(size);
    }
    if (pending() == 0) {
        out_.clear();
        sent_ = 0;
        if (state_ == state::closing) {
            // Closing with bytes unread would make the kernel throw away what the other side has
            // not read yet: so it's the other side that closes, or time that runs out.
            (void)::shutdown(socket_.get(), SHUT_WR);
        }
    }
    want();
}

void tcp_stream::want() {
    const bool connecting = state_ == state::connecting;
    watch_->want(!connecting, connecting || pending() > 0);
}

void tcp_stream::end(const std::string& reason) {
    state_ = state::ended;
    watch_.reset();
    flush_timer_->clear();
    close_timer_->clear();
    told_.ended(reason);
}

void tcp_stream::end_soon(const std::string& reason) {
    state_ = state::ended;
    watch_.reset();
    flush_timer_->clear();
    closing_reason_ = reason;
    close_timer_->set(loop_.now());
}

listening_socket listen_on(std::uint16_t port) {
    const auto fail = [](const char* what) {
        throw std::system_error{errno, std::generic_category(), what};
    };
    listening_socket result;
    sockaddr_storage address{};
    socklen_t size = 0;
    result.socket = owned_fd{::socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (result.socket) {
        const int off = 0;
        (void)::setsockopt(result.socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
        auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        size = sizeof(*v6);
    } else { // a host without IPv6
        result.socket = owned_fd{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        size = sizeof(*v4);
    }
    if (!result.socket) {
        fail("a socket to listen on");
    }
    const int on = 1;
    (void)::setsockopt(result.socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (::bind(result.socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(result.socket.get(), backlog) != 0) {
        fail(("listening on port " + std::to_string(port)).c_str());
    }
    size = sizeof(address);
    if (::getsockname(result.socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        fail("getsockname");
    }
    // The port is at the same place in both families.
    result.port = ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
    return result;
}

std::optional<accepted_socket> accept_on(const owned_fd& listener, int& error) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    owned_fd socket{::accept4(listener.get(), reinterpret_cast<sockaddr*>(&address), &size,
                              SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!socket) {
        error = errno == EAGAIN ? 0 : errno;
        return std::nullopt;
    }
    std::array<char, NI_MAXHOST> host{};
    std::array<char, NI_MAXSERV> port{};
    if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host.data(), host.size(),
                      port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        error = EINVAL;
        return std::nullopt;
    }
    std::string text{host.data()};
    constexpr std::string_view mapped = "::ffff:";
    if (text.starts_with(mapped) && text.find('.') != std::string::npos) {
        text.erase(0, mapped.size());
    }
    error = 0;
    return accepted_socket{std::move(socket), std::move(text),
                           static_cast<std::uint16_t>(std::stoi(port.data()))};
}

} // namespace limpet
