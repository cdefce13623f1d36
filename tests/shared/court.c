/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "court.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../loader/compile/blocks.h"
#include "../../loader/policy/address.h"
#include "../../loader/policy/host.h"
#include "../../loader/policy/read.h"
#include "../../loader/policy/zones.h"

/* Those of random policies, and of the cases. */
#define SELF "198.51.100.10,10.0.0.0,192.168.0.0,203.0.113.0,2001:db8::10,2001:db8::,2001:db8::1"

/* Reads TEXT for a host that has some addresses. */
static int read_policy(struct court *court, const char *text, bool blocks, struct policy **policy,
                       struct policy **whole)
{
    const struct source *source = NULL;
    struct host *host = host_new();
    struct fault fault;
    int error = host ? host_read_self(host, SELF, &fault) : -ENOMEM;

    if (!error)
        error = source_copy(court->diag, "court.ini", text, strlen(text), &source);
    if (!error)
        error = (blocks ? policy_read_blocks : policy_read_source)(source, source_open_regular,
                                                                   host, policy, court->diag);
    if (!error && (*policy)->is_zoned) {
        *whole = *policy;
        *policy = policy_of_zone(*whole, 1);
        error = *policy ? 0 : -ENOMEM;
    }
    host_free(host);
    return error;
}

int court_convene(struct court *court, const struct bounds *bounds)
{
    int error = policy_compile(court->policy, bounds, &court->image, court->diag);

    if (error)
        return error;
    court->native = native_new(court->image->header);
    court->brute = brute_new(court->policy);
    if (!court->native || !court->brute)
        return -ENOMEM;
    native_stray(court->native, true); /* as in the kernel, where nothing has a socket */
    return 0;
}

void court_open(struct court *court, const char *text)
{
    *court = (struct court){.text = text, .diag = diag_new()};
    int error = read_policy(court, text, false, &court->policy, &court->whole);

    if (!error)
        error = court_convene(court, &BOUNDS_DEFAULT);
    if (error) {
        diag_print(court->diag, stderr);
        fprintf(stderr, "court: error %d with the policy\n%s\n", error, text);
        abort();
    }
}

static void end_blocks(struct court *court)
{
    court->blocks_before += court->blocks ? (u32)court->blocks->rule_count : 0;
    brute_block(court->brute, NULL, NULL);
    for (enum block_origin origin = 0; origin < BLOCK_ORIGINS; origin++)
        if (native_block(court->native, origin, NULL))
            abort();
    policy_freep(&court->blocks);
    policy_freep(&court->blocks_whole);
    image_free(court->blocks_image);
    free(court->blocks_until_s);
    court->blocks = court->blocks_whole = NULL;
    court->blocks_image = NULL;
    court->blocks_until_s = NULL;
}

u32 court_blocked_by(const struct court *court)
{
    u32 block = brute_blocked_by(court->brute);

    return block ? court->blocks_before + block : 0;
}

void court_block(struct court *court, const char *text, u64 until_s)
{
    end_blocks(court);
    int error = read_policy(court, text, true, &court->blocks, &court->blocks_whole);
    size_t count = error ? 0 : court->blocks->rule_count;
    struct block_terms *terms = calloc(count + 1, sizeof(*terms));

    court->blocks_until_s = calloc(count + 1, sizeof(*court->blocks_until_s));
    if (error || !terms || !court->blocks_until_s)
        abort();
    for (size_t i = 0; i < count; i++) {
        struct rule *rule = &court->blocks->rules[i];
        bool ends = i >= count / 2;
        rule->limit_count = rule->limit_count ? 1 : 0;
        rule->limits[0].ban_ns = 0;
        court->blocks_until_s[i] = ends ? until_s : 0;
        terms[i] = (struct block_terms){.expires_ns = ends ? until_s * SECOND_NS : BLOCK_FOREVER,
                                        .number = court->blocks_before + (u32)i + 1,
                                        .limited = rule->action == VERDICT_ACCEPT};
    }
    if (blocks_compile(court->blocks, terms, &court->blocks_image, court->diag) ||
        native_block(court->native, BLOCK_MANUAL, court->blocks_image->header))
        abort();
    brute_block(court->brute, court->blocks, court->blocks_until_s);
    free(terms);
}

void court_close(struct court *court)
{
    if (court->native && court->brute)
        end_blocks(court);
    native_free(court->native);
    brute_free(court->brute);
    image_free(court->image);
    policy_free(court->policy);
    policy_free(court->whole);
    diag_free(court->diag);
}

void court_forget(struct court *court)
{
    end_blocks(court);
    native_reset(court->native);
    brute_reset(court->brute);
}

void court_ban(struct court *court, const struct banned *banned, u64 until_s)
{
    u128 first = address_from_bytes(banned->family, banned->address), host = 0;
    struct banned native = *banned;

    for (u32 bit = banned->bits; bit < address_bits(banned->family); bit++)
        host = host << 1 | 1;
    native.expires_ns = until_s ? until_s * SECOND_NS : BAN_FOREVER;
    if (native_ban(court->native, &native))
        abort();
    brute_ban(court->brute, banned->family, (struct address_range){first, first | host}, until_s);
}

void court_opened(struct court *court, bool stranger)
{
    native_opened_by(court->native, stranger ? OPENER_STRANGER : OPENER_UNKNOWN);
    brute_opened(court->brute, stranger);
}

struct outcome court_outcome(struct court *court, const struct wire *wire, u64 now_s)
{
    /* Exactly as long as the frame, so that a sanitizer notices reads past its end. */
    u8 *bytes = malloc(wire->length + !wire->length);
    struct outcome outcome;

    if (!bytes)
        abort();
    memcpy(bytes, wire->bytes, wire->length);
    native_arrives(court->native, wire->arrives);
    outcome = native_judge(court->native, wire->direction, bytes, wire->length, now_s * SECOND_NS);
    free(bytes);
    return outcome;
}

char *court_say(const struct court *court, const struct outcome *outcome, char text[SAID_BYTES])
{
    const char *rule = "";

    if (outcome->kind != OUTCOME_REASON)
        rule = outcome->rule < court->image->entry_count
                   ? court->policy->rules[court->image->entries[outcome->rule].rule].name
                   : "(no such rule)";
    return said_outcome(outcome, rule, text);
}

char *court_native(struct court *court, const struct wire *wire, u64 now_s, char text[SAID_BYTES])
{
    struct outcome outcome = court_outcome(court, wire, now_s);

    return court_say(court, &outcome, text);
}

struct said court_brute(struct court *court, const struct wire *wire, u64 now_s)
{
    brute_arrives(court->brute, wire->arrives);
    return brute_judge(court->brute, wire->direction, wire->bytes, wire->length, now_s);
}
