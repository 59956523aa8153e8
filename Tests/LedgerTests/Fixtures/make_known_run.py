#!/usr/bin/env python3
"""Makes known_run.json with Python's hashlib and json: the canonical texts, digests and heads of a small run,
independently of the Swift code.

    python3 make_known_run.py > known_run.json
"""
import hashlib
import json
import struct


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def f32(x):
    return "0x%08x" % struct.unpack("<I", struct.pack("<f", x))[0]


def f64(x):
    return "0x%016x" % struct.unpack("<Q", struct.pack("<d", x))[0]


def tensor(name, dtype, shape, data):
    def u64(n):
        return struct.pack("<Q", n)

    n, d = name.encode(), dtype.encode()
    return sha(b"smpo/tensor/1\0", u64(len(n)), n, u64(len(d)), d, u64(len(shape)), *map(u64, shape), u64(len(data)), data)


def commitment(tensors):
    names = sorted(tensors, key=str.encode)
    return {"count": len(names), "names": sha(b"smpo/tensor-names/1\0", canonical(names)).hex(),
            "root": merkle([tensors[name] for name in names]).hex()}


def gradients(step):
    return {f"layer.{i}.weight": tensor(f"layer.{i}.weight", "F32", [2], struct.pack("<2f", i, step)) for i in range(3)}


def record(step):
    return {
        "step": step,
        "phases": {
            "batch": {"pairs": {"text": [f"pair-{step}", "\u00e9\n\""]}, "counters": {"i64": [step, -(2**63)]}},
            "inversion": {"tensors": commitment({"latent.0": tensor("latent.0", "F32", [2, 2], struct.pack("<4f", 1, 2, 3, step))})},
            "loss": {"loss": {"f32": [f32(0.5 / step)]}, "margins": {"f64": [f64(0.1 * step), f64(-0.0)]}},
            "gradient": {"norm": {"f32": [f32(step)]}, "tensors": commitment(gradients(step))},
        },
    }


def merkle(leaves):
    hs = [sha(b"\x00", x) for x in leaves]

    def root(h):
        if len(h) == 1:
            return h[0]
        k = 1
        while k * 2 < len(h):
            k *= 2
        return sha(b"\x01", root(h[:k]), root(h[k:]))

    return root(hs)


def main():
    inputs = {
        "contract": "ref-1", "backend": "reference", "recipe": {"steps": 3, "name": "shapes"}, "seed": 2**64 - 1,
        "streams": {"noise": 1, "timestep": 0}, "digests": {"model": sha(b"model").hex()},
    }
    inputs_digest = sha(b"smpo/manifest-inputs/1\0", canonical(inputs))
    head = sha(b"smpo/chain-start/1\0", inputs_digest)
    steps, digests = [], []
    for n in (1, 2, 3):
        text = canonical(record(n))
        digest = sha(b"smpo/step-record/1\0", text)
        head = sha(b"smpo/chain-link/1\0", head, digest)
        digests.append(digest)
        loss = sha(b"smpo/phase-record/1\0", canonical(record(n)["phases"]["loss"]))
        steps.append({"record": text.decode(), "digest": digest.hex(), "head": head.hex(), "loss_phase": loss.hex()})
    print(json.dumps({"inputs": canonical(inputs).decode(), "inputs_digest": inputs_digest.hex(), "steps": steps,
                      "steps_root": merkle(digests).hex()}, indent=1))


main()
