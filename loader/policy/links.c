/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "links.h"

#include "../base/memory.h"

#include <errno.h>
#include <string.h>

void links_clear(struct links *links)
{
    for (size_t i = 0; i < links->count; i++)
        free(links->list[i].name);
    for (size_t i = 0; i < links->wanted_count; i++)
        free(links->wanted[i]);
    free(links->list);
    free(links->wanted);
    free(links->guarded);
    *links = (struct links){0};
}

bool link_is_wanted(const char *pattern, const char *name)
{
    size_t length = strlen(pattern);

    if (length && pattern[length - 1] == '*')
        return !strncmp(pattern, name, length - 1);
    return !strcmp(pattern, name);
}

int links_add(struct links *links, const char *name, u32 index)
{
    struct host_link *grown =
        array_grow(links->list, links->count, &links->capacity, sizeof(*links->list));
    char *copy = strdup(name);

    if (grown)
        links->list = grown;
    if (!grown || !copy) {
        free(copy);
        return -ENOMEM;
    }
    links->list[links->count++] = (struct host_link){copy, index};
    return 0;
}

int links_guard(struct links *links, const char *name)
{
    char *copy = strdup(name);

    if (!copy)
        return -ENOMEM;
    free(links->guarded);
    links->guarded = copy;
    return 0;
}

int links_want(struct links *links, const char *pattern)
{
    char **grown =
        array_grow(links->wanted, links->wanted_count, &links->wanted_capacity, sizeof(*grown));
    char *copy = strdup(pattern);

    if (grown)
        links->wanted = grown;
    if (!grown || !copy) {
        free(copy);
        return -ENOMEM;
    }
    links->wanted[links->wanted_count++] = copy;
    return 0;
}

u32 links_index(const struct links *links, const char *name)
{
    for (size_t i = 0; i < links->count; i++)
        if (!strcmp(links->list[i].name, name))
            return links->list[i].index;
    return 0;
}

static bool is_wanted(const struct links *wanted, const char *name)
{
    for (size_t i = 0; i < wanted->wanted_count; i++)
        if (link_is_wanted(wanted->wanted[i], name))
            return true;
    return false;
}

int links_take(const struct links *wanted, const struct links *from, struct links *taken)
{
    int error = from->guarded ? links_guard(taken, from->guarded) : 0;

    for (size_t i = 0; i < wanted->wanted_count && !error; i++)
        error = links_want(taken, wanted->wanted[i]);
    for (size_t i = 0; i < from->count && !error; i++)
        if (is_wanted(wanted, from->list[i].name))
            error = links_add(taken, from->list[i].name, from->list[i].index);
    return error;
}

/* Names of interfaces have no white space, no colon and no slash. */
void links_print(const struct links *links, FILE *out)
{
    if (links->guarded)
        fprintf(out, "%s:guarded = \n", links->guarded);
    for (size_t i = 0; i < links->wanted_count; i++)
        fprintf(out, "%s:wanted = \n", links->wanted[i]);
    for (size_t i = 0; i < links->count; i++)
        fprintf(out, "%s:index = %u\n", links->list[i].name, links->list[i].index);
}

int links_parse_line(struct links *links, struct piece item, struct piece value)
{
    size_t colon = piece_find(item, ':');
    struct piece kind = piece_part(item, colon + 1, item.length);
    CLEANUP_FREE char *name = strndup(item.text, colon);
    unsigned int index;
    struct fault fault;

    if (!name)
        return -ENOMEM;
    if (piece_equals(kind, "guarded"))
        return links_guard(links, name);
    if (piece_equals(kind, "wanted"))
        return links_want(links, name);
    if (!piece_equals(kind, "index"))
        return -ENOENT;
    return piece_number(value, ~0u >> 1, "index", &index, &fault) ? -EINVAL
                                                                  : links_add(links, name, index);
}

/* Returns how many of LINKS, not counting those that OTHER has with the same index, were said. */
static size_t print_more(const struct links *links, const struct links *other, const char *before,
                         FILE *out)
{
    size_t count = 0;

    for (size_t i = 0; i < links->count; i++)
        if (links_index(other, links->list[i].name) != links->list[i].index)
            fprintf(out, "%s%s", count++ ? ", " : before, links->list[i].name);
    return count;
}

void links_print_changes(const struct links *was, const struct links *now, const char *before,
                         FILE *out)
{
    char *text = NULL;
    size_t size = 0;
    FILE *changes = open_memstream(&text, &size);

    if (!changes)
        return;
    size_t more = print_more(now, was, "new: ", changes);
    print_more(was, now, more ? "; gone: " : "gone: ", changes);
    if (!fclose(changes) && *text)
        fprintf(out, "%sinterfaces (%s)", before, text);
    free(text);
}
