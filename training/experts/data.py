"""Scenes of several things for the experts: drawn by scripts/expert-scenes.ts, mapped into memory."""

import json
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..data import SIZE, gather
from ..paths import DATA, ROOT
from .recipes import ExpertRecipe

PART = 10_000
GRID = 16  # patches of 8 pixels along a side
NO_LETTER = 255
SPLITS = {"training": "test", "heldOut": "heldout"}  # the name in eval.json: the split of scenes


@dataclass
class ExpertScenes:
    folders: list[Path]
    meta: dict
    pixels: list[np.ndarray]  # a part each: uint8 [n, 128, 128, 3]
    starts: np.ndarray  # the first index of each part
    things: np.ndarray  # uint8 [N, 80]: 1 for what is there
    patches: np.ndarray  # uint8 [N, 256]: classes of the patches of 8 × 8 pixels
    slots: np.ndarray  # uint8 [N, 256]: which letter of the sign's text is in the patch, NO_LETTER for none

    def __len__(self) -> int:
        return len(self.things)

    @cached_property
    def captions(self) -> list[list[str]]:
        """A few true ones of each scene."""
        return [line.split("\t") for line in self.lines("captions.txt")]

    @cached_property
    def texts(self) -> list[str]:
        """What the sign says; empty without a sign."""
        return self.lines("texts.txt")

    def lines(self, file: str) -> list[str]:
        return [line for folder in self.folders for line in (folder / file).read_text().split("\n")[:-1]]

    def rows(self, indices: np.ndarray) -> Tensor:
        """uint8 [B, 128, 128, 3]"""
        return gather(self.pixels, self.starts, indices)

    def alone(self) -> tuple[np.ndarray, np.ndarray]:
        """The scenes that show one thing: (their indices, the thing's class id)."""
        indices = np.flatnonzero(self.things.sum(1) == 1)
        return indices, self.things[indices].argmax(1)


def open_scenes(folders: list[Path]) -> ExpertScenes:
    def read(file: str, columns: int) -> np.ndarray:
        return np.concatenate([np.fromfile(folder / file, np.uint8).reshape(-1, columns) for folder in folders])

    meta = json.loads((folders[0] / "meta.json").read_text())
    pixels = [np.memmap(f / "pixels.u8", np.uint8, "r").reshape(-1, SIZE, SIZE, 3) for f in folders]
    return ExpertScenes(
        folders=folders,
        meta=meta,
        pixels=pixels,
        starts=np.cumsum([0, *(len(part) for part in pixels[:-1])]),
        things=read("things.u8", len(meta["things"])),
        patches=read("patches8.u8", GRID * GRID),
        slots=read("slots.u8", GRID * GRID),
    )


def draw_scenes(recipe: ExpertRecipe, quick: bool) -> dict[str, ExpertScenes]:
    """The scenes of each split of a recipe; folders that are complete are kept, others drawn."""
    train = training_folders(recipe.scenes, 0, recipe.train_scenes, quick)
    folders = {"train": train, "test": [], "heldout": []}
    for split in ("test", "heldout"):
        folders[split].append(drawn(quick) / f"{recipe.scenes}-{split}-{recipe.eval_scenes}")
        draw(recipe.scenes, split, recipe.eval_scenes, folders[split][0])
    return {split: open_scenes(parts) for split, parts in folders.items()}


def drawn(quick: bool) -> Path:
    return DATA / "experts" / ("quick" if quick else "full")


def training_folders(scenes: str, first: int, count: int, quick: bool) -> list[Path]:
    """Training scenes from seed `first` on, in folders of PART; what is not there is drawn."""
    folders = []
    for start in range(first, first + count, PART):
        part = min(PART, first + count - start)
        folders.append(drawn(quick) / f"{scenes}-train-{start:07d}-{part}")
        draw(scenes, "train", part, folders[-1], ["--augment", "--from", str(start)])
    return folders


def draw(scenes: str, split: str, count: int, folder: Path, extra: list[str] = []) -> None:
    if (folder / "meta.json").exists():  # written last
        return
    command = ["npx", "tsx", "scripts/expert-scenes.ts", "--split", split, "--count", str(count), "--out", str(folder)]
    subprocess.run([*command, *(["--signs"] if scenes == "signs" else []), *extra], cwd=ROOT, check=True)


def choose(scenes: ExpertScenes, count: int, generator: torch.Generator) -> np.ndarray:
    return torch.randint(0, len(scenes), (count,), generator=generator).numpy()


def kept_patches(interesting: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Which patches a model looks at in training: the interesting ones [B, N] first, others by chance. -> [B, count]"""
    order = torch.rand(interesting.shape, generator=generator) - 0.9 * interesting
    return order.argsort(1)[:, :count]
