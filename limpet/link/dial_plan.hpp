// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/discovery/directory.hpp"
#include "limpet/link/scope.hpp"
#include "limpet/protocol/time.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace limpet {

// Whom to connect to, and when.
//
// A target is a peer that was discovered or that the user has named. It's tried when it comes (or
// `head_start` later), and after failures again with a back-off by the scope of its address, its
// locations in turn. A target that is linked rests. However many targets appear (anybody may send
// datagrams), no more than `dials_max` are being tried at a time (`dials_per_host` with one
// host), and no more than `rate` of them are begun in a second.
//
// Knows neither sockets nor clocks. One thread.
class dial_plan {
public:
    using random = back_off::random;

    static constexpr std::size_t dials_max = 16;
    static constexpr std::size_t dials_per_host = 4;
    static constexpr int rate = 20; // per second

    struct target {
        std::string service; // the id to bind to; the key
        std::vector<location> locations;
        duration head_start{}; // for the other side, which may connect to us
    };
    struct attempt {
        std::string key;
        std::string service;
        location where;
    };
    struct failure {
        std::size_t attempts = 0; // since it was last reached
        duration wait{};          // until the next
    };

    explicit dial_plan(random draw) : draw_{std::move(draw)} {}

    // Adds a target, or changes the locations of one.
    void add(const std::string& key, const target& what, instant now);
    void remove(const std::string& key);
    bool contains(const std::string& key) const { return targets_.contains(key); }

    // The id of the service that was discovered at a place.
    std::optional<std::string> service_at(const location& where) const;

    // Who is to be dialled now. Each is being dialled until failed(), linked() or remove().
    std::vector<attempt> take(instant now);
    std::optional<instant> next() const;

    // The attempt failed, or a link has ended.
    failure failed(const std::string& key, instant now);
    // There is a link, whoever opened it.
    void linked(const std::string& key);
    // The link is gone, or there's another reason to try at once.
    void retry(const std::string& key, instant when);

private:
    enum class state { waiting, dialling, linked };
    struct entry {
        target what;
        state now = state::waiting;
        instant due{};
        std::size_t turn = 0; // which location is tried next
        back_off delay{scope::local};

        const location& place() const { return what.locations[turn % what.locations.size()]; }
    };

    std::size_t dialling() const;

    random draw_;
    std::map<std::string, entry> targets_;
    instant rate_window_{};
    int begun_ = 0; // in the window
};

} // namespace limpet
