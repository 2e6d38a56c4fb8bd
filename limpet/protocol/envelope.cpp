// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/protocol/envelope.hpp"

#include <utility>

namespace limpet {

namespace {

constexpr std::size_t id_size_max = 256; // it's kept until the answer, so it can't be any size

std::string finish(envelope::kind type, Json::Value body) {
    body["_type"] = static_cast<int>(type);
    std::string line = to_text(body);
    line += "\r\n";
    return line;
}

Json::Value as_object(Json::Value body) {
    return body.isNull() ? Json::Value{Json::objectValue} : std::move(body);
}

} // namespace

parsed<envelope> parse_envelope(std::string_view line) {
    auto object = parse_object(line);
    if (!object) {
        return parsed<envelope>::bad("a line can't be read: " + object.why());
    }
    envelope result;
    result.body = std::move(*object);
    const Json::Value& body = std::as_const(result).body;
    if (body.isMember("_type")) {
        const auto type = integer_in(body, "_type");
        if (!type || *type < 1 || *type > 3) {
            return parsed<envelope>::bad("a line's _type isn't 1 (command), 2 (response) or 3 "
                                         "(notice)");
        }
        result.type = static_cast<envelope::kind>(*type);
    }
    result.id = body["_id"];
    if (result.id.isArray() || result.id.isObject() ||
        (result.id.isString() && result.id.asString().size() > id_size_max)) {
        return parsed<envelope>::bad("a line's _id isn't a number or a string of at most " +
                                     std::to_string(id_size_max) + " bytes");
    }
    if (result.type != envelope::kind::response) {
        auto command = string_in(body, "_command");
        if (!command) {
            return parsed<envelope>::bad("a line's _command isn't a string");
        }
        result.command = std::move(*command);
    }
    return result;
}

std::optional<remote_error> error_of(const envelope& response) {
    if (!response.body.isMember("_error")) {
        return std::nullopt;
    }
    remote_error error{"an error without a text", ""};
    if (const Json::Value* value = object_in(response.body, "_error")) {
        error.text = string_in(*value, "text").value_or(error.text);
        error.type = string_in(*value, "type").value_or("");
    }
    return error;
}

std::string command_line(const Json::Value& id, std::string_view command, Json::Value body) {
    body = as_object(std::move(body));
    body["_id"] = id;
    body["_command"] = std::string{command};
    return finish(envelope::kind::command, std::move(body));
}

std::string notice_line(std::string_view command, Json::Value body) {
    body = as_object(std::move(body));
    body["_command"] = std::string{command};
    return finish(envelope::kind::notice, std::move(body));
}

std::string response_line(const Json::Value& id, Json::Value body) {
    body = as_object(std::move(body));
    body["_id"] = id;
    return finish(envelope::kind::response, std::move(body));
}

std::string error_line(const Json::Value& id, const remote_error& error) {
    Json::Value body{Json::objectValue};
    body["_error"]["text"] = error.text;
    if (!error.type.empty()) {
        body["_error"]["type"] = error.type;
    }
    return response_line(id, std::move(body));
}

} // namespace limpet
