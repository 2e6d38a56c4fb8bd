// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "tests/userspace/support.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <thread>
#include <unistd.h>

using namespace autobus;
using autobus::test::bus_fixture;
using autobus::test::is_readable;
using autobus::test::patience;

BOOST_FIXTURE_TEST_SUITE(devices, bus_fixture)

BOOST_AUTO_TEST_CASE(opening_what_is_not_there_says_so) {
    const auto opened = device::open("/dev/autobus-that-is-not-there");
    BOOST_REQUIRE(!opened);
    BOOST_TEST(opened.error().code() == ENOENT);
    BOOST_TEST(opened.error().message().find("modprobe") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(opening_another_kind_of_device_says_so) {
    BOOST_TEST(device::open("/dev/null").error().code() == ENOTTY);
}

BOOST_AUTO_TEST_CASE(a_number_is_short_for_a_device) {
    const auto opened = device::open("4294967");
    BOOST_REQUIRE(!opened);
    BOOST_TEST(opened.error().context() == "open /dev/autobus4294967");
}

BOOST_AUTO_TEST_CASE(an_address_that_is_neither_path_nor_number_is_refused) {
    BOOST_TEST(device::open("").error().code() == EINVAL);
    BOOST_TEST(device::open("kitchen").error().code() == EINVAL);
    BOOST_TEST(device::open("unix:/run/bus").error().code() == EOPNOTSUPP);
}

BOOST_AUTO_TEST_CASE(each_open_makes_another_endpoint_of_the_same_bus) {
    const device a = open();
    const device b = open();
    const auto info_a = a.info().value();
    const auto info_b = b.info().value();
    BOOST_TEST(info_a.bus == info_b.bus);
    BOOST_TEST(info_a.bus != 0);
    BOOST_TEST(info_a.endpoint != info_b.endpoint);
    BOOST_TEST(info_b.endpoints == 2);
    BOOST_TEST(info_b.abi_version == 1);
}

BOOST_AUTO_TEST_CASE(a_moved_device_goes_on_working) {
    device a = listener("$.A");
    device b = std::move(a);
    open().announce("$.A", "x").value();
    BOOST_TEST(b.receive(no_wait)->data() == "x");
    b = open();
    BOOST_TEST(b.info()->endpoints == 1);
}

BOOST_AUTO_TEST_CASE(a_listener_hears_what_matches_with_who_sent_it) {
    device ear = listener("$.Kitchen.*", {.cookie = 77});
    device mouth = open_as({11, 22, 33});
    mouth.announce("$.Garden.Lamp", "off").value();
    const std::uint64_t serial = mouth.announce("$.Kitchen.Lamp", "on").value();
    const message heard = ear.receive(no_wait).value();
    BOOST_TEST((heard.type() == message_type::announcement));
    BOOST_TEST(heard.name().str() == "$.Kitchen.Lamp");
    BOOST_TEST(heard.data() == "on");
    BOOST_TEST(heard.serial() == serial);
    BOOST_TEST(heard.cookie() == 77);
    BOOST_TEST(heard.from() == mouth.info()->endpoint);
    BOOST_TEST((heard.sender() == credentials{11, 22, 33}));
    BOOST_TEST(ear.receive(no_wait).error().code() == EAGAIN);
}

BOOST_AUTO_TEST_CASE(after_unbinding_nothing_is_heard) {
    device ear = listener("$.A");
    ear.unbind("$.A", role::listener).value();
    open().announce("$.A", "x").value();
    BOOST_TEST(ear.receive(no_wait).error().code() == EAGAIN);
}

BOOST_AUTO_TEST_CASE(binding_says_what_is_wrong_with_it) {
    device a = replier("$.A");
    device b = open();
    BOOST_TEST(b.bind("$.A", role::replier).error().code() == EADDRINUSE);
    BOOST_TEST(a.bind("$.A", role::replier).error().code() == EEXIST);
    BOOST_TEST(b.bind("$.Autobus.X", role::replier).error().code() == EPERM);
    BOOST_TEST(b.bind("$.B", role::replier, {.yielding = true}).error().code() == EPERM);
    BOOST_TEST(b.unbind("$.B", role::listener).error().code() == EINVAL);
    const std::string words = b.bind("$.A", role::replier).error().message();
    BOOST_TEST(words.find("bind as replier to $.A") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_endpoint_can_only_do_what_it_was_opened_for) {
    device reader = open({.access = access::read_only});
    device writer = open({.access = access::write_only});
    BOOST_TEST(reader.announce("$.A", "").error().code() == EBADF);
    BOOST_TEST(reader.bind("$.A", role::replier).error().code() == EBADF);
    BOOST_TEST(reader.bind("$.A", role::listener).has_value());
    BOOST_TEST(writer.bind("$.A", role::listener).error().code() == EBADF);
    BOOST_TEST(writer.receive(no_wait).error().code() == EBADF);
    BOOST_TEST(writer.announce("$.A", "x").has_value());
    BOOST_TEST(reader.receive(no_wait)->data() == "x");
}

BOOST_AUTO_TEST_CASE(a_request_is_answered_once_by_the_one_who_was_asked) {
    device asked = replier("$.A");
    device other = open();
    device asker = open();
    const std::uint64_t serial = asker.request("$.A", "how much?").value();
    const message request = asked.receive(no_wait).value();
    BOOST_TEST(request.is_owed());
    BOOST_TEST(request.data() == "how much?");
    BOOST_TEST(other.reply(request, "3").error().code() == ECONNREFUSED);
    asked.reply(request, "2").value();
    BOOST_TEST(asked.reply(request, "4").error().code() == ECONNREFUSED);
    const message reply = asker.receive(no_wait).value();
    BOOST_TEST((reply.type() == message_type::reply));
    BOOST_TEST(reply.is_answer());
    BOOST_TEST(reply.in_reply_to() == serial);
    BOOST_TEST(reply.name().str() == "$.A");
    BOOST_TEST(reply.data() == "2");
}

BOOST_AUTO_TEST_CASE(a_request_that_nobody_replies_to_fails_at_once) {
    const auto sent = open().request("$.A", "");
    BOOST_REQUIRE(!sent);
    BOOST_TEST(sent.error().code() == EADDRNOTAVAIL);
    BOOST_TEST(sent.error().message().find("request $.A: nobody replies") == 0u);
}

BOOST_AUTO_TEST_CASE(a_request_for_somebody_who_is_not_the_replier_fails) {
    device asked = replier("$.A");
    device asker = open();
    const std::uint64_t self = asker.info()->endpoint;
    const std::uint64_t its = asked.info()->endpoint;
    BOOST_TEST(asker.request("$.A", "", {.to = {0, self}}).error().code() == EPIPE);
    BOOST_TEST(asker.request("$.A", "", {.to = {0, its}}).has_value());
    BOOST_TEST(asker.request("$.A", "", {.to = {12345, 1}}).error().code() == EHOSTUNREACH);
}

BOOST_AUTO_TEST_CASE(the_status_of_a_request_says_how_its_replier_ended) {
    device asker = open();
    {
        device asked = replier("$.A");
        asker.request("$.A", "").value();
    }
    BOOST_TEST((status_of(*asker.receive(no_wait)) == status_kind::gone_away));
    {
        device asked = replier("$.A");
        asker.request("$.A", "").value();
        asked.receive(no_wait).value();
    }
    BOOST_TEST((status_of(*asker.receive(no_wait)) == status_kind::ignored));
    device asked = replier("$.A");
    asker.request("$.A", "").value();
    asked.unbind("$.A", role::replier).value();
    BOOST_TEST((status_of(*asker.receive(no_wait)) == status_kind::unbound));
}

BOOST_AUTO_TEST_CASE(a_draining_unbind_leaves_the_replier_what_it_has_queued) {
    device asked = replier("$.A");
    device asker = open();
    asker.request("$.A", "").value();
    asked.unbind("$.A", role::replier, true).value();
    asked.reply(*asked.receive(no_wait), "late").value();
    BOOST_TEST(asker.receive(no_wait)->data() == "late");
}

BOOST_AUTO_TEST_CASE(a_direct_message_reaches_its_endpoint_only) {
    device ear = listener("$.*");
    device target = open();
    device sender = open();
    const address to{0, target.info()->endpoint};
    sender.send_direct(to, "$.Hint", "psst").value();
    BOOST_TEST(target.receive(no_wait)->data() == "psst");
    BOOST_TEST(ear.receive(no_wait).error().code() == EAGAIN);
    BOOST_TEST(sender.send_direct({0, 999}, "$.Hint", "").error().code() == ENXIO);
}

BOOST_AUTO_TEST_CASE(names_of_the_kernel_can_not_be_sent) {
    BOOST_TEST(open().announce("$.Autobus.Lost", "").error().code() == EPERM);
}

BOOST_AUTO_TEST_CASE(too_much_data_is_refused_with_its_own_words) {
    device bus = open();
    const std::string most(bus.get_limits()->message, 'x');
    BOOST_TEST(bus.announce("$.A", most).has_value());
    const auto sent = bus.announce("$.A", most + 'x');
    BOOST_REQUIRE(!sent);
    BOOST_TEST(sent.error().code() == EMSGSIZE);
}

BOOST_AUTO_TEST_CASE(a_combination_that_the_bus_refuses_has_no_effect) {
    device ear = listener("$.A");
    draft wrong;
    wrong.name = "$.A";
    wrong.in_reply_to = 5; // not for an announcement
    BOOST_TEST(ear.send(wrong).error().code() == EINVAL);
    BOOST_TEST(ear.receive(no_wait).error().code() == EAGAIN);
}

BOOST_AUTO_TEST_CASE(a_batch_is_sent_with_one_call_and_gives_all_serials) {
    device ear = listener("$.A");
    device mouth = open();
    batch three;
    for (const char* data : {"1", "2", "3"}) {
        draft one;
        one.name = "$.A";
        one.data = data;
        three.add(one).value();
    }
    const batch_result sent = mouth.send_batch(three).value();
    BOOST_TEST(sent.complete);
    BOOST_REQUIRE(sent.serials.size() == 3u);
    receive_buffer buffer;
    BOOST_TEST(ear.receive_many(buffer, no_wait).value() == 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        BOOST_TEST(buffer.messages()[i].serial() == sent.serials[i]);
    }
    BOOST_TEST(mouth.send_batch(batch()).value().complete);
}

BOOST_AUTO_TEST_CASE(a_batch_ends_at_the_first_record_that_is_refused) {
    device mouth = open();
    draft good;
    good.name = "$.A";
    draft bad = good;
    bad.type = message_type::request;
    batch mixed;
    mixed.add(good).value();
    mixed.add(bad).value();
    mixed.add(good).value();
    const batch_result sent = mouth.send_batch(mixed).value();
    BOOST_TEST(!sent.complete);
    BOOST_TEST(sent.serials.size() == 1u);
    batch only_bad;
    only_bad.add(bad).value();
    BOOST_TEST(mouth.send_batch(only_bad).error().code() == EADDRNOTAVAIL);
}

BOOST_AUTO_TEST_CASE(an_empty_queue_is_eagain_or_a_wait_that_ends) {
    device bus = open();
    BOOST_TEST(bus.receive(no_wait).error().code() == EAGAIN);
    BOOST_TEST(bus.receive(std::chrono::milliseconds(1)).error().code() == ETIMEDOUT);
    device never_waits = open({.nonblocking = true});
    BOOST_TEST(never_waits.receive(wait_forever).error().code() == EAGAIN);
    BOOST_TEST(never_waits.receive(patience).error().code() == EAGAIN);
}

BOOST_AUTO_TEST_CASE(a_waiting_receive_is_woken_by_a_message) {
    device ear = listener("$.A");
    device mouth = open();
    std::thread sender([&] { mouth.announce("$.A", "x").value(); });
    BOOST_TEST(ear.receive(patience)->data() == "x");
    sender.join();
}

BOOST_AUTO_TEST_CASE(the_buffer_grows_for_a_record_that_does_not_fit) {
    device ear = listener("$.A");
    const std::string large(300000, 'x');
    open().announce("$.A", large).value();
    open().announce("$.A", large).value();
    BOOST_TEST(ear.receive(no_wait)->data() == large);
    receive_buffer small(1);
    BOOST_TEST(ear.receive_many(small, no_wait).value() == 1u);
    BOOST_TEST(small.messages()[0].data() == large);
}

BOOST_AUTO_TEST_CASE(receiving_many_takes_at_most_as_many_as_it_is_told) {
    device ear = listener("$.A");
    device mouth = open();
    for (int i = 0; i < 5; ++i) {
        mouth.announce("$.A", std::to_string(i)).value();
    }
    receive_buffer buffer;
    BOOST_TEST(ear.receive_many(buffer, no_wait, 2).value() == 2u);
    BOOST_TEST(ear.receive_many(buffer, no_wait).value() == 3u);
    BOOST_TEST(buffer.messages()[0].data() == "2");
    BOOST_TEST(ear.receive_many(buffer, no_wait).error().code() == EAGAIN);
    BOOST_TEST(buffer.empty());
}

BOOST_AUTO_TEST_CASE(a_listener_that_misses_messages_is_told_how_many_and_where) {
    device ear = listener("$.A");
    device mouth = open();
    ear.set_limits({.records = 2}).value();
    for (int i = 0; i < 5; ++i) {
        mouth.announce("$.A", std::to_string(i)).value();
    }
    BOOST_TEST(ear.receive(no_wait)->data() == "0");
    BOOST_TEST(ear.receive(no_wait)->data() == "1");
    const message mark = ear.receive(no_wait).value();
    BOOST_TEST((mark.type() == message_type::mark));
    BOOST_TEST(mark.lost() == 3);
}

BOOST_AUTO_TEST_CASE(a_sender_may_prefer_to_fail_or_to_wait_when_a_listener_is_full) {
    device ear = listener("$.A");
    device mouth = open();
    ear.set_limits({.records = 1}).value();
    mouth.announce("$.A", "1").value();
    const auto failed = mouth.announce("$.A", "2", {.when_full = when_full::fail});
    BOOST_TEST(failed.error().code() == EBUSY);
    const auto would_wait =
        mouth.announce("$.A", "2", {.when_full = when_full::wait, .limit = no_wait});
    BOOST_TEST(would_wait.error().code() == EAGAIN);
    const auto waited = mouth.announce(
        "$.A", "2", {.when_full = when_full::wait, .limit = std::chrono::milliseconds(1)});
    BOOST_TEST(waited.error().code() == ETIMEDOUT);
    std::thread sender([&] {
        mouth.announce("$.A", "3", {.when_full = when_full::wait, .limit = patience}).value();
    });
    BOOST_TEST(ear.receive(patience)->data() == "1");
    BOOST_TEST(ear.receive(patience)->data() == "3");
    sender.join();
}

BOOST_AUTO_TEST_CASE(waiting_for_ones_own_full_queue_is_refused) {
    device both = listener("$.A");
    both.set_limits({.records = 1}).value();
    both.announce("$.A", "1").value();
    BOOST_TEST(both.announce("$.A", "2", {.when_full = when_full::wait}).error().code() == EDEADLK);
}

BOOST_AUTO_TEST_CASE(a_watcher_is_told_when_an_endpoint_closes) {
    device watcher = open();
    {
        device watched = open();
        const address who{0, watched.info()->endpoint};
        watcher.watch(who, 9).value();
        BOOST_TEST(watcher.watch(who).error().code() == EEXIST);
    }
    const message notice = watcher.receive(no_wait).value();
    BOOST_TEST(notice.cookie() == 9);
    const address closed = closed_endpoint_of(notice).value();
    BOOST_TEST(watcher.watch(closed).error().code() == ENXIO);
}

BOOST_AUTO_TEST_CASE(after_unwatching_no_notice_comes) {
    device watcher = open();
    {
        device watched = open();
        const address who{0, watched.info()->endpoint};
        watcher.watch(who).value();
        watcher.unwatch(who).value();
        BOOST_TEST(watcher.unwatch(who).error().code() == ENOENT);
    }
    BOOST_TEST(watcher.receive(no_wait).error().code() == EAGAIN);
}

BOOST_AUTO_TEST_CASE(a_listener_below_bound_hears_of_bindings_and_first_those_that_exist) {
    device early = replier("$.Kitchen.Lamp");
    device ear = listener("$.Autobus.Bound.*", {.values = true});
    const message existing = ear.receive(no_wait).value();
    BOOST_TEST(existing.is_current());
    const bound_info bound = bound_info_of(existing).value();
    BOOST_TEST(bound.pattern.str() == "$.Kitchen.Lamp");
    BOOST_TEST(bound.endpoint == early.info()->endpoint);
    BOOST_TEST((bound.role == role::replier));
    BOOST_TEST(ear.receive(no_wait)->name().str() == "$.Autobus.Synced");
    device late = replier("$.Kitchen.Oven");
    const message news = ear.receive(no_wait).value();
    BOOST_TEST(!news.is_current());
    BOOST_TEST(bound_info_of(news)->pattern.str() == "$.Kitchen.Oven");
}

BOOST_AUTO_TEST_CASE(lists_show_endpoints_bindings_and_open_requests) {
    device asked = bus->open({}, in_process_opener{{4, 5, 6}, false}).value();
    asked.bind("$.A.%", role::replier).value();
    device ear = listener("$.*");
    device asker = open();
    const std::uint64_t serial = asker.request("$.A.b", "?").value();

    const auto endpoints = asker.list_endpoints().value();
    BOOST_TEST(endpoints.items.size() == 3u);
    BOOST_TEST((endpoints.items[0].opener == credentials{4, 5, 6}));
    BOOST_TEST(endpoints.items[0].owed == 1);
    BOOST_TEST(endpoints.items[0].records == 1);
    BOOST_TEST(endpoints.items[2].asked == 1);
    BOOST_TEST(endpoints.serial_first == endpoints.serial_last);

    const auto bindings = asker.list_bindings().value();
    BOOST_REQUIRE(bindings.items.size() == 2u);
    BOOST_TEST(bindings.items[0].pattern.str() == "$.A.%");
    BOOST_TEST((bindings.items[0].role == role::replier));
    BOOST_TEST((bindings.items[1].role == role::listener));
    BOOST_TEST(bindings.items[1].endpoint == ear.info()->endpoint);

    auto requests = asker.list_requests().value();
    BOOST_REQUIRE(requests.items.size() == 1u);
    BOOST_TEST(requests.items[0].serial == serial);
    BOOST_TEST(requests.items[0].name.str() == "$.A.b");
    BOOST_TEST(requests.items[0].requester == asker.info()->endpoint);
    BOOST_TEST(requests.items[0].replier == asked.info()->endpoint);
    BOOST_TEST(!requests.items[0].handed);
    asked.receive(no_wait).value();
    requests = asker.list_requests().value();
    BOOST_TEST(requests.items.at(0).handed);
}

BOOST_AUTO_TEST_CASE(a_list_longer_than_a_page_is_complete) {
    device many = open();
    for (int i = 0; i < 700; ++i) {
        const auto name = name::parse("$.Number" + std::to_string(i)).value();
        many.bind(name, role::listener).value();
    }
    const auto bindings = open().list_bindings().value();
    BOOST_REQUIRE(bindings.items.size() == 700u);
    for (int i = 0; i < 700; ++i) {
        BOOST_TEST(bindings.items[i].pattern.str() == "$.Number" + std::to_string(i));
    }
}

BOOST_AUTO_TEST_CASE(who_gives_the_most_specific_replier_or_nothing) {
    device general = replier("$.A.*");
    device special = replier("$.A.%");
    device asker = open();
    BOOST_TEST(asker.who("$.A.b").value()->endpoint == special.info()->endpoint);
    BOOST_TEST(asker.who("$.A.b").value()->pattern.str() == "$.A.%");
    BOOST_TEST(asker.who("$.A.b.c").value()->endpoint == general.info()->endpoint);
    BOOST_TEST(!asker.who("$.B").value());
}

BOOST_AUTO_TEST_CASE(limits_can_be_read_and_set_up_to_their_ceiling) {
    device bus = open_as({1, 2, 3});
    const bus_limits before = bus.get_limits().value();
    BOOST_TEST(before.now.records == 128);
    BOOST_TEST(before.message == 1u << 20);
    const bus_limits after = bus.set_limits({.records = 64}).value();
    BOOST_TEST(after.now.records == 64);
    BOOST_TEST(after.now.bytes == before.now.bytes);
    const auto too_much = bus.set_limits({.records = before.ceiling.records + 1});
    BOOST_TEST(too_much.error().code() == EPERM);
}

BOOST_AUTO_TEST_CASE(the_descriptor_is_readable_exactly_while_something_can_be_received) {
    device ear = listener("$.A");
    device mouth = open();
    const int fd = ear.fd().value();
    BOOST_TEST(ear.fd().value() == fd);
    BOOST_TEST(!is_readable(fd));
    mouth.announce("$.A", "1").value();
    mouth.announce("$.A", "2").value();
    BOOST_TEST(is_readable(fd));
    ear.receive(no_wait).value();
    BOOST_TEST(is_readable(fd));
    ear.receive(no_wait).value();
    BOOST_TEST(!is_readable(fd));
}

BOOST_AUTO_TEST_CASE(only_a_privileged_opener_can_become_the_router_and_only_one) {
    device plain = open_as({1, 2, 3}, false);
    device router = open_as({1, 0, 0}, true);
    device second = open_as({1, 0, 0}, true);
    BOOST_TEST(plain.claim_router().error().code() == EPERM);
    router.claim_router().value();
    BOOST_TEST(second.claim_router().error().code() == EBUSY);
    BOOST_TEST(plain.info()->router == router.info()->endpoint);
}

BOOST_AUTO_TEST_CASE(a_router_brings_messages_of_other_buses_with_what_is_claimed_of_them) {
    device router = open_as({1, 0, 0}, true);
    router.claim_router().value();
    device ear = listener("$.A");
    draft brought;
    brought.name = "$.A";
    brought.data = "from afar";
    brought.origin = origin{77, 8, 9};
    brought.claimed = credentials{4, 5, 6};
    BOOST_TEST(open().send(brought).error().code() == EPERM);
    router.send(brought).value();
    const message heard = ear.receive(no_wait).value();
    BOOST_TEST(heard.is_remote());
    BOOST_TEST((heard.origin() == origin{77, 8, 9}));
    BOOST_TEST((heard.claimed() == credentials{4, 5, 6}));
    BOOST_TEST(heard.from() == router.info()->endpoint);
}

BOOST_AUTO_TEST_CASE(a_router_delivers_a_request_alone_or_only_its_copies) {
    device router = open_as({1, 0, 0}, true);
    router.claim_router().value();
    device asked = replier("$.A");
    device ear = listener("$.A");
    draft brought;
    brought.type = message_type::request;
    brought.name = "$.A";
    brought.origin = origin{77, 8, 9};
    brought.alone = true;
    router.send(brought).value();
    BOOST_TEST(asked.receive(no_wait)->is_owed());
    BOOST_TEST(ear.receive(no_wait).error().code() == EAGAIN);
    brought.alone = false;
    brought.copy = true;
    router.send(brought).value();
    const message copy = ear.receive(no_wait).value();
    BOOST_TEST((copy.type() == message_type::request));
    BOOST_TEST(!copy.is_owed());
    BOOST_TEST(asked.receive(no_wait).error().code() == EAGAIN);
}

BOOST_AUTO_TEST_CASE(a_router_answers_requests_with_a_status) {
    device router = open_as({1, 0, 0}, true);
    router.claim_router().value();
    router.bind("$.A", role::replier, {.yielding = true}).value();
    device asker = open();
    asker.request("$.A", "").value();
    std::uint64_t serial = router.receive(no_wait)->serial();
    router.send_status(serial, status_kind::refused, EADDRNOTAVAIL).value();
    const message refused = asker.receive(no_wait).value();
    BOOST_TEST((status_of(refused) == status_kind::refused));
    BOOST_TEST(refused.code() == EADDRNOTAVAIL);
    asker.request("$.A", "").value();
    serial = router.receive(no_wait)->serial();
    router.send_status(serial, status_kind::unreachable, 0, reach::no).value();
    const message unreachable = asker.receive(no_wait).value();
    BOOST_TEST((status_of(unreachable) == status_kind::unreachable));
    BOOST_TEST((unreachable.reached() == reach::no));
}

BOOST_AUTO_TEST_CASE(a_router_tells_watchers_and_listeners_what_happened_far_away) {
    device router = open_as({1, 0, 0}, true);
    router.claim_router().value();
    device watcher = listener("$.A");
    watcher.watch({77, 8}, 3).value();
    router.send_lost({77, 8, 0}, 5).value();
    const message mark = watcher.receive(no_wait).value();
    BOOST_TEST(mark.name().str() == "$.Autobus.Lost");
    BOOST_TEST(mark.lost() == 5);
    router.send_closed({77, 8, 0}, reach::unknown).value();
    const message closed = watcher.receive(no_wait).value();
    BOOST_TEST((closed_endpoint_of(closed).value() == address{77, 8}));
    BOOST_TEST((closed.reached() == reach::unknown));
}

BOOST_AUTO_TEST_CASE(the_bus_outlives_its_handle_while_a_device_is_open) {
    device ear = listener("$.A");
    bus.reset();
    ear.announce("$.A", "still here").value();
    BOOST_TEST(ear.receive(no_wait)->data() == "still here");
}

BOOST_AUTO_TEST_SUITE_END()
