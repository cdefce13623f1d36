# SPDX-License-Identifier: GPL-2.0-or-later
"""One packet again and again, by BPF_PROG_TEST_RUN: the cost of judging with everything cached."""

import re

from cases import SHIPPED
from lane import BUILD
from sandbox import run

LIMITS = {"accepted SIP packet": 2.0}  # times parse-and-count
_ROW = re.compile(r"^(\S.*?) +(\d+) +(\d+) +(\d+) +([\d.]+)$", re.MULTILINE)


def measure():
    return [{"name": name, "limit": LIMITS.get(name), "ns": int(median),
             "times_parse_and_count": float(times)}
            for name, _, median, _, times in _ROW.findall(run(BUILD / "benchmark", SHIPPED))]
