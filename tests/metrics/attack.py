# SPDX-License-Identifier: GPL-2.0-or-later
"""Malicious clients. Each attack returns what keeps it up; closing that ends it."""

import contextlib
import os
import random
import socket
import threading
import time

import scrape

REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n"


def connect(receive=None):
    client = socket.socket()
    client.settimeout(5)
    if receive:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    client.connect(("127.0.0.1", scrape.PORT))
    return client


def send(client, data):
    """The other side's reaction does not matter."""
    with contextlib.suppress(OSError):
        client.sendall(data)


def received(client):
    data = b""
    with contextlib.suppress(OSError):
        while more := client.recv(65536):
            data += more
    return data


def idlers(count):
    """Connected, and silent."""
    held = contextlib.ExitStack()
    for _ in range(count):
        with contextlib.suppress(OSError):
            held.enter_context(connect())
    return held


def slowloris(count):
    """A header that never ends, a few bytes at a time."""
    held, stop = contextlib.ExitStack(), threading.Event()

    def trickle():
        clients = []
        while not stop.is_set():
            while len(clients) < count:
                clients.append(connect())
                send(clients[-1], REQUEST)
            for client in clients:
                send(client, b"X-a: b\r\n")
            # Connections that were cut off are replaced by new ones.
            gone = [c for c in clients if c.fileno() < 0 or ended(c)]
            for client in gone:
                client.close()
                clients.remove(client)
            time.sleep(0.2)
        for client in clients:
            client.close()
    thread = threading.Thread(target=trickle)
    thread.start()
    held.callback(thread.join)
    held.callback(stop.set)
    return held


def ended(client):
    try:
        return client.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def slow_readers(count):
    """Ask for everything and read none of it."""
    held = contextlib.ExitStack()
    for _ in range(count):
        with contextlib.suppress(OSError):
            client = held.enter_context(connect(receive=2048))
            send(client, REQUEST + b"\r\n")
    return held


def oversized():
    """Sends requests that are too large, in each way; returns the answers."""
    answers = []
    for data in (b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
                 REQUEST + b"X-large: " + b"a" * 100000 + b"\r\n\r\n",
                 REQUEST + b"".join(b"X-%d: a\r\n" % i for i in range(20000)) + b"\r\n",
                 b"GET " * 50000,
                 b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
                 b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                 + b"fffffff\r\n" + b"a" * 300000):
        with contextlib.suppress(OSError), connect() as client:
            client.settimeout(10)
            send(client, data)
            answers.append(received(client))
    return answers


def garbage(count, seed):
    """Noise, and partly damaged requests."""
    dice = random.Random(seed)
    good = REQUEST + b"Accept: */*\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    for number in range(count):
        data = bytearray(good * dice.randint(1, 3))
        if number % 3 == 0:
            data = bytearray(dice.randbytes(dice.randint(1, 20000)))
        for _ in range(dice.randint(1, 20)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        with contextlib.suppress(OSError), connect() as client:
            send(client, bytes(data[:dice.randint(1, len(data))]))
            if dice.random() < 0.5:
                client.shutdown(socket.SHUT_WR)
            client.settimeout(0.05)
            received(client)


def seed():
    return int(os.environ.get("EDGEXDP_SEED", time.time_ns() % 1000000))
