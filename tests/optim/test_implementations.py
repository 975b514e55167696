"""The for-loop, foreach and fused compute the same: property tests over shapes, dtypes, settings and gradients."""

import math
from itertools import product
from unittest import mock

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import optim
from optim import fused, implementations
from optim.core import METHODS

needs_compiler = pytest.mark.skipif(fused.library() is None, reason="no C compiler")

CLASSES = (optim.ADOPT, optim.Adam, optim.AMSGrad, optim.RMSprop, optim.AdaGrad, optim.Adamax, optim.SGD)
EVERY_CLASS = (*CLASSES, optim.AdaShift)  # AdaShift has no compiled form
DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16, torch.complex64, torch.complex128)
SHAPES = ((), (0,), (1,), (5,), (3, 4), (2, 3, 1, 2))
EXTREMES = (0.0, -0.0, 1.0, 1e30, -1e30, 1e-30, 1e-45, 5e-324, 1e308, -3e-310, math.inf, -math.inf, math.nan)


@st.composite
def options(draw, classes=EVERY_CLASS):
    """A class, its own options and the common ones."""
    cls = draw(st.sampled_from(classes))
    unit = st.sampled_from([0.0, 0.5, 0.9, 0.999])
    common = {
        "lr": draw(st.sampled_from([0.0, 1e-3, 0.5])),
        "weight_decay": draw(st.sampled_from([0.0, 0.1])),
        "decoupled_weight_decay": draw(st.booleans()),
        "maximize": draw(st.booleans()),
    }
    forms = st.sampled_from(["max", "sum", "inside"])
    own = {}
    if cls in (optim.ADOPT, optim.Adam, optim.AMSGrad, optim.Adamax, optim.AdaShift):
        own["betas"] = (draw(unit), draw(unit))
    if cls is optim.ADOPT:
        own["betas"] = (draw(unit), draw(st.sampled_from([0.0, 0.9, 1.0])))
        own["clip"] = draw(st.sampled_from([None, 1.0, (1.0, 0.25), (2.0, -0.5)]))
        own["start"] = draw(st.sampled_from(["algorithm_1", "algorithm_2"]))
        own["decorrelate"], own["normalize_first"] = draw(st.booleans()), draw(st.booleans())
    if cls is optim.AdaShift:
        own["delay"], own["block_max"] = draw(st.sampled_from([1, 3])), draw(st.booleans())
    if cls in (optim.Adam, optim.AMSGrad):
        own["bias_correction"] = draw(st.booleans())
    if cls in (optim.Adam, optim.AMSGrad, optim.RMSprop, optim.AdaGrad):
        own["denominator_form"] = draw(forms)
    if cls is not optim.SGD:
        own["eps"] = draw(st.sampled_from([1e-8, 1e-2, 1.0]))
    else:
        own["beta1"] = draw(unit)
    return cls, {**common, **own}


def run(cls, arguments, starts, gradients, **implementation):
    """Parameters and state after the gradients; a gradient of None skips its parameter at that step."""
    parameters = [torch.nn.Parameter(start.clone()) for start in starts]
    optimizer = cls(parameters, **arguments, **implementation)
    for step in gradients:
        for parameter, gradient in zip(parameters, step, strict=True):
            parameter.grad = None if gradient is None else gradient.clone()
        optimizer.step()
        for parameter, gradient in zip(parameters, step, strict=True):
            assert gradient is None or same(parameter.grad, gradient), "p.grad must never be changed"
    return [(p.detach(), optimizer.state.get(p, {})) for p in parameters]


def same(a, b):
    """Equal bits, but for the sign and payload of NaN."""
    a, b = (torch.view_as_real(t.resolve_conj()) if t.is_complex() else t for t in (a, b))
    return a.dtype == b.dtype and torch.equal(a.isnan(), b.isnan()) and torch.equal(a.nan_to_num(), b.nan_to_num())


def assert_same(one, other):
    for (p, state), (q, other_state) in zip(one, other, strict=True):
        assert same(p, q)
        assert list(state) == list(other_state)
        assert all(same(state[name], other_state[name]) for name in state)


@st.composite
def problems(draw):
    """Starts and gradients of a few parameters of mixed dtypes and shapes; some gradients extreme, some missing."""
    kinds = draw(st.lists(st.tuples(st.sampled_from(DTYPES), st.sampled_from(SHAPES)), min_size=1, max_size=4))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 999)))
    extreme = draw(st.lists(st.sampled_from(EXTREMES), max_size=3))
    missing = draw(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=6))

    def tensor(kind):
        value = torch.randn(kind[1], dtype=kind[0], generator=generator)
        flat = value.view(-1)
        for i, x in enumerate(extreme[: flat.numel()]):
            flat[i] = torch.tensor(x, dtype=torch.float64).to(kind[0])
        return value

    starts = [torch.randn(shape, dtype=dtype, generator=generator) for dtype, shape in kinds]
    gradients = [[None if (t, i) in missing else tensor(k) for i, k in enumerate(kinds)] for t in range(6)]
    return starts, gradients


@needs_compiler
@settings(max_examples=150, deadline=None, derandomize=True)
@given(options(CLASSES), problems())
def test_fused_is_the_loop_bit_for_bit(chosen, problem):
    cls, arguments = chosen
    loop = run(cls, arguments, *problem, fused=False)
    assert_same(loop, run(cls, arguments, *problem, fused=True))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(options(), problems())
def test_foreach_is_the_loop_bit_for_bit(chosen, problem):
    cls, arguments = chosen
    loop = run(cls, arguments, *problem, fused=False)
    assert_same(loop, run(cls, arguments, *problem, foreach=True))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(options(), problems())
def test_the_default_without_a_compiler_is_the_loop_bit_for_bit(chosen, problem):
    cls, arguments = chosen
    loop = run(cls, arguments, *problem, fused=False)
    with mock.patch.object(fused, "library", return_value=None), mock.patch.object(implementations, "BLOCK", 16):
        assert_same(loop, run(cls, arguments, *problem))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(options(), problems())
def test_a_tensor_step_is_the_loop_but_for_powers_of_t(chosen, problem):
    """What graph capture and torch.compile run: no Python number depends on the step."""
    cls, arguments = chosen
    loop, captured = (run(cls, arguments, *problem, fused=False, capturable=c) for c in (False, True))
    for (p, _), (q, _) in zip(loop, captured, strict=True):
        tolerance = {"rtol": 1e-6, "atol": 1e-7} if torch.finfo(p.dtype).bits <= 32 else {"rtol": 1e-12, "atol": 1e-14}
        if torch.finfo(p.dtype).bits == 16:
            tolerance = {"rtol": 1e-2, "atol": 1e-3}
        torch.testing.assert_close(p, q, equal_nan=True, **tolerance)


@pytest.mark.parametrize("implementation", [{"fused": False}, {"foreach": True}, {"capturable": True}, {}])
@pytest.mark.parametrize("clip", [1e300, (1e9, 500.0), (10**9, 1000), (1e300, 0.25)])
def test_a_threshold_beyond_the_precision_clips_nothing(clip, implementation):
    """c t^p leaves float32, then float64; before that it is far above every normalised gradient."""
    generator = torch.Generator().manual_seed(0)
    gradients = [[torch.randn(3, generator=generator), torch.full((2,), 1e30)] for _ in range(6)]
    gradients[3][1] = torch.tensor([math.inf, 1.0])
    starts = [torch.ones(3), torch.ones(2)]
    arguments = {"betas": (0.9, 0.5), "eps": 1e-3}
    clipped, free = (
        run(optim.ADOPT, {**arguments, "clip": c}, starts, gradients, **implementation) for c in (clip, None)
    )
    assert_same(clipped[:1], free[:1])
    loop = run(optim.ADOPT, {**arguments, "clip": clip}, starts, gradients, fused=False)
    if not implementation.get("capturable"):
        assert_same(clipped, loop)


@needs_compiler
def test_large_and_oddly_laid_out_tensors():
    """Beyond one block and one thread; transposed, channels-last, expanded and sliced parameters or gradients."""
    generator = torch.Generator().manual_seed(0)
    large = torch.randn(3 * implementations.BLOCK + 17, generator=generator)
    image = torch.randn(4, 3, 8, 8, generator=generator)
    starts = [
        large,
        torch.randn(300, 700, generator=generator).t(),
        image.to(memory_format=torch.channels_last),
        image,
        torch.randn(50, 60, generator=generator)[:, ::2],
    ]
    gradients = []
    for _ in range(3):
        g = [torch.randn(s.shape, generator=generator) for s in starts]
        g[1] = g[1].t().contiguous().t()
        g[3] = g[3].to(memory_format=torch.channels_last)
        g[4] = g[4][:1].expand(50, 30)
        gradients.append(g)
    for cls in (
        optim.SGD,
        optim.RMSprop,
        optim.ADOPT,
        optim.AMSGrad,
        optim.AdaShift,
    ):  # no state to three tensors; lists
        own = {"delay": 1} if cls is optim.AdaShift else {}
        loop = run(cls, own, starts, gradients, fused=False)
        assert_same(loop, run(cls, own, starts, gradients))
        assert_same(loop, run(cls, own, starts, gradients, foreach=True))
    views = [torch.nn.Parameter(s.clone(memory_format=torch.preserve_format)) for s in starts]
    optimizer = optim.ADOPT(views, fused=True)
    for p, g in zip(views, gradients[0], strict=True):
        p.grad = g
    optimizer.step()
    assert all(optimizer.state[p]["momentum"].stride() == p.stride() for p in views)


@pytest.mark.parametrize("implementation", [{"fused": False}, {"foreach": True}, {"capturable": True}, {}])
def test_lazily_conjugated_and_negated_tensors(implementation):
    """A gradient, and a real parameter, may carry the bit; a conjugated parameter is refused, as torch does."""
    z = torch.tensor([1 + 2j, 3 - 1j])
    lazy, plain = (run(optim.SGD, {}, [z], [[g]], **implementation) for g in (z.conj(), z.conj().resolve_conj()))
    assert_same(lazy, plain)
    negated = torch._neg_view(torch.tensor([1.0, -2.0]))
    assert negated.is_neg()
    assert negated.is_contiguous()
    parameter = torch.nn.Parameter(negated)
    parameter.grad = negated.clone()
    optim.SGD([parameter], lr=1.0, **implementation).step()
    assert parameter.tolist() == [0.0, 0.0]
    conjugated = torch.nn.Parameter(z.conj())
    conjugated.grad = z.clone()
    with pytest.raises(RuntimeError, match="unresolved conjugated"):
        optim.SGD([conjugated], **implementation).step()


def test_large_tensors_in_blocks_are_the_whole_at_once(monkeypatch):
    generator = torch.Generator().manual_seed(0)
    starts = [torch.randn(1000, generator=generator)]
    gradients = [[torch.randn(1000, generator=generator)] for _ in range(4)]
    whole = [run(cls, {}, starts, gradients, fused=False) for cls in EVERY_CLASS]
    monkeypatch.setattr(implementations, "BLOCK", 64)
    blocked = [run(cls, {}, starts, gradients, fused=False) for cls in EVERY_CLASS]
    for one, other in zip(whole, blocked, strict=True):
        assert_same(one, other)


@pytest.mark.parametrize("implementation", [{"fused": False}, {"foreach": True}, {"capturable": True}, {}])
def test_a_late_first_gradient_is_a_first_gradient(implementation):
    """Each parameter counts its own calls: one that starts late does what it would have done alone."""
    generator = torch.Generator().manual_seed(0)
    gradients = [[torch.randn(3, generator=generator) for _ in range(2)] for _ in range(8)]
    late = [[a, b if t >= 3 else None] for t, (a, b) in enumerate(gradients)]
    starts = [torch.ones(3), torch.ones(3)]
    for cls in EVERY_CLASS:
        (_, together) = run(cls, {}, starts, late, **implementation)
        (alone,) = run(cls, {}, starts[1:], [[b] for _, b in gradients[3:]], **implementation)
        assert_same([together], [alone])


@pytest.mark.parametrize("implementation", [{"fused": False}, {"foreach": True}, {}])
@pytest.mark.parametrize("first", [math.inf, -math.inf, math.nan, 1e30])
def test_a_first_gradient_that_is_not_finite_shows_at_the_next_step(first, implementation):
    """Left as it is, v_0 = inf would freeze the coordinate silently for ever. 1e30 overflows when squared."""
    gradients = [[torch.tensor([first, 1.0])], [torch.ones(2)], [torch.ones(2)]]
    ((p, state),) = run(optim.ADOPT, {}, [torch.zeros(2)], gradients[:1], **implementation)
    assert torch.equal(p, torch.zeros(2))
    assert state["second_moment"].isnan().tolist() == [True, False]
    ((p, _),) = run(optim.ADOPT, {}, [torch.zeros(2)], gradients, **implementation)
    assert p.isnan().tolist() == [True, False]


@pytest.mark.parametrize("implementation", [{"fused": False}, {"foreach": True}, {"capturable": True}, {}])
@pytest.mark.parametrize("gradient", [1.0, math.inf, math.nan])
def test_the_first_call_moves_nothing_whatever_the_gradient(gradient, implementation):
    for decorrelate, normalize_first, start in product((True, False), (True, False), ("algorithm_1", "algorithm_2")):
        flags = {"decorrelate": decorrelate, "normalize_first": normalize_first, "start": start}
        starts = [torch.tensor([1.5, -2.0])]
        ((p, _),) = run(optim.ADOPT, flags, starts, [[torch.full((2,), gradient)]], **implementation)
        assert torch.equal(p, starts[0])


@pytest.mark.parametrize("implementation", [{"fused": False}, {"foreach": True}, {"capturable": True}, {}])
@pytest.mark.parametrize("gradient", [math.inf, math.nan])
def test_adashift_moves_nothing_while_it_waits_whatever_the_gradient(gradient, implementation):
    gradients = [[torch.tensor([1.0, gradient])], [torch.ones(2)]]
    ((p, _),) = run(optim.AdaShift, {"delay": 2}, [torch.tensor([1.5, -2.0])], gradients, **implementation)
    assert p.tolist() == [1.5, -2.0]


@needs_compiler
def test_fused_says_what_it_cannot_do(monkeypatch):
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.grad = torch.ones(2)
    with pytest.raises(RuntimeError, match="adashift has no compiled form"):
        optim.AdaShift([parameter], fused=True).step()
    with pytest.raises(RuntimeError, match="`fused` and `foreach` cannot be `True` together"):
        optim.ADOPT([parameter], fused=True, foreach=True)
    with pytest.raises(RuntimeError, match="`fused` does not support `differentiable`"):
        optim.ADOPT([parameter], fused=True, differentiable=True)
    monkeypatch.setattr(fused, "library", lambda: None)
    with pytest.raises(RuntimeError, match="needs a C compiler"):
        optim.ADOPT([parameter], fused=True).step()
    optim.ADOPT([parameter]).step()
    assert torch.equal(parameter, torch.ones(2))


def test_without_a_compiler_the_library_is_none(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert fused.library.__wrapped__() is None


@needs_compiler
def test_a_compiler_that_fails_leaves_nothing_behind(monkeypatch, tmp_path):
    failing = tmp_path / "cc"
    failing.write_text("#!/bin/sh\nexit 1\n")
    failing.chmod(0o755)
    monkeypatch.setenv("CC", str(failing))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert fused.library.__wrapped__() is None
    assert list((tmp_path / "cache" / "adoptproof").iterdir()) == []


@needs_compiler
def test_a_cache_that_others_may_write_to_is_not_used(monkeypatch, tmp_path):
    folder = tmp_path / "adoptproof"
    folder.mkdir()
    folder.chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert fused.cache_folder() is None
    assert fused.library.__wrapped__() is not None
    assert list(folder.iterdir()) == []


@needs_compiler
def test_threads_of_its_own_give_the_same_bits(monkeypatch, tmp_path):
    """Where torch brings no OpenMP to share, fused.c starts threads; several batches and pieces of a large tensor."""
    monkeypatch.setattr(fused, "openmp", list)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    own = fused.library.__wrapped__()
    generator = torch.Generator().manual_seed(0)
    starts = [torch.randn(size, generator=generator) for size in (fused.BATCH, 7, fused.BATCH + 3, 200_000)]
    gradients = [[torch.randn(s.shape, generator=generator) for s in starts] for _ in range(2)]
    loop = run(optim.ADOPT, {}, starts, gradients, fused=False)
    with mock.patch.object(fused, "library", return_value=own):
        assert_same(loop, run(optim.ADOPT, {}, starts, gradients, fused=True))


@needs_compiler
def test_the_enums_of_fused_c_are_the_tables_of_fused_py():
    source = fused.SOURCE.read_text()
    assert f"enum {{ {', '.join(name.upper() for name in fused.METHODS)} }};" in source
    assert set(fused.METHODS) <= set(METHODS)
    assert f"BATCHES = {fused.BATCHES}," in source


@needs_compiler
def test_autograd_notices_a_fused_step():
    """The step writes memory behind torch's back; the version counter must still say so."""
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.grad = torch.ones(2)
    optimizer = optim.ADOPT([parameter], fused=True)
    loss = (parameter * parameter).sum()
    optimizer.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()
