/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interfaces of a host by name and index: what a policy with zones has to know of it. */
#ifndef EDGEXDP_POLICY_LINKS_H
#define EDGEXDP_POLICY_LINKS_H

#include "piece.h"

#include <stdio.h>

/* One name of an interface; it may have several. */
struct host_link {
    char *name;
    u32 index;
};

/* Initialise with zeros. */
struct links {
    struct host_link *list;
    size_t count, capacity;
    char *guarded; /* a name of the interface that is guarded; NULL: none is */
    /* What is asked for: names of interfaces, or beginnings of names with a * behind. */
    char **wanted;
    size_t wanted_count, wanted_capacity;
};

void links_clear(struct links *links);

/* Is the interface called NAME meant by PATTERN? */
bool link_is_wanted(const char *pattern, const char *name);

/* Add a name, the guarded one, or what is asked for. Return 0 or -ENOMEM. */
int links_add(struct links *links, const char *name, u32 index);
int links_guard(struct links *links, const char *name);
int links_want(struct links *links, const char *pattern);

/* Returns the index of the interface called NAME; 0: there is none. */
u32 links_index(const struct links *links, const char *name);

/* Copy into *TAKEN those interfaces of FROM that WANTED asks for, and what it asks for, and which
 * one FROM guards. Returns 0 or -ENOMEM. */
int links_take(const struct links *wanted, const struct links *from, struct links *taken);

/* Write them, a line each, for links_parse_line(). */
void links_print(const struct links *links, FILE *out);

/* Reads VALUE of ITEM, if ITEM is of such a line. Returns 0, -ENOENT (it is of another), -EINVAL or
 * -ENOMEM. */
int links_parse_line(struct links *links, struct piece item, struct piece value);

/* Says how NOW differs from WAS: "interfaces (new: ppp0; gone: ppp1)", or nothing. */
void links_print_changes(const struct links *was, const struct links *now, const char *before,
                         FILE *out);

#endif
