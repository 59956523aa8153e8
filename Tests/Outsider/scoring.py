"""A recorded run of a scorer, made again from the two pages."""
import numpy as np

from losses import Cosine, PickScore, contrastive
from network import Tape
from numerics import Stream, call, correctly_rounded, f32, f64, total
from records import bits, double
from run import Run, expect, listed

MEAN, DEVIATION = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]


def normalised(pictures):
    """Pictures [n, 3, h, w] from −1 to 1, by way of 8 bits, as CLIP's image tower takes them."""
    unit = np.clip(pictures / f32(2) + f32(0.5), f32(0), f32(1))
    levels = np.rint(unit * f32(255)).astype(f64)
    scaled = (levels * (1 / 255)).astype(f32)
    shape = [1, 3, 1, 1]
    return (scaled - np.array(MEAN, f32).reshape(shape)) / np.array(DEVIATION, f32).reshape(shape)


class ScorerRun(Run):
    """`network` gives a CLIP of weights."""

    def __init__(self, folder, name, data, scheduler, weights, network, tokens):
        super().__init__(folder, name, data, scheduler, weights, tokens=tokens)
        self.network = network
        self.begin(sorted(weights, key=str.encode))

    def check_losses(self, step, phases, clip, frozen, encoder):
        picks = self.picks(step)
        names = [[f"{i:04}.winner", f"{i:04}.loser"] for i in range(self.items)]
        ties = [self.data.lines[p[0]]["label_0"] == 0.5 for p in picks]
        batch = phases["batch"]
        expect(batch["ids"]["text"], [f"pair-{p[0] + 1:06}" for p in picks], "ids")
        expect(batch["items"]["text"], [self.data.item(p[0]).hex() for p in picks], "items")
        expect(batch["weights"]["f32"], bits(*[p[4] for p in picks]), "weights")
        labels = [f32(0.5 if tie else 1) for tie in ties]
        expect(batch["labels"]["f32"], bits(*labels), "labels")
        x = {n: self.picture(side, p[0], step, i, place) for i, (p, ns) in enumerate(zip(picks, names))
             for place, (n, side) in enumerate(zip(ns, [p[1], 1 - p[1]]))}
        expect(batch["tensors"], listed(x), f"step {step}: pictures")

        image_tape, text_tape = Tape(), Tape()
        images = clip.images(image_tape, normalised(np.stack(list(x.values()))))
        texts = clip.captions(text_tape, self.captions(step, picks))
        vectors = {**dict(zip(x, images.value)), **{f"{i:04}.caption": v for i, v in enumerate(texts.value)}}
        expect(phases["policy"]["tensors"], listed(vectors), f"step {step}: policy")

        found, scale = phases["loss"], correctly_rounded(call("exp_double", f64(self.weights["clip/logit_scale"])))[()]
        weights = [p[4] for p in picks]
        shares = [w / total(weights) for w in weights]
        losses, pulls = [], []
        for i in range(self.items):
            pair = [(2 * i + side, i, Cosine(images.value[2 * i + side], texts.value[i])) for side in (0, 1)]
            item = PickScore([c.value for *_, c in pair], scale, labels[i])
            losses.append(item)
            for sign, (row, column, cosine) in zip((f32(1), f32(-1)), pair):
                pulls.append((row, column, sign * (shares[i] * (item.slope * scale))))
            expect(found[f"{i:04}"]["f32"], bits(item.value), f"step {step}: loss of {i}")
            expect(found[f"{i:04}.inside"]["f32"], bits(item.z), f"step {step}: logit of {i}")
            expect(found[f"{i:04}.cosines"]["f32"], bits(*[c.value for *_, c in pair]), f"step {step}: cosines of {i}")
        loss = total([s * v.value for s, v in zip(shares, losses)])
        slope = total([s * (v.slope * v.z) for s, v in zip(shares, losses)])
        if "contrastive" in self.objective:
            factor, n = f32(double(self.objective["contrastive"])), self.items
            places = [(2 * i, j) for i in range(n) for j in range(n)]
            logits = np.array([scale * Cosine(images.value[i], texts.value[j]).value for i, j in places], f32)
            value, slopes = contrastive(logits.reshape(n, n))
            expect(found["contrastive"]["f32"], bits(factor * value), f"step {step}: contrastive")
            pulls += [(i, j, factor * (s * scale)) for (i, j), s in zip(places, slopes.ravel())]
            slope = slope + total([factor * (l * s) for l, s in zip(logits, slopes.ravel())])
            loss = loss + factor * value
        expect(found["scale"]["f32"], bits(scale), f"step {step}: scale")
        expect(found["loss"]["f32"], bits(loss), f"step {step}: loss")
        seeds = []
        for vectors, others, own in ((images, texts, 0), (texts, images, 1)):
            seeds.append(np.zeros_like(vectors.value))
            for pull in pulls:
                row, other = pull[own], pull[1 - own]
                seeds[-1][row] = seeds[-1][row] + Cosine(vectors.value[row], others.value[other]).pull(pull[2])
        if "lanes" not in self.training:
            for vectors, tape, seed in zip((images, texts), (image_tape, text_tape), seeds):
                vectors.add(seed)
                tape.backward()
            return {**clip.gradients, "clip/logit_scale": slope}

        def lane(items):
            clip, tapes = self.network(self.weights), (Tape(), Tape())
            rows = slice(2 * items.start, 2 * items.stop), slice(items.start, items.stop)
            towers = (clip.images(tapes[0], normalised(np.stack(list(x.values()))[rows[0]])),
                      clip.captions(tapes[1], self.captions(step, picks)[rows[1]]))
            for vectors, tape, seed, own in zip(towers, tapes, seeds, rows):
                vectors.add(seed[own])
                tape.backward()
            return clip.gradients

        return {**self.in_lanes(phases, step, lane), "clip/logit_scale": slope}
