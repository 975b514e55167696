"""The critical points of the theory, each answered by cells of the matrix and theorems of the project."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proofs.hypotheses.matrix import Cell


def paragraphs(cells: Sequence[Cell]) -> list[tuple[str, str]]:
    """(title, HTML): what the cells say, in their own verdicts, with links."""
    at = {(c.column.name, c.row, c.sampling): c for c in cells}

    def cell(column: str, row: str, sampling: str = "with_replacement") -> str:
        found = at[column, row, sampling]
        return f'<a href="cells/{escape(found.name)}.html">{found.verdict}</a>'

    return [
        (
            "Is A5 needed?",
            "Not for convergence. With bounded variance alone the script of T4.1 stops at the integrability of g² and at "
            f"E‖a_t‖² ≤ G²/ε²; N1's goes through. ADOPT under A4 is {cell('a4', 'adopt')}, under affine variance "
            f"{cell('affine', 'adopt')}. For clipped ADOPT the reading of A5 matters: given the past the rate is "
            f"{cell('a5_conditional', 'adopt_clipped')}; in the mean alone it is {cell('a5', 'adopt_clipped')} as a rate, and "
            "the explicit bounds of E.2, E.3 and E.3 with decaying steps are each refuted by a certified instance "
            "(<code>examples/hypotheses/clipped_unconditional.toml</code>, <code>…_schedule.toml</code>, "
            "<code>…_decaying.toml</code>).",
        ),
        (
            "Sampling without replacement",
            "Step (3), decorrelation, needs A2 given the past; within an epoch it is false. For ADOPT the claim is "
            f"{cell('a5_conditional', 'adopt', 'reshuffled')}, even under PŁ with bounded gradients "
            f"({cell('pl', 'adopt', 'reshuffled')}), and clipping does not help "
            f"({cell('a5_conditional', 'adopt_clipped', 'reshuffled')}). SGD, whose direction has no denominator, is "
            f"{cell('a5_conditional', 'sgd', 'reshuffled')}.",
        ),
        (
            "How ε enters",
            "Every bound has 1/ε² beside G², so it is below G² only for T above a multiple of (G²+ε²)/(G²ε²); ε → 0 loses the "
            "second moment of g/s (<code>docs/audit.md</code> names that step for each theorem). That √(G²+ε²) cannot be "
            "replaced by G is refuted on a finite tree in ball arithmetic (<code>examples/hypotheses/without_eps.toml</code>).",
        ),
        (
            "How β1 enters",
            "T4.1 pays (1+β1)/(1−β1); the theorem <code>adopt_sharp</code> shows that the leading term need not. For Adam "
            "momentum does not repair the direction: T4.1's bound is refuted at β1 = 0.9 "
            f"(<code>examples/hypotheses/adam_every_beta2.toml</code>) and the rate is {cell('a5_conditional', 'adam')}.",
        ),
        (
            "The clip schedule",
            "The bias of clipping costs G⁴/(16ε³c²), so a constant threshold leaves a floor, and c of the order of T^{1/4} is "
            f"the slowest growth that keeps 1/√T over all of A5: {cell('a5_conditional', 'adopt_clipped')} with c0·T^{{1/4}}. "
            "Under heavy tails with p = 3/2, c0·T^{2/5} with α0·T^{−3/5} gives the optimal exponent: "
            f"{cell('heavy', 'adopt_clipped')}; without clipping it is {cell('heavy', 'adopt')}.",
        ),
        (
            "Theory against practice",
            f"RMSprop ({cell('a5_conditional', 'rmsprop')}) and Adam ({cell('a5_conditional', 'adam')}) fail the claim “every "
            "β2”; their certified floors fall quickly as β2 → 1, which is why practice with β2 = 0.999 sees little of them. "
            f"AMSGrad is {cell('a5_conditional', 'amsgrad')}: no script of this project speaks of it and no refuter applies; its "
            "pages have the measured slopes. At the recommended ε = 1e-6 every bound here is vacuous at practical T "
            "(<code>adoptproof bound</code> says so); the cross-check's report compares bounds and runs at ε of the order of G.",
        ),
    ]
