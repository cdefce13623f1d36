/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "action.h"

#include <errno.h>
#include <string.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "match.h"
#include "reading.h"

static const struct {
    const char *word;
    enum verdict verdict;
    enum refusal refusal;
} actions[] = {
    {"accept", VERDICT_ACCEPT, REFUSAL_NONE},
    {"drop", VERDICT_DROP, REFUSAL_NONE},
    {"reject", VERDICT_DROP, REFUSAL_DEFAULT},
};

static int find(struct piece word)
{
    for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
        if (piece_is_keyword(word, actions[i].word))
            return (int)i;
    return -1;
}

bool action_begins(struct piece word)
{
    return find(word) >= 0;
}

/* Like fault_set(), about PART of TEXT. */
#define FAULT_AT(fault, text, part, ...)                                                           \
    fault_set(fault, (size_t)((part).text - (text).text), (part).length, __VA_ARGS__)

static int read_refusal(struct piece text, struct piece word, enum refusal *refusal,
                        struct fault *fault)
{
    for (enum refusal r = REFUSAL_TCP_RESET; r < REFUSALS; r++)
        if (piece_is_keyword(word, refusal_names[r])) {
            *refusal = r;
            return 0;
        }
    return FAULT_AT(fault, text, word,
                    "\"%s\" is nothing to reject with: write tcp-reset, port-unreachable or "
                    "admin-prohibited",
                    quote(word).text);
}

/* Reads an action. Returns 0, or -EINVAL with FAULT. */
static int read_action(struct piece text, enum verdict *verdict, enum refusal *refusal,
                       struct fault *fault)
{
    struct piece rest = text, word = piece_next_word(&rest), with = piece_next_word(&rest);
    int action = find(word);

    rest = piece_trim(rest);
    if (action < 0)
        return FAULT_AT(fault, text, text,
                        "\"%s\" is not a value of \"action\": write accept, drop or reject",
                        quote(text).text);
    *verdict = actions[action].verdict;
    *refusal = actions[action].refusal;
    if (!with.length)
        return 0;
    if (*refusal == REFUSAL_NONE || !piece_is_keyword(with, "with"))
        return FAULT_AT(fault, text, with, "\"%s\" is not expected here: leave it out%s",
                        quote(with).text,
                        *refusal ? ", or write with tcp-reset, port-unreachable or "
                                   "admin-prohibited"
                                 : "");
    if (!rest.length)
        return FAULT_AT(fault, text, with,
                        "what to reject with is missing: write tcp-reset, port-unreachable or "
                        "admin-prohibited");
    return read_refusal(text, rest, refusal, fault);
}

int read_rule_action(struct reading *reading, void *target, const struct ini_entry *entry)
{
    CLEANUP_FREE char *text = ini_value_text(reading->ini, entry);
    struct rule *rule = target;
    struct fault fault;

    if (!text)
        return -ENOMEM;
    if (read_action(piece_of(text), &rule->action, &rule->refusal, &fault))
        reading_tell(reading, ini_value_part(reading->ini, entry, fault.at, fault.length), "%s",
                     fault.text);
    else if (rule->refusal == REFUSAL_TCP_RESET && !section_key_is_faulty(reading, "protocol") &&
             !rule_always_has(rule, FIELD_TCP_FLAGS))
        reading_tell(reading, ini_value_part(reading->ini, entry, 0, strlen(text)),
                     "\"with tcp-reset\" needs \"protocol\" to be tcp, and nothing else: a plain "
                     "reject resets TCP and answers all else by ICMP");
    return 0;
}

int read_expect_verdict(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct expectation *expectation = target;
    struct piece word;
    int action;

    if (!value_is_single(reading, entry, &word))
        return 0;
    action = find(word);
    if (action < 0) {
        reading_tell(reading, word,
                     "\"%s\" is not a value of \"verdict\": write accept, drop or reject",
                     quote(word).text);
        return 0;
    }
    expectation->verdict = actions[action].verdict;
    expectation->rejected = actions[action].refusal != REFUSAL_NONE;
    return 0;
}
