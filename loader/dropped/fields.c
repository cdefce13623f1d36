/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dropped.h"

#include <edgexdp/icmp.h>

#include <stdio.h>

#include "../policy/protocols.h"
#include "summary.h"

static void print_port(const struct dropped *row, char *text, size_t size)
{
    u8 type = (u8)(row->port >> 8), code = (u8)row->port;
    const char *name = icmp_type_name(row->family, type);
    size_t used;

    if (!icmp_is(row->family, row->protocol)) {
        if (protocol_has_ports(row->protocol))
            snprintf(text, size, "%s%u", row->answer ? "from " : "", row->port);
        return;
    }
    if (name)
        used = (size_t)snprintf(text, size, "%s", name);
    else
        used = (size_t)snprintf(text, size, "%u", type);
    if (code)
        snprintf(text + used, size - used, "/%u", code);
}

void dropped_fields(const struct dropped *row, struct dropped_fields *fields)
{
    const char *protocol = protocol_name(row->protocol);

    *fields = (struct dropped_fields){0};
    if (row->scope == DROPPED_ANYTHING)
        return;
    if (protocol)
        snprintf(fields->protocol, sizeof(fields->protocol), "%s", protocol);
    else
        snprintf(fields->protocol, sizeof(fields->protocol), "%u", row->protocol);
    print_port(row, fields->port, sizeof(fields->port));
    address_range_print(row->family, summary_remote(row), fields->remote);
}
