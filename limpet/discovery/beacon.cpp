// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/discovery/beacon.hpp"

#include <utility>

namespace limpet {

namespace {

constexpr std::size_t service_id_max = 256; // bytes; the reference's have about 60

parsed<beacon> bad(std::string why) {
    return parsed<beacon>::bad(std::move(why));
}

} // namespace

parsed<beacon> parse_beacon(std::string_view datagram) {
    const auto object = parse_object(datagram);
    if (!object) {
        return bad(object.why());
    }
    const auto command = string_in(*object, "command");
    if (!command) {
        return bad("its command isn't a string");
    }
    beacon result;
    if (*command == "query") {
        return result;
    }
    if (*command != "add" && *command != "remove") {
        return bad("its command isn't query, add or remove");
    }
    result.type = *command == "add" ? beacon::kind::add : beacon::kind::remove;
    const auto service = string_in(*object, "service");
    if (!service || service->empty() || service->size() > service_id_max) {
        return bad("its service isn't a string of 1 to " + std::to_string(service_id_max) +
                   " bytes");
    }
    result.service = *service;
    const auto port = integer_in(*object, "port");
    if (!port || *port < 1 || *port > 65535) {
        return bad("its port isn't a number from 1 to 65535");
    }
    result.port = static_cast<std::uint16_t>(*port);
    if (result.type == beacon::kind::add) {
        const Json::Value* info = object_in(*object, "info");
        if (info == nullptr) {
            return bad("its info isn't an object");
        }
        result.info = *info;
    }
    return result;
}

std::string to_datagram(const beacon& what) {
    Json::Value object{Json::objectValue};
    switch (what.type) {
    case beacon::kind::query:
        object["command"] = "query";
        return to_ascii(object);
    case beacon::kind::add:
        object["command"] = "add";
        object["info"] = what.info;
        break;
    case beacon::kind::remove:
        object["command"] = "remove";
        break;
    }
    object["port"] = what.port;
    object["service"] = what.service;
    return to_ascii(object);
}

} // namespace limpet
