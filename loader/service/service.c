/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop: signals, news of interfaces, a clock. */
#include "service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "../base/memory.h"
#include "../base/say.h"
#include "guarding.h"
#include "held.h"
#include "links.h"
#include "log.h"
#include "publish.h"
#include "readdress.h"
#include "report.h"

/* How late we may notice changes by other commands. */
#define LOOK_NS (5 * SECOND_NS)
/* How long after a deadline we look: the kernel has gone back by then. */
#define SETTLE_NS (SECOND_NS / 50)

struct service {
    struct guarding guarding;
    struct publishing publishing;
    struct log log;
    struct held held;
    int links;
    sd_event_source *readdressing; /* armed while addresses may have changed */
    bool is_ready;                 /* systemd has been told */
};

/* We are ready once we guard: units ordered after us find the interface guarded, both ways. */
static void report(struct service *service)
{
    log_follow(&service->log);
    report_status(&service->guarding);
    if (service->is_ready || !service->guarding.ifindex ||
        !guard_status_is_whole(&service->guarding.snapshot.status))
        return;
    service->is_ready = true;
    report_ready();
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    (void)info;
    (void)context;
    return sd_event_exit(sd_event_source_get_event(source), 0);
}

/* Handlers return 0 even when something failed, because the service goes on. */
static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    struct service *service = context;

    (void)source;
    (void)info;
    if (service->is_ready)
        report_reloading();
    guarding_apply(&service->guarding, false);
    report(service);
    if (service->is_ready)
        report_ready();
    return 0;
}

/* An alarm that is set already is not put off: addresses may go on changing. */
static int arm_readdressing(struct service *service)
{
    u64 when = readdress_when(&service->guarding);
    int enabled = SD_EVENT_OFF;
    int error = sd_event_source_get_enabled(service->readdressing, &enabled);

    if (error < 0 || enabled != SD_EVENT_OFF || !when)
        return error < 0 ? error : 0;
    error = sd_event_source_set_time(service->readdressing, when / 1000);
    return error < 0 ? error : sd_event_source_set_enabled(service->readdressing, SD_EVENT_ONESHOT);
}

static int on_addresses(sd_event_source *clock, uint64_t usec, void *context)
{
    struct service *service = context;

    (void)clock;
    (void)usec;
    bool again = readdress_follow(&service->guarding);
    report(service);
    return again ? arm_readdressing(service) : 0;
}

static int on_links(sd_event_source *source, int links, uint32_t events, void *context)
{
    struct service *service = context;
    struct news news =
        links_read(links, service->guarding.options->interface, service->guarding.ifindex);

    (void)source;
    (void)events;
    if (news.ours) {
        guarding_follow(&service->guarding);
        report(service);
    }
    return news.addresses ? arm_readdressing(service) : 0;
}

static int arm(sd_event_source *clock, const struct guarding *guarding)
{
    u64 now = monotonic_ns(), next = now + LOOK_NS;
    u64 deadline = guarding->ifindex ? guarding->snapshot.status.seat.confirm_by_ns : 0;

    if (deadline > now && deadline + SETTLE_NS < next)
        next = deadline + SETTLE_NS;
    int error = sd_event_source_set_time(clock, next / 1000);
    return error < 0 ? error : sd_event_source_set_enabled(clock, SD_EVENT_ONESHOT);
}

static int on_clock(sd_event_source *clock, uint64_t usec, void *context)
{
    struct service *service = context;

    (void)usec;
    guarding_follow(&service->guarding);
    readdress_look(&service->guarding);
    report(service);
    held_follow(&service->held);
    publishing_renew(&service->publishing);
    return arm(clock, &service->guarding);
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

static int add_readdressing(sd_event *loop, struct service *service)
{
    int error = sd_event_add_time(loop, &service->readdressing, CLOCK_MONOTONIC, 0, 1000,
                                  on_addresses, service);

    return error < 0 ? error : sd_event_source_set_enabled(service->readdressing, SD_EVENT_OFF);
}

static int listen_to_all(sd_event *loop, struct service *service)
{
    sd_event_source *clock;
    int error = listen_to_signals(loop, service);

    if (error >= 0)
        error = sd_event_add_io(loop, NULL, service->links, EPOLLIN, on_links, service);
    if (error >= 0)
        error = add_readdressing(loop, service);
    if (error >= 0)
        error = sd_event_add_time(loop, &clock, CLOCK_MONOTONIC, 0, 100000, on_clock, service);
    if (error < 0)
        return error;
    error = arm(clock, &service->guarding);
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

    if (error >= 0)
        error = listen_to_all(loop, service);
    if (error >= 0) {
        service->log.loop = loop;
        report(service);
        held_follow(&service->held);
        publishing_begin(&service->publishing, &service->guarding, loop);
        error = sd_event_loop(loop);
        log_end(&service->log);
        held_end(&service->held);
        sd_event_source_unref(service->readdressing);
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

int service_run(const struct service_options *options)
{
    struct service service = {.guarding.options = options,
                              .log.guarding = &service.guarding,
                              .held.guarding = &service.guarding,
                              .publishing.listener = -1,
                              .links = -1};
    int error = check_name(options->interface);

    if (!error)
        error = prepare(&service);

    if (!error)
        error = guarding_apply(&service.guarding, true);
    /* An interface already guarded keeps the policy that it has. */
    if (error && service.guarding.ifindex)
        error = 0;
    if (!error) {
        error = serve(&service);
        report_stopping();
        guarding_stop(&service.guarding);
    }
    guarding_clear(&service.guarding);
    publishing_end(&service.publishing);
    close_descriptor(&service.links);
    return error;
}
