/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "../show/live.h"
#include "../watch/screen.h"
#include "report.h"
#include "rule_line.h"
#include "sampled.h"

#define READ_NS (SECOND_NS / 20) /* interval of reading: the ring must not fill up meanwhile */
#define LOOK_NS SECOND_NS        /* interval of looks at the interface, below SAMPLING_KEEP_S */
#define KEPT    0.8 /* in a second, what is shown repeatedly loses a fifth of its weight */

struct top {
    const struct top_options *options;
    struct sampled *sampled; /* as many as interfaces */
    char *interfaces;        /* their names, as a list */
    struct census census;
    struct roster roster;
    struct rule_line line;
    struct screen screen;
    u64 looked_ns; /* CLOCK_MONOTONIC */
    struct why *why;
};

static int out_of_memory(const struct top *top)
{
    return why_set(top->why, -ENOMEM, "out of memory");
}

static void count_sample(struct sampled *sampled, const struct packet_sample *sample, u32 number)
{
    struct top *top = sampled->context;
    struct figures figures = census_figures(sample);

    figures_add(&sampled->figures[sample->direction == DIRECTION_OUT], &figures);
    census_add(&top->census, sample, number);
}

static char *name_all(const struct top_options *options)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);

    for (size_t i = 0; stream && i < options->interface_count; i++)
        fprintf(stream, "%s%s", i ? "," : "", options->interfaces[i]);
    if (stream && !fclose(stream))
        return text;
    free(text);
    return NULL;
}

static int begin(struct top *top)
{
    int error = 0;

    top->interfaces = name_all(top->options);
    top->sampled = calloc(top->options->interface_count, sizeof(*top->sampled));
    if (!top->interfaces || !top->sampled)
        return out_of_memory(top);
    for (size_t i = 0; !error && i < top->options->interface_count; i++) {
        struct sampled *sampled = &top->sampled[i];
        sampled->interface = top->options->interfaces[i];
        sampled->count = count_sample;
        sampled->context = top;
        sampled->roster = &top->roster;
        error = sampled_begin(sampled, top->why);
    }
    top->looked_ns = monotonic_ns();
    return error;
}

/* Takes in what was counted since the last look. */
static void count(struct top *top)
{
    u64 now_ns = monotonic_ns();

    for (size_t i = 0; i < top->options->interface_count; i++)
        top->census.lost += sampled_lost(&top->sampled[i], now_ns - top->looked_ns);
    top->census.seconds += (double)(now_ns - top->looked_ns) / (double)SECOND_NS;
    top->looked_ns = now_ns;
}

static size_t count_listeners(const struct top *top)
{
    size_t count = 0;

    for (size_t i = 0; i < top->options->interface_count; i++)
        count += top->sampled[i].listener != NULL;
    return count;
}

/* Of several interfaces, the others go on without one that was detached. */
static int follow(struct top *top)
{
    int error = 0;

    for (size_t i = 0; !error && i < top->options->interface_count; i++) {
        struct sampled *sampled = &top->sampled[i];
        if (!sampled->listener)
            continue;
        error = sampled_follow(sampled, top->why);
        if (error != -ENOENT || count_listeners(top) < 2)
            continue;
        error = 0;
        listener_close(TAKE_PTR(sampled->listener));
        snprintf(sampled->trouble, sizeof(sampled->trouble), "it was detached");
    }
    return error;
}

/* Is what was looked up, of the rule NAME (NULL: of any), of a policy in force? */
static bool line_is_known(const struct top *top, const char *name)
{
    for (size_t i = 0; i < top->options->interface_count; i++)
        if (top->line.generation == top->sampled[i].generation &&
            (!name || !strcmp(top->line.name, name)))
            return true;
    return false;
}

/* Looks up the rule that advice will be about. */
static void find_rule(struct top *top)
{
    struct advice advice;

    advice_make(&top->census, &advice);
    const char *name = advice.has_limit ? roster_name(&top->roster, advice.rule) : NULL;
    if (!name || line_is_known(top, name))
        return;
    for (size_t i = 0; i < top->options->interface_count; i++) {
        CLEANUP(guard_closep) struct guard *guard = NULL;
        struct why ignored;

        if (guard_open(top->sampled[i].interface, GUARD_READ, &guard, &ignored))
            continue;
        guard_unlock(guard);
        rule_line_read(guard, name, &top->line);
        if (top->line.text)
            return;
    }
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
    bool known = line_is_known(top, NULL);
    const struct report report = {
        .interface = top->interfaces,
        .sampled = top->sampled,
        .count = top->options->interface_count,
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

static void read_all(struct top *top)
{
    for (size_t i = 0; i < top->options->interface_count; i++)
        sampled_read(&top->sampled[i]);
}

/* Lets what was counted so far count for less. */
static void age(struct top *top)
{
    census_age(&top->census, KEPT);
    for (size_t i = 0; i < top->options->interface_count; i++)
        for (int direction = 0; direction < DIRECTIONS; direction++)
            figures_scale(&top->sampled[i].figures[direction], KEPT);
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
        read_all(top);
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
        age(top);
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
    for (size_t i = 0; !error && i < top->options->interface_count; i++)
        if (*top->sampled[i].trouble)
            error = why_set(top->why, -EIO, "%s: %s", top->sampled[i].interface,
                            top->sampled[i].trouble);
    return error;
}

int top_run(const struct top_options *options, struct why *why)
{
    struct top top = {.options = options, .screen = {.keys = -1}, .why = why};
    u64 seed;

    if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed) || census_init(&top.census, seed))
        return out_of_memory(&top);
    int error = live_begin(why);
    if (!error)
        error = begin(&top);
    if (!error)
        error = end(&top, go_on(&top));
    for (size_t i = 0; top.sampled && i < options->interface_count; i++)
        sampled_clear(&top.sampled[i]);
    free(top.sampled);
    free(top.interfaces);
    rule_line_clear(&top.line);
    roster_clear(&top.roster);
    census_clear(&top.census);
    return error;
}
