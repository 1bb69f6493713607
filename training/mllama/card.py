"""README.md of mllama and of reward, from eval.json and the logs."""

import json
from pathlib import Path

from ..tables import percent, table
from .setup import Setup

HERE = Path(__file__).parent
NAMES = {
    "noisy": "noisy pairs",
    "clean": "clean pairs",
    "sft": "SFT",
    "rejection": "rejection sampling",
    "dpo": "DPO",
    "synthetic": "SFT, then own and written questions",
    "synthetic-without": "SFT, then own questions alone",
}
SPLIT_NAMES = {"training": "training styles", "heldOut": "held-out style"}


def write_card(setup: Setup) -> None:
    result = json.loads((setup.out / "eval.json").read_text())
    config = json.loads((setup.out / "config.json").read_text())
    recipe = setup.recipe
    stages = recipe.stages
    sizes = {path.name: path.stat().st_size for path in (setup.out / "stages").glob("*.safetensors")}
    fields = {
        "config": config,
        "text": config["text_config"],
        "vision": config["vision_config"],
        "side": config["vision_config"]["image_size"] // config["vision_config"]["patch_size"],
        "parameters": f"{result['parameters']:,}",
        "megabytes": f"{result['bytes'] / 1e6:.1f}",
        "kinds": kinds(result["splits"]),
        "stages": stage_table(result),
        "preference": preference_table(result["preference"]),
        "gain": gain_words(result["preference"]),
        "reward": reward_table(result["reward"]),
        "rejection": result["rejection"],
        "right": {name: f"{value:.1%}" for name, value in result["rejection"]["right"].items()},
        "synthetic": result["synthetic"],
        "written": "\n".join(f"- {e['question']} *{e['answer']}* ({e['reward']:+.1f}{', kept' if e['kept'] else ''})" for e in result["synthetic"]["examples"][:8]),
        "blind": line(result["blind"]),
        "small": line(result["small"]),
        "logits": f"{result['text']['logits']:,}",
        "recipe": recipe,
        "schedule": schedule(setup, stages, result["seconds"]),
        "pictures": sum(setup.state(name)["step"] * stages[name].batch_size for name in ("noisy", "clean", "sft")),
        "minutes": round(sum(result["seconds"].values()) / 60),
        "command": result["command"],
        "date": result["date"],
        "start": f"the tower of `{recipe.start}`",
        "deltas": ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in sorted(sizes.items())),
    }  # fmt: skip
    (setup.out / "README.md").write_text((HERE / "card.md").read_text().format(**fields))
    reward = setup.out.parent / "reward" if not setup.quick else setup.run / "reward-export"
    fields["rewardMegabytes"] = f"{(reward / 'model.safetensors').stat().st_size / 1e6:.1f}"
    (reward / "README.md").write_text((HERE / "reward-card.md").read_text().format(**fields))


def line(splits: dict) -> str:
    return ", ".join(f"{percent(splits[name], 'questions')} in the {words}" for name, words in SPLIT_NAMES.items())


def kinds(splits: dict) -> str:
    rows = [["all", *(percent(splits[name], "questions") for name in SPLIT_NAMES), ""]]
    for kind, part in splits["training"]["kinds"].items():
        both = [percent(splits[name]["kinds"][kind], "questions") if kind in splits[name]["kinds"] else "" for name in SPLIT_NAMES]
        rows.append([kind, *both, f"{part['commonest']:.1%}"])
    rows.append(["signs read exactly", *(percent(splits[name]["signs"], "signs") for name in SPLIT_NAMES), ""])
    return table(["kind", *SPLIT_NAMES.values(), "commonest"], rows)


def stage_table(result: dict) -> str:
    rows = [[NAMES[name], *(percent(result["stages"][name][split], "questions") for split in SPLIT_NAMES)] for name in NAMES]
    return table(["after", *SPLIT_NAMES.values()], rows)


def preference_table(found: dict) -> str:
    rows = []
    for run in found["training"]:
        if run == "seeds":
            continue
        name = NAMES.get(run, f"DPO, seed {run[8:]}")
        cells = []
        for split in SPLIT_NAMES:
            part = found[split][run]
            over = part.get("overSft")
            low_high = f", {over['gain']:+.1%} ({over['interval95'][0]:+.1%} to {over['interval95'][1]:+.1%})" if over else ""
            cells.append(f"{part['share']:.1%}{low_high}; {part['margin']:.2f}")
        rows.append([name, *cells])
    return table(["after", *SPLIT_NAMES.values()], rows)


def gain_words(found: dict) -> str:
    def words_of(split: str) -> str:
        seeds = found[split]["seeds"]
        apart = [part["margin"] for run, part in found[split].items() if run.startswith("dpo")]
        over, wide = sum(apart) / len(apart) - found[split]["sft"]["margin"], max(apart) - min(apart)
        share = f"mean of the seeds {seeds['mean']:.1%}, from lowest to highest {seeds['spread']:.1%}"
        return f"{share}; the margin grows by {over:.2f} over SFT, and its seeds lie within {wide:.2f}"

    return "; ".join(f"{words}: {words_of(split)}" for split, words in SPLIT_NAMES.items())


def reward_table(found: dict) -> str:
    words = {"head": "the head alone", "layer": "the head and the layers that look"}
    rows = [[name, *(f"{found[split][kind]['share']:.1%}" for split in SPLIT_NAMES)] for kind, name in words.items()]
    return table(["trained", *SPLIT_NAMES.values()], rows)


def schedule(setup: Setup, stages: dict, seconds: dict) -> str:
    def row(name: str) -> list[str]:
        of = stages[name.split("-")[0]]
        state = setup.state(name)
        pictures = state["step"] * of.batch_size
        return [name, f"{state['step']}", f"{pictures:,}", f"{of.lr:g}", f"{seconds[name] / 60:.1f}"]

    return table(["stage", "steps", "pictures", "learning rate", "minutes"], [row(name) for name in seconds])
