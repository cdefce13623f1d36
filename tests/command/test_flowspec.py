#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`edgexdp flowspec`: announced flows in force, until they are withdrawn or their session is over."""

import json
import os
import pathlib
import re
import signal
import socket
import time

from announcing import (RATE, REDIRECT, Follower, announce, end_of_rib, flow, state, withdraw)
from guarded import FAMILIES, HERE, PATIENCE, THERE, Guarded, main, policy, rule, tap
from sandbox import until

PORTS = (4000, 4001, 4002)
OPEN = policy("open", rule("open", "in", "udp", "4000-4002"), rule("ssh", "in", "tcp", 22))


def to_port(port, family=0, **components):
    return flow(HERE[family] + ("/128" if family else "/32"), "udp",
                destination_port=[f"={port}"], **components)


class Flowspec(Guarded):
    def setUp(self):
        super().setUp()
        self.attach(OPEN)
        self.follower = None

    def follow(self, *options):
        self.follower = Follower(self, *options)
        return self.follower

    def say(self, *lines):
        self.follower.say(*lines)

    def blocks(self):
        return [one for one in json.loads(self.succeeds("blocks", "--json", self.interface))
                if one["origin"] == "flowspec"]

    def patterns(self):
        return [one["pattern"] for one in self.blocks()]

    def in_force(self, count):
        """Waits until so many flows are in force; returns their patterns."""
        until(lambda: len(self.blocks()) == count, f"{count} flows in force", PATIENCE)
        return self.patterns()

    def assertBlocked(self, port, family=0):
        """What goes to PORT is dropped; what goes to 4002 passes."""
        sender = self.socket(self.there, family=family)
        silent = self.socket(self.here, family=family, port=port)
        receiver = self.socket(self.here, family=family, port=4002)
        self.reaches(sender, receiver, port)
        self.assertSilent(silent)

    def assertOpen(self, port, family=0):
        sender = self.socket(self.there, family=family)
        receiver = self.socket(self.here, family=family, port=port)
        self.reaches(sender, receiver)

    def test_a_flow_is_in_force_until_it_is_withdrawn(self):
        self.follow()
        for family, name in FAMILIES:
            with self.subTest(name):
                self.assertOpen(4000, family)
                self.say(announce(to_port(4000, family)))
                self.in_force(1)
                self.assertBlocked(4000, family)
                self.assertOpen(4001, family)
                self.say(withdraw(to_port(4000, family)))
                self.in_force(0)
                self.assertOpen(4000, family)

    def test_it_counts_what_each_flow_drops(self):
        self.follow()
        self.say(announce(to_port(4000), to_port(4001)))
        self.in_force(2)
        sender = self.socket(self.there)
        self.send(sender, 4000, 3)
        self.assertBlocked(4001)
        counted = {one["pattern"].split(":")[1].split()[0]: one["packets"] for one in self.blocks()}
        self.assertEqual(counted, {"4000": 3, "4001": 1})
        self.assertEqual(self.stats().reason("blocked", "in"), 4)
        self.assertConserved()

    def test_flows_are_in_the_order_of_the_rfcs(self):
        """The longer prefix first, whatever came first; its packets pass, because it has no action."""
        self.follow("--for", "any")
        self.say(announce(flow("198.51.100.0/24", "udp")),
                 announce(to_port(4000), action=[]),
                 announce(flow(HERE[0] + "/32", "udp")))
        first = self.in_force(3)[0]
        self.assertIn(":4000", first)
        self.assertOpen(4000)
        self.say(withdraw(to_port(4000)))
        self.in_force(2)
        sender, receiver = self.socket(self.there), self.socket(self.here, port=4000)
        self.send(sender, 4000)
        receiver.settimeout(0.2)
        self.assertRaises(TimeoutError, receiver.recv, 100)

    def test_a_rate_lets_some_through(self):
        self.follow()
        self.say(announce(to_port(4000), action=RATE))
        self.in_force(1)
        sender, receiver = self.socket(self.there), self.socket(self.here, port=4000)
        self.send(sender, 4000, 200, b"x" * 1000)
        arrived = self.drain(receiver)
        # A burst of 65,536 bytes, 1028 a packet, and what a slow machine adds to it.
        self.assertGreaterEqual(arrived, 63)
        self.assertLess(arrived, 150)

    @staticmethod
    def drain(receiver):
        receiver.settimeout(0.5)
        count = 0
        try:
            while receiver.recv(2000):
                count += 1
        except TimeoutError:
            return count

    def test_refused_flows_are_named_with_the_reason(self):
        self.follow("--max", "2")
        told = ((announce(flow("0.0.0.0/0")), "flow destination-ipv4 0.0.0.0/0",
                 "destinations that --for does not hold"),
                (announce(flow("203.0.113.0/24")), "flow destination-ipv4 203.0.113.0/24", "--for"),
                (announce(to_port(4000), action=REDIRECT), "destination-port =4000",
                 "cannot be redirected"),
                (announce(flow(HERE[0] + "/33")), HERE[0] + "/33", "cannot be read"))
        for one, words, reason in told:
            self.say(one)
            self.assertIn(reason, self.follower.hears(words))
        self.say(announce(*(to_port(port) for port in (7000, 7001, 7002))))
        self.assertIn("--max", self.follower.hears("=7002"))
        self.assertEqual(len(self.in_force(2)), 2)
        self.follower.end()
        self.assertIn("2 flows in force; 7 announced, 0 withdrawn, 5 refused", self.follower.said[-1])

    def test_a_flow_that_no_packet_can_match_is_valid(self):
        """And hinders nothing: its components contradict each other."""
        self.follow()
        self.say(announce(flow(HERE[0] + "/32", "udp", icmp_type=["=echo-request"])), announce(to_port(4000)))
        self.in_force(1)
        self.assertBlocked(4000)
        self.follower.end()
        self.assertIn("1 flow in force; 2 announced, 0 withdrawn, 0 refused", self.follower.said[-1])

    def test_what_cannot_be_done_replaces_what_was(self):
        self.follow()
        self.say(announce(to_port(4000)))
        self.in_force(1)
        self.say(announce(to_port(4000), action=REDIRECT))
        self.in_force(0)
        self.assertOpen(4000)

    def test_for_names_other_destinations(self):
        self.follow("--for", "203.0.113.0/24, 2001:db8::/32")
        self.say(announce(flow("203.0.113.0/25")), announce(flow("203.0.0.0/16")),
                 announce(to_port(4000)), announce(flow("2001:db8:7::/48")))
        self.assertEqual(self.in_force(2), ["in ipv4 > 203.0.113.0/25 fragment no, first, later",
                                            "in ipv6 > [2001:db8:7::/48] fragment no, first, later"])

    def test_ten_thousand_announcements_are_one_swap(self):
        self.follow()
        flows = [flow(HERE[0] + "/32", "udp", source_ipv4=[f"10.{i >> 8}.{i & 255}.0/24"])
                 for i in range(10000)]
        self.say(*(announce(*flows[i:i + 20]) for i in range(0, 10000, 20)), announce(to_port(4000)))
        self.follower.hears("--max")  # the last one is too many
        self.in_force(10000)
        self.assertOpen(4000)
        self.say(*(withdraw(*flows[i:i + 20]) for i in range(0, 10000, 20)))
        self.in_force(0)

    def test_flows_outlive_their_session(self):
        self.follow("--hold", "2s")
        self.say(state("up"), announce(to_port(4000)))
        self.in_force(1)
        began = time.monotonic()
        self.say(state("down"))
        self.in_force(0)
        self.assertGreaterEqual(time.monotonic() - began, 2)

    def test_the_next_session_replaces_the_flows(self):
        self.follow()
        self.say(state("up"), announce(to_port(4000), to_port(4001)))
        self.in_force(2)
        self.say(state("down"), state("up"), announce(to_port(4001)))
        self.say(end_of_rib("ipv6"))
        self.follower.hears("is down")
        self.assertEqual(len(self.in_force(2)), 2)
        self.say(end_of_rib())
        self.assertIn(":4001", self.in_force(1)[0])

    def test_a_new_process_goes_on(self):
        """What is in force stays, and its counter goes on; routers are asked for everything again."""
        first = self.follow()
        self.say(announce(to_port(4000), to_port(4001)))
        self.in_force(2)
        self.assertBlocked(4000)
        first.kill()
        self.assertBlocked(4000)
        second = self.follow()
        until(lambda: second.asked == ["announce route-refresh ipv4 flow",
                                       "announce route-refresh ipv6 flow"],
              "it asks the routers", PATIENCE)
        self.assertEqual(len(self.blocks()), 2)
        self.say(announce(to_port(4000)), end_of_rib())
        self.in_force(1)
        self.assertBlocked(4000)
        self.assertEqual(self.blocks()[0]["packets"], 3)

    def test_a_new_process_finds_many(self):
        """Those that are announced again are there once, however many there are besides."""
        flows = [to_port(port) for port in range(5000, 6500)]
        first = self.follow("--hold", "1d")
        self.say(*(announce(*flows[at:at + 100]) for at in range(0, len(flows), 100)))
        self.in_force(len(flows))
        first.kill()
        self.follow()
        self.say(announce(*flows[-40:]), announce(to_port(4000)))
        self.in_force(len(flows) + 1)
        self.say(end_of_rib())
        self.in_force(41)

    def test_the_kernel_ends_them_if_nobody_is_left(self):
        self.follow("--hold", "1s")
        self.say(announce(to_port(4000)))
        self.in_force(1)
        self.follower.end()
        until(lambda: not self.blocks(), "they end by themselves", PATIENCE)
        self.assertOpen(4000)
        self.assertEqual(self.status()["blocks"], 0)
        shown = self.succeeds("stats", "--prometheus", self.interface)
        self.assertNotIn("edgexdp_block_packets_total{", shown, "no edge has them in force")
        self.assertIn('origin="flowspec"} 0', shown)

    def test_an_interface_that_is_attached_anew_has_its_flows_back(self):
        self.follow()
        self.say(announce(to_port(4000)))
        self.in_force(1)
        self.succeeds("detach", self.interface)
        self.attach(OPEN)
        self.assertOpen(4000)
        self.in_force(1)
        self.assertBlocked(4000)

    def test_nobody_is_locked_out(self):
        """A flow that would cut an open SSH session is left out, and no other."""
        listener = self.socket(self.here, socket.SOCK_STREAM, port=22)
        listener.listen()
        client = self.socket(self.there, socket.SOCK_STREAM)
        client.connect((HERE[0], 22))
        os.environ["SSH_CONNECTION"] = f"{THERE[0]} {client.getsockname()[1]} {HERE[0]} 22"
        self.addCleanup(os.environ.__setitem__, "SSH_CONNECTION", "")
        self.follow("--for", "any")
        self.say(announce(to_port(4000)), announce(flow(HERE[0] + "/32", "tcp")), announce(flow(HERE[0] + "/32")),
                 announce(flow("0.0.0.0/0")), announce(to_port(4001)))
        self.follower.hears("protocol =tcp is refused: ")
        self.follower.hears(f"flow destination-ipv4 {HERE[0]}/32 is refused: ")
        self.follower.hears("flow destination-ipv4 0.0.0.0/0 is refused: ")
        self.assertEqual(len(self.in_force(2)), 2)
        self.assertBlocked(4000)
        self.assertGoesOn(client, listener)

    def assertGoesOn(self, client, listener):
        server, _ = listener.accept()
        client.sendall(b"still here")
        server.settimeout(PATIENCE)
        self.assertEqual(server.recv(100), b"still here")
        server.close()

    def used(self):
        """Seconds of CPU that the process took so far, and the most memory that it had, in KiB."""
        process = pathlib.Path("/proc") / str(self.follower.process.pid)
        ticks = (process / "stat").read_text().rpartition(")")[2].split()[11:13]
        most = re.search(r"VmHWM:\s+(\d+)", (process / "status").read_text())
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"), int(most[1])

    def test_flapping_starves_nobody(self):
        """Whatever is announced and withdrawn all the time, other flows are put in force, and other
        commands get their turn."""
        self.follow()
        quiet = self.patience_of_a_command()
        end = time.monotonic() + 3
        waits = []
        while time.monotonic() < end:
            for _ in range(20):
                self.say(announce(to_port(7000)), withdraw(to_port(7000)), state("down"), state("up"))
                time.sleep(0.01)
            waits.append(self.patience_of_a_command())
        spent, most = self.used()
        tap.comment(f"a command waits {min(waits) * 1000:.0f} to {max(waits) * 1000:.0f} ms, before {quiet * 1000:.0f}; "
                    f"{spent:.2f} s of CPU, {most} KiB")
        self.assertLess(sorted(waits)[len(waits) // 2], 10 * quiet)
        self.assertLess(spent, 1.5, "half of the time is left to others")
        self.say(announce(to_port(4000)))
        until(lambda: any(":4000" in one for one in self.patterns()), "the flow is in force", PATIENCE)
        self.assertLess(len(self.follower.said), 60)

    def patience_of_a_command(self):
        """Seconds until a command that changes blocks has its turn and is done."""
        began = time.monotonic()
        self.succeeds("block", self.interface, "in udp > :9", "--name", "mine")
        return time.monotonic() - began

    def test_a_flood_of_announcements_is_bounded(self):
        """A hundred thousand flows: as many as --max are in force, the others counted, in few words."""
        self.follow("--max", "1000")
        used = []
        for i in range(0, 100000, 50):
            self.say(announce(*(flow(HERE[0] + "/32", "udp", source_port=[f"={j % 65536}"],
                                     destination_port=[f"={4000 + j // 65536 + 1}"])
                                for j in range(i, i + 50))))
            if i in (20000, 60000):
                used.append(self.used())
        self.in_force(1000)
        self.assertOpen(4000)
        used.append(self.used())
        tap.comment(f"{used}: seconds of CPU and KiB after 20, 60 and 100 thousand")
        self.assertLess(used[2][1], 1.25 * used[0][1], "what is refused is not kept")
        self.assertLess(used[2][0] - used[1][0], 2 * (used[1][0] - used[0][0]) + 0.5, "one more costs what one did")
        self.follower.end()
        self.assertIn("99000 refused", self.follower.said[-1])
        self.assertLess(len(self.follower.said), 400)

    def test_lines_that_are_no_messages_are_survived(self):
        self.follow()
        self.say("", "done", "{", "x" * (5 << 20), '{"type": "update", "neighbor": 7}', announce(to_port(4000)))
        self.in_force(1)
        self.follower.hears("is nothing that ExaBGP writes")

    def test_a_signal_ends_it(self):
        self.follow()
        self.say(announce(to_port(4000)))
        self.in_force(1)
        self.follower.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.follower.process.wait(PATIENCE), 0)
        self.assertBlocked(4000)

    def test_it_needs_a_guarded_interface_and_a_list(self):
        self.assertIn("not guarded", self.fails(1, "flowspec", "lo"))
        self.assertIn("--for", self.fails(1, "flowspec", "--for", "nowhere", self.interface))
        for words in (("--max", "0"), ("--hold", "soon"), ("--what",), ("one", "two")):
            done = self.call("flowspec", *words, self.interface)
            self.assertEqual(done.returncode, 2, words)


main()
