// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// Bad pointers on a device, where the kernel itself must find out, and the file's other doors.

#include "tests/conformance/process.hpp"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

using namespace conformance;

namespace {

// Two pages, of which the second isn't there.
class edge {
public:
    edge()
    {
        void* pages = ::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        BOOST_REQUIRE(pages != MAP_FAILED);
        start_ = static_cast<char*>(pages);
        ::munmap(start_ + page, page);
    }
    edge(const edge&) = delete;
    edge& operator=(const edge&) = delete;
    ~edge() { ::munmap(start_, page); }

    // So many bytes before what isn't there.
    char* before(std::size_t size) { return start_ + page - size; }
    void make_read_only() { ::mprotect(start_, page, PROT_READ); }

    static constexpr std::size_t page = 4096;

private:
    char* start_;
};

struct memory_fixture : bus_fixture {
    edge edges;
    endpoint sender = open();
    endpoint listener = open();
    bytes image = to_bytes(announcement("$.A", std::string(100, 'x')));

    memory_fixture() { listener.listen("$.A"); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(Processes)

BOOST_FIXTURE_TEST_SUITE(Memory, memory_fixture)

BOOST_AUTO_TEST_CASE(a_record_that_ends_where_nothing_is_mapped_is_efault_anywhere)
{
    const u64 serial = sender.info().serial;
    for (std::size_t there = 0; there < image.size(); there++) {
        char* at = edges.before(there);
        std::memcpy(at, image.data(), there);
        BOOST_REQUIRE_EQUAL(sender.file().write(at, image.size()), -EFAULT);
    }
    BOOST_TEST(sender.info().serial == serial);
    BOOST_TEST(!listener.receive());
    char* at = edges.before(image.size());
    std::memcpy(at, image.data(), image.size());
    BOOST_TEST(sender.file().write(at, image.size()) == static_cast<ssize_t>(image.size()));
    BOOST_TEST(listener.receive().has_value());
}

BOOST_AUTO_TEST_CASE(a_batch_whose_second_record_is_not_mapped_sends_the_first)
{
    char* at = edges.before(image.size() + 64);
    std::memcpy(at, image.data(), image.size());
    std::memcpy(at + image.size(), image.data(), 64);
    BOOST_TEST(sender.file().write(at, 2 * image.size()) == static_cast<ssize_t>(image.size()));
    BOOST_TEST(listener.receive_all().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_read_into_what_is_partly_mapped_is_efault_and_the_record_stays)
{
    BOOST_REQUIRE_EQUAL(sender.file().write(image.data(), image.size()),
                        static_cast<ssize_t>(image.size()));
    for (std::size_t there = 0; there < image.size(); there++) {
        BOOST_REQUIRE_EQUAL(listener.file().read(edges.before(there), 4096), -EFAULT);
    }
    BOOST_TEST(listener.file().read(edges.before(image.size()), image.size())
               == static_cast<ssize_t>(image.size()));
    BOOST_TEST(!listener.receive());
}

BOOST_AUTO_TEST_CASE(a_read_whose_second_record_has_no_memory_gives_the_first)
{
    sender.file().write(image.data(), image.size());
    sender.file().write(image.data(), image.size());
    BOOST_TEST(listener.file().read(edges.before(image.size() + 200), 4096)
               == static_cast<ssize_t>(image.size()));
    BOOST_TEST(listener.receive_all().size() == 1u);
}

BOOST_AUTO_TEST_CASE(memory_that_is_read_only_is_efault)
{
    sender.file().write(image.data(), image.size());
    edges.make_read_only();
    BOOST_TEST(listener.file().read(edges.before(2000), 2000) == -EFAULT);
    BOOST_TEST(listener.ioctl(AUTOBUS_IOC_INFO, edges.before(sizeof(autobus_info))) == -EINVAL);
    BOOST_TEST(listener.receive().has_value());
}

BOOST_AUTO_TEST_CASE(addresses_of_the_kernel_and_of_nobody_are_efault)
{
    sender.file().write(image.data(), image.size());
    for (const u64 address : {u64{0}, u64{1}, ~u64{0}, u64{0xffff800000000000},
                              u64{0xffffffff81000000}, u64{0x8000000000000000},
                              u64{0x00007ffffffff000}}) {
        if (address > ~std::uintptr_t{0}) {
            continue;
        }
        auto* at = reinterpret_cast<char*>(static_cast<std::uintptr_t>(address));
        BOOST_TEST(sender.file().write(at, 4096) == -EFAULT);
        BOOST_TEST(listener.file().read(at, 4096) == -EFAULT);
        BOOST_TEST(sender.ioctl(AUTOBUS_IOC_INFO, at) == -EFAULT);
        BOOST_TEST(sender.ioctl(FIONREAD, at) == -EFAULT);
        BOOST_TEST(sender.bind(AUTOBUS_LISTENER, std::string_view(at, 4)) == -EFAULT);
    }
    BOOST_TEST(listener.receive_all().size() == 1u);
    BOOST_TEST(sender.info().bindings == 1u);
}

BOOST_AUTO_TEST_CASE(addresses_inside_arguments_are_64_bits_wide)
{
    for (const u64 address : {u64{0x100000000}, u64{0xffffffff00000000}, ~u64{7}}) {
        autobus_transfer transfer = {};
        transfer.size = sizeof(transfer);
        transfer.in = address;
        transfer.in_size = 4096;
        BOOST_TEST(sender.ioctl(AUTOBUS_IOC_SEND, &transfer) == -EFAULT);
        BOOST_TEST(transfer.sent == 0u);
    }
    autobus_transfer transfer = {};
    transfer.size = sizeof(transfer);
    transfer.in = reinterpret_cast<std::uintptr_t>(image.data());
    transfer.in_size = ~u64{0};
    // However much it says that there is: a record, then what isn't one.
    const int error = sender.ioctl(AUTOBUS_IOC_SEND, &transfer);
    BOOST_TEST((error == -EFAULT || (!error && transfer.sent == 1)));
}

BOOST_AUTO_TEST_CASE(an_argument_at_the_edge_is_efault)
{
    autobus_info info = {};
    info.size = sizeof(info);
    for (std::size_t there = 4; there < sizeof(info); there += 4) {
        std::memcpy(edges.before(there), &info, there);
        BOOST_TEST(sender.ioctl(AUTOBUS_IOC_INFO, edges.before(there)) == -EFAULT);
    }
}

BOOST_AUTO_TEST_CASE(a_call_whose_answer_has_no_memory_has_sent_and_says_so)
{
    endpoint replier = open();
    replier.serve("$.Lamp");
    BOOST_REQUIRE_GT(replier.must_send(direct(sender.number(), "$.D")), 0u);
    bytes question = to_bytes(request("$.Lamp"));
    autobus_transfer transfer = {};
    transfer.size = sizeof(transfer);
    transfer.in = reinterpret_cast<std::uintptr_t>(question.data());
    transfer.in_size = question.size();
    transfer.out = reinterpret_cast<std::uintptr_t>(edges.before(100));
    transfer.out_size = 4096;
    BOOST_TEST(sender.ioctl(AUTOBUS_IOC_CALL, &transfer) == -EFAULT);
    BOOST_TEST(transfer.sent == 1u);
    BOOST_TEST(name_of(sender.receive()) == "$.D");
    BOOST_TEST(replier.receive_all().size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(Files, bus_fixture)

BOOST_AUTO_TEST_CASE(records_may_be_scattered_over_memory)
{
    const int fd = raw::open();
    raw::bind(fd, AUTOBUS_LISTENER, "$.A");
    bytes image = to_bytes(announcement("$.A", "scattered"));
    std::vector<iovec> parts;
    for (std::size_t at = 0; at < image.size(); at += 7) {
        parts.push_back({image.data() + at, std::min<std::size_t>(7, image.size() - at)});
    }
    BOOST_TEST(::writev(fd, parts.data(), parts.size()) == static_cast<ssize_t>(image.size()));
    bytes room(image.size());
    for (std::size_t at = 0; iovec& part : parts) {
        part.iov_base = room.data() + at;
        at += part.iov_len;
    }
    BOOST_TEST(::readv(fd, parts.data(), parts.size()) == static_cast<ssize_t>(room.size()));
    BOOST_TEST(parse_records(room.data(), room.size()).front().data == "scattered");
    ::close(fd);
}

BOOST_AUTO_TEST_CASE(a_read_may_ask_not_to_wait)
{
    const int fd = raw::open();
    raw::bind(fd, AUTOBUS_LISTENER, "$.A");
    bytes room(4096);
    const iovec part{room.data(), room.size()};
    BOOST_TEST(::preadv2(fd, &part, 1, -1, RWF_NOWAIT) == -1);
    BOOST_TEST(errno == EAGAIN);
    raw::send(fd, announcement("$.A"));
    BOOST_TEST(::preadv2(fd, &part, 1, -1, RWF_NOWAIT) > 0);
    ::close(fd);
}

BOOST_AUTO_TEST_CASE(there_are_no_places_in_a_bus)
{
    const int fd = raw::open();
    bytes room(4096);
    BOOST_TEST(::pread(fd, room.data(), room.size(), 0) == -1);
    BOOST_TEST(errno == ESPIPE);
    BOOST_TEST(::pwrite(fd, room.data(), room.size(), 0) == -1);
    BOOST_TEST(errno == ESPIPE);
    BOOST_TEST(::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
    ::close(fd);
}

BOOST_AUTO_TEST_CASE(the_module_stays_while_an_endpoint_is_open)
{
    const int fd = raw::open();
    BOOST_TEST(::syscall(SYS_delete_module, "autobus", O_NONBLOCK) == -1);
    BOOST_TEST((errno == EWOULDBLOCK || errno == EBUSY));
    BOOST_TEST(raw::info(fd).endpoint > 0u);
    ::close(fd);
}

BOOST_AUTO_TEST_CASE(there_are_as_many_buses_as_the_module_was_told)
{
    std::vector<u64> ids;
    for (unsigned bus = 0; bus < 3; bus++) {
        const int fd = raw::open(O_RDWR, bus);
        BOOST_REQUIRE_GE(fd, 0);
        ids.push_back(raw::info(fd).bus);
        ::close(fd);
    }
    BOOST_TEST((ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]));
    BOOST_TEST(raw::open(O_RDWR, 3) == -ENOENT);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
