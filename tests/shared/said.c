/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "said.h"

#include <stdio.h>
#include <string.h>

#include "../../loader/base/labels.h"

bool said_matches(const struct said *said, const char *text)
{
    return !strcmp(said->text, text) || (said->also[0] && !strcmp(said->also, text));
}

char *said_outcome(const struct outcome *outcome, const char *rule, char text[SAID_BYTES])
{
    const char *verdict = outcome->verdict == VERDICT_ACCEPT ? "accept" : "drop";

    static const char *const kinds[] = {[OUTCOME_REASON] = "reason",
                                        [OUTCOME_RULE] = "rule",
                                        [OUTCOME_REPLY] = "reply",
                                        [OUTCOME_LIMITED] = "limit"};

    snprintf(text, SAID_BYTES, "%s %s %s", verdict, kinds[outcome->kind],
             outcome->kind == OUTCOME_REASON ? reason_names[outcome->reason] : rule);
    return text;
}
