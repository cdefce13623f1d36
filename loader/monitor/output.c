/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output.h"

#include <stdio.h>
#include <string.h>

#include "../base/say.h"
#include "../base/text.h"
#include "../event/event.h"
#include "../event/pcapng.h"
#include "../show/json.h"
#include "../show/times.h"

void output_text(const struct told *told, bool with_interface)
{
    char time[TIME_TEXT_BYTES], text[EVENT_TEXT_BYTES], list[RULE_LIST_TEXT_BYTES];

    printf("%s %s%s%s%s\n", time_print_exact(told->time_ns, time),
           with_interface ? HARMLESS(told->interface) : "", with_interface ? " " : "",
           event_print(told->event, told->rule, text), rule_list_print(&told->list, list));
}

int output_packet(FILE *file, u32 number, const struct told *told)
{
    char comment[OUTCOME_TEXT_BYTES + RULE_LIST_TEXT_BYTES], list[RULE_LIST_TEXT_BYTES];

    event_print_outcome(told->event, told->rule, comment);
    strcat(comment, rule_list_print(&told->list, list));
    return pcapng_add(file, number, told->event, told->time_ns, comment);
}

void output_json(const struct told *told)
{
    struct json_object *object = event_json(told);
    size_t bytes;

    puts(json_line(object, &bytes));
    json_object_put(object);
}

void output_lost(const char *interface, u64 packets)
{
    say_note("%s: %llu more packets than can be shown", interface, (unsigned long long)packets);
}

void output_ways(const char *interface, const char *text)
{
    say_warning("%s: %s", interface, text);
}

void output_sum(const char *interface, u64 shown, u64 lost)
{
    say_note("%s: %llu packets shown, %llu lost", interface, (unsigned long long)shown,
             (unsigned long long)lost);
}
