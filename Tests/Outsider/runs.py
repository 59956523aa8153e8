"""Records small runs with the program and makes their records again from the two pages.

    python Tests/Outsider/runs.py .build/release/smpo

In the first runs the network's last convolution is zero, so that its output is 0 whatever else it computes, and many runs of all
switches take little time: order, timesteps, noise, mirrored pictures, levels, inversions with their labels (of a model that
predicts velocities ε depends on the label that the network is told), targets, errors, losses; besides fresh weights and the
digests of the inputs, and the chain. The others are made again whole: text encoder, network, backward pass, update; scorers.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import run
from data import Latents, Pictures
from network import CLIP, TextEncoder, UNet
from numerics import f32
from records import CHANNELS, EDGE, SCHEDULER, SCORER, TEXT, UNET, Fresh, weights_root
from run import Run, expect
from scoring import ScorerRun
from safetensors_file import read_safetensors, write_safetensors
from tokens import Tokenizer

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
    {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True},
]
# Whole runs: lines of the recipe, the optimiser's settings, those of the training, the schedule.
WHOLE = [
    ("objective: {name: smpo}\ninversion: {steps: 2}", "name: adamw, lr: 1e-3", "caption_dropout: 0.5", 0),
    ("objective: {name: smpo, errors: sum}\ninversion: {steps: 2, renoise: every, average: true, guidance: 1.5}",
     "name: adamw, lr: 1e-3, clip: 0.01", "micro_pairs: 1", 1),
    ("objective: {name: inpo}\ninversion: {preset: official, steps: 3}", "name: sgd, lr: 1e-2, schedule: cosine, warmup: 1",
     "caption_dropout: 0.5", 3),
    ("objective: {name: dpo}", "name: adafactor, lr: 1e-3, schedule: polynomial, power: 2",
     "reference_ema: 0.9, reference_ema_every: 1", 1),
    ("objective: {name: dpo, loss: ipo}", "name: adafactor, lr: 1e-3, weight_decay: 0, clip: null", "recompute: true", 0),
    ("objective: {name: dpo, loss: hinge}", "name: adamw, lr: 1e-3, scale_lr: true, schedule: linear", "ema: 0.99", 4),
    ("objective: {name: kto}", "name: sgd, lr: 1e-2, momentum: 0.9, weight_decay: 0.1", "ema: 0.5, ema_every: 2", 0),
    ("objective: {name: kto, kl: mismatched, utility: loss_averse}", "lr: 1e-3, schedule: cosine_with_restarts, cycles: 2",
     "caption_dropout: 0.5", 0),
    ("objective: {name: kto, kl: classes, utility: risk_seeking_2}", "lr: 1e-3", "micro_pairs: 1", 0),
    ("objective: {name: mapo}", "lr: 1e-3, schedule: constant_with_warmup, warmup: 1", "", 0),
    ("objective: {name: sft}", "lr: 1e-3", "train_text_encoder: true, caption_dropout: 0.5", 2),
    ("objective: {name: smpo}\ninversion: {steps: 2}\nlora: {rank: 2, alpha: 3, targets: [to_q, to_v, conv1, proj_in], init_seed: 9}",
     "lr: 1e-2", "ema: 0.9", 1),
    ("objective: {name: dpo}", "lr: 1e-3", "pairs_per_step: 5, lanes: 5, caption_dropout: 0.5", 0),
    ("objective: {name: smpo}\ninversion: {steps: 2}", "lr: 1e-3", "pairs_per_step: 4, lanes: 3, micro_pairs: 1", 1),
    ("objective: {name: kto}", "lr: 1e-3", "pairs_per_step: 4, lanes: 2", 0),
    ("objective: {name: sft}", "lr: 1e-3", "pairs_per_step: 3, lanes: 3, train_text_encoder: true", 2),
]


def main(program, chosen):
    program = str(pathlib.Path(program).resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def smpo(*arguments):
            result = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True)
            if result.returncode:
                raise SystemExit(f"smpo {' '.join(arguments)}: {result.stderr or result.stdout}")

        work = Work(folder, smpo)
        for part in chosen or ["silent", "pictures", "whole", "scorers"]:
            before = run.checks
            getattr(work, part)()
            print(f"{part}: {run.checks - before} values agree", flush=True)
    print(f"{run.checks} values agree")


class Work:
    """Models, data and runs in a folder."""

    def __init__(self, folder, smpo):
        self.folder, self.smpo, self.count = folder, smpo, 0
        self.data = Latents(folder / "data", CHANNELS, EDGE)

    def model(self, scheduler, channels=CHANNELS):
        """A fresh model: its folder, the UNet's weights and the text encoder's, as the pages draw them."""
        self.count += 1
        configurations, name = self.folder / f"configurations-{self.count}", f"model-{self.count}"
        configurations.mkdir()
        unet = {**UNET, "in_channels": channels, "out_channels": channels}
        for part, text in (("unet", unet), ("text_encoder", TEXT), ("scheduler", scheduler)):
            (configurations / f"{part}.json").write_text(json.dumps(text))
        self.smpo("init", "model", configurations.name, "--seed", "7", "--out", name)
        weights, encoder = Fresh(7).unet(channels).weights, Fresh(7 ^ 0x74657874).text().weights
        stored = read_safetensors(self.folder / name / "unet/diffusion_pytorch_model.safetensors")
        expect(sorted(stored), sorted(weights), "names of the UNet's weights")
        for weight in weights:
            expect(stored[weight].tobytes(), weights[weight].tobytes(), weight)
        return self.folder / name, weights, encoder

    def silenced(self, scheduler, channels=CHANNELS):
        """The same with a last convolution of zeros."""
        model, unet, encoder = self.model(scheduler, channels)
        for part in ("weight", "bias"):
            unet[f"conv_out.{part}"] = np.zeros_like(unet[f"conv_out.{part}"])
        write_safetensors(model / "unet/diffusion_pytorch_model.safetensors", unet)
        return model, unet, encoder

    def record(self, data, model, lines, optimizer="lr: 0", training="", seed=1000):
        self.count += 1
        name = f"run-{self.count}"
        (self.folder / "recipe.yaml").write_text(
            f"name: {name}\nseed: {seed + 37 * self.count}\ndata: {{{data}, size: {EDGE}}}\nmodel: {{path: {model.name}}}\n"
            f"{lines}\noptimizer: {{{optimizer}}}\ntraining: {{{training}}}\n")
        self.smpo("train", "recipe.yaml", "--record", "--name", name)
        return name

    def silent(self):
        """All switches of levels and losses."""
        for changes in SCHEDULERS:
            scheduler = {**SCHEDULER, **changes}
            model, unet, encoder = self.silenced(scheduler)
            for lines, training in CASES:
                name = self.record("kind: latents, path: data", model, lines,
                                   training=f"steps: 4, pairs_per_step: 3, caption_dropout: 0.3{training}")
                found = Run(self.folder, name, self.data, scheduler)
                found.check_inputs({"unet": unet, "text_encoder": encoder}, model)
                found.check_chain()
                found.check_steps()

    def pictures(self):
        """Pictures from files that are no squares, some of them mirrored."""
        data = Pictures(self.folder / "pictures", EDGE, height=9, width=13)
        model, unet, encoder = self.silenced(SCHEDULER, channels=3)
        for lines in ("objective: {name: smpo}\ninversion: {steps: 2}", "objective: {name: kto}", "objective: {name: sft}"):
            name = self.record("kind: folder, path: pictures", model, lines, training="steps: 4, pairs_per_step: 3, flip: true")
            found = Run(self.folder, name, data, SCHEDULER)
            found.check_inputs({"unet": unet, "text_encoder": encoder}, model)
            found.check_chain()
            found.check_steps()

    def whole(self):
        """Every digest of runs that train."""
        for lines, optimizer, training, schedule in WHOLE:
            scheduler = {**SCHEDULER, **SCHEDULERS[schedule]}
            model, unet, encoder = self.model(scheduler)
            name = self.record("kind: latents, path: data", model, lines, optimizer,
                               ", ".join(filter(None, ["steps: 3", "" if "pairs_per_step" in training else "pairs_per_step: 2",
                                                       training])))
            weights = {**{"unet/" + n: x for n, x in unet.items()}, **{"text_encoder/" + n: x for n, x in encoder.items()}}
            scale = f32(1)
            if "lora" in lines:
                adapters = Fresh(7, {"rank": 2, "targets": ["to_q", "to_v", "conv1", "proj_in"], "seed": 9}).unet().adapter_weights
                weights, scale = {**weights, **{"unet/" + n: x for n, x in adapters.items()}}, f32(3 / 2)
            found = Run(
                self.folder, name, self.data, scheduler, weights, network=lambda w: UNet(w, UNET, "unet/", scale),
                encoder=lambda w: TextEncoder(w, TEXT, "text_encoder/"),
                tokens=Tokenizer(model / "tokenizer", TEXT["max_position_embeddings"]))
            found.check_inputs({"unet": unet, "text_encoder": encoder}, model)
            found.check_chain()
            found.check_steps()
            found.check_outcome(model)

    def scorers(self):
        """Scorers with PickScore's loss, without and with CLIP's own, and in lanes."""
        data = Pictures(self.folder / "scored", EDGE, height=EDGE, width=EDGE)
        (self.folder / "clip.json").write_text(json.dumps(SCORER))
        weights = Fresh(7).clip().weights
        for objective, training in (("{name: pickscore}", "caption_dropout: 0.3, flip: true"),
                                    ("{name: pickscore, contrastive: 2}", "ema: 0.9"),
                                    ("{name: pickscore}", "lanes: 3")):
            self.count += 1
            name = f"run-{self.count}"
            (self.folder / "recipe.yaml").write_text(
                f"name: {name}\nseed: {self.count}\ndata: {{kind: folder, path: scored, size: {EDGE}}}\n"
                f"model: {{clip: clip.json, tokenizer: shapes, init_seed: 7}}\nobjective: {objective}\n"
                f"optimizer: {{lr: 1e-3}}\ntraining: {{steps: 3, pairs_per_step: 4, {training}}}\n")
            self.smpo("train", "recipe.yaml", "--record", "--name", name)
            found = ScorerRun(
                self.folder, name, data, SCHEDULER, {"clip/" + n: x for n, x in weights.items()},
                network=lambda w: CLIP(w, SCORER, "clip/"),
                tokens=Tokenizer(self.folder / ".smpo/runs" / name / "tokenizer", SCORER["text_config"]["max_position_embeddings"]))
            expect(found.inputs["digests"]["model/model.safetensors"], weights_root(weights), "the scorer's weights")
            found.check_chain()
            found.check_steps()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
