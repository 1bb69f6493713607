"""The task for training/trainer.py: answer questions about pictures, with the parts trained that a stage names."""

import copy
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..experts.data import SPLITS, ExpertScenes
from ..trainer import run_training
from ..vlm.questions import Question, fresh_scenes, questions_of
from ..vlm.rows import Prompts, Rows, pack
from ..vlm.scores import exact
from .config import build, eagle_config, load_parts, merged
from .features import Features
from .model import Eagle
from .recipe import PROJECTOR, SHIPPED, TOWERS, Stage, settings


class Parts:
    """Where experts, language model and runs lie, where the model is shipped, and the scenes."""

    def __init__(
        self, experts: dict[str, Path], language: Path, data: dict[str, ExpertScenes], runs: Path, out: Path, quick: bool
    ):
        self.experts, self.language, self.data, self.runs, self.quick = experts, language, data, runs, quick
        self.out = out
        self.asked: dict[tuple[str, int], list[list[Question]]] = {}

    def scenes(self, split: str) -> ExpertScenes:
        """Of `train`, `test`, `heldout`, or of `fresh-1`, `fresh-2`: training scenes for the last stages, drawn when first
        asked for."""
        kind, _, round_ = split.partition("-")
        if kind == "fresh" and split not in self.data:
            self.data[split] = fresh_scenes(self.quick, int(round_))
        return self.data[split]

    def questions(self, split: str, count: int) -> list[list[Question]]:
        """Of the first `count` scenes."""
        if (split, count) not in self.asked:
            self.asked[split, count] = questions_of(self.scenes(split), count)
        return self.asked[split, count]


def begin(stage: Stage, parts: Parts) -> tuple[Eagle, Prompts]:
    """The model as it is before the stage's first step."""
    torch.manual_seed(stage.seed)
    model, prompts = build(eagle_config(stage, parts.experts, parts.language), parts.language)
    load_parts(model, parts.experts, parts.language)
    starts = [start.partition(":") for start in stage.start]
    states = [(average_of(parts.runs / name) if name != SHIPPED else shipped(parts), part) for name, _, part in starts]
    anew = tuple(f"{TOWERS}.{name}." for name in stage.renewed)
    kept = [({name: weight for name, weight in state.items() if not name.startswith(anew)}, part) for state, part in states]
    model.load_state_dict(merged(model.state_dict(), kept))
    for name, weight in model.named_parameters():
        weight.requires_grad_(name.startswith(stage.trained))
    return model, prompts


def shipped(parts: Parts) -> dict[str, Tensor]:
    """The weights of the exported model, to train it longer when its runs are gone."""
    from .export import opened  # which needs this file

    return opened(parts.out)[0].state_dict()


def average_of(run: Path) -> dict[str, Tensor]:
    if not (run / "state.pt").exists():
        raise SystemExit(f"eagle: expected a finished stage in {run.name}, found none; train it first")
    return torch.load(run / "state.pt", weights_only=False)["average"]


class Answering:
    def __init__(self, stage: Stage, parts: Parts):
        self.stage = stage
        self.model, self.prompts = begin(stage, parts)
        self.split = f"fresh-{stage.fresh}" if stage.fresh else "train"
        drawn = parts.scenes(self.split)
        self.scenes = min(stage.scenes, len(drawn))
        new = all(":" in start and not start.endswith(f":{PROJECTOR}") for start in stage.start)
        cached = stage.frozen_experts and not stage.fresh
        self.features = Features(self.model, drawn, self.scenes, cached, parts.quick)
        self.unseen = {
            name: Features(self.model, parts.scenes(split), stage.eval_scenes, cached, parts.quick)
            for name, split in SPLITS.items()
        }
        self.asked = {name: parts.questions(split, stage.eval_scenes) for name, split in SPLITS.items()}
        self.taught = [
            [self.prompts.teach(q.question, q.answer) for q in questions]
            for questions in parts.questions(self.split, self.scenes)
        ]
        if new:
            self.scale_projectors()
        self.average = copy.deepcopy(self.model).eval()

    @torch.no_grad()
    def scale_projectors(self) -> None:
        """New projectors start where their inputs weigh alike and their outputs are as large as embeddings of words."""
        looks = self.features.batch(np.arange(min(64, self.scenes)))
        wanted = self.model.language_model.model.embed_tokens.weight.std()
        for projector, x in zip(self.model.multi_modal_projectors, self.model.sequences(*self.seen(self.model, looks))):
            x = x.flatten(0, 1).float()
            mean, deviation = x.mean(0), x.std(0).clamp(min=1e-3)
            width = x.shape[1]
            projector.linear_1.weight.copy_(torch.randn_like(projector.linear_1.weight) / (width**0.5 * deviation))
            projector.linear_1.bias.copy_(-projector.linear_1.weight @ mean)
            projector.linear_2.weight.mul_(wanted / projector(x).std())
            projector.linear_2.bias.zero_()

    def seen(self, model: Eagle, looks: list[Tensor]) -> tuple[list[Tensor], Tensor | None]:
        """Maps and, for who needs them, pixel values, from a batch of `Features`."""
        if self.features.maps is not None:
            count = len(self.features.maps)
            return [m.float() for m in looks[-count:]], looks[0] if len(looks) > count else None
        with torch.autocast("cpu", torch.bfloat16):
            return [m.float() for m in model.maps(looks[0])], looks[0]

    def batch(self, step: int, generator: torch.Generator) -> tuple:
        indices = self.order(step)
        rows = []
        for i in indices:
            order = torch.randperm(len(self.taught[i]), generator=generator).tolist()
            rows.append([self.taught[i][k] for k in order])
        packed = pack(rows, self.prompts, self.length, self.stage.said)
        return *self.features.batch(indices), *packed.tensors()

    @property
    def length(self) -> int:
        """More visual tokens, longer rows."""
        return self.stage.length + self.model.visual_tokens - 64

    def order(self, step: int) -> np.ndarray:
        """Every scene once before any comes again."""
        size, count = self.stage.batch_size, self.scenes
        places = np.arange(step * size, (step + 1) * size)
        passes = {k: np.random.default_rng([self.stage.seed, int(k)]).permutation(count) for k in np.unique(places // count)}
        return np.array([passes[at // count][at % count] for at in places])

    def said(self, model: Eagle, tensors: tuple[Tensor, ...]) -> Tensor:
        """-> logits [B, S, V]"""
        maps, pixels = self.seen(model, list(tensors[:-6]))
        with torch.autocast("cpu", torch.bfloat16):
            return model.logits(model.image_features(maps, pixels), *tensors[-6:-2]).float()

    def losses(self, *tensors: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.said(self.model, tensors)
        labels, weights = tensors[-2:]
        each = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none") * weights.flatten()
        right = (logits.argmax(-1) == labels) * weights
        return each.sum() / weights.sum(), right.sum() / weights.sum()

    def scores(self, right: Tensor, tensors: tuple) -> dict[str, float]:
        """The share of tokens of answers that it would say."""
        return {"accuracy": float(right)}

    def right(self, split: str) -> list[list[bool]]:
        """Of the average: which of the questions about the first scenes of a split it answers exactly."""

        def say(scenes: list[int], rows: Rows) -> Tensor:
            return self.said(self.average, (*self.unseen[split].batch(np.array(scenes)), *rows.tensors()))

        return exact(say, self.asked[split], self.prompts)

    def measure(self) -> dict[str, float]:
        flat = {name: [r for scene in self.right(name) for r in scene] for name in SPLITS}
        return {name: round(sum(right) / max(1, len(right)), 4) for name, right in flat.items()}

    def is_matrix(self, name: str, weight: Tensor) -> bool:
        return weight.ndim == 2 and any(part in name for part in ("layers.", "layer.", "stages.", "linear_"))


def train(name: str, stage: Stage, parts: Parts, threads: int, compiled: bool) -> Answering:
    """Writes <runs>/<name>/state.pt and log.json. A finished run is not repeated."""
    task = Answering(stage, parts)
    print(f"{name}: {', '.join(stage.experts)}; trained: {', '.join(stage.trained)}", flush=True)
    run_training(task, stage, settings(stage), parts.runs / name, threads, compiled)
    return task
