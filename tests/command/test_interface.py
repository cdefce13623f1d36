#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Troublesome interfaces: absent, with odd names, occupied, without native XDP, in another
namespace, or removed at the wrong moment."""

import json
import os
import shutil
import threading
import time

from guarded import BPFFS, NOBODY, PINS, Guarded, main, policy, rule
from sandbox import run

PORT, OTHER = 4000, 4001
POLICY = policy("good", rule("talk-in", "in", "udp", PORT))
COMMANDS = ("reload", "rollback", "detach", "status", "stats")
RACES = 20


class Named(Guarded):
    def test_absent(self):
        absent = self.name()
        self.assertSays(self.fails(1, "attach", absent, self.file(POLICY)), absent, "ip link")
        for command in COMMANDS:
            self.assertSays(self.fails(1, command, absent), absent, "ip link")
        self.assertNothingPinned()

    def test_what_no_interface_is_called(self):
        self.attach(POLICY)
        before = self.dumps()
        for name in ("", ".", "..", "/", "../edgexdp", f"{self.interface}/", f"./{self.interface}",
                     f"{self.interface}/rules", "x" * 16, "x" * 5000, "%n%s", "-"):
            self.assertSays(self.fails(1, "attach", "--", name, self.file(POLICY)), "no interface")
            for command in COMMANDS:
                self.assertSays(self.fails(1, command, "--", name), "no interface")
        self.assertEqual(self.dumps(), before)

    def guarded_by_name(self, interface, folder):
        self.interface = interface
        self.sandbox.cable(self.here, interface, self.there, "peer2")
        self.attach(POLICY)
        self.assertEqual([pins.name for pins in PINS.iterdir()], [folder])
        self.assertEqual(self.status()["interface"], interface)
        shown = json.loads(self.succeeds("status", "--json"))
        self.assertEqual([s["interface"] for s in shown], [interface])
        self.succeeds("reload", interface)
        self.succeeds("rollback", interface)
        self.succeeds("detach", interface)
        self.assertNothingPinned()

    def test_dot(self):
        name = self.name("g{}.{}")
        self.guarded_by_name(name, name.replace(".", "%2E"))

    def test_as_long_as_can_be(self):
        name = self.name("g{}n{}").ljust(15, ".")
        self.guarded_by_name(name, name.replace(".", "%2E"))


class Occupied(Guarded):
    """Somebody else's XDP program is named and left alone, nothing of ours stays, and the advice
    works."""

    def lodger(self, section):
        """An object file with a program that returns 2: XDP_PASS, or TC_ACT_SHOT."""
        source = self.file(f'__attribute__((section("{section}"))) int lodger(void *c) '
                           "{ return 2; }", "lodger.c")
        run("clang", "-O2", "-g", "-target", "bpf", "-c", source, "-o", source.with_suffix(".o"))
        return source.with_suffix(".o")

    def link(self, *words):
        return self.here.run("ip", "-j", "-d", "link", *words)

    def lodger_id(self):
        shown = json.loads(self.link("show", self.interface))[0]
        return shown.get("xdp", {}).get("prog", {}).get("id")

    def test_way_in(self):
        path, lodger = self.file(POLICY), self.lodger("xdp")
        for kind in ("xdpdrv", "xdpgeneric"):
            self.link("set", "dev", self.interface, kind, "obj", lodger, "sec", "xdp")
            before = self.lodger_id()
            self.assertTrue(before)
            for mode in ("auto", "native", "generic"):
                for force in ([], ["--force"]):
                    with self.subTest(f"{kind}, --mode {mode} {force}"):
                        said = self.fails(1, "attach", "--mode", mode, *force, self.interface, path)
                        self.assertSays(said, self.interface, "lodger", str(before))
                        self.assertEqual(self.lodger_id(), before)
                        self.assertNothingPinned()
            self.here.run(*said.split(" or: ")[1].split())  # as it advises
        self.succeeds("attach", self.interface, path)

    def test_way_out_is_shared(self):
        """Other programs on the way out stay, and judge what we let pass."""
        def tc(*words):
            self.here.run("tc", *words)
        self.attach(policy("good", rule("talk-out", "out", "udp", PORT)))
        tc("qdisc", "add", "dev", self.interface, "clsact")
        tc("filter", "add", "dev", self.interface, "egress", "protocol", "ip", "bpf", "da", "obj",
           self.lodger("tc"), "sec", "tc")
        receiver, sender = self.socket(self.there, port=PORT), self.socket(self.here)
        self.send(sender, PORT)
        self.assertSilent(receiver)
        self.assertEqual(self.stats().packets("talk-out", "out"), 1)
        self.succeeds("detach", self.interface)
        self.send(sender, PORT)
        self.assertSilent(receiver)
        tc("qdisc", "del", "dev", self.interface, "clsact")
        self.reaches(sender, receiver)


class WithoutNative(Guarded):
    """A bridge has no native XDP."""

    def setUp(self):
        super().setUp()
        self.interface = self.name()
        run("ip", "-n", self.here.name, "link", "add", "name", self.interface, "type", "bridge")

    def test_generic_instead(self):
        done = self.call("attach", self.interface, self.file(POLICY))
        self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (0, "", 1))
        self.assertSays(done.stderr, "warning: ", self.interface, "native", "no XDP support",
                        "generic")
        self.assertEqual(self.status()["attach_mode"], "generic")
        self.succeeds("reload", self.interface)
        self.assertEqual(self.status()["attach_mode"], "generic")

    def test_generic_as_asked(self):
        self.attach(POLICY, "--mode", "generic")
        self.assertEqual(self.status()["attach_mode"], "generic")

    def test_native_refused(self):
        said = self.fails(1, "attach", "--mode", "native", self.interface, self.file(POLICY))
        self.assertSays(said, self.interface, "native", "no XDP support", "--mode auto")
        self.assertNothingPinned()


class Above(Guarded):
    """The kernel takes no XDP program below an interface that has one."""

    def setUp(self):
        super().setUp()
        self.path, self.upper = self.file(POLICY), self.name()

    def above(self, *words):
        self.here.run("ip", "link", "add", *words)
        self.here.run("ip", "link", "set", self.upper, "up")

    def bridge(self):
        self.above("name", self.upper, "type", "bridge")
        self.here.run("ip", "link", "set", self.interface, "master", self.upper)

    def macvlan(self):
        self.above("link", self.interface, "name", self.upper, "type", "macvlan")

    def guard_upper(self):
        self.assertEqual(self.call("attach", self.upper, self.path).returncode, 0)

    def assertBothGuarded(self):
        shown = json.loads(self.succeeds("status", "--json"))
        self.assertEqual({s["interface"]: s["attach_mode"] for s in shown},
                         {self.interface: "native", self.upper: "generic"})

    def test_the_order_that_works_is_named(self):
        for kind in (self.bridge, self.macvlan):
            with self.subTest(kind.__name__):
                kind()
                self.guard_upper()
                before = run("bpftool", "-j", "map", "dump", "pinned", PINS / self.upper / "interface")
                said = self.fails(1, "attach", self.interface, self.path)
                order = (f"edgexdp detach {self.upper}", f"attach {self.interface}", f"attach {self.upper}")
                self.assertSays(said, *order)
                self.assertEqual(sorted(order, key=said.index), list(order))
                self.assertFalse((PINS / self.interface).exists())
                self.assertEqual(
                    run("bpftool", "-j", "map", "dump", "pinned", PINS / self.upper / "interface"), before)
                self.succeeds("detach", self.upper)
                self.succeeds("attach", self.interface, self.path)
                self.guard_upper()
                self.assertBothGuarded()
                for interface in (self.upper, self.interface):
                    self.succeeds("detach", interface)
                self.here.run("ip", "link", "del", self.upper)

    def test_what_was_taken_off_below(self):
        """reload cannot put it back, and says so; nothing else is touched."""
        self.bridge()
        self.succeeds("attach", self.interface, self.path)
        self.guard_upper()
        run("bpftool", "link", "detach", "pinned", PINS / self.interface / "link_in")
        said = self.fails(1, "reload", self.interface)
        self.assertSays(said, self.interface, "way in is missing", f"edgexdp detach {self.upper}")
        self.succeeds("detach", self.upper)
        self.assertEqual(self.call("reload", self.interface).returncode, 0)
        self.guard_upper()
        self.assertBothGuarded()

    def test_anothers_program_above(self):
        self.bridge()
        source = self.file('__attribute__((section("xdp"))) int lodger(void *c) { return 2; }', "lodger.c")
        run("clang", "-O2", "-g", "-target", "bpf", "-c", source, "-o", source.with_suffix(".o"))
        self.here.run("ip", "link", "set", "dev", self.upper, "xdpgeneric", "obj",
                      source.with_suffix(".o"), "sec", "xdp")
        self.assertSays(self.fails(1, "attach", self.interface, self.path), self.upper, "lodger", "order")

    def test_above_in_another_namespace(self):
        self.macvlan()
        other = self.sandbox.namespace("other")
        self.here.run("ip", "link", "set", self.upper, "netns", other.name)
        self.assertEqual(self.call("attach", self.upper, self.path, namespace=other).returncode, 0)
        self.assertSays(self.fails(1, "attach", self.interface, self.path), "above",
                        "another network namespace")
        self.succeeds("detach", self.upper, namespace=other)
        self.succeeds("attach", self.interface, self.path)


class LargeFrames(Guarded):
    def test_native_at_mtu_9000(self):
        for namespace, interface in ((self.here, self.interface), (self.there, "peer")):
            run("ip", "-n", namespace.name, "link", "set", interface, "mtu", "9000")
        self.attach(POLICY, "--mode", "native")
        receiver = self.socket(self.here, port=PORT)
        self.send(self.socket(self.there), PORT, data=bytes(8900))
        self.assertEqual(receiver.recv(9000), bytes(8900))


class Renamed(Guarded):
    """Interfaces are identified by index and namespace; the names of folders follow."""

    def setUp(self):
        super().setUp()
        self.path, self.old, self.new = self.attach(POLICY), self.interface, self.name()
        self.rename(self.old, self.new)

    def rename(self, old, new):
        for words in (["down"], ["name", new], ["up"]):
            run("ip", "-n", self.here.name, "link", "set", new if words == ["up"] else old, *words)

    def folders(self):
        return sorted(folder.name for folder in PINS.iterdir())

    def guarded_names(self):
        return sorted(s["interface"] for s in json.loads(self.succeeds("status", "--json")))

    def test_goes_by_its_name(self):
        self.assertEqual(self.guarded_names(), [self.new])
        self.assertEqual(self.status(self.new)["interface"], self.new)
        self.assertEqual(self.folders(), [self.new])
        self.assertSays(self.fails(1, "attach", self.new, self.path), "guarded already", "reload")
        for command in ("reload", "rollback", "status", "stats", "bans"):
            self.succeeds(command, self.new)
        for command in COMMANDS:
            self.assertSays(self.fails(1, command, self.old), "no interface", self.old)
        self.succeeds("detach", self.new)
        self.assertNothingPinned()

    def test_is_said_before_the_folder_follows(self):
        for command in COMMANDS:
            self.assertSays(self.fails(1, command, self.old), "no interface", self.old,
                            f"is now called {self.new}")
        self.assertEqual(self.folders(), [self.old])

    def test_the_old_name_is_anothers(self):
        self.cable_there(self.old)
        for command in COMMANDS:
            self.assertSays(self.fails(1, command, self.old), f"{self.old} is not guarded",
                            f"is now called {self.new}")
        self.assertEqual(self.guarded_names(), [self.new])
        self.succeeds("attach", self.old, self.file(POLICY.replace("good", "second")))
        self.assertEqual(self.folders(), sorted([self.old, self.new]))
        self.assertEqual((self.status(self.old)["policy"], self.status(self.new)["policy"]),
                         ("second", "good"))
        self.succeeds("detach", self.old)
        self.assertEqual(self.guarded_names(), [self.new])
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)

    def cable_there(self, interface):
        self.sandbox.cable(self.here, interface, self.there, "peer2")

    def test_two_exchange_their_names(self):
        self.cable_there(self.old)
        self.succeeds("attach", self.old, self.file(POLICY.replace("good", "second")))
        between = self.name()
        for old, new in ((self.old, between), (self.new, self.old), (between, self.new)):
            self.rename(old, new)
        self.assertEqual(self.guarded_names(), sorted([self.old, self.new]))
        self.assertEqual((self.status(self.old)["policy"], self.status(self.new)["policy"]),
                         ("good", "second"))
        self.succeeds("detach", self.new)
        self.assertEqual(self.status(self.old)["policy"], "good")
        self.assertEqual(self.folders(), [self.old])

    def test_the_new_name_is_guarded_elsewhere(self):
        """All namespaces share the names of folders: the folder keeps the old name, and is found
        there."""
        other = self.sandbox.namespace("other")
        third = self.name()
        self.sandbox.cable(other, third, self.there, "peer2")
        self.succeeds("attach", third, self.path, namespace=other)
        self.rename(self.new, third)
        self.assertEqual(self.guarded_names(), [third])
        self.succeeds("reload", third)
        self.succeeds("detach", third)
        self.succeeds("status", third, namespace=other)
        self.assertEqual(self.folders(), [third])

    def test_alternative_name(self):
        for alias in ("uplink", "a-name-that-is-longer-than-others-may-be"):
            run("ip", "-n", self.here.name, "link", "property", "add", "dev", self.new, "altname", alias)
            self.assertEqual(self.status(alias)["interface"], self.new)
            self.succeeds("reload", alias, self.path)
            self.assertSays(self.fails(1, "attach", alias, self.path), "guarded already")
            self.succeeds("detach", alias)
            self.assertNothingPinned()
            self.succeeds("attach", alias, self.path)
            self.assertEqual(self.folders(), [self.new])


class Gone(Guarded):
    def delete(self):
        run("ip", "-n", self.here.name, "link", "del", self.interface)

    def test_while_guarded(self):
        self.attach(POLICY)
        self.delete()
        for command in ("reload", "rollback", "status", "stats"):
            self.assertSays(self.fails(1, command, self.interface), self.interface, "gone")
        self.assertSays(self.succeeds("status"), "no interface")

    def test_made_again(self):
        self.attach(POLICY)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)
        self.delete()
        self.cable(self.interface)
        for command in ("reload", "rollback", "status", "stats"):
            said = self.fails(1, command, self.interface)
            self.assertSays(said, self.interface, "gone", "edgexdp attach")
        self.attach(POLICY)
        self.assertEqual(self.stats().packets("talk-in", "in"), 0)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)
        self.assertEqual(self.stats().packets("talk-in", "in"), 1)
        self.succeeds("detach", self.interface)
        self.assertNothingPinned()

    def test_detach_removes_what_it_left(self):
        self.attach(POLICY)
        self.delete()
        self.succeeds("detach", self.interface)
        self.assertNothingPinned()

    def test_while_it_is_being_attached(self):
        """Whatever attach is doing when the interface disappears, it fails cleanly and leaves
        nothing."""
        path = self.file(POLICY)
        start = time.monotonic()
        self.succeeds("attach", self.interface, path)
        takes = time.monotonic() - start
        self.succeeds("detach", self.interface)
        failed = 0
        for race in range(RACES):
            vanish = threading.Timer(takes * race / RACES, self.delete)
            vanish.start()
            done = self.call("attach", self.interface, path)
            vanish.join()
            self.assertIn(done.returncode, (0, 1), done)
            if done.returncode:
                failed += 1
                self.assertRegex(done.stderr, r"^edgexdp: [^\n]*(vanished|no interface)[^\n]*\n$")
                self.assertNothingPinned()
            else:
                self.succeeds("detach", self.interface)
            self.cable(self.interface)
        self.assertGreater(failed, 0, "none of them was a race")
        self.succeeds("attach", self.interface, path)
        self.succeeds("detach", self.interface)
        self.assertNothingPinned()


class MadeAnew(Guarded):
    """Made again with the same name and index: the pins look the same, but no program is attached."""

    def test_same_index(self):
        path = self.attach(POLICY)
        index = json.loads(self.here.run("ip", "-j", "link", "show", self.interface))[0]["ifindex"]
        run("ip", "-n", self.here.name, "link", "del", self.interface)
        run("ip", "-n", self.here.name, "link", "add", self.interface, "index", str(index), "type",
            "veth", "peer", "name", "peer", "netns", self.there.name)
        done = self.call("status", self.interface)
        self.assertEqual(done.returncode, 1)
        self.assertSays(done.stderr, "way in is missing", "way out is missing", "NOT guarded", "reload")
        self.assertSays(self.fails(1, "attach", self.interface, path), "missing", "edgexdp reload")
        done = self.call("reload", self.interface, path)
        self.assertEqual(done.returncode, 0)
        self.assertSays(done.stderr, "no program on the way in", "attached again")
        self.succeeds("status", self.interface)
        self.assertIn('"xdp"', self.here.run("ip", "-j", "link", "show", self.interface))


class Moved(Guarded):
    """Moved to another network namespace: its programs move with it, and so does its state."""

    def setUp(self):
        super().setUp()
        self.path = self.attach(POLICY)
        self.other = self.sandbox.namespace("other")
        run("ip", "-n", self.here.name, "link", "set", self.interface, "netns", self.other.name)

    def test_is_said_where_it_was(self):
        for command in ("reload", "rollback", "status", "stats"):
            self.assertSays(self.fails(1, command, self.interface), "another network namespace")
        self.assertSays(self.succeeds("status"), "no interface")

    def test_goes_on_where_it_is(self):
        self.assertEqual(json.loads(self.succeeds("status", "--json", namespace=self.other))[0]["policy"],
                         "good")
        self.succeeds("reload", self.interface, namespace=self.other)
        self.assertSays(self.fails(1, "attach", self.interface, self.path, namespace=self.other),
                        "guarded already")
        self.succeeds("detach", self.interface, namespace=self.other)
        self.assertNothingPinned()

    def test_can_be_ended_from_where_it_was(self):
        self.succeeds("detach", self.interface)
        self.assertNothingPinned()

    def test_cannot_be_ended_from_where_it_never_was(self):
        """Its name is not enough either, where no interface has that name."""
        stranger = self.sandbox.namespace("stranger")
        for command in (["detach", self.interface], ["reload", self.interface]):
            self.assertSays(self.fails(1, *command, namespace=stranger), "another network namespace")
        self.succeeds("status", self.interface, namespace=self.other)

    def test_another_with_its_name_and_index(self):
        """A new interface in the old place is another one, even with the very same index."""
        index = json.loads(self.other.run("ip", "-j", "link", "show", self.interface))[0]["ifindex"]
        run("ip", "-n", self.here.name, "link", "add", self.interface, "index", str(index), "type",
            "veth", "peer", "name", "peer2", "netns", self.there.name)
        done = self.call("status", self.interface)
        self.assertEqual(done.returncode, 1, done)
        self.succeeds("status", self.interface, namespace=self.other)


class Hidden(Guarded):
    """`ip netns exec` makes a mount namespace that has no bpffs and ends with its command."""

    def inside(self, *words):
        return self.fails(1, *words, prefix=["ip", "netns", "exec", self.here.name])

    def assertHidden(self, said):
        self.assertSays(said, f"nsenter --net=/run/netns/{self.here.name} edgexdp", "cannot be seen",
                        "mount -t bpf -o mode=0700 bpf /sys/fs/bpf")

    def test_attach_is_refused(self):
        self.assertHidden(self.inside("attach", self.interface, self.file(POLICY)))
        self.assertNotIn('"xdp"', self.here.run("ip", "-j", "link", "show", self.interface))

    def test_nothing_is_said_of_what_cannot_be_seen(self):
        self.attach(POLICY)
        before = self.dumps()
        for words in (["status"], ["stats"], ["status", self.interface], ["stats", self.interface],
                      ["reload", self.interface], ["detach", self.interface],
                      ["ban", self.interface, "203.0.113.99"], ["bans", self.interface],
                      ["attach", self.interface, self.file(POLICY)]):
            self.assertHidden(self.inside(*words))
        self.assertEqual(self.dumps(), before)

    def test_with_a_bpffs_of_its_own(self):
        """Mounting a bpffs there and working in it is allowed; commands say what is guarded
        elsewhere."""
        path = self.attach(POLICY)
        script = self.file("mount -t bpf -o mode=0700 bpf /sys/fs/bpf\n"
                           f"{self.program} status; echo $?; {self.program} status {self.interface}; echo $?\n"
                           f"{self.program} detach {self.interface}; ip link add own type veth peer name other\n"
                           f"{self.program} attach own {path} && {self.program} detach own; echo $?\n", "script")
        done = self.here.run("ip", "netns", "exec", self.here.name, "sh", script)
        self.assertEqual([line for line in done.splitlines() if line.isdigit()], ["1", "1", "0"], done)
        self.assertEqual(done.count("guarded from another mount namespace"), 3, done)


class Folder(Guarded):
    """A folder is not trusted if others could replace what is pinned in it."""

    def test_in_others_hands(self):
        self.addCleanup(os.chmod, BPFFS, 0o700)
        for mode, said in ((0o1777, None), (0o777, "chmod 0700")):
            os.chmod(BPFFS, mode)
            if said:
                self.assertSays(self.fails(1, "attach", self.interface, self.file(POLICY)), said)
                self.assertNothingPinned()
            else:
                self.attach(POLICY)
                self.succeeds("detach", self.interface)

    def test_made_by_somebody_else(self):
        os.chmod(BPFFS, 0o1777)
        self.addCleanup(os.chmod, BPFFS, 0o700)
        shutil.rmtree(PINS, ignore_errors=True)
        for words in (["ln", "-s", self.sandbox.directory, PINS], ["mkdir", PINS]):
            run(*NOBODY, *words)
            for command in (["attach", self.interface, self.file(POLICY)], ["status", self.interface]):
                self.assertSays(self.fails(1, *command), str(PINS), "remove it, as root")
            if PINS.is_symlink():
                PINS.unlink()
            else:
                PINS.rmdir()


class Elsewhere(Guarded):
    """An interface of the same name in another network namespace."""

    def test_is_refused(self):
        path = self.attach(POLICY)
        other = self.sandbox.namespace("other")
        self.sandbox.cable(other, self.interface, self.there, "peer2")
        before = self.dumps()
        said = self.fails(1, "attach", self.interface, path, namespace=other)
        self.assertSays(said, self.interface, "another network namespace")
        for command in COMMANDS:
            said = self.fails(1, command, self.interface, namespace=other)
            self.assertSays(said, self.interface, "another network namespace")
        self.assertSays(self.succeeds("status", namespace=other), "no interface")
        self.assertEqual(json.loads(self.succeeds("stats", "--json", namespace=other)), [])
        self.assertEqual(self.dumps(), before)
        self.reaches(self.socket(self.there), self.socket(self.here, port=PORT), OTHER)

    def test_detach_when_the_first_is_gone(self):
        self.attach(POLICY)
        other = self.sandbox.namespace("other")
        run("ip", "-n", self.here.name, "link", "del", self.interface)
        self.succeeds("detach", self.interface, namespace=other)
        self.assertNothingPinned()

    def test_is_free_when_the_first_is_gone(self):
        path = self.attach(POLICY)
        other = self.sandbox.namespace("other")
        self.sandbox.cable(other, self.interface, self.there, "peer2")
        run("ip", "-n", self.here.name, "link", "del", self.interface)
        self.succeeds("attach", self.interface, path, namespace=other)
        self.succeeds("status", self.interface, namespace=other)
        self.succeeds("detach", self.interface, namespace=other)
        self.assertNothingPinned()


main()
