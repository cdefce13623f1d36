/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy file, made ready to be put in force. Everything slow is done here, before anybody has to
 * wait for a lock. Nothing here asks the kernel.
 */
#ifndef EDGEXDP_PREPARED_H
#define EDGEXDP_PREPARED_H

#include "../base/why.h"
#include "../compile/image.h"

struct prepared {
    struct diag *diag;      /* all messages about the file; owns its text */
    struct policy *whole;   /* a policy with zones; NULL: it has none */
    struct policy *policy;  /* its path is absolute, so that a later reload finds the file. Of one
                             * with zones: that of the guarded interface; NULL if none is. */
    struct image *image;    /* of POLICY; its entries carry their own numbers, not an interface's */
    struct archive archive; /* of the policy's files */
};

/* Read the policy file PATH for HOST (see policy_read()), compile and lint it, and judge its
 * expectations. PREPARED is empty
 * before; the caller clears it, also after a failure, when only its diag is set: it holds
 * everything that is wrong with the file (unless memory ran out). Returns 0, or -errno with WHY:
 * the first error, in one line. */
int prepared_read(struct prepared *prepared, const char *path, const struct host *host,
                  struct why *why);

/* The same, but the file is only read: nothing but diag and policy is set. */
int prepared_parse(struct prepared *prepared, const char *path, const struct host *host,
                   struct why *why);

/* The same without lint, expectations and archive: the result may be asked, but must not be put in
 * force. */
int prepared_compile(struct prepared *prepared, const char *path, const struct host *host,
                     struct why *why);

/* The same from an ARCHIVE that was kept, with HOST in place of its own; PATH is where its policy
 * is from. It may be put in force: it was, but for the addresses. */
int prepared_readdress(struct prepared *prepared, const void *archive, size_t length,
                       const char *path, const struct host *host, struct why *why);

/* Returns what was read: `whole`, or the policy without zones. */
const struct policy *prepared_whole(const struct prepared *prepared);

/* Does its diag hold errors? If so, nothing else is set. */
bool prepared_has_errors(const struct prepared *prepared);

/* Were TABLES, which may be NULL, made from the very same files, and do they enforce them? */
bool prepared_is_enforced(const struct prepared *prepared, const struct tables_header *tables);

void prepared_clear(struct prepared *prepared);

#endif
