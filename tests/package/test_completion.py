#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Completion in bash: what it offers is what the program says of itself."""

import os
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "shared"), str(TESTS / "command")]

import tap
from guarded import EDGEXDP, NOBODY, Guarded, main, policy, rule

HELPERS = pathlib.Path("/usr/share/bash-completion/bash_completion")
COMPLETION = TESTS.parent / "tools/completion/edgexdp.bash"
# What readline does: the words of a line, of which the last is completed.
READLINE = f""". {HELPERS}
. {COMPLETION}
COMP_LINE=$1 COMP_POINT=${{#1}} COMP_TYPE=9
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_edgexdp "$1" "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD - 1]}}"
if ((${{#COMPREPLY[@]}})); then printf '%s\\n' "${{COMPREPLY[@]}}"; fi
"""
TALK = policy("talk", rule("talk-in", "in", "udp", 4000))


class Completion(Guarded):
    def setUp(self):
        super().setUp()
        self.folder = self.sandbox.directory

    def complete(self, line, prefix=(), program=EDGEXDP):
        """What is offered for `edgexdp LINE`, sorted."""
        words = re.findall(r"[=:]|[^=: ]+", line) + [""] * line.endswith((" ", "=", ":"))
        done = subprocess.run(
            self.here.command(*prefix, "bash", "-c", READLINE, "bash", f"{program} {line}",
                              program, *words or [""]),
            cwd=self.folder, text=True, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), line)
        return sorted(done.stdout.splitlines())

    def commands(self):
        return re.findall(r"(?m)^  (\w+) ", self.succeeds("--help"))

    def test_commands(self):
        self.assertEqual(self.complete(""), sorted(self.commands()))
        self.assertEqual(self.complete("re"), ["reload"])
        self.assertEqual(self.complete("help sta"), ["stats", "status"])
        self.assertEqual(self.complete("no-such-command "), [])

    def test_options_are_those_of_help(self):
        for command in self.commands():
            options = re.findall(r"(?m)^  (--[\w-]+)", self.succeeds("help", command))
            self.assertEqual(self.complete(f"{command} --"), sorted(options), command)
        self.assertEqual(self.complete("attach --mo"), ["--mode"])
        self.assertEqual(self.complete("attach -- --mo"), [])

    def test_values(self):
        modes = ["auto", "generic", "native", "offload"]
        self.assertEqual(self.complete("attach --mode "), modes)
        self.assertEqual(self.complete("attach --mode="), modes)
        self.assertEqual(self.complete("attach --mode=nat"), ["native"])
        self.assertEqual(self.complete("run --on-stop d"), ["detach"])
        self.assertEqual(self.complete("monitor --reason mal"), ["malformed"])
        self.assertEqual(self.complete("attach --flows "), [])

    def test_interfaces(self):
        guarded, free = self.interface, self.name()
        self.cable_end(free)
        self.attach(TALK)
        for line in ("attach ", "run ", "attach --mode native ", "attach --mode=native --audit ",
                     "run --listen 127.0.0.1:9469 "):
            self.assertEqual(self.complete(line), sorted(["lo", guarded, free]), line)
        self.assertEqual(self.complete(f"attach {free}"), [free])
        for command in ("reload", "confirm", "rollback", "detach", "status", "stats", "monitor"):
            self.assertEqual(self.complete(f"{command} "), [guarded], command)
        self.assertEqual(self.complete(f"detach {guarded} "), [])

    def test_interfaces_without_privilege(self):
        """As for sudo: who may not see which are guarded is offered all."""
        program = self.folder / "edgexdp"
        program.write_bytes(EDGEXDP.read_bytes())
        program.chmod(0o755)
        self.attach(TALK)
        self.assertEqual(self.complete("detach ", NOBODY, program), sorted(["lo", self.interface]))

    def test_files(self):
        (self.folder / "policies").mkdir()
        for name in ("one.ini", "two.ini", "metrics.prom"):
            (self.folder / name).touch()
        for line in ("check ", "check one.ini ", f"attach {self.interface} ", "reload eth0 ",
                     "run --mode native eth0 "):
            self.assertEqual(self.complete(line), ["one.ini", "policies", "two.ini"], line)
        self.assertEqual(self.complete("check t"), ["two.ini"])
        self.assertEqual(self.complete("run --textfile m"), ["metrics.prom"])

    def test_no_such_program(self):
        self.assertEqual(self.complete("a", program=self.folder / "missing"), [])

    def test_of_itself(self):
        """What other shells can build on: a tab, and what it is."""
        self.assertEqual(self.succeeds("--complete", "det"), "detach\tstop guarding an interface\n")
        self.assertEqual(self.succeeds("--complete", "check", ""), "files:*.ini\n")
        self.assertEqual(self.succeeds("--complete").count("\n"), len(self.commands()))

    def cable_end(self, interface):
        self.here.run("ip", "link", "add", interface, "type", "veth", "peer", "name", "free",
                      "netns", self.there.name)


if not HELPERS.exists():
    tap.skip("there is no bash-completion")
os.environ["HOME"] = "/nonexistent"  # nobody's own completions
main()
