/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cell.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <edgexdp/types.h>

#include "../base/memory.h"
#include "../child/child.h"

/* What says whom to ask, and what makes questions hard to guess. */
static const char *const files[] = {"/etc/hosts",     "/etc/resolv.conf", "/etc/nsswitch.conf",
                                    "/etc/host.conf", "/etc/svc.conf",    "/etc/netsvc.conf",
                                    "/etc/gai.conf",  "/dev/urandom"};

static int allow_file(int rules, const char *path)
{
    CLEANUP_CLOSE int file = open(path, O_PATH | O_CLOEXEC);
    struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
                                              .parent_fd = file};

    if (file < 0)
        return 0;
    return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) ? -errno : 0;
}

/* If there is no landlock, or a filter around us forbids it, our own filter of system calls leaves
 * only reading. */
static int close_file_systems(void)
{
    struct landlock_ruleset_attr everything = {.handled_access_fs =
                                                   (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    CLEANUP_CLOSE int rules = (int)syscall(SYS_landlock_create_ruleset, &everything,
                                           sizeof(everything.handled_access_fs), 0);
    int error = 0;

    if (rules < 0)
        return errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM ? 0 : -errno;
    for (size_t i = 0; i < ARRAY_SIZE(files) && !error; i++)
        error = allow_file(rules, files[i]);
    if (error)
        return error;
    return syscall(SYS_landlock_restrict_self, rules, 0) ? -errno : 0;
}

/* What c-ares needs, and libc's memory and stdio. */
static const int allowed_calls[] = {
    SCMP_SYS(bind),          SCMP_SYS(connect),
    SCMP_SYS(sendto),        SCMP_SYS(sendmsg),
    SCMP_SYS(recvfrom),      SCMP_SYS(recvmsg),
    SCMP_SYS(setsockopt),    SCMP_SYS(getsockopt),
    SCMP_SYS(getsockname),   SCMP_SYS(getpeername),
    SCMP_SYS(fcntl),         SCMP_SYS(close),
    SCMP_SYS(read),          SCMP_SYS(readv),
    SCMP_SYS(write),         SCMP_SYS(writev),
    SCMP_SYS(lseek),         SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),    SCMP_SYS(statx),
    SCMP_SYS(poll),          SCMP_SYS(ppoll),
    SCMP_SYS(munmap),        SCMP_SYS(mremap),
    SCMP_SYS(madvise),       SCMP_SYS(brk),
    SCMP_SYS(futex),         SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
    SCMP_SYS(getpid),        SCMP_SYS(uname),
    SCMP_SYS(rt_sigreturn),  SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),          SCMP_SYS(exit_group),
};

/* For an argument that is an int, the kernel looks only at the lower half. */
#define INT_IS(number, value)   SCMP_CMP(number, SCMP_CMP_MASKED_EQ, 0xffffffffu, (u32)(value))
#define INT_LACKS(number, bits) SCMP_CMP(number, SCMP_CMP_MASKED_EQ, (u32)(bits), 0)

static int allow_reading_files(scmp_filter_ctx filter)
{
    const u32 writing = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (u32)O_TMPFILE;
    int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
                                 INT_LACKS(2, writing & ~(u32)O_DIRECTORY));

    return error ? error
                 : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, INT_IS(1, FIONBIO));
}

static int allow_sockets(scmp_filter_ctx filter)
{
    static const int families[] = {AF_INET, AF_INET6}, types[] = {SOCK_DGRAM, SOCK_STREAM};
    const u32 type_bits = 0xffffffffu & ~(u32)(SOCK_CLOEXEC | SOCK_NONBLOCK);
    int error = 0;

    for (size_t i = 0; i < ARRAY_SIZE(families); i++)
        for (size_t j = 0; j < ARRAY_SIZE(types) && !error; j++)
            error = seccomp_rule_add(
                filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, INT_IS(0, families[i]),
                SCMP_A1(SCMP_CMP_MASKED_EQ, type_bits, (scmp_datum_t)types[j]));
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

/* Anything else fails instead of killing us: libraries can do without some calls. */
static int filter_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int error = filter ? 0 : -ENOMEM;

    for (size_t i = 0; !error && i < ARRAY_SIZE(allowed_calls); i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0);
    if (!error)
        error = allow_reading_files(filter);
    if (!error)
        error = allow_sockets(filter);
    if (!error)
        error = allow_memory(filter);
    if (!error)
        error = seccomp_load(filter);
    seccomp_release(filter);
    return error;
}

int cell_enter(void)
{
    int error = child_drop();

    if (!error)
        error = close_file_systems();
    return error ? error : filter_calls();
}
