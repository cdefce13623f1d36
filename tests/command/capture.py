# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames, and capture files that hold them, made by hand: pcap and pcapng, with several link
layers."""

import ipaddress
import struct

ETHERNET, RAW, COOKED, COOKED2, LOOPBACK = 1, 101, 113, 276, 0
IPV4, IPV6, ARP, VLAN = 0x0800, 0x86DD, 0x0806, 0x8100
ICMP, TCP, UDP, ICMPV6, SCTP = 1, 6, 17, 58, 132
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
INSIDE, OUTSIDE = bytes.fromhex("020000000002"), bytes.fromhex("020000000001")
START_NS = 1_700_000_000_000_000_000


def address(text):
    return ipaddress.ip_address(text).packed


def tcp(source, destination, flags=SYN, data=b""):
    return struct.pack("!HHIIBBHHH", source, destination, 1, 0, 0x50, flags, 0xffff, 0, 0) + data


def udp(source, destination, data=b"data"):
    return struct.pack("!HHHH", source, destination, 8 + len(data), 0) + data


def icmp(kind, code=0, identifier=1, data=b""):
    return struct.pack("!BBHHH", kind, code, 0, identifier, 1) + data


def ip(source, destination, protocol, payload, identifier=0, at=0, more=False):
    """An IP packet. AT (in bytes) and MORE make it a fragment."""
    one, other = address(source), address(destination)
    if len(one) == 4:
        return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), identifier,
                           at >> 3 | (0x2000 if more else 0), 64, protocol, 0, one, other) + payload
    if at or more:
        payload = struct.pack("!BBHI", protocol, 0, at | more, identifier) + payload
        protocol = 44
    return struct.pack("!IHBB16s16s", 6 << 28, len(payload), protocol, 64, one, other) + payload


def ethertype(packet):
    return IPV6 if packet[0] >> 4 == 6 else IPV4


def ethernet(packet, out=False, kind=None, vlans=(), to=None):
    """PACKET, which is IP unless KIND says otherwise, as an Ethernet frame; OUT: sent from the
    inside."""
    source, destination = (INSIDE, OUTSIDE) if out else (OUTSIDE, INSIDE)
    tags = b"".join(struct.pack("!HH", VLAN, vlan) for vlan in vlans)
    return (to or destination) + source + tags + struct.pack("!H", kind or ethertype(packet)) + packet


def cooked(frame, out):
    """An Ethernet FRAME as Linux captures it on a device without Ethernet headers, version 1."""
    return struct.pack("!HHH8s", 4 if out else 0, 1, 6, frame[6:12]) + frame[12:]


def cooked2(frame, out):
    return frame[12:14] + struct.pack("!HIHBB8s", 0, 2, 1, 4 if out else 0, 6, frame[6:12]) + frame[14:]


def pcap(packets, link=ETHERNET, nano=False, order="<", snaplen=262144, step_ns=1000, start_ns=START_NS, times=()):
    """A capture of PACKETS as bytes, STEP_NS apart, or at TIMES (in ns after the start)."""
    unit = 1 if nano else 1000
    parts = [struct.pack(order + "IHHiIII", 0xa1b23c4d if nano else 0xa1b2c3d4, 2, 4, 0, 0, snaplen, link)]
    for i, packet in enumerate(packets):
        time = start_ns + (times[i] if times else i * step_ns)
        kept = packet[:snaplen]
        parts.append(struct.pack(order + "IIII", time // 10**9, time % 10**9 // unit, len(kept), len(packet)))
        parts.append(kept)
    return b"".join(parts)


def _block(kind, body, order="<"):
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def _option(code, value, order):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(interfaces, packets, order="<", resolution=9, offset_s=0, start_ns=START_NS):
    """A pcapng, or another section of one. INTERFACES: pairs of a name (or None) and a link type. PACKETS: triples of
    bytes, the number of an interface, and the way that they went, if that is to be said ("in", "out")."""
    parts = [_block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1), order)]
    for name, link in interfaces:
        options = _option(2, name.encode(), order) if name else b""
        options += _option(9, bytes([resolution]), order) + _option(14, struct.pack(order + "q", offset_s), order)
        parts.append(_block(1, struct.pack(order + "HHI", link, 0, 262144) + options + bytes(4), order))
    second = 1 << (resolution & 0x7f) if resolution & 0x80 else 10 ** resolution
    for i, (packet, interface, way) in enumerate(packets):
        time = (start_ns + i * 1000 - offset_s * 10**9) * second // 10**9
        flags = _option(2, struct.pack(order + "I", {"in": 1, "out": 2}[way]), order) + bytes(4) if way else b""
        parts.append(_block(6, struct.pack(order + "IIIII", interface, time >> 32, time & 0xffffffff, len(packet),
                                           len(packet)) + packet + bytes(-len(packet) % 4) + flags, order))
    return b"".join(parts)


def _interface(link, snaplen):
    return _block(1, struct.pack("<HHI", link, 0, snaplen) + struct.pack("<HHB3xHH", 9, 1, 9, 0, 0))


def pcapng(packets, link=ETHERNET, snaplen=262144, step_ns=1000, start_ns=START_NS, second=()):
    """The same, with times in nanoseconds. SECOND: link and snaplen of another interface, without
    packets."""
    parts = [_block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)), _interface(link, snaplen)]
    if second:
        parts.append(_interface(*second))
    for i, packet in enumerate(packets):
        time = start_ns + i * step_ns
        kept = packet[:snaplen]
        parts.append(_block(6, struct.pack("<IIIII", 0, time >> 32, time & 0xffffffff, len(kept), len(packet))
                            + kept))
    return b"".join(parts)
