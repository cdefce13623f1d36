#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bpffs, where the state is pinned: not mounted, hidden by a mount namespace, or open to others."""

import os
import shutil
import subprocess

from guarded import BPFFS, NOBODY, PINS, Guarded, main, policy, rule
from sandbox import run

PORT = 4000
POLICY = policy("good", rule("talk-in", "in", "udp", PORT))
COMMANDS = ("reload", "rollback", "detach", "status", "stats")


class NoBpffs(Guarded):
    """Each test in a mount namespace of its own without bpffs; it stays that of its first process."""

    def without(self, script):
        """Runs SCRIPT where bpffs is not mounted; EDGEXDP, IFACE and POLICY are set."""
        inner = f"umount -a -t bpf\n! mountpoint -q {BPFFS}\n{script}"
        return subprocess.run(
            self.here.command("unshare", "--mount", "--pid", "--mount-proc", "--fork", "bash", "-euc", inner),
            text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "EDGEXDP": str(self.program),
                 "IFACE": self.interface, "POLICY": str(self.file(POLICY))})

    def test_attach_mounts_it(self):
        done = self.without(f'"$EDGEXDP" attach "$IFACE" "$POLICY"; mountpoint -q {BPFFS}\n'
                            f'test -e {PINS}/"$IFACE"/rules\n'
                            '"$EDGEXDP" status "$IFACE" >/dev/null; "$EDGEXDP" detach "$IFACE"')
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_it_cannot_be_mounted(self):
        done = self.without('setpriv --bounding-set=-all,+bpf,+net_admin,+perfmon '
                            '--inh-caps=-all,+bpf,+net_admin,+perfmon '
                            '"$EDGEXDP" attach "$IFACE" "$POLICY"')
        self.assertEqual((done.returncode, done.stdout.count("\n")), (1, 1), done.stdout)
        self.assertSays(done.stdout, "bpffs", "root")

    def test_nothing_is_guarded(self):
        done = self.without('"$EDGEXDP" status; "$EDGEXDP" status --json; "$EDGEXDP" stats --json')
        self.assertEqual(done.returncode, 0, done.stdout)
        for command in COMMANDS:
            done = self.without(f'"$EDGEXDP" {command} "$IFACE"')
            self.assertEqual(done.returncode, 1)
            self.assertSays(done.stdout, self.interface, "not guarded")


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


main()
