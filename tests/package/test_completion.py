#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Completion in bash and in zsh: they offer what the program says about itself."""

import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "shared"), str(TESTS / "command")]

import tap
from guarded import EDGEXDP, NOBODY, Guarded, main, policy, rule
from sandbox import until

HELPERS = pathlib.Path("/usr/share/bash-completion/bash_completion")
COMPLETIONS = TESTS.parent / "tools/completion"
# What readline does: the words of a line, of which the last is completed.
READLINE = f""". {HELPERS}
. {COMPLETIONS}/edgexdp.bash
COMP_LINE=$1 COMP_POINT=${{#1}} COMP_TYPE=9
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_edgexdp "$1" "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD - 1]}}"
if ((${{#COMPREPLY[@]}})); then printf '%s\\n' "${{COMPREPLY[@]}}"; fi
"""
# A zsh at which the test types. It records what it would add to the line, and then the line.
TYPED = """
fpath=($ZDOTDIR $fpath)
autoload -Uz compinit && compinit -u -d $ZDOTDIR/dump
compadd() {
    if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\\ * ]]; then
        local -a offered
        builtin compadd -A offered "$@" # which adds nothing, and so never succeeds
        print -l -- $offered >>$ZDOTDIR/offered
    fi
    builtin compadd "$@"
}
tell() { print -r -- $BUFFER >$ZDOTDIR/line && : >$ZDOTDIR/told }
ready() { : >$ZDOTDIR/ready }
zle -N tell
zle -N zle-line-init ready
bindkey '^T' tell
LISTMAX=10000
"""
TALK = policy("talk", rule("talk-in", "in", "udp", 4000))


class Bash:
    def complete(self, line, prefix=(), program=EDGEXDP):
        words = re.findall(r"[=:]|[^=: ]+", line) + [""] * line.endswith((" ", "=", ":"))
        done = subprocess.run(
            self.here.command(*prefix, "bash", "-c", READLINE, "bash", f"{program} {line}",
                              program, *words or [""]),
            cwd=self.folder, text=True, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), line)
        return sorted(done.stdout.splitlines())


class Zsh:
    def complete(self, line, prefix=(), program=EDGEXDP):
        return sorted(self.typed(line, prefix, program)[0])

    def typed(self, line, prefix=(), program=EDGEXDP):
        """What is offered after a tab, and the line after it."""
        home = self.folder / ".zsh"
        home.mkdir(exist_ok=True)
        home.chmod(0o777)  # for an unprivileged user
        (home / ".zshrc").write_text(TYPED)
        shutil.copy(COMPLETIONS / "edgexdp.zsh", home / "_edgexdp")
        for name in ("offered", "line", "told", "ready"):
            (home / name).unlink(missing_ok=True)
        ours, theirs = pty.openpty()
        shell = subprocess.Popen(
            self.here.command(*prefix, "zsh", "-d", "-i"), stdin=theirs, stdout=theirs,
            stderr=theirs, cwd=self.folder, start_new_session=True,
            env={**os.environ, "ZDOTDIR": str(home), "TERM": "dumb"})
        os.close(theirs)
        os.set_blocking(ours, False)
        try:
            until(lambda: self.heard(ours) and (home / "ready").exists(), "zsh")
            os.write(ours, f"{program} {line}\t\x14".encode())
            until(lambda: self.heard(ours) and (home / "told").exists(), "the completion")
        finally:
            shell.kill()
            shell.wait()
            os.close(ours)
        offered = home / "offered"
        words = offered.read_text().splitlines() if offered.exists() else []
        return [word for word in words if word], (home / "line").read_text().rstrip("\n")

    @staticmethod
    def heard(terminal):
        """A program that writes to a terminal stops if nobody reads."""
        try:
            while os.read(terminal, 65536):
                pass
        except BlockingIOError:
            pass
        return True

    def test_the_line(self):
        """A tab completes what is typed, in place."""
        self.assertEqual(self.typed("rel")[1], f"{EDGEXDP} reload ")
        self.assertEqual(self.typed("attach --mode=nat")[1], f"{EDGEXDP} attach --mode=native ")
        (self.folder / "edge one.ini").touch()
        self.assertEqual(self.typed("check e")[1], f"{EDGEXDP} check edge\\ one.ini ")


class Cases:
    """What each shell must offer. `complete(LINE)`: what is offered for `edgexdp LINE`, sorted."""

    def setUp(self):
        super().setUp()
        self.folder = self.sandbox.directory

    def commands(self):
        return re.findall(r"(?m)^  (\w+) ", self.succeeds("--help"))

    def test_commands(self):
        self.assertEqual(self.complete(""), sorted(self.commands()))
        self.assertEqual(self.complete("re"), ["reload", "replay"])
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
        self.assertEqual(self.complete("top --by sou"), ["source", "source-port"])
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
        """As for sudo: a user who may not see which interfaces are guarded is offered all."""
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
        """What other shells can build on: each offer, a tab, and its description."""
        self.assertEqual(self.succeeds("--complete", "det"), "detach\tstop guarding an interface\n")
        self.assertEqual(self.succeeds("--complete", "check", ""), "files:*.ini\n")
        self.assertEqual(self.succeeds("--complete").count("\n"), len(self.commands()))

    def cable_end(self, interface):
        self.here.run("ip", "link", "add", interface, "type", "veth", "peer", "name", "free",
                      "netns", self.there.name)


@unittest.skipUnless(HELPERS.exists(), "there is no bash-completion")
class InBash(Bash, Cases, Guarded):
    pass


@unittest.skipUnless(shutil.which("zsh"), "there is no zsh")
class InZsh(Zsh, Cases, Guarded):
    pass


if not HELPERS.exists() and not shutil.which("zsh"):
    tap.skip("there is neither bash-completion nor zsh")
os.environ["HOME"] = "/nonexistent"  # no completions of the user's own
main()
