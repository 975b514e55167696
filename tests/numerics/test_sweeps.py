"""Plans, their cut into shards, the tree of partial results, and the tables that come out."""

import hashlib
import itertools
import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
import pandas
import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics.bands import minimum
from numerics.custom import custom
from numerics.engine import simulate
from numerics.noises import normal
from numerics.problems import Start
from numerics.rates import fit_rate, measure
from numerics.registry import problem
from numerics.settings import Setting
from numerics.statistics import QUANTITIES, Statistics
from numerics.sweeps.executors import Place
from numerics.sweeps.ledger import Ledger, LedgerError, stored_plan
from numerics.sweeps.partials import Partial, add, from_bytes, from_statistics, to_statistics, tree_sum
from numerics.sweeps.plan import best_step_size, cells, parse, read
from numerics.sweeps.results import summarise
from numerics.sweeps.run import sweep
from numerics.sweeps.shards import LEAF_RUNS, Cut, settings_per_cell, width
from numerics.sweeps.work import compute, environment, task
from numerics.symbolic import X

GRID = {
    "problems": ["hard_instance"],
    "methods": ["adopt", "sgd"],
    "horizons": [4, 6],
    "runs": 5 * LEAF_RUNS + 100,
    "settings": {"alpha0": 1.0, "beta1": 0.0, "beta2": [0.0, 0.9]},
    "tier": "reference",
}
HERE = Place(partial(ThreadPoolExecutor, 1), 4)


def digest(path, plan):
    with Ledger(path, plan, environment()) as ledger:
        return ledger.digest()


def partial_of(values):
    """The partial result of runs whose values [runs] are the same in every quantity, one setting, one step, two blocks."""
    n, Q = len(values), len(QUANTITIES)
    deviation = values - values.mean()
    powers = np.array([(deviation**k).sum() for k in (2, 3, 4)])
    sums = np.array([values[0::2].sum(), values[1::2].sum()])
    return Partial(
        n,
        np.full((Q, 1, 1), values.mean()),
        np.tile(powers.reshape(1, 3, 1, 1), (Q, 1, 1, 1)),
        sums.reshape(1, 1, 1, 2),
    )


# -- plans


def test_a_plan_is_the_same_whatever_it_was_read_from():
    plan = read(GRID)
    assert parse(plan.canonical()) == plan
    assert read({**GRID, "horizons": "4:4"}).horizons == (4,)
    assert read({**GRID, "horizons": "3:20"}).horizons == (4, 8, 16)
    assert read({**GRID, "seeds": "3:5"}).seeds == (3, 4, 5)
    assert read({**GRID, "runs": 7}).digest != plan.digest


def test_every_method_gets_the_parameters_it_has():
    adopt, sgd = (next(c for c in cells(read(GRID)) if c.method == m) for m in ("adopt", "sgd"))
    assert adopt.settings == tuple(Setting(0.5, {"eps": 2.0, "beta1": 0.0, "beta2": b}) for b in (0.0, 0.9))
    assert sgd.settings == (Setting(0.5, {}),)


def test_noise_is_shared_but_not_between_horizons():
    for cell in cells(read(GRID)):
        assert cell.first_run == GRID["runs"] * (4, 6).index(cell.horizon)


def test_without_a_step_size_the_plan_takes_the_theorem_s_best():
    """On H1 Δ = 1/2, L = 1, G = √2 and ε = 2: (ε/G)√(2Δ/(LT)) = √2/√T at β1 = 0 (G² = sup f'² + σ² = 2)."""
    plan = read({**GRID, "methods": "adopt", "settings": {"beta1": 0.0}})
    assert [c.settings[0].alpha for c in cells(plan)] == pytest.approx([2**0.5 / 4**0.5, 2**0.5 / 6**0.5])


@pytest.mark.parametrize(("name", "reason"), [("toy", "is linear, L = 0"), ("quadratic", "has no G")])
def test_where_the_theorem_has_no_best_step_size_one_must_be_given(name, reason, monkeypatch):
    free = custom("quadratic", X**2 / 2, X, normal(1), Start.at(1), infimum=0, smoothness=1)
    monkeypatch.setattr("numerics.registry.problem", lambda name: free if name == "quadratic" else problem(name))
    with pytest.raises(ValueError, match=f"T4.1 has no best step size on {name}, which {reason}; give alpha"):
        best_step_size(name, 0.9, 16)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"problem": "hard_instance"}, "a plan has no key 'problem'; it has device, horizons"),
        ({"problems": "h1"}, "unknown problem 'h1'; known: hard_instance"),
        ({"problems": []}, "problems is empty"),
        ({"methods": ["adopt", "adopt"]}, "methods has a value twice"),
        ({"methods": "adpot"}, "unknown method 'adpot'; known: "),
        ({"horizons": "9:15"}, "horizons '9:15' holds no power of two"),
        ({"horizons": "9"}, "write a list or FROM:TO, such as 256:8192"),
        ({"horizons": [4, 0]}, "one of horizons must be an integer of at least 1, got 0"),
        ({"horizons": 10**8}, "horizon 100000000 is too long"),
        ({"seeds": [-1]}, "one of seeds must be an integer of at least 0"),
        ({"runs": True}, "runs must be an integer of at least 1, got True"),
        ({"runs": 1 << 31, "horizons": [1, 2, 3]}, "the random stream numbers 2\\^32 runs"),
        ({"shard_runs": 3 * LEAF_RUNS}, "shard_runs must be 1024 times a power of two, got 3072"),
        ({"measures": "loss"}, "unknown measure 'loss'; known: gradient_power"),
        ({"tier": "gpu"}, "unknown tier 'gpu'; one of auto, reference"),
        ({"device": 0}, "device must be cpu, cuda or cuda:N, got 0"),
        ({"device": "gpu"}, "device must be cpu, cuda or cuda:N, got 'gpu'"),
        ({"seeds": [1, 1 << 64]}, r"seeds must be below 2\^64, got 18446744073709551616"),
        ({"settings": [1]}, "settings must be a table"),
        ({"settings": {"lr": 0.1}}, "settings have no 'lr'; they have alpha, alpha0, beta1"),
        ({"settings": {"alpha": 1.0, "alpha0": 1.0}}, "not both"),
        ({"settings": {"beta2": [0.5, 1.5]}}, r"beta2 must be in \[0, 1\], got 1.5"),
        ({"settings": {"alpha0": 0}}, r"alpha must be in \(0, inf\), got 0"),
        ({"settings": {"delay": 2}}, "none of adopt, sgd has a parameter delay"),
    ],
)
def test_a_wrong_plan_is_refused_in_one_line(change, complaint):
    with pytest.raises(ValueError, match=complaint) as error:
        read({**GRID, **change})
    assert "\n" not in str(error.value)


def test_what_a_plan_must_say():
    with pytest.raises(ValueError, match="the plan does not say runs"):
        read({k: v for k, v in GRID.items() if k != "runs"})


# -- the cut


@settings(deadline=None)
@given(st.integers(1, 40_000), st.integers(0, 5))
def test_shards_cover_every_run_once(runs, level):
    plan = read({**GRID, "runs": runs, "shard_runs": LEAF_RUNS << level})
    cut = Cut(plan, list(cells(plan)))
    by_cell = {}
    for number in range(cut.total):
        shard = cut.shard(number)
        by_cell.setdefault(shard.cell, []).extend(range(shard.first_run, shard.first_run + shard.runs))
    assert {k: (v[0], v[-1], len(v)) for k, v in by_cell.items()} == {
        k: (c.first_run, c.first_run + runs - 1, runs) for k, c in enumerate(cut.cells)
    }
    assert all(v == list(range(v[0], v[0] + runs)) for v in by_cell.values())
    assert width(cut.leaves, cut.root) == 1


def test_long_horizons_split_the_settings_of_a_cell():
    plan = read({**GRID, "methods": "adopt", "horizons": [4, 300_000], "runs": 32})
    assert settings_per_cell(plan, 300_000) == 1
    assert [(c.horizon, c.labels) for c in cells(plan)] == [(4, (0, 1)), (300_000, (0,)), (300_000, (1,))]


# -- partial results


@settings(deadline=None)
@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30), st.lists(st.floats(-10, 10), min_size=1, max_size=30))
def test_two_sets_of_runs_have_the_moments_of_their_union(first, second):
    first, second = np.array(first), np.array(second)
    both = add(partial_of(first), partial_of(second))
    whole = partial_of(np.concatenate([first, second]))
    assert both.runs == whole.runs
    assert np.allclose(both.mean, whole.mean, rtol=1e-12, atol=1e-12)
    for k in range(3):
        assert np.allclose(both.central[:, k], whole.central[:, k], rtol=1e-9, atol=1e-8 * 20 ** (k + 2))


def test_bytes_and_back():
    plan = read({**GRID, "methods": "adopt", "horizons": 4, "runs": 40})
    cut = Cut(plan, list(cells(plan)))
    data = compute(task(cut, cut.shard(0)))
    found = from_bytes(data, 2, 4, 1, 32)
    assert found.to_bytes() == data
    with pytest.raises(ValueError, match="bytes where"):
        from_bytes(data[:-1], 2, 4, 1, 32)


@pytest.mark.parametrize("runs", [1, 20, 40, LEAF_RUNS + 5])
def test_a_sweep_s_statistics_are_those_of_one_simulation(runs):
    plan = read({**GRID, "methods": "adopt", "horizons": 4, "runs": runs})
    (cell,) = cells(plan)
    cut = Cut(plan, [cell])
    shards = [from_bytes(compute(task(cut, cut.shard(k))), 2, 4, 1, min(runs, 32)) for k in range(cut.total)]
    found = to_statistics(tree_sum(shards), cell.settings, plan.measures)
    whole = simulate(problem("hard_instance"), "adopt", cell.settings, runs, 4, 1, tier="reference")
    assert (found.runs, found.steps, found.settings) == (runs, 4, whole.settings)
    assert (found.block_runs == whole.block_runs).all()
    for name in ("mean", "variance", "skewness", "kurtosis"):
        for quantity, values in getattr(whole, name).items():
            assert np.allclose(getattr(found, name)[quantity], values, rtol=1e-10, atol=1e-12), name
    assert np.allclose(found.block_sum["gradient_power"], whole.block_sum["gradient_power"], rtol=1e-13)


# -- the ledger


@pytest.fixture(scope="module")
def leaves():
    """The shards' bytes of a plan of one cell with 6 leaves, and the digest of their sum."""
    plan = read({**GRID, "methods": "adopt", "horizons": 4})
    cut = Cut(plan, list(cells(plan)))
    data = [compute(task(cut, cut.shard(k))) for k in range(cut.total)]
    whole = tree_sum(from_bytes(d, 2, 4, 1, 32) for d in data)
    return plan, data, hashlib.sha256(whole.to_bytes()).hexdigest()


@settings(deadline=None, max_examples=15)
@given(order=st.permutations(range(6)), cuts=st.sets(st.integers(1, 5)))
def test_the_order_of_arrival_does_not_show(leaves, tmp_path_factory, order, cuts):
    plan, data, expected = leaves
    path = tmp_path_factory.mktemp("ledger") / "l.sqlite"
    edges = [0, *sorted(cuts), 6]
    for start, stop in itertools.pairwise(edges):
        with Ledger(path, plan, environment()) as ledger:
            batch = [(k, data[k]) for k in order[start:stop]]
            assert ledger.commit(batch) == stop - start
            assert ledger.commit(batch) == 0  # a shard that comes twice is counted once
            assert ledger.remaining() == 6 - stop
    assert digest(path, plan) == expected


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_the_shards_size_does_not_show(leaves, tmp_path, size):
    plan, _, expected = leaves
    plan = read({**json.loads(plan.canonical()), "shard_runs": size * LEAF_RUNS})
    sweep(plan, tmp_path / "l.sqlite", HERE)
    assert digest(tmp_path / "l.sqlite", plan) == expected


def test_the_ledger_stays_small(leaves, tmp_path):
    """Sums of neighbours replace them: at most one node for each bit of the number of leaves."""
    plan, data, _ = leaves
    with Ledger(tmp_path / "l.sqlite", plan, environment()) as ledger:
        for k in range(6):
            ledger.commit([(k, data[k])])
            nodes = ledger._database.execute("SELECT count(*) FROM node").fetchone()[0]
            assert nodes == (k + 1).bit_count() if k < 5 else nodes == 1


def test_a_ledger_belongs_to_one_plan_and_names_what_differs(leaves, tmp_path):
    plan, data, _ = leaves
    path = tmp_path / "l.sqlite"
    with Ledger(path, plan, environment()) as ledger:
        ledger.commit([(0, data[0])])
        with pytest.raises(LedgerError, match="5 of 6 shards are still to do"):
            list(ledger.results())
    other = read({**json.loads(plan.canonical()), "runs": 3, "seeds": 9})
    with pytest.raises(
        LedgerError, match=r"another plan: runs \(5220 there, 3 here\), seeds \(\[1\] there, \[9\] here\); use"
    ):
        Ledger(path, other, environment())
    elsewhere = environment() | {"torch": "2.0.0"}
    with pytest.raises(LedgerError, match=r"begun where the bits may differ: torch \(.* there, 2\.0\.0 here\)"):
        Ledger(path, plan, elsewhere)
    assert stored_plan(path) == plan


def test_what_is_no_ledger_is_refused(leaves, tmp_path):
    plan = leaves[0]
    (tmp_path / "text").write_text("not a database, and long enough to be looked at as if it were one" * 20)
    for path, complaint in (
        (tmp_path / "text", "file is not a database; it is damaged or no ledger"),
        (tmp_path / "no" / "l", "unable to open"),
    ):
        with pytest.raises(LedgerError, match=complaint):
            Ledger(path, plan, environment())
    with pytest.raises(LedgerError, match="is no ledger of a sweep"):
        stored_plan(tmp_path / "text")
    with pytest.raises(LedgerError, match="no such ledger"):
        stored_plan(tmp_path / "absent")


def test_an_altered_ledger_is_noticed(leaves, tmp_path):
    plan, data, _ = leaves
    path = tmp_path / "l.sqlite"
    with Ledger(path, plan, environment()) as ledger:
        ledger.commit(enumerate(data))
        whole = ledger._database.execute("SELECT partial FROM node").fetchone()[0]
        place = len(whole) - 9
        changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        for written, complaint in (
            (changed, "the bits differ from those written"),
            (data[0], "the bits differ from those written"),
            (whole[8:], "bytes where"),
        ):
            ledger._database.execute("UPDATE node SET partial = ?", (written,))
            with pytest.raises(LedgerError, match=f"cell 0: .*{complaint}"):
                list(ledger.results())
        ledger._database.execute("UPDATE node SET partial = ?, checksum = ?", (data[0], zlib.crc32(data[0])))
        with pytest.raises(LedgerError, match="cell 0 has 1024 runs where 5220 belong"):
            list(ledger.results())
        ledger._database.execute("DELETE FROM node")
        with pytest.raises(LedgerError, match="cell 0 has 0 results where 1 belongs; it was altered"):
            list(ledger.results())


def test_a_changed_bit_is_noticed_before_a_neighbour_is_added_to_it(leaves, tmp_path):
    plan, data, _ = leaves
    with Ledger(tmp_path / "l.sqlite", plan, environment()) as ledger:
        ledger.commit([(0, data[0])])
        ledger._database.execute("UPDATE node SET partial = ?", (data[0][:-1] + b"?",))
        with pytest.raises(LedgerError, match="cell 0: the bits differ"):
            ledger.commit([(1, data[1])])


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("DELETE FROM meta WHERE key = 'plan'", "does not say what it is of; it was altered"),
        ("UPDATE meta SET value = 'text' WHERE key = 'environment'", "does not say what it is of; it was altered"),
        ("INSERT INTO todo VALUES (6, NULL)", "has 1 shards to do that the plan does not have; it was altered"),
        ("UPDATE meta SET value = 'adopt-sweep/1' WHERE key = 'format'", "has the format adopt-sweep/1; this version"),
    ],
)
def test_an_altered_ledger_is_not_opened(leaves, tmp_path, statement, complaint):
    path = tmp_path / "l.sqlite"
    with Ledger(path, leaves[0], environment()) as ledger:
        ledger._database.execute(statement)
    with pytest.raises(LedgerError, match=f"l.sqlite {complaint}"):
        Ledger(path, leaves[0], environment())


def test_a_stored_plan_that_cannot_be_read_is_named_with_its_file(leaves, tmp_path):
    path = tmp_path / "l.sqlite"
    with Ledger(path, leaves[0], environment()) as ledger:
        ledger._database.execute("UPDATE meta SET value = '{}' WHERE key = 'plan'")
    with pytest.raises(LedgerError, match=r"l\.sqlite: its plan cannot be read: the plan does not say problems"):
        stored_plan(path)


def test_a_worker_with_other_bits_is_refused(leaves):
    plan = leaves[0]
    cut = Cut(plan, list(cells(plan)))
    work = task(cut, cut.shard(0))
    other = replace(work, environment=tuple((environment() | {"instructions": "SSE"}).items()))
    with pytest.raises(ValueError, match=r"a worker differs from where the sweep was begun: instructions \(SSE there"):
        compute(other)


# -- results


def test_tables_open_in_pandas_and_polars_and_agree_with_the_rates(tmp_path):
    plan = read({**GRID, "horizons": [4, 8, 16, 32], "runs": 256, "measures": ["gradient_power", "gradient_square"]})
    sweep(plan, tmp_path / "l.sqlite", HERE)
    with Ledger(tmp_path / "l.sqlite", plan, environment()) as ledger:
        result = summarise(ledger, tmp_path)
        again = summarise(ledger, tmp_path / "again")
    assert result["digest"] == again["digest"]
    for name in ("measures", "rates", "steps"):
        assert (tmp_path / f"{name}.parquet").read_bytes() == (tmp_path / "again" / f"{name}.parquet").read_bytes()
        assert len(pandas.read_parquet(tmp_path / f"{name}.parquet")) == len(
            polars.read_parquet(tmp_path / f"{name}.parquet")
        )
    assert sorted(p.name for p in (tmp_path / "again").iterdir()) == [
        "measures.parquet",
        "rates.parquet",
        "steps.parquet",
    ]

    direct: list[Statistics] = [
        simulate(
            problem("hard_instance"),
            "adopt",
            cell.settings,
            256,
            cell.horizon,
            1,
            first_run=cell.first_run,
            tier="reference",
        )
        for cell in cells(plan)
        if cell.method == "adopt"
    ]
    rows = pandas.read_parquet(tmp_path / "measures.parquet").query(
        "method == 'adopt' and quantity == 'gradient_power'"
    )
    for found in direct:
        for k, (one, least) in enumerate(zip(measure(found, seed=1), minimum(found), strict=True)):
            (row,) = rows.query(f"horizon == {found.steps} and setting == {k}").to_dict("records")
            assert row["measure"] == pytest.approx(one.average, rel=1e-12)
            assert (row["low"], row["high"]) == pytest.approx(one.interval(), rel=1e-9)
            assert (row["minimum_low"], row["minimum_high"]) == pytest.approx((least.low, least.high), rel=1e-9)
    fit = fit_rate([measure(found, seed=1)[1] for found in direct])
    fits = polars.read_parquet(tmp_path / "rates.parquet").filter(
        (polars.col("method") == "adopt") & (polars.col("setting") == 1) & (polars.col("quantity") == "gradient_power")
    )
    assert fits["slope"].to_list() == pytest.approx([fit.slope], rel=1e-9)
    assert fits["beta2"].to_list() == [0.9]
    steps = polars.read_parquet(tmp_path / "steps.parquet").filter(
        (polars.col("method") == "adopt") & (polars.col("setting") == 1) & (polars.col("horizon") == 8)
    )
    assert steps["step"].to_list() == list(range(1, 9))
    assert np.allclose(steps["gap_kurtosis"], direct[1].kurtosis["gap"][1], rtol=1e-9)
    assert pandas.read_parquet(tmp_path / "measures.parquet").query("method == 'sgd'")["beta2"].isna().all()


def test_one_run_has_steps_but_no_intervals(tmp_path):
    plan = read({**GRID, "runs": 1})
    sweep(plan, tmp_path / "l.sqlite", HERE)
    with Ledger(tmp_path / "l.sqlite", plan, environment()) as ledger:
        result = summarise(ledger, tmp_path)
    assert [path.name for path in result["files"]] == ["steps.parquet"]


def test_a_leaf_s_moments_come_from_its_statistics():
    found = simulate(problem("hard_instance"), "sgd", [Setting(0.1)], 50, 3, 1, tier="reference")
    leaf = from_statistics(found, ["gradient_power"], 32)
    back = to_statistics(leaf, found.settings, ["gradient_power"])
    assert np.allclose(back.kurtosis["gradient_square"], found.kurtosis["gradient_square"], rtol=1e-12)


def test_spread_too_small_for_its_power_gives_no_warning_and_no_nan():
    """Where iterates converge to the minimiser σ² is soon below 1e-162, and σ⁴ is zero in float64."""
    made = partial_of(np.array([0.0, 1e-90, 3e-90, 0.0]))
    found = to_statistics(made, (Setting(0.1),), ["gradient_power"])
    assert found.variance["gap"][0, 0] == pytest.approx(2e-180)
    assert found.kurtosis["gap"].tolist() == [[0.0]]
    assert found.skewness["gap"].tolist() == [[pytest.approx(0.8164965809)]]  # (μ₃/σ³ of 0, 1, 3, 0) = 1.5/1.5^1.5
