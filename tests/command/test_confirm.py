#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Confirmation: a policy that nobody confirms is withdrawn, and this needs no process."""

import json

from guarded import Guarded, main, policy, rule
from sandbox import until

PORT, OTHER = 4000, 4001
OPEN = policy("open", rule("talk", "in", "udp", PORT))
SHUT = policy("shut")
WIDE = policy("wide", rule("talk", "in", "udp", f"{PORT}, {OTHER}"))
LONG, SHORT = ("--confirm", "1h"), ("--confirm", "1s")


class Confirm(Guarded):
    def setUp(self):
        super().setUp()
        self.server = self.socket(self.here, port=PORT)
        self.client = self.socket(self.there)

    def passes(self):
        """Whether a datagram gets through the policy that the kernel has in force now."""
        def judged():
            stats = self.stats()
            return stats.judged("in")
        before = judged()
        self.send(self.client, PORT)
        until(lambda: judged() > before, "the datagram is judged")
        self.server.setblocking(False)
        try:
            return bool(self.server.recv(100))
        except BlockingIOError:
            return False

    def passes_by_itself(self):
        """Waits until datagrams get through, without running a command that could settle the
        deadline."""
        self.server.setblocking(False)

        def attempt():
            self.send(self.client, PORT)
            try:
                return self.server.recv(100)
            except BlockingIOError:
                return None
        until(attempt, "the kernel goes back by itself")

    def put(self, text, *options, command="reload"):
        self.succeeds(command, *options, self.interface, self.file(text))

    def policy_name(self):
        return self.status()["policy"]


class First(Confirm):
    def test_gives_way_to_everything(self):
        self.put(SHUT, *SHORT, command="attach")
        self.assertIsNotNone(self.status()["confirm_by"])
        self.passes_by_itself()
        status = self.status()
        self.assertEqual((status["policy"], status["confirm_by"]), ("unguarded", None))
        self.assertIsNotNone(status["expired_at"])
        self.assertEqual((status["path"], status["sha256"]), (None, None))
        packet = "in tcp 192.0.2.1:1 > 192.0.2.2:2"
        told = json.loads(self.succeeds("explain", "--json", self.interface, packet))
        self.assertEqual((told["reason"], told["file"]), ("unguarded", None))
        self.assertSays(self.succeeds("explain", self.interface, packet), "unguarded (no policy)")
        self.assertSays(self.succeeds("status", self.interface), "policy    none: unguarded")
        self.assertGreater(self.stats().reason("unguarded", "in", "accept"), 0)
        self.assertConserved()

    def test_is_kept_when_confirmed(self):
        self.put(SHUT, *LONG, command="attach")
        self.assertFalse(self.passes())
        self.succeeds("confirm", self.interface)
        self.assertIsNone(self.status()["confirm_by"])
        self.assertFalse(self.passes())
        self.assertSays(self.fails(1, "confirm", self.interface), "does not wait")
        self.assertSays(self.fails(1, "rollback", self.interface), "nothing to go back to")

    def test_late_confirmation_is_refused(self):
        self.put(SHUT, *SHORT, command="attach")
        self.passes_by_itself()
        self.assertSays(self.fails(1, "confirm", self.interface), "not confirmed in time")


class Later(Confirm):
    def setUp(self):
        super().setUp()
        self.attach(OPEN)

    def test_goes_back_to_the_policy_before(self):
        self.put(SHUT, *SHORT)
        self.passes_by_itself()
        self.assertEqual(self.policy_name(), "open")
        self.assertSays(self.fails(1, "rollback", self.interface), "has no previous policy",
                        "nothing to go back to")

    def test_what_expired_is_forgotten_with_the_next_policy(self):
        self.put(SHUT, *SHORT)
        self.passes_by_itself()
        self.assertIsNotNone(self.status()["expired_at"])
        self.put(WIDE)
        self.assertIsNone(self.status()["expired_at"])
        self.assertNotIn("not confirmed in time", self.fails(1, "confirm", self.interface))

    def test_confirmed_it_can_be_rolled_back(self):
        self.put(SHUT, *LONG)
        self.succeeds("confirm", self.interface)
        self.assertEqual(self.policy_name(), "shut")
        self.succeeds("rollback", self.interface)
        self.assertTrue(self.passes())

    def test_plain_reload_waits_for_the_decision(self):
        self.put(SHUT, *LONG)
        self.assertSays(self.fails(1, "reload", self.interface, self.file(WIDE)),
                        "waits for confirmation")
        self.assertEqual(self.policy_name(), "shut")

    def test_candidate_is_replaced_and_the_fallback_kept(self):
        self.put(SHUT, *LONG)
        self.put(WIDE, *LONG)
        self.assertTrue(self.passes())
        self.put(SHUT, *SHORT)
        self.passes_by_itself()
        self.assertEqual(self.policy_name(), "open")

    def test_rollback_ends_the_waiting(self):
        self.put(SHUT, *LONG)
        self.succeeds("rollback", self.interface)
        self.assertTrue(self.passes())
        self.assertEqual((self.policy_name(), self.status()["confirm_by"]), ("open", None))

    def test_counters_and_flows_go_on(self):
        self.assertTrue(self.passes())
        before = self.stats().packets("talk", "in")
        self.put(SHUT, *SHORT)
        self.passes_by_itself()
        self.assertGreater(self.stats().packets("talk", "in"), before)
        self.assertConserved()

    def test_wrong_times(self):
        for time in ("5", "s", "-5s", "5y", "0s", "1.5m", ""):
            self.assertSays(self.fails(2, "reload", "--confirm", time, self.interface), "not a time")


if __name__ == "__main__":
    main()
