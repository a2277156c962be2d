"""Trains in Python's torch. Arguments: the row, contiguous or channels-last, and the threads.

Speaks the protocol of org.hypergrad.bench.peers.Worker; batch and weights are those of Work there,
drawn by java.util.SplittableRandom.
"""

import inspect
import math
import sys
import time

import torch
from torch import nn

RATE, MOMENTUM = 1e-3, 0.9
MASK = (1 << 64) - 1
ROWS = {
    "all-cnn": (10, (128, 3, 32, 32)),
    "mnist-128": (10, (128, 784)),
    "mnist-16": (10, (16, 784)),
    "resnet-18": (1000, (16, 3, 224, 224)),
}


def signed(value):
    value &= MASK
    return value - (1 << 64) if value >> 63 else value


def shifted(z, bits):
    """Right, without the sign."""
    return (z >> bits) & ((1 << (64 - bits)) - 1)


def uniform(name, bound, *shape):
    """Values of [-bound, bound) from a generator whose seed is the name's hash in Java."""
    seed = 0
    for letter in name:
        seed = (31 * seed + ord(letter)) & 0xFFFFFFFF
    seed = seed - (1 << 32) if seed >> 31 else seed
    z = torch.arange(1, math.prod(shape) + 1) * signed(0x9E3779B97F4A7C15) + seed
    z = (z ^ shifted(z, 30)) * signed(0xBF58476D1CE4E5B9)
    z = (z ^ shifted(z, 27)) * signed(0x94D049BB133111EB)
    z = z ^ shifted(z, 31)
    unit = shifted(z, 11).double() * 2.0**-53
    return (unit * (2 * bound) - bound).float().reshape(shape)


class Block(nn.Module):
    """x is added to what two convolutions make of it."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Sequential()
        if inputs != outputs:
            self.downsample.append(nn.Conv2d(inputs, outputs, 1, stride, bias=False))
            self.downsample.append(nn.BatchNorm2d(outputs))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        difference = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(difference.add_(self.downsample(x)))


def all_cnn():
    net, inputs = nn.Sequential(), 3
    layers = [(96, 3, 1, 1), (96, 3, 1, 1), (96, 3, 2, 1), (192, 3, 1, 1), (192, 3, 1, 1),
              (192, 3, 2, 1), (192, 3, 1, 0), (192, 1, 1, 0), (10, 1, 1, 0)]
    for i, (outputs, kernel, stride, padding) in enumerate(layers, 1):
        net.add_module(f"conv{i}", nn.Conv2d(inputs, outputs, kernel, stride, padding))
        if i < len(layers):
            net.add_module(f"relu{i}", nn.ReLU(inplace=True))
        inputs = outputs
    net.add_module("mean", nn.AdaptiveAvgPool2d(1))
    net.add_module("flat", nn.Flatten())
    return net


def mnist():
    net = nn.Sequential(nn.Flatten())
    for inputs, outputs in [(784, 100), (100, 100), (100, 100)]:
        net.append(nn.Linear(inputs, outputs))
        net.append(nn.ReLU(inplace=True))
    return net.append(nn.Linear(100, 10))


def resnet18():
    net = nn.Sequential()
    net.add_module("conv1", nn.Conv2d(3, 64, 7, 2, 3, bias=False))
    net.add_module("bn1", nn.BatchNorm2d(64))
    net.add_module("relu", nn.ReLU(inplace=True))
    net.add_module("pool", nn.MaxPool2d(3, 2, 1))
    inputs = 64
    for i in range(4):
        width = 64 << i
        blocks = [Block(inputs, width, 2 if i else 1), Block(width, width, 1)]
        net.add_module(f"layer{i + 1}", nn.Sequential(*blocks))
        inputs = width
    net.add_module("mean", nn.AdaptiveAvgPool2d(1))
    net.add_module("flat", nn.Flatten())
    net.add_module("fc", nn.Linear(512, 1000))
    return net


def fill(net):
    """Weights by name; this project keeps those of dense layers as [inputs, outputs]."""
    with torch.no_grad():
        for name, module in net.named_modules():
            if isinstance(module, nn.Linear):
                inputs, outputs = module.in_features, module.out_features
                bound = math.sqrt(6.0 / inputs)
                module.weight.copy_(uniform(name + ".weight", bound, inputs, outputs).t())
            elif isinstance(module, nn.Conv2d):
                bound = math.sqrt(6.0 / module.weight[0].numel())
                module.weight.copy_(uniform(name + ".weight", bound, *module.weight.shape))
            if isinstance(module, (nn.Linear, nn.Conv2d)) and module.bias is not None:
                module.bias.zero_()


def main(row, layout, threads):
    torch.set_num_threads(int(threads))
    classes, shape = ROWS[row]
    net = {"all-cnn": all_cnn, "resnet-18": resnet18}.get(row, mnist)()
    fill(net)
    x = uniform("input", math.sqrt(3), *shape)
    if layout == "channels-last":
        net = net.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    labels = (37 * torch.arange(shape[0]) + 5) % classes
    fused = {"fused": True} if "fused" in inspect.signature(torch.optim.SGD).parameters else {}
    optimizer = torch.optim.SGD(net.parameters(), RATE, MOMENTUM, **fused)
    loss_of = nn.CrossEntropyLoss()
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.perf_counter_ns()
        for _ in range(int(line)):
            optimizer.zero_grad()
            loss = loss_of(net(x), labels)
            loss.backward()
            optimizer.step()
            value = loss.item()
        print(time.perf_counter_ns() - start, value, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
