/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "limit.h"

#include "../base/duration.h"
#include "../base/memory.h"
#include "match.h"
#include "protocols.h"

#include <edgexdp/ban.h>
#include <edgexdp/limit.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define RATE_FORM "write N/second, N new/second, N kbit/second or N bytes/second"
#define KEY_FORM  "write per source, per source/24 or per source/24/64, or destination"

/* The smallest burst where the policy says none. */
#define BURST_PACKETS 5u
#define BURST_BYTES   65536u

#define AMOUNT_MAX 1000000000u

static const struct {
    const char *name;
    enum limit_counts counts;
    u32 bits; /* in one, where bytes count */
} units[LIMIT_UNITS] = {
    [LIMIT_PACKETS_UNIT] = {"packets", LIMIT_PACKETS, 0},
    [LIMIT_NEW_UNIT] = {"new", LIMIT_NEW, 0},
    [LIMIT_BYTES_UNIT] = {"bytes", LIMIT_BYTES, 8},
    [LIMIT_KBIT_UNIT] = {"kbit", LIMIT_BYTES, 1000},
    [LIMIT_MBIT_UNIT] = {"Mbit", LIMIT_BYTES, 1000000},
    [LIMIT_GBIT_UNIT] = {"Gbit", LIMIT_BYTES, 1000000000},
};

static const struct {
    const char *name;
    u32 seconds;
} periods[] = {{"second", 1}, {"minute", 60}, {"hour", 3600}};

static const char *const keys[LIMIT_KEYS] = {
    [LIMIT_RULE] = "", [LIMIT_SOURCE] = "source", [LIMIT_DESTINATION] = "destination"};

/* The words of a limit, one after the other. */
struct phrase {
    struct piece whole, rest;
    struct piece word; /* the one that was taken last */
    struct fault *fault;
};

static bool take(struct phrase *phrase)
{
    phrase->word = piece_next_word(&phrase->rest);
    return phrase->word.length > 0;
}

static bool take_if(struct phrase *phrase, const char *keyword)
{
    struct piece rest = phrase->rest;

    if (!piece_is_keyword(piece_next_word(&rest), keyword))
        return false;
    return take(phrase);
}

/* Says what is wrong with PART, or, where words are missing, at the end. */
#define FAULT(phrase, part, ...)                                                                   \
    fault_set((phrase)->fault, fault_at(phrase, part), (part).length ? (part).length : 1,          \
              __VA_ARGS__)

static size_t fault_at(const struct phrase *phrase, struct piece part)
{
    return part.length ? (size_t)(part.text - phrase->whole.text) : phrase->whole.length;
}

/* Faults of NUMBER are where it stands in the phrase. */
static int read_number(struct phrase *phrase, struct piece number, const char *what,
                       unsigned int max, unsigned int *value)
{
    int error = piece_number(number, max, what, value, phrase->fault);

    if (error)
        phrase->fault->at += fault_at(phrase, number);
    return error;
}

static int read_period(struct phrase *phrase, struct piece period, struct limit *limit)
{
    for (size_t i = 0; i < ARRAY_SIZE(periods); i++)
        if (piece_is_keyword(period, periods[i].name)) {
            limit->seconds = periods[i].seconds;
            return 0;
        }
    return FAULT(phrase, period,
                 "\"%s\" is not a time that a rate has: write second, minute or hour",
                 quote(period).text);
}

static int read_unit(struct phrase *phrase, struct piece unit, struct limit *limit)
{
    for (enum limit_unit i = 0; i < LIMIT_UNITS; i++)
        if (piece_is_keyword(unit, units[i].name)) {
            limit->unit = i;
            return 0;
        }
    return FAULT(phrase, unit, "\"%s\" is not what a limit counts: " RATE_FORM, quote(unit).text);
}

/* Reads `50/second`, `50 new/second`, `20 Mbit/second`. */
static int read_rate(struct phrase *phrase, struct limit *limit)
{
    unsigned int amount;
    bool has_word = take(phrase);
    size_t slash = piece_find(phrase->word, '/');
    struct piece number = piece_part(phrase->word, 0, slash);

    if (!has_word)
        return FAULT(phrase, phrase->word, "a rate is missing: " RATE_FORM);
    if (!number.length || !is_digit(*number.text))
        return FAULT(phrase, phrase->word, "\"%s\" is no rate: " RATE_FORM,
                     quote(phrase->word).text);
    limit->unit = LIMIT_PACKETS_UNIT;
    if (read_number(phrase, number, "rate", AMOUNT_MAX, &amount))
        return -EINVAL;
    if (!amount)
        return FAULT(phrase, number, "a rate of 0 lets nothing pass: write action = drop for that");
    limit->amount = amount;
    if (slash == phrase->word.length) {
        if (!take(phrase))
            return FAULT(phrase, phrase->word, "a rate is incomplete: " RATE_FORM);
        slash = piece_find(phrase->word, '/');
        if (read_unit(phrase, piece_part(phrase->word, 0, slash), limit))
            return -EINVAL;
    }
    if (slash == phrase->word.length)
        return FAULT(phrase, phrase->word, "a rate is incomplete: " RATE_FORM);
    return read_period(phrase, piece_part(phrase->word, slash + 1, phrase->word.length), limit);
}

static int read_bits(struct phrase *phrase, struct piece *rest, unsigned int max, u8 *bits)
{
    size_t slash = piece_find(*rest, '/');
    struct piece number = piece_part(*rest, 0, slash);
    unsigned int value;

    if (read_number(phrase, number, "prefix length", max, &value))
        return -EINVAL;
    if (!value)
        return FAULT(phrase, number, "a prefix of 0 bits is everybody: leave \"per\" out");
    *bits = (u8)value;
    *rest = piece_part(*rest, slash + 1, rest->length);
    return 0;
}

static int read_key(struct phrase *phrase, struct limit *limit)
{
    bool has_word = take(phrase);
    size_t slash = piece_find(phrase->word, '/');
    struct piece name = piece_part(phrase->word, 0, slash);
    struct piece rest = piece_part(phrase->word, slash + 1, phrase->word.length);

    limit->key = LIMIT_RULE;
    for (enum limit_key key = LIMIT_SOURCE; has_word && key < LIMIT_KEYS; key++)
        if (piece_is_keyword(name, keys[key]))
            limit->key = key;
    if (limit->key == LIMIT_RULE)
        return FAULT(phrase, phrase->word, "what the limit is for is missing: " KEY_FORM);
    if (slash < phrase->word.length && read_bits(phrase, &rest, 32, &limit->bits[0]))
        return -EINVAL;
    if (rest.length && read_bits(phrase, &rest, 128, &limit->bits[1]))
        return -EINVAL;
    return rest.length ? FAULT(phrase, rest, "a third prefix length: " KEY_FORM) : 0;
}

static int read_burst(struct phrase *phrase, struct limit *limit)
{
    unsigned int burst;

    if (!take(phrase))
        return FAULT(phrase, phrase->word, "how many may come at once is missing: write burst N");
    if (read_number(phrase, phrase->word, "burst", AMOUNT_MAX, &burst))
        return -EINVAL;
    if (!burst)
        return FAULT(phrase, phrase->word, "a burst of 0 lets nothing pass: write 1 or more");
    limit->burst = burst;
    return 0;
}

static int read_ban(struct phrase *phrase, struct limit *limit)
{
    struct piece then = phrase->word;

    if (!take_if(phrase, "ban") || !take(phrase))
        return FAULT(phrase, then,
                     "only a ban can follow: write then ban TIME, for example then ban 1h");
    if (duration_parse(quote(phrase->word).text, &limit->ban_ns))
        return FAULT(phrase, phrase->word,
                     "\"%s\" is not a time: write a number and s, m, h or d, for example 90s",
                     quote(phrase->word).text);
    if (limit->key != LIMIT_SOURCE)
        return FAULT(phrase, then, "only a source can be banned: write per source before it");
    return 0;
}

static u64 preset_burst(const struct limit *limit)
{
    u64 least = units[limit->unit].bits ? BURST_BYTES : BURST_PACKETS;
    u64 second = limit_amount(limit) / limit->seconds;

    return second > least ? second : least;
}

/* The packet path counts in 40 bits of about a microsecond. */
static int check_size(struct phrase *phrase, const struct limit *limit)
{
    u64 cost = limit_cost(limit);

    if (cost < LIMIT_COST_MIN)
        return FAULT(phrase, phrase->whole,
                     "this is more than can be told apart: write at most %u Gbit/second", 1000000u);
    if ((unsigned __int128)cost * limit->burst >> LIMIT_COST_SHIFT > LIMIT_MOST_MAX)
        return FAULT(phrase, phrase->whole,
                     "its burst takes more than %u hours to come back: write a smaller burst or a "
                     "higher rate",
                     LIMIT_HOURS_MAX);
    return 0;
}

int limit_read(struct piece text, struct limit *limit, struct fault *fault)
{
    struct phrase phrase = {.whole = text, .rest = text, .fault = fault};

    *limit = (struct limit){.bits = {LIMIT_BITS4, LIMIT_BITS6}};
    if (read_rate(&phrase, limit) || (take_if(&phrase, "per") && read_key(&phrase, limit)) ||
        (take_if(&phrase, "burst") && read_burst(&phrase, limit)) ||
        (take_if(&phrase, "then") && read_ban(&phrase, limit)))
        return -EINVAL;
    if (take(&phrase))
        return FAULT(&phrase, phrase.word,
                     "\"%s\" is not expected here: write RATE [per KEY] [burst N] [then ban TIME]",
                     quote(phrase.word).text);
    if (!limit->burst)
        limit->burst = preset_burst(limit);
    return check_size(&phrase, limit);
}

bool limit_scale(const struct limit *limit, u32 times, u32 divisor, struct limit *scaled)
{
    struct fault fault;
    struct limit made = *limit;
    size_t period = 0;

    while (periods[period].seconds != limit->seconds)
        period++;
    for (; made.amount * times < divisor && period + 1 < ARRAY_SIZE(periods); period++) {
        made.amount *= periods[period + 1].seconds / periods[period].seconds;
        made.seconds = periods[period + 1].seconds; /* a quarter of 1/second is 15/minute */
    }
    made.amount = (made.amount * times + divisor / 2) / divisor;
    if (!made.amount || made.amount > AMOUNT_MAX)
        return false;
    if (limit->burst == preset_burst(limit))
        made.burst = preset_burst(&made);
    if (check_size(&(struct phrase){.fault = &fault}, &made))
        return false;
    *scaled = made;
    return true;
}

bool rule_is_tcp_only(const struct rule *rule)
{
    const struct match *match = &rule->matches[FIELD_PROTOCOL];

    for (int family = 0; family < 2; family++) {
        const struct number_ranges *protocols = &match->numbers[family];

        if (protocols->count &&
            (numbers_count(protocols) != 1 || !numbers_hold(protocols, PROTOCOL_TCP)))
            return false;
    }
    return !match->any;
}

const char *limit_unfit(const struct limit *limit, const struct rule *rule)
{
    if (limit_counts(limit) == LIMIT_NEW && !rule_is_tcp_only(rule))
        return "only TCP has new connections: write protocol = tcp, or count packets";
    return NULL;
}

bool rule_bans(const struct rule *rule)
{
    for (size_t i = 0; i < rule->limit_count; i++)
        if (rule->limits[i].ban_ns)
            return true;
    return false;
}

const struct rule *policy_bans_too_many_lengths(const struct policy *policy)
{
    struct limit_ban_lengths lengths[2] = {{.count = 0}, {.count = 0}};

    for (size_t i = 0; i < policy->rule_count; i++)
        for (size_t at = 0; at < policy->rules[i].limit_count; at++) {
            const struct limit *limit = &policy->rules[i].limits[at];
            if (limit->ban_ns && !(limit_ban_length_add(&lengths[0], limit->bits[0]) &&
                                   limit_ban_length_add(&lengths[1], limit->bits[1])))
                return &policy->rules[i];
        }
    return NULL;
}

u64 limit_cost(const struct limit *limit)
{
    unsigned __int128 period = (unsigned __int128)limit->seconds * SECOND_NS << LIMIT_COST_BITS;
    u32 bits = units[limit->unit].bits;

    return (u64)(bits ? period * 8 / ((unsigned __int128)limit->amount * bits)
                      : period / limit->amount);
}

enum limit_counts limit_counts(const struct limit *limit)
{
    return units[limit->unit].counts;
}

u64 limit_amount(const struct limit *limit)
{
    u32 bits = units[limit->unit].bits;

    return bits ? limit->amount * bits / 8 : limit->amount;
}

const char *limit_period(const struct limit *limit)
{
    size_t i = 0;

    while (periods[i].seconds != limit->seconds)
        i++;
    return periods[i].name;
}

static void print_key(FILE *text, const struct limit *limit)
{
    bool says6 = limit->bits[1] != LIMIT_BITS6, says4 = limit->bits[0] != LIMIT_BITS4 || says6;

    fprintf(text, " per %s", keys[limit->key]);
    if (says4)
        fprintf(text, "/%u", limit->bits[0]);
    if (says6)
        fprintf(text, "/%u", limit->bits[1]);
}

char *limit_print(const struct limit *limit, char text[LIMIT_TEXT_BYTES])
{
    FILE *stream = fmemopen(text, LIMIT_TEXT_BYTES, "w");
    char time[DURATION_TEXT_BYTES];

    *text = '\0';
    if (!stream)
        return text;
    fprintf(stream, "%llu", limit->amount);
    if (limit->unit != LIMIT_PACKETS_UNIT)
        fprintf(stream, " %s", units[limit->unit].name);
    fprintf(stream, "/%s", limit_period(limit));
    if (limit->key != LIMIT_RULE)
        print_key(stream, limit);
    if (limit->burst != preset_burst(limit))
        fprintf(stream, " burst %llu", limit->burst);
    if (limit->ban_ns)
        fprintf(stream, " then ban %s", duration_print(limit->ban_ns, time));
    fclose(stream);
    return text;
}

char *rule_limits_print(const struct rule *rule, char text[LIMITS_TEXT_BYTES])
{
    char one[LIMIT_TEXT_BYTES];
    size_t used = 0;

    *text = '\0';
    for (size_t i = 0; i < rule->limit_count; i++)
        used += (size_t)snprintf(text + used, LIMITS_TEXT_BYTES - used, "%s%s", i ? ", " : "",
                                 limit_print(&rule->limits[i], one));
    return text;
}

static bool is_same(const struct limit *a, const struct limit *b)
{
    return a->amount == b->amount && a->unit == b->unit && a->seconds == b->seconds &&
           a->key == b->key && a->bits[0] == b->bits[0] && a->bits[1] == b->bits[1] &&
           a->burst == b->burst && a->ban_ns == b->ban_ns;
}

bool rule_limits_are_same(const struct rule *a, const struct rule *b)
{
    for (size_t i = 0; i < a->limit_count && i < b->limit_count; i++)
        if (!is_same(&a->limits[i], &b->limits[i]))
            return false;
    return a->limit_count == b->limit_count;
}
