/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "roster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"

int roster_read(struct roster_page *page, const struct guard *guard)
{
    int error = rule_names_read(guard, &page->known);

    if (error)
        return error;
    free(page->numbers);
    page->numbers = calloc(page->known.count + 1, sizeof(*page->numbers));
    if (page->numbers)
        return 0;
    rule_names_clear(&page->known);
    return -ENOMEM;
}

static u32 enter(struct roster *roster, const char *name)
{
    for (size_t i = 0; i < roster->count; i++)
        if (!strcmp(roster->names[i], name))
            return (u32)i + 1;
    void *grown =
        array_grow(roster->names, roster->count, &roster->capacity, sizeof(*roster->names));
    if (!grown)
        return ROSTER_UNKNOWN;
    roster->names = grown;
    memcpy(roster->names[roster->count++], name, RULE_NAME_BYTES);
    return (u32)roster->count;
}

u32 roster_number(struct roster *roster, struct roster_page *page,
                  const struct packet_sample *sample)
{
    const char *name = rule_names_of(&page->known, sample->generation, &sample->outcome);

    if (!name)
        return ROSTER_UNKNOWN;
    u32 *number = &page->numbers[sample->outcome.rule];
    if (!*number)
        *number = enter(roster, name);
    return *number;
}

const char *roster_name(const struct roster *roster, u32 number)
{
    return number && number <= roster->count ? roster->names[number - 1] : NULL;
}

void roster_clear(struct roster *roster)
{
    free(roster->names);
    *roster = (struct roster){0};
}

void roster_page_clear(struct roster_page *page)
{
    free(page->numbers);
    rule_names_clear(&page->known);
}
