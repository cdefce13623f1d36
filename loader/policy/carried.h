/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts as comments of rules, for a ruleset to carry the policy that it was made of. A comment of
 * nft holds 127 bytes, none of them a double quote: longer lines take several, and what a comment
 * cannot hold is written %XX.
 */
#ifndef EDGEXDP_CARRIED_H
#define EDGEXDP_CARRIED_H

#include <stdio.h>

/* The chain whose rules have these comments; no packet comes to it. */
#define CARRIED_CHAIN "edgexdp_policy"

/* What a text is. */
enum carried {
    CARRIED_POLICY,    /* the file of the policy */
    CARRIED_HOST,      /* what the words of the host stood for: host_print() */
    CARRIED_INTERFACE, /* the one that was asked for, if one was */
    CARRIED_KINDS
};

/* Write TEXT to OUT as comments, each between BEFORE and BEHIND. */
void carried_write(enum carried kind, const char *text, size_t length, const char *before,
                   const char *behind, FILE *out);

/* Add the text of COMMENT to the one of TEXTS that it belongs to. Returns 0, or -EINVAL: it is
 * another comment. */
int carried_read(const char *comment, FILE *const texts[CARRIED_KINDS]);

#endif
