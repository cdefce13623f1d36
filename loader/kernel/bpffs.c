/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bpffs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "../base/memory.h"

#define FRESH_SUFFIX "%new"
#define NETNS_FOLDER "/run/netns"

bool bpffs_is_mounted(void)
{
    struct statfs fs;
    return !statfs(BPFFS_ROOT, &fs) && fs.f_type == BPF_FS_MAGIC;
}

static bool is_same_namespace(const char *one, const char *other)
{
    struct stat first, second;

    return !stat(one, &first) && !stat(other, &second) && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

/* A mount namespace made for this command, as `ip netns exec` makes one, vanishes with it; so would
 * a bpffs that we mounted there, with everything pinned in it. The mount namespace of the first
 * process stays. In any other, users who mean to stay there can mount bpffs themselves. */
bool bpffs_is_hidden(void)
{
    return !bpffs_is_mounted() && !is_same_namespace("/proc/self/ns/mnt", "/proc/1/ns/mnt");
}

/* The name `ip netns` has for this network namespace, or else "NAME", for the reader to fill in. */
static void find_netns_name(char name[NAME_MAX + 1])
{
    DIR *folder = opendir(NETNS_FOLDER);
    char path[sizeof(NETNS_FOLDER) + NAME_MAX + 1];

    strcpy(name, "NAME");
    for (struct dirent *item; folder && (item = readdir(folder));) {
        snprintf(path, sizeof(path), NETNS_FOLDER "/%s", item->d_name);
        if (is_same_namespace("/proc/self/ns/net", path))
            snprintf(name, NAME_MAX + 1, "%s", item->d_name);
    }
    if (folder)
        closedir(folder);
}

int why_hidden(struct why *why)
{
    char name[NAME_MAX + 1];

    find_netns_name(name);
    return why_set(
        why, -ENOENT,
        "what is guarded cannot be seen here, and what was attached here would not stay: "
        "this mount namespace has no bpffs and ends with its command, as with ip netns exec; run "
        "nsenter --net=" NETNS_FOLDER
        "/%s edgexdp ... instead, or, to continue in it, first: " MOUNT_COMMAND,
        name);
}

/* If systemd has not mounted bpffs, we do. */
static int ensure_mounted(struct why *why)
{
    if (bpffs_is_mounted())
        return 0;
    if (bpffs_is_hidden())
        return why_hidden(why);
    if (!mount("bpf", BPFFS_ROOT, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
        return 0;
    int error = -errno;
    if (error == -EPERM || error == -EACCES)
        return why_set(
            why, error,
            "bpffs is not mounted on " BPFFS_ROOT
            " and mounting it needs root: run this command as root, or first: " MOUNT_COMMAND);
    return why_set(why, error, "cannot mount bpffs: %s; run: " MOUNT_COMMAND, strerror(-error));
}

/* The folder's owner can replace our pins, and so can anyone with write access to its parent,
 * unless that is sticky. */
static int check_owner(int folder, struct why *why)
{
    struct stat status;

    if (!stat(BPFFS_ROOT, &status) && status.st_mode & S_IWOTH && !(status.st_mode & S_ISVTX))
        return why_set(why, -EPERM,
                       "anybody may move what is in " BPFFS_ROOT
                       ", so nothing in it can be trusted: chmod 0700 " BPFFS_ROOT);
    if (fstat(folder, &status))
        return why_set(why, -errno, "cannot look at " PINS_ROOT ": %s", strerror(errno));
    if ((!status.st_uid || status.st_uid == geteuid()) && !(status.st_mode & S_IWOTH))
        return 0;
    return why_set(why, -EPERM,
                   PINS_ROOT " can be changed by others than root (it belongs to user %u), so "
                             "nothing in it can be trusted: remove it, as root, and attach again",
                   status.st_uid);
}

static int shared_lock = -1;

void bpffs_share_lock(int lock)
{
    shared_lock = lock;
}

bool bpffs_lock_is_shared(void)
{
    return shared_lock >= 0;
}

int bpffs_lock(bool exclusive, bool create, int *lock, struct why *why)
{
    if (bpffs_lock_is_shared()) {
        *lock = fcntl(shared_lock, F_DUPFD_CLOEXEC, 0);
        return *lock < 0 ? why_set(why, -errno, "cannot lock " PINS_ROOT ": %s", strerror(errno))
                         : 0;
    }
    if (create) {
        int error = ensure_mounted(why);
        if (error)
            return error;
        if (mkdir(PINS_ROOT, 0700) && errno != EEXIST) {
            error = -errno;
            return why_set(why, error, "cannot create " PINS_ROOT ": %s%s", strerror(-error),
                           error == -EACCES || error == -EPERM ? "; run this command as root" : "");
        }
    }
    CLEANUP_CLOSE int fd = open(PINS_ROOT, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && !create)
        return -ENOENT;
    if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
        return why_set(why, -EPERM,
                       PINS_ROOT " is not a folder: somebody has put something else in its place; "
                                 "remove it, as root, and attach again");
    if (fd < 0) {
        int error = -errno;
        return why_set(why, error, "cannot open " PINS_ROOT ": %s%s", strerror(-error),
                       error == -EACCES ? "; run this command as root" : "");
    }
    int error = check_owner(fd, why);
    if (error)
        return error;
    while (flock(fd, exclusive ? LOCK_EX : LOCK_SH)) {
        if (errno != EINTR)
            return why_set(why, -errno, "cannot lock " PINS_ROOT ": %s", strerror(errno));
    }
    *lock = TAKE_FD(fd);
    return 0;
}

void bpffs_interface_path(const char *interface, bool fresh, char path[PATH_BYTES])
{
    size_t at = (size_t)snprintf(path, PATH_BYTES, "%s/", PINS_ROOT);

    for (; *interface && at + 8 < PATH_BYTES; interface++) {
        if (*interface == '.' || *interface == '%')
            at += (size_t)sprintf(path + at, "%%%02X", *interface);
        else
            path[at++] = *interface;
    }
    snprintf(path + at, PATH_BYTES - at, "%s", fresh ? FRESH_SUFFIX : "");
}

bool bpffs_interface_name(const char *name, char *interface, size_t size)
{
    size_t at = 0;
    while (*name && at + 1 < size) {
        if (*name != '%') {
            interface[at++] = *name++;
        } else if (!strncmp(name, "%2E", 3) || !strncmp(name, "%25", 3)) {
            interface[at++] = name[2] == 'E' ? '.' : '%';
            name += 3;
        } else {
            return false;
        }
    }
    interface[at] = 0;
    return !*name;
}

void bpffs_join(const char *path, const char *name, char joined[PATH_BYTES])
{
    snprintf(joined, PATH_BYTES, "%s/%s", path, name);
}

int bpffs_remove(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return errno == ENOENT ? 0 : -errno;
    for (struct dirent *item; (item = readdir(folder));) {
        char pin[PATH_BYTES];
        if (!strcmp(item->d_name, ".") || !strcmp(item->d_name, ".."))
            continue;
        bpffs_join(path, item->d_name, pin);
        unlink(pin);
    }
    closedir(folder);
    return rmdir(path) ? -errno : 0;
}

static bool is_unfinished(const char *name)
{
    size_t length = strlen(name), suffix = strlen(FRESH_SUFFIX);
    return length > suffix && !strcmp(name + length - suffix, FRESH_SUFFIX);
}

size_t bpffs_each_unfinished(void (*visit)(const char *path))
{
    DIR *folder = opendir(PINS_ROOT);
    size_t count = 0;

    for (struct dirent *item; folder && (item = readdir(folder));) {
        char path[PATH_BYTES];
        if (!is_unfinished(item->d_name))
            continue;
        bpffs_join(PINS_ROOT, item->d_name, path);
        count++;
        if (visit)
            visit(path);
    }
    if (folder)
        closedir(folder);
    return count;
}

int bpffs_each_interface(int (*visit)(const char *interface, void *context), void *context)
{
    struct dirent **items;
    int result = 0, count = scandir(PINS_ROOT, &items, NULL, alphasort);

    if (count < 0)
        return errno == ENOENT ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        char interface[64];
        const char *name = items[i]->d_name;
        if (!result && name[0] != '.' && bpffs_interface_name(name, interface, sizeof(interface)))
            result = visit(interface, context);
        free(items[i]);
    }
    free(items);
    return result;
}
