/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the values of an [expect]. */
#include "reading.h"

#include "../base/memory.h"
#include "notation.h"
#include "zones.h"

#include <errno.h>

static void check_interface(struct reading *reading, const struct ini_entry *entry,
                            const char *said)
{
    if (*said && !zone_can_be(reading->policy, said))
        diag_add(reading->diag, SEVERITY_ERROR, ini_value_place(reading->ini, entry),
                 "\"%s\" is in no zone of [interfaces], and no zone itself",
                 quote(piece_of(said)).text);
}

static int read_packet(struct reading *reading, const struct ini_entry *entry,
                       struct packet_notation *packet)
{
    CLEANUP_FREE char *text = ini_value_text(reading->ini, entry);
    struct fault fault;

    if (!text)
        return -ENOMEM;
    if (notation_parse_for(reading->host, text, packet, &fault))
        reading_tell(reading, ini_value_part(reading->ini, entry, fault.at, fault.length), "%s",
                     fault.text);
    check_interface(reading, entry, packet->on);
    check_interface(reading, entry, packet->via);
    return 0;
}

int read_expect_packet(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct expectation *expectation = target;

    expectation->packet_place = ini_value_place(reading->ini, entry);
    return read_packet(reading, entry, &expectation->packet);
}

int read_expect_reply_to(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct expectation *expectation = target;

    expectation->has_reply_to = true;
    return read_packet(reading, entry, &expectation->reply_to);
}

int read_expect_rule(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct expectation *expectation = target;
    struct piece name;

    if (!value_is_single(reading, entry, &name))
        return 0;
    if (catalog_find(reading->rules, name) == NO_NAME)
        reading_tell(reading, name, "no rule is named \"%s\"%s", quote(name).text,
                     catalog_hint(reading->rules, name).text);
    name_copy(expectation->rule, sizeof(expectation->rule), name);
    return 0;
}
