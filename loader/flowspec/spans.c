/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spans.h"

#include "../base/memory.h"

#include <errno.h>
#include <stdlib.h>

void spans_clear(struct spans *spans)
{
    free(spans->list);
    *spans = (struct spans){0};
}

int spans_append(struct spans *spans, u32 first, u32 last)
{
    struct span *end = spans->count ? &spans->list[spans->count - 1] : NULL;

    if (end && end->last >= first - 1) {
        end->last = last;
        return 0;
    }
    struct span *grown =
        array_grow(spans->list, spans->count, &spans->capacity, sizeof(*spans->list));
    if (!grown)
        return -ENOMEM;
    spans->list = grown;
    grown[spans->count++] = (struct span){first, last};
    return 0;
}

int spans_intersect(const struct spans *a, const struct spans *b, struct spans *result)
{
    size_t i = 0, j = 0;
    int error = 0;

    while (i < a->count && j < b->count && !error) {
        struct span one = a->list[i], other = b->list[j];
        u32 first = one.first > other.first ? one.first : other.first;
        u32 last = one.last < other.last ? one.last : other.last;
        if (first <= last)
            error = spans_append(result, first, last);
        if (one.last < other.last)
            i++;
        else
            j++;
    }
    return error;
}

bool spans_are_all(const struct spans *spans, u32 last)
{
    return spans->count == 1 && spans->list[0].first == 0 && spans->list[0].last >= last;
}

/* Adds the numbers up to LAST for which OP with VALUE is true. */
static int add_term(struct spans *spans, u8 op, u64 value, u32 last)
{
    u32 limit = value < last ? (u32)value : last;
    int error = 0;

    if (op & OPERATOR_LESS && value)
        error = spans_append(spans, 0, value <= last ? limit - 1 : last);
    if (!error && op & OPERATOR_EQUAL && value <= last)
        error = spans_append(spans, limit, limit);
    if (!error && op & OPERATOR_GREATER && value < last)
        error = spans_append(spans, limit + 1, last);
    return error;
}

/* Replaces *GROUP by what of it the term holds as well. */
static int narrow(struct spans *group, const struct term *term, u32 last)
{
    CLEANUP(spans_clear) struct spans held = {0};
    struct spans narrowed = {0};
    int error = add_term(&held, term->op, term->value, last);

    if (!error)
        error = spans_intersect(group, &held, &narrowed);
    spans_clear(group);
    *group = narrowed;
    return error;
}

static int by_first(const void *a, const void *b)
{
    const struct span *one = a, *other = b;

    return (one->first > other->first) - (one->first < other->first);
}

/* Adds what GROUP holds to ALL, which is not sorted. */
static int collect(struct spans *all, const struct spans *group)
{
    for (size_t i = 0; i < group->count; i++) {
        struct span *grown = array_grow(all->list, all->count, &all->capacity, sizeof(*all->list));
        if (!grown)
            return -ENOMEM;
        all->list = grown;
        grown[all->count++] = group->list[i];
    }
    return 0;
}

/* Sorts and merges ALL. */
static void tidy(struct spans *all)
{
    size_t kept = 0;

    if (!all->count)
        return;
    qsort(all->list, all->count, sizeof(*all->list), by_first);
    for (size_t i = 1; i < all->count; i++) {
        struct span *end = &all->list[kept], next = all->list[i];
        if (next.first && next.first - 1 > end->last)
            all->list[++kept] = next;
        else if (next.last > end->last)
            end->last = next.last;
    }
    all->count = kept + 1;
}

/* A list is an OR of groups, which are ANDs: a term whose AND bit is clear begins the next group.
 * The first term's bit means nothing. */
int component_numbers(const struct component *component, u32 last, struct spans *spans)
{
    CLEANUP(spans_clear) struct spans group = {0};
    bool first = true;
    struct term term;
    size_t at = 0;
    int error = 0;

    for (; !error && component_term(component, &at, &term); first = false) {
        if (!first && term.op & OPERATOR_AND) {
            error = narrow(&group, &term, last);
            continue;
        }
        error = collect(spans, &group);
        spans_clear(&group);
        if (!error)
            error = add_term(&group, term.op, term.value, last);
    }
    if (!error)
        error = collect(spans, &group);
    tidy(spans);
    return error;
}

static bool term_holds(const struct term *term, u64 known, u64 bits)
{
    u64 value = term->value & known;
    bool holds = term->op & OPERATOR_MATCH ? (bits & value) == value : (bits & value) != 0;

    return holds != !!(term->op & OPERATOR_NOT);
}

bool component_bits_hold(const struct component *component, u64 known, u64 bits)
{
    bool group = false, first = true;
    struct term term;
    size_t at = 0;

    for (; component_term(component, &at, &term); first = false) {
        bool holds = term_holds(&term, known, bits);
        if (!first && term.op & OPERATOR_AND) {
            group = group && holds;
            continue;
        }
        if (group)
            return true;
        group = holds;
    }
    return group;
}
