// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/link/tcp.hpp"
#include "limpet/loop.hpp"
#include "limpet/protocol/envelope.hpp"
#include "limpet/protocol/line.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace limpet::test {

// A TCP client of a test, on the same loop as what it talks to. Sends what it's told, whatever that
// is, and keeps the lines that come.
class plain_client : private tcp_stream::events {
public:
    plain_client(loop& loop, std::uint16_t port, const std::string& host = "127.0.0.1")
        : stream_{tcp_stream::connect(loop, *this, host, port)} {}

    void send(const std::string& bytes) { stream_->write(bytes); }
    void line(const std::string& text) { send(text + "\r\n"); }
    void bind(const std::string& service) {
        line(R"({"_type":1,"_id":"bind","_command":"bind","service":")" + service + "\"}");
    }
    void close() { stream_.reset(); }

    bool ended() const { return end_.has_value(); }
    const std::string& end() const { return *end_; }
    std::size_t pending() const { return stream_ ? stream_->pending() : 0; }

    std::vector<envelope> lines;

    // The response to an id, if it came.
    const envelope* response(const Json::Value& id) const {
        for (const envelope& one : lines) {
            if (one.type == envelope::kind::response && one.id == id) {
                return &one;
            }
        }
        return nullptr;
    }

private:
    void connected() override {}
    void received(std::string_view bytes) override {
        reader_.add(bytes);
        while (const auto text = reader_.next()) {
            auto read = parse_envelope(*text);
            BOOST_REQUIRE_MESSAGE(read, read.why());
            lines.push_back(std::move(*read));
        }
    }
    void ended(const std::string& reason) override { end_ = reason; }

    line_reader reader_{16u << 20};
    std::optional<std::string> end_;
    std::unique_ptr<tcp_stream> stream_;
};

} // namespace limpet::test
