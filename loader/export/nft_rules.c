/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules: one line where a rule means the same in both families, otherwise one line for each family
 * in which it can match. The rule's name is its comment.
 */
#include "nft_match.h"

#include "../policy/limit.h"
#include "../policy/match.h"
#include "../policy/protect.h"

static enum direction direction_of(enum view view)
{
    return view == VIEW_OUT || view == VIEW_LATER_OUT ? DIRECTION_OUT : DIRECTION_IN;
}

/* nft rejects before it routes, but not afterwards: on the way out a packet is only dropped. */
static const char *nft_action(const struct nft *nft, const struct rule *rule)
{
    static const char *const actions[REFUSALS] = {
        [REFUSAL_DEFAULT] = "goto refuse",
        [REFUSAL_TCP_RESET] = "reject with tcp reset",
        [REFUSAL_PORT_UNREACHABLE] = "reject with icmpx type port-unreachable",
        [REFUSAL_ADMIN_PROHIBITED] = "reject with icmpx type admin-prohibited",
    };

    if (rule->refusal == REFUSAL_NONE || nft->policy->mode == MODE_AUDIT)
        return nft_verdict(nft, rule->action);
    return actions[rule->refusal];
}

static bool refuses(const struct nft *nft, enum direction direction)
{
    for (size_t i = 0; i < nft->policy->rule_count; i++)
        if (nft->policy->rules[i].refusal != REFUSAL_NONE &&
            nft->policy->rules[i].direction[direction])
            return true;
    return false;
}

void nft_refuse_chain(const struct nft *nft)
{
    if (refuses(nft, DIRECTION_IN))
        fputs("\tchain refuse {\n"
              "\t\tmeta l4proto tcp reject with tcp reset\n"
              "\t\treject with icmpx type admin-prohibited\n"
              "\t}\n\n",
              nft->out);
}

/* nft's own answers go through postrouting, where nothing tells them from other packets of the same
 * kind that this host sends. */
void nft_let_refusals_out(const struct nft *nft)
{
    if (refuses(nft, DIRECTION_IN))
        fputs("\t\tfib saddr type local tcp flags & rst == rst counter accept comment \"refusal\"\n"
              "\t\tfib saddr type local icmp type destination-unreachable icmp code { 3, 13 } "
              "counter accept comment \"refusal\"\n"
              "\t\tfib saddr type local icmpv6 type destination-unreachable icmpv6 code { 1, 4 } "
              "counter accept comment \"refusal\"\n",
              nft->out);
}

/* The limit is the rate at which edgexdp itself would report it. */
void nft_log(const struct nft *nft, const char *name)
{
    fprintf(nft->out,
            "limit rate 64/second burst 64 packets log prefix \"edgexdp %s: \" level info\n", name);
}

static void put_action(const struct nft *nft, const struct rule *rule, enum view view)
{
    if (view == VIEW_ANSWER && rule->action == VERDICT_DROP)
        fputs("return", nft->out);
    else if (view == VIEW_UNJOINED && rule->action == VERDICT_ACCEPT)
        fputs("accept", nft->out);
    else if (view == VIEW_OUT && rule->action == VERDICT_ACCEPT)
        fputs("counter goto remember", nft->out);
    else
        fprintf(nft->out, "counter %s",
                view == VIEW_IN ? nft_action(nft, rule) : nft_verdict(nft, rule->action));
}

/* Replies are not limited. */
static bool limits_apply(const struct nft *nft, enum family family, enum view view)
{
    const struct address_set *exempt = nft->policy->exempt;

    return view != VIEW_ANSWER && view != VIEW_UNJOINED &&
           !(exempt && family && nft_set_is_all(exempt, family));
}

static void put_line(const struct nft *nft, const struct rule *rule, enum family family,
                     enum view view, const struct nft_asked *asked)
{
    bool logs = view != VIEW_ANSWER && (view != VIEW_UNJOINED || rule->action == VERDICT_DROP);

    if (rule->log && logs) {
        nft_match(nft, rule, family, view, asked);
        nft_log(nft, rule->name);
    }
    for (size_t i = 0; i < rule->limit_count && limits_apply(nft, family, view); i++) {
        nft_match(nft, rule, family, view, asked);
        nft_limit(nft, rule, i, family, direction_of(view));
    }
    nft_match(nft, rule, family, view, asked);
    put_action(nft, rule, view);
    fprintf(nft->out, " comment \"%s\"\n", rule->name);
}

/* Writes a line for each conjunction of flags that RULE asks for, for each way to say which
 * fragments, and for each way to say where they came in. None is asked of an answer. */
static void put_lines(const struct nft *nft, const struct rule *rule, enum family family,
                      enum view view)
{
    const struct match *match = &rule->matches[FIELD_TCP_FLAGS];
    struct conjunction flags[CONJUNCTIONS_MAX] = {{0}};
    const char *fragments[FRAGMENT_FORMS];
    size_t count = 1, forms = nft_fragment_forms(rule, family, view, fragments);
    size_t arrivals = nft_arrival_forms(nft, rule, view);

    if (!match->any && view != VIEW_ANSWER)
        count = flags_conjunctions(&match->numbers[0], flags);
    for (size_t i = 0; i < count; i++)
        for (size_t form = 0; form < forms * arrivals; form++)
            put_line(nft, rule, family, view,
                     &(struct nft_asked){flags[i], fragments[form / arrivals], form % arrivals});
}

static void put_rule(const struct nft *nft, const struct rule *rule, enum view view)
{
    if (view == VIEW_IN || view == VIEW_OUT)
        nft_comment(nft, "\t\t", rule->note);
    if (!nft_can_match(rule, FAMILY_IPV4, view) && !nft_can_match(rule, FAMILY_IPV6, view)) {
        if (view != VIEW_ANSWER && !rule_asks_later(rule))
            fprintf(nft->out, "\t\t# %s matches nothing\n", rule->name);
        return;
    }
    if (view == VIEW_OUT && rule->refusal != REFUSAL_NONE)
        fprintf(nft->out, "\t\t# %s rejects: here nft can only drop\n", rule->name);
    if (view == VIEW_IN && rule_bans(rule))
        fprintf(nft->out, "\t\t# the limits of %s ban: here nft only drops\n", rule->name);
    if (view == VIEW_IN && rule_protects(rule))
        fprintf(
            nft->out,
            "\t\t# %s sends SYN cookies: here nothing does; nft has synproxy, which needs rules "
            "of its own\n",
            rule->name);
    bool exempts = rule->limit_count && nft->policy->exempt;
    if (nft_is_the_same_in_both(rule) && !exempts) {
        put_lines(nft, rule, FAMILY_NONE, view);
        return;
    }
    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++)
        if (nft_can_match(rule, family, view))
            put_lines(nft, rule, family, view);
}

static bool has_rule(const struct nft *nft, size_t rule, enum view view)
{
    return nft->policy->rules[rule].direction[direction_of(view)] &&
           (!nft_view_is_of_later(view) || rule_asks_later(&nft->policy->rules[rule]));
}

void nft_rules(const struct nft *nft, enum view view)
{
    for (size_t i = 0; i < nft->policy->rule_count; i++)
        if (has_rule(nft, i, view))
            put_rule(nft, &nft->policy->rules[i], view);
}

bool nft_has_rules(const struct nft *nft, enum view view)
{
    for (size_t i = 0; i < nft->policy->rule_count; i++)
        if (has_rule(nft, i, view))
            return true;
    return false;
}
