/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop: signals, news of interfaces, a clock. */
#include "service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "../apply/interfaces.h"
#include "../base/memory.h"
#include "../base/say.h"
#include "guarding.h"
#include "held.h"
#include "links.h"
#include "log.h"
#include "naming.h"
#include "publish.h"
#include "readdress.h"
#include "report.h"

/* How late we may notice changes by other commands. */
#define LOOK_NS (5 * SECOND_NS)
/* How long after a deadline we look: the kernel has gone back by then. */
#define SETTLE_NS (SECOND_NS / 50)

/* One of the interfaces, and what is done for it. */
struct watched {
    struct service *service;
    struct service_options options; /* with its own name */
    char *name;
    struct guarding guarding;
    struct naming naming;
    struct log log;
    struct held held;
    sd_event_source *readdressing; /* armed while addresses may have changed */
    bool has_news;
};

struct service {
    const struct service_options *options;
    struct interfaces interfaces; /* that we were told to guard */
    struct watched **watched;     /* by number of interface */
    struct guarding **guardings;  /* theirs, for those who want all */
    size_t count;
    struct publishing publishing;
    int links;
    sd_event *loop; /* NULL: it has not begun */
    bool is_ready;  /* systemd has been told */
};

static bool is_guarded(const struct guarding *guarding)
{
    return guarding->ifindex && guard_status_is_whole(&guarding->snapshot.status);
}

/* We are ready once we guard: units ordered after us find each interface that is there guarded,
 * both ways. A single one is waited for. */
static bool can_be_ready(const struct service *service)
{
    bool any = false;

    for (size_t i = 0; i < service->count; i++) {
        const struct guarding *guarding = service->guardings[i];
        if (guarding->ifindex && !is_guarded(guarding))
            return false;
        any |= is_guarded(guarding);
    }
    return any;
}

static void follow(struct watched *watched)
{
    log_follow(&watched->log);
    naming_follow(&watched->naming);
}

static void report(struct service *service)
{
    for (size_t i = 0; i < service->count; i++)
        follow(service->watched[i]);
    report_status(service->guardings, service->count);
    if (service->is_ready || !can_be_ready(service))
        return;
    service->is_ready = true;
    report_ready();
}

static void watched_free(struct watched *watched)
{
    if (!watched)
        return;
    if (watched->log.loop) {
        log_end(&watched->log);
        held_end(&watched->held);
    }
    naming_end(&watched->naming);
    sd_event_source_disable_unref(watched->readdressing);
    guarding_clear(&watched->guarding);
    free(watched->name);
    free(watched);
}

static struct watched *watched_new(struct service *service, const char *name)
{
    struct watched *watched = calloc(1, sizeof(*watched));

    if (!watched)
        return NULL;
    watched->name = strdup(name);
    watched->service = service;
    watched->options = *service->options;
    watched->options.interface = watched->name;
    watched->guarding.options = &watched->options;
    watched->log.guarding = watched->held.guarding = &watched->guarding;
    if (watched->name) {
        naming_begin(&watched->naming, &watched->guarding,
                     service->count ? &service->watched[0]->naming : NULL);
        return watched;
    }
    free(watched);
    return NULL;
}

static int on_addresses(sd_event_source *clock, uint64_t usec, void *context);
static void on_names(void *context);

/* Begins what needs the loop. */
static int begin_watching(struct watched *watched)
{
    sd_event *loop = watched->service->loop;
    int error = sd_event_add_time(loop, &watched->readdressing, CLOCK_MONOTONIC, 0, 1000,
                                  on_addresses, watched);

    if (error >= 0)
        error = sd_event_source_set_enabled(watched->readdressing, SD_EVENT_OFF);
    if (error >= 0)
        error = naming_serve(&watched->naming, loop, on_names, watched);
    watched->log.loop = loop;
    return error < 0 ? error : 0;
}

/* Adds those of service->interfaces that are not watched yet. */
static int watch_all(struct service *service)
{
    size_t count = service->interfaces.count;
    struct watched **watched = reallocarray(service->watched, count + 1, sizeof(struct watched *));

    if (watched)
        service->watched = watched;
    struct guarding **guardings =
        reallocarray(service->guardings, count + 1, sizeof(struct guarding *));
    if (guardings)
        service->guardings = guardings;
    int error = watched && guardings ? 0 : -ENOMEM;
    while (!error && service->count < count) {
        struct watched *made = watched_new(service, service->interfaces.names[service->count]);

        error = !made ? -ENOMEM : service->loop ? begin_watching(made) : 0;
        if (error) {
            watched_free(made);
            break;
        }
        service->watched[service->count] = made;
        service->guardings[service->count++] = &made->guarding;
    }
    if (error == -ENOMEM)
        say_error("out of memory");
    return error;
}

/* Guards interfaces that have appeared and fit a pattern. */
static void find_more(struct service *service)
{
    size_t before = service->count;

    if (!service->interfaces.pattern_count || interfaces_find(&service->interfaces) ||
        watch_all(service))
        return;
    for (size_t i = before; i < service->count; i++)
        guarding_apply(service->guardings[i], true);
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    (void)info;
    (void)context;
    return sd_event_exit(sd_event_source_get_event(source), 0);
}

/* Reads anew which interfaces there are, if the policy says it. Those that it does not name any
 * more stay as they are. */
static void name_anew(struct service *service)
{
    CLEANUP(prepared_clear) struct prepared read = {0};
    CLEANUP(interfaces_clear) struct interfaces named = {0};
    struct why why = {0};

    if (strcmp(service->options->interface, INTERFACES_ALL) != 0 ||
        interfaces_take(INTERFACES_ALL, service->options->policy, MISSING_WAITS, &named, &read,
                        &why))
        return; /* the reload says what is wrong with the file */
    interfaces_join(&service->interfaces, &named);
    watch_all(service);
}

/* Handlers return 0 even when something failed, because the service goes on. */
static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    struct service *service = context;

    (void)source;
    (void)info;
    if (service->is_ready)
        report_reloading();
    name_anew(service);
    if (service->count == 1)
        guarding_apply(service->guardings[0], false);
    else
        guarding_apply_all(service->guardings, service->count);
    report(service);
    if (service->is_ready)
        report_ready();
    return 0;
}

/* An alarm that is set already is not put off: addresses may go on changing. */
static int arm_readdressing(struct watched *watched)
{
    u64 when = readdress_when(&watched->guarding);
    int enabled = SD_EVENT_OFF;
    int error = sd_event_source_get_enabled(watched->readdressing, &enabled);

    if (error < 0 || enabled != SD_EVENT_OFF || !when)
        return error < 0 ? error : 0;
    error = sd_event_source_set_time(watched->readdressing, when / 1000);
    return error < 0 ? error : sd_event_source_set_enabled(watched->readdressing, SD_EVENT_ONESHOT);
}

static void on_names(void *context)
{
    arm_readdressing(context);
}

static int on_addresses(sd_event_source *clock, uint64_t usec, void *context)
{
    struct watched *watched = context;

    (void)clock;
    (void)usec;
    bool again = readdress_follow(&watched->guarding);
    report(watched->service);
    return again ? arm_readdressing(watched) : 0;
}

/* Notes whom news of the interface NAME with IFINDEX concerns; NULL: everybody. */
static void note_news(const char *name, u32 ifindex, void *context)
{
    struct service *service = context;

    for (size_t i = 0; i < service->count; i++) {
        struct watched *watched = service->watched[i];
        if (!name || !strcmp(name, watched->name) || ifindex == watched->guarding.ifindex)
            watched->has_news = true;
    }
}

static int on_links(sd_event_source *source, int links, uint32_t events, void *context)
{
    struct service *service = context;
    struct news news = links_read(links, note_news, service);
    size_t before = service->count;
    bool any = false;
    int error = 0;

    (void)source;
    (void)events;
    for (size_t i = 0; i < before; i++) {
        if (service->watched[i]->has_news)
            guarding_follow(service->guardings[i]);
        any |= service->watched[i]->has_news;
        service->watched[i]->has_news = false;
    }
    find_more(service);
    if (any || service->count > before)
        report(service);
    for (size_t i = 0; i < service->count && news.addresses && error >= 0; i++) {
        naming_hurry(&service->watched[i]->naming);
        error = arm_readdressing(service->watched[i]);
    }
    return error;
}

static int arm(sd_event_source *clock, const struct service *service)
{
    u64 now = monotonic_ns(), next = now + LOOK_NS;

    for (size_t i = 0; i < service->count; i++) {
        const struct guarding *guarding = service->guardings[i];
        u64 deadline = guarding->ifindex ? guarding->snapshot.status.seat.confirm_by_ns : 0;

        if (deadline > now && deadline + SETTLE_NS < next)
            next = deadline + SETTLE_NS;
    }
    int error = sd_event_source_set_time(clock, next / 1000);
    return error < 0 ? error : sd_event_source_set_enabled(clock, SD_EVENT_ONESHOT);
}

static int on_clock(sd_event_source *clock, uint64_t usec, void *context)
{
    struct service *service = context;

    (void)usec;
    for (size_t i = 0; i < service->count; i++) {
        guarding_follow(service->guardings[i]);
        readdress_look(service->guardings[i]);
    }
    find_more(service);
    report(service);
    for (size_t i = 0; i < service->count; i++)
        held_follow(&service->watched[i]->held);
    publishing_renew(&service->publishing);
    return arm(clock, service);
}

static int listen_to_signals(sd_event *loop, struct service *service)
{
    static const struct {
        int number;
        sd_event_signal_handler_t handler;
    } signals[] = {{SIGHUP, on_reload}, {SIGTERM, on_stop}, {SIGINT, on_stop}};
    int error = 0;

    for (size_t i = 0; error >= 0 && i < ARRAY_SIZE(signals); i++)
        error = sd_event_add_signal(loop, NULL, signals[i].number, signals[i].handler, service);
    return error;
}

static int listen_to_all(sd_event *loop, struct service *service)
{
    sd_event_source *clock;
    int error = listen_to_signals(loop, service);

    if (error >= 0)
        error = sd_event_add_io(loop, NULL, service->links, EPOLLIN, on_links, service);
    for (size_t i = 0; i < service->count && error >= 0; i++)
        error = begin_watching(service->watched[i]);
    if (error >= 0)
        error = sd_event_add_time(loop, &clock, CLOCK_MONOTONIC, 0, 100000, on_clock, service);
    if (error < 0)
        return error;
    error = arm(clock, service);
    sd_event_source_set_floating(clock, true);
    sd_event_source_unref(clock);
    /* Sends WATCHDOG=1 between one half and three quarters of what systemd allows. */
    return error < 0 ? error : sd_event_set_watchdog(loop, true);
}

static void loop_unref(sd_event **loop)
{
    sd_event_unref(*loop);
}

static int serve(struct service *service)
{
    CLEANUP(loop_unref) sd_event *loop = NULL;
    int error = sd_event_new(&loop);

    service->loop = loop;
    if (error >= 0)
        error = listen_to_all(loop, service);
    if (error >= 0) {
        report(service);
        for (size_t i = 0; i < service->count; i++)
            held_follow(&service->watched[i]->held);
        publishing_begin(&service->publishing, service->guardings[0], loop);
        error = sd_event_loop(loop);
    }
    if (error < 0)
        say_error("the service cannot continue: %s", strerror(-error));
    return error;
}

/* Listen to news before the first look, so that none is missed. Signals wait for the loop. */
static int prepare(struct service *service)
{
    sigset_t handled;
    int error = links_open(&service->links);

    if (error) {
        say_error("cannot hear of changes of interfaces from the kernel: %s", strerror(-error));
        return error;
    }
    sigemptyset(&handled);
    sigaddset(&handled, SIGHUP);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGINT);
    sigaddset(&handled, SIGCHLD);
    sigprocmask(SIG_BLOCK, &handled, NULL);
    /* Our output may have no reader. */
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

/* An interface that can never exist would be waited for in vain. A name that is too long may be an
 * alternative name of an interface that exists. */
static int check_name(const char *interface)
{
    struct interface found;

    if (*interface && strlen(interface) < IF_NAMESIZE && !strpbrk(interface, "/ \t\n"))
        return 0;
    if (!interface_by_name(interface, &found))
        return 0;
    say_error("%s cannot be the name of an interface", interface);
    return -EINVAL;
}

static int take_interfaces(struct service *service)
{
    CLEANUP(prepared_clear) struct prepared read = {0};
    const struct service_options *options = service->options;
    struct why why = {0};
    int error = interfaces_take(options->interface, options->policy, MISSING_WAITS,
                                &service->interfaces, &read, &why);

    if (error && read.diag)
        diag_print(read.diag, stderr);
    if (error && !prepared_has_errors(&read))
        say_error("%s", why.text);
    if (!error && !service->interfaces.count) {
        say_error("none of the interfaces that %s names is there", options->policy);
        error = -ENODEV;
    }
    for (size_t i = 0; i < service->interfaces.count && !error; i++)
        error = check_name(service->interfaces.names[i]);
    return error ? error : watch_all(service);
}

/* Guards all of them for the first time. One that cannot be guarded is an error if it is the only
 * one; of several, the others are guarded all the same, and it is tried again. */
static int guard_first(struct service *service)
{
    int result = 0;

    for (size_t i = 0; i < service->count; i++) {
        struct guarding *guarding = service->guardings[i];
        int error = guarding_apply(guarding, true);

        /* An interface already guarded keeps the policy that it has. */
        if (error && !guarding->ifindex && service->count == 1)
            result = error;
    }
    return result;
}

static void service_clear(struct service *service)
{
    for (size_t i = 0; i < service->count; i++)
        watched_free(service->watched[i]);
    free(service->watched);
    free(service->guardings);
    interfaces_clear(&service->interfaces);
    publishing_end(&service->publishing);
    close_descriptor(&service->links);
}

int service_run(const struct service_options *options)
{
    struct service service = {.options = options, .publishing.listener = -1, .links = -1};
    int error = take_interfaces(&service);

    if (!error)
        error = prepare(&service);
    if (!error)
        error = guard_first(&service);
    if (!error) {
        error = serve(&service);
        report_stopping();
        for (size_t i = 0; i < service.count; i++)
            guarding_stop(service.guardings[i]);
    }
    service_clear(&service);
    return error;
}
