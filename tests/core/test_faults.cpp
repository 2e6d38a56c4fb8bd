// SPDX-License-Identifier: MIT
// Copyright autobus contributors
//
// Every allocation and every copy from or to the caller fails once, in each call. What fails shows
// nowhere else: not in the lists and counters, and not in what anybody reads later.
#include "fixture.hpp"

#include "support/for_each_failure.hpp"

namespace {

using namespace test;

/* A busy bus: open requests in each state, queued records, watches, values. */
struct busy {
    test::bus bus;
    client a{bus}, b{bus}, c{bus, {true, true, true, 0}};
    record asked;

    busy() {
        BOOST_REQUIRE_EQUAL(c.claim(AUTOBUS_CLAIM_ROUTER), 0);
        BOOST_REQUIRE_EQUAL(b.serve("$.Q"), 0);
        BOOST_REQUIRE_EQUAL(c.listen("$.Q"), 0);
        BOOST_REQUIRE_EQUAL(b.listen("$.A.%"), 0);
        BOOST_REQUIRE_EQUAL(c.listen("$.Autobus.Bound.*", AUTOBUS_BIND_VALUES), 0);
        BOOST_REQUIRE_EQUAL(a.watch(b.number()), 0);
        BOOST_REQUIRE_GT(a.send(request("$.Q", "1")), 0);
        asked = b.read_only();
        BOOST_REQUIRE_GT(a.send(request("$.Q", "2")), 0);
        BOOST_REQUIRE_GT(a.send(announcement("$.A.B", std::string(300, 'x'))), 0);
    }
    std::string state() {
        bus.check();
        return bus.state() + listed(a);
    }
    /* What all get to read from now on, and once all is over. */
    std::string rest() {
        std::string all;
        for (auto* one : {&a, &b, &c}) {
            all += std::to_string(one->number()) + ":\n";
            for (const auto& got : one->read_all()) {
                all += describe(got) + "\n";
            }
        }
        return all;
    }
};

struct call {
    const char* name;
    std::function<long(busy&)> run;
    /* The last copy is that of results: if it fails the call has its effect all the same. */
    bool has_results = true;
};

const std::string long_name = "$.A." + std::string(500, 'n');

const call calls[] = {
    {"announcement", [](busy& on) { return on.a.send(announcement("$.A.B", "data")); }},
    {"long announcement",
     [](busy& on) { return on.a.send(announcement(long_name, std::string(3000, 'd'))); }},
    {"request", [](busy& on) { return on.a.send(request("$.Q", "3")); }},
    {"reply", [](busy& on) { return on.b.send(reply_to(on.asked, "yes")); }},
    {"direct", [](busy& on) { return on.a.send(direct(on.c.number(), "$.D")); }},
    {"listen", [](busy& on) { return long{on.a.listen(long_name + ".%.*")}; }},
    {"serve", [](busy& on) { return long{on.a.serve("$.New")}; }},
    {"listen with values",
     [](busy& on) { return long{on.a.listen("$.Autobus.Bound.*", AUTOBUS_BIND_VALUES)}; }},
    {"unbind", [](busy& on) { return long{on.b.unbind("$.Q", AUTOBUS_REPLIER)}; }, false},
    {"watch", [](busy& on) { return long{on.a.watch(on.c.number())}; }, false},
    {"unwatch",
     [](busy& on) { return long{on.a.watch(on.b.number(), 0, AUTOBUS_WATCH_REMOVE)}; }, false},
    {"limits", [](busy& on) { return long{on.a.limit(500, 1 << 20)}; }},
};

/* How the bus is, and what is read from it, without and with the call. */
std::pair<std::string, std::string> without(const call&) {
    busy on;
    auto state = on.state();
    return {state, on.rest()};
}

std::pair<std::string, std::string> with(const call& which) {
    busy on;
    BOOST_REQUIRE_GE(which.run(on), 0);
    auto state = on.state();
    return {state, on.rest()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(faults)

BOOST_AUTO_TEST_CASE(a_call_without_memory_has_no_effect) {
    for (const auto& which : calls) {
        const auto [before, rest_before] = without(which);
        const auto [after, rest_after] = with(which);
        BOOST_TEST_CONTEXT(which.name) {
            const auto n = for_each_failure(failure_kind::allocation, [&](auto&& armed) {
                busy on;
                long r = 0;
                if (armed([&] { r = which.run(on); })) {
                    BOOST_CHECK_EQUAL(r, -ENOMEM);
                    BOOST_CHECK_EQUAL(on.state(), before);
                    /* Nothing is lost: it works the second time. */
                    BOOST_CHECK_GE(which.run(on), 0);
                }
                BOOST_CHECK_EQUAL(on.state(), after);
                BOOST_CHECK_EQUAL(on.rest(), rest_after);
            });
            BOOST_TEST_MESSAGE(which.name << ": " << n << " allocations");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_call_whose_copies_fault_has_no_effect_or_all_of_it) {
    for (const auto& which : calls) {
        const auto [before, rest_before] = without(which);
        const auto [after, rest_after] = with(which);
        BOOST_TEST_CONTEXT(which.name) {
            long undone = 0;
            const auto n = for_each_failure(failure_kind::copy, [&](auto&& armed) {
                busy on;
                long r = 0;
                const bool failed = armed([&] { r = which.run(on); });
                const auto state = on.state();
                if (failed) {
                    BOOST_CHECK_EQUAL(r, -EFAULT);
                    undone += state == before;
                }
                if (failed && state == before && before != after) {
                    BOOST_CHECK_EQUAL(on.rest(), rest_before);
                } else {
                    BOOST_CHECK_EQUAL(state, after);
                    BOOST_CHECK_EQUAL(on.rest(), rest_after);
                }
            });
            BOOST_CHECK_GE(n, 2);
            /* Only the copy of the results, the last one, may come too late. */
            BOOST_CHECK_GE(undone, n - (which.has_results ? 1 : 0));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_read_whose_copies_fault_loses_nothing) {
    std::string expected;
    {
        busy on;
        expected = on.rest();
    }
    for (int who = 0; who < 3; who++) {
        const auto n = for_each_failure(failure_kind::copy, [&](auto&& armed) {
            busy on;
            auto& reader = who == 0 ? on.a : who == 1 ? on.b : on.c;
            if (who == 0) {
                BOOST_REQUIRE_GT(on.c.send(direct(on.a.number(), "$.D")), 0);
            }
            const auto before = on.state();
            std::string room(sizeof(autobus_record) + 16, '\0');
            ab_io io{room.data(), room.size()};
            ssize_t r = 0;
            if (armed([&] { r = ab_file_read(reader.file(), &io, AB_NONBLOCK); })) {
                BOOST_CHECK_EQUAL(r, -EFAULT);
                BOOST_CHECK_EQUAL(on.state(), before);
                if (who != 0) {
                    BOOST_CHECK_EQUAL(on.rest(), expected);
                }
            }
        });
        BOOST_CHECK_GE(n, who == 2 ? 0 : 2);
    }
}

BOOST_AUTO_TEST_CASE(closing_reading_and_receiving_allocate_nothing) {
    busy on;
    BOOST_CHECK_EQUAL(count_of(failure_kind::allocation, [&] {
                          std::string room(1 << 16, '\0');
                          ab_io io{room.data(), room.size()};
                          ab_file_read(on.c.file(), &io, AB_NONBLOCK);
                      }),
                      0);
    for (auto* one : {&on.b, &on.c, &on.a}) {
        BOOST_CHECK_EQUAL(count_of(failure_kind::allocation, [&] { one->close(); }), 0);
        on.bus.check();
    }
}

BOOST_AUTO_TEST_SUITE_END()
