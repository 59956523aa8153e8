"""What models of published sizes take of time and memory, with random weights.

    python Tests/Scale/full_size.py PROGRAM sd15|sdxl [FOLDER [KEY=VALUE …]]
    python Tests/Scale/full_size.py PROGRAM draw-sd15|draw-sdxl|rewards [FOLDER]

sd15 and sdxl: a training step from pictures. Makes the model (`smpo init model`, halves) and a Parquet file of one pair of
pictures, and then runs, one after the other: the plan, the encoding of the pair, one recorded step of
Manifests/recipes/sd15-smpo.yaml or sdxl-lora.yaml with one pair, its audit; the plan's figure stands beside the step's. Further
words override values of the recipe: inversion.steps=2 shortens the step, which takes as much memory as one of nine.

draw-sd15 and draw-sdxl: a picture of 512² in two steps, one of 1024² in one step, with guidance (`smpo sample`).

rewards: a score of one picture with one caption by each reward model (`smpo score`), whose files rewards.py makes.

Of each command the time and the peak of memory (VmHWM) are printed. Without FOLDER all is removed at the end; with it, a model
that is there is taken.
"""
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

import rewards

program = os.path.abspath(sys.argv[1])
work = sys.argv[2]
model = work.removeprefix("draw-")
folder = os.path.abspath(sys.argv[3]) if len(sys.argv) > 3 else tempfile.mkdtemp()
root = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
overrides = [word for pair in sys.argv[4:] for word in ("--set", pair)]
RECIPE, EDGE, STEPS = {"sd15": ("sd15-smpo", 512, 2), "sdxl": ("sdxl-lora", 1024, 1), "rewards": (None, 512, None)}[model]


def picture(draw, width, height):
    """Colours that run into each other, as a JPEG."""
    buffer = io.BytesIO()
    few = draw.integers(0, 256, (9, 9, 3), dtype=np.uint8)
    Image.fromarray(few).resize((width, height), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def write_pair():
    draw = np.random.default_rng(1)
    rows = [{
        "caption": "a red square on a white background", "jpg_0": picture(draw, EDGE + 128, EDGE),
        "jpg_1": picture(draw, EDGE, EDGE), "label_0": 1.0, "label_1": 0.0, "ps_score_0": [0.22], "ps_score_1": [0.2]}]
    pq.write_table(pa.Table.from_pylist(rows), f"{folder}/pair.parquet")


def write_recipe():
    with open(f"{root}/Manifests/recipes/{RECIPE}.yaml") as file:
        recipe = file.read()
    for key, value in [
        ("  kind", "parquet"), ("  path", "pair.parquet"), ("  steps", "1"), ("  pairs_per_step", "1"), ("  warmup", "0"),
        ("  checkpoint_every", "0"),
    ]:
        recipe, found = re.subn(rf"^{key}: .*$", f"{key}: {value}", recipe, count=1, flags=re.M)
        assert found, key
    recipe = recipe.replace(f"path: models/{model}", f"path: {model}")
    with open(f"{folder}/recipe.yaml", "w") as file:
        file.write(recipe)


def run(label, *arguments):
    """Runs a command to its end; what it printed, and its peak of memory in bytes."""
    begin = time.monotonic()
    process = subprocess.Popen([program, *arguments], cwd=folder, stdout=subprocess.PIPE, text=True)
    # Not the usage that wait4 tells: that begins with the memory of this process, from before the program was loaded.
    peak = 0
    while process.poll() is None:
        try:
            with open(f"/proc/{process.pid}/status") as file:
                found = re.search(r"VmHWM:\s+(\d+) kB", file.read())
            # The program's file, not this one's copy.
            if found and os.readlink(f"/proc/{process.pid}/exe") == os.path.realpath(program):
                peak = max(peak, int(found[1]) * 1024)
        except FileNotFoundError:
            pass  # It has just ended.
        time.sleep(0.05)
    printed = process.stdout.read()
    if process.returncode:
        sys.exit(f"{label}: ended with {process.returncode}\n{printed}")
    print(f"{label:24s} {time.monotonic() - begin:8.1f} s  peak {peak / (1 << 30):6.2f} GiB", flush=True)
    return printed, peak


def make_model():
    if not os.path.exists(f"{folder}/{model}"):
        run("init model", "init", "model", f"{root}/Manifests/models/{model}", "--dtype", "f16", "--out", model)


def train():
    write_pair()
    write_recipe()
    plan = json.loads(run("plan", "train", "recipe.yaml", *overrides, "--dry-run", "--json")[0])
    print(f"planned {plan['total'] / (1 << 30):.2f} GiB", flush=True)
    run(f"encode a {EDGE}² pair", "data", "encode", "recipe.yaml", *overrides, "--jobs", "1")
    shutil.rmtree(f"{folder}/.smpo/runs/step", ignore_errors=True)
    printed, peak = run("step, recorded", "train", "recipe.yaml", *overrides, "--record", "--name", "step")
    print(printed)
    printed, _ = run("audit", "audit", "step")
    print(printed)


def draw():
    printed, _ = run(
        f"{EDGE}², {STEPS} steps", "sample", "--model", model, "a red square on a white background", "--steps", str(STEPS),
        "--guidance", "7.5", "--height", str(EDGE), "--width", str(EDGE), "--out", f"{model}.png", "--json")
    print(printed)


def score():
    with open(f"{folder}/picture.jpg", "wb") as file:
        file.write(picture(np.random.default_rng(1), 640, EDGE))
    for kind in "pickscore", "hpsv2", "imagereward", "aesthetic":
        options = rewards.write(f"{folder}/{kind}", kind)
        caption = [] if kind == "aesthetic" else ["--caption", "a red square on a white background"]
        printed, _ = run(f"score, {kind}", "score", "--reward", kind, *options, "picture.jpg", *caption)
        print(printed, end="", flush=True)
        if len(sys.argv) <= 3:
            shutil.rmtree(f"{folder}/{kind}")


try:
    os.makedirs(folder, exist_ok=True)
    if work == "rewards":
        score()
    else:
        make_model()
        train() if work == model else draw()
finally:
    if len(sys.argv) <= 3:
        shutil.rmtree(folder)
