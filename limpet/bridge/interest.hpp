// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// Interest
//
// Problem     A limpet must know, for each name, which buses listen to it and which bus has its
//             best replier: on every message, with many patterns.
// What it is  For each bus, our own too, the patterns that it listens to and those that it replies
//             to, at a version; all of them in one tree of words (the kernel's index is drawn in
//             kmod/core/index.h; this one has buses where that one has bindings).
// Guarantees  1. Bindings of one bus with the same pattern and role count as one: only the first
//                and the last make a change.
//             2. best_replier() decides as a bus does: the most specific pattern wins.
// Ownership   Values only. One thread.

#include "autobus/message.hpp"
#include "autobus/name.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet {

using bus_id = std::uint64_t;

// $.Autobus is each kernel's own and $.Limpet each daemon's: neither they nor what is below them
// crosses. For names and patterns; wildcards as the first word do cross.
[[nodiscard]] bool crosses(std::string_view text) noexcept;

using wish = std::pair<autobus::role, std::string>; // role and pattern
using wishes = std::set<wish>;

class interest_table {
public:
    interest_table();
    ~interest_table();
    interest_table(const interest_table&) = delete;
    interest_table& operator=(const interest_table&) = delete;

    // False if it was there already, or wasn't there. The pattern must be valid.
    bool add(bus_id bus, const wish& wanted);
    bool remove(bus_id bus, const wish& wanted);
    void forget(bus_id bus);

    [[nodiscard]] const wishes& of(bus_id bus) const;

    [[nodiscard]] bool listens(bus_id bus, std::string_view name) const;

    // All buses that listen to the name, ascending.
    [[nodiscard]] std::vector<bus_id> listeners(std::string_view name) const;

    // Of the buses that may serve, the one with the most specific pattern for the name; of equals
    // the lowest.
    [[nodiscard]] std::optional<bus_id> best_replier(std::string_view name,
                                                     const std::function<bool(bus_id)>& may) const;

private:
    struct node;
    struct entry {
        std::set<bus_id> listeners;
        std::set<bus_id> repliers;
        [[nodiscard]] bool empty() const { return listeners.empty() && repliers.empty(); }
    };

    entry& entry_of(std::string_view pattern);
    void prune(std::string_view pattern);
    template <class Visit>
    static bool walk(const node& at, std::string_view rest, const Visit& visit);

    std::unique_ptr<node> root_;
    std::map<bus_id, wishes> wishes_;
};

} // namespace limpet
