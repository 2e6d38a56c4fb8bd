// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"

namespace {

using namespace test;

/* Far beyond what a wait takes; who waits as long hangs. */
constexpr std::uint64_t hang = 20'000'000'000;

/* A send that may be parked, without a thread of its own. */
class waiting {
public:
    waiting(test::bus& bus, client& sender, message what) : bus_(bus) {
        what.head.flags |= AUTOBUS_WAIT;
        const auto bytes = what.encode();
        auto* made = ab_message_new(what.name.size(), what.data.size(), sender.core().creds);
        std::memcpy(&made->head, bytes.data(), sizeof(made->head));
        bytes.copy(const_cast<char*>(made->name), bytes.size() - sizeof(made->head),
                   sizeof(made->head));
        BOOST_REQUIRE_EQUAL(ab_send_prepare(&send_, &sender.core(), made), 0);
        bus.locked([&](ab_effects* fx) { first = ab_send_commit(&send_, true, fx); });
    }
    ~waiting() {
        cancel();
        ab_send_free(&send_);
    }
    bool cancel() {
        bool cancelled = false;
        if (first == AB_SEND_PARKED) {
            bus_.locked([&](ab_effects*) { cancelled = ab_send_cancel(&send_); });
        }
        return cancelled;
    }
    bool waits() const { return first == AB_SEND_PARKED && !send_.done; }
    int result() const { return first == AB_SEND_PARKED ? send_.result : first; }
    std::uint64_t serial() const { return send_.serial; }
    int first = 0;

private:
    test::bus& bus_;
    ab_send send_;
};

struct sending {
    test::bus bus;
    client a{bus}, b{bus};
    client x{bus}, y{bus};

    sending() {
        BOOST_REQUIRE_EQUAL(x.listen("$.X"), 0);
        BOOST_REQUIRE_EQUAL(x.listen("$.Both"), 0);
        BOOST_REQUIRE_EQUAL(y.listen("$.Y"), 0);
        BOOST_REQUIRE_EQUAL(y.listen("$.Both"), 0);
    }
    ~sending() { bus.check(); }
    /* With one slot, which is taken. */
    void fill(client& who) {
        BOOST_REQUIRE_EQUAL(who.limit(1), 0);
        BOOST_REQUIRE_GT(a.send(direct(who.number(), "$.Fill")), 0);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(send_, sending)

BOOST_AUTO_TEST_CASE(a_full_listener_misses_what_is_sent_without_a_wish) {
    fill(x);
    BOOST_CHECK_GT(a.send(announcement("$.Both")), 0);
    BOOST_CHECK_EQUAL(y.read_all().size(), 1);
    const auto all = x.read_all();
    BOOST_REQUIRE_EQUAL(all.size(), 2);
    BOOST_CHECK_EQUAL(all[0].name, "$.Fill");
    BOOST_CHECK(all[1].is_lost_mark());
    BOOST_CHECK_EQUAL(all[1].head.lost, 1);
    BOOST_CHECK_EQUAL(a.info().lost, 1);
}

BOOST_AUTO_TEST_CASE(with_fail_nobody_has_it_if_one_is_full) {
    fill(x);
    const auto serial = bus.serial();
    BOOST_CHECK_EQUAL(a.send(announcement("$.Both", "", AUTOBUS_FAIL)), -EBUSY);
    BOOST_CHECK_EQUAL(bus.serial(), serial);
    BOOST_CHECK_EQUAL(y.queued(), 0);
    BOOST_CHECK_EQUAL(x.read_all().size(), 1);
    BOOST_CHECK_GT(a.send(announcement("$.Both", "", AUTOBUS_FAIL)), 0);
}

BOOST_AUTO_TEST_CASE(with_fail_a_nameless_reply_counts_with_its_name) {
    client replier(bus);
    BOOST_REQUIRE_EQUAL(replier.serve("$.Y"), 0);
    BOOST_REQUIRE_EQUAL(y.limit(0, 20), 0);
    BOOST_REQUIRE_GT(a.send(request("$.Y", "", AUTOBUS_PRIVATE)), 0);
    BOOST_REQUIRE_GT(a.send(request("$.Y")), 0);
    const auto asked = replier.read_all();
    BOOST_REQUIRE_EQUAL(y.queued(), 1);
    BOOST_CHECK_EQUAL(replier.send(reply_to(asked[1], std::string(15, 'r'), AUTOBUS_FAIL)),
                      -EBUSY);
    BOOST_CHECK_GT(replier.send(reply_to(asked[1], std::string(14, 'r'), AUTOBUS_FAIL)), 0);
    BOOST_CHECK_EQUAL(y.read_all().size(), 2);
    BOOST_CHECK_EQUAL(y.core().queue.lost_total, 0);
}

BOOST_AUTO_TEST_CASE(with_fail_no_copy_of_an_accepted_message_is_missed) {
    BOOST_REQUIRE_EQUAL(x.listen("$.*", AUTOBUS_BIND_EACH), 0);
    BOOST_REQUIRE_EQUAL(x.limit(0, 20), 0);
    BOOST_CHECK_GT(a.send(announcement("$.X", std::string(15, 'a'), AUTOBUS_FAIL)), 0);
    BOOST_CHECK_EQUAL(x.read_all().size(), 2);
    BOOST_CHECK_EQUAL(x.core().queue.lost_total, 0);
}

BOOST_AUTO_TEST_CASE(one_that_waits_is_accepted_when_its_recipient_has_read) {
    fill(x);
    waiting one(bus, a, announcement("$.X", "late"));
    BOOST_CHECK(one.waits());
    bus.check();
    BOOST_CHECK_EQUAL(x.read()->name, "$.Fill");
    BOOST_CHECK(!one.waits());
    BOOST_CHECK_EQUAL(one.result(), 0);
    const auto got = x.read_only();
    BOOST_CHECK_EQUAL(got.data, "late");
    BOOST_CHECK_EQUAL(got.head.serial, one.serial());
}

BOOST_AUTO_TEST_CASE(who_waited_longest_is_tried_first) {
    fill(x);
    waiting first(bus, a, announcement("$.X", "1"));
    waiting second(bus, b, announcement("$.X", "2"));
    waiting third(bus, a, announcement("$.X", "3"));
    for (const char* data : {"", "1", "2", "3"}) {
        BOOST_CHECK_EQUAL(x.read()->data, data);
        bus.check();
    }
    BOOST_CHECK(!first.waits() && !second.waits() && !third.waits());
    BOOST_CHECK_LT(first.serial(), second.serial());
    BOOST_CHECK_LT(second.serial(), third.serial());
}

BOOST_AUTO_TEST_CASE(who_waits_for_two_keeps_its_age_in_the_second_line) {
    fill(x);
    fill(y);
    waiting old(bus, a, announcement("$.Both", "old"));
    waiting young(bus, b, announcement("$.Y", "young"));
    x.read();
    BOOST_CHECK(old.waits());
    bus.check();
    y.read();
    BOOST_CHECK(!old.waits());
    BOOST_CHECK(young.waits());
    BOOST_CHECK_EQUAL(x.read()->data, "old");
    BOOST_CHECK_EQUAL(y.read()->data, "old");
    BOOST_CHECK(!young.waits());
}

BOOST_AUTO_TEST_CASE(room_made_all_at_once_is_for_all_who_fit) {
    fill(x);
    waiting first(bus, a, announcement("$.X", "1"));
    waiting second(bus, b, announcement("$.X", "2"));
    BOOST_CHECK_EQUAL(x.limit(3), 0);
    BOOST_CHECK(!first.waits() && !second.waits());
    BOOST_CHECK_EQUAL(x.read_all().size(), 3);
}

BOOST_AUTO_TEST_CASE(who_stands_behind_one_that_fits_never_doesnt_wait_for_ever) {
    client replier(bus);
    BOOST_REQUIRE_EQUAL(replier.serve("$.Q"), 0);
    BOOST_REQUIRE_EQUAL(x.listen("$.*", AUTOBUS_BIND_EACH), 0);
    BOOST_REQUIRE_EQUAL(x.limit(2), 0);
    BOOST_REQUIRE_GT(x.send(request("$.Q", "", AUTOBUS_PRIVATE)), 0);
    BOOST_REQUIRE_GT(a.send(direct(x.number(), "$.Fill")), 0);
    waiting two_copies(bus, a, announcement("$.X"));
    waiting one_copy(bus, b, direct(x.number(), "$.D"));
    BOOST_CHECK(two_copies.waits() && one_copy.waits());
    x.read();
    BOOST_CHECK(two_copies.waits());
    BOOST_CHECK(!one_copy.waits());
}

BOOST_AUTO_TEST_CASE(recipients_are_looked_up_anew) {
    fill(x);
    waiting one(bus, a, announcement("$.Both"));
    BOOST_CHECK_EQUAL(x.unbind("$.Both", AUTOBUS_LISTENER), 0);
    BOOST_CHECK(!one.waits());
    BOOST_CHECK_EQUAL(x.queued(), 1);
    BOOST_CHECK_EQUAL(y.read_all().size(), 1);
}

BOOST_AUTO_TEST_CASE(room_by_any_means_ends_the_wait) {
    client replier(bus), watched(bus);
    BOOST_REQUIRE_EQUAL(replier.serve("$.Q"), 0);
    /* By the end of a watch. */
    BOOST_REQUIRE_EQUAL(x.limit(1), 0);
    BOOST_REQUIRE_EQUAL(x.watch(watched.number()), 0);
    waiting by_watch(bus, a, announcement("$.X"));
    BOOST_CHECK(by_watch.waits());
    BOOST_CHECK_EQUAL(x.watch(watched.number(), 0, AUTOBUS_WATCH_REMOVE), 0);
    BOOST_CHECK(!by_watch.waits());
    /* By the withdrawal of an unread request. */
    BOOST_REQUIRE_EQUAL(replier.limit(1), 0);
    auto asker = std::make_unique<client>(bus);
    BOOST_REQUIRE_GT(asker->send(request("$.Q")), 0);
    waiting by_withdrawal(bus, a, request("$.Q"));
    BOOST_CHECK(by_withdrawal.waits());
    asker.reset();
    BOOST_CHECK(!by_withdrawal.waits());
    BOOST_CHECK_EQUAL(by_withdrawal.result(), 0);
    /* By more bytes. */
    BOOST_REQUIRE_EQUAL(y.limit(0, 10), 0);
    BOOST_REQUIRE_GT(a.send(announcement("$.Y", "1234567")), 0);
    waiting by_bytes(bus, a, announcement("$.Y", "1234567"));
    BOOST_CHECK(by_bytes.waits());
    BOOST_CHECK_EQUAL(y.limit(0, 20), 0);
    BOOST_CHECK(!by_bytes.waits());
}

BOOST_AUTO_TEST_CASE(the_close_of_the_full_one_ends_the_wait) {
    fill(x);
    fill(y);
    waiting to_listeners(bus, a, announcement("$.X"));
    waiting to_one(bus, a, direct(y.number(), "$.D"));
    x.close();
    y.close();
    BOOST_CHECK(!to_listeners.waits());
    BOOST_CHECK_EQUAL(to_listeners.result(), 0);
    BOOST_CHECK(!to_one.waits());
    BOOST_CHECK_EQUAL(to_one.result(), -ENXIO);
}

BOOST_AUTO_TEST_CASE(the_close_of_the_sender_ends_the_wait) {
    fill(x);
    client sender(bus);
    waiting one(bus, sender, announcement("$.X"));
    BOOST_REQUIRE_EQUAL(sender.claim(AUTOBUS_CLAIM_OPENER), 0);
    ab_file_opener_exits(sender.file());
    BOOST_CHECK(!one.waits());
    BOOST_CHECK_EQUAL(one.result(), -ESHUTDOWN);
    x.read();
    BOOST_CHECK_EQUAL(x.read_all().size(), 0);
}

BOOST_AUTO_TEST_CASE(a_cancelled_wait_leaves_its_place_to_the_next) {
    fill(x);
    waiting first(bus, a, announcement("$.X", "1"));
    waiting second(bus, b, announcement("$.X", "2"));
    BOOST_CHECK(first.cancel());
    bus.check();
    x.read();
    BOOST_CHECK(!second.waits());
    BOOST_CHECK(!second.cancel());
    BOOST_CHECK_EQUAL(x.read_only().data, "2");
}

BOOST_AUTO_TEST_CASE(later_ones_dont_overtake_those_who_are_about_to_be_tried) {
    fill(x);
    waiting first(bus, a, announcement("$.X", "1"));
    std::string order;
    ab_taken taken;
    bus.locked([&](ab_effects* fx) {
        BOOST_REQUIRE_EQUAL(ab_receive_take(&x.core(), &taken), 0);
        ab_receive_done(&x.core(), &taken, fx);
        auto* made = ab_message_new(3, 0, nullptr);
        std::memcpy(const_cast<char*>(made->name), "$.X", 3);
        made->head.type = AUTOBUS_ANNOUNCEMENT;
        made->head.flags = AUTOBUS_WAIT;
        ab_send late;
        BOOST_REQUIRE_EQUAL(ab_send_prepare(&late, &b.core(), made), 0);
        BOOST_CHECK_EQUAL(ab_send_commit(&late, false, fx), -EAGAIN);
        ab_send_free(&late);
    });
    BOOST_CHECK(!first.waits());
    BOOST_CHECK_EQUAL(x.read_only().data, "1");
    BOOST_CHECK(b.poll() & AB_POLLOUT);
}

BOOST_AUTO_TEST_CASE(ones_own_full_queue_is_a_deadlock) {
    fill(x);
    BOOST_CHECK_EQUAL(x.send(announcement("$.X", "", AUTOBUS_WAIT), 0, hang), -EDEADLK);
    auto to_self = direct(x.number(), "$.D");
    to_self.head.flags = AUTOBUS_WAIT;
    BOOST_CHECK_EQUAL(x.send(to_self, 0, hang), -EDEADLK);
    BOOST_CHECK_EQUAL(x.send(direct(x.number(), "$.D")), -EBUSY);
}

BOOST_AUTO_TEST_CASE(pollout_is_off_until_the_one_that_refused_has_room) {
    fill(x);
    BOOST_CHECK_EQUAL(a.send(announcement("$.X", "", AUTOBUS_WAIT)), -EAGAIN);
    BOOST_CHECK(!(a.poll() & AB_POLLOUT));
    BOOST_CHECK(b.poll() & AB_POLLOUT);
    x.read();
    BOOST_CHECK(a.poll() & AB_POLLOUT);
    BOOST_CHECK_GT(a.send(announcement("$.X", "", AUTOBUS_WAIT)), 0);
    BOOST_CHECK_EQUAL(a.send(announcement("$.X", "", AUTOBUS_WAIT)), -EAGAIN);
    BOOST_CHECK(!(a.poll() & AB_POLLOUT));
    x.close();
    BOOST_CHECK(a.poll() & AB_POLLOUT);
}

BOOST_AUTO_TEST_CASE(pollout_that_another_send_turns_on_is_told_to_who_polls) {
    fill(x);
    BOOST_CHECK_EQUAL(a.send(announcement("$.X", "", AUTOBUS_WAIT)), -EAGAIN);
    const auto wakes = a.file()->waiters.wakes;
    BOOST_CHECK_GT(a.send(announcement("$.Y")), 0);
    BOOST_CHECK(a.poll() & AB_POLLOUT);
    BOOST_CHECK_GT(a.file()->waiters.wakes, wakes);
}

BOOST_AUTO_TEST_CASE(a_limited_wait_ends_without_a_trace) {
    fill(x);
    const auto serial = bus.serial();
    BOOST_CHECK_EQUAL(a.send(announcement("$.Both", "", AUTOBUS_WAIT), 0, 1'000'000), -ETIMEDOUT);
    BOOST_CHECK_EQUAL(bus.serial(), serial);
    BOOST_CHECK_EQUAL(y.queued(), 0);
    bus.check();
    x.read();
    BOOST_CHECK_EQUAL(x.queued(), 0);
}

BOOST_AUTO_TEST_CASE(a_thread_that_waits_is_woken) {
    fill(x);
    std::int64_t result = 0;
    std::thread sender([&] { result = a.send(announcement("$.X", "", AUTOBUS_WAIT), 0, hang); });
    for (bool waits = false; !waits;) {
        std::this_thread::yield();
        bus.locked([&](ab_effects*) { waits = !list_empty(&x.core().refused); });
    }
    x.read();
    sender.join();
    BOOST_CHECK_GT(result, 0);
    BOOST_CHECK_EQUAL(x.read_all().size(), 1);
}

BOOST_AUTO_TEST_CASE(many_threads_that_wait_are_all_served_whatever_the_order) {
    constexpr int senders = 6, each = 40;
    BOOST_REQUIRE_EQUAL(x.limit(1), 0);
    BOOST_REQUIRE_EQUAL(y.limit(2), 0);
    std::vector<std::unique_ptr<client>> clients;
    std::vector<std::thread> threads;
    std::vector<int> accepted(senders);
    for (int i = 0; i < senders; i++) {
        clients.push_back(std::make_unique<client>(bus));
    }
    for (int i = 0; i < senders; i++) {
        threads.emplace_back([&, i] {
            for (int n = 0; n < each; n++) {
                if (clients[i]->send(announcement("$.Both", std::to_string(i), AUTOBUS_WAIT), 0,
                                     hang) <= 0) {
                    return;
                }
                accepted[i]++;
            }
        });
    }
    const auto read_all = [&](client& who, std::vector<std::uint64_t>& serials) {
        while (serials.size() < senders * each) {
            autobus_transfer in{};
            std::string room(1024, '\0');
            in.size = sizeof(in);
            in.out = reinterpret_cast<std::uintptr_t>(room.data());
            in.out_size = room.size();
            in.most = 1;
            in.timeout = hang;
            if (who.ioctl(AUTOBUS_IOC_RECEIVE, &in, 0)) {
                return;
            }
            autobus_record head;
            std::memcpy(&head, room.data(), sizeof(head));
            serials.push_back(head.serial);
        }
    };
    std::vector<std::uint64_t> at_x, at_y;
    std::thread other([&] { read_all(y, at_y); });
    read_all(x, at_x);
    other.join();
    for (auto& one : threads) {
        one.join();
    }
    for (int n : accepted) {
        BOOST_CHECK_EQUAL(n, each);
    }
    BOOST_CHECK(std::is_sorted(at_x.begin(), at_x.end()));
    BOOST_CHECK(at_x == at_y);
    BOOST_CHECK_EQUAL(at_x.size(), senders * each);
}

BOOST_AUTO_TEST_SUITE_END()
