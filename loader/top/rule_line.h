/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule of the policy in force, as it could be written. */
#ifndef EDGEXDP_RULE_LINE_H
#define EDGEXDP_RULE_LINE_H

#include "../kernel/kernel.h"

struct rule_line {
    u32 generation; /* of the policy that was asked, 0: none was */
    char name[RULE_NAME_BYTES];
    char *text;  /* as a line of [rules]; NULL: not known */
    bool is_tcp; /* it matches nothing but TCP */
};

/* Look for the rule NAME in the policy in force in GUARD, unless LINE has it already. Whatever
 * fails, the text is then not known. GUARD may be unlocked. */
void rule_line_read(const struct guard *guard, const char *name, struct rule_line *line);
void rule_line_clear(struct rule_line *line);

#endif
