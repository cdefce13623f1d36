# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces, the cables between them, and the processes that run in them."""

import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

PREFIX = "exdp-"  # of names; followed by the id of the process that made them
PR_SET_PDEATHSIG = 1
CLONE_NEWNS = 0x20000
_libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """The test cannot continue; the message says why."""


def run(*command, **options):
    """Run COMMAND to its end and return its output; raise Failure if it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        words = " ".join(map(str, command))
        raise Failure(f"{words}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def package_of(path):
    """The Debian package that PATH belongs to, or "". dpkg knows a file by its name in / or in
    /usr, whichever this release's package uses."""
    found = subprocess.run(["dpkg-query", "--search", path, os.path.realpath(path)], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return found.stdout.split(":")[0]


def until(ready, what, seconds=60):
    """Poll READY until it returns something true."""
    end = time.monotonic() + seconds
    while True:
        result = ready()
        if result:
            return result
        if time.monotonic() > end:
            raise Failure(f"not ready after {seconds} s: {what}")
        time.sleep(0.05)


def descriptors(process):
    """PROCESS's open files: descriptor to target. One that is closed meanwhile is left out."""
    found = {}
    for path in pathlib.Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found[int(path.name)] = os.readlink(path)
    return found


class Namespace:
    def __init__(self, name):
        self.name = f"{PREFIX}{os.getpid()}-{name}"
        run("ip", "netns", "add", self.name)
        run("ip", "-n", self.name, "link", "set", "lo", "up")

    def command(self, *command):
        """COMMAND, to run in this namespace. Does not use `ip netns exec`, which hides
        /sys/fs/bpf."""
        return ["nsenter", f"--net=/run/netns/{self.name}", *map(str, command)]

    def run(self, *command, **options):
        return run(*self.command(*command), **options)

    def address(self, interface, *addresses):
        """Give INTERFACE its ADDRESSES and bring it up. Routes are for single peers (see
        route)."""
        for address in addresses:
            length = "/128" if ":" in address else "/32"
            nodad = ["nodad"] if ":" in address else []
            run("ip", "-n", self.name, "addr", "add", address + length, "dev", interface, *nodad)
        run("ip", "-n", self.name, "link", "set", interface, "up")

    def route(self, interface, own, *peers):
        """Route to PEERS through INTERFACE, from the address in OWN that is of their family."""
        for peer in peers:
            source = next(a for a in own if (":" in a) == (":" in peer))
            family = "-6" if ":" in peer else "-4"
            run("ip", "-n", self.name, family, "route", "add", peer, "dev", interface,
                "src", source)

    def delete(self):
        subprocess.run(["ip", "netns", "del", self.name], stderr=subprocess.DEVNULL, check=False)


def alone():
    """From here on mounts are private: no other test sees our pins, and none of them stays."""
    if _libc.unshare(CLONE_NEWNS):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    run("mount", "--make-rprivate", "/")
    pathlib.Path("/run/netns").mkdir(exist_ok=True)
    run("mount", "-t", "tmpfs", "tmpfs", "/run/netns")
    run("mount", "-t", "bpf", "-o", "mode=0700", "bpf", "/sys/fs/bpf")


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Sandbox:
    """Owns everything that the test makes. As a context, it cleans up on every way out."""

    def __init__(self):
        self.namespaces = {}
        self.services = []
        self.at_exit = []
        self.directory = None

    def __enter__(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _leave)
        _remove_leftovers()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        return self

    def __exit__(self, *_):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for action in reversed(self.at_exit):
            try:
                action()
            except (Failure, OSError) as error:
                print(f"# while tidying up: {error}")
        for service in self.services:
            service.terminate()
        for service in self.services:
            try:
                service.wait(5)
            except subprocess.TimeoutExpired:
                service.kill()
                service.wait()
        for namespace in self.namespaces.values():
            namespace.delete()
        shutil.rmtree(self.directory, ignore_errors=True)

    def namespace(self, name):
        self.namespaces[name] = Namespace(name)
        return self.namespaces[name]

    @staticmethod
    def cable(one, interface, other, other_interface):
        run("ip", "-n", one.name, "link", "add", interface, "type", "veth", "peer", "name",
            other_interface, "netns", other.name)

    def start(self, namespace, name, *command):
        """Start a service in NAMESPACE. Its output goes to NAME.log, which is returned."""
        log = self.directory / f"{name}.log"
        with open(log, "wb") as output:
            self.services.append(subprocess.Popen(
                namespace.command(*command), stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, cwd=self.directory, preexec_fn=_die_with_parent))
        return log

    def fallen(self):
        """The command lines of services that have ended on their own."""
        return [" ".join(s.args[2:]) for s in self.services if s.poll() is not None]


def _leave(number, _):
    raise SystemExit(128 + number)


def _alive(process):
    try:
        return pathlib.Path(f"/proc/{process}/cmdline").read_bytes() != b""  # empty: a zombie
    except OSError:
        return False


def _remove_leftovers():
    """Remove leftovers of runs that were killed outright."""
    for place in ("/run/netns", tempfile.gettempdir()):
        for path in pathlib.Path(place).glob(PREFIX + "*"):
            owner = path.name.split("-")[1]
            if not owner.isdigit() or _alive(owner):
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                subprocess.run(["ip", "netns", "del", path.name], stderr=subprocess.DEVNULL,
                               check=False)
