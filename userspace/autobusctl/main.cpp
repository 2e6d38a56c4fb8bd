// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/autobusctl/command.hpp"

#include <csignal>
#include <iostream>
#include <sys/signalfd.h>

namespace {

// Turns SIGINT and SIGTERM into something to poll, so that who asks for it can end in order.
int take_stop_signals() {
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, nullptr);
    return signalfd(-1, &stop, SFD_CLOEXEC);
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + (argc > 0), argv + argc);
    autobus::ctl::context world{std::cin, std::cout, std::cerr,
                                [](const std::string& bus, const autobus::open_options& options) {
                                    return autobus::device::open(bus, options);
                                },
                                take_stop_signals};
    return autobus::ctl::run(world, arguments);
}
