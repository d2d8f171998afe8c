"""Predicts with PyTorch 1.13 from lenet.pt, resnet.pt and gpt.pt of this folder and writes inputs and outputs to predictions.json.

    python3 make_predictions.py
"""
import json
import pathlib

import torch
from torch import nn
from torch.nn import functional as F

from make_state_dicts import Gpt, lenet, resnet

FOLDER = pathlib.Path(__file__).resolve().parent


def run_lenet(net, x):
    x = F.max_pool2d(torch.relu(net.conv1(x)), 2)
    x = F.max_pool2d(torch.relu(net.conv2(x)), 2)
    return net.fc2(torch.relu(net.fc1(torch.flatten(x, 1))))


def run_resnet(net, x):
    x = torch.relu(net.bn1(net.conv1(x)))
    return torch.flatten(F.adaptive_avg_pool2d(net.layer2(net.layer1(x)), 1), 1)


def run_gpt(net, tokens):
    length = tokens.shape[1]
    x = net.wte(tokens) + net.wpe(torch.arange(length))
    mask = torch.full((length, length), float("-inf")).triu(1)
    for block in net.blocks:
        x = block(x, src_mask=mask)
    return net.lm_head(net.ln_f(x))


def load(net, name):
    net.load_state_dict(torch.load(FOLDER / name))
    return net.eval()


def describe(inputs, outputs):
    return {"input": inputs.reshape(-1).tolist(), "output": [round(v, 6) for v in outputs.reshape(-1).tolist()]}


def main():
    torch.manual_seed(8)
    torch.set_num_threads(1)
    grey = torch.randint(0, 256, (3, 1, 28, 28))
    colour = torch.randint(0, 256, (3, 3, 8, 8))
    tokens = torch.randint(0, 24, (2, 7))
    with torch.no_grad():
        result = {
            "lenet.pt": describe(grey, run_lenet(load(lenet(), "lenet.pt"), grey / 255)),
            "resnet.pt": describe(colour, run_resnet(load(resnet(), "resnet.pt"), colour / 255)),
            "gpt.pt": describe(tokens, run_gpt(load(Gpt(), "gpt.pt"), tokens)),
        }
    (FOLDER / "predictions.json").write_text(json.dumps(result) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
