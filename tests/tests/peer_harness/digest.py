"""A client of Digest that keeps its nonce as long as it serves: PORT REALM USER PASSWORD URL, all on one connection.

Prints the statuses of its requests, and `stale` if the proxy says so in the end.
"""

import hashlib
import re
import socket
import sys

PORT, REALM, USER, PASSWORD, URL = sys.argv[1:]


def md5(*words):
    return hashlib.md5(":".join(words).encode()).hexdigest()


def ask(wire, lines, field):
    wire.sendall(f"GET {URL} HTTP/1.1\r\nHost: localhost\r\n{field}\r\n".encode())
    status = lines.readline().split()[1].decode()
    fields = {}
    while line := lines.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip()
    lines.read(int(fields["content-length"]))
    return status, fields.get("proxy-authenticate", "")


wire = socket.create_connection(("127.0.0.1", int(PORT)), 20)
lines = wire.makefile("rb")
status, challenge = ask(wire, lines, "")
said = [status]
nonce = re.search('nonce="([^"]*)"', challenge)[1]
for use in range(1, 10):
    count, own = f"{use:08x}", "0a4f113b"
    response = md5(md5(USER, REALM, PASSWORD), nonce, count, own, "auth", md5("GET", URL))
    field = f'Proxy-Authorization: Digest username="{USER}", realm="{REALM}", nonce="{nonce}", uri="{URL}", '
    field += f'qop=auth, nc={count}, cnonce="{own}", response="{response}"\r\n'
    status, challenge = ask(wire, lines, field)
    said.append(status)
    if status != "200":
        break
if "stale=true" in challenge:
    said.append("stale")
print(" ".join(said))
