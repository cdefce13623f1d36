#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A fleet: a route reflector and three edges, each with ExaBGP and edgexdp. One announcement ends a
flood at all of them."""

import json
import re
import shutil
import socket
import subprocess
import threading
import time

import announcing
from guarded import EDGEXDP, PATIENCE, Base, entered, main, policy, rule, tap
from sandbox import Failure, Sandbox, run, until

DOCS = announcing.TOOLS.parent / "docs"
EDGES = (1, 2, 3)
VICTIM = "203.0.113.5"  # every edge has it, as anycast has
PORT = 4000
SLOW = 90  # seconds for BGP to come up
GOBGP = """
[global.config]
  as = 64512
  router-id = "10.0.0.1"
"""
NEIGHBOUR = """
[[neighbors]]
  [neighbors.config]
    neighbor-address = "{address}"
    peer-as = 64512
  [neighbors.transport.config]
    passive-mode = true
  [neighbors.route-reflector.config]
    route-reflector-client = true
    route-reflector-cluster-id = "10.0.0.1"
  [neighbors.graceful-restart.config]
    enabled = true
"""
FAMILY = """
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "{family}-flowspec"
    [neighbors.afi-safis.mp-graceful-restart.config]
      enabled = true
"""
BIRD = """
log stderr all;
router id 10.0.0.1;
flow4 table flows4;
protocol device {{ }}
protocol static flows {{
    flow4;
    {flows}
}}
"""
BIRD_EDGE = """
protocol bgp edge{number} {{
    local 10.0.{number}.1 as 64512;
    neighbor 10.0.{number}.2 as 64512;
    passive;
    rr client;
    flow4 {{ table flows4; import none; export all; }};
}}
"""
BIRD_FLOW = """route flow4 {{ dst {victim}/32; proto = 17; dport = {port}; }} {{
        bgp_ext_community.add((generic, 0x80060000, 0x0));
    }};"""


class Edge:
    """One edge: a namespace with a guarded interface, and a service at the address that all have."""

    def __init__(self, test, core, number):
        self.test = test
        self.number = number
        self.space = test.sandbox.namespace(f"edge{number}")
        self.interface = f"f{test.sandbox.directory.name[-6:]}{number}".replace("_", "-")
        self.cable = f"core{number}"
        test.sandbox.cable(core, self.cable, self.space, self.interface)
        for space, interface, end in ((core, self.cable, 1), (self.space, self.interface, 2)):
            run("ip", "-n", space.name, "addr", "add", f"10.0.{number}.{end}/24", "dev", interface)
            run("ip", "-n", space.name, "link", "set", interface, "up")
        run("ip", "-n", self.space.name, "addr", "add", VICTIM + "/32", "dev", "lo")
        run("ip", "-n", core.name, "route", "add", VICTIM, "via", f"10.0.{number}.2", "dev", self.cable,
            "metric", str(number))
        with entered(self.space):
            self.receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.receiver.bind((VICTIM, PORT))
        self.receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.receiver.settimeout(0.1)
        with entered(core):
            self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self.cable.encode())
        self.sent = self.received = 0
        self.last = 0.0
        test.addCleanup(self.receiver.close)
        test.addCleanup(self.sender.close)

    def attach(self, path):
        run(*self.space.command(EDGEXDP, "attach", self.interface, path))

    def speak(self, folder, *options):
        """Starts ExaBGP, with the configuration that the package has."""
        shipped = (announcing.TOOLS / "exabgp/exabgp.conf").read_text()
        process = f"run {EDGEXDP} flowspec {' '.join(options)} {self.interface};"
        kept = [line for line in shipped.splitlines() if not line.lstrip().startswith("run ")]
        text = "\n".join(kept).replace("encoder json;", process + "\n    encoder json;")
        text = text.replace("192.0.2.10;", f"10.0.{self.number}.2;").replace(
            "neighbor 192.0.2.1 ", f"neighbor 10.0.{self.number}.1 ")
        path = folder / f"exabgp{self.number}.conf"
        path.write_text(text)
        self.log = self.test.sandbox.start(
            self.space, f"exabgp{self.number}", "env", "exabgp_daemon_daemonize=false",
            "exabgp_daemon_drop=false", "exabgp_daemon_user=root", "exabgp_tcp_bind=",
            "exabgp_api_cli=false", "exabgp_log_destination=stdout", "exabgp", path)

    def blocks(self):
        shown = run(*self.space.command(EDGEXDP, "blocks", "--json", self.interface))
        return [one for one in json.loads(shown) if one["origin"] == "flowspec"]

    def blocked(self):
        return sum(one["packets"] for one in self.blocks())

    def listen(self, stop):
        while not stop.is_set():
            try:
                self.receiver.recv(100)
            except TimeoutError:
                continue
            self.received += 1
            self.last = time.monotonic()


class Fleet(Base):
    def setUp(self):
        self.sandbox = self.enterContext(Sandbox())
        self.core = self.sandbox.namespace("core")
        self.edges = [Edge(self, self.core, number) for number in EDGES]
        path = self.sandbox.directory / "edge.ini"
        path.write_text(policy("edge", rule("service", "in", "udp", PORT), rule("ping", "in", "icmp"),
                               rule("bgp", "out", "tcp", 179, to="10.0.0.0/8")))
        for edge in self.edges:
            edge.attach(path)
        self.stop = threading.Event()
        self.threads = []
        self.addCleanup(self.quiet)

    def quiet(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def flood(self):
        """Sends to all edges at the same time, until quiet()."""
        def send():
            while not self.stop.is_set():
                for edge in self.edges:
                    for _ in range(8):
                        edge.sender.sendto(b"flood", (VICTIM, PORT))
                        edge.sent += 1
                time.sleep(0.002)
        self.threads = [threading.Thread(target=edge.listen, args=(self.stop,)) for edge in self.edges]
        self.threads.append(threading.Thread(target=send))
        for thread in self.threads:
            thread.start()
        until(lambda: all(edge.received for edge in self.edges), "the flood arrives", PATIENCE)

    def speak(self, *options):
        for edge in self.edges:
            edge.speak(self.sandbox.directory, *options)

    def is_over(self):
        """Has nothing arrived anywhere for a while? Returns when the last packet did."""
        last = max(edge.last for edge in self.edges)
        return last if time.monotonic() - last > 0.5 else None

    def goes_on(self):
        before = [edge.received for edge in self.edges]
        until(lambda: all(edge.received > count + 100 for edge, count in zip(self.edges, before)),
              "the flood arrives again", PATIENCE)

    def assertSums(self):
        """What was sent has arrived, or was dropped by the flow."""
        self.quiet()
        for edge in self.edges:
            edge.receiver.setblocking(False)
            try:
                while edge.receiver.recv(100):
                    edge.received += 1
            except BlockingIOError:
                pass
            self.assertEqual(edge.sent, edge.received + edge.blocked(), edge.number)


class Gobgp(Fleet):
    def gobgp(self, *words):
        return self.core.run("gobgp", *words)

    def established(self):
        try:
            shown = json.loads(self.gobgp("neighbor", "-j"))
        except Failure:  # it does not listen yet
            return False
        return sum(one["state"].get("session_state") == 6 for one in shown) == len(self.edges)

    def start(self):
        path = self.sandbox.directory / "gobgpd.toml"
        path.write_text(GOBGP + "".join(
            NEIGHBOUR.format(address=f"10.0.{edge.number}.2") + FAMILY.format(family="ipv4") +
            FAMILY.format(family="ipv6") for edge in self.edges))
        self.log = self.sandbox.start(self.core, "gobgpd", "gobgpd", "-f", path, "--api-hosts", "127.0.0.1:50051")
        self.speak()
        until(self.established, "three sessions", SLOW)

    FLOW = ("match", "destination", VICTIM + "/32", "protocol", "==udp", "destination-port", f"=={PORT}")

    def announce(self):
        self.gobgp("global", "rib", "add", "-a", "ipv4-flowspec", *self.FLOW, "then", "discard")

    def test_one_announcement_ends_a_flood_at_three_edges(self):
        self.start()
        self.flood()
        began = time.monotonic()
        self.announce()
        over = until(self.is_over, "the flood is over", PATIENCE)
        tap.comment(f"{(over - began) * 1000:.0f} ms from the announcement to the last packet at any edge")
        names = {one["name"] for edge in self.edges for one in edge.blocks()}
        self.assertEqual(len(names), 1, "the flow has one name everywhere")
        for edge in self.edges:
            before = edge.blocked()
            until(lambda e=edge, b=before: e.blocked() > b + 100, "the flow counts", PATIENCE)
        self.assertSums()

    def test_a_withdrawal_lifts_it(self):
        self.start()
        self.announce()
        until(lambda: all(edge.blocks() for edge in self.edges), "in force", PATIENCE)
        self.gobgp("global", "rib", "del", "-a", "ipv4-flowspec", *self.FLOW)
        until(lambda: not any(edge.blocks() for edge in self.edges), "lifted", PATIENCE)
        self.flood()
        self.goes_on()

    def script(self):
        """docs/fleet.md's, as FastNetMon calls it: what it knows of the attack is written to its standard
        input, and it has to read all of it."""
        text = re.search(r"```sh\n(#!/bin/sh\n# announce .*?)```", DOCS.joinpath("fleet.md").read_text(), re.DOTALL)
        path = self.sandbox.directory / "announce"
        path.write_text(text[1])
        path.chmod(0o755)
        return path

    def notify(self, address, direction, action, details=""):
        called = subprocess.Popen(self.core.command(str(self.script()), address, direction, "100500", action), text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with called:
            called.stdin.write(details)  # more than a pipe holds: fails unless it is read
            called.stdin.close()
            said = called.stdout.read()
        return called.returncode, said

    def test_fastnetmon_s_script_announces_and_withdraws(self):
        self.start()
        details = "IP: 203.0.113.5\nAttack type: udp_flood\n" + "203.0.113.9:53 > 203.0.113.5:4000\n" * 10000
        for address, direction in ((VICTIM, "outgoing"), ("8.8.8.8", "incoming"), ("10.1.203.0.113.5", "incoming")):
            self.assertEqual(self.notify(address, direction, "ban", details), (0, ""), address)
        for address in ("203.0.113.5 then discard", "203.0.113.5/8", "2001:db8::g"):
            self.assertEqual(self.notify(address, "incoming", "ban", details), (1, ""), address)
        self.assertEqual(self.notify(VICTIM, "incoming", "unknown"), (0, ""))
        self.assertNotIn("destination", self.gobgp("global", "rib", "-a", "ipv4-flowspec"))
        self.assertEqual(self.notify(VICTIM, "incoming", "ban", details), (0, ""))
        until(lambda: all(edge.blocks() for edge in self.edges), "in force at all edges", PATIENCE)
        for edge in self.edges:
            one, = edge.blocks()
            self.assertIn(f"> {VICTIM}", one["pattern"])
            self.assertIn("500000", one["limit"].replace(".", ""), one)
        self.assertEqual(self.notify("2001:db8::5", "incoming", "ban", details), (0, ""))
        self.assertIn("2001:db8::5/128", self.gobgp("global", "rib", "-a", "ipv6-flowspec"))
        for address in (VICTIM, "2001:db8::5"):
            self.assertEqual(self.notify(address, "incoming", "unban"), (0, ""))
        until(lambda: not any(edge.blocks() for edge in self.edges), "lifted", PATIENCE)
        self.assertNotIn("2001:db8", self.gobgp("global", "rib", "-a", "ipv6-flowspec"))

    def test_a_reflector_that_comes_back(self):
        """Flows stay while it is away; what it does not announce any more ends with its End-of-RIB."""
        self.start()
        self.announce()
        self.gobgp("global", "rib", "add", "-a", "ipv6-flowspec", "match", "destination",
                   "2001:db8::/32", "then", "discard")  # refused: none of theirs
        until(lambda: all(len(edge.blocks()) == 1 for edge in self.edges), "in force", PATIENCE)
        for edge in self.edges:
            until(lambda e=edge: "--for does not hold" in e.log.read_text(), "it is refused", PATIENCE)
        self.sandbox.services[0].kill()
        self.sandbox.services[0].wait()
        for edge in self.edges:
            until(lambda e=edge: "is down" in e.log.read_text(), "the session is down", SLOW)
            self.assertEqual(len(edge.blocks()), 1)
        path = self.sandbox.directory / "gobgpd.toml"
        self.sandbox.start(self.core, "gobgpd-again", "gobgpd", "-f", path, "--api-hosts",
                           "127.0.0.1:50051")
        until(lambda: not any(edge.blocks() for edge in self.edges), "the flow has ended", SLOW)


class Bird(Fleet):
    def configure(self, flows):
        text = BIRD.format(flows=flows).replace("flow4;", "flow4 { table flows4; };", 1)
        text += "".join(BIRD_EDGE.format(number=edge.number) for edge in self.edges)
        (self.sandbox.directory / "bird.conf").write_text(text)

    def test_bird_announces_as_well(self):
        socket_path = self.sandbox.directory / "bird.ctl"
        self.configure("")
        self.sandbox.start(self.core, "bird", "bird", "-f", "-c", self.sandbox.directory / "bird.conf",
                           "-s", socket_path)
        until(socket_path.exists, "BIRD serves", PATIENCE)
        self.speak()
        self.flood()
        self.configure(BIRD_FLOW.format(victim=VICTIM, port=PORT))
        self.core.run("birdc", "-s", socket_path, "configure")
        until(lambda: all(edge.blocks() for edge in self.edges), "in force at all edges", SLOW)
        until(self.is_over, "the flood is over", PATIENCE)
        self.configure("")
        self.core.run("birdc", "-s", socket_path, "configure")
        self.goes_on()


for program in ("exabgp", "gobgpd", "gobgp", "bird", "birdc"):
    if not shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin"):
        tap.skip(f"there is no {program}")
main()
