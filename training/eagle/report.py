"""README.md of public/models/eagle, from its eval.json, training-log.json, ablations.json and config.json."""

import json
from pathlib import Path

from ..tables import percent, table
from ..unlike import replanned

KNOWN = {"training": "training styles", "heldOut": "held-out style"}
GRIDS = {"bilinear": "bilinear", "pixel_unshuffle": "pixel unshuffle"}
TITLES = {
    "subsets": "Which experts: greedy search",
    "fusions": "Five ways to fuse",
    "prealign": "With and without pre-alignment",
    "frozen": "Experts frozen and trained",
    "longer": "All experts and the best one alone, five times as long",
    "mixture": "All experts and the best one alone, as they are shipped now",
}


def write_card(out: Path) -> None:
    (out / "README.md").write_text(card(out))


def card(out: Path) -> str:
    read = lambda file: json.loads((out / file).read_text())  # noqa: E731
    evaluation, config, log = read("eval.json"), read("config.json"), read("training-log.json")
    ablations = read("ablations.json") if (out / "ablations.json").exists() else {}
    sessions = {s["threads"] for stage in log["stages"].values() for s in stage["sessions"]}
    facts = {
        "name": evaluation["model"],
        "grid": config["grid"],
        "parameters": f"{evaluation['parameters']:,}",
        "megabytes": f"{evaluation['bytes'] / 1e6:.1f}",
        "visual_tokens": evaluation["visualTokens"],
        "experts": experts_of(config),
        "measure_first": evaluation["measure"].capitalize(),
        "accuracies": by_kind(evaluation["splits"]),
        "command": evaluation["command"],
        "date": evaluation["date"],
        "stages": by_stage(evaluation),
        "recipe": recipes_of(log["stages"]),
        "notes": "".join(f"\n{note}\n" for note in [*log["notes"], *replans(log["stages"])]),
        "threads": " and ".join(f"{n} thread{'s' * (n > 1)}" for n in sorted(sessions)),
        "ablations": "".join(ablation(group, rows) for group, rows in ablations.items()),
    }
    return (Path(__file__).parent / "card.md").read_text().format(**facts)


def experts_of(config: dict) -> str:
    rows = [
        [e["name"], e["model_type"], str(e["patch_size"]), str(e.get("hidden_size") or e["hidden_sizes"][-1]),
         GRIDS[e["resample"]]]
        for e in config["vision_configs"]
    ]  # fmt: skip
    return table(["expert", "architecture", "patch", "channels", "to the grid by"], rows)


def by_kind(splits: dict) -> str:
    """All questions, each kind, signs; a column for each split, and one for the commonest answer."""
    first = next(iter(splits.values()))
    rows = [["**all**", *(percent(part, "questions") for part in splits.values()), ""]]
    for kind in first["kinds"]:
        shares = [percent(part["kinds"][kind], "questions") if kind in part["kinds"] else "-" for part in splits.values()]
        rows.append([kind, *shares, f"{first['kinds'][kind]['commonest']:.1%}"])
    rows.append(["signs read exactly", *(percent(part["signs"], "questions") for part in splits.values()), ""])
    return table(["questions", *(KNOWN[name] for name in splits), "commonest"], rows)


def by_stage(evaluation: dict) -> str:
    shown = {**evaluation["stages"], f"{evaluation['stage']} (this model)": evaluation}
    rows = [
        [name, *(percent(part, "questions") for part in stage["splits"].values()),
         *(f"{part['signs']['accuracy']:.1%}" for part in stage["splits"].values()), f"{stage['parameters']:,}"]
        for name, stage in shown.items()
    ]  # fmt: skip
    names = [KNOWN[name] for name in evaluation["splits"]]
    return table(["stage", *names, *(f"signs, {name}" for name in names), "parameters"], rows)


def recipes_of(log: dict) -> str:
    rows = [
        [name, ", ".join(part.replace("_", " ") for part in s["recipe"]["trained"] if part != "fusion"),
         f"{s['samples']:,}", f"{s['totalSteps']:,}", f"{s['recipe']['lr']:.1e}", f"{s['seconds'] / 3600:.2f}"]
        for name, s in log.items()
    ]  # fmt: skip
    return table(["stage", "trained", "rows (pictures)", "steps", "learning rate", "hours"], rows)


def replans(stages: dict) -> list[str]:
    return [f"`{name}`: {replanned(stage)}" for name, stage in stages.items() if replanned(stage)]


def ablation(group: str, rows: list[dict]) -> str:
    """Each seed is a row, so that the spread can be seen."""
    kinds = list(rows[0]["splits"]["training"]["kinds"])
    listed = [
        [" + ".join(r["experts"]) + (" (chosen)" if r.get("chosen") else ""), r["fusion"].replace("_", " "),
         "yes" if r["prealigned"] else "no", "frozen" if r["frozen"] else "trained", str(r["seed"]),
         *(f"{r['splits'][s]['accuracy']:.1%}" for s in r["splits"]),
         *(f"{r['splits']['training']['kinds'][k]['accuracy']:.0%}" for k in kinds),
         f"{r['parameters']:,}", str(r["visualTokens"]), f"{r['milliseconds']:.0f}"]
        for r in rows
    ]  # fmt: skip
    head = ["experts", "fusion", "pre-aligned", "experts are", "seed", "training styles", "held-out style", *kinds]
    counts = next(iter(rows[0]["splits"].values()))["count"]
    return (
        f"\n## {TITLES[group]}\n\nEach row is trained on {rows[0]['samples']:,} pictures and answers {counts:,} questions of each "
        "split; kinds are those of the training styles. Milliseconds are processor time from a picture to the first token's "
        "logits, in f32 on one thread.\n\n" + table([*head, "parameters", "visual tokens", "ms"], listed) + "\n"
    )
