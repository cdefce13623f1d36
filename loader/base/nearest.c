/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nearest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define WORD_MAX 40u

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

static unsigned int least(unsigned int a, unsigned int b)
{
    return a < b ? a : b;
}

/* The number of letters to insert, remove, replace or swap with their neighbour; case is
 * ignored. */
static unsigned int distance_between(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned int rows[3][WORD_MAX + 1];
    unsigned int *before = rows[0], *above = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b_length; j++)
        row[j] = above[j] = (unsigned int)j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned int *spare = before;

        before = above;
        above = row;
        row = spare;
        row[0] = (unsigned int)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned int replaced = lower(a[i - 1]) != lower(b[j - 1]);

            row[j] = least(above[j - 1] + replaced, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return row[b_length];
}

static bool is_abbreviation(const struct nearest *nearest, const char *word)
{
    return nearest->length >= 3 && !strncasecmp(nearest->written, word, nearest->length);
}

struct nearest nearest_to(const char *written, size_t length)
{
    struct nearest nearest = {written, length, NULL, 0};

    /* One more than the slips allowed in a word of this length. */
    nearest.distance = 1 + (length > 2) + (length > 5) + (length > 9);
    return nearest;
}

void nearest_try(struct nearest *nearest, const char *word)
{
    size_t length = strlen(word), written = nearest->length;
    size_t difference = length > written ? length - written : written - length;
    unsigned int distance;

    if (is_abbreviation(nearest, word) && nearest->distance > 1) {
        nearest->distance = 1;
        nearest->word = word;
        return;
    }
    if (length > WORD_MAX || written > WORD_MAX || difference >= nearest->distance)
        return;
    distance = distance_between(nearest->written, written, word, length);
    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->word = word;
    }
}

struct hint nearest_hint(const struct nearest *nearest)
{
    struct hint hint = {""};

    if (nearest->word)
        snprintf(hint.text, sizeof(hint.text), " (did you mean \"%s\"?)", nearest->word);
    return hint;
}
