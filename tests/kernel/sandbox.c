/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sandbox.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

static _Noreturn void skip(const char *what)
{
    printf("skipped: %s: %s\n", what, strerror(errno));
    exit(SKIPPED);
}

void sandbox_enter(void)
{
    static const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

    if (geteuid()) {
        errno = EPERM;
        skip("this test needs root");
    }
    if (unshare(CLONE_NEWNET | CLONE_NEWNS))
        skip("cannot make namespaces");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        skip("cannot make mounts private");
    if (mount("bpf", "/sys/fs/bpf", "bpf", 0, "mode=0700"))
        skip("cannot mount a bpffs");
    setrlimit(RLIMIT_MEMLOCK, &unlimited);
    /* No addresses: with addresses the kernel itself would send packets, which would be counted. */
    if (system("ip link add " INSIDE " type veth peer name " OUTSIDE " &&"
               "sysctl -qw net.ipv6.conf." INSIDE ".disable_ipv6=1 &&"
               "sysctl -qw net.ipv6.conf." OUTSIDE ".disable_ipv6=1 &&"
               "ip link set " INSIDE " mtu 9000 up && ip link set " OUTSIDE " mtu 9000 up")) {
        errno = EOPNOTSUPP;
        skip("cannot make a veth pair");
    }
}

bool sandbox_make_bare(void)
{
    return !system("ip tuntap add mode tun name " BARE " && ip link set " BARE " up");
}
