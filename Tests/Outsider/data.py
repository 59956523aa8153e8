"""Small folders of preference pairs, and what FORMAT.md says of their digests."""
import json
import struct
import zlib

import numpy as np

from numerics import f32, sigmoid
from records import digest, double, tensor, word
from safetensors_file import write_safetensors

PAIRS = 7
LABELS = [1, 0, 0.5, 1, 0, 1, 0]
SCORES = [(0.21, 0.2), (0.19, 0.25), (0.2, 0.2), (0.18, 0.22), (0.205, 0.205), (0.24, 0.1), (0.2, 0.23)]


class Pairs:
    """Pairs by their lines; one is a tie, two scores are equal."""

    def __init__(self, folder, **more):
        folder.mkdir()
        self.lines = [
            {"caption": f"a red circle {k}", "label_0": LABELS[k], "label_1": 1 - LABELS[k], "score_0": SCORES[k][0],
             "score_1": SCORES[k][1], **{key: name(k) for key, name in more.items()}} for k in range(PAIRS)]
        (folder / "pairs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in self.lines))

    def item(self, k):
        line = self.lines[k]
        caption = line["caption"].encode()
        number = lambda v: struct.pack("<d", v)
        return digest(
            "smpo/data-item/1", word(len(caption)), caption, *[self.picture_digest(s, k) for s in (0, 1)],
            number(line["label_0"]), number(line["label_1"]), b"\1", number(line["score_0"]), b"\1", number(line["score_1"]))

    def digest(self):
        return digest("smpo/dataset/1", *[self.item(k) for k in range(PAIRS)]).hex()

    def labels(self, objective):
        """(line, winner, winner's score, loser's, W) of each pair that is kept."""
        kept = [k for k in range(PAIRS) if not (objective["ties"] == "drop" and self.lines[k]["label_0"] == 0.5)]
        scores = {k: (self.lines[k]["score_0"], self.lines[k]["score_1"]) for k in kept}
        every = [s for pair in scores.values() for s in pair]
        low, width = f32(min(every)), f32(max(every) - min(every))
        rows = []
        for k in kept:
            best = 0 if scores[k][0] > scores[k][1] else 1
            if objective.get("winner", "human") == "human" and self.lines[k]["label_0"] != 0.5:
                best = 0 if self.lines[k]["label_0"] > 0.5 else 1
            winner, loser = f32(scores[k][best]), f32(scores[k][1 - best])
            weight = f32(1)
            if "gamma" in objective:
                share = sigmoid((winner - low) / width - (loser - low) / width)
                weight = f32(double(objective["gamma"])) * (f32(2) * share - f32(1))
            rows.append((k, best, winner, loser, weight))
        return rows


class Latents(Pairs):
    def __init__(self, folder, channels, edge):
        super().__init__(folder)
        random = np.random.default_rng(5)
        self.pictures = [random.standard_normal([PAIRS, channels, edge, edge]).astype(f32) for _ in range(2)]
        write_safetensors(folder / "latents.safetensors", {f"latents_{s}": self.pictures[s] for s in (0, 1)})

    def picture_digest(self, side, k):
        return tensor("latents", self.pictures[side][k])


class Pictures(Pairs):
    """PNG files of 8 bits, height × width, brought to squares of an edge."""

    def __init__(self, folder, edge, height, width):
        super().__init__(folder, **{f"image_{s}": lambda k, s=s: f"{k}-{s}.png" for s in (0, 1)})
        random = np.random.default_rng(6)
        levels = random.integers(0, 256, [2, PAIRS, height, width, 3], np.uint8)
        self.files = [[png(picture) for picture in side] for side in levels]
        for side in (0, 1):
            for k in range(PAIRS):
                (folder / f"{k}-{side}.png").write_bytes(self.files[side][k])
        levels = np.stack([[square(picture, edge) for picture in side] for side in levels])
        planes = (levels.astype(f32) / f32(255) - f32(0.5)) / f32(0.5)
        self.pictures = np.ascontiguousarray(planes.transpose(0, 1, 4, 2, 3))

    def picture_digest(self, side, k):
        return digest("smpo/file/1", self.files[side][k])


def square(picture, edge):
    """Shorter side to `edge`, then the middle."""
    height, width, _ = picture.shape
    short = min(height, width)
    height, width = (int(edge * length / short) for length in (height, width))
    picture = resized(resized(picture.swapaxes(0, 1), width).swapaxes(0, 1), height)
    top, left = (round((length - edge) / 2) for length in (height, width))
    return picture[top:top + edge, left:left + edge]


def resized(levels, count):
    """Along the first axis."""
    length = len(levels)
    if length == count:
        return levels
    scale = length / count
    reach = max(1, scale)
    result = np.zeros([count, *levels.shape[1:]], np.uint8)
    for x in range(count):
        centre = (x + 0.5) * scale
        taps = range(max(0, int(centre - reach + 0.5)), min(length, int(centre + reach + 0.5)))
        weights = [max(0, 1 - abs((i - centre + 0.5) * (1 / reach))) for i in taps]
        total = 0.0
        for weight in weights:
            total += weight
        fixed = [int(0.5 + weight / total * 2**22) for weight in weights]
        value = 2**21 + sum(int(w) * levels[i].astype(np.int64) for w, i in zip(fixed, taps))
        result[x] = np.clip(value >> 22, 0, 255)
    return result


def png(picture):
    height, width, _ = picture.shape

    def part(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + row.tobytes() for row in picture)
    return (b"\x89PNG\r\n\x1a\n" + part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b""))
