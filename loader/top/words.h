/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is counted, in words. */
#ifndef EDGEXDP_TOP_WORDS_H
#define EDGEXDP_TOP_WORDS_H

#include "census.h"
#include "roster.h"

/* Write the value of FIELD that KEY stands for: "203.0.113.0/24", "udp 53", "web (replies)".
 * Returns TEXT. */
#define TOP_WORDS_BYTES (RULE_NAME_BYTES + 32)
char *top_words(enum census_field field, const struct sketch_key *key, const struct roster *roster,
                char text[TOP_WORDS_BYTES]);

/* The protocol by its name or its number. Returns TEXT. */
#define PROTOCOL_TEXT_BYTES 16
char *top_protocol(u8 protocol, char text[PROTOCOL_TEXT_BYTES]);

/* The field of that name, or CENSUS_FIELDS_COUNT. */
enum census_field top_field(const char *name);

#endif
