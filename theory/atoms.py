"""The declared atoms: every name that a statement or a proof of this project uses, with its kind and its notation.

Times: x(t) is F_t-measurable, where F_t = σ(θ_0, ξ_0, ..., ξ_t); `first` is the first t at which x exists. Vectors
have one entry per coordinate i.
"""

from __future__ import annotations

from typing import NamedTuple

from theory.expressions import Symbol

# Parameters: deterministic and untimed.
alpha = Symbol("alpha")
alpha0 = Symbol("alpha0")
beta1 = Symbol("beta1")
beta2 = Symbol("beta2")
eps = Symbol("eps")
L = Symbol("L")
G = Symbol("G")
f_inf = Symbol("f_inf")
sigma = Symbol("sigma")
sigma_i = Symbol("sigma_i", coordinate=True)
rho = Symbol("rho")
delta = Symbol("delta")
mu = Symbol("mu")
s_max = Symbol("s_max")
D0 = Symbol("D0")
theta_star = Symbol("theta_star", coordinate=True)
c = Symbol("c")
c0 = Symbol("c0")
alpha_t = Symbol("alpha_t", timed=True, first=1)
c_t = Symbol("c_t", timed=True, first=1)
clip_sum = Symbol("clip_sum", timed=True)
lam = Symbol("lam")
beta1_power = Symbol("beta1_power", timed=True)
growth = Symbol("growth", timed=True)
inv_beta2_power = Symbol("inv_beta2_power", timed=True)


def vector(name: str, first: int = 0) -> Symbol:
    return Symbol(name, timed=True, coordinate=True, random=True, first=first)


def scalar(name: str, first: int = 0) -> Symbol:
    return Symbol(name, timed=True, random=True, first=first)


# The run: iterates, oracle's gradient, moments, normaliser, normalised gradient.
theta = vector("theta")
g = vector("g")
m = vector("m")
v = vector("v")
s = vector("s")
a = vector("a", first=1)
u = vector("u", first=1)
f_theta = scalar("f_theta")
grad_theta = vector("grad_theta")
noise = vector("noise")

# Defined within statements and proofs.
Delta = Symbol("Delta")
S = Symbol("S")
S_t = Symbol("S_t", timed=True)
inv_s = vector("inv_s")
inv_alpha = Symbol("inv_alpha")
inv_eps = Symbol("inv_eps")
inv_T = Symbol("inv_T")
inv_mu = Symbol("inv_mu")
root_D = Symbol("root_D")
root_c = Symbol("root_c")
root_G = Symbol("root_G")
root_eps = Symbol("root_eps")
inv_root_c = Symbol("inv_root_c")
inv_root_eps = Symbol("inv_root_eps")
C_p = Symbol("C_p")
root_beta2 = Symbol("root_beta2")
rest_root = Symbol("rest_root")
inv_forgotten = Symbol("inv_forgotten")
norm_root = scalar("norm_root")
norm_r = scalar("norm_r", first=1)
measure_r = Symbol("measure_r", timed=True, first=1)
inv_T_plus_1 = Symbol("inv_T_plus_1")
gap_2_3 = scalar("gap_2_3", first=1)
measure_gap = Symbol("measure_gap", timed=True, first=1)
inv_one_minus_beta1 = Symbol("inv_one_minus_beta1")
sqrt_T = Symbol("sqrt_T")
inv_sqrt_T = Symbol("inv_sqrt_T")
inv_alpha0 = Symbol("inv_alpha0")
norm_4_3 = scalar("norm_4_3", first=1)
measure = Symbol("measure", timed=True, first=1)
min_measure = Symbol("min_measure")
coordinate_4_3 = vector("coordinate_4_3", first=1)
measure_elementwise = Symbol("measure_elementwise", timed=True, first=1)
S_D = Symbol("S_D")
inv_sqrt_eps = Symbol("inv_sqrt_eps")
root_idx = Symbol("root_idx", timed=True)
inv_root_idx = Symbol("inv_root_idx", timed=True, first=1)
inv_idx = Symbol("inv_idx", timed=True, first=1)
log_idx = Symbol("log_idx", timed=True, first=1)
inv_sum_of_steps = Symbol("inv_sum_of_steps")
inv_D = Symbol("inv_D")
root_one_minus_beta2 = Symbol("root_one_minus_beta2")
inv_root_one_minus_beta2 = Symbol("inv_root_one_minus_beta2")
log_final = Symbol("log_final")
log_floor = Symbol("log_floor")
inv_c = Symbol("inv_c")
inv_c0 = Symbol("inv_c0")
inv_c_t = Symbol("inv_c_t", timed=True, first=1)
inv_lam = Symbol("inv_lam")
inv_one_minus_lam = Symbol("inv_one_minus_lam")
root_sum = Symbol("root_sum")


class Notation(NamedTuple):
    """How an atom is written and what it is.

    `latex`: in the subset of LaTeX that `proofs.typeset` reads. Of a timed atom the time becomes the subscript, unless
    `@` (the time) or `@-1` (one step earlier) says where it stands. Inverses are printed as fractions, and f, ∇f at a
    point from the point's own letter, so their entries serve their words alone.
    """

    latex: str
    words: str


MEANING: dict[str, Notation] = {
    name: Notation(latex, words)
    for name, latex, words in (
        ("alpha", r"\alpha", "step size"),
        ("alpha0", r"\alpha_0", "step size at horizon 1"),
        ("beta1", r"\beta_1", "decay of the momentum"),
        ("beta2", r"\beta_2", "decay of the second moment"),
        ("alpha_t", r"\alpha", "step size of this step"),
        ("beta1_power", r"\beta_1^{@}", "β1 to the power of the step number"),
        ("inv_beta2_power", r"\left(1/\beta_2\right)^{@}", "1/β2 to the power of the step number"),
        ("c", "c", "clipping threshold"),
        ("c0", "c_0", "clipping threshold at step (or horizon) 1"),
        ("c_t", "c", "clipping threshold of this step"),
        ("clip_sum", "C", "Σ 1/c² over the steps so far"),
        ("lam", r"\lambda", "share of Q that pays for the bias of clipping"),
        ("inv_lam", r"\lambda^{-1}", "1/λ"),
        ("inv_one_minus_lam", r"(1-\lambda)^{-1}", "1/(1−λ)"),
        ("L", "L", "Lipschitz constant of the gradient"),
        ("G", "G", "bound on the root mean square of the stochastic gradient"),
        ("sigma", r"\sigma", "bound on the standard deviation of the stochastic gradient"),
        ("sigma_i", r"\sigma", "bound on the standard deviation of a coordinate where its gradient vanishes"),
        ("rho", r"\rho", "growth of the variance with the squared gradient"),
        ("delta", r"\delta", "bound on the oracle's bias"),
        ("D0", "D_0", "bound on the root mean square distance of θ_0 from θ*"),
        ("theta_star", r"\theta_\mathrm{opt}", "minimiser over the set"),
        ("offset", "r", "θ − θ*"),
        ("growth", r"\left(1+\rho L^2\alpha^2/\varepsilon^2\right)^{@}", "(1 + ρL²α²/ε²)^t"),
        ("root_D", "D^{1/(2q)}", "the dimension's root of degree 2q, where p = m/q"),
        ("root_c", "c^{1/q}", "the root of c of degree q, where p = m/q"),
        ("root_G", "G^{1/q}", "the root of G of degree q, where p = m/q"),
        ("root_eps", r"\varepsilon^{1/q}", "the root of ε of degree q, where p = m/q"),
        ("inv_root_c", "c^{-1/q}", "the root of 1/c of degree q, where p = m/q"),
        ("inv_root_eps", r"\varepsilon^{-1/q}", "the root of 1/ε of degree q, where p = m/q"),
        ("C_p", "C_p", "(p−1)^{p−1}/p^p"),
        ("root_beta2", r"\beta_2^{1/(2q)}", "the root of β2 of degree 2q, where p = m/q"),
        ("rest_root", r"(1-\beta_2)^{1/(2q)}", "the root of 1−β2 of degree 2q, where p = m/q"),
        ("inv_forgotten", r"(1-\beta_2^{p/2})^{-1}", "1/(1−β2^{p/2})"),
        ("inv_powers", r"B^{-1}", "1/(1 + b + … + b^{2q−1}) for b = β2^{1/(2q)}"),
        ("norm_root", r"\left\|g_@\right\|^{1/q}", "‖g_t‖^{1/q}, where p = m/q"),
        ("norm_r", r"\left\|\nabla f(\theta_{@-1})\right\|^{r}", "‖∇f(θ_{t−1})‖^r, r = 2p/(1+p)"),
        (
            "measure_r",
            r"\left(\mathbb{E}\left\|\nabla f(\theta_{@-1})\right\|^{r}\right)^{2/r}",
            "(E‖∇f(θ_{t−1})‖^r)^{2/r}, r = 2p/(1+p)",
        ),
        ("v_root", r"\left\|v_@\right\|_1^{1/(2q)}", "‖v_t‖₁^{1/(2q)}, where p = m/q"),
        ("z_root", "y", "(ε² + ‖v_{t−1}‖₁)^{1/(2q)}, where p = m/q"),
        ("v_sum_root", "y_v", "the root of degree m of the sum of two powers m, for ‖v_t‖₁"),
        ("z_sum_root", "y_z", "the root of degree m of the sum of two powers m, for ε² + ‖v‖₁"),
        ("root_g", r"\left|g_@\right|^{1/q}", "|g_i|^{1/q}, where p = m/q"),
        ("abs_a", r"\left|a_@\right|", "|a_i|"),
        ("abs_w", r"\left|w_@\right|", "|u_i − a_i|"),
        ("magnitude", r"\left|\partial_i f(\theta_@)\right|", "|∂_i f(θ_t)|"),
        ("widened", r"\hat s", "√(s² + 4(∂_i f)²/c²), the normaliser that clipping leaves of a large gradient"),
        ("inv_widened", r"\hat s^{-1}_@", "1/ŝ"),
        ("room", r"c-\left|\partial_i f\right|/\hat s", "what is left between |∂_i f|/ŝ and the threshold"),
        ("inv_room", r"(c-\left|\partial_i f(\theta_@)\right|/\hat s_@)^{-1}", "1/(c − |∂_i f|/ŝ)"),
        ("reduced", "x", "|∂_i f|/ŝ"),
        ("xi", r"\xi", "|∂_i f|/(ŝc)"),
        ("eta", r"\eta", "E[ζ_i² given F_{t−1}]/(s²c²)"),
        ("mu", r"\mu", "Polyak–Łojasiewicz constant"),
        ("s_max", r"s_{\max}", "a number that is at least G and ε"),
        ("eps", r"\varepsilon", "least normaliser"),
        ("f_inf", r"f_{\inf}", "lower bound of the objective"),
        ("idx", "t", "step number"),
        ("theta", r"\theta", "iterate"),
        ("g", "g", "stochastic gradient"),
        ("m", "m", "momentum"),
        ("v", "v", "second moment"),
        ("s", "s", "normaliser"),
        ("a", "a", "normalised gradient"),
        ("u", "u", "normalised gradient before clipping"),
        ("f_theta", r"f(\theta_@)", "objective at the iterate"),
        ("grad_theta", r"\nabla f(\theta_@)", "true gradient at the iterate"),
        ("noise", r"\zeta", "noise of the oracle, g_t − ∇f(θ_{t−1})"),
        ("phi", r"\varphi", "iterate with the momentum taken out"),
        ("f_phi", r"f(\varphi_@)", "objective at φ"),
        ("grad_phi", r"\nabla f(\varphi_@)", "true gradient at φ"),
        ("d", "d", "∇f(φ) − ∇f(θ)"),
        ("Delta", r"\Delta", "expected initial gap, E f(θ_0) − f_inf"),
        ("S", "S", "bound on √(E max s²), √(G² + ε²) under A5; under heavy tails on (E max s^p)^{1/p}"),
        ("S_t", "S", "bound on √(E max s²) that grows with the step"),
        ("kappa", r"\kappa", "β1/(1−β1)"),
        ("P", "P", "G²/ε², the bound on E‖a‖²"),
        ("Q", "Q", "E Σ (∂_i f)²/s_i"),
        ("inv_alpha", r"\alpha^{-1}", "1/α"),
        ("inv_alpha0", r"\alpha_0^{-1}", "1/α0"),
        ("inv_eps", r"\varepsilon^{-1}", "1/ε"),
        ("inv_T", "T^{-1}", "1/T"),
        ("inv_s", "s^{-1}_@", "1/s"),
        ("inv_L", "L^{-1}", "1/L"),
        ("inv_T_plus_1", "(T+1)^{-1}", "1/(T+1)"),
        ("inv_normaliser_sum", r"(s_{\max}+s_@)^{-1}", "1/(s_max + s)"),
        ("inv_clock", "(t+1)^{-1}", "1/(t+1)"),
        ("gap_2_3", r"\left(f(\theta_{@-1})-f_{\inf}\right)^{2/3}", "(f(θ_{t−1}) − f_inf)^{2/3}"),
        (
            "measure_gap",
            r"\left(\mathbb{E}\left(f(\theta_{@-1})-f_{\inf}\right)^{2/3}\right)^{3/2}",
            "(E(f(θ_{t−1}) − f_inf)^{2/3})^{3/2}",
        ),
        ("root_mu", r"(2\mu)^{-2/3}", "(2μ)^{−2/3}"),
        ("inv_mu", r"\mu^{-1}", "1/μ"),
        ("descended", "y", "θ − ∇f(θ)/L"),
        ("f_descended", "f(y_@)", "objective at y"),
        ("grad_descended", r"\nabla f(y_@)", "true gradient at y"),
        ("descended_phi", "z", "φ − ∇f(φ)/L"),
        ("f_descended_phi", "f(z_@)", "objective at z"),
        ("grad_descended_phi", r"\nabla f(z_@)", "true gradient at z"),
        ("potential", "W", "f(θ_t) + ‖m_t‖², to show integrability"),
        ("lyapunov", "V", "E f(φ_t) + λ E‖m_t‖²"),
        ("weight", r"\lambda", "weight of the momentum in V"),
        ("inv_one_minus_beta1", r"(1-\beta_1)^{-1}", "1/(1−β1)"),
        ("sqrt_T", r"\sqrt{T}", "√T"),
        ("inv_sqrt_T", r"T^{-1/2}", "1/√T"),
        ("norm_4_3", r"\left\|\nabla f(\theta_{@-1})\right\|^{4/3}", "‖∇f(θ_{t−1})‖^{4/3}"),
        (
            "measure",
            r"\left(\mathbb{E}\left\|\nabla f(\theta_{@-1})\right\|^{4/3}\right)^{3/2}",
            "(E‖∇f(θ_{t−1})‖^{4/3})^{3/2}",
        ),
        (
            "min_measure",
            r"\min_{t\le T}\,\left(\mathbb{E}\left\|\nabla f(\theta_{t-1})\right\|^{4/3}\right)^{3/2}",
            "least measure over t = 1..T",
        ),
        ("coordinate_4_3", r"\left|\partial_i f(\theta_{@-1})\right|^{4/3}", "|∂_i f(θ_{t−1})|^{4/3}"),
        (
            "measure_elementwise",
            r"\left(\mathbb{E}\sum_i\left|\partial_i f(\theta_{@-1})\right|^{4/3}\right)^{3/2}",
            "(E Σ |∂_i f(θ_{t−1})|^{4/3})^{3/2}",
        ),
        ("S_D", "S_D", "√(G² + Dε²)"),
        ("inv_sqrt_eps", r"\varepsilon^{-1/2}", "1/√ε"),
        ("root_sum", "R", "the square root in the solution of the quadratic inequality for √Q̄"),
        ("root_idx", r"\sqrt{@}", "√t"),
        ("inv_root_idx", "@^{-1/2}", "1/√t"),
        ("inv_idx", "@^{-1}", "1/t"),
        ("log_idx", r"\ln @", "ln t"),
        ("inv_sum_of_steps", r"(2\sqrt{T+1}+1-2\sqrt{2})^{-1}", "1/(2√(T+1)+1−2√2)"),
        ("inv_D", "D^{-1}", "1/D"),
        ("root_one_minus_beta2", r"\sqrt{1-\beta_2}", "√(1−β2)"),
        ("inv_root_one_minus_beta2", r"(1-\beta_2)^{-1/2}", "1/√(1−β2)"),
        ("log_final", r"\ell_T", "ln(β2^{−T}ε² + (β2^{−T}−1)G²/D)"),
        ("log_floor", r"\ln \varepsilon^2", "ln ε²"),
        ("r", "r", "√(β2 v_t + ε² + (1−β2)E[g_{t+1}² given F_t])"),
        ("inv_r", "r^{-1}_@", "1/r"),
        ("inv_floor", r"(v_@+\varepsilon^2)^{-1}", "1/(v+ε²)"),
        ("inv_beta2", r"\beta_2^{-1}", "1/β2"),
        ("inv_power", r"\beta_2^{@}", "β2 to the power of the step number"),
        ("log_scaled", r"\ell", "ln((v_t+ε²)β2^{−t})"),
        ("inv_final", "C^{-1}", "1/(β2^{−T}ε² + (β2^{−T}−1)G²/D)"),
        ("inv_c", "c^{-1}", "1/c"),
        ("inv_c0", "c_0^{-1}", "1/c0"),
        ("inv_c_t", "c^{-1}_@", "1/c_t"),
        ("psi", r"\psi", "iterate with the momentum taken out, at the next step size"),
        ("f_psi", r"f(\psi_@)", "objective at ψ"),
        ("grad_psi", r"\nabla f(\psi_@)", "true gradient at ψ"),
        ("e", "e", "∇f(φ) − ∇f(θ), where d is ∇f(ψ) − ∇f(θ)"),
        ("tail", "h", "1/(24t²+2)"),
        ("common_inverse", "q", "1 over t(t−1)(24(t−1)²+2)(24t²+2)"),
        ("w", "w", "what clipping cuts off, u − a"),
        ("root_Q", r"\sqrt{Q_@}", "√Q"),
        ("root_mean", r"\sqrt{\mathrm{avg} Q}", "√((1/T) ΣQ)"),
        ("inv_length", r"(1-\beta_1^{@})^{-1}", "1/(1−β1^t)"),
        ("root_z", "r", "√(ε² + ‖v_{t−1}‖₁)"),
    )
}
"""Notation in LaTeX and meaning in words, for every atom name."""
