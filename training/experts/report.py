"""Words made from the eval.json of a vision expert: its card, and its part of docs/models.md."""

import json
from pathlib import Path

from ..tables import percent, table
from ..unlike import replanned

KNOWN = {"training": "unseen scenes in the training styles", "heldOut": "scenes in the held-out style (openmoji)"}
ABOUT = {
    "clip": "Matches pictures of scenes with captions, trained on pairs of both: a tiny CLIP, with its own tokenizer.",
    "convnext": "Names all things that a scene shows: a tiny ConvNeXt with 80 independent answers. Each logit is one "
    "thing's; sigmoid makes it a probability.",
    "dense": "Says what is in every patch of 8 × 8 pixels: a tiny ViT whose classifier answers for each token. "
    "`model.classifier(model.vit(x).last_hidden_state)[:, 1:]` is the segmentation; the class token names the largest item.",
    "text": "Reads the sign of a scene: a tiny ViT whose labels are letters in places. The logits as [8, 37] are a choice of "
    "letter for each place; `_` is none.",
    "dino": "Learnt from pictures alone, without a label or caption: a tiny DINOv2.",
    "dino-registers": "Learnt from pictures alone, without a label or caption: a tiny DINOv2 with four registers, tokens that "
    "belong to no patch.",
}
START = (
    "Its layers start from the first layers of the course's `{}` (patch and position embeddings resampled where the "
    "patches are smaller), as Eagle's experts start from models that were trained before. "
)
PIPELINES = {
    "clip": "zero-shot-image-classification",
    "dense": "image-segmentation",
    "text": "image-to-text",
    "dino": "image-feature-extraction",
    "dino-registers": "image-feature-extraction",
}


def accuracies(evaluation: dict) -> str:
    rows = [
        [KNOWN[name], percent(part), f"{evaluation['untrained'][name]:.1%}", f"{evaluation['chance'][name]:.1%}"]
        for name, part in evaluation["splits"].items()
    ]
    return table(["scenes", "accuracy (95 % interval)", "untrained", "chance"], rows)


def details(evaluation: dict) -> str:
    """Every further number, with the path that eval.json has it under."""
    columns = [numbers(part) for part in evaluation["splits"].values()]
    rows = [[name, *(column.get(name, "-") for column in columns)] for name in columns[0]]
    return table(["further", *(KNOWN[name] for name in evaluation["splits"])], rows) if rows else ""


def numbers(part: dict) -> dict[str, str]:
    listed: dict[str, str] = {}
    for name, value in part.items():
        if name in ("accuracy", "count", "right", "interval95"):
            continue
        if isinstance(value, dict) and "interval95" in value:
            listed[name] = f"{value['accuracy']:.1%} of {value['count']:,}"
        elif isinstance(value, dict):
            listed |= {f"{name}, {inner}": text for inner, text in numbers(value).items()}
        else:
            listed[name] = f"{value:,}" if isinstance(value, int) else f"{value:.1%}"
    return listed


def card(model: Path) -> str:
    read = lambda file: json.loads((model / file).read_text())  # noqa: E731
    evaluation, log, config = read("eval.json"), read("training-log.json"), read("config.json")
    recipe = log["recipe"]
    muon = recipe["muon_from"]
    facts = {
        "name": evaluation["model"],
        "about": ABOUT[evaluation["model"]],
        "pipeline": PIPELINES.get(evaluation["model"], "image-classification"),
        "model_type": config["model_type"],
        "architecture": config["architectures"][0],
        "parameters": f"{evaluation['parameters']:,}",
        "megabytes": f"{evaluation['bytes'] / 1e6:.1f}",
        "accuracies": accuracies(evaluation),
        "measure": evaluation["measure"],
        "command": evaluation["command"],
        "date": evaluation["date"],
        "details": details(evaluation),
        "half": "; ".join(
            f"{KNOWN[name]}, f32 {part['f32Accuracy']:.2%}, f16 {part['f16Accuracy']:.2%}"
            for name, part in evaluation["f16"].items()
        ),
        "drawn": log["scenes"],
        "signs": " --signs" if recipe["scenes"] == "signs" else "",
        "recipe": recipe,
        "start": START.format(recipe["start"]) if recipe.get("start") else "",
        "steps": f"{log['totalSteps']:,}",
        "samples": f"{log['samples']:,}",
        "hours": f"{log['seconds'] / 3600:.2f}",
        "threads": " and ".join(sorted({f"{s['threads']} thread{'s' * (s['threads'] > 1)}" for s in log["sessions"]})),
        "optimiser": ("AdamW, from step " + str(muon) + " on with " if muon else "AdamW with ")
        + "Muon (Jordan, 2024) for the matrices of the layers",
        "decay_from": round(100 * (1 - recipe["decay"])),
        "things": evaluation["things"],
        "unlike": replanned(log) and f" {replanned(log)}",
    }
    return (Path(__file__).parent / "card.md").read_text().format(**facts)


def section(model: Path) -> list[str]:
    """Its part of docs/models.md."""
    evaluation = json.loads((model / "eval.json").read_text())
    return [
        f"## {model.name}",
        "",
        f"{ABOUT[evaluation['model']]}",
        "",
        f"{evaluation['parameters']:,} parameters, {evaluation['bytes'] / 1e6:.1f} MB (f16). The measure: "
        f"{evaluation['measure']}. Measured with `{evaluation['command']}`. "
        f"[Model card](../public/models/{model.name}/README.md).",
        "",
        accuracies(evaluation),
        "",
        details(evaluation),
        "",
    ]
