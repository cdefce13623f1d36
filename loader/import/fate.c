/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a list of lines does to packets, without any being sent. */
#include "plan.h"

#include <string.h>

#define REGIONS_MAX 256

struct regions {
    struct condition *list;
    size_t count;
};

/* Takes what LINE decides out of REGIONS. Returns false if too many pieces remain. */
static bool subtract(struct arena *arena, struct regions *regions, const struct line *line)
{
    struct condition parts[ASPECTS];
    size_t count = regions->count;

    for (size_t i = 0; i < count; i++) {
        if (!condition_meet(&regions->list[i], &line->condition))
            continue;
        size_t made = condition_without(arena, &regions->list[i], &line->condition, parts);
        if (regions->count + made > REGIONS_MAX)
            return false;
        memcpy(&regions->list[regions->count], parts, made * sizeof(*parts));
        regions->count += made;
        regions->list[i].aspects[ASPECT_FAMILY] = &spans_none;
    }
    size_t kept = 0;
    for (size_t i = 0; i < regions->count; i++)
        if (!condition_is_empty(&regions->list[i]))
            regions->list[kept++] = regions->list[i];
    regions->count = kept;
    return true;
}

static bool meets(const struct regions *regions, const struct line *line)
{
    for (size_t i = 0; i < regions->count; i++)
        if (condition_meet(&regions->list[i], &line->condition))
            return true;
    return false;
}

struct fate course_fate(struct arena *arena, const struct course *course, size_t from,
                        const struct condition *region, enum verdict until, line_test *skips,
                        const void *context)
{
    struct condition list[REGIONS_MAX];
    struct regions regions = {list, 1};
    struct fate fate = {.all = false};

    list[0] = *region;
    for (size_t i = from; i < course->count && regions.count; i++) {
        const struct line *line = &course->lines[i];

        if ((line->kind != LINE_VERDICT && line->kind != LINE_POLICY) || !meets(&regions, line) ||
            (skips && skips(line, context)))
            continue;
        if (line->verdict == VERDICT_DROP && !fate.drop)
            fate.drop = line;
        if (line->verdict == VERDICT_ACCEPT && !fate.accept)
            fate.accept = line;
        if (line->verdict == until)
            return fate;
        if (line->limited)
            continue;
        if (!subtract(arena, &regions, line))
            return fate;
    }
    fate.all = true;
    return fate;
}
