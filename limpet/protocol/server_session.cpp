// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/protocol/server_session.hpp"

#include <utility>

namespace limpet {

namespace {

constexpr std::size_t name_size_max = 256; // bytes, of an object's or event's name

std::optional<Json::Value> id_to_answer(const envelope& line) {
    return line.wants_response() ? std::optional{line.id} : std::nullopt;
}

} // namespace

server_session::server_session(service_book& book, session_output& output, instant now,
                               duration patience)
    : book_{book}, output_{output}, bind_due_{now + bind_limit}, patience_{patience} {}

void server_session::receive(const envelope& line, instant now) {
    if (finished_ || refusal_ || line.type == envelope::kind::response) {
        return;
    }
    if (service_.empty()) {
        receive_unbound(line, now);
    } else if (line.command == "call") {
        call(line);
    } else if (line.command == "watch") {
        watch(line);
    } else if (line.command == "unwatch") {
        unwatch(line);
    } else if (line.command == "listen") {
        listen(line);
    } else if (line.command == "unlisten") {
        unlisten(line);
    } else if (line.command == "ping") {
        respond(line, {});
    } else if (line.command == "bind") {
        complain(line, "This connection is bound already; open another one for another service.",
                 "bound_already");
    } else {
        complain(line, "There is no command of this name.", "no_such_command");
    }
}

void server_session::receive_unbound(const envelope& line, instant now) {
    if (line.command == "bind") {
        bind(line, now);
        return;
    }
    complain(line, "Bind to a service first.", "not_bound");
    if (++mistakes_ >= mistakes_max) {
        finish("it sent many commands and no bind");
    }
}

void server_session::bind(const envelope& line, instant now) {
    const auto wanted = string_in(line.body, "service");
    auto found = wanted ? book_.service_of(*wanted) : std::nullopt;
    if (!found) {
        refusal_ = refusal{id_to_answer(line), now + patience_};
        tick(now);
        return;
    }
    service_ = std::move(*found);
    Json::Value body{Json::objectValue};
    body["service"] = *wanted;
    respond(line, std::move(body));
}

void server_session::tick(instant now) {
    if (finished_) {
        return;
    }
    if (refusal_) {
        if (refusal_->due <= now) {
            if (refusal_->id) {
                output_.write(
                    error_line(*refusal_->id, {"There is no service of this id here (any more).",
                                               "no_such_service"}));
            }
            finish("it wanted a service that isn't here");
        }
    } else if (service_.empty() && bind_due_ <= now) {
        finish("it didn't bind to a service within " + seconds_text(bind_limit));
    }
}

std::optional<instant> server_session::next() const {
    if (finished_) {
        return std::nullopt;
    }
    if (refusal_) {
        return refusal_->due;
    }
    return service_.empty() ? std::optional{bind_due_} : std::nullopt;
}

void server_session::call(const envelope& line) {
    const auto name = string_in(line.body, "name");
    const Json::Value& args = line.body["args"];
    if (!name || !args.isArray()) {
        complain(line, "A call needs a name (a string) and args (a list).", "bad_command");
        return;
    }
    if (name->starts_with('_')) {
        complain(line, "Functions whose names begin with an underscore can't be called.",
                 "no_such_function");
        return;
    }
    if (calls_.size() >= calls_max) {
        complain(line, "Too many calls of this connection wait for their answers.", "busy");
        return;
    }
    const std::uint64_t ticket = next_ticket_++;
    calls_.emplace(ticket, id_to_answer(line));
    book_.call(*this, function_call{ticket, service_, *name, args});
}

void server_session::answer(std::uint64_t ticket, Json::Value result) {
    const auto at = calls_.find(ticket);
    if (at == calls_.end()) {
        return;
    }
    if (at->second && !finished_) {
        Json::Value body{Json::objectValue};
        body["result"] = std::move(result);
        output_.write(response_line(*at->second, std::move(body)));
    }
    calls_.erase(at);
}

void server_session::fail(std::uint64_t ticket, const remote_error& error) {
    const auto at = calls_.find(ticket);
    if (at == calls_.end()) {
        return;
    }
    if (at->second && !finished_) {
        output_.write(error_line(*at->second, error));
    }
    calls_.erase(at);
}

void server_session::watch(const envelope& line) {
    if (!add_name(watched_, line, "You are watching this object already.")) {
        return;
    }
    const std::string name = line.body["name"].asString();
    const Json::Value value = book_.object_value(service_, name);
    Json::Value body{Json::objectValue};
    body["name"] = name;
    body["value"] = value;
    respond(line, std::move(body));
    send_changed(name, value);
}

void server_session::unwatch(const envelope& line) {
    const auto name = name_of(line);
    if (!name) {
        return;
    }
    if (watched_.erase(*name) == 0) {
        complain(line, "You aren't watching this object.", "not_watched");
        return;
    }
    Json::Value body{Json::objectValue};
    body["name"] = *name;
    body["value"] = Json::nullValue;
    respond(line, std::move(body));
    send_changed(*name, Json::nullValue);
}

void server_session::listen(const envelope& line) {
    if (add_name(listened_, line, "You are listening to this event already.")) {
        Json::Value body{Json::objectValue};
        body["name"] = line.body["name"];
        respond(line, std::move(body));
    }
}

void server_session::unlisten(const envelope& line) {
    const auto name = name_of(line);
    if (!name) {
        return;
    }
    if (listened_.erase(*name) == 0) {
        complain(line, "You aren't listening to this event.", "not_listened");
        return;
    }
    Json::Value body{Json::objectValue};
    body["name"] = *name;
    respond(line, std::move(body));
}

bool server_session::add_name(std::set<std::string>& names, const envelope& line,
                              const char* already) {
    const auto name = name_of(line);
    if (!name) {
        return false;
    }
    if (names.contains(*name)) {
        complain(line, already, "already");
        return false;
    }
    if (names.size() >= names_max) {
        complain(line, "You watch or listen to as many names as a connection may.", "busy");
        return false;
    }
    names.insert(*name);
    return true;
}

std::optional<std::string> server_session::name_of(const envelope& line) {
    auto name = string_in(line.body, "name");
    if (!name || name->size() > name_size_max) {
        complain(line, "This command needs a name (a string of at most 256 bytes).", "bad_command");
        return std::nullopt;
    }
    return name;
}

void server_session::respond(const envelope& line, Json::Value body) {
    if (line.wants_response()) {
        output_.write(response_line(line.id, std::move(body)));
    }
}

void server_session::complain(const envelope& line, std::string text, std::string type) {
    if (line.wants_response()) {
        output_.write(error_line(line.id, {std::move(text), std::move(type)}));
    }
}

void server_session::send_changed(const std::string& name, const Json::Value& value) {
    Json::Value body{Json::objectValue};
    body["_id"] = "n" + std::to_string(next_notice_++);
    body["name"] = name;
    body["value"] = value;
    output_.write(notice_line("changed", std::move(body)));
}

void server_session::finish(std::string reason) {
    finished_ = true;
    output_.finish(std::move(reason));
}

} // namespace limpet
