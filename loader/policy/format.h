/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy file with its rules and expectations in one form: a line each, or a section each.
 * Everything else stays as it is written, comments included.
 */
#ifndef EDGEXDP_FORMAT_H
#define EDGEXDP_FORMAT_H

#include "source.h"

enum policy_form { POLICY_SHORT, POLICY_LONG };

/* Print SOURCE, which has no faults, to OUT in FORM. Files that it includes stay named as they are.
 * What one form cannot say stays in the other: a note with a double quote in it has no short form,
 * one with a comment's sign in it no long one. Returns 0, or -ENOMEM; whether OUT took it all, OUT
 * knows. */
int policy_format(const struct source *source, enum policy_form form, FILE *out);

#endif
