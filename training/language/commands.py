"""`python -m training {llama-tiny,llama-small,guard} STAGE`: one stage of a language model, or `all` of them."""

import argparse
import dataclasses
from pathlib import Path

from transformers import LlamaConfig

from ..paths import DATA, FIXTURES, MODELS, RUNS
from . import corpus
from .compare import compare
from .evaluate import evaluate
from .export import export
from .golden import write_golden, write_tokenizer_golden
from .guard import evaluate_guard, train_guard
from .guard_prompts import answer_of, messages, prompt_of
from .recipe import FULL, GUARD, QUICK, SMALL, quick as small_quick
from .small import prune_teacher, pruned, train_small
from .tokenizer import open_tokenizer, save_tokenizer, train_tokenizer
from .train import llama_config, train

STAGES = {
    "llama-tiny": ("corpus", "tokenizer", "train", "export", "evaluate", "golden"),
    "llama-small": ("prune", "train", "scratch", "export", "evaluate", "golden"),
    "guard": ("train", "export", "evaluate", "golden"),
}


@dataclasses.dataclass
class Job:
    """Where a model's files are, and the options of the command."""

    name: str
    options: argparse.Namespace

    def __post_init__(self) -> None:
        quick = self.options.quick
        self.recipe = {"llama-tiny": QUICK if quick else FULL, "llama-small": SMALL, "guard": GUARD}[self.name]
        if quick and self.name != "llama-tiny":
            self.recipe = small_quick(self.recipe)
        if self.options.steps:
            self.recipe = dataclasses.replace(self.recipe, steps=self.options.steps)
        if quick and not self.options.limit:
            self.options.limit = 100  # questions, and documents: enough to see that it runs
        self.data = DATA / ("quick-text" if quick else "text")
        self.run = self.run_of(self.name)
        self.out = self.out_of(self.name)
        self.fixtures = self.run / "golden" if quick else FIXTURES / self.name

    def run_of(self, name: str) -> Path:
        return RUNS / (f"quick-{name}" if self.options.quick else name)

    def out_of(self, name: str) -> Path:
        return self.run_of(name) / "export" if self.options.quick else MODELS / name

    def command(self, stage: str) -> str:
        limit = f" --limit {self.options.limit}" if self.options.limit else ""
        return f"python -m training {self.name} {stage}" + (" --quick" if self.options.quick else "") + limit


def stages(arguments: argparse.Namespace) -> None:
    job = Job(arguments.command, arguments)
    do = {"llama-tiny": tiny, "llama-small": small, "guard": guard}[job.name]
    for stage in STAGES[job.name] if arguments.stage == "all" else (arguments.stage,):
        do(stage, job)


def tiny(stage: str, job: Job) -> None:
    recipe, data, run, out, options = job.recipe, job.data, job.run, job.out, job.options
    if stage == "corpus":
        corpus.write_corpus(recipe, data)
    elif stage == "tokenizer":
        tokenizer = train_tokenizer(corpus.documents(data, "train"), recipe.vocab_size, recipe.max_position_embeddings)
        save_tokenizer(tokenizer, run / "tokenizer")
        folder = run / "tokenizer-golden" if options.quick else FIXTURES / "tokenizer-course"
        write_tokenizer_golden(data, run / "tokenizer", folder)
        print(f"tokenizer: {len(tokenizer)} tokens")
    elif stage == "train":
        train(recipe, data, run, options.threads, options.compile)
    elif stage == "export":
        tokenizer = open_tokenizer(run / "tokenizer")
        export(recipe, run, out, llama_config(recipe, tokenizer), tokenizer)
    elif stage == "evaluate":
        evaluate(data, run, out, job.command(stage), options.threads, options.limit)
    else:
        write_golden(corpus.questions(data), out, job.fixtures)


def small(stage: str, job: Job) -> None:
    recipe, data, run, out, options = job.recipe, job.data, job.run, job.out, job.options
    teacher = job.out_of("llama-tiny")
    if stage == "prune":
        prune_teacher(recipe, data, teacher, run)
    elif stage in ("train", "scratch"):
        train_small(recipe, data, teacher, run, stage == "scratch", options.threads, options.compile)
    elif stage == "export":
        export(recipe, run, out, pruned_config(run), open_tokenizer(teacher))
    elif stage == "evaluate":
        evaluate(data, run, out, job.command(stage), options.threads, options.limit, compare(recipe, data, teacher, run))
    else:
        write_golden(corpus.questions(data), out, job.fixtures)


def guard(stage: str, job: Job) -> None:
    recipe, data, run, out, options = job.recipe, job.data, job.run, job.out, job.options
    start = job.out_of("llama-small")
    if stage == "train":
        train_guard(recipe, data, start, run, options.threads, options.compile)
    elif stage == "export":
        export(recipe, run, out, LlamaConfig.from_pretrained(start), open_tokenizer(start))
    elif stage == "evaluate":
        evaluate_guard(recipe, data, run, out, job.command(stage), options.threads)
    else:
        asked = [
            {
                "kind": f"{message.category or 'safe'}, near {message.near}",
                "heldOut": True,
                "messages": [{"role": "user", "content": prompt_of(message.text)}],
                "answer": answer_of(message),
            }
            for message in messages(40, recipe.seed, True, ["What does the sign say?"])
        ]
        write_golden(asked, out, job.fixtures)


def pruned_config(run: Path) -> LlamaConfig:
    return pruned(run, 1).config
