"""From a training run to public/models/<id>/: a Hugging Face folder, checkpoints along training, the log.

The weights are the running average, stored in f16; `evaluate` measures both f32 and f16 and says what that loses.
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import ViTConfig
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from .data import open_scenes
from .recipe import Recipe
from .train import vit_config
from .vit import hub_model, hub_weights

SHOWN = 4  # checkpoints along training


def write_folder(folder: Path, state: dict[str, torch.Tensor], config: ViTConfig, dtype: torch.dtype) -> None:
    """config.json, preprocessor_config.json and model.safetensors, as save_pretrained writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    config = ViTConfig.from_dict({**config.to_dict(), "architectures": ["ViTForImageClassification"]})
    config.dtype = str(dtype).removeprefix("torch.")
    config.save_pretrained(folder)
    ViTImageProcessorPil(
        size={"height": config.image_size, "width": config.image_size},
        resample=2,
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    ).save_pretrained(folder)
    weights = {name: value.to(dtype) for name, value in hub_weights(state, config).items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)


def spread(evaluations: list[dict], count: int) -> list[dict]:
    """`count` of the evaluations, first and last among them, whose accuracies are about evenly apart."""
    first, *others, last = evaluations
    chosen = [first]
    for part in range(1, count - 1):
        wanted = first["training"] + (last["training"] - first["training"]) * part / (count - 1)
        later = [e for e in others if e["step"] > chosen[-1]["step"]]
        enough = later[: len(later) - (count - 2 - part)]  # leaves one for each of those still to choose
        chosen.append(min(enough, key=lambda e: abs(e["training"] - wanted)))
    return [*chosen, last]


def export(recipe: Recipe, data: dict[str, list[Path]], run: Path, out: Path) -> None:
    state = torch.load(run / "state.pt", weights_only=False)
    log = state["log"]
    config = vit_config(recipe, open_scenes(data["test"]).meta["things"])
    write_folder(out, state["average"], config, torch.float16)
    check_same_answers(out, run, state["average"], config)

    saved = {int(path.stem.split("-")[1]): path for path in (run / "saved").glob("step-*.pt")}
    measured = {e["step"]: e for e in log["evaluations"]}
    along = [measured[step] for step in sorted(saved) if step in measured and step <= state["step"]]
    shutil.rmtree(out / "checkpoints", ignore_errors=True)
    listed = []
    for entry in spread(along, SHOWN):
        name = f"step-{entry['step']:06d}"
        write_folder(out / "checkpoints" / name, torch.load(saved[entry["step"]]), config, torch.float16)
        listed.append({"id": name, "step": entry["step"], "samples": entry["samples"]})
    (out / "checkpoints.json").write_text(json.dumps(listed, indent=2) + "\n")

    samples = state["step"] * recipe.batch_size
    facts = {"totalSteps": state["step"], "samples": samples, "seconds": round(state["seconds"])}
    facts["scenes"] = log["sessions"][-1]["trainScenes"] if "sessions" in log else len(open_scenes(data["train"]))
    (out / "training-log.json").write_text(json.dumps({**facts, **log}, indent=1) + "\n")


def check_same_answers(out: Path, run: Path, state: dict[str, torch.Tensor], config: ViTConfig) -> None:
    """`transformers` must load the folder and give what the model in training gives."""
    from .vit import TrainingViT

    ours = TrainingViT(config).eval()
    ours.load_state_dict({name: value.half().float() for name, value in state.items()})
    pixel_values = torch.rand(4, 3, config.image_size, config.image_size) * 2 - 1
    with torch.no_grad():
        apart = (ours(pixel_values)[0] - hub_model(str(out))(pixel_values=pixel_values).logits).abs().max().item()
    if apart > 1e-4:
        raise SystemExit(f"export: expected the same logits from transformers to 1e-4, got {apart:.1e} apart")
    print(f"export: transformers loads the folder; logits at most {apart:.1e} apart")
