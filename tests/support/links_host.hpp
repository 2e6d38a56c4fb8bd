// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/link/links.hpp"

#include "tests/support/limpet_fakes.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace limpet::test {

// One limpet's links over real sockets, with nothing behind them.
struct links_host : service_book, links::events {
    links_host(loop& loop, std::uint64_t bus, std::uint64_t endpoint, const char* network = "lab")
        : self{network, bus, endpoint, "host" + std::to_string(bus)},
          all{std::make_unique<links>(loop, self, *this, *this, log, 0, [] { return 0.0; })} {}

    std::optional<std::string> service_of(const std::string& bound) const override {
        return bound == self.service() || bound == limpet_alias ? std::optional{self.service()}
                                                                : std::nullopt;
    }
    Json::Value object_value(const std::string&, const std::string&) const override { return {}; }
    void call(server_session& session, const function_call& call) override {
        calls++;
        if (call.function == "echo") {
            session.answer(call.ticket, call.args);
        }
    }
    void link_up(std::uint64_t link, const limpet_identity& peer) override {
        ups.push_back({link, peer.bus});
    }
    command_outcome link_command(std::uint64_t link, const Json::Value& body) override {
        commands.push_back(body);
        if (body["_command"].asString() == "spoil") {
            return {command_outcome::kind::violation, "spoilt"};
        }
        if (body["_command"].asString() == "drop me") {
            all->hang_up(link, "as you like");
        }
        return {};
    }
    void link_down(std::uint64_t link) override { downs.push_back(link); }
    void service_gone(const std::string& service, const location&) override {
        gone.push_back(service);
        all->forget(service);
    }
    void client_ends(server_session&) override { clients_ended++; }

    location place() const { return {"127.0.0.1", all->port()}; }
    void seek(const links_host& other) {
        all->seek(other.self.service(), {other.self.service(), {other.place()}, {}});
    }
    bool linked() const { return ups.size() > downs.size(); }
    std::uint64_t link() const { return ups.back().first; }

    limpet_identity self;
    kept_log log;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ups;
    std::vector<std::uint64_t> downs;
    std::vector<Json::Value> commands;
    std::vector<std::string> gone;
    int calls = 0;
    int clients_ended = 0;
    std::unique_ptr<links> all;
};

} // namespace limpet::test
