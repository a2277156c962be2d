"""Trajectories of PyTorch's optimizers in float64, for given gradients. Needs torch."""
import json
import sys

import torch

START = [1.0, -2.0, 0.5, 3.0]
GRADIENTS = [
    [0.1, -0.2, 0.3, 1.0],
    [0.5, 0.4, -0.3, -2.0],
    [0.0, 0.1, 0.2, 0.05],
    [-1.0, 2.0, 0.0, 0.3],
    [0.7, -0.6, 0.5, -0.4],
]
CASES = {
    "sgd": (torch.optim.SGD, dict(lr=0.1)),
    "sgd_decay": (torch.optim.SGD, dict(lr=0.1, weight_decay=0.01)),
    "momentum": (torch.optim.SGD, dict(lr=0.1, momentum=0.9)),
    "dampening": (torch.optim.SGD, dict(lr=0.1, momentum=0.9, dampening=0.3)),
    "nesterov": (torch.optim.SGD, dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)),
    "rmsprop": (torch.optim.RMSprop, dict(lr=0.01)),
    "rmsprop_alpha_epsilon": (torch.optim.RMSprop, dict(lr=0.01, alpha=0.9, eps=1e-3)),
    "rmsprop_momentum": (torch.optim.RMSprop, dict(lr=0.01, momentum=0.5)),
    "rmsprop_centered": (torch.optim.RMSprop, dict(lr=0.01, momentum=0.5, centered=True, weight_decay=0.1)),
    "adagrad": (torch.optim.Adagrad, dict(lr=0.1)),
    "adagrad_all": (torch.optim.Adagrad, dict(lr=0.1, lr_decay=0.1, weight_decay=0.01, initial_accumulator_value=0.2, eps=1e-3)),
    "adam": (torch.optim.Adam, dict(lr=0.01)),
    "adam_all": (torch.optim.Adam, dict(lr=0.02, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1)),
    "adamw": (torch.optim.AdamW, dict(lr=0.01, weight_decay=0.1)),
}


def trajectory(kind, options):
    theta = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = kind([theta], **options)
    points = []
    for gradient in GRADIENTS:
        theta.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        points.append(theta.detach().tolist())
    return points


json.dump(
    {
        "about": "float64 trajectories of PyTorch %s by optimizers.py" % torch.__version__,
        "start": START,
        "gradients": GRADIENTS,
        "cases": {name: trajectory(*case) for name, case in CASES.items()},
    },
    sys.stdout,
    indent=1,
)
