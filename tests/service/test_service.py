#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The service in namespaces: what it tells systemd, what it does on signals, and that the filter
never depends on it."""

import json
import os
import signal
import socket
import subprocess
import time

from serving import Serving, Traffic

from guarded import HERE, PINS, main, policy, rule
from sandbox import descriptors, run, until

PORT, OTHER, SSH = 4000, 4001, 22
TALK = rule("talk-in", "in", "udp", PORT)
GOOD = policy("good", TALK)
WIDER = policy("wider", TALK, rule("other-in", "in", "udp", OTHER))
BROKEN = policy("broken", rule("talk-in", "in", "udp", 70000))


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


class Dying(Serving):
    def test_killed_under_traffic(self):
        """The kernel goes on, packet by packet, and so do the counters."""
        path = self.file(GOOD)
        self.serve(path)
        before = self.status()
        permitted, forbidden = self.socket(self.here, port=PORT), self.socket(self.here, port=OTHER)
        with Traffic(self, self.socket(self.there), permitted, forbidden) as traffic:
            for _ in range(5):
                time.sleep(0.3)
                earlier = self.stats()
                self.service.kill()
                self.service.wait()
                time.sleep(0.3)
                self.serve(path)
                self.says("adopted")
                self.assertEqual(earlier.falls(self.stats()), [])
        self.assertEqual(traffic.got, [traffic.sent[0], 0])
        self.assertGreater(traffic.sent[1], 500)
        stats = self.stats()
        self.assertEqual(stats.packets("talk-in", "in"), traffic.sent[0])
        self.assertConserved()
        now = self.status()
        for key in ("program_id", "loaded_at", "attached_at"):
            self.assertEqual(now[key], before[key], key)

    def test_killed_while_it_starts(self):
        """At any moment: what is left is complete, or nothing."""
        path = self.file(GOOD)
        for step in range(20):
            self.start(path)
            time.sleep(0.005 * step)
            self.service.kill()
            self.service.wait()
            if (PINS / self.interface).exists():
                self.assertEqual(self.status()["policy"], "good")
        self.serve(path)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)

    def test_killed_while_it_reloads(self):
        """At any moment of a reload, with traffic: nothing is lost, nothing forbidden passes, and
        no counter decreases."""
        texts = (GOOD, policy("more", TALK, rule("third-in", "in", "udp", 4002)))
        path = self.file(GOOD, "served.ini")
        self.serve(path)
        permitted, forbidden = self.socket(self.here, port=PORT), self.socket(self.here, port=OTHER)
        with Traffic(self, self.socket(self.there), permitted, forbidden) as traffic:
            for step in range(40):
                earlier = self.stats()
                self.file(texts[step % 2 == 0], "served.ini")
                self.kill(signal.SIGHUP)
                time.sleep(0.001 * step)
                self.service.kill()
                self.service.wait()
                self.assertIn(self.status()["policy"], ("good", "more"))
                self.serve(path)
                self.assertEqual(earlier.falls(self.stats()), [])
        self.assertEqual(traffic.got, [traffic.sent[0], 0])
        self.assertEqual(self.stats().packets("talk-in", "in"), traffic.sent[0])
        self.assertConserved()

    def test_adopts_what_attach_made(self):
        path = self.attach(GOOD)
        before = self.status()
        self.serve(path)
        self.assertEqual(self.status(), before)
        self.says("adopted", "policy good")

    def test_adopting_another_file_is_a_reload(self):
        self.attach(WIDER)
        before = self.status()
        self.serve(self.file(GOOD))
        after = self.status()
        self.assertEqual(after["policy"], "good")
        self.assertEqual(after["program_id"], before["program_id"])
        self.assertTrue(after["rollback"])

    def test_adopts_with_a_broken_file(self):
        """Following what is in force is better than giving up."""
        self.attach(GOOD)
        self.start(self.file(BROKEN))
        self.notices.next("STATUS=", "policy good", "failed", "port 70000")
        self.notices.next("READY=1")
        self.assertEqual(self.status()["policy"], "good")

    def test_two_services(self):
        path = self.file(GOOD)
        self.serve(path)
        before = self.status()
        self.serve(path)
        self.assertEqual(self.status(), before)


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


class Following(Serving):
    def assertGuards(self, name="good"):
        self.assertEqual(self.status()["policy"], name)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)

    def appears(self):
        """Seconds until a new service guards a new interface."""
        self.start(self.file(GOOD))
        self.notices.next("STATUS=", "waiting for this interface")
        self.assertEqual(self.notices.during(1), [])
        start = time.monotonic()
        self.cable(self.interface)
        self.notices.next("READY=1")
        return time.monotonic() - start

    def test_not_there_yet(self):
        self.delete()
        # The kernel tells it: by itself it looks only five seconds after its start. A busy machine may
        # need as long once, but not every time.
        for _ in range(5):
            taken = self.appears()
            self.assertGuards()
            if taken < 3:
                return
            self.stop()
            self.delete()
        self.fail(f"guarded after {taken} s: nobody told it")

    def test_made_again(self):
        self.serve(self.file(GOOD))
        for _ in range(5):
            self.delete()
            self.notices.next("STATUS=", "waiting for this interface")
            self.cable(self.interface)
            self.notices.next("STATUS=", "policy good")
            self.assertGuards()
        self.says("the interface is gone")

    def test_made_again_at_once(self):
        """As fast as possible: whichever changes the service saw, the interface ends up guarded."""
        self.serve(self.file(GOOD))
        for _ in range(10):
            self.delete()
            self.cable(self.interface)
        self.notices.during(2)
        self.assertGuards()

    def test_made_again_with_a_broken_file(self):
        path = self.file(GOOD, "served.ini")
        self.serve(path)
        self.file(BROKEN, "served.ini")
        self.delete()
        self.notices.next("STATUS=", "waiting")
        self.cable(self.interface)
        self.notices.next("STATUS=", "policy good", "failed", "port 70000")
        self.says("using the policy that was read before")
        self.assertGuards()

    def test_down_and_up(self):
        self.serve(self.file(GOOD))
        before = self.status()
        self.here.run("ip", "link", "set", self.interface, "down")
        self.here.run("ip", "link", "set", self.interface, "up")
        self.here.route(self.interface, ("198.51.100.10",), "203.0.113.7")
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)
        self.assertEqual(self.status()["program_id"], before["program_id"])

    def test_renamed_and_back(self):
        path = self.file(GOOD, "served.ini")
        self.serve(path)
        other = self.name()
        self.rename(self.interface, other)
        self.notices.next("STATUS=", "policy good", f"it is called {other} now")
        self.says(f"is now called {other} and stays guarded")
        self.assertEqual(self.status(other)["policy"], "good")
        self.file(WIDER, "served.ini")
        self.kill(signal.SIGHUP)
        self.notices.next("STATUS=", "policy wider", f"it is called {other} now")
        self.rename(other, self.interface)
        self.says(f"is called {self.interface} again")
        for _ in range(20):
            if "is called" not in self.notices.next("STATUS="):
                break
        self.assertEqual(self.status()["policy"], "wider")

    def test_renamed_and_detached_at_the_end(self):
        self.serve(self.file(GOOD), "--on-stop", "detach")
        other = self.name()
        self.rename(self.interface, other)
        self.notices.next("STATUS=", f"it is called {other} now")
        self.assertEqual(self.stop(), 0)
        self.assertNothingPinned()

    def test_alternative_name(self):
        alias = "a-name-that-is-longer-than-others"
        self.here.run("ip", "link", "property", "add", "dev", self.interface, "altname", alias)
        self.start(self.file(GOOD), interface=alias)
        self.assertNotIn("is called", self.notices.next("STATUS=", "policy good"))
        self.notices.next("READY=1")
        self.assertEqual(self.status()["interface"], self.interface)

    def test_moved_to_another_namespace(self):
        """It is still judged there, but the service no longer cares about it."""
        self.serve(self.file(GOOD))
        other = self.sandbox.namespace("other")
        self.here.run("ip", "link", "set", self.interface, "netns", other.name)
        self.notices.next("STATUS=", "waiting for this interface")
        shown = json.loads(self.succeeds("status", "--json", self.interface, namespace=other))
        self.assertEqual(shown[0]["policy"], "good")

    def test_renamed_and_another_in_its_place(self):
        path = self.file(GOOD)
        self.serve(path)
        other = self.name()
        self.rename(self.interface, other)
        self.notices.next("STATUS=", f"it is called {other} now")
        self.sandbox.cable(self.here, self.interface, self.there, "peer2")
        self.says(f"is now called {other} and stays guarded")
        self.notices.next("STATUS=", "policy good")
        self.assertEqual(self.status()["policy"], "good")
        self.assertEqual(self.status(other)["policy"], "good")
        self.assertNotEqual(self.status()["program_id"], self.status(other)["program_id"])
        self.succeeds("detach", other)

    def test_occupied(self):
        """Somebody else's program is not replaced; when it is gone, the interface is guarded."""
        self.serve(self.file(GOOD))
        self.delete()
        self.notices.next("STATUS=", "waiting")
        source = self.file('__attribute__((section("xdp"))) int lodger(void *c) { return 2; }',
                           "lodger.c")
        run("clang", "-O2", "-g", "-target", "bpf", "-c", source, "-o", source.with_suffix(".o"))
        self.kill(signal.SIGSTOP)
        self.cable(self.interface)
        self.here.run("ip", "link", "set", "dev", self.interface, "xdpdrv", "obj",
                      source.with_suffix(".o"), "sec", "xdp")
        self.kill(signal.SIGCONT)
        self.notices.next("STATUS=", "NOT GUARDED", "carries another XDP program")
        self.here.run("ip", "link", "set", "dev", self.interface, "xdpdrv", "off")
        self.kill(signal.SIGHUP)
        self.notices.next("STATUS=", "policy good")

    def test_taken_off(self):
        """A link that was detached by force is attached again; state and counters stay."""
        self.serve(self.file(GOOD))
        receiver, other = self.socket(self.here, port=PORT), self.socket(self.here, port=OTHER)
        self.reaches(self.socket(self.there), receiver, OTHER)
        before = self.status()
        for link, key in (("link_in", "attach_mode"), ("link_out", "egress")):
            with self.subTest(link):
                run("bpftool", "link", "detach", "id", str(self.link(link)["id"]))
                self.assertEqual(json.loads(self.call("status", "--json", self.interface).stdout)
                                 [0][key], "missing")
                self.says("it is attached again",
                          "in;" if link == "link_in" else "out;")
                self.assertEqual(self.status()[key], before[key])
        self.reaches(self.socket(self.there), receiver, OTHER)
        self.assertSilent(other)
        self.assertEqual(self.stats().packets("talk-in", "in"), 2)
        self.assertConserved()

    def test_taken_off_before_it_starts(self):
        """What it adopts is mended, and that is reported, before it says that it is ready."""
        path = self.attach(GOOD)
        for link in ("link_in", "link_out"):
            run("bpftool", "link", "detach", "pinned", PINS / self.interface / link)
        self.serve(path)
        self.says("no program on the way in", "no program on the way out", "it is attached again")
        self.assertGuards()

    def test_taken_off_for_good(self):
        """If somebody else's program has the place, the service says that the interface is not
        guarded."""
        self.serve(self.file(GOOD))
        source = self.file('__attribute__((section("xdp"))) int lodger(void *c) { return 2; }',
                           "lodger.c")
        run("clang", "-O2", "-g", "-target", "bpf", "-c", source, "-o", source.with_suffix(".o"))
        self.kill(signal.SIGSTOP)
        run("bpftool", "link", "detach", "pinned", PINS / self.interface / "link_in")
        self.here.run("ip", "link", "set", "dev", self.interface, "xdpdrv", "obj",
                      source.with_suffix(".o"), "sec", "xdp")
        self.kill(signal.SIGCONT)
        self.notices.next("STATUS=", "NOT GUARDED", "in: missing", "lodger")
        self.kill(signal.SIGHUP)
        self.says("reload-failed", "lodger", "it is NOT guarded")
        self.assertEqual(self.stop(), 0)
        self.says("stopped; it is not guarded")

    def test_others_do_not_matter(self):
        self.serve(self.file(GOOD))
        before = json.dumps(self.status())
        for _ in range(20):
            run("ip", "-n", self.here.name, "link", "add", "name", "bridge9", "type", "bridge")
            run("ip", "-n", self.here.name, "link", "del", "bridge9")
        self.assertEqual(json.dumps(self.status()), before)
        self.assertIsNone(self.service.poll())


class Idling(Serving):
    def test_holds_nothing(self):
        """Between two looks it holds no lock and no program, and only one map, `listeners`, from
        which it removes itself at the end."""
        self.serve(self.file(GOOD))
        until(lambda: [name for name in descriptors(self.service.pid).values() if "bpf" in name]
              == ["anon_inode:bpf-map"], "everything else to be closed")


main()
