# SPDX-License-Identifier: GPL-2.0-or-later
"""Load from outside, as much as one core can offer."""

import os
import re
import signal
import subprocess


class Generator:
    """Sends packets to the guarded interface of TEST until it is stopped. WORDS are arguments of
    tools/generate, without the interface."""

    def __init__(self, test, *words):
        self.test = test
        self.refused = self.errors()
        *options, packet = words
        self.process = subprocess.Popen(
            test.there.command(os.environ["EDGEXDP_GENERATE"], *options, "peer", packet),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        test.addCleanup(self.kill)

    def errors(self):
        """How many packets the cable did not take."""
        shown = self.test.there.run("ethtool", "-S", "peer")
        return sum(map(int, re.findall(r"xdp_xmit_err\w*: (\d+)", shown)))

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def stop(self):
        """How many packets it has sent, how many of them the cable did not take, and its output."""
        self.test.assertIsNone(self.process.poll(), "it has ended by itself")
        self.process.send_signal(signal.SIGTERM)
        said = self.process.communicate(timeout=60)[0]
        self.test.assertEqual(self.process.returncode, 0, said)
        return int(said.split()[0]), self.errors() - self.refused, said.strip()
