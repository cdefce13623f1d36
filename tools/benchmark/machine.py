# SPDX-License-Identifier: GPL-2.0-or-later
"""The machine on which the measurement was made."""

import os
import pathlib
import platform
import re
import time

from sandbox import run


def load():
    return round(os.getloadavg()[0], 1)


def describe():
    cpus = pathlib.Path("/proc/cpuinfo").read_text()
    shown = run("lscpu")
    cache = re.search(r"L3 cache: +(.*?)(?: \(|$)", shown, re.MULTILINE)
    return {"kernel": platform.release(), "cpu": re.search(r"model name\s*: (.*)", cpus)[1],
            "cores": os.cpu_count(), "l3": cache[1] if cache else "unknown",
            "virtual": "hypervisor" in cpus, "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "load_before": load()}
