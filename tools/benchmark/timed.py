# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a command and reports what it took. A small process of its own, because a child's memory
figure includes that of the process that forked it."""

import json
import os
import sys
import time

if __name__ == "__main__":
    start = time.monotonic()
    child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ,
                            file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
    _, status, usage = os.wait4(child, 0)
    print(json.dumps({"wall_s": time.monotonic() - start,
                      "cpu_s": usage.ru_utime + usage.ru_stime,
                      "peak_mib": usage.ru_maxrss / 1024}))
    sys.exit(os.waitstatus_to_exitcode(status))
