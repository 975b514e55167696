"""The update rules as pure functions (`optim.core`) and as `torch.optim.Optimizer` classes."""

from optim.adopt import ADOPT

__all__ = ["ADOPT"]
