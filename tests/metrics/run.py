#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The metrics: what they say, who serves them, and attempts to stop that.

usage: run.py EDGEXDP SERVE"""

import os
import shutil
import sys

sys.dont_write_bytecode = True  # leave the source tree as it is

import stand as stands  # first: it sets the path to the others
import tap
from sandbox import Failure
from stand import Exporter, policy

import monitored
import counted
import serving
import strain


def tests(stand):
    path = stand.file(policy("metrics", *counted.COMMON))
    monitored.drawn()
    stand.edgexdp("attach", stand.interface, path)
    counted.traffic(stand)
    counted.command(stand)
    counted.reloads(stand, path)
    counted.names(stand)
    stand.settle()
    with Exporter(stand) as exporter:
        serving.pages(stand)
        serving.names()
        serving.bans(stand, exporter)
        serving.health(stand)
        serving.busy(stand)
        serving.jail(exporter)
        strain.consistent(stand)
        stand.edgexdp("reload", stand.interface, path)
        counted.traffic(stand)
        with monitored.Prometheus(stand) as server:
            tap.check(True, "a Prometheus server scrapes it")
            monitored.scraped(stand, server)
            monitored.alerts(server)
            monitored.dashboard(stand, server, path)
        strain.many(stand)
        stand.settle()
        strain.attacks(stand, exporter)
        serving.jail(exporter)
    stand.edgexdp("reload", stand.interface, path)
    serving.ends(stand)
    serving.listening(stand)
    counted.textfile(stand)
    stand.edgexdp("detach", stand.interface)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if os.geteuid():
        tap.skip("not root")
    for program in ("promtool", "prometheus", "unshare"):
        if not shutil.which(program):
            tap.skip(f"there is no {program}")
    try:
        stands.alone()
        with stands.Stand(*sys.argv[1:]) as stand:
            tests(stand)
    except (Failure, OSError) as error:
        tap.check(False, "the test comes to its end", error)
        raise
    return tap.finish()


sys.exit(main())
