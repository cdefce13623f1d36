/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Follows draft-ietf-opsawg-pcapng. Numbers are in our own byte order, as the magic tells. */
#include "pcapng.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "../base/text.h"

#define SECTION_HEADER 0x0a0d0d0au
#define MAGIC          0x1a2b3c4du
#define INTERFACE      1u
#define PACKET         6u

/* Link types. */
static const u16 link_types[] = {[LINK_ETHERNET] = 1, [LINK_BARE] = 101};

#define OPTION_COMMENT     1u
#define OPTION_APPLICATION 4u /* of a section */
#define OPTION_NAME        2u /* of an interface */
#define OPTION_RESOLUTION  9u
#define OPTION_FLAGS       2u /* of a packet */
#define OPTION_VERDICT     7u

#define FLAG_IN     1u
#define FLAG_OUT    2u
#define NANOSECONDS 9u /* times count this many decimal digits of a second */

/* Whose verdict it is, and the values it takes there. */
#define VERDICT_OF_TC  1u
#define VERDICT_OF_XDP 2u
static const s64 xdp_verdicts[VERDICTS] = {[VERDICT_DROP] = 1, [VERDICT_ACCEPT] = 2};
static const s64 tc_verdicts[VERDICTS] = {[VERDICT_DROP] = 2, [VERDICT_ACCEPT] = -1};

#define TEXT_BYTES 512 /* of the longest option */

struct block {
    u32 length;
    u8 bytes[EVENT_FRAME_BYTES + TEXT_BYTES + 128];
};

static void add(struct block *block, const void *bytes, size_t count)
{
    static const u8 padding[4];
    size_t pad = -count & 3;

    memcpy(block->bytes + block->length, bytes, count);
    memcpy(block->bytes + block->length + count, padding, pad);
    block->length += (u32)(count + pad);
}

static void add_number(struct block *block, u32 number)
{
    add(block, &number, sizeof(number));
}

static void add_pair(struct block *block, u16 first, u16 second)
{
    const u16 pair[2] = {first, second};
    add(block, pair, sizeof(pair));
}

static void add_option(struct block *block, u16 code, const void *value, size_t length)
{
    add_pair(block, code, (u16)length);
    add(block, value, length);
}

static void add_text(struct block *block, u16 code, const char *text)
{
    size_t length = strlen(text);

    if (length)
        add_option(block, code, text, length < TEXT_BYTES ? length : TEXT_BYTES);
}

static struct block block_begin(u32 type)
{
    struct block block = {0};

    add_number(&block, type);
    add_number(&block, 0); /* the length, filled in later */
    return block;
}

static int block_write(struct block *block, FILE *file)
{
    add_pair(block, 0, 0); /* end of options */
    u32 length = block->length + (u32)sizeof(length);
    memcpy(block->bytes + sizeof(u32), &length, sizeof(length));
    add_number(block, length);
    errno = 0;
    if (fwrite(block->bytes, block->length, 1, file) == 1 && !fflush(file))
        return 0;
    return errno ? -errno : -EIO;
}

int pcapng_begin(FILE *file)
{
    struct block section = block_begin(SECTION_HEADER);
    const u64 unknown = ~0ull; /* the section's length */

    add_number(&section, MAGIC);
    add_pair(&section, 1, 0); /* the version */
    add(&section, &unknown, sizeof(unknown));
    add_text(&section, OPTION_APPLICATION, "edgexdp " EDGEXDP_VERSION);
    return block_write(&section, file);
}

int pcapng_interface(FILE *file, const char *interface, enum link_layer layer)
{
    CLEANUP_FREE char *name = text_utf8(interface);
    struct block described = block_begin(INTERFACE);
    const u8 resolution = NANOSECONDS;

    add_pair(&described, link_types[layer], 0);
    add_number(&described, EVENT_FRAME_BYTES);
    if (name)
        add_text(&described, OPTION_NAME, name);
    add_option(&described, OPTION_RESOLUTION, &resolution, sizeof(resolution));
    return block_write(&described, file);
}

static void add_verdict(struct block *packet, const struct event *event)
{
    bool by_xdp = event->direction == DIRECTION_IN && event->link_layer == LINK_ETHERNET;
    u8 verdict = event->audit ? VERDICT_ACCEPT : event->outcome.verdict;
    s64 said = (by_xdp ? xdp_verdicts : tc_verdicts)[verdict % VERDICTS];
    u8 value[1 + sizeof(said)] = {by_xdp ? VERDICT_OF_XDP : VERDICT_OF_TC};

    memcpy(value + 1, &said, sizeof(said));
    add_option(packet, OPTION_VERDICT, value, sizeof(value));
}

int pcapng_add(FILE *file, u32 number, const struct event *event, u64 time_ns, const char *comment)
{
    struct block packet = block_begin(PACKET);
    u32 captured =
        event->captured_bytes < EVENT_FRAME_BYTES ? event->captured_bytes : EVENT_FRAME_BYTES;
    const u32 flags = event->direction == DIRECTION_IN ? FLAG_IN : FLAG_OUT;

    add_number(&packet, number);
    add_number(&packet, (u32)(time_ns >> 32));
    add_number(&packet, (u32)time_ns);
    add_number(&packet, captured);
    add_number(&packet, event->frame_bytes > captured ? event->frame_bytes : captured);
    add(&packet, event->frame, captured);
    add_text(&packet, OPTION_COMMENT, comment);
    add_option(&packet, OPTION_FLAGS, &flags, sizeof(flags));
    add_verdict(&packet, event);
    return block_write(&packet, file);
}
