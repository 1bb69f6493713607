"""Stages of a model as differences: the tensors that are not those of model.safetensors, whole, under the same names, in f16.

stages.json: {"stages": [{"name", "words", "file", "replaces", "shared"?, "eval"?, "config"?}]}. `config`, if there is one, is
laid over config.json key by key. `shared` is a list of {"model", "from"?, "prefix"?}: tensors that another model has, in the
folder beside this one, whose names begin with `from`; here they are called `prefix` and the rest. The stage's file lies over
them, and they over model.safetensors. Whoever trains such a model again has to save the stages that share its weights again.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor


def save_stage(
    folder: Path,
    name: str,
    words: str,
    state: dict[str, Tensor],
    measured: dict | None = None,
    config: dict | None = None,
    shared: list[dict] | None = None,
) -> dict:
    """Writes stages/<name>.safetensors, its eval.json if it was measured, and its entry in stages.json. `state`: all weights
    of the stage, under the names of model.safetensors, of which the file keeps those that differ. `shared`: what the stage may
    have in common with models beside it; what at least half of is the same is told in the entry. -> the entry"""
    half = {key: value.detach().to(torch.float16).contiguous() for key, value in state.items()}
    worth = [one for one in shared or [] if shares_half(folder, one, half)]
    known = beneath(folder, worth)
    changed = {key: value for key, value in half.items() if key not in known or not same(value, known[key])}
    (folder / "stages").mkdir(exist_ok=True)
    path = folder / "stages" / f"{name}.safetensors"
    save_file(changed, path, metadata={"format": "pt"})
    path.chmod(0o644)
    entry: dict = {"name": name, "words": words, "file": f"stages/{name}.safetensors", "replaces": len(changed)}
    if worth:
        entry["shared"] = worth
    if measured is not None:
        entry["eval"] = f"stages/{name}.eval.json"
        (folder / entry["eval"]).write_text(json.dumps(measured, indent=1) + "\n")
    if config:
        entry["config"] = config
    listed = [stage for stage in stages_of(folder) if stage["name"] != name]
    write_stages(folder, [*listed, entry])
    check_saved(folder, name, half)
    return entry


def save_again(folder: Path, name: str, state: dict[str, Tensor]) -> None:
    """After model.safetensors has changed: the stage as it was (`state`: all its weights), as a difference from what is there now."""
    half = {key: value.to(torch.float16).contiguous() for key, value in state.items()}
    entry = next(stage for stage in stages_of(folder) if stage["name"] == name)
    known = beneath(folder, entry.get("shared", []))
    changed = {key: value for key, value in half.items() if key not in known or not same(value, known[key])}
    save_file(changed, folder / entry["file"], metadata={"format": "pt"})
    (folder / entry["file"]).chmod(0o644)
    listed = [stage | ({"replaces": len(changed)} if stage["name"] == name else {}) for stage in stages_of(folder)]
    write_stages(folder, listed)
    check_saved(folder, name, half)


def write_stages(folder: Path, listed: list[dict]) -> None:
    (folder / "stages.json").write_text(json.dumps({"stages": listed}, ensure_ascii=False, indent=1) + "\n")


def shared_weights(folder: Path, one: dict) -> dict[str, Tensor]:
    """Under the names that they have in `folder`."""
    path, start, prefix = folder.parent / one["model"] / "model.safetensors", one.get("from", ""), one.get("prefix", "")
    if not path.exists():
        raise SystemExit(f"{folder.name}: expected the model {one['model']} beside it, whose weights a stage shares, found none")
    found = {prefix + key.removeprefix(start): value for key, value in load_file(path).items() if key.startswith(start)}
    if not found:
        raise SystemExit(f"{folder.name}: expected weights of {one['model']} whose names begin with {start!r}, found none")
    return found


def beneath(folder: Path, shared: list[dict]) -> dict[str, Tensor]:
    """What the stage's file lies over."""
    found = load_file(folder / "model.safetensors")
    for one in shared:
        found |= shared_weights(folder, one)
    return found


def same(a: Tensor, b: Tensor) -> bool:
    """Bit for bit, two tensors in f16: -0 is not 0."""
    halves = a.dtype == b.dtype == torch.float16
    return halves and a.shape == b.shape and torch.equal(a.view(torch.int16), b.view(torch.int16))


def shares_half(folder: Path, one: dict, half: dict[str, Tensor]) -> bool:
    theirs = shared_weights(folder, one)
    equal = sum(value.numel() for key, value in theirs.items() if key in half and same(half[key], value))
    return 2 * equal >= sum(value.numel() for value in theirs.values())


def check_saved(folder: Path, name: str, half: dict[str, Tensor]) -> None:
    _, state = load_stage(folder, name)
    wrong = [key for key, value in half.items() if not same(value, state[key])]
    if wrong:
        raise SystemExit(f"{folder.name}: expected the stage {name} as it was saved, got other numbers in {wrong[:5]}")


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
    own = load_file(folder / found[0]["file"]) if "file" in found[0] else {}
    return config | found[0].get("config", {}), beneath(folder, found[0].get("shared", [])) | own
