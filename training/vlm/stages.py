"""Stages of a model as differences: the tensors that are not those of model.safetensors, whole, under the same names, in f16.

stages.json: {"stages": [{"name", "words", "file", "replaces", "eval"?, "config"?}]}. `config`, if there is one, is laid over
config.json key by key.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor


def save_stage(
    folder: Path, name: str, words: str, state: dict[str, Tensor], measured: dict | None = None, config: dict | None = None
) -> dict:
    """Writes stages/<name>.safetensors, its eval.json if it was measured, and its entry in stages.json. `state`: all weights
    of the stage, under the names of model.safetensors, of which the file keeps those that differ. -> the entry"""
    shipped = load_file(folder / "model.safetensors")
    half = {key: value.detach().to(torch.float16).contiguous() for key, value in state.items()}
    changed = {key: value for key, value in half.items() if key not in shipped or not torch.equal(value, shipped[key])}
    (folder / "stages").mkdir(exist_ok=True)
    path = folder / "stages" / f"{name}.safetensors"
    save_file(changed, path, metadata={"format": "pt"})
    path.chmod(0o644)
    entry: dict = {"name": name, "words": words, "file": f"stages/{name}.safetensors", "replaces": len(changed)}
    if measured is not None:
        entry["eval"] = f"stages/{name}.eval.json"
        (folder / entry["eval"]).write_text(json.dumps(measured, indent=1) + "\n")
    if config:
        entry["config"] = config
    listed = [stage for stage in stages_of(folder) if stage["name"] != name]
    (folder / "stages.json").write_text(json.dumps({"stages": [*listed, entry]}, ensure_ascii=False, indent=1) + "\n")
    return entry


def stages_of(folder: Path) -> list[dict]:
    path = folder / "stages.json"
    return json.loads(path.read_text())["stages"] if path.exists() else []


def load_stage(folder: Path, name: str) -> tuple[dict, dict[str, Tensor]]:
    """config.json and all weights of a stage."""
    config = json.loads((folder / "config.json").read_text())
    found = [stage for stage in stages_of(folder) if stage["name"] == name]
    if not found:
        known = ", ".join(stage["name"] for stage in stages_of(folder)) or "none"
        raise SystemExit(f"{folder.name}: expected a stage out of {known}, got {name}")
    state = load_file(folder / "model.safetensors") | load_file(folder / found[0]["file"])
    return config | found[0].get("config", {}), state
