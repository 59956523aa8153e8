"""Pictures resized in the mode of their files: stored.json beside this file.
    python make_stored.py        (Pillow 13.0.0)

Each picture of decoders/ is resized to three sizes by Pillow in its own mode and then made RGB; the digest is that of the
bytes [h, w, 3]. 16-bit greyscale is left out, which is not covered."""
import hashlib, json, os

from PIL import Image

here = os.path.dirname(os.path.abspath(__file__))
rows = []
for name in sorted(os.listdir(f"{here}/decoders")):
    if name.endswith(".rgb"):
        continue
    image = Image.open(f"{here}/decoders/{name}")
    image.load()
    if image.mode.startswith("I;16"):
        continue
    w, h = image.size
    for size in [(max(1, w // 2 + 1), max(1, h // 3 + 1)), (w * 2 + 1, h + 3), (w, h)]:
        for label, resample in [("bicubic", Image.BICUBIC), ("bilinear", Image.BILINEAR)]:
            rgb = image.resize(size, resample).convert("RGB").tobytes()
            rows.append({"file": name, "mode": image.mode, "width": size[0], "height": size[1], "filter": label, "sha256": hashlib.sha256(rgb).hexdigest()})
with open(f"{here}/stored.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
print(len(rows), sorted({r["mode"] for r in rows}))
