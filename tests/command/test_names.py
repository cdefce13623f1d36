#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Names that others have chosen, of interfaces and of files: a terminal that shows them executes
nothing in them, log entries stay on one line, and JSON and metrics remain readable."""

import json
import os
import pathlib
import pty
import signal
import subprocess

from guarded import EDGEXDP, Guarded, main, policy, rule
from sandbox import until

PORT = 4000
# A sequence that sets a terminal's title; the same with the one-character CSI; and invalid UTF-8.
TITLE, C1, BYTES = "\x1b]0;x\x07", "\x9b2J", "\udcff\udcfe"
SHOWN = {TITLE: r"\x1b]0;x\x07", C1: r"\xc2\x9b2J", BYTES: r"\xff\xfe"}
IN_JSON = {TITLE: TITLE, C1: "\ufffd2J", BYTES: "\ufffd\ufffd"}
FILE = "p\nedgexdp: all is well\x1b[31m\udcff.ini"
FILE_SHOWN = r"p\x0aedgexdp: all is well\x1b[31m\xff.ini"
FILE_IN_JSON = "p\nedgexdp: all is well\x1b[31m\ufffd.ini"
POLICY = policy("good", rule("talk-in", "in", "udp", PORT, log="yes"))
OTHER = policy("other", rule("talk-in", "in", "udp", PORT, action="drop"))
PACKET = f"in udp 203.0.113.7:1 > 198.51.100.10:{PORT}"


class Odd(Guarded):
    def assertHarmless(self, text):
        """The output is lines of characters, and nothing that does more than show a character.
        (Reading it has proved that it is UTF-8.)"""
        strange = {c for c in text if (ord(c) < 0x20 and c not in "\n\t") or 0x7f <= ord(c) < 0xa0}
        self.assertEqual(strange, set(), repr(text))
        self.assertNotIn("\nedgexdp: all is well", text)

    def call(self, *arguments, **options):
        done = super().call(*arguments, **options)
        self.assertHarmless((done.stdout or "") + done.stderr)
        return done

    def each_name(self):
        """Gives the guarded interface each of the names in turn."""
        path = self.path = self.file(POLICY, FILE)
        for name in SHOWN:
            with self.subTest(name=name):
                self.here.run("ip", "link", "del", self.interface)
                self.interface = name
                self.cable(name)
                self.succeeds("attach", name, path)
                yield name
                self.succeeds("detach", name)

    def test_commands_show_them_harmlessly(self):
        for name in self.each_name():
            self.assertIn(SHOWN[name], self.succeeds("status"))
            self.assertIn(FILE_SHOWN, self.succeeds("status", name))
            self.assertIn(SHOWN[name], self.succeeds("stats", name))
            self.assertIn(SHOWN[name], self.succeeds("bans", name))
            self.succeeds("ban", name, "192.0.2.1")
            self.succeeds("bans", name)
            self.assertIn(SHOWN[name], self.succeeds("reload", "--confirm", "1h", name))
            self.succeeds("confirm", name)
            self.assertIn(FILE_SHOWN, self.succeeds("explain", name, PACKET))
            self.assertIn(SHOWN[name], self.fails(1, "attach", name, self.path))
            self.assertIn(FILE_SHOWN, self.fails(1, "attach", name, f"{self.path}.none"))
            self.assertIn(SHOWN[name], self.fails(1, "confirm", name))

    def test_json(self):
        for name in self.each_name():
            shown = json.loads(self.succeeds("status", "--json"))[0]
            self.assertEqual((shown["interface"], pathlib.Path(shown["path"]).parts[-1]),
                             (IN_JSON[name], FILE_IN_JSON))
            self.assertEqual(json.loads(self.succeeds("stats", "--json"))[0]["interface"],
                             IN_JSON[name])
            explained = json.loads(self.succeeds("explain", "--json", name, PACKET))
            self.assertEqual((explained["interface"], explained["rule"]), (IN_JSON[name], "talk-in"))

    def test_metrics(self):
        for name in self.each_name():
            self.assertIn(SHOWN[name].replace("\\", r"\\"), self.succeeds("stats", "--prometheus"))

    def test_completion(self):
        for name in self.each_name():
            self.assertEqual(self.succeeds("--complete", "status", ""), "")

    def test_monitor_and_capture(self):
        for name in self.each_name():
            capture = self.sandbox.directory / "odd.pcapng"
            sender = self.socket(self.there)
            words = [*self.here.command(), str(EDGEXDP), "monitor", "--count", "1"]
            for more in ((), ("--write", str(capture))):
                with subprocess.Popen([*words, *more, name], stdout=subprocess.PIPE, text=True,
                                      stderr=subprocess.PIPE) as monitor:
                    until(lambda: self.send(sender, PORT) or monitor.poll() is not None,
                          "a packet to be shown")
                    self.assertHarmless(monitor.stdout.read() + monitor.stderr.read())
            shown = subprocess.run(["tshark", "-r", capture, "-T", "fields", "-e",
                                    "frame.interface_name"], text=True, capture_output=True)
            self.assertEqual(shown.returncode, 0, shown)

    def test_service(self):
        for name in self.each_name():
            words = [*self.here.command(), str(EDGEXDP), "run", "--listen", "none", name, self.path]
            with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as service:
                first = service.stderr.readline()
                service.terminate()
                self.assertHarmless(first + service.stderr.read())
            self.assertIn(f"edgexdp: {SHOWN[name]}: ", first)

    def test_watch(self):
        for name in self.each_name():
            leader, follower = pty.openpty()
            with subprocess.Popen([*self.here.command(), str(EDGEXDP), "stats", "--watch", name],
                                  stdin=follower, stdout=follower, stderr=follower) as watch:
                os.close(follower)
                shown = b""
                while b"packets/s" not in shown:
                    shown += os.read(leader, 4096)
                watch.send_signal(signal.SIGTERM)
            os.close(leader)
            self.assertIn(SHOWN[name].encode(), shown)
            self.assertNotIn(os.fsencode(name), shown)


class OddFiles(Odd):
    def test_commands_show_them_harmlessly(self):
        path, other = self.file(POLICY, FILE), self.file(OTHER, "o" + FILE)
        self.assertIn(FILE_SHOWN + ": ok", self.succeeds("check", path))
        self.assertIn(FILE_SHOWN, self.succeeds("explain", path, PACKET))
        self.assertIn(FILE_SHOWN, self.call("diff", path, other).stdout)
        shown = json.loads(self.call("diff", "--json", path, other).stdout)
        self.assertIn(FILE_IN_JSON, json.dumps(shown, ensure_ascii=False).encode().decode()
                      .replace(r"\n", "\n").replace("\\u001b", "\x1b"))
        self.assertIn("o" + FILE_SHOWN, self.fails(1, "replay", path, other))
        self.succeeds("export", "nftables", path)
        broken = self.file("[policy]\nnam = x\n", "b" + FILE)
        self.assertIn("b" + FILE_SHOWN, self.call("check", broken).stderr)
        for words in (("check", f"--{FILE}"), ("stats", f"--watch={FILE}"), (FILE,)):
            self.assertEqual(self.call(*words).returncode, 2)

    # The tests that use each_name() do not apply to files.
    test_json = test_metrics = test_completion = test_monitor_and_capture = None
    test_service = test_watch = None


main()
