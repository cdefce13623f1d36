/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statements in nft's own words. */
#include "nftables_words.h"

#include <string.h>

#include "../base/memory.h"

/* Whose values nft writes in quotes. */
static bool is_quoted(struct json_object *left)
{
    static const char *const keys[] = {"iifname", "oifname", "ibrname", "obrname",
                                       "day",     "hour",    "helper"};
    const char *key = nftables_text(nftables_get(left, "meta"), "key");

    if (!*key)
        key = nftables_text(nftables_get(left, "ct"), "key");
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (!strcmp(keys[i], key))
            return true;
    return false;
}

/* "tcp flags syn / syn,ack": what of the mask is asked for stands before it. */
static void put_masked(FILE *out, struct json_object *masked, const char *op,
                       struct json_object *right, int depth)
{
    words_put(out, json_object_array_get_idx(masked, 0), depth, false);
    fprintf(out, "%s%s ", strcmp(op, "!=") ? "" : " ", strcmp(op, "!=") ? "" : op);
    words_put(out, right, depth, false);
    fputs(" / ", out);
    words_put(out, json_object_array_get_idx(masked, 1), depth, false);
}

static void put_match(FILE *out, struct json_object *match, int depth)
{
    struct json_object *left = nftables_get(match, "left"), *right = nftables_get(match, "right");
    struct json_object *masked = nftables_get(left, "&");
    const char *op = nftables_text(match, "op");

    if (nftables_length(masked) == 2 &&
        nftables_get(json_object_array_get_idx(masked, 0), "payload") &&
        !strcmp(
            nftables_text(nftables_get(json_object_array_get_idx(masked, 0), "payload"), "field"),
            "flags")) {
        put_masked(out, masked, op, right, depth);
        return;
    }
    words_put(out, left, depth, false);
    fputc(' ', out);
    if (masked || (strcmp(op, "==") != 0 && strcmp(op, "in") != 0))
        fprintf(out, "%s ", op);
    if (json_object_is_type(right, json_type_boolean))
        fputs(json_object_get_boolean(right) ? "exists" : "missing", out);
    else
        words_put(out, right, depth, is_quoted(left));
}

static long long number(struct json_object *value, const char *name)
{
    return json_object_get_int64(nftables_get(value, name));
}

static const char *over(struct json_object *value)
{
    return json_object_get_boolean(nftables_get(value, "inv")) ? "over " : "";
}

static void put_limit(FILE *out, struct json_object *limit, int depth)
{
    const char *unit = nftables_text(limit, "rate_unit"),
               *burst = nftables_text(limit, "burst_unit");

    (void)depth;
    if (nftables_get(limit, "map")) {
        fputs("limit name ", out);
        words_put(out, limit, depth, false);
        return;
    }
    if (json_object_is_type(limit, json_type_string)) {
        fprintf(out, "limit name \"%s\"", json_object_get_string(limit));
        return;
    }
    fprintf(out, "limit rate %s%lld%s%s/%s", over(limit), number(limit, "rate"), *unit ? " " : "",
            unit, nftables_text(limit, "per"));
    if (number(limit, "burst") && (*burst || number(limit, "burst") != 5))
        fprintf(out, " burst %lld %s", number(limit, "burst"), *burst ? burst : "packets");
}

static void put_ct_count(FILE *out, struct json_object *value, int depth)
{
    (void)depth;
    fprintf(out, "ct count %s%lld", over(value), number(value, "val"));
}

static void put_quota(FILE *out, struct json_object *value, int depth)
{
    (void)depth;
    if (json_object_is_type(value, json_type_string))
        fprintf(out, "quota name \"%s\"", json_object_get_string(value));
    else
        fprintf(out, "quota %s%lld %s", over(value), number(value, "val"),
                nftables_text(value, "val_unit"));
}

static void put_all(FILE *out, struct json_object *statements, int depth)
{
    if (!nftables_length(statements) && statements) {
        fputc(' ', out);
        words_put(out, statements, depth, false);
    }
    for (size_t i = 0; i < nftables_length(statements); i++) {
        fputc(' ', out);
        words_put(out, json_object_array_get_idx(statements, i), depth, false);
    }
}

/* "update @set { ip saddr limit rate 3/second }" */
static void put_set(FILE *out, struct json_object *value, int depth)
{
    fprintf(out, "%s %s { ", nftables_text(value, "op"), nftables_text(value, "set"));
    words_put(out, nftables_get(value, "elem"), depth, false);
    put_all(out, nftables_get(value, "stmt"), depth);
    fputs(" }", out);
}

static void put_meter(FILE *out, struct json_object *value, int depth)
{
    fprintf(out, "meter %s { ", nftables_text(value, "name"));
    words_put(out, nftables_get(value, "key"), depth, false);
    put_all(out, nftables_get(value, "stmt"), depth);
    fputs(" }", out);
}

static void put_vmap(FILE *out, struct json_object *value, int depth)
{
    words_put(out, nftables_get(value, "key"), depth, false);
    fputs(" vmap ", out);
    words_put(out, nftables_get(value, "data"), depth, is_quoted(nftables_get(value, "key")));
}

static void put_reject(FILE *out, struct json_object *value, int depth)
{
    const char *type = nftables_text(value, "type"), *answer = nftables_text(value, "expr");

    (void)depth;
    fputs("reject", out);
    if (*type)
        fprintf(out, " with %s", type);
    if (*answer)
        fprintf(out, " %s", answer);
}

static void put_log(FILE *out, struct json_object *value, int depth)
{
    (void)depth;
    fputs("log", out);
    if (*nftables_text(value, "prefix"))
        fprintf(out, " prefix \"%s\"", nftables_text(value, "prefix"));
    if (nftables_get(value, "group"))
        fprintf(out, " group %lld", number(value, "group"));
    if (*nftables_text(value, "level"))
        fprintf(out, " level %s", nftables_text(value, "level"));
}

static void put_mangle(FILE *out, struct json_object *value, int depth)
{
    words_put(out, nftables_get(value, "key"), depth, false);
    fputs(" set ", out);
    words_put(out, nftables_get(value, "value"), depth, false);
}

static void put_target(FILE *out, struct json_object *value, int depth)
{
    (void)depth;
    fputs(nftables_text(value, "target"), out);
}

/* What follows the name of NAT: "ip to 192.0.2.1:80 random". */
static void put_nat(FILE *out, struct json_object *value, int depth)
{
    const char *family = nftables_text(value, "family");
    struct json_object *address = nftables_get(value, "addr"), *port = nftables_get(value, "port");
    bool bracketed = address && port && json_object_is_type(address, json_type_string) &&
                     strchr(json_object_get_string(address), ':');

    fprintf(out, "%s%s", *family ? family : "", *family ? " " : "");
    if (address || port)
        fputs("to ", out);
    fputs(bracketed ? "[" : "", out);
    words_put(out, address, depth, false);
    fputs(bracketed ? "]" : "", out);
    fputs(port ? ":" : "", out);
    words_put(out, port, depth, false);
    if (nftables_get(value, "flags")) {
        fputs(address || port ? " " : "", out);
        words_put(out, nftables_get(value, "flags"), depth, false);
    }
}

/* Statements whose name is said first, and what follows it; or all of them, if they say it where
 * it belongs. */
static const struct {
    const char *name;
    void (*put)(FILE *out, struct json_object *value, int depth);
    bool named;
} statements[] = {
    {"match", put_match, false},       {"vmap", put_vmap, false},     {"limit", put_limit, false},
    {"ct count", put_ct_count, false}, {"quota", put_quota, false},   {"set", put_set, false},
    {"map", put_set, false},           {"meter", put_meter, false},   {"reject", put_reject, false},
    {"log", put_log, false},           {"mangle", put_mangle, false}, {"jump", put_target, true},
    {"goto", put_target, true},        {"snat", put_nat, true},       {"dnat", put_nat, true},
    {"redirect", put_nat, true},       {"masquerade", put_nat, true}, {"tproxy", put_nat, true},
};

bool words_put_statement(FILE *out, const char *name, struct json_object *value, int depth)
{
    for (size_t i = 0; i < ARRAY_SIZE(statements); i++) {
        if (strcmp(statements[i].name, name) != 0)
            continue;
        if (statements[i].named)
            fprintf(out, "%s%s", name, value ? " " : "");
        statements[i].put(out, value, depth);
        return true;
    }
    return false;
}
