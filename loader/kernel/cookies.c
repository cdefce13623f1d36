/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is the kernel willing to give programs SYN cookies? It has one setting for both families, in the
 * network namespace of the interface, which is ours. */
#include "../base/setting.h"
#include "guard.h"

enum cookies_when guard_cookies_when(void)
{
    long value = setting_read("net/ipv4/tcp_syncookies", 0);

    return value < 0    ? COOKIES_UNKNOWN
           : value == 0 ? COOKIES_NEVER
           : value == 2 ? COOKIES_ALWAYS
                        : COOKIES_QUEUE_FULL;
}

bool guard_cookies_are_missing(const struct guard *guard, struct why *note)
{
    const struct tables_header *tables = guard_tables(guard);
    enum cookies_when when = guard_cookies_when();

    if (!tables || !tables->switches.protects || (when != COOKIES_NEVER && when != COOKIES_UNKNOWN))
        return false;
    if (when == COOKIES_NEVER)
        why_set(note, 0,
                "no SYN is answered with a cookie, although a rule says protect: "
                "net.ipv4.tcp_syncookies is 0; set it to 2, or to 1 for cookies only while a "
                "listener's queue is full");
    else
        why_set(note, 0,
                "no SYN may be answered with a cookie, although a rule says protect: "
                "net.ipv4.tcp_syncookies cannot be read; perhaps this kernel has no SYN cookies");
    return true;
}
