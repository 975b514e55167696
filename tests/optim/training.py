"""Every class of optim, and short runs with it, for the tests of what torch users expect."""

import pytest
import torch

import optim

CLASSES = (
    optim.ADOPT,
    optim.Adam,
    optim.AMSGrad,
    optim.AdaShift,
    optim.RMSprop,
    optim.AdaGrad,
    optim.Adamax,
    optim.SGD,
)
all_classes = pytest.mark.parametrize("cls", CLASSES)
IMPLEMENTATIONS = ({}, {"fused": False}, {"foreach": True})


def options(cls):
    """Settings with which every class moves within a few steps."""
    return {"delay": 2} if cls is optim.AdaShift else {"beta1": 0.9} if cls is optim.SGD else {}


def parameters(*dtypes, seed=0):
    """One random parameter of five elements for each dtype."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.nn.Parameter(torch.randn(5, dtype=dtype, generator=generator)) for dtype in dtypes]


def train(optimizer, steps, seed=1):
    """Steps with gradients that depend on the seed alone."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        for group in optimizer.param_groups:
            for p in group["params"]:
                p.grad = torch.randn(p.shape, dtype=p.dtype, generator=generator)
        optimizer.step()


def values(optimizer):
    """Copies of all parameters."""
    return [p.detach().clone() for group in optimizer.param_groups for p in group["params"]]


def equal(one, other):
    """Whether two lists of tensors agree in dtypes and bits."""
    return len(one) == len(other) and all(
        torch.equal(a, b) and a.dtype == b.dtype for a, b in zip(one, other, strict=True)
    )
