// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/bridge/census.hpp"

namespace limpet {

void census::count_anew(std::size_t marks) {
    ++count_;
    marks_ += marks;
}

std::vector<census::change> census::notice(const autobus::bound_info& info) {
    std::vector<change> changes;
    if (info.endpoint == own_ || !crosses(info.pattern.str())) {
        return changes;
    }
    const auto found = bindings_.find(info.binding);
    if (info.kind == autobus::notice_kind::unbound) {
        if (found != bindings_.end()) {
            end(found, changes);
        }
        return changes;
    }
    if (found != bindings_.end()) {
        found->second.seen = count_;
        return changes;
    }
    const wish what{info.role, info.pattern.str()};
    bindings_[info.binding] = {what, count_};
    if (++uses_[what] == 1) {
        changes.push_back({true, what});
    }
    return changes;
}

std::vector<census::change> census::synced() {
    std::vector<change> changes;
    if (marks_ == 0 || --marks_ > 0) {
        return changes;
    }
    for (auto each = bindings_.begin(); each != bindings_.end();) {
        const auto which = each++;
        if (which->second.seen != count_) {
            end(which, changes);
        }
    }
    return changes;
}

void census::end(std::map<std::uint64_t, binding>::iterator which, std::vector<change>& changes) {
    const wish what = which->second.what;
    bindings_.erase(which);
    if (--uses_[what] == 0) {
        uses_.erase(what);
        changes.push_back({false, what});
    }
}

} // namespace limpet
