/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where state is pinned, and the lock that keeps two commands from interleaving. */
#ifndef EDGEXDP_BPFFS_H
#define EDGEXDP_BPFFS_H

#include <stdbool.h>
#include <stddef.h>

#include "../base/why.h"

#define BPFFS_ROOT "/sys/fs/bpf"
#define PINS_ROOT  BPFFS_ROOT "/edgexdp"
#define PATH_BYTES 512

/* Mode 0700: users other than root may not even look into it. */
#define MOUNT_COMMAND "mount -t bpf -o mode=0700 bpf " BPFFS_ROOT

bool bpffs_is_mounted(void);

/* Is bpffs missing from this mount namespace, and would one that we mounted vanish with us?
 * why_hidden() returns -ENOENT, and WHY says what to do instead. */
bool bpffs_is_hidden(void);
int why_hidden(struct why *why);

/* Take the lock on all pinned state; closing *lock (or dying) releases it. A shared lock is for
 * readers. Creates PINS_ROOT if CREATE. Returns 0; -ENOENT when nothing was ever pinned and CREATE
 * is false (WHY stays empty); or -errno with WHY. */
int bpffs_lock(bool exclusive, bool create, int *lock, struct why *why);

/* Let every later bpffs_lock() of this process share LOCK, which is exclusive, instead of waiting
 * for it; -1: no more. */
void bpffs_share_lock(int lock);
bool bpffs_lock_is_shared(void);

/* The folder of an interface, and the one it is built in before it is complete. bpffs refuses a dot
 * in a name: it becomes %2E, and % becomes %25, so that no interface can be called like FRESH. */
void bpffs_interface_path(const char *interface, bool fresh, char path[PATH_BYTES]);

/* Undo the escape: the interface whose folder is called NAME; false for a folder being built. */
bool bpffs_interface_name(const char *name, char *interface, size_t size);

/* PATH/NAME. */
void bpffs_join(const char *path, const char *name, char joined[PATH_BYTES]);

/* Remove a folder of pins and everything in it; it is no error if the folder does not exist. */
int bpffs_remove(const char *path);

/* Call VISIT, unless it is NULL, for the path of each folder that is being made or removed; if we
 * hold the exclusive lock, these are leftovers. Returns how many there are. */
size_t bpffs_each_unfinished(void (*visit)(const char *path));

/* Call VISIT for each interface that has a folder of pins. Stops at the first non-zero return and
 * returns it. */
int bpffs_each_interface(int (*visit)(const char *interface, void *context), void *context);

#endif
