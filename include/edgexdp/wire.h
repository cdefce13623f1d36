/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Header bits, as they are on the wire. */
#ifndef EDGEXDP_WIRE_H
#define EDGEXDP_WIRE_H

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_URG 0x20
#define TCP_ECE 0x40
#define TCP_CWR 0x80

#define TCP_SCALE_MAX 14u /* of windows (RFC 7323) */

#endif
