#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The service in namespaces: what it tells systemd, what it does on signals, and how it stops."""

import signal
import socket
import subprocess
import time

from serving import BROKEN, GOOD, OTHER, PORT, WIDER, Serving

from guarded import HERE, main, policy, rule
from sandbox import descriptors, until

SSH = 22


class Telling(Serving):
    def test_ready_is_guarded(self):
        self.start(self.file(GOOD))
        status = self.notices.next("STATUS=", "policy good (enforce), 1 rule;", "in: native", "out: ")
        self.assertIn(self.interface, status)
        self.notices.next("READY=1")
        self.assertEqual(self.status()["policy"], "good")
        self.says(self.interface, "attached", "policy good")
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)

    def test_watchdog(self):
        """It comes well before systemd's limit, so that there is room on a busy machine."""
        allowed = 8
        self.serve(self.file(GOOD), WATCHDOG_USEC=str(allowed * 1000000))
        self.notices.during(3 * allowed)
        times = self.notices.times("WATCHDOG=1")
        self.assertGreaterEqual(len(times), 3)
        self.assertLess(max(b - a for a, b in zip(times, times[1:])), allowed)

    def test_broken_at_the_start(self):
        path = self.file(BROKEN)
        self.start(path)
        self.assertEqual(self.service.wait(10), 1)
        self.assertSays(self.said.read_text(), f"{path}:7:8: error: port 70000 is above 65535",
                        "NOT guarded")
        self.assertNotIn("READY=1", self.notices.during(0.2))
        self.assertNothingPinned()

    def test_lockout(self):
        session = {"SSH_CONNECTION": "203.0.113.7 50000 198.51.100.10 22"}
        path = self.file(GOOD)
        self.start(path, **session)
        self.assertEqual(self.service.wait(10), 1)
        self.assertSays(self.said.read_text(), "lock you out", "reason default", "--force")
        self.assertNothingPinned()
        self.serve(path, "--force", **session)

    def test_command_line(self):
        path = self.file(GOOD)
        self.assertSays(self.fails(2, "run", "--on-stop", "later", self.interface, path), "keep")
        self.assertSays(self.fails(2, "run", self.interface), "too few")
        self.assertSays(self.fails(2, "run", "--mode", "fast", self.interface, path), "fast")
        for name in ("", "a/b", "x" * 16):
            self.assertSays(self.fails(1, "run", name, path), "cannot be the name of an interface")

    def test_without_systemd(self):
        process = subprocess.Popen(
            self.here.command(self.program, "run", self.interface, self.file(GOOD)),
            stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end, process)
        self.assertIn("attached: policy good", process.stderr.readline())
        process.terminate()
        self.assertIn("the kernel continues", process.stderr.readline())
        self.assertEqual(process.wait(10), 0)
        process.stderr.close()
        self.assertEqual(self.status()["policy"], "good")


class Reloading(Serving):
    def setUp(self):
        super().setUp()
        self.path = self.file(GOOD, "served.ini")

    def reloaded(self):
        """Sends SIGHUP; returns the STATUS that comes with it, or None."""
        self.kill(signal.SIGHUP)
        self.notices.next("RELOADING=1")
        usec = int(self.notices.next("MONOTONIC_USEC=").partition("=")[2])
        self.assertLess(abs(usec / 1e6 - time.monotonic()), 10)
        here = self.notices.read_to
        self.notices.next("READY=1")
        lines = [line for _, line in self.notices.lines[here:self.notices.read_to]]
        return next((line for line in lines if line.startswith("STATUS=")), None)

    def test_good(self):
        self.serve(self.path)
        receiver, other = self.socket(self.here, port=PORT), self.socket(self.here, port=OTHER)
        self.reaches(self.socket(self.there), receiver, OTHER)
        self.assertSilent(other)
        self.file(WIDER, "served.ini")
        self.assertSays(self.reloaded(), "policy wider (enforce), 2 rules")
        self.assertEqual(self.status()["policy"], "wider")
        self.reaches(self.socket(self.there), other)
        self.assertEqual(self.stats().packets("talk-in", "in"), 1)

    def test_bad(self):
        self.serve(self.path)
        self.file(BROKEN, "served.ini")
        self.assertSays(self.reloaded(), "policy good (enforce)",
                        f"failed: {self.path}:7:8: error: port 70000 is above 65535")
        self.says("reload-failed", "port 70000", "the previous policy stays in force")
        self.assertEqual(self.status()["policy"], "good")
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)
        self.file(WIDER, "served.ini")
        status = self.reloaded()
        self.assertSays(status, "policy wider")
        self.assertNotIn("failed", status)

    def test_answers_that_are_lost(self):
        """In native mode, behind a veth without a program at its other end."""
        self.serve(self.path)
        self.assertEqual(self.status()["attach_mode"], "native")
        self.file(policy("rejects", "[rules]\nall = reject in any\n"), "served.ini")
        self.assertSays(self.reloaded(), "policy rejects (enforce)")
        self.says("the senders of rejected packets are not told")

    def test_missing_file(self):
        self.serve(self.path)
        self.path.unlink()
        self.assertSays(self.reloaded(), "policy good (enforce)", "failed: ", str(self.path))
        self.assertEqual(self.status()["policy"], "good")

    def test_open_session(self):
        """A service has no session of its own: it looks for sessions open by SSH."""
        shut = policy("shut", rule("no-ssh", "in", "tcp", SSH, action="drop"))
        listener = self.socket(self.here, socket.SOCK_STREAM, port=SSH)
        listener.listen()
        client = self.socket(self.there, socket.SOCK_STREAM)
        client.connect((HERE[0], SSH))
        accepted = listener.accept()[0]
        self.addCleanup(accepted.close)
        self.path.write_text(policy("open", rule("ssh", "in", "tcp", SSH)))
        self.serve(self.path)
        self.path.write_text(shut)
        self.assertSays(self.reloaded(), "policy open (enforce)", "failed: ", "lock out somebody who is logged in",
                        "rule no-ssh")
        self.assertEqual(self.status()["policy"], "open")
        # The policy is in force already, so a restart locks out nobody new and must succeed.
        self.succeeds("reload", "--force", self.interface, self.path)
        self.stop()
        self.serve(self.path)
        self.assertEqual(self.status()["policy"], "shut")

    def test_unchanged(self):
        self.serve(self.path)
        before = self.status()
        self.assertIsNone(self.reloaded())
        self.says("unchanged")
        self.assertEqual(self.status(), before)

    def test_changed_set_file(self):
        """The policy file is unchanged to the byte; a file that it names has changed."""
        names = self.file("203.0.113.99\n", "names.txt")
        self.file(policy("sets", rule("talk-in", "in", "udp", PORT, **{"from": f"@{names}"})),
                  "served.ini")
        self.serve(self.path)
        silent = self.socket(self.here, port=PORT)
        self.send(self.socket(self.there), PORT)
        self.assertSilent(silent)
        names.write_text("203.0.113.7\n")
        self.reloaded()
        self.reaches(self.socket(self.there), silent)

    def test_command_between(self):
        """A reload by a command stays in force, and the service reports it; SIGHUP reads its own
        file."""
        self.serve(self.path)
        self.reload(WIDER)
        self.notices.next("STATUS=", "policy wider (enforce), 2 rules")
        self.says("a command changed the policy", "wider")
        self.assertEqual(self.status()["policy"], "wider")
        self.assertSays(self.reloaded(), "policy good")
        self.assertEqual(self.status()["policy"], "good")

    def test_detached_by_command(self):
        self.serve(self.path)
        self.succeeds("detach", self.interface)
        self.notices.next("STATUS=", "detached by a command")
        time.sleep(6)
        self.assertNothingPinned()
        self.assertSays(self.reloaded(), "policy good")
        self.assertEqual(self.status()["policy"], "good")

    def test_confirm_expires(self):
        self.serve(self.path)
        self.succeeds("reload", "--confirm", "7s", self.interface, self.file(WIDER))
        self.notices.next("STATUS=", "policy wider", "to be confirmed by")
        self.notices.next("STATUS=", "policy good (enforce), 1 rule;")
        self.says("no confirmation came in time: gone back to policy good")
        self.assertIsNotNone(self.status()["expired_at"])

    def test_confirmed(self):
        self.serve(self.path)
        self.succeeds("reload", "--confirm", "1h", self.interface, self.file(WIDER))
        self.notices.next("STATUS=", "policy wider", "to be confirmed by")
        self.assertSays(self.reloaded(), "policy wider", "failed", "confirm")
        self.succeeds("confirm", self.interface)
        self.says("confirmed: policy wider")

    def test_audit(self):
        self.serve(self.path, "--audit")
        self.assertEqual(self.status()["mode"], "audit")
        self.file(WIDER, "served.ini")
        self.assertSays(self.reloaded(), "policy wider (audit)")
        self.stop()
        self.serve(self.path)
        self.assertEqual(self.status()["mode"], "enforce")


class Stopping(Serving):
    def test_keep(self):
        self.serve(self.file(GOOD))
        self.assertEqual(self.stop(), 0)
        self.says("the kernel continues to guard it")
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)

    def test_detach(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.serve(self.file(GOOD), "--on-stop", "detach")
            self.assertEqual(self.stop(number), 0)
            self.says("detached")
            self.assertNothingPinned()
        self.reaches(self.socket(self.there), self.socket(self.here, port=OTHER))

    def test_while_it_waits(self):
        self.delete()
        self.start(self.file(GOOD), "--on-stop", "detach")
        self.notices.next("STATUS=", "waiting")
        self.assertEqual(self.stop(), 0)


class Idling(Serving):
    def test_holds_nothing(self):
        """Between two looks it holds no lock and no program, and only one map, `listeners`, from
        which it removes itself at the end."""
        self.serve(self.file(GOOD))
        until(lambda: [name for name in descriptors(self.service.pid).values() if "bpf" in name]
              == ["anon_inode:bpf-map"], "everything else to be closed")


main()
