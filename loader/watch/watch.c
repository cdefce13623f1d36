/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch.h"

#include <edgexdp/abi.h>
#include <errno.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../show/live.h"
#include "../show/times.h"
#include "frame.h"

/* The first frame comes soon, whatever interval was asked for. */
#define FIRST_NS SECOND_NS

/* What was counted at a moment. */
struct sample {
    u64 at_ns; /* CLOCK_MONOTONIC */
    struct snapshots snapshots;
    struct why trouble; /* with one interface, which does not hide the others */
};

static int sample_one(const char *interface, struct snapshots *snapshots, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;

    int error = guard_open(interface, GUARD_READ, &guard, why);
    return error ? error : snapshots_add_guard(snapshots, guard, why);
}

static int sample_take(const char *interface, struct sample *sample, struct why *why)
{
    *sample = (struct sample){.at_ns = monotonic_ns()};
    if (interface)
        return sample_one(interface, &sample->snapshots, why);
    int error = snapshots_take(NULL, &sample->snapshots, &sample->trouble);
    if (error && !sample->snapshots.count)
        return why_set(why, error, "%s", sample->trouble.text);
    return 0;
}

/* The same interface in SAMPLE, unless it was attached anew since. */
static const struct snapshot *find(const struct sample *sample, const struct snapshot *later)
{
    for (size_t i = 0; i < sample->snapshots.count; i++) {
        const struct snapshot *earlier = &sample->snapshots.list[i];
        if (!strcmp(earlier->status.interface, later->status.interface) &&
            earlier->status.state.attached_at_ns == later->status.state.attached_at_ns)
            return earlier;
    }
    return NULL;
}

/* The interfaces share the screen equally. */
static size_t rows_of_each(const struct screen *screen, size_t count)
{
    size_t lines = count * FRAME_LINES + 1;

    if (!screen->height || !count)
        return 0;
    return screen->height > lines ? (screen->height - lines) / count : 1;
}

static int write_frame(FILE *frame, const struct watch_options *options,
                       const struct screen *screen, const struct sample *before,
                       const struct sample *now)
{
    char time[TIME_TEXT_BYTES];
    double seconds = (double)(now->at_ns - before->at_ns) / (double)SECOND_NS;
    int error = 0;

    fprintf(frame, "%s, every %llu s%s\n", time_print(realtime_ns(), time),
            (unsigned long long)(options->every_ns / SECOND_NS),
            screen->keys >= 0 ? "; q ends" : "");
    if (now->trouble.text[0])
        fprintf(frame, "%s\n", HARMLESS(now->trouble.text));
    if (!now->snapshots.count)
        fputs("\nno interface of this network namespace is guarded\n", frame);
    for (size_t i = 0; !error && i < now->snapshots.count; i++) {
        const struct snapshot *snapshot = &now->snapshots.list[i];
        CLEANUP(rates_clear) struct rates rates = {0};
        fputc('\n', frame);
        error = rates_make(find(before, snapshot), snapshot, seconds, &rates);
        if (!error)
            error = frame_add(frame, screen, snapshot, &rates,
                              rows_of_each(screen, now->snapshots.count), options->all);
    }
    return error;
}

static int draw(const struct watch_options *options, struct screen *screen,
                const struct sample *before, const struct sample *now, struct why *why)
{
    CLEANUP_FREE char *text = NULL;
    size_t bytes;
    FILE *frame = open_memstream(&text, &bytes);

    if (!frame)
        return why_set(why, -ENOMEM, "out of memory");
    screen_measure(screen);
    int error = write_frame(frame, options, screen, before, now);
    if (fclose(frame) || error)
        return why_set(why, -ENOMEM, "out of memory");
    screen_draw(screen, text);
    return live_flush(why);
}

/* Wait until the next frame is due, or the end. */
static bool is_ended(const struct screen *screen, u64 until_ns)
{
    for (;;) {
        enum live_news news = live_wait(screen->keys, until_ns);
        if (news == LIVE_TIME)
            return false;
        if (news == LIVE_END || screen_is_left(screen))
            return true;
    }
}

static int go_on(const struct watch_options *options, struct screen *screen, struct sample *before,
                 struct why *why)
{
    u64 next_ns = before->at_ns + (options->every_ns < FIRST_NS ? options->every_ns : FIRST_NS);

    while (!is_ended(screen, next_ns)) {
        struct sample now;
        int error = sample_take(options->interface, &now, why);
        if (!error)
            error = draw(options, screen, before, &now, why);
        snapshots_clear(&before->snapshots);
        *before = now;
        if (error)
            return error;
        next_ns = now.at_ns + options->every_ns;
    }
    return 0;
}

int watch_run(const struct watch_options *options, struct why *why)
{
    struct sample sample;
    struct screen screen;

    int error = live_begin(why);
    if (!error)
        error = sample_take(options->interface, &sample, why);
    if (error)
        return error;
    screen_open(&screen);
    error = go_on(options, &screen, &sample, why);
    screen_close(&screen);
    snapshots_clear(&sample.snapshots);
    return error == -EPIPE ? 0 : error; /* nobody watches any more */
}
