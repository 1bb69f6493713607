"""`python -m training llama-tiny {corpus,tokenizer,train,export,evaluate,golden}`: one stage of the language model."""

import argparse
import dataclasses
from pathlib import Path

from ..paths import DATA, FIXTURES, MODELS, RUNS
from . import corpus
from .evaluate import evaluate
from .export import export
from .golden import write_golden, write_tokenizer_golden
from .recipe import FULL, QUICK
from .tokenizer import save_tokenizer, train_tokenizer
from .train import train

STAGES = ("corpus", "tokenizer", "train", "export", "evaluate", "golden")


def stage(name: str, arguments: argparse.Namespace) -> None:
    quick = arguments.quick
    recipe = QUICK if quick else FULL
    if arguments.steps:
        recipe = dataclasses.replace(recipe, steps=arguments.steps)
    data = DATA / ("quick-text" if quick else "text")
    run: Path = RUNS / ("quick-llama-tiny" if quick else "llama-tiny")
    out = run / "export" if quick else MODELS / "llama-tiny"
    if name == "corpus":
        corpus.write_corpus(recipe, data)
    elif name == "tokenizer":
        tokenizer = train_tokenizer(corpus.documents(data, "train"), recipe.vocab_size, recipe.max_position_embeddings)
        save_tokenizer(tokenizer, run / "tokenizer")
        write_tokenizer_golden(data, run / "tokenizer", run / "tokenizer-golden" if quick else FIXTURES / "tokenizer-course")
        print(f"tokenizer: {len(tokenizer)} tokens")
    elif name == "train":
        train(recipe, data, run, arguments.threads, arguments.compile)
    elif name == "export":
        export(recipe, run, out)
    elif name == "evaluate":
        options = (" --quick" if quick else "") + (f" --limit {arguments.limit}" if arguments.limit else "")
        evaluate(data, run, out, "python -m training llama-tiny evaluate" + options, arguments.threads, arguments.limit)
    else:
        write_golden(data, out, run / "golden" if quick else FIXTURES / "llama-tiny")
