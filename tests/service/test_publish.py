#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Metrics of the service: by HTTP, from a process of its own, and as a file."""

import contextlib
import http.client
import os
import signal
import socket

from serving import Serving

from guarded import PATIENCE, entered, main, policy, rule
from sandbox import Failure, run, until

GOOD = policy("good", rule("talk-in", "in", "udp", 4000))


class Publishing(Serving):
    ADDRESS = ("127.0.0.1", 9469)

    def ask(self, path):
        """The exporter's answer, or None if there is no exporter."""
        with entered(self.here):
            connection = http.client.HTTPConnection(*self.ADDRESS, timeout=PATIENCE)
            try:
                connection.request("GET", path)
                return connection.getresponse().read().decode()
            except OSError:
                return None
            finally:
                connection.close()

    @contextlib.contextmanager
    def taken(self):
        """Somebody else listens on the address of the metrics."""
        with entered(self.here):
            listener = socket.create_server(self.ADDRESS)
        with listener:
            yield

    def test_by_http(self):
        """It is on by default."""
        self.serve(self.file(GOOD))
        until(lambda: self.ask("/healthz"), "the exporter answers")
        self.assertIn('edgexdp_rule_packets_total{interface="' + self.interface,
                      self.ask("/metrics"))
        (keeper,) = run("pgrep", "-P", str(self.service.pid)).split()
        os.kill(int(keeper), signal.SIGKILL)
        self.says("warning", "metrics exporter has ended")
        until(lambda: self.ask("/healthz"), "another exporter answers")
        self.says("metrics are served here now")
        self.assertIsNone(self.service.poll())
        self.assertEqual(self.stop(), 0)
        until(lambda: not self.ask("/healthz"), "nobody answers for a service that has ended")

    def test_not_by_http(self):
        self.serve(self.file(GOOD), "--listen", "none")
        self.kill(signal.SIGHUP)  # a service that obeys this has started everything
        self.notices.next("RELOADING=1")
        self.assertRaises(Failure, run, "pgrep", "-P", str(self.service.pid))
        self.assertIsNone(self.ask("/healthz"))
        self.assertNotIn("metrics", self.said.read_text())

    def test_two_services(self):
        """The first serves the metrics of both; the second takes over when the first has ended."""
        good = self.file(GOOD)
        self.serve(good)
        until(lambda: self.ask("/healthz"), "the exporter answers")
        first, second = self.service, self.name()
        self.sandbox.cable(self.here, second, self.there, "peer2")
        self.serve(good, interface=second)
        line = self.says(second, "another process listens on 127.0.0.1:9469")
        self.assertNotIn("warning", line)
        self.notices.during(6)
        self.assertEqual(self.said.read_text().count("another process"), 1)
        page = self.ask("/metrics")
        for interface in (self.interface, second):
            self.assertIn(f'edgexdp_flows{{interface="{interface}"}}', page)
        first.send_signal(signal.SIGTERM)
        self.assertEqual(first.wait(PATIENCE), 0)
        self.says(second, "metrics are served here now")
        self.assertEqual(self.ask("/metrics").count("\nedgexdp_flows{"), 2)

    def test_chosen_address_is_taken(self):
        """Somebody who chose an address is told that it is not served."""
        address = ":".join(map(str, self.ADDRESS))
        with self.taken():
            self.serve(self.file(GOOD), "--listen", address)
            self.says("warning", f"cannot listen on {address}", "in use")
        until(lambda: self.ask("/healthz"), "the exporter answers when the address is free")

    def test_no_address_yet(self):
        """Early in the boot the loopback interface may be down."""
        self.here.run("ip", "addr", "flush", "dev", "lo")
        self.here.run("ip", "link", "set", "lo", "down")
        self.serve(self.file(GOOD))
        self.assertNotIn("warning", self.says("cannot listen on 127.0.0.1:9469"))
        self.here.run("ip", "link", "set", "lo", "up")
        until(lambda: self.ask("/healthz"), "the exporter answers when there is an address")

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
        """If nothing can listen and no file can be written, the interface is guarded all the same."""
        self.serve(self.file(GOOD), "--listen", "203.0.113.200:1", "--textfile", "/nowhere/x.prom")
        self.says("warning", "cannot listen on 203.0.113.200:1")
        self.says("warning", "cannot write /nowhere/x.prom")
        self.assertEqual(self.status()["policy"], "good")
        self.assertEqual(self.stop(), 0)


main()
