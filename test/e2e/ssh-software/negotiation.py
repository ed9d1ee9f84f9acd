"""What two SSH ends negotiate, out of their first bytes: an implementation apart, to compare with.

Reads a JSON list of {"client": base64, "server": base64} on stdin, and writes a list of what it found. After RFC 4253,
sections 4.2 and 7.1, and the definition of HASSH.
"""
import base64
import hashlib
import json
import sys

LISTS = ["kex", "hostkey", "cipher.c2s", "cipher.s2c", "mac.c2s", "mac.s2c", "compression.c2s", "compression.s2c"]
PSEUDO = {"ext-info-c", "ext-info-s", "kex-strict-c-v00@openssh.com", "kex-strict-s-v00@openssh.com", "kexguess2@matt.ucc.asn.au"}


def read(data):
    """The identification line, and the lists of KEXINIT as text: None where that has not come whole."""
    while True:
        line, data = data.split(b"\n", 1)
        if line.startswith(b"SSH-"):
            break
    line = line.rstrip(b"\r").decode("latin1")
    length = int.from_bytes(data[:4], "big")
    if len(data) < 4 + max(length, 1):
        return line, None
    payload = data[5 : 4 + length - data[4]]
    assert payload[0] == 20, payload[:1]
    rest, lists = payload[17:], []
    for _ in range(10):
        size = int.from_bytes(rest[:4], "big")
        lists.append(rest[4 : 4 + size].decode("latin1"))
        rest = rest[4 + size :]
    return line, dict(zip(LISTS, lists))


def hassh(lists, way):
    text = ";".join([lists["kex"], lists["cipher." + way], lists["mac." + way], lists["compression." + way]])
    return hashlib.md5(text.encode("latin1")).hexdigest(), text


def choose(client, server):
    for name in client.split(","):
        if name not in PSEUDO and name in server.split(","):
            return name
    return ""


def is_aead(cipher):
    return cipher == "chacha20-poly1305@openssh.com" or "-gcm@" in cipher


def is_quantum(names):
    return any(part in name for name in names.split(",") for part in ("mlkem", "sntrup", "kyber"))


def judge(client_bytes, server_bytes):
    client_ident, client = read(client_bytes)
    server_ident, server = read(server_bytes)
    idents = {"client.ident": client_ident, "server.ident": server_ident}
    if client is None or server is None:
        return idents
    told = {name: choose(client[name], server[name]) for name in LISTS}
    for way in ("c2s", "s2c"):
        if is_aead(told["cipher." + way]):
            told["mac." + way] = "implicit"
    strict = "kex-strict-c-v00@openssh.com" in client["kex"] and "kex-strict-s-v00@openssh.com" in server["kex"]
    ways = [(told["cipher." + way], told["mac." + way]) for way in ("c2s", "s2c")]
    weak = any(
        cipher == "chacha20-poly1305@openssh.com" or (cipher.endswith("-cbc") and mac.endswith("-etm@openssh.com"))
        for cipher, mac in ways
    )
    offers = (is_quantum(client["kex"]), is_quantum(server["kex"]))
    offered = {(True, True): "both", (True, False): "client", (False, True): "server", (False, False): "none"}[offers]
    found = idents | {
        "pq": "yes" if is_quantum(told["kex"]) else "no",
        "pq.offered": offered,
        "strict_kex": "1" if strict else "0",
        "terrapin": "1" if weak and not strict else "0",
    }
    found["hostkey_alg"] = told.pop("hostkey")
    found.update(told)
    found["client.hassh"], found["client.hassh_string"] = hassh(client, "c2s")
    found["server.hassh"], found["server.hassh_string"] = hassh(server, "s2c")
    return found


def main():
    pairs = json.load(sys.stdin)
    json.dump([judge(base64.b64decode(pair["client"]), base64.b64decode(pair["server"])) for pair in pairs], sys.stdout)


main()
