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

    if (outcome->kind == OUTCOME_REASON)
        snprintf(text, SAID_BYTES, "%s reason %s", verdict, reason_names[outcome->reason]);
    else
        snprintf(text, SAID_BYTES, "%s %s %s", verdict,
                 outcome->kind == OUTCOME_REPLY ? "reply" : "rule", rule);
    return text;
}
