"""The update rules as pure functions (`optim.core`) and as `torch.optim.Optimizer` classes."""

from optim.adopt import ADOPT
from optim.coverage import Coverage
from optim.methods import SGD, AdaGrad, Adam, Adamax, AdaShift, AMSGrad, RMSprop

__all__ = ["ADOPT", "SGD", "AMSGrad", "AdaGrad", "AdaShift", "Adam", "Adamax", "Coverage", "RMSprop"]
