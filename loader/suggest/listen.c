/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "listen.h"

#include <edgexdp/tables.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "../base/say.h"
#include "../policy/zones.h"
#include "../show/live.h"
#include "../top/pace.h"

#define READ_NS (SECOND_NS / 20) /* interval of reading: the ring must not fill up meanwhile */
#define LOOK_NS SECOND_NS        /* interval of looks at the interface, below SAMPLING_KEEP_S */

struct listening_to {
    const char *interface;
    struct collection *collection;
    struct listener *listener; /* NULL: somebody took our slot */
    struct heard *heard;
    u64 attached_at_ns; /* of the state that is sampled */
    u64 begun_ns, looked_ns;
    u64 lost; /* by this listener, at the last look */
    u64 samples;
    u32 pace_ns;
    struct why *why;
};

static void on_sample(const struct packet_sample *sample, void *context)
{
    struct listening_to *to = context;
    struct sighting sighting = {
        .outcome = sample->outcome,
        .direction = sample->direction,
        .family = sample->family,
        .protocol = sample->protocol,
        .tcp_flags = sample->tcp_flags,
        .fragment = sample->fragment,
        .source_port = sample->source_port,
        .destination_port = sample->destination_port,
        .packets = (u64)sample->stands_for * sample->segments,
        .bytes = (u64)sample->stands_for * sample->frame_bytes,
    };

    memcpy(sighting.source, sample->source, sizeof(sighting.source));
    memcpy(sighting.destination, sample->destination, sizeof(sighting.destination));
    to->samples++;
    to->heard->samples++;
    to->heard->stood_for += sample->stands_for;
    collection_add(to->collection, &sighting);
}

static u64 attached_at_ns(const struct guard *guard)
{
    struct guard_status status;

    guard_outline(guard, &status);
    return status.state.attached_at_ns;
}

static int sample(struct listening_to *to, struct guard *guard)
{
    to->lost = 0;
    return guard_sample(guard, to->pace_ns, on_sample, to, &to->listener, to->why);
}

static int begin(struct listening_to *to)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why note = {0};

    int error = guard_open(to->interface, GUARD_CHANGE, &guard, to->why);
    if (!error)
        error = guard_mend(guard, &note, to->why);
    if (note.text[0])
        say_warning("%s: %s", to->interface, note.text);
    if (error)
        return error;
    to->attached_at_ns = attached_at_ns(guard);
    to->begun_ns = to->looked_ns = monotonic_ns();
    return sample(to, guard);
}

/* Sample again after our slot was given to somebody else, because we had not read for long. */
static int sample_again(struct listening_to *to)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;

    listener_close(TAKE_PTR(to->listener));
    int error = guard_open(to->interface, GUARD_CHANGE, &guard, to->why);
    return error ? error : sample(to, guard);
}

/* Takes in what was counted since the last look. */
static void count(struct listening_to *to)
{
    u64 now_ns = monotonic_ns(), lost = to->lost;

    listener_read(to->listener);
    listener_lost(to->listener, &lost);
    to->heard->lost_packets += lost - to->lost;
    to->pace_ns = pace_next(to->pace_ns, SAMPLE_PACE_NS, to->samples, now_ns - to->looked_ns,
                            lost > to->lost);
    listener_set_pace(to->listener, to->pace_ns);
    to->samples = 0;
    to->lost = lost;
    to->looked_ns = now_ns;
}

static int open_same(struct listening_to *to, struct guard **guard)
{
    CLEANUP(guard_closep) struct guard *opened = NULL;
    int error = guard_open(to->interface, GUARD_READ, &opened, to->why);

    if (error == -ENOENT || (!error && attached_at_ns(opened) != to->attached_at_ns))
        return why_set(to->why, -ENOENT, "%s was detached: there is nothing more to hear",
                       to->interface);
    if (!error)
        *guard = TAKE_PTR(opened);
    return error;
}

/* Is everything as it was? If not, put it right, or say why we must end. */
static int follow(struct listening_to *to)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    bool kept = listener_keep(to->listener);
    int error = open_same(to, &guard);

    guard_close(TAKE_PTR(guard));
    return error || kept ? error : sample_again(to);
}

/* Reads until UNTIL_NS. Returns true if the user ended it. */
static bool read_until(struct listening_to *to, u64 until_ns)
{
    for (;;) {
        u64 now_ns = monotonic_ns();

        if (now_ns >= until_ns)
            return false;
        enum live_news news =
            live_wait(-1, now_ns + READ_NS < until_ns ? now_ns + READ_NS : until_ns);
        listener_read(to->listener);
        if (news == LIVE_END)
            return true;
    }
}

static int hear(struct listening_to *to, u64 for_ns)
{
    u64 end_ns = to->begun_ns + for_ns;
    bool ended = false;
    int error = 0;

    while (!error && !ended && monotonic_ns() < end_ns) {
        u64 look_ns = to->looked_ns + LOOK_NS;

        ended = read_until(to, look_ns < end_ns ? look_ns : end_ns);
        count(to);
        error = follow(to);
    }
    to->heard->milliseconds = (to->looked_ns - to->begun_ns) / (SECOND_NS / 1000);
    return error;
}

/* The rules of both seats, since a suggestion may be added to either policy. */
static int copy_names(const struct guard *guard, struct heard *heard)
{
    size_t capacity;
    const struct rule_entry *rules = guard_rules(guard, &capacity);

    heard->names = calloc(capacity + 1, sizeof(*heard->names));
    if (!heard->names)
        return -ENOMEM;
    for (size_t i = 0; i < capacity; i++)
        if (*rules[i].name)
            memcpy(heard->names[heard->name_count++], rules[i].name, RULE_NAME_BYTES);
    return 0;
}

/* In a policy without [interfaces], an interface that no rule names may become a zone of its own.
 */
static const char *name_zone(const struct policy *whole, const char *interface)
{
    unsigned int number = zone_said(whole, interface);

    return number == ZONE_ELSEWHERE || number == ZONE_HERE ? interface : zone_name(whole, number);
}

static int find_zone(const struct guard *guard, const char *interface, struct heard *heard)
{
    struct policy *whole = NULL;
    struct diag *diag = diag_new();
    int error = diag ? tables_whole_policy(guard_tables(guard), &whole, diag) : -ENOMEM;

    if (!error && whole->is_zoned) {
        heard->zone = strdup(name_zone(whole, interface));
        error = heard->zone ? 0 : -ENOMEM;
    }
    policy_free(whole);
    diag_free(diag);
    return error == -ENOMEM ? error : 0; /* of a policy that was not kept, nothing is known */
}

static int learn(struct listening_to *to)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct heard *heard = to->heard;
    struct guard_status status;
    int error = open_same(to, &guard);

    if (error)
        return error;
    const struct tables_header *tables = guard_tables(guard);
    guard_outline(guard, &status);
    guard_status_trouble(&status, heard->trouble);
    memcpy(heard->policy, tables->name, sizeof(heard->policy));
    heard->policy[NAME_BYTES - 1] = '\0';
    heard->mode = tables_mode(tables);
    error = copy_names(guard, heard);
    guard_unlock(guard);
    if (!error)
        error = find_zone(guard, to->interface, heard);
    return error ? why_set(to->why, error, "out of memory") : 0;
}

int listen_for(const char *interface, u64 for_ns, struct collection *collection,
               struct heard *heard, struct why *why)
{
    struct listening_to to = {.interface = interface,
                              .collection = collection,
                              .heard = heard,
                              .pace_ns = SAMPLE_PACE_NS,
                              .why = why};

    *heard = (struct heard){.mode = ""};
    int error = live_begin(why);
    if (!error)
        error = begin(&to);
    if (!error)
        error = hear(&to, for_ns);
    listener_close(to.listener);
    return error ? error : learn(&to);
}

void heard_clear(struct heard *heard)
{
    free(heard->zone);
    free(heard->names);
    heard->zone = NULL;
    heard->names = NULL;
}

bool heard_has_name(const char *name, const void *heard)
{
    const struct heard *has = heard;

    for (size_t i = 0; i < has->name_count; i++)
        if (!strcmp(has->names[i], name))
            return true;
    return false;
}
