// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/autobusctl/options.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <getopt.h>

namespace autobus::ctl {
namespace {

constexpr option long_options[] = {
    {"bus", required_argument, nullptr, 'b'},
    {"json", no_argument, nullptr, 'j'},
    {"help", no_argument, nullptr, 'h'},
    {"count", required_argument, nullptr, 'n'},
    {"timeout", required_argument, nullptr, 't'},
    {"to", required_argument, nullptr, 'a'},
    {"values", no_argument, nullptr, 'v'},
    {"raw", no_argument, nullptr, 'r'},
    {"urgent", no_argument, nullptr, 'u'},
    {"wait", no_argument, nullptr, 'w'},
    {"fail", no_argument, nullptr, 'f'},
    {"private", no_argument, nullptr, 'p'},
    {nullptr, 0, nullptr, 0},
};

constexpr const char* short_options = ":b:jhn:t:";
constexpr std::string_view general = "bjh";

error wrong(std::string why) {
    return error(EINVAL, "read the command line", std::move(why));
}

std::string option_name(int key) {
    for (const option& known : long_options) {
        if (known.name != nullptr && known.val == key) {
            return std::string("--") + known.name;
        }
    }
    return std::string("-") + static_cast<char>(key);
}

result<void> take_count(options& given, std::string_view text) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), given.count);
    if (failed != std::errc() || end != text.data() + text.size() || given.count == 0) {
        return wrong("--count takes a number from 1 up, not \"" + std::string(text) + '"');
    }
    return {};
}

result<void> take_timeout(options& given, std::string_view text) {
    const auto parsed = parse_seconds(text);
    if (!parsed) {
        return parsed.error();
    }
    given.timeout = *parsed;
    return {};
}

result<void> take_to(options& given, std::string_view text) {
    const auto parsed = parse_address(text);
    if (!parsed) {
        return wrong(parsed.error().context() + ": " + parsed.error().reason());
    }
    given.to = *parsed;
    return {};
}

result<void> take(options& given, int key, const char* argument) {
    switch (key) {
    case 'b':
        given.bus = argument;
        return {};
    case 'j':
        given.json = true;
        return {};
    case 'h':
        given.help = true;
        return {};
    case 'n':
        return take_count(given, argument);
    case 't':
        return take_timeout(given, argument);
    case 'a':
        return take_to(given, argument);
    case 'v':
        given.values = true;
        return {};
    case 'r':
        given.raw = true;
        return {};
    case 'u':
        given.urgent = true;
        return {};
    case 'w':
        given.when_full = when_full::wait;
        return {};
    case 'f':
        given.when_full = when_full::fail;
        return {};
    case 'p':
        given.private_ = true;
        return {};
    }
    return wrong("unknown option " + option_name(key));
}

// What getopt_long() complains about, in words.
error complaint(int kind, int key, const char* argument) {
    if (kind == ':') {
        return wrong("option " + std::string(argument) + " needs a value");
    }
    if (key != 0 && option_name(key).starts_with("--")) {
        return wrong("option " + option_name(key) + " takes no value");
    }
    return wrong("unknown option " + std::string(argument));
}

// getopt_long() wants a writable argv with a program name.
class argument_vector {
public:
    explicit argument_vector(std::vector<std::string> arguments) : texts_(std::move(arguments)) {
        texts_.insert(texts_.begin(), "autobusctl");
        for (std::string& text : texts_) {
            pointers_.push_back(text.data());
        }
        pointers_.push_back(nullptr);
    }

    int count() const { return static_cast<int>(texts_.size()); }
    char** pointers() { return pointers_.data(); }

private:
    std::vector<std::string> texts_;
    std::vector<char*> pointers_;
};

result<void> parse_with_getopt(options& given, const std::vector<std::string>& arguments,
                               std::string_view allowed) {
    argument_vector vector(arguments);
    optind = 0; // begin anew
    opterr = 0;
    for (;;) {
        const int before = std::max(optind, 1);
        const int key =
            getopt_long(vector.count(), vector.pointers(), short_options, long_options, nullptr);
        if (key == -1) {
            break;
        }
        if (key == '?' || key == ':') {
            // Behind a long option optind has moved on; inside of a short group it hasn't.
            const int at = optind > before ? optind - 1 : before;
            return complaint(key, optopt, vector.pointers()[std::min(at, vector.count() - 1)]);
        }
        if (general.find(static_cast<char>(key)) == general.npos &&
            allowed.find(static_cast<char>(key)) == allowed.npos) {
            return wrong("option " + option_name(key) + " does not belong to this command");
        }
        if (auto taken = take(given, key, optarg); !taken) {
            return taken;
        }
    }
    given.words.assign(vector.pointers() + optind, vector.pointers() + vector.count());
    return {};
}

} // namespace

result<std::chrono::nanoseconds> parse_seconds(std::string_view text) {
    constexpr double most = 10.0 * 365 * 24 * 3600;
    double seconds = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (failed != std::errc() || end != text.data() + text.size() || !std::isfinite(seconds) ||
        seconds <= 0 || seconds > most) {
        return wrong("seconds are a number above 0, such as 2 or 0.5, not \"" + std::string(text) +
                     '"');
    }
    return std::max(std::chrono::nanoseconds(1),
                    std::chrono::duration_cast<std::chrono::nanoseconds>(
                        std::chrono::duration<double>(seconds)));
}

result<options> parse_options(const std::vector<std::string>& arguments, std::string_view allowed,
                              const char* environment_bus) {
    options given;
    if (environment_bus != nullptr && *environment_bus != '\0') {
        given.bus = environment_bus;
    }
    // All that follows --exec is the command's, whatever it looks like.
    auto mine = arguments;
    const bool takes_exec = allowed.find('x') != allowed.npos;
    const auto exec = takes_exec ? std::find(mine.begin(), mine.end(), "--exec") : mine.end();
    if (exec != mine.end()) {
        given.exec.assign(exec + 1, mine.end());
        mine.erase(exec, mine.end());
        if (given.exec.empty()) {
            return wrong("--exec needs a command behind it");
        }
    }
    if (auto parsed = parse_with_getopt(given, mine, allowed); !parsed) {
        return parsed.error();
    }
    return given;
}

} // namespace autobus::ctl
