/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <edgexdp/abi.h>

#include "../base/clock.h"
#include "../base/memory.h"

static int asked_to_end = -1; /* an eventfd: becomes readable */

static void on_signal(int number)
{
    int kept = errno;

    (void)number;
    /* This fails only if the counter is full: then somebody has already asked. */
    (void)!write(asked_to_end, &(u64){1}, sizeof(u64));
    errno = kept;
}

int live_begin(struct why *why)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_RESETHAND};

    asked_to_end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (asked_to_end < 0)
        return why_set(why, -errno, "cannot wait for signals: %s", strerror(errno));
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        sigaction(ends[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

enum live_news live_wait(int descriptor, u64 until_ns)
{
    struct pollfd polled[] = {{asked_to_end, POLLIN, 0},
                              {STDOUT_FILENO, 0, 0}, /* errors are always reported */
                              {descriptor, POLLIN, 0}};

    for (;;) {
        u64 now_ns = monotonic_ns();
        u64 left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
        struct timespec left = {(time_t)(left_ns / SECOND_NS), (long)(left_ns % SECOND_NS)};
        int ready = ppoll(polled, ARRAY_SIZE(polled), &left, NULL);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready < 0 || polled[0].revents || polled[1].revents & (POLLERR | POLLHUP))
            return LIVE_END;
        if (polled[2].revents)
            return LIVE_INPUT;
        if (!ready)
            return LIVE_TIME;
    }
}

int live_failed(int error, struct why *why)
{
    __fpurge(stdout);
    clearerr(stdout);
    return error == -EPIPE ? error
                           : why_set(why, error, "cannot write the output: %s", strerror(-error));
}

int live_flush(struct why *why)
{
    errno = 0;
    if (!fflush(stdout) && !ferror(stdout))
        return 0;
    return live_failed(errno ? -errno : -EIO, why);
}
