// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/protocol/json.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace limpet;

namespace {

// Each with the reason that is given, or a part of it.
struct bad_text {
    const char* text;
    const char* why;
};

std::ostream& operator<<(std::ostream& out, const bad_text& one) {
    return out << one.text;
}

const bad_text bad_texts[] = {
    {"", "isn't JSON"},
    {"{", "isn't JSON"},
    {"{} {}", "isn't JSON"},
    {"{}x", "isn't JSON"},
    {"[]", "isn't JSON"}, // jsoncpp's strict reader takes objects and arrays only ...
    {"\"a\"", "isn't JSON"},
    {"1", "isn't JSON"},
    {"null", "isn't JSON"},
    {"{\"a\":1,}", "isn't JSON"},
    {"{a:1}", "isn't JSON"},
    {"{'a':1}", "isn't JSON"},
    {"{\"a\":1,\"a\":2}", "isn't JSON"},
    {"{\"a\":NaN}", "isn't JSON"},
    {"{\"a\":Infinity}", "isn't JSON"},
    {"{\"a\":1e999}", "isn't JSON"},
    {"{\"a\":01x}", "isn't JSON"},
    {"{/* no */}", "isn't JSON"},
    {"{\"a\":\"\\ud800\"}", "isn't JSON"},
    {"{\"a\":\"\\udc00\"}", "surrogate"},
    {"{\"a\":\"\\uDC00\"}", "surrogate"},
    {"{\"\\udc00\":1}", "surrogate"},
    {"{\"a\":[{\"b\":\"\\udfff\"}]}", "surrogate"},
    {"{\"a\":\"\\x\"}", "isn't JSON"},
    {"{\"a\":\"\xff\"}", "UTF-8"},
    {"{\"a\":\"\xc3\"}", "UTF-8"},
};

std::string nested(unsigned depth) {
    std::string text = "{\"a\":";
    text.append(depth - 1, '[').append(depth - 1, ']').append("}");
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(json)

BOOST_DATA_TEST_CASE(what_is_not_one_strict_object_is_refused_with_a_reason,
                     boost::unit_test::data::make(bad_texts)) {
    const auto object = parse_object(sample.text);
    BOOST_REQUIRE(!object);
    const bool array = std::string_view{sample.text} == "[]";
    const char* expected = array ? "isn't a JSON object" : sample.why;
    BOOST_TEST(object.why().find(expected) != std::string::npos, object.why());
    BOOST_TEST(object.why().find('\n') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_object_is_read_whatever_white_space_it_has) {
    const auto object =
        parse_object(" { \"a\" : [ 1 , 2.5 , null , true , \"\\u00e9\xc3\xa9\" ] } ");
    BOOST_REQUIRE(object);
    BOOST_TEST((*object)["a"][4].asString() == "\xc3\xa9\xc3\xa9");
}

BOOST_AUTO_TEST_CASE(depth_is_bounded_and_the_bound_itself_is_fine) {
    BOOST_TEST(bool(parse_object(nested(json_depth_max))));
    const auto deep = parse_object(nested(json_depth_max + 1));
    BOOST_REQUIRE(!deep);
    BOOST_TEST(deep.why().find("nested deeper than 64") != std::string::npos);
    BOOST_TEST(!parse_object(nested(100'000)));
    // Brackets in strings are no depth.
    BOOST_TEST(bool(parse_object("{\"a\":\"" + std::string(1000, '[') + "\\\"[\"}")));
}

BOOST_AUTO_TEST_CASE(text_survives_both_ways) {
    const std::string text = std::string{"line\nbreak \x01 \"quoted\" \\ \xf0\x9f\x90\x9a"} +
                             std::string(1, '\0') + "end";
    Json::Value value{Json::objectValue};
    value["t"] = text;
    for (const std::string& line : {to_text(value), to_ascii(value)}) {
        BOOST_TEST(line.find('\n') == std::string::npos);
        const auto back = parse_object(line);
        BOOST_REQUIRE(back);
        BOOST_TEST((*back)["t"].asString() == text);
    }
    for (const char byte : to_ascii(value)) {
        BOOST_TEST(static_cast<unsigned char>(byte) < 0x80);
    }
}

BOOST_AUTO_TEST_CASE(utf8_is_judged_as_unicode_defines_it) {
    for (const char* good :
         {"", "abc", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
          "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
        BOOST_TEST(valid_utf8(good), good);
    }
    for (const char* bad :
         {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xe0\xa0",
          "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf4\x90\x80\x80",
          "\xf5\x80\x80\x80", "\xff", "a\xe2\x28\xa1", "\xf8\x88\x80\x80\x80"}) {
        BOOST_TEST(!valid_utf8(bad), bad);
    }
    BOOST_TEST(valid_utf8(std::string_view{"a\0b", 3}));
}

BOOST_AUTO_TEST_CASE(numbers_of_64_bits_travel_as_strings_of_one_form) {
    constexpr std::uint64_t top = ~std::uint64_t{0};
    BOOST_TEST(to_hex(0xc0ffee) == "0000000000c0ffee");
    BOOST_TEST((hex_number(to_hex(top)) == top));
    BOOST_TEST((decimal_number(to_decimal(top)) == top));
    BOOST_TEST((decimal_number("0") == 0u));
    for (const char* bad : {"", "c0ffee", "0000000000C0FFEE", "00000000000c0ffee",
                            "0x00000000c0ffee", "+000000000c0ffee", "000000000c0ffee "}) {
        BOOST_TEST(!hex_number(bad), bad);
    }
    for (const char* bad :
         {"", "-1", "+1", " 1", "1 ", "01", "0x1", "1.0", "18446744073709551616"}) {
        BOOST_TEST(!decimal_number(bad), bad);
    }
}

BOOST_AUTO_TEST_CASE(members_of_another_type_are_absent) {
    const auto object = parse_object(
        R"({"s":"x","n":5,"o":{},"b":"00000000000000ff","f":1.5,"big":18446744073709551615,"l":[]})");
    BOOST_REQUIRE(object);
    BOOST_TEST((string_in(*object, "s") == "x"));
    BOOST_TEST(!string_in(*object, "n"));
    BOOST_TEST(!string_in(*object, "none"));
    BOOST_TEST((integer_in(*object, "n") == 5));
    BOOST_TEST(!integer_in(*object, "f"));
    BOOST_TEST(!integer_in(*object, "big"));
    BOOST_TEST(!integer_in(*object, "s"));
    BOOST_TEST(object_in(*object, "o") != nullptr);
    BOOST_TEST(object_in(*object, "l") == nullptr);
    BOOST_TEST((hex_in(*object, "b") == 255u));
    BOOST_TEST(!hex_in(*object, "n"));
    BOOST_TEST(!decimal_in(*object, "n"));
}

BOOST_AUTO_TEST_SUITE_END()
