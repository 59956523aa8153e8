#!/usr/bin/env python3
"""Makes known_digests.json with Python's hashlib, independently of the Swift code: SHA-256 of texts, tensor digests,
Merkle roots by the recursive definition of RFC 6962, weights digests, and JSON numbers in canonical form.

    python3 make_known_digests.py > known_digests.json
"""
import hashlib
import json
import struct


def sha(*parts):
    h = hashlib.sha256()
    for p in parts:
        h.update(p)
    return h.digest()


def leaf(data):
    return sha(b"\x00", data)


def root_of_hashes(hs):
    if not hs:
        return sha()
    if len(hs) == 1:
        return hs[0]
    k = 1
    while k * 2 < len(hs):
        k *= 2
    return sha(b"\x01", root_of_hashes(hs[:k]), root_of_hashes(hs[k:]))


def u64(n):
    return struct.pack("<Q", n)


def tensor(name, dtype, shape, data):
    n, d = name.encode(), dtype.encode()
    return sha(b"smpo/tensor/1\0", u64(len(n)), n, u64(len(d)), d, u64(len(shape)), *map(u64, shape), u64(len(data)), data)


TENSORS = [
    ("conv_in.weight", "F32", [2, 3], struct.pack("<6f", 1, -2, 0.5, 0, -0.0, 3e38)),
    ("conv_in.bias", "F32", [2], struct.pack("<2f", 0.25, 1e-40)),
    ("scalar", "F64", [], struct.pack("<d", 3.25)),
    ("empty", "F16", [0, 4], b""),
    ("Z", "I64", [1], struct.pack("<q", -7)),
    ("\u00e9", "BF16", [2], b"\x80\x3f\x00\xc0"),
    ("e\u0301", "BF16", [2], b"\x80\x3f\x00\xc0"),
    ("\uff5e", "F32", [1], struct.pack("<f", 2)),
    ("\U0001f600", "F32", [1], struct.pack("<f", 4)),
]


def main():
    texts = ["", "abc", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "a" * 1000]
    tensors = [
        {"name": n, "dtype": d, "shape": s, "bytes": b.hex(), "digest": tensor(n, d, s, b).hex()}
        for n, d, s, b in TENSORS
    ]
    ordered = sorted(TENSORS, key=lambda t: t[0].encode())
    leaves = [sha(bytes([i])) for i in range(33)]
    out = {
        "sha256": [{"text": t, "digest": sha(t.encode()).hex()} for t in texts],
        "domains": [{"domain": d, "text": "payload", "digest": sha(d.encode(), b"\0", b"payload").hex()}
                    for d in ["smpo/file/1", "smpo/step-record/1", "smpo/manifest/1"]],
        "tensors": tensors,
        "weights": root_of_hashes([leaf(tensor(*t)) for t in ordered]).hex(),
        "merkle": [root_of_hashes([leaf(x) for x in leaves[:n]]).hex() for n in range(len(leaves) + 1)],
    }
    print(json.dumps(out, indent=1, ensure_ascii=True))


main()
