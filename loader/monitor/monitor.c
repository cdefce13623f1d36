/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "../base/say.h"
#include "../event/pcapng.h"
#include "../show/live.h"
#include "ear.h"
#include "output.h"

/* Interval of looks at the interfaces; below LISTENER_KEEP_S. */
#define LOOK_NS SECOND_NS

struct monitor {
    const struct monitor_options *options;
    struct ear *ears; /* as many as interfaces */
    int news;         /* an epoll of all listeners */
    u64 shown;
    bool lacks_some; /* an interface was detached, and we have said so */
    FILE *file;      /* that packets are written to, or NULL */
    int error;       /* the first error that stops us */
    struct why *why;
};

static bool has_enough(const struct monitor *monitor)
{
    return monitor->error || (monitor->options->count && monitor->shown == monitor->options->count);
}

static int file_failed(const struct monitor *monitor, int error)
{
    if (monitor->file == stdout)
        return live_failed(error, monitor->why);
    return why_set(monitor->why, error, "cannot write %s: %s", monitor->options->write,
                   strerror(-error));
}

/* Flush everything at once: a reader may be waiting for it, and we may be killed. */
static int show(const struct monitor *monitor, const struct ear *ear, const struct told *told)
{
    int error = monitor->file ? output_packet(monitor->file, ear->number, told) : 0;

    if (error)
        return file_failed(monitor, error);
    if (monitor->options->json)
        output_json(told);
    else if (monitor->file != stdout)
        output_text(told, monitor->options->interface_count > 1);
    return live_flush(monitor->why);
}

static void hear(struct ear *ear, const struct told *told, void *context)
{
    struct monitor *monitor = context;

    if (has_enough(monitor) || !filter_admits(&monitor->options->filter, told->event, told->rule))
        return;
    monitor->error = show(monitor, ear, told);
    monitor->shown++;
    ear->shown++;
}

static int describe_ears(const struct monitor *monitor)
{
    int error = pcapng_begin(monitor->file);

    for (size_t i = 0; !error && i < monitor->options->interface_count; i++)
        error = pcapng_interface(monitor->file, monitor->ears[i].interface, monitor->ears[i].layer);
    return error;
}

static int open_file(struct monitor *monitor)
{
    const char *path = monitor->options->write;

    if (!path)
        return 0;
    monitor->file = strcmp(path, "-") ? fopen(path, "we") : stdout;
    int error = monitor->file ? describe_ears(monitor) : -errno;
    return error ? file_failed(monitor, error) : 0;
}

/* Every packet has been flushed already, so nothing is left that could fail. */
static void close_file(struct monitor *monitor)
{
    if (monitor->file && monitor->file != stdout)
        fclose(monitor->file);
}

/* What is filtered by must be a rule of one interface at least. */
static int check_rules(const struct monitor *monitor, const struct rule_entry *rules, size_t count)
{
    const struct monitor_options *options = monitor->options;
    bool several = options->interface_count > 1;
    struct hint hint;
    const char *unknown = filter_unknown_rule(&options->filter, rules, count, &hint);

    return unknown
               ? why_set(monitor->why, -ENOENT, "no rule of %s is called \"%s\"%s",
                         several ? "these interfaces" : options->interfaces[0], unknown, hint.text)
               : 0;
}

/* A listener that is closed leaves the epoll by itself. */
static int await(const struct monitor *monitor, const struct ear *ear)
{
    struct epoll_event event = {.events = EPOLLIN};
    int descriptor = listener_descriptor(ear->listener);

    if (!epoll_ctl(monitor->news, EPOLL_CTL_ADD, descriptor, &event) || errno == EEXIST)
        return 0;
    return why_set(monitor->why, -errno, "cannot wait for packets: %s", strerror(errno));
}

static int begin(struct monitor *monitor)
{
    CLEANUP_FREE struct rule_entry *rules = NULL;
    size_t count = 0;
    int error = 0;

    monitor->news = epoll_create1(EPOLL_CLOEXEC);
    monitor->ears = calloc(monitor->options->interface_count, sizeof(*monitor->ears));
    if (monitor->news < 0 || !monitor->ears)
        return why_set(monitor->why, -ENOMEM, "out of memory");
    for (size_t i = 0; !error && i < monitor->options->interface_count; i++) {
        struct ear *ear = &monitor->ears[i];
        ear->interface = monitor->options->interfaces[i];
        ear->number = (u32)i;
        ear->hear = hear;
        ear->context = monitor;
        error = ear_begin(ear, &rules, &count, monitor->why);
        if (!error)
            error = await(monitor, ear);
    }
    return error ? error : check_rules(monitor, rules, count);
}

/* The others go on without an interface that was detached. */
static int lack(struct monitor *monitor, struct ear *ear, size_t left, int error)
{
    if (error != -ENOENT || !left)
        return error;
    say_warning("%s", monitor->why->text);
    *monitor->why = (struct why){0};
    listener_close(TAKE_PTR(ear->listener));
    monitor->lacks_some = true;
    return 0;
}

static size_t count_others(const struct monitor *monitor, const struct ear *ear)
{
    size_t count = 0;

    for (size_t i = 0; i < monitor->options->interface_count; i++)
        count += &monitor->ears[i] != ear && monitor->ears[i].listener;
    return count;
}

static int follow(struct monitor *monitor)
{
    int error = 0;

    for (size_t i = 0; !error && i < monitor->options->interface_count; i++) {
        struct ear *ear = &monitor->ears[i];
        if (!ear->listener)
            continue;
        error = ear_follow(ear, monitor->why);
        error = error ? lack(monitor, ear, count_others(monitor, ear), error) : await(monitor, ear);
    }
    return error;
}

static void read_all(struct monitor *monitor)
{
    for (size_t i = 0; i < monitor->options->interface_count; i++)
        ear_read(&monitor->ears[i]);
}

/* Silence is no good news where a program was missing to the end. */
static bool is_whole(const struct monitor *monitor)
{
    bool whole = !monitor->lacks_some;

    for (size_t i = 0; i < monitor->options->interface_count; i++)
        whole &= !monitor->ears[i].is_open;
    return whole;
}

static int go_on(struct monitor *monitor)
{
    u64 look_ns = monotonic_ns() + LOOK_NS;
    int error = follow(monitor);

    while (!error && !has_enough(monitor)) {
        enum live_news news = live_wait(monitor->news, look_ns);
        if (news != LIVE_TIME) /* also at the end: it has happened */
            read_all(monitor);
        if (news == LIVE_END)
            break;
        if (monotonic_ns() < look_ns)
            continue;
        error = follow(monitor);
        look_ns = monotonic_ns() + LOOK_NS;
    }
    if (!error)
        error = monitor->error;
    return error || is_whole(monitor) ? error : -EIO;
}

static void end(struct monitor *monitor)
{
    for (size_t i = 0; monitor->ears && i < monitor->options->interface_count; i++) {
        ear_end(&monitor->ears[i]);
        ear_clear(&monitor->ears[i]);
    }
    free(monitor->ears);
    close_descriptor(&monitor->news);
    close_file(monitor);
}

int monitor_run(const struct monitor_options *options, struct why *why)
{
    struct monitor monitor = {.options = options, .news = -1, .why = why};

    int error = live_begin(why);
    if (!error)
        error = begin(&monitor);
    if (!error)
        error = open_file(&monitor);
    if (!error)
        error = go_on(&monitor);
    end(&monitor);
    return error == -EPIPE ? 0 : error; /* nobody reads our output any more */
}
