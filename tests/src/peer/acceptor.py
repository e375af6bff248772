"""A server or proxy that judges NTLM and Negotiate with pyspnego, connection by connection.

One argument, a JSON object:
  port, log, schemes    where to listen, where to write a line for each request, what to offer, in this order
  proxy                 whether to be a forward proxy (407, CONNECT too) instead of an origin (401)
  root                  the directory whose files the origin serves
  tls                   certificate chain and key, or null
  bindings              whether a client has to prove that it sees this certificate (RFC 5929, tls-server-end-point)
The users are those of the file in NTLM_USER_FILE: DOMAIN:NAME:PASSWORD.
"""

import base64
import hashlib
import http.client
import json
import os
import select
import socket
import socketserver
import ssl
import sys
import threading
import urllib.parse

import spnego
from spnego.channel_bindings import GssChannelBindings

LONGEST_LINE = 1 << 16
END_OF_CERTIFICATE = "-----END CERTIFICATE-----"


class Settings:
    """What the argument says, and what follows from it."""

    def __init__(self, given):
        self.__dict__.update(given)
        self.bound = self.end_point() if given["bindings"] else None
        self.context = None
        if self.tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*self.tls)
        if self.proxy:
            self.status, self.ask, self.answer = 407, "Proxy-Authenticate", "proxy-authorization"
            self.last = "Proxy-Authentication-Info"
        else:
            self.status, self.ask, self.answer = 401, "WWW-Authenticate", "authorization"
            self.last = "WWW-Authenticate"
        self.writing = threading.Lock()

    def end_point(self):
        # The certificates of these tests are signed with SHA-256, so that is the hash of the binding too.
        with open(self.tls[0], encoding="ascii") as chain:
            first = chain.read().split(END_OF_CERTIFICATE)[0] + END_OF_CERTIFICATE
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).digest()
        return GssChannelBindings(application_data=b"tls-server-end-point:" + digest)

    def write(self, *fields):
        with self.writing, open(self.log, "a", encoding="latin-1") as log:
            log.write(" ".join(str(field) for field in fields) + "\n")


class Connection(socketserver.BaseRequestHandler):
    """One client; who he is, is a property of the connection."""

    def setup(self):
        self.wire = self.request
        self.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if SETTINGS.context:
            self.wire = SETTINGS.context.wrap_socket(self.wire, server_side=True)
        self.lines = self.wire.makefile("rb")
        self.exchange = None
        self.user = None

    def handle(self):
        while request := self.head():
            method, target, fields = request
            self.lines.read(int(fields.get("content-length", 0)))
            self.credentials = fields.get(SETTINGS.answer, "-")
            extra = [] if self.user else self.log_on(method, target)
            if extra is None:
                continue
            if not SETTINGS.proxy:
                self.serve(method, target, extra)
            elif method == "CONNECT":
                self.tunnel(method, target)
                return
            else:
                self.forward(method, target, fields, extra)

    def head(self):
        start = self.lines.readline(LONGEST_LINE).decode("latin-1").split()
        if len(start) != 3:
            return None
        fields = {}
        while line := self.lines.readline(LONGEST_LINE).decode("latin-1").strip():
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        return start[0], start[1], fields

    def log_on(self, method, target):
        """Fields for the answer once the client is known; None when it has been asked for more."""
        scheme, _, token = self.credentials.partition(" ")
        offer = [(SETTINGS.ask, offered) for offered in SETTINGS.schemes]
        known = {offered.lower(): offered for offered in SETTINGS.schemes}
        scheme = known.get(scheme.lower())
        if scheme is None:
            self.exchange = None
            return self.reply(method, target, SETTINGS.status, offer)
        try:
            said = self.judge(scheme).step(base64.b64decode(token, validate=True))
        except Exception as error:  # whatever it thinks of a client's bytes, the client is refused
            print("refused:", type(error).__name__, error, file=sys.stderr, flush=True)
            self.exchange = None
            return self.reply(method, target, SETTINGS.status, offer)
        word = scheme + " " + base64.b64encode(said or b"").decode("ascii")
        if not self.exchange.complete:
            return self.reply(method, target, SETTINGS.status, [(SETTINGS.ask, word)])
        self.user = self.exchange.client_principal.replace(" ", "_")
        return [(SETTINGS.last, word)] if said else []

    def judge(self, scheme):
        if self.exchange is None:
            negotiate = scheme == "Negotiate"
            options = spnego.NegotiateOptions
            self.exchange = spnego.server(
                protocol="negotiate" if negotiate else "ntlm",
                # Its own NTLM, not that of a GSSAPI library.
                options=options.use_negotiate if negotiate else options.use_ntlm,
                channel_bindings=SETTINGS.bound,
            )
        return self.exchange

    def reply(self, method, target, status, fields, body=b""):
        reason = http.client.responses.get(status, "Said")
        head = [f"HTTP/1.1 {status} {reason}", f"Content-Length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in fields]
        # Before the answer: who has it may look into the log.
        self.note(method, target, status, len(body))
        self.wire.sendall("\r\n".join(head + ["", ""]).encode("latin-1") + body)

    def note(self, method, target, status, length):
        port = self.client_address[1]
        SETTINGS.write(port, method, target, status, self.user or "-", length, self.credentials)

    def serve(self, method, target, extra):
        path = os.path.normpath("/" + urllib.parse.unquote(urllib.parse.urlsplit(target).path))
        try:
            with open(SETTINGS.root + path, "rb") as file:
                self.reply(method, target, 200, extra, file.read())
        except OSError:
            self.reply(method, target, 404, extra)

    def forward(self, method, target, fields, extra):
        url = urllib.parse.urlsplit(target)
        onward = http.client.HTTPConnection(url.hostname, url.port or 80, timeout=30)
        mine = {SETTINGS.answer, "connection", "proxy-connection"}
        kept = {name: value for name, value in fields.items() if name not in mine}
        path = urllib.parse.urlunsplit(("", "", url.path or "/", url.query, ""))
        onward.request(method, path, headers=kept)
        answer = onward.getresponse()
        body = answer.read()
        theirs = {"content-length", "transfer-encoding", "connection"}
        extra += [(name, value) for name, value in answer.getheaders() if name.lower() not in theirs]
        self.reply(method, target, answer.status, extra, body)
        onward.close()

    def tunnel(self, method, target):
        host, _, port = target.rpartition(":")
        try:
            onward = socket.create_connection((host.strip("[]"), int(port)), 10)
        except OSError:
            return self.reply(method, target, 502, [])
        onward.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.note(method, target, 200, 0)
        self.wire.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        other = {self.wire: onward, onward: self.wire}
        while True:
            for source in select.select(list(other), [], [])[0]:
                pending = True
                while pending:
                    bytes_read = source.recv(1 << 16)
                    if not bytes_read:
                        onward.close()
                        return None
                    other[source].sendall(bytes_read)
                    # What TLS has decrypted already, `select` does not see.
                    pending = isinstance(source, ssl.SSLSocket) and source.pending()

    def finish(self):
        self.lines.close()


class Server(socketserver.ThreadingTCPServer):
    """A thread for each connection."""

    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        # The harness looks who listens, clients go away, and some do not trust the certificate.
        print("gone:", client_address, sys.exc_info()[1], file=sys.stderr, flush=True)


SETTINGS = Settings(json.loads(sys.argv[1]))
Server(("127.0.0.1", SETTINGS.port), Connection).serve_forever()
