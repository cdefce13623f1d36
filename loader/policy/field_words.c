/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "field_words.h"

#include "../base/memory.h"

struct field_word {
    const char *word;
    struct number_range range;
};

#define ONE(word, number)                                                                          \
    {                                                                                              \
        word,                                                                                      \
        {                                                                                          \
            number, number                                                                         \
        }                                                                                          \
    }

/* RFC 2474, 2597, 3246, 5865, 8622. */
static const struct field_word dscp_words[] = {
    ONE("cs0", 0),   ONE("cs1", 8),   ONE("cs2", 16),  ONE("cs3", 24),  ONE("cs4", 32),
    ONE("cs5", 40),  ONE("cs6", 48),  ONE("cs7", 56),  ONE("af11", 10), ONE("af12", 12),
    ONE("af13", 14), ONE("af21", 18), ONE("af22", 20), ONE("af23", 22), ONE("af31", 26),
    ONE("af32", 28), ONE("af33", 30), ONE("af41", 34), ONE("af42", 36), ONE("af43", 38),
    ONE("ef", 46),   ONE("le", 1),    ONE("va", 44),
};

static const struct field_word fragment_words[] = {
    ONE("no", FRAGMENT_NONE),
    ONE("first", FRAGMENT_FIRST),
    ONE("later", FRAGMENT_LATER),
    {"yes", {FRAGMENT_FIRST, FRAGMENT_LATER}},
};

/* The words of a field, and what messages say of them. */
static const struct vocabulary {
    const struct field_word *words;
    size_t count;
    const char *said;
} vocabularies[FIELDS] = {
    [FIELD_FRAGMENT] = {fragment_words, ARRAY_SIZE(fragment_words), NULL},
    [FIELD_DSCP] = {dscp_words, ARRAY_SIZE(dscp_words), "cs0 to cs7, af11 to af43, ef, le, va"},
};

bool field_word_find(enum field field, struct piece word, struct number_range *range)
{
    const struct vocabulary *known = &vocabularies[field];

    for (size_t i = 0; i < known->count; i++) {
        if (!piece_is_keyword(word, known->words[i].word))
            continue;
        *range = known->words[i].range;
        return true;
    }
    return false;
}

const char *field_word_of(enum field field, struct number_range range)
{
    const struct vocabulary *known = &vocabularies[field];

    for (size_t i = 0; i < known->count; i++)
        if (known->words[i].range.first == range.first && known->words[i].range.last == range.last)
            return known->words[i].word;
    return NULL;
}

const char *field_word_at(enum field field, size_t at)
{
    return at < vocabularies[field].count ? vocabularies[field].words[at].word : NULL;
}

const char *field_words_said(enum field field)
{
    return vocabularies[field].said;
}
