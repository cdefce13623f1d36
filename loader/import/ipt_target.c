/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What iptables' rules do. */
#include "ipt.h"

#include <string.h>

#include "../base/memory.h"

enum target_kind {
    TARGET_ACCEPT,
    TARGET_DROP,
    TARGET_RETURN,
    TARGET_REJECT,
    TARGET_LOG,
    TARGET_HARMLESS,
    TARGET_MANGLES,
    TARGET_TRANSLATES,
    TARGET_REDIRECTS,
    TARGET_UNTRACKS,
    TARGET_REFUSED
};

static const struct {
    const char *name;
    enum target_kind kind;
    const char *reason; /* why it cannot be said */
} targets[] = {
    {"ACCEPT", TARGET_ACCEPT, NULL},
    {"DROP", TARGET_DROP, NULL},
    {"RETURN", TARGET_RETURN, NULL},
    {"REJECT", TARGET_REJECT, NULL},
    {"LOG", TARGET_LOG, NULL},
    {"NFLOG", TARGET_LOG, NULL},
    {"ULOG", TARGET_LOG, NULL},
    {"AUDIT", TARGET_HARMLESS, NULL},
    {"TRACE", TARGET_HARMLESS, NULL},
    {"CHECKSUM", TARGET_HARMLESS, NULL},
    {"SECMARK", TARGET_HARMLESS, NULL},
    {"CONNSECMARK", TARGET_HARMLESS, NULL},
    {"RATEEST", TARGET_HARMLESS, NULL},
    {"IDLETIMER", TARGET_HARMLESS, NULL},
    {"LED", TARGET_HARMLESS, NULL},
    {"MARK", TARGET_MANGLES, NULL},
    {"CONNMARK", TARGET_MANGLES, NULL},
    {"TCPMSS", TARGET_MANGLES, NULL},
    {"TCPOPTSTRIP", TARGET_MANGLES, NULL},
    {"TTL", TARGET_MANGLES, NULL},
    {"HL", TARGET_MANGLES, NULL},
    {"TOS", TARGET_MANGLES, NULL},
    {"DSCP", TARGET_MANGLES, NULL},
    {"ECN", TARGET_MANGLES, NULL},
    {"CLASSIFY", TARGET_MANGLES, NULL},
    {"HMARK", TARGET_MANGLES, NULL},
    {"SNAT", TARGET_TRANSLATES, NULL},
    {"MASQUERADE", TARGET_TRANSLATES, NULL},
    {"NETMAP", TARGET_TRANSLATES, NULL},
    {"SNPT", TARGET_TRANSLATES, NULL},
    {"DNPT", TARGET_TRANSLATES, NULL},
    {"DNAT", TARGET_REDIRECTS, NULL},
    {"REDIRECT", TARGET_REDIRECTS, NULL},
    {"NOTRACK", TARGET_UNTRACKS, NULL},
    {"CT", TARGET_UNTRACKS, NULL},
    {"CLUSTERIP", TARGET_REFUSED, "edgexdp judges the same packet in the same way on every host"},
    {"NFQUEUE", TARGET_REFUSED, "edgexdp asks no program about packets"},
    {"QUEUE", TARGET_REFUSED, "edgexdp asks no program about packets"},
    {"SET", TARGET_REFUSED,
     "edgexdp's sets are not filled by packets; a limit that bans (then ban "
     "TIME) is what comes next to it"},
    {"SYNPROXY", TARGET_REFUSED,
     "write protect syn-cookies in the rule that accepts: see "
     "edgexdp-policy(5)"},
    {"TARPIT", TARGET_REFUSED, "edgexdp keeps no connections open"},
    {"TEE", TARGET_REFUSED, "edgexdp sends no copies"},
    {"TPROXY", TARGET_REFUSED, "edgexdp hands packets to no proxy"},
};

static struct arena *arena_of(struct ipt_rule *rule)
{
    return &rule->ruleset->arena;
}

static void set_deed(struct ipt_rule *rule, enum deed deed, enum refusal refusal)
{
    for (size_t i = 0; i < rule->count; i++) {
        rule->entries[i].deed = deed;
        rule->entries[i].refusal = refusal;
    }
}

/* What iptables tells the sender: of a port that cannot be reached, unless it says otherwise. */
static void reject(struct ipt_rule *rule)
{
    const char *answer = rule->answer ? rule->answer : "icmp-port-unreachable";
    enum refusal refusal = REFUSAL_ADMIN_PROHIBITED;
    bool prohibited = strstr(answer, "prohibited");

    if (strstr(answer, "tcp-reset") || strstr(answer, "tcp-rst"))
        refusal = REFUSAL_TCP_RESET;
    else if (strstr(answer, "port-unreach"))
        refusal = REFUSAL_PORT_UNREACHABLE;
    else if (strstr(answer, "adm-prohibited") == NULL && strstr(answer, "admin-prohib") == NULL)
        for (size_t i = 0; i < rule->count; i++) {
            rule->entries[i].differs = arena_print(
                arena_of(rule),
                "--reject-with %s: edgexdp has tcp-reset, port-unreachable and admin-prohibited; "
                "here it tells the last",
                answer);
            rule->entries[i].differs_little = prohibited;
        }
    set_deed(rule, DEED_DROP, refusal);
}

static void jump(struct ipt_rule *rule)
{
    struct chain *chain = ruleset_find(rule->ruleset, rule->table, rule->target, rule->families);

    if (!chain) {
        ipt_refuse(rule, "-j %s: edgexdp has nothing for this target", rule->target);
        return;
    }
    set_deed(rule, rule->goes ? DEED_GOTO : DEED_JUMP, REFUSAL_NONE);
    for (size_t i = 0; i < rule->count; i++)
        rule->entries[i].target = chain;
}

bool ipt_target_has_options(const struct ipt_rule *rule)
{
    static const char *const without[] = {"ACCEPT", "DROP", "RETURN"};

    for (size_t i = 0; i < ARRAY_SIZE(without); i++)
        if (!strcmp(rule->target, without[i]))
            return false;
    return !rule->goes && !ruleset_find(rule->ruleset, rule->table, rule->target, rule->families);
}

/* What targets change that rules may ask for. */
static void mangle(struct ipt_rule *rule)
{
    static const struct {
        const char *name;
        enum aspect aspect;
    } changes[] = {
        {"TTL", ASPECT_TTL}, {"HL", ASPECT_TTL}, {"TOS", ASPECT_DSCP}, {"DSCP", ASPECT_DSCP}};

    for (size_t i = 0; i < rule->count; i++) {
        rule->entries[i].mangles = rule->target;
        rule->entries[i].changes = ASPECTS;
        for (size_t j = 0; j < ARRAY_SIZE(changes); j++)
            if (!strcmp(changes[j].name, rule->target))
                rule->entries[i].changes = changes[j].aspect;
    }
}

static void do_kind(struct ipt_rule *rule, enum target_kind kind, const char *reason)
{
    switch (kind) {
    case TARGET_ACCEPT:
        set_deed(rule, DEED_ACCEPT, REFUSAL_NONE);
        break;
    case TARGET_DROP:
        set_deed(rule, DEED_DROP, REFUSAL_NONE);
        break;
    case TARGET_RETURN:
        set_deed(rule, DEED_RETURN, REFUSAL_NONE);
        break;
    case TARGET_REJECT:
        reject(rule);
        break;
    case TARGET_LOG:
        for (size_t i = 0; i < rule->count; i++)
            rule->entries[i].logs = true;
        break;
    case TARGET_HARMLESS:
        break;
    case TARGET_MANGLES:
        mangle(rule);
        break;
    case TARGET_REDIRECTS:
        rule->ruleset->redirects = true;
        rule->translates = TRANSLATES_DESTINATION;
        break;
    case TARGET_TRANSLATES:
        rule->translates = TRANSLATES_SOURCE;
        break;
    case TARGET_UNTRACKS:
        if (!strcmp(rule->target, "CT") && !rule->untracks)
            break;
        rule->ruleset->untracks = true;
        ipt_refuse(rule,
                   "%s: edgexdp tracks no connections, and remembers what went out of every "
                   "kind",
                   rule->target);
        break;
    case TARGET_REFUSED:
        ipt_refuse(rule, "-j %s: %s", rule->target, reason);
    }
}

/* A rate counts by source or destination, or the rule as a whole. */
static const char *count_by(struct ipt_rule *rule, struct limit *limit)
{
    bool to = rule->mode && !strcmp(rule->mode, "dstip");
    unsigned int bits = rule->masks[to];

    if (!rule->mode || !*rule->mode)
        return NULL;
    if (!to && strcmp(rule->mode, "srcip") != 0)
        return arena_print(arena_of(rule),
                           "--hashlimit-mode %s: edgexdp counts by source or destination",
                           rule->mode);
    limit->key = to ? LIMIT_DESTINATION : LIMIT_SOURCE;
    limit->bits[rule->family - 1] = (u8)(bits ? bits : rule->family == FAMILY_IPV4 ? 32 : 128);
    return rate_check(arena_of(rule), limit);
}

static void set_rate(struct ipt_rule *rule)
{
    struct limit limit;
    const char *reason;

    rule->rate.unit = rule->rate.burst_unit = "";
    reason = rate_limit(arena_of(rule), &rule->rate, &limit);
    if (!reason)
        reason = count_by(rule, &limit);
    if (reason)
        ipt_refuse(rule, "%s", reason);
    for (size_t i = 0; i < rule->count; i++) {
        rule->entries[i].limited = true;
        rule->entries[i].over = rule->over;
        rule->entries[i].limit = limit;
    }
}

void ipt_target(struct ipt_rule *rule)
{
    if (rule->has_rate && !rule->refused)
        set_rate(rule);
    if (!rule->target)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
        if (!strcmp(targets[i].name, rule->target)) {
            do_kind(rule, targets[i].kind, targets[i].reason);
            return;
        }
    jump(rule);
}
