// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/autobusctl/format.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace autobus::ctl {
namespace {

using byte = unsigned char;

bool is_continuation(char c) {
    return (static_cast<byte>(c) & 0xc0) == 0x80;
}

// Length of the UTF-8 character at the front, 0 if there's none. Refuses what the standard refuses:
// overlong forms, surrogates, and what is beyond U+10FFFF.
std::size_t utf8_length(std::string_view bytes) {
    const byte lead = static_cast<byte>(bytes[0]);
    if (lead < 0x80) {
        return 1;
    }
    const std::size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                               : lead >= 0xe0 && lead <= 0xef ? 3
                               : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                              : 0;
    if (length == 0 || bytes.size() < length ||
        !std::all_of(bytes.begin() + 1, bytes.begin() + static_cast<std::ptrdiff_t>(length),
                     is_continuation)) {
        return 0;
    }
    const byte second = static_cast<byte>(bytes[1]);
    const bool wrong = (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
                       (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f);
    return wrong ? 0 : length;
}

std::string base64(std::string_view bytes) {
    constexpr int variant = sodium_base64_VARIANT_ORIGINAL;
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const byte*>(bytes.data()),
                      bytes.size(), variant);
    text.pop_back(); // its NUL
    return text;
}

// A character that would move the cursor, or worse.
bool is_control(std::string_view character) {
    const byte first = static_cast<byte>(character[0]);
    return first < 0x20 || first == 0x7f ||
           (first == 0xc2 && static_cast<byte>(character[1]) < 0xa0);
}

void append_escaped(std::string& text, std::string_view character) {
    if (character == "\n" || character == "\t" || character == "\r") {
        text += character == "\n" ? "\\n" : character == "\t" ? "\\t" : "\\r";
        return;
    }
    for (char c : character) {
        char escaped[5];
        std::snprintf(escaped, sizeof(escaped), "\\x%02x", static_cast<byte>(c));
        text += escaped;
    }
}

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

Json::Value as_json(const credentials& who) {
    Json::Value object;
    object["pid"] = who.tgid;
    object["uid"] = who.uid;
    object["gid"] = who.gid;
    return object;
}

Json::Value as_json(const address& address) {
    Json::Value object;
    if (address.bus != 0) {
        object["bus"] = bus_id_to_string(address.bus);
    }
    object["endpoint"] = number(address.endpoint);
    return object;
}

std::string lost_text(std::uint32_t lost) {
    return padded("lost", 13) + std::to_string(lost) +
           (lost == 1 ? " message was" : " messages were") + " missed here: the queue was full";
}

std::string bound_text(const bound_info& bound) {
    const bool replier = bound.role == role::replier;
    const std::string endpoint = "endpoint " + std::to_string(bound.endpoint);
    const std::string verb = bound.kind == notice_kind::bound
                                 ? (replier ? " replies to " : " listens to ")
                                 : (replier ? " no longer replies to " : " no longer listens to ");
    return endpoint + verb + bound.pattern.str() +
           (bound.yielding ? " (for other buses; gives way to a replier of this one)" : "");
}

std::string notice_text(const message_view& notice) {
    if (const auto bound = bound_info_of(notice)) {
        return bound_text(*bound);
    }
    if (const auto closed = closed_endpoint_of(notice)) {
        const address shown{notice.is_remote() ? closed->bus : 0, closed->endpoint};
        return "endpoint " + to_string(shown) + " has closed" +
               (notice.reached() == reach::not_said ? "" : ", or its host is out of reach");
    }
    if (static_cast<notice_kind>(notice.code()) == notice_kind::cleared) {
        return "the value of " + std::string(notice.name().str()) + " is gone";
    }
    return std::string(notice.name().str());
}

std::string mark_text(const message_view& mark) {
    if (mark.name().str() == "$.Autobus.Lost") {
        return lost_text(mark.lost());
    }
    if (mark.name().str() == "$.Autobus.Synced") {
        return padded("synced", 13) + "that is what there was; what follows is new";
    }
    return padded("mark", 13) + std::string(mark.name().str());
}

std::string body_text(const message_view& message) {
    std::string text(message.name().str());
    text += message.is_current() ? " (current) " : " ";
    text += sender_text(message);
    if (message.in_reply_to() != 0) {
        text += " to request " + std::to_string(message.in_reply_to());
    }
    if (message.type() == message_type::status) {
        return text + ": " + explain_status(message);
    }
    return message.data().empty() ? text : text + ": " + printable(message.data());
}

void put_notice(Json::Value& object, const message_view& notice) {
    if (const auto bound = bound_info_of(notice)) {
        object["notice"] = bound->kind == notice_kind::bound ? "bound" : "unbound";
        object["endpoint"] = number(bound->endpoint);
        object["binding"] = number(bound->binding);
        object["role"] = std::string(to_string(bound->role));
        object["pattern"] = bound->pattern.str();
        object["yielding"] = bound->yielding;
    } else if (const auto closed = closed_endpoint_of(notice)) {
        object["notice"] = "closed";
        object["closed"] = as_json(*closed);
    } else {
        object["notice"] = "cleared";
    }
}

void put_status(Json::Value& object, const message_view& status) {
    object["status"] = explain_status(status);
    if (status.code() != 0) {
        object["errno"] = error(static_cast<int>(status.code()), {}).symbol();
    }
    if (status.reached() != reach::not_said) {
        object["reached"] = status.reached() == reach::no ? "no" : "unknown";
    }
}

void put_origin(Json::Value& object, const message_view& message) {
    object["from"] = number(message.from());
    object["sender"] = as_json(message.sender());
    if (!message.is_remote()) {
        return;
    }
    object["origin"]["bus"] = bus_id_to_string(message.origin().bus);
    object["origin"]["endpoint"] = number(message.origin().endpoint);
    object["origin"]["serial"] = number(message.origin().serial);
    if (const auto claimed = message.claimed()) {
        object["claimed"] = as_json(*claimed);
    }
}

} // namespace

bool is_utf8(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t length = utf8_length(bytes);
        if (length == 0) {
            return false;
        }
        bytes.remove_prefix(length);
    }
    return true;
}

std::string printable(std::string_view bytes) {
    if (!is_utf8(bytes)) {
        return "(base64) " + base64(bytes);
    }
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        const std::string_view character = bytes.substr(0, utf8_length(bytes));
        if (is_control(character)) {
            append_escaped(text, character);
        } else {
            text += character;
        }
        bytes.remove_prefix(character.size());
    }
    return text;
}

std::string to_line(const Json::Value& object) {
    Json::StreamWriterBuilder builder;
    builder["indentation"] = "";
    builder["emitUTF8"] = true;
    return Json::writeString(builder, object);
}

void put_data(Json::Value& object, std::string_view data) {
    if (is_utf8(data)) {
        object["data"] = std::string(data);
    } else {
        object["data64"] = base64(data);
    }
}

Json::Value number(std::uint64_t value) {
    return std::to_string(value);
}

std::string sender_text(const message_view& message) {
    if (message.from() == 0) {
        return "from the kernel";
    }
    if (message.is_remote()) {
        return "from " + to_string(address{message.origin().bus, message.origin().endpoint});
    }
    return "from " + std::to_string(message.from()) + " (pid " +
           std::to_string(message.sender().tgid) + ")";
}

std::string as_text(const message_view& message) {
    if (message.type() == message_type::mark) {
        return mark_text(message);
    }
    std::string text = message.lost() != 0 ? lost_text(message.lost()) + '\n' : "";
    text += padded(std::string(to_string(message.type())), 13);
    text += std::to_string(message.serial()) + ' ';
    if (message.type() == message_type::notice) {
        return text + notice_text(message) + (message.is_current() ? " (current)" : "");
    }
    return text + body_text(message);
}

Json::Value as_json(const message_view& message) {
    Json::Value object;
    object["type"] = std::string(to_string(message.type()));
    object["name"] = std::string(message.name().str());
    if (message.lost() != 0) {
        object["lost"] = message.lost();
    }
    if (message.type() == message_type::mark) {
        return object;
    }
    object["serial"] = number(message.serial());
    put_origin(object, message);
    if (message.to() != address{}) {
        object["to"] = as_json(message.to());
    }
    if (message.in_reply_to() != 0) {
        object["in_reply_to"] = number(message.in_reply_to());
    }
    if (message.is_current()) {
        object["current"] = true;
    }
    if (message.type() == message_type::notice) {
        put_notice(object, message);
    } else if (message.type() == message_type::status) {
        put_status(object, message);
    } else {
        put_data(object, message.data());
    }
    return object;
}

std::string program_of(std::uint32_t pid) {
    std::string name;
    std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
    std::getline(file, name);
    return printable(name);
}

std::string table::text() const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    std::string text;
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += padded(row[i], widths[i] + 2);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

} // namespace autobus::ctl
