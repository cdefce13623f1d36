/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as what the process that asks for names writes, and as the file of what is known:
 * however they read, what is then known is within its bounds, and its file reads again as the same.
 */
#include "fuzz.h"

#include "../../loader/names/known.h"

#include <ares.h>
#include <stdlib.h>
#include <string.h>

#include "../../loader/base/memory.h"

#define QUESTIONS 3

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

static char *text_of(const struct known_names *known, size_t *length)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, length);

    require(stream != NULL);
    known_print(stream, known);
    fclose(stream);
    return text;
}

static void check_answer(const struct name_answer *answer)
{
    size_t count = answer->family[0].addresses.count + answer->family[1].addresses.count;
    char why[256];

    require(count <= NAME_ADDRESSES_MAX);
    require(answer->ttl_s && answer->ttl_s <= NAME_TTL_MAX_S);
    require(answer_explain(answer, why, sizeof(why)) == (count > 0) && (count || why[0]));
}

/* Answers the first name of KNOWN. */
static void answer(const uint8_t *data, size_t size, struct known_names *known)
{
    struct name_answer answers[QUESTIONS] = {0};
    struct piece rest = {.text = (const char *)data, .length = (unsigned int)size, .column = 1};
    bool is_sound = true;

    while (is_sound && rest.length) {
        size_t end = piece_find(rest, '\n');

        is_sound = !answers_take(answers, QUESTIONS, piece_part(rest, 0, end));
        rest = piece_part(rest, end + 1, rest.length);
    }
    for (size_t i = 0; i < QUESTIONS; i++) {
        answer_tidy(&answers[i], ARES_ETIMEOUT);
        check_answer(&answers[i]);
        struct known_name *name = known_add(known, "h");
        require(name && !known_take(name, &answers[i], (i + 2) * SECOND_NS, SECOND_NS));
        for (size_t j = 0; j < name->count; j++)
            name->addresses[j].is_live = j & 1;
        known_sweep(name, (i + 2) * SECOND_NS);
        require(name->count <= NAME_ADDRESSES_MAX);
        answer_clear(&answers[i]);
    }
}

/* The same lines, in the same order, mean the same. */
static void check_file(const struct known_names *known)
{
    struct known_names again = {0};
    size_t length, length_again;
    char *text = text_of(known, &length);

    require(!known_parse(text, length, &again));
    char *text_again = text_of(&again, &length_again);
    require(length == length_again && !memcmp(text, text_again, length));
    known_clear(&again);
    free(text);
    free(text_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct known_names known = {0};
    uint8_t *exact = malloc(size ? size : 1); /* so that reading beyond its end is noticed */

    require(exact != NULL);
    if (size)
        memcpy(exact, data, size);
    known_parse((const char *)exact, size, &known);
    check_file(&known);
    answer(exact, size, &known);
    check_file(&known);
    known_clear(&known);
    free(exact);
    return 0;
}
