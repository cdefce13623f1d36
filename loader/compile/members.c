/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "members.h"

#include "../policy/address.h"

/* Sets the bits in WORDS of the classes of SET in FAMILY; a set of everything has no classes. */
static void mark(const struct partition *addresses, const struct address_set *set, int family,
                 u32 *words)
{
    const struct class_runs *runs = &addresses->sets[set->index];

    if (address_is_any(FAMILY_IPV4 + (enum family)family, &set->family[family]))
        for (size_t c = 0; c < addresses->class_count; c++)
            words[c / 32] |= 1u << c % 32;
    for (size_t i = 0; i < runs->count; i++)
        for (u32 c = runs->runs[i].first; c <= runs->runs[i].last; c++)
            words[c / 32] |= 1u << c % 32;
}

int members_build(const struct address_set *set, const struct classes *classes, struct words *words,
                  u32 at[2])
{
    int error = 0;

    for (int family = 0; set && family < 2 && !error; family++) {
        const struct partition *addresses = &classes->addresses[family];

        if (!set->family[family].count)
            continue;
        error = words_append(words, NULL, addresses->class_count / 32 + 1, &at[family]);
        if (!error)
            mark(addresses, set, family, words->words + at[family]);
    }
    return error;
}
