"""Exact linear algebra: solutions, least repairs, LDLᵀ."""

from __future__ import annotations

import numpy as np
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics.rational import dyadic, echelon, ldl, least_change, nearest, solution

entries = st.integers(-4, 4)
matrices = st.lists(st.lists(entries, min_size=3, max_size=3), min_size=1, max_size=4)


def column(values) -> fmpq_mat:
    return fmpq_mat([[fmpq(v)] for v in values])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(rows=matrices, x=st.lists(entries, min_size=3, max_size=3))
def test_a_solvable_system_is_solved(rows, x):
    a = fmpq_mat(rows)
    right = a * column(x)
    y = solution(a, right)
    assert y is not None
    assert a * y == right


def test_an_unsolvable_system_has_no_solution():
    a = fmpq_mat([[1, 1, 0], [2, 2, 0]])
    assert solution(a, column([1, 3])) is None
    assert least_change([[fmpq(0)]], [fmpq(1)], [fmpq(5)]) is None


@settings(max_examples=100, deadline=None, derandomize=True)
@given(rows=matrices, x=st.lists(entries, min_size=3, max_size=3), start=st.lists(entries, min_size=3, max_size=3))
def test_the_repaired_point_is_feasible_and_nearest(rows, x, start):
    a = fmpq_mat(rows)
    right = a * column(x)
    moved = least_change(
        [[fmpq(v) for v in row] for row in rows], [right[i, 0] for i in range(len(rows))], [fmpq(v) for v in start]
    )
    assert moved is not None
    assert a * column(moved) == right
    # nearest: the change is orthogonal to every difference of solutions, so no farther than x is
    assert sum((m - s) ** 2 for m, s in zip(moved, start, strict=True)) <= sum(
        (u - s) ** 2 for u, s in zip(x, start, strict=True)
    )


@settings(max_examples=100, deadline=None, derandomize=True)
@given(rows=st.lists(st.lists(entries, min_size=3, max_size=3), min_size=3, max_size=3))
def test_ldl_decides_semidefiniteness_and_reproduces_the_matrix(rows):
    b = fmpq_mat(rows)
    gram = b.transpose() * b
    pairs = ldl(gram)
    assert pairs is not None
    rebuilt = fmpq_mat(3, 3)
    for d, l in pairs:
        assert d > 0
        rebuilt += d * (column(l) * column(l).transpose())
    assert rebuilt == gram
    symmetric = b + b.transpose()
    eigenvalue = float(np.linalg.eigvalsh(np.array(symmetric.tolist(), dtype=float))[0])
    if abs(eigenvalue) > 1e-9:
        assert (ldl(symmetric) is not None) == (eigenvalue > 0)


def test_roundings():
    assert nearest(0.3333333, 1000) == fmpq(1, 3)
    assert dyadic(-0.3, 2) == fmpq(-1, 4)


def test_rational_subspaces_become_visibly_rational():
    basis = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 1.0]])
    turned = np.array([[0.6, 0.8], [-0.8, 0.6]]) @ basis
    assert np.allclose(echelon(turned), np.round(echelon(turned) * 2) / 2)
