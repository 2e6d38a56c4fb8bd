// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "userspace/device/explain.hpp"

#include <cerrno>
#include <utility>

namespace autobus {
namespace {

using operations = unsigned;

constexpr operations only(operation tried) {
    return 1u << static_cast<unsigned>(tried);
}

constexpr operations opening = only(operation::open);
constexpr operations binding = only(operation::bind);
constexpr operations unbinding = only(operation::unbind);
constexpr operations announcing = only(operation::announce);
constexpr operations requesting = only(operation::request);
constexpr operations replying = only(operation::reply);
constexpr operations directing = only(operation::direct);
constexpr operations sending = announcing | requesting | replying | directing;
constexpr operations receiving = only(operation::receive);
constexpr operations answering = only(operation::answer);
constexpr operations watching = only(operation::watch);
constexpr operations unwatching = only(operation::unwatch);
constexpr operations claiming = only(operation::claim);
constexpr operations limiting = only(operation::limit);
constexpr operations always = ~0u;

struct explanation {
    int code;
    operations where;
    const char* text;
};

// The first that fits is taken, so special ones stand before general ones.
constexpr explanation explanations[] = {
    {ENOENT, opening,
     "there is no such device. Load the module with `modprobe autobus` (or `insmod autobus.ko`), "
     "or name another bus"},
    {ENXIO, opening, "no bus stands behind this device. Load the module with `modprobe autobus`"},
    {ENODEV, opening, "no bus stands behind this device. Load the module with `modprobe autobus`"},
    {EACCES, opening,
     "not allowed to open it. `ls -l` on the device shows its group; be a member of it, or root"},
    {ENOTTY, opening, "this is no autobus device. Buses are /dev/autobus0 and its neighbours"},
    {ENFILE, opening, "the bus has as many endpoints as it may have (or the system, open files)"},
    {EMFILE, always, "this process has as many open files as it may have; see `ulimit -n`"},

    {EADDRINUSE, binding,
     "another endpoint is the replier of this very pattern. `autobusctl list bindings` shows "
     "which"},
    {EEXIST, binding, "this endpoint has bound this pattern in this role already"},
    {EPERM, binding,
     "names below $.Autobus are the kernel's, and only a router may be a yielding replier"},
    {EDQUOT, binding, "this endpoint has as many bindings as it may have; raise its limit"},
    {ENOLCK, binding,
     "this endpoint's queue has no room for the values. Read what is queued first, or raise its "
     "limit"},
    {EINVAL, unbinding, "this endpoint has not bound this pattern in this role"},

    {EADDRNOTAVAIL, requesting,
     "nobody replies to this name. `autobusctl list bindings` shows the repliers that there are"},
    {EPIPE, requesting,
     "the endpoint that was asked for is not the replier of this name now. Its state is lost to "
     "this request; begin anew with whoever replies now"},
    {ENOLCK, requesting,
     "this endpoint's queue has no room for the answer. Read what is queued first, or raise its "
     "limit"},
    {ENOLCK, watching,
     "this endpoint's queue has no room for the notice. Read what is queued first, or raise its "
     "limit"},
    {EBUSY, requesting, "the replier's queue is full. Try again later, or wait for room"},
    {EBUSY, sending, "the queue of one that should get it is full. Try again later, or wait"},
    {EBUSY, claiming, "the bus has a router already; there can be one"},
    {EBUSY, limiting, "a limit is below what is in use now"},
    {EDEADLK, sending,
     "this endpoint's own queue is full, and waiting for it would take for ever. Read what is "
     "queued first"},
    {EDQUOT, sending, "a receiving user's share of the bus is used up. Try again later"},
    {ECONNREFUSED, replying,
     "this request is not this endpoint's to answer: it was never handed to it, is answered "
     "already, or its requester has closed; or the reply has another name than the request"},
    {ETIMEDOUT, replying,
     "too late: the request's deadline has passed, and its sender was told so"},
    {ENXIO, directing | watching | unwatching, "this endpoint is not open (any more)"},
    {EEXIST, watching, "this endpoint is being watched already"},
    {ENOENT, unwatching, "this endpoint is not being watched"},
    {EHOSTUNREACH, always,
     "the address is on another bus, and no router is here to carry it. Start a limpet"},
    {EMSGSIZE, sending, "too much data for one message (1 MiB unless the bus says otherwise)"},
    {EPERM, sending, "names below $.Autobus are the kernel's, and some fields only a router's"},
    {EPERM, claiming, "only who opened the bus with CAP_SYS_ADMIN may be its router"},
    {EPERM, limiting, "a limit is above its ceiling; only the administrator may raise that"},

    {EAGAIN, receiving, "nothing is queued"},
    {EAGAIN, sending, "it would have to wait for a full recipient"},
    {EAGAIN, answering, "no answer is here yet"},
    {ETIMEDOUT, answering, "no answer came in time; the replier may still do what it was asked"},
    {ETIMEDOUT, receiving, "nothing came in time"},
    {ETIMEDOUT, sending, "a full recipient got no room in time"},
    {EINTR, always, "interrupted by a signal"},
    {EPROTO, always, "the bus gave a record that makes no sense"},
    {EBADMSG, always, "not a name or pattern that the bus takes"},
    {ENAMETOOLONG, always, "a name or pattern is too long, or has too many words"},
    {EBADF, always, "the bus was not opened for reading, or not for writing, and this needs it"},
    {EINVAL, always, "the bus refuses this combination of fields and flags"},
    {EOPNOTSUPP, always, "the autobus module that is loaded cannot do this"},
    {ESHUTDOWN, always, "this endpoint has ended with the process that opened it"},
    {ENODEV, always, "the bus was removed"},
    {ENOMEM, always, "out of memory"},
};

} // namespace

error explain(operation tried, int code, std::string context) {
    for (const explanation& entry : explanations) {
        if (entry.code == code && (entry.where & only(tried)) != 0) {
            return error(code, std::move(context), entry.text);
        }
    }
    return error(code, std::move(context));
}

} // namespace autobus
