"""Update rules as pure functions over explicit state: the one place where each piece of mathematics is written.

Every method is a `Method`: ``init(theta)`` makes the state, ``update(state, gradient, step, **hyperparameters)``
returns ``(direction, new_state)``, and the parameters move by ``theta - lr * direction`` (see `advance`).
The `torch.optim.Optimizer` classes, the trajectory engine and the tests call these same functions.

Conventions shared by all of them

* Everything is elementwise, so tensors of any shape work: a parameter, or a batch ``[settings, runs, coordinates]``.
  Nothing is changed in place. (AdaShift's optional ``spatial_dims`` is the one exception to "elementwise".)
* ``step`` counts the gradients seen before this one: 0 at the first call. It may be an ``int`` or a tensor that
  broadcasts; with a tensor no Python branch depends on data.
* Scalars such as ``beta1``, ``beta2``, ``eps`` are floats or tensors that broadcast against the gradient.
* A state is a dict of tensors shaped like the parameters.

Complex parameters are passed as `torch.view_as_real`. ADOPT: Taniguchi et al. (2024), arXiv:2411.02853.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import torch
from torch import Tensor

Scalar: TypeAlias = float | Tensor
Step: TypeAlias = int | Tensor
State: TypeAlias = dict[str, Tensor]
Clip: TypeAlias = tuple[Scalar, Scalar] | None

DENOMINATORS = ("max", "sum", "inside")
STARTS = ("algorithm_1", "algorithm_2")


@dataclass(frozen=True)
class Method:
    """A named pair of pure functions.

    ``init(theta, **hyperparameters)`` returns the state before the first gradient; ``update(state, gradient, step,
    **hyperparameters)`` returns ``(direction, state)``. ``defaults`` lists every hyper-parameter ``update`` takes.
    """

    name: str
    init: Callable[..., State]
    update: Callable[..., tuple[Tensor, State]]
    defaults: Mapping[str, Any] = field(default_factory=dict)


def select(condition: bool | Tensor, chosen: Tensor, otherwise: Tensor) -> Tensor:
    """``chosen`` where the condition holds; a Python choice for a bool, elementwise for a tensor."""
    if isinstance(condition, Tensor):
        return otherwise.where(~condition, chosen)
    return chosen if condition else otherwise


def average(mean: Tensor, value: Tensor, beta: Scalar) -> Tensor:
    """Exponential moving average ``beta * mean + (1 - beta) * value``, each operation rounded once."""
    return mean * beta + value * (1 - beta)


def denominator(second_moment: Tensor, eps: Scalar, form: str = "max") -> Tensor:
    """What a gradient is divided by: ``max(sqrt(v), eps)``, ``sqrt(v) + eps`` ("sum") or ``sqrt(v + eps^2)`` ("inside")."""
    if form == "max":
        return second_moment.sqrt().clamp(min=eps)
    if form == "sum":
        return second_moment.sqrt() + eps
    if form == "inside":
        return (second_moment + eps * eps).sqrt()
    raise ValueError(f"denominator: unknown form {form!r}; one of {', '.join(DENOMINATORS)}")


def clip_threshold(clip: tuple[Scalar, Scalar], step: Step) -> Scalar:
    """``c * t**p`` of the schedule ``clip = (c, p)`` at the moving step ``t = step >= 1`` (1 is used for step 0)."""
    scale, exponent = clip
    t = step.clamp(min=1) if isinstance(step, Tensor) else max(step, 1)
    return scale * t**exponent


def clipped(value: Tensor, clip: Clip, step: Step) -> Tensor:
    """Elementwise clip to ``[-c_t, c_t]``; ``clip=None`` leaves the value as it is."""
    if clip is None:
        return value
    threshold = clip_threshold(clip, step)
    return value.clamp(min=-threshold, max=threshold)


def first_second_moment(gradient: Tensor) -> Tensor:
    """ADOPT's ``v_0 = g_0^2``, with NaN where the square is not finite.

    An infinite ``v_0`` would freeze its coordinate silently for ever (every later ``g / s`` is 0); NaN shows at the
    next step, as it does with Adam. ``x - x`` is 0 for finite x and NaN otherwise.
    """
    square = gradient * gradient
    return square + (square - square)


def zeros(*names: str) -> Callable[..., State]:
    """An ``init`` that makes these state tensors, all zero, shaped and typed like the parameters."""

    def init(theta: Tensor, **_: Any) -> State:
        return {name: torch.zeros_like(theta, memory_format=torch.preserve_format) for name in names}

    return init


def adopt_update(
    state: State,
    gradient: Tensor,
    step: Step,
    *,
    beta1: Scalar = 0.9,
    beta2: Scalar = 0.9999,
    eps: Scalar = 1e-6,
    clip: Clip = None,
    start: str = "algorithm_2",
    denominator_form: str = "max",
    decorrelate: bool = True,
    normalize_first: bool = True,
) -> tuple[Tensor, State]:
    """One call of ADOPT; state ``momentum`` (m) and ``second_moment`` (v).

    Step 0 sets ``v_0 = g_0^2`` and returns the direction 0. For ``t = step >= 1``, with ``s = max(sqrt(v_{t-1}), eps)``::

        a_t = clip(g_t / s, -c_t, c_t);   m_t = beta1 m_{t-1} + (1 - beta1) a_t;   direction = m_t
        v_t = beta2 v_{t-1} + (1 - beta2) g_t^2

    ``start="algorithm_1"`` has ``m_1 = a_1`` in place of ``(1 - beta1) a_1``. ``clip=(c, p)`` is ``c_t = c t^p``; the
    paper's Algorithm 2 has ``(1, 1/4)``, Theorem 4.1 has none. The ablations of the paper's Figure 3:
    ``decorrelate=False`` divides by ``v_t`` in place of ``v_{t-1}``; ``normalize_first=False`` averages the raw
    gradients and then divides (and clips) the average, in Adam's order.
    """
    first = step == 0
    v_previous, m_previous = state["second_moment"], state["momentum"]
    v = select(first, first_second_moment(gradient), average(v_previous, gradient * gradient, beta2))
    scale = denominator(v_previous if decorrelate else v, eps, denominator_form)
    value = clipped(gradient / scale, clip, step) if normalize_first else gradient
    m = average(m_previous, value, beta1)
    if start == "algorithm_1":
        m = select(step == 1, value, m)
    elif start != "algorithm_2":
        raise ValueError(f"start: unknown {start!r}; one of {', '.join(STARTS)}")
    m = select(first, m_previous, m)
    direction = m if normalize_first else clipped(m / scale, clip, step)
    return direction, {"momentum": m, "second_moment": v}


def adam_update(
    state: State,
    gradient: Tensor,
    step: Step,
    *,
    beta1: Scalar = 0.9,
    beta2: Scalar = 0.999,
    eps: Scalar = 1e-8,
    bias_correction: bool = True,
    denominator_form: str = "sum",
) -> tuple[Tensor, State]:
    """Adam (Kingma and Ba 2015); AMSGrad (Reddi et al. 2018) when the state has ``max_second_moment``.

    With bias correction, AMSGrad takes the maximum of the uncorrected averages and corrects it, as torch does;
    ``bias_correction=False`` is the AMSGrad of its paper.
    """
    m = average(state["momentum"], gradient, beta1)
    v = average(state["second_moment"], gradient * gradient, beta2)
    new = {"momentum": m, "second_moment": v}
    if "max_second_moment" in state:
        v = new["max_second_moment"] = state["max_second_moment"].maximum(v)
    if bias_correction:
        t = step + 1
        m = m / (1 - beta1**t)
        v = v / (1 - beta2**t)
    return m / denominator(v, eps, denominator_form), new


def rmsprop_update(
    state: State,
    gradient: Tensor,
    step: Step,
    *,
    beta2: Scalar = 0.99,
    eps: Scalar = 1e-8,
    denominator_form: str = "sum",
) -> tuple[Tensor, State]:
    """RMSprop (Hinton 2012) with ``v_0 = 0``; ``denominator_form="inside"`` is the form of the paper's Theorem 3.1."""
    v = average(state["second_moment"], gradient * gradient, beta2)
    return gradient / denominator(v, eps, denominator_form), {"second_moment": v}


def adagrad_update(
    state: State, gradient: Tensor, step: Step, *, eps: Scalar = 1e-10, denominator_form: str = "sum"
) -> tuple[Tensor, State]:
    """AdaGrad, diagonal form (Duchi et al. 2011); state ``sum_of_squares``."""
    total = state["sum_of_squares"] + gradient * gradient
    return gradient / denominator(total, eps, denominator_form), {"sum_of_squares": total}


def adamax_update(
    state: State, gradient: Tensor, step: Step, *, beta1: Scalar = 0.9, beta2: Scalar = 0.999, eps: Scalar = 1e-8
) -> tuple[Tensor, State]:
    """AdaMax (Kingma and Ba 2015, Algorithm 2): ``u_t = max(beta2 u_{t-1}, |g_t| + eps)``; state ``infinity_norm``."""
    m = average(state["momentum"], gradient, beta1)
    norm = (state["infinity_norm"] * beta2).maximum(gradient.abs() + eps)
    return m / (1 - beta1 ** (step + 1)) / norm, {"momentum": m, "infinity_norm": norm}


def sgd_momentum_update(state: State, gradient: Tensor, step: Step, *, beta1: Scalar = 0.9) -> tuple[Tensor, State]:
    """SGD with momentum as an average, ``m_t = beta1 m_{t-1} + (1 - beta1) g_t``, m_0 = 0 (no dampening quirk)."""
    m = average(state["momentum"], gradient, beta1)
    return m, {"momentum": m}


def sgd_update(state: State, gradient: Tensor, step: Step) -> tuple[Tensor, State]:
    """Plain SGD: the gradient is the direction; no state."""
    return gradient, {}


def adashift_init(theta: Tensor, *, delay: int = 10, **_: Any) -> State:
    """``gradient_1`` (the newest) to ``gradient_n``, the last n = ``delay`` gradients, and ``second_moment``."""
    return zeros("second_moment", *(f"gradient_{k}" for k in range(1, delay + 1)))(theta)


def adashift_update(
    state: State,
    gradient: Tensor,
    step: Step,
    *,
    beta1: float = 0.9,
    beta2: Scalar = 0.999,
    eps: Scalar = 1e-10,
    delay: int = 10,
    spatial_dims: tuple[int, ...] | None = None,
) -> tuple[Tensor, State]:
    """AdaShift (Zhou et al. 2019): the second moment uses the gradient of n = ``delay`` steps ago.

    ``m_t = sum_{i<n} beta1^i g_{t-i} / sum_{i<n} beta1^i`` and ``v_t = beta2 v_{t-1} + (1 - beta2) phi(g_{t-n}^2)``
    with bias correction; the first n calls move nothing. phi is the identity, or, with ``spatial_dims`` (``()`` means
    all of them), the maximum over those dimensions: the paper's block-wise variant.
    """
    oldest = state[f"gradient_{delay}"]
    square = oldest * oldest
    if spatial_dims is not None:
        square = square.amax(dim=spatial_dims, keepdim=True).expand_as(square) if square.dim() else square
    waiting = step < delay
    v = select(waiting, state["second_moment"], average(state["second_moment"], square, beta2))
    updates = step - delay + 1
    updates = updates.clamp(min=1) if isinstance(updates, Tensor) else max(updates, 1)
    weights = [beta1**i for i in range(delay)]
    total = sum(weights)
    m = gradient * (weights[0] / total)
    for i in range(1, delay):
        m = m + state[f"gradient_{i}"] * (weights[i] / total)
    direction = m / ((v / (1 - beta2**updates)).sqrt() + eps)
    new = {f"gradient_{k}": state[f"gradient_{k - 1}"] for k in range(2, delay + 1)}
    new |= {"gradient_1": gradient, "second_moment": v}
    return select(waiting, gradient * 0, direction), new


def _with(update: Callable[..., Any], **fixed: Any) -> Callable[..., tuple[Tensor, State]]:
    def fixed_update(state: State, gradient: Tensor, step: Step, **rest: Any) -> tuple[Tensor, State]:
        return update(state, gradient, step, **fixed, **rest)  # type: ignore[no-any-return]

    return fixed_update


_ADOPT_DEFAULTS: dict[str, Any] = {
    "beta1": 0.9,
    "beta2": 0.9999,
    "eps": 1e-6,
    "clip": None,
    "start": "algorithm_2",
    "denominator_form": "max",
}
_ADAM_DEFAULTS: dict[str, Any] = {
    "beta1": 0.9,
    "beta2": 0.999,
    "eps": 1e-8,
    "bias_correction": True,
    "denominator_form": "sum",
}
_ADOPT_STATE = zeros("momentum", "second_moment")

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("adopt", _ADOPT_STATE, adopt_update, _ADOPT_DEFAULTS),
        Method("no_decorrelation", _ADOPT_STATE, _with(adopt_update, decorrelate=False), _ADOPT_DEFAULTS),
        Method("order_unchanged", _ADOPT_STATE, _with(adopt_update, normalize_first=False), _ADOPT_DEFAULTS),
        Method("adam", _ADOPT_STATE, adam_update, _ADAM_DEFAULTS),
        Method("amsgrad", zeros("momentum", "second_moment", "max_second_moment"), adam_update, _ADAM_DEFAULTS),
        Method(
            "adashift",
            adashift_init,
            adashift_update,
            {"beta1": 0.9, "beta2": 0.999, "eps": 1e-10, "delay": 10, "spatial_dims": None},
        ),
        Method(
            "rmsprop",
            zeros("second_moment"),
            rmsprop_update,
            {"beta2": 0.99, "eps": 1e-8, "denominator_form": "sum"},
        ),
        Method("adagrad", zeros("sum_of_squares"), adagrad_update, {"eps": 1e-10, "denominator_form": "sum"}),
        Method(
            "adamax",
            zeros("momentum", "infinity_norm"),
            adamax_update,
            {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
        ),
        Method("sgd_momentum", zeros("momentum"), sgd_momentum_update, {"beta1": 0.9}),
        Method("sgd", zeros(), sgd_update),
    )
}


def advance(theta: Tensor, direction: Tensor, lr: Scalar) -> Tensor:
    """``theta - lr * direction``, each operation rounded once."""
    return theta - direction * lr
