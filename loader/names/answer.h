/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a resolver says of names. It comes from strangers, through a process that has no privilege
 * because it may be theirs by now: here it is data, checked and bounded.
 */
#ifndef EDGEXDP_NAMES_ANSWER_H
#define EDGEXDP_NAMES_ANSWER_H

#include "../policy/piece.h"
#include "../policy/ranges.h"

/* Of one name, of both families together. */
#define NAME_ADDRESSES_MAX 256

/* That answers without a time to live (of /etc/hosts, or 0) are good for, and the most that is
 * believed. */
#define NAME_TTL_NONE_S 10
#define NAME_TTL_MAX_S  86400

enum answer_state {
    ANSWER_OPEN, /* not complete */
    ANSWER_GIVEN,
    ANSWER_NONE,   /* there are none of this family; or no such name */
    ANSWER_FAILED, /* nobody knows */
};

struct name_answer {
    struct {
        enum answer_state state;
        int code;                      /* of c-ares, why there are no addresses */
        struct address_list addresses; /* single ones */
    } family[2];                       /* FAMILY_IPV4 - 1, FAMILY_IPV6 - 1 */
    unsigned int ttl_s;                /* the shortest; before answer_tidy() 0 if there is none */
    size_t unusable; /* addresses that were left out because no packet goes there, or to many */
    size_t excess;   /* addresses that were left out because they are too many */
};

void answer_clear(struct name_answer *answer);

/* Take a LINE of the process that asks for COUNT names: "3 4 address 192.0.2.1 60" (of name number
 * 3, IPv4, with a time to live), "3 4 given", "3 4 none CODE" or "3 6 failed CODE". Returns 0,
 * -EINVAL if it makes no sense where it stands, or -ENOMEM. */
int answers_take(struct name_answer *answers, size_t count, struct piece line);

/* Everything has been said: sort the addresses, each once, and leave out what cannot be meant and
 * what is too much. Which ones stay depends on the set of addresses only, not on their order. What
 * is still open has failed with CODE. */
void answer_tidy(struct name_answer *answer, int code);

/* Are there addresses? If so, WHY may say what is wrong all the same; if not, it says why not.
 * Empty if nothing is wrong. */
bool answer_explain(const struct name_answer *answer, char *why, size_t bytes);

#endif
