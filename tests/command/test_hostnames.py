#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""name:HOST: what HOST resolves to when a policy is compiled, or what the command line says."""

import json
import re

from guarded import NOBODY, Guarded, main, policy
from nameserver import AAAA, SERVFAIL, SILENT, Resolving

HOST, OTHER = "www.example.org", "mail.example.org"
FOUR, SIX = "192.0.2.80", "2001:db8:80::80"


class Hostnames(Resolving, Guarded):
    def setUp(self):
        super().setUp()
        self.server = self.name_server(self.here)
        self.server.set(HOST, FOUR, SIX)

    def asks(self, *hosts):
        """A policy whose one rule is for HOSTS."""
        return self.file(policy("asks", f"[rules]\nr = drop in {', '.join('name:' + h for h in hosts)} >\n"))

    def held(self, *hosts, options=()):
        """What the names stand for, in the words of the export; and what is said of them."""
        done = self.call("export", *options, "nftables", self.asks(*hosts))
        self.assertEqual(done.returncode, 0, done.stderr)
        found = re.findall(r"(?s)set \S+ \{.*?elements = \{(.*?)\}", done.stdout)
        return {item for items in found for item in items.replace(",", " ").split()}, done.stderr

    def refused(self, *arguments):
        """What is said when the policy is refused."""
        done = self.call(*arguments)
        self.assertEqual(done.returncode, 1, done)
        return done.stderr

    def fails_with(self, host, *words):
        self.assertSays(self.refused("check", self.asks(host)), f"error: name:{host}: ", *words)


class Resolver(Hostnames):
    def test_both_families(self):
        self.assertEqual(self.held(HOST), ({FOUR, SIX}, ""))
        self.server.set(HOST, FOUR)
        self.assertEqual(self.held(HOST), ({FOUR}, ""))
        self.server.set(HOST, SIX)
        self.assertEqual(self.held(HOST), ({SIX}, ""))

    def test_without_privilege(self):
        self.sandbox.directory.chmod(0o755)
        path = self.asks(HOST)
        path.chmod(0o644)
        self.here.run(*NOBODY, self.program, "check", path)

    def test_any_case_and_each_once(self):
        self.assertEqual(self.held(HOST.upper(), HOST, HOST + "."), ({FOUR, SIX}, ""))

    def test_aliases(self):
        self.server.alias(OTHER, "a.example.net")
        self.server.alias("a.example.net", HOST)
        self.assertEqual(self.held(OTHER), ({FOUR, SIX}, ""))
        self.server.alias("nowhere.example.org", "not.example.net")
        self.fails_with("nowhere.example.org", "no address")

    def test_hosts_file_comes_first(self):
        self.resolve_by("127.0.0.1", hosts=f"192.0.2.99 {HOST}\n2001:db8:99::99 six.example.org\n")
        self.assertEqual(self.held(HOST, "six.example.org"), ({"192.0.2.99", "2001:db8:99::99"}, ""))
        self.assertEqual(self.server.count(HOST), 0)

    def test_everybody_fails_in_their_own_way(self):
        self.fails_with("none.example.org", "there is no host of this name")
        self.server.set("empty.example.org")
        self.fails_with("empty.example.org", "no address")
        self.server.fail("broken.example.org", SERVFAIL)
        self.fails_with("broken.example.org", "cannot be looked up", "no name server")
        self.server.fail("mute.example.org", SILENT)
        self.fails_with("mute.example.org", "no name server answered in time")
        self.server.close()
        self.fails_with(HOST, "cannot be looked up", "/etc/resolv.conf")

    def test_one_family_fails(self):
        self.server.fail(HOST, SILENT, AAAA)
        held, said = self.held(HOST)
        self.assertEqual(held, {FOUR})
        self.assertSays(said, f"warning: name:{HOST}: its IPv6 addresses are not known")

    def test_every_error_is_reported(self):
        path = self.file(policy("asks", "[sets]\na = name:none.example.org, 192.0.2.300\nb = name:nil.example.org\n"))
        said = self.refused("check", path)
        for word in ("name:none.example.org: there is no", "name:nil.example.org: there is no", "192.0.2.300"):
            self.assertSays(said, word)

    def test_too_many(self):
        self.server.set(HOST, *(f"198.51.{100 + i // 200}.{i % 200 + 1}" for i in reversed(range(300))),
                        *(f"2001:db8::{i:x}" for i in range(1, 10)))
        held, said = self.held(HOST)
        ranges = [item for item in held if ":" not in item]
        self.assertSays(said, "too many addresses: 256 are used, and 53 are not")
        self.assertIn("2001:db8::1", " ".join(held))
        self.assertTrue(ranges)
        verdict = "explain", "--json", self.asks(HOST)
        for address, expected in (("198.51.100.1", "r"), ("198.51.101.47", "r"), ("198.51.101.48", None)):
            found = json.loads(self.call(*verdict, f"in udp {address}:1 > self:1").stdout)
            self.assertEqual(found.get("rule"), expected, address)

    def test_what_no_name_may_stand_for(self):
        bad = ("127.0.0.1", "0.0.0.0", "169.254.1.1", "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "ff02::1",
               "::ffff:192.0.2.1")
        self.server.set(HOST, FOUR, *bad)
        held, said = self.held(HOST)
        self.assertEqual(held, {FOUR})
        self.assertSays(said, f"not used: {len(bad)}")
        self.server.set(HOST, *bad)
        self.fails_with(HOST, "only addresses of loopback")

    def test_a_hundred_names(self):
        names = [f"h{i}.example.org" for i in range(100)]
        for i, name in enumerate(names):
            self.server.set(name, f"192.0.2.{2 * i + 1}")
        self.assertEqual(self.held(*names), ({f"192.0.2.{2 * i + 1}" for i in range(100)}, ""))


class Offline(Hostnames):
    def test_nobody_is_asked(self):
        path = self.asks(HOST)
        done = self.call("check", "--no-names", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertSays(done.stderr, f"warning: name:{HOST} matches nothing: it was not asked for")
        self.assertEqual(self.call("check", "--format", "long", path).returncode, 0)
        self.assertEqual(self.server.count(), 0)

    def test_as_the_command_line_says(self):
        said = f"{HOST}={FOUR},192.0.2.81,{SIX},{OTHER}=192.0.2.99"
        self.assertEqual(self.held(HOST, OTHER, options=("--names", said)),
                         ({"192.0.2.80/31", SIX, "192.0.2.99"}, ""))
        path = self.asks(HOST)
        for address, verdict in ((FOUR, "r"), ("192.0.2.99", None)):
            found = json.loads(self.succeeds("explain", "--json", "--names", said, path, f"in udp {address}:1 > self:1"))
            self.assertEqual(found.get("rule"), verdict)
        lets = [self.file(policy("asks", f"[rules]\nr = accept in udp name:{host} > self:1\n")) for host in (HOST, OTHER)]
        self.assertEqual(self.call("diff", "--names", said, *lets).returncode, 1)
        self.assertEqual(self.server.count(), 0)

    def test_this_host_is_asked_all_the_same(self):
        path = self.file(policy("asks", f"[rules]\nr = accept in udp name:{HOST} > self:1\n"))
        done = self.call("check", "--names", f"{HOST}={FOUR}", path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = self.call("check", "--self", "192.0.2.1", path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_what_makes_no_sense(self):
        for words in ("192.0.2.1", "=192.0.2.1", f"{HOST}=nobody", f"a b={FOUR}", f"192.0.2.1={FOUR}", f"networks={FOUR}"):
            self.assertSays(self.fails(2, "check", "--names", words, self.asks(HOST)), "--names: ")


class Policies(Hostnames):
    def test_short_rules_and_long_ones(self):
        text = (f"[rules]\na = accept out tcp self > [name:{HOST}]:443\nb = accept out tcp self > name:{HOST}\n"
                f"c = accept in tcp name:{HOST}, 192.0.2.1 > self:22\n")
        path = self.file(policy("asks", text))
        long = self.succeeds("check", "--format", "long", path)
        self.assertRegex(long, f"to += name:{HOST}\n")
        again = self.file(long)
        self.succeeds("diff", path, again)
        self.assertSays(self.succeeds("check", "--format", "short", again), f"[name:{HOST}]:443")

    def test_names_that_cannot_be(self):
        for item, word in (("name:", "missing"), ("name:192.0.2.1", "write it without"), ("name:a..b", "beside a dot"),
                           ("name:-a.b", "neither begins"), ("name:index", "dot behind"), ("name:10.1", "end with a number"),
                           ("name:" + "a" * 64, "at most 63"), ("name:" + "a." * 127 + "a", "at most 253")):
            path = self.file(policy("asks", f"[sets]\na = {item}\n"))
            self.assertSays(self.refused("check", path), word)
        path = self.file(policy("asks", f"[sets]\na = {HOST}\n"))
        self.assertSays(self.refused("check", path), "a host is written name:HOST")

    def test_attach(self):
        path = self.asks(HOST)
        self.succeeds("attach", self.interface, path)
        packet = f"in udp {FOUR}:1 > self:1"
        self.assertEqual(json.loads(self.succeeds("explain", "--json", self.interface, packet))["rule"], "r")
        names = self.look()["names"]
        self.assertEqual([(n["name"], n["addresses"]) for n in names], [(HOST, [FOUR, SIX])])
        self.assertRegex(self.succeeds("status", self.interface), rf"names +name:{HOST}: 2 addresses, as of \d+s ago")
        self.server.close()
        before = self.look()["loaded_at"]
        self.assertSays(self.refused("reload", self.interface), "cannot be looked up")
        self.assertEqual(self.look()["loaded_at"], before)
        self.assertEqual(json.loads(self.succeeds("explain", "--json", self.interface, packet))["rule"], "r")
        self.assertIs(self.look()["addresses_changed"], False)


if __name__ == "__main__":
    main()
