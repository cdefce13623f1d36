/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EDGEXDP_UTF8_H
#define EDGEXDP_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the UTF-8 character that TEXT begins with, of the LEFT bytes there; 0 when it is none:
 * overlong forms, surrogates and values above U+10FFFF are none. */
size_t utf8_length(const char *text, size_t left);

/* May the character of LENGTH bytes (as utf8_length() counts) be shown on a terminal? Control
 * characters may not, but for a tab. */
bool utf8_is_harmless(const char *text, size_t length);

#endif
