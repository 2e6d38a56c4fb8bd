// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/log.hpp"
#include "limpet/options.hpp"
#include "limpet/process.hpp"

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace {

constexpr int exit_usage = 2;

} // namespace

int main(int count, char** arguments) {
    limpet::stderr_log log{false};
    const auto options =
        limpet::parse_options(std::vector<std::string>{arguments + 1, arguments + count});
    if (!options) {
        log.say(options.why());
        return exit_usage;
    }
    if (options->help) {
        std::cout << limpet::help_text();
        return EXIT_SUCCESS;
    }
    if (!options->open) {
        log.say(limpet::closed_text());
        return exit_usage;
    }
    try {
        limpet::stderr_log chosen{options->verbose};
        return limpet::run_process(*options, chosen);
    } catch (const std::exception& error) {
        log.say(std::string{"can't go on: "} + error.what());
        return EXIT_FAILURE;
    }
}
