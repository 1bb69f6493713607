"""From runs to public/models/eagle: the layout that lib/models/eagle.ts tells, in f16; and back, to measure what is shipped."""

import json
import shutil
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from ..vlm.rows import Prompts
from ..vlm.stages import load_stage, save_again, stages_of
from .config import build
from .model import Eagle, Tower
from .recipe import Stage, settings
from .stages import Parts, average_of, begin

PROCESSOR = {
    "image_processor_type": "LlavaImageProcessor",
    "do_pad": True,
    "do_resize": True,
    "size": {"height": 128, "width": 128},
    "resample": 3,
    "do_center_crop": False,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.5] * 3,
    "image_std": [0.5] * 3,
}
COPIED = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json")
CLIP = "clip_vision_model"


def tower_weights(tower: Tower) -> dict[str, Tensor]:
    """Under the names that files on the Hub carry, which `save_pretrained` restores."""
    with tempfile.TemporaryDirectory() as folder:
        tower.tower.save_pretrained(folder)
        found = load_file(f"{folder}/model.safetensors")
    return {("vision_model." if tower.kind == CLIP else "") + name: value for name, value in found.items()}


def weights_of(model: Eagle) -> dict[str, Tensor]:
    weights = {}
    for i, tower in enumerate(model.vision_towers.values()):
        weights |= {f"vision_towers.{i}.{name}": value for name, value in tower_weights(tower).items()}
    rest = {name: value for name, value in model.state_dict().items() if not name.startswith("vision_towers.")}
    return weights | rest


def trained_model(name: str, stage: Stage, parts: Parts) -> tuple[Eagle, Prompts]:
    """The running average of a finished run."""
    model, prompts = begin(stage, parts)
    model.load_state_dict(average_of(parts.runs / name))
    return model.eval(), prompts


def export(name: str, stage: Stage, parts: Parts, out: Path) -> None:
    model, _ = trained_model(name, stage, parts)
    out.mkdir(parents=True, exist_ok=True)
    weights = {key: value.to(torch.float16).contiguous() for key, value in weights_of(model).items()}
    earlier = {stage["name"]: weights_of(opened(out, stage["name"])[0]) for stage in stages_of(out)}
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    for stage, state in earlier.items():
        save_again(out, stage, state)
    (out / "model.safetensors").chmod(0o644)
    (out / "config.json").write_text(json.dumps(model.config, indent=1) + "\n")
    (out / "preprocessor_config.json").write_text(json.dumps(PROCESSOR, indent=2) + "\n")
    for file in COPIED:
        if (parts.language / file).exists():
            shutil.copyfile(parts.language / file, out / file)
    needed = ["model.safetensors", "config.json", "preprocessor_config.json", *COPIED]
    size = sum((out / file).stat().st_size for file in needed if (out / file).exists())
    print(f"{out.name}: {size / 1e6:.3f} MB to answer", flush=True)


def write_log(names: list[str], stages: dict[str, Stage], parts: Parts, out: Path) -> None:
    """training-log.json: {"stages": {name: {settings, samples, seconds, steps, evaluations}}, "notes"}, of the runs that are
    there; of others, what was told before. Notes are those of notes.json beside the runs, if it is there: what was unlike the recipe."""
    path = out / "training-log.json"
    before = json.loads(path.read_text()) if path.exists() else {"stages": {}, "notes": []}
    result = before["stages"]
    for name in names:
        if not (parts.runs / name / "state.pt").exists():
            continue
        state = torch.load(parts.runs / name / "state.pt", weights_only=False)
        log = {key: value for key, value in state["log"].items() if key != "recipe"}
        samples = state["step"] * stages[name].batch_size
        facts = {"totalSteps": state["step"], "samples": samples, "seconds": round(state["seconds"])}
        result[name] = {"recipe": settings(stages[name]) | state["log"]["recipe"], **facts, **log}
    told = parts.runs / "notes.json"
    notes = json.loads(told.read_text()) if told.exists() else before["notes"]
    path.write_text(json.dumps({"stages": result, "notes": notes}, indent=1) + "\n")


def opened(folder: Path, stage: str | None = None) -> tuple[Eagle, Prompts]:
    """What is shipped, or one of its stages: f16 weights, computed in f32."""
    if stage:
        config, state = load_stage(folder, stage)
    else:
        config, state = json.loads((folder / "config.json").read_text()), load_file(folder / "model.safetensors")
    model, prompts = build(config, folder)
    state = {name: value.float() for name, value in state.items()}
    for i, tower in enumerate(model.vision_towers.values()):
        prefix = f"vision_towers.{i}." + ("vision_model." if tower.kind == CLIP else "")
        own = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
        load_hub_weights(tower, own)
    rest = {name: value for name, value in state.items() if not name.startswith("vision_towers.")}
    missing, unexpected = model.load_state_dict(rest, strict=False)
    wrong = [*unexpected, *(name for name in missing if not name.startswith("vision_towers."))]
    if wrong:
        raise SystemExit(f"eagle: expected the weights of its config in {folder.name}, but these do not fit: {wrong[:5]}")
    return model.eval(), prompts


def load_hub_weights(tower: Tower, weights: dict[str, Tensor]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tower.tower.config.save_pretrained(folder)
        save_file(weights, f"{folder}/model.safetensors", metadata={"format": "pt"})
        options = {"add_pooling_layer": False} if tower.kind == "vit" else {}
        tower.tower.load_state_dict(type(tower.tower).from_pretrained(folder, **options).state_dict())
