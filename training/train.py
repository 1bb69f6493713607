"""Training: `python -m training vit-classifier train`. Resumes where it stopped; the same seed gives the same run."""

import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import ViTConfig

from .data import PATCHES, Scenes, augment, normalise, open_scenes
from .recipe import Recipe, settings
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


def learning_rate(step: int, recipe: Recipe) -> float:
    """Up in a line, level, down in a line: the level part can be cut or stretched when the time at hand changes."""
    falling = max(1, round(recipe.steps * recipe.decay))
    return recipe.lr * min(1, (step + 1) / recipe.warmup, (recipe.steps - step) / falling)


def optimizers(model: TrainingViT, recipe: Recipe, step: int) -> list[torch.optim.Optimizer]:
    """AdamW; from recipe.muon_from on, Muon (Jordan, 2024) for the layers' matrices and AdamW for the rest."""
    matrices = [w for name, w in model.named_parameters() if name.startswith("layers") and w.ndim == 2]
    others = [w for name, w in model.named_parameters() if not (name.startswith("layers") and w.ndim == 2)]
    decayed, plain = [w for w in others if w.ndim == 2], [w for w in others if w.ndim != 2]
    made: list[torch.optim.Optimizer] = []
    if step >= recipe.muon_from:
        made.append(torch.optim.Muon(matrices, weight_decay=recipe.weight_decay, adjust_lr_fn="match_rms_adamw"))
    else:
        decayed = decayed + matrices
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    made.append(torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True))
    return made


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


def train(recipe: Recipe, data: dict[str, list[Path]], run: Path, threads: int, compiled: bool = False) -> None:
    """data: folders of "train", "test" and "heldout" scenes. Writes run/state.pt, run/log.json and run/saved/."""
    torch.set_num_threads(threads)
    torch.manual_seed(recipe.seed)
    (run / "saved").mkdir(parents=True, exist_ok=True)
    scenes, test, heldout = (open_scenes(data[split]) for split in ("train", "test", "heldout"))
    model = TrainingViT(vit_config(recipe, scenes.meta["things"]), recipe.drop_path)
    average = TrainingViT(model.config)
    average.load_state_dict(model.state_dict())
    objective = torch.compile(losses, dynamic=False) if compiled else losses  # needs a C++ compiler; a third faster
    log: dict = {"recipe": settings(recipe), "steps": [], "evaluations": []}
    step, seconds = 0, 0.0
    steppers = optimizers(model, recipe, step)
    if (run / "state.pt").exists():
        state = torch.load(run / "state.pt", weights_only=False)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        step, seconds, log = state["step"], state["seconds"], state["log"]
        steppers = optimizers(model, recipe, max(0, step - 1))
        for stepper, saved in zip(steppers, state["optimizers"], strict=True):
            stepper.load_state_dict(saved)
        log["recipe"] = settings(recipe)
        print(f"resumes at step {step} of {recipe.steps}", flush=True)

    log.setdefault("sessions", []).append({"fromStep": step, "trainScenes": len(scenes), "threads": threads})

    def save() -> None:
        state = {"model": model.state_dict(), "average": average.state_dict(), "step": step, "seconds": seconds}
        state |= {"optimizers": [stepper.state_dict() for stepper in steppers], "log": log}
        torch.save(state, run / "state.tmp")
        (run / "state.tmp").replace(run / "state.pt")  # a stop in the middle of writing loses nothing
        (run / "log.json").write_text(json.dumps(log))

    def evaluate() -> None:
        result = {"step": step, "samples": step * recipe.batch_size, "seconds": round(seconds)}
        result |= {"training": accuracy(average, test, recipe.eval_subset)}
        result |= {"heldOut": accuracy(average, heldout, recipe.eval_subset)}
        log["evaluations"].append(result)
        print(f"  unseen scenes {result['training']:.1%}, held-out style {result['heldOut']:.1%}", flush=True)

    saved_at = {round(part * recipe.steps) for part in recipe.saved}
    sums = {"loss": 0.0, "right": 0, "seen": 0}
    model.train()
    while True:
        if step in saved_at:
            torch.save(average.state_dict(), run / "saved" / f"step-{step:06d}.pt")
        if step % recipe.eval_every == 0 or step == recipe.steps or step in saved_at:
            if not any(e["step"] == step for e in log["evaluations"]):
                evaluate()
        if step == recipe.steps:
            break
        if step == recipe.muon_from:
            steppers = optimizers(model, recipe, step)
        began = time.time()
        torch.manual_seed(recipe.seed * 1_000_003 + step)  # stochastic depth; a resumed run draws the same
        generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
        indices = torch.randint(0, len(scenes), (recipe.batch_size,), generator=generator).numpy()
        pixels, labels, patches = scenes.batch(indices)
        values, patches = augment(pixels, patches, generator)
        kept = None
        if recipe.kept_patches < PATCHES and step < recipe.steps * (1 - recipe.whole):
            # Ground goes first: most of a scene is ground, and every patch costs the same.
            order = torch.rand(len(labels), PATCHES, generator=generator) - 0.6 * (patches >= 0)
            kept = order.argsort(1)[:, : recipe.kept_patches]
        rate = learning_rate(step, recipe)
        for stepper in steppers:
            for group in stepper.param_groups:
                group["lr"] = rate
            stepper.zero_grad(set_to_none=True)
        loss, logits = objective(model, values, labels, patches, kept, recipe)
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
        sums["loss"] += float(loss.detach())
        sums["right"] += int((logits.argmax(1) == labels).sum())
        sums["seen"] += 1
        if step % recipe.log_every == 0:
            entry = {"step": step, "samples": step * recipe.batch_size, "seconds": round(seconds, 1)}
            entry |= {"loss": round(sums["loss"] / sums["seen"], 4), "lr": rate}
            entry |= {"accuracy": round(sums["right"] / sums["seen"] / recipe.batch_size, 4)}
            log["steps"].append(entry)
            sums = {"loss": 0.0, "right": 0, "seen": 0}
            speed = entry["samples"] / max(seconds, 1e-9)
            left = (recipe.steps - step) * recipe.batch_size / speed / 60
            print(
                f"step {step}/{recipe.steps}  loss {entry['loss']:.3f}  batches {entry['accuracy']:.1%}  "
                f"lr {rate:.1e}  {speed:.0f} samples/s  {left:.0f} min left",
                flush=True,
            )
        if step % recipe.save_every == 0:
            save()
    save()
