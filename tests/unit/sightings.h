/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that were dropped by default, for the tests of `suggest`. */
#ifndef EDGEXDP_TEST_SIGHTINGS_H
#define EDGEXDP_TEST_SIGHTINGS_H

#include "check.h"

#include <edgexdp/wire.h>

#include "../../loader/policy/notation.h"
#include "../../loader/suggest/merge.h"
#include "../../loader/suggest/report.h"
#include "../../loader/suggest/scans.h"

#define LINES 64

/* The packet that TEXT says, 100 bytes long, dropped by default. */
static inline struct sighting sighting_of(const char *text)
{
    struct packet_notation packet;
    struct fault fault;
    struct sighting sighting = {
        .outcome = {.kind = OUTCOME_REASON, .reason = REASON_DEFAULT}, .packets = 1, .bytes = 100};

    int error = notation_parse(text, &packet, &fault);
    if (error)
        print_error("%s: %s\n", text, fault.text);
    assert_int_equal(error, 0);
    sighting.direction = (u8)packet.direction;
    sighting.family = (u8)packet.family;
    sighting.protocol = packet.protocol;
    sighting.tcp_flags = packet.tcp_flags;
    sighting.source_port = packet.source_port;
    sighting.destination_port = packet.destination_port;
    if (notation_is_icmp(&packet))
        sighting.destination_port = (u16)(packet.icmp_type << 8 | packet.icmp_code);
    memcpy(sighting.source, packet.source, sizeof(sighting.source));
    memcpy(sighting.destination, packet.destination, sizeof(sighting.destination));
    return sighting;
}

static inline void see(struct collection *collection, const char *text)
{
    struct sighting sighting = sighting_of(text);

    collection_add(collection, &sighting);
}

/* A packet that a rule, or the default, accepted. */
static inline void see_accepted(struct collection *collection, const char *text)
{
    struct sighting sighting = sighting_of(text);

    sighting.outcome.verdict = VERDICT_ACCEPT;
    collection_add(collection, &sighting);
}

static inline struct collection *collection_of(u32 lines)
{
    static struct collection collection;

    assert_int_equal(collection_init(&collection, lines, 42), 0);
    return &collection;
}

static inline struct collection *collection_new(void)
{
    return collection_of(LINES);
}

/* What report_print_rules() says, for the caller to free. */
static inline char *said_of(const struct collection *collection, enum merge merge)
{
    static char *text; /* gcc takes a local one for dangling once the stream is closed */
    static size_t bytes;
    const struct hearing hearing = {
        .name = "a.pcap", .is_capture = true, .policy = "web", .share = 1, .merge = merge};
    struct findings findings;
    FILE *stream = open_memstream(&text, &bytes);

    assert_non_null(stream);
    assert_int_equal(findings_make(collection, &(struct suggested_wish){.merge = merge}, &findings),
                     0);
    report_print_rules(&hearing, collection, &findings, stream);
    fclose(stream);
    findings_clear(&findings);
    return text;
}

/* It says LINE, or does not. */
static inline void assert_said(const struct collection *collection, enum merge merge,
                               const char *line, bool expected)
{
    char *text = said_of(collection, merge);

    if (!strstr(text, line) == expected)
        print_error("%s\nin:\n%s\n", line, text);
    assert_true(!strstr(text, line) != expected);
    free(text);
}

#endif
