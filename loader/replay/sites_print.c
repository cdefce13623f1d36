/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints what a replay of several interfaces says, one after the other. */
#include <errno.h>
#include <stdio.h>

#include "../base/colour.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../show/json.h"
#include "sites.h"

#define TITLE_BYTES 1024

static void print_unjudged(const struct site *site)
{
    char reason[SITE_REASON_BYTES];

    printf("%s%llu packet%s not judged: %s%s\n", colour_begin(stdout, COLOUR_WARNING),
           (unsigned long long)site->unjudged, site->unjudged == 1 ? "" : "s",
           HARMLESS(site_reason(site, reason)), colour_end(stdout));
}

/* NAME is that of the capture. */
static int print_site(const struct site *site, const char *name, size_t top)
{
    char title[TITLE_BYTES];
    const char *zone = site->replay.zone;

    snprintf(title, sizeof(title), "%s  %s%s%s", name, *site->name ? site->name : "(no name)",
             zone ? ", zone " : "", zone ? zone : "");
    return replay_print(&site->replay, title, top);
}

int sites_print(const struct sites *sites, const char *name, size_t top)
{
    int error = 0, printed = 0;

    for (size_t i = 0; i < sites->count; i++)
        if (sites->list[i]->stranger)
            print_unjudged(sites->list[i]);
    for (size_t i = 0; i < sites->count && !error; i++) {
        if (sites->list[i]->stranger)
            continue;
        if (printed++)
            putchar('\n');
        error = print_site(sites->list[i], name, top);
    }
    return error;
}

static struct json_object *unjudged_json(const struct site *site)
{
    struct json_object *object = json_object_new_object();
    char reason[SITE_REASON_BYTES];

    json_add_text(object, "interface", *site->name ? site->name : NULL);
    json_add_number(object, "packets", site->unjudged);
    json_add_text(object, "reason", site_reason(site, reason));
    return object;
}

int sites_print_json(const struct sites *sites, const char *name, size_t top)
{
    struct json_object *object = json_object_new_object();
    struct json_object *judged = json_object_new_array(), *others = json_object_new_array();
    int error = 0;

    json_add_text(object, "capture", name);
    json_add_text(object, "policy", sites->after.whole->name);
    json_object_object_add(object, "interfaces", judged);
    json_object_object_add(object, "not_judged", others);
    for (size_t i = 0; i < sites->count && !error; i++) {
        struct json_object *one;
        if (sites->list[i]->stranger) {
            json_object_array_add(others, unjudged_json(sites->list[i]));
            continue;
        }
        error = replay_make_json(&sites->list[i]->replay, name, top, &one);
        if (!error)
            json_object_array_add(judged, one);
    }
    if (!error)
        json_print(object);
    else
        json_object_put(object);
    return error;
}
