// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/bridge/translate.hpp"

#include "limpet/bridge/fields.hpp"
#include "limpet/protocol/json.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace limpet {

namespace {

using autobus::message_type;
using autobus::role;
using autobus::status_kind;

constexpr std::array<std::pair<status_kind, const char*>, 6> status_words{{
    {status_kind::unbound, "Unbound"},
    {status_kind::gone_away, "GoneAway"},
    {status_kind::ignored, "Ignored"},
    {status_kind::timed_out, "TimedOut"},
    {status_kind::unreachable, "Unreachable"},
    {status_kind::refused, "Refused"},
}};

constexpr std::array<std::pair<stream_command::what, const char*>, 5> stream_words{{
    {stream_command::what::join, "join"},
    {stream_command::what::leave, "leave"},
    {stream_command::what::joined, "joined"},
    {stream_command::what::rejoin, "rejoin"},
    {stream_command::what::at, "at"},
}};

template <class Words, class Key>
const char* word_of(const Words& words, Key key) {
    return std::find_if(words.begin(), words.end(),
                        [key](const auto& each) { return each.first == key; })
        ->second;
}

// Patterns in one line of interest.
constexpr std::size_t interest_line = 256;
constexpr std::uint32_t errno_max = 4095;
// Of one stream.
constexpr std::size_t members_max = 1024;

Json::Value command_about(const char* word, const incarnation& of) {
    Json::Value object{Json::objectValue};
    object["_command"] = word;
    object["bus"] = to_hex(of.bus);
    object["endpoint"] = to_decimal(of.endpoint);
    return object;
}

Json::Value to_json(const path& way) {
    Json::Value array{Json::arrayValue};
    for (const bus_id bus : way) {
        array.append(to_hex(bus));
    }
    return array;
}

std::string to_base64(std::string_view bytes) {
    std::string text(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(),
                      reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                      sodium_base64_VARIANT_ORIGINAL);
    text.pop_back(); // its NUL
    return text;
}

// Text goes as it is, unless JSON would need more room for it than base64 does.
bool goes_as_text(std::string_view bytes) {
    std::size_t escapes = 0;
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        escapes += value < 0x20 || value == 0x7f ? 5 : byte == '"' || byte == '\\' ? 1 : 0;
    }
    return escapes <= bytes.size() / 3 + 64 && valid_utf8(bytes);
}

void put_origin(Json::Value& object, const autobus::origin& origin) {
    object["origin"]["bus"] = to_hex(origin.bus);
    object["origin"]["endpoint"] = to_decimal(origin.endpoint);
    object["origin"]["serial"] = to_decimal(origin.serial);
}

void put_content(Json::Value& object, const content& said) {
    object["name"] = said.name;
    if (goes_as_text(said.data)) {
        object["data"] = said.data;
    } else {
        object["data64"] = to_base64(said.data);
    }
    put_origin(object, said.origin);
    if (said.urgent) {
        object["urgent"] = true;
    }
    if (said.claimed) {
        object["claimed"]["tgid"] = said.claimed->tgid;
        object["claimed"]["uid"] = said.claimed->uid;
        object["claimed"]["gid"] = said.claimed->gid;
    }
}

autobus::origin origin_in(fields& from) {
    autobus::origin origin;
    if (const Json::Value* object = from.object("origin")) {
        fields inner{*object};
        origin.bus = inner.bus("bus");
        origin.endpoint = inner.number("endpoint", 1);
        origin.serial = inner.number("serial", 1);
        if (!inner.good()) {
            from.fail("in \"origin\", " + inner.why());
        }
    }
    return origin;
}

std::optional<autobus::credentials> claimed_in(fields& from) {
    if (!from.has("claimed")) {
        return std::nullopt;
    }
    autobus::credentials who;
    if (const Json::Value* object = from.object("claimed")) {
        constexpr std::uint32_t any = std::numeric_limits<std::uint32_t>::max();
        fields inner{*object};
        who.tgid = inner.small("tgid", 0, any);
        who.uid = inner.small("uid", 0, any);
        who.gid = inner.small("gid", 0, any);
        if (!inner.good()) {
            from.fail("in \"claimed\", " + inner.why());
        }
    }
    return who;
}

content content_in(fields& from, std::size_t data_max) {
    content said;
    said.name = from.name("name");
    said.data = from.data(data_max);
    said.origin = origin_in(from);
    said.urgent = from.flag("urgent");
    said.claimed = claimed_in(from);
    return said;
}

incarnation incarnation_in(fields& from) {
    incarnation of;
    of.bus = from.bus("bus");
    of.endpoint = from.number("endpoint", 1);
    return of;
}

trail trail_in(fields& from) {
    const path buses = from.way("path");
    const std::vector<std::uint64_t> turns = from.numbers("turns");
    trail way;
    if (buses.empty() || buses.size() != turns.size()) {
        from.fail("\"path\" and \"turns\" must be equally long, and not empty");
        return way;
    }
    for (std::size_t i = 0; i < buses.size(); ++i) {
        way.push_back({buses[i], turns[i]});
    }
    return way;
}

autobus::draft draft_of(const content& said, message_type type) {
    autobus::draft draft;
    draft.type = type;
    draft.data = said.data;
    draft.urgent = said.urgent;
    draft.origin = said.origin;
    draft.claimed = said.claimed;
    return draft;
}

template <class Command>
parsed<Command> result_of(const fields& from, const char* word, Command command) {
    if (!from.good()) {
        return parsed<Command>::bad(std::string(word) + ": " + from.why());
    }
    return command;
}

void put_patterns(Json::Value& object, const char* listen, const char* reply,
                  const std::vector<wish>& all) {
    for (const auto& [as, pattern] : all) {
        object[as == role::listener ? listen : reply].append(pattern);
    }
}

std::vector<wish> patterns_in(fields& from, const char* listen, const char* reply) {
    std::vector<wish> all;
    for (std::string& pattern : from.patterns(listen)) {
        all.emplace_back(role::listener, std::move(pattern));
    }
    for (std::string& pattern : from.patterns(reply)) {
        all.emplace_back(role::replier, std::move(pattern));
    }
    return all;
}

} // namespace

bool later(const trail& left, const trail& right) noexcept {
    const std::size_t common = std::min(left.size(), right.size());
    for (std::size_t i = 0; i < common; ++i) {
        if (left[i].turn != right[i].turn) {
            return left[i].turn > right[i].turn;
        }
    }
    return false;
}

bool names(const trail& way, bus_id bus) noexcept {
    return std::any_of(way.begin(), way.end(), [bus](const hop& each) { return each.bus == bus; });
}

Json::Value to_json(const route_command& command) {
    Json::Value object = command_about("route", command.of);
    object["path"] = to_json(command.way);
    return object;
}

Json::Value to_json(const interest_command& command) {
    Json::Value object = command_about("interest", command.of);
    object["version"] = to_decimal(command.version);
    if (command.full) {
        object["full"] = true;
    }
    if (command.more) {
        object["more"] = true;
    }
    put_patterns(object, "listen", "reply", command.added);
    put_patterns(object, "unlisten", "unreply", command.removed);
    return object;
}

Json::Value to_json(const stream_command& command) {
    using what = stream_command::what;
    Json::Value object = command_about(word_of(stream_words, command.is), command.of);
    if (command.is == what::leave) {
        object["member"] = to_hex(command.member);
    }
    for (const auto& [bus, turn] : command.way) {
        object["path"].append(to_hex(bus));
        object["turns"].append(to_decimal(turn));
    }
    if (command.is == what::joined || command.is == what::at) {
        object["number"] = to_decimal(command.number);
    }
    if (command.interruptions > 0) {
        object["interruptions"] = to_decimal(command.interruptions);
    }
    return object;
}

Json::Value to_json(const lost_command& command) {
    Json::Value object = command_about("lost", command.of);
    object["number"] = to_decimal(command.number);
    object["count"] = command.count;
    return object;
}

Json::Value to_json(const announce_command& command) {
    Json::Value object = command_about("announce", command.of);
    object["number"] = to_decimal(command.number);
    if (!command.members.empty()) {
        object["members"] = to_json(command.members);
    }
    if (command.type != message_type::announcement) {
        object["copy"] = command.type == message_type::request ? "request" : "reply";
    }
    put_content(object, command.content);
    return object;
}

Json::Value to_json(const request_command& command) {
    Json::Value object{Json::objectValue};
    object["_command"] = "request";
    object["id"] = to_decimal(command.id);
    object["target"] = to_hex(command.target);
    if (command.to != 0) {
        object["to"] = to_decimal(command.to);
    }
    object["path"] = to_json(command.way);
    if (command.hidden) {
        object["private"] = true;
    }
    put_content(object, command.content);
    return object;
}

Json::Value to_json(const answer_command& command) {
    Json::Value object{Json::objectValue};
    object["_command"] = "answer";
    object["id"] = to_decimal(command.id);
    if (!command.status) {
        put_content(object, command.content);
        return object;
    }
    object["status"] = word_of(status_words, *command.status);
    if (*command.status == status_kind::unreachable) {
        object["reached"] = command.reached == autobus::reach::no ? "no" : "unknown";
    }
    if (*command.status == status_kind::refused) {
        object["code"] = command.code;
    }
    return object;
}

void put_members(Json::Value& announcement, const std::vector<bus_id>& members, bus_id receiver) {
    if (members.size() == 1 && members.front() == receiver) {
        announcement.removeMember("members");
    } else {
        announcement["members"] = to_json(members);
    }
}

std::vector<interest_command> all_interest(const incarnation& of, std::uint64_t version,
                                           const wishes& all) {
    std::vector<interest_command> commands;
    interest_command next{of, version, true, false, {}, {}};
    for (const wish& each : all) {
        if (next.added.size() == interest_line) {
            next.more = true;
            commands.push_back(std::move(next));
            next = interest_command{of, version, true, false, {}, {}};
        }
        next.added.push_back(each);
    }
    commands.push_back(std::move(next));
    return commands;
}

parsed<route_command> route_from(const Json::Value& command) {
    fields from{command};
    route_command result;
    result.of = incarnation_in(from);
    result.way = from.way("path");
    if (from.good() && !result.way.empty() && result.way.back() != result.of.bus) {
        from.fail("\"path\" must end with the bus");
    }
    return result_of(from, "route", std::move(result));
}

parsed<interest_command> interest_from(const Json::Value& command) {
    fields from{command};
    interest_command result;
    result.of = incarnation_in(from);
    result.version = from.number("version");
    result.full = from.flag("full");
    result.more = from.flag("more");
    result.added = patterns_in(from, "listen", "reply");
    result.removed = patterns_in(from, "unlisten", "unreply");
    if (result.full ? !result.removed.empty() : result.more) {
        from.fail(result.full ? "with \"full\" there is nothing to remove"
                              : "\"more\" goes with \"full\" only");
    }
    return result_of(from, "interest", std::move(result));
}

parsed<stream_command> stream_from(const Json::Value& command) {
    using what = stream_command::what;
    const std::string word = command["_command"].asString();
    fields from{command};
    stream_command result;
    result.is = std::find_if(stream_words.begin(), stream_words.end(), [&](const auto& each) {
                    return each.second == word;
                })->first;
    result.of = incarnation_in(from);
    if (result.is == what::leave) {
        result.member = from.bus("member");
    }
    if (result.is == what::join || result.is == what::joined) {
        result.way = trail_in(from);
        if (names(result.way, result.of.bus)) {
            from.fail("a bus is no member of its own stream");
        }
    }
    if (result.is == what::joined || result.is == what::at) {
        result.number = from.number("number");
    }
    if (result.is == what::joined && from.has("interruptions")) {
        result.interruptions = from.number("interruptions");
    }
    return result_of(from, word.c_str(), std::move(result));
}

parsed<lost_command> lost_from(const Json::Value& command) {
    fields from{command};
    lost_command result;
    result.of = incarnation_in(from);
    result.number = from.number("number", 1);
    result.count = from.small("count", 1, std::numeric_limits<std::uint32_t>::max());
    return result_of(from, "lost", result);
}

parsed<announce_command> announce_from(const Json::Value& command, std::size_t data_max) {
    fields from{command};
    announce_command result;
    result.of = incarnation_in(from);
    result.number = from.number("number", 1);
    if (from.has("members")) {
        result.members = from.buses("members", members_max);
    }
    if (from.has("copy")) {
        const std::string copy = from.text("copy");
        if (copy != "request" && copy != "reply") {
            from.fail("\"copy\" must be \"request\" or \"reply\"");
        }
        result.type = copy == "request" ? message_type::request : message_type::reply;
    }
    result.content = content_in(from, data_max);
    if (result.content.origin.bus != result.of.bus) {
        from.fail("the origin's bus must be the stream's");
    }
    return result_of(from, "announce", std::move(result));
}

parsed<request_command> request_from(const Json::Value& command, std::size_t data_max) {
    fields from{command};
    request_command result;
    result.id = from.number("id", 1);
    result.target = from.bus("target");
    result.to = from.has("to") ? from.number("to", 1) : 0;
    result.way = from.way("path");
    result.hidden = from.flag("private");
    result.content = content_in(from, data_max);
    if (from.good() && (result.way.empty() || result.way.front() != result.content.origin.bus)) {
        from.fail("\"path\" must begin with the origin's bus");
    }
    return result_of(from, "request", std::move(result));
}

parsed<answer_command> answer_from(const Json::Value& command, std::size_t data_max) {
    fields from{command};
    answer_command result;
    result.id = from.number("id", 1);
    if (!from.has("status")) {
        result.content = content_in(from, data_max);
        return result_of(from, "answer", std::move(result));
    }
    const std::string word = from.text("status");
    const auto found = std::find_if(status_words.begin(), status_words.end(),
                                    [&](const auto& each) { return each.second == word; });
    if (found == status_words.end()) {
        from.fail("\"status\" must be one of Unbound, GoneAway, Ignored, TimedOut, Unreachable, "
                  "Refused");
        return result_of(from, "answer", std::move(result));
    }
    result.status = found->first;
    if (result.status == status_kind::unreachable) {
        const std::string reached = from.text("reached");
        if (reached != "no" && reached != "unknown") {
            from.fail("\"reached\" must be \"no\" or \"unknown\"");
        }
        result.reached = reached == "no" ? autobus::reach::no : autobus::reach::unknown;
    }
    if (result.status == status_kind::refused) {
        result.code = from.small("code", 1, errno_max);
    }
    return result_of(from, "answer", std::move(result));
}

content content_of(const autobus::message_view& record) {
    return {std::string(record.name().str()), std::string(record.data()), record.origin(),
            record.is_urgent(), record.sender()};
}

autobus::draft draft_for_listeners(const content& said, message_type type) {
    autobus::draft draft = draft_of(said, type);
    draft.name = autobus::name_view::parse(said.name).value();
    draft.copy = type != message_type::announcement;
    return draft;
}

autobus::draft draft_of_request(const content& said) {
    autobus::draft draft = draft_of(said, message_type::request);
    draft.name = autobus::name_view::parse(said.name).value();
    draft.alone = true;
    return draft;
}

autobus::draft draft_of_reply(const content& said, std::uint64_t in_reply_to) {
    // Without a name, which means the request's.
    autobus::draft draft = draft_of(said, message_type::reply);
    draft.in_reply_to = in_reply_to;
    draft.alone = true;
    return draft;
}

} // namespace limpet
