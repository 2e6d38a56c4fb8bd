// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/autobusctl/command.hpp"
#include "userspace/autobusctl/format.hpp"

#include <linux/autobus.h>

#include <ostream>

namespace autobus::ctl {
namespace {

constexpr std::string_view help =
    R"(Shows what the bus says of itself: its id, what its module can do, how much is going on, and the
limits.

  autobusctl info
  autobusctl --bus 1 info
)";

struct feature {
    std::uint64_t bit;
    const char* name;
};

constexpr feature features[] = {
    {AUTOBUS_FEATURE_URGENT, "urgent"},       {AUTOBUS_FEATURE_PRIVATE, "private"},
    {AUTOBUS_FEATURE_DIRECT, "direct"},       {AUTOBUS_FEATURE_EACH, "each"},
    {AUTOBUS_FEATURE_DEADLINES, "deadlines"}, {AUTOBUS_FEATURE_VALUES, "values"},
    {AUTOBUS_FEATURE_PEEK, "peek"},           {AUTOBUS_FEATURE_SHARES, "shares"},
    {AUTOBUS_FEATURE_RULES, "rules"},         {AUTOBUS_FEATURE_CAPTURE, "capture"},
    {AUTOBUS_FEATURE_ROUTER, "router"},
};

void print_text(std::ostream& out, const std::string& where, const bus_info& info,
                const bus_limits& limits) {
    std::string can;
    for (const feature& known : features) {
        can += (info.features & known.bit) != 0 ? std::string(" ") + known.name : "";
    }
    out << "bus        " << where << ", id " << bus_id_to_string(info.bus) << "\n"
        << "interface  version " << info.abi_version << ", with"
        << (can.empty() ? " nothing more" : can) << "\n"
        << "router     "
        << (info.router == 0 ? "none: this bus stands alone"
                             : "endpoint " + std::to_string(info.router))
        << "\n"
        << "messages   " << info.serial << " so far, " << info.lost << " missed by full listeners\n"
        << "endpoints  " << info.endpoints << " of at most " << limits.endpoints
        << " (this one included)\n"
        << "bindings   " << info.bindings << "\n"
        << "requests   " << info.requests << " without an answer yet\n"
        << "limits     an endpoint may queue " << limits.now.records << " messages and "
        << limits.now.bytes << " bytes, and bind " << limits.now.bindings << " patterns;\n"
        << "           a message may have " << limits.message << " bytes of data\n"
        << std::flush;
}

Json::Value as_json(const std::string& where, const bus_info& info, const bus_limits& limits) {
    Json::Value object;
    object["device"] = where;
    object["bus"] = bus_id_to_string(info.bus);
    object["abi_version"] = info.abi_version;
    object["features"] = Json::Value(Json::arrayValue);
    for (const feature& known : features) {
        if ((info.features & known.bit) != 0) {
            object["features"].append(known.name);
        }
    }
    object["router"] = number(info.router);
    object["serial"] = number(info.serial);
    object["lost"] = number(info.lost);
    object["endpoints"] = number(info.endpoints);
    object["bindings"] = number(info.bindings);
    object["requests"] = number(info.requests);
    object["limits"]["records"] = number(limits.now.records);
    object["limits"]["bytes"] = number(limits.now.bytes);
    object["limits"]["bindings"] = number(limits.now.bindings);
    object["limits"]["endpoints"] = number(limits.endpoints);
    object["limits"]["message"] = number(limits.message);
    return object;
}

int run(context& world, const options& given) {
    if (!given.words.empty()) {
        return misuse(world, "info", "it takes no arguments");
    }
    auto bus = world.open(given.bus, {.access = access::read_only});
    if (!bus) {
        return fail(world, bus.error());
    }
    const auto info = bus->info();
    if (!info) {
        return fail(world, info.error());
    }
    const auto limits = bus->get_limits();
    if (!limits) {
        return fail(world, limits.error());
    }
    if (given.json) {
        world.out << to_line(as_json(bus->where(), *info, *limits)) << std::endl;
    } else {
        print_text(world.out, bus->where(), *info, *limits);
    }
    return exit_done;
}

} // namespace

constexpr command info_command = {"info", "", "shows what the bus says of itself", "", help, run};

} // namespace autobus::ctl
