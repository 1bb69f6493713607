"""The classifier's task for the trainer: `python -m training vit-classifier train`."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import ViTConfig

from .data import PATCHES, Scenes, augment, normalise, open_scenes
from .recipe import Recipe, settings
from .trainer import in_layers, learning_rate, optimizers, run_training  # noqa: F401: language imports them here
from .vit import TrainingViT


def vit_config(recipe: Recipe, names: list[str]) -> ViTConfig:
    return ViTConfig(
        hidden_size=recipe.hidden_size,
        num_hidden_layers=recipe.num_hidden_layers,
        num_attention_heads=recipe.num_attention_heads,
        intermediate_size=recipe.intermediate_size,
        image_size=recipe.image_size,
        patch_size=recipe.patch_size,
        layer_norm_eps=recipe.layer_norm_eps,
        id2label=dict(enumerate(names)),
        label2id={name: i for i, name in enumerate(names)},
    )


def losses(model: TrainingViT, values: Tensor, labels: Tensor, patches: Tensor, kept: Tensor | None, recipe: Recipe):
    """-> (loss to minimise, logits [B, K]). A patch without a thing has the last class, and weighs less."""
    with torch.autocast("cpu", torch.bfloat16):
        logits, patch_logits = model(values, kept)
    whole = F.cross_entropy(logits.float(), labels, label_smoothing=recipe.label_smoothing)
    if recipe.patch_loss == 0:
        return whole, logits
    classes = logits.shape[1]
    truth = (patches if kept is None else patches.gather(1, kept)).flatten()
    truth = torch.where(truth < 0, classes, truth)
    weight = torch.ones(classes + 1)
    weight[classes] = 0.2
    dense = F.cross_entropy(patch_logits.float().flatten(0, 1), truth, weight=weight)
    return whole + recipe.patch_loss * dense, logits


@torch.no_grad()
def accuracy(model: TrainingViT, scenes: Scenes, count: int) -> float:
    """Top-1 on the first `count` scenes."""
    model.eval()
    right = 0
    for start in range(0, min(count, len(scenes)), 250):
        pixels, labels, _ = scenes.batch(np.arange(start, min(start + 250, count, len(scenes))))
        with torch.autocast("cpu", torch.bfloat16):
            logits, _ = model(normalise(pixels))
        right += int((logits.argmax(1) == labels).sum())
    model.train()
    return right / min(count, len(scenes))


class Classifying:
    """See trainer.Task. data: folders of "train", "test" and "heldout" scenes."""

    def __init__(self, recipe: Recipe, data: dict[str, list[Path]]):
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.drawn, self.test, self.heldout = (open_scenes(data[split]) for split in ("train", "test", "heldout"))
        self.scenes = len(self.drawn)
        self.model = TrainingViT(vit_config(recipe, self.drawn.meta["things"]), recipe.drop_path)
        self.average = TrainingViT(self.model.config)
        self.average.load_state_dict(self.model.state_dict())

    def is_matrix(self, name: str, weight: Tensor) -> bool:
        return in_layers(name, weight)

    def batch(self, step: int, generator: torch.Generator) -> tuple:
        recipe = self.recipe
        indices = torch.randint(0, len(self.drawn), (recipe.batch_size,), generator=generator).numpy()
        pixels, labels, patches = self.drawn.batch(indices)
        values, patches = augment(pixels, patches, generator)
        kept = None
        if recipe.kept_patches < PATCHES and step < recipe.steps * (1 - recipe.whole):
            # Ground goes first: most of a scene is ground, and every patch costs the same.
            order = torch.rand(len(labels), PATCHES, generator=generator) - 0.6 * (patches >= 0)
            kept = order.argsort(1)[:, : recipe.kept_patches]
        return values, labels, patches, kept

    def losses(self, values: Tensor, labels: Tensor, patches: Tensor, kept: Tensor | None):
        return losses(self.model, values, labels, patches, kept, self.recipe)

    def scores(self, outputs: Tensor, batch: tuple) -> dict[str, float]:
        return {"accuracy": float((outputs.argmax(1) == batch[1]).float().mean())}

    def measure(self) -> dict[str, float]:
        count = self.recipe.eval_subset
        return {
            "training": accuracy(self.average, self.test, count),
            "heldOut": accuracy(self.average, self.heldout, count),
        }


def train(recipe: Recipe, data: dict[str, list[Path]], run: Path, threads: int, compiled: bool = False) -> None:
    torch.set_num_threads(threads)
    run_training(Classifying(recipe, data), recipe, settings(recipe), run, threads, compiled)
