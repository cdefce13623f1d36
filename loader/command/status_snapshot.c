/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "status_snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../apply/named.h"
#include "../base/clock.h"
#include "../base/colour.h"
#include "../base/labels.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../metrics/json.h"
#include "../show/figure.h"
#include "../show/times.h"

static const char *const state_names[] = {
    [ARCHIVED_SAME] = "same",
    [ARCHIVED_CHANGED] = "changed",
    [ARCHIVED_GONE] = "gone",
    [ARCHIVED_UNREADABLE] = "unreadable",
};

void status_snapshot_clear(struct status_snapshot *shown)
{
    snapshot_clear(&shown->snapshot);
    for (size_t i = 0; i < shown->file_count; i++)
        free(shown->files[i].path);
    free(shown->files);
    host_free(shown->kept);
    host_free(shown->now);
    free(shown->changes);
    known_clear(&shown->known);
    *shown = (struct status_snapshot){0};
}

static int add_file(const char *path, enum archived_state state, void *context)
{
    struct status_snapshot *shown = context;
    char *copy = strdup(path);
    void *grown =
        array_grow(shown->files, shown->file_count, &shown->file_capacity, sizeof(*shown->files));

    if (grown)
        shown->files = grown;
    if (!grown || !copy) {
        free(copy);
        return -ENOMEM;
    }
    shown->files[shown->file_count++] = (struct status_file){copy, state};
    return 0;
}

/* Compares the addresses that the policy in force knows with those of the host. */
static int compare_host(const void *archive, size_t length, struct status_snapshot *shown)
{
    const struct snapshot *snapshot = &shown->snapshot;
    struct why ignored;
    int error = archive_host(archive, length, &shown->kept);

    if (error == -EPROTO || !shown->kept)
        return error == -ENOMEM ? error : 0;
    known_read(snapshot->status.interface, &shown->known, &ignored);
    error = named_host_now(snapshot->status.interface, shown->kept,
                           snapshot->tables.seated.loaded_at_ns, &shown->known, &shown->now);
    if (error && error != -ENOMEM)
        return 0;
    if (!error)
        shown->changes = host_changes(shown->kept, shown->now);
    return shown->changes ? 0 : -ENOMEM;
}

int status_snapshot_take(const char *interface, struct status_snapshot *shown, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    CLEANUP(status_snapshot_clear) struct status_snapshot made = {0};
    int error = guard_open(interface, GUARD_READ, &guard, why);

    if (!error)
        error = snapshot_take_of(guard, &made.snapshot, why);
    if (error)
        return error;
    guard_answers_are_lost(guard, &made.answers);
    guard_connections_are_hidden(guard, &made.hidden);
    guard_cookies_are_missing(guard, &made.cookies);
    made.cookies_when = guard_cookies_when();
    guard_look(guard, &made.snapshot.totals, &made.before);
    made.rates = totals_rates(&made.snapshot.totals, &made.before, monotonic_ns());
    guard_unlock(guard);
    size_t length;
    const void *archive = tables_archive(guard_tables(guard), &length);
    if (archive_compare(archive, length, add_file, &made) == -ENOMEM ||
        compare_host(archive, length, &made))
        return why_set(why, -ENOMEM, "out of memory");
    *shown = made;
    made = (struct status_snapshot){0};
    return 0;
}

static bool has_changed(const struct status_snapshot *shown)
{
    for (size_t i = 0; i < shown->file_count; i++)
        if (shown->files[i].state != ARCHIVED_SAME)
            return true;
    return false;
}

static void print_counted(u64 packets, const char *what, const struct totals_rates *rates,
                          double rate)
{
    char text[RATE_TEXT_BYTES];

    printf("%llu %s", (unsigned long long)packets, what);
    if (rates->span_ns)
        printf(" (%s/s)", figure_rate(rate, text));
}

static void print_totals(const struct status_snapshot *shown)
{
    static const char *const words[] = {[VERDICT_ACCEPT] = "accepted", [VERDICT_DROP] = "dropped"};
    const struct totals *totals = &shown->snapshot.totals;
    const struct totals_rates *rates = &shown->rates;
    char span[TIME_TEXT_BYTES];

    for (int d = 0; d < DIRECTIONS; d++) {
        printf("  %-9s %s: ", d ? "" : "packets", direction_names[d]);
        print_counted(totals->seen[d], "seen", rates, rates->seen[d]);
        for (int v = VERDICTS; v--;) {
            fputs(", ", stdout);
            print_counted(totals->packets[d][v], words[v], rates, rates->packets[d][v]);
        }
        putchar('\n');
    }
    if (rates->span_ns)
        printf("            rates are means of the last %s, since %s\n",
               time_print_left(rates->span_ns, span),
               shown->before.number ? "somebody last looked" : "it was attached");
}

/* Only where there is something to be told. */
static void print_answers(const struct snapshot *snapshot)
{
    const struct answers *answers = &snapshot->answers;

    if (snapshot->tables.switches.refuses || answers->sent || answers->withheld)
        printf("  answers   %llu to rejected packets, %llu withheld because there were too many\n",
               (unsigned long long)answers->sent, (unsigned long long)answers->withheld);
}

/* Only where there is something to be told. */
static void print_cookies(const struct status_snapshot *shown)
{
    const struct cookies *cookies = &shown->snapshot.cookies;

    if (!shown->snapshot.tables.switches.protects && !cookies->sent)
        return;
    printf("  cookies   %llu sent, %llu returned, %llu wrong%s\n",
           (unsigned long long)cookies->sent, (unsigned long long)cookies->valid,
           (unsigned long long)cookies->invalid,
           shown->cookies_when == COOKIES_QUEUE_FULL
               ? "; sent while a listener's queue is full (net.ipv4.tcp_syncookies = 1)"
               : "");
    if (shown->snapshot.tables.seated.full)
        printf("            clients with timestamps keep them, window scaling and SACK\n");
    if (shown->cookies.text[0])
        printf("            %s\n", HARMLESS(shown->cookies.text));
}

static void print_files(const struct status_snapshot *shown)
{
    static const char *const words[] = {
        [ARCHIVED_CHANGED] = "has changed: it is not what is in force",
        [ARCHIVED_GONE] = "is gone: what it contained is still in force",
        [ARCHIVED_UNREADABLE] = "cannot be read again: what it contained is still in force",
    };

    for (size_t i = 0; i < shown->file_count; i++)
        if (shown->files[i].state != ARCHIVED_SAME)
            printf("  file      %s %s\n", HARMLESS(shown->files[i].path),
                   words[shown->files[i].state]);
    if (has_changed(shown) && shown->files[0].state <= ARCHIVED_CHANGED)
        printf("            what a reload would change: edgexdp diff %s %s\n",
               HARMLESS(shown->snapshot.status.interface), HARMLESS(shown->files[0].path));
}

static void print_addresses(const struct status_snapshot *shown)
{
    if (!shown->changes || !*shown->changes)
        return;
    printf("  addresses are not those in force: %s\n", HARMLESS(shown->changes));
    printf("            to put them in force: edgexdp reload %s\n",
           HARMLESS(shown->snapshot.status.interface));
}

/* When the addresses of the name WORD came, as far as is known: compiling asks, too. */
static u64 answered_ns(const struct status_snapshot *shown, const struct known_name *name)
{
    u64 loaded_ns = shown->snapshot.tables.seated.loaded_at_ns;

    return name && (name->answered_ns || name->trouble[0]) ? name->answered_ns : loaded_ns;
}

static const struct known_name *name_of(const struct status_snapshot *shown,
                                        const struct host_word *word)
{
    return known_find(&shown->known, strchr(word->name, ':') + 1);
}

static void print_name(const struct status_snapshot *shown, const struct host_word *word,
                       const char *title)
{
    const struct known_name *name = name_of(shown, word);
    size_t count = word->family[0].count + word->family[1].count;
    u64 answered = answered_ns(shown, name);
    char age[TIME_TEXT_BYTES];

    printf("  %-9s %s: %zu address%s", title, word->name, count, count == 1 ? "" : "es");
    if (answered)
        printf(", as of %s ago", time_print_age(answered, age));
    if (name && name->trouble[0])
        printf("; %s", HARMLESS(name->trouble));
    putchar('\n');
}

static void print_names(const struct status_snapshot *shown)
{
    const char *title = "names";

    for (size_t i = 0; shown->kept && i < host_count(shown->kept); i++) {
        const struct host_word *word = host_at(shown->kept, i);

        if (!host_word_is_name(word))
            continue;
        print_name(shown, word, title);
        title = "";
    }
}

static void print_policy(const struct snapshot *snapshot)
{
    const struct tables_header *tables = &snapshot->tables;
    bool rollback = snapshot->status.seat.fallback < SEATS;
    char loaded[TIME_TEXT_BYTES], age[TIME_TEXT_BYTES];

    fputs(HARMLESS(snapshot->status.interface), stdout);
    if (tables->switches.audit)
        printf("  %saudit mode: everything passes%s", colour_begin(stdout, COLOUR_WARNING),
               colour_end(stdout));
    putchar('\n');
    if (tables->switches.unguarded)
        printf("  policy    none: unguarded, everything is accepted\n");
    else
        printf("  policy    %s (%s), from %s\n", tables->name, tables_mode(tables),
               HARMLESS(snapshot->path));
    printf("  in force  since %s (%s ago)%s\n", time_print(tables->seated.loaded_at_ns, loaded),
           time_print_age(tables->seated.loaded_at_ns, age),
           rollback ? "; rollback is possible" : "");
}

void status_snapshot_print(const struct status_snapshot *shown)
{
    const struct guard_status *status = &shown->snapshot.status;
    u64 confirm_by_ns = status->seat.confirm_by_ns;
    char time[TIME_TEXT_BYTES];

    print_policy(&shown->snapshot);
    print_files(shown);
    print_addresses(shown);
    print_names(shown);
    printf("  attached  in: %s (program %u), out: %s\n", guard_status_ingress(status),
           status->ways[DIRECTION_IN].program, guard_status_egress(status));
    if (shown->answers.text[0])
        printf("            %s\n", HARMLESS(shown->answers.text));
    if (shown->hidden.text[0])
        printf("            %s\n", HARMLESS(shown->hidden.text));
    if (confirm_by_ns)
        printf("  confirm   by %s, or the previous policy is in force again\n",
               time_print(time_from_monotonic(confirm_by_ns), time));
    else if (status->state.expired_at_ns)
        printf("  confirm   did not come by %s: gone back to the previous policy\n",
               time_print(status->state.expired_at_ns, time));
    print_totals(shown);
    print_answers(&shown->snapshot);
    print_cookies(shown);
    printf("  flows     %zu of %zu\n", status->flows, status->flows_max);
    printf("  bans      %zu\n", status->bans);
    if (status->blocks[BLOCK_MANUAL] + status->blocks[BLOCK_FLOWSPEC])
        printf("  blocks    %zu\n", status->blocks[BLOCK_MANUAL] + status->blocks[BLOCK_FLOWSPEC]);
}

static struct json_object *files_json(const struct status_snapshot *shown)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < shown->file_count; i++) {
        struct json_object *file = json_object_new_object();
        json_add_text(file, "path", shown->files[i].path);
        json_add_text(file, "state", state_names[shown->files[i].state]);
        json_object_array_add(array, file);
    }
    return array;
}

static struct json_object *word_json(const struct host_word *word)
{
    struct json_object *array = json_object_new_array();
    CLEANUP_FREE char *text = word ? host_word_text(word) : NULL;
    char *rest = NULL;

    for (char *item = text ? strtok_r(text, ", ", &rest) : NULL; item;
         item = strtok_r(NULL, ", ", &rest))
        json_object_array_add(array, json_text(item));
    return array;
}

static struct json_object *addresses_json(const struct status_snapshot *shown)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < host_count(shown->kept); i++) {
        const struct host_word *kept = host_at(shown->kept, i);
        struct json_object *word = json_object_new_object();

        json_add_text(word, "word", kept->name);
        json_object_object_add(word, "in_force", word_json(kept));
        json_object_object_add(word, "now", word_json(host_find(shown->now, piece_of(kept->name))));
        json_object_array_add(array, word);
    }
    return array;
}

static struct json_object *name_json(const struct status_snapshot *shown,
                                     const struct host_word *word)
{
    const struct known_name *name = name_of(shown, word);
    struct json_object *object = json_object_new_object();
    u64 answered = answered_ns(shown, name);

    json_add_text(object, "name", strchr(word->name, ':') + 1);
    json_object_object_add(object, "addresses", word_json(word));
    if (answered)
        json_add_time(object, "answered_at", answered);
    else
        json_object_object_add(object, "answered_at", NULL);
    if (name && name->trouble[0])
        json_add_text(object, "trouble", name->trouble);
    return object;
}

/* NULL: the policy has none. */
static struct json_object *names_json(const struct status_snapshot *shown)
{
    struct json_object *array = NULL;

    for (size_t i = 0; shown->kept && i < host_count(shown->kept); i++) {
        if (!host_word_is_name(host_at(shown->kept, i)))
            continue;
        if (!array)
            array = json_object_new_array();
        json_object_array_add(array, name_json(shown, host_at(shown->kept, i)));
    }
    return array;
}

static struct json_object *rate_json(double rate)
{
    char text[32];

    snprintf(text, sizeof(text), "%.3f", rate);
    return json_object_new_double_s(rate, text);
}

static struct json_object *rates_json(const struct status_snapshot *shown)
{
    const struct totals_rates *rates = &shown->rates;
    struct json_object *object = json_object_new_object();

    json_add_time(object, "since", time_from_monotonic(shown->before.time_ns));
    for (int d = 0; d < DIRECTIONS; d++) {
        struct json_object *way = json_object_new_object();
        json_object_object_add(way, "seen", rate_json(rates->seen[d]));
        json_object_object_add(way, "accepted", rate_json(rates->packets[d][VERDICT_ACCEPT]));
        json_object_object_add(way, "dropped", rate_json(rates->packets[d][VERDICT_DROP]));
        json_object_object_add(object, direction_names[d], way);
    }
    return object;
}

struct json_object *status_snapshot_json(const struct status_snapshot *shown)
{
    struct json_object *object = json_status(&shown->snapshot);

    if (shown->answers.text[0])
        json_add_text(object, "answers_lost", shown->answers.text);
    if (shown->hidden.text[0])
        json_add_text(object, "connections_hidden", shown->hidden.text);
    if (shown->cookies.text[0])
        json_add_text(object, "syn_cookies_missing", shown->cookies.text);
    if (shown->rates.span_ns)
        json_object_object_add(object, "rates", rates_json(shown));
    if (shown->file_count) {
        json_object_object_add(object, "files", files_json(shown));
        json_object_object_add(object, "file_changed", json_object_new_boolean(has_changed(shown)));
    }
    struct json_object *names = names_json(shown);
    if (names)
        json_object_object_add(object, "names", names);
    if (shown->changes) {
        json_object_object_add(object, "addresses", addresses_json(shown));
        json_object_object_add(object, "addresses_changed",
                               json_object_new_boolean(*shown->changes));
    }
    return object;
}
