"""Run by test_triton.py in a process with TRITON_INTERPRET=1: the Triton tier's moments beside the reference tier's.

Prints one JSON line a case: {"case", "difference"}, the largest difference of a moment relative to its own scale.
"""

import json
import sys

import numpy as np
import torch

from numerics.engine import simulate
from numerics.registry import problem
from numerics.settings import Setting
from tests.numerics.own_problems import own_problems

EPS = {"eps": 0.5}
CASES = {
    "adopt, Algorithm 1, clipped, decaying, two settings": (
        "huber_multiplicative",
        "adopt",
        [Setting(0.3, {**EPS, "beta1": b, "start": "algorithm_1", "clip": (0.7, 0.25)}, decay=0.5) for b in (0.5, 0.9)],
    ),
    "adopt, Algorithm 2, normal noise": ("log_cosh_normal", "adopt", [Setting(0.3, EPS)]),
    "no_decorrelation": ("hard_instance", "no_decorrelation", [Setting(0.3, EPS)]),
    "order_unchanged, clipped": ("hard_instance", "order_unchanged", [Setting(0.3, {**EPS, "clip": (1.0, 0.25)})]),
    "adam on the toy, projected": ("toy", "adam", [Setting(0.3, {"beta2": 0.9})]),
    "adam, denominator inside, uncorrected": (
        "hard_instance",
        "adam",
        [Setting(0.3, {**EPS, "bias_correction": False, "denominator_form": "inside"})],
    ),
    "amsgrad, spikes": ("log_cosh_spikes", "amsgrad", [Setting(0.1)]),
    "rmsprop": ("hard_instance", "rmsprop", [Setting(0.1)]),
    "adagrad": ("hard_instance", "adagrad", [Setting(0.1)]),
    "adamax": ("hard_instance", "adamax", [Setting(0.1)]),
    "adashift": ("hard_instance", "adashift", [Setting(0.1, {"delay": 3})]),
    "sgd_momentum": ("hard_instance", "sgd_momentum", [Setting(0.1)]),
    "problem U": ("problem_u", "adopt", [Setting(0.1, EPS)]),
    **{name: (own, "adopt", [Setting(0.1, EPS), Setting(0.2, EPS)]) for name, own in own_problems().items()},
}
RUNS, STEPS, SEED = 300, 9, 11


def difference(given, method, settings, dtype):
    simulated = problem(given) if isinstance(given, str) else given
    found, expected = (
        simulate(simulated, method, settings, RUNS, STEPS, SEED, tier=tier, dtype=dtype)
        for tier in ("triton", "reference")
    )
    worst = 0.0
    for part, power in (("mean", 1), ("variance", 2)):
        for quantity, values in getattr(expected, part).items():
            size = np.abs(expected.mean[quantity]).max() ** power + 1e-300
            worst = max(worst, float(np.abs(getattr(found, part)[quantity] - values).max() / size))
    return worst


if __name__ == "__main__":
    for case in sys.argv[1:] or CASES:
        print(json.dumps({"case": case, "difference": difference(*CASES[case], torch.float64)}), flush=True)
    single = difference(*CASES["adopt, Algorithm 2, normal noise"], torch.float32)
    print(json.dumps({"case": "float32", "difference": single}), flush=True)
