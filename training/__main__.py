"""The commands. `python -m training all --quick` runs the whole chain in minutes, into training/runs/quick*."""

import argparse
import dataclasses
import time
from pathlib import Path

import torch
from transformers.utils.logging import disable_progress_bar

from .architectures import families, write as write_architectures
from .eagle import commands as eagle
from .eagle.evaluate import answering as eagle_answering
from .evaluate import evaluate
from .experts import commands as experts
from .export import export
from .fixtures import write_fixtures
from .golden import write_golden
from .language import commands as language
from .language.after import text_after
from .mllama import commands as mllama
from .mllama.evaluate import answering as mllama_answering
from .onnx_export import export_onnx
from .paths import DATA, FIXTURES, MODELS, RUNS
from .recipe import FULL, QUICK
from .report import report
from .scenes import draw_all, existing
from .train import train
from .vlm.composition import composition

COMPOSING = {"eagle": eagle_answering, "mllama": mllama_answering}
STAGES = ("train", "export", "onnx", "evaluate", "golden")
# Every model, each behind those that it starts from.
CHAIN = (
    ("vit-classifier", "all"),
    ("expert", "all", "all"),
    ("llama-tiny", "all"),
    ("llama-small", "all"),
    ("guard", "all"),
    ("eagle", "all"),
    ("mllama", "all"),
)


def parse(line: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    scenes = commands.add_parser("scenes", help="draw the scenes of every split (what exists is kept)")
    model = commands.add_parser("vit-classifier", help="one stage of the classifier; `all` does all of them")
    model.add_argument("stage", choices=(*STAGES, "all"))
    texts = []
    for name, of_model in language.STAGES.items():
        texts.append(commands.add_parser(name, help="one stage of a language model; `all` does all of them"))
        texts[-1].add_argument("stage", choices=(*of_model, "all"))
    vision = commands.add_parser("expert", help="one stage of a vision expert; `all` does all of them")
    vision.add_argument("name", choices=experts.NAMES)
    vision.add_argument("stage", choices=experts.STAGES)
    vision.add_argument("--scenes", type=int, help="train on so many; a run that resumes may have more than before")
    pictures = commands.add_parser("mllama", help="one stage of Llama 3.2 Vision; `all` does all of them")
    pictures.add_argument("stage", choices=mllama.STAGES)
    mixture = commands.add_parser("eagle", help="one stage of Eagle; `all` does all of them")
    eagle.arguments_of(mixture)
    everything = commands.add_parser("all", help="every model: scenes, training, export, evaluation, goldens, cards")
    for command in (scenes, model, *texts, vision, pictures, mixture, everything):
        command.add_argument("--quick", action="store_true", help="tiny: minutes, into training/runs/quick")
    for command in (model, *texts, vision, pictures, mixture, everything):
        command.add_argument("--threads", type=int, default=2)
        command.add_argument("--compile", action="store_true", help="torch.compile: faster, needs a C++ compiler")
    for command in (model, *texts, vision, mixture):
        command.add_argument("--steps", type=int, help="instead of the recipe's")
        command.add_argument("--limit", type=int, help="evaluate on this many scenes of each split only")
    commands.add_parser("fixtures", help="golden fixtures that need no training")
    checkpoints = commands.add_parser("architectures", help="golden fixtures of every architecture")
    checkpoints.add_argument("families", nargs="*", metavar="family", help=f"of {', '.join(families())}; all unless given")
    commands.add_parser("report", help="model cards and docs/models.md from eval.json")
    after = commands.add_parser("text-after", help="what the language model inside still knows of text, after each stage that ships")
    after.add_argument("model", choices=("eagle",))
    after.add_argument("--threads", type=int, default=2)
    after.add_argument("--limit", type=int, help="about so many questions, and documents")
    apart = commands.add_parser("composition", help="questions about things that training never shows together, of a shipped model")
    apart.add_argument("model", choices=tuple(COMPOSING))
    apart.add_argument("--threads", type=int, default=2)
    apart.add_argument("--limit", type=int, help="about so many scenes of each kind")
    shipped = commands.add_parser("evaluate", help="measure a shipped model again: eval.json and answers.json")
    shipped.add_argument("model", help="a folder of public/models")
    shipped.add_argument("flags", nargs=argparse.REMAINDER, help="those of the model's own command, such as --limit")
    arguments = parser.parse_args(line)
    return parse(evaluation_of(arguments.model, arguments.flags)) if arguments.command == "evaluate" else arguments


def evaluation_of(model: str, flags: list[str]) -> list[str]:
    """The model's own command for it."""
    if model in experts.EXPERTS:
        return ["expert", model, "evaluate", *flags]
    return ["mllama" if model == "reward" else model, "evaluate", *flags]


def classifier(arguments: argparse.Namespace) -> None:
    if arguments.stage == "all":
        draw(arguments)
    for name in STAGES if arguments.stage == "all" else (arguments.stage,):
        stage(name, arguments)


def draw(arguments: argparse.Namespace) -> None:
    recipe = QUICK if arguments.quick else FULL
    draw_all(recipe.train_scenes, recipe.eval_scenes, DATA / "quick" if arguments.quick else DATA)


def stage(name: str, arguments: argparse.Namespace) -> None:
    quick = arguments.quick
    recipe = QUICK if quick else FULL
    if arguments.steps:
        recipe = dataclasses.replace(recipe, steps=arguments.steps)
    run: Path = RUNS / ("quick" if quick else "vit-classifier")
    data = existing(DATA / "quick" if quick else DATA)
    out = run / "export" if quick else MODELS / "vit-classifier"
    if name == "train":
        train(recipe, data, run, arguments.threads, arguments.compile)
    elif name == "export":
        export(recipe, data, run, out)
    elif name == "onnx":
        export_onnx(out)
    elif name == "evaluate":
        options = (" --quick" if quick else "") + (f" --limit {arguments.limit}" if arguments.limit else "")
        evaluate(data, run, out, "python -m training vit-classifier evaluate" + options, arguments.limit)
    else:
        write_golden(data, out, run / "golden" if quick else FIXTURES / "vit-classifier")


def everything(arguments: argparse.Namespace) -> None:
    flags = ["--threads", str(arguments.threads), *["--quick"] * arguments.quick, *["--compile"] * arguments.compile]
    for line in CHAIN:
        began = time.monotonic()
        run(parse([*line, *flags]))
        print(f"all: {line[0]} took {(time.monotonic() - began) / 60:.1f} minutes", flush=True)
    if not arguments.quick:
        text_after_stages("eagle", arguments.threads)
        for model in COMPOSING:
            measure_composition(model, arguments.threads)
        write_fixtures()
        report()


def text_after_stages(model: str, threads: int, limit: int | None = None) -> None:
    command = f"python -m training text-after {model}" + (f" --limit {limit}" if limit else "")
    text_after(MODELS / model, MODELS / "llama-tiny", DATA / "text", command, threads, limit)


def measure_composition(model: str, threads: int, limit: int | None = None) -> None:
    torch.set_num_threads(threads)
    command = f"python -m training composition {model}" + (f" --limit {limit}" if limit else "")
    composition(MODELS / model, COMPOSING[model](MODELS / model), command, limit)


def run(arguments: argparse.Namespace) -> None:
    if arguments.command == "fixtures":
        write_fixtures()
    elif arguments.command == "architectures":
        write_architectures(arguments.families)
    elif arguments.command == "report":
        report()
    elif arguments.command == "scenes":
        draw(arguments)
    elif arguments.command == "text-after":
        text_after_stages(arguments.model, arguments.threads, arguments.limit)
    elif arguments.command == "composition":
        measure_composition(arguments.model, arguments.threads, arguments.limit)
    elif arguments.command == "expert":
        experts.stages(arguments)
    elif arguments.command == "eagle":
        eagle.stages(arguments)
    elif arguments.command == "vit-classifier":
        classifier(arguments)
    elif arguments.command == "mllama":
        mllama.stage(arguments.stage, arguments)
    elif arguments.command in language.STAGES:
        language.stages(arguments)
    else:
        everything(arguments)


def main() -> None:
    disable_progress_bar()  # of transformers, for each small file
    run(parse())


if __name__ == "__main__":
    main()
