"""`python -m training llama-tiny {corpus,tokenizer,train,export,evaluate}`: one stage of the language model."""

import argparse
import dataclasses
from pathlib import Path

from ..paths import DATA, MODELS, RUNS
from . import corpus
from .recipe import FULL, QUICK
from .tokenizer import train_tokenizer
from .train import train

STAGES = ("corpus", "tokenizer", "train", "export", "evaluate")


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
        run.mkdir(parents=True, exist_ok=True)
        tokenizer.save_pretrained(run / "tokenizer")
        print(f"tokenizer: {len(tokenizer)} tokens")
    elif name == "train":
        train(recipe, data, run, arguments.threads, arguments.compile)
