// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/autobusctl/command.hpp"
#include "userspace/autobusctl/format.hpp"

#include <cerrno>
#include <ostream>

namespace autobus::ctl {
namespace {

constexpr std::string_view help =
    R"(Asks whoever replies to NAME, waits for the answer, and prints its data (with a newline if it is
text without one). There is always an answer: if no reply can come, because the replier was killed or
its host is out of reach, standard error says what happened, and the exit code is 4.

  -t, --timeout S    wait at most S seconds, then give up with exit code 5; the replier may still do
                     what it was asked
  --to ENDPOINT      fail unless this endpoint is the replier now: for conversations that have begun
                     with it
  --private          nobody else may see the request and its answer
  --wait             wait while the replier's queue is full, instead of failing
  --urgent           goes ahead of ordinary messages
  -r, --raw          the data as they are, without an added newline

  autobusctl request '$.Monitor.Uptime'
  autobusctl request --timeout 2 '$.Kitchen.Oven.Set' 200
  autobusctl request '$.Kitchen.Print' - < letter.txt
  autobusctl who '$.Monitor.Uptime'        (who would get it)
)";

draft draft_of(const options& given, name_view name, std::string_view data) {
    draft made;
    made.type = message_type::request;
    made.name = name;
    made.data = data;
    made.urgent = given.urgent;
    made.private_ = given.private_;
    made.when_full = given.when_full;
    made.to = given.to.value_or(address{});
    return made;
}

int print_answer(context& world, const options& given, const message& answer) {
    const bool replied = answer.type() == message_type::reply;
    if (given.json) {
        world.out << to_line(as_json(answer)) << std::endl;
    } else if (replied) {
        const std::string_view data = answer.data();
        const bool add_newline =
            !given.raw && is_utf8(data) && !data.empty() && !data.ends_with('\n');
        world.out << data << (add_newline ? "\n" : "") << std::flush;
    }
    if (replied) {
        return exit_done;
    }
    world.err << "autobusctl: request " << given.words[0] << ": " << explain_status(answer) << " ("
              << answer.name().str() << ")" << std::endl;
    return exit_status;
}

int run(context& world, const options& given) {
    if (given.words.empty() || given.words.size() > 2) {
        return misuse(world, "request",
                      given.words.empty() ? "it needs a NAME"
                                          : "too many arguments; quote DATA that has spaces");
    }
    const auto name = name_view::parse(given.words[0]);
    if (!name) {
        return misuse(world, "request", name.error().message());
    }
    const auto data = data_of(world, given.words.size() == 2 ? given.words[1] : "");
    if (!data) {
        return fail(world, data.error());
    }
    auto bus = world.open(given.bus, {});
    if (!bus) {
        return fail(world, bus.error());
    }
    const auto answer = bus->call(draft_of(given, *name, *data), given.timeout);
    return answer ? print_answer(world, given, *answer) : fail(world, answer.error());
}

} // namespace

constexpr command request_command = {
    "request", "NAME [DATA|-]", "asks the replier of a name, prints its answer", "tapwur", help,
    run};

} // namespace autobus::ctl
