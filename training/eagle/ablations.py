"""What is compared, each by the same training: subsets of the experts, five fusions, with and without pre-alignment, experts
frozen and not. Every run is a folder under ablations/; one that is there is not repeated.

The search is greedy, as in Eagle's round-robin: the best single expert, then with each of the others the best pair, and so on.
"""

import json
import time
from dataclasses import replace
from pathlib import Path

import torch

from ..evaluate import share
from ..experts.data import SPLITS
from .config import count
from .model import Eagle
from .recipe import COMPARED, EVERYTHING, EXPERTS, FUSIONS, SEEDS, Stage, prealigned, quick, towers_of
from .stages import Answering, Parts, train

GROUPS = ("subsets", "fusions", "prealign", "frozen", "longer", "mixture")


class Comparison:
    def __init__(self, parts: Parts, steps: int | None, threads: int, compiled: bool, told: dict | None = None):
        """`told`: the groups that were run before, as ablations.json has them."""
        self.parts, self.threads, self.compiled, self.told = parts, threads, compiled, told or {}
        self.base = quick(COMPARED) if parts.quick else COMPARED
        if steps:
            self.base = replace(self.base, steps=steps)

    def run(self, experts: tuple[str, ...], seed: int, fusion: str = "channel_concatenation", **changes) -> dict:
        """-> accuracies in both splits by kind, parameters, visual tokens, milliseconds"""
        before = changes.pop("prealigned", True)
        stage = replace(self.base, experts=experts, seed=seed, fusion=FUSIONS[fusion], **changes)
        stage = replace(stage, start=towers_of(prealigned(experts)) if before else ())
        unfrozen = not stage.frozen_experts
        long = [str(stage.steps)] * (stage.steps != self.base.steps)
        name = "-".join([*experts, fusion, *["raw"] * (not before), *["unfrozen"] * unfrozen, *long, str(seed)])
        path = self.parts.runs / "ablations" / name
        if (path / "result.json").exists():
            return json.loads((path / "result.json").read_text())
        task = train(f"ablations/{name}", stage, self.parts, self.threads, self.compiled)
        result = {"experts": list(experts), "fusion": fusion, "prealigned": before, "frozen": not unfrozen, "seed": seed,
                  **measured(task), "samples": stage.steps * stage.batch_size}  # fmt: skip
        (path / "result.json").write_text(json.dumps(result, indent=1) + "\n")
        (path / "state.pt").unlink()  # only what it reached is kept
        return result

    def subsets(self) -> list[dict]:
        """Ten runs of one seed; the best expert alone and all of them, of each seed."""
        rows: list[dict] = []
        chosen: tuple[str, ...] = ()
        while len(chosen) < len(EXPERTS):
            tried = [tuple(e for e in EXPERTS if e in (*chosen, name)) for name in EXPERTS if name not in chosen]
            found = [self.run(experts, SEEDS[0]) for experts in tried]
            rows += found
            best = max(found, key=lambda row: row["splits"]["training"]["accuracy"])
            best["chosen"] = True
            chosen = tuple(best["experts"])
        first = next(tuple(row["experts"]) for row in rows if row.get("chosen"))
        return rows + [self.run(experts, seed) for seed in SEEDS[1:] for experts in (EXPERTS, first)]

    def fusions(self) -> list[dict]:
        return [self.run(EXPERTS, seed, fusion) for seed in SEEDS for fusion in FUSIONS]

    def prealign(self) -> list[dict]:
        return [self.run(EXPERTS, seed, prealigned=before) for seed in SEEDS for before in (True, False)]

    def frozen(self) -> list[dict]:
        """Experts that learn cannot be cached, and take several times as long."""
        return [self.run(EXPERTS, seed, trained=parts) for seed in SEEDS for parts in (COMPARED.trained, EVERYTHING)]

    def longer(self) -> list[dict]:
        """All experts and the best one alone, five times as long, and with as many more scenes."""
        more = {"steps": 5 * self.base.steps, "scenes": 5 * self.base.scenes}
        best = self.best_alone()
        return [self.run(experts, SEEDS[0], **more) for experts in (EXPERTS, best)]

    def best_alone(self) -> tuple[str, ...]:
        """The expert that the search chose first."""
        rows = self.told.get("subsets") or self.subsets()
        return next(tuple(row["experts"]) for row in rows if row.get("chosen"))

    def mixture(self) -> list[dict]:
        """The same two, of each seed, with the experts as they are shipped now, and twice as many questions."""
        more = {"steps": 5 * self.base.steps, "scenes": 5 * self.base.scenes, "eval_scenes": 2 * self.base.eval_scenes}
        best = self.best_alone()
        return [self.run(experts, seed, prealigned=False, **more) for seed in SEEDS for experts in (EXPERTS, best)]


def measured(task: Answering) -> dict:
    splits = {}
    for name in SPLITS:
        right, asked = task.right(name), task.asked[name]
        pairs = [(q, r) for questions, hits in zip(asked, right) for q, r in zip(questions, hits)]
        part = share(torch.tensor([r for _, r in pairs]).numpy())
        kinds = sorted({q.kind for q, _ in pairs})
        part["kinds"] = {k: share(torch.tensor([r for q, r in pairs if q.kind == k]).numpy()) for k in kinds}
        splits[name] = part
    return {
        "splits": splits,
        "parameters": count(task.model) - sum(w.numel() for w in unread(task.model)),
        "visualTokens": task.model.visual_tokens,
        "milliseconds": milliseconds(task),
    }


def unread(model: Eagle) -> list[torch.nn.Parameter]:
    """Weights that a file has none of: what only training of a tower needs."""
    return [w for name, w in model.vision_towers.named_parameters() if name.endswith("mask_token")]


@torch.no_grad()
def milliseconds(task: Answering, times: int = 9) -> float:
    """One picture and one question to the logits of the answer's first token: the median, in f32, on one thread."""
    from ..vlm.rows import Asked, pack

    model, prompts = task.average, task.prompts
    rows = pack([[Asked(prompts.ask("Is there a cat in the picture?").prompt, ())]], prompts)
    picture = torch.zeros(1, 3, 128, 128)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    taken = []
    for _ in range(times):
        began = time.process_time()
        model.logits(model.image_features(model.maps(picture), picture), *rows.tensors()[:4])
        taken.append((time.process_time() - began) * 1000)
    torch.set_num_threads(threads)
    return round(sorted(taken)[times // 2], 1)


def run_ablations(parts: Parts, groups: list[str], steps: int | None, threads: int, compiled: bool, out: Path) -> None:
    """Writes out/ablations.json after each group: {group: [row, ...]}"""
    path = out / "ablations.json"
    result = json.loads(path.read_text()) if path.exists() else {}
    comparison = Comparison(parts, steps, threads, compiled, result)
    for group in groups:
        result[group] = getattr(comparison, group)()
        path.write_text(json.dumps(result, indent=1) + "\n")


def stage_of(row: dict) -> Stage:
    return replace(COMPARED, experts=tuple(row["experts"]), fusion=FUSIONS[row["fusion"]], seed=row["seed"])
