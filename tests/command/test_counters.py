#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counters belong to names of rules, whatever else changes in the policy."""

import threading

from guarded import FAMILIES, HERE, THERE, Guarded, main, policy, rule

PORT, OTHER, ASK = 4000, 4001, 4002
TALK = rule("talk-in", "in", "udp", PORT)
OTHERS = rule("other-in", "in", "udp", OTHER)
MANY = 5000


class Counted(Guarded):
    def setUp(self):
        super().setUp()
        self.sender = self.socket(self.there)
        self.receiver = self.socket(self.here, port=PORT)

    def count(self, packets):
        for _ in range(packets):
            self.reaches(self.sender, self.receiver)

    def talked(self):
        return self.stats().packets("talk-in", "in")


class Names(Counted):
    def test_go_on_over_reloads(self):
        self.attach(policy("good", TALK))
        for reloads in range(1, 6):
            self.count(3)
            self.assertEqual(self.talked(), 3 * reloads)
            self.succeeds("reload", self.interface)
            self.assertEqual(self.talked(), 3 * reloads)

    def test_go_on_when_rules_move(self):
        other = self.socket(self.here, port=OTHER)
        self.attach(policy("good", TALK, OTHERS))
        self.count(3)
        self.reaches(self.sender, other)
        for text in (policy("good", OTHERS, TALK),
                     policy("new", OTHERS, TALK, rule("x", "in", "tcp")),
                     policy("good", rule("a", "in", "tcp", 1), rule("b", "out", "tcp", 2), TALK,
                            OTHERS)):
            self.reload(text)
            stats = self.stats()
            self.assertEqual((stats.packets("talk-in", "in"), stats.packets("other-in", "in")),
                             (3, 1))
        self.count(1)
        self.assertEqual(self.talked(), 4)

    def test_go_on_over_rollbacks(self):
        self.attach(policy("good", TALK))
        self.count(2)
        self.reload(policy("better", OTHERS, TALK))
        self.count(2)
        self.succeeds("rollback", self.interface)
        self.count(2)
        self.assertEqual(self.talked(), 6)
        self.succeeds("rollback", self.interface)
        self.assertEqual(self.talked(), 6)

    def test_go_on_when_the_rule_says_something_else(self):
        """A rule's ports and addresses are not part of its name."""
        self.attach(policy("good", TALK))
        self.count(2)
        self.reload(policy("good", rule("talk-in", "in", "udp", f"{PORT}-{OTHER}", log="yes")))
        self.count(1)
        self.assertEqual(self.talked(), 3)

    def test_start_anew_with_another_action(self):
        self.attach(policy("good", TALK))
        self.count(2)
        self.reload(policy("good", rule("talk-in", "in", "udp", PORT, "drop"), OTHERS))
        self.assertEqual(self.talked(), 0)
        other = self.socket(self.here, port=OTHER)
        self.reaches(self.sender, other, PORT)
        self.assertEqual(self.talked(), 1)

    def test_start_anew_with_an_action_that_came_back(self):
        self.attach(policy("good", TALK))
        self.count(2)
        self.reload(policy("good", rule("talk-in", "in", "udp", PORT, "drop")))
        self.reload(policy("good", TALK))
        self.assertEqual(self.talked(), 0)

    def test_start_anew_with_another_direction(self):
        self.attach(policy("good", TALK))
        self.count(2)
        self.reload(policy("good", rule("talk-in", "out", "udp", PORT)))
        self.assertEqual(self.stats().packets("talk-in", "out"), 0)
        self.assertEqual(self.stats().replies("talk-in", "out"), 0)

    def test_start_anew_after_they_were_gone(self):
        self.attach(policy("good", TALK))
        self.count(2)
        for _ in range(2):  # twice, because the previous policy keeps its seat
            self.reload(policy("other", OTHERS))
        self.reload(policy("good", TALK))
        self.assertEqual(self.talked(), 0)
        self.count(1)
        self.assertEqual(self.talked(), 1)

    def test_go_on_while_a_rollback_knows_them(self):
        self.attach(policy("good", TALK))
        self.count(2)
        self.reload(policy("other", OTHERS))
        self.succeeds("rollback", self.interface)
        self.assertEqual(self.talked(), 2)
        self.reload(policy("other", OTHERS))
        self.reload(policy("good", TALK))
        self.assertEqual(self.talked(), 2)

    def test_a_new_name_does_not_inherit(self):
        """Its number may have belonged to another rule."""
        self.attach(policy("good", TALK))
        self.count(5)
        for step in range(8):
            self.reload(policy("good", rule(f"name-{step}", "in", "udp", PORT)))
            self.assertEqual(self.stats().packets(f"name-{step}", "in"), 0)
            self.count(step + 1)
            self.assertEqual(self.stats().packets(f"name-{step}", "in"), step + 1)

    def test_directions_count_apart(self):
        both = rule("both-ways", "both", "udp", PORT, to=f"{HERE[0]}, {THERE[0]}")
        self.attach(policy("good", both))
        outside = self.socket(self.there, port=PORT)
        self.count(2)
        self.reaches(self.socket(self.here), outside)
        stats = self.stats()
        self.assertEqual((stats.packets("both-ways", "in"), stats.packets("both-ways", "out")),
                         (2, 1))

    def test_replies_count_apart(self):
        self.attach(policy("good", TALK, rule("ask-out", "out", "udp", ASK)))
        outside = self.socket(self.there, port=ASK)
        inside = self.socket(self.here)
        self.reaches(inside, outside)
        for _ in range(3):
            self.reaches(outside, inside)
        self.reaches(self.sender, self.receiver)
        self.reaches(self.receiver, self.sender)
        stats = self.stats()
        self.assertEqual((stats.packets("ask-out", "out"), stats.replies("ask-out", "out")), (1, 3))
        self.assertEqual((stats.packets("talk-in", "in"), stats.replies("talk-in", "in")), (1, 1))
        self.assertConserved()


class Conserved(Counted):
    """Rules, replies and reasons add up to the packets seen."""

    def test_each_direction(self):
        self.attach(policy("good", TALK, rule("ask-out", "out", "udp", ASK),
                           rule("never", "both", "udp", OTHER, "drop")))
        for family, _ in FAMILIES:
            outside = self.socket(self.there, family=family, port=ASK)
            inside = self.socket(self.here, family=family)
            sender = self.socket(self.there, family=family)
            receiver = self.receiver if family == 0 else self.socket(self.here, family=1, port=PORT)
            self.reaches(inside, outside)
            self.reaches(outside, inside)
            self.send(inside, OTHER, 3)
            self.send(inside, 6000, 3)
            self.reaches(sender, receiver, OTHER, 6000, OTHER, 6001)
        stats = self.stats()
        self.assertConserved()
        self.assertEqual(stats.packets("never", "in"), 4)
        self.assertEqual(stats.packets("never", "out"), 6)
        for direction in ("in", "out"):
            self.assertGreaterEqual(stats.seen[direction], 10)

    def test_accepted_without_a_rule(self):
        self.attach(policy("open", inbound="accept", outbound="accept"))
        outside, inside = self.socket(self.there, port=ASK), self.socket(self.here, port=OTHER)
        self.reaches(outside, inside)
        self.reaches(inside, outside)
        stats = self.stats()
        self.assertConserved()
        self.assertEqual(stats.reason("default", "in", "accept"), 1)
        self.assertEqual(stats.reason("reply", "out", "accept"), 1)


class Growth(Counted):
    """From 3 rules to 5,000 and back, counting all the time."""

    def feed(self, stop):
        """Sends both what the policy accepts and what it drops until STOP, at the pace of arrival,
        so that no queue overflows; returns how many of each were sent."""
        sent = 0
        while not stop.is_set():
            self.reaches(self.sender, self.receiver, 6000)
            sent += 1
        return sent

    def sampled(self, work):
        """Calls WORK while reading the counters continuously: they must never decrease."""
        samples, stop = [self.stats()], threading.Event()

        def sample():
            while not stop.is_set():
                samples.append(self.stats())
        thread = threading.Thread(target=sample)
        thread.start()
        try:
            work()
        finally:
            stop.set()
            thread.join()
        samples.append(self.stats())
        for one, later in zip(samples, samples[1:]):
            self.assertEqual(one.falls(later), [])

    def test_while_counting(self):
        few = policy("few", TALK, OTHERS, rule("ask-out", "out", "udp", ASK))
        many = policy("many", *[rule(f"rule-{i}", "in", "tcp", 10000 + i) for i in range(MANY)],
                      TALK, OTHERS, rule("ask-out", "out", "udp", ASK))
        path = self.file(many)
        self.attach(few)
        stop, sent = threading.Event(), []
        feeder = threading.Thread(target=lambda: sent.append(self.feed(stop)))
        feeder.start()
        try:
            for reload in ([path], [self.file(few)], [path]):
                self.sampled(lambda r=reload: self.succeeds("reload", self.interface, *r))
            self.sampled(lambda: self.succeeds("rollback", self.interface))
        finally:
            stop.set()
            feeder.join()
        stats = self.stats()
        self.assertEqual(len(sent), 1, "the feeder went to its end")
        self.assertEqual(stats.packets("talk-in", "in"), sent[0])
        self.assertEqual(stats.reason("default", "in"), sent[0])
        self.assertConserved()

    def test_new_rules_count_in_the_larger_tables(self):
        self.attach(policy("few", TALK))
        self.count(2)
        self.reload(policy("many", TALK, *[rule(f"rule-{i}", "in", "udp", 10000 + i)
                                           for i in range(300)]))
        self.reaches(self.sender, self.socket(self.here, port=10299))
        self.count(1)
        stats = self.stats()
        self.assertEqual((stats.packets("talk-in", "in"), stats.packets("rule-299", "in")), (3, 1))
        rules = {e["value"]["name"]: e for e in self.dump("rules")}
        self.assertEqual(rules["talk-in"]["value"]["carried"]["packets"], 2)


main()
