# SPDX-License-Identifier: GPL-2.0-or-later
"""Address sets of any size, and random members of them: the same in every run."""

import ipaddress
import random
import struct

POOL = 1 << 18  # records: too many for any cache to learn
PORT = 9  # discard

FORBIDDEN_NETS = (0, 10, 127)  # martians, or what rules are about


def _seed(*words):
    return random.Random(" ".join(map(str, words)))


def _network4(random_):
    """Three octets of an address that a host can have."""
    while True:
        number = random_.randrange(1 << 24, 224 << 24) >> 8
        if number >> 16 not in FORBIDDEN_NETS and number != 0xc63364:  # 198.51.100: ours
            return number


def _networks4(random_, count):
    networks = set()
    while len(networks) < count:
        networks.add(_network4(random_))
    ordered = sorted(networks)
    random_.shuffle(ordered)
    return ordered


def prefixes4(count):
    """COUNT prefixes as (address, length): half /32, half /24, none within another."""
    random_ = _seed("IPv4", count)
    networks = _networks4(random_, count)
    return ([(network << 8, 24) for network in networks[:count // 2]] +
            [(network << 8 | random_.randrange(256), 32) for network in networks[count // 2:]])


def addresses4(count):
    random_ = _seed("addresses", count)
    return [(network << 8 | random_.randrange(256), 32) for network in _networks4(random_, count)]


def prefixes6(count):
    """COUNT prefixes as (address, length): 40 % /48, 40 % /64, 20 % /128."""
    random_ = _seed("IPv6", count)
    made = set()
    while len(made) < count:
        length = random_.choices((48, 64, 128), (40, 40, 20))[0]
        made.add(((1 << 125 | random_.getrandbits(length - 3) << (128 - length)), length))
    ordered = sorted(made)
    random_.shuffle(ordered)
    return ordered


def named(bits, count):
    return f"{count:,} IPv{4 if bits == 32 else 6} prefixes"


def write(path, prefixes, bits):
    """Write PREFIXES as a file for a set: one prefix per line."""
    address = ipaddress.IPv4Address if bits == 32 else ipaddress.IPv6Address
    path.write_text("".join(f"{address(first)}/{length}\n" for first, length in prefixes))


def members(prefixes, bits, ports=None):
    """A pool for the generator: packets from random members, to one of the ports that PORTS, a
    list parallel to PREFIXES, has for the prefix."""
    random_ = _seed("members", len(prefixes), bits)
    records = bytearray()
    for _ in range(POOL):
        which = random_.randrange(len(prefixes))
        first, length = prefixes[which]
        host = random_.getrandbits(bits - length) if length < bits else 0
        port = random_.choice(ports[which]) if ports else PORT
        records += (first | host).to_bytes(bits // 8, "big")
        records += struct.pack("!HH", random_.randrange(1024, 65536), port)
    return bytes(records)
