#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Large packets: fragments, frames of 9000 bytes, and what the stack hands down in one piece."""

import os
import socket
import struct
import threading

from guarded import FAMILIES, Guarded, entered, main, policy, rule
from sandbox import run, until
from tls import certificate, transfer

PORT, FORBIDDEN, ASK, SERVE, FETCH = 4000, 4001, 4002, 4433, 4434
RULES = (rule("talk-in", "in", "udp", PORT), rule("ask-out", "out", "udp", ASK),
         rule("serve-in", "in", "tcp", SERVE), rule("fetch-out", "out", "tcp", FETCH))
TRACK = policy("track", *RULES)
DROP = policy("drop", "[baseline]\nfragments = drop\n", *RULES)
LARGE = bytes(range(250)) * 16  # three fragments of 1500


class Fragments(Guarded):
    def fragments(self, direction, verdict="accept"):
        return self.stats().reason("fragment", direction, verdict)

    def test_follow_the_first(self):
        """In and out, in both families; a reply of three fragments comes back through its flow."""
        self.attach(TRACK)
        for family, name in FAMILIES:
            with self.subTest(name):
                before = {d: self.fragments(d) for d in ("in", "out")}
                inside = self.socket(self.here, family=family, port=PORT)
                outside = self.socket(self.there, family=family, port=ASK)
                self.send(outside, PORT, data=LARGE)
                self.assertEqual(inside.recv(9000), LARGE)
                self.assertEqual(self.fragments("in"), before["in"] + 2)
                asker = self.socket(self.here, family=family)
                self.send(asker, ASK, data=LARGE)
                self.assertEqual(outside.recv(9000), LARGE)
                self.assertEqual(self.fragments("out"), before["out"] + 2)
                self.send(outside, asker.getsockname()[1], data=LARGE)
                self.assertEqual(asker.recv(9000), LARGE)
                self.assertEqual(self.fragments("in"), before["in"] + 4)
        self.assertEqual(self.stats().replies("ask-out", "out"), 2)
        self.assertConserved()

    def test_of_what_is_dropped(self):
        """They are dropped as well, and leave nothing behind."""
        self.attach(TRACK)
        for family, name in FAMILIES:
            with self.subTest(name):
                before = self.fragments("in", "drop")
                self.send(self.socket(self.there, family=family), FORBIDDEN, data=LARGE)
                until(lambda: self.fragments("in", "drop") == before + 2, "both have been judged")
        self.assertEqual(self.dump("fragments"), [])
        self.assertConserved()

    def test_that_are_not_wanted(self):
        self.attach(DROP)
        inside = self.socket(self.here, port=PORT)
        self.send(self.socket(self.there), PORT, data=LARGE)
        until(lambda: self.fragments("in", "drop") == 2, "both have been judged")
        self.assertEqual(self.stats().packets("talk-in", "in"), 1)
        self.assertSilent(inside)

    def test_survive_a_reload(self):
        """A packet is not cut in two if one policy judges its first fragment and another one the
        rest."""
        self.attach(TRACK)
        inside = self.socket(self.here, port=PORT)
        outside = self.socket(self.there)
        for turn in range(4):
            self.reload((TRACK, policy("other", *reversed(RULES)))[turn % 2])
            self.send(outside, PORT, data=LARGE)
            self.assertEqual(inside.recv(9000), LARGE)
        self.assertEqual(self.fragments("in", "drop"), 0)


class Jumbo(Guarded):
    def cable(self, interface):
        super().cable(interface)
        run("ip", "-n", self.here.name, "link", "set", interface, "mtu", "9000")
        run("ip", "-n", self.there.name, "link", "set", "peer", "mtu", "9000")

    def test_in_native_mode(self):
        """Frames of several buffers, judged by their headers and counted with their length on the
        wire."""
        self.attach(TRACK, "--mode", "native")
        self.assertEqual(self.status()["attach_mode"], "native")
        data = bytes(8900)
        for family, header in ((0, 14 + 20 + 8), (1, 14 + 40 + 8)):
            before = self.stats().rules["talk-in", "in"]
            inside = self.socket(self.here, family=family, port=PORT)
            outside = self.socket(self.there, family=family, port=ASK)
            self.send(outside, FORBIDDEN, data=data)
            self.send(outside, PORT, data=data)
            self.assertEqual(inside.recv(9000), data)
            after = self.stats().rules["talk-in", "in"]
            self.assertEqual(after["packets"] - before["packets"], 1)
            self.assertEqual(after["bytes"] - before["bytes"], len(data) + header)
            self.send(self.socket(self.here, family=family), ASK, data=data)
            self.assertEqual(outside.recv(9000), data)
        self.assertEqual(self.stats().reason("default", "in"), 2)
        self.assertConserved()


class Segments(Guarded):
    def test_transfers(self):
        """Both ways, over TLS: a piece of 64 KB that the stack hands down counts as its segments."""
        self.attach(TRACK)
        certified = certificate(self.sandbox.directory)
        size = 4 << 20
        for (client, server), sends in (
                (self.connect(self.there, self.here, SERVE), 1),
                (self.connect(self.here, self.there, FETCH), 0)):
            for end in (client, server):
                end.settimeout(20)
            self.assertTrue(transfer(certified, client, server, size, (client, server)[sends]))
        stats = self.stats()
        for counted in (stats.replies("serve-in", "in"), stats.packets("fetch-out", "out")):
            self.assertGreater(counted, size // 1500)
        self.assertConserved()


class BigTcp(Guarded):
    """A piece that the stack hands down may be longer than the length field of IP can express."""

    SIZE, BIG = 32 << 20, 180000
    LIMITS = (41, 58, 63, 64)  # IFLA_GSO_MAX_SIZE, IFLA_GRO_MAX_SIZE, and those of IPv4 (iproute2 6.3)

    def cable(self, interface):
        super().cable(interface)
        for namespace, end in ((self.here, interface), (self.there, "peer")):
            self.allow_big(namespace, end)

    def allow_big(self, namespace, interface):
        with entered(namespace):
            link = socket.if_nametoindex(interface)
            netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        with netlink:
            for limit in self.LIMITS:
                body = struct.pack("=BxHiIIHHI", 0, 0, link, 0, 0, 8, limit, self.BIG)
                netlink.send(struct.pack("=IHHII", 16 + len(body), 16, 5, 1, 0) + body)  # RTM_NEWLINK
                error = struct.unpack_from("=i", netlink.recv(4096), 16)[0]
                if error:
                    self.skipTest(f"no BIG TCP here: {os.strerror(-error)}")

    def watch(self, namespace, interface):
        """A socket from which longest() reads how long frames were."""
        with entered(namespace):
            opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
        self.addCleanup(opened.close)
        opened.bind((interface, 3))
        opened.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
        opened.setblocking(False)
        return opened

    @staticmethod
    def longest(watcher):
        most = 0
        try:
            while True:
                most = max(most, len(watcher.recv(1 << 18)))
        except BlockingIOError:
            return most

    def transfer(self, sender, receiver):
        data = bytes(1 << 20)
        thread = threading.Thread(target=lambda: [sender.sendall(data) for _ in range(self.SIZE >> 20)])
        thread.start()
        left = self.SIZE
        while left:
            left -= len(receiver.recv(1 << 20))
        thread.join()

    def both_ways(self, mode):
        self.attach(TRACK, "--mode", mode)
        for family, name in FAMILIES:
            with self.subTest(name):
                inside, outside = self.connect(self.here, self.there, FETCH, family)
                watcher = self.watch(self.here, self.interface)
                self.transfer(inside, outside)
                self.assertGreater(self.longest(watcher), 1 << 16, "nothing big went out: no test")
                self.transfer(outside, inside)
                if mode == "generic":
                    self.assertGreater(self.longest(watcher), 1 << 16, "nothing big came in: no test")
        stats = self.stats()
        self.assertEqual([stats.reason("malformed", d) for d in ("in", "out")], [0, 0])
        self.assertGreater(stats.rules["fetch-out", "out"]["bytes"], 2 * self.SIZE)
        self.assertConserved()

    def test_in_native_mode(self):
        self.both_ways("native")

    def test_in_generic_mode(self):
        self.both_ways("generic")


main()
