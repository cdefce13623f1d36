#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Interfaces whose packets begin with their IP header: judged like others, in both directions."""

import ctypes
import hashlib
import json
import os
import socket
import struct
import threading

from capture import UDP, ip, udp
from guarded import FAMILIES, HERE, PATIENCE, THERE, entered, main, policy, rule
from monitoring import Monitor, Top
from sandbox import run, until
from tunnels import IFF_NO_PI, Bare, tun

PORT, OTHER = 5000, 9999
TALK = policy("talk", rule("talk", "in", "udp", PORT), rule("web-in", "in", "tcp", 8080),
              rule("ask", "out", "udp", "6000, 6001"), rule("web-out", "out", "tcp", 8081))
ACCEPT_ALL = "[baseline]\narp = accept\nother-ethertypes = accept\nlink-control = accept\n"


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def with_checksum(packet):
    """The IPv4 PACKET with a checksum that hosts accept."""
    return packet[:10] + struct.pack("!H", checksum(packet[:20])) + packet[12:]


def bpf(command, attributes):
    """The system call itself: Debian's bpftool cannot make it for TCX."""
    number = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
    result = ctypes.CDLL(None, use_errno=True).syscall(number, command, attributes, len(attributes))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def tcx_ingress(pin, ifindex):
    """Attaches the program that is pinned as PIN; returns the link."""
    path = ctypes.create_string_buffer(pin.encode())
    program = bpf(7, struct.pack("QII", ctypes.addressof(path), 0, 0))  # BPF_OBJ_GET
    try:
        return bpf(28, struct.pack("4I48x", program, ifindex, 46, 0))  # BPF_LINK_CREATE
    finally:
        os.close(program)


class Rules(Bare):
    def test_both_directions(self):
        self.attach(TALK)
        for family, name in FAMILIES:
            with self.subTest(name):
                here, other = (self.socket(self.here, family=family, port=port)
                               for port in (PORT, OTHER))
                there, quiet = (self.socket(self.there, family=family, port=port)
                                for port in (6000, 6002))
                self.reaches(self.socket(self.there, family=family), here, OTHER)
                self.assertSilent(other)
                client = self.socket(self.here, family=family)
                client.sendto(b"question", (THERE[family], 6000))
                question, address = there.recvfrom(100)
                self.assertEqual(question, b"question")
                there.sendto(b"answer", address)
                self.assertEqual(client.recv(100), b"answer")
                client.sendto(b"forbidden", (THERE[family], 6002))
                client.sendto(b"question", (THERE[family], 6000))
                self.assertEqual(there.recv(100), b"question")
                self.assertSilent(quiet)
        stats = self.at_rest(self.stats)
        self.assertEqual(stats.packets("talk", "in"), 2)
        self.assertEqual(stats.packets("ask", "out"), 4)
        self.assertEqual(stats.rules["ask", "out"]["bytes"], 2 * (20 + 40) + 4 * (8 + len(b"question")))
        self.assertEqual(stats.replies("ask", "out"), 2)
        self.assertEqual(stats.reason("default", "in"), 2)
        self.assertEqual(stats.reason("default", "out"), 2)
        self.assertEqual(self.status()["flows"], 2)
        self.assertConserved()

    def test_no_address_is_an_ethertype(self):
        """08 06 is the EtherType of ARP; here these bytes begin the source address."""
        self.attach(TALK)
        receiver = self.socket(self.here, port=OTHER)
        for source in ("8.6.1.1", "8.0.69.0", "134.221.96.1", "136.204.1.1", "129.0.1.1"):
            self.comes(with_checksum(ip(source, HERE[0], UDP, udp(1234, OTHER))))
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT))
        self.assertSilent(receiver)
        stats = self.at_rest(self.stats)
        self.assertEqual(stats.reason("default", "in"), 5)
        self.assertEqual(stats.reason("arp", "in", "accept"), 0)
        self.assertConserved()

    def test_bad_packets(self):
        self.attach(TALK)
        good = ip(THERE[0], HERE[0], UDP, udp(1234, PORT))
        cases = {"malformed": [good[:19], good[:24], good[:2] + b"\xff\xff" + good[4:], b"\x45",
                               ip(THERE[1], HERE[1], UDP, udp(1, PORT))[:47], b"\x60" + bytes(20)],
                 "martian": [ip("127.0.0.1", HERE[0], UDP, udp(1, PORT)),
                             ip("::1", HERE[1], UDP, udp(1, PORT))],
                 "source-route": [b"\x46" + good[1:3] + bytes([len(good) + 4]) + good[4:20]
                                  + b"\x83\x03\x04\x00" + good[20:]],
                 "fragment": [ip(THERE[0], HERE[0], UDP, bytes(8), identifier=7, at=64)]}
        for reason, packets in cases.items():
            with self.subTest(reason):
                for packet in packets:
                    self.comes(packet)
                stats = self.at_rest(self.stats)
                self.assertEqual(stats.reason(reason, "in"), len(packets))
        self.assertConserved()

    def test_other_protocols_are_what_the_kernel_says(self):
        """On a device that names each packet's protocol, a packet named otherwise is not IP,
        whatever its first bytes are."""
        interface = self.name()
        device = tun(self.here, interface, 0)
        self.addCleanup(os.close, device)
        self.here.run("ip", "link", "set", interface, "up")
        packet = ip(THERE[0], HERE[0], UDP, udp(1, PORT))
        for baseline, verdict in (("", "drop"), (ACCEPT_ALL, "accept")):
            with self.subTest(verdict):
                self.attach(policy("named", rule("talk", "in", "udp", PORT), baseline),
                            interface=interface)
                for kind in (0x0806, 0x8847, 0x8100, 0x88CC, 0x86DD, 0x0800):
                    os.write(device, struct.pack("!HH", 0, kind) + packet)
                shown = json.loads(self.succeeds("stats", "--json", interface))[0]
                reasons = {(r["name"], r["verdict"]): r["packets"] for r in shown["reasons"]
                           if r["direction"] == "in" and r["packets"]}
                self.assertEqual(reasons, {("other-ethertype", verdict): 4, ("malformed", "drop"): 1})
                self.assertEqual(shown["rules"][0]["packets"], 1)
                self.succeeds("detach", interface)

    def test_errors(self):
        """ICMP errors that quote an accepted packet come in."""
        self.attach(TALK)
        for family, name in FAMILIES:
            with self.subTest(name):
                client = self.socket(self.here, family=family)
                client.connect((THERE[family], 6001))
                client.send(b"nobody listens")
                self.assertRaises(ConnectionRefusedError, client.recv, 100)
        self.assertConserved()

    def test_fragments(self):
        self.attach(TALK)
        data = os.urandom(9000)
        for family, name in FAMILIES:
            with self.subTest(name):
                receiver = self.socket(self.here, family=family, port=PORT)
                sender = self.socket(self.there, family=family)
                self.send(sender, PORT, data=data)
                self.assertEqual(receiver.recv(10000), data)
        self.assertGreater(self.stats().reason("fragment", "in", "accept"), 10)
        self.assertConserved()

    def test_bans(self):
        self.attach(TALK)
        receiver = self.socket(self.here, port=PORT)
        self.reaches(self.socket(self.there), receiver)
        self.succeeds("ban", self.interface, THERE[0], "--force")
        self.send(self.socket(self.there), PORT)
        until(lambda: self.stats().reason("banned", "in") == 1, "it was dropped", PATIENCE)
        self.assertSilent(receiver)
        self.succeeds("unban", self.interface, THERE[0])
        self.reaches(self.socket(self.there), receiver)


class Streams(Bare):
    def transfer(self, client, server, port, family):
        """Sends 8 MiB from CLIENT to SERVER, which answers with their hash."""
        data = os.urandom(1 << 20) * 8
        opened, accepted = self.connect(client, server, port, family)
        got = hashlib.sha256()

        def receive():
            left = len(data)
            while left:
                piece = accepted.recv(1 << 20)
                left -= len(piece)
                got.update(piece)
            accepted.sendall(got.digest())

        receiver = threading.Thread(target=receive)
        receiver.start()
        opened.sendall(data)
        answer = opened.recv(100)
        receiver.join()
        self.assertEqual(answer, hashlib.sha256(data).digest())
        opened.close()

    def test_segments_that_the_kernel_makes(self):
        self.attach(TALK)
        for family, name in FAMILIES:
            with self.subTest(name):
                self.transfer(self.here, self.there, 8081, family)
                self.transfer(self.there, self.here, 8080, family)
        for end, longest in self.wire.longest.items():
            self.assertGreater(longest, 9000, "nothing was left to be segmented")
        stats = self.at_rest(self.stats)
        for name, direction in (("web-in", "in"), ("web-out", "out")):
            self.assertGreater(stats.rules[name, direction]["bytes"], 16 << 20)
            self.assertLess(stats.rules[name, direction]["bytes"], 18 << 20)
        self.assertGreater(stats.packets("web-out", "out"), (16 << 20) // 1500)
        self.assertEqual(stats.reason("malformed", "in") + stats.reason("malformed", "out"), 0)
        self.assertConserved()

    def test_open_connections_go_on(self):
        opened, accepted = self.connect(self.here, self.there, 8081)
        self.attach(TALK)
        accepted.sendall(b"from there first")
        self.assertEqual(opened.recv(100), b"from there first")

    def test_lockout(self):
        """The SSH session of the person typing is judged as it comes by this interface."""
        session = {"SSH_CONNECTION": f"{THERE[0]} 40000 {HERE[0]} 22"}
        environment = {**os.environ, **session}
        path = self.file(TALK)
        said = self.fails(1, "attach", self.interface, path, env=environment)
        self.assertSays(said, "lock you out", self.interface)
        self.assertEqual(self.pins(), [])


class Life(Bare):
    def mode(self, status):
        return status["attach_mode"], status["egress"]

    def test_modes(self):
        path = self.file(TALK)
        for mode in ("native", "offload"):
            with self.subTest(mode):
                said = self.fails(1, "attach", "--mode", mode, self.interface, path)
                self.assertSays(said, self.interface, "no Ethernet header", "--mode auto")
                self.assertNothingPinned()
        for mode in ("auto", "generic"):
            with self.subTest(mode):
                self.attach(TALK, "--mode", mode)
                self.assertEqual(self.mode(self.status()), ("tcx", "tcx"))
                self.assertSays(self.succeeds("status", self.interface), "in: tcx", "out: tcx")
                self.assertPinsWhole()
                self.succeeds("detach", self.interface)
        self.assertNothingPinned()
        shown = json.loads(self.here.run("bpftool", "-j", "net"))[0]
        self.assertEqual((shown["xdp"], shown["tc"]), ([], []))

    def test_swaps(self):
        other = policy("other", rule("other", "in", "udp", OTHER))
        receivers = [self.socket(self.here, port=port) for port in (PORT, OTHER)]
        sender = self.socket(self.there)
        self.attach(TALK)
        self.reaches(sender, receivers[0], OTHER)
        self.reload(other)
        self.reaches(sender, receivers[1], PORT)
        self.succeeds("rollback", self.interface)
        self.reaches(sender, receivers[0], OTHER)
        self.succeeds("reload", "--confirm", "1s", self.interface, self.file(other))
        until(lambda: self.status()["confirm_by"] is None, "gone back", PATIENCE)
        self.reaches(sender, receivers[0], OTHER)
        self.assertSilent(receivers[1])

    def test_a_first_policy_that_is_not_confirmed(self):
        self.attach(TALK, "--confirm", "1s")
        receiver = self.socket(self.here, port=OTHER)
        until(lambda: self.status()["mode"] == "unguarded", "gone back", PATIENCE)
        before = self.at_rest(self.stats)
        self.reaches(self.socket(self.there), receiver)
        after = self.at_rest(self.stats)
        passed = [stats.reason("unguarded", "in", "accept") for stats in (before, after)]
        # All packets, because the peer may have sent some by itself as well.
        self.assertEqual(passed[1] - passed[0], after.seen["in"] - before.seen["in"])
        self.assertGreater(passed[1], passed[0])
        self.assertConserved()

    def test_audit(self):
        self.attach(TALK, "--audit")
        self.reaches(self.socket(self.there), self.socket(self.here, port=OTHER))
        self.assertEqual(self.at_rest(self.stats).reason("default", "in"), 1)

    def test_taken_off(self):
        self.attach(TALK)
        for link, key in (("link_in", "attach_mode"), ("link_out", "egress")):
            run("bpftool", "link", "detach", "pinned", f"/sys/fs/bpf/edgexdp/{self.interface}/{link}")
            done = self.call("status", "--json", self.interface)
            self.assertEqual((done.returncode, json.loads(done.stdout)[0][key]), (1, "missing"))

    def test_guarded_twice(self):
        """In another mount namespace the pins cannot be seen, but the programs can."""
        self.attach(TALK)
        done = self.call("attach", self.interface, self.file(TALK),
                         prefix=("unshare", "--mount", "sh", "-c",
                                 'mount -t bpf bpf /sys/fs/bpf && exec "$@"', "sh"))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertSays(done.stderr, "guarded already", "mount namespace")

    def test_another_comes_first(self):
        """A program before ours on tc ingress cannot let in packets that were not judged."""
        source = self.sandbox.directory / "lodger.c"
        source.write_text('__attribute__((section("tc"))) int lodger(void *skb) { return 0; }\n'
                          'char LICENSE[] __attribute__((section("license"))) = "GPL";\n')
        run("clang", "-O2", "-g", "-target", "bpf", "-c", source, "-o", source.with_suffix(".o"))
        pin = "/sys/fs/bpf/lodger"
        run("bpftool", "prog", "load", source.with_suffix(".o"), pin, "type", "tc")
        with entered(self.here):
            link = tcx_ingress(pin, socket.if_nametoindex(self.interface))
        self.addCleanup(os.close, link)
        self.attach(TALK)
        receiver = self.socket(self.here, port=OTHER)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)
        self.assertSilent(receiver)

    def test_the_link_changes(self):
        self.attach(TALK)
        self.becomes(self.inside, self.interface, "ppp")
        self.assertEqual(self.mode(self.status()), ("tcx", "tcx"))
        self.becomes(self.inside, self.interface, "ethernet")
        done = self.call("status", self.interface)
        self.assertEqual(done.returncode, 1)
        self.assertSays(done.stderr, self.interface, "misread", "detach and attach again")
        self.succeeds("detach", self.interface)
        self.assertNothingPinned()

    def test_kinds(self):
        interface = self.name()
        device = tun(self.here, interface, IFF_NO_PI)
        self.addCleanup(os.close, device)
        for kind in ("none", "ppp", "tunnel", "tunnel6", "sit", "gre", "gre6", "rawip"):
            with self.subTest(kind):
                self.becomes(device, interface, kind)
                self.attach(TALK, interface=interface)
                os.write(device, ip(THERE[0], HERE[0], UDP, udp(1, PORT)))
                shown = json.loads(self.succeeds("stats", "--json", interface))[0]
                self.assertEqual(shown["rules"][0]["packets"], 1)
                self.succeeds("detach", interface)
        for kind, word in (("can", "CAN"), ("infiniband", "InfiniBand"), ("radiotap", "WLAN")):
            with self.subTest(kind):
                self.becomes(device, interface, kind)
                said = self.fails(1, "attach", interface, self.file(TALK))
                self.assertSays(said, interface, "cannot be guarded", word, "Ethernet or an IP header")
                self.assertNothingPinned()


class Told(Bare):
    def listeners(self):
        listening = self.dump("listening")[0]["value"][".data.listening"][0]["listening"]
        return sum(1 for owner in listening["owners"] if owner)

    def test_explain(self):
        self.attach(TALK)
        for packet, verdict, outcome in (
                (f"in udp {THERE[0]}:1 > {HERE[0]}:{PORT}", "accept", "rule"),
                (f"in udp [{THERE[1]}]:1 > [{HERE[1]}]:{PORT}", "accept", "rule"),
                (f"in udp 8.6.1.1:1 > {HERE[0]}:{OTHER}", "drop", "default"),
                (f"out udp {HERE[0]}:1 > {THERE[0]}:6000", "accept", "rule"),
                (f"out tcp [{HERE[1]}]:1 > [{THERE[1]}]:22", "drop", "default")):
            with self.subTest(packet):
                said = json.loads(self.succeeds("explain", "--json", self.interface, packet))
                self.assertEqual((said["verdict"], said["outcome"]), (verdict, outcome))

    def test_monitor(self):
        self.attach(TALK)
        file = self.sandbox.directory / "dropped.pcapng"
        monitor = Monitor(self, "--json", "--write", file, "--count", "2")
        dropped = with_checksum(ip(THERE[0], HERE[0], UDP, udp(40000, OTHER, b"in")))
        self.comes(dropped)
        event = monitor.events(1)[0]
        self.assertEqual([event[key] for key in ("direction", "verdict", "reason", "protocol",
                                                 "source", "destination", "destination_port",
                                                 "length")],
                         ["in", "drop", "default", "udp", THERE[0], HERE[0], OTHER, len(dropped)])
        client = self.socket(self.here, family=1)
        client.sendto(b"out", (THERE[1], OTHER))
        event = monitor.events(2)[1]
        self.assertEqual([event[key] for key in ("direction", "source", "destination", "length")],
                         ["out", HERE[1], THERE[1], 40 + 8 + 3])
        monitor.process.wait(PATIENCE)
        shown = run("tshark", "-r", file, "-T", "fields", "-e", "frame.encap_type", "-e", "udp.dstport",
                    "-e", "udp.payload").split("\n")
        raw_ip = "7"
        self.assertIn("\t".join((raw_ip, str(OTHER), b"in".hex())), shown)
        self.assertIn("\t".join((raw_ip, str(OTHER), b"out".hex())), shown)
        replayed = json.loads(self.succeeds("replay", "--json", "--local", ",".join(HERE),
                                            self.file(TALK), file))
        self.assertEqual((replayed["packets"], replayed["drop"]), (2, 2))

    def test_top(self):
        self.attach(TALK)
        top = Top(self, "--for", "1h", "--json")
        dropped = with_checksum(ip(THERE[0], HERE[0], UDP, udp(40000, OTHER, b"in")))
        self.comes(dropped)
        self.socket(self.here, family=1).sendto(b"out", (THERE[1], OTHER))
        shown = top.result()
        row = next(row for row in shown["in"]["sources"] if row["source"] == THERE[0])
        self.assertEqual((row["packets"], row["bytes"], row["dropped_packets"]), (1, len(dropped), 1))
        ports = {row["port"]: row["bytes"] for row in shown["out"]["ports"] if row["protocol"] == "udp"}
        self.assertEqual(ports, {OTHER: 40 + 8 + 3})


if __name__ == "__main__":
    main()
