"""Makes preparation.json: what training scripts make of pictures, by Pillow 13 and torch.

    python make_preparation.py          needs pillow 13, torch, numpy

`files` are the pictures in preparation/ (from the field's cases of ten kinds of files, made with Pillow): digests of their
RGB pixels. `squares` is what `Resize`, `CenterCrop` or a crop at a given corner of torchvision do with Pillow: digests.
`tensors` is the path of diffusers' DPO script for SDXL: some of the values, from the script's
float32 pictures on in float64, since torch's weights in float32 are off by up to 5e-6. Pictures are noise of `LinearGenerator`.
"""
import hashlib, json, os, random, sys
import numpy as np, torch
from PIL import Image, __version__ as pillow

assert int(pillow.split(".")[0]) >= 13, "the order of passes is that of Pillow 13"
here = os.path.dirname(os.path.abspath(__file__))
sha = lambda a: hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()


def noise(width, height, seed):
    out, state = bytearray(), seed
    for _ in range(3 * width * height):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out.append(state >> 56)
    return Image.fromarray(np.frombuffer(bytes(out), np.uint8).reshape(height, width, 3))


def resized(height, width, edge):
    """torchvision.transforms.functional._compute_resized_output_size, as (height, width)"""
    short, long = (width, height) if width <= height else (height, width)
    new = int(edge * long / short)
    return (new, edge) if width <= height else (edge, new)


def square(image, edge, corner, flip):
    h, w = resized(image.height, image.width, edge)
    image = image.resize((w, h), Image.Resampling.BILINEAR)
    top, left = corner or (int(round((h - edge) / 2.0)), int(round((w - edge) / 2.0)))
    pixels = np.asarray(image)[top:top + edge, left:left + edge]
    return pixels[:, ::-1] if flip else pixels, top, left


def tensor(first, second, edge, corner, flip):
    second = second.resize(first.size)
    both = torch.cat([torch.from_numpy(np.array(i)).permute(2, 0, 1).float().div(255).double() for i in (first, second)])
    h, w = resized(first.height, first.width, edge)
    if (h, w) != both.shape[1:]:
        both = torch.nn.functional.interpolate(both[None], size=[h, w], mode="bilinear", align_corners=False, antialias=True)[0]
    if flip:
        both = both.flip(-1)
    top, left = corner or (int(round((h - edge) / 2.0)), int(round((w - edge) / 2.0)))
    return ((both[:, top:top + edge, left:left + edge] - 0.5) / 0.5), top, left


rng = random.Random(20)
files = [{"name": n, "height": i.height, "width": i.width, "sha256": sha(np.asarray(i))}
         for n in sorted(os.listdir(here + "/preparation"))
         for i in [Image.open(here + "/preparation/" + n).convert("RGB")]]
shapes = [(1, 1), (1, 40), (40, 1), (1, 700), (700, 1), (3, 200), (200, 3), (17, 33), (33, 17), (64, 64), (80, 31), (31, 80),
          (150, 40), (40, 150), (90, 45), (91, 45), (2, 5), (61, 83), (83, 61), (300, 24)]
squares = []
for index, (height, width) in enumerate(shapes):
    for edge in (8, 21, 48):
        h, w = resized(height, width, edge)
        corner = None if index % 2 else (rng.randint(0, h - edge), rng.randint(0, w - edge))
        flip = rng.random() < 0.5
        pixels, top, left = square(noise(width, height, index), edge, corner, flip)
        squares.append(dict(height=height, width=width, seed=index, edge=edge, resized_height=h, resized_width=w, top=top,
                            left=left, flip=flip, centre=corner is None, sha256=sha(pixels)))
tensors = []
pairs = [((61, 83), (83, 61)), ((1, 1), (5, 9)), ((1, 60), (40, 40)), ((60, 1), (10, 30)), ((48, 48), (48, 48)), ((120, 40), (40, 120)),
         ((24, 24), (24, 90)), ((90, 33), (200, 33)), ((13, 200), (7, 7)), ((24, 31), (24, 31))]
for index, (one, two) in enumerate(pairs):
    for edge in (24, 9):
        h, w = resized(*one, edge)
        corner = None if index % 2 else (rng.randint(0, h - edge), rng.randint(0, w - edge))
        flip = rng.random() < 0.5
        values, top, left = tensor(noise(one[1], one[0], 50 + index), noise(two[1], two[0], 80 + index), edge, corner, flip)
        places = sorted(rng.sample(range(values.numel()), 24))
        tensors.append(dict(first=one, second=two, seeds=[50 + index, 80 + index], edge=edge, top=top, left=left, flip=flip,
                            centre=corner is None, places=places,
                            values=[float("%.9g" % v) for v in values.flatten()[places].tolist()]))
json.dump({"origin": f"Pillow {pillow}, torch {torch.__version__}, numpy {np.__version__}, Python {sys.version.split()[0]}",
           "files": files, "squares": squares, "tensors": tensors}, open(here + "/preparation.json", "w"), separators=(",", ":"))
