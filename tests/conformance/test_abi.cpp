// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// Bad input: each kind has its errno and harms nothing.

#include "tests/conformance/support.hpp"

#include <sys/ioctl.h>

using namespace conformance;

namespace {

// An endpoint that nothing may reach, and one that tries.
struct abi_fixture : bus_fixture {
    endpoint victim = open();
    endpoint one = open();
    std::string before;

    abi_fixture()
    {
        victim.listen("$.*");
        victim.serve("$.*");
        before = state_of(victim);
    }

    ~abi_fixture()
    {
        BOOST_TEST(state_of(victim) == before);
        BOOST_TEST(!victim.receive());
    }

    ssize_t write(const bytes& image) { return one.file().write(image.data(), image.size()); }

    // Writes the record with a header that `change` has spoiled.
    template <typename Change>
    ssize_t write_spoiled(Change change, outgoing record = announcement("$.A", "data"))
    {
        bytes image = to_bytes(record);
        autobus_record head;
        std::memcpy(&head, image.data(), sizeof(head));
        change(head);
        std::memcpy(image.data(), &head, sizeof(head));
        return write(image);
    }

    template <typename Argument>
    int call(unsigned long command, const Argument& argument)
    {
        Argument copy = argument;
        return one.ioctl(command, &copy);
    }

    // A longer argument: fine if what is added is zero, E2BIG if not; a shorter one: EINVAL.
    template <typename Argument>
    void check_sizes(unsigned nr, const Argument& good, int expected)
    {
        constexpr u32 size = sizeof(Argument);
        bytes image(size + 16);
        const auto with = [&](u32 claimed, u32 encoded, char extra) {
            std::memcpy(image.data(), &good, size);
            std::memcpy(image.data(), &claimed, sizeof(claimed));
            std::fill(image.begin() + size, image.end(), extra);
            return one.ioctl(_IOC(_IOC_READ | _IOC_WRITE, AUTOBUS_IOC_TYPE, nr, encoded),
                             image.data());
        };
        BOOST_TEST(with(size, size, 1) == expected);
        BOOST_TEST(with(size + 16, size + 16, 0) == expected);
        BOOST_TEST(with(size + 8, size + 8, 1) == -E2BIG);
        BOOST_TEST(with(size - 8, size - 8, 0) == -EINVAL);
        BOOST_TEST(with(size, size + 8, 0) == -EINVAL);
        BOOST_TEST(with(size + 8, size, 0) == -EINVAL);
        BOOST_TEST(with(0, size, 0) == -EINVAL);
        BOOST_TEST(one.ioctl(_IOC(_IOC_READ | _IOC_WRITE, AUTOBUS_IOC_TYPE, nr, size),
                             reinterpret_cast<void*>(8)) == -EFAULT);
    }
};

template <typename Argument>
Argument sized()
{
    Argument argument = {};
    argument.size = sizeof(argument);
    return argument;
}

autobus_bind binding(u32 role, u32 flags)
{
    autobus_bind argument = sized<autobus_bind>();
    argument.pattern = reinterpret_cast<std::uintptr_t>("$.Bound");
    argument.pattern_size = 7;
    argument.role = role;
    argument.flags = flags;
    return argument;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(ABI, abi_fixture)

BOOST_AUTO_TEST_CASE(a_write_of_nothing_is_einval)
{
    BOOST_TEST(one.file().write("", 0) == -EINVAL);
    BOOST_TEST(call(AUTOBUS_IOC_SEND, sized<autobus_transfer>()) == -EINVAL);
}

BOOST_AUTO_TEST_CASE(a_short_record_is_einval)
{
    const bytes whole = to_bytes(announcement("$.A", "data"));
    for (std::size_t size = 1; size < whole.size(); size++) {
        BOOST_REQUIRE_EQUAL(write(bytes(whole.begin(), whole.begin() + size)), -EINVAL);
    }
}

BOOST_AUTO_TEST_CASE(a_size_that_does_not_fit_is_einval)
{
    for (const int change : {-8, -1, 1, 8, 16, 1 << 20}) {
        BOOST_TEST(write_spoiled([&](autobus_record& head) { head.size += change; }) == -EINVAL);
    }
    for (const u32 size : {0u, 8u, u32(sizeof(autobus_record)), 0x80000000u, 0xffffffffu}) {
        BOOST_TEST(write_spoiled([&](autobus_record& head) { head.size = size; }) == -EINVAL);
        BOOST_TEST(write_spoiled([&](autobus_record& head) { head.header_size = size + 8; })
                   == -EINVAL);
    }
    for (const u32 size : {0u, 2u, 9u, 64u}) {
        BOOST_TEST(write_spoiled([&](autobus_record& head) { head.name_size = size; })
                   == -EINVAL);
    }
    for (const u32 size : {0u, 9u, 64u}) {
        BOOST_TEST(write_spoiled([&](autobus_record& head) { head.data_size = size; })
                   == -EINVAL);
    }
}

BOOST_AUTO_TEST_CASE(a_record_that_claims_more_than_was_written_is_einval)
{
    BOOST_TEST(write_spoiled([](autobus_record& head) {
        head.data_size += 8;
        head.size += 8;
    }) == -EINVAL);
    BOOST_TEST(write_spoiled([](autobus_record& head) {
        head.data_size = 1 << 19;
        head.size = sizeof(head) + 8 + (1 << 19);
    }) == -EINVAL);
}

BOOST_AUTO_TEST_CASE(lengths_that_wrap_are_einval)
{
    const u32 sizes[] = {0xffffffff, 0xfffffff8, 0xfffffff0, 0x80000000, 0x7fffffff};
    for (const u32 name_size : sizes) {
        for (const u32 data_size : sizes) {
            const auto wrapped = [&](autobus_record& head) {
                head.name_size = name_size;
                head.data_size = data_size;
            };
            BOOST_TEST(write_spoiled(wrapped) == -EINVAL);
            // The sum as 32 bits see it.
            BOOST_TEST(write_spoiled([&](autobus_record& head) {
                wrapped(head);
                head.size = head.header_size + (name_size + 7) / 8 * 8 + (data_size + 7) / 8 * 8;
            }) == -EINVAL);
        }
    }
    // What wraps around to the size that was written.
    BOOST_TEST(write_spoiled([](autobus_record& head) {
        head.name_size = 0xfffffff8;
        head.data_size = 24;
    }) == -EINVAL);
}

BOOST_AUTO_TEST_CASE(padding_that_is_not_zero_is_einval)
{
    bytes image = to_bytes(announcement("$.A", "data"));
    image[sizeof(autobus_record) + 5] = 1;
    BOOST_TEST(write(image) == -EINVAL);
    image = to_bytes(announcement("$.A", "data"));
    image.back() = 1;
    BOOST_TEST(write(image) == -EINVAL);
}

BOOST_AUTO_TEST_CASE(too_much_data_is_emsgsize)
{
    BOOST_TEST(one.send(announcement("$.A", std::string(AUTOBUS_DEFAULT_MESSAGE + 1, 'x')))
               == -EMSGSIZE);
}

BOOST_AUTO_TEST_CASE(an_unknown_type_is_einval)
{
    for (const u32 type : {0u, 8u, 100u, 0xffffffffu}) {
        BOOST_TEST(write_spoiled([&](autobus_record& head) { head.type = type; }) == -EINVAL);
    }
}

BOOST_AUTO_TEST_CASE(an_unknown_flag_is_einval)
{
    for (int bit = 0; bit < 32; bit++) {
        const u32 flag = 1u << bit;
        if (!(flag & (AUTOBUS_FLAGS_SENDER | AUTOBUS_FLAGS_ROUTER))) {
            BOOST_TEST(write_spoiled([&](autobus_record& head) { head.flags = flag; })
                       == -EINVAL, "bit " << bit);
        }
    }
}

BOOST_AUTO_TEST_CASE(flags_that_do_not_go_with_the_type_are_einval)
{
    BOOST_TEST(one.send(announcement("$.A", "", AUTOBUS_FAIL | AUTOBUS_WAIT)) == -EINVAL);
    BOOST_TEST(one.send(announcement("$.A", "", AUTOBUS_PRIVATE)) == -EINVAL);
    BOOST_TEST(one.send(direct(one.number(), "$.A", "", AUTOBUS_PRIVATE)) == -EINVAL);
    BOOST_TEST(one.send(request("$.A", "", AUTOBUS_RETAINED)) == -EINVAL);
    BOOST_TEST(one.send(direct(one.number(), "$.A", "", AUTOBUS_RETAINED)) == -EINVAL);
    BOOST_TEST(one.send(announcement("$.A", "", AUTOBUS_CLEAR)) == -EINVAL);
}

BOOST_AUTO_TEST_CASE(what_the_kernel_sets_must_be_zero)
{
    BOOST_TEST(write_spoiled([](autobus_record& head) { head.serial = 1; }) == -EINVAL);
    BOOST_TEST(write_spoiled([](autobus_record& head) { head.from = 1; }) == -EINVAL);
    BOOST_TEST(write_spoiled([](autobus_record& head) { head.cookie = 1; }) == -EINVAL);
    BOOST_TEST(write_spoiled([](autobus_record& head) { head.reserved = 1; }) == -EINVAL);
    BOOST_TEST(write_spoiled([](autobus_record& head) { head.sender.tgid = 1; }) == -EINVAL);
}

BOOST_AUTO_TEST_CASE(what_is_a_routers_is_eperm_for_others)
{
    BOOST_TEST(write_spoiled([](autobus_record& head) { head.origin.bus = 1; }) == -EPERM);
    BOOST_TEST(write_spoiled([](autobus_record& head) { head.origin.endpoint = 1; }) == -EPERM);
    BOOST_TEST(write_spoiled([](autobus_record& head) { head.code = 1; }) == -EPERM);
    BOOST_TEST(write_spoiled([](autobus_record& head) { head.reached = 1; }) == -EPERM);
    BOOST_TEST(write_spoiled([](autobus_record& head) { head.lost = 1; }) == -EPERM);
}

BOOST_AUTO_TEST_CASE(fields_that_do_not_go_with_the_type_are_einval)
{
    const auto spoil = [&](outgoing record, auto change) {
        change(record.head);
        return one.send(record);
    };
    const auto replies = [](autobus_record& head) { head.in_reply_to = 1; };
    BOOST_TEST(spoil(announcement("$.A"), replies) == -EINVAL);
    BOOST_TEST(spoil(request("$.A"), replies) == -EINVAL);
    BOOST_TEST(spoil(direct(1, "$.A"), replies) == -EINVAL);
    BOOST_TEST(one.send(reply(0)) == -EINVAL);
    const auto times_out = [](autobus_record& head) { head.timeout = 1; };
    BOOST_TEST(spoil(announcement("$.A"), times_out) == -EINVAL);
    BOOST_TEST(spoil(reply(1), times_out) == -EINVAL);
    BOOST_TEST(spoil(direct(1, "$.A"), times_out) == -EINVAL);
    const auto addressed = [](autobus_record& head) { head.to.endpoint = 1; };
    BOOST_TEST(spoil(announcement("$.A"), addressed) == -EINVAL);
    const auto half_addressed = [](autobus_record& head) { head.to = {1, 0}; };
    BOOST_TEST(spoil(request("$.A"), half_addressed) == -EINVAL);
    BOOST_TEST(spoil(direct(1, "$.A"), half_addressed) == -EINVAL);
    BOOST_TEST(one.send(direct(0, "$.A")) == -EINVAL);
}

BOOST_AUTO_TEST_CASE(an_unknown_ioctl_is_enotty)
{
    bytes room(512);
    for (const unsigned nr : {0u, 13u, 31u, 32u, 255u}) {
        BOOST_TEST(one.ioctl(_IOC(_IOC_READ | _IOC_WRITE, AUTOBUS_IOC_TYPE, nr, 64), room.data())
                   == -ENOTTY);
    }
    BOOST_TEST(one.ioctl(_IOC(_IOC_READ | _IOC_WRITE, AUTOBUS_IOC_TYPE + 1, 1, 64), room.data())
               == -ENOTTY);
    BOOST_TEST(one.ioctl(TIOCGWINSZ, room.data()) == -ENOTTY);
}

BOOST_AUTO_TEST_CASE(arguments_may_grow_but_not_change_their_size)
{
    check_sizes(1, sized<autobus_info>(), 0);
    check_sizes(2, binding(99, 0), -EINVAL);
    check_sizes(3, sized<autobus_unbind>(), -EINVAL);
    check_sizes(4, sized<autobus_transfer>(), -EINVAL);
    autobus_transfer no_wait = sized<autobus_transfer>();
    no_wait.flags = AUTOBUS_TRANSFER_DONTWAIT;
    check_sizes(5, no_wait, -EAGAIN);
    check_sizes(6, sized<autobus_transfer>(), -EINVAL);
    autobus_watch nobody = sized<autobus_watch>();
    nobody.endpoint.endpoint = ~u64{0};
    check_sizes(7, nobody, -ENXIO);
    check_sizes(8, sized<autobus_claim>(), -EINVAL);
    autobus_list nothing = sized<autobus_list>();
    nothing.what = AUTOBUS_LIST_REQUESTS;
    check_sizes(9, nothing, 0);
    check_sizes(10, sized<autobus_limits>(), 0);
    check_sizes(11, sized<autobus_values>(), -EINVAL);
    check_sizes(12, sized<autobus_capture>(), -EINVAL);
}

BOOST_AUTO_TEST_CASE(an_argument_larger_than_any_is_e2big)
{
    bytes room(4096);
    const u32 size = 4096;
    std::memcpy(room.data(), &size, sizeof(size));
    BOOST_TEST(one.ioctl(_IOC(_IOC_READ | _IOC_WRITE, AUTOBUS_IOC_TYPE, 1, size), room.data())
               == -E2BIG);
}

BOOST_AUTO_TEST_CASE(what_is_longer_than_known_is_left_alone)
{
    bytes room(sizeof(autobus_info) + 8);
    const u32 size = room.size();
    std::memcpy(room.data(), &size, sizeof(size));
    BOOST_REQUIRE_EQUAL(one.ioctl(_IOC(_IOC_READ | _IOC_WRITE, AUTOBUS_IOC_TYPE, 1, size),
                                  room.data()), 0);
    autobus_info info;
    std::memcpy(&info, room.data(), sizeof(info));
    BOOST_TEST(info.bus == one.bus());
    BOOST_TEST(info.abi_version == static_cast<u32>(AUTOBUS_ABI_VERSION));
}

BOOST_AUTO_TEST_CASE(unknown_flags_of_calls_are_einval)
{
    for (int bit = 3; bit < 32; bit++) {
        const u32 flag = 1u << bit;
        BOOST_TEST(call(AUTOBUS_IOC_BIND, binding(AUTOBUS_LISTENER, flag)) == -EINVAL);
        autobus_transfer transfer = sized<autobus_transfer>();
        transfer.flags = flag;
        BOOST_TEST(call(AUTOBUS_IOC_RECEIVE, transfer) == -EINVAL);
        autobus_watch watch = sized<autobus_watch>();
        watch.flags = flag;
        watch.endpoint.endpoint = victim.number();
        BOOST_TEST(call(AUTOBUS_IOC_WATCH, watch) == -EINVAL);
        autobus_claim claim = sized<autobus_claim>();
        claim.flags = flag | AUTOBUS_CLAIM_OPENER;
        BOOST_TEST(call(AUTOBUS_IOC_CLAIM, claim) == -EINVAL);
        autobus_unbind unbind = sized<autobus_unbind>();
        unbind.flags = flag;
        unbind.role = AUTOBUS_REPLIER;
        BOOST_TEST(call(AUTOBUS_IOC_UNBIND, unbind) == -EINVAL);
        autobus_values values = sized<autobus_values>();
        values.flags = flag;
        BOOST_TEST(call(AUTOBUS_IOC_VALUES, values) == -EINVAL);
        autobus_capture capture = sized<autobus_capture>();
        capture.flags = flag;
        BOOST_TEST(call(AUTOBUS_IOC_CAPTURE, capture) == -EINVAL);
    }
    autobus_info info = sized<autobus_info>();
    info.flags = 1;
    BOOST_TEST(call(AUTOBUS_IOC_INFO, info) == -EINVAL);
    autobus_limits limits = sized<autobus_limits>();
    limits.flags = 1;
    BOOST_TEST(call(AUTOBUS_IOC_LIMITS, limits) == -EINVAL);
    autobus_list list = sized<autobus_list>();
    list.what = AUTOBUS_LIST_ENDPOINTS;
    list.flags = 1;
    BOOST_TEST(call(AUTOBUS_IOC_LIST, list) == -EINVAL);
}

BOOST_AUTO_TEST_CASE(roles_and_their_flags_must_fit)
{
    BOOST_TEST(call(AUTOBUS_IOC_BIND, binding(0, 0)) == -EINVAL);
    BOOST_TEST(call(AUTOBUS_IOC_BIND, binding(3, 0)) == -EINVAL);
    BOOST_TEST(call(AUTOBUS_IOC_BIND, binding(AUTOBUS_REPLIER, AUTOBUS_BIND_EACH)) == -EINVAL);
    BOOST_TEST(call(AUTOBUS_IOC_BIND, binding(AUTOBUS_REPLIER, AUTOBUS_BIND_VALUES)) == -EINVAL);
    BOOST_TEST(call(AUTOBUS_IOC_BIND, binding(AUTOBUS_LISTENER, AUTOBUS_BIND_YIELDING))
               == -EINVAL);
    autobus_bind with_id = binding(AUTOBUS_LISTENER, 0);
    with_id.binding = 1;
    BOOST_TEST(call(AUTOBUS_IOC_BIND, with_id) == -EINVAL);
    BOOST_TEST(one.unbind(7, "$.A") == -EINVAL);
    BOOST_TEST(one.unbind(AUTOBUS_LISTENER, "$.A", AUTOBUS_UNBIND_DRAIN) == -EINVAL);
}

BOOST_AUTO_TEST_CASE(what_calls_give_back_must_be_zero_before)
{
    for (u64 autobus_transfer::* field : {&autobus_transfer::in_done, &autobus_transfer::out_done,
                                          &autobus_transfer::serial}) {
        autobus_transfer transfer = sized<autobus_transfer>();
        transfer.*field = 1;
        BOOST_TEST(call(AUTOBUS_IOC_SEND, transfer) == -EINVAL);
        BOOST_TEST(call(AUTOBUS_IOC_RECEIVE, transfer) == -EINVAL);
        BOOST_TEST(call(AUTOBUS_IOC_CALL, transfer) == -EINVAL);
    }
    for (u32 autobus_transfer::* field : {&autobus_transfer::sent, &autobus_transfer::received,
                                          &autobus_transfer::reserved}) {
        autobus_transfer transfer = sized<autobus_transfer>();
        transfer.*field = 1;
        BOOST_TEST(call(AUTOBUS_IOC_RECEIVE, transfer) == -EINVAL);
    }
    for (u64 autobus_list::* field : {&autobus_list::out_done, &autobus_list::count,
                                      &autobus_list::serial_first, &autobus_list::serial_last}) {
        autobus_list list = sized<autobus_list>();
        list.what = AUTOBUS_LIST_ENDPOINTS;
        list.*field = 1;
        BOOST_TEST(call(AUTOBUS_IOC_LIST, list) == -EINVAL);
    }
    autobus_info info = sized<autobus_info>();
    info.reserved = 1;
    BOOST_TEST(call(AUTOBUS_IOC_INFO, info) == -EINVAL);
}

BOOST_AUTO_TEST_CASE(what_is_reserved_but_not_built_is_eopnotsupp)
{
    autobus_transfer transfer = sized<autobus_transfer>();
    for (const u32 flag : {AUTOBUS_TRANSFER_PEEK, AUTOBUS_TRANSFER_DISCARD}) {
        transfer.flags = flag;
        BOOST_TEST(call(AUTOBUS_IOC_RECEIVE, transfer) == -EOPNOTSUPP);
    }
    autobus_values values = sized<autobus_values>();
    for (const u32 flag : {AUTOBUS_VALUES_READ, AUTOBUS_VALUES_AGAIN}) {
        values.flags = flag;
        BOOST_TEST(call(AUTOBUS_IOC_VALUES, values) == -EOPNOTSUPP);
    }
    autobus_capture capture = sized<autobus_capture>();
    for (const u32 flag : {AUTOBUS_CAPTURE_START, AUTOBUS_CAPTURE_STOP}) {
        capture.flags = flag;
        BOOST_TEST(call(AUTOBUS_IOC_CAPTURE, capture) == -EOPNOTSUPP);
    }
    autobus_list list = sized<autobus_list>();
    list.what = AUTOBUS_LIST_VALUES;
    BOOST_TEST(call(AUTOBUS_IOC_LIST, list) == -EOPNOTSUPP);
}

BOOST_AUTO_TEST_CASE(info_tells_what_is_built)
{
    const u64 features = one.info().features;
    BOOST_TEST(features == (AUTOBUS_FEATURE_URGENT | AUTOBUS_FEATURE_PRIVATE |
                            AUTOBUS_FEATURE_DIRECT | AUTOBUS_FEATURE_EACH |
                            AUTOBUS_FEATURE_ROUTER));
    BOOST_TEST(one.info().abi_version == 1u);
}

BOOST_AUTO_TEST_CASE(a_list_without_room_for_one_item_is_emsgsize)
{
    autobus_list list = sized<autobus_list>();
    list.what = AUTOBUS_LIST_ENDPOINTS;
    BOOST_TEST(call(AUTOBUS_IOC_LIST, list) == -EMSGSIZE);
    list.what = 0;
    BOOST_TEST(call(AUTOBUS_IOC_LIST, list) == -EINVAL);
    list.what = 6;
    BOOST_TEST(call(AUTOBUS_IOC_LIST, list) == -EINVAL);
    list.what = AUTOBUS_LIST_ENDPOINTS;
    list.name_size = 1;
    BOOST_TEST(call(AUTOBUS_IOC_LIST, list) == -EINVAL);
}

BOOST_AUTO_TEST_CASE(a_list_goes_on_where_it_ended)
{
    endpoint three = open();
    before = state_of(victim);
    autobus_list list = sized<autobus_list>();
    bytes room(sizeof(autobus_item) + 8);
    std::vector<u64> numbers;
    list.what = AUTOBUS_LIST_ENDPOINTS;
    do {
        list.out = reinterpret_cast<std::uintptr_t>(room.data());
        list.out_size = room.size();
        list.out_done = list.count = list.serial_first = list.serial_last = 0;
        BOOST_REQUIRE_EQUAL(one.ioctl(AUTOBUS_IOC_LIST, &list), 0);
        BOOST_TEST(list.serial_first == list.serial_last);
        autobus_item item;
        std::memcpy(&item, room.data(), sizeof(item));
        if (list.count) {
            numbers.push_back(item.endpoint);
        }
    } while (list.next_endpoint);
    const std::vector<u64> expected = {victim.number(), one.number(), three.number()};
    BOOST_TEST(numbers == expected, boost::test_tools::per_element());
    three.close();
    before = state_of(victim);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_read_only_cannot_send)
{
    endpoint reader = open(O_RDONLY);
    before = state_of(victim);
    const bytes image = to_bytes(announcement("$.A"));
    BOOST_TEST(reader.file().write(image.data(), image.size()) == -EBADF);
    BOOST_TEST(reader.send(announcement("$.A")) == -EBADF);
    BOOST_TEST(reader.bind(AUTOBUS_REPLIER, "$.Bound") == -EBADF);
    BOOST_TEST(!reader.writable());
    BOOST_TEST(reader.bind(AUTOBUS_LISTENER, "$.Autobus.Bound.X") == 0);
    BOOST_TEST(reader.watch(one.number()) == 0);
    one.close();
    BOOST_TEST(name_of(reader.receive()) == AUTOBUS_NAME_CLOSED);
    reader.close();
    before = state_of(victim);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_write_only_cannot_read_listen_or_ask)
{
    endpoint writer = open(O_WRONLY);
    before = state_of(victim);
    bytes room(4096);
    BOOST_TEST(writer.file().read(room.data(), room.size()) == -EBADF);
    autobus_transfer transfer = sized<autobus_transfer>();
    BOOST_TEST(writer.receive_into(room, transfer) == -EBADF);
    BOOST_TEST(writer.bind(AUTOBUS_LISTENER, "$.Bound") == -EBADF);
    BOOST_TEST(writer.bind(AUTOBUS_REPLIER, "$.Bound") == -EBADF);
    BOOST_TEST(writer.watch(one.number()) == -EBADF);
    BOOST_TEST(writer.send(request("$.A")) == -EBADF);
    BOOST_TEST(writer.next_size() == -EBADF);
    BOOST_TEST(!writer.readable());
    BOOST_TEST(writer.writable());
    writer.close();
    before = state_of(victim);
}

BOOST_AUTO_TEST_CASE(sending_and_receiving_do_not_take_each_others_fields)
{
    bytes image = to_bytes(announcement("$.A"));
    autobus_transfer transfer = sized<autobus_transfer>();
    transfer.in = reinterpret_cast<std::uintptr_t>(image.data());
    transfer.in_size = image.size();
    BOOST_TEST(call(AUTOBUS_IOC_RECEIVE, transfer) == -EINVAL);
    transfer.most = 1;
    BOOST_TEST(call(AUTOBUS_IOC_SEND, transfer) == -EINVAL);
}

BOOST_AUTO_TEST_SUITE_END()
