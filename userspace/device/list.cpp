// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/device/device_state.hpp"

#include <cerrno>
#include <cstring>
#include <functional>
#include <utility>

namespace autobus {
namespace {

constexpr std::size_t page_size = 32 * 1024; // bytes of items per call

struct raw_item {
    autobus_item fields;
    std::string_view name;
};

using each_item = std::function<result<void>(const raw_item&)>;

error bad_item(const std::string& context) {
    return explain(operation::describe, EPROTO, context);
}

// Takes the items of one page apart.
result<void> take_apart(std::string_view page, const each_item& each, const std::string& context) {
    while (!page.empty()) {
        raw_item item;
        if (page.size() < sizeof(item.fields)) {
            return bad_item(context);
        }
        std::memcpy(&item.fields, page.data(), sizeof(item.fields));
        const autobus_item& fields = item.fields;
        if (fields.size > page.size() || fields.size % 8 != 0 ||
            fields.header_size < sizeof(fields) || fields.header_size > fields.size ||
            fields.name_size > fields.size - fields.header_size) {
            return bad_item(context);
        }
        item.name = page.substr(fields.header_size, fields.name_size);
        if (auto done = each(item); !done) {
            return done;
        }
        page.remove_prefix(fields.size);
    }
    return {};
}

struct range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
};

// Calls `each` for all that there is; gives the bus's serials at the first and last page.
result<range> for_each(port& file, std::uint32_t what, std::string_view name,
                       const std::string& context, const each_item& each) {
    std::vector<std::uint64_t> page(page_size / sizeof(std::uint64_t));
    autobus_list list{};
    range serials;
    bool first = true;
    do {
        list.size = sizeof(list);
        list.what = what;
        list.name = name.empty() ? 0 : as_number(name.data());
        list.name_size = static_cast<std::uint32_t>(name.size());
        list.out = as_number(page.data());
        list.out_size = page_size;
        list.out_done = list.count = list.serial_first = list.serial_last = 0;
        if (const int failed = file.ioctl(AUTOBUS_IOC_LIST, &list); failed != 0) {
            return explain(operation::describe, -failed, context);
        }
        serials.first = first ? list.serial_first : serials.first;
        serials.last = list.serial_last;
        first = false;
        if (auto done = take_apart(as_text(page, list.out_done), each, context); !done) {
            return done.error();
        }
    } while (list.next_endpoint != 0 || list.next_id != 0);
    return serials;
}

result<endpoint_item> endpoint_of(const raw_item& raw) {
    const autobus_item& fields = raw.fields;
    endpoint_item item;
    item.endpoint = fields.endpoint;
    item.router = (fields.flags & AUTOBUS_ITEM_ROUTER) != 0;
    item.records = fields.records;
    item.reserved_records = fields.reserved_records;
    item.records_limit = fields.records_limit;
    item.bytes = fields.bytes;
    item.bytes_limit = fields.bytes_limit;
    item.lost = fields.lost;
    item.bindings = fields.bindings;
    item.asked = fields.asked;
    item.owed = fields.owed;
    item.opener = {fields.opener.tgid, fields.opener.uid, fields.opener.gid};
    return item;
}

result<binding_item> binding_of(const raw_item& raw) {
    const autobus_item& fields = raw.fields;
    if (fields.role != AUTOBUS_LISTENER && fields.role != AUTOBUS_REPLIER) {
        return error(EPROTO, "understand a binding", "its role is unknown");
    }
    auto parsed = pattern::parse(raw.name);
    if (!parsed) {
        return parsed.error();
    }
    return binding_item{fields.endpoint,
                        fields.id,
                        static_cast<role>(fields.role),
                        (fields.flags & AUTOBUS_BIND_VALUES) != 0,
                        (fields.flags & AUTOBUS_BIND_EACH) != 0,
                        (fields.flags & AUTOBUS_BIND_YIELDING) != 0,
                        *std::move(parsed),
                        {fields.opener.tgid, fields.opener.uid, fields.opener.gid}};
}

result<request_item> request_of(const raw_item& raw) {
    auto parsed = name::parse(raw.name);
    if (!parsed) {
        return parsed.error();
    }
    return request_item{raw.fields.id, raw.fields.requester, raw.fields.endpoint,
                        (raw.fields.flags & AUTOBUS_ITEM_HANDED) != 0, *std::move(parsed)};
}

// All items of one kind, each made by `convert`.
template <class Item>
result<listing<Item>> collect(port& file, std::uint32_t what, std::string_view name,
                              const std::string& context,
                              result<Item> (*convert)(const raw_item&)) {
    listing<Item> found;
    const auto serials =
        for_each(file, what, name, context, [&](const raw_item& raw) -> result<void> {
            auto item = convert(raw);
            if (!item) {
                return error(EPROTO, context, item.error().message());
            }
            found.items.push_back(*std::move(item));
            return {};
        });
    if (!serials) {
        return serials.error();
    }
    found.serial_first = serials->first;
    found.serial_last = serials->last;
    return found;
}

} // namespace

result<listing<endpoint_item>> device::list_endpoints() const {
    return collect(*state_->file, AUTOBUS_LIST_ENDPOINTS, {},
                   "list the endpoints of " + state_->where, endpoint_of);
}

result<listing<binding_item>> device::list_bindings() const {
    return collect(*state_->file, AUTOBUS_LIST_BINDINGS, {},
                   "list the bindings of " + state_->where, binding_of);
}

result<listing<request_item>> device::list_requests() const {
    return collect(*state_->file, AUTOBUS_LIST_REQUESTS, {},
                   "list the requests of " + state_->where, request_of);
}

result<std::optional<binding_item>> device::who(name_view name) const {
    auto found = collect(*state_->file, AUTOBUS_LIST_REPLIER, name.str(),
                         "ask who replies to " + std::string(name.str()), binding_of);
    if ((!found && found.error().code() == EADDRNOTAVAIL) || (found && found->items.empty())) {
        return std::optional<binding_item>();
    }
    if (!found) {
        return found.error();
    }
    return std::optional(std::move(found->items.front()));
}

} // namespace autobus
