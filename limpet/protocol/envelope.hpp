// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/protocol/json.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace limpet {

// What each line of Autobus 2 is: a command, which wants a response; a response; or a notice, a
// command that is never answered, not even with an error.
struct envelope {
    enum class kind { command = 1, response = 2, notice = 3 };

    kind type = kind::command;
    Json::Value id;      // number, string (at most 256 bytes), true, false or null
    std::string command; // empty in responses
    Json::Value body;    // the whole object

    bool wants_response() const { return type == kind::command && body.isMember("_id"); }
};

// An error as a response carries it: a text for people, and a word for programs.
struct remote_error {
    std::string text;
    std::string type;
};

// Reads a line. A missing "_type" means a command, as programs of 2012 have it.
parsed<envelope> parse_envelope(std::string_view line);

// The error of a response, if it is one of failure.
std::optional<remote_error> error_of(const envelope& response);

// The lines to send, with their ends. `body` has the command's own keys.
std::string command_line(const Json::Value& id, std::string_view command, Json::Value body);
std::string notice_line(std::string_view command, Json::Value body);
std::string response_line(const Json::Value& id, Json::Value body);
std::string error_line(const Json::Value& id, const remote_error& error);

} // namespace limpet
