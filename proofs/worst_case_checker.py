"""Checks certificates of worst cases (`adopt-worst-case/1`, docs/worst_cases.md) with the standard library alone.

It shares no code with `numerics.worst_case`, which finds them: iterates, inequalities and matrices are built again from the
page, and every comparison is one of rationals.

    python -m proofs.worst_case_checker CERTIFICATE.json ...
"""

from __future__ import annotations

import argparse
import sys
from fractions import Fraction
from typing import Any, NamedTuple

from proofs.verifier.reading import read_fields, read_int, read_json, read_list, read_rational, read_text
from proofs.verifier.terms import MalformedCertificate, WrongCertificate

FORMAT = "adopt-worst-case/1"
MAX_STEPS = 20
MAX_BLOCKS = 8
Matrix = list[list[Fraction]]


class Problem(NamedTuple):
    L: Fraction
    alpha: Fraction
    beta1: Fraction
    scales: list[Fraction]
    steps: int
    Delta: Fraction
    gradient_bound: Fraction | None
    above_infimum: bool
    """f_0 − f_inf ≤ Δ if true, f_0 − f_N ≤ Δ if not."""


class Report(NamedTuple):
    """min over t of ‖∇f(θ_t)‖² is at most `upper` for every f of the class, and equal to `lower` for some f."""

    problem: Problem
    upper: Fraction
    lower: Fraction | None


def verify(text: bytes | str) -> Report:
    """What a certificate proves. Raises MalformedCertificate (not of the format) or WrongCertificate (proves nothing)."""
    form, raw, upper, multipliers, lower, instance = read_fields(
        read_json(text), "the certificate", "format", "problem", "upper", "multipliers", "lower", "instance"
    )
    if form != FORMAT:
        raise MalformedCertificate(f"format is {form!r}; this checker reads {FORMAT!r}")
    problem = read_problem(raw)
    value = rational(upper)
    check_upper_bound(problem, value, multipliers)
    if (lower is None) != (instance is None):
        raise MalformedCertificate("lower and instance come together, or both are null")
    least = None if lower is None else rational(lower)
    if least is not None:
        check_instance(problem, least, instance)
    return Report(problem, value, least)


# Reading


def rational(raw: Any) -> Fraction:
    return Fraction(read_rational(raw))


def read_problem(raw: Any) -> Problem:
    L, alpha, steps, beta1, scales, Delta, bound, normalisation = read_fields(
        raw, "the problem", "L", "alpha", "steps", "beta1", "scales", "Delta", "gradient_bound", "normalisation"
    )
    if read_text(normalisation) not in ("lower_bound", "last_value"):
        raise MalformedCertificate(f"normalisation is {normalisation!r}; it is lower_bound or last_value")
    problem = Problem(
        rational(L),
        rational(alpha),
        rational(beta1),
        [rational(s) for s in read_list(scales, "the scales")],
        read_int(steps),
        rational(Delta),
        None if bound is None else rational(bound),
        normalisation == "lower_bound",
    )
    positive = [problem.L, problem.alpha, problem.Delta, *problem.scales]
    if problem.gradient_bound is not None:
        positive.append(problem.gradient_bound)
    if min(positive) <= 0 or not 0 <= problem.beta1 < 1 or not 1 <= len(problem.scales) <= MAX_BLOCKS:
        raise MalformedCertificate(
            f"L, alpha, Delta, scales (1 to {MAX_BLOCKS}) and the gradient's bound are positive, and 0 <= beta1 < 1"
        )
    if problem.steps > MAX_STEPS:
        raise MalformedCertificate(f"{problem.steps} steps; at most {MAX_STEPS} are read")
    return problem


def read_entries(raw: Any, kind: str, indices: int, points: int) -> dict[tuple[int, ...], Fraction]:
    """Entries [index, …, value] with different indices below `points` and values >= 0."""
    found: dict[tuple[int, ...], Fraction] = {}
    for entry in read_list(raw, f"the multipliers {kind}"):
        if type(entry) is not list or len(entry) != indices + 1:
            raise MalformedCertificate(f"a multiplier {kind} is a list of {indices} indices and a rational")
        place = tuple(read_int(k) for k in entry[:-1])
        value = rational(entry[-1])
        if place in found or any(k >= points for k in place) or (indices == 2 and place[0] == place[1]):
            raise MalformedCertificate(
                f"{kind} {list(place)}: repeated, beyond the last point, or of a point with itself"
            )
        if value < 0:
            raise WrongCertificate(f"the multiplier {kind} {list(place)} is negative: {value}")
        found[place] = value
    return found


# The quadratic forms


def interpolation_matrix(p: Problem, i: int, j: int, scale: Fraction) -> Matrix:
    """Q, with ½⟨g_i + g_j, θ_i − θ_j⟩ + ‖g_i − g_j‖²/(4L) − L‖θ_i − θ_j‖²/4 = Σ Q_ab ⟨g_a, g_b⟩ on one block.

    θ_i = θ_0 − α Σ_{a < i} (1 − β1^{i−a}) g_a/s, because m_t = (1−β1) Σ_{a<t} β1^{t−1−a} g_a/s.
    """

    def coefficient(t: int, a: int) -> Fraction:
        return -p.alpha * (1 - p.beta1 ** (t - a)) / scale if a < t else Fraction(0)

    n = p.steps + 1
    d = [coefficient(i, a) - coefficient(j, a) for a in range(n)]
    plus, minus = [0] * n, [0] * n
    plus[i], plus[j], minus[i], minus[j] = 1, 1, 1, -1
    return [
        [
            (plus[a] * d[b] + plus[b] * d[a]) / 4 + minus[a] * minus[b] / (4 * p.L) - p.L * d[a] * d[b] / 4
            for b in range(n)
        ]
        for a in range(n)
    ]


def check_semidefinite(matrix: Matrix, what: str) -> None:
    """LDLᵀ by elimination: no negative pivot, and a row of zeros at every pivot that is 0. Raises WrongCertificate."""
    rest = [list(row) for row in matrix]
    n = len(rest)
    for k in range(n):
        pivot = rest[k][k]
        if pivot < 0 or (pivot == 0 and any(rest[k][k:])):
            raise WrongCertificate(f"{what} is not positive semidefinite (pivot {k})")
        for i in range(k + 1, n) if pivot else ():
            factor = rest[i][k] / pivot
            if factor:
                for j in range(k, n):
                    rest[i][j] -= factor * rest[k][j]


# The two halves


def check_upper_bound(p: Problem, upper: Fraction, raw: Any) -> None:
    """Nonnegative multipliers, values that cancel, semidefinite remainders, and the bound itself."""
    n = p.steps + 1
    start, pairs, infimum, bounded, weight = (
        read_entries(entries, kind, indices, n)
        for entries, kind, indices in zip(
            read_fields(raw, "the multipliers", "start", "interpolation", "infimum", "gradient_bound", "weight"),
            ("start", "interpolation", "infimum", "gradient_bound", "weight"),
            (0, 2, 1, 1, 1),
            strict=True,
        )
    )
    if bounded and p.gradient_bound is None:
        raise WrongCertificate("a multiplier gradient_bound, but the problem bounds no gradient")
    if infimum and not p.above_infimum:
        raise WrongCertificate("a multiplier infimum, but the problem says nothing about the infimum")
    if sum(weight.values()) != 1:
        raise WrongCertificate(f"the weights add up to {sum(weight.values())}, not to 1")
    kappa = start.get((), Fraction(0))
    values = [Fraction(0)] * (n + 1)  # coefficients of f_0, …, f_N, f_inf in the sum of the inequalities
    values[0] -= kappa
    values[n if p.above_infimum else p.steps] += kappa
    for (i, j), y in pairs.items():
        values[i] += y
        values[j] -= y
    for (i,), y in infimum.items():
        values[i] += y
        values[n] -= y
    if any(values):
        k = next(k for k, v in enumerate(values) if v)
        raise WrongCertificate(f"the value {'f_inf' if k == n else f'f_{k}'} does not cancel")
    for block, scale in enumerate(p.scales):
        matrix = [[Fraction(0)] * n for _ in range(n)]
        for (i, j), y in pairs.items():
            for row, other in zip(matrix, interpolation_matrix(p, i, j, scale), strict=True):
                row[:] = [x + y * q for x, q in zip(row, other, strict=True)]
        for t in range(n):
            matrix[t][t] += infimum.get((t,), 0) / (2 * p.L) + bounded.get((t,), 0) - weight.get((t,), 0)
        check_semidefinite(matrix, f"the remainder on block {block}")
    proved = kappa * p.Delta + sum(bounded.values()) * (p.gradient_bound or 0) ** 2
    if proved != upper:
        raise WrongCertificate(f"the multipliers prove {proved}, not the upper bound {upper}")


def check_instance(p: Problem, lower: Fraction, raw: Any) -> None:
    """Gram matrices and values (f_inf = 0, or f_N the last one) that meet every constraint, with min ‖g_t‖² = lower."""
    n = p.steps + 1
    raw_grams, raw_values = read_fields(raw, "the instance", "grams", "values")
    f = [rational(v) for v in read_list(raw_values, "the values")]
    grams = [
        [[rational(x) for x in read_list(row, "a row")] for row in read_list(gram, "a Gram matrix")]
        for gram in read_list(raw_grams, "the Gram matrices")
    ]
    if (
        len(f) != n
        or len(grams) != len(p.scales)
        or any(len(gram) != n or any(len(row) != n for row in gram) for gram in grams)
    ):
        raise MalformedCertificate(f"an instance has {n} values and {len(p.scales)} Gram matrices of size {n}")
    for block, gram in enumerate(grams):
        if any(gram[a][b] != gram[b][a] for a in range(n) for b in range(a)):
            raise WrongCertificate(f"Gram matrix {block} is not symmetric")
        check_semidefinite(gram, f"Gram matrix {block}")
    squares = [sum(gram[t][t] for gram in grams) for t in range(n)]
    for i in range(n):
        if p.above_infimum and f[i] < squares[i] / (2 * p.L):
            raise WrongCertificate(f"f_{i} is too close to the infimum for its gradient")
        if p.gradient_bound is not None and squares[i] > p.gradient_bound**2:
            raise WrongCertificate(f"the gradient at point {i} is longer than the bound")
        for j in range(n):
            if i != j:
                needed = Fraction(0)
                for scale, gram in zip(p.scales, grams, strict=True):
                    q = interpolation_matrix(p, i, j, scale)
                    needed += sum(q[a][b] * gram[a][b] for a in range(n) for b in range(n))
                if f[i] - f[j] < needed:
                    raise WrongCertificate(
                        f"no {p.L}-smooth function has these values and gradients at points {i} and {j}"
                    )
    if f[0] - (0 if p.above_infimum else f[p.steps]) > p.Delta:
        raise WrongCertificate("the instance starts higher than Delta allows")
    if min(squares) != lower:
        raise WrongCertificate(f"the instance shows {min(squares)}, not the lower bound {lower}")


def shown(value: Fraction) -> str:
    """The rational, or its nearest float where it is long."""
    return str(value) if len(str(value)) <= 24 else f"{float(value):.12g} (exactly in the certificate)"


def describe(report: Report) -> str:
    """One line: the bound, whether it is attained, and for what."""
    p = report.problem
    low = ""
    if report.lower is not None:
        low = "; attained" if report.lower == report.upper else f"; {shown(report.lower)} is attained"
    kind = f"alpha={p.alpha} beta1={p.beta1} s={','.join(map(str, p.scales))} steps={p.steps}"
    start = "f_0 - f_inf" if p.above_infimum else "f_0 - f_N"
    bound = "" if p.gradient_bound is None else f", gradients at most {p.gradient_bound}"
    return f"min |grad f|^2 <= {shown(report.upper)}{low} ({kind}, L={p.L}, {start} <= {p.Delta}{bound})"


def main(arguments: list[str] | None = None) -> int:
    """Checks every file; returns the worst exit status: 0 holds, 1 wrong, 2 malformed or unreadable."""
    parser = argparse.ArgumentParser(prog="python -m proofs.worst_case_checker", description="Check worst cases.")
    parser.add_argument("files", nargs="+", metavar="CERTIFICATE.json")
    status = 0
    for path in parser.parse_args(arguments).files:
        try:
            with open(path, "rb") as file:
                line = f"holds {path}: {describe(verify(file.read((4 << 20) + 1)))}"
        except WrongCertificate as error:
            status, line = max(status, 1), f"rejected {path}: {error}"
        except MalformedCertificate as error:
            status, line = 2, f"malformed {path}: {error}"
        except OSError as error:
            status, line = 2, f"malformed {path}: cannot be read: {error.strerror}"
        print(line.encode("ascii", "backslashreplace").decode())
    return status


if __name__ == "__main__":
    sys.exit(main())
