/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `explain` by a policy file: nothing is attached, and nothing is remembered. */
#include "explain.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "../judge/zone_judges.h"
#include "command.h"
#include "open.h"
#include "usage.h"

/* Is the rule, or whatever else decided, the same? */
static bool is_same(const struct passage *a, const struct passage *b)
{
    const struct outcome *one = &a->sides[0].outcome, *other = &b->sides[0].outcome;

    if (one->kind != other->kind || one->verdict != other->verdict)
        return false;
    if (!outcome_has_rule(one))
        return one->reason == other->reason;
    return !strcmp(zone_judge_rule(a->sides[0].judge, one)->name,
                   zone_judge_rule(b->sides[0].judge, other)->name);
}

static int tell_nowhere(const struct policy *whole, const struct explain_request *request)
{
    bool in = request->packet.direction == DIRECTION_IN;

    say_error("it depends on the interface: write where it %s, as in \"%s on %s ...\"",
              in ? "comes in" : "goes out", in ? "in" : "out", zone_name(whole, 1));
    return COMMAND_USAGE;
}

/* The packet does not say where it is: all zones have to judge it alike. */
static int ask_all(struct zone_judges *judges, const struct policy *whole,
                   const struct explain_request *request, struct diag *diag,
                   struct passage *passage)
{
    unsigned int zone = zone_next(whole, ZONE_HERE);
    int error = zone_judges_ask(judges, &request->packet, zone, diag, passage);

    while (!error && (zone = zone_next(whole, zone)) != ZONE_HERE) {
        struct passage other;

        error = zone_judges_ask(judges, &request->packet, zone, diag, &other);
        if (!error && !is_same(passage, &other))
            return tell_nowhere(whole, request);
    }
    return error;
}

static int check_interface(const struct policy *whole, const char *said)
{
    if (!*said || !whole->is_zoned || zone_can_be(whole, said))
        return 0;
    say_error("\"%s\" is in no zone of [interfaces], and no zone itself", said);
    return COMMAND_USAGE;
}

static int ask(struct zone_judges *judges, const struct policy *whole,
               const struct explain_request *request, struct passage *passage)
{
    CLEANUP(diag_freep) struct diag *diag = diag_new();
    const struct packet_notation *packet = &request->packet;
    bool nowhere = whole->is_zoned && !*packet->on;

    if (!diag)
        return -ENOMEM;
    int error = check_interface(whole, packet->on);
    if (!error)
        error = check_interface(whole, packet->via);
    if (!error)
        error = nowhere ? ask_all(judges, whole, request, diag, passage)
                        : zone_judges_ask(judges, packet, ZONE_HERE, diag, passage);
    if (error < 0)
        diag_print(diag, stderr);
    return error;
}

static int explain_passed(const struct policy *whole, const struct explain_request *request,
                          const struct passage *passage, struct explained_packet *explained)
{
    int error = 0;

    for (unsigned int i = 0; i < passage->count && !error; i++) {
        const struct outcome *outcome = &passage->sides[i].outcome;
        const struct rule *rule = zone_judge_rule(passage->sides[i].judge, outcome);
        struct packet_notation packet = explain_side(request, passage->sides[i].direction);
        struct explained *side = &explained->sides[explained->count];
        struct decision decision = {.outcome = *outcome,
                                    .file = rule ? rule_file(whole, rule) : whole->path,
                                    .audit = whole->mode == MODE_AUDIT,
                                    .zone = whole->is_zoned ? passage->sides[i].zone : ZONE_HERE};

        if (rule) {
            memcpy(side->rule, rule->name, sizeof(side->rule));
            decision.rule = side->rule;
            decision.line = rule->place.line;
        }
        if (decision.zone && !explained->anywhere)
            side->zone = zone_name(whole, decision.zone);
        error = explain(whole, &packet, &decision, &side->explanation);
        explained->count += !error;
    }
    return error;
}

int explain_policy(const char *path, const struct explain_request *request)
{
    CLEANUP(prepared_clear) struct prepared read = {0};
    CLEANUP(zone_judges_freep) struct zone_judges *judges = NULL;
    CLEANUP(explained_clear) struct explained_packet explained = {.count = 0};
    struct passage passage;
    int error = open_policy(path, request->host.host, &read);

    if (error)
        return error;
    const struct policy *whole = prepared_whole(&read);
    judges = zone_judges_new(whole);
    if (judges && read.image)
        zone_judges_know(judges, read.image);
    error = judges ? ask(judges, whole, request, &passage) : -ENOMEM;
    if (!error && whole->is_zoned && !*request->packet.on)
        explained.anywhere = zone_name(whole, passage.sides[0].zone);
    if (!error)
        error = explain_passed(whole, request, &passage, &explained);
    if (error == -ENOMEM)
        say_error("out of memory");
    if (!error)
        explain_show(request, &explained);
    return error;
}
