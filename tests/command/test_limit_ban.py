#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Limits that ban: the packet path does it, with no process of ours. Who is banned, and who never."""

import json
import os
import random
import socket
import struct

from guarded import HERE, Guarded, entered, main, policy
from sandbox import until

PORT = 4000
FLOODER, OTHER = "203.0.113.8", "203.0.113.9"
FLOODER6, OTHER6 = "2001:db8:3::8", "2001:db8:3::9"
FREE = "[rules]\nserve = accept in udp > :9\n"
SYN, ACK, PUSH = 2, 16, 8


def serve(limit, protocol="udp", source="203.0.113.0/24, 2001:db8:3::/64"):
    return f"[rules]\nserve = accept in {protocol} {source} > :{PORT}  limit {limit}\n"


BAN = serve("1/hour per source burst 5 then ban 1h")


class Banning(Guarded):
    def setUp(self):
        super().setUp()
        self.there.address("peer", FLOODER, OTHER, FLOODER6, OTHER6)
        self.here.route(self.interface, HERE, FLOODER, OTHER, FLOODER6, OTHER6)

    def flood(self, address, count):
        six = ":" in address
        with entered(self.there):
            sender = socket.socket((socket.AF_INET, socket.AF_INET6)[six], socket.SOCK_DGRAM)
        with sender:
            sender.bind((address, 0))
            for _ in range(count):
                sender.sendto(b"x", (HERE[six], PORT))

    def forge(self, source, ports, flags, count):
        """TCP segments in the name of SOURCE, who does not send them. PORTS: its own and ours."""
        with entered(self.there):
            sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        with sender:
            for _ in range(count):
                tcp = struct.pack("!HHIIBBHHH", *ports, random.getrandbits(32), random.getrandbits(32), 5 << 4,
                                  flags, 1000, 0, 0)
                ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, socket.IPPROTO_TCP, 0,
                                 socket.inet_aton(source), socket.inet_aton(HERE[0]))
                sender.sendto(ip + tcp, (HERE[0], 0))

    def listed(self):
        return {one["address"]: one for one in json.loads(self.succeeds("bans", "--json", self.interface))}

    def bans(self):
        return sorted(self.listed())

    def limited(self):
        return self.stats().rules["serve", "in"]["limited_packets"]

    def dropped(self, direction="in"):
        return self.stats().reason("banned", direction)

    def counted(self, passed, limited, banned):
        """Waits until so many packets passed, were held back, and came from the banned."""
        def now():
            stats = self.stats()
            rule = stats.rules["serve", "in"]
            return rule["packets"], rule["limited_packets"], stats.reason("banned", "in")
        until(lambda: sum(now()) == passed + limited + banned, "the counters")
        self.assertEqual(now(), (passed, limited, banned))


class Datagrams(Banning):
    def test_each_leads_to_a_ban(self):
        self.attach(policy("banned", BAN))
        for sender, banned in ((FLOODER, FLOODER), (FLOODER6, "2001:db8:3::/64")):
            with self.subTest(sender):
                before = self.dropped()
                self.flood(sender, 10)
                until(lambda: self.dropped() == before + 4, "the counters")
                self.assertIn(banned, self.bans())
        self.counted(10, 2, 8)

    def test_nobody_else(self):
        self.attach(policy("banned", BAN))
        self.flood(FLOODER, 10)
        self.flood(OTHER, 5)
        self.counted(10, 1, 4)
        self.assertEqual(self.bans(), [FLOODER])

    def test_it_ends_by_itself(self):
        self.attach(policy("banned", BAN.replace("ban 1h", "ban 1s")))
        self.flood(FLOODER, 6)
        until(lambda: not self.bans(), "the end of the ban")
        self.flood(FLOODER, 1)
        self.counted(5, 2, 0)

    def test_without_then_ban_nobody_is_banned(self):
        self.attach(policy("banned", BAN.replace("then ban 1h", "")))
        self.flood(FLOODER, 10)
        self.counted(5, 5, 0)
        self.assertEqual(self.bans(), [])


class Connections(Banning):
    LIMIT = serve("1/hour per source burst 30 then ban 1h", "tcp")

    def connected(self, address):
        """A connection from ADDRESS: returns both ends."""
        listener = self.socket(self.here, socket.SOCK_STREAM, port=PORT)
        listener.listen()
        with entered(self.there):
            opened = socket.socket()
        self.addCleanup(opened.close)
        opened.settimeout(60)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.bind((address, 0))
        opened.connect((HERE[0], PORT))
        accepted = listener.accept()[0]
        listener.close()
        self.addCleanup(accepted.close)
        accepted.settimeout(60)
        return opened, accepted

    @staticmethod
    def talk(opened, accepted, times):
        """Each time, one packet or two of OPENED."""
        for _ in range(times):
            opened.sendall(b"x")
            accepted.recv(1)

    def test_of_one_what_is_over_leads_to_a_ban(self):
        self.attach(policy("banned", self.LIMIT))
        opened, accepted = self.connected(FLOODER)
        self.talk(opened, accepted, 8)
        self.assertEqual(self.bans(), [])
        opened.setblocking(False)

        def banned():
            opened.send(b"x")
            return self.bans() == [FLOODER]

        until(banned, "the ban")
        self.assertEqual(self.listed()[FLOODER]["rule"], "serve")

    def test_opened_too_often_they_lead_to_a_ban(self):
        """Whatever they carry then, the limit counts nothing but new ones."""
        self.attach(policy("banned", serve("1 new/hour per source burst 3 then ban 1h", "tcp")))
        open_ones = [self.connected(FLOODER) for _ in range(3)]
        for opened, accepted in open_ones:
            self.talk(opened, accepted, 20)
        self.assertEqual(self.bans(), [])
        self.forge(FLOODER, (1, PORT), SYN, 1)  # as good as his own
        until(lambda: self.limited() == 1, "the counters")
        open_ones[0][0].sendall(b"x")
        until(lambda: self.bans() == [FLOODER], "the ban")

    def test_forged_ones_ban_nobody(self):
        """Whoever has not used up his own, keeps it, however many are opened in his name."""
        self.attach(policy("banned", serve("1 new/hour per source burst 3 then ban 1h", "tcp")))
        opened, accepted = self.connected(OTHER)
        self.forge(OTHER, (1, PORT), SYN, 100)
        for port in range(1, 100):
            self.forge(OTHER, (port, PORT), ACK, 1)
        until(lambda: self.limited() == 98, "the counters")
        self.talk(opened, accepted, 20)
        self.assertEqual((self.bans(), self.dropped()), ([], 0))

    def test_forged_packets_ban_nobody(self):
        """Not even those of a connection, whose ends they know."""
        self.attach(policy("banned", self.LIMIT))
        opened, accepted = self.connected(OTHER)
        ports = opened.getsockname()[1], PORT
        self.talk(opened, accepted, 3)
        for flags in (SYN, ACK, ACK | PUSH, ACK | 1):
            before = self.limited()
            self.forge(OTHER, ports, flags, 100)
            until(lambda: self.limited() > before + 50, "the counters")
        self.forge(OTHER, (1, PORT), ACK, 100)
        opened.sendall(b"mine")  # is held back, but not banned
        self.assertEqual((self.bans(), self.dropped()), ([], 0))


class Spared(Banning):
    WHOLE = BAN.replace("per source", "per source/24")

    def assertSpared(self):
        self.flood(FLOODER, 10)
        self.flood(OTHER, 10)
        self.counted(15, 1, 4)
        self.assertEqual(self.bans(), ["203.0.113.0/24"])

    def test_those_whom_the_policy_names(self):
        self.attach(policy("banned", self.WHOLE, exempt=OTHER))
        self.assertSpared()

    def test_the_default_gateway(self):
        self.here.run("ip", "route", "add", "default", "via", OTHER, "dev", self.interface, "onlink")
        self.attach(policy("banned", self.WHOLE))
        self.assertSpared()

    def test_the_session_of_the_caller(self):
        env = {**os.environ, "SSH_CONNECTION": f"{OTHER} 50000 {HERE[0]} 22"}
        self.succeeds("attach", "--force", self.interface, self.file(policy("banned", self.WHOLE)), env=env)
        self.assertSpared()


class Outlives(Banning):
    def setUp(self):
        super().setUp()
        self.attach(policy("first", FREE))
        self.reload(policy("banned", BAN))
        self.flood(FLOODER, 10)
        self.counted(5, 1, 4)

    def assertBanned(self, address=FLOODER):
        before = self.dropped()
        self.flood(address, 1)
        until(lambda: self.dropped() == before + 1, "the counters")

    def test_policies(self):
        self.succeeds("rollback", self.interface)  # its programs are older than the table of bans
        self.assertBanned()
        self.reload(policy("again", FREE))
        self.assertBanned()
        self.assertEqual((self.bans(), self.status()["bans"]), ([FLOODER], 1))

    def test_but_not_those_of_prefixes_where_nobody_is_exempt(self):
        self.flood(FLOODER6, 10)
        self.counted(10, 2, 8)
        self.reload(policy("again", FREE))
        self.flood(FLOODER6, 1)
        self.assertBanned()
        self.assertEqual((self.bans(), self.status()["bans"], self.dropped()), ([FLOODER], 1, 9))
        self.reload(policy("banned", BAN))
        self.assertEqual(self.bans(), ["2001:db8:3::/64", FLOODER])

    def test_until_it_is_ended(self):
        self.assertSays(self.succeeds("bans", self.interface), "BY LIMIT OF", FLOODER, "serve")
        self.succeeds("unban", self.interface, FLOODER)
        self.assertEqual((self.bans(), self.status()["bans"]), ([], 0))
        self.assertSays(self.fails(1, "unban", self.interface, FLOODER), "is not banned")
        self.flood(FLOODER, 1)
        self.counted(5, 2, 4)  # and is banned again

    def try_out(self, text, seconds):
        """Puts TEXT in force for so long, unless it is confirmed."""
        self.succeeds("reload", "--confirm", seconds, self.interface, self.file(policy("trial", text)))

    def test_a_trial_that_expires(self):
        self.try_out(FREE, "1s")
        until(lambda: self.look()["policy"] == "banned", "the policy before")
        self.assertBanned()
        self.assertEqual(self.bans(), [FLOODER])

    def test_what_is_unbanned_while_a_trial_waits(self):
        """Stays so, and nothing else does."""
        self.try_out(serve("1/hour per source burst 2 then ban 1h"), "1h")
        self.flood(OTHER, 5)
        self.counted(7, 2, 6)
        self.assertEqual(self.bans(), [FLOODER, OTHER])
        self.succeeds("unban", self.interface, OTHER)
        self.assertEqual(self.bans(), [FLOODER])
        self.succeeds("rollback", self.interface)
        self.assertBanned()
        self.flood(OTHER, 1)
        self.counted(8, 2, 7)
        self.assertEqual(self.bans(), [FLOODER])

    def test_its_rule(self):
        """It is named while a policy has it, and no other once that has its number."""
        named = []
        for name in ("one", "two", "three"):
            self.reload(policy(name, f"[rules]\n{name} = accept in udp > :9\n"))
            named.append(self.listed()[FLOODER]["rule"])
        self.assertEqual(named, ["serve", None, None])
        self.assertSays(self.succeeds("bans", self.interface), FLOODER, "a former rule")

    def test_a_ban_by_a_command_takes_its_place(self):
        self.succeeds("ban", self.interface, FLOODER, "--for", "10m")
        self.assertIsNone(self.listed()[FLOODER]["rule"])
        self.assertEqual(self.status()["bans"], 1)
        self.succeeds("unban", self.interface, FLOODER)
        self.assertEqual(self.bans(), [])

    def test_not_detach(self):
        self.succeeds("detach", self.interface)
        self.assertNothingPinned()
        self.attach(policy("banned", BAN))
        self.assertEqual(self.bans(), [])


if __name__ == "__main__":
    main()
