/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "banlist.h"

#include <errno.h>
#include <string.h>

#include "../policy/ini.h"
#include "../policy/source.h"

static int read_line(const struct source *source, unsigned int number, struct bans *bans,
                     struct diag *diag)
{
    struct banned banned = {0};
    struct fault fault;
    bool faulty;
    struct piece line = ini_line(source, number, diag, &faulty);

    if (!line.length || faulty)
        return 0;
    if (!banned_read(line, &banned, &fault))
        return bans_add(bans, &banned);
    fault_report(&fault, line, source, diag);
    return 0;
}

static int read_lines(const char *path, struct bans *bans, struct diag *diag)
{
    const struct source *source;
    int error = source_open(diag, path, &source);

    if (error && error != -ENOMEM)
        diag_add(diag, SEVERITY_ERROR, (struct place){0}, "cannot read %s: %s", path,
                 strerror(-error));
    for (unsigned int number = 1; !error && number <= source->line_count; number++)
        error = read_line(source, number, bans, diag);
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
