"""Words made from the eval.json of a language model: its card, and its part of docs/models.md."""

import json
from pathlib import Path

from ..tables import percent, table
from . import guard_report as guard

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
    facts = {**shared_facts(evaluation, log, config), **(text_facts(evaluation, log) if evaluation["task"] == "text" else {})}
    if "comparison" in evaluation:
        return fill("card-small.md", {**facts, **comparison_facts(evaluation)})
    if evaluation["task"] == "guard":
        return fill("card-guard.md", {**facts, **guard.card_facts(evaluation)})
    return fill("card.md", facts)


def fill(template: str, facts: dict) -> str:
    return (Path(__file__).parent / template).read_text().format(**facts)


def shared_facts(evaluation: dict, log: dict, config: dict) -> dict:
    recipe = log["recipe"]
    return {
        "parameters": f"{evaluation['parameters']:,}",
        "megabytes": f"{evaluation['bytes'] / 1e6:.1f}",
        "steps": f"{log['totalSteps']:,}",
        "tokens_read": f"{log['tokens'] / 1e6:.1f} million",
        "hours": f"{log['seconds'] / 3600:.2f}",
        "minutes": f"{log['seconds'] / 60:.1f}",
        "resumed": len(log["sessions"]) - 1,
        "decay_from": round(100 * (1 - recipe["decay"])),
        "decay_part": round(100 * recipe["decay"]),
        "command": evaluation["command"],
        "date": evaluation["date"],
        "recipe": recipe,
        "config": config,
        "rope": config["rope_parameters"],
        "half": evaluation["f16"],
    }


def text_facts(evaluation: dict, log: dict) -> dict:
    half = evaluation["f16"]
    return {
        "accuracies": accuracies(evaluation),
        "kinds": kinds(evaluation),
        "curve": curve(log),
        "perplexity": f"{evaluation['perplexity']['all']['perplexity']:.3f}",
        "said": f"{evaluation['perplexity']['said']['perplexity']:.3f}",
        "tokens": f"{evaluation['perplexity']['all']['tokens']:,}",
        "documents": f"{evaluation['perplexity']['documents']:,}",
        "half": f"{half['f32Accuracy']:.2%} right of {half['questions']} of the questions, where f16 has {half['f16Accuracy']:.2%}; "
        f"{half['answersThatDiffer']} answers differ; perplexity {half['f32Perplexity']:.3f}.",
        "things": THINGS,
    }


NAMES = {"teacher": "llama-tiny", "student": "**llama-small**", "prunedOnly": "pruned only", "fromScratch": "from scratch"}


def compared(evaluation: dict) -> str:
    rows = []
    for name, words in NAMES.items():
        part = evaluation["comparison"][name]
        shares = [percent(part["splits"][split], "questions") for split in KNOWN]
        rows.append([words, f"{part['parameters']:,}", *shares, f"{part['perplexity']:.3f}"])
    return table(["model", "parameters", "as in training", "held out", "perplexity"], rows)


def comparison_facts(evaluation: dict) -> dict:
    pruning, comparison = evaluation["pruning"], evaluation["comparison"]
    rows = [
        [
            ", ".join(str(layer) for layer in tried["layers"]),
            str(tried["width"]),
            f"{tried['parameters']:,}",
            ", ".join(f"{share:.0%}" for share in tried["importanceKept"]),
            f"{tried['loss']:.3f}",
        ]
        for tried in pruning["tried"]
    ]
    return {
        "comparison": compared(evaluation),
        "share_of_teacher": f"{comparison['shareOfTeacher']:.1%}",
        "pruning": table(["layers kept, from 0", "MLP width", "parameters", "importance kept, by layer", "loss, untaught"], rows),
        "pruning_share": f"{pruning['share']:.1%}",
        "teacher_parameters": f"{pruning['teacherParameters']:,}",
    }


def section(model: Path) -> list[str]:
    """Of docs/models.md."""
    evaluation = json.loads((model / "eval.json").read_text())
    log = json.loads((model / "training-log.json").read_text())
    if evaluation["task"] == "guard":
        return guard.section(model, evaluation)
    beside = ["### Against its teacher and two controls", "", compared(evaluation), ""] if "comparison" in evaluation else []
    return [
        f"## {model.name}",
        "",
        f"{evaluation['parameters']:,} parameters, {evaluation['bytes'] / 1e6:.1f} MB (f16). Perplexity of unseen documents "
        f"{evaluation['perplexity']['all']['perplexity']:.3f} per token. Measured with `{evaluation['command']}`. "
        f"[Model card](../public/models/{model.name}/README.md).",
        "",
        accuracies(evaluation),
        "",
        *beside,
        "### By kind of question",
        "",
        kinds(evaluation),
        "",
        "### Along training",
        "",
        curve(log),
        "",
    ]
