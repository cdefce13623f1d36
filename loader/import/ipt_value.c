/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of options. */
#include "ipt.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct arena *ipt_arena(struct ipt_rule *rule)
{
    return &rule->ruleset->arena;
}

void ipt_narrow(struct ipt_rule *rule, enum aspect aspect, bool negated, const struct spans *set)
{
    if (rule->late)
        ipt_refuse(rule,
                   "a match behind a limit, which then counts more than what it is for: write "
                   "the limit last");
    if (negated)
        set = spans_but(ipt_arena(rule), set, aspect_last(aspect));
    for (size_t i = 0; i < rule->count; i++)
        condition_narrow(ipt_arena(rule), &rule->entries[i].condition, aspect, set);
}

void ipt_bad_value(struct ipt_rule *rule, const char *value)
{
    ipt_refuse(rule, "\"%s\": edgexdp has no such value here", value);
}

bool ipt_number(const char *text, unsigned int last, unsigned int *number)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 0);
    if (errno || end == text || *end || *text == '-' || value > last)
        return false;
    *number = (unsigned int)value;
    return true;
}

static bool read_port(const char *text, unsigned int *port)
{
    const struct servent *service;

    if (ipt_number(text, 65535, port))
        return true;
    service = getservbyname(text, NULL);
    if (service)
        *port = ntohs((u16)service->s_port);
    return service;
}

/* Reads FIRST:LAST, either of which may be missing. */
static bool read_range(char *text, unsigned int last, bool ports, struct address_range *range)
{
    char *colon = strchr(text, ':');
    unsigned int from = 0, to = last;

    if (colon)
        *colon++ = '\0';
    if (*text && !(ports ? read_port(text, &from) : ipt_number(text, last, &from)))
        return false;
    if (!colon)
        to = from;
    else if (*colon && !(ports ? read_port(colon, &to) : ipt_number(colon, last, &to)))
        return false;
    *range = (struct address_range){from, to};
    return from <= to;
}

const struct spans *ipt_ranges(struct ipt_rule *rule, const char *value, enum aspect aspect,
                               bool ports)
{
    struct address_range *list = NULL, range;
    size_t count = 0, capacity = 0;
    char *copy = strdupa(value), *save, *item;
    unsigned int last = (unsigned int)aspect_last(aspect);

    for (item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
        list = arena_grow(ipt_arena(rule), list, count, &capacity, sizeof(*list));
        if (!list || !read_range(item, last, ports, &range)) {
            ipt_bad_value(rule, value);
            return &spans_none;
        }
        list[count++] = range;
    }
    return spans_of(ipt_arena(rule), list, count, aspect_last(aspect));
}

void ipt_ignore(struct ipt_rule *rule, bool negated, const char *value)
{
    (void)rule;
    (void)negated;
    (void)value;
}
