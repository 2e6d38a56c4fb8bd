// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/bridge/interest.hpp"

#include <algorithm>

namespace limpet {

namespace {

bool is_or_is_below(std::string_view text, std::string_view root) {
    return text.starts_with(root) && (text.size() == root.size() || text[root.size()] == '.');
}

// Takes the first word off ".A.B".
std::string_view take_word(std::string_view& rest) {
    const std::size_t end = std::min(rest.find('.', 1), rest.size());
    const std::string_view word = rest.substr(1, end - 1);
    rest.remove_prefix(end);
    return word;
}

} // namespace

bool crosses(std::string_view text) noexcept {
    return !is_or_is_below(text, "$.Autobus") && !is_or_is_below(text, "$.Limpet");
}

// here: patterns that end at this node; star: those that go on with '*'.
struct interest_table::node {
    std::map<std::string, std::unique_ptr<node>, std::less<>> children;
    entry here;
    entry star;

    [[nodiscard]] bool empty() const { return children.empty() && here.empty() && star.empty(); }
};

interest_table::interest_table() : root_{std::make_unique<node>()} {}
interest_table::~interest_table() = default;

interest_table::entry& interest_table::entry_of(std::string_view pattern) {
    node* at = root_.get();
    for (std::string_view rest = pattern.substr(1); !rest.empty();) {
        const std::string_view word = take_word(rest);
        if (word == "*") {
            return at->star;
        }
        std::unique_ptr<node>& child = at->children[std::string(word)];
        if (!child) {
            child = std::make_unique<node>();
        }
        at = child.get();
    }
    return at->here;
}

// Removes the nodes of a pattern that nothing needs any more.
void interest_table::prune(std::string_view pattern) {
    std::vector<std::pair<node*, std::string>> way;
    node* at = root_.get();
    for (std::string_view rest = pattern.substr(1); !rest.empty();) {
        const std::string word(take_word(rest));
        const auto child = at->children.find(word);
        if (child == at->children.end()) {
            break;
        }
        way.emplace_back(at, word);
        at = child->second.get();
    }
    for (auto step = way.rbegin(); step != way.rend(); ++step) {
        const auto child = step->first->children.find(step->second);
        if (!child->second->empty()) {
            return;
        }
        step->first->children.erase(child);
    }
}

bool interest_table::add(bus_id bus, const wish& wanted) {
    if (!wishes_[bus].insert(wanted).second) {
        return false;
    }
    entry& place = entry_of(wanted.second);
    (wanted.first == autobus::role::listener ? place.listeners : place.repliers).insert(bus);
    return true;
}

bool interest_table::remove(bus_id bus, const wish& wanted) {
    const auto found = wishes_.find(bus);
    if (found == wishes_.end() || found->second.erase(wanted) == 0) {
        return false;
    }
    entry& place = entry_of(wanted.second);
    (wanted.first == autobus::role::listener ? place.listeners : place.repliers).erase(bus);
    prune(wanted.second);
    return true;
}

void interest_table::forget(bus_id bus) {
    const wishes all = of(bus);
    for (const wish& each : all) {
        remove(bus, each);
    }
    wishes_.erase(bus);
}

const wishes& interest_table::of(bus_id bus) const {
    static const wishes none;
    const auto found = wishes_.find(bus);
    return found == wishes_.end() ? none : found->second;
}

// Visits the entries that match, in order of precedence, until visit() returns true. rest: ".A.B".
template <class Visit>
bool interest_table::walk(const node& at, std::string_view rest, const Visit& visit) {
    if (rest.empty()) {
        return visit(at.here);
    }
    std::string_view below = rest;
    const std::string_view word = take_word(below);
    for (const std::string_view next : {word, std::string_view("%")}) {
        const auto child = at.children.find(next);
        if (child != at.children.end() && walk(*child->second, below, visit)) {
            return true;
        }
    }
    return visit(at.star);
}

bool interest_table::listens(bus_id bus, std::string_view name) const {
    return walk(*root_, name.substr(1),
                [bus](const entry& place) { return place.listeners.contains(bus); });
}

std::vector<bus_id> interest_table::listeners(std::string_view name) const {
    std::set<bus_id> found;
    walk(*root_, name.substr(1), [&found](const entry& place) {
        found.insert(place.listeners.begin(), place.listeners.end());
        return false;
    });
    return {found.begin(), found.end()};
}

std::optional<bus_id> interest_table::best_replier(std::string_view name,
                                                   const std::function<bool(bus_id)>& may) const {
    std::optional<bus_id> best;
    walk(*root_, name.substr(1), [&](const entry& place) {
        const auto first = std::find_if(place.repliers.begin(), place.repliers.end(), may);
        if (first != place.repliers.end()) {
            best = *first;
        }
        return best.has_value();
    });
    return best;
}

} // namespace limpet
