#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The shipped policies of the Edge, with real services on both sides: `run.py EDGEXDP POLICIES`.

Each row of the port tables works through the filter, fails when its rule is removed, and is counted
by its rule; what no row names fails. Needs root; makes its own network namespaces and touches no
other interface."""

import concurrent.futures
import os
import pathlib
import sys

sys.dont_write_bytecode = True  # leave the source tree as it is
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "shared"))

import clients
import services
import tap
from edge import EDGE, FAMILIES, PARTNER, Edge
from guard import Guard, Moved
from sandbox import Failure, Sandbox, alone

WORKS = 10.0  # seconds to wait for an answer that must come; a slow machine must not fail
FAILS = (2.0, WORKS, 6 * WORKS)  # and for one that must not come: without a filter it takes milliseconds


def together(*calls):
    """The results of CALLS, which run at the same time."""
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def without_filter(rows, unlisted):
    for row in rows:
        for family, name in FAMILIES:
            tap.check(row.connect(family, WORKS), f"no filter: {row.id} {row.what} over {name}")
    for connection in unlisted:
        tap.check(connection.connect(WORKS), f"no filter: {connection.what}")


def all_counted(label, moved):
    tap.check(moved.judged == moved.seen, f"{label}: every packet seen is counted once", moved)


def rows_work(guard, rows):
    """Each connection works and is counted, with its replies, at its own rule and nowhere else."""
    first = before = guard.counters()
    for row in rows:
        for family, name in FAMILIES:
            tap.check(row.connect(family, WORKS), f"{row.id} {row.what} over {name}")
            after = guard.counters()
            moved = Moved(before, after)
            alone = moved.rules == {row.rule} == moved.replies and not any(moved.dropped.values())
            tap.check(alone, f"{row.id} is counted by its rule alone, over {name}", moved)
            before = after
    all_counted("rows", Moved(first, before))


def attempt(guard, calls, is_counted):
    """Which of CALLS got an answer, and which counters moved. Each is told how long to wait. A
    client that had no time to ask, on a busy machine, proves nothing: unless all IS_COUNTED, they
    are made again, and wait longer."""
    before, answered = guard.counters(), [False] * len(calls)
    for seconds in FAILS:
        answers = together(*[lambda call=call: call(seconds) for call in calls])
        answered = [one or other for one, other in zip(answered, answers)]
        moved = Moved(before, guard.counters())
        if is_counted(moved):
            break
    return answered, moved


def unlisted_fails(guard, unlisted):
    tried = {way: sum(c.direction == way for c in unlisted) for way in ("in", "out")}
    answered, moved = attempt(guard, [connection.connect for connection in unlisted],
                              lambda moved: all(moved.dropped[way] >= tried[way] for way in tried))
    for connection, answer in zip(unlisted, answered):
        tap.check(not answer, f"unlisted: {connection.what} fails")
    for way, count in tried.items():
        tap.check(moved.dropped[way] >= count,
                  f"unlisted: {count} connections {way} are counted as dropped by default", moved)
    tap.check(not moved.rules, "unlisted: no rule counts any of them", moved)
    all_counted("unlisted", moved)


def rule_removed(guard, row, removed, others):
    """Without the rules REMOVED, ROW fails and is counted as dropped, and OTHERS work."""
    label = f"{' and '.join(removed)} removed"
    guard.reload(guard.policy_without(*removed))
    answered, moved = attempt(guard, [*[lambda seconds, f=f: row.connect(f, seconds) for f, _ in FAMILIES],
                                      *[lambda _, o=o: o.connect(0, WORKS) for o in others]],
                              lambda moved: moved.dropped[row.direction])
    for answer, (_, name) in zip(answered, FAMILIES):
        tap.check(not answer, f"{label}: {row.id} {row.what} over {name} fails")
    tap.check(moved.dropped[row.direction] > 0 and not moved.rules & {row.rule, row.wider},
              f"{label}: {row.id} is counted as dropped {row.direction} by default, and by no rule",
              moved)
    # Other rules may count too: Prosody retries what failed while its own rule was removed.
    for answer, other in zip(answered[len(FAMILIES):], others):
        tap.check(answer and other.rule in moved.rules,
                  f"{label}: {other.id} {other.what} works", moved)
    all_counted(label, moved)


def wider_takes_over(guard, row):
    """With ROW's rule removed, a wider rule after it accepts the connection, and counts it."""
    guard.reload(guard.policy_without(row.rule))
    before = guard.counters()
    for family, name in FAMILIES:
        tap.check(row.connect(family, WORKS),
                  f"{row.rule} removed: {row.id} {row.what} over {name} works")
    moved = Moved(before, guard.counters())
    tap.check(moved.rules == {row.wider}, f"{row.rule} removed: {row.wider} counts it", moved)


def each_rule_removed(guard, rows):
    """Each rule in turn. The row before it, whose rule is back, works again."""
    for index, row in enumerate(rows):
        removed = [row.rule]
        if row.wider:
            wider_takes_over(guard, row)
            removed.append(row.wider)
        rule_removed(guard, row, removed, [rows[index - 1]] if len(rows) > 1 else [])
    guard.reload()
    tap.check(rows[-1].connect(0, WORKS),
              f"{rows[-1].rule} back: {rows[-1].id} {rows[-1].what} over IPv4 works again")


def open_connection(guard, edge):
    """An open connection: reloads do not disturb it, removing its rule cuts it."""
    what = "a connection that was open before"
    connection = clients.Connection(edge.edge, EDGE[0], PARTNER[0], 50000, WORKS)
    cut = clients.Connection(edge.edge, EDGE[1], PARTNER[1], 50000, WORKS)
    try:
        tap.check(connection.works() and cut.works(), f"{what} works")
        guard.reload()
        tap.check(connection.works() and cut.works(), f"{what} survives a reload")
        guard.reload(guard.policy_without("X1-xmpp-in"))
        tap.check(connection.works() and cut.works(), f"{what} survives another rule's removal")
        guard.reload(guard.policy_without("P4-rtp-out"))
        tap.check(not cut.works(), f"{what} is cut by the removal of its rule")
        guard.reload()
        tap.check(connection.works(), f"{what} goes on when its rule is back")
    finally:
        connection.close()
        cut.close()


def guarded(guard, rows, unlisted, name):
    tap.comment(f"{name}: attach")
    tap.check(True, f"{name}: attached", guard.attach())
    tap.comment(f"{name}: rows")
    rows_work(guard, rows)
    tap.comment(f"{name}: what no row names")
    unlisted_fails(guard, unlisted)


def removals(guard, rows, name):
    tap.comment(f"{name}: each rule removed in its turn")
    each_rule_removed(guard, rows)


def detached(guard, connection, name):
    guard.detach()
    tap.check(connection.connect(WORKS), f"{name}: detached, {connection.what} works again")
    pins = pathlib.Path("/sys/fs/bpf/edgexdp") / guard.interface
    tap.check(not pins.exists(), f"{name}: detached, nothing is left pinned")


def everything(sandbox, edgexdp, policies):
    edge = Edge(sandbox)
    external, internal = guards = [
        Guard(edgexdp, edge.edge, interface, policies / f"lync-edge-{name}.ini", sandbox.directory)
        for interface, name in ((edge.external, "external"), (edge.internal, "internal"))]
    tap.comment("services: start")
    edge.start_services()
    try:
        edge.wait_until_ready()
        tap.comment("services: ready")
        without_filter(edge.external_rows() + edge.internal_rows(),
                       edge.external_unlisted() + edge.internal_unlisted())
        sandbox.at_exit += [lambda g=g: detach_quietly(g) for g in guards]
        guarded(external, edge.external_rows(), edge.external_unlisted(), "external")
        guarded(internal, edge.internal_rows(), edge.internal_unlisted(), "internal")
        removals(external, edge.external_rows(), "external")
        open_connection(external, edge)
        removals(internal, edge.internal_rows(), "internal")
        detached(external, edge.external_unlisted()[0], "external")
        detached(internal, edge.internal_unlisted()[0], "internal")
    except Failure as failure:
        tap.check(False, "the test went to its end", failure)
        show_logs(sandbox)
    fallen = sandbox.fallen()
    tap.check(not fallen, "every service is still running", "\n".join(fallen))


def show_logs(sandbox):
    """The last output of the services, for whoever looks for the cause."""
    for log in sorted(sandbox.directory.glob("*.log")):
        for line in log.read_text(errors="replace").splitlines()[-8:]:
            print(f"# {log.name}: {line}")


def detach_quietly(guard):
    if (pathlib.Path("/sys/fs/bpf/edgexdp") / guard.interface).exists():
        guard.detach()


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: run.py EDGEXDP POLICIES")
    edgexdp, policies = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    if os.geteuid():
        tap.skip("not root")
    missing = services.missing_packages()
    if missing:
        tap.skip(f"not installed (see tools/deps): {', '.join(missing)}")
    try:
        alone()
    except (Failure, OSError) as failure:
        tap.skip(f"no mounts of its own here: {failure}")
    with Sandbox() as sandbox:
        try:
            sandbox.namespace("probe")
        except Failure as failure:
            tap.skip(f"no network namespaces here: {failure}")
        everything(sandbox, edgexdp, policies)
    return tap.finish()


sys.exit(main())
