"""What FORMAT.md says of digests and canonical JSON, and section 15 of NUMERICS.md: fresh weights of a tiny model."""
import hashlib
import json
import struct

import numpy as np

from numerics import Stream, f32

CHANNELS, EDGE = 4, 8
UNET = {
    "_class_name": "UNet2DConditionModel", "in_channels": CHANNELS, "out_channels": CHANNELS, "sample_size": EDGE,
    "block_out_channels": [8, 16], "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"], "layers_per_block": 1, "attention_head_dim": 2,
    "cross_attention_dim": 8, "norm_num_groups": 4,
}
TEXT = {
    "architectures": ["CLIPTextModel"], "model_type": "clip_text_model", "hidden_size": 8, "intermediate_size": 16,
    "num_attention_heads": 2, "num_hidden_layers": 1, "max_position_embeddings": 16, "vocab_size": 619,
    "hidden_act": "quick_gelu", "layer_norm_eps": 1e-05, "eos_token_id": 618, "projection_dim": 8,
}
SCORER = {
    "architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": 6, "logit_scale_init_value": 2.6592,
    "text_config": {"hidden_size": 8, "intermediate_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1,
                    "max_position_embeddings": 16, "vocab_size": 619, "hidden_act": "gelu", "eos_token_id": 618},
    "vision_config": {"hidden_size": 8, "intermediate_size": 16, "num_attention_heads": 2, "num_hidden_layers": 2,
                      "image_size": EDGE, "patch_size": 4, "hidden_act": "quick_gelu"},
}
SCHEDULER = {
    "_class_name": "DDIMScheduler", "num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012,
    "beta_schedule": "scaled_linear", "prediction_type": "epsilon", "set_alpha_to_one": False, "clip_sample": False,
}


# FORMAT.md


def digest(domain, *payload):
    return hashlib.sha256(domain.encode() + b"\0" + b"".join(payload)).digest()


def canonical(value):
    def write(v):
        if isinstance(v, dict):
            return "{" + ",".join(json.dumps(k) + ":" + write(v[k]) for k in sorted(v, key=str.encode)) + "}"
        if isinstance(v, list):
            return "[" + ",".join(map(write, v)) + "]"
        if isinstance(v, float):
            return decimal(v)
        return json.dumps(v, ensure_ascii=False)
    return write(value).encode()


def decimal(value):
    mantissa, exponent = repr(abs(value)), "0"
    if "e" in mantissa:
        mantissa, exponent = mantissa.split("e")
    whole, _, part = mantissa.partition(".")
    digits = (whole + part).lstrip("0")
    n = len(whole) + int(exponent) - (len(whole + part) - len(digits))
    digits = digits.rstrip("0")
    k, sign = len(digits), "-" if value < 0 else ""
    if not digits:
        return "0"
    if k <= n <= 21:
        return sign + digits + "0" * (n - k)
    if 0 < n <= 21:
        return sign + digits[:n] + "." + digits[n:]
    if -6 < n <= 0:
        return sign + "0." + "0" * -n + digits
    return sign + digits[0] + ("." + digits[1:] if k > 1 else "") + "e" + ("+" if n > 0 else "-") + str(abs(n - 1))


def word(n):
    return struct.pack("<Q", n)


def tensor(name, x):
    name, data = name.encode(), np.ascontiguousarray(x, "<f4").tobytes()
    return digest("smpo/tensor/1", word(len(name)), name, word(3), b"F32", word(np.ndim(x)),
                  *[word(d) for d in np.shape(x)], word(len(data)), data)


def root(leaves):
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return hashlib.sha256(b"\1" + root(leaves[:left]) + root(leaves[left:])).digest()


def tensors(digests):
    """The entry `tensors` of a phase, of digests by name."""
    names = sorted(digests, key=str.encode)
    return {"count": len(names), "names": digest("smpo/tensor-names/1", canonical(names)).hex(),
            "root": root([digests[n] for n in names]).hex()}


def bits(*values):
    return [f"0x{struct.unpack('<I', struct.pack('<f', v))[0]:08x}" for v in values]


def double(text):
    return struct.unpack("<d", struct.pack("<Q", int(text, 16)))[0]


# NUMERICS.md, section 15


class Fresh:
    """Parameters in the order in which they are drawn."""

    def __init__(self, seed, adapters=None):
        self.seed, self.number, self.weights = seed, 0, {}
        self.layer, self.adapters, self.adapter_weights = 0, adapters, {}

    def draw(self, name, shape, kind, fan=None):
        stream, count = Stream(self.seed, "initialization", self.number), int(np.prod(shape))
        if kind == "uniform":
            x = (stream.uniforms(count) * f32(2) - f32(1)) * f32(1 / np.sqrt(np.float64(fan)))
        elif kind == "normal":
            x = stream.normals([count]) * (f32(1 / np.sqrt(np.float64(fan))) if fan else f32(0.02))
        else:
            x = np.full(count, kind, f32)
        self.weights[name], self.number = x.reshape(shape), self.number + 1

    def linear(self, name, inputs, outputs, bias=True, kernel=()):
        fan = inputs * int(np.prod(kernel, initial=1))
        self.draw(name + ".weight", [outputs, inputs, *kernel], "uniform", fan)
        if bias:
            self.draw(name + ".bias", [outputs], "uniform", fan)
        if self.adapters and any(("." + name).endswith("." + t) for t in self.adapters["targets"]):
            a = (Stream(self.adapters["seed"] ^ 0x6C6F7261, "initialization", self.layer).uniforms(
                self.adapters["rank"] * fan) * f32(2) - f32(1)) * f32(1 / np.sqrt(np.float64(fan)))
            self.adapter_weights[name + ".lora_A.weight"] = a.reshape([self.adapters["rank"], inputs, *kernel])
            self.adapter_weights[name + ".lora_B.weight"] = np.zeros(
                [outputs, self.adapters["rank"], *[1 for _ in kernel]], f32)
        self.layer += 1

    def norm(self, name, width):
        self.draw(name + ".weight", [width], 1)
        self.draw(name + ".bias", [width], 0)

    def conv(self, name, inputs, outputs, edge=3):
        self.linear(name, inputs, outputs, kernel=(edge, edge))

    def resnet(self, name, inputs, outputs, time):
        self.norm(name + ".norm1", inputs)
        self.conv(name + ".conv1", inputs, outputs)
        self.linear(name + ".time_emb_proj", time, outputs)
        self.norm(name + ".norm2", outputs)
        self.conv(name + ".conv2", outputs, outputs)
        if inputs != outputs:
            self.conv(name + ".conv_shortcut", inputs, outputs, 1)

    def transformer(self, name, width, context):
        self.norm(name + ".norm", width)
        self.conv(name + ".proj_in", width, width, 1)
        block = name + ".transformer_blocks.0"
        for attention, wide in (("1", width), ("2", context)):
            self.norm(f"{block}.norm{attention}", width)
            for part, inputs in (("to_q", width), ("to_k", wide), ("to_v", wide)):
                self.linear(f"{block}.attn{attention}.{part}", inputs, width, bias=False)
            self.linear(f"{block}.attn{attention}.to_out.0", width, width)
        self.norm(block + ".norm3", width)
        self.linear(block + ".ff.net.0.proj", width, 8 * width)
        self.linear(block + ".ff.net.2", 4 * width, width)
        self.conv(name + ".proj_out", width, width, 1)

    def unet(self, channels=CHANNELS):
        """The UNet of `UNET`: two levels, attention on the inner one."""
        (a, b), context = UNET["block_out_channels"], UNET["cross_attention_dim"]
        time = 4 * a
        self.conv("conv_in", channels, a)
        self.linear("time_embedding.linear_1", a, time)
        self.linear("time_embedding.linear_2", time, time)
        self.resnet("down_blocks.0.resnets.0", a, a, time)
        self.transformer("down_blocks.1.attentions.0", b, context)
        self.resnet("down_blocks.1.resnets.0", a, b, time)
        self.conv("down_blocks.0.downsamplers.0.conv", a, a)
        self.transformer("mid_block.attentions.0", b, context)
        self.resnet("mid_block.resnets.0", b, b, time)
        self.resnet("mid_block.resnets.1", b, b, time)
        for layer in range(2):
            self.transformer(f"up_blocks.0.attentions.{layer}", b, context)
        self.resnet("up_blocks.0.resnets.0", b + b, b, time)
        self.resnet("up_blocks.0.resnets.1", b + a, b, time)
        self.resnet("up_blocks.1.resnets.0", b + a, a, time)
        self.resnet("up_blocks.1.resnets.1", a + a, a, time)
        self.conv("up_blocks.0.upsamplers.0.conv", b, b)
        self.norm("conv_norm_out", a)
        self.conv("conv_out", a, channels)
        return self

    def text(self, config=TEXT):
        width = config["hidden_size"]
        e = "text_model.embeddings."
        self.draw(e + "token_embedding.weight", [config["vocab_size"], width], "normal")
        self.draw(e + "position_embedding.weight", [config["max_position_embeddings"], width], "normal")
        self.layers("text_model.", config)
        self.norm("text_model.final_layer_norm", width)
        return self

    def layers(self, name, config):
        width = config["hidden_size"]
        for number in range(config["num_hidden_layers"]):
            layer = f"{name}encoder.layers.{number}"
            self.norm(layer + ".layer_norm1", width)
            for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                self.linear(f"{layer}.self_attn.{part}", width, width)
            self.norm(layer + ".layer_norm2", width)
            self.linear(layer + ".mlp.fc1", width, config["intermediate_size"])
            self.linear(layer + ".mlp.fc2", config["intermediate_size"], width)

    def clip(self):
        """The scorer of `SCORER`."""
        vision, projection = SCORER["vision_config"], SCORER["projection_dim"]
        self.text(SCORER["text_config"])
        width, patch, name = vision["hidden_size"], vision["patch_size"], "vision_model."
        self.draw(name + "embeddings.class_embedding", [width], "normal", fan=width)
        self.draw(name + "embeddings.patch_embedding.weight", [width, 3, patch, patch], "normal")
        self.draw(name + "embeddings.position_embedding.weight", [(vision["image_size"] // patch)**2 + 1, width], "normal")
        self.norm(name + "pre_layrnorm", width)
        self.layers(name, vision)
        self.norm(name + "post_layernorm", width)
        self.linear("visual_projection", width, projection, bias=False)
        self.linear("text_projection", SCORER["text_config"]["hidden_size"], projection, bias=False)
        self.draw("logit_scale", [], f32(SCORER["logit_scale_init_value"]))
        return self


def weights_root(weights):
    return root([tensor(n, weights[n]) for n in sorted(weights, key=str.encode)]).hex()
