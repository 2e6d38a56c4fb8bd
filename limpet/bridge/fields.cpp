// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/bridge/fields.hpp"

#include "limpet/protocol/json.hpp"

#include "autobus/name.hpp"

#include <sodium.h>

#include <set>

namespace limpet {

void fields::fail(const std::string& what) {
    if (good()) {
        why_ = what;
    }
}

void fields::fail(const char* key, std::string_view wanted) {
    fail("\"" + std::string(key) + "\" must be " + std::string(wanted));
}

bus_id fields::bus(const char* key) {
    const auto id = hex_in(object_, key);
    if (!id || *id == 0) {
        fail(key, "a bus id in 16 hexadecimal digits");
        return 1;
    }
    return *id;
}

std::uint64_t fields::number(const char* key, std::uint64_t least, std::uint64_t most) {
    const auto value = decimal_in(object_, key);
    if (!value || *value < least || *value > most) {
        fail(key,
             "a decimal number in a string, from " + to_decimal(least) + " to " + to_decimal(most));
        return least;
    }
    return *value;
}

std::uint32_t fields::small(const char* key, std::uint32_t least, std::uint32_t most) {
    const auto value = integer_in(object_, key);
    if (!value || *value < least || *value > most) {
        fail(key, "a number from " + std::to_string(least) + " to " + std::to_string(most));
        return least;
    }
    return static_cast<std::uint32_t>(*value);
}

bool fields::flag(const char* key) {
    if (!has(key)) {
        return false;
    }
    if (!object_[key].isBool()) {
        fail(key, "true or false");
        return false;
    }
    return object_[key].asBool();
}

std::string fields::text(const char* key) {
    auto value = string_in(object_, key);
    if (!value) {
        fail(key, "a string");
        return {};
    }
    return std::move(*value);
}

std::string fields::name(const char* key) {
    std::string value = text(key);
    const autobus::name_fault fault = autobus::check_name(value);
    if (good() && fault != autobus::name_fault::none) {
        fail(key, "a name: " + std::string(autobus::describe(fault)));
    } else if (good() && !crosses(value)) {
        fail(key, "a name that crosses, not one below $.Autobus or $.Limpet");
    }
    return good() ? value : "$.invalid";
}

std::string fields::data(std::size_t most) {
    if (has("data") == has("data64")) {
        fail("there must be either \"data\" or \"data64\"");
        return {};
    }
    std::string bytes = text(has("data") ? "data" : "data64");
    if (good() && has("data64")) {
        std::string decoded(bytes.size() / 4 * 3 + 3, '\0');
        std::size_t size = 0;
        const char* end = nullptr;
        if (sodium_base642bin(reinterpret_cast<unsigned char*>(decoded.data()), decoded.size(),
                              bytes.data(), bytes.size(), nullptr, &size, &end,
                              sodium_base64_VARIANT_ORIGINAL) != 0 ||
            end != bytes.data() + bytes.size()) {
            fail("data64", "base64 with its padding");
        }
        decoded.resize(size);
        bytes = std::move(decoded);
    }
    if (good() && bytes.size() > most) {
        fail("the data is longer than " + std::to_string(most) + " bytes");
    }
    return good() ? bytes : std::string{};
}

std::vector<bus_id> fields::buses(const char* key, std::size_t most) {
    const Json::Value& value = object_[key];
    std::vector<bus_id> all;
    bool fine = value.isArray() && value.size() <= most;
    for (Json::ArrayIndex i = 0; fine && i < value.size(); ++i) {
        const auto id = value[i].isString() ? hex_number(value[i].asString()) : std::nullopt;
        fine = id && *id != 0;
        all.push_back(id.value_or(0));
    }
    if (!fine || std::set<bus_id>(all.begin(), all.end()).size() != all.size()) {
        fail(key, "an array of at most " + std::to_string(most) + " bus ids, none twice");
        return {};
    }
    return all;
}

std::vector<std::uint64_t> fields::numbers(const char* key) {
    const Json::Value& value = object_[key];
    std::vector<std::uint64_t> all;
    bool fine = value.isArray() && value.size() <= path_max;
    for (Json::ArrayIndex i = 0; fine && i < value.size(); ++i) {
        const auto number =
            value[i].isString() ? decimal_number(value[i].asString()) : std::nullopt;
        fine = number.has_value();
        all.push_back(number.value_or(0));
    }
    if (!fine) {
        fail(key,
             "an array of at most " + std::to_string(path_max) + " decimal numbers in strings");
        return {};
    }
    return all;
}

std::vector<std::string> fields::patterns(const char* key) {
    std::vector<std::string> all;
    if (!has(key)) {
        return all;
    }
    const Json::Value& value = object_[key];
    if (!value.isArray()) {
        fail(key, "an array of patterns");
        return all;
    }
    for (const Json::Value& each : value) {
        if (!each.isString() ||
            autobus::check_pattern(each.asString()) != autobus::name_fault::none ||
            !crosses(each.asString())) {
            fail(key, "an array of patterns that cross");
            return {};
        }
        all.push_back(each.asString());
    }
    return all;
}

const Json::Value* fields::object(const char* key) {
    const Json::Value* found = object_in(object_, key);
    if (found == nullptr) {
        fail(key, "an object");
    }
    return found;
}

} // namespace limpet
