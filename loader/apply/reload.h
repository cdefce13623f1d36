/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two halves of a reload: what takes time, and what is done under the lock. */
#ifndef EDGEXDP_RELOAD_H
#define EDGEXDP_RELOAD_H

#include "apply.h"

/* How often it starts over when others change what is in force meanwhile: -EAGAIN. */
#define RELOAD_TRIES 3

struct reload {
    const struct apply_request *request;
    struct prepared *prepared;
    bool is_named; /* the caller named the file; otherwise it is the one in force */
    char *from;
    int refused; /* -errno: it would lock somebody out, as REFUSAL says */
    struct why refusal;
};

/* Read and compile PATH (NULL: the file in force) into reload->prepared. REQUEST and PREPARED are
 * set. */
int reload_prepare(struct reload *reload, const char *path, struct why *why);

/* Put it in force. Returns -EAGAIN if what was prepared is no longer what is wanted. */
int reload_put(const struct reload *reload, struct apply_notes *notes, struct why *why);

void reload_clear(struct reload *reload); /* its file's name; PREPARED is the caller's */

#endif
