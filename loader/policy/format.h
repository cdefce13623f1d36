/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a policy file with its rules and expectations in one form: either a line for each, or a
 * section for each. Everything else stays as written, comments included.
 */
#ifndef EDGEXDP_FORMAT_H
#define EDGEXDP_FORMAT_H

#include "source.h"

enum policy_form { POLICY_SHORT, POLICY_LONG };

/* Print SOURCE, which has no faults, to OUT in FORM. Included files remain included by name. What
 * the form cannot express stays in the other form: the short form has no note with a double quote,
 * the long form none with a comment sign. Returns 0 or -ENOMEM; check OUT for write errors. */
int policy_format(const struct source *source, enum policy_form form, FILE *out);

/* Get the rule NAME of SOURCE, which has no faults, as a line of [rules], without comments. *line
 * is NULL if SOURCE has no such rule, or if it has no short form; the caller frees it. Returns 0 or
 * -ENOMEM. */
int policy_format_rule(const struct source *source, const char *name, char **line);

#endif
