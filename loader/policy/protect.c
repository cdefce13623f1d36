/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "protect.h"

#include "limit.h"

#include <errno.h>
#include <stdio.h>

#define PROTECT_FORM "write syn-cookies [over N/second] [mss N]"
#define RATE_FORM    "write over N/second, for example over 1000/second"

/* IPv4 hosts take segments of this size whatever they say (RFC 9293, 3.7.1). */
#define MSS_MIN 536u
#define MSS_MAX 65495u

/* Says what is wrong with PART of TEXT, or, where words are missing, at its end. */
#define FAULT(fault, text, part, ...)                                                              \
    fault_set(fault, fault_at(text, part), (part).length ? (part).length : 1, __VA_ARGS__)

static size_t fault_at(struct piece text, struct piece part)
{
    return part.length ? (size_t)(part.text - text.text) : text.length;
}

/* Reads `1000/second`: a limit of new connections, for the rule as a whole. */
static int read_over(struct piece text, struct piece *rest, struct limit *over, struct fault *fault)
{
    struct piece rate = piece_next_word(rest);
    int error;

    if (!rate.length)
        return FAULT(fault, text, rate, "a rate is missing: " RATE_FORM);
    if (!is_digit(*rate.text) || piece_find(rate, '/') == rate.length)
        return FAULT(fault, text, rate, "\"%s\" is no rate: " RATE_FORM, quote(rate).text);
    if (piece_find(rate, '/') == 1 && *rate.text == '0')
        return FAULT(fault, text, rate, "there is always more than that: leave \"over\" out");
    error = limit_read(rate, over, fault);
    if (error)
        fault->at += fault_at(text, rate);
    over->unit = LIMIT_NEW_UNIT;
    return error;
}

static int read_mss(struct piece text, struct piece *rest, u16 *mss, struct fault *fault)
{
    struct piece number = piece_next_word(rest);
    unsigned int value;

    if (!number.length)
        return FAULT(fault, text, number, "the segment size is missing: write mss N");
    if (piece_number(number, MSS_MAX, "segment size", &value, fault)) {
        fault->at += fault_at(text, number);
        return -EINVAL;
    }
    if (value < MSS_MIN)
        return FAULT(fault, text, number, "segment size %u is below %u", value, MSS_MIN);
    *mss = (u16)value;
    return 0;
}

int protect_read(struct piece text, struct protect *protect, struct fault *fault)
{
    struct protect made = {.cookies = true};
    struct piece rest = text, word = piece_next_word(&rest);

    if (!piece_is_keyword(word, "syn-cookies"))
        return FAULT(fault, text, word, "\"%s\" protects nothing: " PROTECT_FORM, quote(word).text);
    while ((word = piece_next_word(&rest)).length) {
        bool over = piece_is_keyword(word, "over"), mss = piece_is_keyword(word, "mss");

        if ((!over && !mss) || (over && made.over.amount) || (mss && made.mss))
            return FAULT(fault, text, word, "\"%s\" is not expected here: " PROTECT_FORM,
                         quote(word).text);
        int error = over ? read_over(text, &rest, &made.over, fault)
                         : read_mss(text, &rest, &made.mss, fault);
        if (error)
            return error;
    }
    *protect = made;
    return 0;
}

char *protect_print(const struct protect *protect, char text[PROTECT_TEXT_BYTES])
{
    int used = snprintf(text, PROTECT_TEXT_BYTES, "%s", protect->cookies ? "syn-cookies" : "");

    if (protect->over.amount)
        used += snprintf(text + used, PROTECT_TEXT_BYTES - (size_t)used, " over %llu/%s",
                         protect->over.amount, limit_period(&protect->over));
    if (protect->mss)
        snprintf(text + used, PROTECT_TEXT_BYTES - (size_t)used, " mss %u", protect->mss);
    return text;
}

bool protect_is_same(const struct protect *a, const struct protect *b)
{
    return a->cookies == b->cookies && a->mss == b->mss && a->over.amount == b->over.amount &&
           a->over.seconds == b->over.seconds;
}

bool rule_protects(const struct rule *rule)
{
    return rule->protect.cookies;
}

bool policy_protects(const struct policy *policy)
{
    for (size_t i = 0; i < policy->rule_count; i++)
        if (rule_protects(&policy->rules[i]))
            return true;
    return false;
}
