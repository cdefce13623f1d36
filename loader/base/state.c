/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "state.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define STATE_FOLDER "/var/lib/edgexdp"

void state_path(const char *interface, const char *what, char path[STATE_PATH_BYTES])
{
    const char *folder = getenv("STATE_DIRECTORY");

    if (!folder || !*folder)
        folder = STATE_FOLDER;
    /* There may be several, separated by colons; ours is the first. */
    snprintf(path, STATE_PATH_BYTES, "%.*s/%s.%s", (int)strcspn(folder, ":"), folder, interface,
             what);
}

void state_make_folder(const char *path)
{
    char folder[STATE_PATH_BYTES];

    snprintf(folder, sizeof(folder), "%s", path);
    mkdir(dirname(folder), 0700);
}
