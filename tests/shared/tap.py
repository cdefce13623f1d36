# SPDX-License-Identifier: GPL-2.0-or-later
"""Results, one line each, in the Test Anything Protocol."""

import sys
import time

SKIPPED = 77  # ctest counts this as "could not run here"

_start = time.monotonic()
_count = 0
_failed = []


def check(good, what, why=""):
    """One result. WHY is shown when it is not GOOD."""
    global _count
    _count += 1
    line = f"{'ok' if good else 'not ok'} {_count} - {what}"
    print(line, flush=True)
    if not good:
        _failed.append(line)
        for detail in str(why).splitlines():
            print(f"#   {detail}", flush=True)
    return bool(good)


def comment(text):
    print(f"# {time.monotonic() - _start:5.1f} s  {text}", flush=True)


def skip(why):
    print(f"1..0 # SKIP {why}")
    print(f"SKIPPED, nothing was tested: {why}", file=sys.stderr)
    sys.exit(SKIPPED)


def finish():
    """The plan, the failures once more, and the exit status."""
    comment("done")
    print(f"1..{_count}")
    for line in _failed:
        print(f"# failed: {line}")
    print(f"# {_count - len(_failed)} passed, {len(_failed)} failed", flush=True)
    return 1 if _failed or not _count else 0
