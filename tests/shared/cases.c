/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_BYTES 1024

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
    visit_list(field_cases, visit, context);
    visit_list(flow_cases, visit, context);
    visit_list(fragment_cases, visit, context);
    visit_list(error_cases, visit, context);
    visit_list(flowless_error_cases, visit, context);
    visit_list(ban_cases, visit, context);
}

static void play_ban(const char *words, const struct case_judge *judge)
{
    size_t length = strcspn(words, " ");
    struct piece address = piece_part(piece_of(words), 0, length);
    struct banned banned = {0};
    struct fault fault;

    if (banned_read(address, &banned, &fault))
        abort();
    judge->ban(&banned, (unsigned int)strtoul(words + length, NULL, 10), judge->context);
}

static void play_line(const char *line, const char *expected, const struct case_judge *judge)
{
    static struct wire wire;

    if (!strncmp(line, "wait ", 5)) {
        judge->wait((unsigned int)strtoul(line + 5, NULL, 10), judge->context);
        return;
    }
    if (!strncmp(line, "ban ", 4)) {
        play_ban(line + 4, judge);
        return;
    }
    if (!strcmp(line, "stranger")) {
        judge->stranger(judge->context);
        return;
    }
    wire_read(line, &wire);
    judge->judge(&wire, line, expected, judge->context);
}

static void play_lines(const char *direction, const char *lines, const char *expected,
                       const struct case_judge *judge)
{
    char copy[LINES_BYTES], *line = copy, *next;

    if (snprintf(copy, sizeof(copy), "%s%s", direction, lines) >= (int)sizeof(copy))
        abort();
    judge->forget(judge->context);
    for (; (next = strchr(line, '\n')); line = next + 1) {
        *next = '\0';
        play_line(line, NULL, judge);
    }
    play_line(line, expected, judge);
}

void case_play(const struct packet_case *packet_case, const struct case_judge *judge)
{
    const char *packets = packet_case->packets;

    if (!strncmp(packets, "both ", 5)) {
        play_lines("in ", packets + 5, packet_case->expected, judge);
        play_lines("out ", packets + 5, packet_case->expected, judge);
    } else {
        play_lines("", packets, packet_case->expected, judge);
    }
}
