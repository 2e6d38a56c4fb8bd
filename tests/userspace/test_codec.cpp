// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "autobus/message.hpp"

#include <linux/autobus.h>

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <cstring>

using autobus::draft;
using autobus::message_type;

BOOST_AUTO_TEST_SUITE(codec)

namespace {

std::string bytes_of(const draft& given) {
    std::string bytes;
    autobus::encode(given, bytes).value();
    return bytes;
}

autobus_record record_in(const std::string& bytes) {
    autobus_record record;
    BOOST_REQUIRE(bytes.size() >= sizeof(record));
    std::memcpy(&record, bytes.data(), sizeof(record));
    return record;
}

void put_record(std::string& bytes, const autobus_record& record) {
    std::memcpy(bytes.data(), &record, sizeof(record));
}

draft lamp(std::string_view data = "on") {
    draft made;
    made.name = "$.Kitchen.Lamp";
    made.data = data;
    return made;
}

// What decoding says of these bytes; 0 if it takes them.
int fault_of(const std::string& bytes) {
    std::string_view rest = bytes;
    const auto view = autobus::decode(rest);
    if (!view) {
        BOOST_TEST(rest.size() == bytes.size(), "a bad record was consumed");
        return view.error().code();
    }
    return 0;
}

// A good record with one thing changed.
template <class Change>
int fault_after(Change change) {
    std::string bytes = bytes_of(lamp());
    autobus_record record = record_in(bytes);
    change(record);
    put_record(bytes, record);
    return fault_of(bytes);
}

std::string notice(std::uint32_t code, const std::string& data) {
    draft made;
    made.type = message_type::notice;
    made.name = "$.Autobus.Bound.Kitchen";
    made.code = code;
    made.data = data;
    return bytes_of(made);
}

std::string bound_data(std::uint32_t role, const std::string& pattern, std::uint32_t pattern_size) {
    autobus_bound bound{};
    bound.endpoint = 7;
    bound.binding = 70;
    bound.role = role;
    bound.pattern_size = pattern_size;
    return std::string(reinterpret_cast<const char*>(&bound), sizeof(bound)) + pattern;
}

autobus::message decoded(const std::string& bytes) {
    std::string_view rest = bytes;
    return autobus::message(autobus::decode(rest).value());
}

} // namespace

BOOST_AUTO_TEST_CASE(an_encoded_record_has_the_sizes_that_the_interface_asks_for) {
    const std::string bytes = bytes_of(lamp("0123456789"));
    const autobus_record record = record_in(bytes);
    BOOST_TEST(record.size == bytes.size());
    BOOST_TEST(record.size == 144 + 16 + 16);
    BOOST_TEST(record.header_size == sizeof(record));
    BOOST_TEST(record.name_size == 14);
    BOOST_TEST(record.data_size == 10);
    BOOST_TEST(bytes.substr(144, 16) == std::string("$.Kitchen.Lamp\0\0", 16));
    BOOST_TEST(bytes.substr(160) == std::string("0123456789\0\0\0\0\0\0", 16));
    BOOST_TEST(autobus::encoded_size(lamp("0123456789")) == bytes.size());
}

BOOST_AUTO_TEST_CASE(a_plain_draft_leaves_all_other_fields_zero) {
    autobus_record record = record_in(bytes_of(lamp()));
    BOOST_TEST(record.type == AUTOBUS_ANNOUNCEMENT);
    record.size = record.header_size = record.type = record.name_size = record.data_size = 0;
    const autobus_record zero{};
    BOOST_TEST(std::memcmp(&record, &zero, sizeof(record)) == 0);
}

BOOST_AUTO_TEST_CASE(each_field_of_a_draft_gets_to_its_place_in_the_record) {
    draft made = lamp();
    made.type = message_type::request;
    made.to = {11, 12};
    made.in_reply_to = 13;
    made.timeout = std::chrono::nanoseconds(14);
    made.origin = autobus::origin{15, 16, 17};
    made.claimed = autobus::credentials{18, 19, 20};
    made.code = 21;
    made.reached = autobus::reach::unknown;
    made.lost = 22;
    const autobus_record record = record_in(bytes_of(made));
    BOOST_TEST(record.type == AUTOBUS_REQUEST);
    BOOST_TEST(record.flags == (AUTOBUS_REMOTE | AUTOBUS_CLAIMED));
    BOOST_TEST(record.to.bus == 11);
    BOOST_TEST(record.to.endpoint == 12);
    BOOST_TEST(record.in_reply_to == 13);
    BOOST_TEST(record.timeout == 14);
    BOOST_TEST(record.origin.bus == 15);
    BOOST_TEST(record.origin.endpoint == 16);
    BOOST_TEST(record.origin.serial == 17);
    BOOST_TEST(record.claimed.tgid == 18);
    BOOST_TEST(record.claimed.uid == 19);
    BOOST_TEST(record.claimed.gid == 20);
    BOOST_TEST(record.code == 21);
    BOOST_TEST(record.reached == AUTOBUS_REACHED_UNKNOWN);
    BOOST_TEST(record.lost == 22);
}

BOOST_AUTO_TEST_CASE(each_choice_of_a_sender_is_its_flag) {
    const auto flags = [](auto choose) {
        draft made = lamp();
        choose(made);
        return record_in(bytes_of(made)).flags;
    };
    BOOST_TEST(flags([](draft& d) { d.urgent = true; }) == AUTOBUS_URGENT);
    BOOST_TEST(flags([](draft& d) { d.when_full = autobus::when_full::fail; }) == AUTOBUS_FAIL);
    BOOST_TEST(flags([](draft& d) { d.when_full = autobus::when_full::wait; }) == AUTOBUS_WAIT);
    BOOST_TEST(flags([](draft& d) { d.private_ = true; }) == AUTOBUS_PRIVATE);
    BOOST_TEST(flags([](draft& d) { d.retained = true; }) == AUTOBUS_RETAINED);
    BOOST_TEST(flags([](draft& d) { d.clear = true; }) == AUTOBUS_CLEAR);
    BOOST_TEST(flags([](draft& d) { d.alone = true; }) == AUTOBUS_ALONE);
    BOOST_TEST(flags([](draft& d) { d.copy = true; }) == AUTOBUS_COPY);
}

BOOST_AUTO_TEST_CASE(what_was_encoded_decodes_to_the_same) {
    for (std::size_t size : {0, 1, 7, 8, 9, 1000, 100000}) {
        const std::string data(size, '\xff');
        const std::string bytes = bytes_of(lamp(data));
        std::string_view rest = bytes;
        const auto view = autobus::decode(rest);
        BOOST_REQUIRE(view);
        BOOST_TEST(view->name().str() == "$.Kitchen.Lamp");
        BOOST_TEST(view->data() == data);
        BOOST_TEST(rest.empty());
    }
}

BOOST_AUTO_TEST_CASE(each_field_of_a_record_gets_to_its_place_in_the_message) {
    std::string bytes = bytes_of(lamp());
    autobus_record record = record_in(bytes);
    record.type = AUTOBUS_REPLY;
    record.flags = AUTOBUS_URGENT | AUTOBUS_REMOTE | AUTOBUS_CLAIMED | AUTOBUS_OWED |
                   AUTOBUS_ANSWER | AUTOBUS_CURRENT;
    record.serial = 1;
    record.origin = {2, 3, 4};
    record.from = 5;
    record.to = {6, 7};
    record.in_reply_to = 8;
    record.cookie = 9;
    record.code = 10;
    record.reached = AUTOBUS_REACHED_NO;
    record.lost = 11;
    record.sender = {12, 13, 14};
    record.claimed = {15, 16, 17};
    put_record(bytes, record);
    const autobus::message read = decoded(bytes);
    BOOST_TEST((read.type() == message_type::reply));
    BOOST_TEST(read.serial() == 1);
    BOOST_TEST((read.origin() == autobus::origin{2, 3, 4}));
    BOOST_TEST(read.from() == 5);
    BOOST_TEST((read.to() == autobus::address{6, 7}));
    BOOST_TEST(read.in_reply_to() == 8);
    BOOST_TEST(read.cookie() == 9);
    BOOST_TEST(read.code() == 10);
    BOOST_TEST((read.reached() == autobus::reach::no));
    BOOST_TEST(read.lost() == 11);
    BOOST_TEST((read.sender() == autobus::credentials{12, 13, 14}));
    BOOST_TEST((read.claimed() == autobus::credentials{15, 16, 17}));
    BOOST_TEST((read.is_urgent() && read.is_remote() && read.is_owed() && read.is_answer() &&
                read.is_current()));
}

BOOST_AUTO_TEST_CASE(a_record_without_the_claimed_flag_has_no_claimed_credentials) {
    BOOST_TEST(!decoded(bytes_of(lamp())).claimed());
}

BOOST_AUTO_TEST_CASE(a_longer_header_of_a_later_version_is_skipped) {
    std::string bytes = bytes_of(lamp());
    autobus_record record = record_in(bytes);
    record.header_size += 16;
    record.size += 16;
    put_record(bytes, record);
    bytes.insert(sizeof(record), 16, '\x55');
    const autobus::message read = decoded(bytes);
    BOOST_TEST(read.name().str() == "$.Kitchen.Lamp");
    BOOST_TEST(read.data() == "on");
}

BOOST_AUTO_TEST_CASE(records_in_a_row_are_taken_off_one_by_one) {
    autobus::batch batch;
    batch.add(lamp("1")).value();
    batch.add(lamp("two")).value();
    batch.add(lamp("")).value();
    BOOST_TEST(batch.count() == 3u);
    std::string_view rest = batch.bytes();
    BOOST_TEST(autobus::decode(rest)->data() == "1");
    BOOST_TEST(autobus::decode(rest)->data() == "two");
    BOOST_TEST(autobus::decode(rest)->data() == "");
    BOOST_TEST(rest.empty());
    batch.clear();
    BOOST_TEST(batch.empty());
    BOOST_TEST(batch.bytes().empty());
}

BOOST_AUTO_TEST_CASE(a_record_that_is_cut_off_anywhere_is_refused) {
    const std::string bytes = bytes_of(lamp("some data"));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        BOOST_TEST(fault_of(bytes.substr(0, size)) == EPROTO, size);
    }
}

BOOST_AUTO_TEST_CASE(sizes_that_contradict_each_other_are_refused) {
    using record = autobus_record;
    BOOST_TEST(fault_after([](record&) {}) == 0);
    BOOST_TEST(fault_after([](record& r) { r.size = 0; }) == EPROTO);
    BOOST_TEST(fault_after([](record& r) { r.size -= 8; }) == EPROTO);
    BOOST_TEST(fault_after([](record& r) { r.size += 8; }) == EPROTO);
    BOOST_TEST(fault_after([](record& r) { r.size = 0xffffffff; }) == EPROTO);
    BOOST_TEST(fault_after([](record& r) { r.header_size = 0; }) == EPROTO);
    BOOST_TEST(fault_after([](record& r) { r.header_size -= 8; }) == EPROTO);
    BOOST_TEST(fault_after([](record& r) { r.header_size += 4; }) == EPROTO);
    BOOST_TEST(fault_after([](record& r) { r.header_size += 8; }) == EPROTO);
    BOOST_TEST(fault_after([](record& r) { r.name_size += 8; }) == EPROTO);
    BOOST_TEST(fault_after([](record& r) { r.name_size = 0xffffffff; }) == EPROTO);
    BOOST_TEST(fault_after([](record& r) { r.data_size += 8; }) == EPROTO);
    BOOST_TEST(fault_after([](record& r) { r.data_size = 0xfffffff9; }) == EPROTO);
}

BOOST_AUTO_TEST_CASE(a_sum_of_sizes_that_wraps_around_is_refused) {
    // In 32 bits these add up to the record's size.
    BOOST_TEST(fault_after([](autobus_record& r) {
                   r.header_size = 0xfffffff8;
                   r.name_size = r.size + 8;
                   r.data_size = 0;
               }) == EPROTO);
}

BOOST_AUTO_TEST_CASE(padding_that_is_not_zero_is_refused) {
    const std::string good = bytes_of(lamp("on"));
    for (std::size_t at : {144 + 14, 144 + 15, 160 + 2, 160 + 7}) {
        std::string bytes = good;
        bytes[at] = 1;
        BOOST_TEST(fault_of(bytes) == EPROTO, at);
    }
}

BOOST_AUTO_TEST_CASE(an_unknown_type_is_refused) {
    BOOST_TEST(fault_after([](autobus_record& r) { r.type = 0; }) == EPROTO);
    BOOST_TEST(fault_after([](autobus_record& r) { r.type = 8; }) == EPROTO);
    BOOST_TEST(fault_after([](autobus_record& r) { r.type = AUTOBUS_MARK; }) == 0);
}

BOOST_AUTO_TEST_CASE(a_bad_name_is_refused) {
    std::string bytes = bytes_of(lamp());
    bytes[145] = '/';
    BOOST_TEST(fault_of(bytes) == EPROTO);
    BOOST_TEST(fault_after([](autobus_record& r) { r.name_size = 0; }) == EPROTO);
}

BOOST_AUTO_TEST_CASE(any_single_changed_byte_gives_a_message_or_an_error_but_never_a_crash) {
    const std::string good = bytes_of(lamp("some data"));
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string bytes = good;
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
            std::string_view rest = bytes;
            const auto view = autobus::decode(rest);
            BOOST_TEST((view.has_value() || view.error().code() == EPROTO));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_message_outlives_the_bytes_that_it_was_decoded_from) {
    std::optional<autobus::message> kept;
    {
        const std::string bytes = bytes_of(lamp("on"));
        std::string_view rest = bytes;
        kept.emplace(autobus::decode(rest).value());
    }
    const autobus::message copy = *kept;
    kept.reset();
    BOOST_TEST(copy.name().str() == "$.Kitchen.Lamp");
    BOOST_TEST(copy.data() == "on");
}

BOOST_AUTO_TEST_CASE(a_bound_notice_tells_who_bound_what) {
    const std::string data = bound_data(AUTOBUS_REPLIER, "$.Kitchen.*", 11);
    const autobus::message read = decoded(notice(AUTOBUS_NOTICE_BOUND, data));
    const auto bound = autobus::bound_info_of(read);
    BOOST_REQUIRE(bound);
    BOOST_TEST((bound->kind == autobus::notice_kind::bound));
    BOOST_TEST(bound->endpoint == 7);
    BOOST_TEST(bound->binding == 70);
    BOOST_TEST((bound->role == autobus::role::replier));
    BOOST_TEST(bound->pattern.str() == "$.Kitchen.*");
    BOOST_TEST(!bound->yielding);
}

BOOST_AUTO_TEST_CASE(a_bound_notice_whose_data_lie_is_refused) {
    const auto fault = [](const std::string& data) {
        return autobus::bound_info_of(decoded(notice(AUTOBUS_NOTICE_BOUND, data))).error().code();
    };
    BOOST_TEST(fault("") == EPROTO);
    BOOST_TEST(fault(bound_data(AUTOBUS_REPLIER, "", 0)) == EPROTO);
    BOOST_TEST(fault(bound_data(AUTOBUS_REPLIER, "$.A", 4)) == EPROTO);
    BOOST_TEST(fault(bound_data(AUTOBUS_REPLIER, "$.A", 0xffffffff)) == EPROTO);
    BOOST_TEST(fault(bound_data(3, "$.A", 3)) == EPROTO);
    BOOST_TEST(fault(bound_data(AUTOBUS_REPLIER, "not", 3)) == EPROTO);
}

BOOST_AUTO_TEST_CASE(a_message_that_is_no_such_notice_is_not_taken_for_one) {
    const autobus::message plain = decoded(bytes_of(lamp()));
    BOOST_TEST(autobus::bound_info_of(plain).error().code() == EINVAL);
    BOOST_TEST(autobus::closed_endpoint_of(plain).error().code() == EINVAL);
    const autobus::message bound =
        decoded(notice(AUTOBUS_NOTICE_BOUND, bound_data(AUTOBUS_LISTENER, "$.A", 3)));
    BOOST_TEST(autobus::closed_endpoint_of(bound).error().code() == EINVAL);
}

BOOST_AUTO_TEST_CASE(a_closed_notice_tells_which_endpoint) {
    const autobus_address raw{5, 6};
    const std::string data(reinterpret_cast<const char*>(&raw), sizeof(raw));
    const auto closed = autobus::closed_endpoint_of(decoded(notice(AUTOBUS_NOTICE_CLOSED, data)));
    BOOST_REQUIRE(closed);
    BOOST_TEST((*closed == autobus::address{5, 6}));
    BOOST_TEST(autobus::closed_endpoint_of(decoded(notice(AUTOBUS_NOTICE_CLOSED, "short")))
                   .error()
                   .code() == EPROTO);
}

BOOST_AUTO_TEST_CASE(each_status_is_known_by_its_name_and_has_its_sentence) {
    using autobus::status_kind;
    std::vector<std::string> sentences;
    for (status_kind kind :
         {status_kind::unbound, status_kind::gone_away, status_kind::ignored,
          status_kind::timed_out, status_kind::unreachable, status_kind::refused}) {
        draft made;
        made.type = message_type::status;
        made.name = autobus::status_name(kind);
        made.code = EADDRNOTAVAIL;
        const autobus::message read = decoded(bytes_of(made));
        BOOST_TEST((autobus::status_of(read) == kind));
        const std::string sentence = autobus::explain_status(read);
        BOOST_TEST(!sentence.empty());
        BOOST_TEST(std::count(sentences.begin(), sentences.end(), sentence) == 0);
        sentences.push_back(sentence);
    }
    BOOST_TEST(sentences.back().find("EADDRNOTAVAIL") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_unreachable_replier_s_status_says_whether_the_request_got_there) {
    draft made;
    made.type = message_type::status;
    made.name = autobus::status_name(autobus::status_kind::unreachable);
    made.reached = autobus::reach::no;
    const std::string no = autobus::explain_status(decoded(bytes_of(made)));
    made.reached = autobus::reach::unknown;
    const std::string unknown = autobus::explain_status(decoded(bytes_of(made)));
    BOOST_TEST(no.find("did not reach") != std::string::npos);
    BOOST_TEST(unknown.find("not known") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_no_status_has_no_status) {
    BOOST_TEST(!autobus::status_of(decoded(bytes_of(lamp()))));
}

BOOST_AUTO_TEST_CASE(addresses_are_written_and_read_the_same_way) {
    BOOST_TEST(autobus::to_string(autobus::address{0, 12}) == "12");
    BOOST_TEST(autobus::to_string(autobus::address{0xabc, 12}) == "0000000000000abc:12");
    for (const char* text :
         {"12", "0000000000000abc:12", "ffffffffffffffff:18446744073709551615"}) {
        BOOST_TEST(autobus::to_string(autobus::parse_address(text).value()) == text);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_refused) {
    for (const char* text :
         {"", ":", "x", "12 ", "-1", "abc:12", "0000000000000abc:", "0000000000000abg:12",
          "18446744073709551616", "0000000000000abc:12:13"}) {
        const auto parsed = autobus::parse_address(text);
        BOOST_TEST(!parsed, text);
        BOOST_TEST(parsed.error().code() == EINVAL);
    }
}

BOOST_AUTO_TEST_SUITE_END()
