// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/protocol/json.hpp"

#include <charconv>
#include <memory>
#include <sstream>

namespace limpet {

namespace {

Json::CharReaderBuilder reader_builder() {
    Json::CharReaderBuilder builder;
    Json::CharReaderBuilder::strictMode(&builder.settings_);
    builder["stackLimit"] = json_depth_max;
    builder["collectComments"] = false;
    return builder;
}

Json::StreamWriterBuilder writer_builder(bool utf8) {
    Json::StreamWriterBuilder builder;
    builder["commentStyle"] = "None";
    builder["indentation"] = "";
    builder["emitUTF8"] = utf8;
    return builder;
}

// What jsoncpp would let pass, or would only find out by its recursion: nothing if all is well. A
// slash outside of strings begins a comment, which JSON doesn't have.
const char* structure_objection(std::string_view text) {
    unsigned depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); i++) {
        const char byte = text[i];
        if (in_string) {
            if (byte == '\\') {
                i++;
            } else if (byte == '"') {
                in_string = false;
            }
        } else if (byte == '"') {
            in_string = true;
        } else if (byte == '/') {
            return "it isn't JSON (comments aren't part of it)";
        } else if (byte == '{' || byte == '[') {
            if (++depth > json_depth_max) {
                return "it is nested deeper than 64 levels";
            }
        } else if ((byte == '}' || byte == ']') && depth > 0) {
            depth--;
        }
    }
    return nullptr;
}
static_assert(json_depth_max == 64, "as the sentence above says");

bool strings_are_utf8(const Json::Value& value) {
    if (value.isString()) {
        const char* begin = nullptr;
        const char* end = nullptr;
        value.getString(&begin, &end);
        return valid_utf8({begin, static_cast<std::size_t>(end - begin)});
    }
    if (value.isObject()) {
        for (auto member = value.begin(); member != value.end(); ++member) {
            if (!valid_utf8(member.name()) || !strings_are_utf8(*member)) {
                return false;
            }
        }
    } else if (value.isArray()) {
        for (const Json::Value& element : value) {
            if (!strings_are_utf8(element)) {
                return false;
            }
        }
    }
    return true;
}

// Half of a surrogate pair alone, which only an escape can bring.
bool may_have_lone_surrogates(std::string_view text) {
    return text.find("\\ud") != std::string_view::npos ||
           text.find("\\uD") != std::string_view::npos;
}

std::string first_line(const std::string& errors) {
    // jsoncpp: "* Line 1, Column 2\n  Syntax error: ...\n"
    std::istringstream lines{errors};
    std::string where;
    std::string what;
    std::getline(lines, where);
    std::getline(lines, what);
    const auto trimmed = [](const std::string& line) {
        const std::size_t begin = line.find_first_not_of("* ");
        return begin == std::string::npos ? std::string{} : line.substr(begin);
    };
    where = trimmed(where);
    what = trimmed(what);
    return where.empty() ? what : where + ": " + what;
}

std::string write(const Json::StreamWriterBuilder& builder, const Json::Value& value) {
    return Json::writeString(builder, value);
}

template <class Number>
std::optional<Number> whole_number(std::string_view text, int base) {
    Number number{};
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number, base);
    if (error != std::errc{} || rest != end) {
        return std::nullopt;
    }
    return number;
}

} // namespace

parsed<Json::Value> parse_object(std::string_view text) {
    if (!valid_utf8(text)) {
        return parsed<Json::Value>::bad("it isn't valid UTF-8");
    }
    if (const char* objection = structure_objection(text)) {
        return parsed<Json::Value>::bad(objection);
    }
    static const Json::CharReaderBuilder builder = reader_builder();
    const std::unique_ptr<Json::CharReader> reader{builder.newCharReader()};
    Json::Value value;
    std::string errors;
    try {
        if (!reader->parse(text.data(), text.data() + text.size(), &value, &errors)) {
            return parsed<Json::Value>::bad("it isn't JSON (" + first_line(errors) + ")");
        }
    } catch (const Json::Exception& error) {
        return parsed<Json::Value>::bad(std::string{"it isn't JSON ("} + error.what() + ")");
    }
    if (!value.isObject()) {
        return parsed<Json::Value>::bad("it isn't a JSON object");
    }
    if (may_have_lone_surrogates(text) && !strings_are_utf8(value)) {
        return parsed<Json::Value>::bad("it has half a surrogate pair in a string");
    }
    return value;
}

std::string to_text(const Json::Value& value) {
    static const Json::StreamWriterBuilder builder = writer_builder(true);
    return write(builder, value);
}

std::string to_ascii(const Json::Value& value) {
    static const Json::StreamWriterBuilder builder = writer_builder(false);
    return write(builder, value);
}

bool valid_utf8(std::string_view text) {
    std::size_t i = 0;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    while (i < text.size()) {
        const unsigned char lead = byte(i);
        if (lead < 0x80) {
            i++;
            continue;
        }
        const std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        if (lead < 0xc2 || lead > 0xf4 || text.size() - i <= more) {
            return false;
        }
        // The second byte's range keeps out long forms, surrogates and what is above U+10FFFF.
        const unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        const unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (byte(i + 1) < low || byte(i + 1) > high) {
            return false;
        }
        for (std::size_t k = 2; k <= more; k++) {
            if ((byte(i + k) & 0xc0) != 0x80) {
                return false;
            }
        }
        i += more + 1;
    }
    return true;
}

std::optional<std::string> string_in(const Json::Value& object, const char* key) {
    const Json::Value& value = object[key];
    return value.isString() ? std::optional{value.asString()} : std::nullopt;
}

std::optional<std::int64_t> integer_in(const Json::Value& object, const char* key) {
    const Json::Value& value = object[key];
    // isInt64() also says yes to 1.0, which is an integer to JSON.
    return value.isInt64() ? std::optional<std::int64_t>{value.asInt64()} : std::nullopt;
}

const Json::Value* object_in(const Json::Value& object, const char* key) {
    const Json::Value& value = object[key];
    return value.isObject() ? &value : nullptr;
}

std::string to_hex(std::uint64_t number) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(16, '0');
    for (auto digit = text.rbegin(); digit != text.rend(); ++digit) {
        *digit = digits[number & 15];
        number >>= 4;
    }
    return text;
}

std::string to_decimal(std::uint64_t number) {
    return std::to_string(number);
}

std::optional<std::uint64_t> hex_number(std::string_view text) {
    if (text.size() != 16 || text.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
        return std::nullopt;
    }
    return whole_number<std::uint64_t>(text, 16);
}

std::optional<std::uint64_t> decimal_number(std::string_view text) {
    if (text.size() > 1 && text.front() == '0') {
        return std::nullopt;
    }
    return whole_number<std::uint64_t>(text, 10);
}

std::optional<std::uint64_t> hex_in(const Json::Value& object, const char* key) {
    const auto text = string_in(object, key);
    return text ? hex_number(*text) : std::nullopt;
}

std::optional<std::uint64_t> decimal_in(const Json::Value& object, const char* key) {
    const auto text = string_in(object, key);
    return text ? decimal_number(*text) : std::nullopt;
}

} // namespace limpet
