"""The works of `smpo bench --work` beside PyTorch, in turn: medians of the times and of the rounds' ratios.

    pip install torch diffusers            # CPU builds will do; tried with torch 2.15, diffusers 0.42
    pip install transformers open_clip_torch   # for the reward models; tried with 5.24 and 3.3
    make build
    python Tests/Speed/pytorch.py [--threads 1] [--rounds 5] [--work PREFIX] [--smpo .build/release/smpo] [--device cuda]

Run it from the top of the checkout, on an idle machine. Each round times a work with both programs, one after the other.
The ratio is the median of the rounds' ratios, for a busy neighbour slows a whole round rather than one side; the quarter
and three-quarter points follow it. Above 1, smpo is faster. Peak memory is that of a process that does this work alone.

With --device cuda both compute on a GPU, and peak memory is the GPU's. PyTorch computes in Float32 with TF32 off, which is
what the ratio is of; two further columns are its times with TF32 and with autocast to bfloat16, which round more.
"""

import argparse
import json
import multiprocessing
import resource
import statistics
import subprocess
import time


def works(torch):
    """Name: a function that makes the operands and gives the work."""
    F = torch.nn.functional

    def leaf(*shape):
        return torch.randn(shape).requires_grad_()

    def inference(make):
        def made():
            work = make()
            def run():
                with torch.no_grad():
                    work()
            return run
        return made

    def both(make):
        """Forward and backward; `make` gives the leaves and the forward pass."""
        def made():
            leaves, forward = make()
            seed = torch.randn_like(forward())
            def run():
                for x in leaves:
                    x.grad = None
                forward().backward(seed)
            return run
        return made

    def conv(c_in, c_out, size, stride, kind):
        def make():
            x, w, b = leaf(1, c_in, size, size), leaf(c_out, c_in, 3, 3), leaf(c_out)
            return [x, w, b], lambda: F.conv2d(x, w, b, stride, 1)
        return both(make) if kind == "both" else inference(lambda: make()[1])

    def attention(kind):
        def make():
            q, k, v = (leaf(1, 4096, 320) for _ in range(3))
            def heads(x):
                return x.view(1, 4096, 8, 40).transpose(1, 2)
            def run():
                o = F.scaled_dot_product_attention(heads(q), heads(k), heads(v))
                return o.transpose(1, 2).reshape(1, 4096, 320)
            return [q, k, v], run
        return both(make) if kind == "both" else inference(lambda: make()[1])

    def group_norm(kind):
        def make():
            x, w, b = leaf(1, 320, 64, 64), leaf(320), leaf(320)
            return [x, w, b], lambda: F.silu(F.group_norm(x, 32, w, b))
        return both(make) if kind == "both" else inference(lambda: make()[1])

    def layer_norm():
        x, w, b = leaf(1, 4096, 320), leaf(320), leaf(320)
        return [x, w, b], lambda: F.layer_norm(x, (320,), w, b)

    def geglu(kind):
        def make():
            x = leaf(1, 4096, 2560)
            def run():
                hidden, gate = x.chunk(2, -1)
                return hidden * F.gelu(gate)
            return [x], run
        return both(make) if kind == "both" else inference(lambda: make()[1])

    def adamw():
        p = leaf(10_000_000)
        p.grad = torch.randn_like(p)
        return torch.optim.AdamW([p], lr=1e-4, fused=True).step

    def move():
        x, e = torch.randn(8, 4, 64, 64), torch.randn(8, 4, 64, 64)
        a, b = torch.full((8, 1, 1, 1), 0.5), torch.full((8, 1, 1, 1), 0.4)
        return lambda: b.sqrt() * (x - (1 - a).sqrt() * e) / a.sqrt() + (1 - b).sqrt() * e

    def unet(path):
        from diffusers import UNet2DConditionModel
        return UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(path))

    def step():
        policy, reference = (unet("Manifests/models/bench/unet.json") for _ in range(2))
        reference.requires_grad_(False)
        optimizer = torch.optim.AdamW(policy.parameters(), lr=1e-6, fused=True)
        x0, c = torch.randn(8, 4, 32, 32), torch.randn(4, 77, 96).repeat_interleave(2, 0)
        t = torch.tensor([200, 350, 500, 650]).repeat_interleave(2)
        betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
        alphas = torch.cumprod(1 - betas, 0)
        def level(i):
            return alphas[i].view(-1, 1, 1, 1)
        def phi(x, e, s, d):
            a, b = level(s), level(d)
            return b.sqrt() * (x - (1 - a).sqrt() * e) / a.sqrt() + (1 - b).sqrt() * e
        def run():
            with torch.no_grad():
                x = x0
                for k in range(9):
                    s, d = k * t // 9, (k + 1) * t // 9
                    last, x = x, phi(x, policy(x, s, c).sample, s, d)
                x = phi(last, policy(x, t, c).sample, s, d)
                target = (x - level(t).sqrt() * x0) / (1 - level(t)).sqrt()
                r = ((reference(x, t, c).sample - target) ** 2).mean((1, 2, 3))
            m = ((policy(x, t, c).sample - target) ** 2).mean((1, 2, 3))
            d = (m[0::2] - m[1::2]) - (r[0::2] - r[1::2])
            loss = -F.logsigmoid(-0.5 * 2000 * d).mean()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
            optimizer.step()
        return run

    def network(kind, pictures=1):
        def made():
            model = unet("Manifests/models/sd15/unet.json")
            x, c = torch.randn(pictures, 4, 64, 64), torch.randn(pictures, 77, 768)
            if kind == "forward":
                model.requires_grad_(False)
            def run():
                y = model(x, 500, c).sample
                if kind == "both":
                    model.zero_grad(set_to_none=True)
                    y.backward(x)
            return run
        return made

    def xl():
        model = unet("Manifests/models/sdxl/unet.json").requires_grad_(False)
        x, c, pooled = torch.randn(1, 4, 128, 128), torch.randn(1, 77, 2048), torch.randn(1, 1280)
        condition = {"text_embeds": pooled, "time_ids": torch.tensor([[1024.0, 1024, 0, 0, 1024, 1024]])}
        return lambda: model(x, 500, c, added_cond_kwargs=condition).sample

    def autoencoder(way):
        def made():
            from diffusers import AutoencoderKL
            model = AutoencoderKL.from_config(json.load(open("Manifests/models/sd15/vae.json"))).eval()
            if way == "encode":
                x = torch.randn(1, 3, 512, 512)
                return lambda: model.encode(x).latent_dist.mean
            x = torch.randn(1, 4, 64, 64)
            return lambda: model.decode(x / model.config.scaling_factor).sample
        return inference(made)

    # Captions of 20 tokens between begin and end, padded as each model's own program does.
    def clip(ids_of, make):
        def made():
            model, pixels = make(), torch.randn(1, 3, 224, 224)
            ids = torch.tensor([[49406, *range(2000, 2020), *[ids_of] * 56]])
            ids[0, 21] = 49407
            image, text = model
            return lambda: F.cosine_similarity(image(pixels), text(ids))
        return inference(made)

    def transformers_clip(name):
        from transformers import CLIPConfig, CLIPModel
        return CLIPModel(CLIPConfig(**json.load(open(f"Manifests/models/rewards/{name}.json")))).eval()

    def pickscore():
        model = transformers_clip("clip-h")
        return (
            lambda pixels: model.visual_projection(model.vision_model(pixel_values=pixels).pooler_output),
            lambda ids: model.text_projection(model.text_model(input_ids=ids).pooler_output))

    def hps():
        import open_clip
        model = open_clip.create_model("ViT-H-14", precision="fp32").eval()
        return model.encode_image, model.encode_text

    def head(width):
        widths = [width, 1024, 128, 64, 16, 1]
        return torch.nn.Sequential(*(torch.nn.Linear(a, b) for a, b in zip(widths, widths[1:])))

    # transformers' own BLIP, which gives the numbers of ImageReward's code.
    def image_reward():
        from transformers import BlipTextConfig, BlipVisionConfig
        from transformers.models.blip.modeling_blip import BlipVisionModel
        from transformers.models.blip.modeling_blip_text import BlipTextModel
        vision = BlipVisionModel(BlipVisionConfig(
            hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, image_size=224,
            initializer_range=0.02)).eval()
        text = BlipTextModel(BlipTextConfig(
            encoder_hidden_size=1024, num_attention_heads=12), add_pooling_layer=False).eval()
        last, pixels = head(768), torch.randn(1, 3, 224, 224)
        ids = torch.tensor([[101, *range(2000, 2020), 102, *[0] * 13]])
        mask = (ids > 0).long()
        def run():
            tokens = vision(pixel_values=pixels).last_hidden_state
            states = text(
                input_ids=ids, attention_mask=mask, encoder_hidden_states=tokens,
                encoder_attention_mask=torch.ones(tokens.shape[:-1]), is_decoder=False).last_hidden_state
            return last(states[:, 0])
        return run

    def aesthetic():
        from transformers import CLIPConfig, CLIPVisionModelWithProjection
        config = CLIPConfig(**json.load(open("Manifests/models/rewards/clip-l.json")))
        model, last = CLIPVisionModelWithProjection(config.vision_config).eval(), head(768)
        pixels = torch.randn(1, 3, 224, 224)
        return lambda: last(F.normalize(model(pixel_values=pixels).image_embeds))

    def linear():
        x, w, b = torch.randn(1, 4096, 320), torch.randn(2560, 320), torch.randn(2560)
        return lambda: F.linear(x, w, b)

    return {
        "linear 4096×320→2560": inference(linear),
        "conv 3×3 320→320, 64²": conv(320, 320, 64, 1, "forward"),
        "conv 3×3 320→320, 64², forward + backward": conv(320, 320, 64, 1, "both"),
        "conv 3×3 320→320, 64², stride 2, forward + backward": conv(320, 320, 64, 2, "both"),
        "conv 3×3 1280→1280, 8², forward + backward": conv(1280, 1280, 8, 1, "both"),
        "attention 8 × 4096 × 40": attention("forward"),
        "attention 8 × 4096 × 40, forward + backward": attention("both"),
        "GroupNorm(32) + SiLU 320×64²": group_norm("forward"),
        "GroupNorm(32) + SiLU 320×64², forward + backward": group_norm("both"),
        "LayerNorm 4096×320, forward + backward": both(layer_norm),
        "GEGLU 4096×1280": geglu("forward"),
        "GEGLU 4096×1280, forward + backward": geglu("both"),
        "AdamW 10 M": adamw,
        "DDIM move 8×4×64²": inference(move),
        "SmPO step, 3.2 M parameters, 4 pairs of 4×32²": step,
        "SD1.5 UNet, 64²": network("forward"),
        "SD1.5 UNet, 64², forward + backward": network("both"),
        "SD1.5 UNet, 64², 2 pictures": network("forward", 2),
        "SD1.5 UNet, 64², 2 pictures, forward + backward": network("both", 2),
        "SDXL UNet, 128²": inference(xl),
        "autoencoder of SD1.5, encode 512²": autoencoder("encode"),
        "autoencoder of SD1.5, decode 512²": autoencoder("decode"),
        "PickScore, a picture and a caption": clip(49407, pickscore),
        "HPS v2, a picture and a caption": clip(0, hps),
        "ImageReward, a picture and a caption": inference(image_reward),
        "Aesthetic, a picture": inference(aesthetic),
    }


PRECISIONS = {"cpu": ["fp32"], "cuda": ["fp32", "tf32", "bf16"]}


def serve(pipe, threads, device):
    """A process that times works on demand, so that its peak memory is the work's own."""
    import torch

    torch.set_num_threads(threads)
    if device == "cuda":
        torch.set_default_device("cuda")
    all_works, made = works(torch), {}
    while (request := pipe.recv()) is not None:
        name, precision = request
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
        # Timed only once each work has its libraries loaded and its algorithms chosen.
        with torch.autocast("cuda", torch.bfloat16, enabled=precision == "bf16"):
            if name not in made:
                made = {name: all_works[name]()}
            made[name]()
            times = []
            while sum(times) < 0.5:
                if device == "cuda":
                    torch.cuda.synchronize()
                begin = time.perf_counter()
                made[name]()
                if device == "cuda":
                    torch.cuda.synchronize()
                times.append(time.perf_counter() - begin)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        pipe.send((statistics.median(times), torch.cuda.max_memory_allocated() if device == "cuda" else peak))


def ours(program, name, threads, device):
    command = [program, "bench", "--work", name, "--workers", str(threads), "--device", device]
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        entry = json.loads(line)
        if entry["name"] == name:
            return float(entry["seconds"]), entry["device_peak_bytes" if device == "cuda" else "peak_bytes"]
    raise SystemExit(f"{program} does not know the work {name!r}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", default="")
    parser.add_argument("--smpo", default=".build/release/smpo")
    parser.add_argument("--device", choices=PRECISIONS, default="cpu")
    options = parser.parse_args()
    names = subprocess.run([options.smpo, "bench", "--work", "list"], check=True, capture_output=True, text=True)
    context = multiprocessing.get_context("spawn")
    others = PRECISIONS[options.device][1:]
    place = "device: cuda" if options.device == "cuda" else f"threads: {options.threads}"
    print(
        f"{place:55} {'smpo':>10} {'PyTorch':>10} {'ratio':>6} {'quartiles':>12} "
        + "".join(f"{other:>10} " for other in others) + "  peak memory (MiB)")
    for name in names.stdout.splitlines():
        if not name.startswith(options.work):
            continue
        mine, theirs, rounder, process = [], [], {other: [] for other in others}, None
        for _ in range(options.rounds):
            mine.append(ours(options.smpo, name, options.threads, options.device))
            if not process:
                pipe, end = context.Pipe()
                process = context.Process(target=serve, args=(end, options.threads, options.device))
                process.start()
            pipe.send((name, "fp32"))
            theirs.append(pipe.recv())
            for other in others:
                pipe.send((name, other))
                rounder[other].append(pipe.recv()[0])
            # Two of these, 10 GiB each, do not lie beside each other in the memory of a small machine.
            if name.startswith("SDXL") or len(theirs) == options.rounds:
                pipe.send(None)
                process.join()
                process = None
        a, b = (statistics.median(t for t, _ in side) for side in (mine, theirs))
        ratios = [b / a for (a, _), (b, _) in zip(mine, theirs)]
        low, middle, high = statistics.quantiles(ratios, method="inclusive")
        peaks = [max(p for _, p in side) >> 20 for side in (mine, theirs)]
        print(
            f"{name:55} {a * 1e3:8.2f}ms {b * 1e3:8.2f}ms {middle:6.2f} {low:5.2f}, {high:5.2f} "
            + "".join(f"{statistics.median(rounder[other]) * 1e3:8.2f}ms " for other in others)
            + f"  {peaks[0]} / {peaks[1]}", flush=True)


if __name__ == "__main__":
    main()
