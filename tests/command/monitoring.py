# SPDX-License-Identifier: GPL-2.0-or-later
"""A monitor, or a top, that runs while the test does something else."""

import json
import signal
import subprocess

from guarded import PATIENCE, Guarded
from sandbox import until


class Listener:
    """`edgexdp COMMAND` with OPTIONS; once this is made, it gets packets."""

    def __init__(self, test, command, *options, prefix=(), **keys):
        self.test = test
        self.said, self.complained = (test.sandbox.directory / f"{name}-{id(self)}"
                                      for name in ("said", "complained"))
        before = test.listeners()
        with open(self.said, "wb") as said, open(self.complained, "wb") as complained:
            self.process = subprocess.Popen(
                test.here.command(*prefix, test.program, command, *options, test.interface),
                stdin=subprocess.DEVNULL, **{"stdout": said, "stderr": complained, **keys})
        test.addCleanup(self.kill)
        until(lambda: test.listeners() > before or self.process.poll() is not None, "it listens")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def complaint(self, text):
        """Waits until TEXT has appeared on its stderr."""
        return until(lambda: text in self.complained.read_text() and self.complained.read_text(),
                     f"{text} in {self.complained.read_text()}", PATIENCE)

    def ends(self, status, said=""):
        """Waits until it exits, with STATUS and exactly these words on stderr."""
        self.test.assertEqual(self.process.wait(PATIENCE), status, self.complained.read_text())
        self.test.assertEqual(self.complained.read_text(), said)

    def end(self, number, status=0, said=""):
        self.process.send_signal(number)
        self.ends(status, said)


class Monitor(Listener):
    def __init__(self, test, *options, **keys):
        super().__init__(test, "monitor", *options, **keys)

    def lines(self, *words):
        """The lines so far that contain all WORDS."""
        lines = self.said.read_text().splitlines()
        return [line for line in lines if all(word in line for word in words)]

    def comes(self, count, *words):
        """Waits for COUNT lines with WORDS and returns them; more would be wrong."""
        lines = until(lambda: len(self.lines(*words)) >= count and self.lines(*words),
                      f"{count} of {words} in {self.said.read_text()}", PATIENCE)
        self.test.assertEqual(len(lines), count, lines)
        return lines

    def events(self, count):
        return [json.loads(line) for line in self.comes(count)]


class Top(Listener):
    def __init__(self, test, *options):
        super().__init__(test, "top", *options)

    def lines(self):
        return [json.loads(line) for line in self.said.read_text().splitlines()]

    def text(self):
        """Ends it; returns what it printed."""
        self.end(signal.SIGINT)
        return self.said.read_text()

    def result(self):
        """Ends one that prints JSON once, at the end; returns that."""
        return json.loads(self.text())


class Monitoring(Guarded):
    def listening(self):
        return self.dump("listening")[0]["value"][".data.listening"][0]["listening"]

    def listeners(self):
        """How many processes are listening."""
        return sum(1 for owner in self.listening()["owners"] if owner) if self.pins() else 0

    def monitor(self, *options, **keys):
        return Monitor(self, *options, **keys)
