"""ADOPT in JAX as its users would write it: jit, lax.scan over CHUNK steps, runs batched, buffers donated.

The noise of a chunk is drawn before its scan: inside the scan it was slower with both generators.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from benchmarks.engine.cases import ALPHA, BETA1, BETA2, EPS, SEED, TOY_K, AbsentError, Case, Means, Run, start_of

CHUNK = 128
NOISE_BYTES = 1 << 26
"""Larger noise is drawn step by step inside the scan."""


def prepare(case: Case, generator: str) -> Run:
    """See `cases.Run`; `generator` is "threefry2x32" or "rbg". Raises AbsentError without jax."""
    try:
        import jax
    except ImportError:
        raise AbsentError("jax is not installed") from None
    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    shape, dtype = (case.runs, case.dimension), jnp.dtype(case.dtype)
    toy, wide = case.problem == "A", case.runs * case.dimension * 8 * CHUNK <= NOISE_BYTES

    def draw(key: Any, shape: tuple[int, ...]) -> Any:
        if case.problem == "Bn":
            return jax.random.normal(key, shape, dtype)
        p = 1 / TOY_K if toy else 0.5
        high, low = (TOY_K**2, -TOY_K) if toy else (1, -1)
        return jnp.where(jax.random.bernoulli(key, p, shape), dtype.type(high), dtype.type(low))

    def step(carry: tuple[Any, ...], key: Any, noise: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        theta, m, v = carry
        noise = draw(key, shape) if noise is None else noise
        slope = jnp.ones_like(theta) if toy else jnp.tanh(theta)
        g = noise if toy else slope + noise
        m = BETA1 * m + (1 - BETA1) * (g / jnp.maximum(jnp.sqrt(v), EPS))
        v = BETA2 * v + (1 - BETA2) * (g * g)
        moved = theta - ALPHA * m
        if toy:
            gap = theta.sum(-1) + 1
            return (jnp.clip(moved, -1, 1), m, v), (gap.mean(), (gap * gap).mean())
        square = (slope * slope).sum(-1)
        power = jnp.square(jnp.cbrt(square))
        means = square.mean(), (square * square).mean(), power.mean(), (power * power).mean()
        return (moved, m, v), means

    @functools.partial(jax.jit, donate_argnums=0)
    def chunk(carry: tuple[Any, ...], key: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        if wide:
            return jax.lax.scan(lambda c, z: step(c, None, z), carry, draw(key, (CHUNK, *shape)))
        return jax.lax.scan(lambda c, k: step(c, k, None), carry, jax.random.split(key, CHUNK))

    @jax.jit
    def begin(key: Any) -> tuple[Any, ...]:
        theta = jnp.full(shape, start_of(case), dtype)
        g = draw(key, shape) if toy else jnp.tanh(theta) + draw(key, shape)
        return theta, jnp.zeros_like(theta), g * g

    def run(steps: int) -> Means:
        keys = jax.random.split(jax.random.key(SEED, impl=generator), -(-steps // CHUNK) + 1)
        carry, parts = begin(keys[0]), []
        for key in keys[1:]:
            carry, means = chunk(carry, key)
            parts.append(means)
        joined = [np.concatenate([np.asarray(part[k], dtype=float) for part in parts]) for k in range(len(parts[0]))]
        return {"gap": joined[0]} if toy else {"gradient_square": joined[0], "gradient_power": joined[2]}

    return run
