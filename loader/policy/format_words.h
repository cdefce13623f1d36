/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes one rule or expectation in either form. */
#ifndef EDGEXDP_FORMAT_WORDS_H
#define EDGEXDP_FORMAT_WORDS_H

#include <stdio.h>

#include "ini.h"

/* Returns the short form of SECTION, without its name, broken into lines if it is long. The caller
 * frees it. Returns NULL and sets *error to -ENOMEM, or to -ENOTSUP when there is no short form. */
char *format_short(const struct ini *ini, const struct ini_section *section, int *error);

/* The same for the long form, header included. */
char *format_long(const struct ini *ini, const struct ini_section *section, int *error);

/* Write NAME, of a zone or a set, as a word of a rule in the short form: in quotes if it would be
 * read as something else. */
void format_words_name(struct piece name, FILE *out);

#endif
