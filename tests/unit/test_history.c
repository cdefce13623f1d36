// SPDX-License-Identifier: GPL-2.0-or-later
/* The exporter's hour of history: means, steps that were missed, counters that begin anew, and how
 * much is kept. */
#include "check.h"

#include "../../loader/exporter/history.h"

#define BEGIN (7 * SECOND_NS) /* of CLOCK_MONOTONIC; 2026-11-30T08:00:03Z */
#define CLOCK (1796025603 * SECOND_NS - BEGIN)

static u64 realtime(u64 ns)
{
    return ns + CLOCK;
}

static struct history begun(void)
{
    struct history history;

    history_begin(&history, BEGIN, realtime(BEGIN));
    return history;
}

/* What ACCEPTED in and DROPPED in have come to, SECONDS after the beginning. */
static void note(struct history *history, const char *interface, double seconds, u64 accepted,
                 u64 dropped)
{
    static struct snapshot snapshot; /* static because it is large */
    const struct snapshots snapshots = {.list = &snapshot, .count = 1};

    snprintf(snapshot.status.interface, sizeof(snapshot.status.interface), "%s", interface);
    snapshot.totals.packets[DIRECTION_IN][VERDICT_ACCEPT] = accepted;
    snapshot.totals.packets[DIRECTION_IN][VERDICT_DROP] = dropped;
    history_note(history, &snapshots, BEGIN + (u64)(seconds * SECOND_NS));
}

/* The part of the JSON that is about INTERFACE, as text. */
static char *told(const struct history *history, const char *interface, const char *way,
                  const char *what)
{
    struct json_object *array = history_json(history, realtime);
    char *text = NULL;

    for (size_t i = 0; i < json_object_array_length(array); i++) {
        struct json_object *object = json_object_array_get_idx(array, i);
        const char *name = json_object_get_string(json_object_object_get(object, "interface"));
        if (strcmp(name, interface) != 0)
            continue;
        object = way ? json_object_object_get(object, way) : object;
        object = json_object_object_get(object, what);
        text = strdup(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
    }
    json_object_put(array);
    return text;
}

static void tells(const struct history *history, const char *way, const char *what,
                  const char *expected)
{
    char *text = told(history, "eth0", way, what);

    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

/* Steps begin at round times, whatever the clock of the counters says. */
static void test_means(void **state)
{
    struct history history = begun();

    (void)state;
    assert_int_equal(history_next_ns(&history, BEGIN), BEGIN + 7 * SECOND_NS);
    assert_int_equal(history_next_ns(&history, BEGIN + 7 * SECOND_NS), BEGIN + 17 * SECOND_NS);
    note(&history, "eth0", 0, 1000000, 50);
    tells(&history, "in", "accepted", "[]");
    note(&history, "eth0", 7, 1000700, 50);
    note(&history, "eth0", 17, 1000703, 5000050);
    tells(&history, "in", "accepted", "[100,0.3]");
    tells(&history, "in", "dropped", "[0,500000]");
    tells(&history, "out", "dropped", "[0,0]");
    tells(&history, NULL, "since", "\"2026-11-30T08:00:00Z\"");
    tells(&history, NULL, "step_seconds", "10");
    history_clear(&history);
}

/* A note that comes late is about all the time since the one before. */
static void test_late(void **state)
{
    struct history history = begun();

    (void)state;
    note(&history, "eth0", 0, 0, 0);
    note(&history, "eth0", 7, 70, 0);
    note(&history, "eth0", 47, 470, 20);
    tells(&history, "in", "accepted", "[10,10,10,10,10]");
    tells(&history, "in", "dropped", "[0,0.5,0.5,0.5,0.5]");
    note(&history, "eth0", 49, 10000, 20); /* within a step: counted with the next */
    tells(&history, "in", "accepted", "[10,10,10,10,10]");
    history_clear(&history);
}

/* Counters that begin anew say nothing about the time before; nor do any that fell. */
static void test_anew(void **state)
{
    struct history history = begun();
    struct snapshot snapshot = {.status = {.interface = "eth0", .state.attached_at_ns = 5}};
    const struct snapshots snapshots = {.list = &snapshot, .count = 1};

    (void)state;
    note(&history, "eth0", 0, 100, 0);
    note(&history, "eth0", 7, 170, 0);
    snapshot.totals.packets[DIRECTION_IN][VERDICT_ACCEPT] = 500;
    history_note(&history, &snapshots, BEGIN + 27 * SECOND_NS);
    snapshot.totals.packets[DIRECTION_IN][VERDICT_ACCEPT] = 520;
    history_note(&history, &snapshots, BEGIN + 37 * SECOND_NS);
    snapshot.totals.packets[DIRECTION_IN][VERDICT_ACCEPT] = 519;
    snapshot.totals.packets[DIRECTION_OUT][VERDICT_ACCEPT] = 10;
    history_note(&history, &snapshots, BEGIN + 47 * SECOND_NS);
    tells(&history, "in", "accepted", "[10,null,null,2,null]");
    tells(&history, "out", "accepted", "[0,null,null,0,1]");
    history_clear(&history);
}

/* After an hour, the oldest steps give way, and so do interfaces that are gone for as long. */
static void test_hour(void **state)
{
    struct history history = begun();

    (void)state;
    note(&history, "gone", 0, 0, 0);
    note(&history, "gone", 7, 0, 0);
    for (u64 step = 0; step <= HISTORY_STEPS + 1; step++)
        note(&history, "eth0", 7 + 10.0 * (double)step, step * step * 10, 0);
    char *text = told(&history, "eth0", "in", "accepted"),
         *gone = told(&history, "gone", "in", "accepted");
    assert_memory_equal(text, "[3,5,7,", 7);
    assert_string_equal(strrchr(text, ','), ",721]");
    tells(&history, NULL, "since", "\"2026-11-30T08:00:20Z\"");
    assert_null(gone);
    free(text);
    note(&history, "eth0", 7197, 1ull << 40, 0); /* unread for all but an hour */
    text = told(&history, "eth0", "in", "accepted");
    size_t commas = 0;
    for (const char *at = text; *at; at++)
        commas += *at == ',';
    assert_int_equal(commas, HISTORY_STEPS - 1);
    free(text);
    note(&history, "eth0", 20000, 1ull << 40, 0); /* and for longer: it begins anew */
    tells(&history, "in", "accepted", "[]");
    assert_int_equal(history.count, 1);
    history_clear(&history);
}

/* However many interfaces come and go, the memory is bounded. */
static void test_many(void **state)
{
    struct history history = begun();
    char name[16];

    (void)state;
    for (u32 i = 0; i < HISTORY_INTERFACES + 9; i++) {
        snprintf(name, sizeof(name), "eth%u", i);
        note(&history, name, 0, 0, 0);
    }
    assert_int_equal(history.count, HISTORY_INTERFACES);
    note(&history, "eth0", 7, 7, 0);
    tells(&history, "in", "accepted", "[1]");
    history_clear(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_means), cmocka_unit_test(test_late),
                                       cmocka_unit_test(test_anew), cmocka_unit_test(test_hour),
                                       cmocka_unit_test(test_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
