// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"

namespace {

/* A header to spoil, and whether a router sends it. */
struct spoiled {
    const char* what;
    int expected;
    std::function<void(autobus_record&)> spoil;
};

struct checker {
    test::bus bus;
    test::client plain{bus};
    test::client router{bus, {true, true, true, 0}};
    checker() { BOOST_REQUIRE_EQUAL(router.claim(AUTOBUS_CLAIM_ROUTER), 0); }

    static autobus_record good(std::uint32_t type) {
        autobus_record head{};
        head.header_size = sizeof(head);
        head.name_size = 3;
        head.data_size = 9;
        head.size = sizeof(head) + 8 + 16;
        head.type = type;
        return head;
    }
    int check(const autobus_record& head, bool of_router = false, std::uint64_t room = 1 << 21) {
        return ab_record_check(&head, of_router ? &router.core() : &plain.core(), room);
    }
    void run(std::uint32_t type, const std::vector<spoiled>& all, bool of_router = false) {
        for (const auto& one : all) {
            auto head = good(type);
            one.spoil(head);
            const int r = check(head, of_router);
            BOOST_CHECK_MESSAGE(r == one.expected, one.what << " gave " << r);
        }
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(record_, checker)

BOOST_AUTO_TEST_CASE(good_headers_pass) {
    run(AUTOBUS_ANNOUNCEMENT,
        {{"plain", 0, [](auto&) {}},
         {"urgent, fail", 0, [](auto& h) { h.flags = AUTOBUS_URGENT | AUTOBUS_FAIL; }},
         {"wait", 0, [](auto& h) { h.flags = AUTOBUS_WAIT; }}});
    run(AUTOBUS_REQUEST, {{"addressed", 0, [](auto& h) { h.to = {0, 3}; }},
                          {"addressed afar", 0, [](auto& h) { h.to = {7, 3}; }},
                          {"private", 0, [](auto& h) { h.flags = AUTOBUS_PRIVATE; }}});
    run(AUTOBUS_REPLY, {{"reply", 0, [](auto& h) { h.in_reply_to = 5; }}});
    run(AUTOBUS_DIRECT, {{"direct", 0, [](auto& h) { h.to = {0, 3}; }}});
}

BOOST_AUTO_TEST_CASE(sizes_must_agree_and_no_sum_wraps) {
    run(AUTOBUS_ANNOUNCEMENT,
        {{"size too small", -EINVAL, [](auto& h) { h.size -= 8; }},
         {"size too big", -EINVAL, [](auto& h) { h.size += 8; }},
         {"size not padded", -EINVAL, [](auto& h) { h.size -= 1; }},
         {"size 0", -EINVAL, [](auto& h) { h.size = 0; }},
         {"header shorter", -EINVAL, [](auto& h) { h.header_size -= 8; }},
         {"header longer", -EINVAL, [](auto& h) { h.header_size += 8; }},
         {"name wraps", -EINVAL, [](auto& h) { h.name_size = 0xfffffff8 + 3; }},
         {"data wraps", -EINVAL, [](auto& h) { h.data_size = 0xfffffff8 + 1; h.size -= 8; }},
         {"data wraps to the same size", -EINVAL,
          [](auto& h) { h.name_size = 0xfffffff0; h.data_size = 40; }},
         {"padding wraps", -EINVAL, [](auto& h) { h.data_size = 0xffffffff; h.size -= 16; }},
         {"both wrap", -EINVAL,
          [](auto& h) { h.name_size = 0x80000000; h.data_size = 0x80000018; }}});
    auto head = good(AUTOBUS_ANNOUNCEMENT);
    BOOST_CHECK_EQUAL(check(head, false, head.size), 0);
    BOOST_CHECK_EQUAL(check(head, false, head.size - 8), -EINVAL);
}

BOOST_AUTO_TEST_CASE(too_long_names_and_data_are_refused) {
    auto head = good(AUTOBUS_ANNOUNCEMENT);
    head.name_size = 1024;
    head.size = sizeof(head) + 1024 + 16;
    BOOST_CHECK_EQUAL(check(head), 0);
    head.name_size = 1025;
    head.size += 8;
    BOOST_CHECK_EQUAL(check(head), -ENAMETOOLONG);
    head = good(AUTOBUS_ANNOUNCEMENT);
    head.data_size = AUTOBUS_DEFAULT_MESSAGE;
    head.size = sizeof(head) + 8 + head.data_size;
    BOOST_CHECK_EQUAL(check(head), 0);
    head.data_size += 1;
    head.size += 8;
    BOOST_CHECK_EQUAL(check(head), -EMSGSIZE);
}

BOOST_AUTO_TEST_CASE(what_only_the_kernel_sets_must_be_zero) {
    run(AUTOBUS_ANNOUNCEMENT,
        {{"serial", -EINVAL, [](auto& h) { h.serial = 1; }},
         {"from", -EINVAL, [](auto& h) { h.from = 1; }},
         {"cookie", -EINVAL, [](auto& h) { h.cookie = 1; }},
         {"reserved", -EINVAL, [](auto& h) { h.reserved = 1; }},
         {"sender's tgid", -EINVAL, [](auto& h) { h.sender.tgid = 1; }},
         {"sender's uid", -EINVAL, [](auto& h) { h.sender.uid = 1; }},
         {"sender's gid", -EINVAL, [](auto& h) { h.sender.gid = 1; }},
         {"owed", -EINVAL, [](auto& h) { h.flags = AUTOBUS_OWED; }},
         {"answer", -EINVAL, [](auto& h) { h.flags = AUTOBUS_ANSWER; }},
         {"current", -EINVAL, [](auto& h) { h.flags = AUTOBUS_CURRENT; }}});
}

BOOST_AUTO_TEST_CASE(unknown_types_and_flags_are_refused) {
    std::vector<spoiled> all{{"type 0", -EINVAL, [](auto& h) { h.type = 0; }},
                             {"type 8", -EINVAL, [](auto& h) { h.type = 8; }}};
    for (int bit = 0; bit < 32; bit++) {
        const auto known = AUTOBUS_FLAGS_SENDER | AUTOBUS_FLAGS_ROUTER | AUTOBUS_FLAGS_KERNEL;
        if (!(1u << bit & known)) {
            all.push_back({"unknown flag", -EINVAL, [bit](auto& h) { h.flags = 1u << bit; }});
        }
    }
    run(AUTOBUS_ANNOUNCEMENT, all);
}

BOOST_AUTO_TEST_CASE(each_type_has_its_own_fields_and_flags) {
    run(AUTOBUS_ANNOUNCEMENT,
        {{"fail and wait", -EINVAL, [](auto& h) { h.flags = AUTOBUS_FAIL | AUTOBUS_WAIT; }},
         {"private", -EINVAL, [](auto& h) { h.flags = AUTOBUS_PRIVATE; }},
         {"in reply to", -EINVAL, [](auto& h) { h.in_reply_to = 1; }},
         {"timeout", -EINVAL, [](auto& h) { h.timeout = 1; }},
         {"to", -EINVAL, [](auto& h) { h.to.endpoint = 1; }},
         {"to a bus", -EINVAL, [](auto& h) { h.to.bus = 1; }},
         {"clear", -EINVAL, [](auto& h) { h.flags = AUTOBUS_CLEAR; }},
         {"retained, urgent", -EINVAL,
          [](auto& h) { h.flags = AUTOBUS_RETAINED | AUTOBUS_URGENT; }},
         {"retained", -EOPNOTSUPP, [](auto& h) { h.flags = AUTOBUS_RETAINED; }}});
    run(AUTOBUS_REQUEST,
        {{"retained", -EINVAL, [](auto& h) { h.flags = AUTOBUS_RETAINED; }},
         {"in reply to", -EINVAL, [](auto& h) { h.in_reply_to = 1; }},
         {"to a bus alone", -EINVAL, [](auto& h) { h.to.bus = 1; }},
         {"timeout", -EOPNOTSUPP, [](auto& h) { h.timeout = 1; }}});
    run(AUTOBUS_REPLY, {{"to nothing", -EINVAL, [](auto&) {}},
                        {"private", -EINVAL,
                         [](auto& h) { h.in_reply_to = 1; h.flags = AUTOBUS_PRIVATE; }},
                        {"timeout", -EINVAL, [](auto& h) { h.in_reply_to = 1; h.timeout = 1; }}});
    run(AUTOBUS_DIRECT, {{"to nobody", -EINVAL, [](auto&) {}},
                         {"in reply to", -EINVAL,
                          [](auto& h) { h.to.endpoint = 1; h.in_reply_to = 1; }}});
}

BOOST_AUTO_TEST_CASE(a_routers_fields_are_refused_from_others) {
    run(AUTOBUS_ANNOUNCEMENT,
        {{"origin's bus", -EPERM, [](auto& h) { h.origin.bus = 1; }},
         {"origin's endpoint", -EPERM, [](auto& h) { h.origin.endpoint = 1; }},
         {"origin's serial", -EPERM, [](auto& h) { h.origin.serial = 1; }},
         {"code", -EPERM, [](auto& h) { h.code = 1; }},
         {"reached", -EPERM, [](auto& h) { h.reached = 1; }},
         {"lost", -EPERM, [](auto& h) { h.lost = 1; }},
         {"claimed", -EPERM, [](auto& h) { h.claimed.uid = 1; }},
         {"remote", -EPERM, [](auto& h) { h.flags = AUTOBUS_REMOTE; h.origin.bus = 1; }},
         {"claimed flag", -EPERM, [](auto& h) { h.flags = AUTOBUS_CLAIMED; }}});
    run(AUTOBUS_REQUEST, {{"alone", -EPERM, [](auto& h) { h.flags = AUTOBUS_ALONE; }},
                          {"copy", -EPERM, [](auto& h) { h.flags = AUTOBUS_COPY; }}});
    run(AUTOBUS_STATUS, {{"status", -EPERM, [](auto& h) { h.in_reply_to = 1; }}});
    run(AUTOBUS_NOTICE, {{"notice", -EPERM, [](auto&) {}}});
    run(AUTOBUS_MARK, {{"mark", -EPERM, [](auto&) {}}});
}

BOOST_AUTO_TEST_CASE(a_router_says_only_what_makes_sense) {
    const auto remote = [](auto& h) { h.flags |= AUTOBUS_REMOTE; h.origin = {9, 1, 1}; };
    const auto here = bus.id();
    run(AUTOBUS_ANNOUNCEMENT,
        {{"remote", 0, remote},
         {"claimed", 0, [&](auto& h) { remote(h); h.flags |= AUTOBUS_CLAIMED; h.claimed.uid = 5; }},
         {"remote without origin", -EINVAL, [](auto& h) { h.flags = AUTOBUS_REMOTE; }},
         {"origin without remote", -EINVAL, [](auto& h) { h.origin.bus = 9; }},
         {"of this bus", -EINVAL,
          [&](auto& h) { h.flags = AUTOBUS_REMOTE; h.origin.bus = here; }},
         {"claims without the flag", -EINVAL, [&](auto& h) { remote(h); h.claimed.uid = 5; }},
         {"claims of its own", -EINVAL, [](auto& h) { h.flags = AUTOBUS_CLAIMED; }},
         {"alone", -EINVAL, [&](auto& h) { remote(h); h.flags |= AUTOBUS_ALONE; }},
         {"code", -EINVAL, [&](auto& h) { remote(h); h.code = 1; }},
         {"reached", -EINVAL, [&](auto& h) { remote(h); h.reached = 1; }},
         {"lost", -EINVAL, [&](auto& h) { remote(h); h.lost = 1; }}},
        true);
    run(AUTOBUS_REQUEST,
        {{"alone", 0, [](auto& h) { h.flags = AUTOBUS_ALONE; }},
         {"copy", 0, [&](auto& h) { remote(h); h.flags |= AUTOBUS_COPY; }},
         {"copy of its own", -EINVAL, [](auto& h) { h.flags = AUTOBUS_COPY; }},
         {"both", -EINVAL,
          [&](auto& h) { remote(h); h.flags |= AUTOBUS_COPY | AUTOBUS_ALONE; }}},
        true);
    run(AUTOBUS_STATUS,
        {{"status", 0, [](auto& h) { h.in_reply_to = 1; h.data_size = 0; h.size -= 16; }},
         {"with data", -EINVAL, [](auto& h) { h.in_reply_to = 1; }},
         {"reached 3", -EINVAL,
          [](auto& h) { h.in_reply_to = 1; h.data_size = 0; h.size -= 16; h.reached = 3; }}},
        true);
    const auto bare = [&](auto& h) { remote(h); h.data_size = 0; h.size -= 16; };
    run(AUTOBUS_NOTICE,
        {{"closed", 0, [&](auto& h) { bare(h); h.code = AUTOBUS_NOTICE_CLOSED; }},
         {"cleared", 0, [&](auto& h) { bare(h); h.code = AUTOBUS_NOTICE_CLEARED; }},
         {"bound", -EINVAL, [&](auto& h) { bare(h); h.code = AUTOBUS_NOTICE_BOUND; }},
         {"with data", -EINVAL, [&](auto& h) { remote(h); h.code = AUTOBUS_NOTICE_CLOSED; }},
         {"of its own", -EINVAL,
          [](auto& h) { h.data_size = 0; h.size -= 16; h.code = AUTOBUS_NOTICE_CLOSED; }}},
        true);
    run(AUTOBUS_MARK, {{"lost", 0, [&](auto& h) { bare(h); h.lost = 2; }},
                       {"lost none", -EINVAL, bare}},
        true);
}

BOOST_AUTO_TEST_SUITE_END()
