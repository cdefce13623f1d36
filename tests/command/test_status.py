#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What `status` says about an interface: totals and rates, since when, whether files have changed,
and audit mode; and `diff` with what is in force."""

import datetime
import os
import re
import time

from guarded import HERE, THERE, Guarded, main, policy, rule
from sandbox import run
from terminal import Terminal

PORT, OTHER, THIRD = 4000, 4001, 4002
TALK = rule("talk-in", "in", "udp", PORT)
GOOD = policy("good", TALK, rule("other-in", "in", "udp", OTHER))
LESS = policy("less", TALK)
LISTS = policy("lists", "[sets]\nlist = @list.txt\n",
               rule("talk-in", "in", "udp", PORT, **{"from": "list"}))


class Totals(Guarded):
    def assertSum(self):
        """Totals are what was seen, and every packet was either accepted or dropped."""
        totals, seen = self.at_rest(lambda: (self.look()["totals"], self.stats().seen))
        for way in ("in", "out"):
            self.assertEqual(totals[way]["seen"], seen[way])
            self.assertEqual(totals[way]["accepted"] + totals[way]["dropped"], seen[way], totals)
        return totals

    def talk(self, *before):
        receiver, sender = self.socket(self.here, port=PORT), self.socket(self.there)
        self.reaches(sender, receiver, *before)
        receiver.close()

    def test_totals_are_what_was_seen(self):
        self.attach(GOOD)
        self.talk(THIRD, THIRD, THIRD)
        totals = self.assertSum()
        self.assertGreaterEqual(totals["in"]["dropped"], 3)
        self.assertGreaterEqual(totals["in"]["accepted"], 1)
        self.assertRegex(self.succeeds("status"),
                         rf"packets   in: {totals['in']['seen']} seen \(\S+/s\), "
                         rf"{totals['in']['accepted']} accepted \(\S+/s\), "
                         rf"{totals['in']['dropped']} dropped \(\S+/s\)\n +out: ")

    def test_totals_never_go_back(self):
        """Even when the rules that counted are gone, or count anew for another verdict."""
        self.attach(GOOD)
        for text in (LESS, policy("none"), policy("shut", rule("talk-in", "in", "udp", PORT, "drop")),
                     GOOD, LESS):
            before = self.assertSum()
            self.reload(text)
            after = self.assertSum()
            for way in ("in", "out"):
                for key, value in before[way].items():
                    self.assertGreaterEqual(after[way][key], value, (text, key))
            sender = self.socket(self.there)
            for port in (PORT, OTHER):
                self.send(sender, port, 2)
        self.succeeds("rollback", self.interface)
        self.assertSum()

    def test_rates_are_since_the_last_look(self):
        self.attach(GOOD)
        first = self.look()
        self.assertEqual(first["rates"]["since"], first["attached_at"])
        self.assertSays(self.succeeds("status"), "since somebody last looked")
        begun, before = time.monotonic(), self.look()
        self.talk(*[THIRD] * 40)
        now = self.look()
        span = time.monotonic() - begun
        new = {key: now["totals"]["in"][key] - before["totals"]["in"][key]
               for key in ("seen", "accepted", "dropped")}
        self.assertGreaterEqual(new["dropped"], 40)
        for key, packets in new.items():
            self.assertGreaterEqual(now["rates"]["in"][key], packets / span * 0.99, key)
        # Rates leave out what happened before the previous look.
        idle = self.at_rest(lambda: (self.look(), self.look()))[1]
        self.assertEqual(idle["rates"]["in"], {"seen": 0, "accepted": 0, "dropped": 0})

    def test_first_look(self):
        self.attach(GOOD)
        self.assertSays(self.succeeds("status"), "since it was attached")


class Since(Guarded):
    @staticmethod
    def moment(text):
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))

    def test_an_expired_confirmation_is_of_its_deadline(self):
        """Not from the time when a command happened to look."""
        self.attach(GOOD)
        for command in ("reload", "attach"):
            with self.subTest(command):
                if command == "attach":
                    self.succeeds("detach", self.interface)
                self.succeeds(command, "--confirm", "1s", self.interface, self.file(LESS))
                deadline = self.moment(self.look()["confirm_by"])
                while datetime.datetime.now(datetime.timezone.utc) < (
                        deadline + datetime.timedelta(seconds=2.2)):
                    time.sleep(0.1)
                shown = self.look()
                self.assertNotEqual(shown["policy"], "less")
                for key in ("loaded_at", "expired_at"):
                    late = self.moment(shown[key]) - deadline
                    self.assertLessEqual(abs(late), datetime.timedelta(seconds=1), key)


class Files(Guarded):
    def setUp(self):
        super().setUp()
        self.list = self.file(f"{THERE[0]}\n", "list.txt")
        self.path = self.attach(LISTS)

    def assertState(self, policy_state, list_state):
        shown = self.look()
        self.assertEqual([(file["path"], file["state"]) for file in shown["files"]],
                         [(str(self.path), policy_state), (str(self.list), list_state)])
        changed = (policy_state, list_state) != ("same", "same")
        self.assertEqual(shown["file_changed"], changed)
        text = self.succeeds("status")
        for path, state in ((self.path, policy_state), (self.list, list_state)):
            self.assertEqual(f"file      {path} " in text, state != "same", text)
        self.assertEqual(f"edgexdp diff {self.interface} {self.path}\n" in text, changed)

    def test_same(self):
        self.assertState("same", "same")
        os.utime(self.path)
        self.list.write_text(self.list.read_text())
        self.assertState("same", "same")

    def test_policy(self):
        self.path.write_text(LISTS + "; more\n")
        self.assertState("changed", "same")
        self.succeeds("reload", self.interface)
        self.assertState("same", "same")

    def test_list(self):
        self.list.write_text(THERE[0].replace("7", "8") + "\n")  # same length as before
        self.assertState("same", "changed")
        self.succeeds("reload", self.interface)
        self.assertState("same", "same")
        self.succeeds("rollback", self.interface)
        self.assertState("same", "changed")

    def test_what_is_no_file_any_more(self):
        """A pipe does not block it, and a device is not read to its end."""
        self.list.unlink()
        self.assertState("same", "gone")
        os.mkfifo(self.list)
        self.assertState("same", "gone")
        self.list.unlink()
        self.list.symlink_to("/dev/zero")
        self.assertState("same", "gone")

    def test_named_relatively(self):
        self.succeeds("reload", self.interface, self.path.name, cwd=self.sandbox.directory)
        self.assertState("same", "same")
        self.succeeds("status", cwd="/")

    def test_a_link_that_leads_elsewhere(self):
        """The link is what was named: a reload would read what it points to now."""
        link = self.sandbox.directory / "current.ini"
        link.symlink_to(self.path.name)
        self.succeeds("reload", self.interface, link)
        self.assertEqual(self.look()["path"], str(link))
        other = self.file(GOOD)
        link.unlink()
        link.symlink_to(other.name)
        self.assertTrue(self.look()["file_changed"])
        self.succeeds("reload", self.interface)
        self.assertEqual(self.look()["policy"], "good")

    def test_a_policy_from_a_pipe(self):
        come, go = os.pipe()
        os.write(go, GOOD.encode())
        os.close(go)
        self.succeeds("reload", self.interface, f"/dev/fd/{come}", pass_fds=(come,))
        os.close(come)
        self.assertSays(self.succeeds("status"), "cannot be read again")


class Audit(Guarded):
    def test_first_line(self):
        self.attach(GOOD)
        for command in ("status", "stats"):
            self.assertNotIn("audit", self.succeeds(command).splitlines()[0])
        self.succeeds("detach", self.interface)
        self.attach(GOOD, "--audit")
        for command in ("status", "stats"):
            first = self.succeeds(command).splitlines()[0]
            self.assertSays(first, self.interface, "audit mode")
            shown = Terminal(self.here.command(self.program, command), NO_COLOR="")
            self.addCleanup(shown.close)
            shown.ends()
            self.assertRegex(shown.output, r"\033\[1;33m\(?audit mode: everything passes\)?\033\[0m")
        self.reload(policy("watching", TALK, mode="audit"))
        for command in ("status", "stats"):
            self.assertIn("audit mode", self.succeeds(command).splitlines()[0])


class Diff(Guarded):
    """What is in force, whatever has happened to its files, compared with another policy."""

    def assertSame(self, path):
        self.assertEqual(self.succeeds("diff", self.interface, path), "")

    def diff(self, path, *options):
        done = self.call("diff", *options, self.interface, path)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        return done.stdout

    def test_files(self):
        path = self.attach(GOOD)
        self.assertSame(path)
        less = self.file(LESS)
        self.assertEqual(self.diff(less),
                         f"in udp any > any : {OTHER}  accept (rule other-in, {path}:"
                         f"{1 + GOOD.splitlines().index('[rule other-in]')}) -> drop (default)\n")
        path.write_text(LESS)
        self.assertIn("other-in", self.diff(path))
        path.unlink()
        self.assertIn("other-in", self.diff(less))
        self.succeeds("reload", self.interface, less)
        self.assertSame(less)

    def test_lists(self):
        lists = self.file(f"{THERE[0]}\n", "list.txt")
        path = self.attach(LISTS)
        self.assertSame(path)
        lists.write_text("192.0.2.0/24\n")
        told = self.diff(path)
        self.assertSays(told, f"in udp {THERE[0]} > any : {PORT}  accept", "192.0.2.0/24")
        lists.write_text(f"; a comment\n{THERE[0]}/32\n")
        self.assertSame(path)

    def test_audit(self):
        path = self.attach(GOOD, "--audit")
        self.assertEqual(self.diff(path), "mode: audit -> enforce\n")

    def test_unguarded(self):
        path = self.file(GOOD)
        self.succeeds("attach", "--confirm", "1s", self.interface, path)
        while self.look()["policy"] != "unguarded":
            time.sleep(0.1)
        self.assertSays(self.diff(path), "baseline martians: accept -> drop")
        everything = policy("open", "[baseline]\nigmp = accept\nother-ethertypes = accept\n"
                            "ping = accept\ndhcp-client = accept\ntcp-flags = accept\n"
                            "martians = accept\n",
                            inbound="accept", outbound="accept")
        self.assertSame(self.file(everything))

    def test_what_is_not_guarded(self):
        path = self.file(GOOD)
        self.assertSays(self.fails(1, "diff", self.interface, path), "is not guarded")
        self.assertSays(self.fails(1, "diff", "none.ini", path), "cannot read none.ini")
        self.attach(GOOD)
        self.assertSays(self.fails(1, "diff", self.interface, "none.ini"), "cannot read none.ini")

    def test_large(self):
        """Large lists of prefixes are kept, too."""
        listed = "".join(f"10.{i >> 8 & 255}.{i & 255}.0/25\n" for i in range(30000))
        lists = self.file(listed, "list.txt")
        path = self.attach(LISTS)
        lists.write_text(listed + "192.0.2.1\n")
        self.assertTrue(self.look()["file_changed"])
        self.assertIn("192.0.2.1", self.diff(path))


main()
