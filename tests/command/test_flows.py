#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Flows: what the inside opened goes on as long as the policy has the rule that let it out."""

import json
import socket
import struct

from guarded import FAMILIES, HERE, PINS, THERE, Guarded, main, policy, rule
from sandbox import run, until

PORT, ASK, SERVE = 4000, 4002, 4003
TALK = rule("talk-in", "in", "udp", PORT)
ASKS = rule("ask-out", "out", "udp, tcp", ASK)
SERVES = rule("serve-in", "in", "tcp", SERVE)
WITH = policy("with", TALK, ASKS, SERVES)
WITHOUT = policy("without", TALK, SERVES)


class Flows(Guarded):
    def setUp(self):
        super().setUp()
        self.mark = self.socket(self.here, port=PORT)  # shows that packets sent before have been judged

    def dropped(self, direction="in"):
        return self.stats().reason("default", direction)

    def works(self, one, other):
        for sender, receiver in ((one, other), (other, one)):
            sender.sendall(b"ping")
            self.assertEqual(receiver.recv(4), b"ping")

    def stalls(self, sender, receiver):
        """What is sent is dropped on the way and does not arrive."""
        before = self.dropped()
        sender.sendall(b"lost")
        until(lambda: self.dropped() > before, "a packet is dropped")
        self.assertSilent(receiver)


class Tcp(Flows):
    def test_survives_reloads(self):
        self.attach(WITH)
        ends = [self.connect(self.here, self.there, ASK, family) for family, _ in FAMILIES]
        ends += [self.connect(self.there, self.here, SERVE, family) for family, _ in FAMILIES]
        before = self.stats()
        for text in (WITH, policy("new", SERVES, rule("x", "in", "tcp", 1), ASKS, TALK), WITH):
            self.reload(text)
            for one, other in ends:
                self.works(one, other)
        for _ in range(2):
            self.succeeds("rollback", self.interface)
            for one, other in ends:
                self.works(one, other)
        stats = self.stats()
        self.assertEqual(self.dropped(), before.reason("default", "in"))
        self.assertGreater(stats.replies("ask-out", "out"), before.replies("ask-out", "out"))
        self.assertConserved()

    def test_is_cut_with_its_rule(self):
        self.attach(WITH)
        for family, name in FAMILIES:
            with self.subTest(name):
                inside, outside = self.connect(self.here, self.there, ASK, family)
                self.works(inside, outside)
                self.reload(WITHOUT)
                self.stalls(outside, inside)
                self.reload(WITH)
                self.assertEqual(inside.recv(4), b"lost", "it goes on when its rule is back")
                self.works(inside, outside)

    def test_is_cut_by_a_rollback(self):
        self.attach(WITHOUT)
        self.reload(WITH)
        inside, outside = self.connect(self.here, self.there, ASK)
        self.works(inside, outside)
        self.succeeds("rollback", self.interface)
        self.stalls(outside, inside)

    def test_is_cut_when_its_rule_drops(self):
        self.attach(WITH)
        inside, outside = self.connect(self.here, self.there, ASK)
        self.reload(policy("drop", TALK, rule("ask-out", "out", "tcp", ASK, "drop")))
        self.stalls(outside, inside)

    def test_the_inside_cannot_go_on_either(self):
        self.attach(WITH)
        inside, outside = self.connect(self.here, self.there, ASK)
        self.reload(WITHOUT)
        before = self.dropped("out")
        inside.sendall(b"lost")
        until(lambda: self.dropped("out") > before, "a packet is dropped on the way out")
        self.assertSilent(outside)

    def test_a_service_is_cut_with_its_rule(self):
        """Replies to services need no flow, but they need the rule."""
        self.attach(WITH)
        outside, inside = self.connect(self.there, self.here, SERVE)
        self.works(inside, outside)
        self.reload(policy("closed", TALK, ASKS))
        self.stalls(outside, inside)

    def test_never_opens_inbound(self):
        """A remote host cannot use a flow's ports to open a connection to the inside."""
        self.attach(WITH)
        inside, outside = self.connect(self.here, self.there, ASK)
        port = inside.getsockname()[1]
        self.outside_gives_up(outside)
        before = self.dropped()
        opener = self.socket(self.there, socket.SOCK_STREAM, port=ASK)
        opener.setblocking(False)
        self.assertRaises(BlockingIOError, opener.connect, (HERE[0], port))
        until(lambda: self.dropped() > before, "its SYN is dropped")
        self.assertEqual(self.status()["flows"], 1)

    def test_is_not_ended_by_a_stranger(self):
        """RSTs with any sequence number, from somebody who knows or guesses addresses and ports."""
        self.attach(WITH)
        for family, name in FAMILIES:
            with self.subTest(name):
                inside, outside = self.connect(self.here, self.there, ASK, family)
                self.works(inside, outside)
                replies = self.stats().replies("ask-out", "out")
                stranger = self.socket(self.there, socket.SOCK_RAW, family, protocol=socket.IPPROTO_TCP)
                for number in (0, 1 << 31, 12345):
                    stranger.sendto(struct.pack("!HHIIBBHHH", ASK, inside.getsockname()[1], number, 0,
                                                0x50, 4, 0, 0, 0), (HERE[family], 0))
                until(lambda r=replies: self.stats().replies("ask-out", "out") >= r + 3, "they came in")
                self.age(61)
                self.works(outside, inside)
        self.assertEqual(self.dropped(), 0)
        self.assertConserved()

    def age(self, seconds):
        """Makes every flow idle for that many seconds."""
        pin = PINS / self.interface / "flows"
        for flow in json.loads(run("bpftool", "-j", "map", "dump", "pinned", pin)):
            value = bytes(int(byte, 0) for byte in flow["value"])
            created, seen = (max(at - seconds * 10 ** 9, 0) for at in struct.unpack_from("=QQ", value))
            value = struct.pack("=QQ", created, seen) + value[16:]
            run("bpftool", "map", "update", "pinned", pin, "key", *flow["key"],
                "value", *map(str, value))

    @staticmethod
    def outside_gives_up(outside):
        """Closes it with a RST, so that its port is free at once."""
        outside.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        outside.close()


class Older(Flows):
    """Connections that were open before the filter was attached."""

    def test_goes_on_without_a_word_of_the_inside(self):
        ends = [self.connect(self.here, self.there, ASK, family) for family, _ in FAMILIES]
        self.attach(WITH)
        for inside, outside in ends:
            self.works(outside, inside)
        self.assertEqual(self.dropped(), 0)

    def test_is_cut_when_no_rule_names_it(self):
        inside, outside = self.connect(self.here, self.there, ASK)
        self.attach(WITHOUT)
        self.assertEqual(self.status()["flows"], 0)
        self.stalls(outside, inside)


class Udp(Flows):
    def setUp(self):
        super().setUp()
        self.sender = self.socket(self.there)
        self.inside = self.socket(self.here, port=5000)
        self.outside = self.socket(self.there, port=ASK)

    def answered(self):
        """Does an answer from outside arrive while the inside sends nothing?"""
        self.send(self.outside, 5000, data=b"answer")
        self.reaches(self.sender, self.mark)
        self.inside.setblocking(False)
        try:
            return self.inside.recv(100) == b"answer"
        except BlockingIOError:
            return False
        finally:
            self.inside.settimeout(20)

    def ask(self):
        self.reaches(self.inside, self.outside)

    def test_only_after_a_question(self):
        self.attach(WITH)
        self.assertFalse(self.answered())
        self.assertEqual(self.status()["flows"], 0, "what comes in makes no flow")
        self.ask()
        self.assertTrue(self.answered())
        self.assertEqual(self.status()["flows"], 1)
        self.assertEqual(self.stats().replies("ask-out", "out"), 1)

    def test_only_from_whom_it_was_sent_to(self):
        self.attach(WITH)
        self.ask()
        self.send(self.sender, 5000, data=b"other port")
        self.assertTrue(self.answered())
        self.assertSilent(self.inside)

    def test_outlives_reloads(self):
        self.attach(WITH)
        self.ask()
        before = self.dump("flows")
        for _ in range(3):
            self.succeeds("reload", self.interface)
            self.assertEqual(self.dump("flows")[0]["key"], before[0]["key"])
            self.assertTrue(self.answered())

    def test_ends_when_its_rule_was_gone(self):
        """A rule that disappears and returns is another rule: the inside has to ask again."""
        self.attach(WITH)
        self.ask()
        self.reload(WITHOUT)
        self.assertFalse(self.answered())
        self.reload(WITHOUT)
        self.reload(WITH)
        self.assertFalse(self.answered())
        self.ask()
        self.assertTrue(self.answered())

    def test_ends_when_its_rule_is_called_otherwise(self):
        self.attach(WITH)
        self.ask()
        self.reload(WITH.replace("ask-out", "question-out"))
        self.assertFalse(self.answered())
        self.ask()
        self.assertTrue(self.answered())
        self.assertEqual(self.stats().replies("question-out", "out"), 1)

    def test_of_a_policy_that_accepts_outbound(self):
        self.attach(policy("open", TALK, outbound="accept"))
        self.ask()
        self.assertTrue(self.answered())
        self.assertEqual(self.stats().reason("reply", "in", "accept"), 1)
        self.reload(policy("closed", TALK))
        self.assertFalse(self.answered())
        self.reload(policy("open", TALK, outbound="accept"))
        self.assertTrue(self.answered())

    def test_what_is_dropped_makes_none(self):
        self.attach(WITHOUT)
        self.send(self.inside, ASK)
        self.assertEqual(self.status()["flows"], 0)
        self.assertFalse(self.answered())

    def test_a_reply_to_a_service_makes_none(self):
        self.attach(WITH)
        self.reaches(self.sender, self.mark)
        self.reaches(self.mark, self.sender)
        self.assertEqual(self.status()["flows"], 0)


class Shown(Flows):
    """What `flows` shows, and ends."""

    def setUp(self):
        super().setUp()
        self.attach(WITH)
        self.one, self.other = self.connect(self.here, self.there, ASK, 1)
        self.sender = self.socket(self.here)
        self.receiver = self.socket(self.there, port=ASK)
        self.send(self.sender, ASK)
        self.receiver.recv(10)

    def shown(self):
        return json.loads(self.succeeds("flows", "--json", self.interface))

    def test_conversations(self):
        udp, tcp = sorted(self.shown(), key=lambda flow: flow["protocol"], reverse=True)
        self.assertEqual({key: udp[key] for key in ("interface", "protocol", "local", "local_port", "remote",
                                                    "remote_port", "rule", "state", "type")},
                         {"interface": self.interface, "protocol": "udp", "local": HERE[0],
                          "local_port": self.sender.getsockname()[1], "remote": THERE[0], "remote_port": ASK,
                          "rule": "ask-out", "state": None, "type": None})
        self.assertEqual((tcp["local"], tcp["remote"], tcp["state"]), (HERE[1], THERE[1], "open"))
        self.assertLess(tcp["idle_seconds"], 60)
        said = self.succeeds("flows", self.interface)
        self.assertRegex(said, rf"(?m)^tcp +\[{HERE[1]}\]:\d+ +\[{THERE[1]}\]:{ASK} +ask-out +\S+Z +\d+s open$")
        self.other.close()
        until(lambda: self.one.recv(1) == b"" and any(f["state"] == "closing" for f in self.shown()), "its end")

    def test_only_those_that_count(self):
        self.reload(WITHOUT)
        self.assertEqual(self.shown(), [])
        self.assertIn("no conversation goes on", self.succeeds("flows", self.interface))

    def test_kill(self):
        self.assertEqual(self.succeeds("flows", "--kill", "tcp > 192.0.2.1", self.interface), "0 conversations ended\n")
        self.assertEqual(self.succeeds("flows", "--kill", f"udp > {THERE[0]}:{ASK}", "all"), "1 conversation ended\n")
        self.assertEqual([flow["protocol"] for flow in self.shown()], ["tcp"])
        before = self.dropped()
        self.receiver.sendto(b"late", self.sender.getsockname())
        until(lambda: self.dropped() > before, "its answer is dropped")
        self.assertIn("no set is named", self.call("flows", "--kill", "tpc >", self.interface).stderr)
        for words, said in (("udp > limit 5/second", '"limit" says what becomes of packets'), ("udp > log", '"log" says'),
                            ("udp >\n[sets]", "a pattern is one line"), ("udp > # all", "one line without comments")):
            self.assertIn(said, self.fails(1, "flows", "--kill", words, self.interface), words)


main()
