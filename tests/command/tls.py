# SPDX-License-Identifier: GPL-2.0-or-later
"""TLS between the two ends of a connection."""

import hashlib
import os
import socket
import ssl
import threading

from sandbox import run

NAME = "edge.example"
BYTES_A_SECOND = 20 << 20
SO_MAX_PACING_RATE = 47


def certificate(directory):
    """A file in DIRECTORY with a key and its certificate for NAME."""
    path = directory / "edge.pem"
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
        "-keyout", path, "-out", path.with_suffix(".crt"))
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


def contexts(file):
    """Contexts for the server and for the client."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    client = ssl.create_default_context(cafile=file)
    # The greeting fits into one packet; with OpenSSL 3.5's default, post-quantum keys, it would
    # not.
    client.set_ecdh_curve("prime256v1")
    return server, client


def transfer(file, client, server, size, sender):
    """Sends SIZE bytes over TLS from SENDER, which is one of the sockets CLIENT and SERVER, to the
    other. True if they arrived intact; False if they stopped arriving for the length of the
    sockets' timeout."""
    data, found = os.urandom(size), []
    contexts_ = contexts(file)

    def end(own, wrap):
        try:
            with wrap(own) as tls:
                if own is sender:
                    tls.sendall(data)
                    tls.unwrap().close()
                    return
                while chunk := tls.recv(1 << 16):
                    found.append(chunk)
                tls.unwrap().close()
        except (OSError, ssl.SSLError):
            pass  # the caller notices what has not arrived

    threads = [
        threading.Thread(target=end, args=(
            server, lambda s: contexts_[0].wrap_socket(s, server_side=True))),
        threading.Thread(target=end, args=(
            client, lambda s: contexts_[1].wrap_socket(s, server_hostname=NAME)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return hashlib.sha256(b"".join(found)).digest() == hashlib.sha256(data).digest()


class Download:
    """A download over TLS that goes on until it is told to stop."""

    def __init__(self, client, server, certificate):
        self.client, self.server, self.certificate = client, server, certificate

    def serve(self, stop, digest):
        context, _ = contexts(self.certificate)
        data = os.urandom(1 << 16)
        self.server.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, BYTES_A_SECOND)
        with context.wrap_socket(self.server, server_side=True) as served:
            while not stop.is_set():
                served.sendall(data)
                digest.update(data)
            served.unwrap()

    def run(self, stop):
        sent, received, size = hashlib.sha256(), hashlib.sha256(), 0
        server = threading.Thread(target=self.serve, args=(stop, sent))
        server.start()
        _, context = contexts(self.certificate)
        with context.wrap_socket(self.client, server_hostname=NAME) as client:
            while chunk := client.recv(1 << 16):
                received.update(chunk)
                size += len(chunk)
            client.unwrap().close()
        server.join()
        return {"sent": sent.hexdigest(), "received": received.hexdigest(), "bytes": size}
