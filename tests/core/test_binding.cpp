// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "fixture.hpp"

#include "support/for_each_failure.hpp"

namespace {

using namespace test;

struct binders {
    test::bus bus;
    client a{bus};
    client b{bus};
    ~binders() { bus.check(); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(binding_, binders)

BOOST_AUTO_TEST_CASE(one_binding_per_endpoint_pattern_and_role) {
    BOOST_CHECK_EQUAL(a.listen("$.A"), 0);
    BOOST_CHECK_EQUAL(a.listen("$.A"), -EEXIST);
    BOOST_CHECK_EQUAL(a.serve("$.A"), 0);
    BOOST_CHECK_EQUAL(a.serve("$.A"), -EEXIST);
    BOOST_CHECK_EQUAL(a.listen("$.A.*"), 0);
    BOOST_CHECK_EQUAL(b.listen("$.A"), 0);
    BOOST_CHECK_EQUAL(a.unbind("$.A", AUTOBUS_LISTENER), 0);
    BOOST_CHECK_EQUAL(a.listen("$.A"), 0);
}

BOOST_AUTO_TEST_CASE(a_bus_has_one_replier_per_pattern) {
    BOOST_CHECK_EQUAL(a.serve("$.A.*"), 0);
    BOOST_CHECK_EQUAL(b.serve("$.A.*"), -EADDRINUSE);
    BOOST_CHECK_EQUAL(b.serve("$.A"), 0);
    BOOST_CHECK_EQUAL(a.unbind("$.A.*", AUTOBUS_REPLIER), 0);
    BOOST_CHECK_EQUAL(b.serve("$.A.*"), 0);
    b.close();
    BOOST_CHECK_EQUAL(a.serve("$.A.*"), 0);
}

BOOST_AUTO_TEST_CASE(a_yielding_replier_is_the_routers_and_gives_way) {
    client router(bus, {true, true, true, 0});
    BOOST_CHECK_EQUAL(a.serve("$.A", AUTOBUS_BIND_YIELDING), -EPERM);
    BOOST_REQUIRE_EQUAL(router.claim(AUTOBUS_CLAIM_ROUTER), 0);
    BOOST_CHECK_EQUAL(router.serve("$.A", AUTOBUS_BIND_YIELDING), 0);
    BOOST_CHECK_GT(b.send(request("$.A")), 0);
    BOOST_CHECK_EQUAL(router.read_all().size(), 1);
    BOOST_CHECK_EQUAL(a.serve("$.A"), 0);
    BOOST_CHECK_GT(b.send(request("$.A")), 0);
    BOOST_CHECK_EQUAL(router.read_all().size(), 0);
    BOOST_CHECK_EQUAL(a.read_all().size(), 1);
    BOOST_CHECK_EQUAL(router.unbind("$.A", AUTOBUS_REPLIER), 0);
    BOOST_CHECK_EQUAL(router.serve("$.A", AUTOBUS_BIND_YIELDING), 0);
    BOOST_CHECK_GT(b.send(request("$.A")), 0);
    BOOST_CHECK_EQUAL(a.read_all().size(), 1);
    BOOST_CHECK_EQUAL(a.unbind("$.A", AUTOBUS_REPLIER), 0);
    BOOST_CHECK_GT(b.send(request("$.A")), 0);
    BOOST_CHECK_EQUAL(router.read_all().size(), 1);
}

BOOST_AUTO_TEST_CASE(the_kernels_names_have_no_repliers) {
    BOOST_CHECK_EQUAL(a.serve("$.Autobus.Bound.X"), -EPERM);
    BOOST_CHECK_EQUAL(a.serve("$.Autobus.*"), -EPERM);
    BOOST_CHECK_EQUAL(a.listen("$.Autobus.Bound.X"), 0);
}

BOOST_AUTO_TEST_CASE(roles_need_the_files_modes) {
    client reader(bus, {true, false, false, 1});
    client writer(bus, {false, true, false, 1});
    BOOST_CHECK_EQUAL(reader.listen("$.A"), 0);
    BOOST_CHECK_EQUAL(reader.serve("$.A"), -EBADF);
    BOOST_CHECK_EQUAL(writer.listen("$.A"), -EBADF);
    BOOST_CHECK_EQUAL(writer.serve("$.A"), -EBADF);
}

BOOST_AUTO_TEST_CASE(flags_and_roles_must_fit) {
    BOOST_CHECK_EQUAL(a.bind("$.A", 0), -EINVAL);
    BOOST_CHECK_EQUAL(a.bind("$.A", 3), -EINVAL);
    BOOST_CHECK_EQUAL(a.listen("$.A", 8), -EINVAL);
    BOOST_CHECK_EQUAL(a.listen("$.A", AUTOBUS_BIND_YIELDING), -EINVAL);
    BOOST_CHECK_EQUAL(a.serve("$.A", AUTOBUS_BIND_EACH), -EINVAL);
    BOOST_CHECK_EQUAL(a.serve("$.A", AUTOBUS_BIND_VALUES), -EINVAL);
    BOOST_CHECK_EQUAL(a.listen("$.A", AUTOBUS_BIND_VALUES), -EOPNOTSUPP);
    BOOST_CHECK_EQUAL(a.listen("A"), -EBADMSG);
    BOOST_CHECK_EQUAL(a.listen(""), -EBADMSG);
    BOOST_CHECK_EQUAL(a.listen("$." + std::string(1100, 'x')), -ENAMETOOLONG);
    BOOST_CHECK_EQUAL(bus.core().n_bindings, 0);
}

BOOST_AUTO_TEST_CASE(there_is_a_limit_of_bindings) {
    BOOST_CHECK_EQUAL(a.limit(0, 0, 2), 0);
    BOOST_CHECK_EQUAL(a.listen("$.A"), 0);
    BOOST_CHECK_EQUAL(a.listen("$.B"), 0);
    BOOST_CHECK_EQUAL(a.listen("$.C"), -EDQUOT);
    BOOST_CHECK_EQUAL(a.unbind("$.A", AUTOBUS_LISTENER), 0);
    BOOST_CHECK_EQUAL(a.listen("$.C"), 0);
    BOOST_CHECK_EQUAL(a.limit(0, 0, 1), -EBUSY);
}

BOOST_AUTO_TEST_CASE(ending_what_isnt_bound_is_refused) {
    BOOST_CHECK_EQUAL(a.unbind("$.A", AUTOBUS_LISTENER), -EINVAL);
    BOOST_CHECK_EQUAL(b.listen("$.A"), 0);
    BOOST_CHECK_EQUAL(a.unbind("$.A", AUTOBUS_LISTENER), -EINVAL);
    BOOST_CHECK_EQUAL(b.unbind("$.A", AUTOBUS_REPLIER), -EINVAL);
    BOOST_CHECK_EQUAL(b.unbind("$.A", AUTOBUS_LISTENER, AUTOBUS_UNBIND_DRAIN), -EINVAL);
    BOOST_CHECK_EQUAL(b.unbind("$.A", AUTOBUS_LISTENER), 0);
}

BOOST_AUTO_TEST_CASE(binding_and_unbinding_are_messages_with_the_patterns_literal_words) {
    BOOST_CHECK_EQUAL(b.listen("$.Autobus.*"), 0);
    std::uint64_t id = 0;
    BOOST_CHECK_EQUAL(a.bind("$.Kitchen.%.Lamp.*", AUTOBUS_LISTENER, 0, 5, &id), 0);
    BOOST_CHECK_EQUAL(id, bus.serial());
    auto notice = b.read_only();
    BOOST_CHECK_EQUAL(notice.name, "$.Autobus.Bound.Kitchen.Lamp");
    BOOST_CHECK_EQUAL(notice.head.code, AUTOBUS_NOTICE_BOUND);
    BOOST_CHECK_EQUAL(notice.head.serial, id);
    BOOST_CHECK_EQUAL(notice.head.from, 0);
    BOOST_CHECK_EQUAL(notice.bound().binding, id);
    BOOST_CHECK_EQUAL(notice.bound().endpoint, a.number());
    BOOST_CHECK_EQUAL(notice.bound().role, AUTOBUS_LISTENER);
    BOOST_CHECK_EQUAL(notice.pattern(), "$.Kitchen.%.Lamp.*");
    BOOST_CHECK_EQUAL(a.unbind("$.Kitchen.%.Lamp.*", AUTOBUS_LISTENER), 0);
    notice = b.read_only();
    BOOST_CHECK_EQUAL(notice.name, "$.Autobus.Unbound.Kitchen.Lamp");
    BOOST_CHECK_EQUAL(notice.head.code, AUTOBUS_NOTICE_UNBOUND);
    BOOST_CHECK_EQUAL(notice.bound().binding, id);
    BOOST_CHECK_EQUAL(notice.pattern(), "$.Kitchen.%.Lamp.*");
}

BOOST_AUTO_TEST_CASE(the_longest_pattern_has_notices) {
    std::string pattern = "$";
    for (int i = 0; i < 15; i++) {
        pattern += "." + std::string(61, 'w');
    }
    pattern += "." + std::string(1000 - pattern.size() - 1, 'w');
    BOOST_CHECK_EQUAL(b.listen("$.Autobus.*"), 0);
    BOOST_CHECK_EQUAL(a.listen(pattern), 0);
    BOOST_CHECK_EQUAL(b.read_only().name, "$.Autobus.Bound" + pattern.substr(1));
    a.close();
    BOOST_CHECK_EQUAL(b.read_only().name, "$.Autobus.Unbound" + pattern.substr(1));
}

BOOST_AUTO_TEST_CASE(bindings_of_the_kernels_names_make_no_notices) {
    BOOST_CHECK_EQUAL(b.listen("$.Autobus.*"), 0);
    BOOST_CHECK_EQUAL(a.listen("$.Autobus.Unbound.*"), 0);
    BOOST_CHECK_EQUAL(a.unbind("$.Autobus.Unbound.*", AUTOBUS_LISTENER), 0);
    BOOST_CHECK_EQUAL(b.read_all().size(), 0);
}

BOOST_AUTO_TEST_CASE(current_values_of_bindings_come_in_order_and_end_with_synced) {
    BOOST_CHECK_EQUAL(a.listen("$.X"), 0);
    BOOST_CHECK_EQUAL(a.serve("$.X"), 0);
    BOOST_CHECK_EQUAL(a.listen("$.Y"), 0);
    BOOST_CHECK_EQUAL(b.listen("$.Autobus.Bound.X", AUTOBUS_BIND_VALUES, 9), 0);
    BOOST_CHECK_EQUAL(b.queued(), 1);
    BOOST_CHECK_EQUAL(a.listen("$.X.*"), 0);
    BOOST_CHECK_EQUAL(a.unbind("$.X", AUTOBUS_LISTENER), 0);
    const auto all = b.read_all();
    BOOST_REQUIRE_EQUAL(all.size(), 3);
    BOOST_CHECK_EQUAL(all[0].bound().role, AUTOBUS_REPLIER);
    BOOST_CHECK_EQUAL(all[0].head.flags, AUTOBUS_CURRENT);
    BOOST_CHECK_EQUAL(all[0].head.cookie, 9);
    BOOST_CHECK_EQUAL(all[1].name, "$.Autobus.Synced");
    BOOST_CHECK_EQUAL(all[1].head.type, AUTOBUS_MARK);
    BOOST_CHECK_EQUAL(all[1].head.serial, 0);
    BOOST_CHECK_EQUAL(all[2].head.flags, 0);
    BOOST_CHECK_EQUAL(all[2].pattern(), "$.X.*");
}

BOOST_AUTO_TEST_CASE(current_values_need_one_slot) {
    BOOST_CHECK_EQUAL(a.limit(1), 0);
    BOOST_CHECK_GT(b.send(direct(a.number(), "$.D")), 0);
    BOOST_CHECK_EQUAL(a.listen("$.Autobus.Bound.*", AUTOBUS_BIND_VALUES), -ENOLCK);
    BOOST_CHECK_EQUAL(bus.core().n_bindings, 0);
    a.read_only();
    BOOST_CHECK_EQUAL(a.listen("$.Autobus.Bound.*", AUTOBUS_BIND_VALUES), 0);
}

BOOST_AUTO_TEST_CASE(unbinding_answers_oldest_first_and_then_tells) {
    BOOST_CHECK_EQUAL(a.serve("$.A"), 0);
    BOOST_CHECK_EQUAL(b.listen("$.Autobus.Unbound.A"), 0);
    const auto first = b.send(request("$.A"));
    const auto second = b.send(request("$.A"));
    const auto n = count_of(failure_kind::allocation, [&] {
        BOOST_CHECK_EQUAL(a.unbind("$.A", AUTOBUS_REPLIER), 0);
    });
    BOOST_CHECK_EQUAL(n, 1);  // for the pattern, before anything happens
    const auto all = b.read_all();
    BOOST_REQUIRE_EQUAL(all.size(), 3);
    BOOST_CHECK_EQUAL(all[0].head.in_reply_to, first);
    BOOST_CHECK_EQUAL(all[1].head.in_reply_to, second);
    BOOST_CHECK_EQUAL(all[2].name, "$.Autobus.Unbound.A");
    BOOST_CHECK_LT(all[0].head.serial, all[1].head.serial);
    BOOST_CHECK_LT(all[1].head.serial, all[2].head.serial);
}

BOOST_AUTO_TEST_CASE(what_a_listener_has_queued_stays_when_it_unbinds) {
    BOOST_CHECK_EQUAL(a.listen("$.A"), 0);
    BOOST_CHECK_GT(b.send(announcement("$.A")), 0);
    BOOST_CHECK_EQUAL(a.unbind("$.A", AUTOBUS_LISTENER), 0);
    BOOST_CHECK_GT(b.send(announcement("$.A")), 0);
    BOOST_CHECK_EQUAL(a.read_all().size(), 1);
}

BOOST_AUTO_TEST_CASE(a_message_is_copied_once_per_endpoint_and_once_more_where_wanted) {
    BOOST_CHECK_EQUAL(a.listen("$.A", 0, 1), 0);
    BOOST_CHECK_EQUAL(a.listen("$.%", 0, 2), 0);
    BOOST_CHECK_EQUAL(a.listen("$.*", AUTOBUS_BIND_EACH, 3), 0);
    BOOST_CHECK_GT(b.send(announcement("$.A")), 0);
    const auto all = a.read_all();
    BOOST_REQUIRE_EQUAL(all.size(), 2);
    BOOST_CHECK_EQUAL(all[0].head.cookie, 1);
    BOOST_CHECK_EQUAL(all[1].head.cookie, 3);
    BOOST_CHECK_EQUAL(all[0].head.serial, all[1].head.serial);
}

BOOST_AUTO_TEST_SUITE_END()
