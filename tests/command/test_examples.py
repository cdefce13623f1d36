#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples of the manual pages, run as they are printed. In a literal block, root types the
lines that begin with `# `, and an unprivileged user those with `$ `; the lines below are the
output. In them, numbers may differ, and `[...]` stands for anything."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import capture
from guarded import EDGEXDP, HERE, NOBODY, PATIENCE, THERE, Base, Guarded, main
from sandbox import Failure, run

import tap  # found because guarded sets the path

MANUALS = pathlib.Path(__file__).resolve().parent.parent.parent / "docs/man"
PAGES = sorted(path.name for path in MANUALS.iterdir())
ENDLESS = re.compile(r"edgexdp (monitor|run)\b|--watch")
# Commands that are not run here: tests/service has a systemd of its own, and wireshark needs a screen.
# These stand-ins accept their input, and that is all.
SHIMS = {"systemctl": "exit 0", "journalctl": "exit 0", "wireshark": "cat >shown-in-wireshark"}
HEADER = 1000  # bytes; a pcapng file has a shorter one
ESCAPES = {r"\e": "\\", r"\(dq": '"', r"\&": "", r"\-": "-", r"\(aq": "'"}


def section(page, title):
    found = re.search(rf"(?ms)^\.Sh {title}\n(.*?)(?=^\.Sh |\Z)", (MANUALS / page).read_text())
    return found[1] if found else ""


def literals(text):
    """The literal blocks as a reader sees them."""
    blocks = re.findall(r"(?ms)^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", text)
    blocks += [line + "\n" for line in re.findall(r"(?m)^\.Dl (.*)$", text)]
    return [re.sub(r"\\(\(\w\w|.)", lambda found: ESCAPES[found[0]], block) for block in blocks]


def commands(block):
    """(prompt, command, output) of each command that is typed in a block."""
    typed = re.findall(r"(?m)^([#$]) ((?:.*[|\\]\n)*.*)\n((?:(?![#$] ).*\n)*)", block)
    return typed if "edgexdp" in block else []


def shape(said):
    """A pattern for the output of which SAID is an example."""
    lines = []
    for line in said.splitlines():
        if line.strip() == "[...]":
            lines.append(r"(?:.*\n)*")
            continue
        pattern = re.escape(line.rstrip()).replace(r"\[\.\.\.\]", ".*")
        pattern = re.sub(r"\d+", r"\\d+", pattern)
        pattern = re.sub(r"\(\\d\+(\\\.\\d\+)?/s", r"(\\d+(?:\\.\\d+)?[kM]?/s", pattern)  # rates
        lines.append(re.sub(r"(\\ )+", " +", pattern) + r" *\n")
    return "".join(lines)


def status(words, said):
    """The exit status that the page leads one to expect."""
    differs = re.match(r"edgexdp diff ", words) and said and "the same" not in said
    refused = re.search(r"(?m)^edgexdp: |: error: ", said) and not ENDLESS.search(words)
    return 1 if differs or refused else 0


class Examples(Guarded):
    """Each block begins with a guarded eth0, unless it attaches itself."""

    @staticmethod
    def name(form=""):
        return "eth0"

    @classmethod
    def setUpClass(cls):
        """An /etc that we may change: an overlay over the machine's."""
        upper = pathlib.Path("/run/netns/etc")  # in a tmpfs of our own
        for name in ("upper", "work"):
            (upper / name).mkdir(parents=True)
        try:
            run("mount", "-t", "overlay", "-o",
                f"lowerdir=/etc,upperdir={upper}/upper,workdir={upper}/work", "overlay", "/etc")
        except Failure as error:
            tap.skip(f"no layer upon /etc: {error}")

    def setUp(self):
        super().setUp()
        self.folder = self.sandbox.directory
        programs = self.folder / "bin"
        programs.mkdir()
        shutil.copy(EDGEXDP, programs / "edgexdp")
        for name, text in SHIMS.items():
            (programs / name).write_text(f"#!/bin/sh\n{text}\n")
            (programs / name).chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{programs}:/usr/sbin:/usr/bin:/sbin:/bin"}
        self.furnish()
        self.strangers = self.socket(self.there)
        self.asking = self.socket(self.here)

    def furnish(self):
        """The files that the examples name."""
        office = literals(section("edgexdp-policy.5", "EXAMPLES"))[0]
        self.file(office, "office.ini")
        self.file(NEW, "new.ini")
        (self.folder / "host.nft").write_text(RULESET)
        for name in ("saved.v4", "saved.v6"):
            (self.folder / name).write_text(SAVED.format(name="ip6tables" if "6" in name else "iptables"))
        frames = [capture.ethernet(capture.ip(THERE[0], HERE[0], capture.TCP,
                                              capture.tcp(40000 + port, port)))
                  for port in (22, 443, 8443)]
        frames.append(capture.ethernet(capture.ip(HERE[0], THERE[0], capture.UDP,
                                                  capture.udp(40000, 53)), out=True))
        (self.folder / "yesterday.pcap").write_bytes(
            capture.pcap(frames))
        surf = capture.ip("10.1.0.2", THERE[0], capture.UDP, capture.udp(40000, 53))
        (self.folder / "both.pcapng").write_bytes(capture.section(
            [("wan0", capture.ETHERNET), ("lan0", capture.ETHERNET), ("tun0", capture.RAW)],
            [(capture.ethernet(surf), 1, None), (capture.ethernet(surf, True), 0, None), (surf, 2, None),
             (frames[0], 0, None)]))
        self.file(ROUTER, "router.ini")
        etc = pathlib.Path("/etc/edgexdp")
        etc.mkdir(exist_ok=True)
        (etc / "eth0.ini").write_text(office)
        (etc / "unwanted.txt").write_text("192.0.2.66 ; a scanner\n2001:db8:bad::/48\n")

    def traffic(self, count):
        """Some packets that the policy drops, and some that it lets out."""
        self.send(self.strangers, 9999, count)
        self.send(self.asking, 53, count)

    def start(self, prompt, words):
        said = open(self.folder / "said", "w+")
        self.addCleanup(said.close)
        process = subprocess.Popen(
            self.here.command(*(NOBODY if prompt == "$" else ()), "bash", "-c",
                              f"set -o pipefail; {words}"),
            stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, cwd=self.folder,
            env=self.environment, start_new_session=True)
        self.addCleanup(self.kill, process)
        return process

    @staticmethod
    def kill(process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def programs(self, session):
        """The edgexdp processes of SESSION."""
        for path in pathlib.Path("/proc").glob("[0-9]*/exe"):
            try:
                if os.getsid(int(path.parts[2])) == session and path.resolve().name == "edgexdp":
                    yield int(path.parts[2])
            except OSError:
                pass  # gone meanwhile

    def typed(self, prompt, words):
        """Runs what is typed, amid traffic; a command that does not end by itself is ended once
        there is something to see. Returns its exit status and its output."""
        self.traffic(5)  # so that there is something to count, however soon it ends
        before = self.weight() + (HEADER if "--write" in words else 0)
        process = self.start(prompt, words)
        end = time.monotonic() + PATIENCE
        asked = set()  # to end; a second signal would end it at once
        while process.poll() is None and time.monotonic() < end:
            self.traffic(500 if "tcpdump" in words else 5)
            if ENDLESS.search(words) and self.weight() > before and self.stands(words):
                for program in set(self.programs(process.pid)) - asked:
                    asked.add(program)
                    os.kill(program, signal.SIGINT)
            time.sleep(0.05)
        self.assertIsNotNone(process.poll(), f"{words} has no end")
        return process.returncode, (self.folder / "said").read_text().replace(str(self.folder), "/root")

    def weight(self):
        """The bytes written so far."""
        return sum(path.stat().st_size for path in self.folder.iterdir() if path.is_file())

    def stands(self, words):
        return "edgexdp run" not in words or self.pins()

    def runs(self, block):
        typed = commands(block)
        if not re.search(r"edgexdp (attach|run) ", block):
            self.succeeds("attach", self.interface, self.folder / "office.ini")
        self.traffic(3)
        for prompt, words, said in typed:
            (self.folder / "said").unlink(missing_ok=True)
            got, heard = self.typed(prompt, words)
            self.assertEqual(got, status(words, said), f"{words}\n{heard}")
            if said:
                self.assertRegex(heard, rf"\A{shape(said)}\Z", words)

    def test_each_command_has_one(self):
        listed = re.findall(r"(?m)^  (\w+) ", self.succeeds("--help"))
        examples = "".join(literals("".join(section(page, "EXAMPLES") for page in PAGES)))
        missing = [name for name in listed
                   if not re.search(rf"(?m)^(?:[#$] |    )(?:.*\| )?edgexdp {name}\b", examples)]
        self.assertEqual(missing, [])

    def test_each_block_is_typed(self):
        for page in PAGES:
            if page.endswith(".8"):
                for block in literals(section(page, "EXAMPLES")):
                    self.assertRegex(block, r"\A[#$] ", page)


class Language(Base):
    """What edgexdp-policy(5) shows."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.blocks = literals((MANUALS / "edgexdp-policy.5").read_text())

    def check(self, text):
        path = self.folder / "bad.ini"
        path.write_text(text)
        return self.call("check", path.name, cwd=self.folder)

    def test_policies(self):
        policies = [block for block in self.blocks if re.match(r"\[\w+", block)]
        self.assertGreater(len(policies), 1)
        for text in policies:
            whole = text if "[policy]" in text else f"[policy]\nname = part\n\n{text}"
            done = self.check(whole)
            self.assertEqual((done.returncode, done.stderr), (0, ""), text)

    def test_packets(self):
        lines = [line for block in self.blocks for line in block.splitlines()
                 if re.match(r"(in|out) \w+ \S+ > ", line)]
        self.assertGreater(len(lines), 2)
        for line in lines:
            done = self.check(f"[policy]\nname = p\ninbound = accept\noutbound = accept\n"
                              f"[expect it]\npacket = {line}\nverdict = accept\n")
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_messages(self):
        """An error shown in the page is the one printed for a file that has that line in that
        place."""
        shown = [block for block in self.blocks if re.match(r"bad\.ini:\d+:", block)]
        self.assertGreater(len(shown), 0)
        for block in shown:
            number, line = re.match(r".*\n +(\d+) \| (.*)\n", block).groups()
            above = ["[policy]", "name = bad", "[rule r]", "direction = in", "protocol = tcp"]
            above += [""] * (int(number) - 1 - len(above))
            self.assertEqual(self.check("\n".join([*above, line, ""])).stderr, block)


RULESET = """table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        iifname lo accept
        meta l4proto { icmp, ipv6-icmp } accept
        tcp dport 22 accept
        tcp dport { 80, 443 } accept comment "web"
    }
}
"""
SAVED = """# Generated by {name}-save
*filter
:INPUT DROP [0:0]
:f2b-sshd - [0:0]
-A INPUT -p tcp -m tcp --dport 22 -j f2b-sshd
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
"""
ROUTER = """\
[policy]
name = router

[interfaces]
wan = wan0
lan = lan0

[rules]
surf = accept forward lan to wan udp > :53
"""
NEW = """\
[policy]
name = web

[sets]
server = 198.51.100.10, 2001:db8::10
admins = 192.0.2.0/24
resolver = 203.0.113.53, 2001:db8:9::53

[rule https]
direction = in
protocol  = tcp
to        = server
port      = 443, 8443
action    = accept

[rule ssh]
direction = in
protocol  = tcp
from      = admins
to        = server
port      = 22
action    = accept
note      = the office

[rule dns]
direction = out
protocol  = udp, tcp
from      = server
to        = resolver
port      = 53
action    = accept
"""


def test_of(block):
    return lambda self: self.runs(block)


typed_blocks = [block for page in PAGES
                for block in literals((MANUALS / page).read_text()) if commands(block)]
for place, one in enumerate(typed_blocks):
    words = "_".join(re.findall(r"[a-z]+", commands(one)[0][1])[:3])
    setattr(Examples, f"test_{place:02}_{words}", test_of(one))
main()
