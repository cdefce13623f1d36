/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who sends what, from samples: by each field, in each direction, in memory of a fixed size. Pure.
 */
#ifndef EDGEXDP_CENSUS_H
#define EDGEXDP_CENSUS_H

#include "sketch.h"

/* The fields by which packets are counted: identifier; its name, for --by; the title of its table;
 * its key in JSON; and how many values of it are kept. */
#define CENSUS_FIELDS(X)                                                                           \
    X(KIND, "kind", "KIND", "kinds", 256)                                                          \
    X(SOURCE, "source", "SOURCE", "sources", 8192)                                                 \
    X(NETWORK, "network", "NETWORK", "networks", 4096)                                             \
    X(DESTINATION, "destination", "DESTINATION", "destinations", 2048)                             \
    X(PORT, "port", "PORT", "ports", 2048)                                                         \
    X(SOURCE_PORT, "source-port", "SOURCE PORT", "source_ports", 2048)                             \
    X(RULE, "rule", "RULE OR REASON", "rules", 1024)                                               \
    X(TCP_FLAGS, "tcp-flags", "TCP FLAGS", "tcp_flags", 256)

enum census_field {
#define CENSUS_ENUMERATOR(ID, ...) BY_##ID,
    CENSUS_FIELDS(CENSUS_ENUMERATOR)
#undef CENSUS_ENUMERATOR
        CENSUS_FIELDS_COUNT,
};

struct census_field_row {
    const char *name, *title, *json;
    size_t capacity;
};
extern const struct census_field_row census_fields[CENSUS_FIELDS_COUNT];

/* Networks are counted in two steps: the nearer one has 256 addresses (IPv4) or is a /64 (IPv6);
 * the wider one has at most 256 of the nearer ones, or is a /48. */
enum network_step { NETWORK_NEAR, NETWORK_WIDE, NETWORK_STEPS };
unsigned int network_bits(enum family family, enum network_step step);

/* The `what` of a key BY_KIND and BY_RULE. */
enum traffic_kind { TRAFFIC_NOT_IP, TRAFFIC_PROTOCOL, TRAFFIC_TCP_SYN, TRAFFIC_FRAGMENT };
#define RULE_IS_REASON 1u /* `number` is a reason; otherwise what census_add() was told */
#define RULE_DROPS     2u
#define RULE_REPLY     4u /* accepted as a reply to what the rule accepted the other way */
#define RULE_LIMITED   8u /* dropped, because the rule's limit had no room */

/* The `what` of a key BY_PORT and BY_SOURCE_PORT. */
#define PORT_IS_ICMP 1u /* `number` is type << 8 | code */

struct census_side {
    struct sketch *fields[CENSUS_FIELDS_COUNT]; /* BY_NETWORK: of NETWORK_NEAR */
    struct sketch *wide;                        /* networks of NETWORK_WIDE */
    struct figures all;
};

struct census {
    struct census_side sides[DIRECTIONS];
    double seconds; /* for how long it has been counting, as old as the counts are */
    double samples;
    double lost; /* packets for which lost samples stood */
};

/* Make an empty CENSUS; SEED is as for a sketch. Returns 0 or -ENOMEM. */
int census_init(struct census *census, u64 seed);
void census_clear(struct census *census);

/* What SAMPLE stands for. */
struct figures census_figures(const struct packet_sample *sample);

/* Count a sample. RULE is a number for the rule that decided, if one did, which is the caller's. */
void census_add(struct census *census, const struct packet_sample *sample, u32 rule);

/* Go on counting for SECONDS more, and by then let what was counted so far count for FACTOR. */
void census_age(struct census *census, double factor);

/* A row of a table: what has KEY, how much of it there was, and for networks, how many members were
 * seen. */
struct census_row {
    struct sketch_key key;
    struct figures figures;
    unsigned int members;
};

/* Gets at most MAX rows of FIELD, those with the most packets first. Returns how many. Of networks,
 * only those of which many members take part and none dominates, and the widest such ones. */
size_t census_rows(const struct census *census, enum direction direction, enum census_field field,
                   struct census_row *rows, size_t max);

/* By how much the figures have to be multiplied to be packets and bytes a second: lost samples are
 * taken to have been like the others. */
double census_rate(const struct census *census);
double census_weight(const struct census *census); /* the same to be packets and bytes */

#endif
