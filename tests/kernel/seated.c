/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seated.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox.h"

#define FLOWS 4096

static _Noreturn void give_up(const struct why *why)
{
    fprintf(stderr, "seated: %s\n", why->text);
    exit(1);
}

static int seat(struct seated *seated, struct why *why)
{
    struct rule_number *numbers = NULL;
    struct image *image = NULL;
    int error = guard_number(seated->guard, seated->court.policy, &numbers, why);

    if (!error)
        error = policy_compile(seated->court.policy, numbers, &LIMITS_DEFAULT, &image,
                               seated->court.diag);
    if (!error)
        error = guard_seat(seated->guard, image, 0, why);
    image_free(image);
    free(numbers);
    return error;
}

void seated_open(struct seated *seated, const char *text)
{
    static const struct attach_options options = {.flows_max = FLOWS};
    struct why why = {""};

    court_open(&seated->court, text);
    if (guard_create(INSIDE, &options, seated->court.image->entry_count, &seated->guard, &why) ||
        seat(seated, &why))
        give_up(&why);
}

void seated_reseat(struct seated *seated, const char *text)
{
    struct why why = {""};

    court_close(&seated->court);
    court_open(&seated->court, text);
    if (seat(seated, &why))
        give_up(&why);
}

void seated_close(struct seated *seated)
{
    guard_close(seated->guard);
    court_close(&seated->court);
}

void seated_forget(struct seated *seated)
{
    court_forget(&seated->court);
    guard_ask_anew(seated->guard);
}

bool seated_wait(struct seated *seated, unsigned int seconds)
{
    struct why why = {""};
    int error = guard_ask_later(seated->guard, seconds);

    if (error && error != -ERANGE) {
        snprintf(why.text, sizeof(why.text), "cannot age what is remembered: %s", strerror(-error));
        give_up(&why);
    }
    return !error;
}

bool seated_can_ask(const struct wire *wire)
{
    size_t shortest = 15;

    if (wire->direction == DIRECTION_IN)
        return wire->length >= 14;
    if (!memcmp(wire->bytes + 12, "\x08\x00", 2))
        shortest = 14 + 20;
    else if (!memcmp(wire->bytes + 12, "\x86\xdd", 2))
        shortest = 14 + 40;
    return wire->length >= shortest && wire->length <= 3000;
}

char *seated_ask(struct seated *seated, const struct wire *wire, char text[SAID_BYTES])
{
    struct outcome outcome;
    struct why why = {""};
    size_t capacity;
    const struct rule_entry *rules = guard_rules(seated->guard, &capacity);
    const char *rule = "";

    if (guard_ask(seated->guard, wire->direction, wire->bytes, wire->length, &outcome, &why))
        give_up(&why);
    if (outcome.kind != OUTCOME_REASON)
        rule = outcome.rule < capacity ? rules[outcome.rule].name : "(no such rule)";
    return said_outcome(&outcome, rule, text);
}
