/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include <edgexdp/abi.h>

#include "../base/memory.h"
#include "recording.h"

#define FILE_BUFFER_BYTES (1 << 20)

struct capture {
    pcap_t *pcap;     /* of a pcap, with its link layer */
    const char *name; /* of the file, for messages */
    const struct link_type *link;
    FILE *file; /* of a pcapng, with its reader */
    struct recording *recording;
    u8 buffer[LINK_FRAME_BYTES];
};

static void close_filep(FILE **file)
{
    if (*file && *file != stdin)
        fclose(*file);
}

void capture_close(struct capture *capture)
{
    if (!capture)
        return;
    if (capture->pcap)
        pcap_close(capture->pcap);
    recording_free(capture->recording);
    close_filep(&capture->file);
    free(capture);
}

void capture_closep(struct capture **capture)
{
    capture_close(*capture);
}

static int cannot_read_link(const struct capture *capture, int number, struct why *why)
{
    const char *name = pcap_datalink_val_to_name(number);

    return why_set(why, -EPROTONOSUPPORT,
                   "%s: its link type, %d (%s), cannot be read; those that can are " LINKS_TEXT,
                   capture->name, number, name ? name : "unknown");
}

/* Hands FILE over to libpcap. */
static int open_pcap(struct capture *capture, FILE **file, struct why *why)
{
    char fault[PCAP_ERRBUF_SIZE] = "";

    capture->pcap =
        pcap_fopen_offline_with_tstamp_precision(*file, PCAP_TSTAMP_PRECISION_NANO, fault);
    if (!capture->pcap)
        return why_set(
            why, -EINVAL, "%s is not a capture in pcap or pcapng format: %s%s", capture->name,
            fault,
            strstr(fault, "unknown file format")
                ? " (if it is compressed, unpack it into a pipe and write - for its name)"
                : "");
    *file = NULL;
    int dlt = pcap_datalink(capture->pcap);
    capture->link = link_find(dlt);
    return capture->link ? 0 : cannot_read_link(capture, dlt, why);
}

static int open_pcapng(struct capture *capture, FILE **file, struct why *why)
{
    capture->recording = recording_new(*file);
    if (!capture->recording)
        return why_set(why, -ENOMEM, "out of memory");
    capture->file = TAKE_PTR(*file);
    return 0;
}

int capture_open(const char *path, struct capture **capture, struct why *why)
{
    bool from_stdin = !strcmp(path, "-");
    CLEANUP(close_filep) FILE *file = from_stdin ? stdin : fopen(path, "rbe");
    CLEANUP(capture_closep) struct capture *made = calloc(1, sizeof(*made));

    if (!made)
        return why_set(why, -ENOMEM, "out of memory");
    if (!file)
        return why_set(why, -errno, "cannot read %s: %s", path, strerror(errno));
    setvbuf(file, NULL, _IOFBF, FILE_BUFFER_BYTES);
    made->name = from_stdin ? "stdin" : path;
    int first = getc(file);
    if (first != EOF)
        ungetc(first, file);
    int error =
        first == RECORDING_FIRST_BYTE ? open_pcapng(made, &file, why) : open_pcap(made, &file, why);
    if (!error)
        *capture = TAKE_PTR(made);
    return error;
}

bool capture_has_interfaces(const struct capture *capture)
{
    return capture->recording;
}

const char *capture_name(const struct capture *capture)
{
    return capture->name;
}

/* A pcap file counts seconds in 32 unsigned bits, but libpcap reads them as signed: from 2038 on
 * they are negative. A pcapng may hold any time; times beyond 64 bits of ns become UINT64_MAX. */
static u64 time_of(const struct timeval *time)
{
    u64 seconds = time->tv_sec < 0 ? (u32)time->tv_sec : (u64)time->tv_sec;

    if (seconds >= UINT64_MAX / SECOND_NS)
        return UINT64_MAX;
    return seconds * SECOND_NS + (u64)time->tv_usec; /* tv_usec holds ns here */
}

/* Fills in FRAME from PACKET of the link layer LINK. */
static void take(struct capture *capture, const struct link_type *link,
                 const struct captured *packet, bool is_swapped, struct capture_frame *frame)
{
    frame->tells_heading = link_tells_heading(link);
    frame->heading = link_frame(link, packet, is_swapped, capture->buffer, &frame->frame);
}

static int next_of_pcap(struct capture *capture, struct capture_frame *frame, struct why *why)
{
    struct pcap_pkthdr *header;
    const u_char *data;
    int result = pcap_next_ex(capture->pcap, &header, &data);

    if (result == PCAP_ERROR_BREAK)
        return 0;
    if (result != 1)
        return why_set(why, -EIO, "%s", pcap_geterr(capture->pcap));
    struct captured packet = {.data = data, .bytes = header->caplen, .length = header->len};
    if (packet.bytes > packet.length)
        packet.bytes = packet.length;
    *frame = (struct capture_frame){.time_ns = time_of(&header->ts), .interface = ""};
    take(capture, capture->link, &packet, false, frame);
    return 1;
}

/* What the file itself says of a packet's way counts more than its link layer. */
static int next_of_pcapng(struct capture *capture, struct capture_frame *frame, struct why *why)
{
    struct recorded recorded;
    int result = recording_next(capture->recording, &recorded, why);

    if (result <= 0)
        return result;
    const struct link_type *link = link_find_recorded(recorded.link_type);
    if (!link)
        return cannot_read_link(capture, recorded.link_type, why);
    *frame = (struct capture_frame){.time_ns = recorded.time_ns, .interface = recorded.interface};
    take(capture, link, &recorded.packet, recorded.is_swapped, frame);
    if (recorded.heading == HEADING_UNKNOWN)
        return 1;
    frame->heading = recorded.heading;
    frame->tells_heading = true;
    return 1;
}

int capture_next(struct capture *capture, struct capture_frame *frame, struct why *why)
{
    struct why reason = {0};
    int result = capture->recording ? next_of_pcapng(capture, frame, &reason)
                                    : next_of_pcap(capture, frame, &reason);

    if (result == -EIO)
        return why_set(why, result, "%s cannot be read to its end: %s", capture->name, reason.text);
    if (result < 0)
        *why = reason;
    return result;
}
