#!/usr/bin/python3
"""Speed of a training step in PyTorch beside `basanite bench train`, in turn: the same Llama, rows, context and threads, f32, AdamW.

    /usr/bin/python3 train_speed.py BASANITE MODEL.gguf LAYERS WIDTH HEADS HIDDEN VOCABULARY CONTEXT ROWS THREADS REPEATS

ROWS x CONTEXT must be the tokens of a step that `bench train` prints for the model. For development alone; Debian's python3-torch is enough.
"""
import json
import statistics
import subprocess
import sys
import time

import torch
import torch.nn.functional as F

program, model = sys.argv[1:3]
layers, width, heads, hidden, vocabulary, context, rows, threads, repeats = map(int, sys.argv[3:12])
torch.set_num_threads(threads)
torch.manual_seed(1)


class Norm(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.gain


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        linear = lambda a, b: torch.nn.Linear(a, b, bias=False)
        self.q, self.k, self.v, self.o = (linear(width, width) for _ in range(4))
        self.gate, self.up, self.down = linear(width, hidden), linear(width, hidden), linear(hidden, width)
        self.before, self.between = Norm(), Norm()

    def forward(self, x, cos, sin, mask):
        b, t, _ = x.shape
        split = lambda y: y.view(b, t, heads, width // heads).transpose(1, 2)
        n = self.before(x)
        q, k, v = split(self.q(n)), split(self.k(n)), split(self.v(n))
        q, k = rotated(q, cos, sin), rotated(k, cos, sin)
        weights = torch.softmax(q @ k.transpose(-1, -2) / (width // heads) ** 0.5 + mask, -1)
        x = x + self.o((weights @ v).transpose(1, 2).reshape(b, t, width))
        n = self.between(x)
        return x + self.down(F.silu(self.gate(n)) * self.up(n))


def rotated(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


class Llama(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, width)
        self.layers = torch.nn.ModuleList(Layer() for _ in range(layers))
        self.last = Norm()
        angle = torch.arange(context)[:, None] / 10000 ** (torch.arange(0, width // heads, 2) / (width // heads))
        self.cos, self.sin = angle.cos(), angle.sin()
        self.mask = torch.full((context, context), float("-inf")).triu(1)

    def forward(self, tokens):
        x = self.embedding(tokens)
        for layer in self.layers:
            x = layer(x, self.cos, self.sin, self.mask)
        return self.last(x) @ self.embedding.weight.T


llama = Llama()
adam = torch.optim.AdamW(llama.parameters(), lr=1e-4)


def step():
    tokens = torch.randint(vocabulary, (rows, context + 1))
    begun = time.perf_counter()
    adam.zero_grad()
    F.cross_entropy(llama(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten()).backward()
    torch.nn.utils.clip_grad_norm_(llama.parameters(), 1.0)
    adam.step()
    return time.perf_counter() - begun


def ours():
    lines = subprocess.run([program, "bench", "train", "--subject", model, "--repeat", "1", "--threads", str(threads), "--json"],
                           capture_output=True, check=True, text=True).stdout
    found = [row for row in json.loads(lines) if "step of" in row["case"]]
    tokens = int(found[0]["case"].split("step of ")[1].split()[0])
    assert tokens == rows * context, f"bench train has steps of {tokens} tokens"
    return tokens / found[0]["value"]


step()
pairs = [(ours(), min(step(), step())) for _ in range(repeats)]
parameters = sum(p.numel() for p in llama.parameters())
flops = 6 * parameters * rows * context
for name, seconds in zip(("basanite", "PyTorch " + torch.__version__), zip(*pairs)):
    median = statistics.median(seconds)
    print(f"{name}: {median:.3f} s a step, {rows * context / median:.0f} tokens/s, {flops / median / 1e9:.1f} GFLOP/s"
          f" ({min(seconds):.3f} to {max(seconds):.3f} s)")
print(f"ratio, median of {repeats}: {statistics.median(b / a for a, b in pairs):.2f}; {parameters} parameters")
