/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON written back in nft's own words, for people to find their rule again. */
#include "nftables_words.h"

#include <string.h>

#include "../base/memory.h"

#define DEPTH_MAX    16
#define ELEMENTS_MAX 12  /* of a set; the rest is left out */
#define WORDS_MAX    400 /* bytes of a rule's words; likewise */

static void put_list(FILE *out, struct json_object *list, const char *between, int depth,
                     bool quoted)
{
    for (size_t i = 0; i < nftables_length(list); i++) {
        if (i)
            fputs(between, out);
        if (i == ELEMENTS_MAX) {
            fputs("...", out);
            return;
        }
        words_put(out, json_object_array_get_idx(list, i), depth, quoted);
    }
}

/* Of a map, an element is a pair: where it leads to is a word of its own. */
static void put_set(FILE *out, struct json_object *list, int depth, bool quoted)
{
    fputs("{ ", out);
    for (size_t i = 0; i < nftables_length(list); i++) {
        struct json_object *element = json_object_array_get_idx(list, i);
        if (i)
            fputs(", ", out);
        if (i == ELEMENTS_MAX) {
            fputs("...", out);
            break;
        }
        if (nftables_length(element) == 2) {
            words_put(out, json_object_array_get_idx(element, 0), depth, quoted);
            fputs(" : ", out);
            element = json_object_array_get_idx(element, 1);
        }
        words_put(out, element, depth, quoted);
    }
    fputs(" }", out);
}

static void put_payload(FILE *out, struct json_object *value)
{
    if (nftables_get(value, "base"))
        fprintf(out, "@%s,%d,%d", nftables_text(value, "base"),
                json_object_get_int(nftables_get(value, "offset")),
                json_object_get_int(nftables_get(value, "len")));
    else
        fprintf(out, "%s%s%s %s", nftables_text(value, "tunnel"),
                nftables_get(value, "tunnel") ? " " : "", nftables_text(value, "protocol"),
                nftables_text(value, "field"));
}

/* "ct original saddr", "rt ip nexthop", "ipsec in reqid". Names of interfaces need no "meta". */
static void put_key(FILE *out, const char *name, struct json_object *value)
{
    static const char *const before[] = {"dir", "family"};
    const char *key = nftables_text(value, "key");

    if (json_object_is_type(value, json_type_string))
        key = json_object_get_string(value);
    if (strcmp(name, "meta") != 0 || (strncmp(key, "iif", 3) != 0 && strncmp(key, "oif", 3) != 0) ||
        strstr(key, "type") || strstr(key, "kind"))
        fprintf(out, "%s ", name);
    for (size_t i = 0; i < ARRAY_SIZE(before); i++)
        if (*nftables_text(value, before[i]))
            fprintf(out, "%s ", nftables_text(value, before[i]));
    fputs(key, out);
}

static void put_fib(FILE *out, struct json_object *value, int depth)
{
    struct json_object *flags = nftables_get(value, "flags");

    fputs("fib ", out);
    if (nftables_length(flags))
        put_list(out, flags, " . ", depth, false);
    else
        words_put(out, flags, depth, false);
    fprintf(out, " %s", nftables_text(value, "result"));
}

static void put_header(FILE *out, const char *name, struct json_object *value)
{
    const char *field = nftables_text(value, "field");

    fprintf(out, "%s %s%s%s", name, nftables_text(value, "name"), *field ? " " : "", field);
}

static void put_number(FILE *out, const char *before, struct json_object *value, const char *name)
{
    if (nftables_get(value, name))
        fprintf(out, "%s%lld", before, (long long)json_object_get_int64(nftables_get(value, name)));
}

static void put_hash(FILE *out, const char *name, struct json_object *value, int depth)
{
    const char *mode = nftables_text(value, "mode");

    fprintf(out, "%s%s%s", name, *mode || nftables_get(value, "expr") ? " " : "", mode);
    words_put(out, nftables_get(value, "expr"), depth, false);
    put_number(out, " mod ", value, "mod");
    if (json_object_get_int64(nftables_get(value, "offset")))
        put_number(out, " offset ", value, "offset");
}

static void put_prefix(FILE *out, struct json_object *value)
{
    fputs(nftables_text(value, "addr"), out);
    put_number(out, "/", value, "len");
}

static bool is_any(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(names[i], name))
            return true;
    return false;
}

static bool put_expression(FILE *out, const char *name, struct json_object *value, int depth,
                           bool quoted)
{
    static const char *const keys[] = {"meta", "ct", "socket", "rt", "ipsec", "osf"};
    static const char *const headers[] = {"exthdr", "ip option", "tcp option", "sctp chunk",
                                          "dccp option"};
    static const char *const hashes[] = {"numgen", "jhash", "symhash"};
    static const char *const operators[] = {"|", "&", "^", "<<", ">>"};
    char between[8];

    if (!strcmp(name, "payload")) {
        put_payload(out, value);
    } else if (is_any(name, keys, ARRAY_SIZE(keys))) {
        put_key(out, name, value);
    } else if (!strcmp(name, "fib")) {
        put_fib(out, value, depth);
    } else if (is_any(name, headers, ARRAY_SIZE(headers))) {
        put_header(out, name, value);
    } else if (is_any(name, hashes, ARRAY_SIZE(hashes))) {
        put_hash(out, name, value, depth);
    } else if (is_any(name, operators, ARRAY_SIZE(operators))) {
        snprintf(between, sizeof(between), " %s ", name);
        put_list(out, value, between, depth, quoted);
    } else if (!strcmp(name, "set") && nftables_length(value)) {
        put_set(out, value, depth, quoted);
    } else if (!strcmp(name, "prefix")) {
        put_prefix(out, value);
    } else if (!strcmp(name, "range")) {
        put_list(out, value, "-", depth, quoted);
    } else if (!strcmp(name, "concat")) {
        put_list(out, value, " . ", depth, quoted);
    } else {
        return false;
    }
    return true;
}

/* An element that has more than its value. */
static void put_element(FILE *out, struct json_object *value, int depth, bool quoted)
{
    words_put(out, nftables_get(value, "val"), depth, quoted);
    put_number(out, " timeout ", value, "timeout");
    fputs(nftables_get(value, "timeout") ? "s" : "", out);
}

static void put_member(FILE *out, const char *name, struct json_object *value, int depth,
                       bool quoted)
{
    if (put_expression(out, name, value, depth, quoted) ||
        words_put_statement(out, name, value, depth))
        return;
    if (!strcmp(name, "elem")) {
        put_element(out, value, depth, quoted);
        return;
    }
    fputs(name, out);
    if (value) {
        fputc(' ', out);
        words_put(out, value, depth, false);
    }
}

/* What has no form of its own is written as its values. */
static void put_values(FILE *out, struct json_object *json, int depth)
{
    const char *between = "";

    json_object_object_foreach (json, name, value) {
        fputs(between, out);
        if (strcmp(name, "key") != 0 && strcmp(name, "data") != 0 && strcmp(name, "flags") != 0)
            fprintf(out, "%s ", name);
        words_put(out, value, depth, false);
        between = " ";
    }
}

void words_put(FILE *out, struct json_object *json, int depth, bool quoted)
{
    struct json_object *value;
    const char *name = nftables_only(json, &value);
    bool word = json && json_object_is_type(json, json_type_string);

    if (depth > DEPTH_MAX)
        fputs("...", out);
    else if (json && json_object_is_type(json, json_type_array))
        put_list(out, json, ",", depth + 1, quoted);
    else if (name && json_object_object_length(json) == 1)
        put_member(out, name, value, depth + 1, quoted);
    else if (name)
        put_values(out, json, depth + 1);
    else if (word && quoted && *json_object_get_string(json) != '@')
        fprintf(out, "\"%s\"", json_object_get_string(json));
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
    words_put(out, expression, 0, false);
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
        words_put(out, statement, 0, false);
        between = " ";
    }
    if (fclose(out) || !text)
        return "";
    return finish(arena, text);
}
