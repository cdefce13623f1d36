/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One rule or expectation in the words of either form. */
#ifndef EDGEXDP_FORMAT_WORDS_H
#define EDGEXDP_FORMAT_WORDS_H

#include "ini.h"

/* The short form of SECTION, without its name, in several lines if it is long. The caller frees it.
 * NULL with *error: -ENOMEM, or -ENOTSUP when there is none. */
char *format_short(const struct ini *ini, const struct ini_section *section, int *error);

/* The long form, header included; else the same. */
char *format_long(const struct ini *ini, const struct ini_section *section, int *error);

#endif
