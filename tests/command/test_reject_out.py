#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is rejected on its way out, and in both directions where packets have no Ethernet header."""

import errno
import socket

from scapy.layers.inet import ICMP, TCP, UDP

from guarded import FAMILIES, HERE, THERE, main, policy
from rejecting import MODES, OUT, REJECT, Rejecting, ip
from sandbox import until
from tunnels import Bare


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


if __name__ == "__main__":
    main()
