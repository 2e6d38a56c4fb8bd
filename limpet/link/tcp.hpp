// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/fd.hpp"
#include "limpet/loop.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace limpet {

// One end of a TCP connection: bytes both ways, nothing waits.
//
// What is written is gathered and sent once per turn of the loop. How much of it may pile up is for
// the owner to decide (pending()). One thread.
class tcp_stream {
public:
    // From the loop, never from within a call. May destroy the stream.
    struct events {
        virtual ~events() = default;
        virtual void connected() = 0; // of a stream that was made by connecting
        virtual void received(std::string_view bytes) = 0;
        // The connection is over, by the other side or by an error; or all is sent after
        // send_and_close(). `reason` is a sentence without a full stop. The last event.
        virtual void ended(const std::string& reason) = 0;
    };

    // Connects to a numeric address. That even the attempt fails comes as ended().
    static std::unique_ptr<tcp_stream> connect(loop& loop, events& told, const std::string& host,
                                               std::uint16_t port);
    // For an accepted connection.
    tcp_stream(loop& loop, events& told, owned_fd socket);
    // Closes at once. Nothing is told.
    ~tcp_stream();
    tcp_stream(const tcp_stream&) = delete;
    tcp_stream& operator=(const tcp_stream&) = delete;

    void write(std::string_view bytes);

    // Bytes that were written and not yet taken by the kernel.
    std::size_t pending() const { return out_.size() - sent_; }

    // Sends what is pending and lets the other side close; ends after `most` at the latest. What
    // still comes is thrown away.
    void send_and_close(std::string reason, duration most);

private:
    enum class state { connecting, open, closing, ended };

    void ready(bool readable, bool writable);
    void finish_connecting();
    void read();
    void flush();
    void want();
    void end(const std::string& reason);
    void end_soon(const std::string& reason);

    loop& loop_;
    events& told_;
    state state_ = state::open;
    owned_fd socket_;
    std::string out_;
    std::size_t sent_ = 0; // of out_
    std::string closing_reason_;
    std::unique_ptr<loop::watch> watch_;
    std::unique_ptr<loop::timer> flush_timer_;
    std::unique_ptr<loop::timer> close_timer_;
    bool flush_planned_ = false;
};

// A socket that others connect to, IPv6 and IPv4. Throws std::system_error.
struct listening_socket {
    owned_fd socket;
    std::uint16_t port = 0;
};
listening_socket listen_on(std::uint16_t port);

// The next connection that waits there. Its host is numeric, an IPv4 one always in dotted form.
struct accepted_socket {
    owned_fd socket;
    std::string host;
    std::uint16_t port = 0;
};
// Nothing if none waits, or if it can't be taken: then `error` is an errno.
std::optional<accepted_socket> accept_on(const owned_fd& listener, int& error);

} // namespace limpet
