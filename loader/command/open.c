/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "open.h"

#include "tell.h"

int open_to_change(const char *interface, struct guard **guard, struct why *why)
{
    struct why mended = {0};
    int error = apply_open(interface, false, guard, &mended, why);

    tell_mended(interface, &mended);
    return error;
}

int open_policy(const char *path, const struct host *host, struct prepared *prepared)
{
    struct why why = {0};
    int error = prepared_compile(prepared, path, host, &why);

    tell_prepared(prepared);
    return error ? tell_failure(prepared, error, &why) : 0;
}
