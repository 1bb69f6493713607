"""`python -m training expert <name> <stage>`: the stages of one vision expert, or of all of them."""

import dataclasses
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from ..paths import FIXTURES, MODELS, RUNS
from ..trainer import run_training
from . import evaluate as evaluation
from . import export as exporting
from .clip import ClipExpert
from .convnext import ConvNextExpert
from .data import draw_scenes
from .dense import DenseExpert
from .dino import DinoExpert, DinoRegistersExpert
from .expert import Expert
from .recipes import FULL, QUICK, settings
from .text import TextExpert

EXPERTS: dict[str, type[Expert]] = {
    expert.name: expert
    for expert in (ClipExpert, ConvNextExpert, DenseExpert, TextExpert, DinoExpert, DinoRegistersExpert)
}
NAMES = [*EXPERTS, "all"]
STAGES = ("train", "export", "golden", "evaluate", "all")


def stages(arguments: Namespace) -> None:
    """One stage, or `all` of them, of one expert, or of `all` of them."""
    for name in EXPERTS if arguments.name == "all" else [arguments.name]:
        expert = opened(name, arguments)
        for stage in STAGES[:-1] if arguments.stage == "all" else [arguments.stage]:
            run_stage(stage, expert(), arguments)


def opened(name: str, arguments: Namespace) -> Callable[[], Expert]:
    """Makes the expert as it is before its first step: once for each stage."""
    recipe = (QUICK if arguments.quick else FULL)[name]
    if arguments.steps:
        recipe = dataclasses.replace(recipe, steps=arguments.steps)
    if arguments.scenes:
        recipe = dataclasses.replace(recipe, train_scenes=arguments.scenes)
    data = draw_scenes(recipe, arguments.quick)
    return lambda: EXPERTS[name](recipe, data)


def run_stage(stage: str, expert: Expert, arguments: Namespace) -> None:
    quick = arguments.quick
    run: Path = (RUNS / "quick" if quick else RUNS) / expert.name
    out = run / "export" if quick else MODELS / expert.name
    if stage == "train":
        compiled = arguments.compile and expert.compiles
        run_training(expert, expert.recipe, settings(expert.recipe), run, arguments.threads, compiled)
    elif stage == "export":
        exporting.export(expert, run, out)
    elif stage == "golden":
        exporting.write_fixture(expert, out, run / "fixture" if quick else FIXTURES / "experts" / expert.name)
    else:
        options = (" --quick" if quick else "") + (f" --limit {arguments.limit}" if arguments.limit else "")
        command = f"python -m training expert {expert.name} evaluate{options}"
        evaluation.evaluate(expert, run, out, command, arguments.limit)
