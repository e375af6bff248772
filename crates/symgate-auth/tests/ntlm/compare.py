"""Adds to recorded NTLM exchanges what pyspnego (MIT) makes of them as a client: `python compare.py FILE...`.

From our type 3 message and the password it learns our client challenge and session key, gives them to pyspnego in place
of random bytes, and writes down pyspnego's own type 3 for the same challenge (`pyspnego`), and the MIC that pyspnego
computes over our three messages (`pyspnego-mic`). The layout differs, the fields may not.
"""

import base64
import hashlib
import os
import struct
import sys

import spnego._ntlm as ntlm
from spnego.channel_bindings import GssChannelBindings
from spnego._ntlm_raw.crypto import hmac_md5, ntowfv1, ntowfv2, rc4k
from spnego._ntlm_raw.messages import Authenticate, AvFlags, AvId, FileTime, NTClientChallengeV2

WALL = 1_700_000_000


def compare(path):
    lines = [line.rstrip("\n") for line in open(path, encoding="utf-8") if not line.startswith("pyspnego")]
    fields = dict(line.partition(" ")[::2] for line in lines if line and not line.startswith("#"))
    sent = [base64.b64decode(line.split(" ")[2]) for line in lines if line.startswith("client NTLM ")]
    challenge = next(base64.b64decode(line.split(" ")[2]) for line in lines if line.startswith("server NTLM "))
    ours = Authenticate.unpack(sent[1])

    if "\\" in fields["user"]:
        domain, user = fields["user"].split("\\")
    else:
        domain, user = "", fields["user"]
    key = ntowfv2(user, ntowfv1(fields["password"]), domain)
    base = hmac_md5(key, ours.nt_challenge_response[:16])
    wrapped = ours.encrypted_random_session_key
    draws = [ours.nt_challenge_response[32:40]] + ([rc4k(base, wrapped)] if wrapped else [])

    os.environ["NETBIOS_COMPUTER_NAME"] = fields["workstation"]
    ntlm.os.urandom = lambda count: draws.pop(0)
    ntlm.FileTime.now = classmethod(lambda cls: FileTime.unpack(struct.pack("<Q", (WALL + 11644473600) * 10**7)))
    ntlm.md5 = lambda data: hashlib.md5(data).digest()
    if "certificate" in fields:
        data = b"tls-server-end-point:" + hashlib.sha256(bytes.fromhex(fields["certificate"])).digest()
        bindings = GssChannelBindings(application_data=data)
    else:
        # It leaves the pair out where we send zeros, unless it has bindings, whose hash is made zeros here.
        bindings = GssChannelBindings(application_data=b"")
        ntlm.md5 = lambda data: bytes(16)
    client = ntlm.NTLMProxy(fields["user"], fields["password"], fields["host"], "HTTP", bindings)
    client._credential.domain, client._credential.username = domain, user
    client.step()
    theirs = client.step(challenge)
    zeroed = bytearray(sent[1])
    pairs = NTClientChallengeV2.unpack(ours.nt_challenge_response[16:]).av_pairs
    if pairs.get(AvId.flags, 0) & AvFlags.mic:
        zeroed[72:88] = bytes(16)
        lines.append("pyspnego-mic " + client._calculate_mic(client.session_key, sent[0], challenge, bytes(zeroed)).hex())
    lines.append("pyspnego " + theirs.hex())
    open(path, "w", encoding="utf-8").write("\n".join(lines) + "\n")


for path in sys.argv[1:]:
    compare(path)
