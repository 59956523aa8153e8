"""Records small runs with the program and makes their records again from the two pages.

    python Tests/Outsider/runs.py .build/release/smpo

The network's last convolution is zero, so that its output is 0 whatever else it computes, and every number up to the
losses follows from the pages without running it: order, timesteps, noise, levels, inversions with their labels (of a
model that predicts velocities ε depends on the label that the network is told), targets, errors, losses; besides fresh
weights and the digests of the inputs, and the chain.
"""
import json
import pathlib
import sqlite3
import struct
import subprocess
import sys
import tempfile

import numpy as np

from numerics import Levels, Stream, call, f32, mean_squared_distance, moves, sigmoid, total
from records import CHANNELS, EDGE, SCHEDULER, TEXT, UNET, Fresh, bits, canonical, digest, double, root, tensor, tensors
from records import weights_root, word

PAIRS = 7
checks = 0


def expect(found, expected, what):
    global checks
    checks += 1
    if found != expected:
        raise SystemExit(f"{what}: the program has {found}, the pages give {expected}")


def read_safetensors(path):
    data = pathlib.Path(path).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(data[8 + length:][slice(*e["data_offsets"])], "<f4").reshape(e["shape"]).copy()
        for name, e in header.items()
    }


def write_safetensors(path, weights):
    header, at = {}, 0
    for name, x in weights.items():
        header[name] = {"dtype": "F32", "shape": list(x.shape), "data_offsets": [at, at + x.nbytes]}
        at += x.nbytes
    text = json.dumps(header).encode()
    pathlib.Path(path).write_bytes(
        word(len(text)) + text + b"".join(np.ascontiguousarray(x, "<f4").tobytes() for x in weights.values()))


class Data:
    """Pairs of latents; one is a tie, two scores are equal."""

    def __init__(self, folder):
        folder.mkdir()
        random = np.random.default_rng(5)
        self.latents = [random.standard_normal([PAIRS, CHANNELS, EDGE, EDGE]).astype(f32) for _ in range(2)]
        self.lines = []
        for k in range(PAIRS):
            label = [1, 0, 0.5, 1, 0, 1, 0][k]
            scores = [(0.21, 0.2), (0.19, 0.25), (0.2, 0.2), (0.18, 0.22), (0.205, 0.205), (0.24, 0.1), (0.2, 0.23)][k]
            self.lines.append({"caption": f"a red circle {k}", "label_0": label, "label_1": 1 - label,
                               "score_0": scores[0], "score_1": scores[1]})
        (folder / "pairs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in self.lines))
        write_safetensors(folder / "latents.safetensors", {f"latents_{s}": self.latents[s] for s in (0, 1)})

    def item(self, k):
        line = self.lines[k]
        caption = line["caption"].encode()
        number = lambda v: struct.pack("<d", v)
        return digest(
            "smpo/data-item/1", word(len(caption)), caption, *[tensor("latents", self.latents[s][k]) for s in (0, 1)],
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
            if objective["winner"] == "human" and self.lines[k]["label_0"] != 0.5:
                best = 0 if self.lines[k]["label_0"] > 0.5 else 1
            winner, loser = f32(scores[k][best]), f32(scores[k][1 - best])
            weight = f32(1)
            if "gamma" in objective:
                share = sigmoid((winner - low) / width - (loser - low) / width)
                weight = f32(double(objective["gamma"])) * (f32(2) * share - f32(1))
            rows.append((k, best, winner, loser, weight))
        return rows


def log_sigmoid(z):
    """−log σ(z), rounded once."""
    z = np.float64(z)
    return f32(max(-z, 0) + call("log_double", 1 + call("exp_double", -abs(z))))


class Run:
    """A recorded run, and what the pages say that it must be."""

    def __init__(self, folder, name, data, config):
        self.data, self.levels = data, Levels(config)
        base = sqlite3.connect(folder / ".smpo/ledger.sqlite")
        self.id, inputs, outcome = base.execute("SELECT id, inputs, outcome FROM runs WHERE name = ?", [name]).fetchone()
        self.inputs, self.outcome = json.loads(inputs), json.loads(outcome)
        self.recipe = self.inputs["recipe"]
        self.steps = [(json.loads(r), r, d.hex(), h.hex()) for r, d, h in base.execute(
            "SELECT record, digest, head FROM steps WHERE run_id = ? ORDER BY step", [self.id])]
        self.seed, self.items = self.inputs["seed"], self.recipe["training"]["pairs_per_step"]
        self.labels = data.labels(self.recipe["objective"])

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
        for record, _, step_digest, step_head in self.steps:
            leaves.append(digest("smpo/step-record/1", canonical(record)))
            head = digest("smpo/chain-link/1", head, leaves[-1])
            expect((step_digest, step_head), (leaves[-1].hex(), head.hex()), "chain")
        expect(self.outcome["chain_head"], head.hex(), "chain head")
        expect(self.outcome["steps_root"], root(leaves).hex(), "steps root")

    def check_steps(self):
        for step, (record, *_) in enumerate(self.steps, 1):
            self.check_step(step, record["phases"])

    def picks(self, step):
        result = []
        for position in range((step - 1) * self.items, step * self.items):
            order = Stream(self.seed, "order", position // len(self.labels)).permutation(len(self.labels))
            result.append(self.labels[order[position % len(self.labels)]])
        return result

    def timesteps(self, step):
        stream, count = Stream(self.seed, "timestep", step), len(self.levels.table)
        if self.recipe["training"]["timesteps"] == "high":
            return [int(count * np.sqrt(np.float64(u))) for u in stream.uniforms(self.items)]
        return stream.integers(count, self.items)

    def check_step(self, step, phases):
        objective, picks, ts = self.recipe["objective"], self.picks(step), self.timesteps(step)
        kto = objective["name"] == "kto"
        good = [True] * self.items
        if kto:
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
        x0 = {n: self.data.latents[s][p[0]] for p, ns, ss in zip(picks, names, sides) for n, s in zip(ns, ss)}
        expect(batch["tensors"], tensors({n: tensor(n, x) for n, x in x0.items()}), "pictures")

        noises = Stream(self.seed, "noise", step).normals([self.items, CHANNELS, EDGE, EDGE])
        seen, wanted, predicted = {}, {}, {}
        pictures = [n for ns in names for n in ns]
        inverts = self.recipe["inversion"] is not None
        for i, ns in enumerate(names):
            for n in ns:
                x, t = x0[n], ts[i]
                if inverts:
                    seen[n], path = self.inverted(x, t, step, pictures.index(n), len(pictures))
                    if path:
                        seen[n + ".path"] = digest("smpo/document/1", *path)
                    through = self.recipe["inversion"]["float16_levels"]
                    wanted[n] = self.levels.target(seen[n], x, t, through)
                    predicted[n] = self.levels.noise(np.zeros_like(x), seen[n], t)
                else:
                    seen[n] = self.levels.noised(x, noises[i], t)
                    velocity = self.levels.prediction != "epsilon"
                    wanted[n] = self.levels.velocity(x, noises[i], t) if velocity else noises[i]
                    predicted[n] = np.zeros_like(x)
        listed = lambda v: {n: x if isinstance(x, bytes) else tensor(n, x) for n, x in v.items()}
        expect(phases["inversion"]["tensors"], tensors(listed(seen)), f"step {step}: inversion")
        expect(phases["target"]["tensors"], tensors(listed(wanted)), f"step {step}: target")
        for phase in ("policy", "reference"):
            if phase in phases:
                expect(phases[phase]["tensors"], tensors(listed(predicted)), f"step {step}: {phase}")
        errors = {n: mean_squared_distance(wanted[n], predicted[n]) for n in pictures}
        self.check_losses(phases["loss"], names, errors, weights, step)

    def inverted(self, x, t, step, picture, pictures):
        inversion, path, start = self.recipe["inversion"], [], x
        eta = double(inversion["noise"]) if "noise" in inversion else 0
        for k, (source, destination, first, second) in enumerate(moves(inversion, t, len(self.levels.table))):
            e = self.levels.noise(np.zeros_like(start), start, first)
            reached = self.levels.moved(start, e, source, destination)
            path.append(tensor("", reached[None]))
            if second is not None:
                again = self.levels.noise(np.zeros_like(reached), reached, second)
                if inversion["average"]:
                    again = (e + again) * f32(0.5)
                reached = self.levels.moved(start, again, source, destination)
                path.append(tensor("", reached[None]))
            if eta:
                noise = Stream(self.seed, "sampler", step).normals(x.shape, (k * pictures + picture) * x.size)
                reached = self.levels.perturbed(reached, noise, eta, source, destination, inversion["float16_levels"])
                path.append(tensor("", reached[None]))
            start = reached
        return start, path

    def check_losses(self, loss, names, errors, weights, step):
        """Policy and reference are equal, so that every difference is 0."""
        objective, values = self.recipe["objective"], []
        for i, ns in enumerate(names):
            m, item = [errors[n] for n in ns], f"{i:04}"
            expect(loss[item + ".errors"]["f32"], bits(*m), f"step {step}: errors")
            if objective["name"] in ("smpo", "inpo", "dpo"):
                beta = f32(double(objective["beta"]))
                f = (beta * f32(CHANNELS * EDGE * EDGE) if objective.get("errors") == "sum" else f32(0.5) * beta) * weights[i]
                z = -(f * f32(0))
                values.append(log_sigmoid(z))
                expect(loss[item + ".inside"]["f32"], bits(z), f"step {step}: inside")
            elif objective["name"] == "kto":
                values.append(f32(0.5))
            elif objective["name"] == "mapo":
                beta, t, s = (f32(double(objective[k])) for k in ("beta", "temperature", "snr"))
                (pw, _), (pl, _) = (odds(v, s) for v in m)
                z = f32(np.float64(t) * (pw - pl))
                expect(loss[item + ".inside"]["f32"], bits(z), f"step {step}: inside")
                values.append(m[0] + beta * log_sigmoid(z))
            else:
                values.append(m[0])
            expect(loss[item]["f32"], bits(values[-1]), f"step {step}: loss of {item}")
        expect(loss["loss"]["f32"], bits(total(values) / f32(len(values))), f"step {step}: loss")


def odds(m, s):
    x = np.float64(s) * np.float64(m)
    if x > 0.01:
        e = call("exp_double", -x)
        return (x * e) / (1 - e), ((np.float64(s) * e) * ((1 - e) - x)) / ((1 - e) * (1 - e))
    q = x * x
    return ((1 - x / 2) + q / 12) - (q * q) / 720, np.float64(s) * ((-0.5 + x / 6) - (x * q) / 180)


CASES = [
    ("objective: {name: smpo}", ""),
    ("objective: {name: smpo, winner: human, errors: sum}\ninversion: {preset: official}", ", timesteps: high"),
    ("objective: {name: smpo, ties: keep}\ninversion: {preset: official-0.22, renoise: last}", ""),
    ("objective: {name: smpo}\ninversion: {steps: 5, renoise: every, average: true, label: destination}", ""),
    ("objective: {name: smpo}\ninversion: {preset: official, steps: 20, renoise: last}", ", micro_pairs: 2"),
    ("objective: {name: inpo}\ninversion: {steps: 3}", ""),
    ("objective: {name: inpo, gamma: 4}\ninversion: {preset: official, steps: 6}", ""),
    ("objective: {name: dpo}", ""), ("objective: {name: kto}", ""), ("objective: {name: mapo}", ""),
    ("objective: {name: sft}", ", timesteps: high"),
]
SCHEDULERS = [
    {}, {"prediction_type": "v_prediction", "rescale_betas_zero_snr": False, "set_alpha_to_one": True},
    {"prediction_type": "v_prediction", "beta_schedule": "linear"}, {"beta_schedule": "squaredcos_cap_v2"},
]


def main(program):
    program = str(pathlib.Path(program).resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def smpo(*arguments):
            result = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True)
            if result.returncode:
                raise SystemExit(f"smpo {' '.join(arguments)}: {result.stderr or result.stdout}")

        data = Data(folder / "data")
        (folder / "configurations").mkdir()
        for number, changes in enumerate(SCHEDULERS):
            scheduler, model = {**SCHEDULER, **changes}, folder / f"model-{number}"
            for part, text in (("unet", UNET), ("text_encoder", TEXT), ("scheduler", scheduler)):
                (folder / f"configurations/{part}.json").write_text(json.dumps(text))
            smpo("init", "model", "configurations", "--seed", "7", "--out", model.name)
            unet, encoder = Fresh(7).unet().weights, Fresh(7 ^ 0x74657874).text().weights
            path = model / "unet/diffusion_pytorch_model.safetensors"
            stored = read_safetensors(path)
            expect(sorted(stored), sorted(unet), "names of the UNet's weights")
            for weight in unet:
                expect(stored[weight].tobytes(), unet[weight].tobytes(), weight)
            for part in ("weight", "bias"):
                unet[f"conv_out.{part}"] = np.zeros_like(unet[f"conv_out.{part}"])
            write_safetensors(path, unet)
            for case, (lines, training) in enumerate(CASES):
                run = f"run-{number}-{case}"
                (folder / "recipe.yaml").write_text(
                    f"name: {run}\nseed: {1000 + 37 * case + number}\ndata: {{kind: latents, path: data, size: {EDGE}}}\n"
                    f"model: {{path: {model.name}}}\n{lines}\noptimizer: {{lr: 0}}\n"
                    f"training: {{steps: 4, pairs_per_step: 3, caption_dropout: 0.3{training}}}\n")
                smpo("train", "recipe.yaml", "--record", "--name", run)
                found = Run(folder, run, data, scheduler)
                found.check_inputs({"unet": unet, "text_encoder": encoder}, model)
                found.check_chain()
                found.check_steps()
        adapters(folder, smpo)
    print(f"{checks} values agree")


def adapters(folder, smpo):
    """The factors of adapters, from the checkpoint of a run that moves nothing."""
    recipe = {"rank": 2, "targets": ["to_q", "conv1", "proj_in"], "seed": 9}
    expected = Fresh(7, recipe).unet().adapter_weights
    (folder / "recipe.yaml").write_text(
        f"name: lora\ndata: {{kind: latents, path: data, size: {EDGE}}}\nmodel: {{path: model-0}}\n"
        "objective: {name: sft}\nlora: {rank: 2, targets: [to_q, conv1, proj_in], init_seed: 9}\n"
        "optimizer: {lr: 0}\ntraining: {steps: 1, pairs_per_step: 1}\n")
    smpo("train", "recipe.yaml", "--record", "--name", "lora")
    record = sqlite3.connect(folder / ".smpo/ledger.sqlite").execute(
        "SELECT record FROM steps JOIN runs ON runs.id = run_id WHERE name = 'lora'").fetchone()[0]
    expect(json.loads(record)["phases"]["weights"]["tensors"]["root"],
           weights_root({"unet/" + n: x for n, x in expected.items()}), "adapters")


if __name__ == "__main__":
    main(sys.argv[1])
