// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#pragma once

#include "limpet/log.hpp"
#include "limpet/options.hpp"

namespace limpet {

// Runs a limpet until SIGTERM or SIGINT, or until its bus goes. Tells systemd when it's ready and
// when it stops. Returns the process's exit status.
int run_process(const options& options, log& log);

} // namespace limpet
