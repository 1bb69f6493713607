"""`dense`: says what is in every patch of 8 × 8 pixels. ViTForImageClassification, 16 × 16 patches.

The classifier answers for every token: for a patch, what covers most of it; for the class token, the item that covers
most patches. So `model.classifier(model.vit(x).last_hidden_state)` is a segmentation, and the checkpoint is an ordinary
classifier besides. In training, part of the patches is dropped, those of the ground first.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import ViTConfig, ViTForImageClassification

from ..data import augment
from .data import ExpertScenes, choose, kept_patches
from .expert import Expert, Trained, average, over, share_of
from .vit import save_vit_processor, tokens_of
from .warm_start import vit_weights


class DenseExpert(Expert):
    name = "dense"
    measured = "of the patches that show something, how many are named"
    hub_class = ViTForImageClassification

    def make(self) -> Trained:
        names = self.drawn.meta["classes"]
        labels = {"id2label": dict(enumerate(names)), "label2id": {name: i for i, name in enumerate(names)}}
        hub = ViTForImageClassification(ViTConfig(**self.recipe.config, layer_norm_eps=1e-6, **labels))
        if self.recipe.start:
            hub.vit.load_state_dict(vit_weights(self.recipe.start, hub.config), strict=False)
        return Trained(hub)

    def batch(self, step: int, generator: torch.Generator) -> tuple:
        indices = choose(self.drawn, self.recipe.batch_size, generator)
        patches = torch.from_numpy(self.drawn.patches[indices]).long()
        values, patches = augment(self.drawn.rows(indices), patches, generator)
        kept = None
        if not self.seen_whole(step):
            shown = (patches != len(self.drawn.meta["classes"]) - 1).float()
            kept = kept_patches(shown, self.recipe.kept_patches, generator)
        return values, patches, largest(patches, len(self.drawn.meta["classes"])), kept

    def losses(self, values: Tensor, patches: Tensor, biggest: Tensor, kept: Tensor | None):
        hub, weights = self.model.hub, self.recipe.weights
        with torch.autocast("cpu", torch.bfloat16):
            logits = hub.classifier(tokens_of(hub.vit, values, kept)).float()
        ground = logits.shape[2] - 1
        truth = patches if kept is None else patches.gather(1, kept)
        weight = torch.ones(ground + 1)
        weight[ground] = weights["ground"]
        dense = F.cross_entropy(logits[:, 1:].flatten(0, 1), truth.flatten(), weight=weight)
        whole = F.cross_entropy(logits[:, 0], biggest)
        right = share_of(logits[:, 1:].argmax(2) == truth, truth != ground)
        return dense + weights["largest"] * whole, {"patches": right.detach()}

    def scores(self, outputs: dict, batch: tuple) -> dict[str, float]:
        return {name: float(value) for name, value in outputs.items()}

    def evaluate(self, hub: ViTForImageClassification, scenes: ExpertScenes) -> dict:
        classes = hub.config.num_labels
        look = lambda values: hub.classifier(hub.vit(values).last_hidden_state).argmax(2)  # noqa: E731
        answers = over(scenes, np.arange(len(scenes)), look).numpy().astype(int)
        truth, said = scenes.patches.astype(int), answers[:, 1:]
        shown = truth != classes - 1
        has = shown.any(1)
        per_scene = ((said == truth) & shown).sum(1)[has] / shown.sum(1)[has]
        both = np.bincount((truth * classes + said).ravel(), minlength=classes**2).reshape(classes, classes)
        union = both.sum(0) + both.sum(1) - np.diag(both)
        present = both.sum(1) > 0
        biggest = largest(torch.from_numpy(truth), classes).numpy()
        return {
            **average(per_scene),
            "meanIntersectionOverUnion": round(float((np.diag(both) / np.maximum(1, union))[present].mean()), 4),
            "ground": round(float((said == truth)[~shown].mean()), 4),
            "somethingOrGround": round(float(((said != classes - 1) == shown).mean()), 4),
            "largestItem": round(float((answers[:, 0] == biggest)[has].mean()), 4),
        }

    def chance(self, scenes: ExpertScenes) -> float:
        return round(1 / (len(scenes.meta["classes"]) - 1), 4)

    def save_processor(self, folder: Path) -> None:
        save_vit_processor(folder)


def largest(patches: Tensor, classes: int) -> Tensor:
    """Of each scene, the class that covers most patches, ground apart. [B, N] -> [B]"""
    counts = F.one_hot(patches, classes).sum(1)
    return counts[:, :-1].argmax(1).where(counts[:, :-1].sum(1) > 0, torch.tensor(classes - 1))
