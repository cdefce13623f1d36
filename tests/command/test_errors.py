#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""ICMP errors through the filter: path MTU discovery, refusals and traceroute, behind a router
whose ways are narrower than either end knows."""

import errno
import pathlib
import socket

from guarded import FAMILIES, HERE, THERE, Guarded, main, policy, rule
from sandbox import until
from tls import certificate, transfer

SERVE, FETCH, TALK, CLOSED, PROBE = 4433, 4434, 4000, 4001, 33434
NARROW = 1300  # bytes; both ends believe in 1500
SIZE = 2 << 20
ROUTER = (("198.51.100.1", "203.0.113.1"), ("2001:db8::1", "2001:db8:9::1"))  # inner, outer
RULES = (rule("serve-in", "in", "tcp", SERVE), rule("fetch-out", "out", "tcp", FETCH),
         rule("talk-in", "in", "udp", f"{TALK}, {CLOSED}"), rule("probe-out", "out", "udp", PROBE))
OPEN = policy("open", *RULES)
CLOSE = policy("close", "[baseline]\nicmp-errors = drop\n", *RULES)


class Behind(Guarded):
    """Here, a router, and there."""

    def cable(self, interface):
        self.router = self.sandbox.namespace("router")
        self.sandbox.cable(self.here, interface, self.router, "inner")
        self.sandbox.cable(self.there, "peer", self.router, "outer")
        self.here.address(interface, *HERE)
        self.there.address("peer", *THERE)
        for path in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            self.router.run("sh", "-c", f"echo 1 >/proc/sys/net/{path}")
        self.router.address("inner", *(pair[0] for pair in ROUTER))
        self.router.address("outer", *(pair[1] for pair in ROUTER))
        for family, _ in FAMILIES:
            option = ("-4", "-6")[family]
            inner, outer = ROUTER[family]
            self.route(self.router, option, HERE[family], "dev", "inner", "mtu", "lock", NARROW)
            self.route(self.router, option, THERE[family], "dev", "outer", "mtu", "lock", NARROW)
            self.route(self.here, option, inner, "dev", interface)
            self.route(self.here, option, THERE[family], "via", inner, "dev", interface,
                       "src", HERE[family])
            self.route(self.there, option, outer, "dev", "peer")
            self.route(self.there, option, HERE[family], "via", outer, "dev", "peer",
                       "src", THERE[family])

    @staticmethod
    def route(namespace, *words):
        namespace.run("ip", words[0], "route", "add", *words[1:])

    def setUp(self):
        super().setUp()
        self.certificate = certificate(pathlib.Path(self.sandbox.directory))

    def serve(self, family):
        """A large answer of a service here; whether it arrives."""
        client, server = self.connect(self.there, self.here, SERVE, family)
        return self.transfer(client, server, server)

    def upload(self, family):
        """A large request to a service there."""
        client, server = self.connect(self.here, self.there, FETCH, family)
        return self.transfer(client, server, client)

    def transfer(self, client, server, sender):
        for end in (client, server):
            end.settimeout(self.patience)
        return transfer(self.certificate, client, server, SIZE, sender)

    patience = 20


class PathMtu(Behind):
    def test_is_discovered(self):
        self.attach(OPEN)
        for family, name in FAMILIES:
            with self.subTest(name):
                before = self.stats()
                self.assertTrue(self.serve(family), "a service's answer")
                between = self.stats()
                self.assertGreater(between.reason("reply", "in", "accept"),
                                   before.reason("reply", "in", "accept"))
                self.assertTrue(self.upload(family), "an upload")
        self.assertConserved()

    def test_stalls_without_errors(self):
        self.patience = 2
        self.attach(CLOSE)
        for family, name in FAMILIES:
            for direction in (self.serve, self.upload):
                with self.subTest(name, direction=direction.__name__):
                    before = self.stats().reason("default", "in")
                    self.assertFalse(direction(family))
                    self.assertGreater(self.stats().reason("default", "in"), before)
        self.assertConserved()

    def test_an_upload_alone(self):
        """The error about a flow's packet is a reply of the flow's rule."""
        self.attach(OPEN)
        self.assertTrue(self.upload(0))
        self.assertEqual(self.stats().reason("reply", "in", "accept"), 0)
        self.assertConserved()


class Refusals(Behind):
    def refused(self, namespace, to, port, family):
        """Whether a datagram is refused by an error that comes back."""
        asker = self.socket(namespace, family=family)
        asker.connect((to[family], port))
        asker.send(b"x")
        try:
            asker.recv(100)
        except ConnectionRefusedError:
            return True
        except TimeoutError:
            return False
        return False

    def test_of_a_closed_port_here(self):
        self.attach(OPEN)
        for family, name in FAMILIES:
            with self.subTest(name):
                self.assertTrue(self.refused(self.there, HERE, CLOSED, family))
        stats = self.stats()
        self.assertEqual(stats.replies("talk-in", "in"), len(FAMILIES))
        self.assertConserved()

    def test_of_a_closed_port_there(self):
        self.attach(OPEN)
        for family, name in FAMILIES:
            with self.subTest(name):
                self.assertTrue(self.refused(self.here, THERE, PROBE, family))
        self.assertEqual(self.stats().replies("probe-out", "out"), len(FAMILIES))

    def test_the_switch(self):
        self.attach(CLOSE)
        before = self.stats().reason("default", "out")
        asker = self.socket(self.there)
        asker.settimeout(1)
        asker.connect((HERE[0], CLOSED))
        asker.send(b"x")
        until(lambda: self.stats().reason("default", "out") > before, "the error is dropped")
        self.assertRaises(TimeoutError, asker.recv, 100)


class Traceroute(Behind):
    OPTIONS = ((socket.IPPROTO_IP, socket.IP_TTL, 11), (socket.IPPROTO_IPV6,
                                                        socket.IPV6_UNICAST_HOPS, 25))

    def probe(self, family, hops):
        """Where a probe that may go HOPS far is answered from."""
        level, hop_limit, errors = self.OPTIONS[family]
        probe = self.socket(self.here, family=family)
        probe.setsockopt(level, errors, 1)
        probe.setsockopt(level, hop_limit, hops)
        probe.connect((THERE[family], PROBE))
        probe.send(b"probe")

        def error():
            try:
                return probe.recvmsg(100, 1000, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
            except OSError as failed:
                if failed.errno != errno.EAGAIN:
                    raise
            return None

        _, ancillary, _, _ = until(error, "an error comes back")
        return ancillary[0][2][16:]  # behind struct sock_extended_err: who sent it

    def test_each_hop_answers(self):
        self.attach(OPEN)
        for family, name in FAMILIES:
            with self.subTest(name):
                for hops, host in ((1, ROUTER[family][0]), (2, THERE[family])):
                    address = socket.inet_pton((socket.AF_INET, socket.AF_INET6)[family], host)
                    self.assertIn(address, self.probe(family, hops))
        self.assertEqual(self.stats().replies("probe-out", "out"), 4)
        self.assertConserved()


main()
