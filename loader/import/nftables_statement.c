/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rules do. */
#include "nftables.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/address.h"
#include "rate.h"

static struct arena *arena_of(struct nftables_rule *rule)
{
    return &rule->reader->ruleset->arena;
}

void nftables_refuse(struct nftables_rule *rule, const char *format, ...)
{
    va_list arguments;

    if (rule->refused)
        return;
    va_start(arguments, format);
    rule->refused = arena_vprint(arena_of(rule), format, arguments);
    va_end(arguments);
}

/* Statements that edgexdp has nothing for, and why. */
static const struct {
    const char *name, *reason;
} refused[] = {
    {"queue", "edgexdp asks no program about packets"},
    {"quota", "edgexdp counts, but has no quotas; see limit in edgexdp-policy(5)"},
    {"ct count",
     "edgexdp does not count connections; write a limit of new ones, N new/minute per source"},
    {"synproxy", "write protect syn-cookies in the rule that accepts: see edgexdp-policy(5)"},
    {"dup", "edgexdp sends no copies"},
    {"fwd", "edgexdp sends packets nowhere else"},
    {"tproxy", "edgexdp hands packets to no proxy"},
    {"ct helper", "edgexdp has no helpers that expect further connections"},
    {"ct expectation", "edgexdp has no helpers that expect further connections"},
    {"xt", "this is a rule of iptables, which nft cannot print: import iptables reads what "
           "iptables-save prints"},
    {"osf", "edgexdp does not guess operating systems"},
    {"last", "status and stats say when a rule last matched"},
};

/* Statements that change nothing about which packets pass. */
static const char *const harmless[] = {"counter", "ct timeout", "flow",
                                       "secmark", "last",       "continue"};

static void set_deed(struct nftables_rule *rule, enum deed deed, enum refusal refusal)
{
    for (size_t i = 0; i < rule->count; i++) {
        rule->entries[i].deed = deed;
        rule->entries[i].refusal = refusal;
    }
}

static void jump(struct nftables_rule *rule, enum deed deed, struct json_object *to)
{
    const char *target = nftables_text(to, "target");
    struct chain *chain = ruleset_find(rule->reader->ruleset, rule->table, target, rule->families);

    if (!chain) {
        nftables_refuse(rule, "there is no chain %s", target);
        return;
    }
    for (size_t i = 0; i < rule->count; i++) {
        rule->entries[i].deed = deed;
        rule->entries[i].target = chain;
    }
}

/* nft's plain reject tells of a port that cannot be reached, whatever the packet was. */
static void reject(struct nftables_rule *rule, struct json_object *how)
{
    const char *type = nftables_text(how, "type"), *answer = nftables_text(how, "expr");
    enum refusal refusal = REFUSAL_PORT_UNREACHABLE;

    if (!strcmp(type, "tcp reset")) {
        refusal = REFUSAL_TCP_RESET;
    } else if (!strcmp(answer, "admin-prohibited")) {
        refusal = REFUSAL_ADMIN_PROHIBITED;
    } else if (*answer && strcmp(answer, "port-unreachable") != 0) {
        refusal = REFUSAL_ADMIN_PROHIBITED;
        for (size_t i = 0; i < rule->count; i++) {
            rule->entries[i].differs_little = strstr(answer, "prohibited");
            rule->entries[i].differs = arena_print(
                arena_of(rule),
                "reject with %s: edgexdp has tcp-reset, port-unreachable and admin-prohibited; "
                "here it tells the last",
                answer);
        }
    }
    set_deed(rule, DEED_DROP, refusal);
}

static const char *read_rate(struct nftables_rule *rule, struct json_object *json,
                             struct limit *limit)
{
    struct json_object *burst = nftables_get(json, "burst");
    const struct rate rate = {
        .amount = (u64)json_object_get_int64(nftables_get(json, "rate")),
        .unit = nftables_text(json, "rate_unit"),
        .period = nftables_text(json, "per"),
        .burst = burst ? (u64)json_object_get_int64(burst) : 0,
        .burst_unit = nftables_text(json, "burst_unit"),
    };

    return rate_limit(arena_of(rule), &rate, limit);
}

static void set_limit(struct nftables_rule *rule, const struct limit *limit, bool over)
{
    for (size_t i = 0; i < rule->count; i++) {
        struct entry *entry = &rule->entries[i];
        if (entry->limited) {
            nftables_refuse(rule,
                            "limit: there is more than one, and each would count what the other "
                            "lets through");
            return;
        }
        entry->limited = true;
        entry->over = over;
        entry->limit = *limit;
    }
}

static struct json_object *named_limit(struct nftables_rule *rule, const char *name)
{
    for (size_t i = 0; i < rule->reader->limit_count; i++) {
        struct nftables_limit *limit = &rule->reader->limits[i];
        if (!strcmp(limit->name, name) && !strcmp(limit->table, rule->table) &&
            limit->families == rule->families) {
            if (limit->uses++)
                nftables_refuse(
                    rule, "limit name %s: several rules share it; in edgexdp each has its own",
                    name);
            return limit->object;
        }
    }
    nftables_refuse(rule, "limit name %s: there is no such limit", name);
    return NULL;
}

static void limit(struct nftables_rule *rule, struct json_object *json)
{
    struct limit read;
    const char *reason;

    if (nftables_get(json, "map"))
        nftables_refuse(rule,
                        "limit name of a map: edgexdp's rules have a limit of their own each");
    else if (json_object_is_type(json, json_type_string))
        json = named_limit(rule, json_object_get_string(json));
    if (rule->refused)
        return;
    reason = read_rate(rule, json, &read);
    if (reason)
        nftables_refuse(rule, "limit: %s", reason);
    else
        set_limit(rule, &read, json_object_get_boolean(nftables_get(json, "inv")));
}

/* How many leading bits a mask such as 255.255.255.0 has; -1: it is none. */
static int bits_of(struct json_object *mask)
{
    enum family family;
    struct fault fault;
    u128 address;
    unsigned int bits = 0;

    if (!json_object_is_type(mask, json_type_string) ||
        address_read(piece_of(json_object_get_string(mask)), &family, &address, &fault))
        return -1;
    while (bits < address_bits(family) && address >> (address_bits(family) - 1 - bits) & 1)
        bits++;
    return address_prefix(family, address, bits).first == address &&
                   (bits == address_bits(family) ||
                    !(address << (128 - address_bits(family) + bits)))
               ? (int)bits
               : -1;
}

/* Reads who is counted together. Returns NULL, or why not. */
static const char *counted_by(struct nftables_rule *rule, struct json_object *value,
                              struct limit *limit)
{
    struct json_object *masked = nftables_get(value, "&");
    struct json_object *payload =
        nftables_get(masked ? json_object_array_get_idx(masked, 0) : value, "payload");
    const char *protocol = nftables_text(payload, "protocol"),
               *field = nftables_text(payload, "field");
    bool ipv4 = !strcmp(protocol, "ip"), ipv6 = !strcmp(protocol, "ip6");
    int bits = masked ? bits_of(json_object_array_get_idx(masked, 1)) : ipv4 ? 32 : 128;

    if ((!ipv4 && !ipv6) || (strcmp(field, "saddr") != 0 && strcmp(field, "daddr") != 0) ||
        bits <= 0)
        return arena_print(arena_of(rule), "%s: edgexdp counts by source or destination",
                           nftables_word(arena_of(rule), value));
    limit->key = *field == 's' ? LIMIT_SOURCE : LIMIT_DESTINATION;
    limit->bits[ipv6] = (u8)bits;
    for (size_t i = 0; i < rule->count; i++)
        condition_narrow_to(arena_of(rule), &rule->entries[i].condition, ASPECT_FAMILY, ipv6);
    return NULL;
}

/* A limit for each element: of a meter, or of a set that packets fill. */
static void limit_each(struct nftables_rule *rule, struct json_object *element,
                       struct json_object *statement, const char *what)
{
    struct json_object *inside = nftables_get(element, "elem");
    struct json_object *value = inside ? nftables_get(inside, "val") : element;
    struct json_object *rate;
    struct limit read;
    const char *reason;

    if (nftables_length(statement))
        statement = json_object_array_get_idx(statement, 0);
    rate = nftables_get(statement, "limit");
    if (nftables_get(statement, "ct count")) {
        nftables_refuse(rule,
                        "ct count: edgexdp does not count connections; write a limit of new ones, "
                        "N new/minute per source");
        return;
    }
    if (!rate) {
        nftables_refuse(rule,
                        "%s: edgexdp's sets are not filled by packets; a limit that bans (then "
                        "ban TIME) is what comes next to it",
                        what);
        return;
    }
    reason = read_rate(rule, rate, &read);
    if (!reason)
        reason = counted_by(rule, value, &read);
    if (!reason)
        reason = rate_check(arena_of(rule), &read);
    if (reason)
        nftables_refuse(rule, "%s: %s", what, reason);
    else
        set_limit(rule, &read, json_object_get_boolean(nftables_get(rate, "inv")));
}

static void log_it(struct nftables_rule *rule, struct json_object *how)
{
    const char *prefix = nftables_text(how, "prefix");

    for (size_t i = 0; i < rule->count; i++) {
        rule->entries[i].logs = true;
        if (*prefix)
            rule->entries[i].hint = arena_copy(arena_of(rule), prefix);
    }
}

static bool is_harmless(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
        if (!strcmp(harmless[i], name))
            return true;
    return false;
}

static void refuse_by_name(struct nftables_rule *rule, const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
        if (!strcmp(refused[i].name, name)) {
            nftables_refuse(rule, "%s: %s", name, refused[i].reason);
            return;
        }
    nftables_refuse(rule, "%s: edgexdp has nothing for it", name);
}

static void untrack(struct nftables_rule *rule)
{
    rule->reader->ruleset->untracks = true;
    nftables_refuse(rule,
                    "notrack: edgexdp tracks no connections, and remembers what went out of every "
                    "kind");
}

static void redirect(struct nftables_rule *rule)
{
    rule->translates = TRANSLATES_DESTINATION;
    rule->reader->ruleset->redirects = true;
}

bool nftables_end(struct nftables_rule *rule, const char *name, struct json_object *value)
{
    if (!strcmp(name, "accept"))
        set_deed(rule, DEED_ACCEPT, REFUSAL_NONE);
    else if (!strcmp(name, "drop"))
        set_deed(rule, DEED_DROP, REFUSAL_NONE);
    else if (!strcmp(name, "reject"))
        reject(rule, value);
    else if (!strcmp(name, "return"))
        set_deed(rule, DEED_RETURN, REFUSAL_NONE);
    else if (!strcmp(name, "jump"))
        jump(rule, DEED_JUMP, value);
    else if (!strcmp(name, "goto"))
        jump(rule, DEED_GOTO, value);
    else if (!strcmp(name, "snat") || !strcmp(name, "masquerade"))
        rule->translates = TRANSLATES_SOURCE;
    else if (!strcmp(name, "dnat") || !strcmp(name, "redirect"))
        redirect(rule);
    else
        return false;
    return true;
}

/* A match behind a limit would narrow what is let through, and not what is counted. */
static void match(struct nftables_rule *rule, struct json_object *value)
{
    if (rule->count && rule->entries[0].limited)
        nftables_refuse(rule,
                        "a match behind a limit, which then counts more than what it is for: write "
                        "the limit last");
    else
        nftables_match(rule, value);
}

/* Changes what KEY names: nothing about which packets pass, unless rules ask for it. */
static void mangle(struct nftables_rule *rule, struct json_object *key)
{
    bool any_transport = rule->any_transport;
    struct nftables_key changed = {.aspect = ASPECTS};
    const char *what = key ? nftables_word(arena_of(rule), key) : "an option of TCP";
    bool is_asked = nftables_get(key, "payload") && !nftables_key_of(rule, key, &changed);

    rule->any_transport = any_transport;
    for (size_t i = 0; i < rule->count; i++) {
        rule->entries[i].mangles = what;
        rule->entries[i].changes = is_asked ? changed.aspect : ASPECTS;
    }
}

void nftables_statement(struct nftables_rule *rule, const char *name, struct json_object *value)
{
    if (nftables_end(rule, name, value) || is_harmless(name))
        return;
    if (!strcmp(name, "match"))
        match(rule, value);
    else if (!strcmp(name, "vmap"))
        nftables_vmap(rule, value);
    else if (!strcmp(name, "limit"))
        limit(rule, value);
    else if (!strcmp(name, "meter"))
        limit_each(rule, nftables_get(value, "key"), nftables_get(value, "stmt"), "meter");
    else if (!strcmp(name, "set"))
        limit_each(rule, nftables_get(value, "elem"), nftables_get(value, "stmt"),
                   arena_print(arena_of(rule), "%s %s", nftables_text(value, "op"),
                               nftables_text(value, "set")));
    else if (!strcmp(name, "log"))
        log_it(rule, value);
    else if (!strcmp(name, "mangle") || !strcmp(name, "reset"))
        mangle(rule, nftables_get(value, "key"));
    else if (!strcmp(name, "notrack"))
        untrack(rule);
    else
        refuse_by_name(rule, name);
}
