"""The methods that ADOPT is compared with, as torch optimizers on the same core."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from torch import Tensor
from torch.optim.optimizer import ParamsT

from optim import core
from optim.implementations import Rule, Slot
from optim.shell import Common, CoreOptimizer, check_betas, check_eps, check_one_of, initial_state

Betas = tuple[float | Tensor, float | Tensor]


class Adam(CoreOptimizer):
    r"""Adam (Kingma and Ba 2015, arXiv:1412.6980); AdamW with ``weight_decay`` and ``decoupled_weight_decay=True``.

    ::

        t = 1, 2, ...  m_t = beta1 m_{t-1} + (1 - beta1) g_t
                       v_t = beta2 v_{t-1} + (1 - beta2) g_t^2
                       theta_t = theta_{t-1} - lr_t (m_t / (1 - beta1^t)) / (sqrt(v_t / (1 - beta2^t)) + eps)

    ``bias_correction=False`` leaves both divisions out; ``denominator_form`` as in `optim.core.denominator`.
    """

    name = "adam"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        *,
        bias_correction: bool = True,
        denominator_form: str = "sum",
        **common: Unpack[Common],
    ) -> None:
        own = {"betas": betas, "eps": eps, "bias_correction": bias_correction, "denominator_form": denominator_form}
        super().__init__(params, lr, own, common)

    def check(self, group: Mapping[str, Any]) -> None:
        """``0 <= beta1, beta2 < 1``, ``eps >= 0``."""
        super().check(group)
        check_betas(group)
        check_eps(group)
        check_one_of("denominator_form", group["denominator_form"], core.DENOMINATORS)

    def method(self, group: Mapping[str, Any]) -> core.Method:
        """`core.METHODS` of the class's name."""
        return core.METHODS[self.name]


class AMSGrad(Adam):
    r"""AMSGrad (Reddi et al. 2018): Adam with ``max(v_1, ..., v_t)`` in the denominator.

    With bias correction, as in torch's ``amsgrad=True``; the paper's method is ``bias_correction=False``.
    """

    name = "amsgrad"


class AdaShift(CoreOptimizer):
    r"""AdaShift (Zhou et al. 2019, arXiv:1810.00143): the denominator uses the gradient of ``delay`` steps ago.

    ::

        t <= n         theta does not move (n = delay)
        t > n          m_t = sum_{i<n} beta1^i g_{t-i} / sum_{i<n} beta1^i
                       v_t = beta2 v_{t-1} + (1 - beta2) phi(g_{t-n}^2)
                       theta_t = theta_{t-1} - lr_t m_t / (sqrt(v_t / (1 - beta2^{t-n})) + eps)

    ``block_max=True``, the paper's choice for networks, takes for phi the largest square of the whole tensor; with
    ``False`` phi is the identity. Keeps the last n gradients of every parameter. It has no compiled form.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-10,
        delay: int = 10,
        *,
        block_max: bool = True,
        **common: Unpack[Common],
    ) -> None:
        own = {"betas": betas, "eps": eps, "delay": delay, "block_max": block_max}
        super().__init__(params, lr, own, common)

    def check(self, group: Mapping[str, Any]) -> None:
        """``0 <= beta1, beta2 < 1``, ``eps >= 0``, ``delay`` a positive int."""
        super().check(group)
        check_betas(group)
        check_eps(group)
        if type(group["delay"]) is not int or group["delay"] < 1:
            raise ValueError(f"Invalid delay: {group['delay']!r}; it must be an int of at least 1")

    def method(self, group: Mapping[str, Any]) -> core.Method:
        """`core.METHODS["adashift"]`."""
        return core.METHODS["adashift"]

    def hyperparameters(self, group: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of `core.adashift_update`; a block is a whole parameter."""
        return {**super().hyperparameters(group), "spatial_dims": () if group["block_max"] else None}


class RMSprop(CoreOptimizer):
    r"""RMSprop (Hinton 2012), v_0 = 0: ``v_t = beta2 v_{t-1} + (1 - beta2) g_t^2``, then
    ``theta_t = theta_{t-1} - lr_t g_t / (sqrt(v_t) + eps)``.

    ``denominator_form="inside"`` is the ``sqrt(v_t + eps^2)`` of Theorem 3.1. torch calls beta2 ``alpha``.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        beta2: float = 0.99,
        eps: float = 1e-8,
        *,
        denominator_form: str = "sum",
        **common: Unpack[Common],
    ) -> None:
        own = {"beta2": beta2, "eps": eps, "denominator_form": denominator_form}
        super().__init__(params, lr, own, common)

    def check(self, group: Mapping[str, Any]) -> None:
        """``0 <= beta2 < 1``, ``eps >= 0``."""
        super().check(group)
        check_beta(group, "beta2")
        check_eps(group)
        check_one_of("denominator_form", group["denominator_form"], core.DENOMINATORS)

    def method(self, group: Mapping[str, Any]) -> core.Method:
        """`core.METHODS["rmsprop"]`."""
        return core.METHODS["rmsprop"]


class AdaGrad(CoreOptimizer):
    r"""AdaGrad, diagonal (Duchi et al. 2011): ``theta_t = theta_{t-1} - lr_t g_t / (sqrt(sum_{s<=t} g_s^2) + eps)``."""

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        eps: float = 1e-10,
        *,
        denominator_form: str = "sum",
        **common: Unpack[Common],
    ) -> None:
        super().__init__(params, lr, {"eps": eps, "denominator_form": denominator_form}, common)

    def check(self, group: Mapping[str, Any]) -> None:
        """``eps >= 0``."""
        super().check(group)
        check_eps(group)
        check_one_of("denominator_form", group["denominator_form"], core.DENOMINATORS)

    def method(self, group: Mapping[str, Any]) -> core.Method:
        """`core.METHODS["adagrad"]`."""
        return core.METHODS["adagrad"]


class Adamax(CoreOptimizer):
    r"""AdaMax (Kingma and Ba 2015): ``u_t = max(beta2 u_{t-1}, |g_t| + eps)``, then
    ``theta_t = theta_{t-1} - lr_t (m_t / (1 - beta1^t)) / u_t``, eps where torch has it."""

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(params, lr, {"betas": betas, "eps": eps}, common)

    def check(self, group: Mapping[str, Any]) -> None:
        """``0 <= beta1, beta2 < 1``, ``eps >= 0``."""
        super().check(group)
        check_betas(group)
        check_eps(group)

    def method(self, group: Mapping[str, Any]) -> core.Method:
        """`core.METHODS["adamax"]`."""
        return core.METHODS["adamax"]


class SGD(CoreOptimizer):
    r"""SGD, momentum as an average: ``m_t = beta1 m_{t-1} + (1 - beta1) g_t``; ``theta_t = theta_{t-1} - lr_t m_t``.

    torch's ``SGD(lr=(1 - beta1) * lr, momentum=beta1)`` takes the same steps (its buffer is m_t / (1 - beta1)). With
    ``beta1=0`` there is no state; SGDW is ``decoupled_weight_decay=True``.
    """

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-3, beta1: float = 0.0, **common: Unpack[Common]
    ) -> None:
        super().__init__(params, lr, {"beta1": beta1}, common)

    def check(self, group: Mapping[str, Any]) -> None:
        """``0 <= beta1 < 1``."""
        super().check(group)
        check_beta(group, "beta1")

    def method(self, group: Mapping[str, Any]) -> core.Method:
        """`core.METHODS["sgd"]` without momentum, else `core.METHODS["sgd_momentum"]`."""
        return core.METHODS["sgd_momentum" if group["beta1"] else "sgd"]

    def _slots(self, group: Mapping[str, Any], rule: Rule) -> list[Slot]:
        """A beta1 that turns positive in mid-run starts its average at 0; one that turns 0 drops it."""
        slots = super()._slots(group, rule)
        for parameter, _, state in slots:
            if not group["beta1"]:
                state.pop("momentum", None)
            elif "momentum" not in state:
                state.update(initial_state(parameter, rule))
        return slots


def check_beta(group: Mapping[str, Any], name: str) -> None:
    """``0 <= beta < 1``."""
    if not 0 <= group[name] < 1:
        raise ValueError(f"Invalid {name} value: {group[name]}; it must lie in [0, 1)")
