// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// What the limpet's tests put in the place of the outer world.

#include "limpet/log.hpp"
#include "limpet/protocol/envelope.hpp"
#include "limpet/protocol/output.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::test {

// A time to begin with; nothing in the parts without I/O may care which.
inline const instant epoch = instant{} + std::chrono::hours{1};

// Keeps what a session writes, as the objects that the other side would read.
class kept_output : public session_output {
public:
    void write(std::string lines) override {
        BOOST_REQUIRE_MESSAGE(!reason_, "written after the end: " + lines);
        std::size_t begin = 0;
        while (begin < lines.size()) {
            const std::size_t end = lines.find("\r\n", begin);
            BOOST_REQUIRE(end != std::string::npos);
            auto read = parse_envelope(std::string_view{lines}.substr(begin, end - begin));
            BOOST_REQUIRE_MESSAGE(read, read.why());
            lines_.push_back(std::move(*read));
            begin = end + 2;
        }
    }
    void finish(std::string reason) override {
        BOOST_REQUIRE_MESSAGE(!reason_, "ended twice: " + reason);
        reason_ = std::move(reason);
    }

    // What was written since the last call.
    std::vector<envelope> take() { return std::exchange(lines_, {}); }
    // The one line that was written since.
    envelope take_one() {
        BOOST_REQUIRE(lines_.size() == 1u);
        return take().front();
    }
    bool quiet() const { return lines_.empty(); }
    const std::optional<std::string>& ended() const { return reason_; }

private:
    std::vector<envelope> lines_;
    std::optional<std::string> reason_;
};

class kept_log : public log {
public:
    void say(const std::string& sentence) override { said.push_back(sentence); }
    void detail(const std::string& sentence) override { details.push_back(sentence); }

    bool has(const std::string& part) const {
        return std::any_of(said.begin(), said.end(), [&](const std::string& sentence) {
            return sentence.find(part) != std::string::npos;
        });
    }

    std::vector<std::string> said;
    std::vector<std::string> details;
};

inline envelope line(const std::string& text) {
    auto read = parse_envelope(text);
    BOOST_REQUIRE_MESSAGE(read, read.why());
    return *read;
}

} // namespace limpet::test
