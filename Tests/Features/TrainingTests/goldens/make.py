#!/usr/bin/env python3
"""Makes the files that the tests compare with: PyTorch's values, computed in float64, kept as F32.

    python3 Tests/Features/TrainingTests/goldens/make.py      # needs torch; writes beside itself

operators.safetensors: for each case its inputs, its output and the inputs' gradients of sum(output * seed).
training.safetensors:  models' first weights, inputs, 20 losses and the last weights under each optimiser.
"""
import json
import math
import struct
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).resolve().parent


def save(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        cells = tensor.detach().to(torch.float32).contiguous().flatten().tolist()
        part = struct.pack(f"<{len(cells)}f", *cells)
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def rounded(tensor):
    """The float64 value of the nearest float32, so that both sides compute with the same numbers."""
    return tensor.to(torch.float32).to(torch.float64)


def operator(tensors, name, body, *inputs):
    inputs = [rounded(x).requires_grad_(x.dtype.is_floating_point) for x in inputs]
    output = body(*inputs)
    seed = rounded(torch.randn(output.shape))
    (output * seed).sum().backward()
    tensors[f"{name}.out"] = output
    tensors[f"{name}.seed"] = seed
    for index, x in enumerate(inputs):
        tensors[f"{name}.in{index}"] = x
        tensors[f"{name}.grad{index}"] = x.grad


def attention(qkv, heads, causal):
    batch, length, width = qkv.shape[0], qkv.shape[1], qkv.shape[2] // 3
    q, k, v = (x.view(batch, length, heads, width // heads).transpose(1, 2) for x in qkv.split(width, 2))
    y = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    return y.transpose(1, 2).reshape(batch, length, width)


def operators():
    torch.manual_seed(1)
    out = {}
    r = torch.randn
    operator(out, "linear", lambda x, w, b: F.linear(x, w, b), r(5, 7), r(3, 7), r(3))
    operator(out, "matmul", lambda a, b: a @ b, r(6, 5), r(5, 9))
    operator(out, "batched", lambda a, b: a @ b, r(3, 4, 5), r(3, 5, 2))
    operator(out, "add", lambda a, b: a + b, r(4, 37), r(4, 37))
    operator(out, "bias", lambda a, b: a + b, r(3, 5, 21), r(5, 21))
    operator(out, "subtract", lambda a, b: a - b, r(4, 37), r(4, 37))
    operator(out, "multiply", lambda a, b: a * b, r(4, 37), r(4, 37))
    operator(out, "square", lambda a: a * a, r(4, 37))
    operator(out, "scale", lambda a: a * 0.3, r(4, 37))
    operator(out, "relu", F.relu, r(4, 37))
    operator(out, "gelu", F.gelu, 2 * r(4, 37))
    operator(out, "geluTanh", lambda x: F.gelu(x, approximate="tanh"), 2 * r(4, 37))
    operator(out, "softmax", lambda x: F.softmax(x, -1), 2 * r(5, 35))
    operator(out, "layerNorm", lambda x, w, b: F.layer_norm(x, (35,), w, b), 2 * r(5, 35) + 1, r(35), r(35))
    operator(out, "conv", lambda x, w, b: F.conv2d(x, w, b, padding=1), r(3, 2, 7, 6), r(5, 2, 3, 3), r(5))
    operator(out, "convStride", lambda x, w, b: F.conv2d(x, w, b, stride=2), r(2, 3, 9, 8), r(4, 3, 3, 3), r(4))
    operator(out, "convWide", lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=2), r(2, 1, 8, 19), r(33, 1, 5, 5), r(33))
    operator(out, "pool", lambda x: F.max_pool2d(x, 2), r(2, 3, 6, 7))
    operator(out, "poolOverlap", lambda x: F.max_pool2d(x, 3, 2), r(2, 3, 7, 7))
    operator(out, "attention", lambda x: attention(x, 2, True), r(2, 21, 3 * 34))
    operator(out, "attentionOpen", lambda x: attention(x, 3, False), r(2, 6, 3 * 12))
    operator(out, "permute", lambda x: x.permute(2, 0, 3, 1), r(2, 3, 4, 5))
    operator(out, "transpose", lambda x: x.t(), r(6, 4))
    operator(out, "slice", lambda x: x[:, 1:3], r(3, 5, 4))
    operator(out, "reshape", lambda x: (x.reshape(10, 6) * x.reshape(10, 6)), r(3, 5, 4))
    operator(out, "mean", lambda x: x.mean(), r(3, 50))
    operator(out, "sum", lambda x: x.sum(), r(3, 50))
    tokens = torch.tensor([3, 1, 3, 0, 6, 3])
    operator(out, "embedding", lambda t: F.embedding(tokens, t), r(7, 19))
    targets = torch.tensor([0, 32, 5, 5, 12])
    operator(out, "crossEntropy", lambda x: F.cross_entropy(x, targets), 3 * r(5, 33))
    save(HERE / "operators.safetensors", out)


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(20, 16), nn.Linear(16, 10)])

    def forward(self, x):
        return self.layers[1](F.relu(self.layers[0](x)))


class CNN(nn.Module):
    def __init__(self, side=8, a=3, b=5):
        super().__init__()
        self.conv1 = nn.Conv2d(1, a, 3, padding=1)
        self.conv2 = nn.Conv2d(a, b, 3, padding=1)
        self.fc = nn.Linear(b * (side // 4) ** 2, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln_1 = nn.LayerNorm(width)
        self.attn = nn.ModuleDict({"c_attn": nn.Linear(width, 3 * width), "c_proj": nn.Linear(width, width)})
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(width, 4 * width), "c_proj": nn.Linear(4 * width, width)})

    def forward(self, x):
        x = x + self.attn["c_proj"](attention(self.attn["c_attn"](self.ln_1(x)), self.heads, True))
        return x + self.mlp["c_proj"](F.gelu(self.mlp["c_fc"](self.ln_2(x))))


class GPT(nn.Module):
    def __init__(self, vocabulary, context, layers, heads, width):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.h = nn.ModuleList([Block(width, heads) for _ in range(layers)])
        self.ln_f = nn.LayerNorm(width)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02 / (math.sqrt(2 * layers) if "c_proj" in name else 1))
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for block in self.h:
            x = block(x)
        return (self.ln_f(x) @ self.wte.weight.t()).flatten(0, 1)


def groups(model, decay):
    """Matrices decay, vectors don't."""
    parameters = list(model.parameters())
    return [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]


def train(out, name, model, inputs, targets, optimiser, clip=0.0, steps=20):
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(rounded(p))
    for key, value in model.named_parameters():
        out[f"{name}.start.{key}"] = value.clone()
    losses = []
    optimiser = optimiser(model)
    for _ in range(steps):
        loss = F.cross_entropy(model(inputs), targets)
        optimiser.zero_grad()
        loss.backward()
        if clip:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimiser.step()
        losses.append(loss.detach())
    out[f"{name}.losses"] = torch.stack(losses)
    for key, value in model.named_parameters():
        out[f"{name}.end.{key}"] = value


def training():
    torch.manual_seed(2)
    out = {}
    x, y = rounded(torch.randn(12, 20)), torch.randint(0, 10, (12,))
    out["mlp.x"], out["mlp.y"] = x, y
    sgd = lambda m: torch.optim.SGD(groups(m, 0.01), lr=0.1, momentum=0.9)
    adamw = lambda m: torch.optim.AdamW(groups(m, 0.1), lr=0.01, betas=(0.9, 0.99))
    train(out, "mlp.sgd", MLP(), x, y, lambda m: torch.optim.SGD(m.parameters(), lr=0.2))
    train(out, "mlp.momentum", MLP(), x, y, sgd)
    train(out, "mlp.adamw", MLP(), x, y, adamw)
    train(out, "mlp.clipped", MLP(), x, y, adamw, clip=0.3)
    x, y = rounded(torch.rand(6, 1, 8, 8)), torch.randint(0, 10, (6,))
    out["cnn.x"], out["cnn.y"] = x, y
    train(out, "cnn.adamw", CNN(), x, y, adamw)
    x, y = torch.randint(0, 11, (3, 9)), torch.randint(0, 11, (27,))
    out["gpt.x"], out["gpt.y"] = x, y
    train(out, "gpt.adamw", GPT(11, 9, 2, 2, 16), x, y, adamw, clip=1.0)
    save(HERE / "training.safetensors", out)


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    operators()
    training()
