#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is rejected on its way in: what clients see, what is on the wire, what nftables would send."""

import errno
import json
import socket
import struct

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6, IPv6ExtHdrDestOpt
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from guarded import FAMILIES, HERE, THERE, entered, main, policy
from rejecting import MODES, REJECT, Rejecting, carried, checked, ip


class Inbound(Rejecting):
    def test_clients(self):
        for mode in MODES:
            self.start(REJECT, mode)
            self.sees_errors(self.there, HERE, mode)
            stats = self.at_rest(self.stats)
            self.assertEqual(stats.packets("unreach", "in"), 2)
            self.assertEqual(stats.packets("plain", "in"), 4)
            self.assertConserved()
            self.stop()

    def test_reset(self):
        """RFC 9293, 3.10.7.1."""
        self.wire()
        cases = [  # flags, seq, ack, data: flags, seq, ack
            ("S", 5, 9, b"", "RA", 0, 6), ("S", 0xffffffff, 0, b"", "RA", 0, 0),
            ("S", 5, 0, b"data", "RA", 0, 10), ("F", 5, 0, b"", "RA", 0, 6),
            ("PA", 5, 77, b"data", "R", 77, 0), ("SA", 5, 0x80000001, b"", "R", 0x80000001, 0),
            ("A", 1, 0, b"", "R", 0, 0), ("", 5, 0, b"odd", "RA", 0, 8)]
        for mode in MODES:
            self.start(REJECT, mode)
            for family, name in FAMILIES:
                for options in ([], [("MSS", 1460), ("WScale", 7), ("Timestamp", (1, 0))]):
                    for flags, seq, ack, data, *expected in cases:
                        with self.subTest(f"{name} {mode} {flags} {options}"):
                            found = self.answer(self.frame(
                                ip(family) / TCP(sport=1234, dport=80, flags=flags, seq=seq, ack=ack,
                                                 options=options) / data))
                            self.assertEqual((found.src, found.dst), (self.near, self.far))
                            packet = checked(found[(IP, IPv6)[family]])
                            self.assertEqual((packet.src, packet.dst), (HERE[family], THERE[family]))
                            reset = packet[TCP]
                            self.assertEqual((reset.sport, reset.dport, str(reset.flags), reset.seq,
                                              reset.ack, reset.dataofs, reset.window, reset.urgptr),
                                             (80, 1234, *expected, 5, 0, 0))
                            self.assertFalse(carried(reset).strip(b"\0") and not reset.haslayer("Padding"))
            self.stop()

    def test_error(self):
        """RFC 792, 1812 and 4443: as much of the packet as fits into 576 or 1,280 bytes."""
        self.wire()
        for mode in MODES:
            self.start(REJECT, mode)
            for family, name in FAMILIES:
                for port, code in ((53, (3, 4)), (54, (13, 1))):
                    for size in (0, 1, 7, 100, 519, 520, 521, 1183, 1184, 1185, 1400):
                        with self.subTest(f"{name} {mode} {port} {size}"):
                            sent = ip(family) / UDP(sport=1234, dport=port) / bytes(
                                i % 251 for i in range(size))
                            found = self.answer(self.frame(sent))
                            packet = checked(found[(IP, IPv6)[family]])
                            self.assertEqual((packet.src, packet.dst), (HERE[family], THERE[family]))
                            error = carried(packet)
                            self.assertEqual(tuple(error[:2]), ((3, 1)[family], code[family]))
                            self.assertEqual(error[4:8], bytes(4))
                            whole = (576 - 28, 1280 - 48)[family]
                            self.assertEqual(error[8:], bytes(sent)[:whole])
            self.stop()

    def test_other_protocols(self):
        self.wire()
        self.start(REJECT)
        for family, name in FAMILIES:
            for protocol in (47, 50, 132, 253):
                with self.subTest(f"{name} {protocol}"):
                    field = ("proto", "nh")[family]
                    sent = ip(family, **{field: protocol}) / Raw(b"\0\1\0\2" + bytes(20))
                    error = carried(checked(self.answer(self.frame(sent))[(IP, IPv6)[family]]))
                    self.assertEqual(tuple(error[:2]), ((3, 13), (1, 1))[family])
                    self.assertEqual(error[8:], bytes(sent))
        ping = self.answer(self.frame(ip(0) / ICMP(id=5, seq=6)))
        self.assertEqual((ping[ICMP].type, ping[ICMP].code), (3, 13))
        ping = self.answer(self.frame(ip(1) / ICMPv6EchoRequest(id=5, seq=6)))
        self.assertEqual(carried(ping[IPv6])[:2], b"\1\1")

    def test_headers_of_other_sizes(self):
        """IPv4 options and IPv6 extension headers; what is behind the packet is not quoted."""
        self.wire()
        for mode in MODES:
            self.start(REJECT, mode)
            options = IP(src=THERE[0], dst=HERE[0], options=[b"\x01" * 40])
            extended = IPv6(src=THERE[1], dst=HERE[1]) / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt()
            for base in (options, extended):
                with self.subTest(f"{mode} {base.summary()}"):
                    found = self.answer(self.frame(base / TCP(sport=9, dport=8, seq=1)))
                    packet = checked(found.payload)
                    self.assertEqual((packet[TCP].ack, packet[TCP].sport), (2, 8))
                    sent = base / UDP(sport=9, dport=8) / b"x"
                    packet = checked(self.answer(self.frame(sent) + b"padding").payload)
                    self.assertEqual(carried(packet)[8:], bytes(sent))
            self.stop()

    def test_tags(self):
        self.wire()
        for mode in MODES:
            self.start(REJECT, mode)
            for tags in ((100,), (7, 4094)):
                for sent, code in ((ip(0) / TCP(sport=1, dport=2), None), (ip(1) / UDP(dport=9), 1)):
                    with self.subTest(f"{mode} {tags}"):
                        raw = self.frame(sent, tags)
                        self.raw.send(raw)
                        found = self.tagged_answer()
                        self.assertEqual(bytes(found)[12:12 + 4 * len(tags) + 2],
                                         raw[12:12 + 4 * len(tags) + 2])
                        self.assertEqual((found.src, found.dst), (self.near, self.far))
                        if code is None:
                            self.assertEqual(str(checked(found[IP])[TCP].flags), "RA")
                        else:
                            self.assertEqual(carried(checked(found[IPv6]))[0], code)
            self.stop()

    def test_as_nftables_does(self):
        """The same frames to `nft reject`, and the answers field by field. What differs: the host
        numbers and labels its ICMP errors, and lets them be fragmented; it leaves sums to the card."""
        self.wire()
        frames = [self.frame(ip(f) / layer) for f in (0, 1) for layer in (
            TCP(sport=1, dport=80, seq=5), TCP(sport=1, dport=80, flags="A", seq=5, ack=6) / b"data",
            TCP(sport=1, dport=80, flags="FPU", seq=5), UDP(sport=1, dport=9) / bytes(700),
            UDP(sport=1, dport=9) / bytes(1300))]
        text = policy("nft", "[baseline]\ntcp-flags = accept\n[rules]\nall = reject in any\n")
        self.start(text)
        ours = self.answers(*frames)
        self.stop()
        rules = self.file("table inet t {\n chain c {\n  type filter hook input priority 0;\n"
                          f"  iifname {self.interface} meta l4proto tcp reject with tcp reset\n"
                          f"  iifname {self.interface} meta l4proto udp reject with icmpx type "
                          "admin-prohibited\n }\n}\n", "rules.nft")
        self.here.run("sysctl", "-qw", "net.ipv4.icmp_ratelimit=0")
        self.here.run("sysctl", "-qw", "net.ipv6.icmp.ratelimit=0")
        self.here.run("nft", "-f", rules)
        theirs = self.answers(*frames)
        self.assertEqual(len(ours), len(frames))
        self.assertEqual(len(theirs), len(frames))
        for one, other in zip(ours, theirs):
            self.assertEqual(self.fields(one), self.fields(other))

    @staticmethod
    def fields(frame):
        packet = frame[IP] if frame.haslayer(IP) else frame[IPv6]
        carries = packet[TCP].copy() if packet.haslayer(TCP) else None
        if carries:
            carries.remove_payload()
            carries.chksum = 0
        said = bytes(carries) if carries else carried(packet)
        if packet.haslayer(IP):
            return (packet.src, packet.dst, packet.proto, packet.ttl, packet.tos, packet.len, packet.frag,
                    said, frame.src, frame.dst)
        return (packet.src, packet.dst, packet.nh, packet.hlim, packet.tc, packet.plen, said,
                frame.src, frame.dst)


class Said(Rejecting):
    def test_counted_as_a_drop(self):
        self.start(REJECT)
        client = self.socket(self.there, socket.SOCK_STREAM)
        self.assertEqual(client.connect_ex((HERE[0], 80)), errno.ECONNREFUSED)
        shown = self.stats().rules["plain", "in"]
        self.assertEqual((shown["action"], shown["reject"], shown["packets"]), ("drop", "default", 1))
        self.assertRegex(self.succeeds("stats", self.interface), r"plain +in +reject +1 ")
        self.assertSays(self.succeeds("stats", "--prometheus", self.interface),
                        'rule="plain",direction="in",verdict="drop"} 1')
        packet = f"in tcp {THERE[0]}:1 > {HERE[0]}:80"
        said = json.loads(self.succeeds("explain", "--json", self.interface, packet))
        self.assertEqual((said["verdict"], said["reject"], said["rule"]), ("drop", "tcp-reset", "plain"))
        self.assertSays(self.succeeds("explain", self.interface, packet), "reject by rule plain",
                        "a TCP reset")


if __name__ == "__main__":
    main()
