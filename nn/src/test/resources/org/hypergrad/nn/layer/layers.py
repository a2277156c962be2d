"""Writes the results of PyTorch 2.13, in float64, that layers and losses are compared with.

Run in this folder: python layers.py
Layers: the input x, the parameters, the output, the gradient that arrives there (fixed random
numbers), the gradients of x and of the parameters, and the buffers after the call. A Linear's
weight is written as its transpose. The options of each entry are repeated in the Java tests.
"""

import json

import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)


def rand(*extents):
    # Float32 holds these exactly, so that both element types start from the same inputs.
    return torch.randn(extents).float().double()


def tensor(t):
    t = t.detach()
    return {"shape": list(t.shape), "values": t.reshape(-1).tolist()}


def as_ours(module, name, t):
    return t.t() if isinstance(module, nn.Linear) and name == "weight" else t


layers = {}


def layer(name, module, *batches, training=True):
    """The last batch is recorded; those before it only train."""
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(rand(*p.shape))
        for b_name, b in module.named_buffers():
            if b.dtype.is_floating_point:
                b.copy_(rand(*b.shape).abs() + 0.5)
    entry = {
        "parameters": {n: tensor(as_ours(module, n, p)) for n, p in module.named_parameters()},
        "buffers_before": {n: tensor(b) for n, b in module.named_buffers()
                           if b.dtype.is_floating_point},
        "batches": [tensor(b) for b in batches],
    }
    for b in batches[:-1]:
        module(b)
    module.train(training)
    x = batches[-1].clone().requires_grad_()
    y = module(x)
    arriving = rand(*y.shape)
    parameters = dict(module.named_parameters())
    gradients = torch.autograd.grad(y, [x, *parameters.values()], arriving)
    layers[name] = entry | {
        "output": tensor(y),
        "arriving": tensor(arriving),
        "x_gradient": tensor(gradients[0]),
        "gradients": {n: tensor(as_ours(module, n, g))
                      for n, g in zip(parameters, gradients[1:])},
        "buffers": {n: tensor(b) for n, b in module.named_buffers()
                    if b.dtype.is_floating_point},
    }


layer("linear", nn.Linear(5, 3), rand(4, 5))
layer("linear without bias", nn.Linear(5, 3, bias=False), rand(1, 5))
layer("linear rank 4", nn.Linear(3, 2), rand(2, 1, 3, 3))
layer("conv", nn.Conv2d(2, 3, 3), rand(2, 2, 5, 4))
layer("conv strided", nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2), rand(2, 4, 5, 6))
layer("conv uneven",
      nn.Conv2d(2, 3, (2, 3), stride=(2, 1), padding=(1, 2), dilation=(1, 2), bias=False),
      rand(3, 2, 5, 4))
layer("conv same", nn.Conv2d(1, 2, (2, 4), padding="same", dilation=2), rand(1, 1, 5, 6))
layer("conv depthwise", nn.Conv2d(3, 3, 3, padding=1, groups=3), rand(2, 3, 4, 3))
layer("conv transposed", nn.ConvTranspose2d(2, 3, 3), rand(2, 2, 3, 4))
layer("conv transposed strided",
      nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2),
      rand(2, 4, 3, 2))
layer("conv transposed uneven",
      nn.ConvTranspose2d(2, 3, (2, 3), stride=(3, 1), padding=(0, 1), output_padding=(2, 0),
                         dilation=(1, 2), bias=False),
      rand(1, 2, 3, 4))
layer("batch norm 1d", nn.BatchNorm1d(3), rand(4, 3))
layer("batch norm 1d of series", nn.BatchNorm1d(3, eps=1e-2, momentum=0.7), rand(2, 3, 5))
layer("batch norm 1d eval", nn.BatchNorm1d(3), rand(4, 3), rand(5, 3), rand(1, 3), training=False)
layer("batch norm 2d", nn.BatchNorm2d(2), rand(3, 2, 2, 3))
layer("batch norm 2d after others", nn.BatchNorm2d(2, momentum=0.3),
      rand(3, 2, 2, 3), rand(1, 2, 4, 4), rand(2, 2, 3, 1))
layer("batch norm 2d eval", nn.BatchNorm2d(2, eps=1e-3), rand(3, 2, 2, 3), rand(2, 2, 1, 2),
      training=False)
layer("layer norm", nn.LayerNorm(6), rand(3, 6))
layer("layer norm of two axes", nn.LayerNorm((2, 3), eps=1e-2), rand(2, 2, 2, 3))
layer("max pool", nn.MaxPool2d(2), rand(2, 2, 4, 5))
layer("max pool overlapping", nn.MaxPool2d(3, 2, 1, ceil_mode=True), rand(2, 2, 6, 5))
layer("max pool uneven", nn.MaxPool2d((2, 3), (1, 2), (1, 0), dilation=(2, 1)), rand(1, 2, 5, 6))
layer("avg pool", nn.AvgPool2d(2), rand(2, 2, 4, 5))
layer("avg pool overlapping", nn.AvgPool2d(3, 2, 1, ceil_mode=True), rand(1, 2, 6, 4))
layer("avg pool without padding",
      nn.AvgPool2d((3, 2), (2, 1), (1, 1), count_include_pad=False), rand(1, 2, 6, 4))
layer("adaptive avg pool", nn.AdaptiveAvgPool2d((3, 2)), rand(1, 2, 5, 7))
layer("global avg pool", nn.AdaptiveAvgPool2d(1), rand(2, 3, 4, 3))
layer("flatten", nn.Flatten(), rand(2, 3, 2, 2))
for name, module in {
    "relu": nn.ReLU(), "leaky relu": nn.LeakyReLU(0.2), "tanh": nn.Tanh(),
    "sigmoid": nn.Sigmoid(), "silu": nn.SiLU(), "gelu": nn.GELU(),
    "gelu tanh": nn.GELU(approximate="tanh"), "softplus": nn.Softplus(),
    "softmax": nn.Softmax(-1), "log softmax": nn.LogSoftmax(1),
}.items():
    layer(name, module, 3 * rand(3, 4))
layer("sequential",
      nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2),
                    nn.Flatten()),
      rand(3, 1, 4, 6))

losses = {}


def loss(name, function, output, target):
    output = output.clone().requires_grad_()
    value = function(output, target)
    gradient, = torch.autograd.grad(value, output)
    losses[name] = {"output": tensor(output), "target": tensor(target),
                    "labels": not target.dtype.is_floating_point,
                    "value": value.item(), "gradient": tensor(gradient)}


labels = torch.tensor([2, 0, 1, 2, 3])
weights = torch.tensor([0.5, 2, 1, 0.25])
loss("cross entropy", F.cross_entropy, rand(5, 4), labels)
loss("cross entropy of one", F.cross_entropy, rand(1, 4), torch.tensor([3]))
loss("cross entropy of images", F.cross_entropy, rand(2, 3, 2, 2),
     torch.tensor([[[0, 2], [1, 1]], [[2, 2], [0, 1]]]))
loss("cross entropy smoothed", lambda y, t: F.cross_entropy(y, t, label_smoothing=0.1),
     rand(5, 4), labels)
loss("cross entropy ignoring", lambda y, t: F.cross_entropy(y, t, ignore_index=2),
     rand(5, 4), labels)
loss("cross entropy ignoring by default", F.cross_entropy, rand(3, 4), torch.tensor([1, -100, 0]))
loss("cross entropy weighted", lambda y, t: F.cross_entropy(y, t, weights), rand(5, 4), labels)
loss("cross entropy with all",
     lambda y, t: F.cross_entropy(y, t, weights, ignore_index=0, label_smoothing=0.2),
     rand(5, 4), labels)
loss("squared error", F.mse_loss, rand(3, 2), rand(3, 2))
loss("absolute error", F.l1_loss, rand(3, 2), rand(3, 2))
loss("huber", lambda y, t: F.huber_loss(y, t, delta=0.7), rand(4, 3), rand(4, 3))
loss("binary cross entropy", F.binary_cross_entropy_with_logits, 4 * rand(7, 1),
     torch.rand(7, 1).float().double())

with open("layers.json", "w") as out:
    json.dump({"source": f"PyTorch {torch.__version__}, float64, by layers.py",
               "layers": layers, "losses": losses}, out, indent=None, separators=(",", ":"))
    out.write("\n")
