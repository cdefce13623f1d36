/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "parts.h"

#include <errno.h>
#include <stdlib.h>

#include "../base/memory.h"
#include "../policy/address_bits.h"
#include "excess.h"

/* What a rule wants of the word: that its bits in MASK, which are adjacent, are those of VALUE. */
struct part {
    u16 mask, value;
    u32 rule;
};

/* In all, of one word: what a list of blocks takes has to be bounded, whoever announces it. */
#define SPANS_MAX (1u << 20)

static int compare_parts(const void *left, const void *right)
{
    const struct part *a = left, *b = right;

    if (a->mask != b->mask)
        return a->mask < b->mask ? -1 : 1;
    return (a->value > b->value) - (a->value < b->value);
}

static size_t collect(const struct policy *policy, unsigned int word, struct part *parts)
{
    size_t count = 0;

    for (u32 rule = 0; rule < policy->rule_count; rule++) {
        struct part part = {.rule = rule};
        part.value = rule_address_word(&policy->rules[rule], word, &part.mask);
        if (part.mask)
            parts[count++] = part;
    }
    qsort(parts, count, sizeof(*parts), compare_parts);
    return count;
}

static bool is_new(const struct part *parts, size_t at)
{
    return !at || compare_parts(&parts[at - 1], &parts[at]) != 0;
}

/* How many values there are from one span to the next. */
static u32 distance(const struct part *part)
{
    return (part->mask | (part->mask - 1u)) + 1;
}

static u32 span_count(const struct part *part)
{
    return 0x10000 / distance(part);
}

static void put_spans(const struct part *part, struct address_range *spans)
{
    u32 below = part->mask & ~(part->mask - 1u);

    for (u32 i = 0; i < span_count(part); i++) {
        u32 first = part->value + i * distance(part);
        spans[i] = (struct address_range){first, first + below - 1};
    }
}

/* One set for all rules that want the same. SPANS has room for all of their spans, and SETS for
 * all sets. Returns how many there are. */
static size_t make_sets(const struct part *parts, size_t count, struct address_range *spans,
                        struct span_set *sets)
{
    size_t made = 0;

    for (size_t i = 0; i < count; i++) {
        if (!is_new(parts, i))
            continue;
        put_spans(&parts[i], spans);
        sets[made++] = (struct span_set){spans, span_count(&parts[i])};
        spans += span_count(&parts[i]);
    }
    return made;
}

static size_t count_spans(const struct part *parts, size_t count)
{
    size_t spans = 0;

    for (size_t i = 0; i < count; i++)
        spans += is_new(parts, i) ? span_count(&parts[i]) : 0;
    return spans;
}

static int tell_spans(struct diag *diag)
{
    diag_add(diag, SEVERITY_ERROR, (struct place){0},
             "too many different parts of IPv6 addresses begin between multiples of 16: use fewer, "
             "or others");
    return -E2BIG;
}

int parts_build(const struct policy *policy, unsigned int word, u32 max,
                struct partition *partition, struct rule_wants *wants, struct diag *diag)
{
    CLEANUP_FREE struct part *parts = calloc(policy->rule_count + 1, sizeof(*parts));
    size_t count = parts ? collect(policy, word, parts) : 0;
    size_t spans_count = count_spans(parts, count), set = 0;
    CLEANUP_FREE struct span_set *sets = calloc(count + 1, sizeof(*sets));
    CLEANUP_FREE struct address_range *spans = NULL;
    int error;

    if (spans_count > SPANS_MAX)
        return tell_spans(diag);
    spans = calloc(spans_count + 1, sizeof(*spans));
    if (!parts || !sets || !spans)
        return -ENOMEM;
    error = partition_build(sets, make_sets(parts, count, spans, sets), 0xffff, max, partition);
    if (error == -E2BIG)
        excess_tell_kinds(policy, max, "parts of IPv6 addresses", false, diag);
    for (size_t i = 0; !error && i < count; i++) {
        set += i && is_new(parts, i);
        wants[parts[i].rule].by_test[TEST_ADDRESS_WORD + word] = &partition->sets[set];
    }
    return error;
}
