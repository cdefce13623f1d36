/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "advice.h"

#define ROWS        64
#define SHARE_MIN   0.05 /* of what rules accept: who sends less is not worth a ban */
#define LIMIT_LEAST 5

u64 advice_round(double value)
{
    static const u64 steps[] = {1, 2, 5};

    for (u64 power = 1; power < 1000000000000ull; power *= 10)
        for (int i = 0; i < 3; i++)
            if ((double)(steps[i] * power) >= value)
                return steps[i] * power;
    return 1000000000000ull;
}

static double admitted(const struct census *census)
{
    return census->sides[DIRECTION_IN].all.admitted;
}

/* The row of which rules accept most, or NULL. */
static const struct census_row *most_admitted(const struct census_row *rows, size_t count)
{
    const struct census_row *most = NULL;

    for (size_t i = 0; i < count; i++)
        if (rows[i].figures.admitted > (most ? most->figures.admitted : 0))
            most = &rows[i];
    return most;
}

/* A network if one sends more than any single address. Returns what that address sends. */
static double advise_ban(const struct census *census, struct advice *advice)
{
    struct census_row sources[ROWS], networks[ROWS];
    const struct census_row *source =
        most_admitted(sources, census_rows(census, DIRECTION_IN, BY_SOURCE, sources, ROWS));
    const struct census_row *network =
        most_admitted(networks, census_rows(census, DIRECTION_IN, BY_NETWORK, networks, ROWS));
    double of_source = source ? source->figures.admitted : 0;
    const struct census_row *worst =
        network && network->figures.admitted > of_source ? network : source;

    advice->has_ban = worst && worst->figures.admitted >= admitted(census) * SHARE_MIN;
    if (advice->has_ban)
        advice->ban = worst->key;
    return of_source;
}

/* A tenth of what the worst source sends slows all of its kind, and hardly anybody else. If no
 * source stands out, they are probably forged, and only the rule as a whole can be limited. */
static void advise_limit(const struct census *census, double of_source, struct advice *advice)
{
    struct census_row rules[ROWS];
    const struct census_row *rule =
        most_admitted(rules, census_rows(census, DIRECTION_IN, BY_RULE, rules, ROWS));

    advice->has_limit = rule && rule->key.number;
    if (!advice->has_limit)
        return;
    advice->rule = rule->key.number;
    advice->opens = rule->figures.opened > rule->figures.packets / 2;
    advice->by_source = of_source >= rule->figures.admitted / 1000;
    double rate =
        census_rate(census) * (advice->by_source ? of_source / 10 : rule->figures.admitted / 2);
    advice->limit = advice_round(rate < LIMIT_LEAST ? LIMIT_LEAST : rate);
}

void advice_make(const struct census *census, struct advice *advice)
{
    *advice = (struct advice){0};
    if (admitted(census) > 0)
        advise_limit(census, advise_ban(census, advice), advice);
}
