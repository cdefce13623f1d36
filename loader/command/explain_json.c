/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../base/labels.h"
#include "../policy/limit.h"
#include "../policy/notation.h"
#include "../policy/protect.h"
#include "../show/json.h"
#include "explain.h"

static const char *outcome_name(const struct outcome *outcome)
{
    if (outcome->kind == OUTCOME_RULE)
        return "rule";
    if (outcome->kind == OUTCOME_LIMITED)
        return "limit";
    if (outcome->kind == OUTCOME_REPLY || outcome->reason == REASON_REPLY)
        return "reply";
    return outcome->reason == REASON_DEFAULT ? "default" : "reason";
}

static struct json_object *misfit_json(const struct explanation *explanation,
                                       const struct misfit *misfit)
{
    const struct rule *rule = &explanation->policy->rules[misfit->rule];
    struct json_object *object = json_object_new_object();
    char text[MISFIT_TEXT_BYTES];

    json_add_text(object, "rule", rule->name);
    json_add_text(object, "file", rule_file(explanation->policy, rule));
    json_add_number(object, "line", rule->place.line);
    json_add_text(object, "field", misfit_field_name(rule, &explanation->asked, misfit->field));
    json_add_text(object, "why", misfit_why(rule, &explanation->asked, misfit->field, text));
    return object;
}

static struct json_object *trace_json(const struct explanation *explanation)
{
    struct json_object *trace = json_object_new_array();

    for (size_t i = 0; i < explanation->trace_count; i++)
        json_object_array_add(trace, misfit_json(explanation, &explanation->trace[i]));
    return trace;
}

static struct json_object *near_json(const struct explanation *explanation)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < explanation->near_count; i++) {
        const struct near_miss *near = &explanation->near[i];
        const struct policy *policy = explanation->policy;
        const struct rule *rule = &policy->rules[near->misfit.rule];
        struct json_object *object = misfit_json(explanation, &near->misfit);
        char wish[MISFIT_TEXT_BYTES];
        json_add_text(object, "would_match_if",
                      misfit_wish(rule, &explanation->asked, near->misfit.field, wish));
        json_add_text(object, "behind",
                      near->behind < policy->rule_count ? policy->rules[near->behind].name : NULL);
        json_object_array_add(array, object);
    }
    return array;
}

static struct json_object *limits_json(const struct explanation *explanation)
{
    struct json_object *array = json_object_new_array();
    size_t count;
    const struct limit *limits = explanation_limits(explanation, &count);

    for (size_t i = 0; i < count; i++) {
        const struct limit_use *use = &explanation->decision.uses[i];
        struct json_object *object = json_object_new_object();
        char text[LIMIT_TEXT_BYTES];

        json_add_text(object, "limit", limit_print(&limits[i], text));
        json_object_object_add(object, "used_percent",
                               use->known ? json_object_new_int((int)use->percent) : NULL);
        json_object_array_add(array, object);
    }
    return array;
}

static void add_protect(struct json_object *object, const struct explanation *explanation)
{
    const struct protect *protect = explanation_protect(explanation);
    char text[PROTECT_TEXT_BYTES];

    json_add_text(object, "protect", protect ? protect_print(protect, text) : NULL);
}

/* What is said of one side. */
static struct json_object *side_json(const struct explained *side)
{
    const struct explanation *explanation = &side->explanation;
    const struct decision *decision = &explanation->decision;
    const struct outcome *outcome = &decision->outcome;
    struct json_object *object = json_object_new_object();
    char packet[NOTATION_TEXT_BYTES], meaning[MEANING_BYTES];

    json_add_text(object, "packet", notation_print(&explanation->packet, packet));
    json_add_text(object, "interface", decision->interface);
    json_add_text(object, "zone", side->zone);
    json_add_text(object, "direction", direction_names[explanation->packet.direction]);
    json_add_text(object, "verdict", verdict_names[outcome->verdict]);
    json_add_text(object, "reject",
                  explanation_untold(explanation) == TOLD
                      ? outcome_reject(outcome, explanation->packet.protocol)
                      : NULL);
    json_add_text(object, "outcome", outcome_name(outcome));
    json_add_text(object, "rule", decision->rule);
    json_add_text(object, "reason",
                  outcome->kind == OUTCOME_REASON ? reason_names[outcome->reason] : NULL);
    json_add_text(object, "block", decision->block);
    json_object_object_add(object, "needs_connection",
                           json_object_new_boolean(explanation_needs_connection(explanation)));
    json_add_text(object, "file", decision->file);
    if (decision->rule)
        json_add_number(object, "line", decision->line);
    else
        json_add_text(object, "line", NULL);
    json_object_object_add(object, "audit", json_object_new_boolean(decision->audit));
    json_add_text(object, "meaning", explanation_meaning(explanation, meaning));
    json_object_object_add(object, "limits", limits_json(explanation));
    add_protect(object, explanation);
    json_object_object_add(object, "trace", explanation->policy ? trace_json(explanation) : NULL);
    json_object_object_add(object, "near_misses",
                           explanation->policy ? near_json(explanation) : NULL);
    json_add_text(object, "baseline", explanation->baseline);
    json_add_text(object, "note", side->note);
    return object;
}

static struct json_object *sides_json(const struct explained_packet *explained)
{
    struct json_object *array = json_object_new_array();

    for (unsigned int i = 0; i < explained->count; i++)
        json_object_array_add(array, side_json(&explained->sides[i]));
    return array;
}

void explain_print_json(const struct explain_request *request,
                        const struct explained_packet *explained)
{
    struct json_object *object = side_json(&explained->sides[explained->count - 1]);
    char packet[NOTATION_TEXT_BYTES];

    json_add_text(object, "packet", notation_print(&request->packet, packet));
    json_object_object_add(object, "sides",
                           request->packet.forwarded ? sides_json(explained) : NULL);
    json_print(object);
}
