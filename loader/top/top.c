/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top.h"

#include <edgexdp/tables.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "../base/say.h"
#include "../show/live.h"
#include "../watch/screen.h"
#include "pace.h"
#include "report.h"
#include "rule_line.h"

#define READ_NS (SECOND_NS / 20) /* interval of reading: the ring must not fill up meanwhile */
#define LOOK_NS SECOND_NS        /* interval of looks at the interface, below SAMPLING_KEEP_S */
#define KEPT    0.8 /* in a second, what is shown repeatedly loses a fifth of its weight */

struct top {
    const struct top_options *options;
    struct listener *listener; /* NULL: not yet, or somebody took our slot */
    struct census census;
    struct roster roster;
    struct rule_line line;
    struct screen screen;
    char policy[NAME_BYTES];
    const char *mode;
    char trouble[TROUBLE_BYTES];
    u32 generation;     /* of the policy in force */
    u32 asked_for;      /* the last generation whose names were read */
    u64 attached_at_ns; /* of the state that is sampled */
    u64 looked_ns;      /* CLOCK_MONOTONIC */
    u64 lost;           /* at the last look */
    u64 samples;        /* since the last look */
    u32 pace_ns;
    struct why *why;
};

static int out_of_memory(const struct top *top)
{
    return why_set(top->why, -ENOMEM, "out of memory");
}

static void note_state(struct top *top, const struct guard *guard)
{
    const struct tables_header *tables = guard_tables(guard);
    struct guard_status status;

    guard_outline(guard, &status);
    guard_status_trouble(&status, top->trouble);
    memcpy(top->policy, tables->name, sizeof(top->policy));
    top->policy[NAME_BYTES - 1] = '\0';
    top->mode = tables_mode(tables);
    top->generation = tables->seated.generation;
}

static u64 attached_at_ns(const struct guard *guard)
{
    struct guard_status status;

    guard_outline(guard, &status);
    return status.state.attached_at_ns;
}

/* Read the names for a sample of a policy seated after our last look. If that policy is gone again,
 * it stays unknown: each is looked for once. */
static void learn(struct top *top, u32 generation)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why ignored;

    if (rule_names_know(&top->roster.known, generation) || generation == top->asked_for)
        return;
    top->asked_for = generation;
    if (!guard_open(top->options->interface, GUARD_READ, &guard, &ignored))
        roster_read(&top->roster, guard);
}

static void on_sample(const struct packet_sample *sample, void *context)
{
    struct top *top = context;

    top->samples++;
    if (sample->outcome.kind != OUTCOME_REASON)
        learn(top, sample->generation);
    census_add(&top->census, sample, roster_number(&top->roster, sample));
}

static int sample(struct top *top, struct guard *guard)
{
    top->lost = 0;
    return guard_sample(guard, top->pace_ns, on_sample, top, &top->listener, top->why);
}

static int begin(struct top *top)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    const char *interface = top->options->interface;
    struct why note = {0};

    int error = guard_open(interface, GUARD_CHANGE, &guard, top->why);
    if (!error)
        error = guard_mend(guard, &note, top->why);
    if (note.text[0])
        say_warning("%s: %s", interface, note.text);
    if (error)
        return error;
    top->attached_at_ns = attached_at_ns(guard);
    note_state(top, guard);
    if (roster_read(&top->roster, guard))
        return out_of_memory(top);
    top->looked_ns = monotonic_ns();
    return sample(top, guard);
}

/* Sample again after our slot was given to somebody else, because we had not read for long. */
static int sample_again(struct top *top)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;

    listener_close(TAKE_PTR(top->listener));
    int error = guard_open(top->options->interface, GUARD_CHANGE, &guard, top->why);
    return error ? error : sample(top, guard);
}

/* Takes in what was counted since the last look. */
static void count(struct top *top)
{
    u64 now_ns = monotonic_ns(), lost = top->lost;

    listener_read(top->listener);
    listener_lost(top->listener, &lost);
    top->census.seconds += (double)(now_ns - top->looked_ns) / (double)SECOND_NS;
    top->census.lost += (double)(lost - top->lost);
    top->pace_ns = pace_next(top->pace_ns, SAMPLE_PACE_NS, top->samples, now_ns - top->looked_ns,
                             lost > top->lost);
    listener_set_pace(top->listener, top->pace_ns);
    top->samples = 0;
    top->lost = lost;
    top->looked_ns = now_ns;
}

/* Is everything as it was? If not, put it right, or say why we must end. */
static int follow(struct top *top)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    const char *interface = top->options->interface;
    bool kept = listener_keep(top->listener);

    int error = guard_open(interface, GUARD_READ, &guard, top->why);
    if (error == -ENOENT || (!error && attached_at_ns(guard) != top->attached_at_ns))
        return why_set(top->why, -ENOENT, "%s was detached: there is nothing more to count",
                       interface);
    if (error)
        return error;
    note_state(top, guard);
    if (!rule_names_know(&top->roster.known, top->generation) && roster_read(&top->roster, guard))
        return out_of_memory(top);
    guard_close(TAKE_PTR(guard));
    return kept ? 0 : sample_again(top);
}

/* Looks up the rule that advice will be about. */
static void find_rule(struct top *top)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct advice advice;
    struct why ignored;

    advice_make(&top->census, &advice);
    const char *name = advice.has_limit ? roster_name(&top->roster, advice.rule) : NULL;
    if (!name || (top->line.generation == top->generation && !strcmp(top->line.name, name)) ||
        guard_open(top->options->interface, GUARD_READ, &guard, &ignored))
        return;
    guard_unlock(guard);
    rule_line_read(guard, name, &top->line);
}

static int print(struct top *top, const struct report *report)
{
    CLEANUP_FREE char *text = NULL;
    size_t bytes, width = 0;

    if (top->screen.is_terminal) {
        screen_measure(&top->screen);
        width = top->screen.width;
    }
    FILE *frame = open_memstream(&text, &bytes);
    int error = frame ? report_print(report, top->screen.height, width, frame) : -ENOMEM;
    if (frame && fclose(frame))
        error = -ENOMEM;
    if (error)
        return out_of_memory(top);
    if (top->options->for_ns)
        fputs(text, stdout);
    else
        screen_draw(&top->screen, text);
    return 0;
}

static int show(struct top *top)
{
    find_rule(top);
    bool known = top->line.generation == top->generation;
    const struct report report = {
        .interface = top->options->interface,
        .policy = top->policy,
        .mode = top->mode,
        .trouble = top->trouble,
        .census = &top->census,
        .roster = &top->roster,
        .only = top->options->only,
        .direction = top->options->direction,
        .rule = known ? top->line.text : NULL,
        .rule_is_tcp = known && top->line.is_tcp,
    };
    int error = 0;

    if (top->options->json)
        report_print_json(&report);
    else
        error = print(top, &report);
    return error ? error : live_flush(top->why);
}

/* Reads until UNTIL_NS. Returns true if the user ended it. */
static bool read_until(struct top *top, u64 until_ns)
{
    for (;;) {
        u64 now_ns = monotonic_ns();

        if (now_ns >= until_ns)
            return false;
        enum live_news news =
            live_wait(top->screen.keys, now_ns + READ_NS < until_ns ? now_ns + READ_NS : until_ns);
        listener_read(top->listener);
        if (news == LIVE_END || (news == LIVE_INPUT && screen_is_left(&top->screen)))
            return true;
    }
}

/* Says it once, at the end. */
static int count_for(struct top *top)
{
    u64 end_ns = top->looked_ns + top->options->for_ns;

    for (;;) {
        u64 look_ns = top->looked_ns + LOOK_NS;
        bool ended = read_until(top, look_ns < end_ns ? look_ns : end_ns);

        count(top);
        int error = follow(top);
        if (error)
            return error;
        if (ended || monotonic_ns() >= end_ns)
            return show(top);
    }
}

static int count_on(struct top *top)
{
    while (!read_until(top, top->looked_ns + LOOK_NS)) {
        count(top);
        int error = follow(top);
        if (!error)
            error = show(top);
        if (error)
            return error;
        census_age(&top->census, KEPT);
    }
    return 0;
}

static int go_on(struct top *top)
{
    if (top->options->for_ns)
        return count_for(top);
    if (top->options->json)
        return count_on(top);
    screen_open(&top->screen);
    int error = count_on(top);
    screen_close(&top->screen);
    return error;
}

/* What was shown is half the truth if packets pass by our programs. */
static int end(const struct top *top, int error)
{
    if (error == -EPIPE)
        return 0; /* nobody reads our output any more */
    if (!error && *top->trouble)
        return why_set(top->why, -EIO, "%s: %s", top->options->interface, top->trouble);
    return error;
}

int top_run(const struct top_options *options, struct why *why)
{
    struct top top = {.options = options,
                      .screen = {.keys = -1},
                      .pace_ns = SAMPLE_PACE_NS,
                      .mode = "",
                      .why = why};
    u64 seed;

    if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed) || census_init(&top.census, seed))
        return out_of_memory(&top);
    int error = live_begin(why);
    if (!error)
        error = begin(&top);
    if (!error)
        error = end(&top, go_on(&top));
    listener_close(top.listener);
    rule_line_clear(&top.line);
    roster_clear(&top.roster);
    census_clear(&top.census);
    return error;
}
