/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 512

static void visit_list(const struct case_group *groups,
                       void (*visit)(const struct case_group *group, void *context), void *context)
{
    for (; groups->name; groups++)
        visit(groups, context);
}

void cases_each(void (*visit)(const struct case_group *group, void *context), void *context)
{
    visit_list(header_cases, visit, context);
    visit_list(baseline_cases, visit, context);
    visit_list(rule_cases, visit, context);
}

static void play_line(const char *line, size_t length, const char *expected,
                      const struct case_judge *judge)
{
    static struct wire wire;
    char text[LINE_BYTES];

    if (length >= sizeof(text))
        abort();
    memcpy(text, line, length);
    text[length] = '\0';
    wire_read(text, &wire);
    judge->judge(&wire, text, expected, judge->context);
}

static void play_before(const char *lines, const struct case_judge *judge)
{
    while (lines && *lines) {
        size_t length = strcspn(lines, "\n");
        play_line(lines, length, NULL, judge);
        lines += length + (lines[length] == '\n');
    }
}

void case_play(const struct packet_case *packet_case, const struct case_judge *judge)
{
    static const char *const directions[] = {"in", "out"};
    const char *packet = packet_case->packet;
    bool both = !strncmp(packet, "both ", 5);

    for (int i = 0; i < 1 + both; i++) {
        char text[LINE_BYTES];
        int length = both ? snprintf(text, sizeof(text), "%s %s", directions[i], packet + 5)
                          : snprintf(text, sizeof(text), "%s", packet);

        judge->forget(judge->context);
        play_before(packet_case->before, judge);
        play_line(text, (size_t)length, packet_case->expected, judge);
    }
}
