"""Loads weights that TrainLocally exported from lane r into PyTorch and classifies the test images.

    python3 predict.py mlp|cnn weights.pt FOLDER

FOLDER has t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz. Prints the class of every image, one a line, and then the accuracy.
Only PyTorch is needed.
"""
import gzip
import sys
from pathlib import Path

import torch
from torch import nn

# As in ImageTask.cs: mean and standard deviation of the pixels.
MEAN, DEVIATION = 0.2860, 0.3530


class Mlp(nn.Module):
    def __init__(self, state):
        super().__init__()
        self.fc1 = nn.Linear(*reversed(state["fc1.weight"].shape))
        self.fc2 = nn.Linear(*reversed(state["fc2.weight"].shape))

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))


class Cnn(nn.Module):
    def __init__(self, state):
        super().__init__()
        self.conv1 = nn.Conv2d(state["conv1.weight"].shape[1], 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.fc1 = nn.Linear(*reversed(state["fc1.weight"].shape))
        self.fc2 = nn.Linear(*reversed(state["fc2.weight"].shape))

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))


def read(folder, name, head):
    return torch.frombuffer(bytearray(gzip.open(Path(folder, name)).read()[head:]), dtype=torch.uint8)


def main(model, weights, folder):
    state = torch.load(weights)
    net = {"mlp": Mlp, "cnn": Cnn}[model](state)
    net.load_state_dict(state)
    labels = read(folder, "t10k-labels-idx1-ubyte.gz", 8)
    images = read(folder, "t10k-images-idx3-ubyte.gz", 16).reshape(len(labels), 1, 28, 28)
    with torch.no_grad():
        classes = torch.cat([net((part.float() / 255 - MEAN) / DEVIATION).argmax(1) for part in images.split(500)])
    for index in classes.tolist():
        print(index)
    print("accuracy", (classes == labels).double().mean().item())


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(*sys.argv[1:])
