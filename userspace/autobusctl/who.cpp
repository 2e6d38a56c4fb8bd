// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/autobusctl/command.hpp"
#include "userspace/autobusctl/format.hpp"

#include <ostream>

namespace autobus::ctl {
namespace {

constexpr std::string_view help =
    R"(Shows which endpoint would get a request of NAME now: of all repliers whose patterns match, the
one with the most specific pattern. Exit code 3 if nobody would.

  autobusctl who '$.Monitor.Uptime'
)";

void print(context& world, const options& given, const binding_item& found) {
    const credentials& opener = found.opener;
    const std::string program = program_of(opener.tgid);
    if (given.json) {
        Json::Value object;
        object["name"] = given.words[0];
        object["endpoint"] = number(found.endpoint);
        object["binding"] = number(found.id);
        object["pattern"] = found.pattern.str();
        object["yielding"] = found.yielding;
        object["pid"] = opener.tgid;
        object["uid"] = opener.uid;
        object["program"] = program;
        world.out << to_line(object) << std::endl;
        return;
    }
    world.out << "endpoint " << found.endpoint << " (pid " << opener.tgid
              << (program.empty() ? "" : ", ") << program << ")";
    if (found.pattern.str() != given.words[0]) {
        world.out << ", which replies to " << found.pattern.str();
    }
    world.out << (found.yielding ? ", for a replier on another host" : "") << std::endl;
}

int run(context& world, const options& given) {
    if (given.words.size() != 1) {
        return misuse(world, "who", "it needs one NAME");
    }
    const auto name = name_view::parse(given.words[0]);
    if (!name) {
        return misuse(world, "who", name.error().message());
    }
    auto bus = world.open(given.bus, {.access = access::read_only});
    if (!bus) {
        return fail(world, bus.error());
    }
    const auto found = bus->who(*name);
    if (!found) {
        return fail(world, found.error());
    }
    if (!*found) {
        world.err << "autobusctl: nobody replies to " << given.words[0]
                  << "; `autobusctl list bindings` shows the repliers that there are" << std::endl;
        return exit_nobody;
    }
    print(world, given, **found);
    return exit_done;
}

} // namespace

constexpr command who_command = {"who", "NAME", "shows which endpoint would get a request",
                                 "",    help,   run};

} // namespace autobus::ctl
