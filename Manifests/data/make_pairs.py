#!/usr/bin/env python3
"""Makes pairs.parquet: preference pairs in the columns of Pick-a-Pic v2, with the scores that SmPO's script adds.

    pip install pyarrow pillow numpy
    python Manifests/data/make_pairs.py

A picture is a coloured shape on a plain ground, as its caption says; the other one of the pair is blurred or washed out, and
the label prefers the clean one but for a few ties. Scores lie a little apart, as a reward model's do. All is drawn here."""
import io
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageDraw, ImageFilter

COLOURS = {"red": (200, 40, 40), "green": (40, 160, 70), "blue": (50, 80, 200), "yellow": (220, 200, 50)}
SHAPES, GROUNDS = ["circle", "square", "triangle", "cross"], {"black": (10, 10, 10), "white": (245, 245, 245)}


def draw(rng, shape, colour, ground, width, height):
    picture = Image.new("RGB", (width, height), GROUNDS[ground])
    pen, edge = ImageDraw.Draw(picture), min(width, height) // 2
    x, y = int(rng.integers(0, width - edge)), int(rng.integers(0, height - edge))
    box, fill = (x, y, x + edge, y + edge), COLOURS[colour]
    if shape == "circle":
        pen.ellipse(box, fill)
    elif shape == "square":
        pen.rectangle(box, fill)
    elif shape == "triangle":
        pen.polygon([(x + edge // 2, y), (x, y + edge), (x + edge, y + edge)], fill)
    else:
        third = edge // 3
        pen.rectangle((x + third, y, x + edge - third, y + edge), fill)
        pen.rectangle((x, y + third, x + edge, y + edge - third), fill)
    return picture


def stored(picture, place):
    file = io.BytesIO()
    picture.save(file, "PNG" if place % 5 == 0 else "JPEG")
    return file.getvalue()


rng = np.random.default_rng(5)
rows = []
for place in range(24):
    shape, colour = SHAPES[place % 4], list(COLOURS)[int(rng.integers(4))]
    ground = list(GROUNDS)[int(rng.integers(2))]
    size = [(48, 48), (64, 48), (40, 56)][place % 3]
    good = draw(rng, shape, colour, ground, *size)
    bad = good.filter(ImageFilter.GaussianBlur(3)) if place % 2 else Image.blend(good, Image.new("RGB", size, (128,) * 3), 0.6)
    best = int(rng.integers(2))
    pictures = [good, bad] if best == 0 else [bad, good]
    label = 0.5 if place % 8 == 7 else 1.0 - best
    scores = [0.2 + 0.02 * float(rng.random()) for _ in range(2)]
    scores.sort(reverse=best == 0)
    names = [f"{place:04d}-{side}" for side in range(2)]
    rows.append({
        "are_different": True, "best_image_uid": names[best], "caption": f"a {colour} {shape} on a {ground} background",
        "has_label": label != 0.5, "image_0_uid": names[0], "image_1_uid": names[1],
        "jpg_0": stored(pictures[0], place), "jpg_1": stored(pictures[1], place), "label_0": label, "label_1": 1 - label,
        "model_0": "drawn", "model_1": "drawn", "ranking_id": place, "ps_score_0": [scores[0]], "ps_score_1": [scores[1]],
    })
folder = pathlib.Path(__file__).parent
pq.write_table(pa.Table.from_pylist(rows), folder / "pairs.parquet", row_group_size=10)
