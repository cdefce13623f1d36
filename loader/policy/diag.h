/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with a policy, where, and what to write instead. A diag collects the messages of a
 * run in the order found, and keeps the first thousand; main prints them. This module does not know
 * what a policy is.
 */
#ifndef EDGEXDP_DIAG_H
#define EDGEXDP_DIAG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct source;

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };

/* A piece of one line of a source. Lines and columns count from 1; columns count bytes. A place
 * without a source (source == NULL) refers to no file; line 0 refers to the file as a whole. */
struct place {
    const struct source *source;
    unsigned int line;
    unsigned int column;
    unsigned int length; /* bytes to underline; 0: the line is not shown */
};

struct diag;

/* Returns NULL when memory is short. A diag owns the sources that were read through it (source.h),
 * so that a place stays valid as long as its diag. */
struct diag *diag_new(void);
void diag_free(struct diag *diag);
void diag_freep(struct diag **diag);

/* Adds one message. FORMAT says what is wrong and, where that helps, what to write instead; it
 * contains neither the severity nor a final newline. */
void diag_add(struct diag *diag, enum severity severity, struct place place, const char *format,
              ...) __attribute__((format(printf, 4, 5)));
void diag_vadd(struct diag *diag, enum severity severity, struct place place, const char *format,
               va_list arguments) __attribute__((format(printf, 4, 0)));

/* Returns how many messages of SEVERITY there were, including those not kept. */
size_t diag_count(const struct diag *diag, enum severity severity);

/* Returns how many messages of all severities are kept so far: these are the ones diag_sort()
 * counts. */
size_t diag_messages(const struct diag *diag);

/* Returns the text of message NUMBER, counted from 0, which is valid as long as DIAG, and its
 * severity and place; NULL: there is none, or memory was short. */
const char *diag_message(const struct diag *diag, size_t number, enum severity *severity,
                         struct place *place);

/* Sorts the messages from number FIRST on (counted from 0, all severities) by source and place;
 * those of one place keep the order in which they were found. */
void diag_sort(struct diag *diag, size_t first);

/* Prints every message as "FILE:LINE:COLUMN: error: TEXT", the line, and a caret below it. Of a
 * file's content, only printable text and tabs reach STREAM. */
void diag_print(const struct diag *diag, FILE *stream);

/* Writes the first message of SEVERITY to TEXT in one line, as diag_print() does but without the
 * source line. TEXT has BYTES bytes; what does not fit is cut off. Returns false, and leaves TEXT
 * unchanged, if there is no such message or memory is short. */
bool diag_first(const struct diag *diag, enum severity severity, char *text, size_t bytes);

#endif
