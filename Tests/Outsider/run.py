"""A recorded run of a denoising objective, made again from the two pages."""
import json
import sqlite3
import struct

import numpy as np

from losses import anchor, loss, step_loss
from network import Tape, Variable
from numerics import Levels, Stream, f32, f64, mean_squared_distance, moves
from optimisers import Optimiser, average_decay, averaged, clip_factor, learning_rate, norm
from records import bits, canonical, digest, double, root, tensor, tensors, weights_root
from safetensors_file import safetensors_bytes

checks = 0


def expect(found, expected, what):
    global checks
    checks += 1
    if found != expected:
        raise SystemExit(f"{what}: the program has {found}, the pages give {expected}")


def plain(value):
    """A section of a resolved recipe with numbers in place of bits."""
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return double(value) if isinstance(value, str) and value.startswith("0x") and len(value) == 18 else value


def bits64(*values):
    return [f"0x{struct.unpack('<Q', struct.pack('<d', v))[0]:016x}" for v in values]


def listed(values):
    """The entry `tensors`; digests stay as they are."""
    return tensors({n: x if isinstance(x, bytes) else tensor(n, x) for n, x in values.items()})


class Silent:
    """A network whose last convolution is zero: its output is 0 whatever else it computes."""

    def __init__(self, weights):
        pass

    def __call__(self, tape, x, timesteps, context):
        return Variable(np.zeros_like(x))


class Run:
    """A recorded run, and what the pages say that it must be.

    `network` gives a network of weights, or is None where the output is 0 and nothing behind the losses is followed; `encoder`
    a text encoder of weights; `tokens` makes ids of a caption."""

    def __init__(self, folder, name, data, config, weights=None, network=None, encoder=None, tokens=None):
        self.data, self.levels, self.network, self.encoder, self.tokens = data, Levels(config), network, encoder, tokens
        base = sqlite3.connect(folder / ".smpo/ledger.sqlite")
        self.id, inputs, outcome = base.execute("SELECT id, inputs, outcome FROM runs WHERE name = ?", [name]).fetchone()
        self.inputs, self.outcome = json.loads(inputs), json.loads(outcome)
        self.recipe, self.latents = self.inputs["recipe"], []
        self.objective, self.training = self.recipe["objective"], plain(self.recipe["training"])
        self.steps = [(json.loads(r), d.hex(), h.hex()) for r, d, h in base.execute(
            "SELECT record, digest, head FROM steps WHERE run_id = ? ORDER BY step", [self.id])]
        self.seed, self.items = self.inputs["seed"], self.training["pairs_per_step"]
        self.labels = data.labels(self.objective)
        self.weights, self.reference = dict(weights or {}), {}
        if network:
            parts = ["unet/", "text_encoder/"] if self.training["train_text_encoder"] else ["unet/"]
            names = [n for part in parts for n in sorted(weights, key=str.encode) if n.startswith(part)]
            self.begin([n for n in names if ".lora_" in n] or names)
            self.reference = {n: w for n, w in weights.items() if n.startswith("unet/") and ".lora_" not in n}

    def begin(self, trained):
        """Optimiser and averages over the trained parameters, by names in their order."""
        self.trained = trained
        self.optimiser = Optimiser(plain(self.recipe["optimizer"]), {n: self.weights[n] for n in trained})
        self.average, self.taken, self.moved = {n: self.weights[n] for n in trained}, 0, 0

    def check_inputs(self, model, configurations):
        digests, levels = self.inputs["digests"], self.levels
        expect(digests["data"], self.data.digest(), "data")
        expect(digests["labels"], digest("smpo/labels/1", canonical(
            [[k, best, *bits(w, l, weight)] for k, best, w, l, weight in self.labels])).hex(), "labels")
        expect(digests["schedule"], digest("smpo/schedule/1", canonical({
            "alpha_before_first": bits(levels.before)[0], "alphas_cumprod": bits(*levels.table),
            "betas": bits(*levels.beta), "prediction": levels.prediction})).hex(), "schedule")
        for part, weights in model.items():
            expect(digests[f"model/{part}"], weights_root(weights), part)
        for name, path in (("unet/config", "unet/config.json"), ("text_encoder/config", "text_encoder/config.json"),
                           ("scheduler", "scheduler/scheduler_config.json")):
            text = (configurations / path).read_text()
            expect(digests[f"model/{name}"], digest("smpo/document/1", canonical(json.loads(text))).hex(), name)

    def check_chain(self):
        inputs = digest("smpo/manifest-inputs/1", canonical(self.inputs))
        head, leaves = digest("smpo/chain-start/1", inputs), []
        for record, step_digest, step_head in self.steps:
            leaves.append(digest("smpo/step-record/1", canonical(record)))
            head = digest("smpo/chain-link/1", head, leaves[-1])
            expect((step_digest, step_head), (leaves[-1].hex(), head.hex()), "chain")
        expect(self.outcome["chain_head"], head.hex(), "chain head")
        expect(self.outcome["steps_root"], root(leaves).hex(), "steps root")

    def check_steps(self):
        for step, (record, *_) in enumerate(self.steps, 1):
            self.check_step(step, record["phases"])

    # Section 11

    def picks(self, step):
        result = []
        for position in range((step - 1) * self.items, step * self.items):
            order = Stream(self.seed, "order", position // len(self.labels)).permutation(len(self.labels))
            result.append(self.labels[order[position % len(self.labels)]])
        return result

    def timesteps(self, step):
        stream, count = Stream(self.seed, "timestep", step), len(self.levels.table)
        if self.training["timesteps"] == "high":
            return [int(count * np.sqrt(f64(u))) for u in stream.uniforms(self.items)]
        return stream.integers(count, self.items)

    def captions(self, step, picks):
        """Token ids of each item's caption, of the empty one where it is dropped."""
        dropped = Stream(self.seed, "captionDropout", step).uniforms(self.items) < f32(self.training["caption_dropout"])
        return [self.tokens("" if gone else self.data.lines[p[0]]["caption"]) for p, gone in zip(picks, dropped)]

    def picture(self, side, pick, step, item, place):
        """One of item's pictures, mirrored where the stream says so."""
        x = self.data.pictures[side][pick]
        mirrored = self.training["flip"] and Stream(self.seed, "flip", step).uniforms(1, 2 * item + place)[0] < 0.5
        return np.ascontiguousarray(x[..., ::-1]) if mirrored else x

    # A step

    def check_step(self, step, phases):
        make = self.network or Silent
        policy, frozen = make(self.weights), make(self.reference)
        encoder = self.encoder(self.weights) if self.encoder else None
        gradients = self.check_losses(step, phases, policy, frozen, encoder)
        if self.network:
            self.check_update(step, phases, gradients)

    def check_losses(self, step, phases, policy, frozen, encoder):
        """Phases up to the losses; gives the gradients."""
        objective, picks, ts = self.objective, self.picks(step), self.timesteps(step)
        good = [True] * self.items
        if objective["name"] == "kto":
            u = Stream(self.seed, "sampler", step).uniforms(self.items)
            good = [bool(v < f32(double(objective["positive_ratio"]))) for v in u]
        single = objective["name"] in ("kto", "sft")
        sides = [[best if g else 1 - best] if single else [best, 1 - best] for (_, best, *_), g in zip(picks, good)]
        names = [[f"{i:04}"] if single else [f"{i:04}.winner", f"{i:04}.loser"] for i in range(self.items)]
        weights = [(f32(1) if g else f32(-1)) if single else p[4] for p, g in zip(picks, good)]

        batch = phases["batch"]
        expect(batch["ids"]["text"], [f"pair-{p[0] + 1:06}" for p in picks], "ids")
        expect(batch["items"]["text"], [self.data.item(p[0]).hex() for p in picks], "items")
        expect(batch["weights"]["f32"], bits(*weights), "weights")
        expect(phases["timestep"]["t"]["i64"], ts, "timesteps")
        x0 = {n: self.picture(s, p[0], step, i, place) for i, (p, ns, ss) in enumerate(zip(picks, names, sides))
              for place, (n, s) in enumerate(zip(ns, ss))}
        expect(batch["tensors"], listed(x0), f"step {step}: pictures")

        tape, count = Tape(), len(names[0])
        context, shifted, empty = self.contexts(tape, step, picks, count, encoder)
        pictures = [n for ns in names for n in ns]
        labels = [t for t in ts for _ in range(count)]
        noises = Stream(self.seed, "noise", step).normals([self.items, *x0[pictures[0]].shape])
        seen, wanted = {}, {}
        inverts, velocity = self.recipe["inversion"] is not None, self.levels.prediction != "epsilon"
        for place, n in enumerate(pictures):
            x, t, noise = x0[n], labels[place], noises[place // count]
            if inverts:
                given = context.value[place:place + 1] if encoder else None
                seen[n], path = self.inverted(policy, x, t, step, place, len(pictures), given, empty)
                if path:
                    seen[n + ".path"] = digest("smpo/document/1", *path)
                wanted[n] = self.levels.target(seen[n], x, t, self.recipe["inversion"]["float16_levels"])
            else:
                seen[n] = self.levels.noised(x, noise, t)
                wanted[n] = self.levels.velocity(x, noise, t) if velocity else noise
        expect(phases["inversion"]["tensors"], listed(seen), f"step {step}: inversion")
        self.keep(step, {n: x for n, x in seen.items() if not isinstance(x, bytes)})
        expect(phases["target"]["tensors"], listed(wanted), f"step {step}: target")

        xs = np.stack([seen[n] for n in pictures])
        form = lambda out: {n: self.levels.noise(x, seen[n], t) if inverts else x for n, x, t in zip(pictures, out, labels)}
        errors = lambda predicted: {n: mean_squared_distance(wanted[n], predicted[n]) for n in pictures}
        if "reference" in phases:
            reference = form(frozen(Tape(), xs, labels, context).value)
            expect(phases["reference"]["tensors"], listed(reference), f"step {step}: reference")
            r = errors(reference)
        output = policy(tape, xs, labels, context)
        predicted = form(output.value)
        expect(phases["policy"]["tensors"], listed(predicted), f"step {step}: policy")
        m = errors(predicted)

        found, kl = phases["loss"], None
        if objective["name"] == "kto":
            gaps = [f64(r[n]) - f64(m[n]) for n in pictures]
            if objective["kl"] == "mismatched":
                other_m = errors(form(policy(Tape(), xs, labels, shifted).value))
                other_r = errors(form(frozen(Tape(), xs, labels, shifted).value))
                expect(found["kl.errors"]["f32"], bits(*other_m.values()), f"step {step}: kl.errors")
                expect(found["kl.reference errors"]["f32"], bits(*other_r.values()), f"step {step}: kl.reference errors")
                gaps = [f64(other_r[n]) - f64(other_m[n]) for n in pictures]
            kl = anchor(objective, gaps, good)
            expect(found["kl"]["f32"], bits(kl), f"step {step}: kl")
        values, slopes = [], []
        for i, ns in enumerate(names):
            mine, theirs = [m[n] for n in ns], [r[n] for n in ns] if "reference" in phases else []
            value_, slope, entries = loss(objective, mine, theirs, weights[i], xs[0].size, kl)
            values.append(value_)
            slopes += slope
            for key, given in {"errors": mine, "reference errors": theirs}.items():
                if given:
                    expect(found[f"{i:04}.{key}"]["f32"], bits(*given), f"step {step}: {key}")
            for key, given in entries.items():
                expect(found[f"{i:04}.{key}"]["f32"], bits(given), f"step {step}: {key}")
            expect(found[f"{i:04}"]["f32"], bits(value_), f"step {step}: loss of {i}")
        expect(found["loss"]["f32"], bits(step_loss(values)), f"step {step}: loss")
        if not self.network:
            return None
        seeds = []
        for n, slope, t in zip(pictures, slopes, labels):
            c = (slope / f32(self.items)) * (f32(2) / f32(xs[0].size))
            if inverts and velocity:
                c = self.levels.roots(t)[0] * c
            seeds.append(c * (predicted[n] - wanted[n]))
        seeds = np.stack(seeds)
        if "lanes" not in self.training:
            output.add(seeds)
            tape.backward()
            return {**policy.gradients, **encoder.gradients}

        def lane(items):
            policy, encoder, tape = self.network(self.weights), self.encoder(self.weights), Tape()
            rows = slice(items.start * count, items.stop * count)
            own = self.contexts(tape, step, picks, count, encoder, items)[0]
            policy(tape, xs[rows], labels[rows], own).add(seeds[rows])
            tape.backward()
            return {**policy.gradients, **encoder.gradients}

        return self.in_lanes(phases, step, lane)

    def in_lanes(self, phases, step, gradients):
        """Section 9: the sum over the lanes of what `gradients` gives of a lane's items."""
        lanes, sums = self.training["lanes"], []
        for lane in range(lanes):
            found = gradients(range(lane * self.items // lanes, (lane + 1) * self.items // lanes))
            sums.append({n: found[n] for n in self.trained if found.get(n) is not None})
            expect(phases["gradient"][f"lane {lane + 1}"], weights_root(sums[-1]), f"step {step}: lane {lane + 1}")

        def tree(sums):
            if len(sums) == 1:
                return sums[0]
            left = 1
            while left * 2 < len(sums):
                left *= 2
            a, b = tree(sums[:left]), tree(sums[left:])
            return {n: a[n] + b[n] if n in a and n in b else a.get(n, b.get(n)) for n in {**a, **b}}

        return tree(sums)

    def contexts(self, tape, step, picks, count, encoder, items=None):
        """The captions' hidden states by picture, those of the items before, and that of the empty caption."""
        if not encoder:
            return None, None, None
        ids = self.captions(step, picks)
        if items is not None:
            ids = ids[items.start:items.stop]
        by_picture = [i for i in ids for _ in range(count)]
        encode = lambda ids, tape=None: encoder(tape or Tape(), ids)
        context = encode(by_picture, tape if self.training["train_text_encoder"] else None)
        shifted = encode([i for i in ids[-1:] + ids[:-1] for _ in range(count)]).value
        return context, shifted, encode([self.tokens("")]).value

    def inverted(self, policy, x, t, step, picture, pictures, context, empty):
        inversion, path, start = plain(self.recipe["inversion"]), [], x
        eta, guidance = inversion.get("noise", 0), f32(inversion["guidance"])

        def noise(x, label):
            one = lambda given: self.levels.noise(policy(Tape(), x[None], [label], given).value[0], x, label)
            e = one(context)
            if guidance == 1:
                return e
            free = one(empty)
            return free + (e - free) * guidance

        for k, (source, destination, first, second) in enumerate(moves(inversion, t, len(self.levels.table))):
            e = noise(start, first)
            reached = self.levels.moved(start, e, source, destination)
            path.append(tensor("", reached[None]))
            if second is not None:
                again = noise(reached, second)
                if inversion["average"]:
                    again = (e + again) * f32(0.5)
                reached = self.levels.moved(start, again, source, destination)
                path.append(tensor("", reached[None]))
            if eta:
                fresh = Stream(self.seed, "sampler", step).normals(x.shape, (k * pictures + picture) * x.size)
                reached = self.levels.perturbed(reached, fresh, eta, source, destination, inversion["float16_levels"])
                path.append(tensor("", reached[None]))
            start = reached
        return start, path

    # FORMAT.md: what the ledger holds besides, and the files that the run hands over

    def keep(self, step, latents):
        """The rows of a step's latents: one object, pictures in the batch's order; rows in that of the names."""
        parts = {n: np.ascontiguousarray(x, "<f4").tobytes() for n, x in latents.items()}
        name, at, rows = digest("smpo/object/1", b"".join(parts.values())).hex(), 0, {}
        for n, part in parts.items():
            shape = json.dumps(list(latents[n].shape), separators=(",", ":"))
            rows[n] = [step, "inversion", n, "F32", shape, name, at, len(part)]
            at += len(part)
        self.latents += [rows[n] for n in sorted(rows, key=str.encode)]

    def check_outcome(self, model):
        """All of the outcome that the chain does not say; `model` is the folder that the run began with."""
        def rows(*rows):
            text = "".join(json.dumps(row, separators=(",", ":"), ensure_ascii=False) + "\n" for row in rows)
            return digest("smpo/rows/1", text.encode()).hex()
        labels = [[i, *row] for i, (_, _, winner, loser, weight) in enumerate(self.labels) for row in (
            ("loser score", bits(loser)[0]), ("weight", bits(weight)[0]), ("winner score", bits(winner)[0]))]
        items = [[i, f"pair-{row[0] + 1:06}", self.data.item(row[0]).hex()] for i, row in enumerate(self.labels)]
        ledger = self.outcome["ledger"]
        expect(ledger["rows"], {"data_items": rows(*items), "labels": rows(*labels), "latents": rows(*self.latents),
                                "measures": rows()}, "rows of the ledger")
        state = {**{"weights/" + n: self.weights[n] for n in self.trained}, **self.optimiser.state}
        if self.training["ema"] is not None:
            state.update({"average/" + n: x for n, x in self.average.items()})
        if "reference_ema" in self.training:
            state.update({"reference/" + n: x for n, x in self.reference.items()})
        steps = self.training["steps"]
        metadata = {"format": "smpo-state-1", "steps": str(steps), "updates": str(steps)}
        if self.optimiser.settings["name"] == "adamw":
            metadata.update(zip(("beta1_power", "beta2_power"), bits64(*self.optimiser.powers)))
        expect(ledger["checkpoints"], {f"{steps}.state": digest("smpo/object/1", safetensors_bytes(state, metadata)).hex()},
               "checkpoint")
        if "lora" in self.recipe:
            return
        final = {**self.weights, **(self.average if self.training["ema"] is not None else {})}
        for path, found in self.outcome["files"].items():
            part = path.split("/")[0] + "/"
            data = (model / path).read_bytes()
            if path.endswith(".safetensors"):
                data = safetensors_bytes({n.removeprefix(part): x for n, x in final.items() if n.startswith(part)})
            expect(found, digest("smpo/file/1", data).hex(), path)

    # Section 9

    def check_update(self, step, phases, gradients):
        name = lambda what: f"step {step}: {what}"
        gradients = {n: gradients.get(n) for n in self.trained}
        expect(phases["gradient"]["tensors"], listed({n: g for n, g in gradients.items() if g is not None}), name("gradients"))
        settings, found = self.optimiser.settings, phases["update"]
        size = norm(list(gradients.values()))
        expect(phases["gradient"]["norm"]["f32"], bits(size), name("norm"))
        factor = clip_factor(settings["clip"], size)
        expect(found["clip factor"]["f32"], bits(factor), name("clip factor"))
        if factor < 1:
            gradients = {n: None if g is None else g * factor for n, g in gradients.items()}
        rate = learning_rate(settings, step - 1, self.training["steps"], self.items)
        expect(found["learning rate"]["f64"], bits64(rate), name("learning rate"))
        self.optimiser.update(self.weights, gradients, rate)
        if settings["name"] == "adamw":
            expect(found["beta powers"]["f64"], bits64(*self.optimiser.powers), name("beta powers"))
        if settings["name"] == "adafactor":
            expect(found["moment decay"]["f64"], bits64(self.optimiser.moment_decay), name("moment decay"))
        if self.optimiser.state:
            expect(found["optimizer"], weights_root(self.optimiser.state), name("optimiser's state"))
        limit = self.training["ema"]
        if limit is not None:
            if step % self.training.get("ema_every", 1) == 0:
                self.taken += 1
                decay = average_decay(limit, self.taken)
                self.average = {n: averaged(a, self.weights[n], decay) for n, a in self.average.items()}
            expect(phases["weights"]["average"], weights_root(self.average), name("moving average"))
        if "reference_ema" in self.training:
            if step % self.training["reference_ema_every"] == 0:
                self.moved += 1
                decay = 0 if self.moved == 1 else average_decay(self.training["reference_ema"], self.moved)
                self.reference = {n: averaged(a, self.weights[n], decay) for n, a in self.reference.items()}
            expect(found["reference"], weights_root(self.reference), name("reference"))
        expect(phases["weights"]["tensors"], listed({n: self.weights[n] for n in self.trained}), name("weights"))
        if step == self.training["steps"]:
            expect(self.outcome["weights_digest"], weights_root({n: self.weights[n] for n in self.trained}), "weights digest")
