"""What the experts have in common, and what each must say. `Expert` is a trainer.Task."""

import copy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from ..data import normalise
from .data import SPLITS, ExpertScenes
from .recipes import ExpertRecipe


class Trained(nn.Module):
    """The model of transformers that is exported, and heads that only training needs."""

    def __init__(self, hub: PreTrainedModel, **heads: nn.Module):
        super().__init__()
        self.hub = hub
        self.heads = nn.ModuleDict(heads)


class Expert:
    name: str
    measured: str  # what `accuracy` is, in a few words
    hub_class: type[PreTrainedModel]
    compiles = True  # whether torch.compile takes its losses

    def __init__(self, recipe: ExpertRecipe, data: dict[str, ExpertScenes]):
        self.recipe, self.data, self.drawn = recipe, data, data["train"]
        self.scenes = len(self.drawn)
        self.prepare()
        torch.manual_seed(recipe.seed)
        self.model = self.make()
        self.average = copy.deepcopy(self.model).eval()

    def prepare(self) -> None:
        """What has to be made from the training scenes before the model: a tokenizer."""

    def make(self) -> Trained:
        raise NotImplementedError

    def batch(self, step: int, generator: torch.Generator) -> tuple:
        raise NotImplementedError

    def losses(self, *batch):
        raise NotImplementedError

    def scores(self, outputs, batch: tuple) -> dict[str, float]:
        return outputs

    def evaluate(self, hub: PreTrainedModel, scenes: ExpertScenes) -> dict:
        """`accuracy`, `count`, `interval95` and what else is worth telling, of the model of transformers alone."""
        raise NotImplementedError

    def chance(self, scenes: ExpertScenes) -> float:
        """The accuracy of guessing without looking."""
        raise NotImplementedError

    def save_processor(self, folder: Path) -> None:
        raise NotImplementedError

    def is_matrix(self, name: str, weight: Tensor) -> bool:
        return weight.ndim == 2 and any(part in name for part in (".layer.", ".layers.", ".stages."))

    def measure(self) -> dict[str, float]:
        with torch.autocast("cpu", torch.bfloat16):
            few = {name: first(self.data[split], self.recipe.eval_subset) for name, split in SPLITS.items()}
            return {name: self.evaluate(self.average.hub, scenes)["accuracy"] for name, scenes in few.items()}

    def seen_whole(self, step: int) -> bool:
        """Whether this step looks at all patches."""
        return step >= self.recipe.steps * (1 - self.recipe.whole)


def first(scenes: ExpertScenes, count: int) -> ExpertScenes:
    """The first `count` scenes, of one folder."""
    part = ExpertScenes(
        folders=scenes.folders,
        meta=scenes.meta,
        pixels=[scenes.pixels[0][:count]],
        starts=scenes.starts[:1],
        things=scenes.things[:count],
        patches=scenes.patches[:count],
        slots=scenes.slots[:count],
    )
    part.captions, part.texts = scenes.captions[:count], scenes.texts[:count]
    return part


@torch.no_grad()
def over(scenes: ExpertScenes, indices: np.ndarray, look, size: int = 125) -> Tensor:
    """`look` of pixel values, batch by batch, put together."""
    batches = [indices[start : start + size] for start in range(0, len(indices), size)]
    return torch.cat([look(normalise(scenes.rows(batch))).float() for batch in batches])


def share_of(right: Tensor, among: Tensor) -> Tensor:
    """The share that is right of those among which it counts; without a shape that depends on values, for torch.compile."""
    return (right & among).sum() / among.sum().clamp(min=1)


def average(values: np.ndarray) -> dict:
    """The mean over scenes, and the 95 % interval of the mean (normal)."""
    mean = float(values.mean())
    half = 1.96 * float(values.std(ddof=1)) / len(values) ** 0.5
    return {"accuracy": round(mean, 4), "count": len(values), "interval95": [round(mean - half, 4), round(mean + half, 4)]}
