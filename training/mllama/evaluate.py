"""eval.json, answers.json and the stages' own: what each stage answers, and what its preferences are.

All in the f16 weights that are shipped. The last stage is computed in f32, as the engine does; the others in bf16.
"""

import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import LlamaForCausalLM

from ..evaluate import interval
from ..experts.data import SPLITS
from ..vlm.composition import Answering
from ..vlm.questions import Question, evaluation_questions, questions_of
from ..vlm.rows import Prompts
from ..vlm.scores import greedy, score, write_answers
from ..vlm.stages import stages_of
from .card import write_card
from .export import WORDS, halves, hub_model
from .model import TrainingMllama
from .preference import WrongAnswers, gain, held_out_pairs, margins, preferred
from .recipe import FULL
from .reward import rewards_of, trained_reward_model
from .setup import Setup, Speaker, stops_of
from .start import llama_folder, new_mllama

STAGES = ("noisy", "clean", "sft", "rejection", "synthetic", "synthetic-without")


def evaluate(setup: Setup) -> None:
    asked = evaluation_questions(setup.data, setup.recipe.eval_scenes)
    stages = {name: measured(setup, name, asked) for name in STAGES}
    for name in WORDS:
        write_stage(setup.out, name, stages[name])
    final = halved(setup, "dpo")
    answers = kept(setup, "answers", "dpo", lambda: scored(setup, final, asked, exact=True)[1])
    write_answers(setup.out, answers)
    stages["dpo"] = {name: score(asked[name], said) for name, said in answers.items()}

    result = {
        "model": setup.out.name,
        "command": "python -m training mllama evaluate" + (" --quick" if setup.quick else ""),
        "date": date.today().isoformat(),
        "splits": stages["dpo"],
        "stages": stages,
        "blind": kept(setup, "blind", "dpo", lambda: scored(setup, final, asked, blind=True)[0]),
        "small": kept(setup, "small", "dpo", lambda: scored(setup, final, asked, small=True)[0]),
        "preference": kept(setup, "preference", "dpo", lambda: preferences(setup)),
        "reward": kept(setup, "reward-pairs", "reward", lambda: rewards(setup)),
        "rejection": without(json.loads((setup.run / "rejection.json").read_text()), "best"),
        "synthetic": without(json.loads((setup.run / "synthetic.json").read_text()), "pairs"),
        "text": text_alone(setup),
        "parameters": sum(value.numel() for value in load_file(setup.out / "model.safetensors").values()),
        "bytes": (setup.out / "model.safetensors").stat().st_size,
        "seconds": seconds(setup),
    }
    (setup.out / "eval.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    write_reward_eval(setup, result)
    write_card(setup)
    for name, part in result["splits"].items():
        print(f"{name}: {part['accuracy']:.2%} of {part['count']} questions, 95 % interval {part['interval95']}")


def measured(setup: Setup, stage: str, asked: dict[str, list[list[Question]]]) -> dict:
    """{split: scores} of what a stage answers."""
    return kept(setup, stage, stage, lambda: scored(setup, halved(setup, stage), asked)[0])


def kept(setup: Setup, name: str, stage: str, make: Callable[[], dict]) -> dict:
    """What was measured since the stage's last training is not measured again."""
    path, trained = setup.run / "evaluated" / f"{name}.json", setup.run / stage / "state.pt"
    path.parent.mkdir(exist_ok=True)
    if not path.exists() or path.stat().st_mtime < trained.stat().st_mtime:
        path.write_text(json.dumps(make(), ensure_ascii=False))
    return json.loads(path.read_text())


def without(facts: dict, name: str) -> dict:
    return {key: value for key, value in facts.items() if key != name}


def scored(
    setup: Setup, model: TrainingMllama, asked: dict[str, list[list[Question]]], exact=False, small=False, blind=False
) -> tuple[dict, dict]:
    """-> ({split: scores}, {split: of each scene its answers})"""
    answers = {
        name: greedy(Speaker(model, setup.data[split], exact, small, blind), asked[name], setup.prompts, setup.stops)
        for name, split in SPLITS.items()
    }
    scores = {name: score(asked[name], said) for name, said in answers.items()}
    print("evaluate: " + ", ".join(f"{name} {part['accuracy']:.1%}" for name, part in scores.items()), flush=True)
    return scores, answers


def halved(setup: Setup, stage: str) -> TrainingMllama:
    """The weights as they are exported: in f16."""
    model = setup.after(stage)
    model.load_hub(halves(setup, stage))
    return model.eval()


def answering(folder: Path) -> Answering:
    """Of what is shipped, for composition: without the scenes and runs of its training."""
    model, _, tokenizer = new_mllama(FULL, quick=False)
    model.load_hub(load_file(folder / "model.safetensors"))
    prompts, stops = Prompts(tokenizer, visual_tokens=1), stops_of(tokenizer)
    return lambda scenes, asked: greedy(Speaker(model.eval(), scenes, exact=True), asked, prompts, stops)


def write_stage(out: Path, name: str, scores: dict) -> None:
    """The eval.json of a stage, and its place in stages.json."""
    (out / "stages" / f"{name}.eval.json").write_text(json.dumps({"splits": scores}, indent=1) + "\n")
    listed = [stage | ({"eval": f"stages/{name}.eval.json"} if stage["name"] == name else {}) for stage in stages_of(out)]
    (out / "stages.json").write_text(json.dumps({"stages": listed}, ensure_ascii=False, indent=1) + "\n")


def preferences(setup: Setup) -> dict:
    """Of each split and stage the share of preferred right answers; what DPO gains over SFT, for each of its seeds."""
    wrong = WrongAnswers(questions_of(setup.data["train"], 2_000))
    runs = ["sft", "rejection", "dpo", *(f"dpo-seed{seed}" for seed in setup.recipe.seeds[1:])]
    models = {name: setup.after(name) for name in runs}
    found: dict = {}
    for name, split in SPLITS.items():
        members, pairs = held_out_pairs(setup, split, wrong)
        apart = {run: margins(Speaker(model, setup.data[split]), members, pairs, setup.prompts) for run, model in models.items()}
        found[name] = {run: preferred(values) for run, values in apart.items()}
        for run in runs[1:]:
            found[name][run]["overSft"] = gain(apart["sft"], apart[run], setup.recipe.seed)
        shares = [found[name][run]["share"] for run in runs[2:]]
        found[name]["seeds"] = {"mean": round(float(np.mean(shares)), 4), "spread": round(float(np.ptp(shares)), 4)}
    return found


def rewards(setup: Setup) -> dict:
    """Share of held-out pairs whose right answer gets the higher reward, by the head alone and with the layer that was trained."""
    wrong = WrongAnswers(questions_of(setup.data["train"], 2_000))
    model, found = trained_reward_model(setup), {}
    frozen = copy.deepcopy(model)
    frozen.load_state_dict(setup.state("reward-frozen")["average"])
    for name, split in SPLITS.items():
        members, pairs = held_out_pairs(setup, split, wrong)
        asked = [[(q, answer) for q, *two in of for answer in two] for of in pairs]
        found[name] = {}
        for kind, judge in (("head", frozen.eval()), ("layer", model)):
            values = rewards_of(judge, setup, split, members, asked)
            higher = np.array([r > w for of in values for r, w in zip(of[0::2], of[1::2])])
            found[name][kind] = {"share": round(float(higher.mean()), 4), "pairs": len(higher)}
    return found


def write_reward_eval(setup: Setup, result: dict) -> None:
    """eval.json of the reward model, which is a model of its own in public/models."""
    out = setup.out.parent / "reward" if not setup.quick else setup.run / "reward-export"
    splits = {}
    for name, part in result["reward"].items():
        count, right = part["layer"]["pairs"], round(part["layer"]["share"] * part["layer"]["pairs"])
        splits[name] = {"accuracy": part["layer"]["share"], "right": right, "count": count, "interval95": interval(right, count)}
    weights = load_file(out / "model.safetensors").values()
    facts = {"model": "reward", "task": "reward", "measure": "pairs whose right answer gets the higher reward"}
    size = {"parameters": sum(value.numel() for value in weights), "bytes": (out / "model.safetensors").stat().st_size}
    own = {**facts, "command": result["command"], "date": result["date"], "splits": splits, "head": result["reward"], **size}
    (out / "eval.json").write_text(json.dumps(own, indent=1) + "\n")


@torch.no_grad()
def text_alone(setup: Setup) -> dict:
    """Whether every stage, without a picture, gives llama-tiny's logits: the same floats."""
    how = {"dtype": torch.float32, "attn_implementation": "eager"}  # as hub_model computes
    llama = LlamaForCausalLM.from_pretrained(llama_folder(setup.quick), **how).eval()
    ids = torch.randint(0, llama.config.vocab_size, (4, 64), generator=torch.Generator().manual_seed(0))
    wanted, equal = llama(ids).logits, {}
    for name in ("noisy", "clean", "sft", "rejection", "dpo", "synthetic"):
        equal[name] = bool(torch.equal(hub_model(setup, halves(setup, name))(input_ids=ids).logits, wanted))
    if not all(equal.values()):
        raise SystemExit(f"evaluate: expected llama-tiny's logits without a picture at every stage, got {equal}")
    return {"equal": equal, "logits": wanted.numel()}


def seconds(setup: Setup) -> dict:
    found = {folder.name: folder / "log.json" for folder in sorted(setup.run.iterdir()) if (folder / "log.json").exists()}
    return {name: round(setup.state(name)["seconds"]) for name in found}
