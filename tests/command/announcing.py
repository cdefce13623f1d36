# SPDX-License-Identifier: GPL-2.0-or-later
"""What ExaBGP writes to a process, and `edgexdp flowspec` reading it."""

import json
import pathlib
import subprocess
import threading

from guarded import PATIENCE
from sandbox import until

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
PEER = "192.0.2.1"
DROP = [{"value": 0x8006 << 48, "string": "rate-limit:0"}]
REDIRECT = [{"value": 0x8008 << 48 | 100, "string": "redirect:0:100"}]
RATE = [{"value": 0x8006 << 48 | 0x46160000, "string": "rate-limit:9600"}]  # bytes a second


def line(kind, peer=PEER, **neighbor):
    return json.dumps({"exabgp": "4.0.1", "type": kind,
                       "neighbor": {"address": {"local": "192.0.2.2", "peer": peer}, **neighbor}})


def state(word, peer=PEER):
    return line("state", peer, state=word)


def end_of_rib(family="ipv4", peer=PEER):
    return line("update", peer, message={"eor": {"afi": family, "safi": "flow"}})


def flow(destination, protocol=None, **components):
    """The components of a flow: `packet_length=[">=100"]`."""
    version = "ipv6" if ":" in destination else "ipv4"
    made = {f"destination-{version}": [destination + ("/0" if version == "ipv6" else "")]}
    if protocol:
        made["protocol" if version == "ipv4" else "next-header"] = [f"={protocol}"]
    made.update({name.replace("_", "-"): values for name, values in components.items()})
    words = " ".join(f"{name} {values[0] if len(values) == 1 else '[ ' + ' '.join(values) + ' ]'}"
                     for name, values in made.items())
    return {**made, "string": f"flow {words}"}


def _family(one):
    return "ipv6 flow" if any(key.endswith("-ipv6") for key in one) else "ipv4 flow"


def announce(*flows, action=None, peer=PEER):
    return line("update", peer, direction="receive", message={"update": {
        "attribute": {"origin": "igp", "extended-community": DROP if action is None else action},
        "announce": {_family(flows[0]): {"no-nexthop": list(flows)}}}})


def withdraw(*flows, peer=PEER):
    return line("update", peer, direction="receive", message={"update": {
        "withdraw": {_family(flows[0]): list(flows)}}})


class Follower:
    """A running `edgexdp flowspec`."""

    def __init__(self, test, *options, interface=None):
        self.test = test
        command = test.here.command(test.program, "flowspec", *options, interface or test.interface)
        self.process = subprocess.Popen(command, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.said = []
        self.asked = []
        self.readers = [threading.Thread(target=self._read, args=where, daemon=True) for where in
                        ((self.process.stderr, self.said), (self.process.stdout, self.asked))]
        for reader in self.readers:
            reader.start()
        test.addCleanup(self.kill)

    @staticmethod
    def _read(stream, said):
        for one in stream:
            said.append(one.rstrip("\n"))

    def say(self, *lines):
        self.process.stdin.write("".join(one + "\n" for one in lines))
        self.process.stdin.flush()

    def hears(self, words):
        """Waits until it says WORDS; returns that line."""
        def said():
            return [one for one in self.said if words in one]
        return until(said, f"it says {words}: {self.said}", PATIENCE)[-1]

    def end(self):
        self.process.stdin.close()
        self.test.assertEqual(self.process.wait(PATIENCE), 0, self.said)
        for reader in self.readers:
            reader.join(PATIENCE)

    def kill(self):
        self.process.kill()
        self.process.wait()
        if not self.process.stdin.closed:
            self.process.stdin.close()
        for reader in self.readers:
            reader.join(PATIENCE)
        self.process.stdout.close()
        self.process.stderr.close()
