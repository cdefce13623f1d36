/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Describes in words what the kernel or libbpf refused. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../base/memory.h"
#include "../base/text.h"
#include "guard.h"

static char libbpf_said[512];

/* The verifier's messages have many lines. */
static int print_debugging(const char *format, va_list arguments)
{
    CLEANUP_FREE char *text = NULL;
    int length = vasprintf(&text, format, arguments);

    if (length < 0)
        return text = NULL, length;
    for (const char *line = text; *line; line += strspn(line, "\n")) {
        size_t bytes = strcspn(line, "\n");
        text_print_harmless(stderr, line, bytes);
        line += bytes;
        fwrite(line, 1, strspn(line, "\n"), stderr);
    }
    return length;
}

static int keep_message(enum libbpf_print_level level, const char *format, va_list arguments)
{
    if (getenv("EDGEXDP_DEBUG"))
        return print_debugging(format, arguments);
    if (level == LIBBPF_WARN)
        vsnprintf(libbpf_said, sizeof(libbpf_said), format, arguments);
    return 0;
}

void trouble_quiet_libbpf(void)
{
    libbpf_set_print(keep_message);
}

static bool kernel_is_old(char *release, size_t size)
{
    struct utsname name;
    int major = 0, minor = 0;
    if (uname(&name) || sscanf(name.release, "%d.%d", &major, &minor) != 2)
        return false;
    snprintf(release, size, "%s", name.release);
    return major < 6 || (major == 6 && minor < 1);
}

int why_kernel(struct why *why, int error, const char *what)
{
    char release[65];
    /* The verifier also returns EACCES for a program that it refuses. */
    if (error == -EPERM || (error == -EACCES && geteuid()))
        return why_set(why, error,
                       "%s: permission denied; run this command as root (it needs CAP_BPF, "
                       "CAP_NET_ADMIN and CAP_PERFMON)",
                       what);
    if (kernel_is_old(release, sizeof(release)))
        return why_set(why, error, "%s: kernel %s is too old; edgexdp needs 6.1 or newer", what,
                       release);
    if (error == -ENOMEM || error == -ENOSPC)
        return why_set(why, error, "%s: the kernel has not enough memory for it (%s)", what,
                       strerror(-error));
    if (libbpf_said[0]) {
        libbpf_said[strcspn(libbpf_said, "\n")] = 0;
        return why_set(why, error, "%s: %s (%s; EDGEXDP_DEBUG=1 shows more)", what,
                       strerror(-error), libbpf_said);
    }
    return why_set(why, error, "%s: %s", what, strerror(-error));
}
