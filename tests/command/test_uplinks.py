#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two uplinks in one zone: what goes out by one is answered by the other."""

import json
import socket
import struct

from guarded import Guarded, entered, main, policy, run, until

HOME, FAR = "192.0.2.1", "203.0.113.99"
FIRST, SECOND = "wan0", "wan1"
ASK, SERVE = 4000, 4001
RULES = (f"ask   = accept out udp, tcp > {FAR}:{ASK}-{SERVE}", "serve = accept in udp > self:5000")
ZONES = "[interfaces]\nwan = wan0, wan1\n"
APART = "[interfaces]\nwan = wan0\nother = wan1\n"


def uplinks(*lines, name="uplinks", interfaces=ZONES):
    return policy(name, interfaces, "[rules]\n" + "\n".join(lines or RULES) + "\n")


class Uplinks(Guarded):
    """`here` reaches FAR, an address of `there`, by wan0; what `there` sends comes back by wan1."""

    def setUp(self):
        super().setUp()
        for number, (interface, peer) in enumerate(((FIRST, "peer0"), (SECOND, "peer1"))):
            network = ("192.0.2", "198.18.1")[number]
            self.sandbox.cable(self.here, interface, self.there, peer)
            for namespace, end, host in ((self.here, interface, 1), (self.there, peer, 7)):
                run("ip", "-n", namespace.name, "address", "add", f"{network}.{host}/24", "dev", end)
                run("ip", "-n", namespace.name, "link", "set", end, "up")
                namespace.run("sysctl", "-qw", f"net.ipv4.conf.{end}.rp_filter=0")
        for namespace in (self.here, self.there):
            namespace.run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0")
        run("ip", "-n", self.there.name, "address", "add", FAR + "/32", "dev", "lo")
        run("ip", "-n", self.here.name, "route", "add", FAR, "via", "192.0.2.7")
        self.come_back("peer1", "198.18.1.1")

    def come_back(self, peer, gateway):
        run("ip", "-n", self.there.name, "route", "replace", HOME, "via", gateway, "dev", peer)

    def end(self, namespace, address, port=0, kind=socket.SOCK_DGRAM):
        with entered(namespace):
            made = socket.socket(socket.AF_INET, kind)
        self.addCleanup(made.close)
        made.settimeout(20)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        return made

    def ask(self, client, server):
        client.sendto(b"question", server.getsockname())
        self.assertEqual(server.recvfrom(100), (b"question", client.getsockname()))

    def answer(self, server, client):
        server.sendto(b"answer", client.getsockname())
        self.assertEqual(client.recvfrom(100)[0], b"answer")

    def assertNoAnswer(self, server, client):
        """What is sent now does not arrive: wan1 drops it."""
        before = self.dropped(SECOND)
        server.sendto(b"answer", client.getsockname())
        until(lambda: self.dropped(SECOND) > before, "the answer is dropped")

    def stats_of(self, interface):
        return json.loads(self.succeeds("stats", "--json", interface))[0]

    def dropped(self, interface):
        return sum(r["packets"] for r in self.stats_of(interface)["reasons"]
                   if r["direction"] == "in" and r["verdict"] == "drop")

    def replies(self, interface, name="ask"):
        return next(r["reply_packets"] for r in self.stats_of(interface)["rules"]
                    if (r["name"], r["direction"]) == (name, "out"))

    def conversation(self):
        return self.conversation_with(self.end(self.there, FAR, ASK))

    def conversation_with(self, server):
        client = self.end(self.here, HOME)
        self.ask(client, server)
        return server, client

    def test_answers_by_the_other(self):
        self.succeeds("attach", "all", self.file(uplinks()))
        pair = self.conversation()
        self.answer(*pair)
        self.assertEqual((self.replies(FIRST), self.replies(SECOND)), (0, 1))
        listed = json.loads(self.succeeds("flows", "--json", "all"))
        self.assertEqual([(one["interface"], one["rule"]) for one in listed], [(FIRST, "ask")])
        self.assertIn("wan1 has the flows of wan0: they are in one zone", self.succeeds("flows", "all"))
        self.assertEqual([one["rule"] for one in json.loads(self.succeeds("flows", "--json", SECOND))], ["ask"])

    def test_a_connection(self):
        self.succeeds("attach", "all", self.file(uplinks()))
        listener = self.end(self.there, FAR, ASK, socket.SOCK_STREAM)
        listener.listen()
        client = self.end(self.here, HOME, 0, socket.SOCK_STREAM)
        client.connect((FAR, ASK))
        accepted = listener.accept()[0]
        self.addCleanup(accepted.close)
        accepted.sendall(b"x" * 100000)
        received = 0
        while received < 100000:
            received += len(client.recv(65536))
        self.assertGreater(self.replies(SECOND), 1)
        self.assertEqual(self.replies(FIRST), 0)

    def test_an_error(self):
        self.succeeds("attach", "all", self.file(uplinks()))
        client = self.end(self.here, HOME)
        client.connect((FAR, SERVE))
        client.send(b"nobody listens there")
        self.assertRaises(ConnectionRefusedError, client.recv, 100)

    def test_fragments(self):
        """The first one comes in by wan0, the other by wan1."""
        self.succeeds("attach", "all", self.file(uplinks()))
        server = self.end(self.here, HOME, 5000)
        data = struct.pack("!HHHH", 4444, 5000, 8 + 1200, 0) + bytes(1200)
        for peer, gateway, at, more in (("peer0", "192.0.2.1", 0, True), ("peer1", "198.18.1.1", 800, False)):
            self.come_back(peer, gateway)
            part = data[at:at + 800]
            with entered(self.there):
                raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
            header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(part), 77, more << 13 | at // 8, 64, 17, 0,
                                 socket.inet_aton(FAR), socket.inet_aton(HOME))
            raw.sendto(header + part, (HOME, 0))
            raw.close()
            until(lambda: self.stats_of(FIRST)["packets"]["in"], "the first one is judged")
        self.assertEqual(len(server.recv(2000)), 1200)

    def test_who_joins_later(self):
        path = self.file(uplinks())
        self.succeeds("attach", FIRST, path)
        pair = self.conversation()
        self.succeeds("attach", SECOND, path)
        self.answer(*pair)

    def test_who_is_detached_leaves_the_flows(self):
        self.succeeds("attach", "all", self.file(uplinks()))
        pair = self.conversation()
        self.succeeds("detach", FIRST)
        self.answer(*pair)
        self.succeeds("detach", "all")
        self.assertNothingPinned()

    def test_numbers_that_differ(self):
        """The same rule has another number on each interface."""
        self.succeeds("attach", SECOND, self.file(uplinks(
            "one = accept in udp > self:5001", "two = accept in udp > self:5002", *RULES)))
        self.succeeds("attach", FIRST, self.file(uplinks()))
        pair = self.conversation()
        for _ in range(2):
            self.answer(*pair)
            self.ask(pair[1], pair[0])
        self.assertEqual((self.replies(FIRST), self.replies(SECOND)), (0, 2))
        self.assertEqual([one["rule"] for one in json.loads(self.succeeds("flows", "--json", SECOND))], ["ask"])

    def test_a_reload_that_makes_them_a_zone(self):
        """Each had flows of its own, and its rules other identities; conversations go on."""
        self.succeeds("attach", SECOND, self.file(uplinks("other = accept out udp > 198.18.1.7:9", *RULES,
                                                          interfaces="", name="before")))
        self.succeeds("attach", FIRST, self.file(uplinks(interfaces="", name="before")))
        pair = self.conversation()
        self.assertNoAnswer(*pair)
        self.succeeds("reload", "all", self.file(uplinks()))
        self.answer(*pair)
        self.assertEqual(self.replies(SECOND), 1)
        self.succeeds("rollback", "all")
        self.come_back("peer0", HOME)
        self.answer(*pair)
        self.assertEqual(self.replies(FIRST), 1)

    def test_a_rollback(self):
        """Back under a policy that knows no zones, what is new has to be answered the way that it was asked, also where
        rules have the same numbers. Forth again, the zone has one memory."""
        path = self.file(uplinks(interfaces="", name="before"))
        for interface in (SECOND, FIRST):
            self.succeeds("attach", interface, path)
        self.succeeds("reload", "all", self.file(uplinks()))
        old = self.conversation()
        self.answer(*old)
        for interfaces in ("all", FIRST):
            self.succeeds("rollback", interfaces)
            client = self.end(self.here, HOME)
            self.ask(client, old[0])
            self.assertNoAnswer(old[0], client)
            self.come_back("peer0", HOME)
            self.answer(*old)
            self.answer(old[0], client)
            self.come_back("peer1", "198.18.1.1")
            self.succeeds("rollback", interfaces)
            self.answer(*self.conversation_with(old[0]))
            self.answer(*old)
            self.answer(old[0], client)

    def test_a_reload_that_parts_them(self):
        """What each knew goes on; what is new is its own."""
        self.succeeds("attach", "all", self.file(uplinks()))
        old = self.conversation()
        self.succeeds("reload", "all", self.file(uplinks(interfaces=APART)))
        self.answer(*old)
        client = self.end(self.here, HOME)
        self.ask(client, old[0])
        self.assertNoAnswer(old[0], client)

    def test_a_rule_that_is_gone(self):
        """What it let in ends for all."""
        self.succeeds("attach", "all", self.file(uplinks()))
        pair = self.conversation()
        self.answer(*pair)
        self.succeeds("reload", "all", self.file(uplinks(RULES[1])))
        self.assertNoAnswer(*pair)

    def test_a_zone_of_the_same_name(self):
        """Another policy's: who is not in this one's zone shares nothing."""
        self.succeeds("attach", FIRST, self.file(uplinks(interfaces="[interfaces]\nwan = wan0\n")))
        self.succeeds("attach", SECOND, self.file(uplinks(interfaces="[interfaces]\nwan = wan1\n")))
        self.assertNoAnswer(*self.conversation())

    def test_endings(self):
        """Ended by hand, it is ended for both."""
        self.succeeds("attach", "all", self.file(uplinks()))
        pair = self.conversation()
        self.assertIn("1 conversation ended", self.succeeds("flows", SECOND, "--kill", "udp"))
        self.assertNoAnswer(*pair)
        self.assertEqual(json.loads(self.succeeds("flows", "--json", FIRST)), [])


if __name__ == "__main__":
    main()
