// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// autobusctl's commands: what each is given, and the table of them. One source file per command.

#include "autobus/device.hpp"
#include "autobus/result.hpp"
#include "userspace/autobusctl/options.hpp"

#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace autobus::ctl {

// What autobusctl exits with. `autobusctl --help` lists them too.
enum exit_code {
    exit_done = 0,
    exit_failed = 1,  // standard error says why
    exit_usage = 2,   // the command line is wrong
    exit_nobody = 3,  // nobody replies to the name
    exit_status = 4,  // the request ended without a reply; standard error says how
    exit_timeout = 5, // nothing came in time
};

// The world as a command sees it; owned by main() or a test.
struct context {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    // Opens the bus that the options name.
    std::function<result<device>(const std::string& bus, const open_options&)> open;
    // Gives a descriptor that is readable when listen and reply are to end, -1 if they run until
    // they are killed. Asked once, by commands that look at it.
    std::function<int()> stop_fd;
};

struct command {
    std::string_view name;
    std::string_view arguments; // for the usage line
    std::string_view summary;   // one line
    std::string_view takes;     // the keys of the options that it takes, besides the general ones
    std::string_view help;      // what it does, its options, examples
    int (*run)(context& world, const options& given);
};

extern const command send_command;
extern const command listen_command;
extern const command request_command;
extern const command reply_command;
extern const command list_command;
extern const command who_command;
extern const command info_command;

std::span<const command* const> commands();

// All of autobusctl but main(): finds the command, reads the options, runs it. arguments: without
// the program's name. Gives the exit code.
int run(context& world, const std::vector<std::string>& arguments);

// ---- What commands share

// Prints the error, and gives the exit code for it.
int fail(context& world, const error& why);

// Prints what is wrong with the command line, and where to read on.
int misuse(context& world, std::string_view command, const std::string& why);

// DATA of a command line: the text itself, or standard input for "-".
result<std::string> data_of(context& world, const std::string& argument);

enum class wake { message, stop };

// Waits until the bus has a record, or stop_fd says that it's time to stop.
result<wake> wait_for_message(device& bus, int stop_fd);

} // namespace autobus::ctl
