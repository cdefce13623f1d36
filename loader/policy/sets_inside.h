/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a policy's sets are made of while they are read. */
#ifndef EDGEXDP_SETS_INSIDE_H
#define EDGEXDP_SETS_INSIDE_H

#include "address_words.h"
#include "catalog.h"
#include "pool.h"
#include "ranges.h"
#include "sets.h"

extern const struct name_style sets_name_style;

/* A named set, or a set file. */
struct node {
    struct piece name;             /* "@PATH" for a file */
    const struct ini_entry *entry; /* NULL: a file */
    const struct source *file;     /* NULL: a set, or it could not be read */
    char *path;                    /* for a file; otherwise NULL */
    const struct node *user;       /* whose item is being resolved; NULL: a rule's, or none */
    unsigned int depth;
    enum { UNSEEN, RESOLVING, RESOLVED } state;
    size_t content; /* number in the pool, once RESOLVED */
};

struct sets {
    const struct ini *ini;
    struct diag *diag;
    source_opener *opener;
    struct address_words words;
    struct pool *pool;
    struct catalog *names, *files; /* map to indices of nodes; files by path */
    struct node **nodes;
    size_t node_count, node_capacity;
    size_t any; /* number in the pool */
};

/* One list while it is read. A list that consists of one other set is that set: it is not
 * copied. */
struct gathering {
    struct node *node; /* whose list this is; NULL: a rule's */
    struct address_list families[2];
    const struct node *only;
    size_t item_count;
    bool all_but; /* everything except the items is meant */
};

static inline struct address_set *sets_at(const struct sets *sets, size_t number)
{
    return pool_at(sets->pool, number);
}

/* Adds the node DESCRIPTION to NAMES as NAME. SETS takes over its path only on success. */
int sets_add_node(struct sets *sets, struct catalog *names, struct piece name,
                  struct node description);

/* Add the items of ENTRY to LIST, and make of LIST the set *CONTENT, known as LABEL. Faults go to
 * the diag. Return 0 or -ENOMEM. */
int sets_add_items(struct sets *sets, struct gathering *list, const struct ini_entry *entry);
int sets_finish(struct sets *sets, struct gathering *list, const char *label, size_t *content);
void gathering_clear(struct gathering *list);

/* Resolves NODE, which is UNSEEN. Faults go to the diag. Returns 0 or -ENOMEM. */
int sets_resolve_node(struct sets *sets, struct node *node);

#endif
