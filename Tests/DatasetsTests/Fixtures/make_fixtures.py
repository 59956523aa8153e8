"""Makes the picture fixtures of DatasetsTests with Pillow (made with 12.0.0: libjpeg-turbo 3.1.2, libwebp 1.6.0).

    pip install pillow==12.0.0 && python3 make_fixtures.py

decoders/NAME      a tiny picture
decoders/NAME.rgb  what Image.open(NAME).convert("RGB") gives, as bytes
refused/NAME       a picture that the decoder has to refuse
folder/            a small folder of pairs; folder.json holds the digests of its items by hashlib
resize.json        resizing cases: where the input comes from (a generator that the test repeats), what Pillow makes of it
"""

import hashlib
import io
import json
import pathlib
import random
import struct
import zlib

from PIL import Image

HERE = pathlib.Path(__file__).parent
random.seed(20240601)


def noise(width, height, channels, seed):
    state, out = seed, bytearray()
    for _ in range(width * height * channels):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out.append(state >> 56)
    return bytes(out)


def smooth(width, height, channels=3):
    """A picture with slopes and an edge, so that chroma upsampling and prediction have something to do."""
    out = bytearray()
    for y in range(height):
        for x in range(width):
            for c in range(channels):
                value = (x * (7 + 4 * c) + y * (11 - 3 * c)) % 256
                out.append(255 - value if (x - 9) ** 2 + (y - 8) ** 2 < 30 else value)
    return bytes(out)


def save(name, image, **options):
    buffer = io.BytesIO()
    image.save(buffer, **options)
    keep(name, buffer.getvalue())


def keep(name, data):
    (HERE / "decoders" / name).write_bytes(data)
    pixels = Image.open(io.BytesIO(data)).convert("RGB")
    header = struct.pack("<II", *pixels.size)
    (HERE / "decoders" / (name + ".rgb")).write_bytes(header + pixels.tobytes())


def refuse(name, data):
    (HERE / "refused" / name).write_bytes(data)


def chunk(tag, data):
    return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))


def packed_row(values, depth):
    if depth == 16:
        return b"".join(struct.pack(">H", v) for v in values)
    out, bits, filled = bytearray(), 0, 0
    for v in values:
        bits, filled = bits << depth | v, filled + depth
        if filled == 8:
            out.append(bits)
            bits, filled = 0, 0
    if filled:
        out.append(bits << (8 - filled))
    return bytes(out)


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png(width, height, depth, colour, chunks=b"", interlaced=False, limit=None):
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    top = (1 << depth) if limit is None else limit
    pixels = [[[random.randrange(top) for _ in range(channels)] for _ in range(width)] for _ in range(height)]
    body = b""
    for x0, y0, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        for y in range(y0, height, dy):
            row = [v for x in range(x0, width, dx) for v in pixels[y][x]]
            if row:
                body += b"\0" + packed_row(row, depth)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunks + chunk(b"IDAT", zlib.compress(body))
        + chunk(b"IEND", b"")
    )


def jpegs():
    rgb = Image.frombytes("RGB", (23, 17), smooth(23, 17))
    for name, subsampling in [("444", "4:4:4"), ("422", "4:2:2"), ("420", "4:2:0"), ("411", "4:1:1")]:
        save(f"jpeg_{name}.jpg", rgb, format="JPEG", quality=85, subsampling=subsampling)
    save("jpeg_progressive.jpg", rgb, format="JPEG", quality=75, subsampling="4:2:0", progressive=True)
    save("jpeg_rgb.jpg", rgb, format="JPEG", quality=90, keep_rgb=True)
    save("jpeg_restart.jpg", rgb, format="JPEG", quality=60, restart_marker_blocks=1)
    save("jpeg_grey.jpg", rgb.convert("L"), format="JPEG", quality=80)
    save("jpeg_1x1.jpg", rgb.crop((3, 3, 4, 4)), format="JPEG", quality=80)
    wide = Image.frombytes("RGB", (64, 64), noise(64, 64, 3, 5))
    save("jpeg_noise_q30.jpg", wide, format="JPEG", quality=30)
    cmyk = Image.frombytes("CMYK", (23, 17), smooth(23, 17, 4))
    save("jpeg_cmyk.jpg", cmyk, format="JPEG", quality=90)
    data = bytearray((HERE / "decoders/jpeg_cmyk.jpg").read_bytes())
    marker = data.find(b"Adobe")
    assert data[marker + 11] == 0
    data[marker + 11] = 2  # the same coefficients, now read as YCCK
    keep("jpeg_ycck.jpg", bytes(data))
    rotated = Image.Exif()
    rotated[0x0112] = 6
    save("jpeg_exif.jpg", rgb, format="JPEG", quality=85, exif=rotated)
    whole = (HERE / "decoders/jpeg_420.jpg").read_bytes()
    refuse("jpeg_truncated.jpg", whole[: len(whole) * 2 // 3])
    refuse("jpeg_header_only.jpg", whole[:20])
    frame = whole.find(b"\xff\xc0")
    refuse("jpeg_12_bits.jpg", whole[: frame + 4] + b"\x0c" + whole[frame + 5 :])
    scan = whole.find(b"\xff\xda") + 14
    refuse("jpeg_marker_in_scan.jpg", whole[:scan] + b"\xff\xd5" + whole[scan:])


def pngs():
    for interlaced in (False, True):
        tail = "_interlaced" if interlaced else ""
        for depth in (1, 2, 4, 8, 16):
            keep(f"png_grey{depth}{tail}.png", png(13, 9, depth, 0, interlaced=interlaced))
        for depth in (8, 16):
            keep(f"png_rgb{depth}{tail}.png", png(13, 9, depth, 2, interlaced=interlaced))
            keep(f"png_grey_alpha{depth}{tail}.png", png(13, 9, depth, 4, interlaced=interlaced))
            keep(f"png_rgba{depth}{tail}.png", png(13, 9, depth, 6, interlaced=interlaced))
        for depth in (1, 2, 4, 8):
            palette = chunk(b"PLTE", noise(1 << depth, 1, 3, depth))
            keep(f"png_palette{depth}{tail}.png", png(13, 9, depth, 3, palette, interlaced))
    transparent = chunk(b"PLTE", noise(16, 1, 3, 77)) + chunk(b"tRNS", noise(9, 1, 1, 78))
    keep("png_palette4_trns.png", png(13, 9, 4, 3, transparent))
    keep("png_grey4_trns.png", png(13, 9, 4, 0, chunk(b"tRNS", b"\0\3")))
    keep("png_grey16_low.png", png(13, 9, 16, 0, limit=300))
    keep("png_rgb8_trns.png", png(13, 9, 8, 2, chunk(b"tRNS", b"\0\1\0\2\0\3")))
    keep("png_rgb8_gamma.png", png(13, 9, 8, 2, chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"tEXt", b"a\0b")))
    keep("png_1x1.png", png(1, 1, 8, 2))
    save("png_filters.png", Image.frombytes("RGB", (23, 17), smooth(23, 17)), format="PNG")
    whole = (HERE / "decoders/png_rgb8.png").read_bytes()
    refuse("png_truncated.png", whole[:-40])
    refuse("png_bad_crc.png", whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:])
    keep("png_palette_short.png", png(13, 9, 4, 3, chunk(b"PLTE", noise(4, 1, 3, 9))))
    refuse("png_huge.png", whole[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", 65535, 65535, 8, 2, 0, 0, 0)) + whole[33:])
    frames = [Image.frombytes("RGB", (8, 8), noise(8, 8, 3, k)) for k in (1, 2)]
    buffer = io.BytesIO()
    frames[0].save(buffer, format="PNG", save_all=True, append_images=frames[1:])
    refuse("png_animated.png", buffer.getvalue())


def webps():
    rgb = Image.frombytes("RGB", (23, 17), smooth(23, 17))
    rgba = Image.frombytes("RGBA", (23, 17), smooth(23, 17, 4))
    save("webp_lossy_q80.webp", rgb, format="WEBP", quality=80)
    save("webp_lossy_q10.webp", rgb, format="WEBP", quality=10)
    save("webp_lossy_alpha.webp", rgba, format="WEBP", quality=80, exact=True)
    save("webp_lossless.webp", rgb, format="WEBP", lossless=True)
    save("webp_lossless_alpha.webp", rgba, format="WEBP", lossless=True, exact=True)
    save("webp_lossless_noise.webp", Image.frombytes("RGB", (31, 9), noise(31, 9, 3, 6)), format="WEBP", lossless=True)
    save("webp_1x1.webp", rgb.crop((5, 5, 6, 6)), format="WEBP", quality=80)
    whole = (HERE / "decoders/webp_lossy_q80.webp").read_bytes()
    refuse("webp_truncated.webp", whole[: len(whole) // 2])
    whole = (HERE / "decoders/webp_lossless.webp").read_bytes()
    refuse("webp_lossless_truncated.webp", whole[: len(whole) // 2])
    frames = [Image.frombytes("RGB", (8, 8), noise(8, 8, 3, k)) for k in (1, 2)]
    buffer = io.BytesIO()
    frames[0].save(buffer, format="WEBP", save_all=True, append_images=frames[1:])
    refuse("webp_animated.webp", buffer.getvalue())


def others():
    refuse("empty.jpg", b"")
    refuse("two_bytes.jpg", b"\xff\xd8")
    buffer = io.BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, format="GIF")
    refuse("gif.png", buffer.getvalue())


def resizes():
    cases = []
    fixed = [(1, 1, 7, 5), (7, 5, 1, 1), (64, 64, 32, 32), (64, 64, 64, 32), (40, 40, 16, 40), (3, 90, 90, 3), (50, 2, 1, 2)]
    while len(cases) < 320:
        seed = 1000 + len(cases)
        if len(cases) // 2 < len(fixed):
            w, h, tw, th = fixed[len(cases) // 2]
        else:
            w, h, tw, th = (random.choice([random.randint(1, 12), random.randint(1, 70)]) for _ in range(4))
        filter_name = ["bilinear", "bicubic"][len(cases) % 2]
        binary = random.random() < 0.4
        data = noise(w, h, 3, seed)
        if binary:
            data = bytes(255 if v > 127 else 0 for v in data)
        image = Image.frombytes("RGB", (w, h), data)
        out = image.resize((tw, th), getattr(Image.Resampling, filter_name.upper()))
        cases.append({
            "width": w, "height": h, "seed": seed, "binary": binary, "filter": filter_name, "to_width": tw,
            "to_height": th, "sha256": hashlib.sha256(out.tobytes()).hexdigest(),
        })
    squares = []
    for k in range(60):
        w, h, edge, seed = random.randint(1, 80), random.randint(1, 80), random.randint(1, 40), 5000 + k
        image = Image.frombytes("RGB", (w, h), noise(w, h, 3, seed))
        # torchvision.transforms.functional: _compute_resized_output_size and center_crop
        short, long = (w, h) if w <= h else (h, w)
        new_short, new_long = edge, int(edge * long / short)
        nw, nh = (new_short, new_long) if w <= h else (new_long, new_short)
        resized = image if (nw, nh) == (w, h) else image.resize((nw, nh), Image.Resampling.BILINEAR)
        top, left = int(round((nh - edge) / 2.0)), int(round((nw - edge) / 2.0))
        out = resized.crop((left, top, left + edge, top + edge))
        squares.append({
            "width": w, "height": h, "seed": seed, "edge": edge, "resized_width": nw, "resized_height": nh,
            "sha256": hashlib.sha256(out.tobytes()).hexdigest(),
        })
    lines = lambda rows: "[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]"
    (HERE / "resize.json").write_text('{"resize": %s,\n"square": %s}\n' % (lines(cases), lines(squares)))


def folder():
    images = {}
    for k, (suffix, options) in enumerate([(".jpg", {"quality": 90}), (".png", {}), (".webp", {"lossless": True})]):
        buffer = io.BytesIO()
        picture = Image.frombytes("RGB", (20 + k, 16), smooth(20 + k, 16))
        picture.save(buffer, format={".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP"}[suffix], **options)
        images[f"images/{k}{suffix}"] = buffer.getvalue()
    names = list(images)
    rows = [
        {"caption": "a circle of colours", "image_0": names[0], "image_1": names[1], "label_0": 1.0, "label_1": 0.0},
        {"caption": "Käse, \u65e5\u672c", "image_0": names[1], "image_1": names[2], "label_0": 0.5, "label_1": 0.5},
        {"caption": "", "image_0": names[2], "image_1": names[0], "label_0": 0, "label_1": 1,
         "score_0": 0.25, "score_1": -3.5},
    ]
    (HERE / "folder/images").mkdir(parents=True, exist_ok=True)
    for name, data in images.items():
        (HERE / "folder" / name).write_bytes(data)
    (HERE / "folder/pairs.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))

    tagged = lambda domain, data: hashlib.sha256(domain + b"\0" + data).digest()
    digests = []
    for row in rows:
        caption = row["caption"].encode()
        data = struct.pack("<Q", len(caption)) + caption
        data += b"".join(tagged(b"smpo/file/1", images[row[key]]) for key in ("image_0", "image_1"))
        data += struct.pack("<dd", row["label_0"], row["label_1"])
        for key in ("score_0", "score_1"):
            data += b"\1" + struct.pack("<d", row[key]) if key in row else b"\0"
        digests.append(tagged(b"smpo/data-item/1", data))
    answer = {"items": [d.hex() for d in digests], "dataset": tagged(b"smpo/dataset/1", b"".join(digests)).hex()}
    (HERE / "folder.json").write_text(json.dumps(answer, indent=1) + "\n")


for name in ("decoders", "refused"):
    (HERE / name).mkdir(exist_ok=True)
jpegs()
pngs()
webps()
others()
resizes()
folder()
