# SPDX-License-Identifier: GPL-2.0-or-later
"""Continuous packets, permitted and forbidden ones alternating, while something else goes on."""

import multiprocessing

from guarded import FAMILIES

BURST = 16
FLOOD, ASK, FORBIDDEN = 4000, 4002, 6000  # udp: allowed in, allowed out, neither
_fork = multiprocessing.get_context("fork")


class Flood:
    """Sends datagrams at the pace at which they arrive, so that no queue overflows."""

    def __init__(self, test):
        self.test = test
        self.families = [self.sockets(family) for family, _ in FAMILIES]
        self.sent = self.lost = self.asked = self.forbidden_out = 0

    def sockets(self, family):
        test = self.test
        made = {"outside": test.socket(test.there, family=family, port=ASK),
                "inside": test.socket(test.here, family=family, port=FLOOD),
                "silent inside": test.socket(test.here, family=family, port=FORBIDDEN),
                "silent outside": test.socket(test.there, family=family, port=FORBIDDEN),
                "asker": test.socket(test.here, family=family)}
        for opened in made.values():
            opened.settimeout(2)
        return made

    def burst(self, ends):
        """Sends permitted and forbidden ones alternately; then each permitted one must have
        arrived."""
        wanted = set()
        for _ in range(BURST):
            self.sent += 1
            wanted.add(self.sent.to_bytes(8, "big"))
            self.test.send(ends["outside"], FLOOD, data=self.sent.to_bytes(8, "big"))
            self.test.send(ends["outside"], FORBIDDEN, data=b"forbidden")
        try:
            while wanted:
                wanted.remove(ends["inside"].recv(100))
        except TimeoutError:
            self.lost += len(wanted)

    def ask(self, ends):
        """Sends a question, which makes a flow, and an answer through that flow."""
        self.asked += 1
        question = self.asked.to_bytes(8, "big")
        self.test.send(ends["asker"], ASK, data=question)
        assert ends["outside"].recv(100) == question
        self.test.send(ends["outside"], ends["asker"].getsockname()[1], data=question)
        assert ends["asker"].recv(100) == question
        self.forbidden_out += 1
        self.test.send(ends["asker"], FORBIDDEN)

    def run(self, stop):
        while not stop.is_set():
            for ends in self.families:
                self.burst(ends)
                self.ask(ends)
        for ends in self.families:
            self.test.assertSilent(ends["silent inside"])
            self.test.assertSilent(ends["silent outside"])
        return {"sent": self.sent, "lost": self.lost, "asked": self.asked,
                "forbidden_out": self.forbidden_out}


class Load:
    """Workers in processes of their own, until stop() collects their results."""

    def __init__(self, *workers):
        self.stopping = _fork.Event()
        self.pipes, self.processes = [], []
        for worker in workers:
            ours, theirs = _fork.Pipe()
            self.pipes.append(ours)
            self.processes.append(_fork.Process(target=self.work, args=(worker, theirs)))
            self.processes[-1].start()

    def work(self, worker, pipe):
        try:
            pipe.send(worker.run(self.stopping))
        except BaseException as error:
            pipe.send(repr(error))

    def stop(self):
        self.stopping.set()
        found = [pipe.recv() if pipe.poll(60) else "no end" for pipe in self.pipes]
        self.kill()
        return found

    def kill(self):
        for process in self.processes:
            process.kill()
            process.join()
