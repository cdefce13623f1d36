/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "lookup.h"

static void lookup_freep(struct lookup **lookup)
{
    lookup_free(*lookup);
}

static bool is_due(const struct name_asking *asking, const struct known_name *name)
{
    return asking->is_service ? !name->answered_ns || name->asked_ns < asking->since_ns
                              : name->due_ns <= monotonic_ns();
}

/* Takes over what another interface has been told of NAME, if there is one. Returns -ENOENT if
 * not, 0 or -ENOMEM. */
static int take_told(const struct name_asking *asking, struct known_name *name)
{
    const struct known_name *told =
        asking->told ? asking->told(asking->context, name->host, asking->since_ns) : NULL;

    return told ? known_take_from(name, told, realtime_ns()) : -ENOENT;
}

/* Fills HOSTS with those of QUESTIONS that have to be asked for. */
static int choose(struct name_asking *asking, const struct host_question *questions, size_t count,
                  const char **hosts, size_t *chosen)
{
    for (size_t i = 0; i < count; i++) {
        struct known_name *name = known_add(&asking->known, questions[i].host);

        if (!name)
            return -ENOMEM;
        int error = is_due(asking, name) ? take_told(asking, name) : 0;
        if (error == -ENOMEM)
            return error;
        if (error)
            hosts[(*chosen)++] = questions[i].host;
    }
    return 0;
}

static int take_all(struct name_asking *asking, const struct lookup *lookup)
{
    u64 realtime = realtime_ns(), monotonic = monotonic_ns();
    const char *host;
    int error = 0;

    for (size_t i = 0; (host = lookup_host(lookup, i)) && !error; i++)
        error = known_take(known_find(&asking->known, host), lookup_answer(lookup, i), realtime,
                           monotonic);
    return error;
}

/* Forgets what is gone for good. */
static void sweep(struct name_asking *asking)
{
    if (asking->look)
        asking->look(asking->context, &asking->known);
    for (size_t i = 0; i < asking->known.count; i++)
        known_sweep(&asking->known.list[i], realtime_ns());
}

static int answer(const struct name_asking *asking, struct host_question *question)
{
    const struct known_name *name = known_find(&asking->known, question->host);
    const char *goes_on = "";

    question->severity = name->failures && !asking->is_service ? SEVERITY_ERROR : SEVERITY_WARNING;
    if (name->failures && asking->is_service && name->count)
        goes_on = "; the addresses known before go on";
    if (name->trouble[0])
        snprintf(question->said, sizeof(question->said), "%.200s%s", name->trouble, goes_on);
    return known_addresses(name, true, question->family);
}

int names_answer(void *context, struct host_question *questions, size_t count)
{
    CLEANUP(lookup_freep) struct lookup *lookup = NULL;
    CLEANUP_FREE const char **hosts = calloc(count + 1, sizeof(*hosts));
    struct name_asking *asking = context;
    size_t chosen = 0;
    struct why why = {0};
    int error = hosts ? choose(asking, questions, count, hosts, &chosen) : -ENOMEM;

    if (!error && chosen && lookup_wait(hosts, chosen, &lookup, &why) == -ENOMEM)
        error = -ENOMEM;
    if (lookup && !error)
        error = take_all(asking, lookup);
    if (!error && (lookup || asking->told))
        sweep(asking);
    for (size_t i = 0; i < count && !error; i++) {
        error = answer(asking, &questions[i]);
        if (!why.text[0])
            continue;
        snprintf(questions[i].said, sizeof(questions[i].said), "%.200s", why.text);
        questions[i].severity = asking->is_service ? SEVERITY_WARNING : SEVERITY_ERROR;
    }
    return error;
}
