// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#define BOOST_TEST_DYN_LINK
#include "limpet/door.hpp"

#include "tests/support/limpet_fakes.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <string>
#include <vector>

using namespace limpet;
using namespace limpet::test;

namespace {

// Keeps what the door sends, and gives serials.
struct kept_port : door::port {
    struct sent {
        autobus::message_type type;
        std::string name;
        std::string data;
        std::optional<autobus::origin> origin;
        bool claimed;
    };
    autobus::result<std::uint64_t> send_from_door(const autobus::draft& draft) override {
        if (fail != 0) {
            return autobus::error{fail, "request"};
        }
        all.push_back({draft.type, std::string{draft.name.str()}, std::string{draft.data},
                       draft.origin, draft.claimed.has_value()});
        return 100 + all.size();
    }
    int fail = 0;
    std::vector<sent> all;
};

struct fixture {
    limpet_identity self{"lab", 0x11, 3, "alpha"};
    kept_port port;
    door open{self, 0xdd, {*autobus::pattern::parse("$.Kitchen.*")}, port, 77};
    kept_output out;
    server_session session{open, out, epoch};

    void bind(const std::string& service) {
        session.receive(line(R"({"_id":0,"_command":"bind","service":")" + service + "\"}"), epoch);
        (void)out.take_one();
    }
    void call(const std::string& function, const std::string& args) {
        session.receive(
            line(R"({"_id":1,"_command":"call","name":")" + function + R"(","args":)" + args + "}"),
            epoch);
    }
    std::string error() {
        const auto error = error_of(out.take_one());
        BOOST_REQUIRE(error);
        BOOST_TEST(!error->text.empty());
        return error->type;
    }
    // An answer as the bus gives it.
    bool answer(std::uint64_t request, const std::string& data,
                autobus::name_view name = "$.Kitchen.Lamp",
                autobus::message_type type = autobus::message_type::reply) {
        autobus::message_header header;
        header.type = type;
        header.flags = autobus::message_flags::answer;
        header.in_reply_to = request;
        return open.on_answer({header, name, data});
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(doors, fixture)

BOOST_AUTO_TEST_CASE(a_request_goes_to_the_bus_and_its_reply_comes_back) {
    bind(self.service());
    call("request", R"(["$.Kitchen.Lamp","on?"])");
    BOOST_TEST(out.quiet());
    BOOST_REQUIRE(port.all.size() == 1u);
    BOOST_TEST((port.all[0].type == autobus::message_type::request));
    BOOST_TEST(port.all[0].name == "$.Kitchen.Lamp");
    BOOST_TEST(port.all[0].data == "on?");
    BOOST_TEST(answer(101, "yes"));
    BOOST_TEST(out.take_one().body["result"].asString() == "yes");
    BOOST_TEST(!answer(101, "again"));
    BOOST_TEST(open.waiting() == 0u);
}

BOOST_AUTO_TEST_CASE(what_enters_is_marked_and_claims_nothing) {
    bind("autobus.limpet");
    call("send", R"(["$.Kitchen.Lamp","on"])");
    call("send", R"(["$.Kitchen.Lamp","off"])");
    kept_output other_out;
    server_session other{open, other_out, epoch};
    other.receive(line(R"({"_id":0,"_command":"bind","service":"autobus.limpet"})"), epoch);
    other.receive(line(R"({"_id":1,"_command":"call","name":"send","args":["$.Kitchen.A"]})"),
                  epoch);
    BOOST_REQUIRE(port.all.size() == 3u);
    for (const auto& sent : port.all) {
        BOOST_REQUIRE(sent.origin);
        BOOST_TEST(sent.origin->bus == 0xddu);
        BOOST_TEST(!sent.claimed);
    }
    BOOST_TEST(port.all[0].origin->endpoint == port.all[1].origin->endpoint);
    BOOST_TEST(port.all[0].origin->serial < port.all[1].origin->serial);
    BOOST_TEST(port.all[1].origin->endpoint != port.all[2].origin->endpoint);
}

BOOST_AUTO_TEST_CASE(send_announces_and_gives_null) {
    bind(self.service());
    call("send", R"(["$.Kitchen.Lamp","on"])");
    BOOST_TEST((port.all[0].type == autobus::message_type::announcement));
    const envelope response = out.take_one();
    BOOST_TEST(response.body.isMember("result"));
    BOOST_TEST(response.body["result"].isNull());
}

BOOST_AUTO_TEST_CASE(bytes_travel_in_base64_both_ways) {
    bind(self.service());
    call("request", R"(["$.Kitchen.Lamp",{"base64":"/wA="}])");
    BOOST_TEST(port.all[0].data == (std::string{"\xff\0", 2}));
    BOOST_TEST(answer(101, std::string{"\xfe\0", 2}));
    BOOST_TEST(out.take_one().body["result"]["base64"].asString() == "/gA=");
}

BOOST_AUTO_TEST_CASE(names_that_are_not_open_stay_closed) {
    bind(self.service());
    for (const char* name :
         {"$.Cellar.Safe", "$.Kitchen", "$.Autobus.Replier.Unbound", "$.Limpet.State"}) {
        call("request", std::string{"[\""} + name + "\",\"\"]");
        BOOST_TEST(error() == "not_allowed");
        call("send", std::string{"[\""} + name + "\"]");
        BOOST_TEST(error() == "not_allowed");
    }
    BOOST_TEST(port.all.empty());
}

BOOST_AUTO_TEST_CASE(without_a_list_nothing_is_open) {
    door closed{self, 0xdd, {}, port, 77};
    kept_output closed_out;
    server_session client{closed, closed_out, epoch};
    client.receive(line(R"({"_command":"bind","service":"autobus.limpet"})"), epoch);
    client.receive(line(R"({"_id":1,"_command":"call","name":"send","args":["$.A","x"]})"), epoch);
    BOOST_TEST(error_of(closed_out.take_one())->type == "not_allowed");
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_an_error_each) {
    bind(self.service());
    for (const char* args :
         {"[]", "[5]", R"(["$.Kitchen.Lamp",5])", R"(["$.Kitchen.Lamp",null])",
          R"(["$.Kitchen.Lamp",["x"]])", R"(["$.Kitchen.Lamp","x","y"])",
          R"(["$.Kitchen.Lamp",{"base64":"!"}])", R"(["$.Kitchen.Lamp",{"base64":5}])",
          R"(["$.Kitchen.Lamp",{"base64":"AA=="," x":1}])", R"(["$.Kitchen.Lamp",{}])"}) {
        call("request", args);
        BOOST_TEST(error() == "bad_arguments", args);
    }
    for (const char* name : {"", "Kitchen", "$.", "$.Kitchen.*", "$.Kitchen..Lamp"}) {
        call("request", std::string{"[\""} + name + "\"]");
        BOOST_TEST(error() == "bad_name", name);
    }
    call("fly", "[]");
    BOOST_TEST(error() == "no_such_function");
    BOOST_TEST(port.all.empty());
}

BOOST_AUTO_TEST_CASE(a_request_that_nobody_answers_says_why) {
    bind(self.service());
    struct row {
        autobus::status_kind kind;
        const char* type;
    };
    using enum autobus::status_kind;
    for (const row& one :
         {row{unbound, "unbound"}, row{gone_away, "gone_away"}, row{ignored, "ignored"},
          row{timed_out, "timed_out"}, row{unreachable, "unreachable"}, row{refused, "refused"}}) {
        call("request", R"(["$.Kitchen.Lamp",""])");
        BOOST_TEST(answer(100 + port.all.size(), "", autobus::status_name(one.kind),
                          autobus::message_type::status));
        BOOST_TEST(error() == one.type);
    }
}

BOOST_AUTO_TEST_CASE(what_the_bus_refuses_is_an_error) {
    bind(self.service());
    for (const auto& [code, type] : {std::pair{EADDRNOTAVAIL, "no_replier"},
                                     {EBUSY, "busy"},
                                     {ENOLCK, "busy"},
                                     {EMSGSIZE, "failed"}}) {
        port.fail = code;
        call("request", R"(["$.Kitchen.Lamp",""])");
        BOOST_TEST(error() == type);
    }
    BOOST_TEST(open.waiting() == 0u);
}

BOOST_AUTO_TEST_CASE(answers_to_a_client_that_has_gone_go_nowhere) {
    bind(self.service());
    call("request", R"(["$.Kitchen.Lamp",""])");
    open.client_ends(session);
    BOOST_TEST(answer(101, "late"));
    BOOST_TEST(out.quiet());
    BOOST_TEST(!answer(555, "not ours"));
}

BOOST_AUTO_TEST_CASE(requests_of_clients_that_go_are_bounded_too) {
    for (std::size_t i = 0; i < door::waiting_max; i += 256) {
        kept_output gone_out;
        server_session gone{open, gone_out, epoch};
        gone.receive(line(R"({"_command":"bind","service":"autobus.limpet"})"), epoch);
        for (int k = 0; k < 256; k++) {
            gone.receive(line(R"({"_command":"call","name":"request","args":["$.Kitchen.A"]})"),
                         epoch);
        }
        open.client_ends(gone);
    }
    BOOST_TEST(open.waiting() == door::waiting_max);
    bind(self.service());
    call("request", R"(["$.Kitchen.Lamp",""])");
    BOOST_TEST(error() == "busy");
}

BOOST_AUTO_TEST_CASE(the_details_list_both_services_and_their_functions) {
    const auto offers = open.offers();
    BOOST_REQUIRE(offers.size() == 2u);
    BOOST_TEST(offers[0].info["type"].asString() == "autobus.limpet");
    BOOST_TEST(offers[0].info["network"].asString() == "lab");
    BOOST_TEST(offers[0].info["bus"].asString() == "0000000000000011");
    BOOST_TEST(offers[0].info["endpoint"].asString() == "3");
    BOOST_TEST(offers[1].info["type"].asString() == "autobus.details");
    BOOST_TEST(offers[1].info["pid"].asInt() == 77);
    bind(offers[1].service);
    call("get_details", "[]");
    const Json::Value details = out.take_one().body["result"];
    BOOST_TEST(details.size() == 2u);
    BOOST_TEST(details[offers[0].service]["functions"].isMember("request"));
    BOOST_TEST(details[offers[0].service]["functions"].isMember("send"));
    BOOST_TEST((details[offers[0].service]["info"] == offers[0].info));
    BOOST_TEST(details[offers[1].service]["objects"].isMember("details"));
    session.receive(line(R"({"_id":2,"_command":"watch","name":"details"})"), epoch);
    const auto lines = out.take();
    BOOST_REQUIRE(lines.size() == 2u);
    BOOST_TEST((lines[0].body["value"] == details));
    call("request", R"(["$.Kitchen.Lamp",""])"); // not a function of this service
    BOOST_TEST(error() == "no_such_function");
}

BOOST_AUTO_TEST_CASE(each_service_tells_of_itself_as_in_2012) {
    bind(self.service());
    call("autobus.get_details", "[]");
    const Json::Value details = out.take_one().body["result"];
    BOOST_TEST(details["id"].asString() == self.service());
    BOOST_TEST(details["functions"]["request"]["name"].asString() == "request");
    BOOST_TEST(details["active"].asBool());
}

BOOST_AUTO_TEST_SUITE_END()
