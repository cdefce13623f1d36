/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy as text, in the long form; policy_format() makes lines of it. */
#include "plan.h"

#include <string.h>

#include "../base/memory.h"
#include "../base/text.h"
#include "../policy/limit.h"
#include "names.h"
#include "words.h"
#include "zones.h"

struct writer {
    const struct origin *told; /* the rule that was complained of last */
    struct plan *plan;
    FILE *out;
    struct names names;
};

/* Text of one line, as UTF-8. */
static void put_text(FILE *out, const char *text)
{
    CLEANUP_FREE char *good = text_utf8(text);

    for (const char *c = good ? good : ""; *c; c++)
        fputc((unsigned char)*c < ' ' || *c == 0x7f ? ' ' : *c, out);
}

/* The same without what would end a note. */
static void put_note(FILE *out, const char *text)
{
    CLEANUP_FREE char *good = text_utf8(text);

    for (char *c = good; c && *c; c++)
        *c = (char)(*c == '"' ? '\'' : *c == '#' || *c == ';' ? ',' : *c);
    fputs("note = ", out);
    put_text(out, good ? good : "");
    fputc('\n', out);
}

static void put_comment(struct writer *writer, const struct entry *entry, const char *reason)
{
    const struct place *place = &entry->origin->place;

    fputs("# not imported", writer->out);
    if (place->line)
        fprintf(writer->out, ", line %u", place->line);
    fputs(": ", writer->out);
    put_text(writer->out, entry->origin->words);
    fputs("\n#   ", writer->out);
    put_text(writer->out, reason);
    fputc('\n', writer->out);
}

/* What leaving out does. */
static const char *consequence(const struct entry *entry)
{
    switch (entry->deed) {
    case DEED_ACCEPT:
        return "; what it accepts is judged by the rules below";
    case DEED_DROP:
        return "; what it drops may be accepted by the rules below";
    case DEED_NONE:
        return "";
    default:
        return "; its packets are judged by the rules below";
    }
}

/* A rule is complained of once, however often its chain is called. */
static void write_entry(struct writer *writer, struct entry *entry, const char *text)
{
    if (entry->told || writer->told == entry->origin)
        return;
    entry->told = true;
    writer->told = entry->origin;
    put_comment(writer, entry, text);
    ruleset_complain(writer->plan->ruleset, entry->origin, "\"%s\" is not imported: %s",
                     entry->origin->words, text);
}

static void write_refused(struct writer *writer, const struct line *line, const char *reason)
{
    write_entry(
        writer, line->entry,
        arena_print(&writer->plan->ruleset->arena, "%s%s", reason, consequence(line->entry)));
}

/* Writes the rules of NAT that translate WHAT, and those that drop there. */
static void write_translations(struct writer *writer, enum translation what)
{
    const struct ruleset *ruleset = writer->plan->ruleset;

    for (size_t i = 0; i < ruleset->chain_count; i++) {
        const struct chain *chain = ruleset->chains[i];
        for (size_t j = 0; j < chain->count && !chain->left_out; j++) {
            struct entry *entry = &chain->entries[j];
            if (entry->translates == what)
                write_entry(writer, entry,
                            "NAT is never imported: leave it to the filter that does it");
            else if (chain->translates && entry->deed == DEED_DROP)
                write_entry(writer, entry,
                            "in a chain of NAT, only packets that open connections are asked "
                            "about: write it in a chain of type filter");
        }
    }
}

/* Is a rule of RULESET about ASPECT of packets? */
static bool asks(const struct ruleset *ruleset, enum aspect aspect)
{
    for (size_t i = 0; i < ruleset->chain_count; i++)
        for (size_t j = 0; j < ruleset->chains[i]->count; j++)
            if (!ruleset->chains[i]->left_out &&
                ruleset->chains[i]->entries[j].condition.aspects[aspect])
                return true;
    return false;
}

static bool is_of_an_end(enum aspect aspect)
{
    return (aspect >= ASPECT_FROM4 && aspect <= ASPECT_TO6) || aspect == ASPECT_PORT ||
           aspect == ASPECT_SOURCE_PORT;
}

/* Mangling is a complaint where rules may see what it changed. */
static void write_mangling(struct writer *writer, const struct entry *entry)
{
    struct ruleset *ruleset = writer->plan->ruleset;
    bool ends = is_of_an_end(entry->changes);
    bool matters = ends || (entry->changes != ASPECTS && asks(ruleset, entry->changes));
    const char *reason = arena_print(
        &ruleset->arena, "mangling is never imported (%s): %s", entry->mangles,
        ends      ? "edgexdp judges packets before it; write rules for what they are then"
        : matters ? "other rules ask for what it changes, and edgexdp judges packets as they come"
                  : "leave it to the filter that does it; no rule here asks for it");

    put_comment(writer, entry, reason);
    if (matters)
        ruleset_complain(ruleset, entry->origin, "\"%s\": %s", entry->origin->words, reason);
    else
        ruleset_note(ruleset, entry->origin, "\"%s\": %s", entry->origin->words, reason);
}

static void write_manglings(struct writer *writer)
{
    const struct ruleset *ruleset = writer->plan->ruleset;

    for (size_t i = 0; i < ruleset->chain_count; i++) {
        const struct chain *chain = ruleset->chains[i];
        for (size_t j = 0; j < chain->count && !chain->left_out; j++)
            if (chain->entries[j].mangles &&
                (!j || chain->entries[j - 1].origin != chain->entries[j].origin))
                write_mangling(writer, &chain->entries[j]);
    }
}

/* The same for the policy of a chain, where rules of another come behind it. */
static void write_refused_policy(struct writer *writer, const struct line *line, const char *reason)
{
    fprintf(writer->out, "# not imported: the policy of chain %s\n#   %s\n",
            line->chain ? line->chain->name : "", reason);
    ruleset_complain(writer->plan->ruleset, NULL, "the policy of chain %s is not imported: %s",
                     line->chain ? line->chain->name : "", reason);
}

static void write_differs(struct writer *writer, const struct line *line)
{
    struct entry *entry = line->entry;

    if (!entry || !entry->differs || entry->told)
        return;
    entry->told = true;
    fputs("# ", writer->out);
    put_text(writer->out, entry->differs);
    fputc('\n', writer->out);
    if (entry->differs_little)
        ruleset_note(writer->plan->ruleset, entry->origin, "%s", entry->differs);
    else
        ruleset_complain(writer->plan->ruleset, entry->origin, "%s", entry->differs);
}

static const char *action_of(const struct line *line)
{
    static const char *const refusals[REFUSALS] = {
        [REFUSAL_NONE] = "drop",
        [REFUSAL_DEFAULT] = "reject",
        [REFUSAL_TCP_RESET] = "reject with tcp-reset",
        [REFUSAL_PORT_UNREACHABLE] = "reject with port-unreachable",
        [REFUSAL_ADMIN_PROHIBITED] = "reject with admin-prohibited",
    };

    return line->verdict == VERDICT_ACCEPT ? "accept" : refusals[line->refusal];
}

static void write_rule(struct writer *writer, const struct course *course, const struct line *line)
{
    static const char *const directions[WAYS] = {
        [WAY_IN] = "in", [WAY_FORWARD] = "forward", [WAY_OUT] = "out"};
    const char *name = names_give(&writer->plan->ruleset->arena, &writer->names, line, course->way);
    char limit[LIMIT_TEXT_BYTES];

    write_differs(writer, line);
    fprintf(writer->out, "[rule %s]\ndirection = %s\n", name, directions[course->way]);
    condition_write(writer->plan, &line->condition, &course->whole, writer->out);
    fprintf(writer->out, "action = %s\n", action_of(line));
    if (line->limited)
        fprintf(writer->out, "limit = %s\n", limit_print(&line->limit, limit));
    if (line->logs)
        fputs("log = yes\n", writer->out);
    if (line->entry && line->entry->comment && !name_says(name, line->entry->comment))
        put_note(writer->out, line->entry->comment);
}

/* Of one interface, what passes through others is not said. */
static bool is_elsewhere(const struct plan *plan, const struct course *course,
                         const struct line *line)
{
    return plan->only && course->way == WAY_FORWARD &&
           !spans_hold(line->condition.aspects[ASPECT_ARRIVES], plan->only) &&
           !spans_hold(line->condition.aspects[ASPECT_LEAVES], plan->only);
}

static void write_bad_flags(struct writer *writer, const struct course *course,
                            const struct line *line)
{
    struct line bad = *line;

    bad.strays = true;
    bad.verdict = VERDICT_DROP;
    bad.limited = bad.logs = false;
    bad.entry = NULL;
    bad.condition.aspects[ASPECT_STATE] = NULL;
    plan_narrow_to_bad_flags(writer->plan, &bad.condition);
    if (!condition_is_empty(&bad.condition))
        write_rule(writer, course, &bad);
}

/* ICMP that answers nothing is invalid elsewhere, and so are flags that no host sends. */
static void write_strays(struct writer *writer, const struct course *course,
                         const struct line *line)
{
    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++) {
        struct line stray = *line;
        stray.condition.aspects[ASPECT_STATE] = NULL;
        plan_narrow_to_answers(writer->plan, &stray.condition, family);
        if (!condition_is_empty(&stray.condition))
            write_rule(writer, course, &stray);
    }
    if (!writer->plan->tcp_flags)
        write_bad_flags(writer, course, line);
}

static void write_line(struct writer *writer, const struct course *course, const struct line *line)
{
    const char *reason = line->refused;

    if (line->absorbed || line->kind == LINE_LOG || is_elsewhere(writer->plan, course, line))
        return;
    if (!reason)
        reason = condition_unsaid(&line->condition, &course->whole);
    if (!reason && line->strays)
        write_strays(writer, course, line);
    else if (reason && line->entry)
        write_refused(writer, line, reason);
    else if (reason)
        write_refused_policy(writer, line, reason);
    if (reason || line->strays)
        return;
    if (line->bad_first)
        write_bad_flags(writer, course, line);
    write_rule(writer, course, line);
}

static void write_course(struct writer *writer, const struct course *course)
{
    for (size_t i = 0; i < course->count; i++)
        write_line(writer, course, &course->lines[i]);
}

static const char *verdict_word(enum verdict verdict)
{
    return verdict == VERDICT_ACCEPT ? "accept" : "drop";
}

static void write_head(struct writer *writer)
{
    const struct plan *plan = writer->plan;
    FILE *out = writer->out;

    fprintf(out, "[policy]\nname     = %s\n", plan->ruleset->options->name);
    if (plan->verdicts[WAY_IN] != VERDICT_DROP)
        fprintf(out, "inbound  = %s\n", verdict_word(plan->verdicts[WAY_IN]));
    if (plan->verdicts[WAY_OUT] != VERDICT_DROP)
        fprintf(out, "outbound = %s\n", verdict_word(plan->verdicts[WAY_OUT]));
    if (plan->log_drops)
        fputs("log      = drops\n", out);
}

static void write_baseline(struct writer *writer)
{
    const struct plan *plan = writer->plan;
    FILE *out = writer->out;

    fputs("\n[baseline]\n# No chain of the ruleset sees frames that are not IP.\n"
          "other-ethertypes    = accept\n",
          out);
    if (!plan->neighbour_discovery)
        fputs("# As the rules say. Nothing else accepts neighbour discovery, without which IPv6 "
              "does not work.\nneighbour-discovery = drop\n",
              out);
    if (!plan->icmp_errors)
        fputs("icmp-errors         = drop\n", out);
    if (!plan->tcp_flags)
        fputs("# The ruleset does not drop what connection tracking finds invalid.\n"
              "tcp-flags           = accept\n",
              out);
    if (plan->tcp_state)
        fprintf(out,
                "# Segments that belong to no connection are neither new nor established.\n"
                "tcp-state           = socket%s\n",
                plan->ruleset->redirects ? ", conntrack" : "");
    if (plan->verdicts[WAY_IN] == VERDICT_DROP)
        fputs("# DHCP clients read past a ruleset, and not past edgexdp. If the address is "
              "leased, write dhcp-client = accept here.\n",
              out);
}

static void write_zones(struct writer *writer)
{
    const struct ruleset *ruleset = writer->plan->ruleset;

    if (!writer->plan->zones)
        return;
    fputs("\n[interfaces]\n", writer->out);
    for (size_t i = 1; i <= ruleset->interface_count; i++)
        if (strcmp(ruleset->interfaces[i - 1], "lo") != 0)
            fprintf(writer->out, "%s = %s\n", interface_zone(writer->plan, (u16)i),
                    ruleset->interfaces[i - 1]);
}

/* Do any lines use the named set? */
static bool is_used(const struct plan *plan, const struct named *named)
{
    for (int way = 0; way < WAYS; way++)
        for (size_t i = 0; i < plan->courses[way].count; i++) {
            const struct line *line = &plan->courses[way].lines[i];
            for (int aspect = 0; aspect < ASPECTS && line->kind != LINE_REFUSED; aspect++) {
                const struct spans *set = line->condition.aspects[aspect];
                if (set && set->label == named->name && !line->absorbed)
                    return true;
            }
        }
    return false;
}

static void write_named(struct writer *writer, bool ports)
{
    const struct ruleset *ruleset = writer->plan->ruleset;
    bool begun = false;

    for (size_t i = 0; i < ruleset->named_count; i++) {
        const struct named *named = ruleset->named[i];
        if (named->is_ports != ports || !is_used(writer->plan, named))
            continue;
        if (!begun)
            fputs(ports ? "\n[ports]\n" : "\n[sets]\n", writer->out);
        begun = true;
        fprintf(writer->out, "%s = ", named->name);
        if (ports)
            spans_write_ports(named->set[0], writer->out);
        else
            spans_write_addresses(named->set, writer->out);
        fputc('\n', writer->out);
    }
}

static bool names_zones(const struct plan *plan)
{
    for (int way = 0; way < WAYS; way++) {
        const struct course *course = &plan->courses[way];
        for (size_t i = 0; i < course->count; i++)
            if ((line_is_rule(&course->lines[i]) || course->lines[i].kind == LINE_POLICY) &&
                !course->lines[i].absorbed && !is_elsewhere(plan, course, &course->lines[i]) &&
                condition_names_zones(&course->lines[i].condition, &course->whole))
                return true;
    }
    return false;
}

void plan_write(struct plan *plan, FILE *out)
{
    struct writer writer = {.plan = plan, .out = out};

    plan->zones = names_zones(plan);
    write_head(&writer);
    write_baseline(&writer);
    write_zones(&writer);
    write_named(&writer, false);
    write_named(&writer, true);
    fputs("\n[rules]\n", out);
    write_manglings(&writer);
    write_translations(&writer, TRANSLATES_DESTINATION);
    write_course(&writer, &plan->courses[WAY_FORWARD]);
    write_course(&writer, &plan->courses[WAY_IN]);
    write_course(&writer, &plan->courses[WAY_OUT]);
    write_translations(&writer, TRANSLATES_SOURCE);
}
