/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sets that the rules of the policy in force name in `from` and `to`, as they were read when
 * the policy was put in force. */
#ifndef EDGEXDP_EVENT_LISTS_H
#define EDGEXDP_EVENT_LISTS_H

#include "../kernel/kernel.h"

struct rule_list {
    char *from, *to; /* NULL: not known, or any */
};

struct rule_lists {
    u32 generation; /* whose lists these are */
    size_t count;
    struct rule_list *lists; /* by rule number */
};

/* Read the lists again. There are none if the policy was not kept. Returns 0, or -ENOMEM with
 * *lists as it was. */
int rule_lists_read(const struct guard *guard, struct rule_lists *lists);

/* The lists of the rule that decided. They live as long as LISTS stays as it is. */
struct rule_list rule_lists_find(const struct rule_lists *lists, const struct event *event);

/* LIST as a line's ending: " (from office to server)", or nothing. Returns TEXT. */
#define RULE_LIST_TEXT_BYTES 192
char *rule_list_print(const struct rule_list *list, char text[RULE_LIST_TEXT_BYTES]);

void rule_lists_clear(struct rule_lists *lists);

#endif
