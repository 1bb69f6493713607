"""Scenes on disk, mapped into memory, and what is done to a batch of them.

`npm run scenes -- --split S --count N --things 1 --out DIR` writes pixels.u8 [N, 128, 128, 3], labels.u8 [N],
patches.i16 [N, 64] (the class in each patch, -1 for ground), styles.u8 [N] and meta.json.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

SIZE = 128
PATCHES = 64


@dataclass
class Scenes:
    pixels: list[np.ndarray]  # a part each: uint8 [n, 128, 128, 3]
    starts: np.ndarray  # the first index of each part
    labels: np.ndarray  # int64 [N]
    patches: np.ndarray  # int64 [N, 64]
    styles: np.ndarray  # uint8 [N]
    meta: dict

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, indices: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """indices [B] -> uint8 [B, 128, 128, 3], labels [B], patch classes [B, 64]."""
        pixels = gather(self.pixels, self.starts, indices)
        return pixels, torch.from_numpy(self.labels[indices]), torch.from_numpy(self.patches[indices])


def gather(parts: list[np.ndarray], starts: np.ndarray, indices: np.ndarray) -> Tensor:
    """Rows of pictures that lie in several files: uint8 [B, 128, 128, 3]."""
    pixels = np.empty((len(indices), SIZE, SIZE, 3), np.uint8)
    for row, (part, index) in enumerate(zip(np.searchsorted(starts, indices, side="right") - 1, indices)):
        pixels[row] = parts[part][index - starts[part]]
    return torch.from_numpy(pixels)


def open_scenes(folders: list[Path]) -> Scenes:
    if not folders:
        raise SystemExit("scenes: expected at least one folder of scenes, got none; `python -m training scenes` draws them")
    metas = [json.loads((folder / "meta.json").read_text()) for folder in folders]
    labels = [np.fromfile(folder / "labels.u8", np.uint8).astype(np.int64) for folder in folders]
    counts = [len(part) for part in labels]
    return Scenes(
        pixels=[np.memmap(f / "pixels.u8", np.uint8, "r", shape=(n, SIZE, SIZE, 3)) for f, n in zip(folders, counts)],
        starts=np.cumsum([0, *counts[:-1]]),
        labels=np.concatenate(labels),
        patches=np.concatenate([np.fromfile(f / "patches.i16", np.int16).reshape(-1, PATCHES) for f in folders]).astype(
            np.int64
        ),
        styles=np.concatenate([np.fromfile(f / "styles.u8", np.uint8) for f in folders]),
        meta=metas[0],
    )


def normalise(pixels: Tensor) -> Tensor:
    """uint8 [B, S, S, 3] -> [B, 3, S, S] in -1 to 1: what preprocessor_config.json says, for a picture of the right size."""
    return pixels.permute(0, 3, 1, 2).float().div_(127.5).sub_(1)


def colours(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A random colour map for each sample, as a matrix [B, 3, 3] and an offset [B, 3, 1] on values in -1 to 1.

    Half of the samples keep their colours: the generator has already drawn some in odd ones. For the others,
    saturation and a mix of channels (a turn of the hue), contrast and brightness, at times black and white.
    """
    uniform = lambda *shape: torch.rand(*shape, generator=generator)  # noqa: E731
    grey = torch.full((3, 3), 1 / 3)
    saturation = 0.4 + 1.2 * uniform(count, 1, 1)
    saturation[uniform(count, 1, 1) < 0.1] = 0
    matrix = saturation * torch.eye(3) + (1 - saturation) * grey
    mix = torch.eye(3) + 0.12 * torch.randn(count, 3, 3, generator=generator)
    contrast = 0.7 + 0.6 * uniform(count, 1, 1)
    offset = 0.3 * (uniform(count, 1, 1) - 0.5) + 0.15 * (uniform(count, 3, 1) - 0.5)
    matrix = (mix / mix.sum(2, keepdim=True)) @ matrix * contrast
    untouched = uniform(count) < 0.5
    matrix[untouched] = torch.eye(3)
    offset[untouched] = 0
    return matrix, offset


def augment(pixels: Tensor, patches: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """uint8 [B, S, S, 3] and patch classes [B, g · g] -> values [B, 3, S, S] and patch classes: half of them mirrored.

    Samples come in random order, so a slice of the batch is a random part of it.
    """
    b, count = patches.shape
    side = round(count**0.5)
    flipped = patches.view(b, side, side).clone()
    flipped[: b // 2] = flipped[: b // 2].flip(2)
    planes = pixels.permute(0, 3, 1, 2).contiguous()
    planes[: b // 2] = planes[: b // 2].flip(3)
    return recolour(planes, generator), flipped.view(b, count)


def recolour(planes: Tensor, generator: torch.Generator) -> Tensor:
    """uint8 [B, 3, S, S] -> values in -1 to 1 in other colours; a few are blurred, a few get thicker dark lines."""
    b = len(planes)
    matrix, offset = colours(b, generator)
    # In -1 to 1 at the end: matrix · (p / 127.5 - 1) + offset, in one product over whole planes.
    offset = offset - matrix.sum(2, keepdim=True)
    values = torch.baddbmm(offset, matrix / 127.5, planes.view(b, 3, -1).float()).clamp_(-1, 1).view(planes.shape)
    few = b // 16
    first = int(torch.randint(0, b - 2 * few + 1, (1,), generator=generator))
    soft, inked = values[first : first + few], values[first + few : first + 2 * few]
    soft.copy_(F.avg_pool2d(soft, 3, stride=1, padding=1, count_include_pad=False))
    inked.copy_(-F.max_pool2d(-inked, 3, stride=1, padding=1))  # dark lines grow
    return values
