/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "say.h"

#include <stdio.h>
#include <string.h>

#include "../base/text.h"
#include "../event/event.h"
#include "../event/pcapng.h"
#include "../show/json.h"
#include "../show/times.h"

void say_text(const struct told *told)
{
    char time[TIME_TEXT_BYTES], text[EVENT_TEXT_BYTES], list[RULE_LIST_TEXT_BYTES];

    printf("%s %s%s\n", time_print_exact(told->time_ns, time),
           event_print(told->event, told->rule, text), rule_list_print(&told->list, list));
}

int write_packet(FILE *file, const struct told *told)
{
    char comment[OUTCOME_TEXT_BYTES + RULE_LIST_TEXT_BYTES], list[RULE_LIST_TEXT_BYTES];

    event_print_outcome(told->event, told->rule, comment);
    strcat(comment, rule_list_print(&told->list, list));
    return pcapng_add(file, told->event, told->time_ns, comment);
}

void say_json(const struct told *told)
{
    struct json_object *object = event_json(told);
    size_t bytes;

    puts(json_line(object, &bytes));
    json_object_put(object);
}

void say_lost(const char *interface, u64 packets)
{
    fprintf(stderr, "edgexdp: %s: %llu packets more than can be shown\n", HARMLESS(interface),
            (unsigned long long)packets);
}

void say_ways(const char *interface, const char *text)
{
    fprintf(stderr, "edgexdp: warning: %s: %s\n", HARMLESS(interface), text);
}

void say_sum(const char *interface, u64 shown, u64 lost)
{
    fprintf(stderr, "edgexdp: %s: %llu packets shown, %llu lost\n", HARMLESS(interface),
            (unsigned long long)shown, (unsigned long long)lost);
}
