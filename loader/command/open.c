/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "open.h"

#include "../base/memory.h"
#include "tell.h"

int open_to_change(const char *interface, struct guard **guard, struct why *why)
{
    struct why mended = {0};
    int error = apply_open(interface, false, guard, &mended, why);

    tell_mended(interface, &mended);
    return error;
}

int open_interfaces(const char *given, const char *policy, struct interfaces *interfaces)
{
    CLEANUP(prepared_clear) struct prepared read = {0};
    struct why why = {0};
    int error = interfaces_take(given, policy, MISSING_FAILS, interfaces, &read, &why);

    if (!error)
        return 0;
    tell_prepared(&read);
    return tell_failure(&read, error, &why);
}

static int tell(const struct prepared *prepared, int error, const struct why *why)
{
    tell_prepared(prepared);
    return error ? tell_failure(prepared, error, why) : 0;
}

int open_policy(const char *path, const struct host *host, struct prepared *prepared)
{
    struct why why = {0};
    int error = prepared_compile(prepared, path, host, &why);

    return tell(prepared, error, &why);
}

int open_text(const char *path, const struct host *host, struct prepared *prepared)
{
    struct why why = {0};
    int error = prepared_parse(prepared, path, host, &why);

    return tell(prepared, error, &why);
}
