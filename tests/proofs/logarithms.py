"""Numbers a + Σ c_p·ln p with rational a, c_p and primes p: where values of logarithms live, compared exactly.

The logarithms of the primes and 1 are linearly independent over the rationals (Baker), so such a number is zero only if
all its coefficients are; otherwise ball arithmetic of enough digits tells its sign.
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb, ctx, fmpq, fmpz


class LogNumber:
    """Key 1 of `parts` is the rational part, key p the coefficient of ln p."""

    def __init__(self, parts: dict[int, Fraction]) -> None:
        self.parts = {p: c for p, c in parts.items() if c}

    @staticmethod
    def log(value: Fraction) -> LogNumber:
        """ln of a positive rational. Raises ValueError for another."""
        if value <= 0:
            raise ValueError(f"{value} has no logarithm")
        parts: dict[int, Fraction] = {}
        for number, sign in ((value.numerator, 1), (value.denominator, -1)):
            for p, exponent in fmpz(number).factor():
                parts[int(p)] = parts.get(int(p), Fraction(0)) + sign * int(exponent)
        return LogNumber(parts)

    def __add__(self, other: LogNumber | Fraction | int) -> LogNumber:
        more = other.parts if isinstance(other, LogNumber) else {1: Fraction(other)}
        return LogNumber({p: self.parts.get(p, Fraction(0)) + more.get(p, Fraction(0)) for p in {*self.parts, *more}})

    def __mul__(self, other: LogNumber | Fraction | int) -> LogNumber:
        """Times a rational. Raises ValueError for a product of two logarithms."""
        if isinstance(other, LogNumber):
            if set(other.parts) <= {1}:
                return self * other.parts.get(1, Fraction(0))
            if set(self.parts) <= {1}:
                return other * self.parts.get(1, Fraction(0))
            raise ValueError("a product of logarithms")
        return LogNumber({p: c * Fraction(other) for p, c in self.parts.items()})

    __radd__, __rmul__ = __add__, __mul__

    def __pow__(self, n: int) -> LogNumber:
        result = LogNumber({1: Fraction(1)})
        for _ in range(n):
            result = result * self
        return result

    def sign(self) -> int:
        """-1, 0 or 1."""
        if not self.parts:
            return 0
        precision, before = 64, ctx.prec
        try:
            while True:
                ctx.prec = precision
                total = arb(0)
                for p, c in self.parts.items():
                    total += arb(fmpq(c.numerator, c.denominator)) * (1 if p == 1 else arb(p).log())
                if not total.contains(0):
                    return 1 if total > 0 else -1
                precision *= 2
        finally:
            ctx.prec = before

    def __ge__(self, other: int) -> bool:
        return (self + -other).sign() >= 0

    def __gt__(self, other: int) -> bool:
        return (self + -other).sign() > 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int | Fraction | LogNumber) and (self + -1 * other).sign() == 0

    __hash__ = None  # type: ignore[assignment]
