/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of packets, as frames with the time and the way they went. Alone knows libpcap. */
#ifndef EDGEXDP_REPLAY_CAPTURE_H
#define EDGEXDP_REPLAY_CAPTURE_H

#include "../base/why.h"
#include "link.h"

struct capture;

struct capture_frame {
    u64 time_ns; /* CLOCK_REALTIME, of whoever captured it */
    enum heading heading;
    struct captured frame; /* good until the next one is read */
};

/* Open the file PATH, pcap or pcapng, or for "-" what comes from stdin. *capture is set only on
 * success. Returns -errno with WHY. */
int capture_open(const char *path, struct capture **capture, struct why *why);
void capture_close(struct capture *capture);
void capture_closep(struct capture **capture);

const struct link_type *capture_link(const struct capture *capture);

/* The next frame. Returns 1, 0 at the end, or -errno with WHY: what comes then cannot be read. */
int capture_next(struct capture *capture, struct capture_frame *frame, struct why *why);

#endif
