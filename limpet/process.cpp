// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/process.hpp"

#include "limpet/daemon.hpp"
#include "limpet/fd.hpp"

#include <systemd/sd-daemon.h>

#include <sys/signalfd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

namespace limpet {

namespace {

owned_fd take_signals() {
    sigset_t wanted;
    ::sigemptyset(&wanted);
    ::sigaddset(&wanted, SIGTERM);
    ::sigaddset(&wanted, SIGINT);
    ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
    ::signal(SIGPIPE, SIG_IGN); // whoever reads our log may go
    owned_fd fd{::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC)};
    if (!fd) {
        throw std::system_error{errno, std::generic_category(), "signalfd"};
    }
    return fd;
}

std::string next_signal(const owned_fd& signals) {
    signalfd_siginfo info{};
    if (::read(signals.get(), &info, sizeof(info)) != sizeof(info)) {
        return "";
    }
    return ::sigabbrev_np(static_cast<int>(info.ssi_signo));
}

} // namespace

int run_process(const options& options, log& log) {
    autobus::open_options how;
    how.nonblocking = true;
    auto device = autobus::device::open(options.bus, how);
    if (!device) {
        log.say(device.error().message());
        return EXIT_FAILURE;
    }
    const owned_fd signals = take_signals();
    epoll_loop loop;
    int status = EXIT_FAILURE;
    bool asked = false;
    daemon limpet{loop, log, options, std::move(*device), [&](const std::string& reason) {
                      if (asked) {
                          status = EXIT_SUCCESS;
                      } else {
                          log.say(reason);
                      }
                      loop.stop();
                  }};
    const auto watch = loop.add_watch(signals.get(), [&](bool, bool) {
        const std::string name = next_signal(signals);
        if (!name.empty()) {
            asked = true;
            ::sd_notify(0, "STOPPING=1");
            limpet.stop("SIG" + name);
        }
    });
    watch->want(true, false);
    if (const auto started = limpet.start(); !started) {
        log.say(started.error().message());
        return EXIT_FAILURE;
    }
    ::sd_notify(0, "READY=1");
    loop.run();
    return status;
}

} // namespace limpet
