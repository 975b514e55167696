"""A loop over torch.optim.Adam, all runs as one parameter: what one would write without an engine."""

from __future__ import annotations

from benchmarks.engine.cases import ALPHA, BETA1, BETA2, EPS, SEED, TOY_K, Case, Means, Run, start_of


def prepare(case: Case) -> Run:
    """See `cases.Run`. The method is Adam: its means differ from ADOPT's, and are compared with the engine's Adam."""
    import torch

    dtype, toy = getattr(torch, case.dtype), case.problem == "A"
    shape = (case.runs, case.dimension)

    def noise(generator: torch.Generator) -> torch.Tensor:
        if case.problem == "Bn":
            return torch.randn(shape, dtype=dtype, generator=generator)
        uniform = torch.rand(shape, dtype=dtype, generator=generator)
        return torch.where(uniform < 1 / TOY_K, TOY_K**2, -TOY_K) if toy else torch.where(uniform < 0.5, 1.0, -1.0)

    def run(steps: int) -> Means:
        generator = torch.Generator().manual_seed(SEED)
        theta = torch.full(shape, start_of(case), dtype=dtype, requires_grad=True)
        optimizer = torch.optim.Adam([theta], lr=ALPHA, betas=(BETA1, BETA2), eps=EPS)
        rows: list[torch.Tensor] = []
        with torch.no_grad():
            for _ in range(steps):
                if toy:
                    gap = theta.sum(-1) + 1
                    rows.append(torch.stack([gap.mean(), gap.square().mean()]))
                    theta.grad = noise(generator).to(dtype)
                else:
                    slope = theta.tanh()
                    square = (slope * slope).sum(-1)
                    power = square.pow(2 / 3)
                    rows.append(
                        torch.stack([square.mean(), square.square().mean(), power.mean(), power.square().mean()])
                    )
                    theta.grad = slope + noise(generator).to(dtype)
                optimizer.step()
                if toy:
                    theta.clamp_(-1.0, 1.0)
        means = torch.stack(rows).double().numpy()
        return {"gap": means[:, 0]} if toy else {"gradient_square": means[:, 0], "gradient_power": means[:, 2]}

    return run
