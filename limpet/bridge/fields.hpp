// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// Reads the fields of an object that a stranger wrote, one by one. The first that is wrong is
// remembered in words; reading goes on with harmless values, so that a reader of a command is a
// plain list of its fields and one question at the end.

#include "limpet/bridge/route.hpp"

#include <json/json.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace limpet {

class fields {
public:
    // object must be one, and must outlive this.
    explicit fields(const Json::Value& object) : object_{object} {}

    [[nodiscard]] bool has(const char* key) const { return object_.isMember(key); }

    bus_id bus(const char* key); // never 0
    // A 64-bit number.
    std::uint64_t number(const char* key, std::uint64_t least = 0,
                         std::uint64_t most = std::numeric_limits<std::uint64_t>::max());
    // A number of at most 32 bits, which travels as a JSON number.
    std::uint32_t small(const char* key, std::uint32_t least, std::uint32_t most);
    bool flag(const char* key); // absent: false
    std::string text(const char* key);
    std::string name(const char* key);  // of a message that may cross
    std::string data(std::size_t most); // data or data64
    // No bus twice, none 0; absent is not allowed, empty is.
    std::vector<bus_id> buses(const char* key, std::size_t most);
    path way(const char* key) { return buses(key, path_max); }
    std::vector<std::uint64_t> numbers(const char* key); // at most path_max
    // Absent: none.
    std::vector<std::string> patterns(const char* key);

    const Json::Value* object(const char* key);

    void fail(const std::string& what);
    [[nodiscard]] bool good() const noexcept { return why_.empty(); }
    [[nodiscard]] const std::string& why() const noexcept { return why_; }

private:
    void fail(const char* key, std::string_view wanted);

    const Json::Value& object_;
    std::string why_;
};

} // namespace limpet
