"""`python -m training eagle <stage>`: baseline, prealign, projector, sft, ablations, export, evaluate, or all of them; and
those of LONGER, in their order, which train all but the experts further from what is shipped, without the runs that led there."""

import dataclasses
import json
from argparse import ArgumentParser, Namespace

import torch
from transformers.utils import logging

from ..paths import FIXTURES, MODELS, RUNS
from ..vlm.questions import question_scenes, questions_of
from .ablations import GROUPS, run_ablations
from .evaluate import evaluate, ship_stage
from .export import export, write_log
from .golden import write_golden
from .recipe import BASELINE, EXPERTS, FULL, LONGER, Stage, prealigned, quick
from .report import write_card
from .small import small_parts
from .stages import Parts, train

STAGES = ("prealign", "projector", "sft", "baseline", "ablations", "export", "evaluate")
# Each of LONGER goes on from what is exported before it.
ALL = (*STAGES[:-2], "export", *(step for name in LONGER for step in (name, "export")), "evaluate")
TRAINED = {"baseline": tuple(BASELINE), "prealign": prealigned(), "projector": ("projector",), "sft": ("sft",)} | {name: (name,) for name in LONGER}
SHIPPED = {
    "projector": "Experts that were trained one by one, llama-tiny as it was; only the projector is new.",
    "llava": "The baseline: one expert, clip, frozen; a projector and the language model trained behind it.",
}


def arguments_of(parser: ArgumentParser) -> None:
    parser.add_argument("stage", choices=(*STAGES, *LONGER, "all"))
    parser.add_argument("--expert", choices=EXPERTS, help="prealign: this one only")
    parser.add_argument("--groups", nargs="+", choices=GROUPS, default=list(GROUPS), help="ablations: these only")


def parts_of(fast: bool) -> Parts:
    """Experts and llama-tiny as they are shipped; with --quick, small ones by chance."""
    data = question_scenes(fast)
    if not fast:
        return Parts({name: MODELS / name for name in EXPERTS}, MODELS / "llama-tiny", data, RUNS / "eagle", MODELS / "eagle", fast)
    runs = RUNS / "quick-eagle"
    experts, language = small_parts(runs / "parts", questions_of(data["train"], 300))
    return Parts(experts, language, data, runs, runs / "export", fast)


def check(parts: Parts, names: tuple[str, ...]) -> None:
    needed = {parts.language, *(parts.experts[name] for name in names)}
    missing = sorted(folder.name for folder in needed if not (folder / "model.safetensors").exists())
    if missing:
        raise SystemExit(f"eagle: expected public/models to hold {', '.join(missing)}, found none; train them first")


def stages(arguments: Namespace) -> None:
    logging.set_verbosity_error()  # heads that stay behind are no news
    parts = parts_of(arguments.quick)
    for stage in ALL if arguments.stage == "all" else (arguments.stage,):
        run_stage(stage, parts, arguments)


def run_stage(stage: str, parts: Parts, arguments: Namespace) -> None:
    recipes = {name: quick(recipe) if parts.quick else recipe for name, recipe in FULL.items()}
    out = parts.out
    limit = 4 if parts.quick else arguments.limit
    if stage in TRAINED:
        names = (f"prealign-{arguments.expert}",) if stage == "prealign" and arguments.expert else TRAINED[stage]
        for name in names:
            recipe = recipes[name]
            if arguments.steps:
                recipe = dataclasses.replace(recipe, steps=arguments.steps)
            check(parts, recipe.experts)
            train(name, recipe, parts, arguments.threads, arguments.compile)
    elif stage == "ablations":
        check(parts, EXPERTS)
        out.mkdir(parents=True, exist_ok=True)
        run_ablations(parts, arguments.groups, arguments.steps, arguments.threads, arguments.compile, out)
    elif stage == "export":
        last = last_of(parts, recipes)
        export(last, recipes[last], parts, out)
        write_log(list(recipes), recipes, parts, out)
    else:
        flags = (" --quick" if parts.quick else "") + (f" --limit {arguments.limit}" if arguments.limit else "")
        last = last_of(parts, recipes)
        earlier = {name: recipe for name, recipe in recipes.items() if name != last and finished(parts, name, recipe)}
        evaluate(parts, out, last, earlier, f"python -m training eagle evaluate{flags}", limit)
        for name, words in SHIPPED.items():
            if (parts.runs / name / "state.pt").exists():
                ship_stage(name, recipes[name], words, parts, out, limit)
        write_card(out)
        write_golden(parts, out, parts.runs / "golden" if parts.quick else FIXTURES / "eagle-trained")


def last_of(parts: Parts, recipes: dict[str, Stage]) -> str:
    """The stage that is shipped: the last that is finished; without runs, the one that was measured last."""
    for name in (*reversed(LONGER), "sft"):
        if finished(parts, name, recipes[name]):
            return name
    told = parts.out / "eval.json"
    return json.loads(told.read_text())["stage"] if told.exists() else "sft"


def finished(parts: Parts, name: str, recipe: Stage) -> bool:
    state = parts.runs / name / "state.pt"
    return state.exists() and torch.load(state, weights_only=False)["step"] >= recipe.steps
