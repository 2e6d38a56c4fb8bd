// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

// Runs a command with bytes on its standard input, and gathers what it prints.

#include "autobus/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace autobus::ctl {

struct command_result {
    std::string output;  // all that it wrote to standard output
    std::string failure; // empty if it exited with 0; else "exit status 3", "killed by signal 9"
};

// Waits until it ends, and sends it SIGTERM when stop_fd becomes readable (-1: never); stop_fd
// isn't read. Its standard error is ours. argv[0] is looked up in PATH. environment: "NAME= value"
// added to ours. Input and output are files in memory, so neither side can block the other. An
// error if it couldn't be started (ENOENT: no such command), or there is no memory.
result<command_result> run_command(const std::vector<std::string>& argv,
                                   const std::vector<std::string>& environment,
                                   std::string_view input, int stop_fd = -1);

} // namespace autobus::ctl
