/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `name:HOST` in a list of addresses: whatever HOST resolves to. Reading a policy asks nobody by
 * itself: the host that is passed to it knows what names stand for, or whom to ask. All names of a
 * policy are asked for together, before any address is read.
 */
#ifndef EDGEXDP_POLICY_HOST_NAME_H
#define EDGEXDP_POLICY_HOST_NAME_H

#include "diag.h"
#include "piece.h"
#include "ranges.h"

/* More names would be a list that somebody should keep as addresses. */
#define HOST_NAMES_MAX 1000

/* Of a name: 253 characters, a dot behind, and a NUL. */
#define HOST_NAME_BYTES 255

/* Does ITEM begin with `name:`? `name:addresses` and `name:networks` do not count: they are of an
 * interface that is called so. */
bool host_name_begins(struct piece item);

/* Is the rest of ITEM, which does, a name that can be asked for? Returns 0, or -EINVAL with FAULT.
 */
int host_name_check(struct piece item, struct fault *fault);

/* What a policy wants to know of one name. */
struct host_question {
    char host[HOST_NAME_BYTES]; /* in lower case */
    struct piece item;          /* where the policy says it first */
    /* The answer, made by the asker: */
    struct address_list family[2]; /* by family: FAMILY_IPV4 - 1, FAMILY_IPV6 - 1 */
    enum severity severity;        /* of what there is to say */
    char said[256];                /* what is wrong with the answer; empty: nothing */
};

/* Answers all COUNT QUESTIONS. Returns 0, also if some have no answer, or -ENOMEM. */
typedef int host_asker(void *context, struct host_question *questions, size_t count);

#endif
