/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "force.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../lockout/lockout.h"
#include "../memory.h"

/* The path by which a later reload finds the file, wherever it is called from. */
static int absolute_path(struct policy *policy)
{
    char *absolute = realpath(policy->path, NULL);
    if (!absolute)
        return 0;
    free(policy->path);
    policy->path = absolute;
    return 0;
}

int put_in_force(struct guard *guard, struct prepared *prepared, u64 confirm_ns, struct why *why)
{
    CLEANUP_FREE struct rule_number *numbers = NULL;
    struct image *image = NULL;

    int error = guard_admits(guard, confirm_ns, why);
    if (!error)
        error = guard_number(guard, prepared->policy, &numbers, why);
    if (error)
        return error;
    absolute_path(prepared->policy);
    error = policy_compile(prepared->policy, numbers, &LIMITS_DEFAULT, &image, prepared->diag);
    if (error)
        return why_set(why, error, "cannot compile the policy: %s", strerror(-error));
    error = guard_seat(guard, image, confirm_ns, why);
    image_free(image);
    return error;
}

static const char *name_of_entry(const void *context, u32 number)
{
    const struct prepared *prepared = context;
    return prepared->policy->rules[prepared->image->entries[number].rule].name;
}

int refuse_lockout(const struct prepared *prepared, const char *interface, struct why *why)
{
    return lockout_check(prepared->image->header, name_of_entry, prepared, interface, why);
}

void say_confirm(const char *interface, u64 confirm_ns)
{
    if (confirm_ns)
        printf("%s: in force for %llu s; to keep it: edgexdp confirm %s\n", interface,
               (unsigned long long)(confirm_ns / SECOND_NS), interface);
}
