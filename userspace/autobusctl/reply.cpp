// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/autobusctl/command.hpp"
#include "userspace/autobusctl/exec.hpp"
#include "userspace/autobusctl/format.hpp"

#include <cerrno>
#include <ostream>

namespace autobus::ctl {
namespace {

constexpr std::string_view help =
    R"(Becomes the replier of PATTERN, prints each request, and answers it: with DATA, always the same,
or with what COMMAND prints. COMMAND is run once for each request, one after the other, with the
request's data on its standard input, and with these variables:

  AUTOBUS_NAME       the request's name: with a PATTERN, which one was asked
  AUTOBUS_SERIAL     its serial
  AUTOBUS_FROM       the endpoint that asks: NUMBER, or BUSID:NUMBER from another host
  AUTOBUS_PID, AUTOBUS_UID, AUTOBUS_GID
                     who asks, as the kernel attests; absent for another host
  AUTOBUS_CLAIMED_PID, AUTOBUS_CLAIMED_UID, AUTOBUS_CLAIMED_GID
                     who asks on another host, as that host says

If COMMAND fails (can't be started, exits with another status than 0, is killed) the answer is what
it printed, and behind it a line "autobusctl: COMMAND failed: exit status 3"; the bus has no word for
"no", so a program that is to tell them apart should get an answer that says so, in JSON for example.

  -n, --count N      end after N requests

It ends at SIGINT or SIGTERM; a COMMAND that runs then is sent SIGTERM, and still gives its answer.

  autobusctl reply '$.Kitchen.Ping' pong
  autobusctl reply '$.Host.Uptime' --exec uptime -p
  autobusctl reply '$.Host.%' --exec sh -c 'case $AUTOBUS_NAME in *.Date) date;; *) uname -a;; esac'
)";

std::vector<std::string> environment_of(const message_view& request) {
    const auto variable = [](const char* name, std::uint64_t value) {
        return std::string(name) + '=' + std::to_string(value);
    };
    const address from = request.is_remote()
                             ? address{request.origin().bus, request.origin().endpoint}
                             : address{0, request.from()};
    std::vector<std::string> made = {
        "AUTOBUS_NAME=" + std::string(request.name().str()),
        variable("AUTOBUS_SERIAL", request.serial()),
        "AUTOBUS_FROM=" + to_string(from),
    };
    if (!request.is_remote()) {
        made.push_back(variable("AUTOBUS_PID", request.sender().tgid));
        made.push_back(variable("AUTOBUS_UID", request.sender().uid));
        made.push_back(variable("AUTOBUS_GID", request.sender().gid));
    } else if (const auto claimed = request.claimed()) {
        made.push_back(variable("AUTOBUS_CLAIMED_PID", claimed->tgid));
        made.push_back(variable("AUTOBUS_CLAIMED_UID", claimed->uid));
        made.push_back(variable("AUTOBUS_CLAIMED_GID", claimed->gid));
    }
    return made;
}

// What a command's failure adds to its output; also told on standard error.
std::string failure_line(context& world, const std::string& what) {
    const std::string line = "autobusctl: " + what + '\n';
    world.err << line << std::flush;
    return line;
}

std::string answer_to(context& world, const options& given, const message_view& request,
                      int stop_fd) {
    if (given.exec.empty()) {
        return given.words[1];
    }
    auto ran = run_command(given.exec, environment_of(request), request.data(), stop_fd);
    if (!ran) {
        return failure_line(world, ran.error().message());
    }
    std::string answer = std::move(ran->output);
    if (!ran->failure.empty()) {
        if (!answer.empty() && !answer.ends_with('\n')) {
            answer += '\n';
        }
        answer += failure_line(world, given.exec.front() + " failed: " + ran->failure);
    }
    return answer;
}

// A requester that has closed meanwhile is no failure of ours.
result<void> send_answer(context& world, device& bus, const message_view& request,
                         const std::string& answer) {
    auto sent = bus.reply(request, answer);
    if (!sent && sent.error().code() == EMSGSIZE) {
        sent = bus.reply(request,
                         failure_line(world, "the answer of " + std::to_string(answer.size()) +
                                                 " bytes is too large for a message"));
    }
    if (sent) {
        return {};
    }
    if (sent.error().code() == ECONNREFUSED || sent.error().code() == ETIMEDOUT) {
        world.err << "autobusctl: " << sent.error().message() << std::endl;
        return {};
    }
    return sent.error();
}

result<void> answer_requests(context& world, const options& given, device& bus) {
    const int stop_fd = world.stop_fd();
    for (std::uint64_t answered = 0; given.count == 0 || answered < given.count;) {
        const auto woken = wait_for_message(bus, stop_fd);
        if (!woken) {
            return woken.error();
        }
        if (*woken == wake::stop) {
            return {};
        }
        const auto request = bus.receive(no_wait);
        if (!request && request.error().code() != EAGAIN) {
            return request.error();
        }
        if (!request || !request->is_owed()) {
            continue;
        }
        world.out << (given.json ? to_line(as_json(request->view())) : as_text(request->view()))
                  << std::endl;
        const std::string answer = answer_to(world, given, *request, stop_fd);
        if (const auto sent = send_answer(world, bus, *request, answer); !sent) {
            return sent;
        }
        ++answered;
    }
    return {};
}

int run(context& world, const options& given) {
    const std::size_t wanted = given.exec.empty() ? 2 : 1;
    if (given.words.size() != wanted) {
        return misuse(world, "reply", "it needs a PATTERN, and either DATA or --exec COMMAND");
    }
    const auto pattern = pattern_view::parse(given.words[0]);
    if (!pattern) {
        return misuse(world, "reply", pattern.error().message());
    }
    auto bus = world.open(given.bus, {});
    if (!bus) {
        return fail(world, bus.error());
    }
    if (const auto bound = bus->bind(*pattern, role::replier); !bound) {
        return fail(world, bound.error());
    }
    const auto done = answer_requests(world, given, *bus);
    return done ? static_cast<int>(exit_done) : fail(world, done.error());
}

} // namespace

constexpr command reply_command = {"reply",
                                   "PATTERN (DATA | --exec COMMAND [ARGUMENT...])",
                                   "answers requests, with a text or a command's output",
                                   "nx",
                                   help,
                                   run};

} // namespace autobus::ctl
