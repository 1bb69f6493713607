"""`dino` and `dino-registers`: learn from pictures alone. Dinov2Model, and Dinov2WithRegistersModel with four registers.

A student sees two large crops of a scene, with parts of them masked, and two small ones; the teacher, the running
average of the student, sees the large ones whole. Over a set of prototypes, the student has to say of each view what the
teacher says of the other large one (DINO), and of each masked patch what the teacher says of that patch (iBOT); a small
term keeps pictures apart (KoLeo). The teacher's answers are spread evenly over the prototypes by Sinkhorn and Knopp.
Sources: Caron et al., arXiv 2104.14294; Oquab et al., arXiv 2304.07193; Darcet et al., arXiv 2309.16588.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import Dinov2Config, Dinov2Model, Dinov2WithRegistersConfig, Dinov2WithRegistersModel
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil

from ..data import recolour
from ..evaluate import share
from .data import ExpertScenes, choose
from .expert import Expert, Trained, over
from .probes import nearest, ridge

LARGE, SMALL = 128, 64  # pixels along a side of a crop


class DinoExpert(Expert):
    name = "dino"
    measured = "scenes of one thing named by their nearest training scenes (k-NN of the class token)"
    hub_class = Dinov2Model
    config_class = Dinov2Config
    compiles = False  # torch 2.13: views of the teacher's weights, which change in place at every step

    def make(self) -> Trained:
        config = self.config_class(**self.recipe.config)
        hub = self.hub_class(config)
        nn.init.trunc_normal_(hub.embeddings.position_embeddings, std=0.02)
        return Trained(hub, views=Head(config.hidden_size, self.prototypes), patches=Head(config.hidden_size, self.prototypes))

    @property
    def prototypes(self) -> int:
        return self.recipe.weights["prototypes"]

    def batch(self, step: int, generator: torch.Generator) -> tuple:
        planes = self.drawn.rows(choose(self.drawn, self.recipe.batch_size, generator)).permute(0, 3, 1, 2).contiguous()
        views = [crop(planes, LARGE, (0.5, 1.0), generator) for _ in range(2)]
        views += [crop(planes, SMALL, (0.15, 0.4), generator) for _ in range(2)]
        patches = (LARGE // self.recipe.config["patch_size"]) ** 2
        # Half of the large views are masked, 10 to 50 % of their patches.
        share_ = (0.1 + 0.4 * torch.rand(2 * len(planes), 1, generator=generator)) * (
            torch.rand(2 * len(planes), 1, generator=generator) < 0.5
        )
        mask = torch.rand(2 * len(planes), patches, generator=generator) < share_
        return torch.cat(views[:2]), torch.cat(views[2:]), mask

    def losses(self, large: Tensor, small: Tensor, mask: Tensor):
        weights, student, teacher = self.recipe.weights, self.model, self.average
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                seen = teacher.hub(large).last_hidden_state
                wanted = teacher.heads["views"](seen[:, 0]).float()
                wanted_patches = teacher.heads["patches"](self.patch_tokens(seen)[mask]).float()
            masked = student.hub(large, bool_masked_pos=mask).last_hidden_state
            cls = torch.cat([masked[:, 0], student.hub(small).last_hidden_state[:, 0]])
            said = student.heads["views"](cls).float()
            said_patches = student.heads["patches"](self.patch_tokens(masked)[mask]).float()
        warm, cool = weights["student_temperature"], weights["teacher_temperature"]
        first, second = sinkhorn(wanted / cool).chunk(2)
        one, two, *others = (F.log_softmax(view / warm, 1) for view in said.chunk(4))
        pairs = [(first, two), (second, one), *((truth, view) for truth in (first, second) for view in others)]
        views = sum(-(truth * view).sum(1).mean() for truth, view in pairs) / len(pairs)
        patches = said.new_zeros(())
        if len(said_patches):
            truth = sinkhorn(wanted_patches / cool)
            patches = -(truth * F.log_softmax(said_patches / warm, 1)).sum(1).mean()
        apart = sum(koleo(view) for view in masked[:, 0].float().chunk(2)) / 2
        loss = views + weights["masked"] * patches + weights["spread"] * apart
        agree = (one.argmax(1) == second.argmax(1)).float().mean()
        return loss, {"views": views.detach(), "masked": patches.detach(), "agree": agree}

    def scores(self, outputs: dict, batch: tuple) -> dict[str, float]:
        return {name: float(value) for name, value in outputs.items()}

    def patch_tokens(self, hidden: Tensor) -> Tensor:
        """The tokens of the patches: after the class token and the registers."""
        return hidden[:, 1 + self.recipe.config.get("num_register_tokens", 0) :]

    def evaluate(self, hub: Dinov2Model, scenes: ExpertScenes) -> dict:
        bank, bank_labels = (part[:6000] for part in self.drawn.alone())
        indices, labels = scenes.alone()
        look = lambda values: hub(values).last_hidden_state  # noqa: E731
        pooled = lambda values: torch.cat([look(values)[:, 0], self.patch_tokens(look(values)).mean(1)], 1)  # noqa: E731
        known, new = over(self.drawn, bank, pooled), over(scenes, indices, pooled)
        d = known.shape[1] // 2
        classes = len(scenes.meta["things"])
        named = nearest(known[:, :d], bank_labels, new[:, :d], classes)
        probed = ridge(known, bank_labels, new, classes)
        return {**share(named == labels), "linearProbe": share(probed == labels), "bank": len(bank)}

    def chance(self, scenes: ExpertScenes) -> float:
        return round(1 / len(scenes.meta["things"]), 4)

    def save_processor(self, folder: Path) -> None:
        BitImageProcessorPil(
            size={"shortest_edge": 128}, crop_size={"height": 128, "width": 128}, image_mean=[0.5] * 3, image_std=[0.5] * 3
        ).save_pretrained(folder)


class DinoRegistersExpert(DinoExpert):
    name = "dino-registers"
    hub_class = Dinov2WithRegistersModel
    config_class = Dinov2WithRegistersConfig


class Head(nn.Module):
    """From a token to how much it is like each prototype: an MLP, a vector of length 1, prototypes of length 1."""

    def __init__(self, width: int, prototypes: int):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(width, 256), nn.GELU(), nn.Linear(256, 64))
        self.prototypes = nn.Parameter(torch.randn(prototypes, 64))

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(self.mlp(x).float(), dim=-1) @ F.normalize(self.prototypes, dim=1).T


@torch.no_grad()
def sinkhorn(scores: Tensor, rounds: int = 3) -> Tensor:
    """Answers [N, K] that sum to 1 each and use all prototypes equally."""
    answers = (scores - scores.max()).exp()
    for _ in range(rounds):
        answers = answers / answers.sum(0, keepdim=True).clamp(min=1e-12)
        answers = answers / answers.sum(1, keepdim=True).clamp(min=1e-12)
    return answers


def koleo(x: Tensor) -> Tensor:
    """Minus the logarithm of the distance to the nearest other row."""
    x = F.normalize(x, dim=1)
    close = (x @ x.T).detach().fill_diagonal_(-1).argmax(1)
    return -((x - x[close]).norm(dim=1) + 1e-6).log().mean()


def crop(planes: Tensor, side: int, area: tuple[float, float], generator: torch.Generator) -> Tensor:
    """A random part of each picture, half of them mirrored, in other colours. uint8 [B, 3, S, S] -> [B, 3, side, side]"""
    b = len(planes)
    uniform = lambda low, high: low + (high - low) * torch.rand(b, generator=generator)  # noqa: E731
    whole, ratio = uniform(*area), uniform(-0.25, 0.25).exp()
    wide, high = (whole * ratio).sqrt().clamp(max=1), (whole / ratio).sqrt().clamp(max=1)
    theta = torch.zeros(b, 2, 3)
    theta[:, 0, 0] = wide * torch.where(torch.rand(b, generator=generator) < 0.5, -1.0, 1.0)
    theta[:, 1, 1] = high
    theta[:, 0, 2] = uniform(-1, 1) * (1 - wide)
    theta[:, 1, 2] = uniform(-1, 1) * (1 - high)
    values = recolour(planes, generator)
    grid = F.affine_grid(theta, [b, 3, side, side], align_corners=False)
    return F.grid_sample(values, grid, padding_mode="border", align_corners=False)
