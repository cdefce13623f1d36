#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""self, IFACE:addresses, IFACE:networks and broadcast: what the kernel says of this host, or the command line."""

import json
import re

from guarded import HERE, THERE, Guarded, main, policy, run, until

PORT, OTHER = 4000, 4001
SERVES = policy("serves", f"[rules]\ntalk = accept in udp > self:{PORT}\n")
EXPECTS = policy("expects", f"[rules]\ntalk = accept in udp > self:{PORT}\n[expectations]\n"
                            f"four = accept by talk in udp 203.0.113.7:1 > self:{PORT}\n"
                            f"six = accept by talk in udp [2001:db8:9::7]:1 > self:{PORT}\n"
                            f"reply = accept by talk out udp self:{PORT} > [2001:db8:9::7]:1\n")


class Self(Guarded):
    def address(self, *words, interface=None):
        run("ip", "-n", self.here.name, "address", *words, "dev", interface or self.interface)

    def held(self, word, *options):
        """The addresses that WORD stands for, in the words of the export; and what is said of them."""
        path = self.file(policy("asks", f"[rules]\nr = drop in {word} >\n"))
        done = self.call("export", "--interface", self.interface, *options, "nftables", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = re.findall(r"(?s)set \S+ \{.*?elements = \{(.*?)\}", done.stdout)
        return {item for items in found for item in items.replace(",", " ").split()}, done.stderr

    def assertHeld(self, word, expected, *options):
        self.assertEqual(self.held(word, *options), (set(expected), ""))

    def verdict(self, packet, *options, asked=None):
        return json.loads(self.succeeds("explain", "--json", *options, asked or self.interface, packet))["verdict"]


class Kernel(Self):
    def test_addresses_of_all_interfaces(self):
        self.address("add", "203.0.113.53/32", interface="lo")
        self.address("add", "169.254.1.2/16")
        self.assertHeld("self", [*HERE, "203.0.113.53"])
        held, said = self.held(f"{self.interface}:addresses")
        self.assertEqual(held - {*HERE, "169.254.1.2"}, {a for a in held if a.startswith("fe80::")})
        self.assertTrue(any(a.startswith("fe80::") for a in held), held)
        self.assertEqual(said, "")
        self.assertHeld("lo:addresses", ["127.0.0.1", "203.0.113.53", "::1"])

    def test_networks(self):
        self.address("add", "192.0.2.77/24", "broadcast", "192.0.2.250")
        self.address("add", "192.0.2.78/24")  # a secondary one, without a broadcast address
        self.address("add", "10.0.0.1", "peer", "10.0.1.2/31")
        self.assertHeld(f"{self.interface}:networks",
                        [*HERE, "192.0.2.0/24", "10.0.1.2/31", "fe80::/64"])
        self.assertHeld("broadcast", ["255.255.255.255", "192.0.2.250"])
        self.assertIn("10.0.0.1", self.held("self")[0])
        self.assertNotIn("10.0.1.2", self.held("self")[0])

    def test_broadcast_is_of_the_guarded_interface(self):
        other = self.name()
        run("ip", "-n", self.here.name, "link", "add", other, "type", "veth", "peer", "name", f"{other}p")
        self.address("add", "10.3.0.1/16", "broadcast", "+", interface=other)
        self.assertHeld("broadcast", ["255.255.255.255"])
        self.assertHeld("broadcast", ["255.255.255.255", "10.3.255.255"], "--interface", other)
        path = self.file(policy("asks", "[rules]\nr = accept in > broadcast\n"))
        self.assertEqual(self.verdict("in 99 203.0.113.7 > 10.3.255.255", asked=path), "accept")

    def test_other_names(self):
        run("ip", "-n", self.here.name, "link", "property", "add", "dev", self.interface, "altname",
            "uplink-of-the-whole-building")
        self.address("add", "192.0.2.77/24")
        self.assertIn("192.0.2.77", self.held("uplink-of-the-whole-building:addresses")[0])
        self.assertIn("192.0.2.0/24", self.held("uplink-of-the-whole-building:networks")[0])

    def test_addresses_that_do_not_last(self):
        """Tentative ones count already, deprecated ones still do; one that another host has does not."""
        self.address("add", "2001:db8:1::1/64", "preferred_lft", "0", "valid_lft", "1000")
        self.address("add", "2001:db8:1::9/64", "nodad")
        path = self.file(policy("asks", "[rules]\nr = accept in > 2001:db8:1::9\n"))
        self.assertIn("2001:db8:1::1", self.held("self")[0])
        run("ip", "-n", self.here.name, "address", "del", HERE[1] + "/128", "dev", self.interface)
        self.assertEqual(self.verdict("in 99 2001:db8:9::7 > self", asked=path), "accept")
        run("ip", "-n", self.there.name, "address", "add", "2001:db8:1::3/64", "dev", "peer", "nodad")
        self.address("add", "2001:db8:1::3/64")
        until(lambda: "dadfailed" in self.here.run("ip", "address", "show", "dev", self.interface), "a duplicate")
        self.assertHeld("self", [HERE[0], "2001:db8:1::1", "2001:db8:1::9"])

    def test_none(self):
        run("ip", "-n", self.here.name, "address", "flush", "dev", self.interface)
        held, said = self.held("self")
        self.assertEqual(held, set())
        self.assertSays(said, ": warning: self matches nothing: this host has no address")
        self.assertSays(self.held("wg7:networks")[1], ": warning: wg7:networks matches nothing: no interface wg7")
        path = self.file(EXPECTS)
        done = self.call("check", path)
        self.assertEqual(done.returncode, 0)
        self.assertSays(done.stdout, "1 rule, 0 expectations met, 3 not asked")
        self.assertEqual(self.call("attach", self.interface, path).returncode, 0)
        said = self.fails(1, "explain", self.interface, "in udp 203.0.113.7:1 > self:4000")
        self.assertSays(said, "no IPv4 address", "--self")

    def test_ten_thousand(self):
        batch = self.sandbox.directory / "batch"
        batch.write_text("".join(f"address add 10.{n >> 8}.{n & 255}.1/8 dev {self.interface}\n"
                                 for n in range(10000)))
        run("ip", "-n", self.here.name, "-batch", batch)
        held, _ = self.held("self")
        self.assertEqual(held, {*HERE, *(f"10.{n >> 8}.{n & 255}.1" for n in range(10000))})
        self.attach(SERVES)
        self.assertEqual(self.verdict(f"in udp 203.0.113.7:1 > 10.39.15.1:{PORT}"), "accept")
        self.assertEqual(self.verdict(f"in udp 203.0.113.7:1 > 10.39.16.1:{PORT}"), "drop")


class Guarding(Self):
    def test_packets_are_judged_by_it(self):
        self.attach(SERVES)
        for family in (0, 1):
            receiver = self.socket(self.here, family=family, port=PORT)
            sender = self.socket(self.there, family=family)
            self.reaches(sender, receiver, OTHER)
            self.assertEqual(self.verdict(f"in udp [{THERE[1]}]:1 > [fe80::1]:{PORT}"), "drop")
        self.assertEqual(self.stats().packets("talk", "in"), 2)

    def test_reload_takes_what_there_is_now(self):
        path = self.attach(EXPECTS)
        self.assertEqual(self.verdict(f"in udp 203.0.113.7:1 > 192.0.2.9:{PORT}"), "drop")
        self.address("add", "192.0.2.9/24")
        self.address("del", HERE[0] + "/32")
        self.assertEqual(self.verdict(f"in udp 203.0.113.7:1 > 192.0.2.9:{PORT}"), "drop")
        self.assertEqual(self.verdict(f"in udp 203.0.113.7:1 > self:{PORT}"), "drop")
        self.succeeds("reload", self.interface)
        self.assertEqual(self.verdict(f"in udp 203.0.113.7:1 > 192.0.2.9:{PORT}"), "accept")
        self.assertEqual(self.verdict(f"in udp 203.0.113.7:1 > self:{PORT}"), "accept")
        self.assertEqual(self.verdict(f"in udp 203.0.113.7:1 > {HERE[0]}:{PORT}"), "drop")
        self.assertSays(self.succeeds("check", path), "3 expectations met\n")


    def test_status_tells_other_addresses(self):
        path = self.attach(policy("serves", f"[rules]\ntalk = accept in udp > self:{PORT}\n"
                                            f"near = drop in {self.interface}:networks >\n"))
        first = self.look()
        self.assertIs(first["addresses_changed"], False)
        self.assertEqual(first["addresses"][1], {"word": "self", "in_force": list(HERE), "now": list(HERE)})
        self.assertNotIn("addresses", self.succeeds("status"))
        self.address("add", "192.0.2.9/24")
        self.address("del", HERE[0] + "/32")
        shown = self.look()
        self.assertIs(shown["addresses_changed"], True)
        self.assertEqual(shown["addresses"][1],
                         {"word": "self", "in_force": list(HERE), "now": ["192.0.2.9", HERE[1]]})
        self.assertEqual(shown["addresses"][0]["word"], f"{self.interface}:networks")
        self.assertSays(self.succeeds("status"),
                        f"  addresses are not those in force: {self.interface}:networks (new: 192.0.2.0/24; "
                        f"gone: {HERE[0]}); self (new: 192.0.2.9; gone: {HERE[0]})\n",
                        f"edgexdp reload {self.interface}\n")
        self.succeeds("reload", self.interface)
        self.assertIs(self.look()["addresses_changed"], False)
        self.assertNotIn("addresses", self.succeeds("status"))
        self.address("add", "10.77.0.1/32", interface="lo")
        self.succeeds("reload", self.interface, path)
        self.assertEqual(self.verdict(f"in udp 203.0.113.7:1 > 10.77.0.1:{PORT}"), "accept")

    def test_status_of_a_policy_without_such_words(self):
        self.attach(policy("serves", "[rules]\ntalk = accept in > multicast\n"))
        shown = self.look()
        self.assertEqual((shown["addresses"], shown["addresses_changed"]), (None, None))

    def test_what_is_in_force_keeps_its_addresses(self):
        """For rollback, explain and diff: the policy is what it was when it was put in force."""
        path = self.attach(EXPECTS)
        self.address("add", "192.0.2.9/24")
        done = self.call("diff", self.interface, path)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertSays(done.stdout, "192.0.2.9 : 4000  drop (default) -> accept (rule talk")
        said = self.succeeds("explain", self.interface, f"in udp 203.0.113.7:1 > 192.0.2.9:{PORT}")
        self.assertSays(said, "would match if")
        self.succeeds("reload", self.interface)
        self.succeeds("diff", self.interface, path)
        self.succeeds("rollback", self.interface)
        self.assertEqual(self.verdict(f"in udp 203.0.113.7:1 > 192.0.2.9:{PORT}"), "drop")
        self.assertEqual(self.call("diff", self.interface, path).stdout, done.stdout)


class Offline(Self):
    def test_the_command_line_says_it(self):
        self.assertHeld("self", ["192.0.2.1", "2001:db8::1"], "--self", "192.0.2.1, 2001:db8::1")
        self.assertHeld("eth0:networks, eth1:networks", ["10.1.0.0/16", "2001:db8::/64", "10.4.0.0/24"],
                        "--networks", "eth0=10.1.0.0/16,2001:db8::/64,eth1=10.4.0.7/24")
        self.assertHeld("eth1:addresses, self", ["10.2.0.7"], "--networks", "eth1=10.2.0.7/24")
        self.assertHeld("broadcast", ["255.255.255.255", "10.2.0.255"], "--networks", "eth1=10.2.0.7/24")

    def test_then_this_host_is_not_asked(self):
        held, said = self.held(f"{self.interface}:networks", "--self", "192.0.2.1")
        self.assertEqual(held, set())
        self.assertSays(said, f"no interface {self.interface} is known")

    def test_expectations(self):
        path = self.file(EXPECTS)
        self.assertSays(self.succeeds("check", path), "3 expectations met\n")
        self.assertSays(self.succeeds("check", "--self", "192.0.2.1", path), "1 expectation met, 2 not asked")
        wrong = self.file(EXPECTS.replace("accept by talk", "drop"))
        done = self.call("check", "--self", "192.0.2.1", wrong)
        self.assertEqual((done.returncode, done.stderr.count("error: expectation ")), (1, 1))

    def test_explain(self):
        path = self.file(EXPECTS)
        packet = f"in udp 203.0.113.7:1 > self:{PORT}"
        said = self.succeeds("explain", "--self", "192.0.2.66", path, packet)
        self.assertSays(said, "> 192.0.2.66:4000", "accept by rule talk")
        self.assertSays(self.succeeds("explain", path, packet), f"> {HERE[0]}:4000")

    def test_diff_replay(self):
        old = self.file(policy("old", "[rules]\nr = accept in > 192.0.2.1\n"))
        new = self.file(policy("new", "[rules]\nr = accept in > self\n"))
        self.succeeds("diff", "--self", "192.0.2.1", old, new)
        done = self.call("diff", "--self", "192.0.2.2", old, new)
        self.assertEqual(done.returncode, 1)
        self.assertSays(done.stdout, "in any any > self  drop (default) -> accept", "> 192.0.2.1  accept")
        text = self.sandbox.directory / "frame.txt"
        text.write_text("0000 45 00 00 14 00 00 00 00 40 63 00 00 cb 00 71 07 c0 00 02 01\n")
        capture = self.sandbox.directory / "frame.pcap"
        run("text2pcap", "-q", "-l", "101", text, capture)
        for address, verdict in (("192.0.2.1", "accept"), ("192.0.2.2", "drop")):
            said = self.succeeds("replay", "--self", address, "--direction", "in", "--json", new, capture)
            self.assertEqual(json.loads(said)[verdict], 1)

    def test_wrong_words(self):
        path = self.file(EXPECTS)
        for option, value, words in (
                ("--self", "10.0.0.0/8", "10.0.0.0/8 is no address"),
                ("--self", "host", '"host" is not an IPv4 or IPv6 address'),
                ("--networks", "10.0.0.0/8", "names no interface: write IFACE=PREFIX"),
                ("--networks", "eth0=10.0.0.0/40", "prefix length 40 is above 32")):
            with self.subTest(value):
                self.assertSays(self.fails(2, "check", option, value, path), f"{option}: ", words)

    def test_format_keeps_the_words(self):
        rules = ("[rules]\na = accept in tcp [eth0:networks]:1024-65535 > self:22\n"
                 "b = drop in any but multicast > broadcast\nc = drop in eth0:addresses >\n")
        path = self.file(policy("words", rules))
        long = self.file(self.succeeds("check", "--format", "long", path))
        self.assertSays(long.read_text(), "from        = eth0:networks", "to          = self", "eth0:addresses")
        self.assertSays(self.succeeds("check", "--format", "short", long), *rules.splitlines()[1:])


if __name__ == "__main__":
    main()
