/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two processes of the exporter. */
#include "exporter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/memory.h"
#include "../base/say.h"
#include "../child/child.h"
#include "channel.h"
#include "http.h"

/* Errors are reported by the exit status, because there is nowhere to write to. */
static _Noreturn void serve(pid_t keeper, const struct exporter_options *options, int channel)
{
    const int keep[] = {options->listener, channel};
    int error = child_become("edgexdp-http", keeper, keep, ARRAY_SIZE(keep));

    if (!error)
        error = http_serve(options->listener, channel, options->names);
    _exit(-error);
}

static int wait_for(pid_t process, struct why *why)
{
    int status;

    while (waitpid(process, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    if (WIFSIGNALED(status))
        return why_set(why, -ECHILD, "the metrics exporter was ended by signal %d",
                       WTERMSIG(status));
    if (WEXITSTATUS(status))
        return why_set(why, -WEXITSTATUS(status), "the metrics exporter could not start: %s",
                       strerror(WEXITSTATUS(status)));
    return 0;
}

int exporter_main(const struct exporter_options *options, struct why *why)
{
    int ends[2];
    pid_t keeper = getpid();

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        return why_set(why, -errno, "cannot start the exporter: %s", strerror(errno));
    pid_t process = fork();
    if (!process)
        serve(keeper, options, ends[1]);
    int error = process < 0 ? -errno : 0;
    close(ends[1]);
    if (!error)
        error = channel_answer(ends[0], options->interface);
    close(ends[0]);
    if (process < 0)
        return why_set(why, error, "cannot start the exporter: %s", strerror(-error));
    return wait_for(process, why);
}

static _Noreturn void keep(pid_t parent, const struct exporter_options *options)
{
    struct why why = {0};
    int error = child_become("edgexdp-keeper", parent, &options->listener, 1);

    /* The keeper may have something to tidy up. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        error = -ESRCH;

    unsetenv("NOTIFY_SOCKET"); /* only the service talks to systemd */
    if (!error)
        error = exporter_main(options, &why);
    say_why(error, &why);
    _exit(error ? EXIT_FAILURE : EXIT_SUCCESS);
}

int exporter_start(const struct exporter_options *options, pid_t *process, struct why *why)
{
    pid_t parent = getpid();
    fflush(NULL); /* or the child would write it again */
    pid_t child = fork();

    if (!child)
        keep(parent, options);
    if (child < 0)
        return why_set(why, -errno, "cannot start the exporter: %s", strerror(errno));
    *process = child;
    return 0;
}
