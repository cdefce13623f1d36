/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <edgexdp/types.h>

#include "../base/memory.h"
#include "../child/child.h"

int jail_lift(int *listener)
{
    int lifted = fcntl(*listener, F_DUPFD_CLOEXEC, JAIL_LISTENER);

    if (lifted < 0)
        return -errno;
    close(*listener);
    *listener = lifted;
    return 0;
}

/* Make every path inaccessible. If there is no landlock, or a filter around us forbids it, our own
 * filter of system calls must do. */
static int close_file_systems(void)
{
    struct landlock_ruleset_attr everything = {.handled_access_fs =
                                                   (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    CLEANUP_CLOSE int rules = (int)syscall(SYS_landlock_create_ruleset, &everything,
                                           sizeof(everything.handled_access_fs), 0);

    if (rules < 0)
        return errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM ? 0 : -errno;
    return syscall(SYS_landlock_restrict_self, rules, 0) ? -errno : 0;
}

/* Calls that a loop over sockets and maps needs, and libc's memory and stdio. */
static const int allowed_calls[] = {
    SCMP_SYS(accept4),      SCMP_SYS(recvfrom),        SCMP_SYS(recvmsg),     SCMP_SYS(close),
    SCMP_SYS(epoll_ctl),    SCMP_SYS(epoll_wait),      SCMP_SYS(epoll_pwait), SCMP_SYS(poll),
    SCMP_SYS(ppoll),        SCMP_SYS(munmap),          SCMP_SYS(mremap),      SCMP_SYS(madvise),
    SCMP_SYS(brk),          SCMP_SYS(clock_gettime),   SCMP_SYS(getrandom),   SCMP_SYS(futex),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall), SCMP_SYS(exit),        SCMP_SYS(exit_group),
};

/* For an argument that is an int, the kernel looks only at the lower half. */
#define INT_IS(number, value)    SCMP_CMP(number, SCMP_CMP_MASKED_EQ, 0xffffffffu, (u32)(value))
#define INT_WITHIN(number, bits) SCMP_CMP(number, SCMP_CMP_MASKED_EQ, 0xffffffffu & ~(u32)(bits), 0)

static int allow_reading_maps(scmp_filter_ctx filter)
{
    static const enum bpf_cmd readings[] = {BPF_MAP_LOOKUP_ELEM, BPF_MAP_LOOKUP_BATCH,
                                            BPF_OBJ_GET_INFO_BY_FD};
    int error = 0;

    for (size_t i = 0; !error && i < ARRAY_SIZE(readings); i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(bpf), 1, INT_IS(0, readings[i]));
    return error;
}

static int allow_memory(scmp_filter_ctx filter)
{
    static const int calls[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
    int error = 0;

    for (size_t i = 0; !error && i < ARRAY_SIZE(calls); i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 1,
                                 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    return error;
}

/* A closed socket can be connected again without connect(): by an address, and by MSG_FASTOPEN,
 * whose address may be where no filter sees it. */
static int allow_sending(scmp_filter_ctx filter)
{
    const u32 flags = MSG_NOSIGNAL | MSG_MORE | MSG_DONTWAIT;
    int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 2, INT_WITHIN(3, flags),
                                 SCMP_A4(SCMP_CMP_EQ, 0, 0));

    if (!error)
        error =
            seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), 1, INT_WITHIN(2, flags));
    if (!error)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(shutdown), 1,
                                 INT_WITHIN(0, JAIL_LISTENER - 1));
    return error;
}

/* The options that answering needs; others join groups, attach programs or choose routes. */
static int allow_options(scmp_filter_ctx filter)
{
    static const int options[] = {TCP_NODELAY, TCP_CORK};
    int error = 0;

    for (size_t i = 0; !error && i < ARRAY_SIZE(options); i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2,
                                 INT_IS(1, IPPROTO_TCP), INT_IS(2, options[i]));
    return error;
}

static int allow_some(scmp_filter_ctx filter)
{
    int error = 0;

    for (size_t i = 0; !error && i < ARRAY_SIZE(allowed_calls); i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0);
    if (!error)
        error = allow_reading_maps(filter);
    if (!error)
        error = allow_memory(filter);
    if (!error)
        error = allow_sending(filter);
    return error ? error : allow_options(filter);
}

/* Anything else fails instead of killing us: libc may one day make a call it can do without. */
static int filter_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return -ENOMEM;
    int error = allow_some(filter);
    if (!error)
        error = seccomp_load(filter);
    seccomp_release(filter);
    return error;
}

int jail_enter(void)
{
    int error = child_drop();
    if (!error)
        error = close_file_systems();
    return error ? error : filter_calls();
}
