/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "interfaces.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "../base/say.h"
#include "../base/text.h"
#include "../kernel/interface.h"
#include "../kernel/kernel.h"
#include "../policy/zones.h"
#include "command.h"
#include "open.h"

void interfaces_clear(struct interfaces *interfaces)
{
    for (size_t i = 0; i < interfaces->count; i++)
        free(interfaces->names[i]);
    free(interfaces->names);
    *interfaces = (struct interfaces){0};
}

static int add(struct interfaces *interfaces, const char *name)
{
    char **grown = array_grow(interfaces->names, interfaces->count, &interfaces->capacity,
                              sizeof(*interfaces->names));
    char *copy = strdup(name);

    if (grown)
        interfaces->names = grown;
    if (!grown || !copy) {
        free(copy);
        say_error("out of memory");
        return -ENOMEM;
    }
    interfaces->names[interfaces->count++] = copy;
    return 0;
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

static int take_guarded(struct interfaces *interfaces)
{
    struct why why = {0};
    int error = guard_each(add_guarded, interfaces, &why);

    if (error)
        return *why.text ? say_why(error, &why) : error;
    if (interfaces->count)
        return 0;
    say_error("no interface of this network namespace is guarded");
    return -ENOENT;
}

/* Which zone's interfaces are looked for. */
struct matching {
    const struct policy *policy;
    struct interfaces *interfaces;
};

static int add_matching(const struct interface *interface, void *context)
{
    const struct matching *matching = context;

    return zone_of(matching->policy, NULL, interface->name) == ZONE_ELSEWHERE
               ? 0
               : add_once(matching->interfaces, interface->name);
}

/* Adds what ZONE names by name: an interface that is not there is an error. */
static int add_named(const struct zone *zone, struct interfaces *interfaces)
{
    struct interface found;
    int error = 0;

    for (size_t i = 0; i < zone->interface_count && !error; i++) {
        const char *name = zone->interfaces[i];

        if (name[strlen(name) - 1] == '*')
            continue;
        error = interface_by_name(name, &found);
        if (error)
            say_error("there is no interface %s, which the zone %s names: write %s* if it need not "
                      "be there, or name the interfaces instead of all",
                      HARMLESS(name), zone->name, HARMLESS(name));
        else
            error = add_once(interfaces, found.name);
    }
    return error;
}

static int take_zones(const char *path, struct interfaces *interfaces)
{
    CLEANUP(prepared_clear) struct prepared read = {0};
    int error = open_text(path, NULL, &read);
    const struct policy *policy = error ? NULL : prepared_whole(&read);
    struct matching matching = {policy, interfaces};

    if (error)
        return error;
    if (!policy->has_interfaces) {
        say_error("%s does not say which interfaces there are: add [interfaces] with a line such "
                  "as wan = eth0, or name them: eth0,eth1",
                  HARMLESS(path));
        return -EINVAL;
    }
    for (size_t i = 0; i < policy->zone_count && !error; i++)
        error = add_named(&policy->zones[i], interfaces);
    if (!error)
        error = interface_each(add_matching, &matching);
    if (error || interfaces->count)
        return error;
    say_error("none of the interfaces that %s names is there", HARMLESS(path));
    return -ENODEV;
}

static int take_list(const char *given, struct interfaces *interfaces)
{
    CLEANUP_FREE char *names = strdup(given);
    char *rest = names;
    int error = names ? 0 : -ENOMEM;

    if (error)
        say_error("out of memory");
    for (char *name; !error && (name = strsep(&rest, ","));) {
        if (*name)
            error = add_once(interfaces, name);
        else if (rest || !interfaces->count) {
            say_error("\"%s\" is not a list of interfaces: write eth0,eth1", HARMLESS(given));
            error = -EINVAL;
        }
    }
    return error;
}

int interfaces_take(const char *given, const char *policy, struct interfaces *interfaces)
{
    struct interface found;

    if (!strcmp(given, INTERFACES_ALL))
        return policy ? take_zones(policy, interfaces) : take_guarded(interfaces);
    if (!strchr(given, ',') || !interface_by_name(given, &found))
        return add(interfaces, given);
    return take_list(given, interfaces);
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
