# SPDX-License-Identifier: GPL-2.0-or-later
"""A small name server for tests: by UDP and TCP, with answers that the test changes while it runs. Waits for nothing:
whoever has to know that it was asked waits for that."""

import contextlib
import ctypes
import ipaddress
import socket
import struct
import threading

from sandbox import run

A, CNAME, AAAA = 1, 5, 28
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5
SILENT = "silent"
UDP_BYTES = 512


def _name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".") if label) + b"\0"


def _question(packet):
    """The name, in lower case, and the type that PACKET asks for, and where the question ends."""
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode().lower())
        at += 1 + packet[at]
    kind, = struct.unpack_from("!H", packet, at + 1)
    return ".".join(labels), kind, at + 5


def _record(owner, kind, ttl, data):
    return _name(owner) + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


class NameServer:
    """Listens at ADDRESS, port 53, in the network namespace of the path NAMESPACE."""

    def __init__(self, namespace, address="127.0.0.1"):
        self.lock = threading.Condition()
        self.hosts = {}     # name to (time to live, addresses)
        self.aliases = {}   # name to (time to live, name)
        self.troubles = {}  # name, or (name, type), to a code or SILENT
        self.asked = []     # (name, type)
        self.sockets = []
        ready = threading.Event()
        # A thread may enter a namespace alone; sockets stay in the one where they were made.
        threading.Thread(target=self._open, args=(namespace, address, ready), daemon=True).start()
        if not ready.wait(10) or len(self.sockets) != 2:
            raise RuntimeError("no name server")
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def _open(self, namespace, address, ready):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with open(namespace, "rb") as there:
            if ctypes.CDLL(None, use_errno=True).setns(there.fileno(), 0x40000000):
                return
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            one = socket.socket(family, kind)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((address, 53))
            if kind == socket.SOCK_STREAM:
                one.listen(16)
            self.sockets.append(one)
        ready.set()

    def close(self):
        for one in self.sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)  # wakes its thread
            one.close()

    def set(self, host, *addresses, ttl=1):
        with self.lock:
            self.hosts[host] = (ttl, addresses)
            self.troubles.pop(host, None)

    def alias(self, host, other, ttl=1):
        with self.lock:
            self.aliases[host] = (ttl, other)

    def fail(self, host, how, kind=None):
        with self.lock:
            self.troubles[(host, kind) if kind else host] = how

    def count(self, host=None):
        with self.lock:
            return sum(1 for name, _ in self.asked if host in (None, name))

    def wait_asked(self, host, times=1, seconds=60):
        """Waits until HOST was asked for TIMES more."""
        with self.lock:
            wanted = sum(name == host for name, _ in self.asked) + times
            if not self.lock.wait_for(lambda: sum(name == host for name, _ in self.asked) >= wanted, seconds):
                raise RuntimeError(f"nobody asked for {host}")

    def _records(self, name, kind):
        records, owner = [], name
        while owner in self.aliases:
            ttl, other = self.aliases[owner]
            records.append(_record(owner, CNAME, ttl, _name(other)))
            owner = other
        if owner not in self.hosts:
            return records, NOERROR if records else NXDOMAIN
        ttl, addresses = self.hosts[owner]
        for text in addresses:
            address = ipaddress.ip_address(text)
            if kind == (A if address.version == 4 else AAAA):
                records.append(_record(owner, kind, ttl, address.packed))
        return records, NOERROR

    def answer(self, packet, room):
        """The answer to PACKET, cut to ROOM bytes; None: none."""
        name, kind, end = _question(packet)
        with self.lock:
            self.asked.append((name, kind))
            self.lock.notify_all()
            trouble = self.troubles.get((name, kind), self.troubles.get(name))
            records, code = ([], trouble) if trouble else self._records(name, kind)
        if code == SILENT:
            return None
        body = b"".join(records)
        cut = end + len(body) > room
        flags = 0x8580 | (0x0200 if cut else 0) | code
        header = packet[:2] + struct.pack("!HHHHH", flags, 1, 0 if cut else len(records), 0, 0)
        return header + packet[12:end] + (b"" if cut else body)

    def _serve_udp(self):
        with contextlib.suppress(OSError):
            while True:
                packet, client = self.sockets[0].recvfrom(4096)
                if not packet:
                    return
                answer = self.answer(packet, UDP_BYTES)
                if answer:
                    self.sockets[0].sendto(answer, client)

    def _serve_tcp(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.sockets[1].accept()
                threading.Thread(target=self._serve_client, args=(client,), daemon=True).start()

    def _serve_client(self, client):
        with client:
            while len(head := client.recv(2, socket.MSG_WAITALL)) == 2:
                packet = client.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL)
                answer = self.answer(packet, 65535)
                if answer:
                    client.sendall(struct.pack("!H", len(answer)) + answer)


class Resolving:
    """For a test case with a sandbox: the files that say whom to ask are its own, in the mount namespace of the test."""

    def resolve_by(self, *servers, hosts=""):
        for name, text in (("resolv.conf", "".join(f"nameserver {one}\n" for one in servers) or "# none\n"),
                           ("hosts", hosts)):
            path = self.sandbox.directory / name
            is_mounted = path.exists()
            path.write_text(text)
            path.chmod(0o644)
            if not is_mounted:
                run("mount", "--bind", path, f"/etc/{name}")
                self.addCleanup(run, "umount", f"/etc/{name}")

    def name_server(self, namespace):
        """A name server in NAMESPACE, which is asked from now on."""
        server = NameServer(f"/run/netns/{namespace.name}")
        self.addCleanup(server.close)
        self.sandbox.directory.chmod(0o755)
        self.resolve_by("127.0.0.1")
        return server
