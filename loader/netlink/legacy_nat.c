/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "legacy_nat.h"

#include <errno.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../base/memory.h"

/* How the tables of a family are asked for, and where an entry has what. */
static const struct form {
    const char *names; /* the tables that exist; to ask for another would make it */
    int family, level;
    size_t entry, protocol, target, next;
} forms[] = {
    {"/proc/net/ip_tables_names", AF_INET, IPPROTO_IP, sizeof(struct ipt_entry),
     offsetof(struct ipt_entry, ip.proto), offsetof(struct ipt_entry, target_offset),
     offsetof(struct ipt_entry, next_offset)},
    {"/proc/net/ip6_tables_names", AF_INET6, IPPROTO_IPV6, sizeof(struct ip6t_entry),
     offsetof(struct ip6t_entry, ipv6.proto), offsetof(struct ip6t_entry, target_offset),
     offsetof(struct ip6t_entry, next_offset)},
};

_Static_assert((int)IPT_SO_GET_INFO == IP6T_SO_GET_INFO &&
                   (int)IPT_SO_GET_ENTRIES == IP6T_SO_GET_ENTRIES &&
                   sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo) &&
                   sizeof(struct ipt_get_entries) == sizeof(struct ip6t_get_entries),
               "both families are asked alike");

void legacy_nat_ports(const struct xt_tcp *match, struct number_range *ports)
{
    if (!(match->invflags & XT_TCP_INV_DSTPT))
        *ports = (struct number_range){match->dpts[0], match->dpts[1]};
}

bool legacy_nat_passes_on(const char *name)
{
    return !strcmp(name, "DNAT") || !strcmp(name, "REDIRECT");
}

static u16 half_at(const char *entry, size_t offset)
{
    u16 half;

    memcpy(&half, entry + offset, sizeof(half));
    return half;
}

/* The matches lie between the entry's head and its target. */
static void visit_entry(const struct form *form, const char *entry, redirect_visitor *visit,
                        void *context)
{
    const size_t target = half_at(entry, form->target), next = half_at(entry, form->next);
    struct number_range ports = {0, 0xffff};
    u16 protocol = half_at(entry, form->protocol);

    if (target + sizeof(struct xt_entry_target) > next || (protocol && protocol != IPPROTO_TCP) ||
        !legacy_nat_passes_on(((const struct xt_entry_target *)(entry + target))->u.user.name))
        return;
    for (size_t at = form->entry; at + sizeof(struct xt_entry_match) <= target;) {
        const struct xt_entry_match *match = (const void *)(entry + at);
        if (!strcmp(match->u.user.name, "tcp") &&
            match->u.match_size >= sizeof(*match) + sizeof(struct xt_tcp))
            legacy_nat_ports((const struct xt_tcp *)match->data, &ports);
        if (match->u.match_size < sizeof(*match))
            break;
        at += match->u.match_size;
    }
    visit(ports, context);
}

static bool has_table(const char *names)
{
    FILE *file = fopen(names, "re");
    char name[XT_TABLE_MAXNAMELEN + 1];
    bool has = false;

    while (file && fgets(name, sizeof(name), file))
        has |= !strcmp(name, "nat\n");
    if (file)
        fclose(file);
    return has;
}

static int ask(const struct form *form, int socket, redirect_visitor *visit, void *context)
{
    struct ipt_getinfo info = {.name = "nat"};
    socklen_t bytes = sizeof(info);

    if (getsockopt(socket, form->level, IPT_SO_GET_INFO, &info, &bytes))
        return -errno;
    CLEANUP_FREE struct ipt_get_entries *entries = calloc(1, sizeof(*entries) + info.size);
    if (!entries)
        return -ENOMEM;
    memcpy(entries->name, info.name, sizeof(entries->name));
    entries->size = info.size;
    bytes = (socklen_t)(sizeof(*entries) + info.size);
    if (getsockopt(socket, form->level, IPT_SO_GET_ENTRIES, entries, &bytes))
        return -errno;
    const char *table = (const char *)entries->entrytable;
    for (size_t at = 0; at + form->entry <= info.size;) {
        visit_entry(form, table + at, visit, context);
        if (half_at(table + at, form->next) < form->entry)
            break;
        at += half_at(table + at, form->next);
    }
    return 0;
}

int legacy_nat_ask(redirect_visitor *visit, void *context)
{
    int error = 0;

    for (size_t i = 0; i < ARRAY_SIZE(forms) && !error; i++) {
        if (!has_table(forms[i].names))
            continue;
        CLEANUP_CLOSE int fd = socket(forms[i].family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        error = fd < 0 ? -errno : ask(&forms[i], fd, visit, context);
    }
    return error;
}
