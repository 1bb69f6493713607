"""`convnext`: names all things that a scene shows. ConvNextForImageClassification, one place for 16 × 16 pixels.

Loss: for each thing, is it there or not (binary cross-entropy over the pooled picture), and, by a head that is not
exported, what is in each place of the last map.   Source: Liu et al., arXiv 2201.03545.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import ConvNextConfig, ConvNextForImageClassification
from transformers.models.convnext.image_processing_pil_convnext import ConvNextImageProcessorPil

from ..data import augment
from .data import ExpertScenes, choose
from .expert import Expert, Trained, average, over


class ConvNextExpert(Expert):
    name = "convnext"
    measured = "of the things in a scene, how many are among as many best answers"
    hub_class = ConvNextForImageClassification

    def make(self) -> Trained:
        names = self.drawn.meta["things"]
        labels = {"id2label": dict(enumerate(names)), "label2id": {name: i for i, name in enumerate(names)}}
        config = ConvNextConfig(**self.recipe.config, **labels, problem_type="multi_label_classification")
        hub = ConvNextForImageClassification(config)
        nn.init.constant_(hub.classifier.bias, -3.5)  # two or three of eighty are there
        return Trained(hub, patches=nn.Linear(config.hidden_sizes[-1], len(self.drawn.meta["classes"])))

    def batch(self, step: int, generator: torch.Generator) -> tuple:
        indices = choose(self.drawn, self.recipe.batch_size, generator)
        patches = torch.from_numpy(self.drawn.patches[indices]).long()
        values, patches = augment(self.drawn.rows(indices), patches, generator)
        things = torch.from_numpy(self.drawn.things[indices]).float()
        return values, things, coarse(patches)

    def losses(self, values: Tensor, things: Tensor, patches: Tensor):
        hub = self.model.hub
        with torch.autocast("cpu", torch.bfloat16):
            places = hub.convnext.encoder(hub.convnext.embeddings(values)).last_hidden_state  # [B, C, 8, 8]
            pooled = hub.convnext.layernorm(places.mean((2, 3)))
            logits = hub.classifier(pooled).float()
            tokens = F.layer_norm(places.flatten(2).transpose(1, 2), (places.shape[1],))
            named = self.model.heads["patches"](tokens).float()
        whole = F.binary_cross_entropy_with_logits(logits, things, reduction="none").sum(1).mean()
        ground = named.shape[2] - 1
        weight = torch.ones(ground + 1)
        weight[ground] = 0.2
        dense = F.cross_entropy(named.flatten(0, 1), patches.flatten(), weight=weight)
        loss = 0.2 * whole + self.recipe.weights["patches"] * dense
        return loss, {"named": whole.detach(), "places": dense.detach(), "recall": recall(logits.detach(), things).mean()}

    def scores(self, outputs: dict, batch: tuple) -> dict[str, float]:
        return {name: float(value) for name, value in outputs.items()}

    def evaluate(self, hub: ConvNextForImageClassification, scenes: ExpertScenes) -> dict:
        shown = np.flatnonzero(scenes.things.sum(1) > 0)
        logits = over(scenes, shown, lambda values: hub(pixel_values=values).logits)
        things = torch.from_numpy(scenes.things[shown]).float()
        precisions = [average_precision(logits[:, i].numpy(), scenes.things[shown, i]) for i in range(things.shape[1])]
        found = ((logits > 0) & (things > 0)).sum().item()
        said = (logits > 0).sum().item()
        return {
            **average(recall(logits, things).numpy()),
            "meanAveragePrecision": round(float(np.nanmean(precisions)), 4),
            "aboveHalf": {"precision": round(found / max(1, said), 4), "recall": round(found / things.sum().item(), 4)},
            "byCount": {
                str(count): round(float(recall(logits, things)[things.sum(1) == count].mean()), 4)
                for count in sorted(set(things.sum(1).int().tolist()))
            },
        }

    def chance(self, scenes: ExpertScenes) -> float:
        shown = scenes.things.sum(1)
        return round(float(shown[shown > 0].mean() / scenes.things.shape[1]), 4)

    def save_processor(self, folder: Path) -> None:
        ConvNextImageProcessorPil(
            size={"shortest_edge": 128}, crop_pct=1.0, resample=3, image_mean=[0.5] * 3, image_std=[0.5] * 3
        ).save_pretrained(folder)


def coarse(patches: Tensor) -> Tensor:
    """Classes of 16 × 16 patches -> of 8 × 8: a thing wherever one of the four has one (ground is the last class)."""
    return patches.view(-1, 8, 2, 8, 2).amin((2, 4)).flatten(1)


def recall(logits: Tensor, things: Tensor) -> Tensor:
    """Of the k things in each scene, the share that is among the k best answers."""
    order = logits.argsort(1, descending=True)
    count = things.sum(1, keepdim=True)
    among = torch.arange(logits.shape[1])[None] < count
    return (things.gather(1, order) * among).sum(1) / count[:, 0].clamp(min=1)


def average_precision(scores: np.ndarray, truth: np.ndarray) -> float:
    ranked = truth[np.argsort(-scores, kind="stable")]
    if ranked.sum() == 0:
        return float("nan")
    return float((np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked > 0].mean())
