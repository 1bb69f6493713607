"""Words made from the eval.json of a language model: its card, and its part of docs/models.md."""

import json
from pathlib import Path

from ..tables import percent, table

THINGS = 80  # of lib/scenes/things.ts
KNOWN = {"training": "as in training", "heldOut": "held out"}


def accuracies(evaluation: dict) -> str:
    rows = [[KNOWN[name], percent(part, "questions")] for name, part in evaluation["splits"].items()]
    return table(["questions", "right (95 % interval)"], rows)


def kinds(evaluation: dict) -> str:
    splits = evaluation["splits"]
    rows = []
    for kind in sorted({kind for part in splits.values() for kind in part["kinds"]}):
        row = [kind]
        for name in KNOWN:
            part = splits[name]["kinds"].get(kind)
            row += [f"{part['accuracy']:.1%} of {part['count']}", f"{part['commonest']:.1%}"] if part else ["-", "-"]
        rows.append(row)
    return table(["kind", "as in training", "commonest", "held out", "commonest"], rows)


def curve(log: dict) -> str:
    rows = [
        [f"{e['step']:,}", f"{e['training']:.1%}", f"{e['heldOut']:.1%}", f"{e['perplexity']:.3f}"]
        for e in log["evaluations"]
    ]
    return table(["step", "as in training", "held out", "perplexity"], rows)


def card(model: Path) -> str:
    evaluation, log, config = (
        json.loads((model / name).read_text()) for name in ("eval.json", "training-log.json", "config.json")
    )
    recipe, half = log["recipe"], evaluation["f16"]
    facts = {
        "accuracies": accuracies(evaluation),
        "kinds": kinds(evaluation),
        "curve": curve(log),
        "perplexity": f"{evaluation['perplexity']['all']['perplexity']:.3f}",
        "said": f"{evaluation['perplexity']['said']['perplexity']:.3f}",
        "tokens": f"{evaluation['perplexity']['all']['tokens']:,}",
        "documents": f"{evaluation['perplexity']['documents']:,}",
        "half": f"{half['f32Accuracy']:.2%} right of {half['questions']} of the questions, where f16 has {half['f16Accuracy']:.2%}; "
        f"{half['answersThatDiffer']} answers differ; perplexity {half['f32Perplexity']:.3f}.",
        "parameters": f"{evaluation['parameters']:,}",
        "megabytes": f"{evaluation['bytes'] / 1e6:.1f}",
        "things": THINGS,
        "steps": f"{log['totalSteps']:,}",
        "tokens_read": f"{log['tokens'] / 1e6:.1f} million",
        "hours": f"{log['seconds'] / 3600:.2f}",
        "resumed": len(log["sessions"]) - 1,
        "decay_from": round(100 * (1 - recipe["decay"])),
        "command": evaluation["command"],
        "date": evaluation["date"],
        "recipe": recipe,
        "config": config,
        "rope": config["rope_parameters"],
    }
    return (Path(__file__).parent / "card.md").read_text().format(**facts)


def section(model: Path) -> list[str]:
    """Of docs/models.md."""
    evaluation = json.loads((model / "eval.json").read_text())
    log = json.loads((model / "training-log.json").read_text())
    return [
        f"## {model.name}",
        "",
        f"{evaluation['parameters']:,} parameters, {evaluation['bytes'] / 1e6:.1f} MB (f16). Perplexity of unseen documents "
        f"{evaluation['perplexity']['all']['perplexity']:.3f} per token. Measured with `{evaluation['command']}`. "
        f"[Model card](../public/models/{model.name}/README.md).",
        "",
        accuracies(evaluation),
        "",
        "### By kind of question",
        "",
        kinds(evaluation),
        "",
        "### Along training",
        "",
        curve(log),
        "",
    ]
