/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that a policy was read from, and the words of the host that it uses, packed in one
 * piece of memory and kept with what they were compiled to. The policy in force can be read from
 * it, whatever has become of the files and of the host, and both can be compared with it.
 */
#ifndef EDGEXDP_ARCHIVE_H
#define EDGEXDP_ARCHIVE_H

#include "host.h"
#include "policy.h"

struct archive {
    void *bytes; /* for archive_clear() */
    size_t length;
};

/* Pack the sources of the policy in DIAG, which is DIAG's first source, and its HOST (see struct
 * policy; NULL: none). Returns 0 or -ENOMEM. */
int archive_pack(const struct diag *diag, const struct host *host, struct archive *archive);
void archive_clear(struct archive *archive);

/* Read the policy from such an archive as policy_read() reads one from files, for the archive's
 * host. PATH, if not NULL, becomes policy->path, and the paths of included files become absolute.
 * Also returns -EPROTO when the archive is damaged.
 */
int archive_read(const void *bytes, size_t length, const char *path, struct policy **policy,
                 struct diag *diag);

/* The same; but of a policy with zones, only what concerns the interface that its host guards. */
int archive_read_own(const void *bytes, size_t length, const char *path, struct policy **policy,
                     struct diag *diag);

/* Get the host of such an archive for the caller to free, or NULL if its policy needs none. Returns
 * 0, -EPROTO or -ENOMEM. */
int archive_host(const void *bytes, size_t length, struct host **host);

/* Make an archive of the same files, and of HOST. Returns as archive_host() does. */
int archive_readdress(const void *bytes, size_t length, const struct host *host,
                      struct archive *archive);

/* Whether a file is still what it was when it was packed. */
enum archived_state {
    ARCHIVED_SAME,
    ARCHIVED_CHANGED,
    ARCHIVED_GONE,       /* there is no regular file any more */
    ARCHIVED_UNREADABLE, /* permission is missing, or it was a pipe and is gone for good */
};

/* Call VISIT for each file: the policy first, then the files it names. PATH is absolute if it was a
 * regular file. Only regular files are opened, and no more of each is read than it had. Stops at
 * the first non-zero return of VISIT and returns it; otherwise returns 0 or -EPROTO. */
typedef int archived_visitor(const char *path, enum archived_state state, void *context);
int archive_compare(const void *bytes, size_t length, archived_visitor *visit, void *context);

#endif
