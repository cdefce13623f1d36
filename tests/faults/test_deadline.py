#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The dead-man switch: a policy that cuts everybody off, and that nobody is left to withdraw, is
withdrawn by itself: on time, in both directions; and `status` reports it afterwards."""

import datetime
import os
import pathlib
import signal
import struct
import threading
import time

from fault import FLOOD, ONE, main, policy
from sandbox import until
from serving import Serving

SHUT, WAIT = policy("shut"), ("--confirm", "3s")
LATE = 0.5  # seconds: the only time that is promised


class Stream(threading.Thread):
    """A datagram each millisecond, with the time at which it arrived at the other end, if it did."""

    def __init__(self, test, sender, receiver, port):
        super().__init__()
        self.test, self.sender, self.receiver, self.port = test, sender, receiver, port
        self.sent, self.got, self.ending = [], {}, threading.Event()
        receiver.setblocking(False)

    def take(self):
        try:
            while True:
                self.got.setdefault(struct.unpack("Q", self.receiver.recv(100))[0], time.monotonic())
        except BlockingIOError:
            pass

    def run(self):
        while not self.ending.is_set():
            self.sent.append(time.monotonic())
            self.test.send(self.sender, self.port, data=struct.pack("Q", len(self.sent) - 1))
            self.take()
            time.sleep(0.001)

    def stop(self):
        self.ending.set()
        self.join()
        time.sleep(0.05)
        self.take()


class Deadline(Serving):
    def setUp(self):
        super().setUp()
        server, client = self.socket(self.here, port=FLOOD), self.socket(self.there)
        outside = self.socket(self.there, port=FLOOD + 2)
        self.streams = [Stream(self, client, server, FLOOD),
                        Stream(self, self.socket(self.here), outside, FLOOD + 2)]

    def word(self):
        return self.dump("seat")[0]["value"][".data.seat"][0]["seat"]

    def wait_for_it(self):
        """Waits with no process of ours alive; each packet then shows whether it was judged in
        time."""
        deadline = self.word()["confirm_by_ns"] / 1e9
        self.assertNobody()
        for stream in self.streams:
            self.addCleanup(stream.ending.set)
            stream.start()
        time.sleep(max(0, deadline - time.monotonic()) + LATE + 0.5)
        for stream in self.streams:
            stream.stop()
            early = [at for at in stream.got.values() if at < deadline]
            late = [at for number, at in enumerate(stream.sent)
                    if at > deadline + LATE and number not in stream.got]
            first = min(stream.got.values())
            print(f"\n{len(stream.sent)} packets; the first passes {1000 * (first - deadline):.1f} ms "
                  "after the deadline", end="")
            self.assertLess(stream.sent[0], deadline)
            self.assertEqual((early, late), ([], []))
            self.assertLess(first, deadline + LATE)
        return deadline

    def assertNobody(self):
        """No process of the program is alive in this namespace: what a killed one has started ends
        with it, a moment later."""
        until(lambda: not [pid for pid in os.listdir("/proc") if pid.isdigit() and self.runs_it(pid)],
              "nobody is alive")

    def runs_it(self, pid):
        place = pathlib.Path("/proc", pid)
        try:
            return os.readlink(place / "exe") == str(self.program) and \
                os.stat(place / "ns/net").st_ino == os.stat(f"/run/netns/{self.here.name}").st_ino
        except OSError:
            return False

    def assertTold(self, deadline, name):
        """Reported by status, in both forms, also when asked again."""
        passed = time.time() - (time.monotonic() - deadline)
        for _ in range(2):
            status = self.status()
            self.assertEqual((status["policy"], status["confirm_by"]), (name, None))
            told = datetime.datetime.fromisoformat(status["expired_at"]).timestamp()
            self.assertAlmostEqual(told, passed, delta=1.5)
            self.assertSays(self.succeeds("status", self.interface), "confirm   did not come by",
                            "gone back to the previous policy")
        self.assertPinsWhole()
        self.assertConserved()

    def test_attach(self):
        self.succeeds("attach", *WAIT, self.interface, self.file(SHUT))
        self.assertTold(self.wait_for_it(), "unguarded")

    def test_reload(self):
        self.attach(ONE)
        self.succeeds("reload", *WAIT, self.interface, self.file(SHUT))
        self.assertTold(self.wait_for_it(), "one")

    def test_candidate_after_candidate(self):
        self.attach(ONE)
        shut = self.file(SHUT)
        self.succeeds("reload", "--confirm", "1h", self.interface, shut)
        self.succeeds("reload", *WAIT, self.interface, shut)
        self.assertTold(self.wait_for_it(), "one")

    def test_with_a_service_that_is_killed(self):
        self.serve(self.file(ONE), "--listen", "127.0.0.1:9469")
        self.succeeds("reload", *WAIT, self.interface, self.file(SHUT))
        self.kill(signal.SIGKILL)
        self.service.wait()
        self.assertTold(self.wait_for_it(), "one")

    def test_a_command_that_comes_too_late(self):
        self.attach(ONE)
        self.succeeds("reload", *WAIT, self.interface, self.file(SHUT))
        deadline = self.wait_for_it()
        self.assertSays(self.fails(1, "confirm", self.interface), "not confirmed in time")
        self.assertSays(self.fails(1, "rollback", self.interface), "nothing to go back to")
        self.assertTold(deadline, "one")


main()
