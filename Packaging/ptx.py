"""Compiles the kernels to PTX and packs it where the program embeds it: see `make ptx`.

ptx.py make NVRTC          writes kernels.ptx.zst, and kernels.sha256: the digests of what it was made from
ptx.py check NVRTC         compiles, and compares what the kernels compute with kernels.ptx.zst
ptx.py table NVRTC PTXAS   prints the page of registers and spills

NVRTC is the library libnvrtc.so, PTXAS the assembler: both of PyPI, of the version that the Makefile says.
"""
import collections
import ctypes
import hashlib
import os
import re
import subprocess
import sys
import tempfile

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Sources", "CCuda")
PACKED, RECORD = os.path.join(FOLDER, "kernels", "kernels.ptx.zst"), os.path.join(FOLDER, "kernels", "kernels.sha256")
# No fused multiply-add but where the source says so; all else is exact by default: subnormals, quotients, roots.
OPTIONS = ["--gpu-architecture=compute_80", "--fmad=false", "--std=c++17"]
ARCHITECTURES = ["sm_80", "sm_90"]


def sources():
    """The files that reach NVRTC, relative to the folder."""
    seen, todo = [], ["kernels/kernels.cu"]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.append(name)
        with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
            for header in re.findall(r'^#include "([^"]+)"', file.read(), re.M):
                found = [f for f in (f"kernels/{header}", f"include/{header}") if os.path.exists(os.path.join(FOLDER, f))]
                todo += found
    return sorted(seen)


def ptx(library):
    nvrtc = ctypes.CDLL(library)

    def text(program, name):
        size = ctypes.c_size_t()
        getattr(nvrtc, f"nvrtcGet{name}Size")(program, ctypes.byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        getattr(nvrtc, f"nvrtcGet{name}")(program, buffer)
        return buffer.value

    with open(os.path.join(FOLDER, "kernels", "kernels.cu"), "rb") as file:
        source = file.read()
    program = ctypes.c_void_p()
    # The name is not that of the file, which would then seem to include itself.
    if nvrtc.nvrtcCreateProgram(ctypes.byref(program), source, b"smpo", 0, None, None):
        sys.exit("NVRTC does not start")
    options = OPTIONS + [f"-I{FOLDER}/include", f"-I{FOLDER}/kernels"]
    result = nvrtc.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*map(str.encode, options)))
    log = text(program, "ProgramLog").decode()
    if result or "warning" in log:
        sys.exit(f"the kernels do not compile without complaint:\n{log}")
    return text(program, "PTX")


def arithmetic(text):
    """Of each kernel: how often it has each instruction that computes with floats, meets or counts.

    NVRTC numbers registers and places instructions otherwise from run to run; what is computed is the same.
    """
    pattern = r"^\s*(?:@\S+ )?((?:(?:add|sub|mul|fma|div|sqrt|rcp|cvt|max|min)\.[\w.]*f(?:32|64)|bar\.|atom\.|red\.)[\w.]*)"
    kernels = re.findall(r"\.entry (\w+)\((.*?)\n}", text.decode(), re.S)
    return {name: collections.Counter(re.findall(pattern, body, re.M)) for name, body in kernels}


def zstd():
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_compressBound.restype = library.ZSTD_compress.restype = library.ZSTD_decompress.restype = ctypes.c_size_t
    library.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
    return library


def packed(data):
    library = zstd()
    bound = library.ZSTD_compressBound(ctypes.c_size_t(len(data)))
    buffer = ctypes.create_string_buffer(bound)
    size = library.ZSTD_compress(buffer, ctypes.c_size_t(bound), data, ctypes.c_size_t(len(data)), 19)
    return buffer.raw[:size]


def unpacked(data):
    library = zstd()
    size = library.ZSTD_getFrameContentSize(data, ctypes.c_size_t(len(data)))
    buffer = ctypes.create_string_buffer(size)
    library.ZSTD_decompress(buffer, ctypes.c_size_t(size), data, ctypes.c_size_t(len(data)))
    return buffer.raw


def record(text):
    lines = [f"# options: {' '.join(OPTIONS)}"]
    lines += [f"# compiler: {line[3:].strip()}" for line in text.decode().splitlines() if line.startswith("// Cuda comp")]
    for name in sources():
        with open(os.path.join(FOLDER, name), "rb") as file:
            lines.append(f"{hashlib.sha256(file.read()).hexdigest()}  {name}")
    return "\n".join(lines) + "\n"


def table(text, assembler):
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "kernels.ptx")
        with open(path, "wb") as file:
            file.write(text)
        for architecture in ARCHITECTURES:
            out = subprocess.run(
                [assembler, "-v", f"--gpu-name={architecture}", path, "-o", os.path.join(folder, "out")], check=True,
                capture_output=True, text=True).stderr
            pattern = r"Compiling entry function '(\w+)'.*?(\d+) bytes spill stores, (\d+) bytes spill loads.*?Used (\d+) registers"
            for name, stores, loads, registers in re.findall(pattern, out, re.S):
                rows.setdefault(name, []).append((int(registers), int(stores) + int(loads)))
    threads = {name: int(count) for name, count in re.findall(r"\.entry (\w+)\(.*?\.maxntid (\d+)", text.decode(), re.S)}
    print("# Kernels of the device `cuda`\n")
    print("Threads of a block at most; registers of a thread and bytes spilled to memory a thread, by NVIDIA's assembler.")
    print("`make ptx` writes this page.\n")
    print("| kernel | threads | " + " | ".join(f"{a} registers | {a} spilled" for a in ARCHITECTURES) + " |")
    print("|---|--:|" + "--:|--:|" * len(ARCHITECTURES))
    for name in sorted(rows):
        print(f"| `{name}` | {threads.get(name, '')} | " + " | ".join(f"{r} | {s}" for r, s in rows[name]) + " |")


def main():
    command, library = sys.argv[1:3]
    text = ptx(library)
    if command == "make":
        with open(PACKED, "wb") as file:
            file.write(packed(text))
        with open(RECORD, "w") as file:
            file.write(record(text))
    elif command == "check":
        with open(PACKED, "rb") as file:
            ours = arithmetic(unpacked(file.read()))
        theirs = arithmetic(text)
        for name in sorted(ours.keys() | theirs.keys()):
            if ours.get(name) != theirs.get(name):
                sys.exit(f"the PTX in the sources is not what the kernel {name} compiles to: make ptx")
        with open(RECORD) as file:
            if file.read() != record(text):
                sys.exit("kernels.sha256 is not that of the sources: make ptx")
        print(f"{len(ours)} kernels, which compute as their PTX in the sources")
    else:
        table(text, sys.argv[3])


main()
