"""The one table of docs/models.md: every shipped model, its size, what it measures in both splits, and its command."""

import json
from collections.abc import Iterator
from pathlib import Path

from .tables import percent, table

NEEDED = ("model.safetensors", "config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json",
          "chat_template.jinja", "generation_config.json")  # fmt: skip
COMMANDS = {"reward": "mllama all", "expert": "expert {} all"}
SPLITS = ("training", "heldOut")


def megabytes(files: Iterator[Path]) -> str:
    return f"{sum(file.stat().st_size for file in files if file.is_file()) / 1e6:.1f}"


def to_answer(model: Path) -> str:
    """What `loadModel` downloads."""
    return megabytes(model / name for name in NEEDED)


def command(model: Path, evaluation: dict) -> str:
    """Trains the model again, from its data to its card."""
    of = COMMANDS.get(evaluation.get("task", ""), COMMANDS.get(model.name, "{} all"))
    return f"`python -m training {of.format(model.name)}`"


def both(parts: dict, of: str) -> list[str]:
    return [percent(parts[split], of) if split in parts else "-" for split in SPLITS]


def rows_of(model: Path) -> list[list[str]]:
    """What a model measures: a row, or some."""
    evaluation = json.loads((model / "eval.json").read_text())
    splits, task = evaluation["splits"], evaluation.get("task")
    if task == "guard":
        part = {name: {split: splits[split][name] for split in SPLITS} for name in ("recall", "falseRefusals")}
        return [
            ["unsafe messages flagged", *both(part["recall"], "messages")],
            ["safe messages flagged", *both(part["falseRefusals"], "messages")],
        ]
    if "preference" in evaluation or task == "questions":
        signs = {split: splits[split]["signs"] for split in splits}
        return [["questions about pictures", *both(splits, "questions")], ["of these, signs read", *both(signs, "signs")]]
    if task == "text":
        return [["questions about text", *both(splits, "questions")]]
    if task == "reward":
        return [["right answers preferred", *both(splits, "pairs")]]
    return [["its own task (see below)" if task == "expert" else "the thing's name, of 80", *both(splits, "scenes")]]


def overview(models: list[Path]) -> str:
    rows = []
    for model in models:
        evaluation = json.loads((model / "eval.json").read_text())
        first, *others = rows_of(model)
        parameters = f"{evaluation['parameters']:,}"
        rows.append([f"[{model.name}](#{model.name})", parameters, to_answer(model), *first, command(model, evaluation)])
        rows += [["", "", "", *more, ""] for more in others]
    head = ["model", "parameters", "MB", "measured", "training splits", "held-out splits", "trained again with"]
    return table(head, rows)
