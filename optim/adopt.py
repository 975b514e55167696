"""ADOPT as a torch optimizer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Unpack

from torch import Tensor
from torch.optim.optimizer import ParamsT

from optim import core
from optim.shell import Common, CoreOptimizer, check_betas, check_eps, check_one_of, scalar


class ADOPT(CoreOptimizer):
    r"""ADOPT (Taniguchi et al. 2024, arXiv:2411.02853): converges with any :math:`\beta_2`.

    ::

        first call     v_0 = g_0^2                                    (theta does not move)
        t = 1, 2, ...  a_t = clip(g_t / max(sqrt(v_{t-1}), eps), -c_t, c_t)
                       m_t = beta1 m_{t-1} + (1 - beta1) a_t          (m_0 = 0; or m_1 = a_1)
                       theta_t = theta_{t-1} - lr_t m_t
                       v_t = beta2 v_{t-1} + (1 - beta2) g_t^2

    Args:
        params: parameters, named parameters or groups, as for every torch optimizer.
        lr: learning rate, a float or a one-element tensor.
        betas: ``(beta1, beta2)`` with ``0 <= beta1 < 1`` and ``0 <= beta2 <= 1``, floats or one-element tensors.
        eps: lower bound of the denominator, positive.
        clip: the schedule c_t as data: ``None`` (Theorem 4.1's unclipped ADOPT), a number c for a constant, or a pair
            ``(c, p)`` for ``c * t**p``. The default ``(1, 0.25)`` is the paper's Algorithm 2.
        start: ``"algorithm_2"`` has m_0 = 0, what the authors' code runs; ``"algorithm_1"`` has m_1 = a_1.
        decorrelate, normalize_first: ``False`` gives the ablations of the paper's Figure 3: normalise by ``v_t``
            instead of ``v_{t-1}``; average the gradients first and normalise then, as Adam does.
        common: the options of every class, see `CoreOptimizer`.

    The first call of each parameter is consumed by v_0: neither the gradient nor decoupled weight decay moves it; L2
    decay enters v_0. A first gradient that is not finite, or whose square overflows, makes v_0 NaN, and the parameter
    NaN at its next step: left infinite, v_0 would freeze the coordinate silently for ever. (GradScaler skips such
    calls altogether, so v_0 then comes from the first finite gradient.)
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.9999),
        eps: float = 1e-6,
        clip: float | tuple[float, float] | None = (1.0, 0.25),
        start: str = "algorithm_2",
        *,
        decorrelate: bool = True,
        normalize_first: bool = True,
        **common: Unpack[Common],
    ) -> None:
        own = {
            "betas": betas,
            "eps": eps,
            "clip": clip,
            "start": start,
            "decorrelate": decorrelate,
            "normalize_first": normalize_first,
        }
        super().__init__(params, lr, own, common)

    def check(self, group: Mapping[str, Any]) -> None:
        """The ranges in which ADOPT is defined; `ValueError` outside them."""
        super().check(group)
        check_betas(group, largest_beta2=1)
        check_eps(group, positive=True)
        check_one_of("start", group["start"], core.STARTS)
        check_clip(group["clip"])

    def method(self, group: Mapping[str, Any]) -> core.Method:
        """`core.METHODS["adopt"]`."""
        return core.METHODS["adopt"]

    def hyperparameters(self, group: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of `core.adopt_update`."""
        beta1, beta2 = group["betas"]
        return {
            "beta1": scalar(beta1),
            "beta2": scalar(beta2),
            "eps": group["eps"],
            "clip": clip_schedule(group["clip"]),
            "start": group["start"],
            "decorrelate": group["decorrelate"],
            "normalize_first": group["normalize_first"],
        }


def clip_schedule(clip: Any) -> tuple[float, float] | None:
    """The schedule ``(c, p)`` that ``clip`` stands for, as `core` takes it: a number c is ``(c, 0)``."""
    if clip is None:
        return None
    scale, exponent = clip if isinstance(clip, tuple | list) else (clip, 0.0)
    return float(scale), float(exponent)


def check_clip(clip: Any) -> None:
    """`ValueError` unless ``clip`` is None, a number c > 0, or a pair (c, p) of numbers with c > 0."""
    pair = clip if isinstance(clip, tuple | list) else (clip, 0.0)
    numbers = [x for x in pair if isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x)]
    if clip is not None and not (len(pair) == len(numbers) == 2 and numbers[0] > 0):
        raise ValueError(
            f"Invalid clip: {clip!r}; it must be None, a number c > 0, or a pair (c, p) meaning c * t**p with c > 0"
        )
