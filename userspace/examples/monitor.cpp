// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// A small real program: publishes what /proc says of this machine's load and memory, and answers
// when it's asked how long the machine has been up. One thread, one poll() loop.

#include "autobus/device.hpp"

#include <json/json.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <deque>
#include <fstream>
#include <getopt.h>
#include <iostream>
#include <poll.h>
#include <string>
#include <sys/signalfd.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

constexpr const char* help = R"(usage: monitor [OPTION...]

Announces this machine's load and memory, and answers how long it has been up:
  $.Monitor.Load      announced: {"host", "load1", "load5", "load15", "processes"}
  $.Monitor.Memory    announced: {"host", "total_kb", "free_kb", "available_kb"}
  $.Monitor.Uptime    request: {"host", "seconds", "idle_seconds"}
  $.Monitor.Slow      request: the same, but only after a while: kill monitor meanwhile, and see
                      what the one who asked is told

  --bus N|PATH        which bus (default: $AUTOBUS_BUS or /dev/autobus0)
  --interval SECONDS  between announcements (default: 1)
  --slow SECONDS      until a request of $.Monitor.Slow is answered (default: 30)
  --count N           end after N announcements of each (default: never)
)";

struct settings {
    std::string bus = "/dev/autobus0";
    seconds interval = 1s;
    seconds slow = 30s;
    unsigned long count = 0;
};

// A request that is answered later.
struct debt {
    std::uint64_t request;
    clock_type::time_point due;
};

std::string line_of(const Json::Value& object) {
    Json::StreamWriterBuilder builder;
    builder["indentation"] = "";
    builder["precision"] = 12;
    return Json::writeString(builder, object);
}

Json::Value about_host() {
    std::array<char, 256> name{};
    gethostname(name.data(), name.size() - 1);
    Json::Value object;
    object["host"] = name.data();
    return object;
}

std::string load() {
    std::ifstream file("/proc/loadavg");
    double load1 = 0, load5 = 0, load15 = 0;
    std::string processes; // running/all
    file >> load1 >> load5 >> load15 >> processes;
    Json::Value object = about_host();
    object["load1"] = load1;
    object["load5"] = load5;
    object["load15"] = load15;
    object["processes"] = std::atoi(processes.substr(processes.find('/') + 1).c_str());
    return line_of(object);
}

std::string memory() {
    std::ifstream file("/proc/meminfo");
    Json::Value object = about_host();
    std::string key, unit;
    Json::UInt64 amount = 0;
    while (file >> key >> amount) {
        std::getline(file, unit);
        if (key == "MemTotal:") {
            object["total_kb"] = amount;
        } else if (key == "MemFree:") {
            object["free_kb"] = amount;
        } else if (key == "MemAvailable:") {
            object["available_kb"] = amount;
        }
    }
    return line_of(object);
}

std::string uptime() {
    std::ifstream file("/proc/uptime");
    double up = 0, idle = 0;
    file >> up >> idle;
    Json::Value object = about_host();
    object["seconds"] = up;
    object["idle_seconds"] = idle;
    return line_of(object);
}

class monitor {
public:
    monitor(autobus::device& bus, const settings& how) : bus_(bus), how_(how) {}

    autobus::result<void> bind() {
        for (autobus::pattern_view pattern : {uptime_name, slow_name}) {
            if (const auto bound = bus_.bind(pattern, autobus::role::replier); !bound) {
                return bound.error();
            }
            std::cout << "answering " << pattern.str() << std::endl;
        }
        return {};
    }

    // Until a signal comes or the bus fails.
    autobus::result<void> run(int stop_fd) {
        const auto readable = bus_.fd();
        if (!readable) {
            return readable.error();
        }
        while (how_.count == 0 || announced_ < how_.count) {
            if (auto done = do_what_is_due(); !done) {
                return done;
            }
            std::array<pollfd, 2> fds{{{*readable, POLLIN, 0}, {stop_fd, POLLIN, 0}}};
            if (poll(fds.data(), fds.size(), milliseconds_to_next()) < 0 && errno != EINTR) {
                return autobus::error(errno, "wait");
            }
            if (fds[1].revents != 0) {
                break;
            }
        }
        return {};
    }

private:
    static constexpr autobus::name_view uptime_name{"$.Monitor.Uptime"};
    static constexpr autobus::name_view slow_name{"$.Monitor.Slow"};

    autobus::result<void> do_what_is_due() {
        if (clock_type::now() >= next_) {
            next_ =
                clock_type::now() + std::chrono::duration_cast<clock_type::duration>(how_.interval);
            ++announced_;
            if (auto done = announce("$.Monitor.Load", load()); !done) {
                return done;
            }
            if (auto done = announce("$.Monitor.Memory", memory()); !done) {
                return done;
            }
        }
        while (!debts_.empty() && clock_type::now() >= debts_.front().due) {
            answer(debts_.front().request);
            debts_.pop_front();
        }
        return read_requests();
    }

    autobus::result<void> announce(autobus::name_view name, const std::string& data) {
        const auto sent = bus_.announce(name, data);
        if (!sent) {
            return sent.error();
        }
        std::cout << "announced " << name.str() << ' ' << data << std::endl;
        return {};
    }

    autobus::result<void> read_requests() {
        for (;;) {
            const auto request = bus_.receive(autobus::no_wait);
            if (!request && request.error().code() == EAGAIN) {
                return {};
            }
            if (!request) {
                return request.error();
            }
            if (!request->is_owed()) {
                continue;
            }
            std::cout << "asked     " << request->name().str() << " (request " << request->serial()
                      << ')' << std::endl;
            if (request->name() == slow_name) {
                const auto delay = std::chrono::duration_cast<clock_type::duration>(how_.slow);
                debts_.push_back({request->serial(), clock_type::now() + delay});
            } else {
                answer(request->serial());
            }
        }
    }

    void answer(std::uint64_t request) {
        const std::string data = uptime();
        if (const auto sent = bus_.reply(request, data); !sent) {
            // Most likely the one who asked has gone: no reason to stop.
            std::cerr << "monitor: " << sent.error().message() << std::endl;
            return;
        }
        std::cout << "answered  request " << request << ' ' << data << std::endl;
    }

    int milliseconds_to_next() const {
        auto next = next_;
        if (!debts_.empty()) {
            next = std::min(next, debts_.front().due);
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - clock_type::now());
        return static_cast<int>(std::max<long>(0, left.count()));
    }

    autobus::device& bus_;
    const settings& how_;
    clock_type::time_point next_ = clock_type::now();
    std::deque<debt> debts_; // all wait equally long: the first is due first
    unsigned long announced_ = 0;
};

int stop_signals() {
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, nullptr);
    return signalfd(-1, &stop, SFD_CLOEXEC);
}

// False if it's no number between 0 and a day.
bool take_seconds(const char* text, seconds& value) {
    double number = 0;
    const std::string_view all(text);
    const auto [end, failed] = std::from_chars(all.data(), all.data() + all.size(), number);
    value = seconds(number);
    return failed == std::errc() && end == all.data() + all.size() && number >= 0 &&
           number <= 86400;
}

// -1: run; otherwise what to exit with.
int take_options(int argc, char** argv, settings& how) {
    constexpr option known[] = {
        {"bus", required_argument, nullptr, 'b'},  {"interval", required_argument, nullptr, 'i'},
        {"slow", required_argument, nullptr, 's'}, {"count", required_argument, nullptr, 'n'},
        {"help", no_argument, nullptr, 'h'},       {nullptr, 0, nullptr, 0},
    };
    if (const char* bus = getenv("AUTOBUS_BUS"); bus != nullptr && *bus != '\0') {
        how.bus = bus;
    }
    bool good = true;
    for (int key; (key = getopt_long(argc, argv, "b:i:s:n:h", known, nullptr)) != -1;) {
        switch (key) {
        case 'b':
            how.bus = optarg;
            break;
        case 'i':
            good = good && take_seconds(optarg, how.interval) && how.interval.count() > 0;
            break;
        case 's':
            good = good && take_seconds(optarg, how.slow);
            break;
        case 'n':
            how.count = std::strtoul(optarg, nullptr, 10);
            good = good && how.count > 0;
            break;
        case 'h':
            std::cout << help;
            return 0;
        default:
            good = false;
        }
    }
    if (!good || optind != argc) {
        std::cerr << help;
        return 2;
    }
    return -1;
}

} // namespace

int main(int argc, char** argv) {
    settings how;
    if (const int code = take_options(argc, argv, how); code >= 0) {
        return code;
    }
    const int stop_fd = stop_signals();
    auto bus = autobus::device::open(how.bus);
    if (!bus) {
        std::cerr << "monitor: " << bus.error().message() << std::endl;
        return 1;
    }
    monitor running(*bus, how);
    auto done = running.bind();
    if (done) {
        done = running.run(stop_fd);
    }
    if (!done) {
        std::cerr << "monitor: " << done.error().message() << std::endl;
        return 1;
    }
    return 0;
}
