# SPDX-License-Identifier: GPL-2.0-or-later
"""A name server for the sandbox, on loopback: `names.py SUFFIX=IPV4,IPV6 ...`.

Any name below SUFFIX exists. A name with the label v4 has the IPv4 address alone, one with v6 the
IPv6 address alone, so that the name chosen decides by which of the two a server is reached."""

import socket
import struct
import sys

A, AAAA = 1, 28


def question(query):
    """The labels asked for, the type, and the bytes of the question."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    kind, _ = struct.unpack_from("!HH", query, at + 1)
    return labels, kind, query[12 : at + 5]


def answer(query, zones):
    labels, kind, asked = question(query)
    name = "." + ".".join(labels)
    addresses = next((a for suffix, a in zones.items() if name.endswith("." + suffix)), None)
    data = b""
    if addresses and kind == A and "v4" in labels:
        data = socket.inet_pton(socket.AF_INET, addresses[0])
    if addresses and kind == AAAA and "v6" in labels:
        data = socket.inet_pton(socket.AF_INET6, addresses[1])
    flags = 0x8580 if addresses else 0x8583  # authoritative; no error, or no such name
    reply = query[:2] + struct.pack("!HHHHH", flags, 1, 1 if data else 0, 0, 0) + asked
    if data:
        reply += struct.pack("!HHHIH", 0xC00C, kind, 1, 60, len(data)) + data
    return reply


def main():
    zones = {}
    for zone in sys.argv[1:]:
        suffix, addresses = zone.split("=")
        zones[suffix] = addresses.split(",")
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    while True:
        query, client = server.recvfrom(512)
        server.sendto(answer(query, zones), client)


main()
