#!/usr/bin/env python3
"""Pictures as Pillow writes them to JPEG without options: what JPEGWriter is held against.

    python3 make_jpeg_written.py      # made with Pillow 13.0.0

The pictures are noise of the generator in make_fixtures.py, smoothed so that JPEG has something to do: the test makes
them again. Beside each file lie its pixels as Pillow reads them (jpeg_written/NAME.rgb).
"""
import pathlib

from PIL import Image

HERE = pathlib.Path(__file__).parent / "jpeg_written"


def smooth(width, height, seed):
    """A walk: each sample is the one before it and a byte from -16 to 15, cut to 0...255."""
    state, value, samples = seed, 128, bytearray()
    for _ in range(3 * width * height):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        value = max(0, min(255, value + (state >> 56) % 32 - 16))
        samples.append(value)
    return Image.frombytes("RGB", (width, height), bytes(samples))


for width, height in [(1, 1), (17, 9), (64, 48), (200, 3)]:
    path = HERE / f"{width}x{height}.jpg"
    smooth(width, height, width).save(path)
    (HERE / f"{path.name}.rgb").write_bytes(Image.open(path).convert("RGB").tobytes())
