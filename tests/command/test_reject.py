#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is rejected, in both directions: what clients see, what is on the wire, what nftables would
send, and what is never answered. Frames are made and read by scapy, which knows nothing of ours."""

import errno
import json
import os
import socket
import struct
import subprocess
import time

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (ICMPv6DestUnreach, ICMPv6EchoRequest, ICMPv6PacketTooBig, IPv6,
                                IPv6ExtHdrDestOpt, IPv6ExtHdrFragment)
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Raw

from guarded import FAMILIES, HERE, PATIENCE, THERE, Guarded, entered, main, policy
from sandbox import until
from tunnels import Bare

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

    def test_tools(self):
        """What people type, and what they read."""
        self.start(REJECT)
        for command in (("nc", "-nvz", HERE[0], "80"), ("nc", "-nvz", HERE[1], "80"),
                        ("curl", "-v", f"http://{HERE[0]}/")):
            done = subprocess.run(self.there.command(*command), stdin=subprocess.DEVNULL, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            self.assertSays(done.stdout, "Connection refused")

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

    def test_never(self):
        """RFC 1122, 3.2.2; RFC 4443, 2.4."""
        self.wire()
        udp, syn = UDP(sport=1, dport=2) / b"x", TCP(sport=1, dport=2)
        quoted = (IP(src=HERE[0], dst=THERE[0]) / UDP(), IPv6(src=HERE[1], dst=THERE[1]) / UDP())
        cases = {
            "reset": ip(0) / TCP(flags="R"), "reset6": ip(1) / TCP(flags="RA"),
            "first fragment": ip(0, flags="MF") / UDP(sport=1, dport=2, len=100) / bytes(24),
            "later fragment": ip(0, frag=8) / Raw(bytes(64)),
            "fragment6": ip(1) / IPv6ExtHdrFragment(m=1) / UDP(sport=1, dport=2, len=100) / bytes(24),
            "group": ip(0, destination="224.0.0.251") / udp, "group6": ip(1, destination="ff02::fb") / udp,
            "everybody": ip(0, destination="255.255.255.255") / udp,
            "class E": ip(0, source="240.0.0.1") / syn, "nobody": ip(0, destination="0.0.0.0") / udp,
            "from everybody": ip(0, source="255.255.255.255") / syn,
            "from nobody": ip(0, source="0.0.0.0") / syn, "from nobody6": ip(1, source="::") / syn,
            "from itself": ip(0, source="127.0.0.1") / syn, "from itself6": ip(1, source="::1") / syn,
            "from a group": ip(0, source="224.0.0.1") / syn, "from a group6": ip(1, source="ff02::1") / syn,
            "mapped": ip(1, source="::ffff:1.2.3.4") / syn,
            **{f"error {kind}": ip(0) / ICMP(type=kind) / quoted[0] for kind in (3, 4, 5, 11, 12, 19, 255)},
            "error6 1": ip(1) / ICMPv6DestUnreach(code=1) / quoted[1],
            "error6 2": ip(1) / ICMPv6PacketTooBig() / quoted[1],
            "error6 100": ip(1, nh=58) / Raw(b"\x64\0\0\0" + bytes(60)),
            "redirect6": ip(1, nh=58, hlim=64) / Raw(b"\x89\0\0\0" + bytes(60)),
        }
        text = policy("never", "[baseline]\nmartians = accept\nicmp-errors = drop\n"
                      "[rules]\nall = reject in any\n")
        for mode in MODES:
            self.start(text, mode)
            for what, packet in cases.items():
                with self.subTest(f"{what}, {mode}"):
                    self.assertEqual(self.answers(self.frame(packet)), [])
            for what, link in (("link's group", {"to": "ff:ff:ff:ff:ff:ff"}),
                               ("another group", {"to": "01:00:5e:00:00:01"})):
                with self.subTest(f"{what}, {mode}"):
                    self.assertEqual(self.answers(self.frame(ip(0) / syn, **link)), [])
            self.assertConserved()
            self.stop()

    def test_limit(self):
        """At most a hundred in any second on each CPU, whatever comes; all are counted."""
        self.wire()
        for mode in MODES:
            self.start(REJECT, mode)
            frame = self.frame(ip(0) / TCP(sport=1, dport=2))
            cpus = len(self.dump("refusals")[0]["values"])
            begin = time.monotonic()
            for _ in range(1000 * cpus):
                self.raw.send(frame)
            until(lambda: self.stats().packets("plain", "in") == 1000 * cpus, "all are counted")
            seconds = time.monotonic() - begin
            sums = [v["value"] for v in self.dump("refusals")[0]["values"]]
            with self.subTest(mode):
                for one in sums:
                    self.assertLessEqual(one["sent"], 100 * (int(seconds) + 1))
                self.assertGreaterEqual(max(one["sent"] for one in sums), 100)
                self.assertEqual(sum(one["sent"] + one["withheld"] for one in sums), 1000 * cpus)
            self.assertConserved()
            self.stop()

    def test_audit_tells_nobody(self):
        self.wire()
        self.start(REJECT, "generic", "--audit")
        self.raw.send(self.frame(ip(0) / TCP(sport=1, dport=2)))
        until(lambda: self.stats().packets("plain", "in"), "it is counted")
        self.assertEqual(sum(v["value"]["sent"] for v in self.dump("refusals")[0]["values"]), 0)

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


class Outbound(Rejecting):
    def test_programs(self):
        """The error comes at once."""
        for mode in MODES:
            self.start(OUT, mode)
            self.sees_errors(self.here, THERE, mode)
            stats = self.at_rest(self.stats)
            self.assertEqual(stats.packets("unreach", "out"), 2)
            self.assertEqual(stats.packets("plain", "out"), 4)
            # Generic XDP sees the answers that come in, native XDP does not.
            self.assertEqual(stats.reason("reply", "in", "accept"), 6 if mode == "generic" else 0)
            self.assertConserved()
            self.stop()

    def test_segments(self):
        """Datagrams that the kernel was to cut are answered as one."""
        for mode in MODES:
            self.start(OUT, mode)
            for family, name in FAMILIES:
                with self.subTest(f"{name}, {mode}"):
                    client = self.socket(self.here, family=family)
                    client.setsockopt(17, 103, 100)  # SOL_UDP, UDP_SEGMENT
                    self.assertEqual(self.fails_with(client, (THERE[family], 54), b"x" * 250),
                                     (errno.EHOSTUNREACH, errno.EACCES)[family])
            self.stop()

    def test_connection_that_is_cut(self):
        """A reload that rejects an open connection ends it for the program here."""
        for mode in MODES:
            with self.subTest(mode):
                self.start(policy("open", "[rules]\nall = accept out tcp > 203.0.113.7\n"), mode)
                one, _ = self.connect(self.here, self.there, 4000)
                self.reload(OUT)
                with self.assertRaises(ConnectionResetError):
                    one.sendall(b"x" * (1 << 20))
                    one.recv(1)
                self.stop()

    def test_only_our_own_answers_pass(self):
        """What looks like an answer, but came from outside, is judged as ever."""
        self.wire()
        self.start(OUT)
        self.raw.send(self.frame(ip(0) / TCP(sport=80, dport=1, flags="RA", ack=1) / bytes(16)))
        self.raw.send(self.frame(ip(0) / TCP(sport=80, dport=1, flags="RA", ack=1)) + bytes(16))
        self.raw.send(self.frame(ip(0) / ICMP(type=3, code=13) / ip(0, HERE[0], THERE[0]) / UDP()))
        until(lambda: self.stats().reason("default", "in") >= 3, "they are dropped")
        self.assertEqual(self.stats().reason("reply", "in", "accept"), 0)


class WithoutEthernet(Bare):
    """Judged and answered by tc."""

    def assertRefused(self, client, server, addresses):
        for family, name in FAMILIES:
            with self.subTest(name):
                opened = self.socket(client, socket.SOCK_STREAM, family)
                self.assertEqual(opened.connect_ex((addresses[family], 80)), errno.ECONNREFUSED)
                for port, numbers in ((53, (errno.ECONNREFUSED,) * 2),
                                      (54, (errno.EHOSTUNREACH, errno.EACCES))):
                    sender = self.socket(client, family=family)
                    sender.connect((addresses[family], port))
                    sender.send(b"x" * 1000)
                    with self.assertRaises(OSError) as seen:
                        sender.recv(100)
                    self.assertEqual(seen.exception.errno, numbers[family])

    def test_inbound(self):
        """Whatever `outbound` says: the answers neither need a rule nor make flows."""
        for outbound in ("drop", "accept"):
            with self.subTest(outbound):
                self.attach(policy("bare", REJECT.partition("\n\n")[2], outbound=outbound))
                self.assertRefused(self.there, self.here, HERE)
                stats = self.at_rest(self.stats)
                self.assertEqual(stats.packets("unreach", "in"), 2)
                self.assertEqual(stats.packets("plain", "in"), 4)
                self.assertEqual(stats.reason("reply", "out", "accept"), 6)
                self.assertEqual(self.status()["flows"], 0)
                self.assertConserved()
                self.succeeds("detach", self.interface)

    def test_outbound(self):
        self.attach(OUT)
        self.assertRefused(self.here, self.there, THERE)
        stats = self.at_rest(self.stats)
        self.assertEqual(stats.packets("unreach", "out"), 2)
        self.assertEqual(stats.packets("plain", "out"), 4)
        self.assertEqual(stats.reason("reply", "in", "accept"), 6)
        self.assertConserved()


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
