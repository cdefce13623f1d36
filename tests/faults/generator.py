# SPDX-License-Identifier: GPL-2.0-or-later
"""Load from outside, as much as one core can offer, and what of it comes out of the filter."""

import json
import os
import re
import signal
import subprocess

from sandbox import run


class Generator:
    """Sends packets to the guarded interface of TEST, from PEER at the other end of its cable, until
    it is stopped. WORDS are arguments of tools/generate, without the interface."""

    def __init__(self, test, *words, peer="peer"):
        self.test, self.peer = test, peer
        self.refused = self.errors()
        *options, packet = words
        self.process = subprocess.Popen(
            test.there.command(os.environ["EDGEXDP_GENERATE"], *options, peer, packet),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        test.addCleanup(self.kill)

    def errors(self):
        """How many packets the cable did not take."""
        shown = self.test.there.run("ethtool", "-S", self.peer)
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


class Behind:
    """Counts by port, from 4000 on, the packets that come out of the filter of INTERFACE."""

    def __init__(self, namespace, interface):
        self.namespace, self.interface = namespace, interface
        namespace.run("tc", "qdisc", "add", "dev", interface, "clsact")
        namespace.run("tc", "filter", "add", "dev", interface, "ingress", "bpf", "da", "obj",
                      os.environ["EDGEXDP_COUNTER"], "sec", "tc")

    def check(self, test, sent, errors):
        """SENT packets, ERRORS of which the cable did not take, were sent to four ports by turns, the
        interface of TEST is this one, and its policies took turns: all have a rule `steady` for the first
        port, some a rule `sometimes` for the second. Each packet was judged by one policy: the generator,
        the filter and what comes behind it count the same."""
        stats = test.at_rest(test.stats)
        test.assertConserved()
        steady, sometimes = (stats.packets(name, "in") for name in ("steady", "sometimes"))
        test.assertEqual(steady + sometimes + stats.reason("default", "in"), sent - errors)
        test.assertIn(steady, range((sent + 3) // 4 - errors, (sent + 3) // 4 + 1))
        test.assertTrue(0 < sometimes < steady, (self.interface, sometimes, steady))
        test.assertEqual(self.passed(), [steady, sometimes, 0, 0])
        test.assertSeated()

    def passed(self):
        shown = json.loads(self.namespace.run("tc", "-j", "filter", "show", "dev", self.interface, "ingress"))
        program = next(f["options"]["prog"]["id"] for f in shown if "options" in f)
        (made_of,) = json.loads(run("bpftool", "-j", "prog", "show", "id", str(program)))["map_ids"]
        dump = json.loads(run("bpftool", "-j", "map", "dump", "id", str(made_of)))
        return [sum(cpu["value"] for cpu in e["formatted"]["values"]) for e in dump]
