#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Metrics beside the service: by HTTP from a process of its own, and as a file."""

import http.client
import os
import signal

from serving import Serving

from guarded import PATIENCE, entered, main, policy, rule
from sandbox import run, until

GOOD = policy("good", rule("talk-in", "in", "udp", 4000))


class Publishing(Serving):
    ADDRESS = ("127.0.0.1", 9469)

    def ask(self, path):
        """What the exporter answers, or None while there is none."""
        with entered(self.here):
            connection = http.client.HTTPConnection(*self.ADDRESS, timeout=PATIENCE)
            try:
                connection.request("GET", path)
                return connection.getresponse().read().decode()
            except OSError:
                return None
            finally:
                connection.close()

    def setUp(self):
        super().setUp()
        run("ip", "-n", self.here.name, "link", "set", "lo", "up")

    def test_by_http(self):
        self.serve(self.file(GOOD), "--listen", ":".join(map(str, self.ADDRESS)))
        until(lambda: self.ask("/healthz"), "the exporter answers")
        self.assertIn('edgexdp_rule_packets_total{interface="' + self.interface,
                      self.ask("/metrics"))
        (keeper,) = run("pgrep", "-P", str(self.service.pid)).split()
        os.kill(int(keeper), signal.SIGKILL)
        self.says("exporter has ended")
        until(lambda: self.ask("/healthz"), "another exporter answers")
        self.assertIsNone(self.service.poll())
        self.assertEqual(self.stop(), 0)
        until(lambda: not self.ask("/healthz"), "nobody answers for a service that has ended")

    def test_as_a_file(self):
        path = self.sandbox.directory / "edgexdp.prom"
        good = self.file(GOOD)
        self.serve(good, "--textfile", str(path))
        until(path.exists, "the file is there")
        self.kill(signal.SIGHUP)
        until(lambda: 'result="ok"} 1' in path.read_text(), "the reload shows in the file")
        good.write_text("nonsense")
        self.kill(signal.SIGHUP)
        until(lambda: 'result="failed"} 1' in path.read_text(), "so does one that failed")

    def test_trouble_does_not_matter(self):
        """Where nobody can listen and no file can be written, the filter is guarded all the same."""
        self.serve(self.file(GOOD), "--listen", "203.0.113.200:1", "--textfile", "/nowhere/x.prom")
        self.says("203.0.113.200")
        self.assertEqual(self.status()["policy"], "good")
        self.assertEqual(self.stop(), 0)


main()
