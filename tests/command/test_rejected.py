#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whom a policy rejects, as they see it: people who type commands, a scanner of ports, and both ends of
what a router forwards."""

import shutil
import subprocess

from scapy.layers.inet import ICMP, TCP, UDP
from scapy.layers.inet6 import IPv6

from guarded import FAMILIES, HERE, THERE, main, policy
from rejecting import EVERYTHING, MODES, OUT, REJECT, Rejecting, carried, ip
from routed import Routed

# What people type, and what they read.
TYPED = ((("nc", "-nvz", "{4}", "80"), "Connection refused"),
         (("nc", "-nvz", "{6}", "80"), "Connection refused"),
         (("curl", "-v", "http://{4}/"), "Connection refused"),
         (("curl", "-v", "http://[{6}]/"), "Connection refused"),
         (("dig", "+tries=1", "@{4}", "example.org"), "connection refused"),
         (("dig", "+tries=1", "@{6}", "example.org"), "connection refused"),
         (("ping", "-n", "-c1", "-W9", "{4}"), "Packet filtered"),
         (("ping", "-n", "-c1", "-W9", "{6}"), "Administratively prohibited"))


class Typing(Rejecting):
    def assertTold(self, place, to):
        """Somebody at PLACE who types TYPED, with the addresses TO, is told at once what is wrong."""
        for words, expected in TYPED:
            command = [word.replace("{4}", to[0]).replace("{6}", to[1]) for word in words]
            with self.subTest(" ".join(command)):
                if not shutil.which(words[0]):
                    self.skipTest(f"{words[0]} is not installed")
                done = subprocess.run(place.command(*command), stdin=subprocess.DEVNULL, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
                self.assertSays(done.stdout, expected)


class Clients(Typing):
    def test_from_there(self):
        self.start(REJECT)
        self.assertTold(self.there, HERE)

    def test_from_here(self):
        self.start(OUT)
        self.assertTold(self.here, THERE)


class Scan(Rejecting):
    """What a scanner concludes from the answers to its packets, by the rules that nmap has."""

    POLICY = policy("scanned", """[baseline]
ping = accept
[rules]
service = accept in tcp, udp > :1000, 1001
resets = reject in tcp, udp > :1002, 1003
hides = reject with admin-prohibited in tcp, udp > :1004, 1005
closed = reject with port-unreachable in tcp, udp > :1006, 1007
silent = drop in tcp, udp > :1008, 1009
mark = reject in udp > :7
""")

    def concludes(self, answer):
        """About the port that ANSWER, a frame, came from or speaks of: (protocol, port), state."""
        packet = answer.payload
        if packet.haslayer(TCP) and not packet.haslayer(ICMP):
            return ("tcp", packet.sport), "open" if "S" in packet[TCP].flags else "closed"
        six = packet.haslayer(IPv6)
        error = carried(packet)
        quoted = error[8:]
        protocol, port = (quoted[6], quoted[42:44]) if six else (quoted[9], quoted[22:24])
        of_port = error[1] == (4 if six else 3)
        return (("tcp" if protocol == 6 else "udp", int.from_bytes(port, "big")),
                "closed" if protocol == 17 and of_port else "filtered")

    def scan(self, family):
        """The states of all ports, by protocol and port."""
        ports = range(1000, 1010)
        frames = [self.frame(ip(family) / layer) for port in ports for layer in (
            TCP(sport=4321, dport=port, seq=1), UDP(sport=4321, dport=port) / b"probe")]
        silent = {"tcp": "filtered", "udp": "open or filtered"}
        states = {(protocol, port): silent[protocol] for port in ports for protocol in silent}
        states.update(self.concludes(answer) for answer in self.answers(*frames))
        return states

    def test_like_nftables(self):
        """The same scan finds the same under the ruleset that `export` makes of the policy."""
        self.wire()
        for key in ("ipv4.icmp_ratelimit", "ipv6.icmp.ratelimit"):
            self.here.run("sysctl", "-qw", f"net.{key}=0")
        self.socket(self.here, 1, port=1000).listen()  # SOCK_STREAM
        self.start(self.POLICY)
        ours = [self.scan(family) for family, _ in FAMILIES]
        self.assertEqual([ours[0]["tcp", port] for port in range(1000, 1010)],
                         ["open", "closed", "closed", "closed", *["filtered"] * 6])
        self.assertEqual([ours[1]["udp", port] for port in range(1000, 1010)],
                         ["closed"] * 2 + ["filtered"] * 4 + ["closed"] * 2 + ["open or filtered"] * 2)
        ruleset = self.succeeds("export", "nftables", "--interface", self.interface, self.file(self.POLICY))
        self.stop()
        self.here.run("nft", "-f", self.file(ruleset, "scanned.nft"))
        theirs = [self.scan(family) for family, _ in FAMILIES]
        self.assertEqual(ours, theirs)


class Forwarded(Routed, Typing):
    """What passes a guarded interface of a router, in either direction: whoever sent it is told."""

    def guards(self, interface, text, mode):
        """Guards INTERFACE of the router; in native mode the other end of its cable needs a program."""
        ends = {"inner": (self.here, self.interface), "outer": (self.there, "peer")}
        if mode == "native":
            namespace, end = ends[interface]
            self.succeeds("attach", "--mode", "native", end, self.file(EVERYTHING), namespace=namespace)
        self.succeeds("attach", "--mode", mode, interface, self.file(text), namespace=self.router)

    def lifts(self, interface, mode):
        self.succeeds("detach", interface, namespace=self.router)
        if mode == "native":
            namespace, end = {"inner": (self.here, self.interface), "outer": (self.there, "peer")}[interface]
            self.succeeds("detach", end, namespace=namespace)

    def test_both_ways(self):
        here, there = (self.here, THERE), (self.there, HERE)  # who speaks, to whom
        for interface, text, (place, to) in (("outer", REJECT, there), ("outer", OUT, here),
                                             ("inner", REJECT, here), ("inner", OUT, there)):
            for mode in MODES:
                with self.subTest(f"{interface}, {'in' if text is REJECT else 'out'}, {mode}"):
                    self.guards(interface, text, mode)
                    self.sees_errors(place, to, mode)
                    self.lifts(interface, mode)

    def test_clients(self):
        self.guards("outer", REJECT, "generic")
        self.assertTold(self.there, HERE)
        self.lifts("outer", "generic")
        self.guards("outer", OUT, "generic")
        self.assertTold(self.here, THERE)


if __name__ == "__main__":
    main()
