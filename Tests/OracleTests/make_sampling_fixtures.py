#!/usr/bin/env python3
"""Tiny models of SD1.5's and SDXL's layout drawn from by diffusers, for the committed fixtures.

    python make_sampling_fixtures.py FIXTURES

FIXTURES/conditioning holds the text encoders and tokenizers (make_conditioning_fixtures.py). Ran with torch 2.15.0 (CPU),
diffusers 0.42.1, transformers 5.24.0 and safetensors 0.8.0 on random weights. Beside the models' folders: cases, the noise
that they begin with, what Float32 comes to, and its distance from Float64, but for the table of noise levels (the yardstick)."""
import copy, json, os, shutil, sys
import numpy as np
import torch
import diffusers
from diffusers import (AutoencoderKL, ControlNetModel, StableDiffusionControlNetPipeline, StableDiffusionPipeline,
                       StableDiffusionXLControlNetPipeline, StableDiffusionXLPipeline, UNet2DConditionModel)
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

root = sys.argv[1]
target, texts = root + "/sampling", root + "/conditioning"
torch.set_num_threads(1)
NETWORKS = ("unet", "vae", "text_encoder", "text_encoder_2", "controlnet")
SCHEDULE = {"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
HEIGHT, WIDTH = 16, 24
if not hasattr(CLIPTextModel, "text_model"):       # transformers 5; diffusers 0.42 asks for it with clip_skip
    CLIPTextModel.text_model = property(lambda self: self)


def drawn(model, seed, folder):
    """Weights that are numbers of half precision, none of them zero, stored as such."""
    torch.manual_seed(seed)
    model.eval()
    with torch.no_grad():
        for parameter in model.parameters():
            scale = 0.1 if parameter.dim() == 1 else 0.6 / parameter[0].numel() ** 0.5
            parameter.copy_(scale * torch.randn_like(parameter) + (parameter if parameter.dim() == 1 else 0))
            parameter.copy_(parameter.half().float())
    os.makedirs(folder)
    config = {k: v for k, v in dict(model.config).items() if not k.startswith("_")}
    json.dump({"_class_name": type(model).__name__, **config}, open(f"{folder}/config.json", "w"), indent=1)
    save_file({k: v.half().contiguous() for k, v in model.state_dict().items()},
              f"{folder}/diffusion_pytorch_model.safetensors")
    return model


def parts(name, unet, control):
    """The networks of a model, in its folder."""
    folder = f"{target}/{name}"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(f"{folder}/scheduler")
    shutil.copytree(f"{texts}/{name}", folder, dirs_exist_ok=True)
    for file in ("case.json", "out.safetensors", "yardstick.json"):
        os.remove(f"{folder}/{file}")
    json.dump({"_class_name": "PNDMScheduler", **SCHEDULE, "skip_prk_steps": True, "steps_offset": 1,
               "set_alpha_to_one": False, "clip_sample": False},
              open(f"{folder}/scheduler/scheduler_config.json", "w"), indent=1)
    shared = dict(block_out_channels=(8, 12), layers_per_block=1, norm_num_groups=4)
    found = {
        "unet": drawn(UNet2DConditionModel(sample_size=8, up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), **unet, **shared),
                      1, f"{folder}/unet"),
        "vae": drawn(AutoencoderKL(block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=4, latent_channels=4,
                                   down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
                                   scaling_factor=0.3), 2, f"{folder}/vae"),
        "controlnet": drawn(ControlNetModel(conditioning_embedding_out_channels=(4, 6), **unet, **control, **shared),
                            3, f"{folder}/controlnet"),
        "tokenizer": CLIPTokenizer.from_pretrained(f"{folder}/tokenizer"),
    }
    for suffix, kind in (("", CLIPTextModel), ("_2", CLIPTextModelWithProjection)):
        if os.path.isdir(f"{folder}/text_encoder{suffix}"):
            found["text_encoder" + suffix] = kind.from_pretrained(
                f"{folder}/text_encoder{suffix}", variant="fp16", torch_dtype=torch.float32).eval()
            found["tokenizer" + suffix] = CLIPTokenizer.from_pretrained(f"{folder}/tokenizer{suffix}")
    for each in ("cases", "inputs", "out"):
        os.makedirs(f"{folder}/{each}")
    return folder, found


class Doubled:
    """torch, whose Float32 is Float64: what a scheduler casts to."""
    float32 = torch.float64

    def __getattr__(self, name):
        return getattr(torch, name)


def in_double(found):
    """The same networks in Float64; a text encoder's final norm, which clip_skip asks for, with them."""
    return {k: copy.deepcopy(v).double() if k in NETWORKS else v for k, v in found.items()}


def draw(found, case, noise, control):
    is_xl, steered = "text_encoder_2" in found, "controlnet" in case
    kind = {(False, False): StableDiffusionPipeline, (False, True): StableDiffusionControlNetPipeline,
            (True, False): StableDiffusionXLPipeline, (True, True): StableDiffusionXLControlNetPipeline}[is_xl, steered]
    networks = {k: v for k, v in found.items() if steered or k != "controlnet"}
    scheduler = getattr(diffusers, case["scheduler"]["_class_name"]).from_config(
        {k: v for k, v in case["scheduler"].items() if k != "_class_name"})
    extra = dict(add_watermarker=False) if is_xl else dict(safety_checker=None, feature_extractor=None)
    if is_xl:
        extra["force_zeros_for_empty_prompt"] = case.get("force_zeros_for_empty_prompt", True)
    pipeline = kind(**networks, scheduler=copy.deepcopy(scheduler), **extra)
    pipeline.scheduler = scheduler          # the constructor sets steps_offset and clip_sample of old files
    if noise.dtype == torch.float64:
        # The table stays the one of Float32; all that is made of it is in Float64.
        sys.modules[type(scheduler).__module__].torch = Doubled()
        scheduler.alphas_cumprod = scheduler.alphas_cumprod.double()
        if hasattr(scheduler, "final_alpha_cumprod"):
            scheduler.final_alpha_cumprod = scheduler.final_alpha_cumprod.double()
    pipeline.set_progress_bar_config(disable=True)
    tensors = {}

    def keep(_, step, timestep, arguments):
        tensors["latents.%02d" % (step + 1)] = arguments["latents"].clone()
        return {}

    keys = ("height", "width", "clip_skip", "original_size", "target_size", "crops_coords_top_left",
            "negative_original_size", "negative_target_size", "negative_crops_coords_top_left", "guess_mode",
            "control_guidance_start", "control_guidance_end")
    arguments = {k: case[k] for k in keys if case.get(k) is not None}
    if steered:
        arguments |= {"image": control, "controlnet_conditioning_scale": case["conditioning_scale"]}
    if is_xl:
        arguments |= {"prompt_2": case.get("prompts_2"), "negative_prompt_2": case.get("negative_prompts_2")}
    try:
        image = run(pipeline, case, noise, keep, arguments)
    finally:
        sys.modules[type(scheduler).__module__].torch = torch
    tensors["image"] = image
    tensors["image_u8"] = torch.from_numpy((image.permute(0, 2, 3, 1).numpy() * 255).round().astype(np.uint8))
    case["timesteps"] = [float(t) for t in scheduler.timesteps]
    return tensors


def run(pipeline, case, noise, keep, arguments):
    return pipeline(
        prompt=case["prompts"], negative_prompt=case.get("negative_prompts"), num_inference_steps=case["steps"],
        guidance_scale=case["guidance"], latents=noise.clone(), output_type="pt", callback_on_step_end=keep,
        callback_on_step_end_tensor_inputs=["latents"], **arguments).images


def distance(a, b):
    return float((a.double() - b.double()).norm() / b.double().norm())


def finish(folder, found, cases):
    yardsticks = {}
    for index, (name, case) in enumerate(cases.items()):
        case = {"kind": "sample", "height": HEIGHT, "width": WIDTH, "prompts": ["a photograph of two dogs!"], **case}
        scheduler = dict(case["scheduler"])
        kind = getattr(diffusers, scheduler.pop("_class_name"))
        # All values of the class, as the set's own cases state them.
        whole = dict(kind.from_config({**SCHEDULE, **scheduler}).config)
        case["scheduler"] = {**{k: v for k, v in whole.items() if not k.startswith("_")}, "_class_name": kind.__name__}
        generator = torch.Generator().manual_seed(100 + index)
        noise = torch.randn(len(case["prompts"]), 4, case["height"] // 2, case["width"] // 2, generator=generator)
        control = torch.rand(1, 3, case["height"], case["width"], generator=generator)
        inputs = {"noise": noise, **({"control": control} if "controlnet" in case else {})}
        with torch.no_grad():
            single = draw(found, case, noise, control)
            double = draw(in_double(found), case, noise.double(), control.double())
        last = max(k for k in single if k.startswith("latents"))
        kept = {k: v.contiguous() for k, v in single.items() if k in ("latents.01", "latents.02", last, "image_u8")}
        yardsticks[name] = {k: {"rel_l2": distance(v, double[k])} for k, v in kept.items() if v.is_floating_point()}
        json.dump(case, open(f"{folder}/cases/{name}.json", "w"), indent=1)
        save_file(inputs, f"{folder}/inputs/{name}.safetensors")
        save_file(kept, f"{folder}/out/{name}.safetensors")
    return yardsticks


def forward(folder, found, yardsticks):
    """A ControlNet by itself, and the UNet with it and without; timesteps that differ."""
    name, generator = "controlnet_forward", torch.Generator().manual_seed(7)
    unet = found["unet"].config
    inputs = {"sample": torch.randn(2, 4, 7, 9, generator=generator), "timestep": torch.tensor([999.0, 20.5]),
              "encoder_hidden_states": torch.randn(2, 5, unet.cross_attention_dim, generator=generator),
              "controlnet_cond": torch.rand(2, 3, 14, 18, generator=generator)}
    added = {}
    if unet.addition_embed_type:
        inputs["pooled"] = torch.randn(2, unet.projection_class_embeddings_input_dim - 6 * unet.addition_time_embed_dim,
                                       generator=generator)
        inputs["time_ids"] = torch.tensor([[14.0, 18, 0, 0, 14, 18], [30, 20, 3, 5, 14, 18]])
        added = {"added_cond_kwargs": {"text_embeds": inputs["pooled"], "time_ids": inputs["time_ids"]}}

    def run(found, dtype):
        cast = lambda x: {k: cast(v) for k, v in x.items()} if isinstance(x, dict) else x.to(dtype)
        control, unet = (copy.deepcopy(found[k]).to(dtype) for k in ("controlnet", "unet"))
        x = {k: v if k == "timestep" else v.to(dtype) for k, v in inputs.items()}
        same = (x["sample"], x["timestep"], x["encoder_hidden_states"])
        down, mid = control(*same, x["controlnet_cond"], conditioning_scale=0.7, return_dict=False, **cast(added))
        picture = x["controlnet_cond"]
        if control.config.controlnet_conditioning_channel_order == "bgr":
            picture = picture.flip(1)
        return {"hint": control.controlnet_cond_embedding(picture), "mid": mid,
                **{"down.%02d" % i: v for i, v in enumerate(down)},
                "unet": unet(*same, down_block_additional_residuals=down, mid_block_additional_residual=mid, **cast(added)).sample,
                "unet_without": unet(*same, **cast(added)).sample}

    with torch.no_grad():
        single, double = run(found, torch.float32), run(found, torch.float64)
    yardsticks[name] = {k: {"rel_l2": distance(v, double[k])} for k, v in single.items()}
    json.dump({"kind": name, "controlnet": "controlnet", "conditioning_scale": 0.7},
              open(f"{folder}/cases/{name}.json", "w"), indent=1)
    save_file(inputs, f"{folder}/inputs/{name}.safetensors")
    save_file({k: v.contiguous() for k, v in single.items()}, f"{folder}/out/{name}.safetensors")


def scheduler(kind, **settings):
    return {"_class_name": kind + "Scheduler", **settings}


V, TWO = {"prediction_type": "v_prediction"}, {"prompts": ["a photograph of two dogs!", "A RED cup,  on the moon!"]}
ZERO = {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
DPM, EULER, PNDM = "DPMSolverMultistep", "EulerDiscrete", "PNDM"
SD = {
    "ddim_trailing": dict(steps=3, guidance=4.0, scheduler=scheduler("DDIM", timestep_spacing="trailing", clip_sample=False)),
    "ddim_clipped_v": dict(steps=4, guidance=2.0, scheduler=scheduler("DDIM", clip_sample=True, clip_sample_range=0.8, steps_offset=1, **V)),
    "ddim_zero_snr": dict(steps=4, guidance=3.0, scheduler=scheduler("DDIM", clip_sample=False, set_alpha_to_one=False, **ZERO, **V)),
    "pndm_linspace": dict(steps=7, guidance=5.0, negative_prompts=["blurry", ""], **TWO,
                          scheduler=scheduler(PNDM, skip_prk_steps=True, timestep_spacing="linspace")),
    "pndm_v": dict(steps=6, guidance=3.0, scheduler=scheduler(PNDM, skip_prk_steps=True, set_alpha_to_one=True, timestep_spacing="trailing", **V)),
    "pndm_one_step": dict(steps=1, guidance=3.0, scheduler=scheduler(PNDM, skip_prk_steps=True, steps_offset=1)),
    "euler_karras": dict(steps=5, guidance=4.0, scheduler=scheduler(EULER, use_karras_sigmas=True)),
    "euler_karras_range": dict(steps=4, guidance=4.0, scheduler=scheduler(EULER, use_karras_sigmas=True, sigma_min=0.1, sigma_max=10.0, timestep_spacing="trailing")),
    "euler_exponential": dict(steps=4, guidance=4.0, scheduler=scheduler(EULER, use_exponential_sigmas=True, final_sigmas_type="sigma_min", timestep_spacing="leading", steps_offset=1)),
    "euler_v": dict(steps=4, guidance=1.0, scheduler=scheduler(EULER, **V)),
    "euler_zero_snr": dict(steps=4, guidance=3.0, scheduler=scheduler(EULER, **ZERO, **V)),
    "dpmpp2m_heun": dict(steps=6, guidance=3.0, scheduler=scheduler(DPM, solver_type="heun")),
    "dpmpp2m_first_order": dict(steps=4, guidance=3.0, scheduler=scheduler(DPM, solver_order=1, timestep_spacing="trailing")),
    "dpmpp2m_v_long": dict(steps=16, guidance=2.0, scheduler=scheduler(DPM, final_sigmas_type="sigma_min", **V)),
    "dpmpp2m_karras_least": dict(steps=16, guidance=2.0, scheduler=scheduler(DPM, use_karras_sigmas=True, final_sigmas_type="sigma_min")),
    "dpmpp2m_exponential": dict(steps=5, guidance=3.0, scheduler=scheduler(DPM, use_exponential_sigmas=True, beta_schedule="linear", beta_start=0.0001, beta_end=0.02)),
    "dpmpp2m_euler_at_final": dict(steps=16, guidance=2.0, scheduler=scheduler(DPM, final_sigmas_type="sigma_min", euler_at_final=True, timestep_spacing="leading", steps_offset=1)),
    "clip_skip": dict(steps=2, guidance=3.0, clip_skip=2, negative_prompts=["blurry"], scheduler=scheduler("DDIM", clip_sample=False)),
    "controlnet": dict(steps=5, guidance=3.0, **TWO, controlnet="controlnet", conditioning_scale=0.8, control_guidance_start=0.2,
                       control_guidance_end=0.8, scheduler=scheduler(PNDM, skip_prk_steps=True, steps_offset=1)),
    "controlnet_guess": dict(steps=3, guidance=3.0, controlnet="controlnet", conditioning_scale=0.9, guess_mode=True,
                             scheduler=scheduler(EULER)),
}
SDXL = {
    "dpmpp2m_karras": dict(steps=5, guidance=5.0, scheduler=scheduler(DPM, use_karras_sigmas=True, timestep_spacing="leading", steps_offset=1)),
    "sizes": dict(steps=2, guidance=4.0, negative_prompts=["blurry"], original_size=[40, 30], crops_coords_top_left=[3, 5],
                  target_size=[16, 20], negative_original_size=[12, 14], negative_target_size=[18, 22],
                  negative_crops_coords_top_left=[1, 2], scheduler=scheduler(EULER, timestep_spacing="leading", steps_offset=1)),
    "second_prompts": dict(steps=2, guidance=4.0, prompts_2=["A RED cup"], negative_prompts=["blurry"], negative_prompts_2=["ugly"],
                           clip_skip=0, scheduler=scheduler(EULER)),
    "controlnet": dict(steps=3, guidance=3.0, controlnet="controlnet", conditioning_scale=0.7, scheduler=scheduler("DDIM", clip_sample=False)),
}

folder, found = parts("sd", dict(cross_attention_dim=8, attention_head_dim=2, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D")),
                      dict(controlnet_conditioning_channel_order="bgr"))
yardsticks = finish(folder, found, SD)
forward(folder, found, yardsticks)
json.dump(yardsticks, open(f"{folder}/yardstick.json", "w"), indent=1)

folder, found = parts("sdxl", dict(cross_attention_dim=20, attention_head_dim=(2, 4), down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
                                   transformer_layers_per_block=(1, 2), use_linear_projection=True, addition_embed_type="text_time",
                                   addition_time_embed_dim=4, projection_class_embeddings_input_dim=34), {})
yardsticks = finish(folder, found, SDXL)
forward(folder, found, yardsticks)
json.dump(yardsticks, open(f"{folder}/yardstick.json", "w"), indent=1)
