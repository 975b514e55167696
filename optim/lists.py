"""A list of tensors that `optim.core` computes with as if it were one; each operation is a `torch._foreach_*` call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from optim import core


class TensorList:
    """Tensors of one device and dtype, of any shapes, with the operations that `optim.core`'s functions use.

    Nothing is changed in place except by `copy_`.
    """

    def __init__(self, tensors: list[Tensor]) -> None:
        self.tensors = tensors

    @property
    def dtype(self) -> torch.dtype:
        """The tensors' common dtype."""
        return self.tensors[0].dtype

    def _binary(self, operation: Callable[..., Any], other: Any) -> TensorList:
        return TensorList(list(operation(self.tensors, other.tensors if isinstance(other, TensorList) else other)))

    def __add__(self, other: Any) -> TensorList:
        return self._binary(torch._foreach_add, other)

    def __sub__(self, other: Any) -> TensorList:
        return self._binary(torch._foreach_sub, other)

    def __mul__(self, other: Any) -> TensorList:
        return self._binary(torch._foreach_mul, other)

    def __truediv__(self, other: Any) -> TensorList:
        return self._binary(torch._foreach_div, other)

    def __neg__(self) -> TensorList:
        return TensorList(list(torch._foreach_neg(self.tensors)))

    def sqrt(self) -> TensorList:
        """Elementwise square root, correctly rounded on the CPU too."""
        if self.tensors[0].is_cpu:
            return TensorList([core.root(tensor) for tensor in self.tensors])
        return TensorList(list(torch._foreach_sqrt(self.tensors)))

    def abs(self) -> TensorList:
        """Elementwise absolute value."""
        return TensorList(list(torch._foreach_abs(self.tensors)))

    def maximum(self, other: TensorList) -> TensorList:
        """Elementwise maximum; NaN where either is NaN."""
        return self._binary(torch._foreach_maximum, other)

    def clamp(self, min: float, max: float | None = None) -> TensorList:
        """Elementwise clamp to float bounds; NaN stays NaN."""
        low = self._binary(torch._foreach_clamp_min, min)
        return low if max is None else low._binary(torch._foreach_clamp_max, max)

    def to(self, dtype: torch.dtype) -> TensorList:
        """The tensors in another dtype; themselves where they have it."""
        return TensorList([tensor.to(dtype) for tensor in self.tensors])

    def copy_(self, source: TensorList) -> None:
        """Overwrite the tensors with the values of ``source``."""
        torch._foreach_copy_(self.tensors, source.tensors)
