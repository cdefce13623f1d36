# SPDX-License-Identifier: GPL-2.0-or-later
"""The base of the tests of what is rejected: frames are made and read by scapy, which knows nothing
of ours."""

import errno
import json
import os
import socket
import struct

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6
from scapy.layers.l2 import Dot1Q, Ether

from guarded import FAMILIES, HERE, PATIENCE, THERE, Guarded, entered, policy

MODES = ("generic", "native")
MARK = 7  # a port whose packets are rejected too: its answer says that all before it were judged
REJECT = policy("reject", "[baseline]\ntcp-flags = accept\n[rules]\nunreach = reject with port-unreachable in udp > :53\n"
                "plain = reject in any\n")
OUT = policy("out", "[rules]\nunreach = reject with port-unreachable out udp > :53\n"
             "plain = reject out any\nin = accept in udp > :4000\n", inbound="drop")
EVERYTHING = policy("everything", inbound="accept", outbound="accept")


def ip(family, source=None, destination=None, **fields):
    kind = (IP, IPv6)[family]
    return kind(src=source or THERE[family], dst=destination or HERE[family], **fields)


def carried(packet):
    """The layer behind IP, as bytes."""
    return bytes(packet.payload)


def checked(packet):
    """PACKET, an IP packet of scapy's; its checksums must be right."""
    again = packet.copy()
    for layer in (IP, TCP, ICMP, ICMPv6DestUnreach):
        if again.haslayer(layer):
            again[layer].delfieldval({IP: "chksum", TCP: "chksum", ICMP: "chksum"}.get(layer, "cksum"))
    assert bytes(again) == bytes(packet), "checksums"
    return packet


class Rejecting(Guarded):
    def start(self, text, mode="generic", *options):
        """Guards the interface in MODE; in native mode a veth needs a program at its other end."""
        if mode == "native":
            self.succeeds("attach", "--mode", "native", "peer", self.file(EVERYTHING),
                          namespace=self.there)
        self.attach(text, "--mode", mode, *options)

    def stop(self):
        self.succeeds("detach", self.interface)
        if "peer" in os.listdir("/sys/fs/bpf/edgexdp"):
            self.succeeds("detach", "peer", namespace=self.there)

    def packet_socket(self, namespace, interface):
        with entered(namespace):
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.addCleanup(made.close)
        made.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
        made.setsockopt(263, 20, 1)  # SOL_PACKET, PACKET_QDISC_BYPASS: past the program at that end
        made.bind((interface, 0))
        made.settimeout(PATIENCE)
        return made

    def mac(self, namespace, interface):
        return json.loads(namespace.run("ip", "-j", "link", "show", interface))[0]["address"]

    def wire(self):
        """Opens the far end of the cable for frames."""
        self.raw = self.packet_socket(self.there, "peer")
        self.near, self.far = self.mac(self.here, self.interface), self.mac(self.there, "peer")

    def frame(self, packet, tags=(), to=None, source=None):
        link = Ether(dst=to or self.near, src=source or self.far)
        for tag in tags:
            link /= Dot1Q(vlan=tag)
        return bytes(link / packet)

    def answers(self, *frames):
        """What comes back for FRAMES, in order, as frames. A last frame of our own says when to
        stop waiting."""
        mark = self.frame(ip(0) / UDP(sport=1, dport=MARK) / b"mark")
        for frame in (*frames, mark):
            self.raw.send(frame)
        got = []
        while True:
            data, where = self.raw.recvfrom(65536)
            frame = Ether(data)
            if where[2] == socket.PACKET_OUTGOING or frame.dst != self.far:
                continue
            if frame.haslayer(ICMP) and data.endswith(b"mark"):
                return got
            if frame.haslayer(IP) or (frame.haslayer(IPv6) and frame[IPv6].src == HERE[1]
                                      and not 130 <= bytes(frame[IPv6].payload)[0] <= 143):
                got.append(frame)

    def answer(self, frame):
        found = self.answers(frame)
        self.assertEqual(len(found), 1, found)
        return found[0]

    def tagged_answer(self):
        """The next frame that has tags. The kernel takes the outer one off and tells it apart."""
        with entered(self.there):
            pass
        self.raw.setsockopt(263, 8, 1)  # SOL_PACKET, PACKET_AUXDATA
        while True:
            data, extra, _, where = self.raw.recvmsg(65536, 256)
            if where[2] == socket.PACKET_OUTGOING or data[:6] != bytes.fromhex(self.far.replace(":", "")):
                continue
            status, *_, tci, kind = struct.unpack("IIIHHHH", extra[0][2][:20])
            if status & 0x10:
                data = data[:12] + struct.pack("!HH", kind or 0x8100, tci) + data[12:]
            if data[12:14] == b"\x81\x00":
                return Ether(data)

    def fails_with(self, opened, to, data=b"x" * 1000):
        """What a datagram that OPENED sends comes to, as the sender sees it."""
        opened.connect(to)
        opened.send(data)
        with self.assertRaises(OSError) as seen:
            opened.recv(100)
        return seen.exception.errno

    def sees_errors(self, place, to, mode):
        """Programs at PLACE are told at once what becomes of packets TO the rejected ports."""
        for family, name in FAMILIES:
            with self.subTest(f"{name}, {mode}"):
                client = self.socket(place, socket.SOCK_STREAM, family)
                self.assertEqual(client.connect_ex((to[family], 80)), errno.ECONNREFUSED)
                self.assertEqual(
                    self.fails_with(self.socket(place, family=family), (to[family], 53)),
                    errno.ECONNREFUSED)
                self.assertEqual(
                    self.fails_with(self.socket(place, family=family), (to[family], 54)),
                    (errno.EHOSTUNREACH, errno.EACCES)[family])
