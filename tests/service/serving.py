# SPDX-License-Identifier: GPL-2.0-or-later
"""The base of the service tests: `edgexdp run` in a namespace, with a socket of ours in place of
systemd's."""

import contextlib
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "command"))

from guarded import PATIENCE, Guarded, policy, rule
from sandbox import Failure, until

PORT, OTHER = 4000, 4001
TALK = rule("talk-in", "in", "udp", PORT)
GOOD = policy("good", TALK)
WIDER = policy("wider", TALK, rule("other-in", "in", "udp", OTHER))
BROKEN = policy("broken", rule("talk-in", "in", "udp", 70000))


class Notices:
    """What the service tells systemd: (time, line) pairs, in order. They are read at once, as
    systemd does: the kernel queues only ten, and the next would make the service wait."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.lines = []
        self.read_to = 0
        self.come = threading.Condition()
        self.is_closed = False
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def close(self):
        self.is_closed = True
        self.socket.shutdown(socket.SHUT_RD)  # wakes the reader
        self.reader.join()
        self.socket.close()

    def _read(self):
        while select.select([self.socket], [], [])[0] and not self.is_closed:
            with self.come:
                self._take()
                self.come.notify_all()

    def _take(self):
        """Reads everything that has arrived."""
        with contextlib.suppress(BlockingIOError):
            while text := self.socket.recv(8192, socket.MSG_DONTWAIT).decode():
                now = time.monotonic()
                self.lines += [(now, line) for line in text.splitlines()]

    def next(self, start, *words, seconds=PATIENCE):
        """The next line that begins with START and contains all WORDS; later calls continue after
        it."""
        end = time.monotonic() + seconds
        with self.come:
            while True:
                while self.read_to < len(self.lines):
                    line = self.lines[self.read_to][1]
                    self.read_to += 1
                    if line.startswith(start) and all(word in line for word in words):
                        return line
                if time.monotonic() > end:
                    raise Failure(f"no {start} {words} after {seconds} s: {self.lines}")
                self.come.wait(max(0, end - time.monotonic()))

    def during(self, seconds):
        """The lines that arrive within this many seconds."""
        time.sleep(seconds)
        with self.come:
            self._take()
            lines = [line for _, line in self.lines[self.read_to:]]
            self.read_to = len(self.lines)
            return lines

    def times(self, start):
        return [at for at, line in self.lines if line.startswith(start)]


class Serving(Guarded):
    def setUp(self):
        super().setUp()
        self.said = self.sandbox.directory / "said"
        self.kept = self.sandbox.directory / "kept"
        self.notices = Notices(self.sandbox.directory / "notify")
        self.addCleanup(self.notices.close)
        self.service = None

    def start(self, path, *options, interface=None, **environment):
        """Starts the service and does not wait for it."""
        with open(self.said, "ab") as said:
            self.service = subprocess.Popen(
                self.here.command(self.program, "run", *options, interface or self.interface, path),
                stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                env={**os.environ, "NOTIFY_SOCKET": self.notices.path,
                     "STATE_DIRECTORY": str(self.kept), **environment})
        self.addCleanup(self.end, self.service)
        return self.service

    def serve(self, path, *options, **keys):
        """Starts the service, and waits until it is ready."""
        self.start(path, *options, **keys)
        self.notices.next("READY=1")

    @staticmethod
    def end(service):
        service.terminate()
        try:
            service.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            service.kill()
            service.wait()

    def kill(self, number):
        self.service.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        """Stops the service; returns its exit status."""
        self.kill(number)
        self.notices.next("STOPPING=1")
        return self.service.wait(PATIENCE)

    def says(self, *words):
        """Waits until it has printed a line with all WORDS."""
        def found():
            return [line for line in self.said.read_text().splitlines()
                    if all(word in line for word in words)]
        return until(found, f"{words} in {self.said.read_text()}", PATIENCE)[-1]

    def delete(self, interface=None):
        self.here.run("ip", "link", "del", interface or self.interface)

    def rename(self, old, new):
        self.here.run("ip", "link", "set", old, "down")
        self.here.run("ip", "link", "set", old, "name", new)
        self.here.run("ip", "link", "set", new, "up")


class Traffic:
    """A context that sends from SENDER to the ports of PERMITTED and FORBIDDEN alternately, and
    counts what arrives at each."""

    def __init__(self, test, sender, permitted, forbidden):
        self.test, self.sender = test, sender
        self.receivers = (permitted, forbidden)
        self.sent, self.got = [0, 0], [0, 0]
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.send)]
        self.threads += [threading.Thread(target=self.receive, args=(i,)) for i in (0, 1)]

    def send(self):
        while not self.ending.is_set():
            for i, receiver in enumerate(self.receivers):
                self.test.send(self.sender, receiver.getsockname()[1])
                self.sent[i] += 1
            time.sleep(0.001)

    def receive(self, i):
        while not self.ending.is_set() or self.got[0] < self.sent[0]:
            try:
                self.receivers[i].recv(100)
                self.got[i] += 1
            except TimeoutError:
                if self.ending.is_set():
                    return

    def __enter__(self):
        for receiver in self.receivers:
            receiver.settimeout(0.5)
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()
