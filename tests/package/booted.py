# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs inside the container that test_booted.py boots: the package as administrators meet it."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
INSIDE = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(INSIDE / folder) for folder in ("shared", "command", "service")]

from guarded import PATIENCE, PINS, Guarded, policy, rule
from sandbox import PREFIX, Namespace, Sandbox, run, until
from serving import Traffic

FIRST, SECOND = INSIDE / "first.deb", INSIDE / "second.deb"
POLICIES = pathlib.Path("/etc/edgexdp")
TALK = policy("talk", rule("talk-in", "in", "udp", 4000), rule("work-out", "out", "tcp", 7000))
os.environ.update(LC_ALL="C.UTF-8", DEBIAN_FRONTEND="noninteractive")


def dpkg(*words):
    """Runs it; it must succeed. Returns its output."""
    return run("dpkg", *words)


def unit(interface):
    return f"edgexdp@{interface}.service"


def show(interface, name):
    return run("systemctl", "show", "--value", "-p", name, unit(interface)).strip()


def main_process(interface):
    """The number of the main process, or nothing."""
    number = show(interface, "MainPID")
    return number if number != "0" else ""


class Own(Namespace):
    """The container's own network namespace, under a name like the others."""

    def __init__(self, name):
        self.name = f"{PREFIX}{os.getpid()}-{name}"
        run("ip", "netns", "attach", self.name, str(os.getpid()))


class Installed(Guarded):
    """The first package is installed, and nothing is configured."""

    program = pathlib.Path("/usr/sbin/edgexdp")

    def setUp(self):
        self.sandbox = self.enterContext(Sandbox())
        self.here = self.sandbox.namespaces["here"] = Own("here")
        self.there = self.sandbox.namespace("there")
        self.interface = self.name()
        self.cable(self.interface)
        self.addCleanup(self.remove_cables)
        dpkg("--install", FIRST)
        self.addCleanup(self.purge)

    @staticmethod
    def remove_cables():
        """With the other namespace they would be deleted only some time later."""
        for link in json.loads(run("ip", "-j", "link", "show", "type", "veth")):
            if link["ifname"].startswith(f"g{os.getpid()}n"):
                run("ip", "link", "del", link["ifname"])

    @staticmethod
    def purge():
        """Also where the test has purged it already."""
        for policy_file in POLICIES.glob("*.ini"):
            policy_file.unlink()
        subprocess.run(["dpkg", "--purge", "edgexdp"], stdout=subprocess.DEVNULL, check=False)
        if POLICIES.exists():
            POLICIES.rmdir()

    def configure(self, interface, *words):
        """As README says: a policy, and systemctl with WORDS."""
        (POLICIES / f"{interface}.ini").write_text(TALK)
        run("systemctl", *words, unit(interface))

    def spare(self):
        """One more interface, connected to nothing that sends."""
        interface = self.name()
        self.here.run("ip", "link", "add", interface, "type", "veth", "peer", "name",
                      f"{interface}-p")
        self.addCleanup(self.here.run, "ip", "link", "del", interface)
        return interface

    def active(self, interface):
        return show(interface, "ActiveState")


class Install(Installed):
    def test_starts_nothing(self):
        self.assertEqual(list(PINS.glob("*")), [])
        self.assertEqual(run("systemctl", "list-units", "--all", "--plain", "--no-legend",
                             "edgexdp@*"), "")
        self.assertEqual(show(self.interface, "UnitFileState"), "disabled")
        self.assertEqual(show(self.interface, "NeedDaemonReload"), "no")
        self.assertEqual(list(POLICIES.iterdir()), [])

    def test_what_is_configured_is_guarded(self):
        self.configure(self.interface, "enable", "--now")
        self.assertEqual(self.status()["policy"], "talk")


class Upgrade(Installed):
    def test_under_traffic(self):
        POLICIES.chmod(0o700)  # as some administrators will want it
        self.configure(self.interface, "enable", "--now")
        permitted, forbidden = (self.socket(self.here, port=port) for port in (4000, 4001))
        opened, accepted = self.connect(self.here, self.there, 7000)
        before, process = self.stats(), show(self.interface, "MainPID")
        version = self.succeeds("--version")
        with Traffic(self, self.socket(self.there), permitted, forbidden) as traffic:
            self.goes_on(traffic)
            dpkg("--install", SECOND)
            self.goes_on(traffic)
        self.assertEqual(traffic.got, [traffic.sent[0], 0])
        self.assertEqual(before.falls(self.stats()), [])
        self.assertGreaterEqual(self.stats().reason("default", "in"), traffic.sent[1])
        for sender, receiver in ((accepted, opened), (opened, accepted)):
            sender.send(b"still here")
            self.assertEqual(receiver.recv(100), b"still here")
        self.assertConserved()
        self.assertEqual(self.active(self.interface), "active")
        self.assertNotEqual(self.succeeds("--version"), version)
        self.assertNewProgram(self.interface, process)
        self.assertEqual(POLICIES.stat().st_mode & 0o777, 0o700)

    def test_what_is_stopped_stays_stopped(self):
        """What is attached by hand stays as it is, too."""
        stopped, by_hand = self.interface, self.spare()
        self.configure(stopped, "enable", "--now")
        run("systemctl", "stop", unit(stopped))
        self.succeeds("attach", by_hand, POLICIES / f"{stopped}.ini")
        before = self.status(by_hand)
        dpkg("--install", SECOND)
        self.assertEqual(self.active(stopped), "inactive")
        self.assertEqual(self.status(stopped)["policy"], "talk")
        self.assertEqual(self.status(by_hand), before)

    def test_of_one_that_waits_for_its_interface(self):
        """It is restarted, and dpkg does not wait for the interface."""
        missing = self.name()
        self.configure(missing, "start", "--no-block")
        process = until(lambda: main_process(missing), "it waits", PATIENCE)
        dpkg("--install", SECOND)
        self.assertEqual(self.active(missing), "activating")
        self.assertNewProgram(missing, process)

    def goes_on(self, traffic):
        aim = traffic.got[0] + 100
        until(lambda: traffic.got[0] >= aim, "traffic goes on", PATIENCE)

    def assertNewProgram(self, interface, process):
        now = until(lambda: main_process(interface), "it runs", PATIENCE)
        self.assertNotEqual(now, process)
        self.assertEqual(os.readlink(f"/proc/{now}/exe"), str(self.program))
        self.assertEqual(show(interface, "NRestarts"), "0")


class Remove(Installed):
    def test_ends_the_filter(self):
        by_hand, stopped = self.spare(), self.spare()
        for interface in (self.interface, stopped):
            self.configure(interface, "enable", "--now")
        run("systemctl", "stop", unit(stopped))
        self.succeeds("attach", by_hand, POLICIES / f"{stopped}.ini")
        forbidden = self.socket(self.here, port=4001)
        said = dpkg("--remove", "edgexdp")
        for interface in (self.interface, by_hand, stopped):
            self.assertSays(said, f"edgexdp: {interface} is no longer guarded")
        self.reaches(self.socket(self.there), forbidden)
        self.assertEqual(self.active(self.interface), "inactive")
        self.assertFalse(PINS.exists())
        self.assertFalse(self.program.exists())

    def test_keeps_the_configuration(self):
        self.configure(self.interface, "enable", "--now")
        dpkg("--remove", "edgexdp")
        self.assertEqual((POLICIES / f"{self.interface}.ini").read_text(), TALK)
        dpkg("--install", SECOND)
        self.assertEqual(show(self.interface, "UnitFileState"), "enabled")
        self.assertEqual(self.active(self.interface), "inactive")

    def test_of_a_name_that_bpffs_cannot_hold(self):
        interface = f"{self.interface}.1"
        self.here.run("ip", "link", "set", self.interface, "name", interface)
        self.succeeds("attach", interface, self.file(TALK))
        self.assertSays(dpkg("--remove", "edgexdp"), f"edgexdp: {interface} is no longer guarded")
        self.assertFalse(PINS.exists())

    def test_says_how_to_end_what_it_cannot(self):
        """Names what is guarded in another network namespace, which no command from here can
        change."""
        self.call("attach", "peer", self.file(TALK), namespace=self.there)
        said = dpkg("--remove", "edgexdp")
        self.assertSays(said, "peer STAYS GUARDED", "another network namespace",
                        f"rm -r {PINS}/peer")
        self.assertIn("prog/xdp", self.there.run("ip", "link", "show", "peer"))
        run("rm", "-r", PINS / "peer")
        self.assertNotIn("prog/xdp", self.there.run("ip", "link", "show", "peer"))


class Purge(Installed):
    def test_forgets_what_was_enabled_and_keeps_policies(self):
        self.configure(self.interface, "enable", "--now")
        link = pathlib.Path(f"/etc/systemd/system/multi-user.target.wants/{unit(self.interface)}")
        self.assertTrue(link.is_symlink())
        self.assertSays(dpkg("--purge", "edgexdp"), "not empty so not removed")
        self.assertFalse(link.is_symlink())
        self.assertEqual([p.name for p in POLICIES.iterdir()], [f"{self.interface}.ini"])
        self.assertEqual(show(self.interface, "LoadState"), "not-found")

    def test_leaves_no_empty_folder(self):
        dpkg("--purge", "edgexdp")
        self.assertFalse(POLICIES.exists())


unittest.main(verbosity=2)
