"""A theorem of one's own: the momentum of ADOPT is bounded, E‖m_t‖² ≤ G²/ε² at t = T, from A5 alone.

A statement is data, a script derives its goal; run this file to prove it and to have the second checker replay it.
"""

from proofs import verifier
from proofs.builder import Line, Script
from proofs.certificate import certificate, compact
from proofs.scripts import common
from theory import atoms as at
from theory.algorithms import ADOPT, hypotheses
from theory.assumptions import ASSUMPTIONS, PARAMETERS
from theory.expressions import E, T, sum_i
from theory.statement import Definition, Statement

USED = ("momentum_start", "normalised_gradient_step", "momentum_step", "normaliser_at_least_eps")


def bound():
    from theory.bounds import symbols

    G, eps = symbols("G eps")
    return G**2 / eps**2


STATEMENT = Statement(
    name="momentum_bounded",
    title="the second moment of ADOPT's momentum is at most G²/ε²",
    reference="step 5 of Theorem 4.1",
    method="adopt",
    objective=(),
    points=(),
    hypotheses=(
        *(PARAMETERS[name] for name in ("eps_positive", "beta1_nonnegative", "beta1_below_one")),
        *(h for h in hypotheses(ADOPT) if h.name in USED),
        *ASSUMPTIONS["bounded_second_moment"].hypotheses,
    ),
    definitions=(Definition("inverse", at.inv_eps, at.eps),),
    measured=sum_i(E(at.m(T) ** 2)),
    bound=bound,
    parameters=("G", "eps"),
    rate="0",
)


def momentum_bounded(x: Script) -> Line:
    """Normalise, bound E‖a‖², and let convexity and induction do the rest."""
    c = common.constants(x)
    _, a_square, _ = common.normalised_gradient(x, c)
    a_bound = common.normalised_gradient_bound(x, c, a_square)
    m_bound = common.momentum_bound(x, c, a_bound, first=0)
    return x.show("E‖m_T‖² ≤ G²/ε²", STATEMENT.goal(), m_bound(T), modulo=[c.P])


if __name__ == "__main__":
    script = Script(STATEMENT)
    momentum_bounded(script)
    report = verifier.verify(compact(certificate(script.proof, {})))
    print(f"proved {report.name}: {report.steps} steps, used {', '.join(report.hypotheses_used)}")
