"""Makes the GGUF file of the checkpoint tests with Python's gguf, and what the tests compare with.

    pip install gguf==0.19.0 numpy
    python make_gguf.py               # writes python.gguf, gguf.json and the parts of parts.gguf beside this file
"""

import hashlib
import json
import os
import pathlib
import struct

import gguf
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def parts():
    """A model in three parts, and the same in one file."""
    for name, options in [("parts.gguf", {"split_max_tensors": 2}), ("parts-whole.gguf", {})]:
        rng = np.random.default_rng(8)
        writer = gguf.GGUFWriter(os.path.join(HERE, name), "llama", **options)
        writer.add_string("general.name", "parts")
        for index in range(5):
            writer.add_tensor(f"blk.{index}.weight", rng.standard_normal((2, 3), dtype=np.float32))
        writer.write_header_to_file(path=pathlib.Path(HERE, name))
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def main():
    rng = np.random.default_rng(7)
    path = os.path.join(HERE, "python.gguf")
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_uint8("k.uint8", 200)
    writer.add_int8("k.int8", -100)
    writer.add_uint16("k.uint16", 60000)
    writer.add_int16("k.int16", -30000)
    writer.add_uint32("k.uint32", 4000000000)
    writer.add_int32("k.int32", -2000000000)
    writer.add_float32("k.float32", 1e-5)
    writer.add_bool("k.true", True)
    writer.add_bool("k.false", False)
    writer.add_string("k.text", "größe/尺寸/😀")
    writer.add_uint64("k.uint64", 2**64 - 1)
    writer.add_int64("k.int64", -(2**63))
    writer.add_float64("k.float64", 0.1)
    tokens = [f"token {n}" for n in range(300)]
    scores = [float(n) for n in range(40)]
    writer.add_array("k.short", [1, 2, 3])
    writer.add_array("k.words", ["a", "b \"c\""])
    writer.add_array("k.tokens", tokens)
    writer.add_array("k.scores", scores)
    writer.add_array("k.nested", [[1, 2], [3]])
    writer.add_custom_alignment(64)

    tensors = {}

    def add(name, array, raw_dtype=None, type_name=None, shape=None):
        writer.add_tensor(name, array, raw_dtype=raw_dtype)
        tensors[name] = {
            "type": type_name, "shape": list(shape or array.shape),
            "sha256": hashlib.sha256(array.tobytes()).hexdigest()}

    add("f32", rng.standard_normal((2, 3, 4), dtype=np.float32), None, "F32")
    add("f16", rng.standard_normal((5,)).astype(np.float16), None, "F16")
    add("f64", rng.standard_normal((3, 1)), None, "F64")
    for name in ["int8", "int16", "int32", "int64"]:
        add(name, rng.integers(-100, 100, (2, 3)).astype(name), None, "I" + name[3:])
    brain = rng.integers(0, 256, (2, 8), dtype=np.uint8)
    add("brain", brain, gguf.GGMLQuantizationType.BF16, "BF16", (2, 4))
    plain = {"F32", "F16", "F64", "BF16", "I8", "I16", "I32", "I64"}
    for kind, (elements, size) in gguf.GGML_QUANT_SIZES.items():
        if kind.name not in plain:
            add(f"blk.{kind.name}", rng.integers(0, 256, (3, 2 * size), dtype=np.uint8), kind, kind.name,
                (3, 2 * elements))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

    def digest(data):
        return hashlib.sha256(data).hexdigest()

    text_bytes = b"".join(struct.pack("<Q", len(t)) + t.encode() for t in tokens)
    metadata = {
        "general.architecture": '"llama"', "general.alignment": "uint32 64", "k.uint8": "uint8 200",
        "k.int8": "int8 -100", "k.uint16": "uint16 60000", "k.int16": "int16 -30000",
        "k.uint32": "uint32 4000000000", "k.int32": "int32 -2000000000", "k.float32": "float32 1e-05",
        "k.true": "true", "k.false": "false", "k.text": '"größe/尺寸/😀"', "k.uint64": f"uint64 {2**64 - 1}",
        "k.int64": f"int64 {-(2**63)}", "k.float64": "float64 0.1", "k.short": "int32 [1, 2, 3]",
        "k.words": "string [\"a\", \"b \\\"c\\\"\"]", "k.nested": "array [int32 [1, 2], int32 [3]]",
        "k.tokens": f"string [300, sha256 {digest(text_bytes)}]",
        "k.scores": f"float32 [40, sha256 {digest(struct.pack('<40f', *scores))}]",
    }
    # What Python's own reader finds has to be the same.
    reader = gguf.GGUFReader(path)
    assert {field for field in reader.fields if not field.startswith("GGUF.")} == set(metadata)
    assert {tensor.name: digest(tensor.data.tobytes()) for tensor in reader.tensors} == {
        name: tensor["sha256"] for name, tensor in tensors.items()}
    with open(os.path.join(HERE, "gguf.json"), "w", encoding="utf-8") as file:
        json.dump({"tensors": tensors, "metadata": metadata}, file, indent=1)
        file.write("\n")


main()
parts()
