/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy reader on any bytes. No file is opened: what follows a line "@@" in the input is what
 * every set file holds.
 */
#include "../../loader/policy/read.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char *list_text;
static size_t list_length;

static int open_list(struct diag *diag, const char *path, const struct source **source)
{
    if (strlen(path) % 4 == 3)
        return -ENOENT;
    return source_copy(diag, path, list_text, list_length, source);
}

/* Sorted, disjoint, not adjacent. */
static void check_ranges(const struct address_ranges *ranges)
{
    for (size_t i = 0; i < ranges->count; i++) {
        if (ranges->ranges[i].first > ranges->ranges[i].last)
            abort();
        if (i && (ranges->ranges[i].first <= ranges->ranges[i - 1].last ||
                  ranges->ranges[i].first - 1 == ranges->ranges[i - 1].last))
            abort();
    }
}

static void check_policy(const struct policy *policy)
{
    if (!policy->name[0] || strlen(policy->name) >= NAME_BYTES)
        abort();
    for (size_t i = 0; i < policy->set_count; i++) {
        if (policy->sets[i]->index != i)
            abort();
        check_ranges(&policy->sets[i]->family[0]);
        check_ranges(&policy->sets[i]->family[1]);
    }
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];

        if (!rule->name[0] || !rule->note || !rule->place.line)
            abort();
        if (!rule->direction[DIRECTION_IN] && !rule->direction[DIRECTION_OUT])
            abort();
        if (policy->sets[rule->from->index] != rule->from ||
            policy->sets[rule->to->index] != rule->to)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;
    const char *text = (const char *)data;
    const char *mark = size ? memmem(text, size, "\n@@\n", 4) : NULL;
    size_t length = mark ? (size_t)(mark - text) + 1 : size;
    struct diag *diag = diag_new();
    const struct source *source = NULL;
    struct policy *policy = NULL;
    int error;

    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    list_text = mark ? mark + 4 : "";
    list_length = mark ? size - length - 3 : 0;
    if (source_copy(diag, "fuzz.ini", text, length, &source))
        abort();
    error = policy_read_source(source, open_list, &policy, diag);
    if ((error == 0) != (policy != NULL) || (error == -EINVAL) != (policy == NULL))
        abort();
    if ((error != 0) != (diag_count(diag, SEVERITY_ERROR) != 0))
        abort();
    diag_print(diag, nowhere);
    if (policy)
        check_policy(policy);
    policy_free(policy);
    diag_free(diag);
    return 0;
}
