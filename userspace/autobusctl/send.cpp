// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/autobusctl/command.hpp"
#include "userspace/autobusctl/format.hpp"

#include <ostream>

namespace autobus::ctl {
namespace {

constexpr std::string_view help =
    R"(Announces NAME to all who listen to it. DATA is sent as it is, without a newline; "-" sends all
of standard input; no DATA sends none. Says nothing when all went well; with --json it prints the
message's serial.

  --to ENDPOINT      to this endpoint only, seen by nobody else (a direct message); ENDPOINT is a
                     number as `autobusctl list endpoints` shows, or BUSID:NUMBER on another bus
  --fail             fail if the queue of any listener is full; normally that listener misses it
  --wait             wait until all listeners have room
  -t, --timeout S    with --wait: at most S seconds
  --urgent           goes ahead of ordinary messages

  autobusctl send '$.Kitchen.Lamp' on
  uptime | autobusctl send '$.Kitchen.Report' -
  autobusctl send --to 12 '$.Kitchen.Hint' 'only for you'
)";

result<std::uint64_t> send_it(device& bus, name_view name, std::string_view data,
                              const options& given) {
    send_options how;
    how.urgent = given.urgent;
    how.when_full = given.when_full;
    how.limit = given.timeout;
    return given.to ? bus.send_direct(*given.to, name, data, how) : bus.announce(name, data, how);
}

int run(context& world, const options& given) {
    if (given.words.empty() || given.words.size() > 2) {
        return misuse(world, "send",
                      given.words.empty() ? "it needs a NAME"
                                          : "too many arguments; quote DATA that has spaces");
    }
    const auto name = name_view::parse(given.words[0]);
    if (!name) {
        return misuse(world, "send", name.error().message());
    }
    const auto data = data_of(world, given.words.size() == 2 ? given.words[1] : "");
    if (!data) {
        return fail(world, data.error());
    }
    auto bus = world.open(given.bus, {.access = access::write_only});
    if (!bus) {
        return fail(world, bus.error());
    }
    const auto serial = send_it(*bus, *name, *data, given);
    if (!serial) {
        return fail(world, serial.error());
    }
    if (given.json) {
        Json::Value object;
        object["serial"] = number(*serial);
        world.out << to_line(object) << std::endl;
    }
    return exit_done;
}

} // namespace

constexpr command send_command = {
    "send", "NAME [DATA|-]", "announces something to all listeners", "auwft", help, run};

} // namespace autobus::ctl
