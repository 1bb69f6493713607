"""What frozen experts see of each scene, computed once: maps in f16 under training/data/vlm/."""

import hashlib
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..data import normalise
from ..experts.data import ExpertScenes
from ..paths import DATA
from .model import Eagle, Tower

AT_ONCE = 32


def fingerprint(tower: Tower) -> str:
    """Of the weights: other weights, other features."""
    digest = hashlib.sha256()
    for name, value in sorted(tower.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.contiguous().numpy().tobytes())
    return digest.hexdigest()[:12]


@torch.no_grad()
def expert_maps(name: str, tower: Tower, scenes: ExpertScenes, count: int, folder: Path) -> np.ndarray:
    """The native maps of the first `count` scenes: f16 [count, C, h, w], mapped into memory."""
    with torch.autocast("cpu", torch.bfloat16):
        shape = tuple(tower.native_map(normalise(scenes.rows(np.arange(1)))).shape[1:])
    path = folder / f"{name}-{fingerprint(tower)}-{scenes.folders[0].name}-{count}.f16"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        began = time.time()
        writing = np.memmap(path.with_suffix(".part"), np.float16, "w+", shape=(count, *shape))
        for start in range(0, count, AT_ONCE):
            rows = np.arange(start, min(start + AT_ONCE, count))
            with torch.autocast("cpu", torch.bfloat16):
                writing[rows] = tower.native_map(normalise(scenes.rows(rows))).half().numpy()
        writing.flush()
        path.with_suffix(".part").rename(path)
        print(f"features of {name}, {count} scenes: {time.time() - began:.0f} s", flush=True)
    return np.memmap(path, np.float16, "r", shape=(count, *shape))


class Features:
    """Maps of every expert of a model for the first scenes of a split: cached, if the experts are frozen."""

    def __init__(self, model: Eagle, scenes: ExpertScenes, count: int, cached: bool, quick: bool):
        self.scenes, self.model = scenes, model
        folder = DATA / "vlm" / ("quick" if quick else "full")
        self.maps = (
            [expert_maps(name, tower, scenes, count, folder) for name, tower in model.vision_towers.items()]
            if cached
            else None
        )

    def batch(self, indices: np.ndarray) -> list[Tensor]:
        """Pixel values [B, 3, 128, 128], if experts or llava_hr look at them; then maps in f16, if they are cached."""
        pixels = [] if self.maps and self.model.strategy != "llava_hr" else [normalise(self.scenes.rows(indices))]
        return pixels + [torch.from_numpy(maps[indices]) for maps in self.maps or []]
