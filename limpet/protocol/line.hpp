// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace limpet {

// Cuts a stream of bytes into lines.
//
// A line ends with LF; one CR before it is dropped, and lines of nothing but white space are left
// out. A line longer than the limit makes the reader fail for good: there is no telling where the
// next one would begin. Each byte is looked at once, however small the pieces that it comes in.
//
// One thread.
class line_reader {
public:
    explicit line_reader(std::size_t limit) : limit_{limit} {}

    // Bytes that a line may have, without its end. Holds for lines not yet taken, too.
    void set_limit(std::size_t limit) { limit_ = limit; }

    // Adds what came. Take all lines before adding more: what isn't taken stays in memory.
    void add(std::string_view bytes);

    // The next whole line, valid until the next call of add(); nothing if there is none.
    std::optional<std::string_view> next();

    // A line was too long. There won't be any more.
    bool failed() const { return failed_; }

    // Bytes of a line whose end hasn't come yet. Exact after next() has given nothing.
    std::size_t unfinished() const { return buffer_.size() - begin_; }

private:
    void fail();

    std::size_t limit_;
    std::string buffer_;
    std::size_t begin_ = 0;   // of the first line not taken
    std::size_t scanned_ = 0; // no LF in [begin_, scanned_)
    bool failed_ = false;
};

} // namespace limpet
