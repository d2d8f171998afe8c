"""The PyTorch side of `--ratios`: answers one line of JSON a line of JSON, so that the parent can measure both sides in turn.

The first line of the output introduces the library. A request names a case, its shape, `threads` and `repeats` (calls of a block). The
answer holds seconds of one call as the block's mean: `wall`, `cpu` (the process) and `thread` (this thread), and the same of its parts
where there are any. A case is built and warmed up when it is first asked for and kept for later requests. Every
block follows a call that does not count: it brings back what the other side has pushed out of the caches.
"""
import ctypes
import gc
import json
import sys
import time

import torch
import torch.nn.functional as F

STEPS = 20  # training steps of one call
IMAGES = 4096
WARM_SECONDS = 0.5
WARM_CALLS = 3


class Clock:
    """Sums up wall, process and thread time between start and stop."""

    def __init__(self):
        self.wall = self.cpu = self.thread = 0.0

    def start(self):
        self.began = time.perf_counter(), time.process_time(), time.thread_time()

    def stop(self):
        wall, cpu, thread = self.began
        self.thread += time.thread_time() - thread
        self.cpu += time.process_time() - cpu
        self.wall += time.perf_counter() - wall

    def per_call(self, repeats):
        return {"wall": self.wall / repeats, "cpu": self.cpu / repeats, "thread": self.thread / repeats}


class MatMul:
    def __init__(self, request):
        m, k, n = request["m"], request["k"], request["n"]
        self.a, self.b, self.c = torch.rand(m, k) - 0.5, torch.rand(k, n) - 0.5, torch.empty(m, n)

    def block(self, repeats):
        clock = Clock()
        clock.start()
        with torch.no_grad():
            for _ in range(repeats):
                torch.mm(self.a, self.b, out=self.c)
        clock.stop()
        return clock.per_call(repeats)


class Conv2d:
    """Forward, then the gradients of input, weight and bias."""

    def __init__(self, request):
        kernel, self.stride, self.padding = request["kernel"], request["stride"], request["padding"]
        self.x = torch.rand(request["batch"], request["in"], request["height"], request["width"])
        self.w = torch.rand(request["out"], request["in"], kernel, kernel) - 0.5
        if request.get("channels_last"):
            self.x = self.x.contiguous(memory_format=torch.channels_last)
            self.w = self.w.contiguous(memory_format=torch.channels_last)
        self.b = torch.rand(request["out"])
        self.inputs = tuple(t.requires_grad_() for t in (self.x, self.w, self.b))
        self.gradient = torch.rand_like(self.forward().detach()) - 0.5

    def forward(self):
        return F.conv2d(self.x, self.w, self.b, self.stride, self.padding)

    def block(self, repeats):
        total, forward, backward = Clock(), Clock(), Clock()
        total.start()
        for _ in range(repeats):
            torch.autograd.grad(self.forward(), self.inputs, self.gradient)
        total.stop()
        for _ in range(repeats):
            forward.start()
            y = self.forward()
            forward.stop()
            backward.start()
            torch.autograd.grad(y, self.inputs, self.gradient)
            backward.stop()
        parts = {"forward": forward.per_call(repeats), "backward": backward.per_call(repeats)}
        return {**total.per_call(repeats), "parts": parts}


def model(name):
    nn = torch.nn
    if name == "mlp":
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))
    if name == "lenet5":
        return nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
    if name == "cnn":
        return nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10))
    raise ValueError(f"no model {name}")


class Train:
    """Blurred prototypes of ten classes with noise; a fifth of the labels is wrong, so that the loss never vanishes."""

    def __init__(self, request):
        self.batch = request["batch"]
        labels = torch.randint(10, (IMAGES,))
        self.images = 0.5 * torch.rand(10, 1, 28, 28)[labels] + 0.5 * torch.rand(IMAGES, 1, 28, 28)
        self.labels = torch.where(torch.rand(IMAGES) < 0.2, torch.randint(10, (IMAGES,)), labels)
        self.net = model(request["model"])
        if request.get("channels_last"):
            self.net = self.net.to(memory_format=torch.channels_last)
        self.sgd = torch.optim.SGD(self.net.parameters(), lr=0.05, momentum=0.9)
        self.at = 0
        self.loss = None

    def step(self):
        if self.at + self.batch > IMAGES:
            self.at = 0
        x, y = self.images[self.at:self.at + self.batch], self.labels[self.at:self.at + self.batch]
        self.at += self.batch
        self.loss = F.cross_entropy(self.net(x), y)
        self.sgd.zero_grad(set_to_none=True)
        self.loss.backward()
        self.sgd.step()

    def block(self, repeats):
        clock = Clock()
        clock.start()
        for _ in range(repeats * STEPS):
            self.step()
        clock.stop()
        if not torch.isfinite(self.loss):
            raise ValueError("the loss is not finite")
        return {**clock.per_call(repeats), "images": STEPS * self.batch, "loss": float(self.loss.detach())}


CASES = {"matmul": MatMul, "conv2d": Conv2d, "train": Train}


def warm(case):
    """Calls until the library has settled; says how long one call takes."""
    began, calls = time.perf_counter(), 0
    while calls < WARM_CALLS or time.perf_counter() - began < WARM_SECONDS:
        case.block(1)
        calls += 1


def libraries(*words):
    """Files with one of the words in their name that this process has loaded (Linux only)."""
    try:
        with open("/proc/self/maps") as maps:
            paths = {line.split()[-1] for line in maps if ".so" in line}
    except OSError:
        return []
    return sorted(p for p in paths if any(w in p.rsplit("/", 1)[-1] for w in words))


def introduction():
    torch.mm(torch.rand(8, 8), torch.rand(8, 8))
    found = libraries("blas", "mkl")
    core = None
    for path in found:
        try:
            name = ctypes.CDLL(path).openblas_get_corename
        except (OSError, AttributeError):
            continue
        name.restype = ctypes.c_char_p
        core = name().decode()
    return {"torch": torch.__version__, "blas": found, "core": core, "max_threads": torch.get_num_threads()}


def main():
    gc.disable()
    torch.manual_seed(1)
    print(json.dumps(introduction()), flush=True)
    cases = {}
    for line in sys.stdin:
        try:
            request = json.loads(line)
            repeats = request.pop("repeats", 1)
            threads = request["threads"]
            torch.set_num_threads(threads)
            key = json.dumps(request, sort_keys=True)
            if key not in cases:
                cases[key] = CASES[request["case"]](request)
                warm(cases[key])
            cases[key].block(1)
            answer = cases[key].block(repeats)
        except (KeyError, ValueError, RuntimeError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
