/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boxes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"

/* A class run and the result it leads to, for grouping by result. */
struct led {
    u32 result;
    struct class_run run;
};

static int compare_led(const void *left, const void *right)
{
    const struct led *a = left, *b = right;

    if (a->result != b->result)
        return (a->result > b->result) - (a->result < b->result);
    return (a->run.first > b->run.first) - (a->run.first < b->run.first);
}

/* The state of a walk down the diagram: every result that runs lead to is visited with the set of
 * the classes that lead there. */
struct descent {
    const struct product *product;
    struct boxes *boxes;
    struct box box; /* the sets chosen on the way down */
};

static int descend(struct descent *descent, u32 result);

static int each_group(struct descent *descent, u32 test, struct led *led, size_t count)
{
    struct class_runs_list list = {0};
    u32 before = descent->box.sets[test];
    int error = 0;

    qsort(led, count, sizeof(*led), compare_led);
    for (size_t i = 0; !error && i < count; i++) {
        u32 set;
        error = class_runs_add(&list, led[i].run.first, led[i].run.last);
        if (error || (i + 1 < count && led[i + 1].result == led[i].result))
            continue;
        error = class_sets_intern(&descent->boxes->sets, &list, &set);
        /* The roots have already chosen ports, and a node below may narrow that choice. */
        if (!error)
            error = class_sets_intersect(&descent->boxes->sets, before, set, &set);
        if (error || !class_sets_at(&descent->boxes->sets, set)->count)
            continue;
        descent->box.sets[test] = set;
        error = descend(descent, led[i].result);
    }
    descent->box.sets[test] = before;
    free(list.runs);
    return error;
}

static int append(struct boxes *boxes, const struct box *box)
{
    int error = budget_spend(&boxes->sets.budget->words, sizeof(*box) / sizeof(u32));
    if (error)
        return error;
    struct box *more = array_grow(boxes->boxes, boxes->count, &boxes->room, sizeof(*more));
    if (!more)
        return -ENOMEM;
    boxes->boxes = more;
    boxes->boxes[boxes->count++] = *box;
    return 0;
}

static int add_box(struct descent *descent, const struct result *result)
{
    struct box box = descent->box;

    box.before = result->before;
    box.after = result->after;
    return append(descent->boxes, &box);
}

static int descend(struct descent *descent, u32 number)
{
    const struct product *product = descent->product;
    const struct result *result = product_result(product, number);
    size_t count = 0;

    if (result->test == TESTS)
        return add_box(descent, result);
    CLEANUP_FREE struct led *led = calloc(result->count + 1, sizeof(*led));
    if (!led)
        return -ENOMEM;
    for (u32 i = 0; i < result->count; i++) {
        const struct result_run *run = &product->runs[result->runs + i];
        u32 end = i + 1 < result->count ? run[1].first : product->classes[result->test];
        if (run->result >= FIRST_RESULT)
            led[count++] = (struct led){run->result, {run->first, end - 1}};
    }
    return each_group(descent, result->test, led, count);
}

static int begin(const struct product *product, struct boxes *boxes)
{
    const struct context *context = product->context;
    int error = 0;

    for (u32 test = 0; !error && test < TESTS; test++)
        error =
            class_sets_add(&boxes->sets, NULL, product->classes[test],
                           joint_ignored(context->joint, test, context->family), &boxes->all[test]);
    return error;
}

static int descend_from_roots(const struct product *product, struct boxes *boxes)
{
    struct descent descent = {.product = product, .boxes = boxes};
    u32 end = product->classes[TEST_PORT];
    CLEANUP_FREE struct led *led = calloc(end, sizeof(*led));
    size_t count = 0;

    if (!led)
        return -ENOMEM;
    for (u32 class_id = 0; class_id < end; class_id++)
        if (product->ports[class_id] >= FIRST_RESULT)
            led[count++] = (struct led){product->ports[class_id], {class_id, class_id}};
    memcpy(descent.box.sets, boxes->all, sizeof(boxes->all));
    return each_group(&descent, TEST_PORT, led, count);
}

static int compare_u32(u32 a, u32 b)
{
    return (a > b) - (a < b);
}

/* Compares everything except the set of the test that CONTEXT points to. */
static int compare_but(const void *left, const void *right, void *context)
{
    const struct box *a = left, *b = right;
    int order = compare_u32(a->before, b->before);

    if (!order)
        order = compare_u32(a->after, b->after);
    for (u32 test = 0; !order && test < TESTS; test++)
        if (test != *(const u32 *)context)
            order = compare_u32(a->sets[test], b->sets[test]);
    return order;
}

/* Unites the boxes FIRST..END - 1, which differ only in TEST. Halves the list recursively, so that
 * long sets are not copied for each box. */
static int unite(struct boxes *boxes, u32 test, size_t first, size_t end, u32 *set)
{
    size_t middle = first + (end - first) / 2;
    u32 left, right;

    if (end - first == 1) {
        *set = boxes->boxes[first].sets[test];
        return 0;
    }
    int error = unite(boxes, test, first, middle, &left);
    if (!error)
        error = unite(boxes, test, middle, end, &right);
    return error ? error : class_sets_union(&boxes->sets, left, right, set);
}

/* Merges boxes that differ in one test only. */
static int merge_by(struct boxes *boxes, u32 test)
{
    size_t kept = 0;
    int error = budget_spend(&boxes->sets.budget->steps, boxes->count);

    if (error || !boxes->count)
        return error;
    qsort_r(boxes->boxes, boxes->count, sizeof(*boxes->boxes), compare_but, &test);
    for (size_t first = 0, end; first < boxes->count; first = end) {
        u32 set;
        for (end = first + 1; end < boxes->count; end++)
            if (compare_but(&boxes->boxes[first], &boxes->boxes[end], &test))
                break;
        error = unite(boxes, test, first, end, &set);
        if (error)
            return error;
        boxes->boxes[kept] = boxes->boxes[first];
        boxes->boxes[kept++].sets[test] = set;
    }
    boxes->count = kept;
    return 0;
}

/* Repeats until nothing merges any more. Ports come first, since the roots have split them
 * needlessly; then the other numbers; addresses come last. */
static int merge(struct boxes *boxes)
{
    size_t before;

    do {
        before = boxes->count;
        for (u32 i = 0; i < TESTS; i++) {
            int error = merge_by(boxes, (TEST_PORT + i) % TESTS);
            if (error)
                return error;
        }
    } while (boxes->count < before);
    return 0;
}

/* Adds the part of BOX that an extra matches, as one more box. */
static int add_narrowed(const struct product *product, struct boxes *boxes, struct box box,
                        enum extra extra)
{
    const struct joint *joint = product->context->joint;
    const struct rule_wants *wants =
        &joint->classes.wants[product->context->family][joint->extras + extra];

    for (enum test test = 0; test < TESTS; test++) {
        u32 set;
        if (!wants->by_test[test])
            continue;
        int error = class_sets_add(&boxes->sets, wants->by_test[test], 0, NULL, &set);
        if (!error)
            error = class_sets_intersect(&boxes->sets, box.sets[test], set, &box.sets[test]);
        if (error || !class_sets_at(&boxes->sets, box.sets[test])->count)
            return error;
    }
    return append(boxes, &box);
}

/* Where impossible sources are ignored, 0.0.0.0 and :: only send what a host without an address
 * does; of later fragments, which show neither ports nor types, only those of IGMP. The rest of
 * such a box is dropped. */
static int narrow_unspecified(const struct product *product, struct boxes *boxes)
{
    static const enum extra exempt[] = {EXTRA_IGMP, EXTRA_UNSPECIFIED};
    const size_t exempt_count = product->context->later ? 1 : ARRAY_SIZE(exempt);
    const struct joint *joint = product->context->joint;
    const struct partition *addresses = &joint->classes.addresses[product->context->family];
    u32 unspecified;
    size_t before = boxes->count, kept = 0;
    int error =
        class_sets_add(&boxes->sets, &addresses->sets[joint->unspecified], 0, NULL, &unspecified);

    for (size_t i = 0; !error && i < before; i++) {
        if (boxes->boxes[i].sets[TEST_SOURCE] != unspecified)
            continue;
        for (size_t j = 0; !error && j < exempt_count; j++)
            error = add_narrowed(product, boxes, boxes->boxes[i], exempt[j]);
    }
    if (error)
        return error;
    for (size_t i = 0; i < boxes->count; i++)
        if (i >= before || boxes->boxes[i].sets[TEST_SOURCE] != unspecified)
            boxes->boxes[kept++] = boxes->boxes[i];
    boxes->count = kept;
    return 0;
}

int boxes_build(const struct product *product, struct boxes *boxes)
{
    *boxes = (struct boxes){.sets.budget = product->context->budget};
    int error = begin(product, boxes);
    if (!error)
        error = descend_from_roots(product, boxes);
    if (!error)
        error = merge(boxes);
    if (!error && joint_ignores_martians(product->context->joint))
        error = narrow_unspecified(product, boxes);
    return error;
}

void boxes_clear(struct boxes *boxes)
{
    class_sets_clear(&boxes->sets);
    free(boxes->boxes);
    *boxes = (struct boxes){0};
}
