#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What commands say of a policy for several interfaces, read from its file or in force."""

import json

import socket

from capture import UDP, ethernet, ip, pcap, udp
from guarded import HERE, NOBODY, PATIENCE, THERE, entered, main, policy
from gateway import INSIDE, ROUTER, Gateway, router


class Explained(Gateway):
    def explain(self, subject, text):
        return json.loads(self.succeeds("explain", "--json", subject, text))

    def assertExplained(self, subject, text, **expected):
        said = self.explain(subject, text)
        self.assertEqual({key: said[key] for key in expected}, expected)
        return said

    def sides(self, said):
        return [(side["zone"], side["direction"], side["verdict"], side["rule"])
                for side in said["sides"]]

    def trace(self, said):
        return {step["rule"]: (step["field"], step["why"]) for step in said["trace"]}


class Files(Explained):
    def test_one_side(self):
        ssh = f"tcp {INSIDE[0]}:1 > {ROUTER[0]}:22"
        self.assertExplained(self.path, f"in on lan {ssh}", verdict="accept", rule="ssh", zone="lan",
                             direction="in", sides=None)
        said = self.assertExplained(self.path, f"in on {self.wan} {ssh}", verdict="drop", zone="wan")
        self.assertEqual(self.trace(said)["ssh"], ("on", "it came in through wan, not lan"))
        self.assertEqual(self.trace(said)["surf"], ("arrives", "it came in through wan, not lan"))
        self.assertEqual([(near["rule"], near["would_match_if"]) for near in said["near_misses"]],
                         [("ssh", "it came in through lan")])

    def test_both_sides(self):
        surf = f"udp {INSIDE[0]}:1 > {THERE[0]}:53"
        said = self.assertExplained(self.path, f"forward lan > {self.wan} {surf}", verdict="accept",
                                    rule="surf", zone="wan", direction="out",
                                    packet=f"forward lan > {self.wan} {surf}")
        self.assertEqual(self.sides(said), [("lan", "in", "accept", "surf"), ("wan", "out", "accept", "surf")])
        self.assertEqual([side["packet"] for side in said["sides"]],
                         [f"in on lan {surf}", f"out on {self.wan} {surf} via lan"])
        said = self.assertExplained(self.path, f"forward lan > lan tcp {INSIDE[0]}:1 > 10.1.0.3:53",
                                    verdict="drop", outcome="default", zone="lan", direction="out")
        self.assertEqual(self.sides(said), [("lan", "in", "accept", "surf"), ("lan", "out", "drop", None)])
        self.assertEqual(self.trace(said["sides"][1])["surf"], ("leaves", "it went out through lan, not wan"))
        said = self.assertExplained(self.path, f"forward wan > lan udp {THERE[0]}:1 > {INSIDE[0]}:53",
                                    verdict="drop", zone="wan", direction="in")
        self.assertEqual(self.sides(said), [("wan", "in", "drop", None)])

    def test_where_a_packet_came_in(self):
        path = self.file(router(self.wan, self.lan).replace("accept forward lan to wan udp",
                                                            "accept forward wan to wan udp"))
        surf = f"out on wan udp {HERE[0]}:1 > {THERE[0]}:53"
        self.assertExplained(path, surf, rule="own")
        said = self.assertExplained(path, f"{surf} via lan", verdict="drop", rule=None)
        self.assertEqual(self.trace(said)["surf"], ("arrives", "it came in through lan, not wan"))
        self.assertEqual(self.trace(said)["own"],
                         ("arrives", "it was forwarded, and the rule is for what this host sends"))
        self.assertEqual({near["rule"]: near["would_match_if"] for near in said["near_misses"]},
                         {"surf": "it came in through wan", "own": "this host sent it"})

    def test_text(self):
        text = self.succeeds("explain", self.path, f"forward lan > wan udp {INSIDE[0]}:1 > {THERE[0]}:53",
                             prefix=NOBODY)
        self.assertSays(text, "accept on both sides\n", "\nWhere it comes in, through zone lan:\nin on lan udp",
                        "\nWhere it goes out, through zone wan:\nout on wan udp", " via lan\naccept by rule surf")
        text = self.succeeds("explain", self.path, f"forward wan > lan udp {THERE[0]}:1 > {INSIDE[0]}:53")
        self.assertSays(text, "drop where it comes in\n", "zone wan:")
        self.assertNotIn("Where it goes out", text)

    def test_this_host_is_not_forwarded_to(self):
        said = self.assertExplained(self.path, f"in on lan udp {INSIDE[0]}:1 > {HERE[0]}:53", verdict="drop")
        field, why = self.trace(said)["surf"]
        self.assertEqual(field, "to")
        self.assertSays(why, f"destination {HERE[0]} is not in any beyond this host")

    def test_nowhere(self):
        """Without an interface, all zones have to say the same."""
        ssh = f"in tcp {INSIDE[0]}:1 > {ROUTER[0]}:22"
        self.assertSays(self.fails(2, "explain", self.path, ssh), '"in on wan ..."')
        same = self.assertExplained(self.path, ssh.replace(":22", ":23"), verdict="drop", zone=None)
        self.assertEqual(same["sides"], None)
        self.assertSays(self.succeeds("explain", self.path, ssh.replace(":22", ":23")), "All zones judge it alike")
        for packet in (f"in on dmz {ssh[3:]}", f"forward lan > dmz {ssh[3:]}", f"out on lan {ssh[3:]} via dmz"):
            self.assertSays(self.fails(2, "explain", self.path, packet), '"dmz" is in no zone')


class InForce(Explained):
    def setUp(self):
        super().setUp()
        self.attach_both()

    def test_both_interfaces_are_asked(self):
        for subject in (self.wan, self.lan, "all"):
            said = self.assertExplained(subject, self.surf(), verdict="accept", rule="surf", interface=self.wan)
            self.assertEqual([(side["interface"], side["zone"], side["rule"], side["file"])
                              for side in said["sides"]],
                             [(self.lan, "lan", "surf", str(self.path)), (self.wan, "wan", "surf", str(self.path))])
        said = self.assertExplained(self.lan, f"forward lan > {self.wan} udp {INSIDE[0]}:1 > {THERE[0]}:53",
                                    verdict="accept", interface=self.wan)
        said = self.assertExplained(self.wan, f"forward {self.wan} > {self.lan} udp {THERE[0]}:1 > {INSIDE[0]}:53",
                                    verdict="drop", interface=self.wan, direction="in")
        self.assertEqual(self.trace(said)["ssh"], ("on", "it came in through wan, not lan"))
        text = self.succeeds("explain", "all", self.surf())
        self.assertSays(text, f"Where it goes out, through {self.wan} in zone wan:")

    def test_where_it_came_in(self):
        out = f"out udp {INSIDE[0]}:1 > {THERE[0]}:53"
        self.assertExplained(self.wan, f"{out} via {self.lan}", verdict="accept", rule="surf", zone="wan")
        self.assertExplained(self.wan, f"{out} via lan", verdict="accept", rule="surf", note=None)
        self.assertExplained(self.wan, f"{out} via wan", verdict="drop", rule=None, note=None)
        self.assertExplained(self.wan, out, verdict="drop", note=None)
        self.assertExplained("all", f"out on {self.wan} {out[4:]} via lan", verdict="accept", interface=self.wan)

    def test_live_flows(self):
        with_answer = f"forward {self.wan} > {self.lan} udp {THERE[0]}:5000 > {INSIDE[0]}:40000"
        self.assertExplained("all", with_answer, verdict="drop")
        with entered(self.inside):
            client = socket.socket(type=socket.SOCK_DGRAM)
        self.addCleanup(client.close)
        client.settimeout(PATIENCE)
        client.bind((INSIDE[0], 40000))
        server = self.socket(self.there, port=5000)
        client.sendto(b"x", (THERE[0], 5000))
        server.recv(100)
        said = self.assertExplained("all", with_answer, verdict="accept", rule="surf", outcome="reply")
        self.assertEqual([side["outcome"] for side in said["sides"]], ["reply", "reply"])

    def test_another_interface(self):
        self.assertSays(self.fails(2, "explain", self.lan, f"in on {self.wan} udp 192.0.2.1:1 > 192.0.2.2:2"),
                        f"the packet does not pass {self.lan}: ask {self.wan}, or all")
        self.assertSays(self.fails(2, "explain", "all", "in udp 192.0.2.1:1 > 192.0.2.2:2"), "in on eth0")
        self.assertSays(self.fails(1, "explain", self.lan, "forward lan > far0 udp 192.0.2.1:1 > 192.0.2.2:2"),
                        "far0")



class Compared(Gateway):
    def tuples(self, *arguments):
        done = self.call("diff", "--json", *arguments)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        said = json.loads(done.stdout)
        return said["switches"], [(one["zone"], one["direction"], one["arrives"], one["new"]["rule"])
                                  for one in said["tuples"]]

    def test_what_is_in_force(self):
        self.attach_both()
        for interface in (self.wan, self.lan):
            self.assertEqual(self.succeeds("diff", interface, self.path), "")
        more = self.file(router(self.wan, self.lan, "time = accept forward lan to wan sctp > :123",
                                "echo = accept in udp > self:7").replace("lan =", "other = far0\nlan ="))
        told = ([{"key": "interfaces other", "old": "none", "new": "far0"}],
                [(None, "in", None, "echo"), ("wan", "out", ["lan"], "time"), ("lan", "in", None, "time")])
        for interface in (self.wan, self.lan):
            self.assertEqual(self.tuples(interface, more), told)
        done = self.call("diff", self.wan, more)
        self.assertSays(done.stdout, "interfaces other: none -> far0\n", "\nin udp any > self : 7  drop",
                        "\non wan: out sctp any > any beyond this host : 123 (via lan)",
                        "\non lan: in sctp any > any beyond this host : 123  drop")



class Replayed(Gateway):
    """A capture of what passes the outer interface: of a client inside, and of the router itself."""

    SENT = [(INSIDE[0], THERE[0], 53), (HERE[0], THERE[0], 53), (HERE[0], THERE[0], 54)]

    def setUp(self):
        super().setUp()
        self.capture = self.sandbox.directory / "capture"
        self.capture.write_bytes(pcap([ethernet(ip(source, to, UDP, udp(5000, port)), True)
                                       for source, to, port in self.SENT]))
        self.path = self.file(router(self.wan, self.lan, "not = drop out on wan udp self > :54"))

    def rules(self, *options, path=None):
        said = json.loads(self.succeeds("replay", "--json", "--direction", "out", "--self", ",".join(HERE + ROUTER),
                                        *options, path or self.path, self.capture))
        return {rule["name"]: rule["packets"] for rule in said["rules"] if rule["packets"]}, said["drop"]

    def test_where_a_packet_came_in(self):
        self.assertEqual(self.rules("--on", self.wan), ({"own": 1, "not": 1}, 2))
        for via in ("lan", self.lan):
            self.assertEqual(self.rules("--on", "wan", "--via", via), ({"surf": 1, "own": 1, "not": 1}, 1))
        self.assertEqual(self.rules("--on", "wan", "--via", "wan"), ({"own": 1, "not": 1}, 2))
        self.assertEqual(self.rules("--on", "lan", "--via", "lan"), ({}, 2), "one could be an answer to surf")

    def test_an_older_policy_without_zones(self):
        old = self.file(policy("old", "[rules]", "all = accept out udp > :53-54", ""))
        said = json.loads(self.succeeds("replay", "--json", "--direction", "out", "--self", ",".join(HERE), "--on",
                                        "wan", "--via", "lan", "--compare", old, self.path, self.capture))
        self.assertEqual([(one["packets"], one["old"]["rule"], one["new"]["rule"]) for one in said["changes"]],
                         [(1, "all", "not")])

    def test_it_must_be_said(self):
        self.assertSays(self.fails(2, "replay", "--direction", "out", self.path, self.capture), "--on")
        for option in ("--on", "--via"):
            words = {"--on": "wan", option: "dmz"}
            self.assertSays(self.fails(2, "replay", "--direction", "out", *sum(words.items(), ()), self.path,
                                       self.capture), f'{option}: "dmz" is in no zone')


main()
