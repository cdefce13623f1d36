/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/memory.h"

static int ascending(const void *one, const void *other)
{
    return *(const int *)one - *(const int *)other;
}

int child_close_others(const int *keep, size_t count)
{
    int sorted[8];
    unsigned int from = STDERR_FILENO + 1;

    if (count > ARRAY_SIZE(sorted))
        return -EINVAL;
    memcpy(sorted, keep, count * sizeof(*keep));
    qsort(sorted, count, sizeof(*sorted), ascending);
    for (size_t i = 0; i < count; i++) {
        unsigned int kept = (unsigned int)sorted[i];
        if (kept > from && syscall(SYS_close_range, from, kept - 1, 0))
            return -errno;
        from = kept >= from ? kept + 1 : from;
    }
    return syscall(SYS_close_range, from, ~0u, 0) ? -errno : 0;
}

int child_silence(void)
{
    CLEANUP_CLOSE int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

    for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; standard++)
        if (nothing < 0 || dup2(nothing, standard) < 0)
            return -errno;
    return 0;
}

int child_become(const char *name, pid_t parent, const int *keep, size_t count)
{
    sigset_t none;

    prctl(PR_SET_NAME, name, 0, 0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || getppid() != parent)
        return -ESRCH;
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    return child_close_others(keep, count);
}

/* A second lock behind the filter of system calls; a unit may not let us set these limits. */
static int limit(void)
{
    static const struct {
        int resource;
        rlim_t most;
    } limits[] = {{RLIMIT_FSIZE, 0}, {RLIMIT_CORE, 0}, {RLIMIT_NPROC, 0}, {RLIMIT_MEMLOCK, 0}};

    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        struct rlimit both = {limits[i].most, limits[i].most};
        if (setrlimit((__rlimit_resource_t)limits[i].resource, &both) && errno != EPERM)
            return -errno;
    }
    return 0;
}

static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

    /* Dropping from the bounding set takes a capability of its own; without it, and with no new
     * privileges, the set bounds nothing. */
    for (unsigned long capability = 0; capability <= CAP_LAST_CAP; capability++)
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &header, none))
        return -errno;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

int child_drop(void)
{
    int error = limit();

    return error ? error : drop_capabilities();
}
