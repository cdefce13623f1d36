/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks are read as a policy: each of their patterns is one of its rules. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../base/memory.h"
#include "../base/text.h"
#include "../compile/blocks.h"
#include "../policy/match.h"
#include "../policy/read.h"
#include "block.h"

#define BEGIN "[policy]\nname = blocks\ninbound = accept\noutbound = accept\n[rules]\n"

/* What a rule became of: the first pattern of a block has the block's name, the others have one
 * that no block may have. */
static void print_pattern(FILE *stream, const struct block *block, size_t at, const char *pattern,
                          size_t length, size_t which)
{
    if (which)
        fprintf(stream, ".%zu.%zu = ", at, which);
    else
        fprintf(stream, "%s = ", block->name);
    fprintf(stream, "%s\n %.*s", block->limit ? "accept" : "drop", (int)length, pattern);
    if (block->limit)
        fprintf(stream, "\n limit %s", block->limit);
    fputc('\n', stream);
}

/* Calls EACH for every pattern of BLOCK; it returns how many there are. */
static size_t print_block(FILE *stream, const struct block *block, size_t at)
{
    const char *pattern = block->patterns;
    size_t count = 0;

    for (;;) {
        size_t length = strcspn(pattern, "\n");
        print_pattern(stream, block, at, pattern, length, count++);
        if (!pattern[length])
            return count;
        pattern += length + 1;
    }
}

static int no_files(struct diag *diag, const char *path, const struct source **source)
{
    (void)diag;
    (void)path;
    (void)source;
    return -EPERM;
}

static void policy_text_free(char **text)
{
    free(*text);
}

/* Reads the rules of COUNT BLOCKS. *origins, which the caller frees, has the number of its block
 * for each rule. */
static int read_rules(const struct block *blocks, size_t count, const struct host *host,
                      struct policy **policy, size_t **origins, struct diag *diag)
{
    CLEANUP(policy_text_free) char *text = NULL;
    CLEANUP_FREE size_t *made = NULL;
    const struct source *source = NULL;
    size_t bytes = 0, rules = 0, room = 0;
    FILE *stream = open_memstream(&text, &bytes);
    int error = stream ? 0 : -ENOMEM;

    if (stream)
        fputs(BEGIN, stream);
    for (size_t i = 0; !error && i < count; i++) {
        size_t patterns = print_block(stream, &blocks[i], i);
        while (!error && patterns--) {
            void *grown = array_grow(made, rules, &room, sizeof(*made));
            error = grown ? 0 : -ENOMEM;
            made = grown ? grown : made;
            if (!error)
                made[rules++] = i;
        }
    }
    if (stream && (fclose(stream) || !text))
        error = -ENOMEM;
    if (!error)
        error = source_copy(diag, "pattern", text, bytes, &source);
    if (!error)
        error = policy_read_blocks(source, no_files, host, policy, diag);
    if (!error)
        *origins = TAKE_PTR(made);
    return error;
}

/* A rule that says nothing of fragments is not about later ones, because they share the verdict of
 * the first. A block is about all that its pattern fits. */
static int reach_later(struct rule *rule)
{
    struct match *match = &rule->matches[FIELD_FRAGMENT];

    if (!match->any || rule_asks_transport(rule) != FIELDS)
        return 0;
    for (int family = 0; family < 2; family++) {
        struct number_range *range = malloc(sizeof(*range));
        if (!range)
            return -ENOMEM;
        *range = (struct number_range){FRAGMENT_NONE, FRAGMENT_LATER};
        free(match->numbers[family].ranges);
        match->numbers[family] = (struct number_ranges){range, 1};
    }
    match->any = false;
    return 0;
}

static bool is_name(const char *name)
{
    size_t length = strlen(name);

    return length && length < RULE_NAME_BYTES && *name != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
               length;
}

static int tell(struct diag *diag, const char *message)
{
    diag_add(diag, SEVERITY_ERROR, (struct place){0}, "%s", message);
    return -EINVAL;
}

/* Would TEXT be something else in a file: the end of a line, or a comment? */
static bool is_plain(const char *text)
{
    bool quoted = false;

    for (; *text; text++) {
        quoted ^= *text == '"';
        if (iscntrl((unsigned char)*text) || (!quoted && (*text == '#' || *text == ';')))
            return false;
    }
    return !quoted;
}

static int check_words(const struct block *block, struct diag *diag)
{
    CLEANUP_FREE char *lines = strdup(block->patterns);

    if (!lines)
        return -ENOMEM;
    if (!is_name(block->name))
        return tell(diag,
                    "a block's name has letters, digits, \"-\", \"_\" and \".\", at most 63 of "
                    "them, and does not begin with \".\"");
    for (char *at = lines; (at = strchr(at, '\n'));)
        *at++ = ' ';
    if (!is_plain(lines) || (block->limit && !is_plain(block->limit)))
        return tell(diag,
                    "a pattern is one line without comments (\"#\", \";\") and with its quotes "
                    "closed");
    return 0;
}

/* The rules may have keys that say what becomes of a packet, not which one it is. */
static const struct {
    const char *key, *advice;
} no_pattern[] = {
    {"limit", "a limit is no part of the pattern: write --limit LIMIT"},
    {"log", "leave \"log\" out: monitor tells of all that blocks drop"},
    {"protect", "\"protect\" is no part of a pattern: a block answers nothing"},
};

/* Has LINE, outside of its quotes, the word KEY? */
static bool has_word(const char *line, const char *key)
{
    size_t length = strlen(key);
    bool quoted = false, begins = true;

    for (; *line; line++) {
        if (begins && !quoted && !strncasecmp(line, key, length) &&
            (!line[length] || strchr(" \t", line[length])))
            return true;
        quoted ^= *line == '"';
        begins = *line == ' ' || *line == '\t';
    }
    return false;
}

static int check_keys(const char *patterns, struct diag *diag)
{
    for (size_t i = 0; i < ARRAY_SIZE(no_pattern); i++)
        if (has_word(patterns, no_pattern[i].key))
            return tell(diag, no_pattern[i].advice);
    return 0;
}

static int check_limit(const struct rule *rule, struct diag *diag)
{
    if (rule->limit_count > 1)
        return tell(diag, "a block has one limit");
    if (rule->limit_count && rule->limits[0].ban_ns)
        return tell(diag, "the limit of a block bans nobody: leave \"then ban\" out");
    return 0;
}

int block_check(const struct block *block, const struct host *host, struct diag *diag)
{
    CLEANUP(policy_freep) struct policy *policy = NULL;
    CLEANUP_FREE size_t *origins = NULL;
    int error = check_words(block, diag);

    if (!error)
        error = check_keys(block->patterns, diag);
    if (!error)
        error = read_rules(block, 1, host, &policy, &origins, diag);
    for (size_t i = 0; !error && i < policy->rule_count; i++)
        error = check_limit(&policy->rules[i], diag);
    return error;
}

int block_read_pattern(const char *pattern, struct policy **policy, struct diag *diag)
{
    const struct block block = {.name = "pattern", .patterns = (char *)pattern};
    CLEANUP_FREE size_t *origins = NULL;
    int error = strchr(pattern, '\n') ? tell(diag, "a pattern is one line") : 0;

    for (size_t i = 0; !error && i < ARRAY_SIZE(no_pattern); i++)
        if (has_word(pattern, no_pattern[i].key)) {
            diag_add(diag, SEVERITY_ERROR, (struct place){0},
                     "\"%s\" says what becomes of packets: it is no part of a pattern",
                     no_pattern[i].key);
            error = -EINVAL;
        }
    if (!error)
        error = check_words(&block, diag);
    if (!error)
        error = read_rules(&block, 1, NULL, policy, &origins, diag);
    return error;
}

/* ---- what an image keeps: a line for each block, fields between tabs ---- */

#define PATTERN_END '\v' /* no pattern has control characters */

static void print_kept(FILE *stream, const struct block *block)
{
    fprintf(stream, "%s\t%u\t%llu\t%llu\t%s\t", block->name, block->number,
            (unsigned long long)block->since_ns, (unsigned long long)block->expires_ns,
            block->limit ? block->limit : "");
    for (const char *at = block->patterns; *at; at++)
        fputc(*at == '\n' ? PATTERN_END : *at, stream);
    fputc('\n', stream);
}

static int keep(const struct blocks *blocks, struct image *image)
{
    CLEANUP(policy_text_free) char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);

    if (!stream)
        return -ENOMEM;
    for (size_t i = 0; i < blocks->count; i++)
        print_kept(stream, &blocks->list[i]);
    fputc('\0', stream);
    if (fclose(stream) || !text)
        return -ENOMEM;
    return image_keep(image, &(struct archive){text, bytes});
}

static char *next_field(char **line)
{
    return strsep(line, "\t");
}

static int read_kept(char *line, struct blocks *blocks)
{
    char *name = next_field(&line), *number = next_field(&line), *since = next_field(&line);
    char *expires = next_field(&line), *limit = next_field(&line), *patterns = line;
    struct block block = {.limit = limit && *limit ? limit : NULL, .patterns = patterns};

    if (!patterns || strlen(name) >= sizeof(block.name))
        return -EPROTO;
    strcpy(block.name, name);
    block.number = (u32)strtoul(number, NULL, 10);
    block.since_ns = strtoull(since, NULL, 10);
    block.expires_ns = strtoull(expires, NULL, 10);
    for (char *at = patterns; *at; at++)
        if (*at == PATTERN_END)
            *at = '\n';
    return blocks_add(blocks, &block);
}

int blocks_of_image(const struct tables_header *image, struct blocks *blocks)
{
    size_t bytes = image ? image->archive_words * sizeof(u32) : 0;
    CLEANUP_FREE char *text = malloc(bytes + 1);
    int error = text ? 0 : -ENOMEM;

    if (error || !bytes)
        return error;
    memcpy(text, (const u32 *)image + image->archive, bytes);
    text[bytes] = '\0';
    for (char *rest = text, *line; !error && (line = strsep(&rest, "\n")) && *line;)
        error = read_kept(line, blocks);
    return error;
}

/* ---- the image ---- */

static struct block_terms terms_of(const struct block *block)
{
    return (struct block_terms){
        .expires_ns = block->expires_ns, .number = block->number, .limited = block->limit != NULL};
}

int blocks_compile_list(const struct blocks *blocks, const struct host *host, struct image **image,
                        struct diag *diag)
{
    CLEANUP(policy_freep) struct policy *policy = NULL;
    CLEANUP_FREE size_t *origins = NULL;
    CLEANUP_FREE struct block_terms *terms = NULL;
    struct image *made = NULL;
    int error = read_rules(blocks->list, blocks->count, host, &policy, &origins, diag);

    if (error)
        return error;
    terms = calloc(policy->rule_count + 1, sizeof(*terms));
    if (!terms)
        return -ENOMEM;
    for (size_t i = 0; !error && i < policy->rule_count; i++) {
        terms[i] = terms_of(&blocks->list[origins[i]]);
        error = reach_later(&policy->rules[i]);
    }
    if (!error)
        error = blocks_compile(policy, terms, &made, diag);
    if (!error)
        error = keep(blocks, made);
    if (!error && made->header->words > BLOCK_IMAGE_WORDS)
        error = -E2BIG;
    if (error == -E2BIG && !diag_count(diag, SEVERITY_ERROR))
        diag_add(diag, SEVERITY_ERROR, (struct place){0},
                 "%zu blocks do not fit into %zu MiB of tables: end some of them", blocks->count,
                 BLOCK_IMAGE_WORDS * sizeof(u32) >> 20);
    if (error)
        image_free(made);
    else
        *image = made;
    return error;
}
