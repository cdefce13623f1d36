/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "../compile/lookup.h"
#include "../policy/flags.h"
#include "boxes.h"
#include "expand.h"
#include "parts.h"

struct maker {
    const struct context *context;
    struct difference *difference;
    struct product product;
    struct boxes boxes;
    struct expander expanders[TESTS];
    bool *ignored[TESTS];                /* by class: its verdict does not matter */
    const struct address_set **names[2]; /* by class set: for sources, for destinations */
    bool *but[2];                        /* by class set: it is everything except the named set */
    size_t named[2];                     /* the number of class sets that may have names */
};

static void free_ranges(struct number_ranges *ranges)
{
    free(ranges->ranges);
    *ranges = (struct number_ranges){0};
}

void tuple_clear(struct diff_tuple *tuple)
{
    for (enum test test = TEST_PORT; test < TESTS; test++)
        free_ranges(&tuple->numbers[test]);
    free(tuple->source.ranges.ranges);
    free(tuple->destination.ranges.ranges);
}

/* The class set of what a set holds, and that of what it does not. */
struct pair {
    u32 in, out;
};

static int intern_sets(struct maker *maker, enum test test, const struct class_runs *without,
                       struct pair *pairs)
{
    const struct joint *joint = maker->context->joint;
    const struct partition *partition = &joint->classes.addresses[maker->context->family];
    struct class_sets *sets = &maker->boxes.sets;
    int error = 0;

    for (size_t i = 0; !error && i < joint->martian; i++) {
        error = class_sets_add(sets, &partition->sets[i], 0, without, &pairs[i].in);
        if (!error)
            error = class_sets_subtract(sets, maker->boxes.all[test], pairs[i].in, &pairs[i].out);
    }
    return error;
}

/* Names class sets that equal a named set, or everything except one. */
static int name_sets(struct maker *maker, enum test test, const struct class_runs *without)
{
    const struct joint *joint = maker->context->joint;
    const struct address_set ***names = &maker->names[test == TEST_DESTINATION];
    bool **but = &maker->but[test == TEST_DESTINATION];
    CLEANUP_FREE struct pair *pairs = calloc(joint->martian + 1, sizeof(*pairs));
    int error = pairs ? intern_sets(maker, test, without, pairs) : -ENOMEM;
    if (error)
        return error;

    size_t count = maker->named[test == TEST_DESTINATION] = maker->boxes.sets.count;
    *names = calloc(count + 1, sizeof(struct address_set *));
    *but = calloc(count + 1, sizeof(**but));
    if (!*names || !*but)
        return -ENOMEM;
    for (size_t i = 0; i < joint->martian; i++) {
        const struct address_set *set = &joint->sets[i];
        if (!joint->named[i] || !class_sets_at(&maker->boxes.sets, pairs[i].in)->count)
            continue;
        if (!(*names)[pairs[i].out]) {
            (*names)[pairs[i].out] = set;
            (*but)[pairs[i].out] = true;
        }
        (*names)[pairs[i].in] = set;
        (*but)[pairs[i].in] = false;
    }
    return 0;
}

static int mark_ignored(struct maker *maker, const struct class_runs *martian)
{
    u32 *classes = maker->product.classes;

    maker->ignored[TEST_SOURCE] = calloc(classes[TEST_SOURCE], sizeof(bool));
    maker->ignored[TEST_PORT] = calloc(classes[TEST_PORT], sizeof(bool));
    if (!maker->ignored[TEST_SOURCE] || !maker->ignored[TEST_PORT])
        return -ENOMEM;
    for (size_t i = 0; martian && i < martian->count; i++)
        for (u32 class_id = martian->runs[i].first; class_id <= martian->runs[i].last; class_id++)
            maker->ignored[TEST_SOURCE][class_id] = true;
    for (u32 class_id = 0; class_id < classes[TEST_PORT]; class_id++)
        maker->ignored[TEST_PORT][class_id] = maker->product.ports[class_id] == RESULT_ANY;
    return 0;
}

static int maker_init(struct maker *maker)
{
    const struct joint *joint = maker->context->joint;
    const struct classes *classes = &joint->classes;
    int family = maker->context->family, error = 0;
    const struct class_runs *martian = joint_ignored(joint, TEST_SOURCE, family);

    for (enum test test = 0; !error && test < TESTS; test++)
        error = expander_init(&maker->expanders[test], classes_of(classes, test, family),
                              test_last(test, family), maker->context->budget);
    if (!error)
        error = mark_ignored(maker, martian);
    if (!error)
        error = name_sets(maker, TEST_SOURCE, martian);
    return error ? error : name_sets(maker, TEST_DESTINATION, NULL);
}

static void maker_clear(struct maker *maker)
{
    product_clear(&maker->product);
    boxes_clear(&maker->boxes);
    for (enum test test = 0; test < TESTS; test++)
        expander_clear(&maker->expanders[test]);
    free(maker->ignored[TEST_SOURCE]);
    free(maker->ignored[TEST_PORT]);
    free(maker->names[0]);
    free(maker->names[1]);
    free(maker->but[0]);
    free(maker->but[1]);
}

/* Replaces RANGES of addresses with their complement, if that has fewer ranges. */
static int turn_ranges(u128 last, struct diff_end *end)
{
    const struct address_ranges *ranges = &end->ranges;
    struct address_range *others = calloc(ranges->count + 1, sizeof(*others));
    size_t count = 0;
    u128 next = 0;

    if (!others)
        return -ENOMEM;
    for (size_t i = 0; i < ranges->count; i++) {
        if (ranges->ranges[i].first != next)
            others[count++] = (struct address_range){next, ranges->ranges[i].first - 1};
        next = ranges->ranges[i].last + 1;
    }
    if (ranges->count && ranges->ranges[ranges->count - 1].last != last)
        others[count++] = (struct address_range){next, last};
    if (count >= ranges->count) {
        free(others);
        return 0;
    }
    free(end->ranges.ranges);
    *end = (struct diff_end){.but = true, .ranges = {others, count}};
    return 0;
}

static int make_end(const struct maker *maker, const struct box *box, enum test test,
                    struct diff_end *end)
{
    int which = test == TEST_DESTINATION;
    u32 set = box->sets[test];

    *end = (struct diff_end){.but = set == maker->boxes.all[test]};
    if (end->but)
        return 0;
    if (set < maker->named[which] && maker->names[which][set]) {
        end->set = maker->names[which][set];
        end->but = maker->but[which][set];
        return 0;
    }
    int error = expand(&maker->expanders[test], class_sets_at(&maker->boxes.sets, set),
                       maker->ignored[test], &end->ranges);
    return error ? error : turn_ranges(maker->expanders[test].last, end);
}

static bool is_one(const struct address_ranges *ranges)
{
    return ranges->count == 1 && ranges->ranges[0].first == ranges->ranges[0].last;
}

/* A packet from an address to itself is impossible where martians are dropped. */
static bool is_to_itself(const struct maker *maker, const struct diff_tuple *tuple)
{
    int family = maker->context->family;
    if (tuple->source.but || tuple->destination.but)
        return false;
    const struct address_ranges *from =
        tuple->source.set ? &tuple->source.set->family[family] : &tuple->source.ranges;
    const struct address_ranges *to = tuple->destination.set
                                          ? &tuple->destination.set->family[family]
                                          : &tuple->destination.ranges;

    return joint_ignores_martians(maker->context->joint) && is_one(from) && is_one(to) &&
           from->ranges[0].first == to->ranges[0].first;
}

static struct diff_said said_by(const struct maker *maker, enum side side, u32 leaf)
{
    const struct joint *joint = maker->context->joint;
    struct diff_said said = {.verdict = leaf & EDGE_ACCEPT ? VERDICT_ACCEPT : VERDICT_DROP};
    u32 rule = leaf & EDGE_RULE;

    if (rule == NO_RULE && maker->context->later) {
        said.baseline = reason_names[REASON_FRAGMENT];
        said.tracks = joint->sides[side]->baseline.fragments;
    } else if (rule != NO_RULE && rule >= joint->extras)
        said.baseline = extra_name((enum extra)(rule - joint->extras));
    else if (rule != NO_RULE)
        said.rule = joint->written[rule];
    said.limited = leaf & EDGE_LIMITED;
    said.shielded = leaf & EDGE_PROTECTED;
    if (said.rule)
        said.refusal = joint->rules[rule].refusal;
    return said;
}

static int copy_numbers(const struct number_ranges *from, struct number_ranges *to)
{
    *to = (struct number_ranges){calloc(from->count + 1, sizeof(*to->ranges)), from->count};
    if (!to->ranges)
        return -ENOMEM;
    if (from->count)
        memcpy(to->ranges, from->ranges, from->count * sizeof(*to->ranges));
    return 0;
}

static int copy_end(struct diff_end *end)
{
    struct address_range *copy = calloc(end->ranges.count + 1, sizeof(*copy));

    if (!copy)
        return -ENOMEM;
    if (end->ranges.count)
        memcpy(copy, end->ranges.ranges, end->ranges.count * sizeof(*copy));
    end->ranges.ranges = copy;
    return 0;
}

/* Adds a copy of FORM with the protocols and numbers of PART. */
static int add_tuple(struct maker *maker, const struct diff_tuple *form, const struct part *part)
{
    struct difference *difference = maker->difference;
    size_t ranges = form->source.ranges.count + form->destination.ranges.count;
    int error = budget_spend(&maker->context->budget->words,
                             (sizeof(*form) + ranges * sizeof(struct address_range)) / sizeof(u32));
    if (error)
        return error;
    struct diff_tuple *more =
        array_grow(difference->tuples, difference->count, &difference->room, sizeof(*more));
    if (!more)
        return -ENOMEM;
    difference->tuples = more;
    struct diff_tuple *tuple = &difference->tuples[difference->count];
    *tuple = *form;
    memset(tuple->numbers, 0, sizeof(tuple->numbers));
    memcpy(tuple->protocols, part->protocols, sizeof(tuple->protocols));
    tuple->icmp = part->icmp;
    error = copy_end(&tuple->source);
    if (error)
        return error;
    error = copy_end(&tuple->destination);
    if (error) {
        free(tuple->source.ranges.ranges);
        return error;
    }
    difference->count++;
    for (enum test test = TEST_PORT; !error && test < TESTS; test++)
        error = copy_numbers(test == TEST_PORT ? &part->numbers : &form->numbers[test],
                             &tuple->numbers[test]);
    return error;
}

/* Fills in the numbers of a test that is about a single number. */
static int make_numbers(const struct maker *maker, const struct box *box, enum test test,
                        struct number_ranges *numbers)
{
    const struct joint *joint = maker->context->joint;
    CLEANUP_FREE struct address_range *list = NULL;
    struct address_ranges ranges;
    u32 set = box->sets[test];

    if (set == maker->boxes.all[test])
        return 0;
    int error =
        expand(&maker->expanders[test], class_sets_at(&maker->boxes.sets, set), NULL, &ranges);
    if (error)
        return error;
    list = ranges.ranges;
    numbers->ranges = calloc(ranges.count + 1, sizeof(*numbers->ranges));
    if (!numbers->ranges)
        return -ENOMEM;
    for (size_t i = 0; i < ranges.count; i++)
        numbers->ranges[numbers->count++] =
            (struct number_range){(u16)ranges.ranges[i].first, (u16)ranges.ranges[i].last};
    if (test == TEST_TCP_FLAGS && joint_ignores_bad_flags(joint))
        return flags_simplify(
            numbers,
            &joint->rules[joint->extras + EXTRA_BAD_FLAGS].matches[FIELD_TCP_FLAGS].numbers[0]);
    return 0;
}

/* Later fragments have no class, since they are compared by themselves. */
static int make_later(struct number_ranges *numbers)
{
    numbers->ranges = calloc(1, sizeof(*numbers->ranges));
    if (!numbers->ranges)
        return -ENOMEM;
    numbers->ranges[numbers->count++] = (struct number_range){FRAGMENT_LATER, FRAGMENT_LATER};
    return 0;
}

static int add_parts(struct maker *maker, const struct box *box, const struct diff_tuple *form)
{
    CLEANUP(parts_clear) struct parts parts = {.count = 0};
    CLEANUP_FREE struct address_range *list = NULL;
    struct address_ranges keys;
    int error = expand(&maker->expanders[TEST_PORT],
                       class_sets_at(&maker->boxes.sets, box->sets[TEST_PORT]),
                       maker->ignored[TEST_PORT], &keys);

    if (error)
        return error;
    list = keys.ranges;
    error = parts_split(&keys, maker->context, &parts);
    for (size_t i = 0; !error && i < parts.count; i++)
        error = add_tuple(maker, form, &parts.part[i]);
    return error;
}

static int add_box(struct maker *maker, const struct box *box)
{
    const struct context *context = maker->context;
    CLEANUP(tuple_clear)
    struct diff_tuple form = {
        .direction = context->direction,
        .family = {!context->family, context->family},
        .arrivals = maker->difference->arrivals,
        .said = {said_by(maker, SIDE_OLD, box->before), said_by(maker, SIDE_NEW, box->after)}};
    int error = make_end(maker, box, TEST_SOURCE, &form.source);

    if (!error)
        error = make_end(maker, box, TEST_DESTINATION, &form.destination);
    for (enum test test = TEST_SOURCE_PORT; !error && test < TESTS; test++)
        error = test == TEST_FRAGMENT && context->later
                    ? make_later(&form.numbers[test])
                    : make_numbers(maker, box, test, &form.numbers[test]);
    if (!error && !is_to_itself(maker, &form))
        error = add_parts(maker, box, &form);
    return error;
}

int tuples_add(const struct context *context, struct difference *difference)
{
    CLEANUP(maker_clear) struct maker maker = {.context = context, .difference = difference};
    int error = product_build(context, &maker.product);

    if (!error)
        error = boxes_build(&maker.product, &maker.boxes);
    if (!error && !maker.boxes.count)
        return 0;
    if (!error)
        error = maker_init(&maker);
    for (size_t i = 0; !error && i < maker.boxes.count; i++)
        error = add_box(&maker, &maker.boxes.boxes[i]);
    return error;
}
