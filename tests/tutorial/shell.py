# SPDX-License-Identifier: GPL-2.0-or-later
"""One shell that runs commands one after the other, like a reader who types them."""

import contextlib
import json
import os
import re
import select
import subprocess
import time

from guarded import PATIENCE, PINS, Failure, run, until

SECONDS = 60  # for one command
MARK = "\0done\0"
LOOP = r'''while IFS= read -r -u $0 -d '' line; do eval "$line"; printf '\0done\0'; done'''


def _monitoring(_, __):
    said = run("bpftool", "-j", "map", "dump", "pinned", next(PINS.glob("*/listening")))
    return re.search(r"\"owners\": ?\[[^]]*[1-9]", said)


def _capturing(command, directory):
    log = directory / command.split("2>")[1].split()[0]
    return log.exists() and "listening on" in log.read_text()


def _serving(command, _):
    namespace, words = re.match(r"\w+", command)[0], command.split()
    said = run("nsenter", f"--net=/run/netns/{namespace}", "ss", "-ltn")
    return ":".join(words[words.index("-lk") + 1:][:2]) in said


def _flooding(_, __):
    link = json.loads(run("ip", "-n", "edge", "-j", "-s", "link", "show", "edge0"))[0]
    return link["stats64"]["rx"]["packets"] > 1000


# What is started in the background, and when it is ready: a reader would be slower than that.
READY = (("edgexdp monitor", _monitoring), ("edgexdp suggest", _monitoring), ("tcpdump", _capturing), ("nc -lk", _serving),
         ("flood.py", _flooding))


def _hurry():
    """A reader's host is idle. On ours, TCP would send again what somebody is late to answer, or to give
    up; so these processes go before all others."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


class Shell:
    def __init__(self, directory, program):
        self.directory = directory
        self.rest = ""  # output after a command was done
        incoming, self.commands = os.pipe()
        path = f"{program.parent}:{os.environ['PATH']}"
        self.process = subprocess.Popen(
            ["bash", "-c", LOOP, str(incoming)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=directory,
            pass_fds=(incoming,), start_new_session=True, preexec_fn=_hurry,
            env={**os.environ, "PATH": path, "LC_ALL": "C.UTF-8", "TZ": "UTC"})
        os.close(incoming)

    def run(self, command):
        """Runs COMMAND; returns what was printed until it was done, as lines."""
        os.write(self.commands, command.encode() + b"\0")
        said, end = self.rest, time.monotonic() + SECONDS
        while MARK not in said:
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                raise Failure(f"not done after {SECONDS} s: {command}\n{said}")
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                raise Failure(f"the shell has ended: {command}\n{said}")
            said += data.decode()
        for words, ready in READY:
            if words in command and command.endswith("&"):
                until(lambda: ready(command, self.directory), command, PATIENCE)
        said, _, self.rest = said.partition(MARK)
        return said.splitlines()

    def close(self):
        os.close(self.commands)
        self.process.wait(10)
        self.process.stdout.close()
