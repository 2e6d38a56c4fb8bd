// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"

namespace {

class queue {
public:
    explicit queue(std::uint32_t limit = 4, std::uint64_t bytes = 1000) {
        ab_queue_init(&q, bytes);
        ab_queue_grow(&q, ab_slots_new(limit));
        BOOST_REQUIRE_EQUAL(ab_queue_set_limit(&q, limit), 0);
    }
    ~queue() {
        while (auto* slot = ab_queue_first(&q)) {
            remove(slot);
        }
        while (q.reserved) {
            ab_queue_unreserve(&q);
        }
        ab_queue_deinit(&q);
        BOOST_CHECK_EQUAL(ab_alloc_live(), live_);
    }
    ab_slot* push(std::uint32_t size = 10, bool urgent = false) {
        ab_effects fx;
        ab_effects_init(&fx);
        auto* made = ab_message_new(0, size, nullptr);
        made->head.flags = urgent ? AUTOBUS_URGENT : 0;
        made->head.serial = ++serial_;
        auto* slot = ab_queue_push(&q, made, 0, 0);
        ab_message_unref(made, &fx);
        ab_effects_finish(&fx);
        return slot;
    }
    void remove(ab_slot* slot) {
        ab_effects fx;
        ab_effects_init(&fx);
        ab_queue_remove(&q, slot, &fx);
        ab_effects_finish(&fx);
    }
    ab_slot* take() { return q.taken = ab_queue_first(&q); }
    bool untake(bool told) {
        ab_effects fx;
        ab_effects_init(&fx);
        const bool gone = ab_queue_untake(&q, told, &fx);
        ab_effects_finish(&fx);
        return gone;
    }
    /* Reads the first: its serial, and what it tells of lost ones. */
    std::pair<std::uint64_t, std::uint32_t> read() {
        auto* slot = take();
        const std::pair told{slot->message->head.serial, slot->lost};
        BOOST_CHECK(!untake(true));
        remove(slot);
        return told;
    }
    ab_queue q;

private:
    std::uint64_t serial_ = 0;
    long live_ = ab_alloc_live();
};

using told = std::pair<std::uint64_t, std::uint32_t>;

void check_told(told got, std::uint64_t serial, std::uint32_t lost) {
    BOOST_CHECK_EQUAL(got.first, serial);
    BOOST_CHECK_EQUAL(got.second, lost);
}

} // namespace

BOOST_AUTO_TEST_SUITE(queue_)

BOOST_AUTO_TEST_CASE(a_reserved_slot_is_room_that_nobody_else_gets) {
    queue all(3);
    BOOST_CHECK(ab_queue_has_slots(&all.q, 3));
    ab_queue_reserve(&all.q);
    BOOST_CHECK(!ab_queue_has_slots(&all.q, 3));
    all.push();
    all.push();
    BOOST_CHECK(!ab_queue_has_room(&all.q, 1));
    BOOST_CHECK(!ab_queue_has_slots(&all.q, 1));
    ab_queue_unreserve(&all.q);
    all.push();
    BOOST_CHECK_EQUAL(all.q.queued, 3);
}

BOOST_AUTO_TEST_CASE(urgent_records_come_first_and_each_kind_in_its_order) {
    queue all(8);
    all.push();
    all.push(10, true);
    all.push();
    all.push(10, true);
    for (std::uint64_t serial : {2, 4, 1, 3}) {
        check_told(all.read(), serial, 0);
    }
}

BOOST_AUTO_TEST_CASE(bytes_are_counted_and_an_empty_queue_takes_a_record_of_any_size) {
    queue all(4, 100);
    BOOST_CHECK(ab_queue_has_room(&all.q, 5000));
    all.push(60);
    BOOST_CHECK(ab_queue_has_room(&all.q, 40));
    BOOST_CHECK(!ab_queue_has_room(&all.q, 41));
    all.push(40);
    BOOST_CHECK_EQUAL(all.q.bytes, 100);
    all.read();
    BOOST_CHECK_EQUAL(all.q.bytes, 40);
}

BOOST_AUTO_TEST_CASE(lost_ones_are_told_by_the_next_ordinary_record_once) {
    queue all(8);
    all.push();
    ab_queue_lose(&all.q, 2);
    ab_queue_lose(&all.q, 1);
    all.push(10, true);
    all.push();
    all.push();
    check_told(all.read(), 2, 0);
    check_told(all.read(), 1, 0);
    check_told(all.read(), 3, 3);
    check_told(all.read(), 4, 0);
    BOOST_CHECK_EQUAL(all.q.lost, 0);
    BOOST_CHECK_EQUAL(all.q.lost_total, 3);
}

BOOST_AUTO_TEST_CASE(lost_ones_alone_make_it_readable) {
    queue all;
    BOOST_CHECK(!ab_queue_readable(&all.q));
    ab_queue_lose(&all.q, 1);
    BOOST_CHECK(ab_queue_readable(&all.q));
    all.q.lost = 0;
}

BOOST_AUTO_TEST_CASE(what_a_removed_record_would_have_told_the_next_one_tells) {
    queue all(8);
    ab_queue_lose(&all.q, 2);
    auto* first = all.push();
    ab_queue_lose(&all.q, 3);
    all.push();
    all.remove(first);
    check_told(all.read(), 2, 5);
}

BOOST_AUTO_TEST_CASE(what_the_last_removed_record_would_have_told_is_not_forgotten) {
    queue all(8);
    all.push();
    ab_queue_lose(&all.q, 2);
    auto* last = all.push();
    all.remove(last);
    BOOST_CHECK_EQUAL(all.q.lost, 2);
    all.push();
    check_told(all.read(), 1, 0);
    check_told(all.read(), 3, 2);
}

BOOST_AUTO_TEST_CASE(a_record_that_is_put_back_still_tells_what_was_lost) {
    queue all(8);
    ab_queue_lose(&all.q, 2);
    all.push();
    all.take();
    BOOST_CHECK(!all.untake(false));
    check_told(all.read(), 1, 2);
}

BOOST_AUTO_TEST_CASE(a_slot_that_is_removed_while_taken_is_used_again_only_after_its_reader) {
    queue all(1);
    auto* slot = all.push(30);
    all.take();
    all.remove(slot);
    BOOST_CHECK_EQUAL(all.q.queued, 1);
    BOOST_CHECK_EQUAL(all.q.bytes, 30);
    BOOST_CHECK(slot->message);
    BOOST_CHECK(!ab_queue_has_slots(&all.q, 1));
    BOOST_CHECK(all.untake(true));
    BOOST_CHECK_EQUAL(all.q.queued, 0);
    BOOST_CHECK_EQUAL(all.q.bytes, 0);
    BOOST_CHECK_EQUAL(all.q.lost, 0);
}

BOOST_AUTO_TEST_CASE(a_gap_keeps_its_place_when_its_record_is_removed_while_taken) {
    queue all(8);
    ab_queue_lose(&all.q, 2);
    auto* slot = all.push();
    all.take();
    all.push();
    all.remove(slot);
    BOOST_CHECK(all.untake(false));
    all.push();
    check_told(all.read(), 2, 2);
    check_told(all.read(), 3, 0);
}

BOOST_AUTO_TEST_CASE(the_count_of_lost_ones_doesnt_wrap) {
    queue all;
    ab_queue_lose(&all.q, 0xfffffff0);
    ab_queue_lose(&all.q, 0x20);
    BOOST_CHECK_EQUAL(all.q.lost, 0xffffffff);
    BOOST_CHECK_EQUAL(all.q.lost_total, 0x100000010);
    all.push();
    check_told(all.read(), 1, 0xffffffff);
}

BOOST_AUTO_TEST_CASE(the_limit_is_not_set_below_what_is_in_use) {
    queue all(4);
    all.push();
    ab_queue_reserve(&all.q);
    BOOST_CHECK_EQUAL(ab_queue_set_limit(&all.q, 1), -EBUSY);
    BOOST_CHECK_EQUAL(all.q.limit, 4);
    BOOST_CHECK_EQUAL(ab_queue_set_limit(&all.q, 2), 0);
    BOOST_CHECK(!ab_queue_has_slots(&all.q, 1));
    ab_queue_grow(&all.q, ab_slots_new(6));
    BOOST_CHECK_EQUAL(ab_queue_set_limit(&all.q, 10), 0);
    BOOST_CHECK(ab_queue_has_slots(&all.q, 8));
}

BOOST_AUTO_TEST_SUITE_END()
