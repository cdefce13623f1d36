#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One policy for a router with three interfaces: what is forwarded, what this host sends, and commands
that are for several interfaces."""

import json
import os
import socket

from announcing import Follower, announce, flow, withdraw
from guarded import PATIENCE, entered, main, run, until
from zoned import DMZ, LAN, ROUTER, WAN, Zoned, zoned

ASK, SERVE, OTHER = 4000, 4001, 4002
EDGE = zoned("edge",
             f"ask   = accept forward lan to wan udp > :{ASK}",
             f"serve = accept forward wan to dmz udp > {DMZ}:{SERVE}",
             f"own   = accept out on wan udp self > {WAN}:{OTHER}",
             f"admin = accept in on lan udp > self:{SERVE}")


class Forwarding(Zoned):
    def setUp(self):
        super().setUp()
        self.path = self.file(EDGE)
        self.succeeds("attach", "all", self.path)
        self.far = {port: self.ends(self.there, WAN, port) for port in (ASK, SERVE, OTHER)}

    def count(self, interface, rule, direction):
        stats = json.loads(self.succeeds("stats", "--json", interface))[0]
        return next(r["packets"] for r in stats["rules"] if (r["name"], r["direction"]) == (rule, direction))

    def arrives(self, sender, receiver, forbidden=()):
        """A datagram goes through, after others that must not."""
        address = receiver.getsockname()
        for port in forbidden:
            sender.sendto(b"forbidden", (address[0], port))
        sender.sendto(b"through", address)
        data, source = receiver.recvfrom(100)
        self.assertEqual(data, b"through")
        return source

    def test_from_one_zone_to_another(self):
        client = self.ends(self.lan, LAN)
        source = self.arrives(client, self.far[ASK], (SERVE, OTHER))
        self.far[ASK].sendto(b"answer", source)
        self.assertEqual(client.recvfrom(100)[0], b"answer")
        self.assertEqual((self.count("lan0", "ask", "in"), self.count("wan0", "ask", "out")), (1, 1))

    def test_only_where_the_rule_says(self):
        """The same service, asked from the wrong zone, and the same zone asking another way."""
        server = self.ends(self.dmz, DMZ, SERVE)
        self.arrives(self.ends(self.there, WAN), server)
        wrong = self.ends(self.lan, LAN)
        wrong.sendto(b"forbidden", (DMZ, SERVE))
        self.ends(self.dmz, DMZ).sendto(b"forbidden", (WAN, ASK))
        until(lambda: self.dropped("lan0") == 1 and self.dropped("dmz0") == 1, "both are dropped")
        self.assertEqual((self.count("wan0", "serve", "in"), self.count("dmz0", "serve", "out")), (1, 1))

    def dropped(self, interface):
        stats = json.loads(self.succeeds("stats", "--json", interface))[0]
        return sum(r["packets"] for r in stats["reasons"]
                   if (r["name"], r["direction"], r["verdict"]) == ("default", "in", "drop"))

    def test_what_comes_in_is_dropped_where_it_would_go_out(self):
        """A rule that accepts on the way in says nothing about the way out."""
        self.succeeds("reload", "all", self.file(zoned(
            "half", "in-only = accept in on dmz udp > any but self", f"ask = accept forward lan to wan udp > :{ASK}")))
        self.ends(self.dmz, DMZ).sendto(b"forbidden", (WAN, ASK))
        self.arrives(self.ends(self.lan, LAN), self.far[ASK])
        self.assertEqual(self.count("dmz0", "in-only", "in"), 1)
        self.assertEqual(self.count("wan0", "ask", "out"), 1)

    def test_own_packets(self):
        own = self.ends(self.here, ROUTER["wan0"])
        self.arrives(own, self.far[OTHER], (ASK,))
        self.assertEqual(self.count("wan0", "own", "out"), 1)

    def test_masqueraded_packets_are_not_own(self):
        """Their source is this host's address, but rules for what it sends are not for them."""
        self.succeeds("reload", "all", self.file(zoned(
            "masqueraded", "in = accept in on lan udp > any but self", f"own = accept out on wan udp self > {WAN}:{OTHER}",
            f"ask = accept forward lan to wan udp > :{ASK}")))
        self.here.run("nft", "table ip n { chain c { type nat hook postrouting priority 100; "
                             "oifname wan0 masquerade; }; }")
        client = self.ends(self.lan, LAN)
        client.sendto(b"forbidden", (WAN, OTHER))
        source = self.arrives(client, self.far[ASK])
        self.assertEqual(source[0], ROUTER["wan0"])
        self.far[ASK].sendto(b"answer", source)
        self.assertEqual(client.recvfrom(100)[0], b"answer")
        self.assertEqual((self.count("wan0", "own", "out"), self.count("wan0", "ask", "out")), (0, 1))

    def test_masqueraded_packets_go_by_their_source(self):
        """What goes out has this host's address, but is judged by whose it was; answers come to the one that it has."""
        stranger = "10.1.0.3"
        run("ip", "-n", self.lan.name, "address", "add", stranger + "/24", "dev", "peer0")
        self.succeeds("reload", "all", self.file(zoned(
            "sources", "in = accept in on lan udp > any but self",
            f"ask = accept forward lan to wan udp {LAN} > :{ASK}")))
        self.here.run("nft", "table ip n { chain c { type nat hook postrouting priority 100; "
                             "oifname wan0 meta l4proto udp masquerade to :30000-30009; }; }")
        self.ends(self.lan, stranger).sendto(b"forbidden", (WAN, ASK))
        client = self.ends(self.lan, LAN)
        source = self.arrives(client, self.far[ASK])
        self.assertEqual(source[0], ROUTER["wan0"])
        self.assertIn(source[1], range(30000, 30010))
        self.far[ASK].sendto(b"answer", source)
        self.assertEqual(client.recvfrom(100)[0], b"answer")
        self.assertEqual((self.count("lan0", "in", "in"), self.count("wan0", "ask", "out")), (2, 1))

    def test_masqueraded_connections_go_by_their_source(self):
        """The same for TCP, of both families; a port of the client that the rule names is not the one that goes out."""
        inner, outer = ("fd00:1::1", "fd00:1::2"), ("fd00:2::1", "fd00:2::2")
        for interface, host, pair in (("lan0", self.lan, inner), ("wan0", self.there, outer)):
            for name, device, address in ((self.here.name, interface, pair[0]), (host.name, "peer0", pair[1])):
                run("ip", "-n", name, "address", "add", address + "/64", "dev", device, "nodad")
            run("ip", "-n", host.name, "route", "add", "default", "via", pair[0])
        self.here.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
        self.succeeds("reload", "all", self.file(zoned(
            "connections", f"old = accept forward lan to wan tcp {LAN}:4444 > :{ASK}",
            f"new = accept forward lan to wan tcp [{inner[1]}]:4444 > :{ASK}")))
        self.here.run("nft", "table inet n { chain c { type nat hook postrouting priority 100; "
                             "oifname wan0 meta l4proto tcp masquerade to :30000-30009; }; }")
        for family, source, target in ((socket.AF_INET, LAN, WAN), (socket.AF_INET6, inner[1], outer[1])):
            with self.subTest(source), self.listener(self.there, family, target, ASK) as server:
                with entered(self.lan):
                    client = socket.socket(family, socket.SOCK_STREAM)
                with client:
                    client.settimeout(PATIENCE)
                    client.bind((source, 4444))
                    client.connect((target, ASK))
                    accepted, far = server.accept()
                    with accepted:
                        self.assertIn(far[1], range(30000, 30010))
                        accepted.sendall(b"answer")
                        self.assertEqual(client.recv(100), b"answer")

    @staticmethod
    def listener(namespace, family, address, port):
        with entered(namespace):
            made = socket.socket(family, socket.SOCK_STREAM)
        made.settimeout(PATIENCE)
        made.bind((address, port))
        made.listen()
        return made

    def test_translated_destinations_are_those_after_it(self):
        """What came in for this host itself goes out to the server that it is translated to."""
        self.succeeds("reload", "all", self.file(zoned(
            "published", f"in = accept in on wan udp > self:{SERVE}",
            f"serve = accept forward wan to dmz udp {WAN} > {DMZ}:{SERVE}")))
        self.here.run("nft", "table ip n { chain c { type nat hook prerouting priority -100; "
                             f"iifname wan0 udp dport {SERVE} dnat to {DMZ}; }}; }}")
        server, client = self.ends(self.dmz, DMZ, SERVE), self.ends(self.there, WAN)
        client.sendto(b"through", (ROUTER["wan0"], SERVE))
        data, source = server.recvfrom(100)
        self.assertEqual((data, source[0]), (b"through", WAN))
        server.sendto(b"answer", source)
        self.assertEqual(client.recvfrom(100)[0], b"answer")
        self.assertEqual((self.count("wan0", "in", "in"), self.count("dmz0", "serve", "out")), (1, 1))

    def test_blocks_of_what_is_forwarded(self):
        """On the way in or on the way out, whichever interface has it; the other conversations go on."""
        client, server = self.ends(self.lan, LAN), self.ends(self.dmz, DMZ, SERVE)
        self.arrives(client, self.far[ASK])
        for interface, pattern in (("lan0", f"in udp {LAN} > {WAN}:{ASK}"), ("wan0", f"out udp {LAN} > {WAN}")):
            with self.subTest(interface):
                self.succeeds("block", interface, pattern, "--name", "attack")
                client.sendto(b"blocked", (WAN, ASK))
                until(lambda: json.loads(self.succeeds("blocks", "--json", interface))[0]["packets"] == 1, "it is counted")
                self.arrives(self.far[SERVE], server)
                self.succeeds("unblock", interface, "attack")
                self.arrives(client, self.far[ASK])


class Several(Zoned):
    def setUp(self):
        super().setUp()
        self.path = self.file(EDGE)
        self.other = self.file(EDGE.replace("name = edge", "name = other"))

    def test_all_and_lists(self):
        names = ["dmz0", "lan0", "wan0"]
        self.succeeds("attach", "all", self.path)
        self.assertEqual(self.policies(), dict.fromkeys(names, "edge"))
        self.succeeds("reload", "all", self.other)
        self.assertEqual(self.policies(), dict.fromkeys(names, "other"))
        self.succeeds("rollback", "wan0,lan0")
        self.assertEqual(self.policies(), {"dmz0": "other", "lan0": "edge", "wan0": "edge"})
        self.succeeds("reload", "all")
        self.assertEqual(self.policies(), {"dmz0": "other", "lan0": "edge", "wan0": "edge"})
        self.assertIn("edgexdp confirm wan0,dmz0", self.succeeds("reload", "--confirm", "1h", "wan0,dmz0", self.path))
        self.assertIn("no policy on lan0 waits", self.fails(1, "confirm", "all"))
        self.succeeds("confirm", "wan0,dmz0")
        shown = json.loads(self.succeeds("status", "--json", "lan0,wan0"))
        self.assertEqual([one["interface"] for one in shown], ["lan0", "wan0"])
        self.assertEqual([one["confirm_by"] for one in shown], [None, None])
        self.assertEqual(len(json.loads(self.succeeds("stats", "--json", "all"))), 3)
        self.succeeds("detach", "wan0,lan0")
        self.assertEqual(self.policies(), {"dmz0": "edge"})
        self.succeeds("detach", "all")
        self.assertNothingPinned()
        self.assertIn("no interface of this network namespace is guarded", self.fails(1, "detach", "all"))

    def test_bans(self):
        self.succeeds("attach", "all", self.path)
        self.succeeds("ban", "all", "198.18.0.1")
        self.succeeds("unban", "lan0", "198.18.0.1")
        banned = json.loads(self.succeeds("bans", "--json", "all"))
        self.assertEqual([one["interface"] for one in banned], ["dmz0", "wan0"])
        self.succeeds("unban", "all", "198.18.0.1")
        self.assertIn("198.18.0.1 is not banned", self.fails(1, "unban", "all", "198.18.0.1"))

    def flows(self, interface):
        return [one["name"] for one in json.loads(self.succeeds("blocks", "--json", interface))
                if one["origin"] == "flowspec"]

    def are_in_force(self, count, *interfaces):
        until(lambda: [len(self.flows(one)) for one in interfaces] == [count] * len(interfaces),
              f"{count} flows in force on {interfaces}", PATIENCE)

    def test_announced_flows(self):
        """One process for all interfaces: those that are guarded go on when one is opened, and it has the same flows
        once it is guarded again."""
        self.succeeds("attach", "all", self.path)
        first, second = (flow(f"{DMZ}/32", "udp", destination_port=[f"={port}"]) for port in (SERVE, OTHER))
        follower = Follower(self, "--for", "any", interface="all")
        follower.say(announce(first))
        self.are_in_force(1, "lan0", "wan0", "dmz0")
        self.assertEqual(self.flows("lan0"), self.flows("wan0"))
        self.succeeds("detach", "dmz0")
        follower.say(announce(second))
        self.are_in_force(2, "lan0", "wan0")
        follower.hears("dmz0")
        self.succeeds("attach", "dmz0", self.path)
        self.are_in_force(2, "dmz0")
        follower.say(withdraw(first))
        self.are_in_force(1, "lan0", "wan0", "dmz0")
        follower.end()
        self.assertIn("all: 1 flow in force", follower.said[-1])

    def test_announced_flows_of_a_list(self):
        self.succeeds("attach", "all", self.path)
        follower = Follower(self, "--for", "any", interface="lan0,wan0")
        follower.say(announce(flow(f"{DMZ}/32", "udp", destination_port=[f"={SERVE}"])))
        self.are_in_force(1, "lan0", "wan0")
        self.assertEqual(self.flows("dmz0"), [])

    def test_an_announced_flow_that_would_cut_a_session(self):
        """The session is on the second interface: the flow ends on the first too, where it could have been."""
        self.succeeds("attach", "all", self.file(zoned("ssh", "ssh = accept in on lan tcp > self:22")))
        with entered(self.here):
            listener = socket.create_server((ROUTER["lan0"], 22))
        with entered(self.lan):
            session = socket.create_connection((ROUTER["lan0"], 22), PATIENCE)
        for one in listener, session:
            self.addCleanup(one.close)
        os.environ["SSH_CONNECTION"] = f"{LAN} {session.getsockname()[1]} {ROUTER['lan0']} 22"
        self.addCleanup(os.environ.__setitem__, "SSH_CONNECTION", "")
        follower = Follower(self, "--for", "any", interface="wan0,lan0")
        follower.say(announce(flow(f"{DMZ}/32", "udp"), flow(ROUTER["lan0"] + "/32", "tcp")))
        follower.hears("protocol =tcp is refused: ")
        self.are_in_force(1, "wan0", "lan0")
        follower.end()
        self.are_in_force(1, "wan0", "lan0")
        self.assertIn("wan0,lan0: 1 flow in force; 2 announced, 0 withdrawn, 1 refused", follower.said[-1])

    def test_one_that_is_missing(self):
        run("ip", "-n", self.here.name, "link", "del", "dmz0")
        self.assertIn("there is no interface dmz0, which the zone dmz names", self.fails(1, "attach", "all", self.path))
        self.assertEqual(self.policies(), {})
        self.succeeds("attach", "wan0,lan0", self.path)
        self.assertIn("no interface dmz0", self.fails(1, "reload", "wan0,dmz0", self.other))
        self.assertEqual(self.policies(), {"lan0": "edge", "wan0": "edge"})

    def test_patterns(self):
        self.sandbox.cable(self.here, "ppp3", self.there, "peer3")
        self.succeeds("attach", "all", self.path)
        self.assertIn("ppp3", self.policies())

    def test_all_or_nothing(self):
        """The third of three cannot be attached, because somebody else's program is there."""
        self.here.run("ip", "link", "set", "wan0", "xdp", "object", self.lodger(), "section", "xdp")
        self.assertSays(self.fails(1, "attach", "lan0,dmz0,wan0", self.path), "wan0")
        self.assertEqual(self.policies(), {})
        self.assertNothingPinned()

    def test_a_policy_without_interfaces(self):
        path = self.file(zoned("plain", "a = accept in tcp > :22", interfaces=""))
        self.assertIn("add [interfaces]", self.fails(1, "attach", "all", path))
        self.succeeds("attach", "wan0,lan0,wan0", path)
        self.assertEqual(self.policies(), {"lan0": "plain", "wan0": "plain"})

    def test_not_in_a_zone(self):
        said = self.call("attach", self.interface, self.path).stderr
        self.assertIn(f"{self.interface} is in no zone of [interfaces]", said)


if __name__ == "__main__":
    main()
