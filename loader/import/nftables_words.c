/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON written back in nft's own words, for people to find their rule again. */
#include "nftables.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 16
#define WORDS_MAX 400 /* bytes of a rule's words; the rest is left out */

static void put(FILE *out, struct json_object *json, int depth);

static void put_list(FILE *out, struct json_object *list, const char *between, int depth)
{
    for (size_t i = 0; i < nftables_length(list); i++) {
        if (i == 12) {
            fprintf(out, "%s...", between);
            return;
        }
        if (i)
            fputs(between, out);
        put(out, json_object_array_get_idx(list, i), depth);
    }
}

static void put_pair(FILE *out, struct json_object *pair, int depth)
{
    put(out, json_object_array_get_idx(pair, 0), depth);
    fputs(" : ", out);
    put(out, json_object_array_get_idx(pair, 1), depth);
}

static void put_set(FILE *out, struct json_object *list, int depth)
{
    fputs("{ ", out);
    for (size_t i = 0; i < nftables_length(list) && i < 12; i++) {
        struct json_object *element = json_object_array_get_idx(list, i);
        if (i)
            fputs(", ", out);
        if (nftables_length(element) == 2)
            put_pair(out, element, depth);
        else
            put(out, element, depth);
    }
    fputs(nftables_length(list) > 12 ? ", ... }" : " }", out);
}

static void put_match(FILE *out, struct json_object *match, int depth)
{
    const char *op = nftables_text(match, "op");

    put(out, nftables_get(match, "left"), depth);
    fputc(' ', out);
    if (!strcmp(op, "!") || (strcmp(op, "==") != 0 && strcmp(op, "in") != 0))
        fprintf(out, "%s ", op);
    put(out, nftables_get(match, "right"), depth);
}

static void put_limit(FILE *out, struct json_object *limit)
{
    if (json_object_is_type(limit, json_type_string)) {
        fprintf(out, "limit name \"%s\"", json_object_get_string(limit));
        return;
    }
    const char *unit = nftables_text(limit, "rate_unit");
    fprintf(out, "limit rate %s%lld%s%s/%s",
            json_object_get_boolean(nftables_get(limit, "inv")) ? "over " : "",
            (long long)json_object_get_int64(nftables_get(limit, "rate")), *unit ? " " : "", unit,
            nftables_text(limit, "per"));
}

static void put_named(FILE *out, const char *name, struct json_object *value, int depth)
{
    fputs(name, out);
    if (value) {
        fputc(' ', out);
        put(out, value, depth);
    }
}

static void put_member(FILE *out, const char *name, struct json_object *value, int depth)
{
    if (!strcmp(name, "payload") && nftables_get(value, "base"))
        fprintf(out, "@%s,%d,%d", nftables_text(value, "base"),
                json_object_get_int(nftables_get(value, "offset")),
                json_object_get_int(nftables_get(value, "len")));
    else if (!strcmp(name, "payload"))
        fprintf(out, "%s %s", nftables_text(value, "protocol"), nftables_text(value, "field"));
    else if (!strcmp(name, "meta") || !strcmp(name, "ct") || !strcmp(name, "socket") ||
             !strcmp(name, "rt"))
        fprintf(out, "%s %s", name, nftables_text(value, "key"));
    else if (!strcmp(name, "match"))
        put_match(out, value, depth);
    else if (!strcmp(name, "set") && nftables_length(value))
        put_set(out, value, depth);
    else if (!strcmp(name, "prefix"))
        fprintf(out, "%s/%d", nftables_text(value, "addr"),
                json_object_get_int(nftables_get(value, "len")));
    else if (!strcmp(name, "range"))
        put_list(out, value, "-", depth);
    else if (!strcmp(name, "concat"))
        put_list(out, value, " . ", depth);
    else if (!strcmp(name, "|") || !strcmp(name, "&"))
        put_list(out, value, *name == '|' ? " | " : " & ", depth);
    else if (!strcmp(name, "limit"))
        put_limit(out, value);
    else if (!strcmp(name, "jump") || !strcmp(name, "goto"))
        fprintf(out, "%s %s", name, nftables_text(value, "target"));
    else if (!strcmp(name, "elem"))
        put(out, nftables_get(value, "val"), depth);
    else
        put_named(out, name, value, depth);
}

/* What has no form of its own is written as its values. */
static void put_values(FILE *out, struct json_object *json, int depth)
{
    const char *between = "";

    json_object_object_foreach (json, name, value) {
        fputs(between, out);
        if (strcmp(name, "key") != 0 && strcmp(name, "data") != 0 && strcmp(name, "flags") != 0)
            fprintf(out, "%s ", name);
        put(out, value, depth);
        between = " ";
    }
}

static void put(FILE *out, struct json_object *json, int depth)
{
    struct json_object *value;
    const char *name = nftables_only(json, &value);

    if (depth > DEPTH_MAX)
        fputs("...", out);
    else if (json && json_object_is_type(json, json_type_array))
        put_list(out, json, ", ", depth + 1);
    else if (name && json_object_object_length(json) == 1)
        put_member(out, name, value, depth + 1);
    else if (name)
        put_values(out, json, depth + 1);
    else if (json)
        fputs(json_object_get_string(json), out);
}

/* Text of one line, and not too long. */
static const char *finish(struct arena *arena, char *text)
{
    const char *copy;

    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    if (strlen(text) > WORDS_MAX)
        strcpy(text + WORDS_MAX - 3, "...");
    copy = arena_copy(arena, text);
    free(text);
    return copy;
}

const char *nftables_word(struct arena *arena, struct json_object *expression)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return "";
    put(out, expression, 0);
    if (fclose(out) || !text)
        return "";
    return finish(arena, text);
}

const char *nftables_words(struct arena *arena, struct json_object *expressions)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const char *between = "";

    if (!out)
        return "";
    for (size_t i = 0; i < nftables_length(expressions); i++) {
        struct json_object *value, *statement = json_object_array_get_idx(expressions, i);
        const char *name = nftables_only(statement, &value);
        if (name && !strcmp(name, "counter"))
            continue;
        fputs(between, out);
        put(out, statement, 0);
        between = " ";
    }
    if (fclose(out) || !text)
        return "";
    return finish(arena, text);
}
