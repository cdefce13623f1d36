/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"

#define PATHS_BYTES_MAX ((size_t)1 << 28) /* far above what files can name */

static const char *path_of(const struct policy *policy, size_t file)
{
    return file ? policy->included[file - 1] : policy->path;
}

/* Appends the paths of the policy's file and of those that it includes. OFFSETS, one for each:
 * where they begin, in bytes from the first. */
static int build_paths(const struct policy *policy, struct words *words,
                       struct tables_header *header, u32 *offsets)
{
    size_t bytes = 0;

    for (size_t file = 0; file <= policy->included_count; file++) {
        offsets[file] = (u32)bytes;
        bytes += strlen(path_of(policy, file)) + 1;
        if (bytes > PATHS_BYTES_MAX)
            return -E2BIG;
    }
    header->path_words = (u32)((bytes + 3) / 4);
    int error = words_append(words, NULL, header->path_words, &header->path);
    for (size_t file = 0; !error && file <= policy->included_count; file++)
        strcpy((char *)(words->words + header->path) + offsets[file], path_of(policy, file));
    return error;
}

int directory_build(const struct policy *policy, const struct entry *entries, size_t count,
                    const struct rule_number *numbers, struct words *words,
                    struct tables_header *header)
{
    CLEANUP_FREE u32 *offsets = calloc(policy->included_count + 1, sizeof(*offsets));
    int error = offsets ? build_paths(policy, words, header, offsets) : -ENOMEM;
    u32 at;

    header->rules = (u32)words->count;
    header->rules_count = (u32)count;
    for (size_t i = 0; !error && i < count; i++) {
        const struct rule *rule = &policy->rules[entries[i].rule];
        struct tables_rule line = {.number = entry_number(numbers, i),
                                   .position = entries[i].rule + 1,
                                   .line = rule->place.line,
                                   .file = offsets[rule->file]};
        error = words_append(words, &line.number, sizeof(line) / sizeof(u32), &at);
    }
    return error;
}
