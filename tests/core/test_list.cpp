// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"

namespace {

using namespace test;

struct lists {
    test::bus bus;
    client a{bus}, b{bus, {true, true, true, 7}};

    int list(autobus_list& what, std::string& room) {
        what.size = sizeof(what);
        what.out = reinterpret_cast<std::uintptr_t>(room.data());
        what.out_size = room.size();
        return a.ioctl(AUTOBUS_IOC_LIST, &what);
    }
    static autobus_item item_at(const std::string& room, std::size_t at = 0) {
        autobus_item item;
        std::memcpy(&item, room.data() + at, sizeof(item));
        return item;
    }
    int who(const std::string& name, autobus_item& item, std::string& pattern,
            std::size_t size = 1024) {
        std::string room(size, '\0');
        autobus_list what{};
        what.what = AUTOBUS_LIST_REPLIER;
        what.name = reinterpret_cast<std::uintptr_t>(name.data());
        what.name_size = name.size();
        const int r = list(what, room);
        if (!r) {
            item = item_at(room);
            pattern = room.substr(sizeof(item), item.name_size);
            BOOST_CHECK_EQUAL(what.count, 1);
        }
        return r;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(list_, lists)

BOOST_AUTO_TEST_CASE(endpoints_are_listed_with_what_they_have) {
    BOOST_REQUIRE_EQUAL(b.claim(AUTOBUS_CLAIM_ROUTER), 0);
    BOOST_REQUIRE_EQUAL(a.listen("$.A"), 0);
    BOOST_REQUIRE_EQUAL(b.serve("$.Q"), 0);
    BOOST_REQUIRE_GT(b.send(announcement("$.A", "12345")), 0);
    BOOST_REQUIRE_GT(a.send(request("$.Q")), 0);
    std::string room(4096, '\0');
    autobus_list what{};
    what.what = AUTOBUS_LIST_ENDPOINTS;
    BOOST_REQUIRE_EQUAL(list(what, room), 0);
    BOOST_CHECK_EQUAL(what.count, 2);
    BOOST_CHECK_EQUAL(what.out_done, 2 * sizeof(autobus_item));
    BOOST_CHECK_EQUAL(what.serial_first, bus.serial());
    const auto first = item_at(room), second = item_at(room, sizeof(autobus_item));
    BOOST_CHECK_EQUAL(first.endpoint, a.number());
    BOOST_CHECK_EQUAL(first.bytes, 8);
    BOOST_CHECK_EQUAL(first.records, 1);
    BOOST_CHECK_EQUAL(first.reserved_records, 1);
    BOOST_CHECK_EQUAL(first.bindings, 1);
    BOOST_CHECK_EQUAL(first.asked, 1);
    BOOST_CHECK_EQUAL(first.opener.uid, 1000);
    BOOST_CHECK_EQUAL(second.owed, 1);
    BOOST_CHECK_EQUAL(second.flags, AUTOBUS_ITEM_ROUTER);
    BOOST_CHECK_EQUAL(second.opener.uid, 7);
}

BOOST_AUTO_TEST_CASE(a_list_goes_on_where_it_ended_and_gives_each_once) {
    std::vector<std::string> expected, got;
    for (int i = 0; i < 20; i++) {
        const auto pattern = "$.P" + std::to_string(i);
        BOOST_REQUIRE_EQUAL((i % 2 ? a : b).listen(pattern), 0);
        expected.push_back(pattern);
    }
    std::uint64_t endpoint = 0, id = 0;
    do {
        std::string room(3 * (sizeof(autobus_item) + 8), '\0');
        autobus_list what{};
        what.what = AUTOBUS_LIST_BINDINGS;
        what.next_endpoint = endpoint;
        what.next_id = id;
        BOOST_REQUIRE_EQUAL(list(what, room), 0);
        for (std::size_t at = 0; at < what.out_done;) {
            const auto item = item_at(room, at);
            BOOST_CHECK_EQUAL(item.role, AUTOBUS_LISTENER);
            got.push_back(room.substr(at + sizeof(item), item.name_size));
            at += item.size;
        }
        endpoint = what.next_endpoint;
        id = what.next_id;
    } while (endpoint || id);
    std::sort(expected.begin(), expected.end());
    std::sort(got.begin(), got.end());
    BOOST_CHECK(got == expected);
}

BOOST_AUTO_TEST_CASE(a_list_goes_on_behind_an_endpoint_that_closed) {
    client c(bus), d(bus);
    std::string room(sizeof(autobus_item), '\0');
    autobus_list what{};
    what.what = AUTOBUS_LIST_ENDPOINTS;
    what.next_endpoint = c.number();
    c.close();
    BOOST_REQUIRE_EQUAL(list(what, room), 0);
    BOOST_CHECK_EQUAL(item_at(room).endpoint, d.number());
}

BOOST_AUTO_TEST_CASE(open_requests_are_listed_with_who_owes_them) {
    BOOST_REQUIRE_EQUAL(b.serve("$.Q"), 0);
    BOOST_REQUIRE_GT(a.send(request("$.Q")), 0);
    b.read();
    BOOST_REQUIRE_GT(a.send(request("$.Q")), 0);
    std::string room(4096, '\0');
    autobus_list what{};
    what.what = AUTOBUS_LIST_REQUESTS;
    BOOST_REQUIRE_EQUAL(list(what, room), 0);
    BOOST_REQUIRE_EQUAL(what.count, 2);
    const auto first = item_at(room), second = item_at(room, sizeof(autobus_item) + 8);
    BOOST_CHECK_EQUAL(first.flags, AUTOBUS_ITEM_HANDED);
    BOOST_CHECK_EQUAL(first.requester, a.number());
    BOOST_CHECK_EQUAL(first.endpoint, b.number());
    BOOST_CHECK_EQUAL(second.flags, 0);
    BOOST_CHECK_GT(second.id, first.id);
}

BOOST_AUTO_TEST_CASE(the_replier_of_a_name_is_told_with_its_pattern) {
    autobus_item item;
    std::string pattern;
    BOOST_CHECK_EQUAL(who("$.Q.R", item, pattern), -EADDRNOTAVAIL);
    BOOST_REQUIRE_EQUAL(b.serve("$.Q.*"), 0);
    BOOST_REQUIRE_EQUAL(a.serve("$.%.R"), 0);
    BOOST_REQUIRE_EQUAL(who("$.Q.R", item, pattern), 0);
    BOOST_CHECK_EQUAL(pattern, "$.Q.*");
    BOOST_CHECK_EQUAL(item.endpoint, b.number());
    BOOST_CHECK_EQUAL(who("$.Q.R", item, pattern, 8), -EMSGSIZE);
    BOOST_CHECK_EQUAL(who("$.Q.%", item, pattern), -EBADMSG);
    BOOST_CHECK_EQUAL(who("$." + std::string(1100, 'x'), item, pattern), -ENAMETOOLONG);
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_refused) {
    const auto refused = [&](int expected, const std::function<void(autobus_list&)>& spoil) {
        std::string room(4096, '\0');
        autobus_list what{};
        what.what = AUTOBUS_LIST_ENDPOINTS;
        spoil(what);
        BOOST_CHECK_EQUAL(list(what, room), expected);
    };
    refused(-EINVAL, [](auto& what) { what.what = 0; });
    refused(-EINVAL, [](auto& what) { what.what = 6; });
    refused(-EINVAL, [](auto& what) { what.flags = 1; });
    refused(-EINVAL, [](auto& what) { what.name_size = 1; });
    refused(-EINVAL, [](auto& what) { what.out_done = 1; });
    refused(-EINVAL, [](auto& what) { what.count = 1; });
    refused(-EINVAL, [](auto& what) { what.serial_first = 1; });
    refused(-EINVAL, [](auto& what) { what.what = AUTOBUS_LIST_REPLIER; what.next_id = 1; });
    refused(-EOPNOTSUPP, [](auto& what) { what.what = AUTOBUS_LIST_VALUES; });
    std::string none;
    autobus_list what{};
    what.what = AUTOBUS_LIST_ENDPOINTS;
    BOOST_CHECK_EQUAL(list(what, none), -EMSGSIZE);
}

BOOST_AUTO_TEST_SUITE_END()
