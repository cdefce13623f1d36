/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the left side of a match asks for, and why some of it cannot be said. */
#include "nftables.h"

#include <netinet/in.h>
#include <string.h>

#define ANY_PROTOCOL (-1)
#define IPV4         1
#define IPV6         2

/* A field of a header, or a key of "meta" and "ct". */
struct row {
    const char *protocol, *field;
    struct nftables_key key;
};

#define FIELD(protocol, field, kind, aspect, family, number)                                       \
    {                                                                                              \
        protocol, field,                                                                           \
        {                                                                                          \
            NFT_##kind, ASPECT_##aspect, family, number, false, 0                                  \
        }                                                                                          \
    }

static const struct row payload[] = {
    FIELD("ip", "saddr", ADDRESS4, FROM4, IPV4, ANY_PROTOCOL),
    FIELD("ip", "daddr", ADDRESS4, TO4, IPV4, ANY_PROTOCOL),
    FIELD("ip", "protocol", PROTOCOL, PROTOCOL, IPV4, ANY_PROTOCOL),
    FIELD("ip", "ttl", NUMBER, TTL, IPV4, ANY_PROTOCOL),
    FIELD("ip", "dscp", DSCP, DSCP, IPV4, ANY_PROTOCOL),
    FIELD("ip", "length", NUMBER, LENGTH, IPV4, ANY_PROTOCOL),
    FIELD("ip", "frag-off", OFFSET, FRAGMENT, IPV4, ANY_PROTOCOL),
    FIELD("ip6", "saddr", ADDRESS6, FROM6, IPV6, ANY_PROTOCOL),
    FIELD("ip6", "daddr", ADDRESS6, TO6, IPV6, ANY_PROTOCOL),
    FIELD("ip6", "nexthdr", PROTOCOL, PROTOCOL, IPV6, ANY_PROTOCOL),
    FIELD("ip6", "hoplimit", NUMBER, TTL, IPV6, ANY_PROTOCOL),
    FIELD("ip6", "dscp", DSCP, DSCP, IPV6, ANY_PROTOCOL),
    FIELD("ip6", "length", PAYLOAD_LENGTH, LENGTH, IPV6, ANY_PROTOCOL),
    FIELD("tcp", "sport", PORT, SOURCE_PORT, 0, IPPROTO_TCP),
    FIELD("tcp", "dport", PORT, PORT, 0, IPPROTO_TCP),
    FIELD("tcp", "flags", FLAGS, FLAGS, 0, IPPROTO_TCP),
    FIELD("udp", "sport", PORT, SOURCE_PORT, 0, IPPROTO_UDP),
    FIELD("udp", "dport", PORT, PORT, 0, IPPROTO_UDP),
    FIELD("sctp", "sport", PORT, SOURCE_PORT, 0, IPPROTO_SCTP),
    FIELD("sctp", "dport", PORT, PORT, 0, IPPROTO_SCTP),
    FIELD("th", "sport", PORT, SOURCE_PORT, 0, ANY_PROTOCOL),
    FIELD("th", "dport", PORT, PORT, 0, ANY_PROTOCOL),
    FIELD("icmp", "type", TYPE4, TYPE4, IPV4, IPPROTO_ICMP),
    FIELD("icmp", "code", CODE4, TYPE4, IPV4, IPPROTO_ICMP),
    FIELD("icmpv6", "type", TYPE6, TYPE6, IPV6, IPPROTO_ICMPV6),
    FIELD("icmpv6", "code", CODE6, TYPE6, IPV6, IPPROTO_ICMPV6),
};

static const struct row other[] = {
    FIELD("meta", "l4proto", PROTOCOL, PROTOCOL, 0, ANY_PROTOCOL),
    FIELD("meta", "nfproto", FAMILY, FAMILY, 0, ANY_PROTOCOL),
    FIELD("meta", "protocol", ETHERTYPE, FAMILY, 0, ANY_PROTOCOL),
    FIELD("ether", "type", ETHERTYPE, FAMILY, 0, ANY_PROTOCOL),
    FIELD("meta", "length", NUMBER, LENGTH, 0, ANY_PROTOCOL),
    FIELD("meta", "iif", INTERFACE, ARRIVES, 0, ANY_PROTOCOL),
    FIELD("meta", "iifname", INTERFACE, ARRIVES, 0, ANY_PROTOCOL),
    FIELD("meta", "oif", INTERFACE, LEAVES, 0, ANY_PROTOCOL),
    FIELD("meta", "oifname", INTERFACE, LEAVES, 0, ANY_PROTOCOL),
    FIELD("ct", "state", STATE, STATE, 0, ANY_PROTOCOL),
};

static const struct row fragment_headers[] = {
    FIELD("frag", "", EXISTS, FRAGMENT, IPV6, ANY_PROTOCOL),
    FIELD("frag", "frag-off", OFFSET, FRAGMENT, IPV6, ANY_PROTOCOL),
};

/* What packets do not carry, or edgexdp does not look at, and why. */
static const struct {
    const char *expression, *key, *reason;
} refused[] = {
    {"meta", "mark", "packets have their marks from other rules of this host"},
    {"meta", "pkttype", "edgexdp judges packets by their IP addresses, not by those of the link"},
    {"meta", "skuid", "who sends it is not in the packet"},
    {"meta", "skgid", "who sends it is not in the packet"},
    {"meta", "cgroup", "who sends it is not in the packet"},
    {"meta", "time", "rules of edgexdp hold at all times; replace the policy by a timer"},
    {"meta", "day", "rules of edgexdp hold at all times; replace the policy by a timer"},
    {"meta", "hour", "rules of edgexdp hold at all times; replace the policy by a timer"},
    {"meta", "random", "edgexdp judges the same packet in the same way every time"},
    {"meta", "ipsec", "what comes out of IPsec is judged before it is known to"},
    {"meta", "secpath", "what comes out of IPsec is judged before it is known to"},
    {"meta", "iifgroup", "name the interfaces, with iifname"},
    {"meta", "oifgroup", "name the interfaces, with oifname"},
    {"meta", "iiftype", "name the interfaces, with iifname"},
    {"meta", "oiftype", "name the interfaces, with oifname"},
    {"meta", "iifkind", "name the interfaces, with iifname"},
    {"meta", "oifkind", "name the interfaces, with oifname"},
    {"meta", "sdif", "name the interfaces, with iifname"},
    {"meta", "sdifname", "name the interfaces, with iifname"},
    {"ip6", "flowlabel", "edgexdp has it in two parts: write flow-label-high and flow-label-low"},
    {"ct", "mark", "edgexdp has no marks of connections"},
    {"ct", "status", "edgexdp does not ask connection tracking, and does not see translations"},
    {"ct", "direction",
     "replies are accepted before the rules, and the rest is asked packet by packet"},
    {"ct", "helper", "edgexdp has no helpers that expect further connections"},
    {"ct", "bytes", "edgexdp does not count by connection"},
    {"ct", "packets", "edgexdp does not count by connection"},
    {"ct", "zone", "edgexdp has one table of flows"},
};

static const char *reason_for(struct nftables_rule *rule, const char *expression, const char *key)
{
    const char *reason = "edgexdp does not look at this";

    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
        if (!strcmp(refused[i].expression, expression) && !strcmp(refused[i].key, key))
            reason = refused[i].reason;
    return arena_print(&rule->reader->ruleset->arena, "%s%s%s: %s", expression, *key ? " " : "",
                       key, reason);
}

static const char *look_up(struct nftables_rule *rule, const struct row *rows, size_t count,
                           const char *protocol, const char *field, struct nftables_key *key)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(rows[i].protocol, protocol) && !strcmp(rows[i].field, field)) {
            *key = rows[i].key;
            return NULL;
        }
    }
    return reason_for(rule, protocol, field);
}

static const char *payload_key(struct nftables_rule *rule, struct json_object *json,
                               struct nftables_key *key)
{
    const char *protocol = nftables_text(json, "protocol"), *field = nftables_text(json, "field");

    if (nftables_get(json, "tunnel"))
        return arena_print(&rule->reader->ruleset->arena,
                           "%s %s %s: edgexdp does not look into tunnels; it judges what comes out "
                           "of them at their own interfaces",
                           nftables_text(json, "tunnel"), protocol, field);
    if (nftables_get(json, "base"))
        return arena_print(&rule->reader->ruleset->arena,
                           "@%s,%d,%d: raw bytes of a header; name the field, if it has a name",
                           nftables_text(json, "base"),
                           json_object_get_int(nftables_get(json, "offset")),
                           json_object_get_int(nftables_get(json, "len")));
    if (!strcmp(protocol, "ether") && !strcmp(field, "type"))
        return look_up(rule, other, sizeof(other) / sizeof(*other), protocol, field, key);
    if (!strcmp(protocol, "th"))
        rule->any_transport = true;
    return look_up(rule, payload, sizeof(payload) / sizeof(*payload), protocol, field, key);
}

/* Where packets come to this host, its addresses are all that is neither broadcast nor multicast.
 */
static const char *fib_key(struct nftables_rule *rule, struct json_object *json,
                           struct nftables_key *key)
{
    struct json_object *flags = nftables_get(json, "flags");
    struct arena *arena = &rule->reader->ruleset->arena;
    const char *flag = nftables_length(flags) == 1
                           ? json_object_get_string(json_object_array_get_idx(flags, 0))
                           : "";

    if (flags && json_object_is_type(flags, json_type_string))
        flag = json_object_get_string(flags);
    if (strcmp(nftables_text(json, "result"), "type") != 0)
        return arena_print(arena,
                           "fib %s: edgexdp does not look up routes; the kernel compares "
                           "sources with its routes by net.ipv4.conf.*.rp_filter",
                           nftables_text(json, "result"));
    if (strcmp(flag, "saddr") != 0 && strcmp(flag, "daddr") != 0)
        return "fib type: edgexdp knows only saddr and daddr alone";
    *key = (struct nftables_key){.kind = NFT_ADDRESS_KIND,
                                 .aspect = *flag == 's' ? ASPECT_FROM_KIND : ASPECT_TO_KIND,
                                 .protocol = ANY_PROTOCOL};
    return NULL;
}

/* LEFT & MASK. */
static const char *masked_key(struct nftables_rule *rule, struct json_object *both,
                              struct nftables_key *key)
{
    struct arena *arena = &rule->reader->ruleset->arena;
    const char *reason;
    u32 mask;

    if (nftables_length(both) != 2)
        return "&: not two operands";
    reason = nftables_key_of(rule, json_object_array_get_idx(both, 0), key);
    if (reason)
        return reason;
    struct json_object *right = json_object_array_get_idx(both, 1);
    if (key->kind == NFT_FLAGS && nftables_read_flags(right, &mask)) {
        key->mask = mask;
    } else if (key->kind == NFT_OFFSET && json_object_is_type(right, json_type_int)) {
        key->mask = (u32)json_object_get_int(right);
    } else {
        return arena_print(arena, "%s: bits of this field are not looked at one by one",
                           nftables_word(arena, json_object_array_get_idx(both, 0)));
    }
    key->masked = true;
    return NULL;
}

const char *nftables_key_of(struct nftables_rule *rule, struct json_object *expression,
                            struct nftables_key *key)
{
    struct json_object *inside;
    const char *name = nftables_only(expression, &inside);
    struct arena *arena = &rule->reader->ruleset->arena;

    if (!name)
        return arena_print(arena, "%s: not something to match", nftables_word(arena, expression));
    if (!strcmp(name, "payload"))
        return payload_key(rule, inside, key);
    if (!strcmp(name, "meta") || !strcmp(name, "ct"))
        return nftables_get(inside, "dir") ? reason_for(rule, name, "direction")
                                           : look_up(rule, other, sizeof(other) / sizeof(*other),
                                                     name, nftables_text(inside, "key"), key);
    if (!strcmp(name, "fib"))
        return fib_key(rule, inside, key);
    if (!strcmp(name, "exthdr") && !strcmp(nftables_text(inside, "name"), "frag"))
        return look_up(rule, fragment_headers, sizeof(fragment_headers) / sizeof(*fragment_headers),
                       "frag", nftables_text(inside, "field"), key);
    if (!strcmp(name, "exthdr"))
        return reason_for(rule, arena_print(arena, "exthdr %s", nftables_text(inside, "name")),
                          nftables_text(inside, "field"));
    if (!strcmp(name, "&"))
        return masked_key(rule, inside, key);
    if (!strcmp(name, "rt") || !strcmp(name, "socket"))
        return reason_for(rule, name, nftables_text(inside, "key"));
    return arena_print(arena, "%s: edgexdp does not look at this", name);
}
