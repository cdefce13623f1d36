# SPDX-License-Identifier: GPL-2.0-or-later
"""An emulated machine. It reports results over its second serial line, and there asks for what only
its surroundings can do: plug and unplug it, and call it over the network."""

import socket
import subprocess

from sandbox import until

MEMORY = "768"
PROMPT = "(qemu) "
QUIET = 5  # seconds after which there is no answer
# Both ends of its cables are inside qemu. The network card's slot determines its name.
CARD = "virtio-net-pci,netdev=net{0},id=card{0},addr={0},mac=52:54:00:00:00:{0:02x}"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Machine:
    def __init__(self, folder, kernel, disk, initrd, append, doors):
        """DOORS: the ports that may be called."""
        self.folder = folder
        self.doors = {port: free_port() for port in doors}
        forward = "".join(f",hostfwd=tcp:127.0.0.1:{ours}-:{port}"
                          for port, ours in self.doors.items())
        self.console = folder / "console"
        self.process = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "qemu64", "-smp", "2", "-m", MEMORY,
             "-nodefaults", "-nographic", "-no-reboot",
             "-kernel", kernel / "boot" / f"vmlinuz-{kernel.name}", "-initrd", initrd,
             "-append", f"console=ttyS0 mitigations=off nokaslr no_timer_check panic=-1 loglevel=4 {append}",
             "-drive", f"file={disk},format=raw,if=virtio,snapshot=on",
             "-netdev", f"user,id=net3,restrict=on{forward}", "-device", CARD.format(3),
             "-netdev", "user,id=net4,restrict=on",
             "-chardev", f"file,id=console,path={self.console}", "-serial", "chardev:console",
             "-chardev", f"socket,id=line,path={folder}/line,server=on,wait=off",
             "-serial", "chardev:line",
             "-chardev", f"socket,id=monitor,path={folder}/monitor,server=on,wait=off",
             "-mon", "chardev=monitor"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            self.monitor, self.line = self._connect("monitor"), self._connect("line")
            self.monitor.settimeout(20)
            self._order("")  # its greeting
        except BaseException:
            self.end()
            raise

    def _connect(self, name):
        made = socket.socket(socket.AF_UNIX)

        def connected():
            return self.process.poll() is not None or not made.connect_ex(f"{self.folder}/{name}")
        until(connected, f"qemu's {name}", 20)
        return made

    def end(self):
        self.process.kill()
        self.process.wait()

    def says(self, seconds):
        """The lines that it writes, until it has ended."""
        self.line.settimeout(seconds)
        with self.line.makefile(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                yield line.strip()

    def answer(self, word):
        self.line.sendall(f"{word}\n".encode())

    def does(self, request):
        """Does what the machine asks for: plug CARD, unplug CARD, call PORT. Returns the answer."""
        verb, what = request.split()
        if verb == "call":
            return self._call(int(what))
        if verb == "plug":
            self._order(f"device_add {CARD.format(int(what))}")
        else:
            self._order(f"device_del card{what}")
            # The guest lets go of the card before qemu does; until then there can be no other card.
            until(lambda: f'id "card{what}"' not in self._order("info qtree"), "the card is out")
        return "done"

    def _order(self, command):
        """qemu's answer to an order."""
        self.monitor.sendall(f"{command}\n".encode())
        said = ""
        while not said.endswith(PROMPT):
            said += self.monitor.recv(1 << 16).decode(errors="replace")
        return said

    def _call(self, port):
        """The word that the listener there sends, or nothing if nobody is heard."""
        with socket.create_connection(("127.0.0.1", self.doors[port]), QUIET) as caller:
            caller.settimeout(QUIET)
            try:
                return caller.recv(100).decode().strip() or "silence"
            except OSError:
                return "silence"
