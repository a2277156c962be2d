"""Trajectories of FOP with P on the base optimizer's direction, in float64, for given gradients.

Needs numpy alone. P and S are formed in full here, and convolution kernels are preconditioned
position by position, so that nothing is shared with the code under test.
"""
import json
import sys

import numpy as np

STEPS = 6
RATE = 0.05
RHO = {"sgd": 0.02, "adam": 0.01}


class Base:
    """Directions as PyTorch defines them."""

    def __init__(self, kind):
        self.kind, self.t, self.v, self.s = kind, 0, None, None

    def direction(self, g):
        self.t += 1
        if self.v is None:
            self.v, self.s = np.zeros_like(g), np.zeros_like(g)
        if self.kind == "sgd":
            return g
        if self.kind in ("momentum", "nesterov"):
            self.v = 0.9 * self.v + g
            return g + 0.9 * self.v if self.kind == "nesterov" else self.v
        if self.kind == "rmsprop":
            self.s = 0.99 * self.s + 0.01 * g**2
            return g / (np.sqrt(self.s) + 1e-8)
        self.v = 0.9 * self.v + 0.1 * g
        self.s = 0.999 * self.s + 0.001 * g**2
        return (self.v / (1 - 0.9**self.t)) / (np.sqrt(self.s / (1 - 0.999**self.t)) + 1e-8)


def precondition(form, p, u):
    if form == "spatial":
        h, w = u.shape[2:]
        return np.einsum("rcab,oiab->oirc", p.reshape(h, w, h, w), u)
    return p @ u


def outer(form, a, b):
    """sum over columns of a b^T"""
    if form == "spatial":
        h, w = a.shape[2:]
        return np.einsum("oirc,oiab->rcab", a, b).reshape(h * w, h * w)
    return a @ b.T


def trajectory(problem, kind, hyper, order):
    form, theta, m = problem["form"], np.array(problem["theta"]), np.array(problem["M"])
    base, mover, before, points = Base(kind), Base(hyper), None, []
    for g in np.array(problem["gradients"]):
        next_m = m
        if before is not None:
            s = outer(form, g, before) + outer(form, before, g)
            next_m = m - RHO[hyper] * mover.direction(-RATE * s @ m)
        if order == "M_FIRST":
            m = next_m
        p = m @ m.T + (np.eye(len(m)) if form == "identity_plus_product" else 0)
        before = np.array(base.direction(g))
        theta = theta - RATE * precondition(form, p, before)
        m = next_m
        points.append({"theta": theta.ravel().tolist(), "M": m.ravel().tolist()})
    return points


def problem(form, shape, m, random):
    return {
        "form": form,
        "shape": shape,
        "theta": random.normal(size=shape).round(3).tolist(),
        "factor": list(m.shape),
        "M": m.tolist(),
        "gradients": random.normal(size=[STEPS] + shape).round(3).tolist(),
    }


random = np.random.default_rng(7)
problems = [
    problem("product", [3, 2], np.eye(3), random),
    problem("identity_plus_product", [5, 3], random.normal(scale=0.3, size=(5, 2)).round(3), random),
    problem("spatial", [2, 3, 3, 2], np.eye(6), random),
]
for p in problems:
    p["trajectories"] = {
        "%s %s %s" % (kind, hyper, order): trajectory(p, kind, hyper, order)
        for kind in ("sgd", "momentum", "nesterov", "adam", "rmsprop")
        for hyper in ("sgd", "adam")
        for order in ("M_FIRST", "THETA_FIRST")
    }
json.dump(
    {
        "about": "made by direction.py; u = the base's direction, H = -rate (g u'^T + u' g^T) M with u'"
        " of the step before; M_FIRST: M, then theta -= rate P u; THETA_FIRST: the other way, H at the"
        " M of this step. Kernels are [outputs, inputs, height, width].",
        "rate": RATE,
        "rho": RHO,
        "problems": problems,
    },
    sys.stdout,
)
