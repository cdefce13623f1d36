/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics as a file. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../memory.h"
#include "metrics.h"

/* The collector reads what ends in .prom, so the unfinished file must not; and its name is always
 * the same, so that killed writers do not pile them up. */
#define UNFINISHED ".new"

static int print_to(int file, const struct snapshots *snapshots)
{
    FILE *stream = fdopen(file, "w");
    if (!stream) {
        int error = -errno;
        close(file);
        return error;
    }
    metrics_print(stream, snapshots);
    int error = fflush(stream) || ferror(stream) || fchmod(file, 0644) || fsync(file) ? -errno : 0;
    if (fclose(stream) && !error)
        error = -errno;
    return error;
}

static int replace_file(const char *path, const struct snapshots *snapshots)
{
    char fresh[PATH_MAX];

    if (strlen(path) + sizeof(UNFINISHED) > sizeof(fresh))
        return -ENAMETOOLONG;
    stpcpy(stpcpy(fresh, path), UNFINISHED);
    /* What is there is what a killed writer left, or somebody's link to elsewhere. */
    unlink(fresh);
    int file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return -errno;
    int error = print_to(file, snapshots);
    if (!error && rename(fresh, path))
        error = -errno;
    if (error)
        unlink(fresh);
    return error;
}

int metrics_write(const char *path, const char *interface, struct why *why)
{
    CLEANUP(snapshots_clear) struct snapshots snapshots = {0};
    int unread = snapshots_take(interface, &snapshots, why);
    int error = replace_file(path, &snapshots);

    if (error)
        return why_set(why, error, "cannot write %s: %s", path, strerror(-error));
    return unread;
}
