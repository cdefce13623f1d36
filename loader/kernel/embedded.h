/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The objects of programs that judge, as they are within this program. */
#ifndef EDGEXDP_EMBEDDED_H
#define EDGEXDP_EMBEDDED_H

#include <edgexdp/tables.h>

struct bpf_object;
struct guard;

struct embedded {
    const void *(*bytes)(size_t *size);
    const char *name;
    const char *judge, *ask; /* what its programs are called */
};

/* That of DIRECTION, for a policy whose tables begin with HEADER. */
const struct embedded *embedded_of(enum direction direction, const struct tables_header *header);

/* NULL, with errno, when it cannot be opened; closed by bpf_object__close(). */
struct bpf_object *embedded_open(const struct embedded *embedded);

/* Before it is loaded: have OBJECT judge by the map TABLES, which begins with HEADER, and use
 * GUARD's other maps; of its programs only the one called PROGRAM will be loaded. */
int embedded_prepare(const struct guard *guard, struct bpf_object *object,
                     const struct tables_header *header, int tables, const char *program);

#endif
