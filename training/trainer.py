"""The training loop of every model of pictures: resumes where it stopped; the same seed gives the same run.

What differs between models is a `Task`: its batches, its loss, its measures.
"""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn


class Schedule(Protocol):
    """The part of a recipe that the loop reads."""

    seed: int
    batch_size: int
    steps: int
    warmup: int
    decay: float
    lr: float
    weight_decay: float
    muon_from: int
    ema: float
    clip: float
    log_every: int
    eval_every: int
    save_every: int
    saved: tuple[float, ...]


class Task(Protocol):
    model: nn.Module  # what is trained
    average: nn.Module  # the running average of its weights: what is measured and exported
    scenes: int  # how many scenes there are to train on

    def batch(self, step: int, generator: torch.Generator) -> tuple:
        """What `losses` takes; everything random comes from the generator, so that a resumed run draws the same."""

    def losses(self, *batch: Any) -> tuple[Tensor, Any]:
        """-> (loss to minimise, what `scores` takes). This part is compiled if asked for."""

    def scores(self, outputs: Any, batch: tuple) -> dict[str, float]:
        """Numbers of this batch for the log, by name."""

    def measure(self) -> dict[str, float]:
        """Of the average, on a part of the unseen scenes: {"training": in the training styles, "heldOut": ...}"""

    def is_matrix(self, name: str, weight: Tensor) -> bool:
        """Whether Muon trains this weight: a matrix of a layer."""


def learning_rate(step: int, recipe: Schedule) -> float:
    """Up in a line, level, down in a line: the level part can be cut or stretched when the time at hand changes."""
    falling = max(1, round(recipe.steps * recipe.decay))
    return recipe.lr * min(1, (step + 1) / recipe.warmup, (recipe.steps - step) / falling)


def in_layers(name: str, weight: Tensor) -> bool:
    return name.startswith("layers") and weight.ndim == 2


def optimizers(
    model: nn.Module, recipe: Schedule, step: int, is_matrix: Callable[[str, Tensor], bool] = in_layers
) -> list[torch.optim.Optimizer]:
    """AdamW; from recipe.muon_from on, Muon (Jordan, 2024) for the layers' matrices and AdamW for the rest."""
    matrices = [w for name, w in model.named_parameters() if is_matrix(name, w)]
    others = [w for name, w in model.named_parameters() if not is_matrix(name, w)]
    decayed, plain = [w for w in others if w.ndim == 2], [w for w in others if w.ndim != 2]
    made: list[torch.optim.Optimizer] = []
    if step >= recipe.muon_from and matrices:
        made.append(torch.optim.Muon(matrices, weight_decay=recipe.weight_decay, adjust_lr_fn="match_rms_adamw"))
    else:
        decayed = decayed + matrices
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    made.append(torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True))
    return made


def run_training(
    task: Task, recipe: Schedule, settings: dict, run: Path, threads: int, compiled: bool = False
) -> None:
    """Trains from run/state.pt, if there is one, to the recipe's last step. Writes run/state.pt, run/log.json, run/saved/."""
    torch.set_num_threads(threads)
    (run / "saved").mkdir(parents=True, exist_ok=True)
    model, average = task.model, task.average
    objective: Callable = torch.compile(task.losses, dynamic=False) if compiled else task.losses
    log: dict = {"recipe": settings, "steps": [], "evaluations": []}
    step, seconds = 0, 0.0
    steppers = optimizers(model, recipe, step, task.is_matrix)
    if (run / "state.pt").exists():
        state = torch.load(run / "state.pt", weights_only=False)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        step, seconds, log = state["step"], state["seconds"], state["log"]
        steppers = optimizers(model, recipe, max(0, step - 1), task.is_matrix)
        for stepper, saved in zip(steppers, state["optimizers"], strict=True):
            stepper.load_state_dict(saved)
        log["recipe"] = settings
        print(f"resumes at step {step} of {recipe.steps}", flush=True)

    log.setdefault("sessions", []).append({"fromStep": step, "trainScenes": task.scenes, "threads": threads})

    def save() -> None:
        state = {"model": model.state_dict(), "average": average.state_dict(), "step": step, "seconds": seconds}
        state |= {"optimizers": [stepper.state_dict() for stepper in steppers], "log": log}
        torch.save(state, run / "state.tmp")
        (run / "state.tmp").replace(run / "state.pt")  # a stop in the middle of writing loses nothing
        (run / "log.json").write_text(json.dumps(log))

    def evaluate() -> None:
        result = {"step": step, "samples": step * recipe.batch_size, "seconds": round(seconds), **task.measure()}
        log["evaluations"].append(result)
        print(f"  unseen scenes {result['training']:.1%}, held-out style {result['heldOut']:.1%}", flush=True)

    saved_at = {round(part * recipe.steps) for part in recipe.saved}
    losses: list[float] = []
    scores: dict[str, list[float]] = {}
    model.train()
    while True:
        if step in saved_at:
            torch.save(average.state_dict(), run / "saved" / f"step-{step:06d}.pt")
        if step % recipe.eval_every == 0 or step == recipe.steps or step in saved_at:
            if not any(e["step"] == step for e in log["evaluations"]):
                evaluate()
        if step >= recipe.steps:
            break
        if step == recipe.muon_from:
            steppers = optimizers(model, recipe, step, task.is_matrix)
        began = time.time()
        torch.manual_seed(recipe.seed * 1_000_003 + step)  # stochastic depth; a resumed run draws the same
        generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
        batch = task.batch(step, generator)
        rate = learning_rate(step, recipe)
        for stepper in steppers:
            for group in stepper.param_groups:
                group["lr"] = rate
            stepper.zero_grad(set_to_none=True)
        loss, outputs = objective(*batch)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        if not math.isfinite(float(norm)):
            raise SystemExit(f"training: expected a finite gradient at step {step}, got {float(norm)}; lower the lr")
        for stepper in steppers:
            stepper.step()
        step += 1
        decay = min(recipe.ema, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)
        seconds += time.time() - began
        losses.append(float(loss.detach()))
        for name, value in task.scores(outputs, batch).items():
            scores.setdefault(name, []).append(value)
        if step % recipe.log_every == 0:
            entry = {"step": step, "samples": step * recipe.batch_size, "seconds": round(seconds, 1)}
            entry |= {"loss": round(sum(losses) / len(losses), 4), "lr": rate}
            entry |= {name: round(sum(values) / len(values), 4) for name, values in scores.items()}
            log["steps"].append(entry)
            speed = entry["samples"] / max(seconds, 1e-9)
            left = (recipe.steps - step) * recipe.batch_size / speed / 60
            batches = "  ".join(f"{name} {entry[name]:.3f}" for name in scores)
            print(
                f"step {step}/{recipe.steps}  loss {entry['loss']:.3f}  {batches}  "
                f"lr {rate:.1e}  {speed:.0f} samples/s  {left:.0f} min left",
                flush=True,
            )
            losses, scores = [], {}
        if step % recipe.save_every == 0:
            save()
    save()
