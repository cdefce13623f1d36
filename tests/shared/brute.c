/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../loader/base/memory.h"
#include "brute_inside.h"

/* The manual leaves open at which rule a reply is counted that a rule accepts too, and with that
 * whether it keeps its flow alive: two judges decide it either way, each in a world of its own. */
struct brute *brute_new(const struct policy *policy)
{
    struct brute *brute = calloc(1, sizeof(*brute)), *other = calloc(1, sizeof(*other));

    if (!brute || !other) {
        free(brute);
        free(other);
        return NULL;
    }
    *other = (struct brute){.policy = policy, .rules_first = true};
    *brute = (struct brute){.policy = policy, .other = other};
    return brute;
}

void brute_reset(struct brute *brute)
{
    for (; brute; brute = brute->other)
        brute->conversation_count = brute->fragment_count = brute->answer_count = brute->ban_count =
            brute->account_count = 0;
}

void brute_opened(struct brute *brute, bool stranger)
{
    for (; brute; brute = brute->other)
        brute->stranger = stranger;
}

void brute_arrives(struct brute *brute, unsigned int zone)
{
    brute->arrives = zone;
}

void brute_free(struct brute *brute)
{
    if (!brute)
        return;
    brute_free(brute->other);
    free(brute->conversations);
    free(brute->fragments);
    free(brute->answers);
    free(brute->bans);
    free(brute->accounts);
    free(brute);
}

void brute_ban(struct brute *brute, enum family family, struct address_range range, u64 until_s)
{
    for (; brute; brute = brute->other) {
        brute->bans =
            array_grow(brute->bans, brute->ban_count, &brute->ban_capacity, sizeof(*brute->bans));
        if (!brute->bans)
            abort();
        brute->bans[brute->ban_count++] = (struct ban_of_range){family, range, until_s};
    }
}

static bool is_banned(const struct brute *brute, enum direction direction,
                      const struct brute_packet *packet, u64 now_s)
{
    u128 far = direction == DIRECTION_IN ? packet->source : packet->destination;

    for (size_t i = 0; i < brute->ban_count; i++) {
        const struct ban_of_range *ban = &brute->bans[i];
        if (ban->family == packet->family && far >= ban->range.first && far <= ban->range.last &&
            (!ban->until_s || now_s < ban->until_s))
            return true;
    }
    return false;
}

static struct said say(enum verdict verdict, const char *kind, const char *name)
{
    struct said said = {.also = ""};

    snprintf(said.text, sizeof(said.text), "%s %s %s",
             verdict == VERDICT_ACCEPT ? "accept" : "drop", kind, name);
    return said;
}

static struct said say_reason(bool accept, const char *reason)
{
    return say(accept ? VERDICT_ACCEPT : VERDICT_DROP, "reason", reason);
}

static struct said say_reply(const struct rule *rule)
{
    return rule ? say(VERDICT_ACCEPT, "reply", rule->name) : say_reason(true, "reply");
}

/* Would the rules alone accept PACKET inbound? *rule is the one that does, or NULL. */
static bool accepted_inbound(const struct policy *policy, const struct brute_packet *packet,
                             const struct rule **rule)
{
    enum verdict verdict;

    if (!policy->baseline.martians && is_martian(packet))
        return false;
    *rule = first_rule(policy, DIRECTION_IN, packet, &verdict);
    return verdict == VERDICT_ACCEPT;
}

static bool says_too_big(const struct brute_packet *error)
{
    return error->family == FAMILY_IPV4 ? error->icmp_type == 3 && error->icmp_code == 4
                                        : error->icmp_type == 2;
}

/* An inbound ICMP error quotes an outbound packet: of a flow, of an inbound service's answer, or
 * one that the baseline lets out. */
static bool quotes_outbound(struct brute *brute, const struct brute_packet *error,
                            const struct brute_packet *quoted, u64 now_s, struct said *said)
{
    const struct conversation *known = conversation_of(brute, DIRECTION_OUT, quoted, now_s);
    struct brute_packet mirror;
    const struct rule *rule;

    if (known) {
        *said = say_reply(known->rule);
        return true;
    }
    *said = say_reason(true, "reply");
    if (says_too_big(error) && !answer_may_be_large(brute, quoted, now_s))
        return false;
    if (accepted_by_baseline(&brute->policy->baseline, DIRECTION_OUT, quoted))
        return true;
    return mirror_of(quoted, &mirror) && accepted_inbound(brute->policy, &mirror, &rule);
}

/* An outbound error quotes an inbound packet: to a service, let in by the baseline, or answering a
 * flow. */
static bool quotes_inbound(struct brute *brute, const struct brute_packet *quoted, u64 now_s,
                           struct said *said)
{
    const struct rule *rule;

    *said = say_reason(true, "reply");
    if (accepted_by_baseline(&brute->policy->baseline, DIRECTION_IN, quoted))
        return true;
    if (accepted_inbound(brute->policy, quoted, &rule)) {
        *said = say_reply(rule);
        return true;
    }
    return conversation_of(brute, DIRECTION_IN, quoted, now_s);
}

/* Does PACKET quote something that the policy allowed in the other direction? */
static bool is_error_of_permitted(struct brute *brute, enum direction direction,
                                  const struct brute_packet *packet, u64 now_s, struct said *said)
{
    struct brute_packet quoted;

    if (!brute->policy->baseline.icmp_errors || !is_icmp_error(packet))
        return false;
    if (!brute_decode_quote(packet, &quoted) || quoted.source != packet->destination)
        return false;
    if (!brute->policy->baseline.martians && is_martian(&quoted))
        return false;
    return direction == DIRECTION_IN ? quotes_outbound(brute, packet, &quoted, now_s, said)
                                     : quotes_inbound(brute, &quoted, now_s, said);
}

/* Inbound step 7 without errors. */
static bool is_reply(struct brute *brute, const struct brute_packet *packet, u64 now_s,
                     struct said *said)
{
    struct conversation *known;

    if (opens(packet))
        return false;
    known = conversation_of(brute, DIRECTION_IN, packet, now_s);
    if (!known)
        return false;
    known->seen_s = now_s;
    known->fin_in |= packet->fin;
    *said = say_reply(known->rule);
    return true;
}

static struct said say_rule(const struct rule *rule, enum verdict verdict)
{
    return rule ? say(verdict, "rule", rule->name)
                : say_reason(verdict == VERDICT_ACCEPT, "default");
}

/* What becomes of a packet that RULE, or the default if that is NULL, decides with VERDICT. */
static struct said say_within_limits(struct brute *brute, enum direction direction,
                                     const struct brute_packet *packet, const struct rule *rule,
                                     enum verdict *verdict, u64 now_s)
{
    if (!rule || !limits_hold(brute->policy, rule, direction, packet) ||
        limits_allow(brute, rule, direction, packet, now_s))
        return say_rule(rule, *verdict);
    *verdict = VERDICT_DROP;
    return say(VERDICT_DROP, "limit", rule->name);
}

/* Must PACKET, which comes in, belong to a connection of this host? There are none here. */
static bool lacks_connection(const struct brute *brute, const struct brute_packet *packet)
{
    const struct policy *policy = brute->policy;

    return policy->baseline.tcp_state && packet->is_tcp && !opens(packet) &&
           set_holds(policy->self, packet->family, packet->destination);
}

/* Steps 7 to 9. */
static struct said judge_in(struct brute *brute, const struct brute_packet *packet, u64 now_s)
{
    enum verdict verdict;
    const struct rule *rule = first_rule(brute->policy, DIRECTION_IN, packet, &verdict);
    bool lacks = lacks_connection(brute, packet);
    struct said reply, said;

    if (brute->rules_first && rule && verdict == VERDICT_ACCEPT && !lacks &&
        !limits_hold(brute->policy, rule, DIRECTION_IN, packet))
        return say_rule(rule, verdict);
    if (is_error_of_permitted(brute, DIRECTION_IN, packet, now_s, &reply) ||
        is_reply(brute, packet, now_s, &reply))
        return reply;
    said = say_within_limits(brute, DIRECTION_IN, packet, rule, &verdict, now_s);
    return lacks && verdict == VERDICT_ACCEPT ? say_reason(false, "no-connection") : said;
}

static struct said judge_out(struct brute *brute, const struct brute_packet *packet, u64 now_s)
{
    struct brute_packet mirror;
    enum verdict verdict;
    const struct rule *rule;
    struct said said;

    if (is_error_of_permitted(brute, DIRECTION_OUT, packet, now_s, &said))
        return said;
    if (mirror_of(packet, &mirror) && accepted_inbound(brute->policy, &mirror, &rule)) {
        answer_remember(brute, packet, now_s);
        return say_reply(rule);
    }
    rule = first_rule(brute->policy, DIRECTION_OUT, packet, &verdict);
    said = say_within_limits(brute, DIRECTION_OUT, packet, rule, &verdict, now_s);
    if (verdict == VERDICT_ACCEPT)
        conversation_remember(brute, packet, rule, now_s);
    return said;
}

static struct said judge_not_ip(const struct baseline *baseline, const struct brute_packet *packet)
{
    if (packet->ethertype == 0x0806)
        return say_reason(baseline->arp, "arp");
    if (packet->link_control)
        return say_reason(baseline->link_control, "link-control");
    return say_reason(baseline->other_ethertypes, "other-ethertype");
}

/* Everything after step 5. */
static struct said judge_whole(struct brute *brute, enum direction direction,
                               const struct brute_packet *packet, u64 now_s)
{
    const char *reason = accepted_by_baseline(&brute->policy->baseline, direction, packet);

    if (reason && direction == DIRECTION_OUT)
        answer_remember(brute, packet, now_s);
    if (reason)
        return say_reason(true, reason);
    return direction == DIRECTION_IN ? judge_in(brute, packet, now_s)
                                     : judge_out(brute, packet, now_s);
}

/* Step 5, and before it the rules that name later fragments. */
static struct said judge_later_fragment(struct brute *brute, enum direction direction,
                                        const struct brute_packet *packet, u64 now_s)
{
    enum verdict verdict;
    const struct rule *rule = first_rule(brute->policy, direction, packet, &verdict);

    if (rule)
        return say_within_limits(brute, direction, packet, rule, &verdict, now_s);
    return say_reason(brute->policy->baseline.fragments &&
                          fragment_follows(brute, direction, packet, now_s),
                      "fragment");
}

static bool accepts(const struct said *said)
{
    return said->text[0] == 'a';
}

/* The number of the rule of the blocks that decides, from 1 on; 0: none. */
static unsigned int first_block(const struct brute *brute, enum direction direction,
                                const struct brute_packet *packet, u64 now_s)
{
    for (size_t i = 0; brute->blocks && i < brute->blocks->rule_count; i++)
        if (brute->blocks->rules[i].direction[direction] &&
            (!brute->blocks_until_s[i] || now_s < brute->blocks_until_s[i]) &&
            rule_matches(&brute->blocks->rules[i], direction, packet))
            return (unsigned int)i + 1;
    return 0;
}

static bool is_blocked(struct brute *brute, enum direction direction,
                       const struct brute_packet *packet, u64 now_s)
{
    unsigned int block = first_block(brute, direction, packet, now_s);
    const struct rule *rule = block ? &brute->blocks->rules[block - 1] : NULL;

    brute->blocked_by = 0;
    if (!rule ||
        (rule->action == VERDICT_ACCEPT && (!limits_hold(brute->blocks, rule, direction, packet) ||
                                            limits_allow(brute, rule, direction, packet, now_s))))
        return false;
    brute->blocked_by = block;
    return true;
}

/* What is left of the limits of RULES, which are gone. */
static void forget_accounts(struct brute *brute, const struct policy *gone)
{
    size_t kept = 0;

    for (size_t i = 0; i < brute->account_count; i++)
        if (brute->accounts[i].rule < gone->rules ||
            brute->accounts[i].rule >= gone->rules + gone->rule_count)
            brute->accounts[kept++] = brute->accounts[i];
    brute->account_count = kept;
}

void brute_block(struct brute *brute, const struct policy *blocks, const u64 *until_s)
{
    if (brute->blocks)
        forget_accounts(brute, brute->blocks);
    brute->blocks = blocks;
    brute->blocks_until_s = until_s;
    if (brute->other)
        brute_block(brute->other, blocks, until_s);
}

unsigned int brute_blocked_by(const struct brute *brute)
{
    return brute->blocked_by;
}

static struct said judge_ip(struct brute *brute, enum direction direction,
                            const struct brute_packet *packet, u64 now_s)
{
    const struct baseline *baseline = &brute->policy->baseline;
    struct said said;

    if (is_banned(brute, direction, packet, now_s))
        return say_reason(false, "banned");
    if (is_blocked(brute, direction, packet, now_s))
        return say_reason(false, "blocked");
    if (!baseline->martians && is_martian(packet))
        return say_reason(false, "martian");
    if (packet->later_fragment)
        return judge_later_fragment(brute, direction, packet, now_s);
    if (!baseline->tcp_flags && has_bad_flags(packet))
        return say_reason(false, "tcp-flags");
    said = judge_whole(brute, direction, packet, now_s);
    if (packet->first_fragment && accepts(&said))
        fragment_remember(brute, direction, packet, now_s);
    return said;
}

struct said brute_judge(struct brute *brute, enum direction direction, const void *bytes,
                        size_t length, u64 now_s)
{
    struct brute_packet packet;
    const char *reason = brute_decode(bytes, length, &packet);
    struct said said, other;

    if (reason)
        return say_reason(false, reason);
    if (packet.family == FAMILY_NONE)
        return judge_not_ip(&brute->policy->baseline, &packet);
    packet.arrives = brute->arrives;
    said = judge_ip(brute, direction, &packet, now_s);
    other = judge_ip(brute->other, direction, &packet, now_s);
    if (strcmp(said.text, other.text) != 0)
        memcpy(said.also, other.text, sizeof(said.also));
    return said;
}
