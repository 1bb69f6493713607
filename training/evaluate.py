"""Accuracy of an exported folder, measured with `transformers`: eval.json and the accuracies in checkpoints.json."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from .data import Scenes, normalise, open_scenes
from .vit import hub_model

SPLITS = {"training": "test", "heldOut": "heldout"}  # the name in eval.json: the folder of scenes


def interval(right: int, count: int) -> list[float]:
    """The 95 % interval of a share, after Wilson (1927)."""
    if count == 0:
        return [0, 1]
    z, p = 1.96, right / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * ((p * (1 - p) / count + z * z / (4 * count * count)) ** 0.5)
    return [max(0.0, round(middle - half, 4)), min(1.0, round(middle + half, 4))]  # not -0.0


def share(right: np.ndarray) -> dict:
    count, sum_ = len(right), int(right.sum())
    return {"accuracy": round(sum_ / max(1, count), 4), "right": sum_, "count": count, "interval95": interval(sum_, count)}


@torch.no_grad()
def answers(folder: Path, scenes: Scenes, limit: int | None = None) -> np.ndarray:
    """The logits [N, K] of the model in `folder` on scenes."""
    model = hub_model(str(folder))
    count = min(limit or len(scenes), len(scenes))
    logits = []
    for start in range(0, count, 200):
        pixels, _, _ = scenes.batch(np.arange(start, min(start + 200, count)))
        logits.append(model(pixel_values=normalise(pixels)).logits.numpy())
    return np.concatenate(logits)


def measure(logits: np.ndarray, scenes: Scenes) -> dict:
    names, styles = scenes.meta["things"], scenes.meta["styles"]
    labels = scenes.labels[: len(logits)]
    drawn = scenes.styles[: len(logits)]
    order = (-logits).argsort(1)
    right = order[:, 0] == labels
    in_five = (order[:, :5] == labels[:, None]).any(1)
    confusions: dict[tuple[str, str], int] = {}
    for truth, answer in zip(labels[~right], order[~right, 0]):
        pair = (names[truth], names[answer])
        confusions[pair] = confusions.get(pair, 0) + 1
    return {
        **share(right),
        "top5": round(float(in_five.mean()), 4),
        "styles": {styles[s]: share(right[drawn == s]) for s in np.unique(drawn)},
        "classes": {name: share(right[labels == i]) for i, name in enumerate(names)},
        "confusions": [
            {"truth": truth, "answer": answer, "count": count}
            for (truth, answer), count in sorted(confusions.items(), key=lambda item: (-item[1], item[0]))[:20]
        ],
    }


def evaluate(data: dict[str, list[Path]], run: Path, out: Path, command: str, limit: int | None = None) -> None:
    splits = {name: open_scenes(data[folder]) for name, folder in SPLITS.items()}
    result: dict = {"model": out.name, "command": command, "date": date.today().isoformat(), "splits": {}}
    logits = {name: answers(out, scenes, limit) for name, scenes in splits.items()}
    for name, scenes in splits.items():
        result["splits"][name] = measure(logits[name], scenes)
    result["parameters"] = sum(value.numel() for value in load_file(out / "model.safetensors").values())
    result["bytes"] = (out / "model.safetensors").stat().st_size
    result["f16"] = compare_f16(run, out, splits, logits)
    (out / "eval.json").write_text(json.dumps(result, indent=1) + "\n")

    listed = json.loads((out / "checkpoints.json").read_text())
    for entry in listed:
        folder = out / "checkpoints" / entry["id"]
        entry["accuracy"] = {}
        for name, scenes in splits.items():
            logits = answers(folder, scenes, min(limit or 2000, 2000))
            right = logits.argmax(1) == scenes.labels[: len(logits)]
            entry["accuracy"][name] = round(float(right.mean()), 4)
            entry["scenes"] = len(logits)
    (out / "checkpoints.json").write_text(json.dumps(listed, indent=2) + "\n")
    for name, part in result["splits"].items():
        print(f"{name}: {part['accuracy']:.2%} of {part['count']} scenes, 95 % interval {part['interval95']}")


def compare_f16(run: Path, out: Path, splits: dict[str, Scenes], logits: dict[str, np.ndarray]) -> dict:
    """The same weights kept in f32, on the same scenes: how many answers differ from those of the f16 file."""
    from .export import write_folder
    from .vit import ViTConfig

    whole = run / "f32"
    state = torch.load(run / "state.pt", weights_only=False)["average"]
    write_folder(whole, state, ViTConfig.from_pretrained(out), torch.float32)
    report = {}
    for name, scenes in splits.items():
        half = logits[name]
        full = answers(whole, scenes, len(half))
        labels = scenes.labels[: len(half)]
        report[name] = {
            "f32Accuracy": round(float((full.argmax(1) == labels).mean()), 4),
            "f16Accuracy": round(float((half.argmax(1) == labels).mean()), 4),
            "answersThatDiffer": int((half.argmax(1) != full.argmax(1)).sum()),
            "largestLogitDifference": round(float(np.abs(half - full).max()), 5),
        }
    return report
