// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"

namespace {

using namespace test;

/* Does something in the middle of a copy to the reader, while the bus isn't locked. */
class during_copy {
public:
    during_copy(std::function<void()> what, bool then_fail = false) {
        what_ = std::move(what);
        then_fail_ = then_fail;
        ab_copy_fails = door;
    }
    ~during_copy() { ab_copy_fails = nullptr; }

private:
    static int door() {
        ab_copy_fails = nullptr;
        what_();
        return then_fail_;
    }
    static inline std::function<void()> what_;
    static inline bool then_fail_ = false;
};

struct reading {
    test::bus bus;
    client a{bus}, b{bus};
    client c{bus};

    reading() {
        BOOST_REQUIRE_EQUAL(b.listen("$.A"), 0);
        BOOST_REQUIRE_EQUAL(b.serve("$.Q"), 0);
    }
    ~reading() { bus.check(); }
    /* As read(2) into room for many; the records' data. */
    std::string read(client& who, std::size_t size = 4096) {
        std::string room(size, '\0'), all;
        ab_io io{room.data(), room.size()};
        const auto n = ab_file_read(who.file(), &io, AB_NONBLOCK);
        if (n < 0) {
            return std::to_string(n);
        }
        for (const auto& one : decode(std::string_view(room).substr(0, n))) {
            all += one.data + ";";
        }
        return all;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(receive_, reading)

BOOST_AUTO_TEST_CASE(a_read_gives_as_many_whole_records_as_fit) {
    for (const char* data : {"1", "2", "3"}) {
        BOOST_REQUIRE_GT(a.send(announcement("$.A", data)), 0);
    }
    const auto one = b.next_size();
    BOOST_CHECK_EQUAL(read(b, one - 1), std::to_string(-EMSGSIZE));
    BOOST_CHECK_EQUAL(read(b, 2 * one + 50), "1;2;");
    BOOST_CHECK_EQUAL(read(b), "3;");
    BOOST_CHECK_EQUAL(read(b), std::to_string(-EAGAIN));
    BOOST_CHECK_EQUAL(b.next_size(), 0);
}

BOOST_AUTO_TEST_CASE(a_record_whose_copy_fails_is_still_there) {
    BOOST_REQUIRE_GT(a.send(request("$.Q", "q")), 0);
    {
        during_copy fails([] {}, true);
        BOOST_CHECK_EQUAL(read(b), std::to_string(-EFAULT));
    }
    bus.check();
    /* It wasn't handed: unbinding still says Unbound. */
    BOOST_CHECK_EQUAL(b.unbind("$.Q", AUTOBUS_REPLIER), 0);
    BOOST_CHECK(a.read_only().is_status("$.Autobus.Replier.Unbound"));
}

BOOST_AUTO_TEST_CASE(what_was_read_before_a_failing_copy_is_given) {
    BOOST_REQUIRE_GT(a.send(announcement("$.A", "1")), 0);
    BOOST_REQUIRE_GT(a.send(announcement("$.A", "2")), 0);
    {
        /* Two copies per record: the header, then the rest. */
        static int n;
        n = 0;
        ab_copy_fails = [] { return ++n == 4 ? 1 : 0; };
        BOOST_CHECK_EQUAL(read(b), "1;");
        ab_copy_fails = nullptr;
    }
    BOOST_CHECK_EQUAL(read(b), "2;");
}

BOOST_AUTO_TEST_CASE(a_request_that_is_answered_while_it_is_copied_isnt_given) {
    BOOST_REQUIRE_GT(a.send(request("$.Q", "q")), 0);
    BOOST_REQUIRE_GT(a.send(announcement("$.A", "after")), 0);
    {
        during_copy unbind([&] { BOOST_CHECK_EQUAL(b.unbind("$.Q", AUTOBUS_REPLIER), 0); });
        BOOST_CHECK_EQUAL(read(b), "after;");
    }
    BOOST_CHECK(a.read_only().is_status("$.Autobus.Replier.Unbound"));
    BOOST_CHECK_EQUAL(b.queued(), 0);
}

BOOST_AUTO_TEST_CASE(a_request_that_is_withdrawn_while_it_is_copied_isnt_given) {
    BOOST_REQUIRE_EQUAL(b.limit(1), 0);
    BOOST_REQUIRE_GT(a.send(request("$.Q", "q")), 0);
    {
        during_copy close([&] {
            a.close();
            bus.check();
            /* Its slot isn't free before its reader is done. */
            BOOST_CHECK_EQUAL(c.send(request("$.Q", "other")), -EBUSY);
        });
        BOOST_CHECK_EQUAL(read(b), std::to_string(-EAGAIN));
    }
    BOOST_CHECK_GT(c.send(request("$.Q", "other")), 0);
    BOOST_CHECK_EQUAL(read(b), "other;");
}

BOOST_AUTO_TEST_CASE(one_that_is_withdrawn_while_its_copy_fails_is_gone) {
    BOOST_REQUIRE_GT(a.send(request("$.Q", "q")), 0);
    {
        during_copy close([&] { a.close(); }, true);
        BOOST_CHECK_EQUAL(read(b), std::to_string(-EFAULT));
    }
    bus.check();
    BOOST_CHECK_EQUAL(b.queued(), 0);
    BOOST_CHECK_EQUAL(read(b), std::to_string(-EAGAIN));
}

BOOST_AUTO_TEST_CASE(a_reader_whose_endpoint_closes_while_it_copies_is_told) {
    BOOST_REQUIRE_GT(a.send(announcement("$.A", "1")), 0);
    BOOST_REQUIRE_GT(a.send(request("$.Q", "q")), 0);
    BOOST_REQUIRE_EQUAL(b.claim(AUTOBUS_CLAIM_OPENER), 0);
    {
        during_copy close([&] { ab_file_opener_exits(b.file()); });
        BOOST_CHECK_EQUAL(read(b), std::to_string(-ESHUTDOWN));
    }
    BOOST_CHECK(a.read_only().is_status("$.Autobus.Replier.GoneAway"));
}

BOOST_AUTO_TEST_CASE(a_value_whose_reader_is_closed_meanwhile_leaves_nothing) {
    BOOST_REQUIRE_EQUAL(b.listen("$.Autobus.Bound.*", AUTOBUS_BIND_VALUES), 0);
    BOOST_REQUIRE_EQUAL(b.claim(AUTOBUS_CLAIM_OPENER), 0);
    {
        during_copy close([&] { ab_file_opener_exits(b.file()); });
        BOOST_CHECK_EQUAL(read(b), std::to_string(-ESHUTDOWN));
    }
    bus.check();
}

BOOST_AUTO_TEST_CASE(a_value_that_ends_while_it_is_copied_is_given_and_the_next_ones_too) {
    BOOST_REQUIRE_EQUAL(c.listen("$.V"), 0);
    BOOST_REQUIRE_EQUAL(c.listen("$.W"), 0);
    BOOST_REQUIRE_EQUAL(a.listen("$.Autobus.Bound.%", AUTOBUS_BIND_VALUES), 0);
    a.read();   // $.A
    a.read();   // $.Q
    during_copy end([&] { BOOST_CHECK_EQUAL(c.unbind("$.V", AUTOBUS_LISTENER), 0); });
    std::vector<std::string> names;
    for (const auto& one : a.read_all()) {
        names.push_back(one.name);
    }
    BOOST_CHECK_EQUAL(names.size(), 2);
    BOOST_CHECK_EQUAL(names.at(0), "$.Autobus.Bound.W");
    BOOST_CHECK_EQUAL(names.at(1), "$.Autobus.Synced");
}

BOOST_AUTO_TEST_CASE(a_lost_mark_whose_copy_fails_stays_where_the_gap_is) {
    BOOST_REQUIRE_EQUAL(b.limit(1), 0);
    BOOST_REQUIRE_GT(a.send(announcement("$.A", "1")), 0);
    BOOST_REQUIRE_GT(a.send(announcement("$.A", "missed")), 0);
    BOOST_CHECK_EQUAL(read(b, b.next_size()), "1;");
    {
        during_copy sends([&] { a.send(announcement("$.A", "2")); }, true);
        BOOST_CHECK_EQUAL(read(b), std::to_string(-EFAULT));
    }
    const auto all = b.read_all();
    BOOST_REQUIRE_EQUAL(all.size(), 1);
    BOOST_CHECK_EQUAL(all[0].data, "2");
    BOOST_CHECK_EQUAL(all[0].head.lost, 1);
    BOOST_CHECK_EQUAL(b.core().queue.lost_total, 1);
}

BOOST_AUTO_TEST_CASE(a_reader_with_all_slots_reserved_learns_of_a_loss_at_once) {
    BOOST_REQUIRE_EQUAL(b.limit(1), 0);
    BOOST_REQUIRE_EQUAL(b.watch(a.number()), 0);
    std::optional<record> got;
    std::thread reader([&] {
        std::string room(4096, '\0');
        ab_io io{room.data(), room.size()};
        const auto n = ab_file_read(b.file(), &io, 0);
        if (n > 0) {
            got.emplace();
            std::memcpy(&got->head, room.data(), sizeof(got->head));
        }
    });
    auto& waiters = b.file()->waiters;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    BOOST_CHECK_GT(a.send(announcement("$.A")), 0);
    for (int i = 0; i < 1000 && !READ_ONCE(waiters.wakes); i++) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    BOOST_CHECK_GT(READ_ONCE(waiters.wakes), 0);
    a.close();  // whatever happened, there is something to read now
    reader.join();
    BOOST_REQUIRE(got);
    BOOST_CHECK(got->head.lost == 1 || got->head.type == AUTOBUS_NOTICE);
}

BOOST_AUTO_TEST_CASE(a_blocked_reader_is_woken_by_a_message_an_interruption_and_a_close) {
    const auto blocked = [&](const std::function<void()>& wake) {
        std::atomic<long> result{1};
        std::thread reader([&] {
            std::string room(4096, '\0');
            ab_io io{room.data(), room.size()};
            result = ab_file_read(b.file(), &io, 0);
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        while (result == 1) {
            wake();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        reader.join();
        return result.load();
    };
    bool sent = false;
    BOOST_CHECK_GT(blocked([&] {
                       if (!std::exchange(sent, true)) {
                           a.send(announcement("$.A"));
                       }
                   }),
                   0);
    BOOST_CHECK_EQUAL(blocked([&] { ab_waiters_interrupt(&b.file()->waiters); }), -EINTR);
    BOOST_REQUIRE_EQUAL(b.claim(AUTOBUS_CLAIM_OPENER), 0);
    BOOST_CHECK_EQUAL(blocked([&] { ab_file_opener_exits(b.file()); }), -ESHUTDOWN);
}

BOOST_AUTO_TEST_CASE(reading_needs_a_file_open_for_it) {
    client writer(bus, {false, true, false, 1});
    BOOST_CHECK_EQUAL(read(writer), std::to_string(-EBADF));
}

BOOST_AUTO_TEST_SUITE_END()
