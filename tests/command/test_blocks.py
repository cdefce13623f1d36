#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Blocks: in force at once, whatever the policy says, until they expire; each counts what it drops."""

import json
import subprocess

from guarded import HERE, THERE, main, policy, rule
from killing import Killing
from sandbox import until

PORT, ASK = 4000, 4001
TALK = policy("talk", rule("talk-in", "in", "udp, tcp", PORT), rule("ask-out", "out", "udp, tcp", ASK))
OTHER = policy("other", rule("ask-out", "out", "udp, tcp", ASK), rule("talk-in", "in", "udp, tcp", PORT))
IN = f"in udp {THERE[0]} > :{PORT}"


class Blocking(Killing):
    def setUp(self):
        super().setUp()
        self.attach(TALK)
        self.sender, self.receiver = self.socket(self.there), self.socket(self.here, port=PORT)

    def block(self, *arguments, **options):
        return self.succeeds("block", self.interface, *arguments, **options).strip()

    def blocks(self):
        shown = json.loads(self.succeeds("blocks", "--json", self.interface))
        return {one.pop("name"): one for one in shown}

    def blocked(self, direction="in"):
        return self.stats().reason("blocked", direction)

    def assertDropped(self):
        before = self.blocked()
        self.send(self.sender, PORT)
        until(lambda: self.blocked() > before, "it is counted as blocked")
        self.assertSilent(self.receiver)


class Force(Blocking):
    def test_at_once_and_until_it_is_ended(self):
        self.reaches(self.sender, self.receiver)
        self.assertEqual(self.block(IN), "block-1")
        self.assertDropped()
        one = self.blocks()["block-1"]
        self.assertEqual((one["pattern"], one["packets"], one["origin"], one["limit"], one["expires"]),
                         (IN, 1, "manual", None, None))
        self.assertEqual(self.status()["blocks"], 1)
        self.assertGreater(one["bytes"], 0)
        self.succeeds("unblock", self.interface, "block-1")
        self.reaches(self.sender, self.receiver)
        self.assertEqual(self.blocks(), {})
        self.assertConserved()

    def test_a_connection(self):
        outside, inside = self.connect(self.there, self.here, PORT, 0)
        self.block(f"both tcp {THERE[0]} >", "--name", "in")
        self.block(f"both tcp > {THERE[0]}", "--name", "out")
        before = self.blocked()
        outside.sendall(b"lost")
        until(lambda: self.blocked() > before, "a packet in is dropped")
        before = self.blocked("out")
        inside.sendall(b"lost")
        until(lambda: self.blocked("out") > before, "a packet out is dropped")
        self.succeeds("unblock", self.interface, "--all")
        self.assertEqual((inside.recv(4), outside.recv(4)), (b"lost", b"lost"))

    def test_outlives_policies(self):
        self.block(IN)
        for change in (lambda: self.reload(OTHER), lambda: self.reload(TALK),
                       lambda: self.succeeds("rollback", self.interface)):
            change()
            self.assertDropped()
        self.assertEqual(self.blocks()["block-1"]["packets"], 3, "and goes on counting")
        self.succeeds("detach", self.interface)
        self.attach(TALK)
        self.assertEqual(self.blocks(), {})
        self.reaches(self.sender, self.receiver)

    def test_audit_lets_it_pass(self):
        self.reload(TALK.replace("name = talk", "name = talk\nmode = audit"))
        self.block(IN)
        self.reaches(self.sender, self.receiver)
        self.assertEqual((self.blocked(), self.blocks()["block-1"]["packets"]), (1, 1))

    def test_counters_belong_to_names(self):
        self.block(IN, "--name", "one")
        self.assertDropped()
        self.block("in udp > :9", "--name", "two")
        self.block(IN, "--name", "one", "--for", "1h")
        self.assertDropped()
        self.assertEqual({name: one["packets"] for name, one in self.blocks().items()}, {"one": 2, "two": 0})
        self.succeeds("unblock", self.interface, "one")
        self.block(IN, "--name", "one")
        self.assertEqual(self.blocks()["one"]["packets"], 0, "ended, and begun anew")

    def test_a_limit_lets_what_is_below_go_on_to_the_rules(self):
        self.block(IN, "--limit", "2/hour burst 2")
        self.reaches(self.sender, self.receiver)
        self.reaches(self.sender, self.receiver)
        self.assertDropped()
        self.block("in udp > :9", "--name", "other")
        self.assertDropped()


class Expiry(Blocking):
    def arrives(self):
        self.send(self.sender, PORT)
        self.receiver.settimeout(0.05)
        try:
            return self.receiver.recv(100)
        except TimeoutError:
            return None

    def test_in_the_kernel(self):
        self.block(IN, "--for", "1s", "--name", "short")
        self.assertDropped()
        until(self.arrives, "packets pass again, with no command in between")
        self.assertEqual(self.blocks(), {})

    def test_one_that_expires_hides_no_other(self):
        self.block(f"in {THERE[0]} >", "--name", "long")
        self.block(IN, "--for", "1s", "--name", "short")
        until(lambda: list(self.blocks()) == ["long"], "it expires")
        self.assertDropped()
        self.assertEqual(self.blocks()["long"]["packets"], 1)


class Said(Blocking):
    def test_explain_names_it(self):
        self.block(IN, "--name", "dns-flood")
        packet = f"in udp {THERE[0]}:9 > {HERE[0]}:{PORT}"
        self.assertSays(self.succeeds("explain", self.interface, packet), "by reason blocked, block dns-flood")
        shown = json.loads(self.succeeds("explain", "--json", self.interface, packet))
        self.assertEqual((shown["reason"], shown["block"], shown["rule"]), ("blocked", "dns-flood", None))
        self.assertEqual(self.blocked(), 0, "nothing was counted")

    def test_metrics(self):
        self.block(IN, "--name", "dns-flood")
        self.assertDropped()
        shown = self.succeeds("stats", "--prometheus", self.interface)
        self.assertSays(shown, f'edgexdp_blocks{{interface="{self.interface}",origin="manual"}} 1')
        self.assertSays(shown, f'edgexdp_block_packets_total{{interface="{self.interface}",origin="manual",'
                               'block="dns-flood"} 1')

    def test_monitor_names_one_that_is_made_later(self):
        monitor = subprocess.Popen(
            self.here.command(self.program, "monitor", "--json", "--count", "1", self.interface),
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.addCleanup(monitor.wait)
        self.addCleanup(monitor.kill)
        until(lambda: self.dump("listening")[0]["value"][".data.listening"][0]["listening"]["hears"], "it listens")
        self.block(IN, "--name", "dns-flood")
        self.send(self.sender, PORT)
        event = json.loads(monitor.communicate()[0])
        self.assertEqual((event["reason"], event["block"], event["rule"]), ("blocked", "dns-flood", None))


class Refused(Blocking):
    def test_what_is_no_pattern(self):
        for pattern, why in (("tcp > :80", "direction is missing"), ("in tcp # > :80", "comments"),
                             ("in tcp > :80 limit 5/second", "--limit"), ("in friends >", "friends")):
            with self.subTest(pattern):
                done = self.call("block", self.interface, pattern)
                self.assertEqual(done.returncode, 1)
                self.assertSays(done.stderr, why)
        self.assertEqual(self.blocks(), {})

    def test_a_name_that_is_none(self):
        self.block(IN)
        self.assertSays(self.fails(1, "unblock", self.interface, "block-1", "block-2"), "no block block-2")
        self.assertDropped()

    def test_locks_nobody_out(self):
        session = {"SSH_CONNECTION": f"{THERE[0]} 50000 {HERE[0]} 22"}
        for pattern in (f"in {THERE[0]} >", "in tcp > :22", "out tcp :22 >", "both"):
            with self.subTest(pattern):
                self.assertSays(self.fails(1, "block", self.interface, pattern, env=session), "lock you out")
                self.block(pattern, "--force", "--name", "forced", env=session)
                self.block("in udp > :9", "--name", "other", env=session)
                self.succeeds("unblock", self.interface, "--all")
        self.block("in tcp > :23", env=session)


if __name__ == "__main__":
    main()
