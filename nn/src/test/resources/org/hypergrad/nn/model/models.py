"""Outputs and gradients of whole networks in PyTorch, in float64.

    python models.py all_cnn    writes all_cnn.json; needs torch
    python models.py resnet     writes resnet.json; needs torchvision

Weights, images and labels come from formulas, which the tests compute too: element i of the
tensor called name is a hash of the CRC-32 of the name and of i, see uniform(). Of every result
the files hold the norm and some elements, evenly spread.
"""
import json
import math
import os
import sys
import zlib

import numpy as np
import torch
from torch import nn

SAMPLES = 8


def uniform(name, shape):
    """Numbers in [-1, 1), multiples of 2^-23: the finaliser of SplitMix64 over a counter."""
    count = int(np.prod(shape, dtype=np.int64))
    with np.errstate(over="ignore"):
        z = np.uint64(zlib.crc32(name.encode()) << 32) + np.arange(count, dtype=np.uint64)
        z = (z + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return ((z >> np.uint64(40)).astype(np.float64) / 2**23 - 1).reshape(shape)


def first(name, shape):
    """The value of a parameter or buffer, rounded to float32."""
    u = uniform(name, shape)
    if len(shape) > 1:
        u = u * math.sqrt(6 / np.prod(shape[1:], dtype=np.int64))
        if len(shape) == 2:  # scores of some size leave no class certain
            u = u * 0.1
    elif name.endswith("bias") or name.endswith("running_mean"):
        u = u * 0.1
    else:  # scales and variances
        u = 1 + u * 0.5
    return torch.from_numpy(u.astype(np.float32).astype(np.float64))


def fill(model):
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.dtype.is_floating_point:
                tensor.copy_(first(name, tuple(tensor.shape)))
    return model.double()


def seen(tensor):
    flat = tensor.detach().reshape(-1)
    at = [i * len(flat) // SAMPLES for i in range(SAMPLES)]
    return {"norm": flat.norm().item(), "samples": [flat[i].item() for i in at]}


def layout(model):
    return {name: list(t.shape) for name, t in model.state_dict().items()}


def step(model, batch, size, classes):
    """Scores, loss, all gradients, and buffers afterwards.

    With this factor no input of the last ReLUs of ResNet-18, in either mode, is within 1e-5 of 0,
    where rounding could carry it across and change some gradients by hundredths.
    """
    x = torch.from_numpy(1.75 * uniform("images", (batch, 3, size, size))).float().double()
    x.requires_grad_()
    labels = torch.tensor([(37 * i + 5) % classes for i in range(batch)])
    model.zero_grad()
    y = model(x)
    loss = nn.functional.cross_entropy(y, labels)
    loss.backward()
    return {
        "output": seen(y),
        "loss": loss.item(),
        "gradients": {"images": seen(x.grad)}
        | {name: seen(p.grad) for name, p in model.named_parameters()},
        "buffers": {
            name: seen(b) for name, b in model.named_buffers() if b.dtype.is_floating_point
        },
    }


class AllCnn(nn.Module):
    """All-CNN-C from the table of its paper, but for the ReLU on the scores."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 3, padding=1)
        self.conv2 = nn.Conv2d(96, 96, 3, padding=1)
        self.conv3 = nn.Conv2d(96, 96, 3, stride=2, padding=1)
        self.conv4 = nn.Conv2d(96, 192, 3, padding=1)
        self.conv5 = nn.Conv2d(192, 192, 3, padding=1)
        self.conv6 = nn.Conv2d(192, 192, 3, stride=2, padding=1)
        self.conv7 = nn.Conv2d(192, 192, 3)
        self.conv8 = nn.Conv2d(192, 192, 1)
        self.conv9 = nn.Conv2d(192, 10, 1)

    def forward(self, x):
        *hidden, scores = self.children()
        for conv in hidden:
            x = conv(x).relu()
        return scores(x).mean((2, 3))


def all_cnn():
    model = fill(AllCnn())
    return {
        "made_by": f"PyTorch {torch.__version__}, by models.py",
        "layout": layout(model),
        "batch": 4,
        "train": step(model, 4, 32, 10),
    }


def resnet():
    import torchvision

    made = {
        "made_by": f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}, by models.py",
        "layouts": {
            name: layout(getattr(torchvision.models, name)())
            for name in ("resnet18", "resnet34", "resnet50")
        },
        "batch": 4,
        "size": 64,
    }
    for mode in (True, False):
        model = fill(torchvision.models.resnet18()).train(mode)
        made["train" if mode else "eval"] = step(model, 4, 64, 1000)
    return made


for name in sys.argv[1:]:
    made = {"all_cnn": all_cnn, "resnet": resnet}[name]()
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, name + ".json"), "w") as out:
        json.dump(made, out, indent=None, separators=(",", ":"))
        out.write("\n")
