#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The filter never depends on the service: it is killed, and the next one adopts what is in force."""

import signal
import time

from serving import BROKEN, GOOD, OTHER, PORT, TALK, WIDER, Serving, Traffic

from guarded import PINS, main, policy, rule


class Dying(Serving):
    def test_killed_under_traffic(self):
        """The kernel goes on, packet by packet, and so do the counters."""
        path = self.file(GOOD)
        self.serve(path)
        before = self.status()
        permitted, forbidden = self.socket(self.here, port=PORT), self.socket(self.here, port=OTHER)
        with Traffic(self, self.socket(self.there), permitted, forbidden) as traffic:
            for _ in range(5):
                time.sleep(0.3)
                earlier = self.stats()
                self.service.kill()
                self.service.wait()
                time.sleep(0.3)
                self.serve(path)
                self.says("adopted")
                self.assertEqual(earlier.falls(self.stats()), [])
        self.assertEqual(traffic.got, [traffic.sent[0], 0])
        self.assertGreater(traffic.sent[1], 500)
        stats = self.stats()
        self.assertEqual(stats.packets("talk-in", "in"), traffic.sent[0])
        self.assertConserved()
        now = self.status()
        for key in ("program_id", "loaded_at", "attached_at"):
            self.assertEqual(now[key], before[key], key)

    def test_killed_while_it_starts(self):
        """At any moment: what is left is complete, or nothing."""
        path = self.file(GOOD)
        for step in range(20):
            self.start(path)
            time.sleep(0.005 * step)
            self.service.kill()
            self.service.wait()
            if (PINS / self.interface).exists():
                self.assertEqual(self.status()["policy"], "good")
        self.serve(path)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)

    def test_killed_while_it_reloads(self):
        """At any moment of a reload, with traffic: nothing is lost, nothing forbidden passes, and
        no counter decreases."""
        texts = (GOOD, policy("more", TALK, rule("third-in", "in", "udp", 4002)))
        path = self.file(GOOD, "served.ini")
        self.serve(path)
        permitted, forbidden = self.socket(self.here, port=PORT), self.socket(self.here, port=OTHER)
        with Traffic(self, self.socket(self.there), permitted, forbidden) as traffic:
            for step in range(40):
                earlier = self.stats()
                self.file(texts[step % 2 == 0], "served.ini")
                self.kill(signal.SIGHUP)
                time.sleep(0.001 * step)
                self.service.kill()
                self.service.wait()
                self.assertIn(self.status()["policy"], ("good", "more"))
                self.serve(path)
                self.assertEqual(earlier.falls(self.stats()), [])
        self.assertEqual(traffic.got, [traffic.sent[0], 0])
        self.assertEqual(self.stats().packets("talk-in", "in"), traffic.sent[0])
        self.assertConserved()

    def test_adopts_what_attach_made(self):
        path = self.attach(GOOD)
        before = self.status()
        self.serve(path)
        self.assertEqual(self.status(), before)
        self.says("adopted", "policy good")

    def test_adopting_another_file_is_a_reload(self):
        self.attach(WIDER)
        before = self.status()
        self.serve(self.file(GOOD))
        after = self.status()
        self.assertEqual(after["policy"], "good")
        self.assertEqual(after["program_id"], before["program_id"])
        self.assertTrue(after["rollback"])

    def test_adopts_with_a_broken_file(self):
        """Following what is in force is better than giving up."""
        self.attach(GOOD)
        self.start(self.file(BROKEN))
        self.notices.next("STATUS=", "policy good", "failed", "port 70000")
        self.notices.next("READY=1")
        self.assertEqual(self.status()["policy"], "good")

    def test_two_services(self):
        path = self.file(GOOD)
        self.serve(path)
        before = self.status()
        self.serve(path)
        self.assertEqual(self.status(), before)


main()
