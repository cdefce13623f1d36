#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""SIGKILL at random instants of the service: while it starts, while it reloads, while it exports;
with a checker that sends permitted and forbidden packets continuously."""

import os
import pathlib
import signal
import sys
import threading
import time

from fault import KILLS, ONE, OTHER, SEED, Faulty, main
from serving import Serving

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "metrics"))

from guarded import entered
from sandbox import run, until
from scrape import Metrics, scrape

LISTEN = ("--listen", "127.0.0.1:9469")


class Scraper(threading.Thread):
    """Requests metrics continuously. As a context: what it has seen decrease is in `falls`."""

    def __init__(self, namespace):
        super().__init__()
        self.namespace, self.ending = namespace, threading.Event()
        self.falls, self.answers, self.last = [], 0, None

    def run(self):
        with entered(self.namespace):
            while not self.ending.is_set():
                try:
                    now = scrape(timeout=5)
                except (OSError, ValueError):  # nobody there, or killed in the middle of an answer
                    continue
                self.falls += self.last.falls(now) if self.last else []
                self.last = now
                self.answers += 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()


class Killed(Faulty, Serving):
    def setUp(self):
        super().setUp()
        self.texts = (ONE, OTHER)
        self.path = self.file(ONE, "served.ini")
        self.kills = 0

    def times(self, share):
        return range(max(1, KILLS * share // 240))

    def ready_after(self, *options):
        """Starts the service; returns how long it takes to be ready."""
        start = time.monotonic()
        self.serve(self.path, *options)
        return time.monotonic() - start

    def kill_it(self, process=None):
        os.kill(process or self.service.pid, signal.SIGKILL)
        self.kills += 1
        if not process:
            self.service.wait()
            self.notices.during(0)

    def kill_at(self, takes):
        time.sleep(takes * self.random.uniform(0, 1.1))
        self.kill_it()

    def test_while_it_starts(self):
        """On an interface that is not guarded yet, and on one that is."""
        self.check()
        takes = self.ready_after()
        self.kill_it()
        for kill in self.times(18):
            if kill % 2:
                self.guarded(False)
                self.succeeds("detach", self.interface)
            else:
                self.guarded(True)
                self.assertWhole()
                self.file(self.texts[kill % 4 // 2], "served.ini")
            self.start(self.path)
            self.kill_at(takes)
            self.recover(["attach", self.interface, self.path], ["status"],
                         ["stats", "--json", self.interface], ["reload", self.interface])
            self.serve(self.path)
            self.guarded(True)
            self.assertWhole()
            self.kill_it()
        self.report()

    def reload(self, kill):
        self.file(self.texts[kill % 2], "served.ini")
        self.service.send_signal(signal.SIGHUP)

    def test_while_it_reloads(self):
        self.serve(self.path)
        self.check()
        self.guarded(True)
        takes = self.takes("reload", self.interface)
        for kill in self.times(18):
            self.reload(kill + 1)
            self.kill_at(takes)
            self.recover(["status"], ["stats", self.interface], ["rollback", self.interface],
                         ["reload", self.interface, self.path])
            self.assertWhole()
            self.serve(self.path)
            self.assertWhole()
        self.report()

    def test_while_it_exports(self):
        """The service, the process that opens, or the one that answers; a file is complete, or as
        it was."""
        file = self.sandbox.directory / "edgexdp.prom"
        self.serve(self.path, *LISTEN, "--textfile", str(file))
        until(file.exists, "the file is there")
        self.check()
        self.guarded(True)
        written = Metrics(file.read_text())
        with Scraper(self.here) as scraper:
            for kill in self.times(16):
                answers = scraper.answers
                until(lambda: scraper.answers > answers, "an answer")
                self.reload(kill + 1)
                time.sleep(self.random.uniform(0, 0.15))
                self.kill_it(self.victim(kill))
                self.assertWhole()
                now = Metrics(file.read_text())
                self.assertEqual(now.order, written.order)
                self.assertEqual(written.falls(now), [])
                written = now
                if self.service.poll() is not None:
                    self.serve(self.path, *LISTEN, "--textfile", str(file))
        self.assertEqual(scraper.falls, [])
        self.report()

    def victim(self, kill):
        """The service itself (None), and now and then one of its exporter's processes."""
        if kill % 8 not in (3, 7):
            return None
        (keeper,) = run("pgrep", "-P", str(self.service.pid)).split()
        return int(keeper) if kill % 8 == 3 else int(run("pgrep", "-P", keeper))

    def report(self):
        found = self.finish()
        print(f"\n{self.kills} kills, {found['sent']} packets, seed {SEED}")


main()
