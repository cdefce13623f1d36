#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who opened a connection: what a stranger provoked never becomes a flow, whatever this host
answers; what this host opened goes on."""

import errno
import socket

from guarded import FAMILIES, HERE, THERE, entered, main, policy, rule
from opening import ANSWERS, OUT, PORT, REUSE, SERVE, Opened
from sandbox import run, until

SILENT, SHARED, MAPPED, BOTH = 4002, 4003, 4004, 4005
LETS_IN = rule("serve-in", "in", "tcp, udp", SERVE)
NOTHING = policy("nothing", rule("other", "in", "tcp", 1))
BIND_ADDRESS_NO_PORT = 24  # which this Python does not name


class Sockets(Opened):
    """All the ways in which a socket of this host gets a peer."""

    def simultaneous(self):
        """Both ends connect, and nobody listens: the near end's SYN gets lost."""
        inside, outside = (self.stream(space, 0, BOTH) for space in (self.here, self.there))
        neighbour = (THERE[0], "dev", self.interface)
        self.here.run("ip", "neigh", "replace", *neighbour, "lladdr", "02:00:00:00:00:01")
        inside.setblocking(False)
        self.assertEqual(inside.connect_ex((THERE[0], BOTH)), errno.EINPROGRESS)
        self.here.run("ip", "neigh", "del", *neighbour)
        outside.connect((HERE[0], BOTH))
        inside.settimeout(20)
        return inside, outside

    def connected(self):
        yield "simultaneous open", self.simultaneous()
        for family, name in FAMILIES:
            yield name, self.connect_to(self.stream(self.here, family), family)
        yield "bound to an address", self.connect_to(self.stream(self.here, 0, 0))
        yield "bound to a port", self.connect_to(self.stream(self.here, 0, PORT))
        yield "no port before connect", self.connect_to(
            self.stream(self.here, 0, 0, [(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT)]))
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            yield f"option {option}", self.connect_to(
                self.stream(self.here, 0, 0, [(socket.SOL_SOCKET, option)]))
        client = self.stream(self.here, 0, SHARED, [REUSE])
        yield "the port of a listener", self.connect_to(client)
        self.kept = self.listener(self.here, SHARED)
        yield "IPv4 by an IPv6 socket", self.connect_to(self.stream(self.here, 1),
                                                        to=(f"::ffff:{THERE[0]}",))

    def provoked(self):
        for family, name in FAMILIES:
            kept = self.listener(self.here, SERVE, family)
            yield f"{name}, listener open", self.accept_from(kept, family)
        for family, name in FAMILIES:
            yield f"{name}, listener closed", self.accept_from(
                self.listener(self.here, 0, family), family, close=True)
        yield "backlog of 1, listener closed", self.accept_from(
            self.listener(self.here, 0, backlog=1), close=True)
        self.silent = self.listener(self.here, SILENT, backlog=0)
        yield "backlog of 0", self.accept_from(self.silent)
        dual = self.stream(self.here, 1)
        dual.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        dual.bind(("::", MAPPED))
        dual.listen()
        yield "IPv4 by an IPv6 listener", self.accept_from(dual, close=True)

    def test_a_packet_of_one_that_connected_makes_a_flow(self):
        pairs = list(self.connected())
        self.attach(NOTHING)
        self.reload(OUT)
        self.assertEqual(self.status()["flows"], 0)
        for number, (name, (inside, outside)) in enumerate(pairs):
            with self.subTest(name):
                self.says(inside, outside)
                self.assertEqual(self.status()["flows"], number + 1)
                self.works(inside, outside)

    def test_a_packet_of_one_that_was_accepted_makes_none(self):
        pairs = list(self.provoked())
        self.attach(NOTHING)
        self.reload(OUT)
        for name, (inside, outside) in pairs:
            with self.subTest(name):
                self.is_cut(outside, inside)
        self.assertEqual(self.status()["flows"], 0)

    def test_what_is_older_than_the_filter(self):
        """Seeds: this host's own connections go on without a packet from it, whoever sends first."""
        connected, provoked = list(self.connected()), list(self.provoked())
        self.attach(OUT)
        self.assertEqual(self.status()["flows"], len(connected))
        for name, (inside, outside) in connected:
            with self.subTest(name):
                self.works(inside, outside)
        self.assertEqual(self.dropped(), 0)
        for name, (inside, outside) in provoked:
            with self.subTest(name):
                self.is_cut(outside, inside)


class Udp(Opened):
    """Nobody can tell who sent first; but a socket that serves is no client."""

    def setUp(self):
        super().setUp()
        self.outside = self.socket(self.there, port=PORT)
        self.mark = self.socket(self.there)

    def near(self, port):
        made = self.socket(self.here, port=port)
        made.connect((THERE[0], PORT))
        return made

    def hears(self, inside):
        """Does INSIDE hear the outside before it has sent anything?"""
        before = self.stats().seen["in"]
        self.outside.sendto(b"news", inside.getsockname())
        until(lambda: self.stats().seen["in"] > before, "it was judged")
        inside.setblocking(False)
        try:
            return inside.recv(100) == b"news"
        except BlockingIOError:
            return False

    def test_what_is_older_than_the_filter(self):
        client, server = self.near(0), self.near(161)
        first, last = map(int, self.here.run("cat", "/proc/sys/net/ipv4/ip_local_port_range").split())
        shared = self.socket(self.here, port=(first + last) // 2)
        child = self.near(shared.getsockname()[1])
        self.attach(OUT)
        self.assertEqual([self.hears(s) for s in (client, server, child)], [True, False, False])


class Rule(Opened):
    def test_to_remove_it_ends_what_it_let_in(self):
        for outbound in ("drop", "accept"):
            with self.subTest(outbound=outbound):
                with_it = policy("with", LETS_IN, ANSWERS, outbound=outbound)
                self.attach(with_it)
                listener = self.listener(self.here, SERVE)
                one, other = (self.accept_from(listener) for _ in range(2))
                self.works(*one)
                self.works(*other)
                self.assertEqual(self.status()["flows"], 0)
                self.reload(policy("without", ANSWERS, outbound=outbound))
                self.is_cut(*reversed(one))
                listener.close()
                self.is_cut(*reversed(other))
                self.assertEqual(self.status()["flows"], 0)
                self.reload(with_it)
                for inside, _ in one, other:
                    self.assertEqual(inside.recv(4), b"lost", "it goes on when the rule is back")
            self.succeeds("detach", self.interface)


class Others(Opened):
    """Sockets that are not this host's."""

    def far(self, name, link, address):
        """A namespace joined to `here` by LINK, with ADDRESS."""
        space = self.sandbox.namespace(name)
        link(space)
        run("ip", "-n", space.name, "address", "add", f"{address}/32", "dev", "inner")
        run("ip", "-n", space.name, "link", "set", "inner", "up")
        run("ip", "-n", space.name, "route", "add", "default", "dev", "inner", "src", address)
        self.there.run("ip", "route", "add", address, "dev", "peer", "src", THERE[0])
        return space

    def pair(self, client, server, address, port):
        with entered(server):
            listener = socket.create_server((address, port))
        with entered(client):
            opened = socket.create_connection((address, port), 20)
        accepted = listener.accept()[0]
        listener.close()
        for end in (opened, accepted):
            self.addCleanup(end.close)
            end.settimeout(20)
        return opened, accepted

    def test_what_it_forwards_goes_on(self):
        """A router has no sockets for what it forwards: an older connection goes on when the inside
        sends."""
        inner = "198.51.100.20"

        def link(space):
            self.sandbox.cable(self.here, "towards", space, "inner")
            run("ip", "-n", self.here.name, "link", "set", "towards", "up")
            self.here.run("ip", "route", "add", inner, "dev", "towards")
            for key in ("ip_forward", "conf.all.proxy_arp"):
                self.here.run("sysctl", "-qw", f"net.ipv4.{key}=1")

        space = self.far("inside", link, inner)
        inside, outside = self.pair(space, self.there, THERE[0], PORT)
        self.attach(OUT)
        self.says(inside, outside)
        self.works(inside, outside)

    def test_a_macvlan_has_its_own(self):
        """Its sockets belong to another network namespace, and its packets leave through our
        interface."""
        own = "198.51.100.30"

        def link(space):
            self.here.run("ip", "link", "add", "link", self.interface, "name", "inner",
                          "netns", space.name, "type", "macvlan", "mode", "bridge")

        space = self.far("container", link, own)
        opened = self.pair(space, self.there, THERE[0], PORT)
        provoked = self.pair(self.there, space, own, SERVE)
        self.attach(OUT)
        self.says(*opened)
        self.works(*opened)
        self.is_cut(*provoked)


main()
