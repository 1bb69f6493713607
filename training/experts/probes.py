"""What frozen features are worth: neighbours, and a linear classifier in closed form."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


@torch.autocast("cpu", enabled=False)
def nearest(known: Tensor, labels: np.ndarray, new: Tensor, classes: int, k: int = 20) -> np.ndarray:
    """The label that most of the k nearest known rows have, weighed by likeness (cosine). -> [N]"""
    close = F.normalize(new, dim=1) @ F.normalize(known, dim=1).T
    like, index = close.topk(min(k, len(known)), dim=1)
    votes = torch.zeros(len(new), classes)
    votes.scatter_add_(1, torch.from_numpy(labels)[index], ((like - like[:, :1]) / 0.07).exp())
    return votes.argmax(1).numpy()


@torch.autocast("cpu", enabled=False)
def ridge(known: Tensor, labels: np.ndarray, new: Tensor, classes: int, strength: float = 1e-2) -> np.ndarray:
    """Least squares to one-hot labels on standardised features, with a penalty. -> [N]"""
    mean, deviation = known.mean(0), known.std(0) + 1e-6
    one = lambda x: torch.cat([(x - mean) / deviation, torch.ones(len(x), 1)], 1).double()  # noqa: E731
    x, y = one(known), F.one_hot(torch.from_numpy(labels), classes).double()
    solved = torch.linalg.solve(x.T @ x + strength * len(x) * torch.eye(x.shape[1]), x.T @ y)
    return (one(new) @ solved).argmax(1).numpy()
