// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "autobus/message.hpp"

#include <linux/autobus.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>

namespace autobus {
namespace {

template <class Number>
bool parse_number(std::string_view text, int base, Number& number) {
    const auto [end, failed] =
        std::from_chars(text.data(), text.data() + text.size(), number, base);
    return failed == std::errc() && end == text.data() + text.size() && !text.empty();
}

error not_an_address(std::string_view text) {
    return error(EINVAL, '"' + std::string(text) + "\" is not an endpoint",
                 "an endpoint is a number such as 12, or, on another bus, "
                 "0123456789abcdef:12 with the bus's id of 16 hex digits");
}

error not_such_a_notice(const char* kind) {
    return error(EINVAL, std::string("read a ") + kind + " notice",
                 "the message is something else");
}

error bad_notice(const char* kind) {
    return error(EPROTO, std::string("read a ") + kind + " notice",
                 "its data do not hold together");
}

} // namespace

std::string bus_id_to_string(std::uint64_t bus) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text(16, '0');
    for (std::size_t i = text.size(); i-- > 0; bus >>= 4) {
        text[i] = digits[bus & 15];
    }
    return text;
}

std::string to_string(const address& address) {
    const std::string endpoint = std::to_string(address.endpoint);
    return address.bus == 0 ? endpoint : bus_id_to_string(address.bus) + ':' + endpoint;
}

result<address> parse_address(std::string_view text) {
    address parsed;
    std::string_view endpoint = text;
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos) {
        endpoint = text.substr(colon + 1);
        if (colon != 16 || !parse_number(text.substr(0, colon), 16, parsed.bus)) {
            return not_an_address(text);
        }
    }
    if (!parse_number(endpoint, 10, parsed.endpoint)) {
        return not_an_address(text);
    }
    return parsed;
}

std::string_view to_string(message_type type) {
    switch (type) {
    case message_type::announcement:
        return "announcement";
    case message_type::request:
        return "request";
    case message_type::reply:
        return "reply";
    case message_type::status:
        return "status";
    case message_type::direct:
        return "direct";
    case message_type::notice:
        return "notice";
    case message_type::mark:
        return "mark";
    }
    return "unknown";
}

std::string_view to_string(role role) {
    return role == role::replier ? "replier" : "listener";
}

message::message(const message_view& view) : message_fields(view.header()) {
    auto bytes = std::make_shared<std::string>();
    bytes->reserve(view.name().str().size() + view.data().size());
    bytes->append(view.name().str()).append(view.data());
    const std::string_view all(*bytes);
    name_.text_ = all.substr(0, view.name().str().size());
    data_ = all.substr(view.name().str().size());
    bytes_ = std::move(bytes);
}

name_view status_name(status_kind kind) {
    switch (kind) {
    case status_kind::unbound:
        return AUTOBUS_NAME_UNBOUND_REPLIER;
    case status_kind::gone_away:
        return AUTOBUS_NAME_GONE_AWAY;
    case status_kind::ignored:
        return AUTOBUS_NAME_IGNORED;
    case status_kind::timed_out:
        return AUTOBUS_NAME_TIMED_OUT;
    case status_kind::unreachable:
        return AUTOBUS_NAME_UNREACHABLE;
    case status_kind::refused:
        return AUTOBUS_NAME_REFUSED;
    }
    return {};
}

std::optional<status_kind> status_of(const message_view& message) {
    if (message.type() != message_type::status) {
        return std::nullopt;
    }
    for (status_kind kind :
         {status_kind::unbound, status_kind::gone_away, status_kind::ignored,
          status_kind::timed_out, status_kind::unreachable, status_kind::refused}) {
        if (message.name() == status_name(kind)) {
            return kind;
        }
    }
    return std::nullopt;
}

std::string explain_status(const message_view& status) {
    const auto kind = status_of(status);
    if (!kind) {
        return "the bus ended the request: " + std::string(status.name().str());
    }
    switch (*kind) {
    case status_kind::unbound:
        return "the replier stopped replying to this name before it read the request; "
               "nothing was done";
    case status_kind::gone_away:
        return "the replier ended before it read the request; nothing was done";
    case status_kind::ignored:
        return "the replier read the request and ended without an answer; "
               "what it did until then is not known";
    case status_kind::timed_out:
        return "no answer came before the request's deadline";
    case status_kind::unreachable:
        return status.reached() == reach::no
                   ? "the way to the replier's host is broken; the request did not reach it"
                   : "the way to the replier's host broke; "
                     "whether the request was carried out is not known";
    case status_kind::refused:
        return "the replier's bus refused the request: " +
               error(static_cast<int>(status.code()), {}).message() + "; nothing was done";
    }
    return {};
}

result<bound_info> bound_info_of(const message_view& notice) {
    const auto kind = static_cast<notice_kind>(notice.code());
    if (notice.type() != message_type::notice ||
        (kind != notice_kind::bound && kind != notice_kind::unbound)) {
        return not_such_a_notice("bound or unbound");
    }
    autobus_bound raw;
    if (notice.data().size() < sizeof(raw)) {
        return bad_notice("bound or unbound");
    }
    std::memcpy(&raw, notice.data().data(), sizeof(raw));
    const std::string_view rest = notice.data().substr(sizeof(raw));
    if (raw.pattern_size > rest.size() ||
        (raw.role != AUTOBUS_LISTENER && raw.role != AUTOBUS_REPLIER)) {
        return bad_notice("bound or unbound");
    }
    auto parsed = pattern::parse(rest.substr(0, raw.pattern_size));
    if (!parsed) {
        return bad_notice("bound or unbound");
    }
    return bound_info{kind,
                      raw.endpoint,
                      raw.binding,
                      static_cast<role>(raw.role),
                      (raw.flags & AUTOBUS_BIND_YIELDING) != 0,
                      *std::move(parsed)};
}

result<address> closed_endpoint_of(const message_view& notice) {
    if (notice.type() != message_type::notice ||
        static_cast<notice_kind>(notice.code()) != notice_kind::closed) {
        return not_such_a_notice("closed");
    }
    autobus_address raw;
    if (notice.data().size() < sizeof(raw)) {
        return bad_notice("closed");
    }
    std::memcpy(&raw, notice.data().data(), sizeof(raw));
    return address{raw.bus, raw.endpoint};
}

} // namespace autobus
