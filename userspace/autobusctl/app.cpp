// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/autobusctl/command.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <istream>
#include <iterator>
#include <ostream>
#include <poll.h>

namespace autobus::ctl {
namespace {

constexpr std::string_view overview = R"(autobusctl: looks at a message bus, and takes part in it.

usage: autobusctl COMMAND [OPTION...] [ARGUMENT...]

commands:
)";

constexpr std::string_view overview_end = R"(
general options:
  -b, --bus N|PATH   which bus: 1 or /dev/autobus1 (default: $AUTOBUS_BUS or /dev/autobus0)
  -j, --json         one JSON object per line, for programs
  -h, --help         this; `autobusctl COMMAND --help` tells more, with examples

a first try, in two terminals:
  autobusctl listen '$.Kitchen.*'
  autobusctl send '$.Kitchen.Lamp' on

exit codes:
  0  done                     3  nobody replies to the name
  1  failed                   4  the request ended without a reply (its replier ended, ...)
  2  wrong usage              5  nothing came in time
)";

void print_overview(std::ostream& out) {
    out << overview;
    for (const command* known : commands()) {
        out << "  " << known->name << std::string(10 - known->name.size(), ' ') << known->summary
            << '\n';
    }
    out << overview_end;
}

void print_help(std::ostream& out, const command& wanted) {
    out << "usage: autobusctl " << wanted.name << " [OPTION...] " << wanted.arguments << "\n\n"
        << wanted.help << "\nGeneral options (--bus, --json): see autobusctl --help.\n";
}

const command* find_command(std::string_view name) {
    const auto all = commands();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const command* known) { return known->name == name; });
    return found == all.end() ? nullptr : *found;
}

bool is_help(const std::string& word) {
    return word == "--help" || word == "-h" || word == "help";
}

// Where the command's name stands: behind general options. arguments.size() if there is none.
std::size_t command_position(const std::vector<std::string>& arguments) {
    std::size_t at = 0;
    while (at < arguments.size() && arguments[at].starts_with('-') && !is_help(arguments[at])) {
        at += arguments[at] == "--bus" || arguments[at] == "-b" ? 2 : 1;
    }
    return std::min(at, arguments.size());
}

} // namespace

std::span<const command* const> commands() {
    static constexpr std::array<const command*, 7> all = {
        &send_command, &listen_command, &request_command, &reply_command,
        &list_command, &who_command,    &info_command,
    };
    return all;
}

int run(context& world, const std::vector<std::string>& arguments) {
    const std::size_t at = command_position(arguments);
    if (at == arguments.size()) {
        print_overview(world.err);
        return exit_usage;
    }
    if (is_help(arguments[at])) {
        const command* wanted =
            at + 1 < arguments.size() ? find_command(arguments[at + 1]) : nullptr;
        wanted == nullptr ? print_overview(world.out) : print_help(world.out, *wanted);
        return exit_done;
    }
    const command* wanted = find_command(arguments[at]);
    if (wanted == nullptr) {
        return misuse(world, "", "there is no command \"" + arguments[at] + '"');
    }
    auto rest = arguments;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(at));
    const auto given = parse_options(rest, wanted->takes, std::getenv("AUTOBUS_BUS"));
    if (!given) {
        return misuse(world, wanted->name, given.error().reason());
    }
    if (given->help) {
        print_help(world.out, *wanted);
        return exit_done;
    }
    return wanted->run(world, *given);
}

int fail(context& world, const error& why) {
    world.out.flush();
    world.err << "autobusctl: " << why.message() << std::endl;
    switch (why.code()) {
    case EADDRNOTAVAIL:
        return exit_nobody;
    case ETIMEDOUT:
        return exit_timeout;
    default:
        return exit_failed;
    }
}

int misuse(context& world, std::string_view command, const std::string& why) {
    const std::string space = command.empty() ? "" : " ";
    world.err << "autobusctl" << space << command << ": " << why << "\ntry: autobusctl" << space
              << command << " --help" << std::endl;
    return exit_usage;
}

result<std::string> data_of(context& world, const std::string& argument) {
    if (argument != "-") {
        return argument;
    }
    std::string data{std::istreambuf_iterator<char>(world.in), std::istreambuf_iterator<char>()};
    if (world.in.bad()) {
        return error(EIO, "read standard input");
    }
    return data;
}

result<wake> wait_for_message(device& bus, int stop_fd) {
    const auto readable = bus.fd();
    if (!readable) {
        return readable.error();
    }
    for (;;) {
        std::array<pollfd, 2> fds{{{*readable, POLLIN, 0}, {stop_fd, POLLIN, 0}}};
        if (::poll(fds.data(), fds.size(), -1) < 0) {
            if (errno == EINTR) {
                continue;
            }
            return error(errno, "wait for a message");
        }
        if (fds[1].revents != 0) {
            return wake::stop;
        }
        if (fds[0].revents != 0) {
            return wake::message;
        }
    }
}

} // namespace autobus::ctl
