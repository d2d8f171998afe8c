"""Makes sequence.json: losses, outputs and gradients of modules over sequences, trajectories of optimisers, and learning rates of schedules.

Run with torch 1.13 on a CPU: python3 make_sequence_goldens.py. Weights are a pattern that the tests compute as well, so they are not stored.
"""
import json
import math
import os

import torch
from torch import nn
from torch.nn import functional as F
from torch.optim import lr_scheduler

VOCABULARY, WIDTH, TIME, BATCH = 7, 8, 5, 3


def pattern(number, count):
    """Numbers in [-0.5, 0.5) with 24 bits."""
    return [((((i * 2654435761 + number * 40503 + 12345) * 2246822519) % 2**32) >> 8) / 2**24 - 0.5 for i in range(count)]


def fill(model):
    """The weights of a test; vectors that are called weight belong to norms and are near 1."""
    with torch.no_grad():
        for number, (name, parameter) in enumerate(model.named_parameters()):
            values = torch.tensor(pattern(number, parameter.numel()), dtype=torch.float32).reshape(parameter.shape)
            parameter.copy_(values + 1 if parameter.ndim == 1 and name.endswith("weight") else values)


class Network(nn.Module):
    """An embedding, something, and a head."""

    def __init__(self, body=None, tied=False, bias=True, positions=0):
        super().__init__()
        self.wte = nn.Embedding(VOCABULARY, WIDTH)
        if positions:
            self.wpe = nn.Embedding(positions, WIDTH)
        if body is not None:
            self.body = body
        self.head = nn.Linear(WIDTH, VOCABULARY, bias=bias and not tied)
        if tied:
            self.head.weight = self.wte.weight

    def forward(self, tokens):
        x = self.wte(tokens)
        if hasattr(self, "wpe"):
            x = x + self.wpe(torch.arange(tokens.shape[1]))
        return self.head(self.body(x) if hasattr(self, "body") else x)


class Attention(nn.MultiheadAttention):
    def __init__(self, heads, causal=False, bias=True):
        super().__init__(WIDTH, heads, bias=bias, batch_first=True)
        self.causal = causal

    def forward(self, x):
        mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1) if self.causal else None
        return super().forward(x, x, x, attn_mask=mask, need_weights=False)[0]


class CausalAttention(nn.Module):
    def __init__(self, bias):
        super().__init__()
        self.c_attn = nn.Linear(WIDTH, 3 * WIDTH, bias=bias)
        self.c_proj = nn.Linear(WIDTH, WIDTH, bias=bias)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (p.reshape(b, t, 2, c // 2).transpose(1, 2) for p in self.c_attn(x).split(c, dim=2))
        scores = (q @ k.transpose(2, 3) / math.sqrt(c // 2)).masked_fill(torch.ones(t, t, dtype=torch.bool).triu(1), float("-inf"))
        return self.c_proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, c))


class Perceptron(nn.Module):
    def __init__(self, bias):
        super().__init__()
        self.c_fc = nn.Linear(WIDTH, 4 * WIDTH, bias=bias)
        self.c_proj = nn.Linear(4 * WIDTH, WIDTH, bias=bias)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, bias):
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(WIDTH), CausalAttention(bias)
        self.ln_2, self.mlp = nn.LayerNorm(WIDTH), Perceptron(bias)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Gpt(nn.Module):
    """With the names of nanoGPT."""

    def __init__(self, tied, layers=2, bias=True):
        super().__init__()
        self.transformer = nn.ModuleDict(dict(
            wte=nn.Embedding(VOCABULARY, WIDTH), wpe=nn.Embedding(TIME + 1, WIDTH), h=nn.ModuleList([Block(bias) for _ in range(layers)]),
            ln_f=nn.LayerNorm(WIDTH)))
        self.lm_head = nn.Linear(WIDTH, VOCABULARY, bias=False)
        if tied:
            self.lm_head.weight = self.transformer.wte.weight

    def forward(self, tokens):
        x = self.transformer.wte(tokens) + self.transformer.wpe(torch.arange(tokens.shape[1]))
        for block in self.transformer.h:
            x = block(x)
        return self.lm_head(self.transformer.ln_f(x))


def loss_of(model, windows):
    return F.cross_entropy(model(windows[:, :-1]).reshape(-1, VOCABULARY), windows[:, 1:].reshape(-1))


def numbers(tensor):
    return [float(f"{x:.6g}") for x in tensor.detach().reshape(-1).tolist()]


def encoder(**options):
    return nn.TransformerEncoderLayer(WIDTH, 2, 12, dropout=0.0, batch_first=True, **options)


def cases(windows):
    models = {
        "embedding": Network(),
        "embedding_tied": Network(tied=True),
        "positions": Network(positions=TIME),
        "positions_longer": Network(positions=TIME + 2),
        "layer_norm": Network(nn.LayerNorm(WIDTH)),
        "attention": Network(Attention(2)),
        "attention_one_head": Network(Attention(1, bias=False)),
        "attention_causal": Network(Attention(4, causal=True)),
        "encoder": Network(encoder()),
        "encoder_norm_first": Network(encoder(activation="gelu", norm_first=True)),
        "encoder_stack": Network(nn.TransformerEncoder(encoder(), 2, norm=nn.LayerNorm(WIDTH), enable_nested_tensor=False)),
        "gpt": Gpt(tied=True),
        "gpt_untied": Gpt(tied=False, layers=1),
    }
    result = {}
    for name, model in models.items():
        fill(model)
        model.train()
        loss = loss_of(model, windows)
        loss.backward()
        result[name] = {
            "loss": loss.item(),
            "output": numbers(model(windows[:, :-1])),
            "gradients": {n: numbers(p.grad) for n, p in model.named_parameters()},
            "state": list(model.state_dict()),
        }
    return result


def trajectories(windows):
    def two_groups(model):
        matrices = [p for p in model.parameters() if p.ndim >= 2]
        vectors = [p for p in model.parameters() if p.ndim < 2]
        return torch.optim.AdamW([{"params": matrices}, {"params": vectors, "weight_decay": 0.0}], lr=0.02, weight_decay=0.1)

    def warm_cosine(optimiser):
        warm = lr_scheduler.LinearLR(optimiser, start_factor=1 / 6, total_iters=5)
        return lr_scheduler.SequentialLR(optimiser, [warm, lr_scheduler.CosineAnnealingLR(optimiser, 15, eta_min=0.002)], [5])

    runs = {
        "sgd_clip": (lambda m: torch.optim.SGD(m.parameters(), lr=0.5, momentum=0.9), None, 0.1),
        "sgd_clip_loose": (lambda m: torch.optim.SGD(m.parameters(), lr=0.1, nesterov=True, momentum=0.9, weight_decay=0.01), None, 100.0),
        "adam": (lambda m: torch.optim.Adam(m.parameters()), None, None),
        "adam_options": (lambda m: torch.optim.Adam(m.parameters(), lr=0.02, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.05), None, None),
        "adam_clip": (lambda m: torch.optim.Adam(m.parameters(), lr=0.01, eps=1e-3), None, 0.05),
        "adamw": (lambda m: torch.optim.AdamW(m.parameters(), lr=0.01), None, None),
        "adamw_matrices": (two_groups, None, None),
        "adamw_schedule": (lambda m: torch.optim.AdamW(m.parameters(), lr=0.02), warm_cosine, 1.0),
    }
    result = {}
    for name, (make, make_schedule, norm) in runs.items():
        model = Network(nn.LayerNorm(WIDTH))
        fill(model)
        optimiser = make(model)
        schedule = make_schedule(optimiser) if make_schedule else None
        losses = []
        for _ in range(20):
            optimiser.zero_grad()
            loss = loss_of(model, windows)
            loss.backward()
            losses.append(loss.item())
            if norm is not None:
                nn.utils.clip_grad_norm_(model.parameters(), norm)
            optimiser.step()
            if schedule:
                schedule.step()
        result[name] = {"losses": [float(f"{x:.7g}") for x in losses], "weights": {n: numbers(p) for n, p in model.named_parameters()}}
    return result


def schedules():
    steps = 40

    def rates(make, optimiser_steps=steps):
        optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
        schedule = make(optimiser)
        result = []
        for _ in range(optimiser_steps):
            result.append(float(f"{optimiser.param_groups[0]['lr']:.10g}"))
            optimiser.step()
            schedule.step()
        return result

    return {
        "step": rates(lambda o: lr_scheduler.StepLR(o, 7, 0.3)),
        "multi_step": rates(lambda o: lr_scheduler.MultiStepLR(o, [3, 20, 21], 0.5)),
        "cosine": rates(lambda o: lr_scheduler.CosineAnnealingLR(o, steps, eta_min=0.01)),
        "linear": rates(lambda o: lr_scheduler.LinearLR(o, 0.25, 0.75, 30)),
        "exponential": rates(lambda o: lr_scheduler.ExponentialLR(o, 0.9)),
        "warm_up": rates(lambda o: lr_scheduler.SequentialLR(
            o, [lr_scheduler.LinearLR(o, 1 / 11, 1, 10), lr_scheduler.StepLR(o, 5, 0.5)], [10])),
    }


if __name__ == "__main__":
    torch.manual_seed(1)
    torch.set_num_threads(1)
    data = torch.randint(0, VOCABULARY, (BATCH, TIME + 1))
    golden = {"torch": torch.__version__, "windows": data.tolist(), "cases": cases(data), "trajectories": trajectories(data), "schedules": schedules()}
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sequence.json")
    with open(path, "w", encoding="ascii", newline="\n") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")
