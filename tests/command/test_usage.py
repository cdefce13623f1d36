#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: help, mistakes in it, and `check`. Needs no privilege."""

import os
import pathlib
import re
import shutil
import tempfile

from guarded import EDGEXDP, NOBODY, Base, main, policy, rule
from terminal import Terminal

COMMANDS = ("check", "attach", "reload", "rollback", "detach", "status", "stats", "explain", "diff", "monitor",
            "replay", "export", "import", "help")
GOOD = policy("good", rule("web-in", "in", "tcp", "443"))
BROKEN = policy("broken", rule("web-in", "in", "tcp", "70000"))
UNMET = GOOD + ("[expect ssh]\npacket = in tcp 203.0.113.7:40000 > 198.51.100.10:22\n"
                "verdict = accept\n")


class Help(Base):
    def test_version(self):
        self.assertRegex(self.succeeds("--version"), r"^edgexdp \d+\.\d+\.\d+\n$")

    def test_help_lists_every_command(self):
        text = self.succeeds("--help")
        self.assertEqual(text, self.succeeds("help"))
        for command in COMMANDS:
            self.assertRegex(text, rf"(?m)^  {command} +\S")

    def test_every_command_listed_has_help(self):
        listed = re.findall(r"(?m)^  (\w+) ", self.succeeds("--help"))
        for command in listed:
            text = self.succeeds("help", command)
            self.assertEqual(text, self.succeeds(command, "--help"))
            self.assertTrue(text.startswith(f"usage: edgexdp {command} "), text)

    def test_help_is_asked_for_anywhere(self):
        self.assertEqual(self.succeeds("-h"), self.succeeds("--help"))
        attach = self.succeeds("help", "attach")
        for rest in (["-h"], ["lo", "--help"], ["lo", "none.ini", "--confirm", "5m", "--help"]):
            self.assertEqual(self.succeeds("attach", *rest), attach)
        self.assertSays(self.fails(1, "check", "--", "--help"), "cannot read --help")

    def test_help_names_the_options(self):
        for command, options in (("attach", ("--mode", "--audit")),
                                 ("status", ("--json",)), ("stats", ("--json", "--all"))):
            self.assertSays(self.succeeds("help", command), *options)


    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            self.assertSays(self.fails(1, "--help", stdout=full), "cannot write")


class WrongCommandLine(Base):
    def test_nothing(self):
        done = self.call()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertSays(done.stderr, "usage: edgexdp COMMAND")

    def test_no_such_command(self):
        self.assertSays(self.fails(2, "guard", "eth0"), "guard", "--help")
        self.assertSays(self.fails(2, "help", "guard"), "guard")

    def test_what_was_probably_meant(self):
        for words, meant in ((["chekc"], "check"), (["help", "stat"], "status"),
                             (["attach", "--adit", "eth0", "x.ini"], "--audit"), (["ban", "--fro=1h", "eth0"], "--for")):
            self.assertSays(self.fails(2, *words), f'(did you mean "{meant}"?)')
        for words in (["guard"], ["check", "--force", "x.ini"], ["attach", "--everything", "eth0", "x.ini"]):
            self.assertNotIn("did you mean", self.fails(2, *words))

    def test_number_of_arguments(self):
        for arguments in (["check"], ["attach"], ["attach", "eth0"], ["attach", "a", "b", "c"],
                          ["reload"], ["reload", "a", "b", "c"], ["rollback"],
                          ["rollback", "a", "b"], ["detach"], ["detach", "a", "b"],
                          ["status", "a", "b"], ["stats", "a", "b"], ["monitor"], ["monitor", "a", "b"], ["help", "a", "b"]):
            said = self.fails(2, *arguments)
            self.assertSays(said, f"edgexdp help {arguments[0]}")

    def test_no_such_option(self):
        for command in COMMANDS:
            if command != "help":
                self.assertSays(self.fails(2, command, "--colour"), "--colour", f"help {command}")

    def test_options_that_take_a_value(self):
        self.assertSays(self.fails(2, "attach", "eth0", "x.ini", "--mode"), "--mode", "value")
        self.assertSays(self.fails(2, "attach", "--mode", "fast", "eth0", "x.ini"), "fast",
                        "native", "generic")
        for flows in ("0", "12", "many", "1e6", "-4096", "99999999999999999999"):
            self.assertSays(self.fails(2, "attach", f"--flows={flows}", "eth0", "x.ini"), flows)


class Check(Base):
    """As an unprivileged user, whoever runs the test."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.prefix = NOBODY if os.geteuid() == 0 else ()
        self.program = shutil.copy(EDGEXDP, self.folder)
        os.chmod(self.folder, 0o755)

    def call(self, *arguments, **options):
        return super().call(*arguments, prefix=self.prefix, cwd=self.folder, **options)

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def test_good(self):
        path = self.file("good.ini", GOOD)
        self.assertEqual(self.succeeds("check", path), f"{path}: ok: 1 rule, 0 expectations met\n")

    def test_several(self):
        paths = [self.file(f"good-{i}.ini", GOOD) for i in range(3)]
        self.assertEqual(self.succeeds("check", *paths).count(": ok: "), 3)

    def test_broken_among_several(self):
        good, broken = self.file("good.ini", GOOD), self.file("broken.ini", BROKEN)
        done = self.call("check", broken, good)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, rf"^{broken}:\d+:\d+: error: ")
        self.assertSays(done.stdout, f"{good}: ok")
        self.assertNotIn(f"{broken}: ok", done.stdout)

    def test_expectation_not_met(self):
        path = self.file("unmet.ini", UNMET)
        done = self.call("check", path)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, rf"^{path}:\d+:\d+: error: ")

    def test_warnings_are_no_failure(self):
        path = self.file("hidden.ini", GOOD + rule("hidden", "in", "tcp", "443"))
        done = self.call("check", path)
        self.assertEqual(done.returncode, 0)
        self.assertSays(done.stderr, "warning: ", "hidden", "web-in")

    def test_cannot_be_read(self):
        secret = self.file("secret.ini", GOOD)
        secret.chmod(0)
        for path in (self.folder / "missing.ini", self.folder, secret):
            done = self.call("check", path)
            self.assertEqual((done.returncode, done.stdout), (1, ""), path)
            self.assertSays(done.stderr, str(path))
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)


class Colours(Base):
    """On a terminal, errors and audit mode stand out."""

    RED, YELLOW = "\033[1;31m", "\033[1;33m"

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.audit, self.broken = self.folder / "audit.ini", self.folder / "broken.ini"
        self.audit.write_text(policy("audit", rule("web-in", "in", "tcp", "443"), mode="audit"))
        self.broken.write_text(BROKEN)

    def shown(self, *arguments, **environment):
        terminal = Terminal([EDGEXDP, *map(str, arguments)], **{"NO_COLOR": "", **environment})
        self.addCleanup(terminal.close)
        terminal.ends()
        return terminal.output.replace("\r\n", "\n")

    def explained(self, **environment):
        return self.shown("explain", self.audit, "in tcp 203.0.113.7:4000 > 198.51.100.10:80 syn", **environment)

    def test_errors(self):
        self.assertRegex(self.shown("chekc"), rf"^{re.escape(self.RED)}edgexdp: there is no command .*\033\[0m\n$")
        self.assertTrue(self.shown("status", "no", "such").startswith(
            f"{self.RED}edgexdp status: too many arguments\033[0m (usage"))
        self.assertIn(f": {self.RED}error:\033[0m port 70000", self.shown("check", self.broken))

    def test_audit_mode(self):
        self.assertIn(f"{self.YELLOW}In audit mode", self.explained())

    def test_nobody_wants_them(self):
        for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}):
            for text in (self.shown("chekc", **environment), self.shown("check", self.broken, **environment),
                         self.explained(**environment)):
                self.assertNotIn("\033", text)

    def test_no_terminal(self):
        os.environ["TERM"] = "xterm"
        self.assertNotIn("\033", self.fails(2, "chekc") + self.call("check", self.broken).stderr)


main(privileged=False)
