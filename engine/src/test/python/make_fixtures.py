"""Writes the results of PyTorch, in float64, that PyTorchTest compares with.

Run from the repository's root: python engine/src/test/python/make_fixtures.py
Each entry: inputs that take a gradient, the output, the gradient that arrives there (fixed random
numbers) and the gradients of the inputs. The attributes of each entry are repeated in PyTorchTest.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(3)
torch.set_default_dtype(torch.float64)
TARGET = pathlib.Path("engine/src/test/resources/org/hypergrad/engine/cases/pytorch.json")
fixtures = {}


def rand(*extents):
    # Float32 holds these exactly, so that both element types start from the same inputs.
    return torch.randn(extents).float().double()


def tensor(t):
    t = t.detach()
    values = ["nan" if v != v else "inf" if v == float("inf") else "-inf" if v == -float("inf") else v
              for v in t.reshape(-1).tolist()]
    return {"shape": list(t.shape), "values": values}


def add(name, function, *inputs, **extra):
    inputs = [i.detach().clone().requires_grad_() for i in inputs]
    output = function(*inputs)
    arriving = rand(*output.shape)
    gradients = torch.autograd.grad(output, inputs, arriving)
    fixtures[name] = {
        "inputs": [tensor(i) for i in inputs],
        "output": tensor(output),
        "arriving": tensor(arriving),
        "gradients": [tensor(g) for g in gradients],
        **{key: tensor(value) for key, value in extra.items()},
    }


# Products.
add("conv2d stride 2 padding 1 groups 2",
    lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=1, groups=2),
    rand(2, 4, 5, 6), rand(6, 2, 3, 3), rand(6))
add("conv2d stride 2x1 padding 0x2 dilation 1x2",
    lambda x, w: F.conv2d(x, w, stride=(2, 1), padding=(0, 2), dilation=(1, 2)),
    rand(1, 2, 5, 4), rand(3, 2, 2, 3))
add("conv2d depthwise", lambda x, w: F.conv2d(x, w, padding=1, groups=3),
    rand(2, 3, 4, 3), rand(3, 1, 3, 3))
add("conv_transpose2d stride 2 padding 1 output padding 1 groups 2",
    lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1, output_padding=1, groups=2),
    rand(2, 4, 3, 2), rand(4, 1, 3, 3), rand(2))
add("conv_transpose2d dilation 2",
    lambda x, w: F.conv_transpose2d(x, w, dilation=2), rand(1, 2, 3, 3), rand(2, 3, 2, 2))

# Pooling.
add("max_pool2d 3 stride 2 padding 1 ceil",
    lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True), rand(2, 2, 6, 5))
add("max_pool2d 2 dilation 2", lambda x: F.max_pool2d(x, 2, 1, 0, dilation=2), rand(1, 2, 4, 5))
add("max_pool2d ties", lambda x: F.max_pool2d(x, 2, 1), torch.ones(1, 1, 3, 3))
for ceil in (False, True):
    for count in (False, True):
        add(f"avg_pool2d 3 stride 2 padding 1 ceil {ceil} count {count}".lower(),
            lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=ceil, count_include_pad=count),
            rand(1, 2, 6, 4))
add("adaptive_avg_pool2d 3x2", lambda x: F.adaptive_avg_pool2d(x, (3, 2)), rand(1, 2, 5, 7))

# Normalisation.
mean, variance = rand(3), rand(3).abs() + 0.5
after_mean, after_variance = mean.clone(), variance.clone()
x, scale, shift = rand(4, 3, 2, 2), rand(3), rand(3)
F.batch_norm(x, after_mean, after_variance, scale, shift, True, 0.3, 1e-5)
add("batch_norm training",
    lambda x, s, b: F.batch_norm(x, mean.clone(), variance.clone(), s, b, True, 0.3, 1e-5),
    x, scale, shift,
    mean=mean, variance=variance, after_mean=after_mean, after_variance=after_variance)
add("batch_norm evaluation",
    lambda x, s, b: F.batch_norm(x, mean, variance, s, b, False, 0.3, 1e-5),
    x, scale, shift,
    mean=mean, variance=variance, after_mean=mean, after_variance=variance)
add("layer_norm", lambda x, s, b: F.layer_norm(x, (3, 4), s, b, 1e-5),
    rand(2, 3, 4), rand(3, 4), rand(3, 4))

# Losses.
labels = torch.tensor([0, 3, -100, 1, 2])
labels2d = torch.tensor([[[0, 1], [-100, 2]], [[1, 1], [2, 0]]])
weight = torch.tensor([0.5, 2.0, 1.0, 0.25])
for reduction in ("none", "sum", "mean"):
    add(f"cross_entropy {reduction}",
        lambda z: F.cross_entropy(z, labels, reduction=reduction), rand(5, 4))
    add(f"cross_entropy weights smoothing {reduction}",
        lambda z: F.cross_entropy(z, labels, weight, reduction=reduction, label_smoothing=0.125),
        rand(5, 4))
    add(f"cross_entropy 2d weights smoothing {reduction}",
        lambda z: F.cross_entropy(z, labels2d, weight[:3], reduction=reduction,
                                  label_smoothing=0.125),
        rand(2, 3, 2, 2))
    targets = torch.tensor([0.0, 1.0, 0.25, 1.0, 0.0])
    add(f"binary_cross_entropy {reduction}",
        lambda z: F.binary_cross_entropy_with_logits(z, targets, reduction=reduction),
        torch.tensor([-2.0, 0.5, 0.0, 100.0, 100.0]))

# Softmax and reductions.
add("log_softmax", lambda x: F.log_softmax(x, 1), rand(2, 3, 2))
add("softmax", lambda x: F.softmax(x, 0), rand(4, 2) * 10)
add("logsumexp", lambda x: torch.logsumexp(x, (0, 2)), rand(2, 3, 2))
add("variance unbiased", lambda x: torch.var(x, (0, 2), correction=1), rand(3, 2, 4))
add("variance biased", lambda x: torch.var(x, (1,), correction=0), rand(3, 4))
ties = torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [0.0, -1.0, 5.0]])
add("amax ties", lambda x: torch.amax(x, 1), ties)
add("amin ties", lambda x: torch.amin(x, 1), ties)
add("norm", lambda x: torch.linalg.vector_norm(x, 2, (1,)), rand(3, 4))

# Point-wise.
wide = torch.tensor([-30.0, -5.0, -1.0, -0.125, 0.0, 0.125, 1.0, 5.0, 19.0, 21.0, 30.0])
add("gelu", lambda x: F.gelu(x), wide)
add("gelu tanh", lambda x: F.gelu(x, approximate="tanh"), wide)
add("softplus", lambda x: F.softplus(x), wide)
add("leaky_relu", lambda x: F.leaky_relu(x, 0.25), wide)
add("clamp bounds", lambda x: torch.clamp(x, -1.0, 5.0), wide)
base = torch.tensor([0.0, 0.0, 0.0, 1.0, -2.0, -2.0, 2.0, 4.0])
power = torch.tensor([0.0, 1.0, 2.0, 7.0, 2.0, 3.0, -1.0, 0.5])
add("pow", lambda x, y: torch.pow(x, y), base, power)
add("pow 0", lambda x: torch.pow(x, 0.0), base)
add("pow 1", lambda x: torch.pow(x, 1.0), base)
add("pow 2", lambda x: torch.pow(x, 2.0), base)
left, right = torch.tensor([1.0, 2.0, 3.0, 0.0]), torch.tensor([1.0, 3.0, 2.0, 0.0])
add("maximum ties", torch.maximum, left, right)
add("minimum ties", torch.minimum, left, right)

lines = [json.dumps(name) + ": " + json.dumps(entry) for name, entry in fixtures.items()]
TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n")
