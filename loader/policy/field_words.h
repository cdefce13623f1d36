/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for the values of fields of the kind NUMBERS: `ef` is DSCP 46. */
#ifndef EDGEXDP_FIELD_WORDS_H
#define EDGEXDP_FIELD_WORDS_H

#include "piece.h"
#include "policy.h"

/* Returns whether WORD stands for values of FIELD, and sets *RANGE to them. */
bool field_word_find(enum field field, struct piece word, struct number_range *range);

/* Returns the word for one value of FIELD, or NULL if it has none. */
const char *field_word_of(enum field field, u16 number);

/* Returns what the values of FIELD are called besides numbers, for messages, or NULL if they have
 * no words. */
const char *field_words_said(enum field field);

#endif
