"""A client of NTLM and Negotiate by pyspnego: one fetch on one connection; prints the statuses of its requests.

One argument, a JSON object:
  port              of the server or proxy, on loopback
  ca                the authority to trust for TLS to it, or null for clear text
  proxy             whether it is a proxy
  target            what to ask for: a path, a URL for a proxy, or host:port to CONNECT to
  scheme            NTLM or Negotiate
  user, password
  bound             bind the tokens to this certificate chain's first certificate, or null
After the statuses it prints the name of the field that brought a last token.
"""

import base64
import hashlib
import json
import socket
import ssl
import sys

import spnego
import spnego.exceptions
from spnego.channel_bindings import GssChannelBindings

GIVEN = json.loads(sys.argv[1])
END_OF_CERTIFICATE = "-----END CERTIFICATE-----"


def bindings():
    if not GIVEN["bound"]:
        return None
    with open(GIVEN["bound"], encoding="ascii") as chain:
        first = chain.read().split(END_OF_CERTIFICATE)[0] + END_OF_CERTIFICATE
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).digest()
    return GssChannelBindings(application_data=b"tls-server-end-point:" + digest)


def connect():
    wire = socket.create_connection(("127.0.0.1", GIVEN["port"]), 20)
    if not GIVEN["ca"]:
        return wire
    return ssl.create_default_context(cafile=GIVEN["ca"]).wrap_socket(wire, server_hostname="localhost")


def ask(wire, lines, token):
    """Sends the request; the answer's status and fields."""
    field = "Proxy-Authorization" if GIVEN["proxy"] else "Authorization"
    tunnel = GIVEN["proxy"] and "/" not in GIVEN["target"]
    head = f"{'CONNECT' if tunnel else 'GET'} {GIVEN['target']} HTTP/1.1\r\nHost: localhost\r\n"
    head += f"{field}: {GIVEN['scheme']} {base64.b64encode(token).decode()}\r\n\r\n"
    wire.sendall(head.encode())
    status = int(lines.readline().split()[1])
    fields = []
    while line := lines.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        fields.append((name.lower(), value.strip()))
    if not (tunnel and status == 200):
        lines.read(int(dict(fields).get("content-length", 0)))
    return status, fields


def token_in(fields):
    for name, value in fields:
        scheme, _, token = value.partition(" ")
        if scheme == GIVEN["scheme"] and token:
            return name, base64.b64decode(token)
    return None, None


def step(context, token):
    try:
        return context.step(token)
    except spnego.exceptions.InvalidTokenError:
        # SPNEGO has a token for a rejection.
        return None


def main():
    options = spnego.NegotiateOptions
    negotiate = GIVEN["scheme"] == "Negotiate"
    context = spnego.client(
        GIVEN["user"],
        GIVEN["password"],
        hostname="localhost",
        service="http",
        protocol="negotiate" if negotiate else "ntlm",
        # Its own NTLM, not that of a GSSAPI library.
        options=options.use_negotiate if negotiate else options.use_ntlm,
        channel_bindings=bindings(),
    )
    wire = connect()
    lines = wire.makefile("rb")
    said = []
    token = None
    while token := step(context, token):
        status, fields = ask(wire, lines, token)
        said.append(str(status))
        name, token = token_in(fields)
        if status not in (401, 407):
            if token:
                step(context, token)
                said.append(name)
            break
        if token is None:
            break
    print(" ".join(said))


main()
