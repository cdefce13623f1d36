/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that a policy was read from, in one piece of memory, packed: kept beside what they were
 * compiled to. What is in force can be read as the policy that it is, whatever has become of the
 * files; and they can be compared with it.
 */
#ifndef EDGEXDP_ARCHIVE_H
#define EDGEXDP_ARCHIVE_H

#include "policy.h"

struct archive {
    void *bytes; /* for archive_clear() */
    size_t length;
};

/* Pack what DIAG's policy, its first source, was read from. Returns 0 or -ENOMEM. */
int archive_pack(const struct diag *diag, struct archive *archive);
void archive_clear(struct archive *archive);

/* Read the policy of such an archive as policy_read() reads one of files. PATH, if not NULL, is
 * what policy->path says then. -EPROTO: the archive is damaged. */
int archive_read(const void *bytes, size_t length, const char *path, struct policy **policy,
                 struct diag *diag);

/* Is a file still what it was when it was packed? */
enum archived_state {
    ARCHIVED_SAME,
    ARCHIVED_CHANGED,
    ARCHIVED_GONE,       /* there is no regular file any more */
    ARCHIVED_UNREADABLE, /* we may not read it, or it is not there for good: it was a pipe */
};

/* Call VISIT for each file: the policy, then those that it names. PATH is absolute where there was
 * a regular file. Nothing but regular files is opened, and of each no more is read than it had.
 * Stops at the first non-zero return, and returns it; 0, or -EPROTO. */
typedef int archived_visitor(const char *path, enum archived_state state, void *context);
int archive_compare(const void *bytes, size_t length, archived_visitor *visit, void *context);

#endif
