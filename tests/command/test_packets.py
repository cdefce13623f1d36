#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Real packets of every kind through a guarded interface, both ways, in both families."""

import errno
import hashlib
import json
import os
import socket
import threading

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrSegmentRouting, in6_chksum
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Raw

from guarded import FAMILIES, HERE, PATIENCE, THERE, Guarded, entered, main, policy, rule
from sandbox import run, until

PORT, ASK, TAGGED = 4000, 4002, 4004
BULK = 24 << 20
LLDP, LOCAL_EXPERIMENT = "01:80:c2:00:00:0e", 0x88B5
RULES = (rule("serve-in", "in", "tcp, udp", PORT), rule("ask-out", "out", "tcp, udp", ASK),
         rule("tagged", "both", "udp", TAGGED, to=", ".join(HERE + THERE)))
ECHOES = (rule("echo4-out", "out", "icmp", icmp_type="echo-request"),
          rule("echo6-out", "out", "icmpv6", icmp_type="echo-request"))


class Conversations(Guarded):
    def echo(self, namespace, family, seconds=PATIENCE):
        """Pings the other end from NAMESPACE; True if it answers."""
        with entered(namespace), open("/proc/sys/net/ipv4/ping_group_range", "w") as groups:
            groups.write("0 0")
        protocol = (socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6)[family]
        opened = self.socket(namespace, family=family, protocol=protocol)
        opened.settimeout(seconds)
        to = (THERE if namespace is self.here else HERE)[family]
        opened.sendto(bytes([(8, 128)[family], 0, 0, 0, 0, 0, 0, 1]) + b"anybody?", (to, 0))
        try:
            return opened.recv(100)[8:] == b"anybody?"
        except TimeoutError:
            return False
        finally:
            opened.close()

    def moved(self, work):
        """What WORK adds to each rule: packets and replies by name."""
        before = self.stats()
        work()
        after = self.stats()
        self.assertConserved()
        self.assertEqual(after.reason("default", "in"), before.reason("default", "in"))
        self.assertEqual(after.reason("default", "out"), before.reason("default", "out"))
        return {name: (entry["packets"] - before.packets(name, way),
                       entry["reply_packets"] - before.replies(name, way))
                for (name, way), entry in after.rules.items()
                if entry["packets"] - before.packets(name, way)}

    def test_tcp(self):
        self.attach(policy("good", *RULES))
        for family, name in FAMILIES:
            for client, server, port, rule_name in ((self.here, self.there, ASK, "ask-out"),
                                                    (self.there, self.here, PORT, "serve-in")):
                with self.subTest(f"{rule_name} over {name}"):
                    moved = self.moved(lambda c=client, s=server, p=port, f=family:
                                       self.exchange(*self.connect(c, s, p, f)))
                    self.assertEqual(list(moved), [rule_name])
                    packets, replies = moved[rule_name]
                    self.assertGreaterEqual(packets, 4)
                    self.assertGreaterEqual(replies, 3)

    def exchange(self, one, other):
        one.sendall(b"question")
        self.assertEqual(other.recv(100), b"question")
        other.sendall(b"answer")
        self.assertEqual(one.recv(100), b"answer")

    def test_udp(self):
        self.attach(policy("good", *RULES))
        for family, _ in FAMILIES:
            inside, outside = (self.socket(n, family=family) for n in (self.here, self.there))
            server = self.socket(self.there, family=family, port=ASK)
            service = self.socket(self.here, family=family, port=PORT)
            for client, end, rule_name in ((inside, server, "ask-out"),
                                           (outside, service, "serve-in")):
                moved = self.moved(lambda c=client, e=end: (self.reaches(c, e),
                                                            self.reaches(e, c)))
                self.assertEqual(moved, {rule_name: (1, 1)})

    def test_echo(self):
        self.attach(policy("good", *ECHOES))
        for family, rule_name in ((0, "echo4-out"), (1, "echo6-out")):
            moved = self.moved(lambda f=family: self.assertTrue(self.echo(self.here, f)))
            self.assertEqual(moved, {rule_name: (1, 1)})
        self.assertEqual(self.status()["flows"], 2)

    def test_who_is_there(self):
        """ARP and neighbour discovery work by default."""
        self.attach(policy("good", *ECHOES))
        for namespace in (self.here, self.there):
            run("ip", "-n", namespace.name, "neigh", "flush", "all")
        for family, reason in ((0, "arp"), (1, "neighbour-discovery")):
            before = self.stats()
            self.assertTrue(self.echo(self.here, family))
            for direction in ("in", "out"):
                self.assertGreater(self.stats().reason(reason, direction, "accept"),
                                   before.reason(reason, direction, "accept"), reason)

    def test_who_is_there_not_answered(self):
        self.attach(policy("good", "[baseline]\narp = drop\nneighbour-discovery = drop\n", *ECHOES))
        for namespace in (self.here, self.there):
            run("ip", "-n", namespace.name, "neigh", "flush", "all")
        for family, reason in ((0, "arp"), (1, "default")):
            before = self.stats().reason(reason, "out")
            self.assertFalse(self.echo(self.here, family, 0.1))
            until(lambda r=reason, b=before: self.stats().reason(r, "out") > b, f"{reason} drops")
        self.assertEqual(self.stats().packets("echo4-out", "out"), 0)

    def test_ping(self):
        self.attach(policy("good", "[baseline]\nping = accept\n"))
        for family, name in FAMILIES:
            self.assertTrue(self.echo(self.there, family), name)
        stats = self.stats()
        self.assertEqual([stats.reason("ping", d, "accept") for d in ("in", "out")], [2, 2])
        self.assertConserved()

    def test_no_ping(self):
        self.attach(policy("good", *ECHOES))
        self.assertTrue(self.echo(self.here, 1))
        for family, name in FAMILIES:
            before = self.stats().reason("default", "in")
            self.assertFalse(self.echo(self.there, family, 0.1), name)
            until(lambda b=before: self.stats().reason("default", "in") == b + 1, "a drop")


class Frames(Guarded):
    """Frames made by hand, sent and received below IP."""

    def setUp(self):
        super().setUp()
        for namespace in (self.here, self.there):
            run("ip", "-n", namespace.name, "addr", "flush", "dev",
                self.interface if namespace is self.here else "peer")
        self.attach(policy("good", *RULES))
        self.ends = {"in": (self.packets(self.there, "peer"),
                            self.packets(self.here, self.interface)),
                     "out": (self.packets(self.here, self.interface),
                             self.packets(self.there, "peer"))}

    def packets(self, namespace, interface):
        with entered(namespace):
            opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
            opened.bind((interface, 3))
        self.addCleanup(opened.close)
        opened.settimeout(PATIENCE)
        return opened

    def arrives(self, direction, frame):
        """Sends FRAME and then a marker that is accepted; True if FRAME arrived too."""
        sender, receiver = self.ends[direction]
        mark = bytes(self.ether() / self.ip(direction) / UDP(sport=1, dport=TAGGED)
                     / Raw(b"mark" + os.urandom(8)))
        wanted = bytes(frame)
        # The kernel removes the outer VLAN tag before it shows a frame.
        shown = wanted[:12] + wanted[16:] if wanted[12:14] == b"\x81\0" else wanted
        self.push(sender, wanted)
        sender.send(mark)
        arrived = False
        while True:
            data, address = receiver.recvfrom(2048)
            if address[2] != socket.PACKET_OUTGOING:
                if data.startswith(mark):
                    return arrived
                arrived = arrived or data.startswith(shown)

    @staticmethod
    def push(sender, frame):
        """Sends FRAME. If it is dropped on the way out, its sender gets ENOBUFS."""
        try:
            sender.send(frame)
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise

    @staticmethod
    def ip(direction, family=0):
        source, destination = (THERE, HERE) if direction == "in" else (HERE, THERE)
        if family:
            return IPv6(src=source[1], dst=destination[1])
        return IP(src=source[0], dst=destination[0])

    def ether(self, tags=0, **fields):
        ether = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02", **fields)
        for number in range(tags):
            ether = ether / Dot1Q(vlan=10 + number)
        return ether

    def change(self, direction, frame):
        """Whether it arrived, and the one outcome that counted it."""
        before = self.stats()
        arrived = self.arrives(direction, frame)
        after = self.stats()
        self.assertConserved()
        counted = [key[0] for key, entry in after.rules.items() if key[1] == direction
                   for _ in range(entry["packets"] - before.packets(*key))]
        counted += [f"{key[2]} {key[0]}" for key, entry in after.reasons.items()
                    if key[1] == direction
                    for _ in range(entry["packets"] - before.reason(*key))]
        counted.remove("tagged")  # the marker
        counted = [name for name in counted if name != "accept neighbour-discovery"]
        self.assertEqual(len(counted), 1, counted)
        return arrived, counted[0]

    def judged(self, frame, arrives, outcome, directions=("in", "out")):
        for direction in directions:
            made = frame(direction)
            with self.subTest(f"{direction}: {made.summary()}"):
                self.assertEqual(self.change(direction, made), (arrives, outcome))

    def test_vlan(self):
        for family, _ in FAMILIES:
            for tags in (0, 1, 2):
                for port, expected in ((TAGGED, (True, "tagged")),
                                       (6000, (False, "drop default"))):
                    self.judged(lambda d, f=family, t=tags, p=port: self.ether(t) / self.ip(d, f)
                                / UDP(sport=1, dport=p) / Raw(b"data"), *expected)

    def test_blocked_in_a_vlan(self):
        """What is below the tags is what a block is about, in both directions."""
        self.succeeds("block", self.interface, f"both udp :7 > :{TAGGED}", "--name", "seven")
        for family, _ in FAMILIES:
            for tags in (1, 2):
                self.judged(lambda d, f=family, t=tags: self.ether(t) / self.ip(d, f)
                            / UDP(sport=7, dport=TAGGED) / Raw(b"data"), False, "drop blocked")

    def test_too_many_vlan_tags(self):
        self.judged(lambda d: self.ether(3) / self.ip(d) / UDP(sport=1, dport=TAGGED),
                    False, "drop vlan-depth")

    def test_not_ip(self):
        lldp = Ether(src="02:00:00:00:00:01", dst=LLDP, type=0x88CC) / Raw(bytes(46))
        self.judged(lambda d: lldp, True, "accept link-control")
        self.judged(lambda d: self.ether(type=LOCAL_EXPERIMENT) / Raw(bytes(46)),
                    False, "drop other-ethertype")
        self.judged(lambda d: self.ether() / ARP(op=2, psrc="192.0.2.1", pdst="192.0.2.2"),
                    True, "accept arp")

    def test_malformed(self):
        self.judged(lambda d: self.ether() / IP(src=THERE[0], dst=HERE[0], proto=17, len=60)
                    / Raw(bytes(10)), False, "drop malformed", ["in"])
        self.judged(lambda d: self.ether() / self.ip(d) / TCP(dport=PORT, dataofs=3),
                    False, "drop malformed")

    def test_martian(self):
        for source in ("127.0.0.1", "224.0.0.1", "255.255.255.255", "0.0.0.1", HERE[0]):
            self.judged(lambda d, s=source: self.ether() / IP(src=s, dst=HERE[0])
                        / UDP(sport=1, dport=TAGGED), False, "drop martian")


class Extensions(Guarded):
    """IPv6 extension headers, as the kernel behind the filter reads them."""

    def setUp(self):
        super().setUp()
        self.ether = Ether(src=self.address(self.there, "peer"),
                           dst=self.address(self.here, self.interface))
        with entered(self.there):
            self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.wire.bind(("peer", 0))
        self.addCleanup(self.wire.close)

    @staticmethod
    def address(namespace, interface):
        return json.loads(run("ip", "-n", namespace.name, "-j", "link", "show", interface))[0]["address"]

    def send_behind(self, header, payload):
        self.wire.send(bytes(self.ether / IPv6(src=THERE[1], dst=HERE[1]) / header / payload))

    def assertDropped(self, reason, receiver):
        """The packet sent before this accepted datagram was dropped for REASON, and RECEIVER has
        got nothing."""
        mark = self.socket(self.here, family=1, port=PORT)
        self.reaches(self.socket(self.there, family=1), mark)
        self.assertEqual(self.stats().reason(reason, "in"), 1)
        self.assertSilent(receiver)

    def test_segments_that_are_left(self):
        """Segment routing does not lead to an address that no rule names."""
        other = "2001:db8::11"
        self.here.address(self.interface, other)
        for name in ("all", self.interface):
            self.here.run("sh", "-c", f"echo 1 >/proc/sys/net/ipv6/conf/{name}/seg6_enabled")
        with entered(self.here):
            hidden = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.addCleanup(hidden.close)
        hidden.settimeout(PATIENCE)
        hidden.bind((other, TAGGED))
        udp = UDP(sport=1, dport=TAGGED) / Raw(b"hidden")
        udp = UDP(bytes(IPv6(src=THERE[1], dst=other) / udp)[40:])  # the checksum for the last address
        segments = IPv6ExtHdrSegmentRouting(addresses=[other, HERE[1]], segleft=1)

        self.send_behind(segments, udp)
        self.assertEqual(hidden.recv(100), b"hidden", "the kernel does not follow it: no test")
        self.attach(policy("good", *RULES))
        self.send_behind(segments, udp)
        self.assertDropped("extension-headers", hidden)

    def test_mobility(self):
        """The bytes after a mobility header are not TCP: otherwise a listener on port 135 would get
        them."""
        with entered(self.here):
            mobile = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 135)
        self.addCleanup(mobile.close)
        mobile.settimeout(PATIENCE)
        inside = bytes([6, 0, 0, 0, 0, 0, 0, 0]) + bytes(TCP(sport=1, dport=PORT, flags="S"))
        summed = in6_chksum(135, IPv6(src=THERE[1], dst=HERE[1]), inside)
        header = Raw(inside[:4] + summed.to_bytes(2, "big") + inside[6:])

        def send():
            self.wire.send(bytes(self.ether / IPv6(src=THERE[1], dst=HERE[1], nh=135) / header))

        send()
        self.assertEqual(mobile.recv(100)[:1], b"\x06", "nobody gets it: no test")
        self.attach(policy("good", *RULES))
        send()
        self.assertDropped("default", mobile)


class Bulk(Guarded):
    """Large transfers arrive intact, and are counted with their length on the wire."""

    def transfer(self, sender, receiver):
        """Sends BULK random bytes; returns both digests."""
        data = os.urandom(1 << 20)
        sent, received, left = hashlib.sha256(), hashlib.sha256(), BULK

        def send():
            for _ in range(BULK >> 20):
                sender.sendall(data)
                sent.update(data)
        thread = threading.Thread(target=send)
        thread.start()
        while left:
            chunk = receiver.recv(min(left, 1 << 18))
            self.assertTrue(chunk)
            received.update(chunk)
            left -= len(chunk)
        thread.join()
        self.assertEqual(sent.hexdigest(), received.hexdigest())

    def sent_by_the_kernel(self):
        shown = json.loads(run("ip", "-n", self.here.name, "-s", "-j", "link", "show",
                               self.interface))[0]
        return shown["stats64"]["tx"]["packets"]

    def frames(self, packets, size, header):
        """BULK bytes took PACKETS with SIZE bytes in all, which is right for this HEADER and MTU
        1500."""
        self.assertGreaterEqual(packets, BULK // (1514 - header))
        self.assertLessEqual(size, 1514 * packets)
        self.assertGreaterEqual(size, BULK + packets * (header - 12))

    def both_ways(self, mode, family):
        self.attach(policy("good", *RULES), "--mode", mode)
        inside, outside = self.connect(self.here, self.there, ASK, family)
        kernel, before = self.sent_by_the_kernel(), self.stats().seen["out"]
        self.transfer(inside, outside)
        stats = self.stats()
        self.assertLess(self.sent_by_the_kernel() - kernel, (stats.seen["out"] - before) / 2,
                        "nothing of it was GSO: this tests nothing")
        asked = stats.rules["ask-out", "out"]
        self.frames(asked["packets"], asked["bytes"], (66, 86)[family])
        self.transfer(outside, inside)
        answered = self.stats().rules["ask-out", "out"]
        if mode == "native":
            self.frames(answered["reply_packets"], answered["reply_bytes"], (66, 86)[family])
        self.assertConserved()
        self.assertEqual(self.stats().reason("default", "in"), 0)
        self.assertEqual(self.stats().reason("default", "out"), 0)

    def test_native_ipv4(self):
        self.both_ways("native", 0)

    def test_native_ipv6(self):
        self.both_ways("native", 1)

    def test_generic_ipv4(self):
        self.both_ways("generic", 0)

    def test_generic_ipv6(self):
        self.both_ways("generic", 1)


main()
