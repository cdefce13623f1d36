/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sampling.h"

#include <errno.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/labels.h"
#include "../base/memory.h"
#include "../event/event.h"
#include "../event/names.h"
#include "../metrics/snapshot.h"
#include "../show/json.h"
#include "../show/times.h"
#include "top.h"

#define INTEREST_NS (20 * SECOND_NS) /* how long somebody who asked counts as interested */
#define TURN_NS     (60 * SECOND_NS) /* sources are kept for one to two of these */
#define RETRY_NS    (2 * SECOND_NS)  /* or constant queries would keep the lock from others */
#define SHOWN_MAX   20u              /* sources of an interface */

struct sample {
    char interface[64];
    u64 attached_at_ns;        /* of the state that we listen to */
    struct listener *listener; /* NULL: trouble says why */
    struct why trouble;
    u64 retry_ns; /* no retry before this time: CLOCK_MONOTONIC, as those below */
    struct rule_names names;
    u64 since_ns, turned_ns; /* when `before` and when `now` were begun */
    struct top now, before;
    bool is_found; /* by the current visit */
};

static void sample_free(struct sample *sample)
{
    listener_close(sample->listener);
    rule_names_clear(&sample->names);
    free(sample);
}

static struct sample *find(const struct sampling *sampling, const char *interface)
{
    for (size_t i = 0; i < sampling->count; i++)
        if (!strcmp(sampling->list[i]->interface, interface))
            return sampling->list[i];
    return NULL;
}

static struct sample *add(struct sampling *sampling, const char *interface)
{
    struct sample *made = calloc(1, sizeof(*made));
    struct sample **grown =
        made ? array_grow(sampling->list, sampling->count, &sampling->capacity, sizeof(void *))
             : NULL;
    if (!grown) {
        free(made);
        return NULL;
    }
    sampling->list = grown;
    snprintf(made->interface, sizeof(made->interface), "%s", interface);
    sampling->list[sampling->count++] = made;
    return made;
}

/* Forget the samples that the last visit did not find; or all. */
static void forget(struct sampling *sampling, bool all)
{
    size_t kept = 0;

    for (size_t i = 0; i < sampling->count; i++) {
        if (all || !sampling->list[i]->is_found)
            sample_free(sampling->list[i]);
        else
            sampling->list[kept++] = sampling->list[i];
    }
    sampling->count = kept;
}

bool sampling_is_active(const struct sampling *sampling)
{
    return sampling->count > 0;
}

static void turn(struct sample *sample, u64 now_ns)
{
    if (now_ns - sample->turned_ns < TURN_NS)
        return;
    sample->before = sample->now;
    sample->since_ns = sample->turned_ns;
    sample->turned_ns = now_ns;
    memset(&sample->now, 0, sizeof(sample->now));
}

void sampling_tend(struct sampling *sampling)
{
    u64 now_ns = monotonic_ns();

    if (now_ns > sampling->until_ns)
        forget(sampling, true);
    for (size_t i = 0; i < sampling->count; i++) {
        struct sample *sample = sampling->list[i];
        turn(sample, now_ns);
        if (sample->listener)
            listener_read(sample->listener);
        if (sample->listener && !listener_keep(sample->listener))
            listener_close(TAKE_PTR(sample->listener));
    }
}

static void on_packet(const struct event *event, void *context)
{
    struct sample *sample = context;
    top_add(&sample->now, event);
}

/* Runs under a shared lock, so it cannot begin to listen. */
static int look(struct guard *guard, void *context, struct why *why)
{
    struct sampling *sampling = context;
    struct guard_status outline;

    guard_outline(guard, &outline);
    struct sample *sample = find(sampling, outline.interface);
    if (!sample)
        sample = add(sampling, outline.interface);
    if (!sample || rule_names_read(guard, &sample->names))
        return why_set(why, -ENOMEM, "out of memory");
    if (sample->attached_at_ns != outline.state.attached_at_ns)
        listener_close(TAKE_PTR(sample->listener));
    sample->attached_at_ns = outline.state.attached_at_ns;
    sample->is_found = true;
    return 0;
}

static void listen_to(struct sample *sample)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;

    if (sample->listener || monotonic_ns() < sample->retry_ns)
        return;
    sample->retry_ns = monotonic_ns() + RETRY_NS;
    sample->trouble.text[0] = 0;
    if (guard_open(sample->interface, GUARD_CHANGE, &guard, &sample->trouble) ||
        guard_listen(guard, HEARS_DROPPED, on_packet, sample, &sample->listener, &sample->trouble))
        return;
    sample->since_ns = sample->turned_ns = monotonic_ns();
    memset(&sample->now, 0, sizeof(sample->now));
    memset(&sample->before, 0, sizeof(sample->before));
}

static struct json_object *source_json(const struct sample *sample, const struct top_source *source)
{
    const struct event *event = &source->last;
    struct json_object *object = json_object_new_object();
    struct event_fields fields;

    event_fields(event, &fields);
    json_add_text(object, "source", fields.source);
    json_add_number(object, "packets", top_sure(source));
    json_add_text(object, "direction", direction_names[event->direction]);
    json_add_text(object, "rule", rule_names_find(&sample->names, event));
    json_add_text(object, "reason", event_reason(event));
    json_add_text(object, "protocol", fields.protocol);
    json_object_object_add(
        object, "destination_port",
        *fields.destination_port ? json_object_new_int(atoi(fields.destination_port)) : NULL);
    json_add_time(object, "last_seen", time_from_monotonic(event->time_ns));
    return object;
}

static struct json_object *sample_json(const struct sample *sample)
{
    struct top_source merged[2 * TOP_SOURCES];
    size_t count = top_merge(&sample->now, &sample->before, merged);
    struct json_object *object = json_object_new_object();
    struct json_object *sources = json_object_new_array();

    json_add_text(object, "interface", sample->interface);
    json_add_text(object, "trouble", sample->trouble.text[0] ? sample->trouble.text : NULL);
    json_add_number(object, "seconds",
                    sample->listener ? (monotonic_ns() - sample->since_ns) / SECOND_NS : 0);
    json_add_number(object, "sampled", sample->now.events + sample->before.events);
    for (size_t i = 0; i < count && i < SHOWN_MAX; i++)
        json_object_array_add(sources, source_json(sample, &merged[i]));
    json_object_object_add(object, "sources", sources);
    return object;
}

int sampling_answer(struct sampling *sampling, const char *interface,
                    int (*tell)(const char *text, size_t bytes, void *context), void *context)
{
    struct why why = {0};
    int result = 0;

    for (size_t i = 0; i < sampling->count; i++)
        sampling->list[i]->is_found = false;
    snapshot_visit_guards(interface, look, sampling, &why);
    forget(sampling, false);
    sampling->until_ns = monotonic_ns() + INTEREST_NS;
    for (size_t i = 0; i < sampling->count; i++)
        listen_to(sampling->list[i]);
    sampling_tend(sampling);
    for (size_t i = 0; !result && i < sampling->count; i++) {
        size_t bytes;
        struct json_object *object = sample_json(sampling->list[i]);
        const char *text = json_line(object, &bytes);
        result = tell(text, bytes, context);
        json_object_put(object);
    }
    return result;
}

void sampling_end(struct sampling *sampling)
{
    forget(sampling, true);
    free(sampling->list);
    *sampling = (struct sampling){0};
}
