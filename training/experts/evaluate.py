"""An exported expert, measured with `transformers` in both style splits: eval.json."""

import json
from datetime import date
from pathlib import Path

import torch
from safetensors.torch import load_file

from .data import SPLITS
from .expert import Expert, first
from .export import hub_model, write_folder


def evaluate(expert: Expert, run: Path, out: Path, command: str, limit: int | None = None) -> None:
    """Beside the model: the same weights in f32, and the same model before its first step."""
    expert.average.eval()
    untrained = expert.average.hub
    state = torch.load(run / "state.pt", weights_only=False)["average"]
    model = hub_model(expert, out)
    result: dict = {"model": expert.name, "command": command, "date": date.today().isoformat()}
    result |= {"task": "expert", "things": len(expert.drawn.meta["things"])}
    result |= {"measure": expert.measured, "splits": {}, "chance": {}, "untrained": {}, "f16": {}}
    splits = {name: first(expert.data[split], limit or len(expert.data[split])) for name, split in SPLITS.items()}
    for name, scenes in splits.items():
        result["splits"][name] = expert.evaluate(model, scenes)
        result["chance"][name] = expert.chance(scenes)
        result["untrained"][name] = expert.evaluate(untrained, scenes)["accuracy"]
    expert.average.load_state_dict(state)
    write_folder(expert, expert.average.hub, run / "f32", torch.float32)
    for name, scenes in splits.items():
        whole = expert.evaluate(expert.average.hub, scenes)["accuracy"]
        result["f16"][name] = {"f32Accuracy": whole, "f16Accuracy": result["splits"][name]["accuracy"]}
    weights = load_file(out / "model.safetensors")
    result["parameters"] = sum(value.numel() for value in weights.values())
    result["bytes"] = (out / "model.safetensors").stat().st_size
    (out / "eval.json").write_text(json.dumps(result, indent=1) + "\n")
    print(f"{expert.name}: {expert.measured}")
    for name, part in result["splits"].items():
        print(
            f"  {name}: {part['accuracy']:.2%} of {part['count']}, 95 % interval {part['interval95']}; "
            f"untrained {result['untrained'][name]:.2%}, chance {result['chance'][name]:.2%}"
        )
