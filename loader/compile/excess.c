/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "excess.h"

#include <stdio.h>

static size_t ranges_of(const struct address_set *set)
{
    return set->family[0].count + set->family[1].count;
}

/* A part of a message. */
struct phrase {
    char text[8 * RULE_NAME_BYTES];
};

static struct phrase set_words(const struct address_set *set)
{
    struct phrase words;
    size_t ranges = ranges_of(set);

    if (ranges > 1)
        snprintf(words.text, sizeof(words.text), "%s (%zu ranges)", set->label, ranges);
    else
        snprintf(words.text, sizeof(words.text), "%s", set->label);
    return words;
}

/* NULL: no set has a label. */
static const struct address_set *longest_of(const struct policy *policy)
{
    const struct address_set *longest = NULL;

    for (size_t i = 0; i < policy->set_count; i++)
        if (policy->sets[i]->label && (!longest || ranges_of(policy->sets[i]) > ranges_of(longest)))
            longest = policy->sets[i];
    return longest;
}

void excess_tell_kinds(const struct policy *policy, u32 max, const char *what, bool of_addresses,
                       struct diag *diag)
{
    const struct address_set *longest = of_addresses ? longest_of(policy) : NULL;

    if (longest)
        diag_add(diag, SEVERITY_ERROR, (struct place){0},
                 "the policy distinguishes more than %u kinds of %s, by %zu sets and lists (the "
                 "longest is %s): use fewer or broader ones",
                 max, what, policy->set_count, set_words(longest).text);
    else
        diag_add(diag, SEVERITY_ERROR, (struct place){0},
                 "the policy distinguishes more than %u kinds of %s: use fewer or broader ranges",
                 max, what);
}

void excess_tell_tables(const struct policy *policy, const struct classes *classes,
                        const struct bounds *bounds, struct diag *diag)
{
    const struct address_set *longest = longest_of(policy);

    diag_add(
        diag, SEVERITY_ERROR, (struct place){0},
        "the compiled tables would exceed %zu MiB: %u and %u kinds of IPv4 and IPv6 addresses "
        "meet %u kinds of ports (largest set: %s, %zu ranges); use fewer sets that overlap, or "
        "put rules with the same ports together",
        bounds->bytes >> 20, classes->addresses[0].class_count, classes->addresses[1].class_count,
        classes->numbers[TEST_PORT].class_count, longest ? longest->label : "none",
        longest ? ranges_of(longest) : 0);
}

/* "The rule a", "The rules a, b and c" */
static struct phrase names_of(const struct policy *policy, const u32 *rules, u32 count)
{
    struct phrase names;
    size_t size = sizeof(names.text), used;

    used = (size_t)snprintf(names.text, size, "The rule%s", count > 1 ? "s" : "");
    for (u32 i = 0; i < count; i++) {
        const char *before = !i ? " " : i + 1 < count ? ", " : " and ";
        used += (size_t)snprintf(names.text + used, size - used, "%s%s", before,
                                 policy->rules[rules[i]].name);
    }
    return names;
}

void excess_tell_rules(const struct policy *policy, const struct classes *classes,
                       const struct bounds *bounds, enum direction direction, int family,
                       const u32 *rules, u32 count, struct diag *diag)
{
    const struct address_set *longest = policy->rules[rules[0]].matches[FIELD_FROM].set;

    for (u32 i = 0; i < count; i++)
        for (enum field field = 0; field < FIELDS; field++) {
            const struct address_set *set = policy->rules[rules[i]].matches[field].set;
            longest = set && ranges_of(set) > ranges_of(longest) ? set : longest;
        }
    diag_add(diag, SEVERITY_ERROR, policy->rules[rules[0]].place,
             "the %s rules for %s overlap in too many ways: they do not compile within %llu "
             "million steps, %zu MiB of memory and %zu MiB of tables (%u kinds of addresses meet "
             "%u of ports and %u of source ports). %s cost%s most, with addresses such as %s: "
             "merge the rules that do the same, and use the same sets and ports in more of them",
             direction == DIRECTION_IN ? "inbound" : "outbound", family ? "IPv6" : "IPv4",
             (unsigned long long)bounds->steps / 1000000, bounds->work_bytes >> 20,
             bounds->bytes >> 20, classes->addresses[family].class_count,
             classes->numbers[TEST_PORT].class_count,
             classes->numbers[TEST_SOURCE_PORT].class_count, names_of(policy, rules, count).text,
             count > 1 ? "" : "s", set_words(longest).text);
}
