// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"

namespace {

/* A list of values, with messages named as the test says, and a cursor in it. */
class values {
public:
    explicit values(const char* pattern) {
        INIT_LIST_HEAD(&list);
        ab_name name;
        BOOST_REQUIRE_EQUAL(ab_name_parse(&name, pattern, std::strlen(pattern), true), 0);
        cursor = ab_cursor_new(&name, 5);
        BOOST_REQUIRE(cursor);
    }
    ~values() {
        ab_cursor_stop(cursor);
        ab_cursor_free(cursor);
        while (!all.empty()) {
            remove(all.begin()->first);
        }
        BOOST_CHECK_EQUAL(ab_alloc_live(), live);
    }
    void set(std::uint64_t serial, const std::string& name) {
        auto& one = all[serial];
        one.message = ab_message_new(name.size(), 0, nullptr);
        std::memcpy(const_cast<char*>(one.message->name), name.data(), name.size());
        one.message->head.serial = serial;
        list_add_tail(&one.link, &list);
    }
    void remove(std::uint64_t serial) {
        list_del(&all[serial].link);
        ab_message_free(all[serial].message);
        all.erase(serial);
    }
    /* The next value's serial, left where it is; 0 at the end. */
    std::uint64_t peek() {
        ab_message* message;
        while (ab_cursor_peek(cursor, &message)) {
            steps++;
        }
        return message ? message->head.serial : 0;
    }
    std::uint64_t next() {
        const auto serial = peek();
        if (serial) {
            ab_cursor_pass(cursor, all[serial].message);
        }
        return serial;
    }
    cds_list_head list;
    std::map<std::uint64_t, ab_value> all;
    ab_cursor* cursor;
    int steps = 0;
    long live = ab_alloc_live();
};

} // namespace

BOOST_AUTO_TEST_SUITE(value_)

BOOST_AUTO_TEST_CASE(a_cursor_gives_each_matching_value_in_order) {
    values some("$.A.*");
    some.set(1, "$.A.B");
    some.set(2, "$.B");
    some.set(3, "$.A.C");
    ab_cursor_start(some.cursor, &some.list, 3);
    BOOST_CHECK_EQUAL(some.peek(), 1);
    BOOST_CHECK_EQUAL(some.next(), 1);
    BOOST_CHECK_EQUAL(some.next(), 3);
    BOOST_CHECK_EQUAL(some.next(), 0);
}

BOOST_AUTO_TEST_CASE(what_is_set_later_is_not_the_cursors) {
    values some("$.*");
    some.set(1, "$.A");
    ab_cursor_start(some.cursor, &some.list, 1);
    some.set(2, "$.B");
    BOOST_CHECK_EQUAL(some.next(), 1);
    BOOST_CHECK_EQUAL(some.next(), 0);
}

BOOST_AUTO_TEST_CASE(a_value_that_goes_during_the_walk_is_not_given) {
    values some("$.*");
    for (std::uint64_t i = 1; i <= 4; i++) {
        some.set(i, "$.A");
    }
    ab_cursor_start(some.cursor, &some.list, 4);
    BOOST_CHECK_EQUAL(some.next(), 1);
    some.remove(1);
    some.remove(2);
    BOOST_CHECK_EQUAL(some.peek(), 3);
    some.remove(3);
    BOOST_CHECK_EQUAL(some.next(), 4);
    BOOST_CHECK_EQUAL(some.next(), 0);
}

BOOST_AUTO_TEST_CASE(passing_a_value_that_was_replaced_skips_nothing) {
    values some("$.*");
    some.set(1, "$.A");
    some.set(2, "$.B");
    ab_cursor_start(some.cursor, &some.list, 2);
    BOOST_CHECK_EQUAL(some.peek(), 1);
    auto* other = ab_message_new(3, 0, nullptr);
    ab_cursor_pass(some.cursor, other);
    ab_message_free(other);
    BOOST_CHECK_EQUAL(some.next(), 1);
    BOOST_CHECK_EQUAL(some.next(), 2);
}

BOOST_AUTO_TEST_CASE(a_step_looks_at_a_bounded_number_of_values) {
    values some("$.Z");
    for (std::uint64_t i = 1; i <= 3 * AB_CURSOR_STEP; i++) {
        some.set(i, "$.A");
    }
    some.set(1000, "$.Z");
    ab_cursor_start(some.cursor, &some.list, 1000);
    BOOST_CHECK_EQUAL(some.next(), 1000);
    BOOST_CHECK_EQUAL(some.steps, 3);
    BOOST_CHECK_EQUAL(some.next(), 0);
}

BOOST_AUTO_TEST_CASE(cursors_in_one_list_dont_see_each_other) {
    values some("$.*");
    some.set(1, "$.A");
    ab_cursor_start(some.cursor, &some.list, 1);
    ab_name name;
    BOOST_REQUIRE_EQUAL(ab_name_parse(&name, "$.*", 3, true), 0);
    auto* other = ab_cursor_new(&name, 0);
    ab_cursor_start(other, &some.list, 1);
    BOOST_CHECK_EQUAL(some.next(), 1);
    BOOST_CHECK_EQUAL(some.next(), 0);
    ab_message* message;
    BOOST_CHECK_EQUAL(ab_cursor_peek(other, &message), 0);
    BOOST_CHECK(message == some.all[1].message);
    ab_cursor_stop(other);
    ab_cursor_free(other);
}

BOOST_AUTO_TEST_SUITE_END()
