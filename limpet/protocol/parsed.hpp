// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace limpet {

// What came of reading something that a stranger wrote: the thing, or a sentence that says what is
// wrong with it.
template <class Thing>
class [[nodiscard]] parsed {
public:
    parsed(Thing thing) : thing_{std::move(thing)} {}

    static parsed bad(std::string why) {
        parsed result;
        result.why_ = std::move(why);
        return result;
    }

    explicit operator bool() const { return thing_.has_value(); }
    const Thing& operator*() const { return *thing_; }
    Thing& operator*() { return *thing_; }
    const Thing* operator->() const { return &*thing_; }
    Thing* operator->() { return &*thing_; }
    const std::string& why() const { return why_; }

private:
    parsed() = default;

    std::optional<Thing> thing_;
    std::string why_;
};

} // namespace limpet
