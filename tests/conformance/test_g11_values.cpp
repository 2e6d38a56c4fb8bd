// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// G11: current values, so far those of $.Autobus.Bound; and bound and unbound notices.

#include "tests/conformance/support.hpp"

#include <map>

using namespace conformance;

namespace {

void check_synced(const incoming& mark, u64 cookie = 0)
{
    BOOST_TEST(mark.name == AUTOBUS_NAME_SYNCED);
    BOOST_TEST(mark.head.type == static_cast<u32>(AUTOBUS_MARK));
    BOOST_TEST(mark.head.serial == 0u);
    BOOST_TEST(mark.head.cookie == cookie);
    BOOST_TEST(mark.data == "");
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(G11, bus_fixture)

BOOST_AUTO_TEST_CASE(a_bound_notice_tells_who_bound_what)
{
    endpoint listener = open(), other = open();
    listener.listen("$.Autobus.Bound.*", 0, 9);
    other.serve("$.Lamp.%.Set");
    const incoming notice = listener.must_receive();
    BOOST_TEST(notice.name == "$.Autobus.Bound.Lamp.Set");
    BOOST_TEST(notice.head.type == static_cast<u32>(AUTOBUS_NOTICE));
    BOOST_TEST(notice.head.code == static_cast<u32>(AUTOBUS_NOTICE_BOUND));
    BOOST_TEST(notice.head.flags == 0u);
    BOOST_TEST(notice.head.cookie == 9u);
    BOOST_TEST(notice.head.from == 0u);
    const bound_news news = bound_of(notice);
    BOOST_TEST(news.pattern == "$.Lamp.%.Set");
    BOOST_TEST(news.head.endpoint == other.number());
    BOOST_TEST(news.head.role == static_cast<u32>(AUTOBUS_REPLIER));
    BOOST_TEST(news.head.flags == 0u);
    BOOST_TEST(news.head.binding == other.last_binding());
    BOOST_TEST(news.head.binding == notice.head.serial);
}

BOOST_AUTO_TEST_CASE(an_unbound_notice_tells_the_same_binding)
{
    endpoint listener = open(), other = open();
    listener.listen("$.Autobus.Unbound.*");
    other.listen("$.Lamp");
    const u64 id = other.last_binding();
    BOOST_REQUIRE_EQUAL(other.unbind(AUTOBUS_LISTENER, "$.Lamp"), 0);
    const incoming notice = listener.must_receive();
    BOOST_TEST(notice.name == "$.Autobus.Unbound.Lamp");
    BOOST_TEST(notice.head.code == static_cast<u32>(AUTOBUS_NOTICE_UNBOUND));
    const bound_news news = bound_of(notice);
    BOOST_TEST(news.head.binding == id);
    BOOST_TEST(news.head.role == static_cast<u32>(AUTOBUS_LISTENER));
    BOOST_TEST(news.pattern == "$.Lamp");
}

BOOST_AUTO_TEST_CASE(a_pattern_without_literal_words_is_told_under_the_bare_name)
{
    endpoint listener = open(), other = open();
    listener.listen("$.Autobus.Bound");
    other.listen("$.*");
    BOOST_TEST(bound_of(listener.must_receive()).pattern == "$.*");
    other.listen("$.%");
    BOOST_TEST(bound_of(listener.must_receive()).pattern == "$.%");
    other.listen("$.A");
    BOOST_TEST(!listener.receive());
}

BOOST_AUTO_TEST_CASE(bindings_below_autobus_make_no_notices)
{
    endpoint listener = open(), other = open();
    listener.listen("$.Autobus.*");
    other.listen("$.Autobus.Bound.A");
    other.listen("$.Autobus.*");
    BOOST_REQUIRE_EQUAL(other.unbind(AUTOBUS_LISTENER, "$.Autobus.*"), 0);
    BOOST_TEST(!listener.receive());
}

BOOST_AUTO_TEST_CASE(the_longest_patterns_fit_into_their_notices)
{
    endpoint listener = open(), other = open();
    listener.listen("$.Autobus.*");
    const std::string longest = "$." + std::string(name_size_max - 2, 'x');
    other.listen(longest);
    BOOST_TEST(listener.must_receive().name == "$.Autobus.Bound" + longest.substr(1));
    std::string words = "$";
    for (int i = 0; i < AUTOBUS_WORDS_MAX; i++) {
        words += ".w";
    }
    other.listen(words);
    BOOST_TEST(listener.must_receive().name == "$.Autobus.Bound" + words.substr(1));
}

BOOST_AUTO_TEST_CASE(with_current_values_one_hears_what_is_bound_already)
{
    endpoint other = open(), reader = open();
    other.serve("$.A");
    const u64 a = other.last_binding();
    other.listen("$.B.*");
    const u64 b = other.last_binding();
    reader.listen("$.Autobus.Bound.*", AUTOBUS_BIND_VALUES, 3);
    const auto heard = reader.receive_all();
    BOOST_REQUIRE_EQUAL(heard.size(), 3u);
    BOOST_TEST(bound_of(heard[0]).head.binding == a);
    BOOST_TEST(bound_of(heard[1]).head.binding == b);
    for (int i = 0; i < 2; i++) {
        BOOST_TEST(heard[i].head.flags == AUTOBUS_CURRENT);
        BOOST_TEST(heard[i].head.cookie == 3u);
    }
    BOOST_TEST(heard[0].head.serial < heard[1].head.serial);
    check_synced(heard[2], 3);
}

BOOST_AUTO_TEST_CASE(without_any_value_there_is_the_mark_alone)
{
    endpoint reader = open();
    reader.listen("$.Autobus.Bound.*", AUTOBUS_BIND_VALUES);
    BOOST_TEST(reader.readable());
    BOOST_TEST(reader.next_size() == static_cast<int>(sizeof(autobus_record) + 16));
    check_synced(reader.must_receive());
    BOOST_TEST(!reader.readable());
}

BOOST_AUTO_TEST_CASE(only_matching_values_come)
{
    endpoint other = open(), reader = open();
    other.listen("$.Door");
    other.serve("$.Lamp.Kitchen");
    other.listen("$.Lamp");
    reader.listen("$.Autobus.Bound.Lamp.*", AUTOBUS_BIND_VALUES);
    BOOST_TEST(bound_of(reader.must_receive()).pattern == "$.Lamp.Kitchen");
    check_synced(reader.must_receive());
}

BOOST_AUTO_TEST_CASE(many_values_that_do_not_match_are_passed_over)
{
    endpoint other = open(), reader = open();
    for (int i = 0; i < 500; i++) {
        other.listen("$.Other.N" + std::to_string(i));
    }
    other.serve("$.Wanted");
    for (int i = 500; i < 900; i++) {
        other.listen("$.Other.N" + std::to_string(i));
    }
    reader.listen("$.Autobus.Bound.Wanted", AUTOBUS_BIND_VALUES);
    BOOST_TEST(bound_of(reader.must_receive()).pattern == "$.Wanted");
    check_synced(reader.must_receive());
}

BOOST_AUTO_TEST_CASE(what_is_bound_later_comes_as_an_ordinary_notice)
{
    endpoint other = open(), reader = open();
    other.listen("$.Before");
    reader.listen("$.Autobus.Bound.*", AUTOBUS_BIND_VALUES);
    other.listen("$.After");
    const auto heard = reader.receive_all();
    BOOST_REQUIRE_EQUAL(heard.size(), 3u);
    BOOST_TEST(bound_of(heard[0]).pattern == "$.Before");
    check_synced(heard[1]);
    BOOST_TEST(bound_of(heard[2]).pattern == "$.After");
    BOOST_TEST(heard[2].head.flags == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_unbound_before_it_was_read_does_not_come)
{
    endpoint other = open(), reader = open();
    other.listen("$.A");
    other.listen("$.B");
    other.listen("$.C");
    reader.listen("$.Autobus.Bound.*", AUTOBUS_BIND_VALUES);
    reader.listen("$.Autobus.Unbound.*");
    BOOST_TEST(bound_of(reader.must_receive()).pattern == "$.A");
    BOOST_REQUIRE_EQUAL(other.unbind(AUTOBUS_LISTENER, "$.B"), 0);
    BOOST_TEST(bound_of(reader.must_receive()).pattern == "$.C");
    check_synced(reader.must_receive());
    BOOST_TEST(name_of(reader.receive()) == "$.Autobus.Unbound.B");
}

BOOST_AUTO_TEST_CASE(however_many_values_they_need_one_slot)
{
    endpoint other = open(), reader = open();
    for (int i = 0; i < 300; i++) {
        other.listen("$.Other.N" + std::to_string(i));
    }
    reader.make_queue(1);
    reader.listen("$.Autobus.Bound.*", AUTOBUS_BIND_VALUES);
    const auto heard = reader.receive_all();
    BOOST_REQUIRE_EQUAL(heard.size(), 301u);
    for (int i = 0; i < 300; i++) {
        BOOST_REQUIRE_EQUAL(bound_of(heard[i]).pattern, "$.Other.N" + std::to_string(i));
    }
    check_synced(heard[300]);
}

BOOST_AUTO_TEST_CASE(no_room_for_the_values_is_enolck)
{
    endpoint other = open(), reader = open();
    reader.make_queue(1);
    fill(reader, other, 1);
    BOOST_TEST(reader.bind(AUTOBUS_LISTENER, "$.Autobus.Bound.*", AUTOBUS_BIND_VALUES)
               == -ENOLCK);
    BOOST_TEST(reader.info().bindings == 1u);
    reader.must_receive();
    BOOST_TEST(reader.bind(AUTOBUS_LISTENER, "$.Autobus.Bound.*", AUTOBUS_BIND_VALUES) == 0);
}

BOOST_AUTO_TEST_CASE(values_come_where_the_bind_stands_in_the_queue)
{
    endpoint other = open(), reader = open();
    reader.listen("$.News");
    other.listen("$.A");
    other.must_send(announcement("$.News", "before"));
    reader.listen("$.Autobus.Bound.A", AUTOBUS_BIND_VALUES);
    other.must_send(announcement("$.News", "after"));
    const auto heard = reader.receive_all();
    BOOST_REQUIRE_EQUAL(heard.size(), 4u);
    BOOST_TEST(heard[0].data == "before");
    BOOST_TEST(heard[1].name == "$.Autobus.Bound.A");
    check_synced(heard[2]);
    BOOST_TEST(heard[3].data == "after");
}

BOOST_AUTO_TEST_CASE(a_read_with_little_room_takes_the_values_one_by_one)
{
    endpoint other = open(), reader = open();
    other.listen("$.A");
    other.listen("$.B");
    reader.listen("$.Autobus.Bound.*", AUTOBUS_BIND_VALUES);
    bytes room(sizeof(autobus_record) + 100);
    for (int i = 0; i < 3; i++) {
        const ssize_t size = reader.file().read(room.data(), room.size());
        BOOST_REQUIRE_GT(size, 0);
        const auto heard = parse_records(room.data(), size);
        BOOST_REQUIRE_EQUAL(heard.size(), 1u);
        BOOST_TEST(heard[0].name == (i == 0   ? "$.Autobus.Bound.A"
                                     : i == 1 ? "$.Autobus.Bound.B"
                                              : AUTOBUS_NAME_SYNCED));
    }
}

BOOST_AUTO_TEST_CASE(unbinding_leaves_the_values_that_are_queued)
{
    endpoint other = open(), reader = open();
    other.listen("$.A");
    reader.listen("$.Autobus.Bound.*", AUTOBUS_BIND_VALUES);
    BOOST_REQUIRE_EQUAL(reader.unbind(AUTOBUS_LISTENER, "$.Autobus.Bound.*"), 0);
    BOOST_TEST(reader.receive_all().size() == 2u);
}

BOOST_AUTO_TEST_CASE(values_of_other_names_are_not_built_yet_and_say_so)
{
    endpoint one = open();
    BOOST_TEST(one.bind(AUTOBUS_LISTENER, "$.A", AUTOBUS_BIND_VALUES) == -EOPNOTSUPP);
    BOOST_TEST(one.send(announcement("$.A", "", AUTOBUS_RETAINED)) == -EOPNOTSUPP);
    BOOST_TEST(one.send(announcement("$.A", "", AUTOBUS_RETAINED | AUTOBUS_CLEAR))
               == -EOPNOTSUPP);
    BOOST_TEST(one.send(announcement("$.A", "", AUTOBUS_RETAINED | AUTOBUS_URGENT)) == -EINVAL);
    BOOST_TEST(one.send(announcement("$.A", "", AUTOBUS_CLEAR)) == -EINVAL);
    BOOST_TEST(!(one.info().features & AUTOBUS_FEATURE_VALUES));
}

// Others bind and unbind all the time; what the reader puts together from the values and the
// notices must be what is there in the end.
BOOST_AUTO_TEST_CASE(there_is_no_gap_and_no_duplicate_while_others_bind)
{
    endpoint reader = open(), eye = open();
    reader.make_queue(8000);
    std::vector<endpoint> others;
    for (int i = 0; i < 3; i++) {
        others.push_back(open());
    }
    std::atomic<bool> begun = false;
    std::vector<std::thread> threads;
    std::atomic<int> failures = 0;
    for (endpoint& other : others) {
        threads.emplace_back([&] {
            for (int i = 0; i < 600; i++) {
                const std::string pattern = "$.N" + std::to_string(i % 40);
                failures += i % 80 < 40 ? other.bind(AUTOBUS_LISTENER, pattern) != 0
                                        : other.unbind(AUTOBUS_LISTENER, pattern) != 0;
                begun = begun || i >= 30;
            }
        });
    }
    while (!begun) {
    }
    reader.listen("$.Autobus.Unbound.*");
    reader.listen("$.Autobus.Bound.*", AUTOBUS_BIND_VALUES);
    for (std::thread& thread : threads) {
        thread.join();
    }
    BOOST_TEST(failures == 0);
    std::map<u64, std::string> there;
    u64 duplicates = 0, lost = 0;
    for (const incoming& record : reader.receive_all()) {
        lost += record.head.lost;
        if (record.head.type != AUTOBUS_NOTICE) {
            continue;
        }
        const bound_news news = bound_of(record);
        if (record.head.code == AUTOBUS_NOTICE_BOUND) {
            duplicates += !there.emplace(news.head.binding, news.pattern).second;
        } else {
            there.erase(news.head.binding);
        }
    }
    BOOST_TEST(lost == 0u);
    BOOST_TEST(duplicates == 0u);
    std::map<u64, std::string> expected;
    for (const listed& item : eye.list(AUTOBUS_LIST_BINDINGS)) {
        if (item.head.endpoint != reader.number()) {
            expected.emplace(item.head.id, item.name);
        }
    }
    BOOST_TEST(expected.size() == 3 * 40u);
    BOOST_TEST((there == expected));
}

BOOST_AUTO_TEST_SUITE_END()
