"""The `model_index.json` that diffusers writes for pipelines of several kinds, for PipelineIndexTests.

    python3 make.py > indices.json

Made with diffusers 0.42.1, transformers 5.24.0 and torch 2.15. The components are the smallest that can be built; of
each pipeline only the index is kept. `sd, 0.6` are the members that Stable Diffusion's index had when diffusers 0.6
wrote it, with another library's class in it.
"""

import json
import pathlib
import tempfile

import diffusers as d
import transformers as t

tokenizers = pathlib.Path(__file__).parent.parent / "tokenizer"
tokenizer = t.CLIPTokenizer(str(tokenizers / "vocab.json"), str(tokenizers / "merges.txt"))
text = t.CLIPTextConfig(
    hidden_size=8, intermediate_size=8, num_attention_heads=1, num_hidden_layers=1, projection_dim=8,
    vocab_size=len(tokenizer),
)
encoder, projecting = t.CLIPTextModel(text), t.CLIPTextModelWithProjection(text)
t5 = t.T5EncoderModel(t.T5Config(d_model=8, d_ff=8, d_kv=4, num_heads=2, num_layers=1, vocab_size=16))
shape = dict(block_out_channels=(8,), layers_per_block=1, norm_num_groups=2)
network = dict(shape, down_block_types=("CrossAttnDownBlock2D",), up_block_types=("CrossAttnUpBlock2D",), cross_attention_dim=8)
unet = d.UNet2DConditionModel(**network, attention_head_dim=4)
unet3 = d.UNet3DConditionModel(
    **dict(network, down_block_types=("CrossAttnDownBlock3D",), up_block_types=("CrossAttnUpBlock3D",)),
    attention_head_dim=4)
control = d.ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(8, 8))
vae = d.AutoencoderKL(**shape)
main = dict(vae=vae, text_encoder=encoder, tokenizer=tokenizer)
rest = dict(safety_checker=None, feature_extractor=None, requires_safety_checker=False)
pipelines = {
    "sd": d.StableDiffusionPipeline(**main, unet=unet, scheduler=d.PNDMScheduler(), **rest),
    "sd, DDIM": d.StableDiffusionPipeline(**main, unet=unet, scheduler=d.DDIMScheduler(), **rest),
    "sd, LCM": d.StableDiffusionPipeline(**main, unet=unet, scheduler=d.LCMScheduler(), **rest),
    "sdxl": d.StableDiffusionXLPipeline(
        **main, text_encoder_2=projecting, tokenizer_2=tokenizer, unet=unet, scheduler=d.EulerDiscreteScheduler()),
    "controlnet": d.StableDiffusionControlNetPipeline(
        **main, unet=unet, controlnet=control, scheduler=d.DDIMScheduler(), **rest),
    "video": d.TextToVideoSDPipeline(**main, unet=unet3, scheduler=d.DDIMScheduler()),
    "t5": d.IFPipeline(
        tokenizer=None, text_encoder=t5, unet=unet, scheduler=d.DDPMScheduler(), safety_checker=None,
        feature_extractor=None, watermarker=None, requires_safety_checker=False),
    "unconditional": d.DDIMPipeline(unet=d.UNet2DModel(
        **shape, down_block_types=("DownBlock2D",), up_block_types=("UpBlock2D",)), scheduler=d.DDIMScheduler()),
}
indices = {}
for name, pipeline in pipelines.items():
    with tempfile.TemporaryDirectory() as folder:
        pipeline.save_config(folder)
        indices[name] = json.loads(pathlib.Path(folder, "model_index.json").read_text())
indices["sd, 0.6"] = {
    "_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.6.0",
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
    "scheduler": ["diffusers", "PNDMScheduler"], "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"], "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
print(json.dumps(indices, indent=1, sort_keys=True))
