// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/protocol/hello.hpp"

#include <algorithm>

namespace limpet {

namespace {

constexpr std::size_t hostname_max = 255; // bytes

bool printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

} // namespace

std::string limpet_identity::service() const {
    return "limpet-" + to_hex(bus) + "-" + to_decimal(endpoint);
}

std::string limpet_identity::text() const {
    return hostname + " (bus " + to_hex(bus) + ")";
}

bool valid_network_name(std::string_view name) {
    return !name.empty() && name.size() <= network_name_max && printable(name);
}

Json::Value to_hello(const limpet_identity& self) {
    Json::Value object{Json::objectValue};
    object["version"] = protocol_version;
    object["network"] = self.network;
    object["bus"] = to_hex(self.bus);
    object["endpoint"] = to_decimal(self.endpoint);
    object["hostname"] = self.hostname;
    return object;
}

Json::Value to_info(const limpet_identity& self) {
    Json::Value info = to_hello(self);
    info["type"] = limpet_alias;
    return info;
}

parsed<limpet_identity> parse_identity(const Json::Value& object) {
    const auto bad = [](const std::string& why) { return parsed<limpet_identity>::bad(why); };
    const auto version = integer_in(object, "version");
    if (!version) {
        return bad("its version isn't a number");
    }
    if (*version != protocol_version) {
        return bad("it speaks version " + std::to_string(*version) +
                   " of the limpets' protocol, "
                   "and we speak version " +
                   std::to_string(protocol_version));
    }
    limpet_identity result;
    result.network = string_in(object, "network").value_or("");
    if (!valid_network_name(result.network)) {
        return bad("its network isn't a string of 1 to 64 printable characters");
    }
    result.bus = hex_in(object, "bus").value_or(0);
    if (result.bus == 0) {
        return bad("its bus isn't a bus id of 16 hexadecimal digits");
    }
    result.endpoint = decimal_in(object, "endpoint").value_or(0);
    if (result.endpoint == 0) {
        return bad("its endpoint isn't a number in a string");
    }
    result.hostname = object.isMember("hostname") ? string_in(object, "hostname").value_or("")
                                                  : "an unnamed host";
    if (result.hostname.empty() || result.hostname.size() > hostname_max ||
        (object.isMember("hostname") && !printable(result.hostname))) {
        return bad("its hostname isn't a string of 1 to 255 printable characters");
    }
    return result;
}

std::optional<remote_error> objection(const limpet_identity& ours, const limpet_identity& theirs) {
    if (theirs.bus == ours.bus) {
        return remote_error{"that is this very bus", "same_bus"};
    }
    if (theirs.network != ours.network) {
        return remote_error{"it belongs to network \"" + theirs.network + "\", and we to \"" +
                                ours.network + "\"",
                            "other_network"};
    }
    return std::nullopt;
}

} // namespace limpet
