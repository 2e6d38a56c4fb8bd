// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"

BOOST_AUTO_TEST_SUITE(message_)

BOOST_AUTO_TEST_CASE(sizes_are_padded_to_multiples_of_8) {
    for (std::uint32_t name : {0u, 3u, 8u, 9u}) {
        for (std::uint32_t data : {0u, 1u, 8u, 300u}) {
            auto* made = ab_message_new(name, data, nullptr);
            BOOST_REQUIRE(made);
            BOOST_CHECK_EQUAL(made->head.size % 8, 0);
            BOOST_CHECK_EQUAL(made->head.size,
                              sizeof(autobus_record) + (name + 7) / 8 * 8 + (data + 7) / 8 * 8);
            BOOST_CHECK_EQUAL(ab_message_bytes(made), name + data);
            BOOST_CHECK(made->name + (name + 7) / 8 * 8 == made->data);
            ab_message_free(made);
        }
    }
}

BOOST_AUTO_TEST_CASE(padding_never_shows_what_was_in_memory_before) {
    for (std::uint32_t size : {3u, 250u, 1001u}) {
        auto* made = ab_message_new(3, size, nullptr);
        std::memset(const_cast<char*>(made->name), 'x', 3);
        std::memset(const_cast<void*>(made->data), 'x', size);
        for (int i = 3; i < 8; i++) {
            BOOST_CHECK_EQUAL(made->name[i], '\0');
        }
        for (auto i = size; i % 8; i++) {
            BOOST_CHECK_EQUAL(static_cast<const char*>(made->data)[i], '\0');
        }
        ab_message_free(made);
    }
}

BOOST_AUTO_TEST_CASE(it_lives_until_the_last_reference_goes_and_keeps_whose_name_it_uses) {
    const auto live = ab_alloc_live();
    ab_effects fx;
    ab_effects_init(&fx);
    auto* creds = ab_creds_new(1, 2, 3);
    auto* asked = ab_message_new(3, 0, creds);
    auto* reply = ab_message_new(0, 500, nullptr);
    ab_creds_put(creds);
    reply->named = asked;
    ab_message_ref(asked);
    ab_message_unref(asked, &fx);
    BOOST_CHECK(list_empty(&fx.junk));
    ab_message_ref(reply);
    ab_message_unref(reply, &fx);
    BOOST_CHECK(list_empty(&fx.junk));
    ab_message_unref(reply, &fx);
    ab_effects_finish(&fx);
    BOOST_CHECK_EQUAL(ab_alloc_live(), live);
}

BOOST_AUTO_TEST_CASE(without_memory_there_is_none_and_nothing_is_left) {
    static long left;
    const auto live = ab_alloc_live();
    ab_alloc_fails = [] { return left-- == 0 ? 1 : 0; };
    for (left = 0; ab_alloc_live() == live;) {
        static long n = 0;
        left = n++;
        auto* made = ab_message_new(10, 1000, nullptr);
        if (made) {
            BOOST_CHECK_EQUAL(n, 3);
            ab_message_free(made);
            break;
        }
    }
    ab_alloc_fails = nullptr;
    BOOST_CHECK_EQUAL(ab_alloc_live(), live);
}

BOOST_AUTO_TEST_SUITE_END()
