// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/link/connection.hpp"

#include "limpet/link/scope.hpp"

#include <algorithm>
#include <utility>

namespace limpet {

std::string connection::place::text() const {
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

connection::connection(std::uint64_t id, loop& loop, owner& owner, const limpet_identity& self,
                       service_book& book, accepted_socket socket, duration patience)
    : id_{id}, loop_{loop}, owner_{owner}, self_{self}, book_{book}, where_{std::move(socket.host),
                                                                            socket.port},
      opened_here_{false}, lines_{unbound_line_max}, timer_{loop.add_timer([this] { tick(); })},
      over_timer_{loop.add_timer([this] {
          over_told_ = true;
          owner_.over(*this, *finished_);
      })} {
    stream_ = std::make_unique<tcp_stream>(loop_, stream_events(), std::move(socket.socket));
    client_.emplace(book_, output(), loop_.now(), patience);
    plan();
}

connection::connection(std::uint64_t id, loop& loop, owner& owner, const limpet_identity& self,
                       service_book& book, const place& where, std::string service)
    : id_{id}, loop_{loop}, owner_{owner}, self_{self}, book_{book}, where_{where},
      service_{std::move(service)}, opened_here_{true}, lines_{peer_line_max},
      timer_{loop.add_timer([this] { tick(); })}, over_timer_{loop.add_timer([this] {
          over_told_ = true;
          owner_.over(*this, *finished_);
      })} {
    stream_ = tcp_stream::connect(loop_, stream_events(), where_.host, where_.port);
    line_due_ = loop_.now() + connect_time;
    plan();
}

connection::~connection() {
    drop_client();
}

void connection::write(std::string lines) {
    if (finished()) {
        return;
    }
    stream_->write(lines);
    if (stream_->pending() > (peer_ ? peer_pending_max : client_pending_max)) {
        finish("it doesn't read what it is sent");
    }
}

void connection::finish(std::string reason) {
    if (finished()) {
        return;
    }
    stream_->send_and_close(reason, close_time);
    finished_ = std::move(reason);
    timer_->clear();
    over_timer_->set(loop_.now());
}

void connection::leave(const std::string& reason) {
    if (linked()) {
        peer_->leave(reason);
    } else {
        finish(reason);
    }
}

void connection::connected() {
    line_due_.reset();
    peer_.emplace(self_, service_, output(), session_events(), keep_alive_of(scope_of(where_.host)),
                  loop_.now());
    plan();
}

void connection::received(std::string_view bytes) {
    if (peer_) {
        peer_->heard(loop_.now());
    }
    lines_.add(bytes);
    while (!finished()) {
        const auto text = lines_.next();
        if (!text) {
            break;
        }
        line_due_.reset();
        const auto line = parse_envelope(*text);
        if (line) {
            take(*line);
        } else {
            reject(line.why());
        }
    }
    if (lines_.failed()) {
        reject("a line is longer than it may be");
    }
    if (client_ && lines_.unfinished() > 0 && !line_due_) {
        line_due_ = loop_.now() + client_line_time;
    }
    plan();
}

// What can't be understood ends the connection, after a last word that belongs to no command.
void connection::reject(const std::string& why) {
    if (client_) {
        write(error_line(Json::nullValue, {"This connection ends: " + why + ".", "bad_line"}));
    }
    leave("it sent what can't be understood: " + why);
}

void connection::take(const envelope& line) {
    if (peer_) {
        peer_->receive(line, loop_.now());
        return;
    }
    const bool bound_to_limpet = client_->service() == self_.service();
    if (line.command == "hello" && bound_to_limpet && client_->calls() == 0) {
        become_peer(line);
        return;
    }
    client_->receive(line, loop_.now());
    if (!client_->service().empty()) {
        lines_.set_limit(client_line_max);
    }
}

void connection::become_peer(const envelope& hello) {
    drop_client();
    lines_.set_limit(peer_line_max);
    peer_.emplace(self_, output(), session_events(), keep_alive_of(scope_of(where_.host)),
                  loop_.now());
    peer_->receive(hello, loop_.now());
}

void connection::drop_client() {
    if (client_) {
        owner_.client_ends(*client_);
        client_.reset();
    }
}

void connection::ended(const std::string& reason) {
    if (!finished()) {
        finished_ = reason;
        timer_->clear();
    }
    over_timer_->clear();
    if (!over_told_) {
        over_told_ = true;
        owner_.over(*this, *finished_);
    }
    owner_.gone(*this);
}

std::optional<remote_error> connection::admit(const limpet_identity& peer) {
    return owner_.admit(*this, peer);
}

void connection::opened(const limpet_identity& peer) {
    owner_.opened(*this, peer);
}

command_outcome connection::command(const Json::Value& body) {
    return owner_.command(*this, body);
}

void connection::tick() {
    planned_.reset();
    const instant now = loop_.now();
    if (line_due_ && *line_due_ <= now) {
        finish(client_ ? "it didn't finish a line within " + seconds_text(client_line_time)
                       : "it didn't take the connection within " + seconds_text(connect_time));
        return;
    }
    if (peer_) {
        peer_->tick(now);
    } else if (client_) {
        client_->tick(now);
    }
    plan();
}

void connection::plan() {
    if (finished()) {
        return;
    }
    std::optional<instant> next = peer_ ? peer_->next() : client_ ? client_->next() : std::nullopt;
    if (line_due_ && (!next || *line_due_ < *next)) {
        next = line_due_;
    }
    if (next == planned_) {
        return;
    }
    planned_ = next;
    if (next) {
        timer_->set(*next);
    } else {
        timer_->clear();
    }
}

} // namespace limpet
