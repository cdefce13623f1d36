#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The action of fail2ban, run by fail2ban itself: an address that misbehaves in a log is banned,
and later unbanned."""

import json
import os
import pathlib
import shutil
import subprocess

from guarded import FAMILIES, THERE, Guarded, main, policy, rule, tap
from sandbox import until

PORT = 4000
TALK = policy("talk", rule("talk-in", "in", "udp", PORT))
ACTION = pathlib.Path(__file__).resolve().parents[2] / "tools/fail2ban/edgexdp.conf"
SERVER = shutil.which("fail2ban-server")
CONFIGURATION = {
    "fail2ban.conf": "[Definition]\nloglevel = DEBUG\nlogtarget = {place}/log\nsyslogsocket = auto\n"
                     "socket = {place}/socket\npidfile = {place}/pid\ndbfile = :memory:\n"
                     "dbpurgeage = 1d\ndbmaxmatches = 9\nallowipv6 = yes\n",
    "filter.d/bad.conf": "[Definition]\nfailregex = ^bad <HOST>$\ndatepattern = {{NONE}}\n",
    "jail.conf": "[bad]\nenabled = true\nfilter = bad\nlogpath = {place}/watched\nbackend = polling\n"
                 "maxretry = 1\nbantime = {bantime}\nusedns = no\n"
                 "action = edgexdp[interface={interface}]\n",
}


class Fail2ban(Guarded):
    def setUp(self):
        super().setUp()
        self.attach(TALK)
        self.place = self.sandbox.directory / "fail2ban"
        self.watched = self.place / "watched"

    def serve(self, bantime):
        for folder in ("action.d", "filter.d"):
            (self.place / folder).mkdir(parents=True)
        for name, text in CONFIGURATION.items():
            (self.place / name).write_text(text.format(place=self.place, interface=self.interface,
                                                       bantime=bantime))
        shutil.copy(ACTION, self.place / "action.d")
        self.watched.touch()
        environment = {**os.environ, "PATH": f"{self.program.parent}:{os.environ['PATH']}"}
        server = subprocess.Popen(
            self.here.command(SERVER, "-f", "-c", self.place, "start"), env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        until(lambda: self.client("status", "bad").returncode == 0, "fail2ban serves")

    def client(self, *words):
        return subprocess.run(self.here.command("fail2ban-client", "-c", self.place, *words),
                              capture_output=True, text=True, check=False)

    def misbehave(self, *addresses):
        with open(self.watched, "a", encoding="ascii") as log:
            log.writelines(f"bad {address}\n" for address in addresses)

    def bans(self):
        return {one["address"]: one["expires"]
                for one in json.loads(self.succeeds("bans", "--json", self.interface))}

    def said(self):
        return (self.place / "log").read_text()

    def test_bans_and_unbans(self):
        self.serve(40 * 86400)
        self.misbehave(*THERE)
        until(lambda: set(self.bans()) == set(THERE), "both are banned")
        self.assertNotIn(None, self.bans().values(), "the kernel knows when it ends")
        for family, _ in FAMILIES:
            before = self.stats().reason("banned", "in")
            receiver = self.socket(self.here, port=PORT, family=family)
            self.send(self.socket(self.there, family=family), PORT)
            until(lambda: self.stats().reason("banned", "in") > before, "a packet is dropped")
            self.assertSilent(receiver)
        self.succeeds("ban", self.interface, "192.0.2.1")
        self.client("set", "bad", "unbanip", THERE[0])
        until(lambda: set(self.bans()) == {THERE[1], "192.0.2.1"}, "one is unbanned")
        self.client("unban", "--all")
        until(lambda: set(self.bans()) == {"192.0.2.1"}, "so is the other, and nobody else")
        self.assertNotIn("ERROR", self.said())

    def test_without_end(self):
        self.serve(-1)
        self.misbehave(THERE[0])
        until(lambda: self.bans() == {THERE[0]: None}, "it is banned")

    def test_expired_first(self):
        """The ban may expire in the kernel before fail2ban ends it; fail2ban then reports no error."""
        self.serve(2)
        self.misbehave(THERE[0])
        until(lambda: "Ban " + THERE[0] in self.said(), "it is banned")
        until(lambda: "Unban " + THERE[0] in self.said(), "and no more")
        until(lambda: self.bans() == {}, "in the kernel too")
        self.assertNotIn("ERROR", self.said())


if __name__ == "__main__":
    if not SERVER:
        tap.skip("there is no fail2ban")
    main()
