# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands that are killed while they run."""

import signal
import subprocess
import time

from guarded import Guarded


class Killing(Guarded):
    def killed(self, after, *arguments):
        """Starts the command and kills it AFTER that many seconds."""
        process = subprocess.Popen(self.here.command(self.program, *arguments),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.wait()

    def takes(self, *arguments):
        start = time.monotonic()
        self.succeeds(*arguments)
        return time.monotonic() - start

    def killed_at(self, call, number, *arguments):
        """Kills the command in its NUMBERth system call CALL; False if it makes fewer."""
        done = subprocess.run(
            self.here.command("strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                              f"inject={call}:signal=SIGKILL:when={number}", self.program,
                              *arguments), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return done.returncode != 0
