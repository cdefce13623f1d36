# SPDX-License-Identifier: GPL-2.0-or-later
"""Does a second core double what one core does? A queue for each, and a generator for each queue."""

import dataclasses
import os
import statistics
import subprocess

import tap
from cases import SHIPPED, UNLISTED, UNLISTED_SYN, load_baseline
from lane import CPU, Lane, cost
from rounds import spread
from sandbox import Failure

COUNT = 1 << 19
LIMIT = 1.8  # times the packets of one core


@dataclasses.dataclass
class Scaling:
    name: str
    lane: Lane
    traffic: object
    times: list = dataclasses.field(default_factory=list)


def together(lanes, traffic):
    """Nanoseconds of a core per packet, for each of two generators at once, one for each of LANES."""
    running = [subprocess.Popen(lane.command(traffic, COUNT, warm=COUNT // 4, cpu=cpu),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
               for lane, cpu in zip(lanes, (CPU - 1, CPU))]
    said = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        raise Failure(f"a generator failed: {said}")
    return [cost(words) for words in said]


def _round(scaling):
    """Packets per second of the core's own time: two cores together, and one alone."""
    alone = [scaling.lane.offer(scaling.traffic, COUNT, warm=COUNT // 4, cpu=cpu)
             for cpu in (CPU - 1, CPU)]
    both = together([scaling.lane] * 2, scaling.traffic)
    scaling.times.append(sum(1 / ns for ns in both) / statistics.mean(1 / ns for ns in alone))


def measure(stand, rounds):
    if os.cpu_count() < 2:
        return []
    empty, guarded = Lane(stand.sandbox, queues=2), Lane(stand.sandbox, queues=2)
    empty.attach(load_baseline("cores") / "empty")
    guarded.guard(SHIPPED)
    found = [Scaling("empty", empty, UNLISTED),
             Scaling("unlisted ports, TCP SYN", guarded, UNLISTED_SYN),
             Scaling("unlisted ports, UDP", guarded, UNLISTED)]
    for number in range(rounds):
        tap.comment(f"two cores: round {number + 1} of {rounds}")
        for scaling in found:
            _round(scaling)
    for queue, received in enumerate(guarded.queues()):
        if not received:
            raise Failure(f"queue {queue} has received nothing")
    return [{"name": scaling.name, "times_one_core": spread(scaling.times),
             "limit": LIMIT} for scaling in found]
