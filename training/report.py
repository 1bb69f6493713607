"""Words made from eval.json: the model card and the tables of docs/models.md, so that no figure is typed by hand."""

import json
from pathlib import Path

from . import report_questions as questions
from .eagle import report as eagle
from .experts import report as experts
from .language import report as language
from .overview import megabytes, overview
from .paths import MODELS, ROOT
from .tables import percent, table

KNOWN = {"training": "unseen scenes in the training styles", "heldOut": "scenes in the held-out style (openmoji)"}


def accuracies(evaluation: dict) -> str:
    rows = [[KNOWN[name], percent(part), f"{part['top5']:.1%}"] for name, part in evaluation["splits"].items()]
    return table(["scenes", "top-1 (95 % interval)", "top-5"], rows)


def styles(evaluation: dict) -> str:
    rows = [[n, percent(part)] for s in evaluation["splits"].values() for n, part in sorted(s["styles"].items())]
    return table(["style", "top-1"], rows)


def worst(evaluation: dict, split: str, count: int = 8) -> str:
    classes = sorted(evaluation["splits"][split]["classes"].items(), key=lambda item: item[1]["accuracy"])
    return ", ".join(f"{name} {part['accuracy']:.0%}" for name, part in classes[:count])


def confusions(evaluation: dict, split: str, count: int = 8) -> str:
    listed = evaluation["splits"][split]["confusions"][:count]
    return ", ".join(f"{c['truth']} called {c['answer']} ({c['count']})" for c in listed)


def curve(listed: list[dict]) -> str:
    rows = [
        [e["id"], f"{e['samples']:,}", f"{e['accuracy']['training']:.1%}", f"{e['accuracy']['heldOut']:.1%}"]
        for e in listed
    ]
    return table(["checkpoint", "samples seen", "training styles", "held-out style"], rows)


def half_precision(evaluation: dict) -> str:
    parts = [
        f"{KNOWN[name]}: f32 {p['f32Accuracy']:.2%}, f16 {p['f16Accuracy']:.2%}, {p['answersThatDiffer']} answers differ, "
        f"logits at most {p['largestLogitDifference']:.4f} apart"
        for name, p in evaluation["f16"].items()
    ]
    return "; ".join(parts) + "."


def card(model: Path) -> str | None:
    """None of a model whose card is written when it is measured, because it tells of its runs too."""
    evaluation = json.loads((model / "eval.json").read_text())
    if evaluation.get("task") in ("text", "guard"):
        return language.card(model)
    if evaluation.get("task") == "expert":
        return experts.card(model)
    if evaluation.get("task") == "questions":
        return eagle.card(model)
    if evaluation.get("task") == "reward" or "preference" in evaluation:
        return None
    log = json.loads((model / "training-log.json").read_text())
    listed = json.loads((model / "checkpoints.json").read_text())
    config = json.loads((model / "config.json").read_text())
    recipe = log["recipe"]
    facts = {
        "accuracies": accuracies(evaluation),
        "styles": styles(evaluation),
        "worst_training": worst(evaluation, "training"),
        "worst_heldout": worst(evaluation, "heldOut"),
        "confusions_training": confusions(evaluation, "training"),
        "confusions_heldout": confusions(evaluation, "heldOut"),
        "curve": curve(listed),
        "half": half_precision(evaluation),
        "parameters": f"{evaluation['parameters']:,}",
        "megabytes": f"{evaluation['bytes'] / 1e6:.1f}",
        "classes": len(config["id2label"]),
        "hours": f"{log['seconds'] / 3600:.2f}",
        "steps": f"{log['totalSteps']:,}",
        "samples": f"{log['samples']:,}",
        "command": evaluation["command"],
        "decay_from": round(100 * (1 - recipe["decay"])),
        "whole_from": round(100 * (1 - recipe["whole"])),
        "recipe": recipe,
        "config": config,
        "date": evaluation["date"],
        "train_styles": ", ".join(sorted(evaluation["splits"]["training"]["styles"])),
        "drawn": log["scenes"],
        "all_scenes_from": log["sessions"][0]["fromStep"] if log["sessions"] else 0,
    }
    return (Path(__file__).parent / "card.md").read_text().format(**facts)


def section(model: Path) -> list[str]:
    """A model's part of docs/models.md."""
    evaluation = json.loads((model / "eval.json").read_text())
    task = evaluation.get("task")
    if task in ("text", "guard"):
        return language.section(model)
    if task == "expert":
        return experts.section(model)
    if task == "questions" or "preference" in evaluation:
        return questions.section(model)
    if task == "reward":
        return reward_section(model, evaluation)
    return classifier_section(model, evaluation)


def classifier_section(model: Path, evaluation: dict) -> list[str]:
    return [
        f"## {model.name}",
        "",
        f"{evaluation['parameters']:,} parameters, {evaluation['bytes'] / 1e6:.1f} MB (f16); {megabytes(model.rglob('*'))} MB with its "
        f"checkpoints along training. Measured with `{evaluation['command']}`. "
        f"[Model card](../public/models/{model.name}/README.md).",
        "",
        accuracies(evaluation),
        "",
        "### Per style",
        "",
        styles(evaluation),
        "",
        "### Along training",
        "",
        curve(json.loads((model / "checkpoints.json").read_text())),
        "",
    ]


def reward_section(model: Path, evaluation: dict) -> list[str]:
    return [
        f"## {model.name}",
        "",
        f"{evaluation['parameters']:,} parameters of its own, {evaluation['bytes'] / 1e6:.1f} MB (f16), over those of `mllama`. "
        f"Measured with `{evaluation['command']}`; the numbers stand with [mllama](#mllama). "
        f"[Model card](../public/models/{model.name}/README.md).",
        "",
    ]


def summary() -> str:
    """docs/models.md: every shipped model and what it measures."""
    models = [path.parent for path in sorted(MODELS.glob("*/eval.json"))]
    lines = [
        "# Shipped models",
        "",
        "Written by `python -m training report` from each model's `eval.json`; the numbers are not typed by hand.",
        "",
        f"All of `public/models` is {megabytes(MODELS.rglob('*'))} MB. _MB_ in the table is what an answer needs. Brackets hold 95 % "
        "intervals after Wilson (1927), and what was counted. Pictures are in the training styles and in one that is held out; texts and "
        "messages are phrased as in training and otherwise.",
        "",
        overview(models),
        "",
    ]
    return "\n".join(lines + [line for model in models for line in section(model)])


def report() -> None:
    for path in sorted(MODELS.glob("*/eval.json")):
        text = card(path.parent)
        if text is not None:
            (path.parent / "README.md").write_text(text)
    (ROOT / "docs").mkdir(exist_ok=True)
    (ROOT / "docs" / "models.md").write_text(summary())
