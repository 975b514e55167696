"""The tactic that supplies integrability: products of square-integrable factors, bounded factors, known lines.

About forty steps of a proof are of this kind; they are derived on demand and folded away by `explain`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flint import fmpq

from proofs import linear, terms
from proofs.terms import Factor, KernelError, Monomial, Poly, Time
from theory import expressions as ex

if TYPE_CHECKING:
    from proofs.builder import Line, Script


def times_in(monomial: Monomial) -> list[Time]:
    found: list[Time] = []
    for f, _ in monomial:
        if f[0] == "atom":
            found += [f[2]] if f[2] else []
        else:
            found += ([f[1]] if f[0] == "E" and f[1] else []) + times_in(f[-1])
    return found


def known(script: Script, monomial: Monomial) -> Line | None:
    """A line about this monomial, or an instance of one at another time."""
    if monomial in script.integrable_lines:
        return script.integrable_lines[monomial]
    target = times_in(monomial)
    for key, line in list(script.integrable_lines.items()):
        source = times_in(key)
        if len(source) != len(target) or not source or source[0][0] != "t":
            continue
        base, shift = target[0][0], target[0][1] - source[0][1]
        if base == "" and shift < line.start:
            continue
        try:
            moved = terms.substitute({key: terms.ONE[()]}, (base, shift))
        except KernelError:
            continue
        if moved == {monomial: 1}:
            instance = script.step("instantiate", [line], {"time": (base, shift)})
            script.integrable_lines.setdefault(monomial, instance)
            return instance
    return None


def integrable(script: Script, monomial: Monomial) -> Line | None:
    """A line that the monomial is integrable, derived if need be; None if it is deterministic.

    Tries a known line, then b^k·x·y with bounded factors b and x², y² known to be integrable (x and y may be 1). Raises
    KernelError if nothing applies.
    """
    m = terms.reduced(monomial)
    if not m:
        return None
    line = known(script, m)
    if line is not None:
        return line
    bounded = [(f, e) for f, e in m if f[0] == "atom" and f[1] in script.bounded_factors]
    rest = [f for f, e in m if (f, e) not in bounded for _ in range(e)]
    if len(rest) > 2 or not (rest or bounded):
        raise KernelError(f"no way to the integrability of {linear.show({m: terms.ONE[()]})}")
    for factor in {*rest}:
        if known(script, ((factor, 2),)) is None:
            square = linear.show({((factor, 2),): terms.ONE[()]})
            raise KernelError(
                f"no way to the integrability of {linear.show({m: terms.ONE[()]})}: that of {square} is not known"
            )
    x = terms.single(rest[0]) if rest else terms.ONE
    y = terms.single(rest[1]) if len(rest) == 2 else terms.ONE
    return dominate_product(script, m, bounded, x, y)


def dominate_product(script: Script, m: Monomial, bounded: list[tuple[Factor, int]], x: Poly, y: Poly) -> Line:
    """|b^k x y| <= c^k (x² + y²)/2, for bounded factors 0 <= b <= c."""
    from proofs.builder import Factors

    facts = []  # (b >= 0, c − b >= 0, c >= 0), once per power of a bounded factor
    for f, e in bounded:
        facts += [tuple(line(ex.Time(*f[2])) for line in script.bounded_factors[f[1]])] * e
    low, high = tuple(b for b, _, _ in facts), tuple(c for _, _, c in facts)
    gaps = [(*low[:k], gap, *high[k + 1 :]) for k, (_, gap, _) in enumerate(facts)]  # add up to Π c − Π b
    half = terms.constant(fmpq(1, 2))
    squares = terms.mul(half, terms.add(terms.power(x, 2), terms.power(y, 2)))
    dominating = terms.mul(Factors(high).poly(), squares)
    product = {m: fmpq(1)}
    slack = [Factors(lines, (z,)) for lines in gaps for z in ([x] if x == y else [x, y])]
    upper = script.prove("", terms.sub(dominating, product), [*slack, Factors(low, (terms.sub(x, y),))])
    lower = script.prove("", terms.add(dominating, product), [*slack, Factors(low, (terms.add(x, y),))])
    return script.dominated_poly(product, upper, lower)
