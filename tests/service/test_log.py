#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules with log = yes: what the service says about packets that match them, and what it does when
there are too many."""

import re
import signal

from serving import Serving

from guarded import FAMILIES, HERE, THERE, main, policy, rule
from monitoring import Monitoring
from sandbox import until

PORT, OTHER, QUIET, FORBIDDEN = 4000, 4001, 4002, 4003
IN_A_SPAN = 64  # events of one rule on one CPU
RULES = 20
LOUD = (rule("talk-in", "in", "udp", PORT, log="yes"),
        rule("other-out", "out", "udp", OTHER, log="yes"),
        rule("quiet-in", "in", "udp", QUIET),
        rule("never-in", "in", "udp", FORBIDDEN, "drop", log="yes"))


class Logging(Serving, Monitoring):
    def packets(self, *words):
        """The lines about packets that contain all WORDS."""
        lines = re.findall(r"(?:drop|accept) by .*", self.said.read_text())
        return [line for line in lines if all(word in line for word in words)]

    def comes(self, count, *words):
        """Waits for COUNT lines with WORDS, and returns them; more would be wrong."""
        lines = until(lambda: len(self.packets(*words)) >= count and self.packets(*words),
                      f"{count} of {words} in {self.said.read_text()}")
        self.assertEqual(len(lines), count, lines)
        return lines

    def lost(self):
        return sum(cpu["value"]["events_lost"] for e in self.dump("seen") for cpu in e["values"])

    def exchange(self):
        """A packet for each rule of LOUD, in both families."""
        for family, _ in FAMILIES:
            outside = self.socket(self.there, family=family)
            for port in (PORT, QUIET, FORBIDDEN):
                self.send(outside, port)
            self.send(self.socket(self.here, family=family), OTHER)

    def test_what_is_said(self):
        self.serve(self.file(policy("loud", *LOUD)))
        self.exchange()
        for text, source, to in (("accept by rule talk-in: in udp", THERE, (HERE, PORT)),
                                 ("drop by rule never-in: in udp", THERE, (HERE, FORBIDDEN)),
                                 ("accept by rule other-out: out udp", HERE, (THERE, OTHER))):
            lines = self.comes(2, text)
            for family, form in ((0, "{}:{}"), (1, "[{}]:{}")):
                self.assertIn(f"> {form.format(to[0][family], to[1])}, ", lines[family])
                self.assertIn(source[family], lines[family])
            self.assertTrue(lines[0].endswith(", 43 bytes"), lines)
        self.assertEqual(self.packets("quiet-in"), [])
        self.assertEqual(self.lost(), 0)

    def test_what_no_rule_matches(self):
        """log = drops reports what the default drops, and nothing else that is dropped or accepted."""
        self.serve(self.file(policy("loud", rule("quiet-in", "in", "udp", QUIET),
                                    rule("silent-in", "in", "udp", FORBIDDEN, "drop"), log="drops")))
        until(self.listeners, "the service listens")
        self.exchange()
        lines = self.comes(2, "drop by reason default: in udp")
        self.assertSays(lines[0], f"{THERE[0]}:", f" > {HERE[0]}:{PORT}, 43 bytes")
        self.comes(2, "drop by reason default: out udp", str(OTHER))
        self.assertEqual(self.packets("silent-in") + self.packets("quiet-in"), [])
        self.assertEqual(self.lost(), 0)
        self.reload(policy("quiet", rule("quiet-in", "in", "udp", QUIET)))
        self.exchange()
        self.reload(policy("loud", rule("talk-in", "in", "udp", PORT, log="yes"), log="drops"))
        self.exchange()
        self.comes(2, "accept by rule talk-in")
        self.comes(2, f":{PORT}, ", "default")

    def test_audit_and_other_policies(self):
        """Names are those of the policy that judged, even after a command has changed the policy."""
        path = self.file(policy("loud", *LOUD, mode="audit"))
        self.serve(path)
        self.exchange()
        self.comes(2, "drop by rule never-in (audit: it passed): in udp")
        self.reload(policy("other", rule("first", "in", "udp", 1), rule("renamed", "in", "udp", PORT,
                                                                         log="yes")))
        self.exchange()
        self.comes(2, "accept by rule renamed: in udp")
        self.comes(2, "talk-in")
        self.succeeds("rollback", self.interface)
        self.exchange()
        self.comes(4, "talk-in")

    def test_too_many(self):
        """Part of a flood is reported and the rest counted; other rules are reported all the same."""
        count = 40 * IN_A_SPAN
        self.serve(self.file(policy("loud", *LOUD)))
        outside = self.socket(self.there)
        self.send(outside, PORT, count)
        self.send(outside, FORBIDDEN)
        self.comes(1, "never-in")
        until(lambda: len(self.packets("talk-in")) + self.lost() == count, "each is one or the other")
        self.assertGreaterEqual(len(self.packets("talk-in")), IN_A_SPAN)
        self.assertGreater(self.lost(), 0)
        self.says("more packets were to be reported")
        self.assertEqual(self.stats().packets("talk-in", "in"), count)

    def test_a_reader_that_sleeps(self):
        """A full ring loses events; it loses no packets, and no counter is wrong."""
        rules = [rule(f"rule-{i}", "in", "udp", 5000 + i, log="yes") for i in range(RULES)]
        self.serve(self.file(policy("many", *rules)))
        self.kill(signal.SIGSTOP)
        outside = self.socket(self.there)
        for i in range(RULES):
            self.send(outside, 5000 + i, IN_A_SPAN)
        self.assertGreater(self.lost(), 0)
        self.kill(signal.SIGCONT)
        until(lambda: len(self.packets("by rule")) + self.lost() == RULES * IN_A_SPAN,
              "each is one or the other")
        stats = self.stats()
        for i in range(RULES):
            self.assertEqual(stats.packets(f"rule-{i}", "in"), IN_A_SPAN)
        self.assertConserved()

    def test_beside_monitors(self):
        """Each of up to eight listeners gets every event."""
        self.serve(self.file(policy("loud", *LOUD)))
        until(self.listeners, "the service listens")
        monitors = [self.monitor() for _ in range(7)]
        self.assertSays(self.fails(1, "monitor", self.interface), "8 processes")
        self.exchange()
        for text in ("talk-in", "never-in", "other-out"):
            self.comes(2, text)
            for monitor in monitors:
                monitor.comes(2, text)
        monitors[0].end(signal.SIGINT)
        self.send(self.socket(self.there), FORBIDDEN)
        self.comes(3, "never-in")
        monitors[1].comes(3, "never-in")

    def test_killed_and_back(self):
        """A killed service leaves its slot behind; the next one listens all the same, and so does
        one that starts after the interface was detached and attached again."""
        path = self.file(policy("loud", *LOUD))
        for _ in range(3):
            self.serve(path)
            self.kill(signal.SIGKILL)
            self.service.wait()
        self.serve(path)
        self.exchange()
        self.comes(2, "talk-in")
        self.succeeds("detach", self.interface)
        self.says("somebody detached it")
        self.kill(signal.SIGHUP)
        self.notices.next("READY=1")
        self.exchange()
        self.comes(4, "talk-in")

    def test_nobody_is_left(self):
        """After the service has stopped nothing listens, and nothing is counted as lost."""
        self.serve(self.file(policy("loud", *LOUD)))
        self.assertEqual(self.stop(), 0)
        self.send(self.socket(self.there), PORT, 2 * IN_A_SPAN)
        self.assertEqual(self.stats().packets("talk-in", "in"), 2 * IN_A_SPAN)
        self.assertEqual(self.lost(), 0)
        self.assertEqual(self.dump("listeners"), [])


main()
