/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "page.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../base/memory.h"
#include "../base/text.h"
#include "../metrics/json.h"
#include "../metrics/metrics.h"
#include "../show/times.h"

#define TEXT      "text/plain; charset=utf-8"
#define METRICS   "text/plain; version=0.0.4; charset=utf-8"
#define JSON      "application/json"
#define OK        200u
#define NOT_READY 503u

static unsigned int print_metrics(FILE *stream, const struct facts *facts)
{
    metrics_print(stream, facts->snapshots);
    return OK;
}

/* An interface is healthy if it is guarded in both directions. */
static unsigned int print_health(FILE *stream, const struct facts *facts)
{
    const struct snapshots *snapshots = facts->snapshots;
    unsigned int status = snapshots->count && facts->complete ? OK : NOT_READY;

    for (size_t i = 0; i < snapshots->count; i++) {
        const struct guard_status *guard = &snapshots->list[i].status;
        char trouble[TROUBLE_BYTES];
        guard_status_trouble(guard, trouble);
        if (!*trouble)
            continue;
        status = NOT_READY;
        fprintf(stream, "%s: %s\n", HARMLESS(guard->interface), trouble);
    }
    if (!facts->complete)
        fputs("not every interface can be read\n", stream);
    else if (!snapshots->count)
        fputs("no interface is guarded\n", stream);
    if (status == OK)
        fputs("ok\n", stream);
    return status;
}

static void print_json(FILE *stream, struct json_object *array, int layout)
{
    fputs(json_object_to_json_string_ext(array, layout | JSON_C_TO_STRING_NOSLASHESCAPE), stream);
    fputc('\n', stream);
    json_object_put(array);
}

static unsigned int print_status(FILE *stream, const struct facts *facts)
{
    const struct snapshots *snapshots = facts->snapshots;
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < snapshots->count; i++)
        json_object_array_add(array, json_status(&snapshots->list[i]));
    print_json(stream, array, JSON_C_TO_STRING_PRETTY);
    return OK;
}

static unsigned int print_stats(FILE *stream, const struct facts *facts)
{
    const struct snapshots *snapshots = facts->snapshots;
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < snapshots->count; i++)
        json_object_array_add(array, json_stats(&snapshots->list[i]));
    print_json(stream, array, JSON_C_TO_STRING_PRETTY);
    return OK;
}

static unsigned int print_text(FILE *stream, const struct facts *facts)
{
    fputs(facts->text, stream);
    return OK;
}

/* Not a line for each number. */
static unsigned int print_history(FILE *stream, const struct facts *facts)
{
    print_json(stream, history_json(facts->history, time_from_monotonic), JSON_C_TO_STRING_PLAIN);
    return OK;
}

static const struct {
    const char *path;
    const char *type;
    unsigned int (*print)(FILE *stream, const struct facts *facts);
    enum asked asks;
} pages[PAGES] = {
    {"/metrics", METRICS, print_metrics, ASKED_VIEWS},
    {"/healthz", TEXT, print_health, ASKED_VIEWS},
    {"/status.json", JSON, print_status, ASKED_VIEWS},
    {"/stats.json", JSON, print_stats, ASKED_VIEWS},
    {"/sources.json", JSON, print_text, ASKED_SOURCES},
    {"/bans.json", JSON, print_text, ASKED_BANS},
    {"/history.json", JSON, print_history, ASKED_NOTHING},
};

size_t page_find(const char *path)
{
    size_t number = 0;
    while (number < PAGES && strcmp(path, pages[number].path) != 0)
        number++;
    return number;
}

bool page_counts_sources(size_t number)
{
    return pages[number].print == print_metrics;
}

enum asked page_asks(size_t number)
{
    return pages[number].asks;
}

static bool is_known(size_t number, const struct facts *facts)
{
    enum asked asks = page_asks(number);

    if (asks == ASKED_NOTHING)
        return true;
    if (asks != ASKED_VIEWS)
        return facts->text;
    return facts->snapshots && (facts->complete || facts->snapshots->count);
}

int page_make(size_t number, const struct facts *facts, struct page *page)
{
    struct page made = {.type = pages[number].type};
    FILE *stream = open_memstream(&made.text, &made.length);

    if (!stream)
        return -ENOMEM;
    if (is_known(number, facts)) {
        made.status = pages[number].print(stream, facts);
    } else {
        made.type = TEXT;
        made.status = NOT_READY;
        fputs("the state of the filter cannot be read now\n", stream);
    }
    bool failed = ferror(stream);
    if (fclose(stream) || failed) {
        free(made.text);
        return -ENOMEM;
    }
    *page = made;
    return 0;
}
