/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "banlist.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../policy/listing.h"

/* Reads one line of the list and adds it to the bans in CONTEXT. */
static int take_line(void *context, struct piece line, struct fault *fault)
{
    struct banned banned = {0};

    return banned_read(line, &banned, fault) ? -EINVAL : bans_add(context, &banned);
}

static int read_lines(const char *path, struct bans *bans, struct diag *diag)
{
    const struct source *source;
    int error = strcmp(path, "-") ? source_open(diag, path, &source)
                                  : source_read(diag, "stdin", STDIN_FILENO, &source);

    if (!error)
        error = listing_read(source, "an address or a prefix", take_line, bans, diag);
    else if (error != -ENOMEM)
        diag_add(diag, SEVERITY_ERROR, (struct place){0}, "cannot read %s: %s", path,
                 source_error(error));
    if (!error && diag_count(diag, SEVERITY_ERROR))
        error = -EINVAL;
    return error;
}

int banlist_read(const char *path, struct bans *bans, FILE *stream)
{
    struct diag *diag = diag_new();
    int error = diag ? read_lines(path, bans, diag) : -ENOMEM;

    if (diag)
        diag_print(diag, stream);
    diag_free(diag);
    return error;
}
