"""The fixed questions, answered greedily by what is shipped: eval.json, answers.json, and the same for the stages."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..data import normalise
from ..experts.data import SPLITS, ExpertScenes
from ..vlm.check import check_rows
from ..vlm.composition import Answering
from ..vlm.questions import EVALUATED, Question, evaluation_questions
from ..vlm.rows import Prompts, Rows
from ..vlm.scores import greedy, score, write_answers
from ..vlm.stages import save_stage
from .config import count
from .export import CLIP, opened, trained_model, weights_of
from .model import Eagle
from .recipe import Stage
from .stages import Parts

AT_ONCE = 25


@torch.no_grad()
def features_of(model: Eagle, scenes: ExpertScenes, number: int) -> Tensor:
    """-> [number, N, D], in f32"""
    batches = [np.arange(start, min(start + AT_ONCE, number)) for start in range(0, number, AT_ONCE)]
    looks = [normalise(scenes.rows(batch)) for batch in batches]
    return torch.cat([model.image_features(model.maps(pixels), pixels) for pixels in looks])


def answer(model: Eagle, prompts: Prompts, scenes: ExpertScenes, asked: list[list[Question]]) -> list[list[str]]:
    features = features_of(model, scenes, len(asked))

    def say(which: list[int], rows: Rows) -> Tensor:
        return model.logits(features[which], *rows.tensors()[:4])

    check_rows(say, asked[:2], prompts)
    stops = model.config["text_config"]["eos_token_id"]
    return greedy(say, asked, prompts, set(stops if isinstance(stops, list) else [stops]), AT_ONCE)


def answering(folder: Path) -> Answering:
    """Of what is shipped, for composition."""
    model, prompts = opened(folder)
    return lambda scenes, asked: answer(model, prompts, scenes, asked)


def measure(model: Eagle, prompts: Prompts, parts: Parts, limit: int | None) -> tuple[dict, dict]:
    """-> the scores of each split, the answers"""
    asked = evaluation_questions(parts.data, min(limit or EVALUATED, EVALUATED))
    answers = {name: answer(model, prompts, parts.data[split], asked[name]) for name, split in SPLITS.items()}
    return {name: score(asked[name], given) for name, given in answers.items()}, answers


def evaluate(parts: Parts, out: Path, last: str, earlier: dict[str, Stage], command: str, limit: int | None) -> None:
    """`last`: the stage that is shipped. `earlier`: the finished runs whose numbers stand beside it."""
    model, prompts = opened(out)
    splits, answers = measure(model, prompts, parts, limit)
    write_answers(out, answers)
    result = {
        "model": out.name if not parts.quick else "eagle",
        "task": "questions",
        "measure": "questions answered exactly, greedily, in at most 8 tokens",
        "command": command,
        "date": date.today().isoformat(),
        "splits": splits,
        "parameters": count(model),
        "bytes": (out / "model.safetensors").stat().st_size,
        "visualTokens": model.visual_tokens,
        "stage": last,
        "stages": before_of(out, last) | {name: measure_run(name, stage, parts, limit) for name, stage in earlier.items()},
    }
    (out / "eval.json").write_text(json.dumps(result, indent=1) + "\n")
    tell(out.name, splits)


def before_of(out: Path, last: str) -> dict:
    """What was told of earlier stages, whose runs may be gone; the one that was shipped until now is one of them."""
    path = out / "eval.json"
    if not path.exists():
        return {}
    told = json.loads(path.read_text())
    before = {key: told[key] for key in ("splits", "parameters", "visualTokens")}
    stages = told["stages"] | {told["stage"]: before}
    return {name: told for name, told in stages.items() if name != last}


def measure_run(name: str, stage: Stage, parts: Parts, limit: int | None) -> dict:
    """Of a finished run, its weights rounded to f16 as if shipped; kept in the run's own eval.json."""
    path = parts.runs / name / "eval.json"
    if path.exists() and path.stat().st_mtime > (parts.runs / name / "state.pt").stat().st_mtime:
        return json.loads(path.read_text())
    model, prompts = trained_model(name, stage, parts)
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(weight.half().float())
    splits, _ = measure(model, prompts, parts, limit)
    result = {"splits": splits, "parameters": count(model), "visualTokens": model.visual_tokens}
    path.write_text(json.dumps(result, indent=1) + "\n")
    tell(name, splits)
    return result


def ship_stage(name: str, stage: Stage, words: str, parts: Parts, out: Path, limit: int | None) -> None:
    """As a difference from what is shipped, with what it answers right."""
    model, _ = trained_model(name, stage, parts)
    shipped = json.loads((out / "config.json").read_text())
    config = {key: value for key, value in model.config.items() if shipped.get(key) != value}
    save_stage(out, name, words, weights_of(model), measure_run(name, stage, parts, limit), config, beside(model, parts, out))


def beside(model: Eagle, parts: Parts, out: Path) -> list[dict]:
    """What a stage may share with llama-tiny and with its experts, if these are shipped beside it."""
    named = {"clip_vision_model": "vision_model.", "convnext": "convnext.", "vit": "vit."}
    found = [(parts.language, "", "language_model.")]
    for i, (name, tower) in enumerate(model.vision_towers.items()):
        inner = "vision_model." if tower.kind == CLIP else ""
        found.append((parts.experts[name], named[tower.kind], f"vision_towers.{i}.{inner}"))
    return [
        {"model": folder.name, **({"from": start} if start else {}), "prefix": prefix}
        for folder, start, prefix in found
        if folder.parent == out.parent
    ]


def tell(name: str, splits: dict) -> None:
    for split, part in splits.items():
        print(f"{name}, {split}: {part['accuracy']:.2%} of {part['count']} questions, signs {part['signs']['accuracy']:.1%}")
