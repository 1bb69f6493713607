"""What every stage is given: the scenes, the model as it starts, the tokenizer, where runs and exports are."""

import copy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import LlamaConfig, PreTrainedTokenizerFast

from ..experts.data import ExpertScenes
from ..paths import MODELS, RUNS
from ..trainer import run_training
from ..vlm.questions import question_scenes
from ..vlm.rows import Prompts, Rows
from .model import TrainingMllama
from .pictures import pictures_of
from .recipe import FULL, QUICK, MllamaRecipe, settings
from .start import new_mllama, settled_start

TURN_END, TEXT_END = "<|eot_id|>", "<|end_of_text|>"


def stops_of(tokenizer: PreTrainedTokenizerFast) -> set[int]:
    """The tokens that end an answer."""
    return {tokenizer.convert_tokens_to_ids(token) for token in (TURN_END, TEXT_END)}


@dataclass
class Setup:
    quick: bool
    recipe: MllamaRecipe
    data: dict[str, ExpertScenes]  # "train", "test", "heldout"
    start: TrainingMllama  # as it is before its first step
    llama_config: LlamaConfig
    tokenizer: PreTrainedTokenizerFast
    run: Path
    out: Path
    threads: int
    compiled: bool

    def __post_init__(self) -> None:
        self.prompts = Prompts(self.tokenizer, visual_tokens=1)
        self.stops = stops_of(self.tokenizer)

    def after(self, stage: str) -> TrainingMllama:
        """The model as a stage left it: the running average."""
        model = copy.deepcopy(self.start)
        model.load_state_dict(self.state(stage)["average"])
        return model.eval()

    def state(self, stage: str) -> dict:
        path = self.run / stage / "state.pt"
        if not path.exists():
            raise SystemExit(f"mllama: expected {path}, which `python -m training mllama {stage.split('-')[0]}` writes, found none")
        return torch.load(path, weights_only=False)

    def train(self, task, stage: str, folder: str | None = None) -> None:
        """Resumes; a stage that is finished is not repeated."""
        folder = folder or stage
        print(f"mllama: {folder}", flush=True)
        what = settings(self.recipe, stage) | {"seed": task.recipe.seed}
        run_training(task, task.recipe, what, self.run / folder, self.threads)


def open_setup(quick: bool, threads: int, compiled: bool) -> Setup:
    torch.set_num_threads(threads)
    run = RUNS / "quick" / "mllama" if quick else RUNS / "mllama"
    recipe = QUICK if quick else FULL
    recipe = replace(recipe, start=settled_start(recipe, run))
    model, llama_config, tokenizer = new_mllama(recipe, quick)
    out = run / "export" if quick else MODELS / "mllama"
    return Setup(quick, recipe, question_scenes(quick, recipe.scenes), model, llama_config, tokenizer, run, out, threads, compiled)


class Speaker:
    """`say` of vlm.scores for the scenes of a split: what the encoder sees in each is computed once."""

    def __init__(self, model: TrainingMllama, scenes: ExpertScenes, exact: bool = False, small: bool = False, blind: bool = False):
        """`exact`: f32 instead of bf16; `small`: all pictures at half their size; `blind`: without pictures."""
        self.model, self.scenes, self.exact, self.small, self.blind = model, scenes, exact, small, blind
        self.seen: dict[int, tuple[Tensor, Tensor]] = {}

    @torch.no_grad()
    def __call__(self, indices: list[int], rows: Rows) -> Tensor:
        """-> logits [B, K, V]"""
        with torch.autocast("cpu", torch.bfloat16, enabled=not self.exact):
            return self.model.language_model.lm_head(self.hidden(indices, rows)).float()

    @torch.no_grad()
    def hidden(self, indices: list[int], rows: Rows) -> Tensor:
        states, empty = (None, None) if self.blind else self.look(indices)
        return self.model.read(states, empty, rows)

    def look(self, indices: list[int]) -> tuple[Tensor, Tensor]:
        new = [i for i in dict.fromkeys(indices) if i not in self.seen]
        if new:
            pictures = pictures_of(self.scenes.rows(np.array(new)), torch.ones(len(new), dtype=torch.bool) if self.small else None)
            self.seen |= {i: pair for i, *pair in zip(new, self.model.see(*pictures.tensors()), pictures.empty)}
        return tuple(torch.stack(column) for column in zip(*(self.seen[i] for i in indices)))
