# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures cases in turns, each next to an empty program, and takes medians."""

import statistics

import tap
from cases import COUNTS, last_of
from sandbox import Failure

FLATNESS = 1.2
SLICE_NS = 60e6  # for one case in one round
WARM = 1 << 16
COUNT_MIN, COUNT_MAX = 4096, 1 << 20


def spread(values):
    """The median, and the bounds of the middle half."""
    lower, middle, upper = (statistics.quantiles(values, n=4, method="inclusive")
                            if len(values) > 1 else values * 3)
    return {"median": round(middle, 3), "lower": round(lower, 3), "upper": round(upper, 3)}


class Measured:
    """A case, and by rounds the cost of its packets, without that of making them."""

    def __init__(self, case, stand):
        self.case, self.stand = case, stand
        self.partner = next((other for other in stand.cases if case.paired and other.name == case.paired), None)
        self.making, self.empty, self.cost, self.paired = [], [], [], []
        self.count = slice_of(self.try_out())

    def try_out(self):
        """Roughly what a packet costs. Nearly all packets must be counted where they belong; not
        all, because a table of flows forgets a few before it is full."""
        case = self.case
        counted = case.counted or (lambda: 0)
        before = counted()
        cost = case.lane.offer(case.traffic, COUNT_MIN)
        there = counted() - before
        if case.counted and there < 0.99 * COUNT_MIN:
            raise Failure(f"{case.system}, {case.name}: only {there} of {COUNT_MIN} packets were "
                          "counted where they belong")
        return cost

    def offer(self, lane, count, **options):
        return lane.offer(self.case.traffic, count, warm=min(WARM, count), **options)

    def round(self):
        """Measure everything that is compared as close together in time as possible."""
        beside = slice_of(150)
        making = self.offer(self.stand.empty, beside, drop=True)
        empty = self.offer(self.stand.empty, beside) - making
        cost = self.offer(self.case.lane, self.count) - making
        detour = self.offer(self.stand.detour, beside) - making - empty if self.case.traffic.accepted else 0
        cost -= detour
        if self.partner:
            self.pair(making + detour)
        self.making.append(making)
        self.empty.append(empty)
        self.cost.append(cost)

    def pair(self, without):
        """Measure by turns with the partner, in both orders: what drifts meanwhile concerns both."""
        ours, theirs = self.case.lane, self.partner.lane
        one, other, again, last = (self.offer(lane, self.count) - without for lane in (ours, theirs, theirs, ours))
        self.paired.append((one + last) / (other + again))

    def times(self):
        return [cost / empty for cost, empty in zip(self.cost, self.empty)]


def slice_of(ns):
    """How many packets of NS each make a slice: whole batches of the generator."""
    return int(min(COUNT_MAX, max(COUNT_MIN, SLICE_NS / ns))) // 64 * 64


class Rounds:
    def __init__(self, stand):
        tap.comment("looking whether packets arrive where they belong")
        self.measured = [Measured(case, stand) for case in stand.cases]

    def run(self, rounds):
        for number in range(rounds):
            tap.comment(f"round {number + 1} of {rounds}")
            for measured in self.measured:
                measured.round()
        for measured in self.measured:
            measured.try_out()  # flows expire if a round takes minutes

    def named(self, name):
        """The measurement of edgexdp with this NAME, or None."""
        return next((m for m in self.measured
                     if m.case.system == "edgexdp" and m.case.name == name), None)

    def flatness(self):
        """How many times as much the most rules cost as the fewest, and a case as the one that it is paired with."""
        most, fewest = (self.named(last_of(count)) for count in (max(COUNTS), min(COUNTS)))
        found = [(f"{max(COUNTS):,} rules beside {min(COUNTS):,}", [a / b for a, b in zip(most.times(), fewest.times())],
                  FLATNESS)] if most else []
        found += [(f"{m.case.name}, beside: {m.case.paired}", m.paired, m.case.limit) for m in self.measured if m.paired]
        return [{"name": name, "times": spread(times), "limit": limit} for name, times, limit in found]

    def results(self):
        return [self.result(measured) for measured in self.measured] + self.baselines()

    def result(self, measured):
        case, times = measured.case, measured.times()
        result = {"system": case.system, "name": case.name, "kind": case.traffic.kind,
                  "size": case.size, "limit": None if case.paired else case.limit, "ns": spread(measured.cost),
                  "added_ns": spread([a - b for a, b in zip(measured.cost, measured.empty)]),
                  "times_empty": spread(times)}
        if case.beside:
            other = self.named(case.beside).times()
            result["beside"] = case.beside
            result["more"] = spread([a - b for a, b in zip(times, other)])
        return result

    def baselines(self):
        """For each kind of traffic: the cost of the empty program, and of making packets."""
        rows = []
        for kind in sorted({measured.case.traffic.kind for measured in self.measured}):
            these = [m for m in self.measured if m.case.traffic.kind == kind]
            empty = [ns for m in these for ns in m.empty]
            rows.append({"system": "empty", "name": kind, "kind": kind, "size": 0, "limit": None,
                         "ns": spread(empty), "times_empty": spread([1.0]),
                         "making_ns": spread([ns for m in these for ns in m.making])})
        return rows
