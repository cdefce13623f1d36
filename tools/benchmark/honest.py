# SPDX-License-Identifier: GPL-2.0-or-later
"""Honest clients beside a flood of forged SYNs, three times what the stack can take: how many of them are served,
and how long that takes. The flood and what answers it are on one core, clients and server on another."""

import json
import re
import statistics
import subprocess

import floods
import strays
import tap
from lane import CPU, EDGEXDP, GENERATE, MAC
from policies import HERE
from sandbox import Failure, run

CLIENT, GATEWAY = "203.0.113.7", "203.0.113.1"
TIMES, SECONDS = 3, 3
SERVED = 0.99
NAME = "honest clients beside {} forged SYNs a second"
# What comes back for forged sources ends here; and XDP's answers arrive only where an XDP program is.
ANSWERS = (f"[policy]\nname = answers\noutbound = accept\n[rules]\nto-client = accept in tcp {HERE} > {CLIENT}\n")
SERVE = f"""
import socket
s = socket.create_server(("", {strays.PORT}), backlog=4096)
while True:
    client, _ = s.accept()
    client.sendall(b"x")
    client.close()
"""
CLIENTS = f"""
import json, os, socket, struct, sys, time
os.sched_setaffinity(0, {{0}})
times, tried, end = [], 0, time.monotonic() + {SECONDS}
while time.monotonic() < end:
    begin = time.monotonic()
    tried += 1
    with socket.socket() as s:
        s.settimeout(1)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        try:
            s.connect(("{HERE}", {strays.PORT}))
            if s.recv(1) == b"x":
                times.append(time.monotonic() - begin)
        except OSError:
            pass
    time.sleep(max(0, begin + 0.004 - time.monotonic()))
print(json.dumps([tried, times]))
"""


def came_in(said):
    """SYNs a second, from what the generator says."""
    made, seconds = re.search(r"(\d+) packets in ([\d.]+) s", said).groups()
    return int(made) / float(seconds)


class Siege:
    """A server, and a cable to everybody else. NAME is that of its interface."""

    def __init__(self, stand, name):
        self.inside, self.outside = name, f"{name}-out"
        self.here, self.there = (stand.sandbox.namespace(f"{name}{end}") for end in ("-here", "-there"))
        run("ip", "link", "add", self.inside, "address", MAC, "netns", self.here.name, "type", "veth",
            "peer", "name", self.outside, "netns", self.there.name)
        for space, interface, own, other in ((self.here, self.inside, HERE, GATEWAY),
                                             (self.there, self.outside, CLIENT, HERE)):
            space.run("sysctl", "-qw", f"net.ipv6.conf.{interface}.disable_ipv6=1",
                      f"net.ipv4.conf.{interface}.rp_filter=0", "net.ipv4.conf.all.rp_filter=0")
            space.run("ip", "addr", "add", f"{own}/32", "dev", interface)
            space.run("ip", "link", "set", "lo", "up")
            space.run("ip", "link", "set", interface, "up")
            space.run("ip", "neigh", "replace", other, "dev", interface, "lladdr", self.mac(interface))
        self.here.run("ip", "route", "add", "default", "via", GATEWAY, "dev", self.inside, "onlink")
        self.there.run("ip", "route", "add", HERE, "dev", self.outside)
        self.here.run("sysctl", "-qw", "net.ipv4.tcp_syncookies=2")
        self.here.run("ethtool", "-K", self.inside, "gro", "on")
        self.guard(self.there, self.outside, stand.file("answers.ini", ANSWERS))
        stand.sandbox.start(self.here, f"server-{name}", "taskset", "-c", "0", "/usr/bin/python3", "-c", SERVE)

    def mac(self, interface):
        """Of the other end of the cable."""
        space, other = ((self.there, self.outside) if interface == self.inside else (self.here, self.inside))
        return json.loads(space.run("ip", "-j", "link", "show", other))[0]["address"]

    def guard(self, space, interface, policy):
        space.run(EDGEXDP, "attach", "--mode", "native", interface, policy)

    def flood(self, *options):
        return self.there.command(GENERATE, "--cpu", CPU, *options, *floods.SYN.options, self.outside, floods.SYN.packet)

    def capacity(self):
        """SYNs a second that one core makes and answers, if it does nothing else."""
        return came_in(run(*self.flood("--seconds", SECONDS)))

    def round(self, rate):
        """Served clients as a part of all, the times of those in ms, and SYNs that came in a second."""
        flood = subprocess.Popen(self.flood("--seconds", SECONDS + 1, "--rate", rate), text=True,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        tried, times = json.loads(self.there.run("/usr/bin/python3", "-c", CLIENTS))
        said = flood.communicate()[0]
        if flood.returncode:
            raise Failure(f"the generator failed: {said}")
        return len(times) / tried, [1000 * one for one in times], came_in(said)


def _row(system, rate, rounds):
    times = sorted(time for _, these, _ in rounds for time in these) or [float("nan")]
    return {"system": system, "name": NAME.format(f"{rate:,}"), "served": statistics.mean(part for part, _, _ in rounds),
            "p99_ms": times[len(times) * 99 // 100], "reached": statistics.mean(came for *_, came in rounds),
            "limit": SERVED if system == "edgexdp" else None}


def measure(stand, rounds):
    sieges = {"edgexdp": Siege(stand, "honest"), "the stack's cookies": Siege(stand, "stacked")}
    guarded = sieges["edgexdp"]
    guarded.guard(guarded.here, guarded.inside, stand.file("floods.ini", floods.POLICY))
    rate = int(TIMES * sieges["the stack's cookies"].capacity())
    found = {system: [] for system in sieges}
    for number in range(min(rounds, 3)):
        tap.comment(f"honest clients: round {number + 1} of {min(rounds, 3)}")
        for system, siege in sieges.items():
            found[system].append(siege.round(rate))
    sent = json.loads(guarded.here.run(EDGEXDP, "status", "--json", guarded.inside))[0]["syn_cookies"]["sent"]
    made = sum(came for *_, came in found["edgexdp"]) * SECONDS
    if sent < 0.5 * made:
        raise Failure(f"only {sent} of {made:.0f} SYNs were answered by cookies")
    return [_row(system, rate, rounds) for system, rounds in found.items()]
