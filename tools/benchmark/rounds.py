# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures cases by turns, so that what disturbs one disturbs all, and takes medians."""

import itertools
import statistics

import tap
from cases import COUNTS, DETOUR, EMPTY, last_of
from sandbox import Failure

FLATNESS = 1.2
SLICE_NS = 120e6  # of one case in one round
WARM = 1 << 17
COUNT_MIN, COUNT_MAX = 4096, 1 << 20


def try_out(case):
    """How many packets are right for one slice. What was sent must be where it belongs; nearly all:
    a table of flows forgets a few before it is full."""
    counted = case.counted or (lambda: 0)
    before = counted()
    first = case.lane.offer(case.traffic, COUNT_MIN)
    there = counted() - before
    if case.counted and there < 0.99 * COUNT_MIN:
        raise Failure(f"{case.system}, {case.name}: only {there} of {COUNT_MIN} packets were "
                      "counted where they belong")
    return int(min(COUNT_MAX, max(COUNT_MIN, SLICE_NS / first))) // 64 * 64


class Rounds:
    def __init__(self, cases):
        self.groups = [list(group) for _, group in itertools.groupby(
            sorted(cases, key=lambda case: case.traffic.kind), lambda case: case.traffic.kind)]
        self.cases = cases
        self.counts = {id(case): try_out(case) for case in cases}
        self.ns = {id(case): [] for case in cases}
        self.making = {id(case): [] for case in cases}  # ns, in the same round

    def run(self, rounds):
        for number in range(rounds):
            tap.comment(f"round {number + 1} of {rounds}")
            for group in self.groups:
                self.round(group)

    def round(self, group):
        """GROUP once, and what making the packets costs before and after."""
        first = group[0]
        making = [first.lane.offer(first.traffic, COUNT_MAX, warm=WARM, drop=True)]
        for case in group:
            count = self.counts[id(case)]
            warm = min(WARM, count)
            self.ns[id(case)].append(case.lane.offer(case.traffic, count, warm=warm))
        making.append(first.lane.offer(first.traffic, COUNT_MAX, warm=WARM, drop=True))
        for case in group:
            self.making[id(case)].append(min(making))

    def results(self):
        return [self.result(case) for case in self.cases]

    def net(self, case, system=None):
        """By rounds, what CASE costs without the making of packets; or SYSTEM with its packets."""
        if system:
            case = next(other for other in self.cases if other.system == system
                        and other.traffic.kind == case.traffic.kind)
        return [a - b for a, b in zip(self.ns[id(case)], self.making[id(case)])]

    def flatness(self):
        """How many times as much the most rules cost as the fewest."""
        most, fewest = (next((c for c in self.cases if c.system == "edgexdp"
                              and c.name == last_of(count)), None)
                        for count in (max(COUNTS), min(COUNTS)))
        if not most:
            return []
        times = [a / b for a, b in zip(self.net(most), self.net(fewest))]
        return [{"name": f"{max(COUNTS):,} rules beside {min(COUNTS):,}", "times": spread(times),
                 "limit": FLATNESS}]

    def result(self, case):
        cost, empty = self.net(case), self.net(case, EMPTY)
        if case.traffic.accepted and case.system not in (EMPTY, DETOUR):
            cost = [a - b + c for a, b, c in zip(cost, self.net(case, DETOUR), empty)]
        result = {"system": case.system, "name": case.name, "kind": case.traffic.kind,
                  "size": case.size, "limit": case.limit, "ns": spread(cost),
                  "making_ns": spread(self.making[id(case)]),
                  "times_empty": spread([a / b for a, b in zip(cost, empty)])}
        if case.beside:
            other = self.net(next(c for c in self.cases if c.name == case.beside))
            result["beside"] = case.beside
            result["more"] = spread([(a - b) / c for a, b, c in zip(cost, other, empty)])
        return result


def spread(values):
    """The median, and between what the middle half is."""
    lower, middle, upper = (statistics.quantiles(values, n=4, method="inclusive")
                            if len(values) > 1 else values * 3)
    return {"median": round(middle, 3), "lower": round(lower, 3), "upper": round(upper, 3)}
