// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "tests/userspace/support.hpp"
#include "userspace/autobusctl/command.hpp"

#include <json/json.h>

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>

using namespace autobus;
using autobus::test::bus_fixture;
using autobus::test::patience;

namespace {

// Runs autobusctl on a bus in this process.
struct ctl_fixture : bus_fixture {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    int stop_event = ::eventfd(0, EFD_CLOEXEC);

    ~ctl_fixture() { ::close(stop_event); }

    int run(const std::vector<std::string>& arguments) {
        ctl::context world{
            in, out, err,
            [this](const std::string&, const open_options& options) { return bus->open(options); },
            [this] { return stop_event; }};
        return ctl::run(world, arguments);
    }

    void stop() { ::eventfd_write(stop_event, 1); }

    bool said(const std::string& words) const { return err.str().find(words) != std::string::npos; }
    bool printed(const std::string& words) const {
        return out.str().find(words) != std::string::npos;
    }

    std::vector<Json::Value> objects() const {
        std::vector<Json::Value> found;
        std::istringstream lines(out.str());
        for (std::string line; std::getline(lines, line);) {
            Json::Value object;
            BOOST_REQUIRE(Json::Reader().parse(line, object));
            found.push_back(object);
        }
        return found;
    }
};

// autobusctl in a thread, begun and bound when the constructor is through. Its patterns must have a
// literal word: only then their notices are below $.Autobus.Bound.
class background {
public:
    background(ctl_fixture& fixture, std::vector<std::string> arguments, std::size_t bindings = 1) {
        device watcher = fixture.listener("$.Autobus.Bound.*");
        thread_ = std::thread([&fixture, arguments, this] { code_ = fixture.run(arguments); });
        for (std::size_t bound = 0; bound < bindings; ++bound) {
            watcher.receive(patience).value();
        }
    }
    background(const background&) = delete;
    background& operator=(const background&) = delete;
    ~background() { wait(); }

    int wait() {
        if (thread_.joinable()) {
            thread_.join();
        }
        return code_;
    }

private:
    int code_ = -1;
    std::thread thread_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(autobusctl, ctl_fixture)

BOOST_AUTO_TEST_CASE(without_a_command_it_shows_how_it_is_used) {
    BOOST_TEST(run({}) == ctl::exit_usage);
    BOOST_TEST(said("usage: autobusctl COMMAND"));
}

BOOST_AUTO_TEST_CASE(help_is_given_for_all_and_for_each_command) {
    BOOST_TEST(run({"--help"}) == ctl::exit_done);
    const std::string overview = out.str();
    for (const ctl::command* known : ctl::commands()) {
        BOOST_TEST(overview.find("\n  " + std::string(known->name) + ' ') != std::string::npos);
        out.str("");
        BOOST_TEST(run({std::string(known->name), "--help"}) == ctl::exit_done);
        BOOST_TEST(printed("usage: autobusctl " + std::string(known->name)));
        BOOST_TEST(printed("\n  autobusctl"), known->name << " has no example");
        const std::string by_option = out.str();
        out.str("");
        BOOST_TEST(run({"help", std::string(known->name)}) == ctl::exit_done);
        BOOST_TEST(out.str() == by_option);
        out.str("");
    }
}

BOOST_AUTO_TEST_CASE(an_unknown_command_or_option_is_named) {
    BOOST_TEST(run({"sing"}) == ctl::exit_usage);
    BOOST_TEST(said("there is no command \"sing\""));
    BOOST_TEST(run({"info", "--loud"}) == ctl::exit_usage);
    BOOST_TEST(said("unknown option --loud"));
    BOOST_TEST(said("try: autobusctl info --help"));
}

BOOST_AUTO_TEST_CASE(general_options_may_stand_before_the_command) {
    BOOST_TEST(run({"--bus", "3", "--json", "info"}) == ctl::exit_done);
    BOOST_TEST(objects().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_bus_that_cannot_be_opened_is_an_error_with_advice) {
    ctl::context world{in, out, err,
                       [](const std::string& name, const open_options& options) {
                           return device::open(name, options);
                       },
                       [] { return -1; }};
    BOOST_TEST(ctl::run(world, {"--bus", "4294967", "info"}) == ctl::exit_failed);
    BOOST_TEST(said("modprobe autobus"));
}

BOOST_AUTO_TEST_CASE(commands_say_what_arguments_they_miss) {
    for (const std::vector<std::string>& wrong :
         std::vector<std::vector<std::string>>{{"send"},
                                               {"listen"},
                                               {"request"},
                                               {"reply"},
                                               {"reply", "$.A"},
                                               {"who"},
                                               {"send", "$.A", "b", "c"},
                                               {"request", "$.A", "b", "c"},
                                               {"who", "$.A", "$.B"},
                                               {"info", "x"},
                                               {"list", "x"},
                                               {"list", "endpoints", "x"},
                                               {"reply", "$.A", "data", "--exec", "ls"}}) {
        BOOST_TEST(run(wrong) == ctl::exit_usage, wrong[0]);
    }
    BOOST_TEST(bus->open()->info()->endpoint == 1, "one of them opened the bus");
}

BOOST_AUTO_TEST_CASE(bad_names_are_refused_before_the_bus_is_opened) {
    for (const char* command : {"send", "listen", "request", "who"}) {
        BOOST_TEST(run({command, "Kitchen"}) == ctl::exit_usage);
    }
    BOOST_TEST(run({"reply", "$.a*", "x"}) == ctl::exit_usage);
    BOOST_TEST(run({"send", "$.*"}) == ctl::exit_usage);
    BOOST_TEST(said("must be a plain name"));
    BOOST_TEST(bus->open()->info()->endpoint == 1);
}

BOOST_AUTO_TEST_CASE(send_announces_its_data) {
    device ear = listener("$.Kitchen.Lamp");
    BOOST_TEST(run({"send", "$.Kitchen.Lamp", "on"}) == ctl::exit_done);
    BOOST_TEST(ear.receive(no_wait)->data() == "on");
    BOOST_TEST(run({"send", "$.Kitchen.Lamp"}) == ctl::exit_done);
    BOOST_TEST(ear.receive(no_wait)->data() == "");
    in.str("all\nof it\n");
    BOOST_TEST(run({"send", "$.Kitchen.Lamp", "-"}) == ctl::exit_done);
    BOOST_TEST(ear.receive(no_wait)->data() == "all\nof it\n");
    BOOST_TEST(out.str().empty());
}

BOOST_AUTO_TEST_CASE(send_prints_the_serial_in_json) {
    device ear = listener("$.A");
    BOOST_TEST(run({"send", "--json", "$.A"}) == ctl::exit_done);
    BOOST_TEST(objects().at(0)["serial"].asString() ==
               std::to_string(ear.receive(no_wait)->serial()));
}

BOOST_AUTO_TEST_CASE(send_to_an_endpoint_is_a_direct_message) {
    device target = open();
    const std::string number = std::to_string(target.info()->endpoint);
    BOOST_TEST(run({"send", "--to", number, "$.A", "psst"}) == ctl::exit_done);
    BOOST_TEST((target.receive(no_wait)->type() == message_type::direct));
    BOOST_TEST(run({"send", "--to", "999", "$.A", "psst"}) == ctl::exit_failed);
    BOOST_TEST(said("not open"));
}

BOOST_AUTO_TEST_CASE(send_can_fail_or_wait_when_a_listener_is_full) {
    device ear = listener("$.A");
    ear.set_limits({.records = 1}).value();
    open().announce("$.A", "").value();
    BOOST_TEST(run({"send", "$.A"}) == ctl::exit_done);
    BOOST_TEST(run({"send", "--fail", "$.A"}) == ctl::exit_failed);
    BOOST_TEST(said("EBUSY"));
    BOOST_TEST(run({"send", "--wait", "--timeout", "0.001", "$.A"}) == ctl::exit_timeout);
}

BOOST_AUTO_TEST_CASE(listen_prints_what_matches_and_ends_after_its_count) {
    background listening(*this, {"listen", "--count", "2", "$.A.*", "$.B"}, 2);
    device mouth = open();
    mouth.announce("$.A.x", "one").value();
    mouth.announce("$.C", "not heard").value();
    mouth.announce("$.B", "two").value();
    BOOST_TEST(listening.wait() == ctl::exit_done);
    BOOST_TEST(printed("$.A.x from "));
    BOOST_TEST(printed(": one\n"));
    BOOST_TEST(printed(": two\n"));
    BOOST_TEST(!printed("not heard"));
}

BOOST_AUTO_TEST_CASE(listen_prints_one_object_per_line_in_json) {
    background listening(*this, {"listen", "-j", "-n", "2", "$.A"});
    device mouth = open();
    mouth.announce("$.A", "text").value();
    mouth.announce("$.A", "\xff").value();
    BOOST_TEST(listening.wait() == ctl::exit_done);
    const auto found = objects();
    BOOST_REQUIRE(found.size() == 2u);
    BOOST_TEST(found[0]["data"].asString() == "text");
    BOOST_TEST(found[1]["data64"].asString() == "/w==");
}

BOOST_AUTO_TEST_CASE(listen_raw_prints_the_bytes_and_nothing_else) {
    background listening(*this, {"listen", "--raw", "-n", "2", "$.A"});
    device mouth = open();
    mouth.announce("$.A", std::string_view("\0\n", 2)).value();
    mouth.announce("$.A", "x").value();
    listening.wait();
    BOOST_TEST(out.str() == std::string("\0\nx", 3));
}

BOOST_AUTO_TEST_CASE(listen_with_values_begins_with_what_there_is) {
    device asked = replier("$.A");
    background listening(*this, {"listen", "--values", "-n", "1", "$.Autobus.Bound.A"}, 0);
    BOOST_TEST(listening.wait() == ctl::exit_done);
    BOOST_TEST(printed("replies to $.A (current)"));
}

BOOST_AUTO_TEST_CASE(listen_ends_in_order_when_it_is_told_to_stop) {
    background listening(*this, {"listen", "$.A"});
    stop();
    BOOST_TEST(listening.wait() == ctl::exit_done);
    BOOST_TEST(err.str().empty());
    BOOST_TEST(open().list_bindings()->items.empty());
}

BOOST_AUTO_TEST_CASE(request_prints_the_reply_with_a_newline_if_it_has_none) {
    device asked = replier("$.A");
    std::thread answers([&] {
        asked.reply(*asked.receive(patience), "yes").value();
        asked.reply(*asked.receive(patience), "yes\n").value();
        asked.reply(*asked.receive(patience), "raw").value();
        asked.reply(*asked.receive(patience), "\xff").value();
    });
    BOOST_TEST(run({"request", "$.A"}) == ctl::exit_done);
    BOOST_TEST(run({"request", "$.A"}) == ctl::exit_done);
    BOOST_TEST(run({"request", "--raw", "$.A"}) == ctl::exit_done);
    BOOST_TEST(run({"request", "$.A"}) == ctl::exit_done);
    answers.join();
    BOOST_TEST(out.str() == "yes\nyes\nraw\xff");
}

BOOST_AUTO_TEST_CASE(request_sends_its_data_or_standard_input) {
    device asked = replier("$.A");
    std::thread answers([&] {
        for (int i = 0; i < 2; ++i) {
            const message request = asked.receive(patience).value();
            asked.reply(request, request.data()).value();
        }
    });
    in.str("from stdin");
    BOOST_TEST(run({"request", "$.A", "word"}) == ctl::exit_done);
    BOOST_TEST(run({"request", "$.A", "-"}) == ctl::exit_done);
    answers.join();
    BOOST_TEST(out.str() == "word\nfrom stdin\n");
}

BOOST_AUTO_TEST_CASE(request_says_when_nobody_replies) {
    BOOST_TEST(run({"request", "$.A"}) == ctl::exit_nobody);
    BOOST_TEST(said("request $.A: nobody replies to this name"));
    BOOST_TEST(out.str().empty());
}

BOOST_AUTO_TEST_CASE(request_explains_a_status_and_has_an_exit_code_for_it) {
    std::optional<device> asked = replier("$.A");
    std::thread dies([&] {
        asked->receive(patience).value();
        asked.reset();
    });
    BOOST_TEST(run({"request", "$.A"}) == ctl::exit_status);
    dies.join();
    BOOST_TEST(said("the replier read the request and ended without an answer"));
    BOOST_TEST(said("$.Autobus.Replier.Ignored"));
    BOOST_TEST(out.str().empty());
}

BOOST_AUTO_TEST_CASE(request_gives_a_status_in_json_too) {
    std::optional<device> asked = replier("$.A");
    std::thread dies([&] {
        asked->receive(patience).value();
        asked.reset();
    });
    BOOST_TEST(run({"request", "--json", "$.A"}) == ctl::exit_status);
    dies.join();
    BOOST_TEST(objects().at(0)["type"].asString() == "status");
}

BOOST_AUTO_TEST_CASE(request_gives_up_at_its_timeout) {
    device asked = replier("$.A");
    BOOST_TEST(run({"request", "--timeout", "0.001", "$.A"}) == ctl::exit_timeout);
    BOOST_TEST(said("no answer came in time"));
    BOOST_TEST(asked.receive(no_wait).error().code() == EAGAIN, "it was not withdrawn");
}

BOOST_AUTO_TEST_CASE(request_to_an_endpoint_fails_if_another_is_the_replier) {
    device asked = replier("$.A");
    device other = open();
    const std::string number = std::to_string(other.info()->endpoint);
    BOOST_TEST(run({"request", "--to", number, "$.A"}) == ctl::exit_failed);
    BOOST_TEST(said("EPIPE"));
}

BOOST_AUTO_TEST_CASE(reply_answers_each_request_with_its_text_and_shows_it) {
    background replying(*this, {"reply", "-n", "2", "$.A.%", "pong"});
    device asker = open();
    BOOST_TEST(asker.call("$.A.x", "ping", patience)->data() == "pong");
    BOOST_TEST(asker.call("$.A.y", "ping", patience)->data() == "pong");
    BOOST_TEST(replying.wait() == ctl::exit_done);
    BOOST_TEST(printed("$.A.x from "));
    BOOST_TEST(printed(": ping\n"));
}

BOOST_AUTO_TEST_CASE(reply_runs_a_command_with_the_request_as_its_input) {
    const char* script = "tr a-z A-Z; echo \" $AUTOBUS_NAME $AUTOBUS_UID $AUTOBUS_FROM\"";
    background replying(*this, {"reply", "-n", "1", "$.Host.%", "--exec", "sh", "-c", script});
    device asker = open_as({11, 22, 33});
    const std::string number = std::to_string(asker.info()->endpoint);
    BOOST_TEST(asker.call("$.Host.A", "loud", patience)->data() ==
               "LOUD $.Host.A 22 " + number + "\n");
    BOOST_TEST(replying.wait() == ctl::exit_done);
}

BOOST_AUTO_TEST_CASE(reply_answers_even_if_its_command_fails) {
    background replying(*this,
                        {"reply", "-n", "1", "$.A", "--exec", "sh", "-c", "printf half; exit 3"});
    BOOST_TEST(open().call("$.A", "", patience)->data() ==
               "half\nautobusctl: sh failed: exit status 3\n");
    BOOST_TEST(replying.wait() == ctl::exit_done);
    BOOST_TEST(said("sh failed: exit status 3"));
}

BOOST_AUTO_TEST_CASE(reply_answers_even_if_its_command_is_not_there) {
    background replying(*this, {"reply", "-n", "1", "$.A", "--exec", "no-such-command-here"});
    BOOST_TEST(open().call("$.A", "", patience)->data().find("no-such-command-here") !=
               std::string::npos);
    replying.wait();
}

BOOST_AUTO_TEST_CASE(reply_answers_even_if_its_answer_is_too_large) {
    background replying(
        *this, {"reply", "-n", "1", "$.A", "--exec", "head", "-c", "3000000", "/dev/zero"});
    BOOST_TEST(open().call("$.A", "", patience)->data().find("too large") != std::string::npos);
    replying.wait();
}

BOOST_AUTO_TEST_CASE(reply_goes_on_when_who_asked_has_gone) {
    // The command ends when its standard input names a file that is there.
    const std::string gone = "/tmp/autobus-test-" + std::to_string(::getpid());
    const char* script = "f=$(cat); until test -e \"$f\"; do sleep 0.01; done; echo answered";
    background replying(*this, {"reply", "-n", "2", "$.A", "--exec", "sh", "-c", script});
    {
        device impatient = open();
        impatient.request("$.A", gone).value();
        while (!impatient.list_requests()->items.at(0).handed) {
            std::this_thread::yield();
        }
    }
    std::ofstream(gone).put('x');
    BOOST_TEST(open().call("$.A", gone, patience)->data() == "answered\n");
    BOOST_TEST(replying.wait() == ctl::exit_done);
    BOOST_TEST(said("ECONNREFUSED"));
    ::unlink(gone.c_str());
}

BOOST_AUTO_TEST_CASE(reply_says_when_somebody_else_replies_already) {
    device asked = replier("$.A");
    BOOST_TEST(run({"reply", "$.A", "x"}) == ctl::exit_failed);
    BOOST_TEST(said("EADDRINUSE"));
    BOOST_TEST(said("autobusctl list bindings"));
}

BOOST_AUTO_TEST_CASE(reply_ends_in_order_when_it_is_told_to_stop) {
    background replying(*this, {"reply", "$.A", "x"});
    stop();
    BOOST_TEST(replying.wait() == ctl::exit_done);
    BOOST_TEST(!open().who("$.A").value());
}

BOOST_AUTO_TEST_CASE(reply_that_is_stopped_ends_its_command_and_still_answers) {
    background replying(*this, {"reply", "$.A", "--exec", "sleep", "1000"});
    device asker = open();
    asker.request("$.A", "").value();
    while (!asker.list_requests()->items.at(0).handed) {
        std::this_thread::yield();
    }
    stop();
    BOOST_TEST(asker.receive(patience)->data() ==
               "autobusctl: sleep failed: killed by signal 15\n");
    BOOST_TEST(replying.wait() == ctl::exit_done);
}

BOOST_AUTO_TEST_CASE(list_shows_all_or_one_kind) {
    device asked = open_as({77, 5, 6});
    asked.bind("$.A", role::replier).value();
    device ear = listener("$.News.*");
    device asker = open();
    asker.request("$.A", "").value();
    BOOST_TEST(run({"list"}) == ctl::exit_done);
    for (const char* words : {"endpoints:", "bindings:", "requests:", "$.A", "replier", "listener",
                              "$.News.*", "not yet read", "77"}) {
        BOOST_TEST(printed(words), words);
    }
    out.str("");
    BOOST_TEST(run({"list", "bindings"}) == ctl::exit_done);
    BOOST_TEST(printed("$.News.*"));
    BOOST_TEST(!printed("ENDPOINT  PROCESS  UID"));
}

BOOST_AUTO_TEST_CASE(list_in_json_is_one_object_per_item) {
    device asked = open_as({77, 5, 6});
    asked.bind("$.A", role::replier).value();
    BOOST_TEST(run({"list", "--json"}) == ctl::exit_done);
    const auto found = objects();
    BOOST_REQUIRE(found.size() == 3u); // asked, autobusctl itself, the binding
    BOOST_TEST(found[0]["kind"].asString() == "endpoint");
    BOOST_TEST(found[0]["pid"].asUInt() == 77u);
    BOOST_TEST(found[2]["kind"].asString() == "binding");
    BOOST_TEST(found[2]["pattern"].asString() == "$.A");
    BOOST_TEST(found[2]["role"].asString() == "replier");
}

BOOST_AUTO_TEST_CASE(an_empty_list_says_that_it_is_empty) {
    BOOST_TEST(run({"list", "requests"}) == ctl::exit_done);
    BOOST_TEST(out.str() == "no requests\n");
}

BOOST_AUTO_TEST_CASE(who_resolves_wildcards) {
    device asked = open_as({77, 5, 6});
    asked.bind("$.A.%", role::replier).value();
    const std::string number = std::to_string(asked.info()->endpoint);
    BOOST_TEST(run({"who", "$.A.b"}) == ctl::exit_done);
    BOOST_TEST(printed("endpoint " + number + " (pid 77"));
    BOOST_TEST(printed("which replies to $.A.%"));
    out.str("");
    BOOST_TEST(run({"who", "--json", "$.A.b"}) == ctl::exit_done);
    BOOST_TEST(objects().at(0)["endpoint"].asString() == number);
    BOOST_TEST(objects().at(0)["pid"].asUInt() == 77u);
}

BOOST_AUTO_TEST_CASE(who_says_that_nobody_would_get_it) {
    BOOST_TEST(run({"who", "$.A"}) == ctl::exit_nobody);
    BOOST_TEST(said("nobody replies to $.A"));
}

BOOST_AUTO_TEST_CASE(info_tells_about_the_bus) {
    const bus_info expected = open().info().value();
    BOOST_TEST(run({"info"}) == ctl::exit_done);
    BOOST_TEST(printed(bus_id_to_string(expected.bus)));
    BOOST_TEST(printed("none: this bus stands alone"));
    out.str("");
    BOOST_TEST(run({"info", "--json"}) == ctl::exit_done);
    BOOST_TEST(objects().at(0)["bus"].asString() == bus_id_to_string(expected.bus));
    BOOST_TEST(objects().at(0)["limits"]["records"].asString() == "128");
}

BOOST_AUTO_TEST_SUITE_END()
