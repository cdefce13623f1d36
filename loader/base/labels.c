/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "labels.h"

#include <edgexdp/refusal.h>

const char *const verdict_names[VERDICTS] = {
    [VERDICT_DROP] = "drop",
    [VERDICT_ACCEPT] = "accept",
};

const char *const refusal_names[REFUSALS] = {
    [REFUSAL_DEFAULT] = "default",
    [REFUSAL_TCP_RESET] = "tcp-reset",
    [REFUSAL_PORT_UNREACHABLE] = "port-unreachable",
    [REFUSAL_ADMIN_PROHIBITED] = "admin-prohibited",
};

const char *labels_action(enum verdict verdict, enum refusal refusal)
{
    return refusal == REFUSAL_NONE ? verdict_names[verdict] : "reject";
}

const char *outcome_action(const struct outcome *outcome)
{
    return labels_action((enum verdict)outcome->verdict, outcome_refusal(outcome));
}

const char *outcome_reject(const struct outcome *outcome, u8 protocol)
{
    return refusal_names[refusal_of(outcome_refusal(outcome), protocol)];
}

const char *outcome_through(const struct outcome *outcome)
{
    static const char *const through[] = {[OUTCOME_REASON] = "by reason",
                                          [OUTCOME_RULE] = "by rule",
                                          [OUTCOME_REPLY] = "as a reply of rule",
                                          [OUTCOME_LIMITED] = "by the limit of rule"};
    return through[outcome->kind];
}

const char *const block_origin_names[BLOCK_ORIGINS] = {
    [BLOCK_MANUAL] = "manual",
    [BLOCK_FLOWSPEC] = "flowspec",
};

const char *const direction_names[DIRECTIONS] = {
    [DIRECTION_IN] = "in",
    [DIRECTION_OUT] = "out",
};

const char *const reason_names[REASONS] = {
#define REASON_NAME(identifier, name) [REASON_##identifier] = (name),
    EDGEXDP_REASONS(REASON_NAME)
#undef REASON_NAME
};
