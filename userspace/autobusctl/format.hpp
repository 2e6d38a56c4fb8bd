// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// What autobusctl prints. Pure: values in, lines out (without the final newline).

#include "autobus/device.hpp"
#include "autobus/message.hpp"

#include <json/json.h>

#include <string>
#include <string_view>
#include <vector>

namespace autobus::ctl {

bool is_utf8(std::string_view bytes);

// Text as it may go to a terminal: control characters are shown as \n, \x1b, ...; bytes that aren't
// UTF-8 as base64.
std::string printable(std::string_view bytes);

// One object on one line.
std::string to_line(const Json::Value& object);

// Puts data into an object: "data" if it's UTF-8, else "data64", base64.
void put_data(Json::Value& object, std::string_view data);

// 64-bit numbers are decimal strings in JSON, which would lose them; bus ids are 16 hex digits.
Json::Value number(std::uint64_t value);

// A message in one line, or more if it stands behind a gap.
std::string as_text(const message_view& message);
Json::Value as_json(const message_view& message);

// "from 3 (pid 812)", "from 0123456789abcdef:3", "from the kernel"
std::string sender_text(const message_view& message);

// What /proc says a process is called; empty if it's not there (any more).
std::string program_of(std::uint32_t pid);

// Rows under a heading, columns aligned.
class table {
public:
    explicit table(std::vector<std::string> heading) : rows_{std::move(heading)} {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    std::string text() const; // with newlines

private:
    std::vector<std::vector<std::string>> rows_;
};

} // namespace autobus::ctl
