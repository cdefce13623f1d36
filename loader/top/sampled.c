/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sampled.h"

#include <edgexdp/tables.h>
#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "../base/say.h"
#include "pace.h"

static int out_of_memory(struct why *why)
{
    return why_set(why, -ENOMEM, "out of memory");
}

static void note_state(struct sampled *sampled, const struct guard *guard)
{
    const struct tables_header *tables = guard_tables(guard);
    struct guard_status status;

    guard_outline(guard, &status);
    guard_status_trouble(&status, sampled->trouble);
    memcpy(sampled->policy, tables->name, sizeof(sampled->policy));
    sampled->policy[NAME_BYTES - 1] = '\0';
    sampled->mode = tables_mode(tables);
    sampled->generation = tables->seated.generation;
}

static u64 attached_at_ns(const struct guard *guard)
{
    struct guard_status status;

    guard_outline(guard, &status);
    return status.state.attached_at_ns;
}

/* Read the names for a sample of a policy seated after our last look. If that policy is gone again,
 * it stays unknown: each is looked for once. */
static void learn(struct sampled *sampled, u32 generation)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why ignored;

    if (rule_names_know(&sampled->page.known, generation) || generation == sampled->asked_for)
        return;
    sampled->asked_for = generation;
    if (!guard_open(sampled->interface, GUARD_READ, &guard, &ignored))
        roster_read(&sampled->page, guard);
}

static void on_sample(const struct packet_sample *sample, void *context)
{
    struct sampled *sampled = context;

    sampled->samples++;
    if (sample->outcome.kind != OUTCOME_REASON)
        learn(sampled, sample->generation);
    sampled->count(sampled, sample, roster_number(sampled->roster, &sampled->page, sample));
}

static int begin_again(struct sampled *sampled, struct guard *guard, struct why *why)
{
    sampled->lost = 0;
    return guard_sample(guard, sampled->pace_ns, on_sample, sampled, &sampled->listener, why);
}

int sampled_begin(struct sampled *sampled, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why note = {0};

    sampled->pace_ns = SAMPLE_PACE_NS;
    int error = guard_open(sampled->interface, GUARD_CHANGE, &guard, why);
    if (!error)
        error = guard_mend(guard, &note, why);
    if (note.text[0])
        say_warning("%s: %s", sampled->interface, note.text);
    if (error)
        return error;
    sampled->attached_at_ns = attached_at_ns(guard);
    note_state(sampled, guard);
    if (roster_read(&sampled->page, guard))
        return out_of_memory(why);
    return begin_again(sampled, guard, why);
}

void sampled_read(struct sampled *sampled)
{
    if (sampled->listener)
        listener_read(sampled->listener);
}

double sampled_lost(struct sampled *sampled, u64 for_ns)
{
    u64 lost = sampled->lost;

    if (!sampled->listener)
        return 0;
    listener_read(sampled->listener);
    listener_lost(sampled->listener, &lost);
    double more = (double)(lost - sampled->lost);
    sampled->pace_ns =
        pace_next(sampled->pace_ns, SAMPLE_PACE_NS, sampled->samples, for_ns, lost > sampled->lost);
    listener_set_pace(sampled->listener, sampled->pace_ns);
    sampled->samples = 0;
    sampled->lost = lost;
    return more;
}

/* Sample again after our slot was given to somebody else, because we had not read for long. */
static int sample_again(struct sampled *sampled, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;

    listener_close(TAKE_PTR(sampled->listener));
    int error = guard_open(sampled->interface, GUARD_CHANGE, &guard, why);
    return error ? error : begin_again(sampled, guard, why);
}

int sampled_follow(struct sampled *sampled, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    bool kept = listener_keep(sampled->listener);

    int error = guard_open(sampled->interface, GUARD_READ, &guard, why);
    if (error == -ENOENT || (!error && attached_at_ns(guard) != sampled->attached_at_ns))
        return why_set(why, -ENOENT, "%s was detached: there is nothing more to count",
                       sampled->interface);
    if (error)
        return error;
    note_state(sampled, guard);
    if (!rule_names_know(&sampled->page.known, sampled->generation) &&
        roster_read(&sampled->page, guard))
        return out_of_memory(why);
    guard_close(TAKE_PTR(guard));
    return kept ? 0 : sample_again(sampled, why);
}

void sampled_clear(struct sampled *sampled)
{
    listener_close(sampled->listener);
    roster_page_clear(&sampled->page);
}
