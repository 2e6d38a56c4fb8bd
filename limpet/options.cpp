// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/options.hpp"

#include "limpet/protocol/hello.hpp"

#include <getopt.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace limpet {

namespace {

enum option_key {
    bus = 256,
    network,
    open,
    open_names,
    peer,
    interface,
    port,
    discovery_port,
    verbose,
    help
};

const std::array<::option, 11> long_options{{
    {"bus", required_argument, nullptr, bus},
    {"network", required_argument, nullptr, network},
    {"open", no_argument, nullptr, open},
    {"open-names", required_argument, nullptr, open_names},
    {"peer", required_argument, nullptr, peer},
    {"interface", required_argument, nullptr, interface},
    {"port", required_argument, nullptr, port},
    {"discovery-port", required_argument, nullptr, discovery_port},
    {"verbose", no_argument, nullptr, verbose},
    {"help", no_argument, nullptr, help},
    {nullptr, 0, nullptr, 0},
}};

std::optional<std::uint16_t> port_number(std::string_view text, std::uint16_t least) {
    std::uint16_t number = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || rest != text.data() + text.size() || number < least) {
        return std::nullopt;
    }
    return number;
}

// The empty string if all is well.
std::string take_names(const std::string& list, std::vector<autobus::pattern>& patterns) {
    std::size_t begin = 0;
    while (begin <= list.size()) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        const std::string text = list.substr(begin, end - begin);
        auto pattern = autobus::pattern::parse(text);
        if (!pattern) {
            return "--open-names: " + pattern.error().message() +
                   "; give patterns like '$.Kitchen.*', separated by commas";
        }
        patterns.push_back(std::move(*pattern));
        begin = end + 1;
    }
    return "";
}

std::string take_peer(const std::string& text, std::vector<static_peer>& peers) {
    const auto peer = parse_peer(text);
    if (!peer) {
        return "--peer " + text + ": " + peer.why();
    }
    peers.push_back(*peer);
    return "";
}

std::string take_port(const char* option, const std::string& text, std::uint16_t least,
                      std::uint16_t& port) {
    const auto number = port_number(text, least);
    if (!number) {
        return std::string{option} + " " + text + ": a port is a number from " +
               std::to_string(least) + " to 65535";
    }
    port = *number;
    return "";
}

std::string take_network(const std::string& text, std::string& network) {
    if (!valid_network_name(text)) {
        return "--network " + text +
               ": a network's name is 1 to 64 printable characters without "
               "spaces";
    }
    network = text;
    return "";
}

std::string take(int key, const std::string& text, options& result) {
    switch (key) {
    case option_key::bus:
        result.bus = text;
        break;
    case option_key::network:
        return take_network(text, result.network);
    case option_key::open:
        result.open = true;
        break;
    case option_key::open_names:
        return take_names(text, result.open_names);
    case option_key::peer:
        return take_peer(text, result.peers);
    case option_key::interface:
        if (text.empty()) {
            return "--interface needs the name of one, like eth0";
        }
        result.interfaces.push_back(text);
        break;
    case option_key::port:
        return take_port("--port", text, 0, result.port);
    case option_key::discovery_port:
        return take_port("--discovery-port", text, 1, result.discovery_port);
    case option_key::verbose:
        result.verbose = true;
        break;
    case option_key::help:
        result.help = true;
        break;
    default:
        break;
    }
    return "";
}

} // namespace

parsed<options> parse_options(const std::vector<std::string>& arguments) {
    const auto bad = [](const std::string& why) { return parsed<options>::bad(why); };
    std::vector<std::string> texts{"limpet"};
    texts.insert(texts.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    const int count = static_cast<int>(pointers.size());
    pointers.push_back(nullptr);

    options result;
    ::optind = 0; // begin anew
    ::opterr = 0;
    for (;;) {
        const int key = ::getopt_long(count, pointers.data(), "+:", long_options.data(), nullptr);
        if (key == -1) {
            break;
        }
        const std::string shown = texts[static_cast<std::size_t>(::optind) - 1];
        if (key == '?') {
            return bad("there is no option " + shown + "; limpet --help lists them");
        }
        if (key == ':') {
            return bad(shown + " needs a value; limpet --help shows examples");
        }
        const std::string why = take(key, ::optarg != nullptr ? ::optarg : "", result);
        if (!why.empty()) {
            return bad(why);
        }
    }
    if (::optind < count) {
        return bad("what is \"" + texts[static_cast<std::size_t>(::optind)] +
                   "\" for? limpet takes options only; limpet --help lists them");
    }
    if (!result.open_names.empty() && !result.open) {
        return bad("--open-names is about the door that --open opens; give --open too");
    }
    if (result.network.empty()) {
        result.network = default_network(result.bus);
    }
    return result;
}

parsed<static_peer> parse_peer(const std::string& text) {
    const auto bad = [](const char* why) { return parsed<static_peer>::bad(why); };
    static_peer result;
    std::string rest;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string::npos) {
            return bad("there is a [ and no ]; write [IPv6 address]:PORT");
        }
        result.host = text.substr(1, end - 1);
        rest = text.substr(end + 1);
    } else {
        const std::size_t colon = text.find(':');
        if (colon != text.rfind(':')) {
            return bad("an IPv6 address needs brackets: [IPv6 address]:PORT");
        }
        result.host = text.substr(0, colon);
        rest = colon == std::string::npos ? "" : text.substr(colon);
    }
    if (result.host.empty()) {
        return bad("there is no host; write HOST or HOST:PORT");
    }
    if (!rest.empty()) {
        result.port = rest.front() == ':' ? port_number(rest.substr(1), 1) : std::nullopt;
        if (!result.port) {
            return bad("the port isn't a number from 1 to 65535");
        }
    }
    return result;
}

std::string default_network(const std::string& bus) {
    const std::size_t end = bus.find_last_of("0123456789");
    if (end == std::string::npos) {
        return "0";
    }
    const std::size_t before = bus.find_last_not_of("0123456789", end);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    return bus.substr(begin, std::min<std::size_t>(end - begin + 1, network_name_max));
}

const char* help_text() {
    return R"(limpet: makes the buses of several hosts act as one

  limpet --open
      Sticks to /dev/autobus0, finds the limpets of the other hosts on this network by itself, and
      carries what somebody there wants: announcements, requests, replies, statuses.

  limpet --open --bus 1 --network lab
      The same for /dev/autobus1, with the limpets that name the same network. Without --network
      a bus joins those with its own number.

  limpet --open --peer 203.0.113.7:4000          (there: limpet --open --port 4000)
      A host beyond this network, which broadcasts don't reach. Without a port the host is told of
      us and connects to us.

  limpet --open --open-names '$.Kitchen.*,$.Door'
      Programs of Autobus 2 may use these names: they find the service of type autobus.limpet and
      call its functions request(name, data) and send(name, data).

Options
  --bus N|PATH                 the bus to stick to; default /dev/autobus0
  --network NAME               join limpets of the same name only; default the bus's number
  --open                       speak in clear with everybody who asks; needed, as there are no
                               keys yet
  --open-names PATTERN,...     names that programs of Autobus 2 may use; default none
  --peer HOST[:PORT]           a limpet to link with; may be given again
  --interface NAME             discover on this interface only (and on loopback, for programs of
                               this host); may be given again; default all
  --port PORT                  TCP port for others to connect to; default any that is free
  --discovery-port PORT        UDP port of discovery; default 52722
  --verbose                    tell everything
  --help                       this text

It runs until SIGTERM or SIGINT, and needs the right to route: run it as root.
)";
}

const char* closed_text() {
    return "this limpet has no keys, so everything that it carries goes over the network in clear, "
           "to and from anybody who asks. If that is what you want, as on a network of your own, "
           "start it with --open";
}

} // namespace limpet
