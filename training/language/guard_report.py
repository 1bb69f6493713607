"""Words made from the eval.json of the guard."""

import json
from pathlib import Path

from ..tables import percent, table

SPLITS = {"training": "phrasings of training", "heldOut": "held-out phrasings"}
MEASURES = {
    "recall": "unsafe messages flagged (recall)",
    "falseRefusals": "safe messages flagged (false refusals)",
    "falseRefusalsOfNeighbours": "of these, neighbours flagged",
    "category": "category right, of the flagged unsafe",
}
THRESHOLDS = (0.05, 0.2, 0.5, 0.8, 0.95)


def summary(evaluation: dict) -> str:
    rows = [[words, *(percent(evaluation["splits"][split][name], "messages") for split in SPLITS)] for name, words in MEASURES.items()]
    return table(["measure", *SPLITS.values()], rows)


def categories(evaluation: dict) -> str:
    parts = evaluation["splits"]["heldOut"]["categories"]
    rows = [
        [f"{name}, {evaluation['policy'][name]}", *(percent(part[key], "messages") for key in ("recall", "category", "falseRefusals"))]
        for name, part in parts.items()
    ]
    return table(["category", "flagged", "with the right category", "neighbours flagged"], rows)


def thresholds(evaluation: dict) -> str:
    unsafe = [p["unsafe"] for p in evaluation["prompts"] if p["category"]]
    safe = [p["unsafe"] for p in evaluation["prompts"] if not p["category"]]

    def over(scores: list[float], limit: float) -> str:
        return f"{sum(score > limit for score in scores) / max(1, len(scores)):.1%}"

    return table(["threshold", "recall", "false refusals"], [[str(at), over(unsafe, at), over(safe, at)] for at in THRESHOLDS])


def chosen(evaluation: dict) -> str:
    """A threshold chosen on some phrasings, measured on others."""
    told = evaluation["chosenThreshold"]
    recall, refusals = (percent(told[name], "messages") for name in ("recall", "falseRefusals"))
    return (
        f"A threshold is better chosen than taken at one half; but not on the messages that it is measured with. So the held-out phrasings are dealt to {told['parts']} "
        f"parts. For each, the threshold is the lowest that refuses at most {told['allowed']:.0%} of the safe messages of all other parts; it lies from {told['lowest']:.2f} "
        f"to {told['highest']:.2f}. Recall {recall}; false refusals {refusals}."
    )


def card_facts(evaluation: dict) -> dict:
    return {
        "policy": table(["category", "unsafe is to ask for"], [[name, words] for name, words in evaluation["policy"].items()]),
        "prompt": evaluation["prompt"],
        "summary": summary(evaluation),
        "categories": categories(evaluation),
        "thresholds": thresholds(evaluation),
        "chosen": chosen(evaluation),
        "first": json.loads((Path(__file__).parent / "trial" / "guard.json").read_text()),
    }


def section(model: Path, evaluation: dict) -> list[str]:
    """Of docs/models.md."""
    return [
        f"## {model.name}",
        "",
        f"{evaluation['parameters']:,} parameters, {evaluation['bytes'] / 1e6:.1f} MB (f16). Measured with `{evaluation['command']}`. "
        f"[Model card](../public/models/{model.name}/README.md).",
        "",
        summary(evaluation),
        "",
        categories(evaluation),
        "",
        chosen(evaluation),
        "",
    ]
