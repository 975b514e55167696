"""A research hypothesis as data: method, sampling, assumptions, schedules, and what is claimed of them.

It asserts nothing. `proofs.hypotheses` reads one from TOML and looks for a proof, a certified refutation, or evidence.
`theory.statement.Hypothesis` is another thing: a single primitive hypothesis of a theorem.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from theory import algorithms as al
from theory import atoms as at
from theory.assumptions import UNBIASED_START, heavy_tails, heavy_tails_start
from theory.expressions import At, Expression, lift, t
from theory.further_assumptions import KNOWN
from theory.statement import Hypothesis
from theory.statements import statement
from theory.statements.clipped import THRESHOLD_SCHEDULE
from theory.statements.decaying import STEP_SCHEDULE

if TYPE_CHECKING:
    import sympy

SAMPLINGS = ("with_replacement", "reshuffled", "fixed")
"""`reshuffled`: a fresh permutation of finitely many components in each epoch; `fixed`: always the same order."""


@dataclass(frozen=True)
class Measure:
    """What is bounded: in words, as the expression of the theorems, and as `numerics.statistics` names it."""

    words: str
    expression: Expression
    quantity: str


MEASURES: dict[str, Measure] = {
    "least": Measure("min over t ≤ T of (E‖∇f(θ_{t−1})‖^{4/3})^{3/2}", statement("adopt").measured, "gradient_power"),
    "average": Measure("(1/T) Σ_t (E‖∇f(θ_{t−1})‖^{4/3})^{3/2}", statement("adopt_average").measured, "gradient_power"),
    "weighted": Measure(
        "(1/T) Σ_t E Σ_i (∂_i f(θ_{t−1}))²/s_{t−1,i}",
        statement("adopt_clipped_heavy_tailed").measured,
        "gradient_square",
    ),
    "gradient_square": Measure("(1/T) Σ_t E‖∇f(θ_{t−1})‖²", statement("sgd").measured, "gradient_square"),
    "gap": Measure(
        "(1/T) Σ_t (E(f(θ_{t−1}) − f_inf)^{2/3})^{3/2}", statement("adopt_polyak_lojasiewicz").measured, "gap"
    ),
    "last_gap": Measure("E f(θ_T) − f_inf", statement("adopt_polyak_lojasiewicz_last_iterate").measured, "gap"),
}
"""By the name that a hypothesis file uses. `least` follows from `average`."""


@dataclass(frozen=True)
class Method:
    """A method: its update rule in `optim.core` if it has one, its recurrence as hypotheses if it is written down.

    `recurrences` maps (step size varies, clip kind) to a recurrence of `theory.algorithms`, or to one of its own; clip
    kinds are `none`, `constant` and `schedule`.
    """

    name: str
    title: str
    core: str | None
    recurrences: Mapping[tuple[bool, str], al.Recurrence]
    hyperparameters: tuple[str, ...] = ()


def _assign(target: Expression, value: Expression | int) -> al.Assignment:
    if not isinstance(target, At):
        raise TypeError(f"{target} is not an atom at a time")
    return al.Assignment(target, lift(value))


largest_normaliser = at.vector("largest_normaliser")


def _adam(largest: bool) -> al.Recurrence:
    m, v, s, a, g, theta = at.m, at.v, at.s, at.a, at.g, at.theta
    scale, before = largest_normaliser(t), largest_normaliser(t - 1)
    kept = (_assign(scale, Largest(before, s(t))),) if largest else ()
    start = (_assign(largest_normaliser(0), at.eps),) if largest else ()
    return al.Recurrence(
        "amsgrad" if largest else "adam",
        "Adam without bias correction, denominator max(√v_t, ε)" + (", its running maximum" if largest else ""),
        start=(_assign(m(0), 0), _assign(v(0), 0), *start),
        step=(
            _assign(m(t), at.beta1 * m(t - 1) + (1 - at.beta1) * g(t)),
            _assign(v(t), at.beta2 * v(t - 1) + (1 - at.beta2) * (g(t) * g(t))),
            _assign(s(t), al.Normaliser(v(t), at.eps)),
            *kept,
            _assign(a(t), al.Quotient(m(t), scale if largest else s(t))),
            _assign(theta(t), theta(t - 1) - at.alpha * a(t)),
        ),
    )


@dataclass(frozen=True)
class Largest(Expression):
    """max(left, right), elementwise; only in recurrences."""

    left: Expression
    right: Expression


def recurrence_hypotheses(recurrence: al.Recurrence) -> tuple[Hypothesis, ...]:
    """`theory.algorithms.hypotheses`, and for a maximum x = max(y, z): x ≥ y, x ≥ z, (x − y)(x − z) = 0."""
    name = largest_normaliser.name
    start = tuple(x for x in recurrence.start if x.target.symbol.name != name)
    step = tuple(x for x in recurrence.step if not isinstance(x.value, Largest))
    found = list(al.hypotheses(replace(recurrence, start=start, step=step)))
    found += [
        Hypothesis("largest_start", x.target.equals(x.value), "recurrence")
        for x in recurrence.start
        if x.target.symbol.name == name
    ]
    for x in recurrence.step:
        if isinstance(x.value, Largest):
            left, right = x.value.left, x.value.right
            found.append(Hypothesis("largest_left", left <= x.target, "recurrence", 1))
            found.append(Hypothesis("largest_right", right <= x.target, "recurrence", 1))
            product = (x.target - left) * (x.target - right)
            found.append(Hypothesis("largest_attained", product.equals(0), "recurrence", 1))
    return tuple(found)


METHODS: dict[str, Method] = {
    x.name: x
    for x in (
        Method(
            "adopt",
            "ADOPT",
            "adopt",
            {
                (False, "none"): al.ADOPT,
                (True, "none"): al.ADOPT_DECAYING,
                (False, "constant"): al.ADOPT_CLIPPED,
                (False, "schedule"): al.ADOPT_CLIPPED_SCHEDULE,
                (True, "schedule"): al.ADOPT_CLIPPED_DECAYING,
            },
            ("beta1", "beta2"),
        ),
        Method("rmsprop", "RMSprop", "rmsprop", {(False, "none"): al.RMSPROP}, ("beta2",)),
        Method("adam", "Adam", "adam", {(False, "none"): _adam(False)}, ("beta1", "beta2")),
        Method("amsgrad", "AMSGrad", "amsgrad", {(False, "none"): _adam(True)}, ("beta1", "beta2")),
        Method("sgd", "SGD", "sgd", {(False, "none"): al.SGD}),
        Method("sgd_momentum", "SGD with momentum", "sgd_momentum", {(False, "none"): al.SGD_MOMENTUM}, ("beta1",)),
        Method(
            "rmsprop_decorrelated",
            "RMSprop with ADOPT's order",
            "adopt",
            {(False, "none"): al.RMSPROP_DECORRELATED},
            ("beta2",),
        ),
    )
}
"""The methods that a hypothesis file may name; a file may also write a recurrence of its own."""


@dataclass(frozen=True)
class Schedules:
    """Step size and clip threshold as formulas; None for no clipping.

    `alpha` is a formula in `alpha`, `alpha0`, `T` or `t`; `clip` in `c`, `c0`, `T` or `t`. With t the schedule changes from
    step to step, otherwise it is constant over a run of length T.
    """

    alpha: sympy.Expr
    clip: sympy.Expr | None

    @property
    def kind(self) -> tuple[bool, str]:
        """The key of `Method.recurrences`."""
        varies = any(s.name == "t" for s in self.alpha.free_symbols)
        if self.clip is None:
            return varies, "none"
        return varies, "schedule" if any(s.name == "t" for s in self.clip.free_symbols) else "constant"


@dataclass(frozen=True)
class Claim:
    """A measure and either an explicit `bound` or a `rate`: measure ≤ C·T^rate + C'·floor for all T ≥ T_0.

    `bound` claims the inequality for all parameters in their ranges and all T ≥ 1. C, C' and T_0 of a `rate` may depend on
    everything but T, the noise and f: the class of problems has fixed constants. `theorem` names the theorem whose bound
    it is, if it is one.
    """

    measure: str
    bound: sympy.Expr | None = None
    rate: Fraction | None = None
    floor: sympy.Expr | None = None
    theorem: str | None = None


@dataclass(frozen=True)
class Conjecture:
    """Everything that a hypothesis file says. `fixed` are hyper-parameters with one value; the others are for all values.

    `own` are inequalities of the user's between atoms, `where` conditions on parameters, p the order of `finite_moment`.
    """

    name: str
    title: str
    method: Method
    sampling: str
    assumptions: tuple[str, ...]
    schedules: Schedules
    claim: Claim
    own: tuple[Hypothesis, ...] = ()
    where: tuple[Hypothesis, ...] = ()
    fixed: Mapping[str, Fraction] = field(default_factory=dict)
    p: Fraction | None = None

    @property
    def recurrence(self) -> al.Recurrence | None:
        """The recurrence at these schedules; None if none is written down for them."""
        return self.method.recurrences.get(self.schedules.kind)

    def primitive(self) -> tuple[Hypothesis, ...]:
        """The recurrence, the assumptions, the file's own inequalities and conditions, as primitive hypotheses.

        Without replacement the past of the epoch tells of the next draw: what is assumed of a draw's mean (A2, or a bias of
        at most δ) is then not known given the past, and is not among them.
        """
        of_the_mean = ("unbiased", "bounded_bias") if self.sampling != "with_replacement" else ()
        names = [a for a in self.assumptions if a not in of_the_mean]
        recurrence = () if self.recurrence is None else recurrence_hypotheses(self.recurrence)
        found = [*recurrence, *(h for a in names for h in KNOWN[a].hypotheses), *self.own, *self.where]
        if self.p is not None:
            power = self.p.numerator, self.p.denominator
            found += [*heavy_tails(*power, first=0).hypotheses, heavy_tails_start(*power)]
        if self.schedules.kind[1] == "schedule":
            found += THRESHOLD_SCHEDULE
        if self.schedules.kind[0]:
            found += STEP_SCHEDULE
        if "unbiased" in names and any(h.name == "noise_start" for h in found):
            found.append(UNBIASED_START)
        return tuple({h.name: h for h in found}.values())
