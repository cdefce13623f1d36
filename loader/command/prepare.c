/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "../compile/lint.h"
#include "../judge/expect.h"
#include "../text.h"
#include "command.h"

static int read_and_judge(const char *path, struct prepared *prepared)
{
    int error = policy_read(path, &prepared->policy, prepared->diag);
    if (!error)
        error = policy_compile(prepared->policy, &LIMITS_DEFAULT, &prepared->image, prepared->diag);
    if (error)
        return error;
    error = policy_lint(prepared->policy, prepared->image, prepared->diag);
    return error ? error : expectations_check(prepared->policy, prepared->image, prepared->diag);
}

int policy_prepare(const char *path, struct prepared *prepared)
{
    return policy_prepare_to(path, prepared, stderr);
}

int policy_prepare_to(const char *path, struct prepared *prepared, FILE *stream)
{
    struct prepared made = {.diag = diag_new()};
    int error = made.diag ? read_and_judge(path, &made) : -ENOMEM;

    if (made.diag)
        diag_print(made.diag, stream);
    if (error == -ENOMEM)
        fprintf(stream, "edgexdp: out of memory while reading %s\n", HARMLESS(path));
    if (error)
        prepared_clear(&made);
    else
        *prepared = made;
    return error;
}

void prepared_clear(struct prepared *prepared)
{
    image_free(prepared->image);
    policy_free(prepared->policy);
    diag_free(prepared->diag);
    *prepared = (struct prepared){0};
}
