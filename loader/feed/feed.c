/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed.h"

#include "../base/clock.h"
#include "../base/memory.h"
#include "../base/say.h"
#include "../flowspec/exabgp.h"
#include "../netlink/addresses.h"
#include "../show/live.h"
#include "forces.h"
#include "lines.h"
#include "tally.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define MS_NS 1000000ull

/* A swap waits for what comes together: until nothing has come for so long, but not longer than
 * BATCH_NS after the first of it. */
#define QUIET_NS (20 * MS_NS)
#define BATCH_NS (250 * MS_NS)

/* After a swap, as much time is for others as it took, within bounds. */
#define PAUSE_NS      (50 * MS_NS)
#define PAUSE_MOST_NS (400 * MS_NS)

/* How often the end of what is in force is put off; how far at least; and how often the addresses
 * that flows may name are asked for. */
#define RENEW_NS       (5 * SECOND_NS)
#define RENEW_LEAST_NS (60 * SECOND_NS)

/* How often what happened is summed up, if anything did; and how soon a failure is tried again. */
#define REPORT_NS (10 * SECOND_NS)
#define RETRY_NS  SECOND_NS

/* Lines that are read before what they say is looked at: 4 MiB come at once at most. */
#define READS_AT_ONCE 64

struct feed {
    const struct feed_options *options;
    struct lines input;
    struct permit permit;
    struct routes *routes;
    struct forces forces;
    struct tally tally;
    u64 now_ns;
    u64 batch_since_ns; /* of the first change that is not in force; 0: there is none */
    u64 changed_ns;     /* of the last one */
    u64 rest_until_ns;  /* no swap before */
    u64 renew_at_ns, report_at_ns, forget_at_ns; /* the latter two 0: never */
    bool failed;                                 /* the last time; it was said */
};

static void feed_clear(struct feed *feed)
{
    lines_clear(&feed->input);
    permit_clear(&feed->permit);
    forces_clear(&feed->forces);
    routes_free(feed->routes);
}

/* Something is to be put in force, on all interfaces. */
static void change(struct feed *feed)
{
    feed->changed_ns = feed->now_ns;
    if (!feed->batch_since_ns)
        feed->batch_since_ns = feed->now_ns;
    forces_change(&feed->forces);
}

static int on_announce(void *context, const char *peer, const struct nlri *nlri,
                       const struct flow_action *action, const char *words)
{
    struct feed *feed = context;
    const char *reason = NULL;
    int error;

    feed->tally.announced++;
    if (permit_holds(&feed->permit, nlri)) {
        error = routes_announce(feed->routes, peer, nlri, action, words, &reason);
    } else {
        routes_withdraw(feed->routes, peer, nlri);
        reason = "it is for destinations that --for does not hold";
        error = -ENOTSUP;
    }
    if (error == -ENOTSUP)
        tally_refuse(&feed->tally, words, reason, feed->now_ns);
    return error == -ENOMEM ? error : 0;
}

static int on_withdraw(void *context, const char *peer, const struct nlri *nlri)
{
    struct feed *feed = context;

    feed->tally.withdrawn += routes_withdraw(feed->routes, peer, nlri);
    return 0;
}

static int on_up(void *context, const char *peer)
{
    struct feed *feed = context;
    int error = routes_up(feed->routes, peer, feed->now_ns);

    if (tally_may_say(&feed->tally, feed->now_ns))
        say_note("the session with %s is up%s", peer,
                 error == -ENOSPC ? ": there are too many, and its flows are refused" : "");
    return error == -ENOMEM ? error : 0;
}

static void on_down(void *context, const char *peer)
{
    struct feed *feed = context;

    if (routes_down(feed->routes, peer, feed->now_ns) && tally_may_say(&feed->tally, feed->now_ns))
        say_note("the session with %s is down: its flows stay for %llu seconds",
                 peer ? peer : "everybody", feed->options->hold_ns / SECOND_NS);
}

static void on_complete(void *context, const char *peer, enum family family)
{
    struct feed *feed = context;
    size_t gone = routes_complete(feed->routes, peer, family);

    gone += forces_forget(&feed->forces, family);
    if (gone)
        change(feed);
}

static void on_refuse(void *context, const char *words, const char *reason)
{
    struct feed *feed = context;

    feed->tally.announced++;
    tally_refuse(&feed->tally, words, reason, feed->now_ns);
}

static void on_excluded(void *context, const char *words, const char *reason)
{
    struct feed *feed = context;

    tally_refuse(&feed->tally, words, reason, feed->now_ns);
}

static const struct exabgp_listener listener = {
    .announce = on_announce,
    .withdraw = on_withdraw,
    .up = on_up,
    .down = on_down,
    .complete = on_complete,
    .refuse = on_refuse,
};

/* Takes all whole lines that were read. */
static int take_lines(struct feed *feed)
{
    const char *line;
    size_t length;
    bool too_long;
    int error = 0;

    while (error != -ENOMEM &&
           lines_next(&feed->input, EXABGP_LINE_BYTES, &line, &length, &too_long)) {
        error = too_long ? -EINVAL : exabgp_read(line, length, &listener, feed);
        if (error != -EINVAL)
            continue;
        feed->tally.unreadable++;
        if (tally_may_say(&feed->tally, feed->now_ns))
            say_warning("a line is nothing that ExaBGP writes: %.*s",
                        too_long       ? 14
                        : length < 100 ? (int)length
                                       : 100,
                        too_long ? "it is too long" : line);
    }
    return error == -ENOMEM ? error : 0;
}

/* Reads what is there. Returns 0, -EPIPE at the end, or another -errno. */
static int take_input(struct feed *feed)
{
    for (int reads = 0; reads < READS_AT_ONCE; reads++) {
        long count = lines_read(&feed->input, STDIN_FILENO);
        if (count == -EAGAIN)
            return 0;
        if (count <= 0)
            return count ? (int)count : -EPIPE;
        int error = take_lines(feed);
        if (error)
            return error;
    }
    return 0;
}

/* Notes that something has changed. */
static void note_changes(struct feed *feed)
{
    if (!routes_changed(feed->routes))
        return;
    change(feed);
    if (!feed->report_at_ns)
        feed->report_at_ns = feed->now_ns + REPORT_NS;
}

static u64 later(u64 a, u64 b)
{
    return a > b ? a : b;
}

static u64 sooner(u64 a, u64 b)
{
    return a && (!b || a < b) ? a : b;
}

/* When the next swap is due; 0: nothing has changed. */
static u64 swap_at(const struct feed *feed)
{
    if (!feed->batch_since_ns)
        return 0;
    return later(feed->rest_until_ns,
                 sooner(feed->changed_ns + QUIET_NS, feed->batch_since_ns + BATCH_NS));
}

static u64 hold_until(const struct feed *feed)
{
    return monotonic_ns() + later(feed->options->hold_ns, RENEW_LEAST_NS);
}

/* What failed is said once. */
static void say_failure(struct feed *feed, int error, const struct why *why)
{
    if (error && !feed->failed)
        say_error("%s", why->text);
    if (!error && feed->failed)
        say_note("%s: flows are in force again", feed->options->named);
    feed->failed = error;
}

static void swap(struct feed *feed)
{
    u64 began_ns = monotonic_ns(), took_ns;
    struct why why = {0};
    int error = forces_put(&feed->forces, on_excluded, feed, &why);

    if (!error) {
        error = forces_hold(&feed->forces, hold_until(feed), &why);
        if (error)
            change(feed); /* what was put there is gone */
    }
    took_ns = monotonic_ns() - began_ns;
    feed->now_ns = monotonic_ns();
    feed->rest_until_ns = feed->now_ns + (error                     ? RETRY_NS
                                          : took_ns < PAUSE_NS      ? PAUSE_NS
                                          : took_ns > PAUSE_MOST_NS ? PAUSE_MOST_NS
                                                                    : took_ns);
    if (!forces_are_due(&feed->forces))
        feed->batch_since_ns = 0;
    say_failure(feed, error, &why);
}

static int ask_permit(struct feed *feed, struct why *why)
{
    CLEANUP(host_freep) struct host *host = NULL;
    int error = addresses_ask(feed->options->interfaces[0], &host);

    if (error)
        return why_set(why, error, "cannot ask the kernel for the addresses of this host: %s",
                       strerror(-error));
    error = permit_read(feed->options->permitted, host, &feed->permit, why);
    return error == -ENOMEM ? why_set(why, error, "out of memory") : error;
}

/* Puts the end off; puts back what is not there any more; and follows this host's addresses. */
static void renew(struct feed *feed)
{
    struct why why = {0};
    int error = ask_permit(feed, &why);

    if (!error)
        error = forces_hold(&feed->forces, hold_until(feed), &why);
    if (error == -ENOENT && forces_have_any(&feed->forces) && !feed->batch_since_ns)
        change(feed);
    feed->renew_at_ns = feed->now_ns + RENEW_NS;
}

static void expire(struct feed *feed)
{
    routes_expire(feed->routes, feed->now_ns);
    if (!feed->forget_at_ns || feed->forget_at_ns > feed->now_ns)
        return;
    feed->forget_at_ns = 0;
    if (forces_forget(&feed->forces, FAMILY_NONE))
        change(feed);
}

static void report(struct feed *feed)
{
    tally_say(&feed->tally, feed->options->named, feed->forces.list[0].count);
    feed->report_at_ns = 0;
}

/* Does what is due, and waits for more. Returns 0, or as take_input(). */
static int turn(struct feed *feed, enum live_news *news)
{
    u64 until_ns = sooner(swap_at(feed), feed->renew_at_ns);
    int error = 0;

    until_ns = sooner(until_ns, feed->report_at_ns);
    until_ns = sooner(until_ns, feed->forget_at_ns);
    until_ns = sooner(until_ns, routes_expire_at(feed->routes));
    *news = live_wait(STDIN_FILENO, until_ns);
    feed->now_ns = monotonic_ns();
    if (*news == LIVE_INPUT)
        error = take_input(feed);
    expire(feed);
    note_changes(feed);
    if (swap_at(feed) && swap_at(feed) <= feed->now_ns)
        swap(feed);
    if (feed->renew_at_ns <= feed->now_ns)
        renew(feed);
    if (feed->report_at_ns && feed->report_at_ns <= feed->now_ns)
        report(feed);
    return error;
}

/* The peers do not know that this process is new: ExaBGP is asked to have them announce everything
 * again. A person at a terminal is not. */
static void ask_again(void)
{
    if (isatty(STDOUT_FILENO))
        return;
    puts("announce route-refresh ipv4 flow");
    puts("announce route-refresh ipv6 flow");
    fflush(stdout);
}

static int begin(struct feed *feed, struct why *why)
{
    const struct feed_options *options = feed->options;
    int flags = fcntl(STDIN_FILENO, F_GETFL), error;
    bool found = false;

    feed->now_ns = monotonic_ns();
    feed->routes = routes_new(options->max, options->hold_ns);
    if (!feed->routes)
        return why_set(why, -ENOMEM, "out of memory");
    if (flags >= 0)
        fcntl(STDIN_FILENO, F_SETFL, flags | O_NONBLOCK);
    error = ask_permit(feed, why);
    if (!error)
        error = forces_open(&feed->forces, options->interfaces, options->interface_count,
                            feed->routes, &feed->permit, &found, why);
    if (error)
        return error;
    if (found)
        feed->forget_at_ns = feed->now_ns + options->hold_ns;
    feed->renew_at_ns = feed->now_ns;
    return live_begin(why);
}

int feed_run(const struct feed_options *options, struct why *why)
{
    CLEANUP(feed_clear) struct feed feed = {.options = options};
    enum live_news news = LIVE_TIME;
    struct why ignored = {0};
    int error = begin(&feed, why);

    if (error)
        return error;
    ask_again();
    while (!error && news != LIVE_END)
        error = turn(&feed, &news);
    note_changes(&feed);
    if (feed.batch_since_ns)
        swap(&feed);
    forces_hold(&feed.forces, monotonic_ns() + options->hold_ns, &ignored);
    report(&feed);
    if (error == -EPIPE)
        return 0;
    return error ? why_set(why, error, "cannot read standard input: %s", strerror(-error)) : 0;
}
