# SPDX-License-Identifier: GPL-2.0-or-later
"""Conversations opened from the inside, and the replies to them."""

import random
import socket
import struct

import prefixes
from guarded import entered
from policies import HERE

SERVER_PORT = 3478  # STUN out: rule P5 of the shipped policy

_local = socket.inet_aton(HERE)


def conversations(count):
    """COUNT distinct pairs of a remote address and a local port."""
    random_ = random.Random(f"flows {count}")
    remotes = random_.sample(range(11 << 24, 100 << 24), count)
    return [(remote, random_.randrange(1024, 65536)) for remote in remotes]


def _question(remote, port):
    """An outbound UDP packet without data and without a UDP checksum."""
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 0, 0, 64, socket.IPPROTO_UDP, 0, _local,
                         remote.to_bytes(4, "big"))
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xffff) + (total >> 16)
    checksum = ~(total + (total >> 16)) & 0xffff
    return (bytes.fromhex("020000000001" "020000000002" "0800") + header[:10] +
            struct.pack("!H", checksum) + header[12:] +
            struct.pack("!HHHH", port, SERVER_PORT, 8, 0))


def open_all(lane, pairs):
    """Send a packet of each conversation out of the guarded end of LANE, past the outbound
    program."""
    with entered(lane.namespace):
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    with raw:
        raw.bind((lane.inside, 0))
        for remote, port in pairs:
            raw.send(_question(remote, port))


def replies(pairs):
    """A pool for the generator: replies in randomly chosen conversations."""
    random_ = random.Random("replies")
    return b"".join(struct.pack("!IHH", remote, SERVER_PORT, port) for remote, port in
                    random_.choices(pairs, k=prefixes.POOL))
