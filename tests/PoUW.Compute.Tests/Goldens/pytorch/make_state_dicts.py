"""Makes the files of this folder with PyTorch 1.13 and describes what is in them in expected.json.

    python3 make_state_dicts.py [folder]

Seeded: a second run gives the same tensors. A tensor is described by type, shape and the SHA-256 of its contiguous bytes.
"""
import collections
import hashlib
import json
import pathlib
import struct
import sys

import torch
from torch import nn

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
FOLDER = FOLDER if FOLDER.is_dir() else FOLDER.parent
NAMES = {
    torch.bool: "BOOL", torch.uint8: "U8", torch.int8: "I8", torch.int16: "I16", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int32: "I32", torch.float32: "F32", torch.float64: "F64", torch.int64: "I64",
}
# The order in which safetensors sorts types.
ORDER = ["BOOL", "U8", "I8", "I16", "F16", "BF16", "I32", "F32", "F64", "I64"]


def content(tensor):
    """The bytes of the tensor, row by row."""
    flat = tensor.detach().contiguous().reshape(-1)
    return bytes(flat.view(torch.uint8).numpy()) if flat.numel() and flat.dtype is not torch.bool else bytes(flat.byte().numpy())


def describe(value):
    if isinstance(value, torch.Tensor):
        return {"tensor": NAMES[value.dtype], "shape": list(value.shape), "sha256": hashlib.sha256(content(value)).hexdigest()}
    if isinstance(value, dict):
        return {"dict": [[key, describe(item)] for key, item in value.items()], "ordered": isinstance(value, collections.OrderedDict)}
    if isinstance(value, list):
        return {"list": [describe(item) for item in value]}
    if isinstance(value, tuple):
        return {"tuple": [describe(item) for item in value]}
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, (torch.dtype, torch.device)):
        return str(value)
    return value


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class Gpt(nn.Module):
    def __init__(self, vocabulary=24, width=12, layers=2):
        super().__init__()
        self.wte = nn.Embedding(vocabulary, width)
        self.wpe = nn.Embedding(8, width)
        self.blocks = nn.ModuleList(nn.TransformerEncoderLayer(width, 2, 2 * width, batch_first=True) for _ in range(layers))
        self.register_buffer("mask", torch.ones(8, 8).tril().bool())
        self.ln_f = nn.LayerNorm(width)
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        self.lm_head.weight = self.wte.weight


def lenet():
    return nn.Sequential(collections.OrderedDict(
        conv1=nn.Conv2d(1, 4, 5), conv2=nn.Conv2d(4, 8, 5), fc1=nn.Linear(128, 16), fc2=nn.Linear(16, 10)))


def resnet():
    net = nn.Sequential(collections.OrderedDict(
        conv1=nn.Conv2d(3, 4, 3, padding=1, bias=False), bn1=nn.BatchNorm2d(4), layer1=Block(4, 4, 1), layer2=Block(4, 6, 2)))
    net(torch.randn(2, 3, 8, 8))
    return net


def views():
    base = torch.arange(60, dtype=torch.float32).reshape(3, 4, 5)
    return {
        "base": base,
        "transposed": base.transpose(0, 2),
        "strided": base[:, ::2, 1::2],
        "offset": base[1, 2:],
        "expanded": base[0, 0].expand(7, 5),
        "expanded_scalar": torch.tensor(3, dtype=torch.int16).expand(2, 3),
        "single": base[2:, 1:2].transpose(0, 1),
        "channels_last": torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last),
        "diagonal": torch.arange(16, dtype=torch.int64).reshape(4, 4).diagonal(),
        "bytes": torch.arange(12, dtype=torch.uint8).reshape(3, 4).t(),
        "scalar": torch.tensor(1.5),
        "scalar_view": base[2, 3, 4],
        "empty": torch.empty(0),
        "empty_shape": torch.empty(2, 0, 3, dtype=torch.int32),
        "empty_view": base[3:, 1],
    }


def dtypes():
    result = {}
    for dtype in NAMES:
        if dtype is torch.bool:
            result["bool"] = torch.tensor([[True, False], [False, True]])
        elif dtype.is_floating_point:
            info = torch.finfo(dtype)
            values = [0.0, -0.0, 1.0, -1.5, 1 / 3, info.max, info.min, info.tiny, info.tiny / 4, float("inf"), -float("inf"), float("nan")]
            result[str(dtype)[6:]] = torch.tensor(values, dtype=torch.float64).to(dtype)
        else:
            info = torch.iinfo(dtype)
            result[str(dtype)[6:]] = torch.tensor([0, 1, info.max, info.min, 77], dtype=dtype)
    return result


def trained(optimizer):
    net = nn.Sequential(collections.OrderedDict(fc1=nn.Linear(6, 5), bn=nn.BatchNorm1d(5), fc2=nn.Linear(5, 3)))
    steps = optimizer(net.parameters())
    for _ in range(3):
        steps.zero_grad()
        net(torch.randn(8, 6)).square().sum().backward()
        steps.step()
    return {"epoch": 3, "model": net.state_dict(), "optimizer": steps.state_dict(), "loss": 0.1 + 0.2, "big": -(2 ** 40), "best": None,
            "done": False, "name": "Zürich", "sizes": (1, 2, 3, 4), "history": [1.0, 0.5, []], 7: "int key"}


def others():
    tagged = torch.ones(2)
    tagged.tag = "an attribute"
    return {"parameter": nn.Parameter(torch.tensor([1.0, 2.0])), "size": torch.Size([2, 3]), "dtype": torch.float16,
            "device": torch.device("cpu"), "tagged": tagged}


def write_safetensors(path, tensors):
    """The format of https://github.com/huggingface/safetensors, in the order of its own writer."""
    names = sorted(tensors, key=lambda name: (-ORDER.index(NAMES[tensors[name].dtype]), name))
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name in names:
        part = content(tensors[name])
        header[name] = {"dtype": NAMES[tensors[name].dtype], "shape": list(tensors[name].shape), "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    torch.manual_seed(6)
    torch.set_num_threads(1)
    expected = {}

    def save(name, value, **options):
        torch.save(value, FOLDER / name, **options)
        expected[name] = describe(value)

    legacy = {"_use_new_zipfile_serialization": False}
    net = lenet().state_dict()
    save("lenet.pt", net)
    save("lenet_legacy.pt", net, **legacy)
    write_safetensors(FOLDER / "lenet.safetensors", net)
    expected["lenet.safetensors"] = describe(net)
    save("resnet.pt", resnet().state_dict())
    save("gpt.pt", Gpt().state_dict())
    all_views = views()
    save("views.pt", all_views)
    save("views_legacy.pt", all_views, **legacy)
    save("views_protocol4.pt", all_views, pickle_protocol=4)
    all_types = dtypes()
    save("dtypes.pt", all_types)
    save("dtypes_legacy.pt", all_types, **legacy)
    write_safetensors(FOLDER / "dtypes.safetensors", all_types)
    expected["dtypes.safetensors"] = describe(all_types)
    save("sgd.pt", trained(lambda p: torch.optim.SGD(p, 0.01, momentum=0.9)))
    adam = trained(lambda p: torch.optim.Adam(p, 0.001))
    save("adam.pt", adam)
    save("adam_legacy.pt", adam, **legacy)
    save("others.pt", others())
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False, sort_keys=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
