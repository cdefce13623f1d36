/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "history.h"

#include <math.h>
#include <string.h>

#include "../base/labels.h"
#include "../base/memory.h"

/* Packets per second; NAN where not known. */
struct rates_of_step {
    float packets[DIRECTIONS][VERDICTS];
};

/* Of one interface. Steps are numbered; those from `first` to before `end` are remembered. */
struct past {
    char interface[64];
    u64 attached_at_ns; /* whose counters these are */
    u64 first, end;
    u64 last_ns; /* when `last` was counted */
    struct totals last;
    struct rates_of_step steps[HISTORY_STEPS]; /* by their numbers, modulo HISTORY_STEPS */
};

static const char *const total_names[VERDICTS] = {
    [VERDICT_ACCEPT] = "accepted",
    [VERDICT_DROP] = "dropped",
};

static u64 step_at(const struct history *history, u64 ns)
{
    return (ns + history->phase_ns) / HISTORY_STEP_NS;
}

static u64 step_begin(const struct history *history, u64 step)
{
    return step * HISTORY_STEP_NS - history->phase_ns;
}

void history_begin(struct history *history, u64 now_ns, u64 realtime_ns)
{
    *history = (struct history){.phase_ns = (realtime_ns - now_ns) % HISTORY_STEP_NS};
}

u64 history_next_ns(const struct history *history, u64 now_ns)
{
    return step_begin(history, step_at(history, now_ns) + 1);
}

static struct past *find(const struct history *history, const char *interface)
{
    for (size_t i = 0; i < history->count; i++)
        if (!strcmp(history->list[i].interface, interface))
            return &history->list[i];
    return NULL;
}

/* NULL if there is no room. */
static struct past *add(struct history *history, const char *interface, u64 step)
{
    struct past *grown =
        history->count < HISTORY_INTERFACES
            ? array_grow(history->list, history->count, &history->capacity, sizeof(*grown))
            : NULL;

    if (!grown)
        return NULL;
    history->list = grown;
    struct past *made = &grown[history->count++];
    memset(made, 0, sizeof(*made));
    snprintf(made->interface, sizeof(made->interface), "%s", interface);
    made->first = made->end = step;
    return made;
}

/* Forget the interfaces of which nothing is known of the last hour before STEP. */
static void forget(struct history *history, u64 step)
{
    size_t kept = 0;

    for (size_t i = 0; i < history->count; i++)
        if (history->list[i].end + HISTORY_STEPS > step)
            history->list[kept++] = history->list[i];
    history->count = kept;
}

/* The means from the last note to NOW; unknown if the counters are others, or fell. */
static struct rates_of_step means(const struct past *past, const struct snapshot *snapshot,
                                  u64 now_ns)
{
    const struct totals *now = &snapshot->totals, *last = &past->last;
    bool same = past->last_ns && past->attached_at_ns == snapshot->status.state.attached_at_ns &&
                now_ns > past->last_ns;
    struct rates_of_step rates;

    for (int d = 0; d < DIRECTIONS; d++)
        for (int v = 0; v < VERDICTS; v++)
            rates.packets[d][v] = same && now->packets[d][v] >= last->packets[d][v]
                                      ? (float)((double)(now->packets[d][v] - last->packets[d][v]) *
                                                SECOND_NS / (double)(now_ns - past->last_ns))
                                      : NAN;
    return rates;
}

/* All steps that ended since the last note get the same. */
static void extend(struct past *past, const struct rates_of_step *rates, u64 step)
{
    if (past->end + HISTORY_STEPS < step)
        past->end = step - HISTORY_STEPS;
    while (past->end < step)
        past->steps[past->end++ % HISTORY_STEPS] = *rates;
    if (past->first + HISTORY_STEPS < past->end)
        past->first = past->end - HISTORY_STEPS;
}

void history_note(struct history *history, const struct snapshots *snapshots, u64 now_ns)
{
    u64 step = step_at(history, now_ns);

    forget(history, step);
    for (size_t i = 0; i < snapshots->count; i++) {
        const struct snapshot *snapshot = &snapshots->list[i];
        struct past *past = find(history, snapshot->status.interface);
        if (!past)
            past = add(history, snapshot->status.interface, step);
        if (!past)
            continue;
        struct rates_of_step rates = means(past, snapshot, now_ns);
        extend(past, &rates, step);
        past->attached_at_ns = snapshot->status.state.attached_at_ns;
        past->last = snapshot->totals;
        past->last_ns = now_ns;
    }
}

/* With one digit behind the point, which is left out where it is 0: it mostly is. */
static struct json_object *rate_json(float rate)
{
    u64 tenths = isnan(rate) ? 0 : (u64)((double)rate * 10 + 0.5);
    char text[32];

    if (isnan(rate))
        return NULL;
    if (tenths % 10 == 0)
        return json_object_new_int64((int64_t)(tenths / 10));
    snprintf(text, sizeof(text), "%llu.%llu", (unsigned long long)(tenths / 10),
             (unsigned long long)(tenths % 10));
    return json_object_new_double_s((double)tenths / 10, text);
}

static struct json_object *rates_json(const struct past *past, enum direction direction,
                                      enum verdict verdict)
{
    struct json_object *array = json_object_new_array();

    for (u64 step = past->first; step < past->end; step++)
        json_object_array_add(
            array, rate_json(past->steps[step % HISTORY_STEPS].packets[direction][verdict]));
    return array;
}

/* Two clocks are never read at the same time: `since` is rounded to the second. */
static struct json_object *past_json(const struct history *history, const struct past *past,
                                     u64 (*realtime)(u64 ns))
{
    struct json_object *object = json_object_new_object();

    json_add_text(object, "interface", past->interface);
    json_add_time(object, "since", realtime(step_begin(history, past->first)) + SECOND_NS / 2);
    json_add_number(object, "step_seconds", HISTORY_STEP_NS / SECOND_NS);
    for (int d = 0; d < DIRECTIONS; d++) {
        struct json_object *way = json_object_new_object();
        for (int v = VERDICTS - 1; v >= 0; v--)
            json_object_object_add(way, total_names[v], rates_json(past, d, v));
        json_object_object_add(object, direction_names[d], way);
    }
    return object;
}

struct json_object *history_json(const struct history *history, u64 (*realtime)(u64 ns))
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < history->count; i++)
        json_object_array_add(array, past_json(history, &history->list[i], realtime));
    return array;
}

void history_clear(struct history *history)
{
    free(history->list);
    *history = (struct history){0};
}
