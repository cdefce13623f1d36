/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "prepare.h"

#include <errno.h>
#include <stdlib.h>

#include "../base/file.h"
#include "../base/text.h"
#include "../compile/lint.h"
#include "../judge/expect.h"

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

/* The files, packed, and the path by which a later reload finds the policy, wherever it is called
 * from: all that takes files is done before anybody has to wait for a lock. */
static int keep_files(struct prepared *prepared)
{
    char *absolute = file_absolute(prepared->policy->path);

    if (!absolute)
        return -ENOMEM;
    free(prepared->policy->path);
    prepared->policy->path = absolute;
    return archive_pack(prepared->diag, &prepared->archive);
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
    if (!error)
        error = keep_files(&made);
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
    archive_clear(&prepared->archive);
    image_free(prepared->image);
    policy_free(prepared->policy);
    diag_free(prepared->diag);
    *prepared = (struct prepared){0};
}
