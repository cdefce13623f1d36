/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for the values of fields: `ef` is DSCP 46, and `yes` a first or a later fragment. */
#ifndef EDGEXDP_FIELD_WORDS_H
#define EDGEXDP_FIELD_WORDS_H

#include "piece.h"
#include "policy.h"

/* Returns whether WORD stands for values of FIELD, and sets *RANGE to them. */
bool field_word_find(enum field field, struct piece word, struct number_range *range);

/* Returns the word for exactly the values RANGE of FIELD, or NULL if there is none. */
const char *field_word_of(enum field field, struct number_range range);

/* Returns the word number AT of FIELD, or NULL after the last. */
const char *field_word_at(enum field field, size_t at);

/* Returns what the values of FIELD are called besides numbers, for messages, or NULL if they have
 * no words. */
const char *field_words_said(enum field field);

#endif
