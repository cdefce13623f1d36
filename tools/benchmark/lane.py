# SPDX-License-Identifier: GPL-2.0-or-later
"""A cable with a generator at one end and a filter at the other, and the cost of a packet there."""

import dataclasses
import itertools
import json
import os
import pathlib
import re

from sandbox import run

BUILD = pathlib.Path("build")
GENERATE = BUILD / "generate"
BASELINE = BUILD / "tools/benchmark/baseline.bpf.o"
EDGEXDP = pathlib.Path(os.environ.get("EDGEXDP", BUILD / "edgexdp"))
BPFFS = pathlib.Path("/sys/fs/bpf")
CPU = os.cpu_count() - 1  # for generator and receiver; everything else tends to run on the first
MAC = "02:00:00:00:00:02"  # the generator's destination

_numbers = itertools.count(1)
_SAID = re.compile(r"(\d+) packets in .*, ([\d.]+) ns of the core")


@dataclasses.dataclass(frozen=True)
class Traffic:
    """Packets that all cost the same to make."""
    kind: str  # traffic of one kind is compared with the same empty program
    packet: str
    options: tuple = ()
    accepted: bool = False  # true: it is dropped behind the filter


class Lane:
    """Interfaces `inside` and `outside` in a network namespace of their own, or in that of another. NAPI is on at the inside
    as soon as something is attached there, or gro() was called."""

    def __init__(self, sandbox, queues=1, namespace=None):
        number = next(_numbers)
        self.namespace = namespace or sandbox.namespace(f"lane{number}")
        self.inside, self.outside = f"in{number}", f"out{number}"
        run("ip", "-n", self.namespace.name, "link", "add", self.inside, "address", MAC,
            "numrxqueues", str(queues), "numtxqueues", str(queues), "type", "veth", "peer", "name",
            self.outside, "numrxqueues", str(queues), "numtxqueues", str(queues))
        for interface in (self.inside, self.outside):
            self.namespace.run("sysctl", "-qw", f"net.ipv6.conf.{interface}.disable_ipv6=1")
            run("ip", "-n", self.namespace.name, "link", "set", interface, "up")

    def gro(self):
        self.namespace.run("ethtool", "-K", self.inside, "gro", "on")

    def attach(self, program):
        """Attach a program that is already pinned."""
        self.namespace.run("bpftool", "net", "attach", "xdpdrv", "pinned", program, "dev",
                           self.inside)

    def guard(self, policy, *options):
        self.namespace.run(EDGEXDP, "attach", "--mode", "native", *options, self.inside, policy)

    def command(self, traffic, count, warm=0, drop=False, cpu=CPU):
        """The command that offers TRAFFIC here."""
        options = ["--count", count, "--cpu", cpu, *traffic.options]
        options += ["--warm", warm] if warm else []
        options += ["--drop"] if drop else []
        return self.namespace.command(GENERATE, *options, self.outside, traffic.packet)

    def offer(self, traffic, count, **options):
        """Nanoseconds of the core per packet."""
        return cost(run(*self.command(traffic, count, **options)))

    def received(self):
        shown = json.loads(run("ip", "-j", "-s", "-n", self.namespace.name, "link", "show",
                               self.inside))
        return shown[0]["stats64"]["rx"]["packets"]

    def _counted(self, what):
        shown = self.namespace.run("ethtool", "-S", self.inside)
        return [int(number) for number in re.findall(rf"rx_queue_\d+_{what}: (\d+)", shown)]

    def dropped(self):
        """Packets dropped by a program on the interface."""
        return sum(self._counted("xdp_drops"))

    def queues(self):
        """Packets that each queue has received."""
        return self._counted("xdp_packets")


def cost(said):
    return float(_SAID.search(said)[2])


def load_baseline(name):
    """Load the programs to compare with; returns the folder where they and their maps are
    pinned."""
    folder = BPFFS / name
    folder.mkdir()
    run("bpftool", "prog", "loadall", BASELINE, folder, "pinmaps", folder)
    return folder
