/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why something could not be done, in words for the person who asked for it. */
#ifndef EDGEXDP_WHY_H
#define EDGEXDP_WHY_H

struct why {
    char text[1024]; /* one line: what is wrong and what to do about it; empty: nothing */
};

/* Says why and returns ERROR (negative), so that a failing function can return both at once. */
int why_set(struct why *why, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
