// SPDX-License-Identifier: MIT
// Copyright autobus contributors
//
// Random operations on a bus and on a naive model of one: every result and every record read must
// be the same, and the bus consistent after each step.
#include "model.hpp"
#include "naive.hpp"

#include <chrono>

namespace {

using namespace test;

constexpr std::uint64_t far_bus = 99;

class play {
public:
    explicit play(std::uint64_t seed) : random_(seed), model_(bus_.id()) {}

    void run(int steps);

private:
    std::uint64_t dice(std::uint64_t n) { return random_() % n; }
    client& anyone() { return *std::next(clients_.begin(), dice(clients_.size()))->second; }
    std::uint64_t some_number() { return 1 + dice(last_ + 2); }
    std::string kernel_pattern();
    std::uint32_t policy();

    void same(std::int64_t got, std::int64_t expected, const std::string& what);
    void open();
    void close();
    void bind();
    void unbind();
    void send();
    message announce();
    message ask();
    message answer();
    message speak_for_others();
    void read();
    void drain(client& who, std::uint64_t most);
    void read_badly();
    void watch();
    void limit();
    void claim();
    void compare(bool lists);
    void step();

    std::mt19937_64 random_;
    bus bus_;
    model model_;
    std::map<std::uint64_t, std::unique_ptr<client>> clients_;
    std::uint64_t last_ = 0;
    std::uint64_t cookie_ = 0;
    std::vector<std::pair<std::uint64_t, record>> handed_;
    std::vector<std::pair<std::uint64_t, std::pair<std::string, std::uint32_t>>> bound_;
    std::string doing_;
};

void play::same(std::int64_t got, std::int64_t expected, const std::string& what) {
    doing_ = what;
    BOOST_REQUIRE_MESSAGE(got == expected,
                          what << " gave " << got << ", the model says " << expected);
}

std::string play::kernel_pattern() {
    static const char* const some[] = {"$.Autobus.Bound.*",   "$.Autobus.Unbound.*",
                                       "$.Autobus.Bound.A",   "$.Autobus.*",
                                       "$.Autobus.Bound.%.B", "$.Autobus.Unbound.B"};
    return some[dice(std::size(some))];
}

std::uint32_t play::policy() {
    static const std::uint32_t some[] = {0, 0, AUTOBUS_FAIL, AUTOBUS_WAIT, AUTOBUS_URGENT,
                                         AUTOBUS_URGENT | AUTOBUS_FAIL};
    return some[dice(std::size(some))];
}

void play::open() {
    if (clients_.size() >= 8) {
        return;
    }
    open_mode mode;
    mode.may_read = dice(12) != 0;
    mode.may_write = !mode.may_read || dice(12) != 0;
    mode.privileged = dice(4) == 0;
    mode.uid = 1000 + dice(3);
    auto made = std::make_unique<client>(bus_, mode);
    last_ = made->number();
    model_.open(last_, mode);
    if (dice(2) && mode.may_read) {
        const auto records = 2 + dice(6);
        same(made->limit(records), model_.limit(last_, records, 0, 0), "limit");
    }
    clients_.emplace(last_, std::move(made));
}

void play::close() {
    const auto number = anyone().number();
    doing_ = "close " + std::to_string(number);
    clients_.erase(number);
    model_.close(number);
}

void play::bind() {
    auto& who = anyone();
    const bool replier = dice(2);
    const bool kernel = dice(replier ? 20 : 4) == 0;
    const auto pattern = kernel ? kernel_pattern() : random_pattern(random_);
    std::uint32_t flags = 0;
    if (replier) {
        flags = dice(5) ? 0 : AUTOBUS_BIND_YIELDING;
    } else {
        flags = (dice(4) ? 0 : AUTOBUS_BIND_EACH) | (kernel && dice(2) ? AUTOBUS_BIND_VALUES : 0);
    }
    const auto role = replier ? AUTOBUS_REPLIER : AUTOBUS_LISTENER;
    ++cookie_;
    const auto text = std::to_string(who.number()) + " bind " + pattern + " role " +
                      std::to_string(role) + " flags " + std::to_string(flags);
    same(who.bind(pattern, role, flags, cookie_),
         model_.bind(who.number(), pattern, role, flags, cookie_), text);
    bound_.emplace_back(who.number(), std::pair{pattern, role});
}

void play::unbind() {
    if (bound_.empty()) {
        return;
    }
    const auto at = dice(bound_.size());
    const auto [number, what] = bound_[at];
    bound_.erase(bound_.begin() + at);
    const bool drain = what.second == AUTOBUS_REPLIER && dice(3) == 0;
    if (clients_.count(number)) {
        same(clients_[number]->unbind(what.first, what.second, drain ? AUTOBUS_UNBIND_DRAIN : 0),
             model_.unbind(number, what.first, what.second, drain),
             std::to_string(number) + " unbind " + what.first);
    }
}

message play::announce() {
    auto name = dice(40) ? random_name(random_) : "$.Autobus.Bound";
    if (dice(5) == 0) {
        auto made = direct(some_number(), name, std::string(dice(200), 'd'));
        made.head.to.bus = dice(6) ? 0 : dice(2) ? far_bus : bus_.id();
        made.head.flags = policy();
        return made;
    }
    return announcement(name, std::string(dice(dice(4) ? 20 : 300), 'a'), policy());
}

message play::ask() {
    auto made = request(random_name(random_), std::string(dice(50), 'q'),
                        policy() | (dice(4) ? 0 : AUTOBUS_PRIVATE));
    if (dice(3) == 0) {
        made.head.to.endpoint = some_number();
        made.head.to.bus = dice(3) ? 0 : dice(2) ? far_bus : bus_.id();
    }
    return made;
}

message play::answer() {
    if (handed_.empty()) {
        return announce();
    }
    const auto at = dice(handed_.size());
    auto made = reply_to(handed_[at].second, std::string(dice(50), 'r'), policy());
    if (dice(4) == 0) {
        made.name = dice(2) ? handed_[at].second.name : "$.Other";
    }
    if (dice(4) == 0) {
        made.head.to.endpoint = dice(2) ? handed_[at].second.head.from : some_number();
        made.head.to.bus = dice(3) ? 0 : far_bus;
    }
    if (dice(3) == 0) {
        made.head.flags |= dice(2) ? AUTOBUS_ALONE : 0;
    }
    if (dice(8) == 0) {
        handed_.erase(handed_.begin() + at);
    }
    return made;
}

message play::speak_for_others() {
    message made;
    const auto from_afar = [this](message& what) {
        what.head.flags |= AUTOBUS_REMOTE;
        what.head.origin = {far_bus, 1 + dice(4), 1 + dice(1000)};
    };
    switch (dice(6)) {
    case 0:
        if (handed_.empty()) {
            return announce();
        }
        made.head.type = AUTOBUS_STATUS;
        made.head.in_reply_to = handed_[dice(handed_.size())].second.head.serial;
        made.name = dice(2) ? AUTOBUS_NAME_REFUSED : AUTOBUS_NAME_TIMED_OUT;
        made.head.code = dice(100);
        made.head.reached = dice(3);
        return made;
    case 1:
        made.head.type = AUTOBUS_NOTICE;
        made.head.code = dice(2) ? AUTOBUS_NOTICE_CLOSED : AUTOBUS_NOTICE_CLEARED;
        made.name = made.head.code == AUTOBUS_NOTICE_CLOSED ? AUTOBUS_NAME_CLOSED
                                                           : random_name(random_);
        made.head.reached = dice(3);
        break;
    case 2:
        made.head.type = AUTOBUS_MARK;
        made.name = AUTOBUS_NAME_LOST;
        made.head.lost = 1 + dice(5);
        break;
    case 3:
        made = ask();
        made.head.flags |= dice(2) ? AUTOBUS_ALONE : 0;
        break;
    case 4:
        made = dice(2) ? request(random_name(random_)) : announcement(random_name(random_));
        made.head.type = made.head.type == AUTOBUS_REQUEST ? AUTOBUS_REQUEST : AUTOBUS_REPLY;
        made.head.in_reply_to = made.head.type == AUTOBUS_REPLY ? dice(3) : 0;
        made.head.flags |= AUTOBUS_COPY | policy();
        break;
    default:
        made = announcement(random_name(random_), "far", policy());
        break;
    }
    from_afar(made);
    return made;
}

void play::send() {
    const auto kind = dice(10);
    const auto what = kind < 3   ? announce()
                      : kind < 6 ? ask()
                      : kind < 9 ? answer()
                                 : speak_for_others();
    std::uint64_t number = anyone().number();
    /* Answers mostly by the one who was asked. */
    if (what.head.in_reply_to && dice(4)) {
        for (const auto& [who, asked] : handed_) {
            if (asked.head.serial == what.head.in_reply_to && clients_.count(who)) {
                number = who;
            }
        }
    }
    const auto text = std::to_string(number) + " send " +
                      describe({what.head, what.name, what.data});
    same(clients_[number]->send(what), model_.send(number, what), text);
}

void play::drain(client& who, std::uint64_t most) {
    while (most-- && who.core().may_read) {
        const auto got = who.read();
        const auto expected = model_.read(who.number());
        const auto text = [](const auto& one) { return one ? describe(*one) : "nothing"; };
        BOOST_REQUIRE_EQUAL(text(got), text(expected));
        if (!got) {
            break;
        }
        if (got->head.flags & AUTOBUS_OWED) {
            handed_.emplace_back(who.number(), *got);
        }
    }
}

void play::read() {
    auto& who = anyone();
    doing_ = std::to_string(who.number()) + " read";
    drain(who, 1 + dice(4));
}

/* A read that fails leaves everything as it was. */
void play::read_badly() {
    auto& who = anyone();
    doing_ = std::to_string(who.number()) + " read without room";
    if (!who.core().may_read) {
        BOOST_REQUIRE_EQUAL(who.read_error(10), -EBADF);
        return;
    }
    const bool any = model_.can_read(who.number());
    BOOST_REQUIRE_EQUAL(who.read_error(sizeof(autobus_record)), any ? -EMSGSIZE : -EAGAIN);
    BOOST_REQUIRE_EQUAL(who.next_size() != 0, any);
}

void play::watch() {
    auto& who = anyone();
    if (!who.core().may_read) {
        return;
    }
    const autobus_address target{dice(4) ? 0 : far_bus, some_number()};
    const auto text = std::to_string(who.number()) + " watch " + std::to_string(target.bus) + ":" +
                      std::to_string(target.endpoint);
    if (dice(3)) {
        ++cookie_;
        same(who.watch(target.endpoint, cookie_, 0, target.bus),
             model_.watch(who.number(), target, cookie_), text);
    } else {
        same(who.watch(target.endpoint, 0, AUTOBUS_WATCH_REMOVE, target.bus),
             model_.unwatch(who.number(), target), text + " no more");
    }
}

void play::limit() {
    auto& who = anyone();
    const auto records = dice(2) ? 1 + dice(12) : 0;
    const auto bytes = dice(2) ? 1 + dice(400) : 0;
    const auto bindings = dice(4) ? 0 : 1 + dice(8);
    same(who.limit(records, bytes, bindings),
         model_.limit(who.number(), records, bytes, bindings),
         std::to_string(who.number()) + " limit " + std::to_string(records));
}

void play::claim() {
    auto& who = anyone();
    same(who.claim(AUTOBUS_CLAIM_ROUTER), model_.claim_router(who.number()),
         std::to_string(who.number()) + " claim router");
}

void play::compare(bool lists) {
    BOOST_REQUIRE_EQUAL(bus_.serial(), model_.serial());
    for (const auto& [number, who] : clients_) {
        const bool in = who->poll() & AB_POLLIN;
        const bool out = who->poll() & AB_POLLOUT;
        BOOST_REQUIRE_EQUAL(in, model_.can_read(number));
        BOOST_REQUIRE_EQUAL(out, model_.can_write(number));
    }
    if (lists) {
        BOOST_REQUIRE_EQUAL(listed(*clients_.begin()->second), model_.listed());
    }
}

void play::step() {
    const auto kind = dice(100);
    if (clients_.size() < 2 || kind < 5) {
        open();
    } else if (kind < 8) {
        close();
    } else if (kind < 22) {
        bind();
    } else if (kind < 28) {
        unbind();
    } else if (kind < 62) {
        send();
    } else if (kind < 85) {
        read();
    } else if (kind < 88) {
        read_badly();
    } else if (kind < 94) {
        watch();
    } else if (kind < 98) {
        limit();
    } else {
        claim();
    }
}

void play::run(int steps) {
    for (int i = 0; i < steps; i++) {
        step();
        BOOST_TEST_CONTEXT("step " << i << ", " << doing_) {
            bus_.check();
            compare(i % 4 == 0);
        }
    }
    for (const auto& [number, who] : clients_) {
        drain(*who, -1);
    }
    while (!clients_.empty()) {
        clients_.erase(clients_.begin());
        bus_.check();
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(model)

BOOST_AUTO_TEST_CASE(a_bus_does_what_its_naive_model_does) {
    const char* given = std::getenv("AUTOBUS_TEST_SEED");
    const char* seconds = std::getenv("AUTOBUS_TEST_SECONDS");
    const auto limit = std::chrono::seconds(seconds ? std::atoi(seconds) : 8);
    const auto begin = std::chrono::steady_clock::now();
    std::uint64_t seed = given ? std::strtoull(given, nullptr, 0) : std::random_device()();
    int plays = 0;
    do {
        BOOST_TEST_CONTEXT("AUTOBUS_TEST_SEED=" << seed) {
            play(seed).run(400);
        }
        plays++;
        seed++;
    } while (!given && std::chrono::steady_clock::now() - begin < limit);
    BOOST_TEST_MESSAGE(plays << " plays of 400 steps, the last with seed " << seed - 1);
    BOOST_CHECK_GE(plays, 1);
}

BOOST_AUTO_TEST_SUITE_END()
