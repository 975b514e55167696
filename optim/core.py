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
* A state is a dict of tensors shaped like the parameters. A new value may be another name's old tensor; it is listed
  before that name, so that overwriting the old state in the order of the new one loses nothing.

Complex parameters are passed as `torch.view_as_real`. ADOPT: Taniguchi et al. (2024), arXiv:2411.02853.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

Scalar: TypeAlias = float | Tensor
Step: TypeAlias = int | Tensor
State: TypeAlias = dict[str, Tensor]
Clip: TypeAlias = tuple[Scalar, Scalar] | None

DENOMINATORS = ("max", "sum", "inside")
STARTS = ("algorithm_1", "algorithm_2")
FLOAT32_MAX = torch.finfo(torch.float32).max


@dataclass(frozen=True)
class Method:
    """A named pair of pure functions.

    ``init(theta, **hyperparameters)`` returns the state before the first gradient; ``update(state, gradient, step,
    **hyperparameters)`` returns ``(direction, state)``. ``defaults`` lists the hyper-parameters that ``update`` takes;
    ADOPT's two ablations are methods of their own there.
    ``silent(hyperparameters)`` is the number of first calls that move nothing (1 for ADOPT, the delay for AdaShift).
    """

    name: str
    init: Callable[..., State]
    update: Callable[..., tuple[Tensor, State]]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    silent: Callable[[Mapping[str, Any]], int] = lambda hyperparameters: 0


def select(condition: bool | Tensor, chosen: Tensor, otherwise: Tensor) -> Tensor:
    """``chosen`` where the condition holds; a Python choice for a bool, elementwise for a tensor."""
    if isinstance(condition, Tensor):
        return chosen.where(condition, otherwise)
    return chosen if condition else otherwise


def average(mean: Tensor, value: Tensor, beta: Scalar) -> Tensor:
    """Exponential moving average ``beta * mean + (1 - beta) * value``, each operation rounded once."""
    return mean * beta + value * (1 - beta)


def root(value: Tensor) -> Tensor:
    """The correctly rounded square root, as IEEE 754 has it.

    On the CPU `torch.sqrt` goes through MKL, which is off by one unit in the last place for 1 in 6 float32 and 1 in 80
    float64 values (torch 2.13), and not by the same on every processor; numpy's is exact. Where numpy can't look at
    the tensor (autograd, CUDA, a tensor subclass) the tensor's own ``sqrt`` is taken, with derivative 0 at 0: there
    ``max(sqrt(v), eps)`` is constant, and infinity times 0 would make the whole derivative NaN.
    """
    if isinstance(value, Tensor) and value.requires_grad:
        zero = value == 0
        return value.where(~zero, 1.0).sqrt().where(~zero, 0.0)
    if type(value) is Tensor and not torch.compiler.is_compiling():
        try:
            array = value.numpy()
        except (RuntimeError, TypeError):
            return value.sqrt()
        with np.errstate(invalid="ignore"):
            return torch.from_numpy(np.asarray(np.sqrt(array)))
    return value.sqrt()


def denominator(second_moment: Tensor, eps: Scalar, form: str = "max") -> Tensor:
    """What a gradient is divided by.

    ``max(sqrt(v), eps)`` ("max", ADOPT's), ``sqrt(v) + eps`` ("sum", Adam's) or ``sqrt(v + eps^2)`` ("inside").
    Raises `ValueError` for another form.
    """
    if form == "max":
        return clamp(root(second_moment), low=eps)
    if form == "sum":
        return root(second_moment) + eps
    if form == "inside":
        return root(second_moment + eps * eps)
    raise ValueError(f"denominator: unknown form {form!r}; one of {', '.join(DENOMINATORS)}")


def clamp(value: Tensor, low: Scalar, high: Scalar | None = None) -> Tensor:
    """``min(max(value, low), high)`` for float or tensor bounds; NaN stays NaN."""
    return value.clamp(min=low, max=high)  # type: ignore[arg-type]  # torch's stub leaves out float | Tensor


def number_of(step: Step, least: int = 0) -> Step:
    """``max(step, least)`` as an int, or as a float64 tensor: powers of it must lose nothing in ``1 - beta**t``."""
    return step.double().clamp(min=least) if isinstance(step, Tensor) else max(step, least)


def rounded(value: Scalar, like: Tensor) -> Scalar:
    """A scalar worked out in float64, in the precision of the tensor that it meets, as torch rounds a Python float."""
    return value.to(like.dtype) if isinstance(value, Tensor) else value


def bias(beta: Scalar, t: Step, like: Tensor) -> Scalar:
    """Adam's ``1 - beta**t``, by which an average that starts at 0 is divided."""
    return rounded(1 - beta**t, like)


def clip_threshold(clip: tuple[Scalar, Scalar], t: Step) -> Scalar:
    """The schedule ``clip = (c, p)`` at the moving step t >= 1: ``c * t**p``. p = 0 is a constant threshold."""
    scale, exponent = clip
    try:
        return scale * t**exponent
    except OverflowError:  # a Python float's power; a tensor's is infinite
        return math.inf


def clipped(value: Tensor, clip: Clip, step: Step) -> Tensor:
    """Elementwise clip to ``[-c_t, c_t]``; ``clip=None`` leaves the value as it is."""
    if clip is None:
        return value
    threshold = rounded(clip_threshold(clip, number_of(step, least=1)), value)
    if isinstance(threshold, float) and threshold > FLOAT32_MAX and threshold > torch.finfo(value.dtype).max:
        return value  # torch refuses a bound that the tensor's precision can't hold
    return clamp(value, -threshold, threshold)


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

    Step 0 sets ``v_0 = g_0^2`` and returns the direction 0. For ``t = step >= 1`` and ``s = max(sqrt(v_{t-1}), eps)``::

        a_t = clip(g_t / s, -c_t, c_t);   m_t = beta1 m_{t-1} + (1 - beta1) a_t;   direction = m_t
        v_t = beta2 v_{t-1} + (1 - beta2) g_t^2

    ``start="algorithm_1"`` has ``m_1 = a_1`` in place of ``(1 - beta1) a_1``. ``clip=(c, p)`` is ``c_t = c t^p``; the
    paper's Algorithm 2 has ``(1, 1/4)``, Theorem 4.1 has none. The ablations of the paper's Figure 3:
    ``decorrelate=False`` divides by ``v_t`` in place of ``v_{t-1}``; ``normalize_first=False`` averages the raw
    gradients and then divides (and clips) the average, in Adam's order.
    """
    first = step == 0
    v_previous, m_previous = state["second_moment"], state["momentum"]
    v = average(v_previous, gradient * gradient, beta2)
    if first is not False:
        v = select(first, first_second_moment(gradient), v)
    scale = denominator(v_previous if decorrelate else v, eps, denominator_form)
    value = clipped(gradient / scale, clip, step) if normalize_first else gradient
    m = average(m_previous, value, beta1)
    if start == "algorithm_1":
        m = select(step == 1, value, m)
    elif start != "algorithm_2":
        raise ValueError(f"start: unknown {start!r}; one of {', '.join(STARTS)}")
    m = select(first, m_previous, m)
    direction = m if normalize_first else select(first, m_previous, clipped(m / scale, clip, step))
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
        t = number_of(step) + 1
        m = m / bias(beta1, t, m)
        v = v / bias(beta2, t, v)
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
    return m / bias(beta1, number_of(step) + 1, m) / norm, {"momentum": m, "infinity_norm": norm}


def sgd_momentum_update(state: State, gradient: Tensor, step: Step, *, beta1: Scalar = 0.9) -> tuple[Tensor, State]:
    """SGD with momentum as an average, ``m_t = beta1 m_{t-1} + (1 - beta1) g_t``, m_0 = 0 (no dampening quirk)."""
    m = average(state["momentum"], gradient, beta1)
    return m, {"momentum": m}


def sgd_update(state: State, gradient: Tensor, step: Step) -> tuple[Tensor, State]:
    """Plain SGD: the gradient is the direction; no state."""
    return gradient, {}


def adashift_init(theta: Tensor, *, delay: int = 10, **_: Any) -> State:
    """``gradient_1`` (the newest) to ``gradient_n``, the last n = ``delay`` gradients, and ``second_moment``."""
    return zeros("second_moment", *(f"gradient_{k}" for k in range(delay, 0, -1)))(theta)


def adashift_update(
    state: State,
    gradient: Tensor,
    step: Step,
    *,
    beta1: Scalar = 0.9,
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
        dims = spatial_dims or tuple(range(square.dim()))
        square = square.amax(dim=dims, keepdim=True) if square.numel() else square
    waiting = step < delay
    v = select(waiting, state["second_moment"], average(state["second_moment"], square, beta2))
    updates = number_of(step - delay + 1, least=1)
    weights = [beta1**i for i in range(delay)]
    total = sum(weights)
    m = gradient * (weights[0] / total)
    for i in range(1, delay):
        m = m + state[f"gradient_{i}"] * (weights[i] / total)
    direction = m / denominator(v / bias(beta2, updates, v), eps, "sum")
    new = {f"gradient_{k}": state[f"gradient_{k - 1}"] for k in range(delay, 1, -1)}
    new |= {"gradient_1": gradient, "second_moment": v}
    # While it waits v is still 0, whatever the gradient; infinity times 0 would be NaN.
    return select(waiting, state["second_moment"], direction), new


def _with(update: Callable[..., Any], **fixed: Any) -> Callable[..., tuple[Tensor, State]]:
    def fixed_update(state: State, gradient: Tensor, step: Step, **rest: Any) -> tuple[Tensor, State]:
        direction, new = update(state, gradient, step, **fixed, **rest)
        return direction, new

    return fixed_update


def _first_call_is_silent(hyperparameters: Mapping[str, Any]) -> int:
    return 1


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
        Method("adopt", _ADOPT_STATE, adopt_update, _ADOPT_DEFAULTS, _first_call_is_silent),
        Method(
            "no_decorrelation",
            _ADOPT_STATE,
            _with(adopt_update, decorrelate=False),
            _ADOPT_DEFAULTS,
            _first_call_is_silent,
        ),
        Method(
            "order_unchanged",
            _ADOPT_STATE,
            _with(adopt_update, normalize_first=False),
            _ADOPT_DEFAULTS,
            _first_call_is_silent,
        ),
        Method("adam", _ADOPT_STATE, adam_update, _ADAM_DEFAULTS),
        Method("amsgrad", zeros("momentum", "second_moment", "max_second_moment"), adam_update, _ADAM_DEFAULTS),
        Method(
            "adashift",
            adashift_init,
            adashift_update,
            {"beta1": 0.9, "beta2": 0.999, "eps": 1e-10, "delay": 10, "spatial_dims": None},
            lambda hyperparameters: int(hyperparameters["delay"]),
        ),
        Method(
            "rmsprop", zeros("second_moment"), rmsprop_update, {"beta2": 0.99, "eps": 1e-8, "denominator_form": "sum"}
        ),
        Method("adagrad", zeros("sum_of_squares"), adagrad_update, {"eps": 1e-10, "denominator_form": "sum"}),
        Method(
            "adamax", zeros("momentum", "infinity_norm"), adamax_update, {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
        ),
        Method("sgd_momentum", zeros("momentum"), sgd_momentum_update, {"beta1": 0.9}),
        Method("sgd", zeros(), sgd_update),
    )
}


def advance(theta: Tensor, direction: Tensor, lr: Scalar) -> Tensor:
    """``theta - lr * direction``, each operation rounded once."""
    return theta - direction * lr


def transition(
    method: Method,
    theta: Tensor,
    state: State,
    gradient: Tensor,
    step: Step,
    hyperparameters: Mapping[str, Any],
    *,
    lr: Scalar,
    weight_decay: float = 0.0,
    decoupled: bool = False,
    maximize: bool = False,
) -> tuple[Tensor, State]:
    """One whole step of an optimizer: ``(theta, state)`` after the gradient, as the classes take it.

    L2 decay adds ``weight_decay * theta`` to the gradient, so it enters every moment, ADOPT's ``v_0`` included.
    Decoupled decay multiplies theta by ``1 - lr * weight_decay`` before it moves, and only on calls that move it: the
    calls a method keeps silent (ADOPT's first, AdaShift's first n) leave theta exactly as it was.
    """
    if maximize:
        gradient = -gradient
    if weight_decay != 0 and not decoupled:
        gradient = gradient + theta * weight_decay
    direction, state = method.update(state, gradient, step, **hyperparameters)
    if weight_decay != 0 and decoupled:
        shrunk = theta * rounded(1 - lr * weight_decay, theta)
        theta = select(step < method.silent(hyperparameters), theta, shrunk)
    return advance(theta, direction, lr), state
