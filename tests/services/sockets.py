# SPDX-License-Identifier: GPL-2.0-or-later
"""Plain TCP and UDP, both ends:

serve ADDRESS... -- tcp:PORT udp:PORT ...   sends back what it gets
talk tcp|udp SOURCE ADDRESS PORT SECONDS    for each line of standard input, sends it and prints
                                            `same` when it came back in time, or `nothing`"""

import selectors
import socket
import sys


def open_socket(transport, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    opened = socket.socket(family, kind)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return opened


class Server:
    def __init__(self, addresses, services):
        self.selector = selectors.DefaultSelector()
        for address in addresses:
            for service in services:
                transport, port = service.split(":")
                listener = open_socket(transport, address)
                listener.bind((address, int(port)))
                if transport == "tcp":
                    listener.listen()
                self.watch(listener, self.accept if transport == "tcp" else self.echo_datagram)

    def watch(self, opened, action):
        self.selector.register(opened, selectors.EVENT_READ, action)

    def accept(self, listener):
        self.watch(listener.accept()[0], self.echo)

    def echo(self, client):
        try:
            data = client.recv(4096)
            client.sendall(data)
        except OSError:
            data = b""
        if not data:
            self.selector.unregister(client)
            client.close()

    @staticmethod
    def echo_datagram(opened):
        data, client = opened.recvfrom(65536)
        opened.sendto(data, client)

    def run(self):
        while True:
            for key, _ in self.selector.select():
                key.data(key.fileobj)


def talk(transport, source, address, port, seconds):
    client = open_socket(transport, address)
    client.settimeout(float(seconds))
    client.bind((source, 0))
    connected = False
    for line in sys.stdin.buffer:
        try:
            if not connected:
                client.connect((address, int(port)))
                connected = True
            client.sendall(line)
            same = client.recv(4096) == line
        except OSError:
            same = False
        print("same" if same else "nothing", flush=True)


if sys.argv[1] == "serve":
    rule = sys.argv.index("--")
    Server(sys.argv[2:rule], sys.argv[rule + 1 :]).run()
else:
    talk(*sys.argv[2:])
