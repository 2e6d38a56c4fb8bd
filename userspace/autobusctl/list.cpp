// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/autobusctl/command.hpp"
#include "userspace/autobusctl/format.hpp"

#include <map>
#include <ostream>

namespace autobus::ctl {
namespace {

constexpr std::string_view help =
    R"(Shows what there is on the bus: all of it, or only
  endpoints   who has it open: process, messages queued and missed, requests asked and owed
  bindings    who listens to what, and who replies to what
  requests    those that have no answer yet, from whom and to whom

  autobusctl list
  autobusctl list bindings
  autobusctl --json list endpoints
)";

using programs = std::map<std::uint64_t, std::string>; // by endpoint

std::string pid_and_program(const credentials& opener) {
    const std::string program = program_of(opener.tgid);
    return std::to_string(opener.tgid) + (program.empty() ? "" : " " + program);
}

programs programs_of(const listing<endpoint_item>& endpoints) {
    programs found;
    for (const endpoint_item& item : endpoints.items) {
        found[item.endpoint] = pid_and_program(item.opener);
    }
    return found;
}

std::string name_of(const programs& known, std::uint64_t endpoint) {
    const auto found = known.find(endpoint);
    return found == known.end() ? "?" : found->second;
}

std::string flags_text(const binding_item& item) {
    return std::string(item.values ? "values " : "") + (item.each ? "each " : "") +
           (item.yielding ? "yielding" : "");
}

Json::Value as_json(const endpoint_item& item) {
    Json::Value object;
    object["kind"] = "endpoint";
    object["endpoint"] = number(item.endpoint);
    object["router"] = item.router;
    object["pid"] = item.opener.tgid;
    object["uid"] = item.opener.uid;
    object["gid"] = item.opener.gid;
    object["program"] = program_of(item.opener.tgid);
    object["records"] = item.records;
    object["reserved_records"] = item.reserved_records;
    object["records_limit"] = item.records_limit;
    object["bytes"] = number(item.bytes);
    object["bytes_limit"] = number(item.bytes_limit);
    object["lost"] = number(item.lost);
    object["bindings"] = item.bindings;
    object["asked"] = item.asked;
    object["owed"] = item.owed;
    return object;
}

Json::Value as_json(const binding_item& item) {
    Json::Value object;
    object["kind"] = "binding";
    object["binding"] = number(item.id);
    object["endpoint"] = number(item.endpoint);
    object["role"] = std::string(to_string(item.role));
    object["pattern"] = item.pattern.str();
    object["values"] = item.values;
    object["each"] = item.each;
    object["yielding"] = item.yielding;
    return object;
}

Json::Value as_json(const request_item& item) {
    Json::Value object;
    object["kind"] = "request";
    object["serial"] = number(item.serial);
    object["name"] = item.name.str();
    object["requester"] = number(item.requester);
    object["replier"] = number(item.replier);
    object["read"] = item.handed;
    return object;
}

table as_table(const listing<endpoint_item>& list) {
    table shown({"ENDPOINT", "PROCESS", "UID", "QUEUED", "LIMIT", "BYTES", "LOST", "BINDINGS",
                 "ASKED", "OWES", ""});
    for (const endpoint_item& item : list.items) {
        shown.add({std::to_string(item.endpoint), pid_and_program(item.opener),
                   std::to_string(item.opener.uid), std::to_string(item.records),
                   std::to_string(item.records_limit), std::to_string(item.bytes),
                   std::to_string(item.lost), std::to_string(item.bindings),
                   std::to_string(item.asked), std::to_string(item.owed),
                   item.router ? "router" : ""});
    }
    return shown;
}

table as_table(const listing<binding_item>& list, const programs& known) {
    table shown({"PATTERN", "ROLE", "ENDPOINT", "PROCESS", ""});
    for (const binding_item& item : list.items) {
        shown.add({item.pattern.str(), std::string(to_string(item.role)),
                   std::to_string(item.endpoint), name_of(known, item.endpoint), flags_text(item)});
    }
    return shown;
}

table as_table(const listing<request_item>& list, const programs& known) {
    table shown({"SERIAL", "NAME", "FROM", "PROCESS", "TO", "PROCESS", "STATE"});
    for (const request_item& item : list.items) {
        shown.add({std::to_string(item.serial), item.name.str(), std::to_string(item.requester),
                   name_of(known, item.requester), std::to_string(item.replier),
                   name_of(known, item.replier), item.handed ? "read" : "not yet read"});
    }
    return shown;
}

// Prints one kind: as objects, or as a table, under its title if several are shown.
template <class Item>
void print(context& world, const options& given, const listing<Item>& list, const table& shown,
           const std::string& title) {
    if (given.json) {
        for (const Item& item : list.items) {
            world.out << to_line(as_json(item)) << std::endl;
        }
        return;
    }
    if (given.words.empty()) {
        world.out << title << ":\n";
    }
    if (list.items.empty()) {
        world.out << "no " << title << '\n';
    } else {
        world.out << shown.text();
    }
    if (given.words.empty()) {
        world.out << '\n';
    }
    if (list.serial_first != list.serial_last) {
        world.out << "(the bus changed meanwhile: this may mix old and new)\n";
    }
    world.out.flush();
}

result<void> list(context& world, const options& given, const device& bus) {
    const std::string what = given.words.empty() ? "" : given.words[0];
    const auto endpoints = bus.list_endpoints();
    if (!endpoints) {
        return endpoints.error();
    }
    const programs known = given.json ? programs() : programs_of(*endpoints);
    if (what.empty() || what == "endpoints") {
        print(world, given, *endpoints, as_table(*endpoints), "endpoints");
    }
    if (what.empty() || what == "bindings") {
        const auto bindings = bus.list_bindings();
        if (!bindings) {
            return bindings.error();
        }
        print(world, given, *bindings, as_table(*bindings, known), "bindings");
    }
    if (what.empty() || what == "requests") {
        const auto requests = bus.list_requests();
        if (!requests) {
            return requests.error();
        }
        print(world, given, *requests, as_table(*requests, known), "requests");
    }
    return {};
}

int run(context& world, const options& given) {
    if (given.words.size() > 1 || (!given.words.empty() && given.words[0] != "endpoints" &&
                                   given.words[0] != "bindings" && given.words[0] != "requests")) {
        return misuse(world, "list", "it shows endpoints, bindings or requests; which one?");
    }
    auto bus = world.open(given.bus, {.access = access::read_only});
    if (!bus) {
        return fail(world, bus.error());
    }
    const auto done = list(world, given, *bus);
    return done ? static_cast<int>(exit_done) : fail(world, done.error());
}

} // namespace

constexpr command list_command = {
    "list", "[endpoints|bindings|requests]", "shows what there is on the bus", "", help, run};

} // namespace autobus::ctl
