"""The part of docs/models.md about models that answer questions about pictures: kinds, stages, comparisons."""

import json
from pathlib import Path

from .eagle import report as eagle
from .mllama import card as mllama
from .tables import percent, table
from .vlm.composition import FILE as COMPOSITION, SCENES as PAIRS

SPLITS = {"training": "training styles", "heldOut": "held-out style"}


def section(model: Path) -> list[str]:
    evaluation = json.loads((model / "eval.json").read_text())
    intro = (
        f"{evaluation['parameters']:,} parameters, {evaluation['bytes'] / 1e6:.1f} MB (f16). It answers the questions of "
        "`public/evaluation/questions.json` greedily, in at most 8 tokens; an answer is right when it is the same, capitals aside. "
        f"Measured with `{evaluation['command']}`; the engine's answers are compared with `npm run evaluate -- --model {model.name}`. "
        f"[Model card](../public/models/{model.name}/README.md)."
    )
    parts = of_mllama(evaluation) if "preference" in evaluation else of_eagle(model, evaluation)
    return [f"## {model.name}", "", intro, "", *parts, *composition(model)]


def of_eagle(model: Path, evaluation: dict) -> list[str]:
    path = model / "ablations.json"
    ablations = json.loads(path.read_text()) if path.exists() else {}
    lines = [eagle.by_kind(evaluation["splits"]), "", "### Stages", "", eagle.by_stage(evaluation), ""]
    compared = ablations.get("mixture") or ablations.get("subsets", [])
    if any(len(row["experts"]) == 1 for row in compared):
        lines += ["### The mixture against the best single encoder", "", *against_single(compared)]
    for group, rows in ablations.items():
        lines += [f"#{eagle.ablation(group, rows).strip()}", "", *spread(rows)]  # one level deeper
    return lines


def of_mllama(evaluation: dict) -> list[str]:
    return [
        mllama.kinds(evaluation["splits"]),
        "",
        "### Stages",
        "",
        mllama.stage_table(evaluation),
        "",
        f"Without a picture: {mllama.line(evaluation['blind'])}. With one tile instead of several: {mllama.line(evaluation['small'])}.",
        "",
        "### Preference for the right answer",
        "",
        f"Of {evaluation['preference']['training']['sft'].get('pairs', 0):,} held-out pairs of a right and a wrong answer, the share "
        "whose right one is likelier; behind it the gain over SFT, with its 95 % interval; then the mean margin, in nats.",
        "",
        mllama.preference_table(evaluation["preference"]),
        "",
        f"DPO, {mllama.gain_words(evaluation['preference'])}.",
        "",
        "### Reward model",
        "",
        "The share of held-out pairs whose right answer gets the higher reward.",
        "",
        mllama.reward_table(evaluation["reward"]),
        "",
    ]


def composition(model: Path) -> list[str]:
    path = model / COMPOSITION
    if not path.exists():
        return []
    told = json.loads(path.read_text())
    splits = told["splits"]
    kinds = [kind for kind in splits["known"]["kinds"] if kind in splits["heldout"]["kinds"]]
    rows = [["all", *(percent(part, "questions") for part in splits.values())]]
    rows += [[kind, *(percent(part["kinds"][kind], "questions") for part in splits.values())] for kind in kinds]
    return [
        "### Things that training never shows together",
        "",
        f"{splits['known']['scenes']} new scenes of two to five things in which each pair may stand in training, and {splits['heldout']['scenes']} with a pair that never does. "
        f"Training styles. Measured with `{told['command']}`.",
        "",
        table(["questions", *PAIRS.values()], rows),
        "",
    ]


def key(row: dict) -> tuple:
    return tuple(row["experts"]), row["fusion"], row["prealigned"], row["frozen"]


def by_setting(rows: list[dict]) -> dict[tuple, list[dict]]:
    found: dict[tuple, list[dict]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def ranged(values: list[float]) -> str:
    mean = sum(values) / len(values)
    return f"{mean:.1%} ({min(values):.1%} to {max(values):.1%})"


def spread(rows: list[dict]) -> list[str]:
    """Of what was trained with several seeds: the mean, and from the lowest to the highest."""
    several = {setting: runs for setting, runs in by_setting(rows).items() if len(runs) > 1}
    if not several:
        return []
    listed = [
        [" + ".join(experts), fusion.replace("_", " "), "yes" if prealigned else "no", "frozen" if frozen else "trained",
         str(len(runs)), *(ranged([run["splits"][split]["accuracy"] for run in runs]) for split in SPLITS)]
        for (experts, fusion, prealigned, frozen), runs in several.items()
    ]  # fmt: skip
    head = ["experts", "fusion", "pre-aligned", "experts are", "seeds", *SPLITS.values()]
    return ["Over the seeds, the mean (lowest to highest):", "", table(head, listed), ""]


def against_single(rows: list[dict]) -> list[str]:
    """All experts, and the one that is best alone, by the mean over seeds: the same training, in total and by kind."""
    settings = by_setting(rows)
    mean = lambda runs: sum(run["splits"]["training"]["accuracy"] for run in runs) / len(runs)  # noqa: E731
    single = max((runs for setting, runs in settings.items() if len(setting[0]) == 1), key=lambda runs: (len(runs), mean(runs)))
    mixture = max(settings.items(), key=lambda item: len(item[0][0]))[1]
    listed = []
    for split, words in SPLITS.items():
        kinds = ["all", *single[0]["splits"][split]["kinds"]]
        for kind in kinds:
            one, all_ = (shares(runs, split, kind) for runs in (single, mixture))
            gain = sum(all_) / len(all_) - sum(one) / len(one)
            clear = "yes" if min(all_) > max(one) or max(all_) < min(one) else "no"
            listed.append([words, kind, ranged(one), ranged(all_), f"{100 * gain:+.1f}", clear])
    names = [" + ".join(runs[0]["experts"]) for runs in (single, mixture)]
    head = ["split", "kind", *names, "points more", "beyond the spread"]
    seeds = " and ".join(str(len(runs)) for runs in (single, mixture))
    return [
        f"The mean of {seeds} seeds (lowest to highest). _Beyond the spread_: no seed of one reaches a seed of the other.",
        "",
        table(head, listed),
        "",
    ]


def shares(runs: list[dict], split: str, kind: str) -> list[float]:
    parts = [run["splits"][split] for run in runs]
    return [part["accuracy"] if kind == "all" else part["kinds"][kind]["accuracy"] for part in parts]
