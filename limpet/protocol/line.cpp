// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/protocol/line.hpp"

namespace limpet {

namespace {

bool blank(std::string_view line) {
    return line.find_first_not_of(" \t\r\v\f") == std::string_view::npos;
}

} // namespace

void line_reader::add(std::string_view bytes) {
    if (failed_) {
        return;
    }
    buffer_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
    buffer_.append(bytes);
}

std::optional<std::string_view> line_reader::next() {
    while (!failed_) {
        const std::size_t end = buffer_.find('\n', scanned_);
        if (end == std::string::npos) {
            scanned_ = buffer_.size();
            // One more than the limit may be the CR of a line that just fits.
            if (scanned_ - begin_ > limit_ + 1) {
                fail();
            }
            return std::nullopt;
        }
        std::string_view line = std::string_view{buffer_}.substr(begin_, end - begin_);
        begin_ = end + 1;
        scanned_ = begin_;
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (line.size() > limit_) {
            fail();
            return std::nullopt;
        }
        if (!blank(line)) {
            return line;
        }
    }
    return std::nullopt;
}

void line_reader::fail() {
    failed_ = true;
    buffer_ = {};
    begin_ = 0;
    scanned_ = 0;
}

} // namespace limpet
