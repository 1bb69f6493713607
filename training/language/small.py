"""`llama-small`: `llama-tiny` pruned, then taught by it. Two controls: pruned only, and its size from scratch.

Distillation: the student reads documents and is pulled towards the teacher's distribution of the next token,
L = share · KL(teacher ‖ student) + (1 - share) · cross-entropy, weighed token by token as in training.
Sources: Hinton et al., arXiv 1503.02531; Muralidharan et al., arXiv 2407.14679.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from ..trainer import run_training
from .llama import TrainingLlama
from .prune import parameters, prune
from .recipe import SmallRecipe, settings
from .tokenizer import open_tokenizer
from .train import Reading


def open_training(folder: Path, length: int) -> TrainingLlama:
    """A model in a Hugging Face folder, as it is trained."""
    if not (folder / "model.safetensors").exists():
        raise SystemExit(f"llama-small: expected {folder}, found none; `python -m training llama-tiny export` writes it")
    theirs = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model = TrainingLlama(theirs.config, length)
    model.load_state_dict({name: value for name, value in theirs.state_dict().items() if name != "lm_head.weight"})
    return model


class Distilling(Reading):
    """Reads what training reads, from the first row that is not one of the first; a teacher or none."""

    def __init__(self, recipe: SmallRecipe, data: Path, tokenizer, student: TrainingLlama, teacher: TrainingLlama | None):
        super().__init__(recipe, data, tokenizer)
        self.teacher = teacher.eval().requires_grad_(False) if teacher else None
        self.use(student)

    def use(self, model: TrainingLlama) -> None:
        self.model = model
        self.average = TrainingLlama(model.config, self.recipe.length)
        self.average.load_state_dict(model.state_dict())

    def row(self, at: int):
        return super().row(at + len(self.first))

    def losses(self, *parts: Tensor) -> tuple[Tensor, Tensor]:
        return distillation(self.model, self.teacher, self.recipe.teacher_share, *parts)


def distillation(
    model: TrainingLlama,
    teacher: TrainingLlama | None,
    teacher_share: float,
    input_ids: Tensor,
    labels: Tensor,
    weights: Tensor,
    document: Tensor,
) -> tuple[Tensor, Tensor]:
    """-> (loss to minimise, share of the tokens of weight 1 that the model would choose)"""
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(input_ids, document)
    logits = logits.float().flatten(0, 1)
    each = F.cross_entropy(logits, labels.flatten(), reduction="none")
    weights = weights.flatten()
    said = weights == 1
    right = ((logits.detach().argmax(1) == labels.flatten()) & said).sum() / said.sum().clamp(min=1)
    if teacher is not None:
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            wanted = teacher(input_ids, document)
        wanted = wanted.float().flatten(0, 1).log_softmax(1)
        apart = (wanted.exp() * (wanted - logits.log_softmax(1))).sum(1)
        each = teacher_share * apart + (1 - teacher_share) * each
    return (each * weights).sum() / weights.sum(), right


def prune_teacher(recipe: SmallRecipe, data: Path, teacher_folder: Path, run: Path) -> None:
    """Tries each shape of the recipe and keeps the one of the lowest loss: run/pruned.pt, run/pruned.json."""
    teacher = open_training(teacher_folder, recipe.length)
    task = Distilling(recipe, data, open_tokenizer(teacher_folder), teacher, None)
    generator = torch.Generator()
    batches = [task.batch(step, generator) for step in range(recipe.prune_batches)]
    found = [prune(teacher, layers, width, batches) for layers, width in recipe.shapes]
    model, chosen = min(found, key=lambda pair: pair[1]["loss"])
    run.mkdir(parents=True, exist_ok=True)
    torch.save({"config": model.config.to_dict(), "state": model.state_dict()}, run / "pruned.pt")
    report = {
        "teacherParameters": parameters(teacher),
        "parameters": parameters(model),
        "share": round(parameters(model) / parameters(teacher), 4),
        "chosen": chosen,
        "tried": [measured for _, measured in found],
    }
    (run / "pruned.json").write_text(json.dumps(report, indent=1) + "\n")
    print(f"prune: layers {chosen['layers']}, width {chosen['width']}: {report['share']:.1%} of the parameters, loss {chosen['loss']}")


def pruned(run: Path, length: int) -> TrainingLlama:
    if not (run / "pruned.pt").exists():
        raise SystemExit(f"llama-small: expected {run}/pruned.pt, found none; `python -m training llama-small prune` makes it")
    saved = torch.load(run / "pruned.pt", weights_only=False)
    model = TrainingLlama(LlamaConfig(**saved["config"]), length)
    model.load_state_dict(saved["state"])
    return model


def train_small(
    recipe: SmallRecipe, data: Path, teacher_folder: Path, run: Path, scratch: bool, threads: int, compiled: bool
) -> None:
    """The student from the pruned weights and a teacher; `scratch`: from random weights and none, on the same rows."""
    torch.set_num_threads(threads)
    student = pruned(run, recipe.length)
    teacher = None if scratch else open_training(teacher_folder, recipe.length)
    if scratch:
        torch.manual_seed(recipe.seed)
        student = TrainingLlama(student.config, recipe.length)
    task = Distilling(recipe, data, open_tokenizer(teacher_folder), student, teacher)
    run_training(task, recipe, settings(recipe), run / "scratch" if scratch else run, threads, compiled)
