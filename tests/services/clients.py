# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients, each used for one connection: True if the service did its work within SECONDS."""

import itertools
import os
import pathlib
import select
import subprocess
import sys
import time
import uuid

HERE = pathlib.Path(__file__).resolve().parent


def _converse(command, say, expected, seconds):
    """Starts COMMAND, writes SAY to it, and waits until its output contains EXPECTED."""
    client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
    heard, end = b"", time.monotonic() + seconds
    try:
        client.stdin.write(say)
        client.stdin.flush()
        while expected not in heard:
            left = end - time.monotonic()
            if left <= 0 or not select.select([client.stdout], [], [], left)[0]:
                return False
            data = os.read(client.stdout.fileno(), 65536)
            if not data:
                return False
            heard += data
        return True
    except BrokenPipeError:
        return False
    finally:
        client.kill()
        client.communicate()


def _bracketed(address):
    return f"[{address}]" if ":" in address else address


def _s_client(namespace, source, address, port, certificates, name):
    return namespace.command(
        "openssl", "s_client", "-quiet", "-no_ign_eof", "-verify_return_error",
        "-CAfile", certificates.authority, "-cert", certificates.certificate(name),
        "-key", certificates.key(name), "-bind", f"{_bracketed(source)}:0",
        "-connect", f"{_bracketed(address)}:{port}")


def sip(namespace, source, address, port, seconds, certificates, name):
    """SIP over TLS: sends OPTIONS, and expects 200."""
    host = _bracketed(source)
    call = uuid.uuid4().hex
    request = (f"OPTIONS sip:{_bracketed(address)}:{port};transport=tls SIP/2.0\r\n"
               f"Via: SIP/2.0/TLS {host}:5061;branch=z9hG4bK{call}\r\n"
               f"From: <sip:test@{host}>;tag={call}\r\nTo: <sip:{_bracketed(address)}>\r\n"
               f"Call-ID: {call}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
               "Content-Length: 0\r\n\r\n")
    return _converse(_s_client(namespace, source, address, port, certificates, name),
                     request.encode(), b"SIP/2.0 200 ", seconds)


def tls(namespace, source, address, port, seconds, certificates, name):
    """TLS with certificates on both sides: sends a line, and expects it reversed."""
    token = uuid.uuid4().hex
    return _converse(_s_client(namespace, source, address, port, certificates, name),
                     f"{token}\n".encode(), token[::-1].encode(), seconds)


def stun(namespace, source, address, seconds):
    """A STUN binding, by coturn's own client: the server says which address it saw."""
    seen = f"UDP reflexive addr: {source}:"
    client = namespace.command("turnutils_stunclient", "-L", source, "-p", 3478, address)
    return _converse(client, b"", seen.encode(), seconds)


def _talk(namespace, transport, source, address, port, seconds):
    return namespace.command(sys.executable, HERE / "sockets.py", "talk", transport, source,
                             address, port, seconds)


def echo(namespace, transport, source, address, port, seconds):
    """Plain TCP or UDP: what was sent comes back."""
    return _converse(_talk(namespace, transport, source, address, port, seconds), b"hello\n",
                     b"same\n", seconds)


class Connection:
    """A TCP connection that stays open, to be asked again and again whether it still works."""

    def __init__(self, namespace, source, address, port, seconds):
        self.client = subprocess.Popen(_talk(namespace, "tcp", source, address, port, seconds),
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def works(self):
        self.client.stdin.write("still there?\n")
        self.client.stdin.flush()
        return self.client.stdout.readline() == "same\n"

    def close(self):
        self.client.kill()
        self.client.communicate()


class Federation:
    """Messages between users of two XMPP servers.

    Servers keep their connections: a second message between the same domains would travel over
    the connection of the first. So every message gets a pair of domains that was not used before,
    and with it a connection of its own."""

    def __init__(self, namespaces, directory):
        self.namespaces = namespaces  # domain to namespace
        self.fresh = itertools.count(1)
        self.home = directory / "xmpp-client"
        self.home.mkdir()
        # From Debian 13 on it must be told to accept what a server without accounts can offer.
        said = subprocess.run(["go-sendxmpp", "--help"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False).stdout
        self.options = [option for option in ("--no-tls-verify", "--allow-plain") if option in said]

    def _client(self, namespace, user, *arguments):
        return namespace.command("env", f"HOME={self.home}", "go-sendxmpp", *self.options,
                                 "-j", "127.0.0.1:5222", "-u", user, "-p", "any", *arguments)

    def _send(self, sender, receiver, seconds, text=""):
        """From and to users (JIDs). Done when the sender's own server has taken the message."""
        domain = sender.split(".", 2)[2]
        try:
            sent = subprocess.run(self._client(self.namespaces[domain], sender, receiver),
                                  input=text, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False, timeout=seconds)
        except subprocess.TimeoutExpired:
            return False
        return sent.returncode == 0

    def ready(self, domain):
        """DOMAIN's server lets a user in, who sends himself a message."""
        user = f"alice@c0.v4.{domain}"
        return self._send(user, user, 5, "hello")

    def message(self, sender, receiver, family, seconds):
        """A message from a user at SENDER to one at RECEIVER (domains), over v4 or v6."""
        number = next(self.fresh)
        bob = f"bob@c{number}.{family}.{receiver}"
        token = uuid.uuid4().hex
        if not self._send(f"alice@c{number}.{family}.{sender}", bob, seconds + 5, token):
            return False
        # If he is late, his server keeps the message for him.
        listening = self._client(self.namespaces[receiver], bob, "--listen")
        return _converse(listening, b"", token.encode(), seconds)
