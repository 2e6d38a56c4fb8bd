// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/protocol/peer_session.hpp"

#include <algorithm>
#include <utility>

namespace limpet {

namespace {

// The ids of the two commands that open a connection.
constexpr const char* bind_id = "bind";
constexpr const char* hello_id = "hello";

// A reason of a stranger, fit for a log: one line, not endless.
std::string quoted(std::string text) {
    constexpr std::size_t most = 200;
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
    if (text.size() > most) {
        text.resize(most);
        text += "...";
    }
    return "\"" + text + "\"";
}

} // namespace

peer_session::peer_session(const limpet_identity& self, const std::string& service,
                           session_output& output, events& told, duration keep_alive, instant now)
    : self_{self}, output_{output}, told_{told}, keep_alive_{keep_alive}, accepts_{false},
      greeting_due_{now + greeting_limit}, last_heard_{now}, next_ping_{now} {
    Json::Value bind{Json::objectValue};
    bind["service"] = service;
    output_.write(command_line(bind_id, "bind", std::move(bind)) +
                  command_line(hello_id, "hello", to_hello(self_)));
}

peer_session::peer_session(const limpet_identity& self, session_output& output, events& told,
                           duration keep_alive, instant now)
    : self_{self}, output_{output}, told_{told}, keep_alive_{keep_alive}, accepts_{true},
      greeting_due_{now + greeting_limit}, last_heard_{now}, next_ping_{now} {}

void peer_session::receive(const envelope& line, instant now) {
    if (finished()) {
        return;
    }
    if (line.type == envelope::kind::response) {
        receive_answer(line, now);
    } else if (line.command == "goodbye") {
        finish("it says goodbye: " +
               quoted(string_in(line.body, "reason").value_or("(without a reason)")));
    } else if (!open() && accepts_ && line.command == "hello") {
        receive_hello(line, now);
    } else if (!open()) {
        leave("it sent a command before its hello");
    } else {
        receive_command(line);
    }
}

void peer_session::receive_hello(const envelope& hello, instant now) {
    if (const auto error = consider(hello.body)) {
        if (hello.wants_response()) {
            output_.write(error_line(hello.id, *error));
        }
        finish(error->text);
        return;
    }
    if (hello.wants_response()) {
        output_.write(response_line(hello.id, to_hello(self_)));
    }
    become_open(now);
}

void peer_session::receive_answer(const envelope& line, instant now) {
    if (open() || accepts_) {
        return; // of a ping; that it came is all that it says
    }
    if (const auto error = error_of(line)) {
        refused_as_ = error->type.empty() ? "error" : error->type;
        finish("it refused us: " + quoted(error->text));
    } else if (line.id.isString() && line.id.asString() == hello_id) {
        if (const auto objection = consider(line.body)) {
            leave(objection->text);
        } else {
            become_open(now);
        }
    }
}

std::optional<remote_error> peer_session::consider(const Json::Value& hello) {
    const auto identity = parse_identity(hello);
    if (!identity) {
        return remote_error{identity.why(), "bad_hello"};
    }
    if (auto error = objection(self_, *identity)) {
        return error;
    }
    peer_ = *identity;
    return told_.admit(*identity);
}

void peer_session::become_open(instant now) {
    state_ = state::open;
    last_heard_ = now;
    next_ping_ = now + keep_alive_;
    told_.opened(*peer_);
}

void peer_session::receive_command(const envelope& line) {
    const auto respond = [&](const remote_error& error) {
        if (line.wants_response()) {
            output_.write(error_line(line.id, error));
        }
    };
    if (line.command == "ping") {
        if (line.wants_response()) {
            output_.write(response_line(line.id, {}));
        }
        return;
    }
    if (line.command == "bind" || line.command == "hello") {
        respond({"This connection is open already.", "bound_already"});
        return;
    }
    const command_outcome outcome = told_.command(line.body);
    if (finished()) {
        return;
    }
    switch (outcome.what) {
    case command_outcome::kind::done:
        if (line.wants_response()) {
            output_.write(response_line(line.id, {}));
        }
        break;
    case command_outcome::kind::unknown:
        respond({"There is no command of this name.", "no_such_command"});
        break;
    case command_outcome::kind::violation:
        respond({outcome.text, "violation"});
        leave(outcome.text);
        break;
    }
}

void peer_session::tick(instant now) {
    if (state_ == state::greeting && greeting_due_ <= now) {
        finish("it didn't answer our hello within " + seconds_text(greeting_limit));
    }
    if (state_ != state::open) {
        return;
    }
    if (last_heard_ + keep_alive_ * 7 / 2 <= now) {
        finish("nothing was heard of it for " + seconds_text(now - last_heard_));
        return;
    }
    if (next_ping_ <= now) {
        Json::Value id = "p" + std::to_string(next_id_++);
        output_.write(command_line(id, "ping", {}));
        next_ping_ = now + keep_alive_;
    }
}

std::optional<instant> peer_session::next() const {
    switch (state_) {
    case state::greeting:
        return greeting_due_;
    case state::open:
        return std::min(next_ping_, last_heard_ + keep_alive_ * 7 / 2);
    case state::finished:
        break;
    }
    return std::nullopt;
}

void peer_session::send(const Json::Value& command) {
    if (open()) {
        output_.write(notice_line(command["_command"].asString(), command));
    }
}

void peer_session::leave(const std::string& reason) {
    if (finished()) {
        return;
    }
    Json::Value body{Json::objectValue};
    body["reason"] = reason;
    output_.write(notice_line("goodbye", std::move(body)));
    finish(reason);
}

void peer_session::finish(std::string reason) {
    state_ = state::finished;
    output_.finish(std::move(reason));
}

} // namespace limpet
