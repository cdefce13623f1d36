/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "permit.h"

#include "../base/memory.h"
#include "../policy/address.h"
#include "../policy/read.h"

#include <errno.h>
#include <string.h>

void permit_clear(struct permit *permit)
{
    policy_free(permit->policy);
    diag_free(permit->diag);
    *permit = (struct permit){0};
}

/* A policy whose only rule has LIST as its destinations. */
static char *policy_of(const char *list)
{
    char *text = NULL;

    return asprintf(
               &text,
               "[policy]\nname = flowspec\n[rule for]\ndirection = in\naction = drop\nto = %s\n",
               list) < 0
               ? NULL
               : text;
}

static int why_list(const struct diag *diag, struct why *why)
{
    char text[sizeof(why->text)] = "";

    diag_first(diag, SEVERITY_ERROR, text, sizeof(text));
    return why_set(why, -EINVAL, "--for: %s", text);
}

int permit_read(const char *list, const struct host *host, struct permit *permit, struct why *why)
{
    CLEANUP(permit_clear) struct permit read = {.diag = diag_new()};
    CLEANUP_FREE char *text = policy_of(list);
    const struct source *source;
    int error = read.diag && text ? 0 : -ENOMEM;

    if (!error && strchr(list, '\n'))
        return why_set(why, -EINVAL, "--for is a list on one line");
    if (!error)
        error = source_copy(read.diag, "LIST", text, strlen(text), &source);
    if (!error)
        error = policy_read_source(source, source_open_regular, host, &read.policy, read.diag);
    if (error == -EINVAL)
        return why_list(read.diag, why);
    if (error)
        return error;
    permit_clear(permit);
    *permit = read;
    read = (struct permit){0};
    return 0;
}

bool permit_holds(const struct permit *permit, const struct nlri *nlri)
{
    const struct address_set *set = permit->policy->rules[0].matches[FIELD_TO].set;
    const struct address_ranges *ranges = &set->family[nlri->family - FAMILY_IPV4];
    struct component component = nlri_find(nlri, COMPONENT_DESTINATION);
    struct address_range wanted = address_any(nlri->family);

    if (component.type != COMPONENT_NONE) {
        struct flow_prefix prefix = component_prefix(&component, nlri->family);
        /* Addresses that differ before the offset are all over the place. */
        if (!prefix.offset)
            wanted = address_prefix(nlri->family, prefix.bits, prefix.length);
    }
    for (size_t i = 0; i < ranges->count; i++)
        if (ranges->ranges[i].first <= wanted.first && wanted.last <= ranges->ranges[i].last)
            return true;
    return false;
}
