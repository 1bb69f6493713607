"""Scenes as the image processor of Llama 3.2 Vision hands them over: a scene of 128 × 128 is 2 × 2 tiles of 64 × 64 pixels.

Equal to transformers' MllamaImageProcessor for pictures of these two sizes; a test says so.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from .config import GRIDS, PATCH, TILE, TILES
from .model import Pictures

WHOLE, SMALL = GRIDS.index((2, 2)) + 1, GRIDS.index((1, 1)) + 1  # aspect ratio ids


def pictures_of(pixels: Tensor, small: Tensor | None = None) -> Pictures:
    """uint8 [B, 128, 128, 3]; `small` [B]: which are shown at half their size. The patches of tiles that are none are 0."""
    b = len(pixels)
    patches = in_patches(pixels, 2)
    ids, empty = torch.full((b,), WHOLE), torch.zeros(b, TILES)
    if small is not None and small.any():
        values = pixels[small].permute(0, 3, 1, 2).float()
        half = F.avg_pool2d(values, 2).round().to(torch.uint8).permute(0, 2, 3, 1)
        patches[small] = 0
        patches[small, :1] = in_patches(half, 1)
        ids[small], empty[small, 1:] = SMALL, 1
    return Pictures(patches, ids, empty)


def in_patches(pixels: Tensor, side: int) -> Tensor:
    """uint8 [B, side · 64, side · 64, 3] -> normalised [B, side · side, 64, 3 · 8 · 8], tiles and patches row by row."""
    b, n = len(pixels), TILE // PATCH
    values = pixels.view(b, side, n, PATCH, side, n, PATCH, 3).permute(0, 1, 4, 2, 5, 7, 3, 6)
    return values.reshape(b, side * side, n * n, 3 * PATCH * PATCH).float().div_(127.5).sub_(1)
