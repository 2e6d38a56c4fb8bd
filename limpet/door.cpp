// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "limpet/door.hpp"

#include <sodium.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace limpet {

namespace {

constexpr const char* details_type = "autobus.details";
constexpr const char* details_2012_function = "autobus.get_details";

Json::Value documented(const char* text) {
    Json::Value item{Json::objectValue};
    item["doc"] = text;
    return item;
}

Json::Value functions_of(bool details) {
    Json::Value functions{Json::objectValue};
    if (details) {
        functions["get_details"] = documented("The services of this program.");
    } else {
        functions["request"] = documented(
            "request(name, data): asks the replier of a name on the bus, gives its reply's data.");
        functions["send"] = documented("send(name, data): announces on the bus.");
    }
    return functions;
}

std::optional<std::string> from_base64(const std::string& text) {
    std::string bytes(text.size(), '\0');
    std::size_t size = 0;
    const char* end = nullptr;
    if (::sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                            text.data(), text.size(), nullptr, &size, &end,
                            sodium_base64_VARIANT_ORIGINAL) != 0 ||
        end != text.data() + text.size()) {
        return std::nullopt;
    }
    bytes.resize(size);
    return bytes;
}

std::string to_base64(std::string_view bytes) {
    constexpr int variant = sodium_base64_VARIANT_ORIGINAL;
    std::string text(sodium_base64_ENCODED_LEN(bytes.size(), variant), '\0');
    ::sodium_bin2base64(text.data(), text.size(),
                        reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                        variant);
    text.pop_back(); // the terminating NUL
    return text;
}

std::optional<std::string> data_of(const Json::Value& value) {
    if (value.isString()) {
        return value.asString();
    }
    if (value.isObject() && value.size() == 1) {
        const auto text = string_in(value, "base64");
        return text ? from_base64(*text) : std::nullopt;
    }
    return std::nullopt;
}

Json::Value to_value(std::string_view data) {
    if (valid_utf8(data)) {
        return Json::Value{data.data(), data.data() + data.size()};
    }
    Json::Value value{Json::objectValue};
    value["base64"] = to_base64(data);
    return value;
}

const char* type_of(autobus::status_kind kind) {
    switch (kind) {
    case autobus::status_kind::unbound:
        return "unbound";
    case autobus::status_kind::gone_away:
        return "gone_away";
    case autobus::status_kind::ignored:
        return "ignored";
    case autobus::status_kind::timed_out:
        return "timed_out";
    case autobus::status_kind::unreachable:
        return "unreachable";
    case autobus::status_kind::refused:
        return "refused";
    }
    return "failed";
}

const char* type_of(const autobus::error& error) {
    switch (error.code()) {
    case EADDRNOTAVAIL:
        return "no_replier";
    case EBUSY:
    case EAGAIN:
    case ENOLCK:
    case EDQUOT:
        return "busy";
    default:
        return "failed";
    }
}

} // namespace

door::door(const limpet_identity& self, std::uint64_t bus, std::vector<autobus::pattern> open_names,
           port& port, std::int64_t pid)
    : self_{self}, bus_{bus}, open_names_{std::move(open_names)}, port_{port},
      details_service_{"details-" + to_hex(self.bus) + "-" + to_decimal(self.endpoint)}, pid_{pid} {
}

std::vector<door::offer> door::offers() const {
    Json::Value info{Json::objectValue};
    info["type"] = details_type;
    info["pid"] = Json::Int64{pid_};
    info["hostname"] = self_.hostname;
    return {{self_.service(), to_info(self_)}, {details_service_, info}};
}

std::optional<std::string> door::service_of(const std::string& bound) const {
    if (bound == self_.service() || bound == limpet_alias) {
        return self_.service();
    }
    return bound == details_service_ ? std::optional{bound} : std::nullopt;
}

Json::Value door::object_value(const std::string& service, const std::string& object) const {
    if (object == "details" && service == details_service_) {
        return details();
    }
    return object == details_type ? details_2012(service) : Json::Value{};
}

void door::call(server_session& session, const function_call& call) {
    const bool is_details = call.service == details_service_;
    if (call.function == details_2012_function) {
        session.answer(call.ticket, details_2012(call.service));
        return;
    }
    if (is_details && call.function == "get_details") {
        session.answer(call.ticket, details());
        return;
    }
    refusal error;
    if (!is_details && call.function == "request") {
        error = pass(session, call, autobus::message_type::request);
    } else if (!is_details && call.function == "send") {
        error = pass(session, call, autobus::message_type::announcement);
    } else {
        error = remote_error{"There is no such function here.", "no_such_function"};
    }
    if (error) {
        session.fail(call.ticket, *error);
    }
}

door::refusal door::pass(server_session& session, const function_call& call,
                         autobus::message_type type) {
    std::optional<message_args> args;
    if (auto error = read_args(call.args, args)) {
        return error;
    }
    if (waiting_.size() >= waiting_max) {
        return remote_error{"Too many requests wait for their answers.", "busy"};
    }
    autobus::draft draft;
    draft.type = type;
    draft.name = args->name;
    draft.data = args->data;
    draft.origin = origin_of(session);
    const auto sent = port_.send_from_door(draft);
    if (!sent) {
        return remote_error{sent.error().message(), type_of(sent.error())};
    }
    if (type == autobus::message_type::request) {
        waiting_.emplace(*sent, waiting_call{&session, call.ticket});
    } else {
        session.answer(call.ticket, Json::nullValue);
    }
    return std::nullopt;
}

door::refusal door::read_args(const Json::Value& args, std::optional<message_args>& result) const {
    if (args.size() < 1 || args.size() > 2 || !args[0].isString()) {
        return remote_error{"The arguments are a name and data.", "bad_arguments"};
    }
    auto name = autobus::name::parse(args[0].asString());
    if (!name) {
        return remote_error{name.error().message(), "bad_name"};
    }
    auto data = args.size() == 2 ? data_of(args[1]) : std::string{};
    if (!data) {
        return remote_error{"Data is a string, or an object {\"base64\": \"...\"}.",
                            "bad_arguments"};
    }
    const bool is_open = !name->is_kernels() && std::any_of(open_names_.begin(), open_names_.end(),
                                                            [&](const autobus::pattern& open) {
                                                                return open.matches(*name);
                                                            });
    if (!is_open) {
        return remote_error{"The name " + name->str() +
                                " isn't open to programs of the network; the limpet's option "
                                "--open-names says which are.",
                            "not_allowed"};
    }
    result = message_args{std::move(*name), std::move(*data)};
    return std::nullopt;
}

autobus::origin door::origin_of(server_session& session) {
    const auto [at, fresh] = client_numbers_.try_emplace(&session, next_client_);
    if (fresh) {
        next_client_++;
    }
    return {bus_, at->second, next_serial_++};
}

bool door::on_answer(const autobus::message_view& answer) {
    const auto at = waiting_.find(answer.in_reply_to());
    if (at == waiting_.end() || !answer.is_answer()) {
        return false;
    }
    const waiting_call call = at->second;
    waiting_.erase(at);
    if (call.session == nullptr) {
        return true; // its client has gone
    }
    if (const auto status = autobus::status_of(answer)) {
        call.session->fail(call.ticket, {autobus::explain_status(answer), type_of(*status)});
    } else {
        call.session->answer(call.ticket, to_value(answer.data()));
    }
    return true;
}

void door::client_ends(server_session& session) {
    for (auto& [serial, call] : waiting_) {
        if (call.session == &session) {
            call.session = nullptr;
        }
    }
    client_numbers_.erase(&session);
}

Json::Value door::details() const {
    Json::Value all{Json::objectValue};
    for (const offer& one : offers()) {
        const bool is_details = one.service == details_service_;
        Json::Value& item = all[one.service];
        item["info"] = one.info;
        item["functions"] = functions_of(is_details);
        item["events"] = Json::objectValue;
        item["objects"] = Json::objectValue;
        if (is_details) {
            item["objects"]["details"] = documented("The services of this program.");
        }
    }
    return all;
}

// What each service told of itself in the released version of Autobus 2.
Json::Value door::details_2012(const std::string& service) const {
    Json::Value all = details();
    Json::Value& item = all[service];
    item["id"] = service;
    item["active"] = true;
    item["doc"] = Json::nullValue;
    for (const char* kind : {"functions", "events", "objects"}) {
        for (const std::string& name : item[kind].getMemberNames()) {
            item[kind][name]["name"] = name;
        }
    }
    return item;
}

} // namespace limpet
