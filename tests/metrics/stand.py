# SPDX-License-Identifier: GPL-2.0-or-later
"""The base of the metrics tests: a guarded interface, somebody at the other end of its cable, and
the exporter. The whole process is in the namespace `here`."""

import ctypes
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "shared"), str(TESTS / "command")]

from guarded import HERE, PASSING, THERE, entered, policy, rule  # noqa: F401 (for the tests)
from sandbox import Failure, Sandbox, run, until

import scrape

PR_SET_PDEATHSIG = 1
NAME = "metrics.example"  # another name that the exporter was told to answer to
_libc = ctypes.CDLL(None, use_errno=True)


def alone():
    """Moves to a mount namespace of our own: the first time, it runs the program again in one."""
    if os.environ.get("EDGEXDP_ALONE") != "1":
        os.environ["EDGEXDP_ALONE"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable,
                              *sys.argv])
    pathlib.Path("/run/netns").mkdir(exist_ok=True)
    run("mount", "-t", "tmpfs", "tmpfs", "/run/netns")
    run("mount", "-t", "bpf", "-o", "mode=0700", "bpf", "/sys/fs/bpf")


class Stand(Sandbox):
    def __init__(self, edgexdp, serve):
        super().__init__()
        self.program, self.server = str(edgexdp), str(serve)
        self.interface = "guarded"
        self.policies = 0

    def __enter__(self):
        super().__enter__()
        self.here, self.there = self.namespace("here"), self.namespace("there")
        with open(f"/run/netns/{self.here.name}") as here:
            if _libc.setns(here.fileno(), 0):
                raise Failure("cannot enter a network namespace")
        self.cable(self.here, self.interface, self.there, "peer")
        self.there.address("peer", *THERE)
        self.here.address(self.interface, *HERE)
        self.here.route(self.interface, HERE, *THERE)
        self.there.route("peer", THERE, *HERE)
        return self

    def call(self, *arguments):
        """edgexdp; returns the finished process."""
        return subprocess.run([self.program, *map(str, arguments)], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True)

    def edgexdp(self, *arguments):
        done = self.call(*arguments)
        if done.returncode:
            raise Failure(f"{arguments}: {done.stderr}")
        return done.stdout

    def file(self, text):
        self.policies += 1
        path = self.directory / f"policy-{self.policies}.ini"
        path.write_text(text)
        return path

    def metrics(self):
        return scrape.Metrics(self.edgexdp("stats", "--prometheus"))

    def status(self):
        """The part of the status that packets and changes of files leave as it is."""
        return [{key: value for key, value in shown.items() if key not in PASSING}
                for shown in json.loads(self.edgexdp("status", "--json"))]

    def stats(self):
        return json.loads(self.edgexdp("stats", "--json"))

    def send(self, namespace, port, count, size=100):
        """Sends datagrams from one end of the cable to PORT at the other."""
        to = THERE if namespace is self.here else HERE
        with entered(namespace):
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with sender:
            for _ in range(count):
                try:
                    sender.sendto(b"x" * size, (to[0], port))
                except OSError:  # dropped on the way out
                    pass

    def still(self, work):
        """The result of WORK at a time when nothing is counted: the kernel itself sends neighbour
        discovery at any time."""
        for _ in range(50):
            before = self.stats()
            result = work()
            if before == self.stats():
                return result
        raise Failure("the counters never stand still")

    def settle(self):
        """Waits until nothing is in transit any more."""
        def calm():
            before = self.stats()
            time.sleep(0.3)
            return before == self.stats()
        until(calm, "the counters to stand still")


class Exporter:
    """The exporter as a process of its own; ends with the context."""

    def __init__(self, stand, *arguments, command=None):
        self.stand = stand
        words = command or [stand.server, f"127.0.0.1:{scrape.PORT}", *arguments]
        self.log = open(stand.directory / "exporter.log", "w+")
        self.process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL, text=True,
            preexec_fn=lambda: _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM))
        self.keeper = int(self.process.stdout.readline() or 0)

    def __enter__(self):
        until(self.answers, "the exporter")
        self.http = children(self.keeper)[0]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()
        until(lambda: not alive(self.http) and not alive(self.keeper), "the exporter's end")

    @staticmethod
    def answers():
        try:
            return scrape.ask("/metrics")[0]
        except OSError:
            return None

    def said(self):
        return (self.stand.directory / "exporter.log").read_text()


def status_of(process):
    """/proc/PROCESS/status, by key; empty if it is gone."""
    try:
        lines = pathlib.Path(f"/proc/{process}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def alive(process):
    return status_of(process).get("State", "Z")[0] not in "ZX"


def children(process):
    found = (int(entry.name) for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit())
    return [child for child in found if status_of(child).get("PPid") == str(process)]
