# SPDX-License-Identifier: GPL-2.0-or-later
"""The base of the command tests: two network namespaces joined by a cable, `here` with the guarded
interface and `there` with everybody else, made anew for each test. Everything, pins and namespaces
included, is in a mount namespace of our own and ends with the process."""

import contextlib
import ctypes
import itertools
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True  # leave the source tree as it is
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "shared"))

import tap
from sandbox import Failure, Namespace, Sandbox, alone, run, until

HERE = ("198.51.100.10", "2001:db8::10")
THERE = ("203.0.113.7", "2001:db8:9::7")
FAMILIES = ((0, "IPv4"), (1, "IPv6"))
BPFFS = pathlib.Path("/sys/fs/bpf")
PINS = BPFFS / "edgexdp"
EDGEXDP = pathlib.Path(os.environ.get("EDGEXDP", "build/edgexdp")).resolve()
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
PASSING = ("totals", "answers", "rates", "files", "file_changed")  # change in the status by themselves
OPPOSITE = {"in": "out", "out": "in"}
LASTING = ("ban_filter", "ban_prefixes", "banning", "bans", "cookie_key", "cookies", "cookies_until", "counters", "dropped", "flows", "fragments",
           "interface", "limit_bans", "blocking", "block_images",
           "block_counters", "block_names", "block_limits", "limit_lines", "link_in", "link_out", "listeners",
           "listening", "reasons", "refusals", "refusing", "remotes", "replies", "rules",
           "samplers", "seat", "seats_in", "seats_out", "seen")  # pinned besides the tables of each policy
os.environ["SSH_CONNECTION"] = ""  # the person who runs the tests is not in their namespaces
PATIENCE = 60  # seconds to wait for what must come; a slow machine must not fail

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count(1)


def _must(result):
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def kernel_completes():
    """Does it let programs make connections of SYN cookies? (Linux 6.9)"""
    symbols = pathlib.Path("/proc/kallsyms").read_text(encoding="ascii")
    return " bpf_sk_assign_tcp_reqsk" in symbols


def main(privileged=True):
    """Runs the tests of the calling file; exits with status 77 where they cannot run."""
    if not os.access(EDGEXDP, os.X_OK):
        sys.exit(f"there is no program {EDGEXDP}: build it, or name it in EDGEXDP")
    if privileged:
        if os.geteuid():
            tap.skip("not root")
        try:
            alone()
            Namespace("probe").delete()
        except (Failure, OSError) as error:
            tap.skip(f"no namespaces or no bpffs here: {error}")
    unittest.main(verbosity=2)


@contextlib.contextmanager
def entered(namespace):
    """Whatever this thread creates meanwhile, above all sockets, belongs to NAMESPACE."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    away = os.open(f"/run/netns/{namespace.name}", os.O_RDONLY)
    try:
        _must(_libc.setns(away, CLONE_NEWNET))
        yield
    finally:
        _must(_libc.setns(home, CLONE_NEWNET))
        os.close(home)
        os.close(away)


def rule(name, direction, protocol=None, port=None, action="accept", **keys):
    """The text of a section [rule NAME]. A dash in a policy's key is `_` here. Outbound rules
    accept only packets to `there`; otherwise a note would say what else they let through."""
    if direction != "in" and action == "accept":
        keys.setdefault("to", ", ".join(THERE))
    keys.update(direction=direction, protocol=protocol, port=port, action=action)
    lines = [f"{key.replace('_', '-')} = {value}" for key, value in keys.items() if value]
    return "\n".join([f"[rule {name}]", *lines, ""])


def policy(name, *sections, **keys):
    """The text of a policy called NAME; KEYS belong to [policy]."""
    lines = [f"{key} = {value}" for key, value in keys.items()]
    return "\n".join(["[policy]", f"name = {name}", *lines, "", *sections])


class Stats:
    """One interface's part of `edgexdp stats --json`."""

    def __init__(self, interface):
        self.interface = interface
        self.seen = interface["packets"]
        self.rules = {(r["name"], r["direction"]): r for r in interface["rules"]}
        self.reasons = {(r["name"], r["direction"], r["verdict"]): r
                        for r in interface["reasons"]}

    def packets(self, name, direction):
        return self.rules[name, direction]["packets"]

    def replies(self, name, direction):
        return self.rules[name, direction]["reply_packets"]

    def reason(self, name, direction, verdict="drop"):
        return self.reasons[name, direction, verdict]["packets"]

    def judged(self, direction):
        """The sum of all outcomes of the packets that went this way."""
        rules = sum(r["packets"] + r["limited_packets"] for (_, d), r in self.rules.items() if d == direction)
        replies = sum(r["reply_packets"] for (_, d), r in self.rules.items()
                      if d == OPPOSITE[direction])
        reasons = sum(r["packets"] for (_, d, _), r in self.reasons.items() if d == direction)
        return rules + replies + reasons

    def falls(self, later):
        """The counters that are lower in LATER than they are here."""
        pairs = [(key, field, one[key][field], other[key][field])
                 for one, other in ((self.rules, later.rules), (self.reasons, later.reasons))
                 for key in one.keys() & other.keys()
                 for field in ("packets", "bytes", "reply_packets", "reply_bytes")
                 if field in one[key]]
        pairs += [("seen", d, self.seen[d], later.seen[d]) for d in self.seen]
        return [pair for pair in pairs if pair[3] < pair[2]]


class Base(unittest.TestCase):
    """Runs edgexdp and checks its output."""

    program = EDGEXDP

    def call(self, *arguments, prefix=(), **options):
        """edgexdp with ARGUMENTS, after the words of PREFIX; returns the finished process."""
        options = {"stdout": subprocess.PIPE, **options}
        done = subprocess.run([*prefix, str(self.program), *map(str, arguments)], text=True,
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
        self.assertIn(done.returncode, (0, 1, 2), f"{arguments}: {done}")
        return done

    def succeeds(self, *arguments, **options):
        """Runs it; it must succeed without complaint. Returns its output."""
        done = self.call(*arguments, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done.stdout

    def fails(self, status, *arguments, **options):
        """Runs it; it must exit with STATUS and one line on stderr. Returns that line."""
        done = self.call(*arguments, **options)
        self.assertEqual(done.returncode, status, f"{arguments}: {done}")
        self.assertEqual(done.stderr.count("\n"), 1, f"one line: {done.stderr}")
        self.assertIn(done.stdout, ("", None), arguments)
        return done.stderr.rstrip("\n")

    def assertSays(self, text, *words):
        for word in words:
            self.assertIn(word, text)


class Guarded(Base):
    """Two namespaces, and an interface of `here` that is not guarded yet."""

    def setUp(self):
        self.sandbox = self.enterContext(Sandbox())
        self.addCleanup(self.remove_pins)
        self.here = self.sandbox.namespace("here")
        self.there = self.sandbox.namespace("there")
        self.interface = self.name()
        self.cable(self.interface)
        os.chmod(self.sandbox.directory, 0o755)  # for tests without privilege

    @staticmethod
    def name(form="g{}n{}"):
        """A new name for an interface."""
        return form.format(os.getpid(), next(_numbers))

    def cable(self, interface):
        """Makes INTERFACE, joined to `there`."""
        self.sandbox.cable(self.here, interface, self.there, "peer")
        self.there.address("peer", *THERE)
        self.here.address(interface, *HERE)
        self.here.route(interface, HERE, *THERE)
        self.there.route("peer", THERE, *HERE)

    @staticmethod
    def remove_pins():
        shutil.rmtree(PINS, ignore_errors=True)

    def file(self, text, name=None):
        """A new policy file with this TEXT; or the file NAME, rewritten."""
        path = self.sandbox.directory / (name or f"policy-{next(_numbers)}.ini")
        path.write_text(text)
        return path

    def call(self, *arguments, namespace=None, prefix=(), **options):
        return super().call(*arguments, prefix=[*(namespace or self.here).command(), *prefix],
                            **options)

    def lodger(self, section="xdp"):
        """An object file with somebody else's program, which returns 2: XDP_PASS, or TC_ACT_SHOT."""
        source = self.file(f'__attribute__((section("{section}"))) int lodger(void *c) {{ return 2; }}', "lodger.c")
        run("clang", "-O2", "-g", "-target", "bpf", "-c", source, "-o", source.with_suffix(".o"))
        return source.with_suffix(".o")

    def attach(self, text, *options):
        """Guards the interface with the policy TEXT; returns its file."""
        path = self.file(text)
        self.succeeds("attach", *options, self.interface, path)
        return path

    def reload(self, text):
        path = self.file(text)
        self.succeeds("reload", self.interface, path)
        return path

    def look(self, interface=None):
        """Everything that `status` shows."""
        return json.loads(self.succeeds("status", "--json", interface or self.interface))[0]

    def status(self, interface=None):
        """The part of the status that packets and changes of files leave as it is."""
        shown = self.look(interface)
        for passing in PASSING:
            shown.pop(passing)
        return shown

    def stats(self):
        return Stats(json.loads(self.succeeds("stats", "--json", self.interface))[0])

    def pins(self, interface=None):
        """The names of everything pinned for the interface."""
        folder = PINS / (interface or self.interface)
        return sorted(pin.name for pin in folder.iterdir()) if folder.exists() else []

    def dump(self, pin):
        """A pinned map as bpftool shows it: key and value, or values, of each element."""
        shown = run("bpftool", "-j", "map", "dump", "pinned", PINS / self.interface / pin)
        return [element.get("formatted", element) for element in json.loads(shown)]

    def link(self, pin):
        """A pinned link as bpftool shows it. From 7.5 on, bpftool prints it and then exits with
        255."""
        shown = subprocess.run(["bpftool", "-j", "link", "show", "pinned",
                                PINS / self.interface / pin],
                               stdout=subprocess.PIPE, text=True, check=False)
        return json.loads(shown.stdout)

    def dumps(self):
        """Everything pinned, as bpftool shows it, except what is seen and counted. The number of
        tables is enough, because nobody writes to them again."""
        passing = ("link_in", "link_out", "seen", "reasons", "flows")
        shown = {pin: self.dump(pin) for pin in self.pins()
                 if pin not in passing and not pin.startswith("tables_")}
        for moving in ("reloads", "last_look"):
            shown["interface"][0]["value"].pop(moving, None)
        for pin in self.pins():
            if pin.startswith("tables_"):
                path = PINS / self.interface / pin
                shown[pin] = json.loads(run("bpftool", "-j", "map", "show", "pinned", path))["id"]
        return shown

    def assertNothingPinned(self):
        self.assertEqual(list(PINS.glob("*")), [])

    def assertPinsWhole(self):
        """Everything that belongs there is pinned and nothing else; the taken seats are the right
        ones."""
        word = self.dump("seat")[0]["value"][".data.seat"][0]["seat"]
        tables = {f"tables_{seat}" for seat in (word["active"], word["fallback"]) if seat < 3}
        self.assertEqual(set(self.pins()), {*LASTING, *tables})
        for array in ("seats_in", "seats_out"):
            shown = [e for e in self.dump(array) if "error" not in e.get("value", {})]
            self.assertEqual(len(shown), len(tables), shown)

    def at_rest(self, read):
        """The result of READ at a moment when nothing is counted: hosts send packets by themselves."""
        def attempt():
            before, result = self.stats().interface, read()
            return [result] if self.stats().interface == before else None
        return until(attempt, "the counters stand still")[0]

    def assertConserved(self):
        stats = self.at_rest(self.stats)
        for direction in ("in", "out"):
            self.assertEqual(stats.judged(direction), stats.seen[direction], direction)

    def assertSeated(self):
        """No packet came while no policy was in force."""
        self.assertEqual([cpu["value"]["unseated_packets"] for e in self.dump("seen")
                          for cpu in e["values"] if cpu["value"]["unseated_packets"]], [])

    def socket(self, namespace, kind=socket.SOCK_DGRAM, family=0, port=0, protocol=0):
        """A socket of NAMESPACE, bound to its address of the family (0: IPv4, 1: IPv6)."""
        address = (HERE if namespace is self.here else THERE)[family]
        with entered(namespace):
            made = socket.socket((socket.AF_INET, socket.AF_INET6)[family], kind, protocol)
        self.addCleanup(made.close)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.settimeout(PATIENCE)
        made.bind((address, port))
        return made

    def send(self, sender, port, count=1, data=b"x"):
        """Sends COUNT datagrams from SENDER to PORT at the other end of the cable."""
        to = THERE if sender.getsockname()[0] in HERE else HERE
        for _ in range(count):
            sender.sendto(data, (to[sender.family == socket.AF_INET6], port))

    def reaches(self, sender, receiver, *before):
        """Sends datagrams to the ports BEFORE and then one to RECEIVER, which must get that one and
        nothing else. By then, those sent before it have been judged."""
        for port in before:
            self.send(sender, port, data=b"forbidden")
        mark = f"mark {next(_numbers)}".encode()
        self.send(sender, receiver.getsockname()[1], data=mark)
        self.assertEqual(receiver.recv(100), mark)

    def assertSilent(self, receiver):
        """Nothing has arrived, at a moment when everything sent has been judged."""
        receiver.setblocking(False)
        try:
            self.assertRaises(BlockingIOError, receiver.recv, 100)
        finally:
            receiver.settimeout(PATIENCE)

    def connect(self, client, server, port, family=0):
        """A TCP connection that the namespace CLIENT opens to SERVER: returns both ends."""
        listener = self.socket(server, socket.SOCK_STREAM, family, port)
        listener.listen()
        opened = self.socket(client, socket.SOCK_STREAM, family)
        opened.connect(listener.getsockname()[:2])
        accepted = listener.accept()[0]
        listener.close()
        self.addCleanup(accepted.close)
        accepted.settimeout(PATIENCE)
        return opened, accepted
