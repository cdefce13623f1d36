#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""monitor: which packets it shows and how, what it follows, how it ends, and what it does in a
flood."""

import datetime
import json
import os
import pathlib
import re
import signal
import subprocess

from guarded import FAMILIES, HERE, NOBODY, PINS, THERE, main, policy, rule
from monitoring import Monitoring
from sandbox import run, until

TALK, TELNET, OTHER, OUT, CLOSED = 4000, 23, 4001, 4002, 4003
SETS = f"[sets]\noutside = {THERE[0]}, {THERE[1]}\nservers = {HERE[0]}, {HERE[1]}\n"
RULES = (SETS, rule("talk-in", "in", "udp", TALK, log="yes", **{"from": "outside"}, to="servers"),
         rule("telnet", "in", "udp", TELNET, "drop", to="servers"),
         rule("quiet-in", "in", "udp", OTHER), rule("ask-out", "out", "udp", OUT, log="yes"))
WATCHED = policy("watched", *RULES)
IN_A_SPAN = 64  # events of one rule on one CPU
KEYS = ["time", "interface", "direction", "verdict", "rule", "reason", "protocol", "source", "source_port",
        "destination", "destination_port", "length"]
MORE_KEYS = ["reject", "audit", "from", "to", "fields", "packet", "block"]


class Monitored(Monitoring):
    def exchange(self, *ports):
        """Sends a datagram to each of PORTS from outside, in both families; OUT is sent from here."""
        for family, _ in FAMILIES:
            sender = self.socket(self.there, family=family)
            for port in ports:
                if port == OUT:
                    self.send(self.socket(self.here, family=family), port)
                else:
                    self.send(sender, port)


class Showing(Monitored):
    def test_text(self):
        self.attach(WATCHED)
        monitor = self.monitor()
        self.exchange(TALK, TELNET, OTHER, OUT, CLOSED)
        for text, end, to in (
                ("accept by rule talk-in: in udp", "(from outside to servers)", (HERE, TALK)),
                ("drop by rule telnet: in udp", "(to servers)", (HERE, TELNET)),
                ("drop by reason default: in udp", "43 bytes", (HERE, CLOSED)),
                ("accept by rule ask-out: out udp", "(to outside)", (THERE, OUT))):
            ipv4, ipv6 = monitor.comes(2, text)
            self.assertSays(ipv4, f" > {to[0][0]}:{to[1]}, 43 bytes")
            self.assertSays(ipv6, f" > [{to[0][1]}]:{to[1]}, 63 bytes" if ":" in end else f"]:{to[1]}, ")
            self.assertRegex(ipv4, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z ")
            self.assertTrue(ipv4.endswith(end), ipv4)
        self.assertEqual(monitor.lines("quiet-in"), [])
        monitor.end(signal.SIGINT)

    def test_json(self):
        self.attach(WATCHED)
        monitor = self.monitor("--json", "--count", "3")
        before = datetime.datetime.now(datetime.timezone.utc)
        sender = self.socket(self.there, family=1)
        for port in (TALK, CLOSED):
            self.send(sender, port)
        self.send(self.socket(self.here), OUT)
        monitor.ends(0)
        logged, dropped, out = monitor.events(3)
        for event in (logged, dropped, out):
            self.assertEqual(list(event), KEYS + MORE_KEYS)
            time = datetime.datetime.fromisoformat(event["time"])
            self.assertLess(abs(time - before), datetime.timedelta(seconds=20))
        port = sender.getsockname()[1]
        for event, expected in ((logged, ("in", "accept", "talk-in", None, "outside", "servers", TALK)),
                                (dropped, ("in", "drop", None, "default", None, None, CLOSED))):
            way = [event[key] for key in ("direction", "verdict", "rule", "reason", "from", "to",
                                          "destination_port")]
            self.assertEqual(way, list(expected))
            self.assertEqual([event[key] for key in ("interface", "protocol", "source", "source_port",
                                                     "destination", "length", "audit")],
                             [self.interface, "udp", THERE[1], port, HERE[1], 63, False])
        self.assertEqual({key: logged["fields"][key] for key in ("ttl", "dscp", "length")},
                         {"ttl": "64", "dscp": "cs0", "length": "49"})
        self.assertEqual(logged["packet"], f"in udp [{THERE[1]}]:{port} > [{HERE[1]}]:{TALK}")
        self.assertEqual((out["direction"], out["verdict"], out["rule"], out["to"]),
                         ("out", "accept", "ask-out", "outside"))

    def test_numbers(self):
        """The text has those that a rule asks for, so that explain finds the same verdict."""
        self.attach(policy("numbers", rule("short", "in", "udp", TALK, "drop", length="0-43, 49"),
                           rule("urgent", "in", "udp", TALK, dscp="ef"), rule("out", "out", "udp", OUT)))
        monitor = self.monitor()
        self.exchange(TALK)
        ipv4, ipv6 = monitor.comes(2, f":{TALK}")
        self.assertSays(ipv4, f"drop by rule short: in udp {THERE[0]}:", f":{TALK} dscp cs0 length 29, 43 bytes")
        self.assertSays(ipv6, "drop by rule short: in udp [", f":{TALK} dscp cs0 length 49, 63 bytes")
        monitor.end(signal.SIGINT)

    def test_fragments(self):
        """Rules about fragments see real ones, and explain finds the same verdict for what is told."""
        self.attach(policy("cut", "[rules]\nfirst = drop in udp > fragment first\n"
                           "later = drop in udp > fragment later\n"
                           f"talk = accept in udp > :{TALK}\n"))
        text, as_json = self.monitor(), self.monitor("--json", "--count", "4")
        receiver = self.socket(self.here, port=TALK)
        for family, _ in FAMILIES:
            self.send(self.socket(self.there, family=family), TALK, data=bytes(2000))
        self.reaches(self.socket(self.there), receiver)
        told = text.comes(2, "by rule first: in udp", f":{TALK} fragment first, 15")
        told += [*text.comes(1, f"drop by rule later: in udp {THERE[0]} > {HERE[0]} fragment, "),
                 *text.comes(1, f"drop by rule later: in udp {THERE[1]} > {HERE[1]} fragment, ")]
        self.assertEqual(sorted((e["rule"], e["fields"]["fragment"]) for e in as_json.events(4)),
                         [("first", "first")] * 2 + [("later", "later")] * 2)
        for line in told:
            verdict, packet = re.match(r"\S+ (\w+ by rule \w+): (.*), \d+ bytes", line).groups()
            said = self.succeeds("explain", self.interface, packet)
            self.assertEqual(said.splitlines()[0], packet)
            self.assertTrue(said.splitlines()[1].startswith(verdict), said)

    def test_what_is_not_ip(self):
        self.attach(policy("arp", "[baseline]\narp = drop\n", *RULES))
        monitor = self.monitor("--json", "--reason", "arp")
        self.there.run("ip", "neigh", "flush", "dev", "peer")
        self.send(self.socket(self.there), TALK)
        event = json.loads(until(monitor.lines, "a frame of ARP; it may be asked again")[0])
        self.assertEqual([event[key] for key in ("reason", "verdict", "rule", "protocol", "source",
                                                 "source_port", "packet")],
                         ["arp", "drop"] + [None] * 5)

    def test_audit(self):
        self.attach(policy("audited", *RULES, mode="audit"))
        text, as_json = self.monitor(), self.monitor("--json", "--rule", "telnet", "--count", "2")
        self.exchange(TELNET, TALK)
        text.comes(2, "drop by rule telnet (audit: it passed): in udp")
        text.comes(2, "accept by rule talk-in: in udp")
        self.assertEqual([(e["verdict"], e["audit"]) for e in as_json.events(2)], [("drop", True)] * 2)

    def test_rejected(self):
        """The text says that it was rejected; in JSON it is dropped, and a key says how the sender was
        told."""
        self.attach(policy("refusing", "[rules]\nplain = reject in udp > :23\n"
                           "unreach = reject with port-unreachable in udp > :4000\ndrop = drop in udp > :4001\n"),
                    "--mode", "generic")
        text, as_json = self.monitor(), self.monitor("--json", "--count", "3")
        sender = self.socket(self.there)
        for port in (TELNET, TALK, OTHER):
            self.send(sender, port)
        text.comes(1, "reject by rule plain: in udp")
        text.comes(1, "reject by rule unreach: in udp")
        text.comes(1, "drop by rule drop: in udp")
        self.assertEqual([(e["verdict"], e["reject"], e["rule"]) for e in as_json.events(3)],
                         [("drop", "admin-prohibited", "plain"), ("drop", "port-unreachable", "unreach"),
                          ("drop", None, "drop")])

    def test_filters(self):
        self.attach(WATCHED)
        cases = {("--rule", "telnet"): {"rule telnet"},
                 ("--rule=telnet", "--rule=talk-in"): {"rule telnet", "rule talk-in"},
                 ("--reason", "default"): {"reason default"},
                 ("--reason", "martian"): set(),
                 ("--rule=telnet", "--reason=default"): {"rule telnet", "reason default"}}
        for options, expected in cases.items():
            monitor, everything = self.monitor(*options), self.monitor()
            self.exchange(TELNET, TALK, CLOSED)
            everything.comes(6)
            found = set(re.findall(r" by (\w+ [\w-]+)", "".join(monitor.comes(2 * len(expected))
                                                              if expected else monitor.lines())))
            self.assertEqual(found, expected, options)
            monitor.end(signal.SIGTERM)
            everything.end(signal.SIGTERM)

    def test_count(self):
        """Only packets that are shown count."""
        self.attach(WATCHED)
        monitor = self.monitor("--count=2", "--rule=telnet")
        self.exchange(TALK, CLOSED)
        self.exchange(TELNET)
        monitor.ends(0)
        monitor.comes(2, "telnet")
        self.assertEqual(self.listeners(), 0)


class Following(Monitored):
    def test_reload(self):
        """Rules have the names that they had when they judged, even if they were renamed since;
        sets have the names that were read for the policy in force, whatever has happened to its
        file."""
        self.attach(WATCHED)
        monitor = self.monitor()
        self.exchange(TELNET)
        monitor.comes(2, "rule telnet: in", "(to servers)")
        path = self.reload(policy("other", SETS, rule("first", "in", "udp", 1),
                                  rule("no-telnet", "in", "udp", TELNET, "drop", to="servers")))
        self.exchange(TELNET)
        monitor.comes(2, "rule no-telnet: in", "(to servers)")
        self.succeeds("rollback", self.interface)
        self.exchange(TELNET)
        monitor.comes(4, "rule telnet: in")
        self.succeeds("rollback", self.interface)
        path.write_text(path.read_text().replace("servers", "machines"))
        late = self.monitor()
        self.exchange(TELNET)
        late.comes(2, "rule no-telnet: in", "(to servers)")
        path.unlink()
        os.mkfifo(path)  # must not be waited for
        latest = self.monitor()
        self.exchange(TELNET)
        latest.comes(2, "rule no-telnet: in", "(to servers)")
        for each in (monitor, late, latest):
            each.end(signal.SIGINT)

    def test_detached(self):
        self.attach(WATCHED)
        for again in (False, True):
            monitor = self.monitor()
            self.succeeds("detach", self.interface)
            if again:
                self.attach(WATCHED)
            monitor.ends(1, f"edgexdp: {self.interface} was detached: there is nothing more to hear\n")
            if not again:
                self.attach(WATCHED)

    def test_interface_gone(self):
        self.attach(WATCHED)
        monitor = self.monitor()
        self.here.run("ip", "link", "del", self.interface)
        self.assertEqual(monitor.process.wait(20), 1)
        self.assertSays(monitor.complained.read_text(), self.interface, "is gone")

    def test_slot_lost(self):
        """A monitor that was stopped for long may find another in its slot; it then listens again."""
        self.attach(WATCHED)
        monitor = self.monitor()
        run("bpftool", "map", "update", "pinned", PINS / self.interface / "listening", "key", *"0000",
            "value", *["0"] * 136)
        until(self.listeners, "it listens again")
        self.exchange(TELNET)
        monitor.comes(2, "rule telnet")


class Ending(Monitored):
    def setUp(self):
        super().setUp()
        self.attach(WATCHED)

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            monitor = self.monitor()
            self.assertEqual(self.listeners(), 1)
            monitor.end(number)
            self.assertEqual(self.listeners(), 0)

    def test_nobody_reads(self):
        """It ends as soon as the pipe is closed, whether packets come or not."""
        for packets in (False, True):
            read, write = os.pipe()
            monitor = self.monitor(stdout=write)
            os.close(write)
            if packets:
                self.exchange(TELNET)
                self.assertIn(b"telnet", os.read(read, 100))
            os.close(read)
            monitor.ends(0)
            self.assertEqual(self.listeners(), 0)

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            monitor = self.monitor(stdout=full)
        self.exchange(TELNET)
        monitor.ends(1, "edgexdp: cannot write the output: No space left on device\n")

    def test_several(self):
        monitors = [self.monitor() for _ in range(8)]
        said = self.fails(1, "monitor", self.interface)
        self.assertSays(said, "8 processes", self.interface, "end one")
        self.exchange(TELNET)
        for monitor in monitors:
            monitor.comes(2, "rule telnet")
        monitors[1].end(signal.SIGINT)
        self.monitor().end(signal.SIGINT)


class Refused(Monitored):
    def test_command_line(self):
        for words, said in ((("--count", "0"), "--count"), (("--count", "many"), "many"),
                            (("--count",), "needs a value"), (("--colour",), "--colour"),
                            (("--reason", "defualt"), 'did you mean "default"?'),
                            (("--json", "--write", "-"), "standard output"), (("lo",), "too many")):
            self.assertSays(self.fails(2, "monitor", self.interface, *words), said)
        self.assertSays(self.fails(2, "monitor"), "too few")

    def test_interfaces(self):
        self.assertSays(self.fails(1, "monitor", self.interface), "is not guarded", "edgexdp attach")
        self.assertSays(self.fails(1, "monitor", "nosuch0"), "no interface nosuch0")

    def test_rules(self):
        self.attach(WATCHED)
        self.assertSays(self.fails(1, "monitor", "--rule", "telmet", self.interface),
                        self.interface, '"telmet" (did you mean "telnet"?)')
        self.assertSays(self.fails(1, "monitor", "--rule=telnet", "--rule=", self.interface), '""')
        self.assertEqual(self.listeners(), 0)

    def test_privilege(self):
        self.attach(WATCHED)
        self.assertSays(self.fails(1, "monitor", self.interface, prefix=NOBODY), "root")


class Flooded(Monitored):
    """A flood against one rule hides no other rule, and costs the monitor little."""

    def generate(self):
        generator = subprocess.Popen(
            self.there.command(os.environ["EDGEXDP_GENERATE"], "--sources", 250, "--source-ports", 50000,
                               "peer", f"in udp 203.0.113.0:1024 > {HERE[0]}:{TELNET}"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(generator.wait)
        self.addCleanup(generator.kill)
        return generator

    @staticmethod
    def cpu(process):
        """The CPU time that it has used, in ticks."""
        fields = pathlib.Path("/proc", str(process.pid), "stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def test_flood(self):
        self.attach(WATCHED)
        monitor, only = self.monitor(), self.monitor("--rule", "talk-in")
        generator = self.generate()
        monitor.complaint("more packets than can be shown")
        sender = self.socket(self.there)

        def heard(times):
            # In the flood, the cable may lose it before it is judged.
            self.send(sender, TALK)
            return all(len(each.lines("rule talk-in")) >= times for each in (monitor, only))
        for times in range(1, 4):
            until(lambda: heard(times), f"{times} packets of another rule")
        until(lambda: self.cpu(generator) > 200, "a flood of two seconds")
        used = self.cpu(monitor.process), self.cpu(generator)
        generator.send_signal(signal.SIGTERM)
        sent = int(generator.communicate(timeout=60)[0].split()[0])
        self.assertLess(used[0], used[1] / 10, "CPU of monitor, of generator")
        monitor.process.send_signal(signal.SIGINT)
        self.assertEqual(monitor.process.wait(20), 0)
        shown, lost = map(int, re.search(r"(\d+) packets shown, (\d+) lost",
                                         monitor.complained.read_text()).groups())
        self.assertEqual(shown, len(monitor.lines()))
        self.assertGreater(lost, sent / 2)
        self.assertLess(len(monitor.lines("telnet")), lost / 100)
        self.assertEqual(only.lines(), only.lines("rule talk-in"))
        dropped = self.stats().packets("telnet", "in")
        self.assertGreater(dropped, sent / 2)
        self.assertEqual(len(monitor.lines("telnet")) + lost, dropped, "each is shown or counted as lost")
        print(f"\n{sent} packets in the flood, {shown} shown, {lost} lost; ticks of CPU: {used}")


main()
