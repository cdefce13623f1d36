/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The embedded objects of the programs that judge. */
#ifndef EDGEXDP_EMBEDDED_H
#define EDGEXDP_EMBEDDED_H

#include <edgexdp/tables.h>

struct bpf_object;
struct guard;

struct embedded {
    const void *(*bytes)(size_t *size);
    const char *name;
    const char *judge, *ask; /* names of its programs */
};

/* The object for DIRECTION, for a policy whose tables begin with HEADER. */
const struct embedded *embedded_of(enum direction direction, const struct tables_header *header);

/* Returns NULL, with errno, when it cannot be opened; the caller closes it with
 * bpf_object__close(). */
struct bpf_object *embedded_open(const struct embedded *embedded);

/* Make OBJECT, not yet loaded, judge by the map TABLES, which begins with HEADER, and use GUARD's
 * other maps; only its program called PROGRAM will be loaded. */
int embedded_prepare(const struct guard *guard, struct bpf_object *object,
                     const struct tables_header *header, int tables, const char *program);

#endif
