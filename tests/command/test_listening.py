#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""monitor and top of several interfaces: which one each event is from, sums over all, and one that is detached does
not end them."""

import json
import signal
import subprocess

from guarded import main, run
from monitoring import Monitor, Top
from sandbox import until
from zoned import DMZ, LAN, ROUTER, WAN, Zoned, zoned

OPEN, CLOSED = 4000, 4001
EDGE = zoned("edge", f"tell = accept in on lan udp > self:{OPEN}  log", "never = drop in on dmz udp > self:53",
             "pass = accept out udp self >")


class Several(Zoned):
    def setUp(self):
        super().setUp()
        self.path = self.file(EDGE)
        self.succeeds("attach", "all", self.path)
        self.senders = {"wan0": self.ends(self.there, WAN), "lan0": self.ends(self.lan, LAN), "dmz0": self.ends(self.dmz, DMZ)}

    def listeners(self):
        """How many listen to every interface."""
        return min(self.listeners_of(interface) for interface in (ROUTER if "," in self.interface or self.interface == "all"
                                                                  else [self.interface]))

    @staticmethod
    def listeners_of(interface):
        shown = run("bpftool", "-j", "map", "dump", "pinned", f"/sys/fs/bpf/edgexdp/{interface}/listening")
        return bin(json.loads(shown)[0]["formatted"]["value"][".data.listening"][0]["listening"]["hears"]).count("1")

    def say(self, interface, port, times=1):
        for _ in range(times):
            self.senders[interface].sendto(b"hello", (ROUTER[interface], port))


class Hearing(Several):
    def monitor(self, *options, interfaces="lan0,wan0,dmz0"):
        self.interface = interfaces
        return Monitor(self, *options)

    def test_text(self):
        monitor = self.monitor()
        for interface in ROUTER:
            self.say(interface, CLOSED)
            line, = monitor.comes(1, f"Z {interface} drop by reason default: in udp ", f" > {ROUTER[interface]}:{CLOSED}")
        self.say("lan0", OPEN)
        monitor.comes(1, "Z lan0 accept by rule tell: ")
        monitor.end(signal.SIGINT)

    def test_all_as_json(self):
        monitor = self.monitor("--json", interfaces="all")
        for interface in ROUTER:
            self.say(interface, CLOSED)
        self.assertEqual(sorted(event["interface"] for event in monitor.events(3)), sorted(ROUTER))

    def test_one_of_them_is_as_ever(self):
        monitor = self.monitor(interfaces="dmz0")
        self.say("dmz0", CLOSED)
        monitor.comes(1, "Z drop by reason default: ")

    def test_count_is_of_all(self):
        monitor = self.monitor("--count", "2")
        self.say("wan0", CLOSED)
        self.say("lan0", CLOSED)
        monitor.ends(0)
        self.assertEqual(len(monitor.lines()), 2)

    def test_rules(self):
        """A rule of any of them may be asked for."""
        monitor = self.monitor("--rule", "tell", "--rule", "never")
        self.say("lan0", CLOSED)
        self.say("dmz0", 53)
        self.say("lan0", OPEN)
        self.assertEqual(len(monitor.comes(2, "by rule")), 2)
        self.assertIn('no rule of these interfaces is called "tel" (did you mean "tell"?)',
                      self.fails(1, "monitor", "--rule", "tel", "all"))

    def test_capture(self):
        path = self.sandbox.directory / "heard.pcapng"
        monitor = self.monitor("--write", path)
        for interface in ROUTER:
            self.say(interface, CLOSED)
        monitor.comes(3)
        monitor.end(signal.SIGTERM)
        shown = subprocess.run(["tshark", "-r", path, "-T", "fields", "-e", "frame.interface_name", "-e", "ip.dst"],
                               text=True, capture_output=True, check=True).stdout
        self.assertEqual(sorted(line.split() for line in shown.splitlines()), sorted(map(list, ROUTER.items())))

    def test_one_is_detached(self):
        """The others go on, and the end says that something was missing."""
        monitor = self.monitor()
        self.succeeds("detach", "wan0")
        monitor.complaint("wan0 was detached: there is nothing more to hear")
        self.say("dmz0", CLOSED)
        monitor.comes(1, "Z dmz0 drop")
        monitor.process.send_signal(signal.SIGINT)
        self.assertEqual(monitor.process.wait(20), 1)

    def test_all_are_detached(self):
        monitor = self.monitor()
        self.succeeds("detach", "all")
        self.assertEqual(monitor.process.wait(20), 1)

    def test_one_that_is_not_guarded(self):
        self.succeeds("detach", "wan0")
        self.assertIn("wan0 is not guarded", self.fails(1, "monitor", "lan0,wan0"))
        until(lambda: self.listeners_of("lan0") == 0, "nobody listens any more")


class Sampling(Several):
    def top(self, *options, interfaces="lan0,wan0,dmz0"):
        self.interface = interfaces
        return Top(self, *options)

    def test_sums(self):
        """A rule of the same name is one row; each interface has its part of the whole."""
        top = self.top("--for", "1h", "--json", interfaces="all")
        times = {"wan0": 3, "lan0": 20, "dmz0": 7}
        for interface, count in times.items():
            self.say(interface, CLOSED, count)
        self.say("lan0", OPEN, 5)
        result = top.result()
        ports = {row["port"]: row["packets"] for row in result["in"]["ports"]}
        rules = {row["rule"] or row["reason"]: row["packets"] for row in result["in"]["rules"]}
        self.assertEqual((ports[CLOSED], ports[OPEN]), (30, 5))
        self.assertEqual((rules["default"], rules["tell"]), (30, 5))
        parts = {part["interface"]: part for part in result["interfaces"]}
        self.assertEqual({name: part["in"]["dropped_packets"] for name, part in parts.items()}, times)
        self.assertEqual({part["policy"] for part in parts.values()}, {"edge"})
        self.assertEqual(sum(part["in"]["packets"] for part in parts.values()), result["in"]["packets"])
        self.assertEqual(set(result["interface"].split(",")), set(ROUTER))

    def test_text(self):
        top = self.top("--for", "1h")
        for interface in ROUTER:
            self.say(interface, CLOSED, 10)
        text = top.text()
        self.assertIn("lan0,wan0,dmz0  what came in in ", text)
        for interface in ROUTER:
            self.assertRegex(text, rf"(?m)^{interface}: policy edge \(enforce\), in [\d.]+\w* packets/s and \S+ bytes/s, out ")
        self.assertRegex(text, rf"(?m)^udp {CLOSED} ")

    def test_one_is_detached(self):
        top = self.top("--json")
        self.succeeds("detach", "wan0")
        until(lambda: any(part["trouble"] == "it was detached" for line in top.lines() for part in line["interfaces"]),
              "it says so")
        self.say("dmz0", CLOSED, 4)
        until(lambda: any(row["port"] == CLOSED for row in top.lines()[-1]["in"]["ports"]), "the others go on")
        top.process.send_signal(signal.SIGINT)
        self.assertEqual(top.process.wait(20), 1)

    def test_all_are_detached(self):
        top = self.top("--json")
        self.succeeds("detach", "all")
        self.assertEqual(top.process.wait(20), 1)


main()
