"""Trajectories of hypergradient methods under options that are not in the paper, in float64.

Needs numpy alone. P, S and norms are worked out in full here: |M|_2 by a singular value
decomposition, kernels position by position.
"""
import json
import sys

import numpy as np

STEPS = 8
RATE = 0.05
MOMENTUM = 0.5
RHO = {"sgd": 0.2, "adam": 0.01}


class Mover:
    """A step of M by plain descent or Adam."""

    def __init__(self, kind):
        self.kind, self.t, self.m, self.v = kind, 0, 0, 0

    def step(self, m, h):
        if self.kind == "sgd":
            return m - RHO["sgd"] * h
        self.t += 1
        self.m = 0.9 * self.m + 0.1 * h
        self.v = 0.999 * self.v + 0.001 * h**2
        d = (self.m / (1 - 0.9**self.t)) / (np.sqrt(self.v / (1 - 0.999**self.t)) + 1e-8)
        return m - RHO["adam"] * d


def precondition(form, m, u):
    if form == "shd":
        return m * u
    if form == "pphd":
        return m * u
    if form == "spatial":
        h, w = u.shape[2:]
        return np.einsum("rcab,oiab->oirc", (m @ m.T).reshape(h, w, h, w), u)
    return m @ m.T @ u + (u if form == "identity_plus_product" else 0)


def outer(form, a, b):
    """sum over columns of a b^T"""
    if form == "spatial":
        h, w = a.shape[2:]
        return np.einsum("oirc,oiab->rcab", a, b).reshape(h * w, h * w)
    return a @ b.T


def hypergradient(form, m, g, u, rate):
    if form == "shd":
        return -rate * np.sum(g * u)
    if form == "pphd":
        return -rate * g * u
    return -rate * (outer(form, g, u) + outer(form, u, g)) @ m


def length(x):
    return np.sqrt(np.sum(x * x))


def size(form, m):
    """|P|_2"""
    top = np.linalg.svd(m)[1][0] ** 2
    return 1 + top if form == "identity_plus_product" else top


def trajectory(problem, preset, option):
    form, theta, m = problem["form"], np.array(problem["theta"]), np.array(problem["M"])
    mover, before, velocity, points = Mover(option.get("hyper", "sgd")), None, 0, []
    for t, g in enumerate(np.array(problem["gradients"])):
        if "skipped" in option and t in option["skipped"]:
            before = None
            points.append({"theta": theta.ravel().round(12).tolist(), "M": np.ravel(m).round(12).tolist()})
            continue
        number = t + 1 - sum(s < t for s in option.get("skipped", []))
        next_m, first = m, option.get("first", 2)
        if before is not None and number >= first and (number - first) % option.get("every", 1) == 0:
            h = hypergradient(form, m, g, before, RATE)
            if option.get("scaleFree"):
                h = h / (RATE * length(g) * length(before))
            next_m = mover.step(m, h)
            change, longest = length(next_m - m), option.get("clip", np.inf) * length(m)
            if change > longest:
                next_m = m + (next_m - m) * longest / change
            top = np.linalg.svd(next_m)[1][0] if "cap" in option else 0
            if top > np.sqrt(option.get("cap", np.inf)):
                next_m = next_m * np.sqrt(option["cap"]) / top
        used = next_m if preset == "DIRECTION" else m
        if preset == "DIRECTION":
            velocity = MOMENTUM * velocity + g
            u = velocity
        else:
            u = g
        moved = precondition(form, used, u)
        if option.get("keepLength"):
            moved = moved * length(u) / length(moved)
        if "limit" in option:
            delta = (1 + (number - 1) / option["horizon"]) ** -2.0
            norm = size(form, used)
            moved = moved * (delta * norm + (1 - delta) * option["limit"]) / norm
        if preset == "PAPER":
            velocity = MOMENTUM * velocity + moved
            moved = velocity
        theta = theta - RATE * moved
        before, m = np.array(u), next_m
        points.append({"theta": theta.ravel().round(12).tolist(), "M": np.ravel(m).round(12).tolist()})
    return points


def problem(form, shape, m, random):
    return {
        "form": form,
        "shape": shape,
        "theta": random.normal(size=shape).round(3).tolist(),
        "factor": list(np.shape(m)),
        "M": m.tolist(),
        "gradients": random.normal(size=[STEPS] + shape).round(3).tolist(),
    }


LEARNING = [
    {"scaleFree": True},
    {"scaleFree": True, "hyper": "adam"},
    {"every": 3},
    {"every": 2, "first": 3, "hyper": "adam"},
    {"first": 5},
    {"first": 5, "skipped": [2, 6]},
    {"every": 2, "skipped": [3]},
    {"clip": 0.01},
    {"clip": 0.002, "hyper": "adam"},
    {"clip": 0.03, "scaleFree": True},
]
OPTIONS = {
    "fop": LEARNING
    + [
        {"cap": 3.5},
        {"cap": 3.5, "hyper": "adam", "every": 2},
        {"keepLength": True},
        {"keepLength": True, "scaleFree": True, "cap": 3.5, "clip": 0.05, "every": 2, "first": 3},
        {"limit": 0.7, "horizon": 3.0},
        {"limit": 2.0, "horizon": 2.0, "cap": 3.5},
    ],
    "shd": LEARNING,
    "pphd": LEARNING + [{"keepLength": True}],
}

random = np.random.default_rng(11)
# Singular values far enough apart for few power iterations.
three = np.diag([1.9, 1.1, 0.6]) + random.normal(scale=0.05, size=(3, 3)).round(3)
tall = np.zeros((5, 2))
tall[0, 0], tall[3, 1] = 1.9, 0.9
tall = tall + random.normal(scale=0.05, size=(5, 2)).round(3)
kernel = np.diag([1.9, 1.1, 1, 0.9, 0.8, 0.7]) + random.normal(scale=0.03, size=(6, 6)).round(3)
problems = [
    problem("product", [3, 2], three, random),
    problem("identity_plus_product", [5, 3], tall, random),
    problem("spatial", [2, 3, 3, 2], kernel, random),
    problem("shd", [3, 2], np.array(1.0), random),
    problem("pphd", [3, 2], np.ones((3, 2)), random),
]
for p in problems:
    p["trajectories"] = [
        {"preset": preset, "option": option, "points": trajectory(p, preset, option)}
        for preset in ("PAPER", "DIRECTION")
        for option in OPTIONS.get(p["form"], OPTIONS["fop"])
    ]
norms = []
for shape in ([1, 1], [4, 4], [7, 3], [3, 8]):
    m = random.normal(size=shape).round(3)
    m[0, 0] += 5
    norms.append({"M": m.tolist(), "spectral": np.linalg.svd(m)[1].tolist()})
json.dump(
    {
        "about": "made by options.py; PAPER moves theta before M, DIRECTION after it. A skipped step, counted"
        " from 0, has a gradient that is not finite. Kernels are [outputs, inputs, height, width].",
        "rate": RATE,
        "momentum": MOMENTUM,
        "rho": RHO,
        "problems": problems,
        "spectra": norms,
    },
    sys.stdout,
)
