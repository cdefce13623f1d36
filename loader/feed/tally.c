/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tally.h"

#include "../base/say.h"

#include <string.h>

#define MESSAGES_PER_SECOND 10

bool tally_may_say(struct tally *tally, u64 now_ns)
{
    if (now_ns - tally->said_since_ns >= SECOND_NS) {
        u32 unsaid = tally->unsaid;
        tally->said_since_ns = now_ns;
        tally->said = tally->unsaid = 0;
        if (unsaid)
            say_warning("%u more messages about flows are left out", unsaid);
    }
    if (tally->said < MESSAGES_PER_SECOND) {
        tally->said++;
        return true;
    }
    tally->unsaid++;
    return false;
}

static void count_reason(struct tally *tally, const char *reason)
{
    size_t at = 0;

    while (at < tally->reason_count && strcmp(tally->reasons[at].reason, reason) != 0)
        at++;
    if (at == TALLY_REASONS)
        at--;
    if (at == tally->reason_count) {
        snprintf(tally->reasons[at].reason, sizeof(tally->reasons[at].reason), "%s",
                 at + 1 == TALLY_REASONS ? "other reasons" : reason);
        tally->reason_count++;
    }
    tally->reasons[at].count++;
}

void tally_refuse(struct tally *tally, const char *flow, const char *reason, u64 now_ns)
{
    tally->refused++;
    count_reason(tally, reason);
    if (tally_may_say(tally, now_ns))
        say_warning("%.300s is refused: %s", flow, reason);
}

void tally_say(const struct tally *tally, const char *interface, size_t in_force)
{
    char reasons[1024] = "";
    size_t used = 0;

    for (size_t i = 0; i < tally->reason_count && used < sizeof(reasons); i++)
        used +=
            (size_t)snprintf(reasons + used, sizeof(reasons) - used, "%s%llu: %s", i ? "; " : " (",
                             tally->reasons[i].count, tally->reasons[i].reason);
    say_note("%s: %zu flow%s in force; %llu announced, %llu withdrawn, %llu refused%s%s", interface,
             in_force, in_force == 1 ? "" : "s", tally->announced, tally->withdrawn, tally->refused,
             reasons, *reasons ? ")" : "");
    if (tally->unreadable)
        say_note("%llu lines were nothing that ExaBGP writes", tally->unreadable);
}
