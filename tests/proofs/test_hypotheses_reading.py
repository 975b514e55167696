"""Wrong hypothesis files: each error is one line that names the file, the line and what would be right."""

from fractions import Fraction

import pytest
import sympy

from proofs.cli import main
from proofs.hypotheses import formulas
from proofs.hypotheses.formulas import FormulaError
from proofs.hypotheses.reading import HypothesisFileError, key_lines, parse
from theory.expressions import E, lift, sum_i, t

GOOD = """name = "example"
sampling = "with_replacement"
assumptions = ["lower_bounded", "unbiased", "smooth", "bounded_second_moment"]

[method]
name = "adopt"

[schedules]
step_size = "alpha"

[claim]
measure = "average"
bound = "Delta/(alpha*T)"
"""


def test_a_good_file():
    conjecture = parse(GOOD)
    assert (conjecture.name, conjecture.method.name, conjecture.sampling) == ("example", "adopt", "with_replacement")
    assert conjecture.schedules.kind == (False, "none")


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('name = "example"', "name = 3", 1, "must be a text"),
        ('name = "example"', 'name = "2x"', 1, "not a name"),
        ('"smooth"', '"smoth"', 3, "'smoth' is unknown; known: lower_bounded"),
        ('"smooth"', '"unbiased"', 3, "given twice"),
        ('sampling = "with_replacement"', 'sampling = "shuffled"', 2, "known: with_replacement, reshuffled, fixed"),
        ('name = "adopt"', 'name = "adopter"', 6, "known: adopt, rmsprop"),
        ('name = "adopt"', 'name = "adopt"\nbeta1 = "2"', 7, "must be in [0, 1)"),
        ('name = "adopt"', 'name = "sgd"\nbeta2 = 0.5', 7, "sgd has no beta2"),
        ('name = "adopt"', 'name = "adopt"\ngamma = 1', 7, "unknown key; known here: name, beta1, beta2, start, step"),
        ('step_size = "alpha"', 'step_size = "alpha0/sqrt(S)"', 9, "'S' is unknown here; known: alpha, alpha0, T, t"),
        ('step_size = "alpha"', 'step_size = "alpha0/t"', 9, "with t only alpha0/sqrt(t)"),
        ('measure = "average"', 'measure = "mean"', 12, "known: least, average"),
        ('bound = "Delta/(alpha*T)"', 'rate = "1/2"', 13, "must be negative"),
        ('bound = "Delta/(alpha*T)"', 'rate = "fast"', 13, "not an exponent"),
        ('bound = "Delta/(alpha*T)"', 'bound = "Delta/(alpha*"', 13, "is not a formula"),
        ('bound = "Delta/(alpha*T)"', 'bound = "__import__(1)"', 13, "cannot stand here"),
        ('bound = "Delta/(alpha*T)"', 'bound = "T**T"', 13, "is not a fraction"),
        ('bound = "Delta/(alpha*T)"', 'bound = "Delta/0"', 13, "a division by 0"),
        ('bound = "Delta/(alpha*T)"', 'bound = "T"\nrate = "-1"', 11, "give exactly one"),
        ('bound = "Delta/(alpha*T)"', 'theorem = "adopted"', 13, "'adopted' is unknown"),
        ('bound = "Delta/(alpha*T)"', 'bound = "T"\nwhere = ["theta[0] <= 1"]', 14, "is random"),
        ('bound = "Delta/(alpha*T)"', 'bound = "T"\nfloor = "delta"', 14, "a floor belongs to a rate"),
        ("[claim]", "[constants]\np = 1.5\n\n[claim]", 11, "p belongs to the assumption finite_moment"),
        ('"smooth"', '"finite_moment"', 3, "finite_moment needs its order"),
    ],
)
def test_a_wrong_file(old, new, line, message):
    with pytest.raises(HypothesisFileError) as error:
        parse(GOOD.replace(old, new, 1), "x.toml")
    text = str(error.value)
    assert message in text
    assert text.startswith("x.toml:")
    assert "\n" not in text
    if "finite_moment needs" not in message:
        assert text.startswith(f"x.toml:{line}:"), text


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('claim = "E(g[t]**2, t-1) <= G"\nfrom = 0', "a filtration level is negative"),
        ('claim = "h[t] <= G"', "'h' has no time"),
        ('claim = "g <= G"', "needs a time"),
        ('claim = "G"', "not one inequality"),
        ('claim = "a[t] <= 1"\nfrom = 0', "does not exist yet"),
        ('claim = "g[t]/s[t] <= 1"', "multiply it out"),
        ("from = 1", "either claim"),
    ],
)
def test_a_wrong_inequality(entry, message):
    with pytest.raises(HypothesisFileError, match=r"x.toml:1\d: inequality.0") as error:
        parse(GOOD + f'\n[[inequality]]\nname = "own"\n{entry}\n', "x.toml")
    assert message in str(error.value)


def test_text_that_is_not_toml_names_its_line():
    with pytest.raises(HypothesisFileError, match=r"x.toml:2: not TOML"):
        parse('name = "a"\nx = = 3\n', "x.toml")


def test_the_command_line_says_it_in_one_line(tmp_path, capsys):
    path = tmp_path / "wrong.toml"
    path.write_text(GOOD.replace('"adopt"', '"adam2"'))
    assert main(["hypothesis", "test", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["hypothesis", "test"]) == 2
    assert main(["hypothesis", "test", str(tmp_path / "absent.toml")]) == 2


def test_lines_of_keys():
    found = key_lines("a = 1\n[b]\nc = 2\n[[d]]\ne = 3\n[[d]]\ne = 4\n")
    assert found == {"a": 1, "b": 2, "b.c": 3, "d": 4, "d.0": 4, "d.0.e": 5, "d.1": 6, "d.1.e": 7}


def test_inequalities_between_atoms():
    from theory import atoms as at

    read = formulas.relation("E(sum(g[t]**2), t-1) <= 2*G**2 + 1/2")
    wanted = E(sum_i(at.g(t) ** 2), given=t - 1) <= 2 * at.G**2 + lift(1) / 2
    assert str(read) == str(wanted)
    assert str(formulas.relation("g[t] == theta[t-1]")) == "g@t = theta@t-1"
    assert formulas.number(formulas.tree("0.1")) == Fraction(1, 10)


def test_a_recurrence_from_sympy():
    """ADOPT's lines written in sympy are those of the project's own recurrence."""
    from proofs.builder import polynomial
    from theory.algorithms import ADOPT, Normaliser, Quotient

    m, v, g, s = (sympy.Function(x) for x in "mvgs")
    time, beta1, beta2, eps = sympy.symbols("t beta1 beta2 eps")
    momentum = formulas.from_sympy(beta1 * m(time - 1) + (1 - beta1) * sympy.Function("a")(time))
    own = {x.target.symbol.name: x.value for x in ADOPT.step}
    assert polynomial(momentum) == polynomial(own["m"])
    normaliser = formulas.from_sympy(sympy.Max(sympy.sqrt(v(time)), eps))
    assert isinstance(normaliser, Normaliser)
    quotient = formulas.from_sympy(g(time) / s(time - 1))
    assert isinstance(quotient, Quotient)
    assert (str(quotient.numerator), str(quotient.denominator)) == ("g@t", "s@t-1")
    with pytest.raises(FormulaError, match="no meaning"):
        formulas.from_sympy(sympy.sin(beta2))
