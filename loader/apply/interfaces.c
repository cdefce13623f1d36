/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "interfaces.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "../kernel/interface.h"
#include "../kernel/kernel.h"
#include "../policy/zones.h"

static void list_clear(char **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

void interfaces_clear(struct interfaces *interfaces)
{
    list_clear(interfaces->names, interfaces->count);
    list_clear(interfaces->patterns, interfaces->pattern_count);
    *interfaces = (struct interfaces){0};
}

static int append(char ***list, size_t *count, size_t *capacity, const char *text)
{
    char **grown = array_grow(*list, *count, capacity, sizeof(*grown));
    char *copy = strdup(text);

    if (grown)
        *list = grown;
    if (!grown || !copy) {
        free(copy);
        return -ENOMEM;
    }
    grown[(*count)++] = copy;
    return 0;
}

static int add(struct interfaces *interfaces, const char *name)
{
    return append(&interfaces->names, &interfaces->count, &interfaces->capacity, name);
}

/* Adds the interface called GIVEN, unless it is there under any of its names. */
static int add_once(struct interfaces *interfaces, const char *given)
{
    char name[INTERFACE_NAME_BYTES], other[INTERFACE_NAME_BYTES];

    interface_canonical(given, name);
    for (size_t i = 0; i < interfaces->count; i++) {
        interface_canonical(interfaces->names[i], other);
        if (!strcmp(name, other))
            return 0;
    }
    return add(interfaces, given);
}

static int add_guarded(const char *interface, void *context)
{
    return add(context, interface);
}

static int take_guarded(struct interfaces *interfaces, struct why *why)
{
    int error = guard_each(add_guarded, interfaces, why);

    if (error)
        return *why->text ? error : why_set(why, error, "out of memory");
    return interfaces->count
               ? 0
               : why_set(why, -ENOENT, "no interface of this network namespace is guarded");
}

static int add_fitting(const struct interface *interface, void *context)
{
    struct interfaces *interfaces = context;

    for (size_t i = 0; i < interfaces->pattern_count; i++)
        if (link_is_wanted(interfaces->patterns[i], interface->name))
            return add_once(interfaces, interface->name);
    return 0;
}

int interfaces_find(struct interfaces *interfaces)
{
    return interfaces->pattern_count ? interface_each(add_fitting, interfaces) : 0;
}

/* Adds what ZONE names, and its patterns. */
static int add_zone(const struct zone *zone, enum interfaces_missing missing,
                    struct interfaces *interfaces, struct why *why)
{
    struct interface found;
    int error = 0;

    for (size_t i = 0; i < zone->interface_count && !error; i++) {
        const char *name = zone->interfaces[i];

        if (name[strlen(name) - 1] == '*')
            error = append(&interfaces->patterns, &interfaces->pattern_count,
                           &interfaces->pattern_capacity, name);
        else if (missing == MISSING_FAILS && interface_by_name(name, &found))
            return why_set(why, -ENODEV,
                           "there is no interface %s, which the zone %s names: write %s* if it "
                           "need not be there, or name the interfaces instead of all",
                           name, zone->name, name);
        else
            error = add_once(interfaces, name);
    }
    return error ? why_set(why, error, "out of memory") : 0;
}

static int take_zones(const char *path, enum interfaces_missing missing,
                      struct interfaces *interfaces, struct prepared *read, struct why *why)
{
    int error = prepared_parse(read, path, NULL, why);
    const struct policy *policy = error ? NULL : prepared_whole(read);

    if (error)
        return error;
    if (!policy->has_interfaces)
        return why_set(why, -EINVAL,
                       "%s does not say which interfaces there are: add [interfaces] with a line "
                       "such as wan = eth0, or name them: eth0,eth1",
                       path);
    for (size_t i = 0; i < policy->zone_count && !error; i++)
        error = add_zone(&policy->zones[i], missing, interfaces, why);
    if (!error && interfaces_find(interfaces))
        error = why_set(why, -EIO, "cannot list the interfaces of this network namespace");
    if (error || interfaces->count || missing == MISSING_WAITS)
        return error;
    return why_set(why, -ENODEV, "none of the interfaces that %s names is there", path);
}

static int take_list(const char *given, struct interfaces *interfaces, struct why *why)
{
    CLEANUP_FREE char *names = strdup(given);
    char *rest = names;
    int error = names ? 0 : -ENOMEM;

    for (char *name; !error && (name = strsep(&rest, ","));) {
        if (*name)
            error = add_once(interfaces, name);
        else if (rest || !interfaces->count)
            return why_set(why, -EINVAL, "\"%s\" is not a list of interfaces: write eth0,eth1",
                           given);
    }
    return error ? why_set(why, error, "out of memory") : 0;
}

int interfaces_take(const char *given, const char *policy, enum interfaces_missing missing,
                    struct interfaces *interfaces, struct prepared *read, struct why *why)
{
    struct interface found;

    if (!strcmp(given, INTERFACES_ALL))
        return policy ? take_zones(policy, missing, interfaces, read, why)
                      : take_guarded(interfaces, why);
    if (strchr(given, ',') && interface_by_name(given, &found))
        return take_list(given, interfaces, why);
    return add(interfaces, given) ? why_set(why, -ENOMEM, "out of memory") : 0;
}

void interfaces_join(struct interfaces *interfaces, struct interfaces *other)
{
    for (size_t i = 0; i < other->count; i++)
        if (add_once(interfaces, other->names[i]))
            return;
    list_clear(interfaces->patterns, interfaces->pattern_count);
    interfaces->patterns = TAKE_PTR(other->patterns);
    interfaces->pattern_count = other->pattern_count;
    interfaces->pattern_capacity = other->pattern_capacity;
    other->pattern_count = other->pattern_capacity = 0;
}

int interfaces_each(const struct interfaces *interfaces,
                    int (*visit)(const char *interface, void *context, struct why *why),
                    void *context, struct why *why)
{
    int error = 0;

    for (size_t i = 0; i < interfaces->count && !error; i++)
        error = visit(interfaces->names[i], context, why);
    return error;
}
