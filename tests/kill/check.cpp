// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "check.hpp"

#include <cstdarg>
#include <cstdio>

namespace kill_test {

namespace {

void check_entry(verdict& found, const ledger_entry& one) {
    bool survived = shared->lives[one.life] == life_end::survived;
    bool told_unread = one.how == end::unbound || one.how == end::gone_away;
    found.answered_again += one.answers > 1;
    found.read_after_all += told_unread && one.handed;
    found.reply_unasked += one.how == end::reply && !one.handed;
    found.reply_lost +=
        one.reply == ledger_entry::replied && one.answers > 0 && one.how != end::reply;
    if (!survived) {
        found.of_killed++;
        return;
    }
    found.requests++;
    found.by_end[static_cast<unsigned>(one.how)]++;
    found.unanswered += one.answers == 0;
    found.reply_refused += one.reply == ledger_entry::refused;
}

unsigned long long number(uint64_t value) {
    return value;
}

} // namespace

verdict check_ledger(uint64_t last_serial, uint32_t last_life) {
    verdict found;
    for (uint32_t life = 1; life <= last_life; life++) {
        found.survivors += shared->lives[life] == life_end::survived;
    }
    for (uint64_t serial = 1; serial <= last_serial; serial++) {
        const ledger_entry& one = entry(serial);
        // Without a life it isn't a request, or its sender died before it could note it down.
        if (one.life != 0) {
            check_entry(found, one);
        }
    }
    return found;
}

bool expect(bool condition, const char* format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    printf("%s - %s\n", condition ? "ok" : "not ok", text);
    return condition;
}

bool report(const verdict& found, uint64_t at_least) {
    static const struct {
        end how;
        const char* name;
    } wanted[] = {{end::reply, "a reply"},
                  {end::unbound, "Unbound"},
                  {end::gone_away, "GoneAway"},
                  {end::ignored, "Ignored"}};
    bool good = expect(found.unanswered == 0 && found.answered_again == 0 && found.requests > 0,
                       "each of the %llu requests of %llu survivors was answered once"
                       " (%llu never, %llu more often)",
                       number(found.requests), number(found.survivors), number(found.unanswered),
                       number(found.answered_again));
    for (const auto& one : wanted) {
        uint64_t count = found.by_end[static_cast<unsigned>(one.how)];
        good &= expect(count >= at_least, "%llu of them ended with %s (%llu wanted)", number(count),
                       one.name, number(at_least));
    }
    good &= expect(found.read_after_all == 0,
                   "no request that a replier had read was called unread (%llu)",
                   number(found.read_after_all));
    good &=
        expect(found.reply_unasked == 0, "no reply came from a replier that had not read (%llu)",
               number(found.reply_unasked));
    good &=
        expect(found.reply_lost == 0, "each reply that was accepted is what was told (%llu not)",
               number(found.reply_lost));
    good &= expect(found.reply_refused == 0, "no reply to a survivor was refused (%llu)",
                   number(found.reply_refused));
    return good;
}

} // namespace kill_test
