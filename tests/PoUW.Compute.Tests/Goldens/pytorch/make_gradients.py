"""Computes losses, gradients and training trajectories with PyTorch 1.13 and writes them to gradients.json.

    python3 make_gradients.py [folder]

The models are those of Models/ModelCases.cs by name. Numbers are float32, little-endian, in base64; "stride" says that only every n-th
element is there. Large tensors are not stored but made by `generated` (Models/GeneratedNumbers.cs has the same). Seeded, one thread: a
second run writes the same file.
"""
import base64
import json
import pathlib
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional as F

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
FOLDER = FOLDER if FOLDER.is_dir() else FOLDER.parent
LARGE = 3000  # elements of a model's weights from which on they are generated
KEPT = 64  # elements that are kept of a large gradient
CLASSES = 5


def words(count, seed):
    """The finaliser of MurmurHash3 on a counter."""
    h = (numpy.arange(count, dtype=numpy.uint64) + seed * 0x9E3779B9).astype(numpy.uint32)
    h ^= h >> numpy.uint32(16)
    h = (h.astype(numpy.uint64) * 0x85EBCA6B).astype(numpy.uint32)
    h ^= h >> numpy.uint32(13)
    h = (h.astype(numpy.uint64) * 0xC2B2AE35).astype(numpy.uint32)
    return h ^ (h >> numpy.uint32(16))


def generated(shape, seed, bound):
    """Numbers in +-bound, exact in float32 but for the last product."""
    count = int(numpy.prod(shape))
    unit = (words(count, seed) >> numpy.uint32(8)).astype(numpy.float32) * numpy.float32(2.0 ** -24) - numpy.float32(0.5)
    return torch.from_numpy(unit * numpy.float32(2 * bound)).reshape(shape)


def encoded(tensor, kept=None):
    flat = tensor.detach().to(torch.float32).contiguous().reshape(-1)
    stride = 1 if kept is None or flat.numel() <= kept else -(-flat.numel() // kept)
    text = base64.b64encode(flat[::stride].numpy().astype("<f4").tobytes()).decode()
    return {"stride": stride, "data": text} if stride > 1 else {"data": text}


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(5, 6), nn.Linear(6, 6), nn.Linear(6, 3)

    def forward(self, x):
        x = self.fc1(x)
        return self.fc3(x + torch.tanh(self.fc2(x)))


class Reshaping(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(2, 4, 3), nn.Linear(12, 3)

    def forward(self, x):
        x = self.conv(x)  # (batch, 4, 4, 3)
        x = x.reshape(x.shape[0], 2, 6, 4).reshape(x.shape[0], 4, 12)
        return self.fc(x)


class BasicBlock(nn.Module):
    """torchvision's."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """torchvision's, with fewer and narrower stages."""

    def __init__(self, widths, classes, channels, small):
        super().__init__()
        self.small = small
        self.conv1 = nn.Conv2d(channels, widths[0], *((3, 1, 1) if small else (7, 2, 3)), bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.layer1 = nn.Sequential(BasicBlock(widths[0], widths[0]))
        self.layer2 = nn.Sequential(BasicBlock(widths[0], widths[1], 2))
        self.fc = nn.Linear(widths[1], classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = x if self.small else F.max_pool2d(x, 3, 2, 1)
        x = self.layer2(self.layer1(x))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class SmallCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 3, padding=1), nn.Conv2d(32, 64, 3, padding=1)
        self.fc1, self.fc2 = nn.Linear(256, 128), nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


def vectors(*between):
    """A net on vectors of 5 numbers with layers between two Linears."""
    return nn.Sequential(nn.Linear(5, 6), *between, nn.Linear(6, 3))


def images(*layers, features):
    """A net on images of 2 x 6 x 5."""
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(features, 3))


def cases():
    # No bias in front of batch norm: its gradient is zero but for rounding.
    yield "linear", vectors()
    yield "linear_without_bias", nn.Sequential(nn.Linear(5, 4, bias=False), nn.Linear(4, 3))
    yield "relu", vectors(nn.ReLU())
    yield "gelu", vectors(nn.GELU())
    yield "tanh", vectors(nn.Tanh())
    yield "sigmoid", vectors(nn.Sigmoid())
    yield "softmax", vectors(nn.Softmax(-1))
    yield "leaky_relu", vectors(nn.LeakyReLU(0.3))
    yield "silu", vectors(nn.SiLU())
    yield "dropout_0", vectors(nn.Dropout(0.0))
    yield "batch_norm1d", nn.Sequential(nn.Linear(5, 6, bias=False), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 3))
    yield "residual", Residual()
    yield "unflatten", nn.Sequential(
        nn.Linear(5, 12), nn.Unflatten(1, (3, 2, 2)), nn.Conv2d(3, 4, 2, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(36, 3))
    yield "conv", images(nn.Conv2d(2, 4, 3), nn.Conv2d(4, 3, (2, 3)), features=9)
    yield "conv_stride", images(nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 3, stride=2, padding=1), features=36)
    yield "conv_pairs", images(nn.Conv2d(2, 4, 1), nn.Conv2d(4, 2, (3, 2), stride=(2, 1), padding=(1, 0), bias=False), features=24)
    yield "conv_groups", images(nn.Conv2d(2, 4, 1), nn.Conv2d(4, 6, 3, padding=1, groups=2), features=180)
    yield "conv_depthwise", images(nn.Conv2d(2, 4, 1), nn.Conv2d(4, 4, 3, padding=1, groups=4), features=120)
    yield "max_pool", images(nn.Conv2d(2, 3, 1), nn.MaxPool2d(2), features=18)
    yield "max_pool_padded", images(nn.Conv2d(2, 3, 1), nn.MaxPool2d(3, 2, 1), features=27)
    yield "avg_pool", images(nn.Conv2d(2, 3, 1), nn.AvgPool2d(2), features=18)
    yield "avg_pool_padded", images(nn.Conv2d(2, 3, 1), nn.AvgPool2d((3, 2), (2, 1), (1, 1)), features=54)
    yield "adaptive_avg_pool", images(nn.Conv2d(2, 3, 1), nn.Tanh(), nn.AdaptiveAvgPool2d(1), features=3)
    yield "batch_norm2d", images(nn.Conv2d(2, 3, 2, bias=False), nn.BatchNorm2d(3), nn.Tanh(), features=60)
    yield "batch_norm2d_plain", images(nn.Conv2d(2, 3, 2, bias=False), nn.BatchNorm2d(3, eps=1e-3, momentum=0.3, affine=False), nn.Tanh(), features=60)
    yield "reshape", Reshaping()
    yield "block_same", images(nn.Conv2d(2, 3, 1, bias=False), BasicBlock(3, 3), features=90)
    yield "block_down", images(nn.Conv2d(2, 3, 1, bias=False), BasicBlock(3, 4, 2), features=36)
    yield "resnet_small", ResNet([4, 6], CLASSES, 2, True)
    yield "resnet", ResNet([4, 6], CLASSES, 2, False)
    yield "lenet5", LeNet5()
    yield "small_cnn", SmallCnn()


# Input (None for vectors of 5 numbers), batch, classes (0 for MSE).
SHAPES = {"resnet_small": ((2, 8, 8), 4, CLASSES), "resnet": ((2, 33, 30), 4, CLASSES), "lenet5": ((1, 28, 28), 4, 10), "small_cnn": ((1, 8, 8), 4, 10)}
VECTORS = {"linear", "linear_without_bias", "relu", "gelu", "tanh", "sigmoid", "softmax", "leaky_relu", "silu", "dropout_0", "batch_norm1d", "residual", "unflatten"}


def batch_of(name, seed):
    """Input and targets, made from numbers that the other side makes again."""
    image, count, classes = SHAPES.get(name, (None if name in VECTORS else (2, 6, 5), 6, 0))
    if image is None:
        x = generated((count, 5), seed, 2.0)
    else:
        pixels = (words(count * int(numpy.prod(image)), seed) >> numpy.uint32(24)).astype(numpy.uint8)
        channels, height, width = image
        stored = torch.from_numpy(pixels).reshape(count, height, width, channels)
        x = (stored.to(torch.float32) / 255 - 0.5) / 0.25
        x = x.permute(0, 3, 1, 2).contiguous()
    if classes:
        return x, torch.from_numpy((words(count, seed + 1) % numpy.uint32(classes)).astype(numpy.int64))
    return x, generated((count, 12) if name == "reshape" else (count, 3), seed + 1, 2.0)


def loss_of(output, targets):
    if targets.dtype is torch.int64:
        return F.cross_entropy(output, targets)
    return F.mse_loss(output, targets.reshape(output.shape))


def prepare(net, seed):
    """Sets the weights, stored or generated, and running statistics that are not those of the start."""
    large = sum(p.numel() for p in net.parameters()) >= LARGE
    start = {}
    for at, (name, parameter) in enumerate(net.named_parameters()):
        if large:
            bound = 1.0 / numpy.sqrt(max(1, parameter[0].numel())) if parameter.dim() > 1 else 0.125
            bound = float(numpy.float32(bound))
            parameter.data = generated(tuple(parameter.shape), seed + 10 + at, bound)
            start[name] = {"seed": seed + 10 + at, "bound": bound, "count": parameter.numel()}
            continue
        if parameter.dim() == 1:
            parameter.data = parameter.data + generated(tuple(parameter.shape), seed + 10 + at, 0.5)
        start[name] = encoded(parameter)
    for at, (name, buffer) in enumerate(net.named_buffers()):
        if name.endswith("running_mean") or name.endswith("running_var"):
            buffer.copy_(generated(tuple(buffer.shape), seed + 60 + at, 0.5) + (1.0 if name.endswith("var") else 0.0))
            start[name] = encoded(buffer)
    return start


def gradient_case(name, net, seed):
    start = prepare(net, seed)
    x, targets = batch_of(name, seed)
    net.eval()
    with torch.no_grad():
        predicted = net(x)
    net.train()
    loss = loss_of(net(x), targets)
    loss.backward()
    gradients = {n: encoded(p.grad, KEPT if p.numel() > 400 else None) for n, p in net.named_parameters()}
    after = {n: encoded(b.to(torch.float32)) for n, b in net.named_buffers()}
    return {
        "name": name, "seed": seed, "batch": len(x), "start": start, "loss": float(loss), "prediction": encoded(predicted), "gradients": gradients,
        "buffers": after,
    }


OPTIMISERS = {
    "sgd": {"lr": 0.1}, "momentum": {"lr": 0.05, "momentum": 0.9}, "nesterov": {"lr": 0.05, "momentum": 0.9, "nesterov": True},
    "decay": {"lr": 0.05, "momentum": 0.8, "weight_decay": 0.01}, "all": {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.005, "nesterov": True},
}


def trajectory(name, options, seed, steps=10):
    net = LeNet5()
    start = prepare(net, seed)
    x, targets = batch_of("lenet5", seed)
    optimiser = torch.optim.SGD(net.parameters(), **options)
    losses = []
    for _ in range(steps):
        optimiser.zero_grad()
        loss = loss_of(net(x), targets)
        losses.append(float(loss))
        loss.backward()
        optimiser.step()
    weights = {n: encoded(p, KEPT) for n, p in net.named_parameters()}
    return {"name": name, "options": options, "seed": seed, "batch": len(x), "start": start, "losses": losses, "weights": weights}


def main():
    torch.set_num_threads(1)
    torch.manual_seed(1)
    found = [gradient_case(name, net, 1000 * (i + 1)) for i, (name, net) in enumerate(cases())]
    runs = [trajectory(name, options, 77000) for name, options in OPTIMISERS.items()]
    lines = ['{"cases": [', ",\n".join(json.dumps(c, separators=(",", ":")) for c in found), '],', '"trajectories": [',
             ",\n".join(json.dumps(r, separators=(",", ":")) for r in runs), "]}", ""]
    (FOLDER / "gradients.json").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
