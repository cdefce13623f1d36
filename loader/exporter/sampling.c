/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sampling.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "../base/clock.h"
#include "../base/labels.h"
#include "../base/memory.h"
#include "../event/names.h"
#include "../metrics/snapshot.h"
#include "../policy/protocols.h"
#include "../show/json.h"
#include "../show/times.h"
#include "sources.h"

#define INTEREST_NS (20 * SECOND_NS) /* how long somebody who asked counts as interested */
#define RETRY_NS    (2 * SECOND_NS)  /* or constant queries would keep the lock from others */

/* A tenth of what `top` takes: a page may stay open for long. */
#define PACE_NS (10 * SAMPLE_PACE_NS)

struct sample {
    char interface[64];
    u64 attached_at_ns;        /* of the state that we listen to */
    struct listener *listener; /* NULL: trouble says why */
    struct why trouble;
    u64 retry_ns; /* no retry before this time: CLOCK_MONOTONIC */
    struct rule_names names;
    struct sources sources;
    struct source_row
        banned[SOURCES_SHOWN]; /* those that send nevertheless, as of the last visit */
    u64 banned_until_ns[SOURCES_SHOWN];
    size_t banned_count;
    bool is_found; /* by the current visit */
};

static void sample_free(struct sample *sample)
{
    listener_close(sample->listener);
    rule_names_clear(&sample->names);
    sources_clear(&sample->sources);
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
    u64 seed;

    if (!made)
        return NULL;
    struct sample **grown =
        array_grow(sampling->list, sampling->count, &sampling->capacity, sizeof(void *));
    if (!grown || getrandom(&seed, sizeof(seed), 0) != sizeof(seed) ||
        sources_init(&made->sources, seed, monotonic_ns())) {
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

void sampling_tend(struct sampling *sampling)
{
    u64 now_ns = monotonic_ns();

    if (now_ns > sampling->until_ns)
        forget(sampling, true);
    for (size_t i = 0; i < sampling->count; i++) {
        struct sample *sample = sampling->list[i];
        if (sample->listener)
            listener_read(sample->listener);
        sources_age(&sample->sources, now_ns);
        if (sample->listener && !listener_keep(sample->listener))
            listener_close(TAKE_PTR(sample->listener));
    }
}

/* Samples do not say when they were taken; they are read soon after. */
static void on_sample(const struct packet_sample *packet, void *context)
{
    struct sample *sample = context;
    sources_add(&sample->sources, packet, monotonic_ns());
}

/* How long are those banned still that send nevertheless? */
static void look_at_bans(const struct guard *guard, struct sample *sample)
{
    sample->banned_count = sources_most(&sample->sources, SOURCES_BANNED, sample->banned);
    for (size_t i = 0; i < sample->banned_count; i++)
        sample->banned_until_ns[i] =
            guard_banned_until(guard, sample->banned[i].family, sample->banned[i].address);
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
    look_at_bans(guard, sample);
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
        guard_sample(guard, PACE_NS, on_sample, sample, &sample->listener, &sample->trouble))
        return;
    sources_restart(&sample->sources, monotonic_ns());
}

static void add_port(struct json_object *object, const struct packet_sample *packet)
{
    bool known = packet->destination_port && protocol_has_ports(packet->protocol);

    json_object_object_add(object, "destination_port",
                           known ? json_object_new_int(packet->destination_port) : NULL);
}

static struct json_object *source_json(const struct sample *sample, const struct source_row *source)
{
    const struct packet_sample *packet = &source->last.sample;
    const struct outcome *outcome = &packet->outcome;
    bool is_reason = outcome->kind == OUTCOME_REASON && outcome->reason < REASONS;
    const char *reason = outcome->kind == OUTCOME_LIMITED ? LIMIT_NAME
                         : is_reason                      ? reason_names[outcome->reason]
                                                          : NULL;
    struct json_object *object = json_object_new_object();
    char address[ADDRESS_TEXT_BYTES], number[8];
    const char *protocol = protocol_name(packet->protocol);

    address_print(source->family, address_from_bytes(source->family, source->address), address);
    snprintf(number, sizeof(number), "%u", packet->protocol);
    json_add_text(object, "source", address);
    json_add_number(object, "packets", source->packets);
    json_add_number(object, "bytes", source->bytes);
    json_add_text(object, "direction", direction_names[packet->direction]);
    json_add_text(object, "rule",
                  rule_names_of(&sample->names, packet->generation, &packet->outcome));
    json_add_text(object, "reason", reason);
    json_add_text(object, "reject", outcome_reject(outcome, packet->protocol));
    json_add_text(object, "protocol", protocol ? protocol : number);
    add_port(object, packet);
    json_add_time(object, "last_seen", time_from_monotonic(source->last.time_ns));
    return object;
}

static struct json_object *sources_json(const struct sample *sample, enum source_class kind)
{
    struct json_object *array = json_object_new_array();
    struct source_row rows[SOURCES_SHOWN];
    size_t count = sources_most(&sample->sources, kind, rows);

    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, source_json(sample, &rows[i]));
    return array;
}

/* No expiry: without end, or not banned any more. */
static struct json_object *banned_sources_json(const struct sample *sample)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < sample->banned_count; i++) {
        struct json_object *object = source_json(sample, &sample->banned[i]);
        u64 until_ns = sample->banned_until_ns[i];
        bool ends = until_ns && until_ns != BAN_FOREVER;
        json_object_object_add(object, "still_banned", json_object_new_boolean(until_ns != 0));
        json_add_time(object, "expires", ends ? time_from_monotonic(until_ns) : 0);
        json_object_array_add(array, object);
    }
    return array;
}

static struct json_object *sample_json(const struct sample *sample)
{
    const struct sources *sources = &sample->sources;
    struct json_object *object = json_object_new_object();

    json_add_text(object, "interface", sample->interface);
    json_add_text(object, "trouble", sample->trouble.text[0] ? sample->trouble.text : NULL);
    json_add_number(object, "seconds",
                    sample->listener ? (monotonic_ns() - sources->since_ns) / SECOND_NS : 0);
    json_add_number(object, "sampled", (u64)sources->packets[SOURCES_DROPPED]);
    json_object_object_add(object, "sources", sources_json(sample, SOURCES_DROPPED));
    json_add_number(object, "sampled_accepted", (u64)sources->packets[SOURCES_ACCEPTED]);
    json_object_object_add(object, "accepted_sources", sources_json(sample, SOURCES_ACCEPTED));
    json_add_number(object, "sampled_banned", (u64)sources->packets[SOURCES_BANNED]);
    json_object_object_add(object, "banned_sources", banned_sources_json(sample));
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
