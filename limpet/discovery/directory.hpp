// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/discovery/beacon.hpp"
#include "limpet/protocol/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace limpet {

// Where a service can be reached.
struct location {
    std::string host; // a numeric address
    std::uint16_t port = 0;

    std::string text() const { return host + ":" + std::to_string(port); }
    friend bool operator==(const location&, const location&) = default;
    friend auto operator<=>(const location&, const location&) = default;
};

// Who is out there, by what their datagrams say.
//
// A service has the info that it was first heard with, and one or more locations, the first heard
// of which comes first. A location that hasn't been heard of for 30 s is asked for (`probe`): if it
// answers it stays and is asked again 12 s later, until it's heard of again. A service without a
// location is gone. All of this is hearsay: anybody may send datagrams, and so there are limits on
// how much of it is kept, of one source and of all.
//
// Knows neither sockets nor clocks. One thread.
class directory {
public:
    struct service {
        std::string id;
        Json::Value info;
        std::vector<location> locations; // at least one
    };

    // Told from within heard(), probed() and tick(). Only probe() may call back.
    struct events {
        virtual ~events() = default;
        virtual void service_found(const service& what) = 0;
        virtual void service_changed(const service& what) = 0; // its locations
        virtual void service_lost(const std::string& id) = 0;
        // Answer with probed(), now or later.
        virtual void probe(const std::string& id, const location& where) = 0;
    };

    // Which services are worth remembering.
    using filter = std::function<bool(const std::string& id, const Json::Value& info)>;

    static constexpr std::size_t services_max = 1024;
    static constexpr std::size_t locations_max = 8;   // of a service
    static constexpr std::size_t per_source_max = 64; // locations with one host

    directory(filter wanted, events& told) : wanted_{std::move(wanted)}, told_{told} {}

    // An add or a remove that came from `host`. Others are ignored.
    void heard(const beacon& what, const std::string& host, instant now);
    void probed(const std::string& id, const location& where, bool alive, instant now);

    // Does what is due; call it at next() or later.
    void tick(instant now);
    std::optional<instant> next() const;

    const service* find(const std::string& id) const;
    std::size_t size() const { return services_.size(); }

    // Adds that there was no room for.
    std::uint64_t refused() const { return refused_; }

private:
    struct age {
        instant due; // to be probed, or given up
        bool probing = false;
    };
    struct entry {
        service what;
        std::vector<age> ages; // one for each location
    };
    using entries = std::map<std::string, entry>;

    void add(const beacon& what, const location& where, instant now);
    void remove(entries::iterator at, std::size_t which);
    bool room_for(const location& where);

    filter wanted_;
    events& told_;
    entries services_;
    std::map<std::string, std::size_t> sources_; // host -> locations
    std::uint64_t refused_ = 0;
};

} // namespace limpet
