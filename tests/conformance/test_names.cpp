// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// Names, patterns, and who gets what through which binding.

#include "tests/conformance/support.hpp"

#include <algorithm>

using namespace conformance;

namespace {

std::string words(int count)
{
    std::string name = "$";
    for (int i = 0; i < count; i++) {
        name += ".w";
    }
    return name;
}

std::string of_size(std::size_t size)
{
    return "$." + std::string(size - 2, 'x');
}

// Logs take no control characters.
std::string printable(std::string text)
{
    std::replace_if(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return text;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(Names, bus_fixture)

BOOST_AUTO_TEST_CASE(a_name_is_a_dollar_and_words)
{
    endpoint one = open();
    for (const char* good : {"$.a", "$.A", "$.0", "$._", "$.-", "$.Kitchen.Lamp", "$.a-b_c.9",
                             "$.autobus", "$.Autobusses", "$.A.Autobus"}) {
        BOOST_TEST_CONTEXT(good)
        {
            BOOST_TEST(one.send(announcement(good)) > 0);
            BOOST_TEST(one.bind(AUTOBUS_LISTENER, good) == 0);
        }
    }
}

BOOST_AUTO_TEST_CASE(anything_else_is_ebadmsg)
{
    endpoint one = open();
    using namespace std::string_literals;
    for (const std::string& bad :
         {""s, "$"s, "$."s, "a"s, ".a"s, "$a"s, "$a.b"s, "$..a"s, "$.a."s, "$.a..b"s, "$.a b"s,
          "$.a/b"s, " $.a"s, "$.a\n"s, "$.\xc3\xa4"s, "$$.a"s, "$.a$"s, "$.a\0"s, "$.\0a"s,
          "$.a:b"s, "$.*a"s, "$.a*"s, "$.%a"s, "$.a%"s, "$.%%"s, "$.**"s, "$.*%"s}) {
        BOOST_TEST_CONTEXT(printable(bad))
        {
            BOOST_TEST(one.send(announcement(bad)) == -EBADMSG);
            BOOST_TEST(one.bind(AUTOBUS_LISTENER, bad) == -EBADMSG);
            BOOST_TEST(one.unbind(AUTOBUS_LISTENER, bad) == -EBADMSG);
            BOOST_TEST(one.who(bad) == -EBADMSG);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_name_has_no_wildcard)
{
    endpoint one = open();
    for (const char* pattern : {"$.*", "$.%", "$.a.*", "$.%.a"}) {
        BOOST_TEST(one.send(announcement(pattern)) == -EBADMSG);
        BOOST_TEST(one.who(pattern) == -EBADMSG);
        BOOST_TEST(one.bind(AUTOBUS_LISTENER, pattern) == 0);
    }
}

BOOST_AUTO_TEST_CASE(a_pattern_has_a_star_at_its_end_only_and_at_most_two_percents)
{
    endpoint one = open();
    for (const char* good : {"$.%.%", "$.%.a.%.*", "$.a.%", "$.%.*"}) {
        BOOST_TEST(one.bind(AUTOBUS_LISTENER, good) == 0);
    }
    for (const char* bad : {"$.*.a", "$.*.*", "$.*.%", "$.%.%.%", "$.%.%.%.*", "$.*."}) {
        BOOST_TEST(one.bind(AUTOBUS_LISTENER, bad) == -EBADMSG);
    }
}

BOOST_AUTO_TEST_CASE(a_name_that_is_too_long_is_enametoolong)
{
    endpoint one = open();
    BOOST_TEST(one.send(announcement(of_size(AUTOBUS_NAME_MAX))) > 0);
    BOOST_TEST(one.bind(AUTOBUS_LISTENER, of_size(AUTOBUS_NAME_MAX)) == 0);
    for (const std::size_t size : {AUTOBUS_NAME_MAX + 1, AUTOBUS_KERNEL_NAME_MAX,
                                   AUTOBUS_KERNEL_NAME_MAX + 1, 5000}) {
        BOOST_TEST(one.send(announcement(of_size(size))) == -ENAMETOOLONG);
        BOOST_TEST(one.bind(AUTOBUS_LISTENER, of_size(size)) == -ENAMETOOLONG);
        BOOST_TEST(one.who(of_size(size)) == -ENAMETOOLONG);
    }
}

BOOST_AUTO_TEST_CASE(a_name_of_too_many_words_is_enametoolong)
{
    endpoint one = open();
    BOOST_TEST(one.send(announcement(words(AUTOBUS_WORDS_MAX))) > 0);
    BOOST_TEST(one.send(announcement(words(AUTOBUS_WORDS_MAX + 1))) == -ENAMETOOLONG);
    BOOST_TEST(one.bind(AUTOBUS_LISTENER, words(AUTOBUS_WORDS_MAX - 1) + ".*") == 0);
    BOOST_TEST(one.bind(AUTOBUS_LISTENER, words(AUTOBUS_WORDS_MAX) + ".*") == -ENAMETOOLONG);
    BOOST_TEST(one.bind(AUTOBUS_LISTENER, words(40)) == -ENAMETOOLONG);
}

BOOST_AUTO_TEST_CASE(names_below_autobus_may_be_longer)
{
    endpoint one = open();
    const std::string longest = "$.Autobus." + std::string(AUTOBUS_KERNEL_NAME_MAX - 10, 'x');
    BOOST_TEST(one.bind(AUTOBUS_LISTENER, longest) == 0);
    BOOST_TEST(one.bind(AUTOBUS_LISTENER, longest + "x") == -ENAMETOOLONG);
    const std::string many = "$.Autobus" + words(AUTOBUS_KERNEL_WORDS_MAX - 1).substr(1);
    BOOST_TEST(one.bind(AUTOBUS_LISTENER, many) == 0);
    BOOST_TEST(one.bind(AUTOBUS_LISTENER, many + ".w") == -ENAMETOOLONG);
}

BOOST_AUTO_TEST_CASE(what_is_below_autobus_is_the_kernels)
{
    endpoint one = open();
    for (const char* name : {"$.Autobus", "$.Autobus.A", "$.Autobus.Bound.A"}) {
        BOOST_TEST(one.send(announcement(name)) == -EPERM);
        BOOST_TEST(one.send(request(name)) == -EPERM);
        BOOST_TEST(one.send(direct(one.number(), name)) == -EPERM);
        BOOST_TEST(one.bind(AUTOBUS_REPLIER, name) == -EPERM);
        BOOST_TEST(one.bind(AUTOBUS_LISTENER, name) == 0);
    }
    BOOST_TEST(one.bind(AUTOBUS_REPLIER, "$.Autobus.*") == -EPERM);
    BOOST_TEST(!one.receive());
}

BOOST_AUTO_TEST_CASE(no_wildcard_stands_for_the_word_autobus)
{
    endpoint listener = open(), other = open();
    for (const char* pattern : {"$.*", "$.%.*", "$.%.Bound.*", "$.%.%.*"}) {
        listener.listen(pattern);
    }
    other.listen("$.A");
    BOOST_REQUIRE_EQUAL(other.unbind(AUTOBUS_LISTENER, "$.A"), 0);
    BOOST_TEST(!listener.receive());
    other.must_send(announcement("$.A.Autobus.B"));
    BOOST_TEST(listener.receive_all().size() == 1u);
}

BOOST_AUTO_TEST_CASE(percent_stands_for_one_word_and_star_for_one_or_more)
{
    struct {
        const char* pattern;
        const char* name;
        bool matches;
    } const cases[] = {
        {"$.a", "$.a", true},          {"$.a", "$.b", false},
        {"$.a", "$.A", false},         {"$.a", "$.a.b", false},
        {"$.a.b", "$.a", false},       {"$.%", "$.a", true},
        {"$.%", "$.a.b", false},       {"$.a.%", "$.a", false},
        {"$.a.%", "$.a.b", true},      {"$.%.b", "$.a.b", true},
        {"$.%.b", "$.a.c", false},     {"$.*", "$.a", true},
        {"$.*", "$.a.b.c", true},      {"$.a.*", "$.a", false},
        {"$.a.*", "$.a.b", true},      {"$.a.*", "$.a.b.c", true},
        {"$.a.*", "$.b.a", false},     {"$.%.b.*", "$.a.b", false},
        {"$.%.b.*", "$.a.b.c", true},  {"$.%.%", "$.a.b", true},
        {"$.a.%.c.%", "$.a.b.c.d", true}, {"$.a.%.c.%", "$.a.b.d.d", false},
    };
    for (const auto& [pattern, name, matches] : cases) {
        endpoint listener = open();
        listener.listen(pattern);
        listener.must_send(announcement(name));
        BOOST_TEST(listener.receive().has_value() == matches, pattern << " and " << name);
    }
}

BOOST_AUTO_TEST_CASE(the_more_specific_replier_gets_the_request)
{
    const char* const by_rank[] = {"$.a.b.c", "$.a.b.%", "$.a.b.*", "$.a.%.c", "$.a.%.%",
                                   "$.a.%.*", "$.a.*",   "$.%.b.c", "$.%.b.*", "$.%.%.c",
                                   "$.%.*",   "$.*"};
    endpoint asker = open();
    std::vector<endpoint> repliers;
    for (std::size_t i = std::size(by_rank); i--;) {
        repliers.push_back(open());
        repliers.back().serve(by_rank[i]);
        BOOST_TEST(asker.who("$.a.b.c") == static_cast<s64>(repliers.back().number()),
                   by_rank[i]);
        asker.must_send(request("$.a.b.c"));
        BOOST_TEST(repliers.back().receive().has_value());
    }
    while (repliers.size() > 1) {
        repliers.pop_back();
        BOOST_TEST(asker.who("$.a.b.c") == static_cast<s64>(repliers.back().number()));
    }
}

BOOST_AUTO_TEST_CASE(a_replier_elsewhere_in_the_tree_is_no_dead_end)
{
    endpoint asker = open(), exact = open(), general = open();
    exact.serve("$.a.b.c");
    general.serve("$.*");
    BOOST_TEST(asker.who("$.a.b.d") == static_cast<s64>(general.number()));
    BOOST_TEST(asker.who("$.a.b") == static_cast<s64>(general.number()));
    BOOST_TEST(asker.who("$.a.b.c") == static_cast<s64>(exact.number()));
}

BOOST_AUTO_TEST_CASE(who_gets_it_names_the_binding)
{
    endpoint replier = open(), asker = open();
    replier.serve("$.Lamp.*");
    BOOST_TEST(asker.who("$.Door") == -EADDRNOTAVAIL);
    BOOST_TEST(asker.who("$.Lamp.A") == static_cast<s64>(replier.number()));
    const auto bindings = asker.list(AUTOBUS_LIST_BINDINGS);
    BOOST_REQUIRE_EQUAL(bindings.size(), 1u);
    BOOST_TEST(bindings[0].name == "$.Lamp.*");
    BOOST_TEST(bindings[0].head.id == replier.last_binding());
    BOOST_TEST(bindings[0].head.role == static_cast<u32>(AUTOBUS_REPLIER));
}

BOOST_AUTO_TEST_CASE(one_binding_per_endpoint_pattern_and_role)
{
    endpoint one = open(), two = open();
    BOOST_TEST(one.bind(AUTOBUS_LISTENER, "$.a") == 0);
    BOOST_TEST(one.bind(AUTOBUS_LISTENER, "$.a", AUTOBUS_BIND_EACH) == -EEXIST);
    BOOST_TEST(one.bind(AUTOBUS_REPLIER, "$.a") == 0);
    BOOST_TEST(one.bind(AUTOBUS_REPLIER, "$.a") == -EEXIST);
    BOOST_TEST(two.bind(AUTOBUS_LISTENER, "$.a") == 0);
    BOOST_TEST(two.bind(AUTOBUS_REPLIER, "$.a") == -EADDRINUSE);
    BOOST_TEST(two.bind(AUTOBUS_REPLIER, "$.%") == 0);
}

BOOST_AUTO_TEST_CASE(what_is_not_bound_cannot_be_unbound)
{
    endpoint one = open(), two = open();
    one.listen("$.a");
    BOOST_TEST(two.unbind(AUTOBUS_LISTENER, "$.a") == -EINVAL);
    BOOST_TEST(one.unbind(AUTOBUS_REPLIER, "$.a") == -EINVAL);
    BOOST_TEST(one.unbind(AUTOBUS_LISTENER, "$.a.b") == -EINVAL);
    BOOST_TEST(one.unbind(AUTOBUS_LISTENER, "$.a") == 0);
    BOOST_TEST(one.unbind(AUTOBUS_LISTENER, "$.a") == -EINVAL);
}

BOOST_AUTO_TEST_CASE(an_endpoint_gets_one_copy_with_the_most_specific_cookie)
{
    endpoint listener = open();
    listener.listen("$.*", 0, 1);
    listener.listen("$.a", 0, 2);
    listener.listen("$.%", 0, 3);
    listener.must_send(announcement("$.a"));
    BOOST_TEST(listener.must_receive().head.cookie == 2u);
    BOOST_TEST(!listener.receive());
    listener.must_send(announcement("$.b"));
    BOOST_TEST(listener.must_receive().head.cookie == 3u);
    listener.must_send(announcement("$.b.c"));
    BOOST_TEST(listener.must_receive().head.cookie == 1u);
    BOOST_TEST(!listener.receive());
}

BOOST_AUTO_TEST_CASE(for_each_gives_a_copy_per_binding)
{
    endpoint listener = open();
    listener.listen("$.a", AUTOBUS_BIND_EACH, 1);
    listener.listen("$.%", AUTOBUS_BIND_EACH, 2);
    listener.listen("$.*", 0, 3);
    listener.must_send(announcement("$.a"));
    const auto heard = listener.receive_all();
    BOOST_REQUIRE_EQUAL(heard.size(), 2u);
    BOOST_TEST(heard[0].head.cookie == 1u);
    BOOST_TEST(heard[1].head.cookie == 2u);
    BOOST_TEST(heard[0].head.serial == heard[1].head.serial);
}

BOOST_AUTO_TEST_CASE(a_request_carries_the_cookie_of_its_binding)
{
    endpoint replier = open(), asker = open();
    replier.serve("$.Lamp", 0, 77);
    asker.must_send(request("$.Lamp"));
    BOOST_TEST(replier.must_receive().head.cookie == 77u);
}

BOOST_AUTO_TEST_CASE(unbinding_leaves_a_listeners_queued_copies)
{
    endpoint listener = open();
    listener.listen("$.a");
    listener.must_send(announcement("$.a", "kept"));
    BOOST_REQUIRE_EQUAL(listener.unbind(AUTOBUS_LISTENER, "$.a"), 0);
    listener.must_send(announcement("$.a", "not heard"));
    BOOST_TEST(listener.must_receive().data == "kept");
    BOOST_TEST(!listener.receive());
}

BOOST_AUTO_TEST_CASE(names_share_words_and_stay_apart)
{
    endpoint one = open();
    std::vector<std::string> patterns = {"$.a", "$.a.a", "$.a.a.a", "$.b.a", "$.a.b", "$.a.%",
                                         "$.%.a", "$.a.*", "$.aa"};
    for (const std::string& pattern : patterns) {
        one.listen(pattern, AUTOBUS_BIND_EACH);
    }
    const auto heard = [&](const char* name) {
        one.must_send(announcement(name));
        return one.receive_all().size();
    };
    BOOST_TEST(heard("$.a") == 1u);
    BOOST_TEST(heard("$.a.a") == 4u);
    BOOST_TEST(heard("$.aa") == 1u);
    for (const std::string& pattern : patterns) {
        BOOST_TEST(one.unbind(AUTOBUS_LISTENER, pattern) == 0);
    }
    BOOST_TEST(heard("$.a.a") == 0u);
    BOOST_TEST(one.info().bindings == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
