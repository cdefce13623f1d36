/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bans that would cut off the host, or whoever types the command. */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "../netlink/gateways.h"
#include "lockout.h"

static struct banned banned_of(enum family family, const u8 address[16])
{
    struct banned banned = {.family = family, .bits = address_bits(family)};

    memcpy(banned.address, address, sizeof(banned.address));
    return banned;
}

/* The ban among BANS that covers ADDRESS, or NULL. */
static const struct banned *ban_of(const struct bans *bans, enum family family,
                                   const u8 address[16])
{
    struct banned banned = banned_of(family, address);

    for (size_t i = 0; i < bans->count; i++)
        if (banned_covers(&bans->list[i], &banned))
            return &bans->list[i];
    return NULL;
}

struct checking {
    const struct bans *bans;
    const struct banned *found;
    enum family family;
    u8 gateway[16];
};

static void check_gateway(enum family family, const u8 address[16], void *context)
{
    struct checking *checking = context;
    const struct banned *found = ban_of(checking->bans, family, address);

    if (!found)
        return;
    checking->found = found;
    checking->family = family;
    memcpy(checking->gateway, address, sizeof(checking->gateway));
}

static int refuse_gateway(const struct bans *bans, const char *interface, struct why *why)
{
    struct checking checking = {.bans = bans};
    char ban[RANGE_TEXT_BYTES], gateway[RANGE_TEXT_BYTES];

    /* If routes cannot be read, there is no reason to refuse. */
    gateways_ask(if_nametoindex(interface), check_gateway, &checking);
    if (!checking.found)
        return 0;
    struct banned address = banned_of(checking.family, checking.gateway);
    return why_set(why, -EPERM,
                   "this would cut off the host: the ban of %s covers %s, the default gateway "
                   "of %s; use --force if that is meant",
                   banned_print(checking.found, ban), banned_print(&address, gateway), interface);
}

int lockout_check_bans(const struct bans *bans, const char *interface, struct why *why)
{
    struct session session;
    char ban[RANGE_TEXT_BYTES];

    if (session_find(&session) && !session_goes_elsewhere(&session, interface)) {
        const struct banned *found = ban_of(bans, session.family, session.client);
        if (found)
            return why_set(why, -EPERM,
                           "this would lock you out: the ban of %s covers the other end of your "
                           "SSH session (%s); use --force if that is meant",
                           banned_print(found, ban), session.text);
    }
    return refuse_gateway(bans, interface, why);
}
