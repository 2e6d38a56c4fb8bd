// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/autobusctl/command.hpp"
#include "userspace/autobusctl/format.hpp"

#include <cerrno>
#include <ostream>

namespace autobus::ctl {
namespace {

constexpr std::string_view help =
    R"(Prints the messages whose names match a PATTERN, one line each, until it is interrupted. In a
PATTERN % stands for one word, and * at the end for one or more. It hears announcements, and copies
of requests and of their replies. The columns are: what it is, its serial (its place in the order of
the bus), its name, who sent it, and the data. A line "lost" says how many messages were missed at
this place because they came faster than they were printed.

  --values           first what there is: the current values of the names, then a line "synced"
  -n, --count N      end after N messages
  -r, --raw          print nothing but the data, as they are

  autobusctl listen '$.Kitchen.*'
  autobusctl listen --json '$.%.Lamp' '$.Garden.*'
  autobusctl listen --count 1 --raw '$.Kitchen.Lamp'
  autobusctl listen --values '$.Autobus.Bound.*' '$.Autobus.Unbound.*'    (who binds to what)
)";

void print(context& world, const options& given, const message_view& message) {
    if (given.raw) {
        world.out << message.data() << std::flush;
    } else if (given.json) {
        world.out << to_line(as_json(message)) << std::endl;
    } else {
        world.out << as_text(message) << std::endl;
    }
}

result<void> bind_all(device& bus, const options& given) {
    for (const std::string& word : given.words) {
        const auto pattern = pattern_view::parse(word);
        if (!pattern) {
            return pattern.error();
        }
        if (auto bound = bus.bind(*pattern, role::listener, {.values = given.values}); !bound) {
            return bound.error();
        }
    }
    return {};
}

result<void> print_messages(context& world, const options& given, device& bus) {
    const int stop_fd = world.stop_fd();
    receive_buffer buffer;
    for (std::uint64_t printed = 0; given.count == 0 || printed < given.count;) {
        const auto woken = wait_for_message(bus, stop_fd);
        if (!woken) {
            return woken.error();
        }
        if (*woken == wake::stop) {
            return {};
        }
        const std::uint64_t left = given.count - printed;
        const auto most = given.count != 0 && left < 64 ? static_cast<std::uint32_t>(left) : 64;
        const auto received = bus.receive_many(buffer, no_wait, most);
        if (!received && received.error().code() != EAGAIN) {
            return received.error();
        }
        for (const message_view& message : buffer) {
            print(world, given, message);
            printed += message.type() != message_type::mark;
        }
        if (!world.out) {
            return error(EIO, "print messages", "standard output takes no more");
        }
    }
    return {};
}

int run(context& world, const options& given) {
    if (given.words.empty()) {
        return misuse(world, "listen", "it needs a PATTERN");
    }
    for (const std::string& word : given.words) {
        if (const auto pattern = pattern_view::parse(word); !pattern) {
            return misuse(world, "listen", pattern.error().message());
        }
    }
    auto bus = world.open(given.bus, {.access = access::read_only});
    if (!bus) {
        return fail(world, bus.error());
    }
    if (const auto bound = bind_all(*bus, given); !bound) {
        return fail(world, bound.error());
    }
    const auto done = print_messages(world, given, *bus);
    return done ? static_cast<int>(exit_done) : fail(world, done.error());
}

} // namespace

constexpr command listen_command = {"listen", "PATTERN...", "prints what is said under these names",
                                    "vnr",    help,         run};

} // namespace autobus::ctl
