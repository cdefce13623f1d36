# SPDX-License-Identifier: GPL-2.0-or-later
"""A terminal of our own, with a program running in it."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

from sandbox import until

ENTER, LEAVE = "\033[?1049h", "\033[?1049l"  # to the alternate screen and back
HOME = "\033[H"


class Terminal:
    """Runs COMMAND in a terminal of this many columns and rows."""

    def __init__(self, command, columns=80, rows=24, **environment):
        self.master, self.slave = pty.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(self.slave)
        self.output = ""
        os.set_blocking(self.master, False)
        self.process = subprocess.Popen(
            command, stdin=self.slave, stdout=self.slave, stderr=self.slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0), pass_fds=(self.slave,),
            env={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **environment})

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def read(self):
        """Everything that the program has written so far."""
        try:
            while data := os.read(self.master, 1 << 16):
                self.output += data.decode(errors="replace")
        except BlockingIOError:
            pass
        return self.output

    def press(self, keys):
        os.write(self.master, keys)

    def frames(self):
        """The complete frames so far, each as its lines without escape sequences."""
        drawn = self.read().split(LEAVE)[0].split(HOME)[1:]
        whole = [text for text in drawn if text.endswith(("\033[J", "\033[?25h"))]
        plain = [re.sub(r"\033\[[?\d;]*[A-Za-z]", "", text) for text in whole]
        return [text.replace("\r", "").split("\n") for text in plain]

    def until(self, ready, what):
        """Waits until READY holds for the lines of a frame drawn from now on; returns the frame."""
        seen = len(self.frames())
        return until(lambda: next((f for f in self.frames()[seen:] if ready(f)), None), what, 30)

    def ends(self):
        """Waits until it exits; returns the exit status. The terminal must be as it was before."""
        def ended():
            self.read()  # otherwise it would block on writing
            return self.process.poll() is not None
        until(ended, "its end", 30)
        self.read()
        assert termios.tcgetattr(self.slave) == self.before, "the terminal is not as it was"
        return self.process.returncode
