/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints an explanation for people. */
#include <edgexdp/wire.h>
#include <string.h>

#include "../base/colour.h"
#include "../base/labels.h"
#include "../base/text.h"
#include "../policy/address.h"
#include "../policy/limit.h"
#include "../policy/match.h"
#include "../policy/notation.h"
#include "../policy/protect.h"
#include "explain.h"

#define COLUMNS 80

/* Prints TEXT, broken between words. INDENT is the width of what is on the line already, and the
 * margin of the following lines. */
static void put_wrapped(FILE *stream, int indent, const char *text)
{
    int column = indent;

    while (*text) {
        int length = (int)strcspn(text, " ");
        if (column > indent && column + 1 + length > COLUMNS) {
            fprintf(stream, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', stream);
            column++;
        }
        fprintf(stream, "%.*s", length, text);
        column += length;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', stream);
}

/* Returns the flags of the first packet of a conversation, or of one that RULE of POLICY, if there
 * is one, accepts. */
static u8 first_flags(const struct policy *policy, const struct probe *probe, size_t rule)
{
    struct probe first = *probe;

    first.values[FIELD_TCP_FLAGS] = TCP_SYN;
    if (rule < policy->rule_count &&
        !match_holds(&policy->rules[rule].matches[FIELD_TCP_FLAGS], probe->family, TCP_SYN))
        misfit_mend(&policy->rules[rule], &first, FIELD_TCP_FLAGS, &first);
    return (u8)first.values[FIELD_TCP_FLAGS];
}

/* Writes PROBE, which RULE of POLICY decides, in the notation of packets. Returns TEXT. */
static char *print_probe(const struct policy *policy, const struct probe *probe, size_t rule,
                         char text[NOTATION_TEXT_BYTES])
{
    struct packet_notation packet = {
        .direction = probe->direction,
        .family = probe->family,
        .protocol = (u8)probe->values[FIELD_PROTOCOL],
        .source_port = (u16)probe->values[FIELD_SOURCE_PORT],
        .destination_port = (u16)probe->values[FIELD_PORT],
        .tcp_flags = first_flags(policy, probe, rule),
        .icmp_type = (u8)(probe->values[FIELD_ICMP_TYPE] >> 8),
        .icmp_code = (u8)probe->values[FIELD_ICMP_TYPE],
    };

    address_to_bytes(probe->family, probe->values[FIELD_FROM], packet.source);
    address_to_bytes(probe->family, probe->values[FIELD_TO], packet.destination);
    return notation_print(&packet, text);
}

static void print_verdict(const struct explanation *explanation, FILE *stream)
{
    const struct decision *decision = &explanation->decision;
    const struct outcome *outcome = &decision->outcome;
    char meaning[MEANING_BYTES], packet[NOTATION_TEXT_BYTES];

    fprintf(stream, "%s\n", notation_print(&explanation->packet, packet));
    fprintf(stream, "%s ", outcome_action(outcome));
    if (decision->block)
        fprintf(stream, "by reason %s, block %s (%s)\n", reason_names[outcome->reason],
                decision->block, HARMLESS(decision->file ? decision->file : "no policy"));
    else if (!decision->rule)
        fprintf(stream, "by reason %s (%s)\n", reason_names[outcome->reason],
                HARMLESS(decision->file ? decision->file : "no policy"));
    else if (outcome->kind == OUTCOME_REASON)
        fprintf(stream, "by reason %s, as rule %s accepts it (%s:%u)\n",
                reason_names[outcome->reason], decision->rule, HARMLESS(decision->file),
                decision->line);
    else
        fprintf(stream, "%s %s (%s:%u)\n", outcome_through(outcome), decision->rule,
                HARMLESS(decision->file), decision->line);
    put_wrapped(stream, 0, explanation_meaning(explanation, meaning));
    if (decision->audit) {
        fputs(colour_begin(stream, COLOUR_WARNING), stream);
        put_wrapped(stream, 0, "In audit mode it is counted like this, but it passes.");
        fputs(colour_end(stream), stream);
    }
}

static void print_near(const struct explanation *explanation, FILE *stream)
{
    const struct policy *policy = explanation->policy;
    char wish[MISFIT_TEXT_BYTES];
    char line[MISFIT_TEXT_BYTES + 4 * RULE_NAME_BYTES + sizeof(struct rule_place)];

    if (explanation->near_count || explanation->baseline)
        fputs("\nNear misses:\n", stream);
    if (explanation->baseline)
        fprintf(stream, "  [baseline] would accept it if it had \"%s = accept\"\n",
                explanation->baseline);
    for (size_t i = 0; i < explanation->near_count; i++) {
        const struct near_miss *near = &explanation->near[i];
        const struct rule *rule = &policy->rules[near->misfit.rule];
        bool hidden = near->behind < policy->rule_count;
        misfit_wish(rule, &explanation->asked, near->misfit.field, wish);
        snprintf(line, sizeof(line), "rule %s (%s) would match if %s%s%s%s", rule->name,
                 HARMLESS(rule_place(policy, rule).text), wish, hidden ? ", but rule " : "",
                 hidden ? policy->rules[near->behind].name : "",
                 hidden ? " would decide before it" : "");
        fputs("  ", stream);
        put_wrapped(stream, 2, line);
    }
}

/* Prints the packet that this one would have to answer. */
static void print_request(const struct explanation *explanation, FILE *stream)
{
    const struct policy *policy = explanation->policy;
    const struct probe *request = &explanation->request;
    size_t rule = explanation->request_rule;
    bool accepted = explanation_accepts(policy, request->direction, rule);
    char packet[NOTATION_TEXT_BYTES], by[RULE_NAME_BYTES + 8] = "no rule",
                                                           line[NOTATION_TEXT_BYTES + 256];
    if (!explanation->answers)
        return;
    if (rule < policy->rule_count)
        snprintf(by, sizeof(by), "rule %s", policy->rules[rule].name);
    print_probe(policy, request, rule, packet);
    if (!accepted)
        snprintf(
            line, sizeof(line),
            "It is not a reply either: the packet that it would answer, \"%s\", is dropped (%s).",
            packet, rule < policy->rule_count ? by : "default");
    else if (request->direction == DIRECTION_OUT)
        snprintf(line, sizeof(line),
                 "It would be accepted as a reply if the inside had sent \"%s\" before: %s "
                 "accepts that.%s",
                 packet, rule < policy->rule_count ? by : "the default",
                 explanation->decision.interface ? " No such flow is alive." : "");
    else
        return;
    fputc('\n', stream);
    put_wrapped(stream, 0, line);
}

/* Why an error that quotes a packet was not accepted for it. */
static void say_quoted(const struct explanation *explanation, char *line, size_t size)
{
    const struct policy *policy = explanation->policy;
    size_t rule = explanation->quoted_rule;
    bool in = explanation->packet.direction == DIRECTION_IN;
    bool accepted = explanation_accepts(policy, explanation->quoted.direction, rule);
    char by[RULE_NAME_BYTES + 8] = "the default";

    if (rule < policy->rule_count)
        snprintf(by, sizeof(by), "rule %s", policy->rules[rule].name);
    if (explanation->quotes_another)
        snprintf(line, size,
                 "What it quotes does not help: an error goes to the sender of what it quotes.");
    else if (in && accepted)
        snprintf(line, size,
                 "It would be accepted if the inside had sent what it quotes before: %s accepts "
                 "that.%s",
                 by, explanation->decision.interface ? " No such flow is alive." : "");
    else if (explanation->quotes_answer)
        snprintf(line, size,
                 "It calls an answer too big. That is believed for 10 seconds after such an answer "
                 "was sent.");
    else
        snprintf(line, size, "What it quotes is not allowed either: %s drops it.", by);
}

static void print_quotes(const struct explanation *explanation, FILE *stream)
{
    char line[RULE_NAME_BYTES + 256] =
        "It was judged as if it quoted nothing. An ICMP error that quotes a packet which the "
        "policy allowed in the other direction is accepted: \"icmp-errors = accept\" in "
        "[baseline]. Add quoting (PACKET) to say what it quotes.";

    if (!explanation->quotes)
        return;
    if (explanation->quoted_is_known)
        say_quoted(explanation, line, sizeof(line));
    fputc('\n', stream);
    put_wrapped(stream, 0, line);
}

static void print_limits(const struct explanation *explanation, FILE *stream)
{
    size_t count;
    const struct limit *limits = explanation_limits(explanation, &count);

    if (explanation_exempt(explanation))
        fputs("\nThe limits of the rule do not hold for the far end: it is exempt.\n", stream);
    if (count)
        fprintf(stream, "\nIt accepts within %s:\n", count == 1 ? "this limit" : "these limits");
    for (size_t i = 0; i < count; i++) {
        const struct limit_use *use = &explanation->decision.uses[i];
        char text[LIMIT_TEXT_BYTES];

        fprintf(stream, "  %s", limit_print(&limits[i], text));
        if (use->known)
            fprintf(stream, ": %u %% is used up", use->percent);
        fputc('\n', stream);
    }
}

static void print_connection(const struct explanation *explanation, FILE *stream)
{
    const struct policy *policy = explanation->policy;
    const struct outcome *outcome = &explanation->decision.outcome;

    if (outcome->kind == OUTCOME_REASON && outcome->reason == REASON_NO_CONNECTION) {
        if (explanation->accepting < policy->rule_count)
            fprintf(stream, "\nIt is accepted by rule %s (%s).\n",
                    policy->rules[explanation->accepting].name,
                    rule_place(policy, &policy->rules[explanation->accepting]).text);
    } else if (explanation_needs_connection(explanation)) {
        fputc('\n', stream);
        put_wrapped(stream, 0,
                    explanation->decision.interface ? "It belongs to a connection of this host, or "
                                                      "brings back a SYN cookie: "
                                                      "otherwise \"tcp-state\" in [baseline] would "
                                                      "drop it as no-connection."
                                                    : "That depends on the connections of the "
                                                      "host: \"tcp-state\" in [baseline] "
                                                      "drops it as no-connection if it belongs to "
                                                      "none. Here it is taken to "
                                                      "belong to one; explain IFACE asks.");
    }
}

static void print_protect(const struct explanation *explanation, FILE *stream)
{
    const struct protect *protect = explanation_protect(explanation);
    char text[PROTECT_TEXT_BYTES], line[PROTECT_TEXT_BYTES + 128];

    if (!protect || outcome_is_cookie(&explanation->decision.outcome))
        return;
    snprintf(line, sizeof(line),
             "It protects by %s: where a socket of this host listens, a SYN cookie answers instead "
             "of the socket.",
             protect_print(protect, text));
    fputc('\n', stream);
    put_wrapped(stream, 0, line);
}

static int name_width(const struct explanation *explanation)
{
    int width = 0;

    for (size_t i = 0; i < explanation->trace_count; i++) {
        const struct misfit *misfit = &explanation->trace[i];
        int length = (int)strlen(explanation->policy->rules[misfit->rule].name);
        if (misfit->field != FIELD_DIRECTION && length > width)
            width = length;
    }
    return width;
}

static void print_trace(const struct explanation *explanation, FILE *stream)
{
    int width = name_width(explanation);
    size_t others = 0;

    for (size_t i = 0; i < explanation->trace_count; i++)
        others += explanation->trace[i].field == FIELD_DIRECTION;
    if (explanation->trace_count > others) {
        fputs("\nThe rules before it, and the first field of each that did not match:\n", stream);
        fprintf(stream, "  LINE  %-*s  WHY\n", width, "RULE");
    }
    for (size_t i = 0; i < explanation->trace_count; i++) {
        const struct misfit *misfit = &explanation->trace[i];
        const struct rule *rule = &explanation->policy->rules[misfit->rule];
        char why[MISFIT_TEXT_BYTES];
        if (misfit->field == FIELD_DIRECTION)
            continue;
        fprintf(stream, "%6u  %-*s  ", rule->place.line, width, rule->name);
        put_wrapped(stream, 10 + width, misfit_why(rule, &explanation->asked, misfit->field, why));
    }
    if (others)
        fprintf(stream, "%s%zu %s for packets that %s\n",
                explanation->trace_count > others ? "  " : "\nBefore it: ", others,
                others == 1 ? "rule is" : "rules are",
                explanation->asked.direction == DIRECTION_IN ? "go out" : "come in");
}

void explanation_print(const struct explanation *explanation, FILE *stream)
{
    print_verdict(explanation, stream);
    if (!explanation->policy)
        return;
    if (explanation->mirror) {
        char packet[NOTATION_TEXT_BYTES];
        fprintf(stream, "\nIt answers: %s\n",
                print_probe(explanation->policy, &explanation->asked, explanation->trace_count,
                            packet));
    }
    print_limits(explanation, stream);
    print_connection(explanation, stream);
    print_protect(explanation, stream);
    print_request(explanation, stream);
    print_quotes(explanation, stream);
    print_near(explanation, stream);
    print_trace(explanation, stream);
}
