#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""ICMP errors through the filter: path MTU discovery, refusals and traceroute, with a router in
between whose links are narrower than either end knows; and errors about packets that were never
sent."""

import errno
import pathlib
import socket
import struct

from guarded import FAMILIES, HERE, THERE, main, policy, rule
from routed import NARROW, ROUTER, Routed
from sandbox import run, until
from tls import certificate, transfer

SERVE, FETCH, TALK, CLOSED, PROBE = 4433, 4434, 4000, 4001, 33434
SIZE = 2 << 20
RULES = (rule("serve-in", "in", "tcp", SERVE), rule("fetch-out", "out", "tcp", FETCH),
         rule("talk-in", "in", "udp", f"{TALK}, {CLOSED}"), rule("probe-out", "out", "udp", PROBE))
OPEN = policy("open", *RULES)
CLOSE = policy("close", "[baseline]\nicmp-errors = drop\n", *RULES)
PING = policy("ping", "[baseline]\nping = accept\n", *RULES)
ECHO = ((8, 0), (128, 129))  # types of ICMP and ICMPv6: request, reply


class Behind(Routed):
    def setUp(self):
        super().setUp()
        self.certificate = certificate(pathlib.Path(self.sandbox.directory))

    def serve(self, family):
        """Sends a large answer from a service here; returns whether it arrives."""
        client, server = self.connect(self.there, self.here, SERVE, family)
        return self.transfer(client, server, server)

    def upload(self, family):
        """Sends a large request to a service there."""
        client, server = self.connect(self.here, self.there, FETCH, family)
        return self.transfer(client, server, client)

    def transfer(self, client, server, sender):
        for end in (client, server):
            end.settimeout(self.patience)
        return transfer(self.certificate, client, server, SIZE, sender)

    patience = 20


    OPTIONS = ((socket.IPPROTO_IP, socket.IP_TTL, 11), (socket.IPPROTO_IPV6,
                                                        socket.IPV6_UNICAST_HOPS, 25))

    def pinger(self, namespace, family):
        """A socket that sends echo requests and gets only their replies."""
        namespace.run("sh", "-c", "echo 0 0 >/proc/sys/net/ipv4/ping_group_range")
        return self.socket(namespace, family=family,
                           protocol=(socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6)[family])

    @staticmethod
    def ping(pinger, to, family, bytes_=32):
        pinger.sendto(struct.pack("!BBHHH", ECHO[family][0], 0, 0, 0, 1) + bytes(bytes_), (to[family], 0))

    def who_complains(self, probe):
        """The sender of the error that PROBE gets back."""
        def error():
            try:
                return probe.recvmsg(100, 1000, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
            except OSError as failed:
                if failed.errno != errno.EAGAIN:
                    raise
            return None

        _, ancillary, _, _ = until(error, "an error comes back")
        return ancillary[0][2][16:]  # after struct sock_extended_err

    @staticmethod
    def packed(address):
        return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)

    def path_mtu(self, family):
        """The path MTU that the kernel here has learnt for `there`, or None."""
        words = run("ip", "-n", self.here.name, "route", "get", THERE[family]).split()
        return int(words[words.index("mtu") + 1]) if "mtu" in words else None


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


    def test_of_an_answered_ping(self):
        """Neither a rule nor a flow knows the ping; [baseline] has accepted it."""
        self.attach(PING)
        for family, name in FAMILIES:
            with self.subTest(name):
                pinger = self.pinger(self.there, family)
                pinger.settimeout(0.2)

                def answered(pinger=pinger, family=family):
                    try:
                        self.ping(pinger, HERE, family, 1400)
                        return len(pinger.recv(2000)) > 1400
                    except TimeoutError:
                        return False
                    except OSError as failed:  # its own path to here is as narrow
                        if failed.errno != errno.EMSGSIZE:
                            raise
                        return False

                until(answered, "a large ping is answered", 10)
        self.assertEqual(self.path_mtu(1), NARROW)  # IPv4 routers cut answers to pings instead
        self.assertGreaterEqual(self.stats().reason("reply", "in", "accept"), 1)
        self.assertConserved()


class Forged(Behind):
    """Somebody claims that a packet which this host never sent was too big."""

    LOW = (600, 1280)

    def too_big(self, family, protocol, transport):
        """Sends it from `there`, about an answer to `there` of that PROTOCOL that begins with
        TRANSPORT."""
        ends = self.packed(HERE[family]) + self.packed(THERE[family])
        if family:
            quote = struct.pack("!IHBB", 6 << 28, 1400, protocol, 64) + ends + transport
            message = struct.pack("!BBHI", 2, 0, 0, self.LOW[family]) + quote
        else:
            quote = struct.pack("!BBHHHBBH", 0x45, 0, 1428, 1, 0x4000, 64, protocol, 0) + ends + transport
            message = struct.pack("!BBHHH", 3, 4, 0, 0, self.LOW[family]) + quote
            total = sum(struct.unpack(f"!{len(message) // 2}H", message))
            total = (total & 0xffff) + (total >> 16)
            message = message[:2] + struct.pack("!H", ~(total + (total >> 16)) & 0xffff) + message[4:]
        forger = self.socket(self.there, socket.SOCK_RAW, family,
                             protocol=(socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6)[family])
        forger.sendto(message, (HERE[family], 0))

    def of_a_ping(self, family):
        protocol = (socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6)[family]
        self.too_big(family, protocol, struct.pack("!BBHHH", ECHO[family][1], 0, 0, 7, 1))

    def of_a_service(self, family):
        self.too_big(family, socket.IPPROTO_UDP, struct.pack("!HHHH", TALK, 40000, 1408, 0))

    def forget(self):
        for family in ("-4", "-6"):
            run("ip", "-n", self.here.name, family, "route", "flush", "cache")
        for family, name in FAMILIES:
            self.assertIsNone(self.path_mtu(family), name)

    def test_is_not_believed(self):
        services = [self.socket(self.here, family=family, port=TALK) for family, _ in FAMILIES]
        self.assertEqual(len(services), 2)
        cases = [(forge, family) for forge in (self.of_a_ping, self.of_a_service) for family, _ in FAMILIES]
        for forge, family in cases:
            forge(family)
            until(lambda f=family: self.path_mtu(f) == self.LOW[f], "the kernel believes it: else no test")
            self.forget()
        self.attach(PING)
        for forge, family in cases:
            with self.subTest(forge.__name__, family=family):
                before = self.stats().reason("default", "in")
                forge(family)
                until(lambda b=before: self.stats().reason("default", "in") == b + 1, "it is dropped")
                self.assertIsNone(self.path_mtu(family))
        self.assertConserved()


class Refusals(Behind):
    def refused(self, namespace, to, port, family):
        """Whether an error comes back that refuses a datagram."""
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
    def probe(self, family, hops):
        """The address from which a probe with HOPS hops left is answered."""
        level, hop_limit, errors = self.OPTIONS[family]
        probe = self.socket(self.here, family=family)
        probe.setsockopt(level, errors, 1)
        probe.setsockopt(level, hop_limit, hops)
        probe.connect((THERE[family], PROBE))
        probe.send(b"probe")
        return self.who_complains(probe)

    def test_each_hop_answers(self):
        self.attach(OPEN)
        for family, name in FAMILIES:
            with self.subTest(name):
                for hops, host in ((1, ROUTER[family][0]), (2, THERE[family])):
                    self.assertIn(self.packed(host), self.probe(family, hops))
        self.assertEqual(self.stats().replies("probe-out", "out"), 4)
        self.assertConserved()

    def test_by_pings_through_a_guarded_router(self):
        """The router accepts pings from its inside, and so it may report where they expire."""
        path = self.file(PING)
        self.succeeds("attach", "inner", path, namespace=self.router)
        for family, name in FAMILIES:
            with self.subTest(name):
                level, hop_limit, errors = self.OPTIONS[family]
                pinger = self.pinger(self.here, family)
                pinger.setsockopt(level, errors, 1)
                pinger.setsockopt(level, hop_limit, 1)
                self.ping(pinger, THERE, family)
                self.assertIn(self.packed(ROUTER[family][0]), self.who_complains(pinger))
                pinger.setsockopt(level, hop_limit, 2)
                self.ping(pinger, THERE, family)
                self.assertEqual(pinger.recv(100)[0], ECHO[family][1])
        self.succeeds("detach", "inner", namespace=self.router)


main()
