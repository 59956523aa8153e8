"""What NUMERICS.md says of products, sums, norms, attention and blocks (sections 2 to 8 and 14), run forward and backward.

Modules are diffusers' and transformers'; a tape keeps what the backward pass takes, in the order of the forward pass.
"""
import numpy as np

from numerics import bits, call, correctly_rounded, f32, f64, fma, u64

CHUNK = 256


# Section 2


def chain(a, b):
    """+0, then fma(a[:, k], b[k], …) for ascending k: a [m, k], b [k, n]."""
    a, b = a.astype(f64), b.astype(f64)
    result = np.zeros([a.shape[0], b.shape[1]], f32)
    for k in range(a.shape[1]):
        exact = a[:, k, None] * b[k]
        total = exact + result
        # A second rounding matters on the middle of two Float32 and among the subnormals alone.
        hard = ((bits(total) & u64(0x1FFFFFFF)) == u64(0x10000000)) | (np.abs(total) < 2.0**-125) & (total != 0)
        rounded = total.astype(f32)
        if hard.any():
            at = np.nonzero(hard)
            rounded[at] = fma(np.broadcast_to(a[:, k, None], hard.shape)[at], np.broadcast_to(b[k], hard.shape)[at],
                              result[at])
        result = rounded
    return result


def product(a, b, into=None):
    """a·b; added to `into` where there is one."""
    for start in range(0, a.shape[1], CHUNK):
        part = chain(a[:, start:start + CHUNK], b[start:start + CHUNK])
        into = part if into is None else into + part
    return into


# Section 4


def sums(x):
    """Rule 4 for each row of x [rows, n]."""
    result = None
    for start in range(0, x.shape[1], 4096):
        block = x[:, start:start + 4096]
        block = np.concatenate([block, np.zeros([x.shape[0], -block.shape[1] % 16], f32)], axis=1)
        lanes = np.zeros([x.shape[0], 16], f32)
        for place in range(0, block.shape[1], 16):
            lanes = lanes + block[:, place:place + 16]
        for half in (8, 4, 2, 1):
            lanes = lanes[:, :half] + lanes[:, half:2 * half]
        result = lanes[:, 0] if result is None else result + lanes[:, 0]
    return result


def column_sums(x, into):
    """`into` [width] with the columns of x [samples, rows, width] added."""
    for sample in x:
        for start in range(0, len(sample), CHUNK):
            part = np.zeros(x.shape[-1], f32)
            for row in sample[start:start + CHUNK]:
                part = part + row
            into = into + part
    return into


# Tape


class Variable:
    def __init__(self, value):
        self.value, self.gradient = value, None

    def add(self, gradient):
        self.gradient = gradient if self.gradient is None else self.gradient + gradient


class Tape:
    """Operations in their forward order."""

    def __init__(self):
        self.ways = []

    def record(self, value, way):
        result = Variable(value)

        def back():
            if result.gradient is not None:
                way(result.gradient)
        self.ways.append(back)
        return result

    def backward(self):
        for way in reversed(self.ways):
            way()
        self.ways = []

    def block(self, inputs, body):
        """What a block's inputs get is summed before it leaves the block."""
        outer, own = self.ways, [Variable(x.value) for x in inputs]
        self.ways = []
        inner = body(*own)
        inside, self.ways = self.ways, outer

        def back(gradient):
            inner.add(gradient)
            for way in reversed(inside):
                way()
            for x, mine in zip(inputs, own):
                if mine.gradient is not None:
                    x.add(mine.gradient)
        return self.record(inner.value, back)


class Network:
    """Layers by name over the weights of a model; gradients by the same names."""

    def __init__(self, weights, prefix="", adapter_scale=f32(1)):
        self.weights, self.prefix, self.gradients, self.adapter_scale = weights, prefix, {}, adapter_scale

    def weight(self, name):
        return self.weights[self.prefix + name]

    def gradient(self, name):
        name = self.prefix + name
        return self.gradients.get(name, np.zeros_like(self.weights[name]))

    def learn(self, name, gradient):
        self.gradients[self.prefix + name] = gradient

    # Sections 2 and 3

    def linear(self, tape, x, name, bias=True):
        return self.adapted(tape, x, name, self.plain_linear(tape, x, name, bias), self.plain_linear)

    def convolution(self, tape, x, name, stride=1, padding=None):
        def down(tape, x, name, bias):
            return self.plain_convolution(tape, x, name, stride, padding, bias)
        y = self.plain_convolution(tape, x, name, stride, padding)
        return self.adapted(tape, x, name, y, down, lambda *inner: self.plain_convolution(*inner, bias=False))

    def adapted(self, tape, x, name, y, down, up=None):
        """y, and what the layer's adapter adds, if it has one (section 14)."""
        if self.prefix + name + ".lora_A.weight" not in self.weights:
            return y
        inner = down(tape, x, name + ".lora_A", False)
        if self.adapter_scale != 1:
            before, factor = inner, self.adapter_scale
            inner = tape.record(before.value * factor, lambda dy: before.add(dy * factor))
        outer = up(tape, inner, name + ".lora_B") if up else down(tape, inner, name + ".lora_B", False)
        return add(tape, y, outer)

    def plain_linear(self, tape, x, name, bias):
        w = self.weight(name + ".weight")
        shape = x.value.shape
        rows = x.value.reshape(-1, shape[-1])
        y = product(rows, w.T)
        if bias:
            y = y + self.weight(name + ".bias")

        def back(dy):
            dw = self.gradient(name + ".weight")
            for dy_sample, x_sample in zip(samples(dy), samples(x.value)):
                dw = product(dy_sample.T, x_sample, dw)
            self.learn(name + ".weight", dw)
            if bias:
                self.learn(name + ".bias", column_sums(samples(dy), self.gradient(name + ".bias")))
            x.add(product(dy.reshape(-1, dy.shape[-1]), w).reshape(shape))
        return tape.record(y.reshape(*shape[:-1], len(w)), back)

    def plain_convolution(self, tape, x, name, stride=1, padding=None, bias=True):
        w = self.weight(name + ".weight")
        out, channels, edge, _ = w.shape
        padding = edge // 2 if padding is None else padding
        n, _, height, width = x.value.shape
        padded = np.pad(x.value, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
        h, v = ((s + 2 * padding - edge) // stride + 1 for s in (height, width))
        taps = np.stack([
            padded[:, :, r:r + stride * (h - 1) + 1:stride, c:c + stride * (v - 1) + 1:stride]
            for r in range(edge) for c in range(edge)], axis=2)  # [n, channels, edge², h, v]
        taps = taps.reshape(n, channels * edge * edge, h * v)
        y = product(w.reshape(out, -1), np.concatenate(list(taps), axis=1))
        y = y.reshape(out, n, h, v).transpose(1, 0, 2, 3)
        if bias:
            y = y + self.weight(name + ".bias")[:, None, None]

        def back(dy):
            dw = self.gradient(name + ".weight").reshape(out, -1)
            for image, part in zip(dy, taps):
                dw = product(image.reshape(out, -1), part.T, dw)
            self.learn(name + ".weight", dw.reshape(w.shape))
            if bias:
                db = self.gradient(name + ".bias")
                for plane_sums in sums(dy.reshape(n * out, -1)).reshape(n, out):
                    db = db + plane_sums
                self.learn(name + ".bias", db)
            x.add(input_gradient(dy, w, x.value.shape, stride, padding))
        return tape.record(np.ascontiguousarray(y), back)

    # Section 5

    def group_norm(self, tape, x, name, groups, eps, silu=False):
        w, b = self.weight(name + ".weight"), self.weight(name + ".bias")
        n, c = x.value.shape[:2]
        rows = x.value.reshape(n * groups, -1)
        mean, rstd = statistics(rows, eps)
        hat = ((rows - mean) * rstd).reshape(n, c, -1)
        y = (hat * w[:, None] + b[:, None]).reshape(x.value.shape)

        def back(dy):
            if silu:
                dy = dy * call("silu_slope", y)
            dy = dy.reshape(n, c, -1)
            dw, db = self.gradient(name + ".weight"), self.gradient(name + ".bias")
            for g, h in zip(dy, hat):
                dw, db = dw + sums(g * h), db + sums(g)
            self.learn(name + ".weight", dw)
            self.learn(name + ".bias", db)
            dx = norm_gradient((dy * w[:, None]).reshape(rows.shape), hat.reshape(rows.shape), rstd)
            x.add(dx.reshape(x.value.shape))
        return tape.record(call("silu", y) if silu else y, back)

    def layer_norm(self, tape, x, name, eps=1e-5):
        w, b = self.weight(name + ".weight"), self.weight(name + ".bias")
        rows = x.value.reshape(-1, x.value.shape[-1])
        mean, rstd = statistics(rows, eps)
        hat = (rows - mean) * rstd

        def back(dy):
            flat = dy.reshape(rows.shape)
            by_sample = samples(dy).shape
            self.learn(name + ".weight", column_sums((flat * hat).reshape(by_sample), self.gradient(name + ".weight")))
            self.learn(name + ".bias", column_sums(samples(dy), self.gradient(name + ".bias")))
            x.add(norm_gradient(flat * w, hat, rstd).reshape(x.value.shape))
        return tape.record((hat * w + b).reshape(x.value.shape), back)

    # Section 8

    def embedding(self, tape, ids, name):
        ids = np.array(ids)

        def back(dy):
            table = self.gradient(name).copy()
            for row, gradient in zip(ids.ravel(), dy.reshape(-1, dy.shape[-1])):
                table[row] = table[row] + gradient
            self.learn(name, table)
        return tape.record(self.weight(name)[ids], back)

    def positions(self, tape, x, name):
        length = x.value.shape[1]

        def back(dy):
            table = self.gradient(name).copy()
            for sample in dy:
                table[:length] = table[:length] + sample
            self.learn(name, table)
            x.add(dy)
        return tape.record(x.value + self.weight(name)[:length], back)


def samples(x):
    """[samples, rows, width]"""
    return x.reshape(len(x), -1, x.shape[-1])


def input_gradient(dy, w, shape, stride, padding):
    """Taps that meet no output row or column of the stride take no part; those beyond the border are +0."""
    n, channels, height, width = shape
    out, _, edge, _ = w.shape
    dx = np.zeros(shape, f32)
    margin = edge
    padded = np.pad(dy, [(0, 0), (0, 0), (margin, margin), (margin, margin)])
    for top in range(stride):
        for left in range(stride):
            rows = [r for r in range(edge) if (top + padding - r) % stride == 0]
            columns = [c for c in range(edge) if (left + padding - c) % stride == 0]
            if not rows or not columns:
                continue
            ys, xs = np.arange(top, height, stride), np.arange(left, width, stride)
            taps = np.stack([
                padded[:, :, ((ys + padding - r) // stride + margin)[:, None], (xs + padding - c) // stride + margin]
                for r in rows for c in columns], axis=2)  # [n, out, taps, rows, columns]
            taps = taps.reshape(n, -1, len(ys) * len(xs))
            kernel = w[:, :, rows][:, :, :, columns].transpose(1, 0, 2, 3).reshape(channels, -1)
            part = product(kernel, np.concatenate(list(taps), axis=1))
            dx[:, :, top::stride, left::stride] = part.reshape(channels, n, len(ys), len(xs)).transpose(1, 0, 2, 3)
    return dx


def statistics(rows, eps):
    count = f32(rows.shape[1])
    mean = (sums(rows) / count)[:, None]
    apart = rows - mean
    variance = (sums(apart * apart) / count)[:, None]
    return mean, f32(1) / np.sqrt(variance + f32(eps))


def norm_gradient(dyw, hat, rstd):
    count = f32(dyw.shape[1])
    s1, s2 = (sums(dyw) / count)[:, None], (sums(dyw * hat) / count)[:, None]
    return rstd * (dyw - (s1 + hat * s2))


# Section 6


def attention(tape, q, k, v, heads, causal=False):
    n, queries, width = q.value.shape
    d = width // heads
    scale = f32(1 / np.sqrt(f64(d)))
    assert queries <= CHUNK and k.value.shape[1] <= CHUNK, "one block of keys, one chunk of queries"
    split = lambda x: [h for i in x for h in np.split(i, heads, axis=-1)]
    join = lambda parts: np.stack([np.concatenate(parts[i * heads:(i + 1) * heads], axis=-1) for i in range(n)])
    kept, outputs = [], []
    for a, b, c in zip(split(q.value), split(k.value), split(v.value)):
        scores = product(a, b.T) * scale
        if causal:
            scores = np.where(np.tri(*scores.shape, dtype=bool), scores, f32(-np.inf))
        top = scores.max(axis=1, keepdims=True)
        e = call("exp_single", scores - top)
        strands = np.zeros([4, queries], f32)
        for key in range(e.shape[1]):
            strands[key % 4] = strands[key % 4] + e[:, key]
        total = ((strands[0] + strands[2]) + (strands[1] + strands[3]))[:, None]
        outputs.append(product(e, c) / total)
        kept.append((e, total))

    def back(gradient):
        dq, dk, dv = [], [], []
        heads_of = zip(split(gradient), outputs, kept, split(q.value), split(k.value), split(v.value))
        for do, o, (e, total), a, b, c in heads_of:
            p = e * (f32(1) / total)
            dp = product(do, c.T)
            ds = (p * (dp - sums(do * o)[:, None])) * scale
            dv.append(product(p.T, do))
            dk.append(product(ds.T, a))
            dq.append(product(ds, b))
        q.add(join(dq))
        k.add(join(dk))
        v.add(join(dv))
    return tape.record(join(outputs), back)


# Sections 7 and 8


def activation(tape, x, name):
    return tape.record(call(name, x.value), lambda dy: x.add(dy * call(name + "_slope", x.value)))


def geglu(tape, x):
    h, gate = np.split(x.value, 2, axis=-1)

    def back(dy):
        x.add(np.concatenate([dy * call("gelu", gate), (dy * h) * call("gelu_slope", gate)], axis=-1))
    return tape.record(h * call("gelu", gate), back)


def add(tape, a, b):
    def back(dy):
        a.add(dy)
        b.add(dy)
    return tape.record(a.value + b.value, back)


def add_per_channel(tape, x, e):
    def back(dy):
        x.add(dy)
        e.add(sums(dy.reshape(e.value.size, -1)).reshape(e.value.shape))
    return tape.record(x.value + e.value[:, :, None, None], back)


def concatenate(tape, a, b):
    at = a.value.shape[1]

    def back(dy):
        a.add(np.ascontiguousarray(dy[:, :at]))
        b.add(np.ascontiguousarray(dy[:, at:]))
    return tape.record(np.concatenate([a.value, b.value], axis=1), back)


def upsample(tape, x, height, width):
    n, c, h, w = x.value.shape
    rows, columns = np.arange(height) * h // height, np.arange(width) * w // width

    def back(dy):
        dx = np.zeros(x.value.shape, f32)
        for r in range(height):
            for k in range(width):
                dx[:, :, rows[r], columns[k]] = dx[:, :, rows[r], columns[k]] + dy[:, :, r, k]
        x.add(dx)
    return tape.record(np.ascontiguousarray(x.value[:, :, rows][:, :, :, columns]), back)


def moved(tape, x, there, back):
    """A move of elements, `there` and `back`."""
    return tape.record(np.ascontiguousarray(there(x.value)), lambda dy: x.add(np.ascontiguousarray(back(dy))))


# Section 14


def sinusoid(values, width, cosine_first=True, shift=0):
    half = width // 2
    exponents = f32(-9.210340371976184) * np.arange(half, dtype=f32) / f32(half - shift)
    frequencies = correctly_rounded(call("exp_double", exponents.astype(f64)))
    angles = (np.array(values, f32)[:, None] * frequencies).astype(f64)
    parts = [correctly_rounded(call(name, angles)) for name in ("cos_double", "sin_double")]
    return np.concatenate(parts if cosine_first else parts[::-1], axis=1)


class UNet(Network):
    """diffusers' UNet2DConditionModel, of the keys that small configurations have."""

    def __init__(self, weights, config, prefix="", adapter_scale=f32(1)):
        super().__init__(weights, prefix, adapter_scale)
        self.config = config

    def resnet(self, tape, x, time, name):
        groups, eps = self.config["norm_num_groups"], 1e-5

        def body(x, time):
            h = self.convolution(tape, self.group_norm(tape, x, name + ".norm1", groups, eps, True), name + ".conv1")
            h = add_per_channel(tape, h, self.linear(tape, time, name + ".time_emb_proj"))
            h = self.convolution(tape, self.group_norm(tape, h, name + ".norm2", groups, eps, True), name + ".conv2")
            own = x
            if self.prefix + name + ".conv_shortcut.weight" in self.weights:
                own = self.convolution(tape, x, name + ".conv_shortcut")
            return add(tape, own, h)
        return tape.block([x, time], body)

    def attend(self, tape, x, context, name, heads):
        q, k, v = (self.linear(tape, s, f"{name}.{part}", bias=False)
                   for s, part in ((x, "to_q"), (context, "to_k"), (context, "to_v")))
        return self.linear(tape, attention(tape, q, k, v, heads), name + ".to_out.0")

    def transformer(self, tape, x, context, name, heads):
        def body(x, context):
            n, c, height, width = x.value.shape
            h = self.group_norm(tape, x, name + ".norm", self.config["norm_num_groups"], 1e-6)
            h = self.convolution(tape, h, name + ".proj_in")
            h = moved(tape, h, lambda v: v.reshape(n, c, -1).transpose(0, 2, 1),
                      lambda v: v.transpose(0, 2, 1).reshape(n, c, height, width))
            block = name + ".transformer_blocks.0"
            own = self.layer_norm(tape, h, block + ".norm1")
            h = add(tape, self.attend(tape, own, own, block + ".attn1", heads), h)
            other = self.layer_norm(tape, h, block + ".norm2")
            h = add(tape, self.attend(tape, other, context, block + ".attn2", heads), h)
            wide = self.linear(tape, self.layer_norm(tape, h, block + ".norm3"), block + ".ff.net.0.proj")
            h = add(tape, self.linear(tape, geglu(tape, wide), block + ".ff.net.2"), h)
            h = moved(tape, h, lambda v: v.transpose(0, 2, 1).reshape(n, c, height, width),
                      lambda v: v.reshape(n, c, -1).transpose(0, 2, 1))
            return add(tape, self.convolution(tape, h, name + ".proj_out"), x)
        return tape.block([x, context], body)

    def __call__(self, tape, x, timesteps, context):
        config, width = self.config, self.config["block_out_channels"]
        levels, layers, heads = len(width), config["layers_per_block"], config["attention_head_dim"]
        time = Variable(sinusoid(timesteps, width[0]))
        time = self.linear(tape, time, "time_embedding.linear_1")
        time = self.linear(tape, activation(tape, time, "silu"), "time_embedding.linear_2")
        time = activation(tape, time, "silu")
        x, context = Variable(x), context if isinstance(context, Variable) else Variable(context)
        h = self.convolution(tape, x, "conv_in")
        skips = [h]
        for level in range(levels):
            name = f"down_blocks.{level}"
            for layer in range(layers):
                h = self.resnet(tape, h, time, f"{name}.resnets.{layer}")
                if config["down_block_types"][level].startswith("Cross"):
                    h = self.transformer(tape, h, context, f"{name}.attentions.{layer}", heads)
                skips.append(h)
            if level < levels - 1:
                h = self.convolution(tape, h, f"{name}.downsamplers.0.conv", stride=2, padding=1)
                skips.append(h)
        h = self.resnet(tape, h, time, "mid_block.resnets.0")
        h = self.transformer(tape, h, context, "mid_block.attentions.0", heads)
        h = self.resnet(tape, h, time, "mid_block.resnets.1")
        for level in range(levels):
            name = f"up_blocks.{level}"
            for layer in range(layers + 1):
                h = self.resnet(tape, concatenate(tape, h, skips.pop()), time, f"{name}.resnets.{layer}")
                if config["up_block_types"][level].startswith("Cross"):
                    h = self.transformer(tape, h, context, f"{name}.attentions.{layer}", heads)
            if level < levels - 1:
                h = upsample(tape, h, *skips[-1].value.shape[2:])
                h = self.convolution(tape, h, f"{name}.upsamplers.0.conv")
        h = self.group_norm(tape, h, "conv_norm_out", config["norm_num_groups"], 1e-5, True)
        return self.convolution(tape, h, "conv_out")


class CLIPLayers(Network):
    """The layers that CLIP's two towers share."""

    def layer(self, tape, x, name, heads, act, eps, causal):
        def body(x):
            h = self.layer_norm(tape, x, name + ".layer_norm1", eps)
            q, k, v = (self.linear(tape, h, f"{name}.self_attn.{part}_proj") for part in "qkv")
            h = attention(tape, q, k, v, heads, causal)
            x = add(tape, x, self.linear(tape, h, name + ".self_attn.out_proj"))
            h = self.linear(tape, self.layer_norm(tape, x, name + ".layer_norm2", eps), name + ".mlp.fc1")
            return add(tape, x, self.linear(tape, activation(tape, h, act), name + ".mlp.fc2"))
        return tape.block([x], body)


def picked(tape, x, rows):
    """Row rows[i] of sample i."""
    every = np.arange(len(rows))

    def back(dy):
        dx = np.zeros_like(x.value)
        dx[every, rows] = dy
        x.add(dx)
    return tape.record(x.value[every, rows], back)


class TextEncoder(CLIPLayers):
    """transformers' CLIPTextModel: the last hidden state after the final LayerNorm."""

    def __init__(self, weights, config, prefix=""):
        super().__init__(weights, prefix)
        self.config = config

    def __call__(self, tape, ids):
        config, name = self.config, "text_model."
        x = self.embedding(tape, ids, name + "embeddings.token_embedding.weight")
        x = self.positions(tape, x, name + "embeddings.position_embedding.weight")
        for layer in range(config["num_hidden_layers"]):
            x = self.layer(tape, x, f"{name}encoder.layers.{layer}", config["num_attention_heads"],
                           config["hidden_act"], config.get("layer_norm_eps", 1e-5), causal=True)
        return self.layer_norm(tape, x, name + "final_layer_norm", config.get("layer_norm_eps", 1e-5))


class CLIP(TextEncoder):
    """transformers' CLIPModel: vectors of pictures and captions, not normalised."""

    def __init__(self, weights, config, prefix=""):
        super().__init__(weights, config["text_config"], prefix)
        self.vision = config["vision_config"]

    def captions(self, tape, ids):
        ends = [i.index(self.config["eos_token_id"]) for i in ids]
        return self.linear(tape, picked(tape, self(tape, ids), ends), "text_projection", bias=False)

    def images(self, tape, pixels):
        n, c, height, _ = pixels.shape
        edge, name, eps = self.vision["patch_size"], "vision_model.", 1e-5
        grid = height // edge
        patches = pixels.reshape(n, c, grid, edge, grid, edge).transpose(0, 2, 4, 1, 3, 5).reshape(n, grid * grid, -1)
        x = self.prepended(tape, self.patch_embedding(tape, patches, name + "embeddings.patch_embedding.weight"),
                           name + "embeddings.class_embedding")
        x = self.positions(tape, x, name + "embeddings.position_embedding.weight")
        x = self.layer_norm(tape, x, name + "pre_layrnorm", eps)
        for layer in range(self.vision["num_hidden_layers"]):
            x = self.layer(tape, x, f"{name}encoder.layers.{layer}", self.vision["num_attention_heads"],
                           self.vision["hidden_act"], eps, causal=False)
        x = self.layer_norm(tape, picked(tape, x, np.zeros(n, int)), name + "post_layernorm", eps)
        return self.linear(tape, x, "visual_projection", bias=False)

    def patch_embedding(self, tape, patches, name):
        """A linear layer over patches [c, edge, edge], its weight as the convolution's."""
        w = self.weight(name)
        flat = w.reshape(len(w), -1)

        def back(dy):
            dw = self.gradient(name).reshape(flat.shape)
            for dy_sample, x_sample in zip(dy, patches):
                dw = product(dy_sample.T, x_sample, dw)
            self.learn(name, dw.reshape(w.shape))
        y = product(patches.reshape(-1, patches.shape[-1]), flat.T)
        return tape.record(y.reshape(*patches.shape[:2], -1), back)

    def prepended(self, tape, x, name):
        """The class token before the patches; its gradient is a column sum, picture after picture."""
        def back(dy):
            self.learn(name, column_sums(dy[:, :1], self.gradient(name)))
            x.add(np.ascontiguousarray(dy[:, 1:]))
        first = np.broadcast_to(self.weight(name), [len(x.value), 1, x.value.shape[-1]])
        return tape.record(np.concatenate([first, x.value], axis=1), back)
