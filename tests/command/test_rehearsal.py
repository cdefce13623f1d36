#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A million packets through a guarded interface, and the same ones in a capture: `replay` must
count, rule by rule and reason by reason, what the kernel has counted."""

import errno
import json
import os
import random
import resource
import socket

from capture import (ACK, ARP, FIN, ICMP, ICMPV6, IPV4, IPV6, RST, SCTP, SYN, TCP, UDP, ethernet, icmp, ip, pcap,
                     tcp, udp)
from guarded import HERE, THERE, Guarded, entered, main, policy, rule, until

PACKETS = int(os.environ.get("EDGEXDP_PACKETS", "1000000"))
RUN = 10000  # packets of one direction before those of the other
POOL = 6000  # different packets of each direction
GRE = 47
LOCAL = "02:00:00:00:00:02"  # the inside, for capture.ethernet()

POLICY = policy(
    "rehearsal",
    "[baseline]\nping = accept\nigmp = accept\ndhcp-client = accept\n"
    "[sets]\nserver = " + ", ".join(HERE) + "\nworld = 203.0.113.0/24, 2001:db8:9::/64\n"
    "enemies = 203.0.113.66, 2001:db8:9::66, 203.0.113.128/27\n",
    rule("enemies", "in", action="drop", **{"from": "enemies"}),
    rule("web", "in", "tcp", "443", to="server", log="yes"),
    rule("sip", "both", "tcp", "5060-5062", to="any"),
    rule("media", "in", "udp", "50000-59999", to="server", **{"from": "world"}),
    rule("stun", "both", "udp, tcp", "3478", to="any"),
    rule("dns", "out", "udp", "53", to="world"),
    rule("association", "out", "sctp", "2905", to="world"),
    rule("probe", "out", "icmp, icmpv6", to="world", icmp_type="echo-request"),
    rule("tunnel", "out", "gre", to="world"),
    rule("telnet", "in", "tcp", "23", action="drop"))

PORTS = (22, 23, 53, 443, 2905, 3478, 5061, 40000, 40001, 50010)
OUTWARD = (3478, 5061)  # TCP ports that the policy lets out
FLAGS = (SYN, SYN | ACK, ACK, ACK, ACK, FIN | ACK, RST, 0)


class Maker:
    """Packets of all kinds that a policy can tell apart, and some that should never be seen."""

    def __init__(self, seed):
        self.dice = random.Random(seed)

    def ends(self, out):
        """Source and destination."""
        i = self.dice.randrange(2)
        far = (f"203.0.113.{self.dice.choice((7, 8, 66, 130))}",
               f"2001:db8:9::{self.dice.choice(('7', '8', '66'))}")[i]
        if self.dice.random() < 0.05:
            far = ("192.0.2.99", "2001:db8:77::1")[i]
        return (HERE[i], far) if out else (far, HERE[i])

    def transport(self, six, out=False):
        dice, one, other = self.dice, self.dice.choice(PORTS), self.dice.choice(PORTS)
        data = bytes(dice.choice((0, 12, 100, 900)))
        kind = dice.random()
        if kind < 0.5:
            # Unlike in a capture, it matters here who opened a connection, and what raw sockets send
            # belongs to no connection; so packets that a rule lets out begin one.
            opens = out and other in OUTWARD
            return TCP, tcp(one, other, SYN if opens else dice.choice(FLAGS), data)
        if kind < 0.8:
            return UDP, udp(one, other, data)
        if kind < 0.87:
            return SCTP, udp(one, other, data)[:4] + bytes(8) + data
        if kind < 0.9:
            return GRE, bytes(8)
        types = (128, 129, 128, 129, 1, 135, 130) if six else (8, 0, 8, 0, 13, 14, 3)
        return (ICMPV6 if six else ICMP), icmp(dice.choice(types), identifier=dice.randrange(4), data=data)

    def packet(self, out):
        source, destination = self.ends(out)
        return ip(source, destination, *self.transport(":" in source, out))

    def error(self, out):
        """An ICMP error that quotes a packet of the other direction."""
        source, destination = self.ends(out)
        six = ":" in source
        quoted = ip(destination, source, *self.transport(six))[:self.dice.choice((24, 48, 200))]
        kind = icmp(1 if six else 3, identifier=0, data=quoted)
        return ip(source, destination, ICMPV6 if six else ICMP, kind)

    def fragment(self, out):
        source, destination = self.ends(out)
        identifier, at = self.dice.randrange(40), self.dice.choice((0, 0, 16, 64, 512))
        whole = udp(self.dice.choice((53, 3478)), self.dice.choice((53, 3478, 50010)), bytes(56))
        payload = whole if not at else bytes(64)
        return ip(source, destination, UDP, payload, identifier, at, self.dice.random() < 0.8 or not at)

    def spoilt(self, out):
        """A packet with a few bytes overwritten, or cut short: possibly malformed."""
        packet = bytearray(self.packet(out))
        for _ in range(self.dice.randrange(1, 3)):
            packet[self.dice.randrange(min(len(packet), 44))] = self.dice.choice((0, 1, 4, 0x46, 127, 224, 255))
        return bytes(packet[:self.dice.choice((len(packet), len(packet) - 1, 30, 12))])

    def odd(self, out):
        """A frame that well-behaved hosts of this network would not send."""
        source, destination = self.ends(out)
        segment = tcp(40000, 443)
        four, six = (HERE[0], THERE[0]), (HERE[1], THERE[1])
        if not out:
            four, six = four[::-1], six[::-1]
        option = ip(*four, TCP, segment)
        routed = bytes([6, 0, 0, 1]) + bytes(4) + segment  # a routing header of type 0, one segment left
        return self.dice.choice((
            lambda: ethernet(bytes([0, 1, 8, 0, 6, 4, 0, 1]) + bytes(20), out, ARP),
            lambda: ethernet(bytes(46), out, 0x88cc, to=bytes.fromhex("0180c200000e")),
            lambda: ethernet(bytes(46), out, 0x88cc),
            lambda: ethernet(bytes(46), out, 0x0026),
            lambda: ethernet(self.packet(out), out, vlans=(5,)),
            lambda: ethernet(self.packet(out), out, vlans=(5, 6)),
            lambda: ethernet(self.packet(out), out, vlans=(5, 6, 7)),
            lambda: ethernet(self.packet(out), out, IPV6 if ":" not in source else IPV4),
            lambda: ethernet(ip("127.0.0.1", "198.51.100.10", TCP, segment), out),
            lambda: ethernet(ip(source, source, TCP, segment), out),
            lambda: ethernet(ip("0.0.0.0", "255.255.255.255", UDP, udp(68, 67)), out),
            lambda: ethernet(ip("203.0.113.7", "224.0.0.22", 2, bytes(8)), out),
            lambda: ethernet(b"\x46" + option[1:3] + bytes([len(option) + 4]) + option[4:20]
                             + bytes([131, 4, 4, 0]) + segment, out),
            lambda: ethernet(ip(*six, 43, routed), out),
            lambda: ethernet(ip(*six, 60, bytes([TCP, 0, 1, 4, 0, 0, 0, 0]) + segment), out),
            lambda: ethernet(ip(*six, 60, bytes([60, 0, 1, 4, 0, 0, 0, 0]) * 9 + segment), out),
        ))()

    def frame(self, out):
        kind = self.dice.random()
        if kind < 0.8:
            return ethernet(self.packet(out), out)
        if kind < 0.84:
            return ethernet(self.error(out), out)
        if kind < 0.93:
            return ethernet(self.fragment(out), out)
        if kind < 0.96:
            return ethernet(self.spoilt(out) + bytes(8), out, self.dice.choice((IPV4, IPV6)))
        return self.odd(out)


class Rehearsal(Guarded):
    """On a cable whose ends have no addresses, so that nobody answers or sends anything by itself."""

    def cable(self, interface):
        for namespace in (self.here, self.there):
            namespace.run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")
        self.sandbox.cable(self.here, interface, self.there, "peer")
        self.here.address(interface)
        self.there.address("peer")

    def raw(self, namespace, interface):
        with entered(namespace):
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.addCleanup(made.close)
        made.bind((interface, 0))
        return made

    @staticmethod
    def send_in(sender, frames):
        """Repeats each until there is room for it: a frame that fails has not been seen by anybody."""
        for frame in frames:
            while True:
                try:
                    sender.send(frame)
                    break
                except OSError as error:
                    if error.errno != errno.ENOBUFS:
                        raise

    @staticmethod
    def send_out(sender, frames):
        """Sends each once: an error means that it was dropped on the way out, so it has been
        judged."""
        for frame in frames:
            try:
                sender.send(frame)
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise

    def offer(self, runs):
        """Sends the RUNS, alternately in and out; each run is judged before the next one begins."""
        inward, outward = self.raw(self.there, "peer"), self.raw(self.here, self.interface)
        sent = {"in": 0, "out": 0}
        for direction, frames in runs:
            if direction == "in":
                self.send_in(inward, frames)
            else:
                self.send_out(outward, frames)
            sent[direction] += len(frames)
            until(lambda: self.stats().seen[direction] >= sent[direction], f"{sent} are seen")
        self.assertEqual(self.stats().seen, sent, "each was seen once, and nothing else")

    def runs(self, seed):
        maker = Maker(seed)
        pools = {d: [maker.frame(d == "out") for _ in range(POOL)] for d in ("in", "out")}
        for i in range(PACKETS // RUN):
            direction = ("out", "in")[i % 2]
            yield direction, maker.dice.choices(pools[direction], k=RUN)

    def replay(self, path, capture):
        """Returns its output, and prints how fast it was."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        shown = json.loads(self.succeeds("replay", "--json", "--local", LOCAL, path, capture))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"# replay: {shown['packets'] / spent:,.0f} packets a second of CPU time")
        return shown

    def counted(self, shown):
        """The rules and reasons that SHOWN, from `stats` or `replay`, has counted."""
        rules = [{**rule, "last_seen": bool(rule["last_seen"])} for rule in shown["rules"]]
        return rules, shown["reasons"]

    def assertMixed(self, stats):
        """There is enough of everything; otherwise the comparison would prove little."""
        for name, direction, verdict in (
                *[(name, d, "drop") for d in ("in", "out") for name in (
                    "malformed", "extension-headers", "source-route", "vlan-depth", "other-ethertype",
                    "martian", "fragment", "default")],
                *[(name, d, "accept") for d in ("in", "out") for name in (
                    "arp", "link-control", "fragment", "neighbour-discovery", "igmp", "ping")],
                ("reply", "in", "accept"), ("dhcp-client", "out", "accept")):
            self.assertGreater(stats.reason(name, direction, verdict), PACKETS // 20000, name)
        for key, counted in stats.rules.items():
            self.assertGreater(counted["packets"], PACKETS // 2000, key)
            if counted["action"] == "accept":
                self.assertGreater(counted["reply_packets"], PACKETS // 20000, key)

    def test_counts_what_the_kernel_counts(self):
        path, runs = self.attach(POLICY), list(self.runs(seed=6))
        self.offer(runs)
        stats = self.stats()
        capture = self.sandbox.directory / "offered.pcap"
        capture.write_bytes(pcap([frame for _, frames in runs for frame in frames], step_ns=10000))
        replayed = self.replay(path, capture)
        for one, other in zip(self.counted(replayed), self.counted(stats.interface)):
            self.assertEqual(len(one), len(other))
            for mine, kernels in zip(one, other):
                self.assertEqual(mine, kernels)
        self.assertEqual(replayed["seen"], stats.seen)
        self.assertEqual(replayed["packets"], replayed["accept"] + replayed["drop"])
        self.assertEqual((replayed["packets"], replayed["cut"]), (len(runs) * RUN, 0))
        self.assertMixed(stats)


main()
