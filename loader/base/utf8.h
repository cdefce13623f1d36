/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EDGEXDP_UTF8_H
#define EDGEXDP_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The length in bytes of the UTF-8 character that begins at TEXT, which has LEFT bytes; 0 if there
 * is no valid one: overlong forms, surrogates and values above U+10FFFF are not valid. */
size_t utf8_length(const char *text, size_t left);

/* May the character of LENGTH bytes (as utf8_length() counts) be shown on a terminal? Control
 * characters may not, except a tab. */
bool utf8_is_harmless(const char *text, size_t length);

#endif
