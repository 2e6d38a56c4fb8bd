// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/protocol/parsed.hpp"

#include <json/json.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limpet {

// JSON as strangers may send it: one object, strict, valid UTF-8 (also after its escapes are
// undone), no key twice, at most this deep.
constexpr unsigned json_depth_max = 64;

parsed<Json::Value> parse_object(std::string_view text);

// In one line, without its end. The second form is ASCII only, for readers that want that.
std::string to_text(const Json::Value& value);
std::string to_ascii(const Json::Value& value);

bool valid_utf8(std::string_view text);

// The string, number or object under a key, or nothing if it is absent or of another type.
// `object` must be an object.
std::optional<std::string> string_in(const Json::Value& object, const char* key);
std::optional<std::int64_t> integer_in(const Json::Value& object, const char* key);
const Json::Value* object_in(const Json::Value& object, const char* key);

// 64-bit numbers travel as strings, because a JSON number may lose their last digits: bus ids in 16
// hexadecimal digits, the others in decimal. Nothing is understood but what these write.
std::string to_hex(std::uint64_t number);
std::string to_decimal(std::uint64_t number);
std::optional<std::uint64_t> hex_number(std::string_view text);
std::optional<std::uint64_t> decimal_number(std::string_view text);
std::optional<std::uint64_t> hex_in(const Json::Value& object, const char* key);
std::optional<std::uint64_t> decimal_in(const Json::Value& object, const char* key);

} // namespace limpet
