/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Advice as lines that can be typed. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/text.h"
#include "report.h"

/* WORD so that a shell takes it for one word. */
static void print_word(FILE *stream, const char *word)
{
    size_t plain = 0;

    while (isalnum((unsigned char)word[plain]) || (word[plain] && strchr("._:@,-", word[plain])))
        plain++;
    if (!word[plain]) {
        fputs(word, stream);
        return;
    }
    fputc('\'', stream);
    for (const char *at = word; *at; at++) {
        if (*at == '\'')
            fputs("'\\''", stream);
        else
            text_print_harmless(stream, at, 1);
    }
    fputc('\'', stream);
}

static void print_ban(FILE *stream, const struct report *report, const struct advice *advice)
{
    char words[TOP_WORDS_BYTES];

    fputs("edgexdp ban ", stream);
    print_word(stream, report->interface);
    fprintf(stream, " %s --for 10m", top_words(BY_NETWORK, &advice->ban, report->roster, words));
}

/* A rule that has a limit already is left alone: how it should be changed, only its author knows.
 */
static bool can_limit(const struct report *report, const struct advice *advice)
{
    return advice->has_limit && report->rule && !strstr(report->rule, " limit ");
}

static void print_limit(FILE *stream, const struct report *report, const struct advice *advice)
{
    fprintf(stream, "%s  limit %llu%s/second%s", report->rule, (unsigned long long)advice->limit,
            advice->opens && report->rule_is_tcp ? " new" : "",
            advice->by_source ? " per source" : "");
}

static int add(char *lines[ADVICE_LINES], int count, const struct report *report,
               const struct advice *advice,
               void (*print)(FILE *, const struct report *, const struct advice *))
{
    size_t bytes;
    FILE *stream = count < 0 ? NULL : open_memstream(&lines[count], &bytes);

    if (!stream)
        return -ENOMEM;
    print(stream, report, advice);
    return fclose(stream) ? -ENOMEM : count + 1;
}

int report_advice(const struct report *report, char *lines[ADVICE_LINES])
{
    struct advice advice;
    int count = 0;

    memset(lines, 0, ADVICE_LINES * sizeof(*lines));
    advice_make(report->census, &advice);
    if (advice.has_ban)
        count = add(lines, count, report, &advice, print_ban);
    if (count >= 0 && can_limit(report, &advice))
        count = add(lines, count, report, &advice, print_limit);
    if (count >= 0)
        return count;
    for (int i = 0; i < ADVICE_LINES; i++)
        free(lines[i]);
    return -ENOMEM;
}
