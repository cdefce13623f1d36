/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

/* A suffix, so that programs that select files by their suffix do not read the unfinished one. It
 * is always the same, so that killed writers do not leave more and more files. */
#define UNFINISHED ".new"

bool file_is_regular(const char *path)
{
    struct stat status;
    return !stat(path, &status) && S_ISREG(status.st_mode);
}

char *file_absolute(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    CLEANUP_FREE char *folder = NULL, *absolute = NULL;

    if (!file_is_regular(path))
        return strdup(path);
    folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    absolute = folder ? realpath(folder, NULL) : NULL;
    if (!folder || (!absolute && errno == ENOMEM))
        return NULL;
    size_t bytes = absolute ? strlen(absolute) + strlen(name) + 2 : 0;
    char *made = absolute ? malloc(bytes) : strdup(path);
    if (made && absolute)
        snprintf(made, bytes, "%s/%s", strcmp(absolute, "/") ? absolute : "", name);
    return made;
}

static int print_to(int file, mode_t mode, void (*print)(FILE *stream, const void *context),
                    const void *context)
{
    FILE *stream = fdopen(file, "w");
    if (!stream) {
        int error = -errno;
        close(file);
        return error;
    }
    print(stream, context);
    int error = fflush(stream) || ferror(stream) || fchmod(file, mode) || fsync(file) ? -errno : 0;
    if (fclose(stream) && !error)
        error = -errno;
    return error;
}

int file_replace(const char *path, mode_t mode, void (*print)(FILE *stream, const void *context),
                 const void *context)
{
    char fresh[PATH_MAX];

    if (strlen(path) + sizeof(UNFINISHED) > sizeof(fresh))
        return -ENAMETOOLONG;
    stpcpy(stpcpy(fresh, path), UNFINISHED);
    /* Anything here was left by a killed writer, or is somebody's link to another place. */
    unlink(fresh);
    int file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return -errno;
    int error = print_to(file, mode, print, context);
    if (!error && rename(fresh, path))
        error = -errno;
    if (error)
        unlink(fresh);
    return error;
}
