# SPDX-License-Identifier: GPL-2.0-or-later
"""The real services: Prosody, Kamailio, coturn, OpenSSL, and plain sockets. Each start_ function
configures one and starts it; it is ready when a client of clients.py gets through."""

import pathlib
import shutil
import sys

from sandbox import run

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = {"prosody": "prosody", "kamailio": "kamailio", "turnserver": "coturn",
            "turnutils_stunclient": "coturn", "go-sendxmpp": "go-sendxmpp", "openssl": "openssl",
            "nsenter": "util-linux", "ip": "iproute2"}
XMPP_HOSTS = 20  # domains each Prosody serves per family: see clients.Federation


def missing_packages():
    return sorted({package for program, package in PROGRAMS.items() if not shutil.which(program)})


class Certificates:
    """An authority, and for each name a certificate that both a server and a client may present."""

    def __init__(self, directory):
        self.directory = directory
        self.authority = directory / "ca.pem"
        self._make("ca", "/CN=edgexdp services test", "basicConstraints=critical,CA:TRUE")

    def issue(self, name, *dns_names):
        names = ",".join(f"DNS:{n}" for n in dns_names or [name])
        self._make(name, f"/CN={name}", f"subjectAltName={names}",
                   "extendedKeyUsage=serverAuth,clientAuth", "basicConstraints=CA:FALSE",
                   signed=True)
        return self

    def key(self, name):
        return self.directory / f"{name}.key"

    def certificate(self, name):
        return self.directory / f"{name}.pem"

    def _make(self, name, subject, *extensions, signed=False):
        signer = ["-CA", self.authority, "-CAkey", self.key("ca")] if signed else []
        added = [word for extension in extensions for word in ("-addext", extension)]
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", subject, *added, *signer,
            "-keyout", self.key(name), "-out", self.certificate(name))


def start_names(sandbox, namespace, zones):
    """A name server on the namespace's loopback: see names.py."""
    sandbox.start(namespace, f"names-{namespace.name}", sys.executable, HERE / "names.py",
                  *[f"{zone}={ipv4},{ipv6}" for zone, (ipv4, ipv6) in zones.items()])


PROSODY = """\
run_as_root = true
unbound = {{
    resolvconf = false, forward = "127.0.0.1", options = {{ ["domain-insecure:"] = "example" }},
}}
pidfile = "{home}/prosody.pid"
data_path = "{home}"
log = {{ {{ levels = {{ min = "info" }}, to = "console" }} }}
storage = "memory"
modules_enabled = {{ "saslauth", "tls", "disco" }}
authentication = "insecure"
insecure_open_authentication = "Yes please, I know what I'm doing!"
c2s_interfaces = {{ {users} }}
c2s_direct_tls_ports = {{ {direct} }}
s2s_interfaces = {{ {interfaces} }}
-- Servers prove themselves by certificate, as the Edge's do: no dialback, so that a message needs
-- one connection, in its own direction.
s2s_secure_auth = true
ssl = {{ key = "{key}", certificate = "{certificate}", cafile = "{authority}" }}
"""


def start_prosody(sandbox, namespace, domain, addresses, certificates, users=("127.0.0.1",),
                  direct=""):
    """An XMPP server for c0.v4.DOMAIN, c0.v6.DOMAIN, c1.v4.DOMAIN ... Other servers connect to
    ADDRESSES; users connect to USERS, at the ports DIRECT with TLS from the first byte."""
    certificates.issue(domain, f"*.v4.{domain}", f"*.v6.{domain}")
    home = sandbox.directory / domain
    home.mkdir()
    configuration = PROSODY.format(
        home=home, interfaces=", ".join(f'"{a}"' for a in addresses), direct=direct,
        users=", ".join(f'"{a}"' for a in users), key=certificates.key(domain),
        certificate=certificates.certificate(domain), authority=certificates.authority)
    for number in range(XMPP_HOSTS):
        for family in ("v4", "v6"):
            configuration += f'VirtualHost "c{number}.{family}.{domain}"\n'
    path = home / "prosody.cfg.lua"
    path.write_text(configuration)
    sandbox.start(namespace, f"prosody-{domain}", "prosody", "-F", "--config", path)


KAMAILIO = """\
#!KAMAILIO
log_stderror=yes
children=1
tcp_children=2
enable_tls=yes
auto_aliases=no
dns=no
rev_dns=no
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "tls.so"
modparam("tls", "config", "{tls}")
{listen}
request_route {{
    if (is_method("OPTIONS")) {{
        append_to_reply("X-Edge: $pr\\r\\n");
        sl_send_reply("200", "{domain} is here");
        exit;
    }}
    sl_send_reply("501", "Not Implemented");
}}
"""


def start_kamailio(sandbox, namespace, domain, addresses, ports, certificates):
    """A SIP server that answers OPTIONS. On 5061 it wants a certificate from its client (MTLS)."""
    certificates.issue(domain)
    home = sandbox.directory / f"kamailio-{domain}"
    home.mkdir()
    tls = home / "tls.cfg"
    sections = []
    for address in addresses:
        for port in ports:
            bracketed = f"[{address}]" if ":" in address else address
            verify = "yes" if port == 5061 else "no"
            sections.append((f"server:{bracketed}:{port}", verify))
    tls.write_text("".join(
        f"[{name}]\nmethod = TLSv1.2+\nprivate_key = {certificates.key(domain)}\n"
        f"certificate = {certificates.certificate(domain)}\nca_list = {certificates.authority}\n"
        f"verify_certificate = {verify}\nrequire_certificate = {verify}\n\n"
        for name, verify in [("server:default", "yes"), ("client:default", "yes"), *sections]))
    path = home / "kamailio.cfg"
    path.write_text(KAMAILIO.format(
        tls=tls, domain=domain,
        listen="\n".join("listen=tls:" + name.removeprefix("server:") for name, _ in sections)))
    sandbox.start(namespace, f"kamailio-{domain}", "kamailio", "-DD", "-E", "-m", "32", "-M", "8",
                  "-f", path, "-Y", home)


def start_coturn(sandbox, namespace, addresses):
    """A STUN server on UDP 3478."""
    name = f"coturn-{namespace.name}"
    listening = [word for address in addresses for word in ("--listening-ip", address)]
    sandbox.start(namespace, name, "turnserver", "-n", "--stun-only", "--no-rfc5780", "--no-tcp",
                  "--no-tls", "--no-dtls", "--no-cli", "--log-file", "stdout", "--simple-log",
                  "--userdb", sandbox.directory / f"{name}.sqlite",
                  "--pidfile", sandbox.directory / f"{name}.pid", *listening)


def start_tls(sandbox, namespace, name, port, certificates):
    """A TLS server that wants a certificate and sends each line back reversed."""
    if not certificates.certificate(name).exists():
        certificates.issue(name)
    sandbox.start(namespace, f"tls-{namespace.name}-{port}", "openssl", "s_server", "-rev",
                  "-accept", port, "-Verify", "2", "-verify_return_error",
                  "-CAfile", certificates.authority,
                  "-key", certificates.key(name), "-cert", certificates.certificate(name))


def start_sockets(sandbox, namespace, addresses, *services):
    """Plain servers that send back what they get. SERVICES are tcp:PORT or udp:PORT."""
    sandbox.start(namespace, f"sockets-{namespace.name}", sys.executable, HERE / "sockets.py",
                  "serve", *addresses, "--", *services)
